/* Quadratic priors: the term weight/2 h'P h that is added to the objective.
 *
 * P is a stencil on the plane of taps; what stands outside the kernel is zero there, so that a
 * kernel is also drawn towards zero at its edge, and P is positive definite.
 *   ridge:    h'P h = sum h^2
 *   smooth1:  the squares of all first differences, along x and along y
 *   smooth2:  the squares of all second differences, the mixed ones twice: the bending energy of a
 *             thin plate (Wahba, Spline Models for Observational Data, 1990, section 2.4)
 */
#ifndef CKN_STATISTICS_PRIOR_H
#define CKN_STATISTICS_PRIOR_H

#include "base/view.h"
#include "clkernest.h"
#include "dense/symmetric.h"

/* Whether the prior is one of the above. */
bool ckn_prior_is_quadratic(ckn_prior prior);

/* Entries of P on and below its diagonal, at most; 0 without such a prior. */
size_t ckn_prior_entries(ckn_prior prior, ckn_shape kernel);
/* matrix += weight P. `kept`, of ckn_prior_entries() numbers, receives the entries as they were. */
void ckn_prior_add(ckn_symmetric *matrix, ckn_prior prior, ckn_shape kernel, double weight,
                   double *kept);
/* Puts back what ckn_prior_add() changed, to the last bit. */
void ckn_prior_remove(ckn_symmetric *matrix, ckn_prior prior, ckn_shape kernel, const double *kept);
/* out = P v; out is not v. */
void ckn_prior_apply(ckn_prior prior, ckn_shape kernel, const double *v, double *out);
/* v'P v. */
double ckn_prior_value(ckn_prior prior, ckn_shape kernel, const double *v);
/* sum_ij P_ij C_ij over the taps whose position in `order` is not SIZE_MAX, C being a symmetric
 * matrix on those positions: the trace of P C. */
double ckn_prior_trace(ckn_prior prior, ckn_shape kernel, const size_t *order,
                       const ckn_symmetric *matrix);

#endif
