/* The least-squares problem on a device: pairs of images and one kernel.
 *
 *   minimise over h:  1/2 sum over pairs and the valid support of (h * x - y)^2
 */
#ifndef CKN_ESTIMATE_PROBLEM_H
#define CKN_ESTIMATE_PROBLEM_H

#include "backend/backend.h"

typedef struct ckn_problem_pair {
    ckn_shape x_shape;
    ckn_shape y_shape; /* the valid support, P x Q */
    bool same;         /* the caller's y has x's size and is cropped on upload */
    ckn_buffer *x, *y; /* y is NULL in a problem without blurred images */
    ckn_buffer *r;     /* h * x - y, as the operator left it last */
} ckn_problem_pair;

typedef struct ckn_problem {
    ckn_backend *backend;
    ckn_shape kernel;
    ckn_buffer *h; /* the kernel: where solvers leave their answer */
    size_t pair_count;
    ckn_problem_pair *pairs;
} ckn_problem;

/* Allocates device memory for pairs of these sizes. Of `pairs` only sizes are used; a pair without
 * blurred data makes a problem for convolution alone (y stays NULL). */
ckn_code ckn_problem_create(ckn_backend *backend, ckn_shape kernel, const ckn_pair *pairs,
                            size_t pair_count, ckn_problem **problem, ckn_error *error);
void ckn_problem_destroy(ckn_problem *problem); /* NULL allowed */

/* Refuses pairs that differ from the plan's sizes, hold NaN or infinity, or do not determine a
 * kernel because every sharp image is constant. */
ckn_code ckn_problem_check_data(const ckn_problem *problem, const ckn_pair *pairs,
                                size_t pair_count, ckn_error *error);
ckn_code ckn_problem_upload(ckn_problem *problem, const ckn_pair *pairs, ckn_error *error);

/* The part of pair.blurred that belongs to the valid support. */
ckn_view ckn_problem_valid_blurred(const ckn_problem *problem, size_t index, const ckn_pair *pair);

/* Number of samples in the valid support of all pairs, and of taps. */
size_t ckn_problem_count(const ckn_problem *problem);
size_t ckn_problem_taps(const ckn_problem *problem);

#endif
