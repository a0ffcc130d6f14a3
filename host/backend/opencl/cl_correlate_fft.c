#include "backend/opencl/cl_correlate.h"

#include "backend/opencl/cl_launch.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Numbers in a signal's spectrum come in two parts, and a tile has three signals. */
#define PLANES 6
/* Multiply-adds of one lag at one frequency and column. */
#define LAG_WORK 12
#define SHORTEST 16
#define LONGEST 4096

/* Seconds on one compute unit, and how large tiles are. CPUs: fitted to PoCL on a machine with
 * AVX-512, chunks and slots so that spectra stay in its caches; GPUs: doubles at 1/32 of the rate
 * of floats, which is usual, and so many tiles that the device is full. */
typedef struct tiled_cost {
    double per_lag;       /* a multiply-add of the sums over columns */
    double per_transform; /* a unit of a column, length log2(length) of them; twice as much */
    double slow_length;   /* where they have left the fast caches: at this length */
    double per_batch;     /* of launches */
    double call;
    size_t chunk, slots, bytes;
} tiled_cost;
static const tiled_cost cpu_cost = {4e-11, 2e-10, 512, 8e-5, 3e-4, 256, 2, (size_t)32 << 20};
static const tiled_cost gpu_cost = {3e-10, 1e-9, 1e4, 5e-5, 1e-4, 128, 64, (size_t)64 << 20};

static const tiled_cost *cost_of(const ckn_cl *cl) {
    return cl->device.type & CL_DEVICE_TYPE_GPU ? &gpu_cost : &cpu_cost;
}

static size_t round_up(size_t count, size_t step) {
    return ckn_cl_ceil_divide(count, step) * step;
}

/* Local memory of a transform: two planes of complex numbers, in turns. */
static size_t work_bytes(const ckn_cl *cl, const ckn_cl_tiling *tiling) {
    return 4 * tiling->length * tiling->columns * ckn_cl_wide(cl) * sizeof(cl_double);
}

static size_t slot_numbers(const ckn_cl_tiling *tiling) {
    return PLANES * (tiling->length / 2 + 1) * tiling->width;
}

/* Work-items of a transform's group: on GPUs some columns side by side, read as one block. */
static bool choose_group(const ckn_cl *cl, ckn_cl_tiling *tiling) {
    const size_t local = cl->device.info.local_memory;
    tiling->columns = cl->lanes == 1 ? 4 : 1;
    while (tiling->columns > 1 && work_bytes(cl, tiling) > local)
        tiling->columns /= 2;
    const size_t items = ckn_cl_smaller(cl->device.info.max_work_group, 256);
    const size_t most = ckn_cl_smaller(items / tiling->columns, cl->device.max_item_sizes[1]);
    tiling->helpers =
        cl->lanes == 1 ? ckn_cl_larger(1, ckn_cl_smaller(tiling->length / 4, most)) : 1;
    return work_bytes(cl, tiling) <= local && tiling->columns <= items &&
           tiling->columns <= cl->device.max_item_sizes[0];
}

static void choose_slots(const ckn_cl *cl, ckn_cl_tiling *tiling) {
    const tiled_cost *cost = cost_of(cl);
    const size_t most = ckn_cl_smaller(cost->bytes, cl->device.info.max_allocation);
    tiling->slots = ckn_cl_smaller(cost->slots, tiling->down * tiling->across);
    while (tiling->slots > 1 && tiling->slots * slot_numbers(tiling) * sizeof(cl_double) > most)
        tiling->slots--;
}

/* The tiling with transforms of this length. */
static bool make_tiling(const ckn_cl *cl, ckn_shape x_shape, ckn_shape h_shape, size_t length,
                        ckn_cl_tiling *tiling) {
    const ckn_shape out = ckn_shape_valid(x_shape, h_shape);
    const size_t pair = 2 * ckn_cl_wide(cl);
    if (length < h_shape.rows)
        return false;
    *tiling = (ckn_cl_tiling){.length = length, .core = length - h_shape.rows + 1};
    tiling->down = ckn_cl_ceil_divide(out.rows, tiling->core);
    tiling->across = ckn_cl_ceil_divide(out.cols, cost_of(cl)->chunk);
    tiling->chunk = round_up(ckn_cl_ceil_divide(out.cols, tiling->across), pair);
    tiling->across = ckn_cl_ceil_divide(out.cols, tiling->chunk);
    /* Lags come in twos, the second of which may be one too many. */
    tiling->width = round_up(tiling->chunk + h_shape.cols, pair);
    tiling->lag_stride = round_up(h_shape.cols, pair);
    tiling->lags_each = cl->lanes == 1 ? 2 : round_up(h_shape.cols, 2);
    if (!choose_group(cl, tiling))
        return false;
    choose_slots(cl, tiling);
    return true;
}

