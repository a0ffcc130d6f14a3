/* A FIR along both axes in one trip through memory; see kernels/fir_plane.cl. */
#include "backend/opencl/cl_launch.h"
#include "backend/opencl/cl_lines.h"

/* Samples of a tile's row: on CPUs a ring of short filters stays in the first-level cache, on GPUs
 * each work-item has one. And its rows: those that are filtered twice must not count much. */
#define CPU_TILE ((size_t)1024)
#define CPU_ROWS ((size_t)128)
#define GPU_TILE ((size_t)128)
#define GPU_ROWS ((size_t)64)

typedef struct plane_cut {
    size_t tile, rows, items;
    size_t pitch, wide_bytes, ring_bytes;
} plane_cut;

/* Samples that kernels may touch behind the last one. */
static size_t spare(const ckn_cl *cl) {
    return 4 * (size_t)cl->lanes;
}

static bool measure(const ckn_cl *cl, size_t channels, size_t radius_x, size_t radius_y,
                    plane_cut *cut) {
    cut->pitch = cut->tile + spare(cl);
    cut->wide_bytes = (cut->tile + 2 * radius_x * channels + spare(cl)) * sizeof(cl_float);
    cut->ring_bytes = (2 * radius_y + 1) * cut->pitch * sizeof(cl_float);
    return cut->wide_bytes + cut->ring_bytes <= cl->device.info.local_memory;
}

/* Tiles hold whole pixels. False where local memory holds none. */
static bool choose_cut(const ckn_cl *cl, size_t limit, size_t channels, size_t radius_x,
                       size_t radius_y, plane_cut *cut) {
    const size_t most = cl->lanes == 1 ? GPU_TILE : CPU_TILE;
    *cut = (plane_cut){.tile = most / channels * channels,
                       .rows = cl->lanes == 1 ? GPU_ROWS : CPU_ROWS};
    while (!measure(cl, channels, radius_x, radius_y, cut)) {
        if (cut->tile < 8 * channels)
            return false;
        cut->tile = cut->tile / 2 / channels * channels;
    }
    cut->items = 1;
    while (cl->lanes == 1 && 2 * cut->items <= limit &&
           2 * cut->items <= cl->device.max_item_sizes[0] && cut->items < cut->tile)
        cut->items *= 2;
    return true;
}

/* The taps of x, then those of y, on the device. */
static ckn_code upload_taps(ckn_cl *cl, const double *taps_x, size_t radius_x, const double *taps_y,
                            size_t radius_y, ckn_buffer **buffer, ckn_error *error) {
    float all[2 * (2 * CKN_FIR_PLANE_RADIUS + 1)];
    const size_t width_x = 2 * radius_x + 1, count = width_x + 2 * radius_y + 1;
    ckn_taps_spread(taps_x, radius_x, all);
    ckn_taps_spread(taps_y, radius_y, all + width_x);
    const ckn_view view = ckn_view_f32(all, 1, count);
    CKN_TRY(ckn_cl_scratch(cl, CKN_CL_SCRATCH_TAPS, count, buffer, error));
    return ckn_cl_upload(&cl->base, *buffer, &view, error);
}

/* Each tile reads the margins beside, above and below it once more. */
static void count_traffic(ckn_cl *cl, size_t rows, size_t samples, size_t margin_x, size_t margin_y,
                          const plane_cut *cut) {
    const size_t across = samples + 2 * margin_x * ckn_cl_ceil_divide(samples, cut->tile);
    const size_t down = rows + 2 * margin_y * ckn_cl_ceil_divide(rows, cut->rows);
    cl->line_reads += (double)across * (double)down * sizeof(cl_float);
    cl->line_writes += (double)rows * (double)samples * sizeof(cl_float);
}

/* Axis by axis, over a scratch image. */
static ckn_code filter_apart(ckn_cl *cl, ckn_buffer *out, const ckn_buffer *in,
                             const ckn_lines *lines, const double *taps_x, size_t radius_x,
                             const double *taps_y, size_t radius_y, ckn_error *error) {
    ckn_lines along = *lines;
    ckn_buffer *between;
    CKN_TRY(ckn_cl_scratch(cl, CKN_CL_SCRATCH_LINES,
                           ckn_shape_count(lines->shape) * lines->channels, &between, error));
    along.axis = CKN_AXIS_ROWS;
    CKN_TRY(ckn_cl_fir_axis(&cl->base, between, in, &along, taps_x, radius_x, error));
    along.axis = CKN_AXIS_COLS;
    return ckn_cl_fir_axis(&cl->base, out, between, &along, taps_y, radius_y, error);
}

ckn_code ckn_cl_fir_plane(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                          const ckn_lines *lines, const double *taps_x, size_t radius_x,
                          const double *taps_y, size_t radius_y, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    const size_t rows = lines->shape.rows, samples = lines->shape.cols * lines->channels;
    size_t limit;
    plane_cut cut;
    ckn_buffer *taps;
    CKN_TRY(ckn_cl_kernel_limit(cl, CKN_CL_FIR_PLANE, &limit, error));
    if (!choose_cut(cl, limit, lines->channels, radius_x, radius_y, &cut))
        return filter_apart(cl, out, in, lines, taps_x, radius_x, taps_y, radius_y, error);
    count_traffic(cl, rows, samples, radius_x * lines->channels, radius_y, &cut);
    CKN_TRY(upload_taps(cl, taps_x, radius_x, taps_y, radius_y, &taps, error));
    const ckn_cl_range range = {
        .items = {ckn_cl_ceil_divide(samples, cut.tile) * cut.items,
                  ckn_cl_ceil_divide(rows, cut.rows)},
        .group = {cut.items, 1},
        .work = (double)(cut.tile * (cut.rows + 2 * radius_y)) *
                (double)(2 * (radius_x + radius_y) + 2),
    };
    return CKN_CL_LAUNCH(
        cl, CKN_CL_FIR_PLANE, &range, error, ckn_cl_arg_buffer(in), ckn_cl_arg_buffer(out),
        ckn_cl_arg_buffer(taps), ckn_cl_arg_int(rows), ckn_cl_arg_int(lines->shape.cols),
        ckn_cl_arg_int(lines->channels), ckn_cl_arg_int(lines->boundary), ckn_cl_arg_int(radius_x),
        ckn_cl_arg_int(radius_y), ckn_cl_arg_int(cut.tile), ckn_cl_arg_int(cut.rows),
        ckn_cl_arg_int(cut.pitch), ckn_cl_arg_int(ckn_cl_is_far(rows * samples)),
        ckn_cl_arg_local(cut.wide_bytes), ckn_cl_arg_local(cut.ring_bytes));
}
