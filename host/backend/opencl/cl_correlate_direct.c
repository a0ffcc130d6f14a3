#include "backend/opencl/cl_correlate.h"

#include "backend/opencl/cl_cut.h"

/* Steps of a multiply-add in two floats, for the sizes of launches. */
#define PAIR_STEPS 10

/* Seconds of a multiply-add on one compute unit, and of a call. CPUs: fitted to PoCL on a machine
 * with AVX-512; GPUs: doubles at 1/32 of the rate of floats, which is usual, floats from
 * arithmetic. */
typedef struct direct_cost {
    double with_doubles, with_pairs, call;
} direct_cost;
static const direct_cost cpu_cost = {7e-11, 1.6e-10, 2e-4};
static const direct_cost gpu_cost = {3e-10, 2.5e-10, 1e-4};

static size_t round_up(size_t count, size_t step) {
    return ckn_cl_ceil_divide(count, step) * step;
}

double ckn_cl_direct_seconds(const ckn_cl *cl, ckn_shape x_shape, ckn_shape h_shape) {
    const bool cpu = cl->lanes > 1;
    const direct_cost *cost = cl->device.type & CL_DEVICE_TYPE_GPU ? &gpu_cost : &cpu_cost;
    const ckn_shape out = ckn_shape_valid(x_shape, h_shape);
    const size_t taps = round_up(h_shape.rows, CKN_CL_STEP) * round_up(h_shape.cols, cpu ? 16 : 1);
    const double products = CKN_CL_CORRELATIONS * (double)ckn_shape_count(out) * (double)taps;
    return cost->call + products * (cl->device.info.fp64 ? cost->with_doubles : cost->with_pairs) /
                            (double)ckn_cl_larger(1, cl->device.info.compute_units);
}

/* One correlation of x: with `a` from element `offset` on, whose rows are `stride` apart. */
typedef struct operand {
    const ckn_buffer *a;
    size_t offset, stride;
} operand;

static ckn_code sum_tiles(ckn_cl *cl, const ckn_cl_cut *cut, const ckn_correlator *correlator,
                          const ckn_buffer *x, const operand *with, const ckn_buffer *partial,
                          ckn_error *error) {
    const ckn_shape x_shape = correlator->x_shape;
    const ckn_shape out = ckn_shape_valid(x_shape, correlator->h_shape);
    const ckn_cl_range range = ckn_cl_cut_range(cut, correlator->h_shape);
    const size_t step = cut->tiles_at_a_time;
    for (size_t first = 0; first < cut->tiles; first += step)
        CKN_TRY(CKN_CL_LAUNCH(
            cl, CKN_CL_CORRELATE, &range, error, ckn_cl_arg_buffer(x), ckn_cl_arg_int(x_shape.rows),
            ckn_cl_arg_int(x_shape.cols), ckn_cl_arg_buffer(with->a), ckn_cl_arg_int(with->offset),
            ckn_cl_arg_int(with->stride), ckn_cl_arg_int(out.rows), ckn_cl_arg_int(out.cols),
            ckn_cl_arg_int(cut->tile_cols), ckn_cl_arg_int(first),
            ckn_cl_arg_int(ckn_cl_smaller(first + step, cut->tiles)), ckn_cl_arg_buffer(partial),
            ckn_cl_arg_local(ckn_cl_cut_x_bytes(cut)), ckn_cl_arg_local(ckn_cl_cut_r_bytes(cut))));
    return CKN_OK;
}

static ckn_code reduce(ckn_cl *cl, const ckn_buffer *partial, size_t shares, size_t taps,
                       const ckn_buffer *out, size_t first_out, ckn_error *error) {
    ckn_cl_range range;
    CKN_TRY(ckn_cl_cut_reduce_range(cl, CKN_CL_CORRELATE_REDUCE, taps, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_CORRELATE_REDUCE, &range, error, ckn_cl_arg_buffer(partial),
                         ckn_cl_arg_int(shares), ckn_cl_arg_int(taps), ckn_cl_arg_buffer(out),
                         ckn_cl_arg_int(first_out),
                         ckn_cl_arg_local(range.group[0] * range.group[1] * sizeof(cl_double)));
}

ckn_code ckn_cl_direct_run(ckn_cl *cl, ckn_correlator *correlator, const ckn_buffer *x,
                           const ckn_buffer *y, ckn_error *error) {
    const ckn_shape x_shape = correlator->x_shape, h_shape = correlator->h_shape;
    const ckn_shape out = ckn_shape_valid(x_shape, h_shape);
    const operand operands[CKN_CL_CORRELATIONS] = {
        {x, 0, x_shape.cols}, {x, h_shape.cols - 1, x_shape.cols}, {y, 0, out.cols}};
    const size_t taps = ckn_shape_count(h_shape);
    const bool fp64 = cl->device.info.fp64;
    const size_t lanes = fp64 ? ckn_cl_wide(cl) : (size_t)cl->lanes;
    ckn_cl_cut cut;
    CKN_TRY(ckn_cl_cut_choose(cl, CKN_CL_CORRELATE, lanes, fp64 ? 1 : PAIR_STEPS, x_shape, h_shape,
                              &cut, error));
    const size_t shares = ckn_cl_cut_shares(&cut);
    ckn_buffer *partial;
    CKN_TRY(ckn_cl_scratch(cl, CKN_CL_SCRATCH_PARTIAL, 2 * shares * taps, &partial, error));
    for (size_t i = 0; i < CKN_CL_CORRELATIONS; i++) {
        CKN_TRY(sum_tiles(cl, &cut, correlator, x, &operands[i], partial, error));
        CKN_TRY(reduce(cl, partial, shares, taps, correlator->numbers, i * taps, error));
    }
    return CKN_OK;
}
