/* Engine `toeplitz`: X'X without its matrix, and nearly without the image.
 *
 * Put x into zeros, k-1 rows and l-1 columns on each side. Summed over ALL windows of that plane,
 * X'X is Toeplitz: the autocorrelation of x, a product by transforms of twice the kernel's size.
 * What it has too much are the windows that hang over x's border; they lie in four strips of the
 * plane, whose own X'X is taken away:
 *   X'X v = T v - sum over strips of S'S v.
 * A large image has little border, so an iteration is many times cheaper than on the image. It is a
 * difference, and takes double precision.
 */
#include "estimate/normal_operator.h"

#include "base/memory.h"
#include "estimate/circulant.h"
#include "statistics/equations.h"

#include <math.h>
#include <stdlib.h>

enum { STRIPS = 4 };

typedef struct toeplitz_pair {
    ckn_shape shape, y_shape; /* of the plane, and of all its windows */
    ckn_buffer *x, *y;
    ckn_correlator *correlator;
    ckn_shape at[STRIPS], size[STRIPS]; /* of the strips in the plane; 0 x 0: none */
} toeplitz_pair;

typedef struct toeplitz_operator {
    ckn_operator base;
    toeplitz_pair *pairs;
    ckn_problem *borders; /* a pair for each strip; NULL where a kernel of one tap has none */
    ckn_operator *border_op;
    ckn_circulant *toeplitz;
    ckn_buffer *b, *product;
    ckn_lags lags;   /* of all pairs */
    double *scratch; /* three kernels: correlations of one pair */
    double square;   /* y'y */
} toeplitz_operator;

/* Where the windows lie that hang over the border of x. */
static toeplitz_pair layout(ckn_shape kernel, ckn_shape x) {
    const size_t k = kernel.rows - 1, l = kernel.cols - 1;
    toeplitz_pair pair = {.shape = {x.rows + 2 * k, x.cols + 2 * l},
                          .y_shape = {x.rows + k, x.cols + l}};
    if (k > 0) {
        pair.size[0] = pair.size[1] = (ckn_shape){2 * k, pair.shape.cols};
        pair.at[1].rows = x.rows;
    }
    if (l > 0) {
        pair.size[2] = pair.size[3] = (ckn_shape){x.rows, 2 * l};
        pair.at[2] = (ckn_shape){k, 0};
        pair.at[3] = (ckn_shape){k, x.cols};
    }
    return pair;
}

/* The strips of all pairs as images without data; returns how many there are. */
static size_t list_strips(const ckn_problem *problem, ckn_pair *strips) {
    static const double no_data = 0;
    size_t count = 0;
    for (size_t i = 0; i < problem->pair_count; i++) {
        toeplitz_pair pair = layout(problem->kernel, problem->pairs[i].x_shape);
        for (size_t n = 0; n < STRIPS; n++) {
            if (pair.size[n].rows > 0)
                strips[count++].sharp =
                    ckn_view_f64(&no_data, pair.size[n].rows, pair.size[n].cols);
        }
    }
    return count;
}

static void destroy(ckn_operator *op) {
    toeplitz_operator *self = (toeplitz_operator *)op;
    ckn_backend *backend = op->problem->backend;
    for (size_t i = 0; self->pairs && i < op->problem->pair_count; i++) {
        backend->ops->buffer_destroy(backend, self->pairs[i].x);
        backend->ops->buffer_destroy(backend, self->pairs[i].y);
        backend->ops->correlator_destroy(backend, self->pairs[i].correlator);
    }
    ckn_operator_destroy(self->border_op);
    ckn_problem_destroy(self->borders);
    ckn_circulant_destroy(self->toeplitz);
    backend->ops->buffer_destroy(backend, self->b);
    backend->ops->buffer_destroy(backend, self->product);
    free(self->lags.rising);
    free(self->lags.falling);
    free(self->scratch);
    free(self->pairs);
    free(self);
}

static ckn_code create_borders(toeplitz_operator *self, ckn_error *error) {
    ckn_problem *problem = self->base.problem;
    ckn_pair *strips = NULL;
    CKN_TRY(
        ckn_allocate(&strips, problem->pair_count, STRIPS * sizeof *strips, "the strips", error));
    ckn_code code = CKN_OK;
    size_t count = list_strips(problem, strips);
    if (count > 0)
        code = ckn_problem_create(problem->backend, problem->kernel, strips, count, &self->borders,
                                  error);
    free(strips);
    if (code != CKN_OK || count == 0)
        return code;
    enum { GRADIENTS = 100 }; /* of a typical solve */
    return ckn_operator_create(self->borders, CKN_ENGINE_AUTO, GRADIENTS, &self->border_op, error);
}

