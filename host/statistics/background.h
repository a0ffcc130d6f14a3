/* Whether the images have a background: an F-test of the unconstrained fit. */
#ifndef CKN_STATISTICS_BACKGROUND_H
#define CKN_STATISTICS_BACKGROUND_H

#include "statistics/terms.h"

/* `statistics` and `terms` (a constant for each pair) are those before the elimination. With
 * r = y - X h of the least-squares h, a constant c in a pair is worth (c'r)^2 / (c'c - c'X G^-1
 * X'c) of the residual's square. *significant where that is, for one of the pairs, more than noise
 * leaves by chance once in 10^4 tests, and more than rounding; false where G is singular or there
 * are hardly more samples than taps. `scratch` is a matrix of G's order, which is lost. */
ckn_code ckn_background_test(const ckn_problem *problem, const ckn_equations *statistics,
                             const ckn_pair_terms *terms, ckn_symmetric *scratch, bool *significant,
                             ckn_error *error);

#endif
