#include "backend/opencl/cl_launch.h"

ckn_code ckn_cl_fill(ckn_backend *backend, ckn_buffer *u, size_t count, double value,
                     ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_line(cl, CKN_CL_FILL, count, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_FILL, &range, error, ckn_cl_arg_buffer(u),
                         ckn_cl_arg_int(count), ckn_cl_arg_float(value));
}

ckn_code ckn_cl_combine(ckn_backend *backend, ckn_buffer *out, size_t count, double a,
                        const ckn_buffer *u, double b, const ckn_buffer *v, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_line(cl, CKN_CL_COMBINE, count, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_COMBINE, &range, error, ckn_cl_arg_buffer(out),
                         ckn_cl_arg_int(count), ckn_cl_arg_float(a), ckn_cl_arg_buffer(u),
                         ckn_cl_arg_float(b), ckn_cl_arg_buffer(v));
}

ckn_code ckn_cl_multiply(ckn_backend *backend, ckn_buffer *out, size_t count, const ckn_buffer *u,
                         const ckn_buffer *v, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_line(cl, CKN_CL_MULTIPLY, count, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_MULTIPLY, &range, error, ckn_cl_arg_buffer(out),
                         ckn_cl_arg_int(count), ckn_cl_arg_buffer(u), ckn_cl_arg_buffer(v));
}

ckn_code ckn_cl_momentum(ckn_backend *backend, const ckn_step_buffers *buffers, size_t count,
                         double beta, double step, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_line(cl, CKN_CL_MOMENTUM, count, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_MOMENTUM, &range, error, ckn_cl_arg_buffer(buffers->h),
                         ckn_cl_arg_buffer(buffers->h_prev), ckn_cl_arg_buffer(buffers->g),
                         ckn_cl_arg_buffer(buffers->g_prev), ckn_cl_arg_buffer(buffers->z),
                         ckn_cl_arg_int(count), ckn_cl_arg_float(beta), ckn_cl_arg_float(step));
}

static ckn_code project_nonneg(ckn_cl *cl, ckn_buffer *h, size_t count, ckn_error *error) {
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_line(cl, CKN_CL_PROJECT_NONNEG, count, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_PROJECT_NONNEG, &range, error, ckn_cl_arg_buffer(h),
                         ckn_cl_arg_int(count));
}

/* One work-group, since every round needs the sum over all taps. */
static ckn_code project_simplex(ckn_cl *cl, ckn_buffer *h, size_t count, ckn_error *error) {
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_line(cl, CKN_CL_PROJECT_SIMPLEX, 1, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_PROJECT_SIMPLEX, &range, error, ckn_cl_arg_buffer(h),
                         ckn_cl_arg_int(count),
                         ckn_cl_arg_local(range.group[0] * sizeof(cl_float2)));
}

ckn_code ckn_cl_project(ckn_backend *backend, ckn_buffer *h, size_t count,
                        ckn_constraint constraint, ckn_error *error) {
    switch (constraint) {
    case CKN_CONSTRAINT_AUTO: /* resolved before it gets here */
    case CKN_CONSTRAINT_NONE:
        return CKN_OK;
    case CKN_CONSTRAINT_NONNEG:
        return project_nonneg(ckn_cl_of(backend), h, count, error);
    case CKN_CONSTRAINT_SIMPLEX:
        return project_simplex(ckn_cl_of(backend), h, count, error);
    }
    return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown constraint %d", (int)constraint);
}
