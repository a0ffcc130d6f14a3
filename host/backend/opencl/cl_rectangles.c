#include "backend/opencl/cl_launch.h"

ckn_code ckn_cl_embed(ckn_backend *backend, ckn_buffer *dst, ckn_shape dst_shape,
                      const ckn_buffer *src, ckn_shape src_shape, ckn_shape at, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_plane(cl, CKN_CL_EMBED, dst_shape.rows, dst_shape.cols, &range, error));
    return CKN_CL_LAUNCH(
        cl, CKN_CL_EMBED, &range, error, ckn_cl_arg_buffer(dst), ckn_cl_arg_int(dst_shape.rows),
        ckn_cl_arg_int(dst_shape.cols), ckn_cl_arg_buffer(src), ckn_cl_arg_int(src_shape.rows),
        ckn_cl_arg_int(src_shape.cols), ckn_cl_arg_int(at.rows), ckn_cl_arg_int(at.cols));
}

ckn_code ckn_cl_extract(ckn_backend *backend, ckn_buffer *dst, ckn_shape dst_shape,
                        const ckn_buffer *src, ckn_shape src_shape, ckn_shape at,
                        const ckn_buffer *subtrahend, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_plane(cl, CKN_CL_EXTRACT, dst_shape.rows, dst_shape.cols, &range, error));
    /* Where nothing is subtracted the kernel does not look at the buffer, but wants one. */
    return CKN_CL_LAUNCH(
        cl, CKN_CL_EXTRACT, &range, error, ckn_cl_arg_buffer(dst), ckn_cl_arg_int(dst_shape.rows),
        ckn_cl_arg_int(dst_shape.cols), ckn_cl_arg_buffer(src), ckn_cl_arg_int(src_shape.cols),
        ckn_cl_arg_int(at.rows), ckn_cl_arg_int(at.cols),
        ckn_cl_arg_buffer(subtrahend ? subtrahend : src), ckn_cl_arg_int(subtrahend != NULL));
}
