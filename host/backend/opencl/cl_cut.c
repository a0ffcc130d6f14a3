#include "backend/opencl/cl_cut.h"

/* The largest even share of `count` that is at most `most`: 51 in shares of at most 32 are 26. */
static size_t even_share(size_t count, size_t most) {
    return ckn_cl_larger(
        1, ckn_cl_ceil_divide(count, ckn_cl_larger(1, ckn_cl_ceil_divide(count, most))));
}

size_t ckn_cl_cut_x_bytes(const ckn_cl_cut *cut) {
    return (CKN_CL_TILE_ROWS + cut->blocks * CKN_CL_STEP) * (cut->tile_cols + cut->columns - 1) *
           sizeof(cl_float);
}

size_t ckn_cl_cut_r_bytes(const ckn_cl_cut *cut) {
    return CKN_CL_TILE_ROWS * cut->tile_cols * sizeof(cl_float);
}

static bool fits(const ckn_cl *cl, const ckn_cl_cut *cut, size_t limit) {
    const size_t *most = cl->device.max_item_sizes;
    return cut->samples * cut->columns * cut->blocks <= limit && cut->samples <= most[0] &&
           cut->columns <= most[1] && cut->blocks <= most[2] &&
           ckn_cl_cut_x_bytes(cut) + ckn_cl_cut_r_bytes(cut) <= cl->device.info.local_memory;
}

/* A CPU's vectors run along the samples, and one shape serves all kernels, because each new one is
 * compiled again. On GPUs small kernels leave room in a group, which then splits the samples. */
static void choose_group(const ckn_cl *cl, ckn_shape h_shape, size_t limit, ckn_cl_cut *cut) {
    const size_t blocks = ckn_cl_ceil_divide(h_shape.rows, CKN_CL_STEP);
    cut->samples = cut->blocks = 1;
    cut->columns = 16;
    cut->tile_cols = 4 * (size_t)cl->lanes;
    if (cl->lanes == 1) {
        cut->columns = even_share(h_shape.cols, 32);
        cut->blocks = even_share(blocks, 4);
        cut->samples = 64;
        cut->tile_cols = cut->columns * cut->blocks < 16 ? 64 : 32;
        while (cut->samples > 1 && cut->samples * cut->columns * cut->blocks > 256)
            cut->samples /= 2;
        cut->samples = ckn_cl_smaller(cut->samples, cut->tile_cols);
    }
    while (cut->samples > 1 && !fits(cl, cut, limit))
        cut->samples /= 2;
    while (cut->blocks > 1 && !fits(cl, cut, limit))
        cut->blocks /= 2;
    while (cut->columns > 1 && !fits(cl, cut, limit))
        cut->columns /= 2;
    while (cut->tile_cols > cut->lanes && !fits(cl, cut, limit))
        cut->tile_cols /= 2;
}

/* So many strips that the device is full, but each with a tile at least. */
static size_t choose_strips(const ckn_cl *cl, const ckn_cl_cut *cut, ckn_shape h_shape) {
    const size_t tap_groups =
        ckn_cl_ceil_divide(h_shape.cols, cut->columns) *
        ckn_cl_ceil_divide(ckn_cl_ceil_divide(h_shape.rows, CKN_CL_STEP), cut->blocks);
    const size_t wanted = (cl->lanes == 1 ? 8 : 4) * cl->device.info.compute_units;
    return ckn_cl_smaller(cut->tiles, ckn_cl_larger(1, wanted / ckn_cl_larger(1, tap_groups)));
}

/* One for each strip at least. */
static size_t tiles_at_a_time(const ckn_cl *cl, const ckn_cl_cut *cut, double work, size_t taps) {
    const double tile_work = work * (double)(CKN_CL_TILE_ROWS * cut->tile_cols) * (double)taps;
    const double most = cl->most_work / tile_work;
    return most < (double)cut->tiles ? ckn_cl_larger((size_t)most, cut->strips) : cut->tiles;
}

ckn_code ckn_cl_cut_choose(ckn_cl *cl, ckn_cl_kernel_id id, size_t lanes, double work,
                           ckn_shape x_shape, ckn_shape h_shape, ckn_cl_cut *cut,
                           ckn_error *error) {
    const ckn_shape out = ckn_shape_valid(x_shape, h_shape);
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, id, &limit, error));
    *cut = (ckn_cl_cut){.lanes = lanes};
    choose_group(cl, h_shape, limit, cut);
    cut->tiles = ckn_cl_ceil_divide(out.cols, cut->tile_cols) *
                 ckn_cl_ceil_divide(out.rows, CKN_CL_TILE_ROWS);
    cut->strips = choose_strips(cl, cut, h_shape);
    cut->tiles_at_a_time = tiles_at_a_time(cl, cut, work, ckn_shape_count(h_shape));
    return CKN_OK;
}

ckn_cl_range ckn_cl_cut_range(const ckn_cl_cut *cut, ckn_shape h_shape) {
    return (ckn_cl_range){.items = {cut->strips * cut->samples, h_shape.cols,
                                    ckn_cl_ceil_divide(h_shape.rows, CKN_CL_STEP)},
                          .group = {cut->samples, cut->columns, cut->blocks}};
}

ckn_code ckn_cl_cut_reduce_range(ckn_cl *cl, ckn_cl_kernel_id id, size_t taps, ckn_cl_range *range,
                                 ckn_error *error) {
    const size_t *most = cl->device.max_item_sizes;
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, id, &limit, error));
    const size_t across = ckn_cl_smaller(ckn_cl_smaller(limit, 16), most[0]);
    const size_t down = ckn_cl_smaller(ckn_cl_smaller(limit / across, 16), most[1]);
    *range = (ckn_cl_range){.items = {taps, down}, .group = {across, down}};
    return CKN_OK;
}
