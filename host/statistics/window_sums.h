/* The statistics of single windows, added up one by one: for windows whose weight is not that of
 * the rest. Every window costs K^2 / 2 products, so that this is for few of them, or small kernels.
 */
#ifndef CKN_STATISTICS_WINDOW_SUMS_H
#define CKN_STATISTICS_WINDOW_SUMS_H

#include "statistics/pair_sums.h"
#include "statistics/terms.h"

/* Adds the equations of pair `index` for the taps of `part` of the kernel, each with its weight
 * less what it has in `applied` (P x Q; or, where that is NULL, less `all`), to G, b and y'y before
 * any elimination, and to `terms` (NULL: none). */
ckn_code ckn_window_sums_add(const ckn_problem *problem, size_t index, const ckn_rectangle *part,
                             const double *applied, double all, ckn_equations *statistics,
                             ckn_pair_terms *terms, ckn_error *error);

#endif
