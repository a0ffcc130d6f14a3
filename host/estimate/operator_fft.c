/* Engine `fft`: four transforms a gradient and pair, whatever the kernel's size.
 *
 * x is extended by zeros to F x G, F >= M and G >= N. In the circular convolution with h (k x l)
 * only the first k-1 rows and l-1 columns are touched by the wrap, so the valid support is the
 * window that starts at (k-1, l-1). The adjoint puts r back into that window of a zero plane R and
 * reads lags (0,0) .. (k-1,l-1) of the circular correlation of R with x: u - i >= 0 for every
 * u >= k-1, so nothing wraps there either.
 */
#include "estimate/normal_operator.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct fft_pair {
    ckn_shape plane_shape; /* F x G */
    ckn_fft *fft;          /* shared by pairs of one shape; owned by the first of them */
    bool owns_fft;
    ckn_buffer *x_spectrum;
} fft_pair;

typedef struct fft_operator {
    ckn_operator base;
    fft_pair *pairs;
    /* Scratch for the largest pair. */
    ckn_buffer *plane;
    ckn_buffer *h_spectrum;
    ckn_buffer *product;
    ckn_buffer *taps; /* one pair's part of the gradient */
} fft_operator;

static ckn_shape good_shape(const ckn_backend *backend, ckn_shape x_shape) {
    return (ckn_shape){backend->ops->fft_good_length(backend, x_shape.rows),
                       backend->ops->fft_good_length(backend, x_shape.cols)};
}

static void predict(const ckn_problem *problem, double *seconds_plan, double *seconds_gradient) {
    const ckn_backend *backend = problem->backend;
    *seconds_plan = backend->cost.seconds_fft_plan;
    *seconds_gradient = 0;
    for (size_t i = 0; i < problem->pair_count; i++) {
        ckn_shape shape = good_shape(backend, problem->pairs[i].x_shape);
        double samples = (double)ckn_shape_count(shape);
        *seconds_gradient += 4 * samples * log2(samples + 1) * backend->cost.seconds_per_fft_unit;
    }
}

static void destroy(ckn_operator *op) {
    fft_operator *self = (fft_operator *)op;
    ckn_backend *backend = op->problem->backend;
    for (size_t i = 0; self->pairs && i < op->problem->pair_count; i++) {
        backend->ops->buffer_destroy(backend, self->pairs[i].x_spectrum);
        if (self->pairs[i].owns_fft)
            backend->ops->fft_destroy(backend, self->pairs[i].fft);
    }
    backend->ops->buffer_destroy(backend, self->plane);
    backend->ops->buffer_destroy(backend, self->h_spectrum);
    backend->ops->buffer_destroy(backend, self->product);
    backend->ops->buffer_destroy(backend, self->taps);
    free(self->pairs);
    free(self);
}

static ckn_code plan_pair(fft_operator *self, size_t index, ckn_error *error) {
    ckn_backend *backend = self->base.problem->backend;
    fft_pair *pair = &self->pairs[index];
    pair->plane_shape = good_shape(backend, self->base.problem->pairs[index].x_shape);
    CKN_TRY(backend->ops->buffer_create(backend, ckn_spectrum_count(pair->plane_shape),
                                        &pair->x_spectrum, error));
    for (size_t i = 0; i < index; i++) {
        if (ckn_shape_equal(self->pairs[i].plane_shape, pair->plane_shape)) {
            pair->fft = self->pairs[i].fft;
            return CKN_OK;
        }
    }
    pair->owns_fft = true;
    return backend->ops->fft_create(backend, pair->plane_shape, &pair->fft, error);
}

static ckn_code fill(fft_operator *self, ckn_error *error) {
    ckn_problem *problem = self->base.problem;
    ckn_backend *backend = problem->backend;
    CKN_TRY(ckn_allocate(&self->pairs, problem->pair_count, sizeof *self->pairs,
                         "the FFT engine's pairs", error));
    size_t plane = 0;
    size_t spectrum = 0;
    for (size_t i = 0; i < problem->pair_count; i++) {
        CKN_TRY(plan_pair(self, i, error));
        size_t samples = ckn_shape_count(self->pairs[i].plane_shape);
        size_t bins = ckn_spectrum_count(self->pairs[i].plane_shape);
        plane = samples > plane ? samples : plane;
        spectrum = bins > spectrum ? bins : spectrum;
    }
    CKN_TRY(backend->ops->buffer_create(backend, plane, &self->plane, error));
    CKN_TRY(backend->ops->buffer_create(backend, spectrum, &self->h_spectrum, error));
    CKN_TRY(backend->ops->buffer_create(backend, spectrum, &self->product, error));
    return backend->ops->buffer_create(backend, ckn_problem_taps(problem), &self->taps, error);
}