static ckn_code create_pair(toeplitz_operator *self, size_t index, ckn_error *error) {
    ckn_problem *problem = self->base.problem;
    ckn_backend *backend = problem->backend;
    toeplitz_pair *pair = &self->pairs[index];
    double plan = 0, seconds = 0;
    *pair = layout(problem->kernel, problem->pairs[index].x_shape);
    ckn_correlation_method method =
        ckn_correlation_choose(backend, pair->shape, problem->kernel, &plan, &seconds);
    CKN_TRY(backend->ops->buffer_create(backend, ckn_shape_count(pair->shape), &pair->x, error));
    CKN_TRY(backend->ops->buffer_create(backend, ckn_shape_count(pair->y_shape), &pair->y, error));
    return backend->ops->correlator_create(backend, pair->shape, problem->kernel, method,
                                           &pair->correlator, error);
}

static ckn_code fill(toeplitz_operator *self, ckn_problem *problem, ckn_error *error) {
    static const char what[] = "the toeplitz engine";
    ckn_backend *backend = problem->backend;
    size_t taps = ckn_problem_taps(problem);
    ckn_device_info device;
    backend->ops->describe(backend, &device);
    if (device.kind != CKN_DEVICE_CPU_BACKEND)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "the engine toeplitz takes double precision, which OpenCL devices do not "
                        "store here; use fft, or --device cpu");
    CKN_TRY(ckn_allocate(&self->pairs, problem->pair_count, sizeof *self->pairs, what, error));
    CKN_TRY(ckn_allocate(&self->lags.rising, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&self->lags.falling, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&self->scratch, taps, 3 * sizeof(double), what, error));
    CKN_TRY(backend->ops->buffer_create(backend, taps, &self->b, error));
    CKN_TRY(backend->ops->buffer_create(backend, taps, &self->product, error));
    for (size_t i = 0; i < problem->pair_count; i++)
        CKN_TRY(create_pair(self, i, error));
    CKN_TRY(ckn_circulant_create(backend, problem->kernel, &self->toeplitz, error));
    return create_borders(self, error);
}

static ckn_code create(ckn_problem *problem, ckn_operator **out, ckn_error *error) {
    toeplitz_operator *self = NULL;
    CKN_TRY(ckn_allocate(&self, 1, sizeof *self, "the toeplitz engine", error));
    self->base = ckn_operator_of_images(&ckn_operator_toeplitz, problem);
    ckn_code code = fill(self, problem, error);
    if (code != CKN_OK) {
        destroy(&self->base);
        return code;
    }
    *out = &self->base;
    return CKN_OK;
}

static void predict(const ckn_problem *problem, double *seconds_plan, double *seconds_gradient) {
    ckn_device_info device;
    problem->backend->ops->describe(problem->backend, &device);
    *seconds_plan = 0;
    *seconds_gradient = INFINITY;
    ckn_pair *strips = NULL;
    if (device.kind != CKN_DEVICE_CPU_BACKEND ||
        ckn_allocate(&strips, problem->pair_count, STRIPS * sizeof *strips, "", NULL) != CKN_OK)
        return;
    size_t count = list_strips(problem, strips);
    double direct = 0, fft = 0, plan = 0;
    ckn_operator_predict_shapes(problem, strips, count, &direct, &fft, &plan);
    const double bins = 4 * (double)ckn_problem_taps(problem);
    *seconds_gradient =
        fmin(direct, fft) + 2 * bins * log2(bins + 1) * problem->backend->cost.seconds_per_fft_unit;
    for (size_t i = 0; i < problem->pair_count; i++) {
        double own_plan = 0, seconds = 0;
        ckn_correlation_choose(problem->backend,
                               layout(problem->kernel, problem->pairs[i].x_shape).shape,
                               problem->kernel, &own_plan, &seconds);
        *seconds_plan += own_plan + seconds;
    }
    *seconds_plan += 2 * plan;
    free(strips);
}

/* Adds what one pair brings to lags, b and y'y. */
static ckn_code add_correlations(toeplitz_operator *self, size_t index, double *b,
                                 ckn_error *error) {
    ckn_problem *problem = self->base.problem;
    ckn_backend *backend = problem->backend;
    const toeplitz_pair *pair = &self->pairs[index];
    const size_t taps = ckn_problem_taps(problem), l = problem->kernel.cols;
    ckn_correlations found = {self->scratch, self->scratch + taps, self->scratch + 2 * taps, 0};
    CKN_TRY(backend->ops->correlate(backend, pair->correlator, pair->x, pair->y, &found, error));
    for (size_t n = 0; n < taps; n++) {
        self->lags.rising[n] += found.left[n];
        self->lags.falling[n] += found.right[n / l * l + (l - 1 - n % l)];
        b[n] += found.blurred[taps - 1 - n]; /* taps run against offsets */
    }
    self->square += found.square;
    return CKN_OK;
}

