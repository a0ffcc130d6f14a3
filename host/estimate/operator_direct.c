/* Engine `direct`: two passes over the image a gradient, cost proportional to the kernel's area. */
#include "estimate/normal_operator.h"

#include "base/memory.h"

#include <stdlib.h>

static void predict(const ckn_problem *problem, double *seconds_plan, double *seconds_gradient) {
    double products = (double)ckn_problem_count(problem) * (double)ckn_problem_taps(problem);
    *seconds_plan = 0;
    *seconds_gradient = 2 * products * problem->backend->cost.seconds_per_tap;
}

static void destroy(ckn_operator *op) {
    free(op);
}

static ckn_code create(ckn_problem *problem, ckn_operator **out, ckn_error *error) {
    ckn_operator *op = NULL;
    CKN_TRY(ckn_allocate(&op, 1, sizeof *op, "the direct engine", error));
    *op = ckn_operator_of_images(&ckn_operator_direct, problem);
    *out = op;
    return CKN_OK;
}

static ckn_code load(ckn_operator *op, ckn_error *error) {
    (void)op;
    (void)error;
    return CKN_OK; /* works on the images as they are */
}

static ckn_code residual(ckn_operator *op, const ckn_buffer *h, bool subtract_y, ckn_error *error) {
    ckn_backend *backend = op->problem->backend;
    for (size_t i = 0; i < op->problem->pair_count; i++) {
        const ckn_problem_pair *pair = &op->problem->pairs[i];
        CKN_TRY(backend->ops->residual(backend, pair->x, pair->x_shape, h, op->problem->kernel,
                                       subtract_y ? pair->y : NULL, pair->r, error));
    }
    return CKN_OK;
}

static ckn_code adjoint(ckn_operator *op, ckn_buffer *g, ckn_error *error) {
    ckn_backend *backend = op->problem->backend;
    for (size_t i = 0; i < op->problem->pair_count; i++) {
        const ckn_problem_pair *pair = &op->problem->pairs[i];
        CKN_TRY(backend->ops->gradient(backend, pair->x, pair->x_shape, pair->r,
                                       op->problem->kernel, i > 0, g, error));
    }
    return CKN_OK;
}

const ckn_operator_ops ckn_operator_direct = {
    .engine = CKN_ENGINE_DIRECT,
    .name = "direct",
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
