/* The seam between solvers and engines: objective and gradient of the least-squares problem.
 *
 * With X the linear map h -> h * x over the valid support of all pairs,
 *   f(h) = 1/2 ||X h - y||^2,   grad f(h) = X'(X h - y),   Hessian X'X.
 * An engine is one file that fills a ckn_operator_ops, and one line in the table of
 * normal_operator.c. Kernels are buffers of the problem's kernel size on the operator's backend.
 */
#ifndef CKN_ESTIMATE_NORMAL_OPERATOR_H
#define CKN_ESTIMATE_NORMAL_OPERATOR_H

#include "estimate/circulant.h"
#include "statistics/problem.h"

typedef struct ckn_operator ckn_operator;

typedef struct ckn_operator_ops {
    ckn_engine engine;
    const char *name;
    /* Seconds of planning, and of one gradient, that the backend's cost figures predict. */
    void (*predict)(const ckn_problem *problem, double *seconds_plan, double *seconds_gradient);
    ckn_code (*create)(ckn_problem *problem, ckn_operator **out, ckn_error *error);
    void (*destroy)(ckn_operator *op);
    /* Once after each upload of the problem's images: derives what stays fixed while h changes. */
    ckn_code (*load)(ckn_operator *op, ckn_error *error);
    /* The following two visit the images; they are NULL in an engine that works on statistics.
     * Leaves r = h * x - y (or h * x where !subtract_y) in every pair. */
    ckn_code (*residual)(ckn_operator *op, const ckn_buffer *h, bool subtract_y, ckn_error *error);
    /* g = X' r, from the r of the last residual(). */
    ckn_code (*adjoint)(ckn_operator *op, ckn_buffer *g, ckn_error *error);
    /* *objective = f(h), g = grad f(h). An engine that visits the images sets
     * ckn_operator_image_gradient; one that works on statistics has its own. */
    ckn_code (*gradient)(ckn_operator *op, const ckn_buffer *h, ckn_buffer *g, double *objective,
                         ckn_error *error);
    /* out = X'X v; likewise, ckn_operator_image_normal. */
    ckn_code (*normal)(ckn_operator *op, const ckn_buffer *v, ckn_buffer *out, ckn_error *error);
    /* The correlations of the images with themselves, about what X'X holds at each difference of
     * taps (k x l numbers each); likewise, ckn_operator_image_lags. r of every pair is lost. */
    ckn_code (*lags)(ckn_operator *op, ckn_lags *lags, ckn_error *error);
} ckn_operator_ops;

/* Every engine's object starts with this. */
struct ckn_operator {
    const ckn_operator_ops *ops;
    ckn_problem *problem;
    ckn_backend *backend; /* where this engine's kernels live: the images' device, or the CPU's
                           * double precision for an engine that visits no image */
    ckn_buffer *h;        /* the kernel there: where solvers leave their answer */
};

extern const ckn_operator_ops ckn_operator_direct;
extern const ckn_operator_ops ckn_operator_fft;
extern const ckn_operator_ops ckn_operator_gram;
extern const ckn_operator_ops ckn_operator_toeplitz;

/* An operator whose kernels live beside the images. */
static inline ckn_operator ckn_operator_of_images(const ckn_operator_ops *ops,
                                                  ckn_problem *problem) {
    return (ckn_operator){ops, problem, problem->backend, problem->h};
}

/* Makes the operator of `engine`; AUTO takes the image engine with the shortest predicted time for
 * `gradients` evaluations and logs why. */
ckn_code ckn_operator_create(ckn_problem *problem, ckn_engine engine, size_t gradients,
                             ckn_operator **out, ckn_error *error);
void ckn_operator_destroy(ckn_operator *op); /* NULL allowed */

/* *objective = f(h); r of every pair is left as h * x (+ the pair's background) - y, times the root
 * of the weights. For image engines. */
ckn_code ckn_operator_objective(ckn_operator *op, const ckn_buffer *h, double *objective,
                                ckn_error *error);
/* Compares r of every pair, in the middle, with h * x (K numbers h; less y where `subtracted_y`,
 * times the root of the weights) by the definition: CKN_ERROR_OPENCL where they differ by more than
 * rounding. For r without a background. */
ckn_code ckn_operator_check_spot(ckn_operator *op, const double *h, bool subtracted_y,
                                 ckn_error *error);
/* A kernel of this operator from and to K numbers on the host. */
ckn_code ckn_operator_download(ckn_operator *op, const ckn_buffer *h, double *host,
                               ckn_error *error);
ckn_code ckn_operator_upload(ckn_operator *op, const double *host, ckn_buffer *h, ckn_error *error);
/* Seconds of one gradient on images of these sizes by the direct and the fft engine, and of
 * planning a transform. */
void ckn_operator_predict_shapes(const ckn_problem *problem, const ckn_pair *images, size_t count,
                                 double *direct, double *fft, double *plan);
/* gradient() and the others by residual() and adjoint(). */
ckn_code ckn_operator_image_gradient(ckn_operator *op, const ckn_buffer *h, ckn_buffer *g,
                                     double *objective, ckn_error *error);
ckn_code ckn_operator_image_normal(ckn_operator *op, const ckn_buffer *v, ckn_buffer *out,
                                   ckn_error *error);
ckn_code ckn_operator_image_lags(ckn_operator *op, ckn_lags *lags, ckn_error *error);

#endif
