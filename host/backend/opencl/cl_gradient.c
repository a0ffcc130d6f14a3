#include "backend/opencl/cl_cut.h"

static ckn_code reduce(ckn_cl *cl, const ckn_buffer *partial, size_t shares, size_t taps,
                       bool accumulate, ckn_buffer *g, ckn_error *error) {
    ckn_cl_range range;
    CKN_TRY(ckn_cl_cut_reduce_range(cl, CKN_CL_GRADIENT_REDUCE, taps, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_GRADIENT_REDUCE, &range, error, ckn_cl_arg_buffer(partial),
                         ckn_cl_arg_int(shares), ckn_cl_arg_int(taps), ckn_cl_arg_int(accumulate),
                         ckn_cl_arg_buffer(g),
                         ckn_cl_arg_local(range.group[0] * range.group[1] * sizeof(cl_float2)));
}

static ckn_code sum_tiles(ckn_cl *cl, const ckn_cl_cut *cut, const ckn_buffer *x, ckn_shape x_shape,
                          const ckn_buffer *r, ckn_shape h_shape, const ckn_buffer *partial,
                          ckn_error *error) {
    const ckn_cl_range range = ckn_cl_cut_range(cut, h_shape);
    const size_t step = cut->tiles_at_a_time;
    for (size_t first = 0; first < cut->tiles; first += step)
        CKN_TRY(CKN_CL_LAUNCH(
            cl, CKN_CL_GRADIENT, &range, error, ckn_cl_arg_buffer(x), ckn_cl_arg_int(x_shape.rows),
            ckn_cl_arg_int(x_shape.cols), ckn_cl_arg_buffer(r), ckn_cl_arg_int(h_shape.rows),
            ckn_cl_arg_int(h_shape.cols), ckn_cl_arg_int(cut->tile_cols), ckn_cl_arg_int(first),
            ckn_cl_arg_int(ckn_cl_smaller(first + step, cut->tiles)), ckn_cl_arg_buffer(partial),
            ckn_cl_arg_local(ckn_cl_cut_x_bytes(cut)), ckn_cl_arg_local(ckn_cl_cut_r_bytes(cut))));
    return CKN_OK;
}

ckn_code ckn_cl_gradient(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                         const ckn_buffer *r, ckn_shape h_shape, bool accumulate, ckn_buffer *g,
                         ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    ckn_cl_cut cut;
    CKN_TRY(ckn_cl_cut_choose(cl, CKN_CL_GRADIENT, (size_t)cl->lanes, 1, x_shape, h_shape, &cut,
                              error));
    const size_t taps = ckn_shape_count(h_shape);
    const size_t shares = ckn_cl_cut_shares(&cut);
    ckn_buffer *partial;
    CKN_TRY(ckn_cl_scratch(cl, CKN_CL_SCRATCH_PARTIAL, 2 * shares * taps, &partial, error));
    CKN_TRY(sum_tiles(cl, &cut, x, x_shape, r, h_shape, partial, error));
    return reduce(cl, partial, shares, taps, accumulate, g, error);
}
