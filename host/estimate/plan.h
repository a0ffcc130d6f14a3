/* What the floors above may see of a plan. */
#ifndef CKN_ESTIMATE_PLAN_H
#define CKN_ESTIMATE_PLAN_H

#include "estimate/selection.h"

/* Of the last run: its problem, with the weights that were used. */
const ckn_problem *ckn_estimate_plan_problem(const ckn_estimate_plan *plan);

/* The weights of a pair that were used, which the caller frees; NULL: there were none. The plan is
 * only to be destroyed after this. */
double *ckn_estimate_plan_release_weights(ckn_estimate_plan *plan, size_t index);

/* Runs use a choice of constraint, prior and weight that was made on other windows of the same
 * images, where they would make one themselves; it outlives the plan. Ignored by a robust fit,
 * which leaves samples out before it chooses, and where gains are fitted. */
void ckn_estimate_plan_take_selection(ckn_estimate_plan *plan, const ckn_selection *made);

#endif
