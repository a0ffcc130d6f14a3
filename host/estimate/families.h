/* Which named kernel is it? See ckn_estimate_plan_families() in clkernest.h. */
#ifndef CKN_ESTIMATE_FAMILIES_H
#define CKN_ESTIMATE_FAMILIES_H

#include "estimate/uncertainty.h"

/* fits: CKN_FAMILY_COUNT of them, the most likely one first. */
ckn_code ckn_families_fit(ckn_problem *problem, const ckn_fitted *fitted, ckn_family_fit *fits,
                          ckn_error *error);

#endif
