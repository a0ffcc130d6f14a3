#include "backend/opencl/cl_launch.h"

ckn_code ckn_cl_spectral_multiply(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *a,
                                  const ckn_buffer *b, size_t pairs, bool conjugate_b,
                                  ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_line(cl, CKN_CL_SPECTRAL_MULTIPLY, pairs, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_SPECTRAL_MULTIPLY, &range, error, ckn_cl_arg_buffer(out),
                         ckn_cl_arg_buffer(a), ckn_cl_arg_buffer(b), ckn_cl_arg_int(pairs),
                         ckn_cl_arg_int(conjugate_b));
}

ckn_code ckn_cl_spectral_accumulate(ckn_backend *backend, ckn_buffer *numerator, ckn_buffer *power,
                                    const ckn_buffer *y, const ckn_buffer *x, size_t pairs,
                                    bool accumulate, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_line(cl, CKN_CL_SPECTRAL_ACCUMULATE, pairs, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_SPECTRAL_ACCUMULATE, &range, error,
                         ckn_cl_arg_buffer(numerator), ckn_cl_arg_buffer(power),
                         ckn_cl_arg_buffer(y), ckn_cl_arg_buffer(x), ckn_cl_arg_int(pairs),
                         ckn_cl_arg_int(accumulate));
}

ckn_code ckn_cl_spectral_divide(ckn_backend *backend, ckn_buffer *numerator,
                                const ckn_buffer *power, size_t pairs, double epsilon,
                                ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_line(cl, CKN_CL_SPECTRAL_DIVIDE, pairs, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_SPECTRAL_DIVIDE, &range, error, ckn_cl_arg_buffer(numerator),
                         ckn_cl_arg_buffer(power), ckn_cl_arg_int(pairs),
                         ckn_cl_arg_float(epsilon));
}