static double predict(const ckn_cl *cl, ckn_shape h_shape, const ckn_cl_tiling *tiling) {
    const tiled_cost *cost = cost_of(cl);
    const double length = (double)tiling->length, tiles = (double)(tiling->down * tiling->across);
    const double transforms = CKN_CL_CORRELATIONS * (double)tiling->width * length * log2(length) *
                              (1 + length / cost->slow_length);
    const double lags =
        LAG_WORK * (length / 2 + 1) * (double)tiling->chunk * (double)round_up(h_shape.cols, 2);
    const double tile = transforms * cost->per_transform + lags * cost->per_lag;
    return cost->call + ceil(tiles / (double)tiling->slots) * cost->per_batch +
           tiles * tile / (double)ckn_cl_larger(1, cl->device.info.compute_units);
}

double ckn_cl_tiling_choose(const ckn_cl *cl, ckn_shape x_shape, ckn_shape h_shape,
                            ckn_cl_tiling *tiling) {
    double best = HUGE_VAL;
    *tiling = (ckn_cl_tiling){0};
    for (size_t length = SHORTEST; length <= LONGEST; length *= 2) {
        ckn_cl_tiling candidate;
        if (!make_tiling(cl, x_shape, h_shape, length, &candidate))
            continue;
        const double seconds = predict(cl, h_shape, &candidate);
        if (seconds < best) {
            best = seconds;
            *tiling = candidate;
        }
    }
    return best;
}

static size_t sums_count(const ckn_cl_tiling *tiling) {
    return PLANES * (tiling->length / 2 + 1) * tiling->lag_stride;
}

/* roots[m] = exp(-2 pi i m / length) */
static ckn_code upload_roots(ckn_cl *cl, const ckn_buffer *buffer, size_t length,
                             ckn_error *error) {
    const double turn = 2 * acos(-1.0) / (double)length;
    cl_double2 *roots;
    CKN_TRY(ckn_allocate(&roots, length, sizeof *roots, "a table of roots", error));
    for (size_t m = 0; m < length; m++) {
        roots[m].s[0] = cos(turn * (double)m);
        roots[m].s[1] = -sin(turn * (double)m);
    }
    const size_t bytes = length * sizeof *roots;
    ckn_code code = ckn_cl_check_memory(
        clEnqueueWriteBuffer(cl->queue, buffer->memory, CL_TRUE, 0, bytes, roots, 0, NULL, NULL),
        "clEnqueueWriteBuffer", bytes, error);
    free(roots);
    return code;
}

ckn_code ckn_cl_tiled_create(ckn_cl *cl, ckn_correlator *correlator, ckn_error *error) {
    ckn_cl_tiling *tiling = &correlator->tiling;
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, CKN_CL_SPECTRA, &limit, error));
    ckn_cl_tiling_choose(cl, correlator->x_shape, correlator->h_shape, tiling);
    /* A kernel may take so many registers that the device's largest group is too large for it. */
    while (tiling->helpers > 1 && tiling->columns * tiling->helpers > limit)
        tiling->helpers /= 2;
    while (tiling->columns > 1 && tiling->columns > limit)
        tiling->columns /= 2;
    /* Buffers count floats; these hold doubles. */
    const size_t roots = 4 * tiling->length;
    const size_t spectra = 2 * tiling->slots * slot_numbers(tiling);
    const size_t sums = 2 * tiling->slots * sums_count(tiling);
    CKN_TRY(ckn_cl_buffer_create(&cl->base, roots, &correlator->roots, error));
    CKN_TRY(ckn_cl_buffer_create(&cl->base, spectra, &correlator->spectra, error));
    CKN_TRY(ckn_cl_buffer_create(&cl->base, sums, &correlator->sums, error));
    return upload_roots(cl, correlator->roots, tiling->length, error);
}

static ckn_code transform(ckn_cl *cl, const ckn_correlator *correlator, const ckn_buffer *x,
                          const ckn_buffer *y, size_t first, size_t slots, ckn_error *error) {
    const ckn_cl_tiling *tiling = &correlator->tiling;
    const ckn_shape x_shape = correlator->x_shape;
    const ckn_shape out = ckn_shape_valid(x_shape, correlator->h_shape);
    const size_t pair = 2 * ckn_cl_wide(cl);
    const ckn_cl_range range = {
        .items = {tiling->width / pair, tiling->helpers, slots * CKN_CL_CORRELATIONS},
        .group = {tiling->columns, tiling->helpers, 1},
        .work = (double)(tiling->columns * pair * tiling->length * 16)};
    return CKN_CL_LAUNCH(
        cl, CKN_CL_SPECTRA, &range, error, ckn_cl_arg_buffer(x), ckn_cl_arg_int(x_shape.rows),
        ckn_cl_arg_int(x_shape.cols), ckn_cl_arg_buffer(y), ckn_cl_arg_int(out.rows),
        ckn_cl_arg_int(out.cols), ckn_cl_arg_buffer(correlator->roots),
        ckn_cl_arg_int(tiling->length), ckn_cl_arg_int(tiling->core), ckn_cl_arg_int(tiling->chunk),
        ckn_cl_arg_int(first), ckn_cl_arg_int(tiling->across), ckn_cl_arg_int(tiling->width),
        ckn_cl_arg_buffer(correlator->spectra), ckn_cl_arg_local(work_bytes(cl, tiling)));
}

