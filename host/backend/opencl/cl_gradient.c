#include "backend/opencl/cl_launch.h"

/* How a gradient is cut up; see kernels/gradient.cl. */
typedef struct cut {
    size_t samples, columns, blocks; /* local dimensions 0, 1, 2 */
    size_t tile_cols;                /* of a tile of r */
    size_t strips;                   /* groups that share the tiles of the image */
} cut;

/* The largest even share of `count` that is at most `most`: 51 in shares of at most 32 are 26. */
static size_t even_share(size_t count, size_t most) {
    return ckn_cl_larger(
        1, ckn_cl_ceil_divide(count, ckn_cl_larger(1, ckn_cl_ceil_divide(count, most))));
}

static size_t x_tile_bytes(const cut *way) {
    return (CKN_CL_TILE_ROWS + way->blocks * CKN_CL_STEP) * (way->tile_cols + way->columns - 1) *
           sizeof(cl_float);
}

static size_t r_tile_bytes(const cut *way) {
    return CKN_CL_TILE_ROWS * way->tile_cols * sizeof(cl_float);
}

static bool fits(const ckn_cl *cl, const cut *way, size_t limit) {
    const size_t *most = cl->device.max_item_sizes;
    return way->samples * way->columns * way->blocks <= limit && way->samples <= most[0] &&
           way->columns <= most[1] && way->blocks <= most[2] &&
           x_tile_bytes(way) + r_tile_bytes(way) <= cl->device.info.local_memory;
}

/* A CPU's vectors run along the samples, and one shape serves all kernels, because each new one is
 * compiled again. On GPUs small kernels leave room in a group, which then splits the samples. */
static cut choose_group(const ckn_cl *cl, ckn_shape h_shape, size_t limit) {
    const size_t blocks = ckn_cl_ceil_divide(h_shape.rows, CKN_CL_STEP);
    cut way = {1, 16, 1, 4 * (size_t)cl->lanes, 1};
    if (cl->lanes == 1) {
        way.columns = even_share(h_shape.cols, 32);
        way.blocks = even_share(blocks, 4);
        way.samples = 64;
        way.tile_cols = way.columns * way.blocks < 16 ? 64 : 32;
        while (way.samples > 1 && way.samples * way.columns * way.blocks > 256)
            way.samples /= 2;
        way.samples = ckn_cl_smaller(way.samples, way.tile_cols);
    }
    while (way.samples > 1 && !fits(cl, &way, limit))
        way.samples /= 2;
    while (way.blocks > 1 && !fits(cl, &way, limit))
        way.blocks /= 2;
    while (way.columns > 1 && !fits(cl, &way, limit))
        way.columns /= 2;
    while (way.tile_cols > (size_t)cl->lanes && !fits(cl, &way, limit))
        way.tile_cols /= 2;
    return way;
}

static size_t tile_count(const cut *way, ckn_shape out) {
    return ckn_cl_ceil_divide(out.cols, way->tile_cols) *
           ckn_cl_ceil_divide(out.rows, CKN_CL_TILE_ROWS);
}

/* So many strips that the device is full, but each with a tile at least. */
static size_t choose_strips(const ckn_cl *cl, const cut *way, ckn_shape h_shape, size_t tiles) {
    const size_t tap_groups =
        ckn_cl_ceil_divide(h_shape.cols, way->columns) *
        ckn_cl_ceil_divide(ckn_cl_ceil_divide(h_shape.rows, CKN_CL_STEP), way->blocks);
    const size_t wanted = (cl->lanes == 1 ? 8 : 4) * cl->device.info.compute_units;
    return ckn_cl_smaller(tiles, ckn_cl_larger(1, wanted / ckn_cl_larger(1, tap_groups)));
}

static ckn_code reduce(ckn_cl *cl, const ckn_buffer *partial, size_t shares, size_t taps,
                       bool accumulate, ckn_buffer *g, ckn_error *error) {
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, CKN_CL_GRADIENT_REDUCE, &limit, error));
    const size_t across = ckn_cl_smaller(ckn_cl_smaller(limit, 16), cl->device.max_item_sizes[0]);
    const size_t down =
        ckn_cl_smaller(ckn_cl_smaller(limit / across, 16), cl->device.max_item_sizes[1]);
    const ckn_cl_range range = {.items = {taps, down}, .group = {across, down}};
    return CKN_CL_LAUNCH(cl, CKN_CL_GRADIENT_REDUCE, &range, error, ckn_cl_arg_buffer(partial),
                         ckn_cl_arg_int(shares), ckn_cl_arg_int(taps), ckn_cl_arg_int(accumulate),
                         ckn_cl_arg_buffer(g), ckn_cl_arg_local(across * down * sizeof(cl_float2)));
}

/* Tiles that one launch does: one for each strip at least. */
static size_t tiles_at_a_time(const ckn_cl *cl, const cut *way, size_t taps, size_t tiles) {
    const double tile_work = (double)(CKN_CL_TILE_ROWS * way->tile_cols) * (double)taps;
    const double most = cl->most_work / tile_work;
    return most < (double)tiles ? ckn_cl_larger((size_t)most, way->strips) : tiles;
}

static ckn_code sum_tiles(ckn_cl *cl, const cut *way, const ckn_buffer *x, ckn_shape x_shape,
                          const ckn_buffer *r, ckn_shape h_shape, const ckn_buffer *partial,
                          ckn_error *error) {
    const size_t tiles = tile_count(way, ckn_shape_valid(x_shape, h_shape));
    const size_t step = tiles_at_a_time(cl, way, ckn_shape_count(h_shape), tiles);
    const ckn_cl_range range = {.items = {way->strips * way->samples, h_shape.cols,
                                          ckn_cl_ceil_divide(h_shape.rows, CKN_CL_STEP)},
                                .group = {way->samples, way->columns, way->blocks}};
    for (size_t first = 0; first < tiles; first += step)
        CKN_TRY(CKN_CL_LAUNCH(
            cl, CKN_CL_GRADIENT, &range, error, ckn_cl_arg_buffer(x), ckn_cl_arg_int(x_shape.rows),
            ckn_cl_arg_int(x_shape.cols), ckn_cl_arg_buffer(r), ckn_cl_arg_int(h_shape.rows),
            ckn_cl_arg_int(h_shape.cols), ckn_cl_arg_int(way->tile_cols), ckn_cl_arg_int(first),
            ckn_cl_arg_int(ckn_cl_smaller(first + step, tiles)), ckn_cl_arg_buffer(partial),
            ckn_cl_arg_local(x_tile_bytes(way)), ckn_cl_arg_local(r_tile_bytes(way))));
    return CKN_OK;
}

ckn_code ckn_cl_gradient(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                         const ckn_buffer *r, ckn_shape h_shape, bool accumulate, ckn_buffer *g,
                         ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, CKN_CL_GRADIENT, &limit, error));
    cut way = choose_group(cl, h_shape, limit);
    const size_t tiles = tile_count(&way, ckn_shape_valid(x_shape, h_shape));
    way.strips = choose_strips(cl, &way, h_shape, tiles);
    const size_t taps = ckn_shape_count(h_shape);
    const size_t shares = way.strips * way.samples;
    ckn_buffer *partial;
    CKN_TRY(ckn_cl_scratch(cl, CKN_CL_SCRATCH_PARTIAL, 2 * shares * taps, &partial, error));
    CKN_TRY(sum_tiles(cl, &way, x, x_shape, r, h_shape, partial, error));
    return reduce(cl, partial, shares, taps, accumulate, g, error);
}
