#include "backend/opencl/cl_launch.h"

/* Work-items across and down a tile of the output; see kernels/residual.cl. */
typedef struct tile_group {
    size_t across, down;
} tile_group;

/* Local memory of the tile of x under a group's outputs. */
static size_t tile_bytes(const ckn_cl *cl, tile_group group, ckn_shape h_shape) {
    const size_t rows = group.down * CKN_CL_STEP + ckn_cl_smaller(h_shape.rows, CKN_CL_BLOCK);
    const size_t cols =
        group.across * (size_t)cl->lanes + ckn_cl_smaller(h_shape.cols, CKN_CL_BLOCK) - 1;
    return rows * cols * sizeof(cl_float);
}

#define TAP_BYTES (CKN_CL_BLOCK * CKN_CL_BLOCK * sizeof(cl_float))

static bool fits(const ckn_cl *cl, tile_group group, ckn_shape h_shape, size_t limit) {
    return group.across * group.down <= limit && group.across <= cl->device.max_item_sizes[0] &&
           group.down <= cl->device.max_item_sizes[1] &&
           tile_bytes(cl, group, h_shape) + TAP_BYTES <= cl->device.info.local_memory;
}

static size_t group_count(const ckn_cl *cl, tile_group group, ckn_shape out) {
    return ckn_cl_ceil_divide(out.cols, group.across * (size_t)cl->lanes) *
           ckn_cl_ceil_divide(out.rows, group.down * CKN_CL_STEP);
}

/* As large as the limits allow, since large tiles read x less often, but on a GPU small enough
 * that every compute unit has two groups. CPUs get one shape for all: each new one is compiled
 * again. */
static tile_group choose_group(const ckn_cl *cl, ckn_shape h_shape, ckn_shape out, size_t limit) {
    const bool cpu = cl->lanes > 1;
    tile_group group = cpu ? (tile_group){1, 8} : (tile_group){32, 8};
    while (group.down > 1 && !fits(cl, group, h_shape, limit))
        group.down /= 2;
    while (group.across > 1 && !fits(cl, group, h_shape, limit))
        group.across /= 2;
    while (!cpu && group.down > 1 &&
           group_count(cl, group, out) < 2 * cl->device.info.compute_units)
        group.down /= 2;
    return group;
}

ckn_code ckn_cl_residual(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                         const ckn_buffer *h, ckn_shape h_shape, const ckn_buffer *y, ckn_buffer *r,
                         ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    const ckn_shape out = ckn_shape_valid(x_shape, h_shape);
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, CKN_CL_RESIDUAL, &limit, error));
    const tile_group group = choose_group(cl, h_shape, out, limit);
    const size_t outputs = group.across * (size_t)cl->lanes * group.down * CKN_CL_STEP;
    const ckn_cl_range range = {.items = {ckn_cl_ceil_divide(out.cols, (size_t)cl->lanes),
                                          ckn_cl_ceil_divide(out.rows, CKN_CL_STEP)},
                                .group = {group.across, group.down},
                                .work = (double)outputs * (double)ckn_shape_count(h_shape)};
    /* Without y the kernel does not look at the buffer, but wants one. */
    return CKN_CL_LAUNCH(
        cl, CKN_CL_RESIDUAL, &range, error, ckn_cl_arg_buffer(x), ckn_cl_arg_int(x_shape.rows),
        ckn_cl_arg_int(x_shape.cols), ckn_cl_arg_buffer(h), ckn_cl_arg_int(h_shape.rows),
        ckn_cl_arg_int(h_shape.cols), ckn_cl_arg_buffer(y ? y : x), ckn_cl_arg_int(y != NULL),
        ckn_cl_arg_buffer(r), ckn_cl_arg_local(tile_bytes(cl, group, h_shape)),
        ckn_cl_arg_local(TAP_BYTES));
}