/* The pair in its zeros, and the strips of that. `strip` counts those of all pairs. */
static ckn_code embed_pair(toeplitz_operator *self, size_t index, size_t *strip, ckn_error *error) {
    ckn_problem *problem = self->base.problem;
    ckn_backend *backend = problem->backend;
    const toeplitz_pair *pair = &self->pairs[index];
    const ckn_problem_pair *images = &problem->pairs[index];
    const ckn_shape at = {problem->kernel.rows - 1, problem->kernel.cols - 1};
    CKN_TRY(
        backend->ops->embed(backend, pair->x, pair->shape, images->x, images->x_shape, at, error));
    CKN_TRY(backend->ops->embed(backend, pair->y, pair->y_shape, images->y, images->y_shape, at,
                                error));
    for (size_t n = 0; n < STRIPS; n++) {
        if (pair->size[n].rows == 0)
            continue;
        CKN_TRY(backend->ops->extract(backend, self->borders->pairs[*strip].x, pair->size[n],
                                      pair->x, pair->shape, pair->at[n], NULL, error));
        (*strip)++;
    }
    return CKN_OK;
}

static ckn_code load_all(toeplitz_operator *self, double *b, ckn_error *error) {
    ckn_operator *op = &self->base;
    const size_t taps = ckn_problem_taps(op->problem);
    size_t strip = 0;
    self->square = 0;
    for (size_t n = 0; n < taps; n++)
        self->lags.rising[n] = self->lags.falling[n] = 0;
    for (size_t i = 0; i < op->problem->pair_count; i++) {
        CKN_TRY(embed_pair(self, i, &strip, error));
        CKN_TRY(add_correlations(self, i, b, error));
    }
    CKN_TRY(ckn_circulant_load(self->toeplitz, &self->lags, error));
    if (self->border_op)
        CKN_TRY(self->border_op->ops->load(self->border_op, error));
    return ckn_operator_upload(op, b, self->b, error);
}

static ckn_code load(ckn_operator *op, ckn_error *error) {
    double *b = NULL;
    CKN_TRY(ckn_allocate(&b, ckn_problem_taps(op->problem), sizeof *b, "X'y", error));
    ckn_code code = load_all((toeplitz_operator *)op, b, error);
    free(b);
    return code;
}

static ckn_code normal(ckn_operator *op, const ckn_buffer *v, ckn_buffer *out, ckn_error *error) {
    toeplitz_operator *self = (toeplitz_operator *)op;
    ckn_backend *backend = op->backend;
    CKN_TRY(ckn_circulant_apply(self->toeplitz, v, out, error));
    if (!self->border_op)
        return CKN_OK;
    CKN_TRY(self->border_op->ops->normal(self->border_op, v, self->product, error));
    return backend->ops->combine(backend, out, ckn_problem_taps(op->problem), 1, out, -1,
                                 self->product, error);
}

static ckn_code gradient(ckn_operator *op, const ckn_buffer *h, ckn_buffer *g, double *objective,
                         ckn_error *error) {
    toeplitz_operator *self = (toeplitz_operator *)op;
    ckn_backend *backend = op->backend;
    size_t taps = ckn_problem_taps(op->problem);
    double quadratic = 0, linear = 0;
    CKN_TRY(normal(op, h, g, error));
    CKN_TRY(backend->ops->dot(backend, h, g, taps, &quadratic, error));
    CKN_TRY(backend->ops->dot(backend, h, self->b, taps, &linear, error));
    /* A difference of large numbers: below rounding it is not known. */
    *objective = fmax(0.5 * (quadratic + self->square) - linear, 0.5e-16 * self->square);
    return backend->ops->combine(backend, g, taps, 1, g, -1, self->b, error);
}

static ckn_code lags(ckn_operator *op, ckn_lags *out, ckn_error *error) {
    const toeplitz_operator *self = (const toeplitz_operator *)op;
    (void)error;
    for (size_t n = 0; n < ckn_problem_taps(op->problem); n++) {
        out->rising[n] = self->lags.rising[n];
        out->falling[n] = self->lags.falling[n];
    }
    return CKN_OK;
}

const ckn_operator_ops ckn_operator_toeplitz = {
    .engine = CKN_ENGINE_TOEPLITZ,
    .name = "toeplitz",
    .predict = predict,
    .create = create,
    .destroy = destroy,
    .load = load,
    .gradient = gradient,
    .normal = normal,
    .lags = lags,
};
