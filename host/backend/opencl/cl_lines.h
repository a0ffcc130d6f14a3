/* Line filters: the pieces that both ways of doing boxes share. */
#ifndef CKN_BACKEND_CL_LINES_H
#define CKN_BACKEND_CL_LINES_H

#include "backend/opencl/cl_internal.h"

/* Samples of a line, and lines (a column of pixels has as many as there are channels). */
static inline size_t ckn_cl_line_length(const ckn_lines *lines) {
    return lines->axis == CKN_AXIS_ROWS ? lines->shape.cols : lines->shape.rows;
}

static inline size_t ckn_cl_line_count(const ckn_lines *lines) {
    return lines->channels * (lines->axis == CKN_AXIS_ROWS ? lines->shape.rows : lines->shape.cols);
}

/* Whether an image of so many samples is too large to stay in a CPU's caches from one axis to the
 * next: it is then written past them. */
static inline bool ckn_cl_is_far(size_t samples) {
    return samples > ((size_t)3 << 20);
}

/* A box of which local memory does not hold one pass: a launch a pass; see kernels/box.cl. What is
 * not finite counts as 0. */
ckn_code ckn_cl_box_far(ckn_cl *cl, ckn_buffer *out, const ckn_buffer *in, const ckn_lines *lines,
                        const ckn_extended_box *box, ckn_error *error);

#endif
