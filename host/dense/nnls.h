/* Non-negative least squares on the normal equations.
 *
 *   minimise 1/2 h'A h - b'h  subject to  h >= 0,  and sum h = 1 where asked.
 *
 * Block principal pivoting, which needs a handful of factorisations; where it does not settle or
 * the matrix is singular, a primal active set with factor updates, which always ends.
 */
#ifndef CKN_DENSE_NNLS_H
#define CKN_DENSE_NNLS_H

#include "dense/symmetric.h"

typedef struct ckn_nnls_report {
    size_t iterations; /* factorisations and exchanges */
    size_t free_count; /* taps that are not zero */
    bool optimal;      /* the KKT conditions hold to working precision: with r = b - A h (less the
                        * multiplier of the sum) |r_i| at free taps, and r_i at held ones, are at
                        * most 5e-12 a_i (sum_j a_j h_j + max_j |b_j| / a_j), where a_i^2 = A_ii; on
                        * the simplex the mean of the diagonal is added to it */
} ckn_nnls_report;

/* Called once an iteration; non-zero cancels. */
typedef int (*ckn_nnls_progress_fn)(void *user, size_t iteration, size_t free_count);

/* h receives the answer; taps that are held are exactly 0. A is positive semi-definite and b in its
 * range; where columns depend on each other, one of the optimal answers. CKN_ERROR_CANCELLED where
 * progress (may be NULL) asked for it, CKN_ERROR_DATA where A or b hold NaN or infinity. */
ckn_code ckn_nnls_solve(const ckn_symmetric *matrix, const double *b, bool sum_is_one, double *h,
                        ckn_nnls_progress_fn progress, void *user, ckn_nnls_report *report,
                        ckn_error *error);

/* The same from a kernel that is near the answer: the taps that are positive in h are the first
 * guess of those that are not zero. */
ckn_code ckn_nnls_continue(const ckn_symmetric *matrix, const double *b, bool sum_is_one, double *h,
                           ckn_nnls_report *report, ckn_error *error);

/* Bytes of work space for order n, beside the matrix; false where that overflows. */
bool ckn_nnls_bytes(size_t order, size_t *bytes);

#endif
