/* Gains: exposures that differ.
 *
 *   minimise over h, g (and backgrounds):  1/2 sum over pairs || g_p X_p h - y_p ||^2
 *
 * by turns: given g, h solves (sum g^2 G_p) h = sum g b_p; given h, g_p = h'b_p / h'G_p h. Each
 * turn lowers the objective. h and g have one factor in common: the first gain is 1, or on the
 * simplex, where h is sought with a free sum and then divided by it, the sum of h is.
 */
#ifndef CKN_ESTIMATE_GAINS_H
#define CKN_ESTIMATE_GAINS_H

#include "statistics/equations.h"

/* Sets pair.gain of every pair from its images, which were uploaded with gains of 1 and are to be
 * uploaded again. CKN_ERROR_MEMORY where the statistics of all pairs do not fit, CKN_ERROR_DATA
 * where a gain is not positive. */
ckn_code ckn_gains_fit(ckn_problem *problem, ckn_constraint constraint, ckn_error *error);
/* Gains that are fitted: what they take of the degrees of freedom. */
size_t ckn_gains_count(const ckn_problem *problem, ckn_constraint constraint);

#endif
