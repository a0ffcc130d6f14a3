/* What the floors above may see of a plan. */
#ifndef CKN_ESTIMATE_PLAN_H
#define CKN_ESTIMATE_PLAN_H

#include "estimate/problem.h"

/* Of the last run: its problem, with the weights that were used. */
const ckn_problem *ckn_estimate_plan_problem(const ckn_estimate_plan *plan);

#endif
