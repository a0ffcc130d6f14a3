/* Weighted least squares by the sums that define it: kernel and background of a few pairs. */
#ifndef CKN_TEST_ESTIMATE_REFERENCE_H
#define CKN_TEST_ESTIMATE_REFERENCE_H

#include "support/harness.h"

typedef struct reference_pair {
    ckn_shape x_shape;
    const double *x, *y; /* y over the valid support */
    const double *w;     /* of the windows; NULL: all 1 */
} reference_pair;

/* Minimises 1/2 sum w (h * x + T a - y)^2, T = 1 (`terms` 1) or 1, row, column (3), counted in
 * samples from the middle; none with 0. `solution` receives the taps, then the coefficients of each
 * pair. Returns sum w r^2. */
double reference_solve(const reference_pair *pairs, size_t pair_count, ckn_shape kernel,
                       size_t terms, double *solution);

#endif