static ckn_code create(ckn_problem *problem, ckn_operator **out, ckn_error *error) {
    fft_operator *self = NULL;
    CKN_TRY(ckn_allocate(&self, 1, sizeof *self, "the FFT engine", error));
    self->base = ckn_operator_of_images(&ckn_operator_fft, problem);
    ckn_code code = fill(self, error);
    if (code != CKN_OK) {
        destroy(&self->base);
        return code;
    }
    *out = &self->base;
    return CKN_OK;
}

/* spectrum = FFT of `buffer` (shape), put at `at` of a zero plane. */
static ckn_code transform(fft_operator *self, const fft_pair *pair, const ckn_buffer *buffer,
                          ckn_shape shape, ckn_shape at, ckn_buffer *spectrum, ckn_error *error) {
    ckn_backend *backend = self->base.problem->backend;
    CKN_TRY(backend->ops->embed(backend, self->plane, pair->plane_shape, buffer, shape, at, error));
    return backend->ops->fft_forward(backend, pair->fft, self->plane, spectrum, error);
}

static ckn_code load(ckn_operator *op, ckn_error *error) {
    fft_operator *self = (fft_operator *)op;
    for (size_t i = 0; i < op->problem->pair_count; i++) {
        const ckn_problem_pair *pair = &op->problem->pairs[i];
        CKN_TRY(transform(self, &self->pairs[i], pair->x, pair->x_shape, (ckn_shape){0, 0},
                          self->pairs[i].x_spectrum, error));
    }
    return CKN_OK;
}

static ckn_shape window_start(const ckn_problem *problem) {
    return (ckn_shape){problem->kernel.rows - 1, problem->kernel.cols - 1};
}

static ckn_code residual(ckn_operator *op, const ckn_buffer *h, bool subtract_y, ckn_error *error) {
    fft_operator *self = (fft_operator *)op;
    ckn_problem *problem = op->problem;
    ckn_backend *backend = problem->backend;
    for (size_t i = 0; i < problem->pair_count; i++) {
        const fft_pair *pair = &self->pairs[i];
        const ckn_problem_pair *images = &problem->pairs[i];
        /* Channels of one picture have one shape: the kernel's spectrum serves all of them. */
        if (i == 0 || !ckn_shape_equal(self->pairs[i - 1].plane_shape, pair->plane_shape))
            CKN_TRY(transform(self, pair, h, problem->kernel, (ckn_shape){0, 0}, self->h_spectrum,
                              error));
        size_t bins = ckn_spectrum_count(pair->plane_shape) / 2;
        CKN_TRY(backend->ops->spectral_multiply(backend, self->product, self->h_spectrum,
                                                pair->x_spectrum, bins, false, error));
        CKN_TRY(backend->ops->fft_inverse(backend, pair->fft, self->product, self->plane, error));
        CKN_TRY(backend->ops->extract(backend, images->r, images->y_shape, self->plane,
                                      pair->plane_shape, window_start(problem),
                                      subtract_y ? images->y : NULL, error));
    }
    return CKN_OK;
}

static ckn_code adjoint(ckn_operator *op, ckn_buffer *g, ckn_error *error) {
    fft_operator *self = (fft_operator *)op;
    ckn_problem *problem = op->problem;
    ckn_backend *backend = problem->backend;
    for (size_t i = 0; i < problem->pair_count; i++) {
        const fft_pair *pair = &self->pairs[i];
        const ckn_problem_pair *images = &problem->pairs[i];
        CKN_TRY(transform(self, pair, images->r, images->y_shape, window_start(problem),
                          self->product, error));
        size_t bins = ckn_spectrum_count(pair->plane_shape) / 2;
        CKN_TRY(backend->ops->spectral_multiply(backend, self->product, self->product,
                                                pair->x_spectrum, bins, true, error));
        CKN_TRY(backend->ops->fft_inverse(backend, pair->fft, self->product, self->plane, error));
        ckn_buffer *part = i == 0 ? g : self->taps;
        CKN_TRY(backend->ops->extract(backend, part, problem->kernel, self->plane,
                                      pair->plane_shape, (ckn_shape){0, 0}, NULL, error));
        if (i > 0)
            CKN_TRY(backend->ops->combine(backend, g, ckn_problem_taps(problem), 1, g, 1,
                                          self->taps, error));
    }
    return CKN_OK;
}

const ckn_operator_ops ckn_operator_fft = {
    .engine = CKN_ENGINE_FFT,
    .name = "fft",
    .predict = predict,
    .create = create,
    .destroy = destroy,
    .load = load,
    .residual = residual,
    .adjoint = adjoint,
    .gradient = ckn_operator_image_gradient,
    .normal = ckn_operator_image_normal,
    .lags = ckn_operator_image_lags,
};
