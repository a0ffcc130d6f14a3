#include "backend/opencl/cl_launch.h"

/* Work-groups of a reduction at most, and figures that one kernel sums at most. */
#define MOST_GROUPS 512
#define MOST_FIGURES 3

/* Elements that make another work-group worth while. */
#define ELEMENTS_PER_GROUP 4096

static ckn_code choose_range(ckn_cl *cl, ckn_cl_kernel_id id, size_t count, ckn_cl_range *range,
                             ckn_error *error) {
    CKN_TRY(ckn_cl_range_line(cl, id, count, range, error));
    size_t groups = (count + ELEMENTS_PER_GROUP - 1) / ELEMENTS_PER_GROUP;
    const size_t most = 4 * cl->device.info.compute_units;
    groups = groups < most ? groups : most;
    groups = groups < MOST_GROUPS ? groups : MOST_GROUPS;
    range->items[0] = (groups ? groups : 1) * range->group[0];
    return CKN_OK;
}

/* Reads the pairs that the groups left, `figures` of them per group. */
static ckn_code read_partial(ckn_cl *cl, const ckn_cl_range *range, size_t figures,
                             const ckn_buffer *partial, cl_float2 *pairs, size_t *groups,
                             ckn_error *error) {
    *groups = range->items[0] / range->group[0];
    return ckn_cl_check(clEnqueueReadBuffer(cl->queue, partial->memory, CL_TRUE, 0,
                                            *groups * figures * sizeof *pairs, pairs, 0, NULL,
                                            NULL),
                        "clEnqueueReadBuffer", error);
}

static double pair_sum(const cl_float2 *pairs, size_t groups, size_t figures, size_t figure) {
    double sum = 0;
    for (size_t i = 0; i < groups; i++) {
        const cl_float2 *pair = &pairs[i * figures + figure];
        sum += (double)pair->s[0] + (double)pair->s[1];
    }
    return sum;
}

static ckn_code need_partial(ckn_cl *cl, ckn_buffer **partial, ckn_error *error) {
    return ckn_cl_scratch(cl, CKN_CL_SCRATCH_PARTIAL, (size_t)2 * MOST_FIGURES * MOST_GROUPS,
                          partial, error);
}

ckn_code ckn_cl_dot(ckn_backend *backend, const ckn_buffer *u, const ckn_buffer *v, size_t count,
                    double *result, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    cl_float2 pairs[MOST_GROUPS];
    ckn_cl_range range;
    ckn_buffer *partial;
    size_t groups;
    CKN_TRY(need_partial(cl, &partial, error));
    CKN_TRY(choose_range(cl, CKN_CL_DOT, count, &range, error));
    CKN_TRY(CKN_CL_LAUNCH(cl, CKN_CL_DOT, &range, error, ckn_cl_arg_buffer(u), ckn_cl_arg_buffer(v),
                          ckn_cl_arg_int(count), ckn_cl_arg_buffer(partial),
                          ckn_cl_arg_local(range.group[0] * sizeof(cl_float2))));
    CKN_TRY(read_partial(cl, &range, 1, partial, pairs, &groups, error));
    *result = pair_sum(pairs, groups, 1, 0);
    return CKN_OK;
}

ckn_code ckn_cl_step_sums(ckn_backend *backend, const ckn_step_buffers *buffers, size_t count,
                          ckn_step_sums *sums, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    cl_float2 pairs[MOST_FIGURES * MOST_GROUPS];
    ckn_cl_range range;
    ckn_buffer *partial;
    size_t groups;
    CKN_TRY(need_partial(cl, &partial, error));
    CKN_TRY(choose_range(cl, CKN_CL_STEP_SUMS, count, &range, error));
    CKN_TRY(CKN_CL_LAUNCH(cl, CKN_CL_STEP_SUMS, &range, error, ckn_cl_arg_buffer(buffers->h),
                          ckn_cl_arg_buffer(buffers->h_prev), ckn_cl_arg_buffer(buffers->z),
                          ckn_cl_arg_int(count), ckn_cl_arg_buffer(partial),
                          ckn_cl_arg_local(range.group[0] * sizeof(cl_float2))));
    CKN_TRY(read_partial(cl, &range, 3, partial, pairs, &groups, error));
    sums->restart = pair_sum(pairs, groups, 3, 0);
    sums->change_squared = pair_sum(pairs, groups, 3, 1);
    sums->norm_squared = pair_sum(pairs, groups, 3, 2);
    return CKN_OK;
}
