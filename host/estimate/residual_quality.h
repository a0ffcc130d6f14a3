/* What the residual of a run says about the fit; see ckn_estimate_plan_residual() in clkernest.h.
 */
#ifndef CKN_ESTIMATE_RESIDUAL_QUALITY_H
#define CKN_ESTIMATE_RESIDUAL_QUALITY_H

#include "statistics/problem.h"

/* From the planes r that the operator left in every pair of `problem`: that of the run, or the
 * middle of `fitted`, which is that of the run. */
ckn_code ckn_residual_quality_compute(ckn_problem *problem, const ckn_problem *fitted,
                                      ckn_residual_quality *quality, ckn_error *error);

/* The distance between the values that the blurred images take, in the caller's units, the least of
 * all pairs; 0 where one of them has real numbers. */
ckn_code ckn_residual_step(ckn_problem *problem, double *step, ckn_error *error);

#endif
