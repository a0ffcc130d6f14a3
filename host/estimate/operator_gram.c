/* Engine `gram`: gradients from the statistics, K^2 multiply-adds each, whatever the image. Its
 * kernels live in double precision on the host: G h - b is a small difference of large numbers,
 * which float32 would lose on photographs, and K numbers are too few to keep a device busy. */
#include "estimate/normal_operator.h"

#include "base/memory.h"
#include "statistics/equations.h"

#include <math.h>
#include <stdlib.h>

typedef struct gram_operator {
    ckn_operator base;
    double *v, *product; /* of K numbers */
} gram_operator;

/* A double takes about this long to come from memory; a product with G reads each entry once. */
static const double seconds_per_entry = 0.3e-9;

static void predict(const ckn_problem *problem, double *seconds_plan, double *seconds_gradient) {
    double taps = (double)ckn_problem_taps(problem);
    double plan = 0, seconds = INFINITY;
    if (ckn_equations_fit(problem))
        ckn_equations_predict(problem, &plan, &seconds);
    *seconds_plan = plan + seconds;
    *seconds_gradient = 0.5 * taps * taps * seconds_per_entry;
}

static void destroy(ckn_operator *op) {
    gram_operator *self = (gram_operator *)op;
    if (op->backend)
        op->backend->ops->buffer_destroy(op->backend, op->h);
    ckn_backend_destroy(op->backend);
    free(self->v);
    free(self->product);
    free(self);
}

static ckn_code fill(gram_operator *self, ckn_problem *problem, ckn_error *error) {
    ckn_operator *op = &self->base;
    size_t taps = ckn_problem_taps(problem);
    *op = (ckn_operator){&ckn_operator_gram, problem, NULL, NULL};
    CKN_TRY(ckn_equations_prepare(problem, error));
    CKN_TRY(ckn_allocate(&self->v, taps, sizeof(double), "the gram engine", error));
    CKN_TRY(ckn_allocate(&self->product, taps, sizeof(double), "the gram engine", error));
    CKN_TRY(ckn_backend_create_host(problem->backend, &op->backend, error));
    return op->backend->ops->buffer_create(op->backend, taps, &op->h, error);
}

static ckn_code create(ckn_problem *problem, ckn_operator **out, ckn_error *error) {
    gram_operator *self = NULL;
    CKN_TRY(ckn_allocate(&self, 1, sizeof *self, "the gram engine", error));
    ckn_code code = fill(self, problem, error);
    if (code != CKN_OK) {
        destroy(&self->base);
        return code;
    }
    *out = &self->base;
    return CKN_OK;
}

static ckn_code load(ckn_operator *op, ckn_error *error) {
    const ckn_equations *statistics = NULL;
    return ckn_equations_get(op->problem, &statistics, error);
}

static ckn_code gradient(ckn_operator *op, const ckn_buffer *h, ckn_buffer *g, double *objective,
                         ckn_error *error) {
    gram_operator *self = (gram_operator *)op;
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(op->problem, &statistics, error));
    CKN_TRY(ckn_operator_download(op, h, self->v, error));
    *objective = ckn_equations_objective(statistics, self->v, self->product);
    return ckn_operator_upload(op, self->product, g, error);
}

static ckn_code normal(ckn_operator *op, const ckn_buffer *v, ckn_buffer *out, ckn_error *error) {
    gram_operator *self = (gram_operator *)op;
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(op->problem, &statistics, error));
    CKN_TRY(ckn_operator_download(op, v, self->v, error));
    ckn_symmetric_multiply(&statistics->gram, self->v, self->product);
    return ckn_operator_upload(op, self->product, out, error);
}

/* They are G's first rows by offset, which is its last ones by tap. */
static ckn_code lags(ckn_operator *op, ckn_lags *out, ckn_error *error) {
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(op->problem, &statistics, error));
    const size_t last = statistics->taps - 1, l = op->problem->kernel.cols;
    for (size_t n = 0; n <= last; n++) {
        const size_t j = n % l;
        out->rising[n] = *ckn_symmetric_at(&statistics->gram, last, last - n);
        out->falling[n] = *ckn_symmetric_at(&statistics->gram, last - j, last - (n - j));
    }
    return CKN_OK;
}

const ckn_operator_ops ckn_operator_gram = {
    .engine = CKN_ENGINE_GRAM,
    .name = "gram",
    .predict = predict,
    .create = create,
    .destroy = destroy,
    .load = load,
    .gradient = gradient,
    .normal = normal,
    .lags = lags,
};
