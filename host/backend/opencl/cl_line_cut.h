/* How line filters are cut into work-groups, and into launches where local memory does not hold all
 * passes at once; see kernels/lines.cl. */
#ifndef CKN_BACKEND_CL_LINE_CUT_H
#define CKN_BACKEND_CL_LINE_CUT_H

#include "backend/opencl/cl_launch.h"

/* What one launch does: some passes of a box, perhaps with the three taps that correct it, or a
 * FIR. */
typedef struct ckn_cl_line_step {
    size_t passes, margin; /* boxes; l + 1 */
    size_t stride;         /* of the three taps that correct it; 0: none */
    size_t radius;         /* of the FIR */
} ckn_cl_line_step;

/* Samples that a step reaches to each side. */
static inline size_t ckn_cl_line_pad(const ckn_cl_line_step *step) {
    return step->passes * step->margin + step->stride + step->radius;
}

/* Whether rings and sums are of double precision, see kernels/lines.cl. */
static inline bool ckn_cl_lines_double(const ckn_cl *cl) {
    return cl->lanes > 1 && cl->device.info.fp64;
}

typedef struct ckn_cl_line_cut {
    size_t items;           /* of a work-group */
    size_t strips;          /* that a work-item does one after another */
    size_t block;           /* positions of the result that are written together */
    size_t chunk, capacity; /* positions: read at a time; of a ring */
    size_t segment;         /* positions that a work-group does */
    size_t ring_bytes, sums_bytes, stage_bytes;
} ckn_cl_line_cut;

/* For `lines` lines with `length` samples of result each. False where local memory does not hold
 * it. */
bool ckn_cl_line_cut_choose(const ckn_cl *cl, size_t limit, const ckn_cl_line_step *step,
                            ckn_axis axis, size_t lines, size_t length, ckn_cl_line_cut *cut);

/* Lines of a work-group. */
static inline size_t ckn_cl_line_cut_lines(const ckn_cl *cl, const ckn_cl_line_cut *cut) {
    return cut->items * (size_t)cl->lanes * cut->strips;
}

#endif
