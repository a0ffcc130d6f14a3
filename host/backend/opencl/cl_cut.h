/* How sums of few taps over many samples are cut into work-groups; see kernels/gradient.cl. */
#ifndef CKN_BACKEND_CL_CUT_H
#define CKN_BACKEND_CL_CUT_H

#include "backend/opencl/cl_launch.h"

typedef struct ckn_cl_cut {
    size_t lanes;                    /* samples that a work-item of the kernel takes at a time */
    size_t samples, columns, blocks; /* local dimensions 0, 1, 2 */
    size_t tile_cols;                /* of a tile of samples */
    size_t tiles;                    /* of the image */
    size_t strips;                   /* groups that share the tiles */
    size_t tiles_at_a_time;          /* that one launch does */
} ckn_cl_cut;

/* For a kernel that takes `lanes` samples at a time, and `work` multiply-adds for each product. */
ckn_code ckn_cl_cut_choose(ckn_cl *cl, ckn_cl_kernel_id id, size_t lanes, double work,
                           ckn_shape x_shape, ckn_shape h_shape, ckn_cl_cut *cut, ckn_error *error);

/* Local memory of a group's two tiles, of x and of what x is multiplied with. */
size_t ckn_cl_cut_x_bytes(const ckn_cl_cut *cut);
size_t ckn_cl_cut_r_bytes(const ckn_cl_cut *cut);

/* Work-items of a launch, and rows of partial sums that they leave. */
ckn_cl_range ckn_cl_cut_range(const ckn_cl_cut *cut, ckn_shape h_shape);
static inline size_t ckn_cl_cut_shares(const ckn_cl_cut *cut) {
    return cut->strips * cut->samples;
}

/* Work-items that add `shares` rows of partial sums up, and the size of their group. */
ckn_code ckn_cl_cut_reduce_range(ckn_cl *cl, ckn_cl_kernel_id id, size_t taps, ckn_cl_range *range,
                                 ckn_error *error);

#endif