/* CPUs take whole frequencies; GPUs fill groups with lags first, which read the same numbers. */
static ckn_code lags_range(ckn_cl *cl, const ckn_cl_tiling *tiling, size_t l, size_t slots,
                           ckn_cl_range *range, ckn_error *error) {
    const size_t *most = cl->device.max_item_sizes;
    const size_t half = tiling->length / 2 + 1;
    const size_t shares = ckn_cl_ceil_divide(l, tiling->lags_each);
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, CKN_CL_LAGS_SUM, &limit, error));
    if (cl->lanes > 1)
        limit = 1;
    limit = ckn_cl_smaller(limit, 128);
    const size_t across = ckn_cl_larger(1, ckn_cl_smaller(ckn_cl_smaller(shares, limit), most[0]));
    const size_t down = ckn_cl_smaller(ckn_cl_smaller(half, limit / across), most[1]);
    *range = (ckn_cl_range){.items = {shares, half, slots},
                            .group = {across, down, 1},
                            .work = (double)(across * down * tiling->lags_each * tiling->chunk) *
                                    LAG_WORK};
    return CKN_OK;
}

static ckn_code sum_lags(ckn_cl *cl, const ckn_correlator *correlator, size_t first, size_t slots,
                         ckn_error *error) {
    const ckn_cl_tiling *tiling = &correlator->tiling;
    const ckn_shape out = ckn_shape_valid(correlator->x_shape, correlator->h_shape);
    const size_t l = correlator->h_shape.cols;
    ckn_cl_range range;
    CKN_TRY(lags_range(cl, tiling, l, slots, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_LAGS_SUM, &range, error, ckn_cl_arg_buffer(correlator->spectra),
                         ckn_cl_arg_int(tiling->length / 2 + 1), ckn_cl_arg_int(tiling->width),
                         ckn_cl_arg_int(first), ckn_cl_arg_int(tiling->across),
                         ckn_cl_arg_int(tiling->chunk), ckn_cl_arg_int(out.cols), ckn_cl_arg_int(l),
                         ckn_cl_arg_int(tiling->lag_stride), ckn_cl_arg_int(tiling->lags_each),
                         ckn_cl_arg_buffer(correlator->sums), ckn_cl_arg_int(first > 0));
}

static ckn_code gather(ckn_cl *cl, const ckn_correlator *correlator, ckn_error *error) {
    const size_t count = sums_count(&correlator->tiling);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_line(cl, CKN_CL_LAGS_GATHER, count, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_LAGS_GATHER, &range, error, ckn_cl_arg_buffer(correlator->sums),
                         ckn_cl_arg_int(count), ckn_cl_arg_int(correlator->tiling.slots));
}

static ckn_code invert(ckn_cl *cl, const ckn_correlator *correlator, ckn_error *error) {
    const ckn_shape h_shape = correlator->h_shape;
    const size_t length = correlator->tiling.length;
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_plane(cl, CKN_CL_LAGS_INVERSE, h_shape.rows,
                               ckn_cl_ceil_divide(h_shape.cols, ckn_cl_wide(cl)), &range, error));
    range.items[2] = CKN_CL_CORRELATIONS;
    range.group[2] = 1;
    range.work = (double)(range.group[0] * range.group[1] * length);
    return CKN_CL_LAUNCH(
        cl, CKN_CL_LAGS_INVERSE, &range, error, ckn_cl_arg_buffer(correlator->sums),
        ckn_cl_arg_int(length / 2 + 1), ckn_cl_arg_buffer(correlator->roots),
        ckn_cl_arg_int(length), ckn_cl_arg_int(h_shape.rows), ckn_cl_arg_int(h_shape.cols),
        ckn_cl_arg_int(correlator->tiling.lag_stride), ckn_cl_arg_buffer(correlator->numbers));
}

ckn_code ckn_cl_tiled_run(ckn_cl *cl, ckn_correlator *correlator, const ckn_buffer *x,
                          const ckn_buffer *y, ckn_error *error) {
    const ckn_cl_tiling *tiling = &correlator->tiling;
    const size_t tiles = tiling->down * tiling->across;
    for (size_t first = 0; first < tiles; first += tiling->slots) {
        const size_t slots = ckn_cl_smaller(tiling->slots, tiles - first);
        CKN_TRY(transform(cl, correlator, x, y, first, slots, error));
        CKN_TRY(sum_lags(cl, correlator, first, slots, error));
    }
    CKN_TRY(gather(cl, correlator, error));
    return invert(cl, correlator, error);
}
