/* What the residual of a run says about the fit; see ckn_estimate_plan_residual() in clkernest.h.
 */
#ifndef CKN_ESTIMATE_RESIDUAL_QUALITY_H
#define CKN_ESTIMATE_RESIDUAL_QUALITY_H

#include "estimate/problem.h"

/* From the planes r that the operator left in every pair. */
ckn_code ckn_residual_quality_compute(ckn_problem *problem, ckn_residual_quality *quality,
                                      ckn_error *error);

/* The distance between the values that the blurred images take, in the caller's units, the least of
 * all pairs; 0 where one of them has real numbers. */
ckn_code ckn_residual_step(ckn_problem *problem, double *step, ckn_error *error);

#endif
