/* Which named kernel is it? See ckn_estimate_plan_families() in clkernest.h. */
#ifndef CKN_ESTIMATE_FAMILIES_H
#define CKN_ESTIMATE_FAMILIES_H

#include "estimate/uncertainty.h"

/* fits: CKN_FAMILY_COUNT of them, the one whose name holds first. Of the problem only statistics,
 * units and sizes are used. `step` is that between the values of the blurred images, in the
 * caller's units; 0: none. */
ckn_code ckn_families_fit(ckn_problem *problem, const ckn_fitted *fitted, double step,
                          ckn_family_fit *fits, ckn_error *error);

#endif
