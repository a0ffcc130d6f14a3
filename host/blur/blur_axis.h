/* What is done along one axis: boxes or a FIR, chosen by accuracy and predicted time. */
#ifndef CKN_BLUR_BLUR_AXIS_H
#define CKN_BLUR_BLUR_AXIS_H

#include "backend/backend.h"

typedef struct ckn_axis_plan {
    ckn_blur_axis axis;
    double *taps; /* 0 .. radius of the FIR that is applied (freed with free()); NULL: the box is */
    size_t radius; /* axis.reach, but for kernels that are longer than the lines */
} ckn_axis_plan;

/* `l1` is the largest l1 error allowed along this axis. */
ckn_code ckn_axis_plan_create(ckn_axis_plan *plan, double sigma, const ckn_blur_options *options,
                              double l1, const ckn_cost *cost, ckn_error *error);
ckn_code ckn_axis_plan_copy(ckn_axis_plan *plan, const ckn_axis_plan *from, ckn_error *error);
void ckn_axis_plan_release(ckn_axis_plan *plan);

#endif
