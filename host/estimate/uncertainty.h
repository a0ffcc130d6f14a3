/* Standard errors of an estimated kernel and of its figures.
 *
 * With A = G + w P on the free taps (P the prior's form and w its weight), C = A^-1 (and, on the
 * simplex, C = A^-1 - A^-1 1 1' A^-1 / (1' A^-1 1), since the sum is fixed), the covariance of h is
 * sigma^2 C G C = sigma^2 (C - w C P C): that of ordinary least squares where there is no prior.
 * Figures follow to first order.
 */
#ifndef CKN_ESTIMATE_UNCERTAINTY_H
#define CKN_ESTIMATE_UNCERTAINTY_H

#include "statistics/equations.h"

typedef struct ckn_fitted {
    const double *h; /* K numbers, in the problem's units */
    ckn_constraint constraint;
    double residual_norm; /* in the caller's units */
    ckn_prior prior; /* that was chosen from the data, where its weight is not 0: L1 and TV count */
    double degrees_of_freedom; /* as the choice of a sparse prior counted them; else not used */
} ckn_fitted;

/* As ckn_estimate_plan_uncertainty(). */
ckn_code ckn_uncertainty_compute(ckn_problem *problem, const ckn_fitted *fitted,
                                 const ckn_output *taps, ckn_uncertainty *uncertainty,
                                 ckn_error *error);

#endif
