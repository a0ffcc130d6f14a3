/* Kernels that are longer than the lines they blur: the boundary rule brings the same samples under
 * many taps, whose sums are the taps of a short kernel. */
#ifndef CKN_BLUR_SHORT_LINE_H
#define CKN_BLUR_SHORT_LINE_H

#include "blur/blur_axis.h"

/* Replaces what the plan does to lines of `samples` by a FIR that does the same, where that is
 * shorter, or quicker than the passes of a box. What the plan tells of itself stays. */
ckn_code ckn_axis_plan_shorten(ckn_axis_plan *plan, size_t samples, ckn_boundary boundary,
                               const ckn_cost *cost, ckn_error *error);

#endif
