#include "backend/opencl/cl_launch.h"

#include "backend/opencl/cl_program.h"

#include <float.h>
#include <stdio.h>

typedef struct kernel_entry {
    ckn_cl_program_id program;
    const char *name;
} kernel_entry;

#define KERNEL_ENTRY(identifier, program, name) {CKN_CL_PROGRAM_##program, #name},
static const kernel_entry kernel_table[] = {CKN_CL_KERNELS(KERNEL_ENTRY)};
#undef KERNEL_ENTRY

/* Large enough to fill a compute unit, small enough for every device in use. */
#define LINE_GROUP 256

/* Creates the kernel unless that is done. */
static ckn_code need_kernel(ckn_cl *cl, ckn_cl_kernel_id id, ckn_error *error) {
    ckn_cl_kernel *kernel = &cl->kernels[id];
    if (kernel->handle)
        return CKN_OK;
    const kernel_entry *entry = &kernel_table[id];
    CKN_TRY(ckn_cl_program_need(cl, entry->program, error));
    char call[128];
    cl_int status;
    snprintf(call, sizeof call, "clCreateKernel(%s)", entry->name);
    cl_kernel handle = clCreateKernel(cl->programs[entry->program], entry->name, &status);
    CKN_TRY(ckn_cl_check(status, call, error));
    snprintf(call, sizeof call, "clGetKernelWorkGroupInfo(%s)", entry->name);
    size_t max_group = 0;
    status = clGetKernelWorkGroupInfo(handle, cl->device.id, CL_KERNEL_WORK_GROUP_SIZE,
                                      sizeof max_group, &max_group, NULL);
    if (status != CL_SUCCESS) {
        clReleaseKernel(handle);
        return ckn_cl_check(status, call, error);
    }
    kernel->max_group = ckn_cl_smaller(max_group ? max_group : 1, cl->device.info.max_work_group);
    kernel->handle = handle;
    return CKN_OK;
}

ckn_code ckn_cl_kernel_limit(ckn_cl *cl, ckn_cl_kernel_id id, size_t *max_group, ckn_error *error) {
    CKN_TRY(need_kernel(cl, id, error));
    *max_group = cl->kernels[id].max_group;
    return CKN_OK;
}

static ckn_code set_arguments(cl_kernel kernel, const char *name, const ckn_cl_arg *args,
                              size_t arg_count, ckn_error *error) {
    for (size_t i = 0; i < arg_count; i++) {
        cl_int status = clSetKernelArg(kernel, (cl_uint)i, args[i].size,
                                       args[i].local ? NULL : (const void *)&args[i].value);
        if (status != CL_SUCCESS) {
            char call[128];
            snprintf(call, sizeof call, "clSetKernelArg(%s, %zu)", name, i);
            return ckn_cl_check(status, call, error);
        }
    }
    return CKN_OK;
}

/* A launch: dimensions in use, and work-items of the whole and of one piece. */
typedef struct launch_plan {
    cl_uint dimensions;
    size_t whole[3], piece[3];
} launch_plan;

static launch_plan plan_launch(const ckn_cl *cl, const ckn_cl_range *range) {
    launch_plan plan = {0, {1, 1, 1}, {1, 1, 1}};
    double left = range->work > 0 ? cl->most_work / range->work : DBL_MAX;
    while (plan.dimensions < 3 && range->group[plan.dimensions]) {
        const cl_uint d = plan.dimensions++;
        const size_t group = range->group[d];
        const size_t groups = (range->items[d] + group - 1) / group;
        size_t most = d == 0 ? groups : ckn_cl_smaller(groups, cl->most_groups);
        if (d > 0 && left < (double)most)
            most = left > 1 ? (size_t)left : 1;
        left /= (double)most;
        plan.whole[d] = groups * group;
        plan.piece[d] = most * group;
    }
    return plan;
}

static ckn_code queue_piece(ckn_cl *cl, ckn_cl_kernel_id id, const launch_plan *plan,
                            const size_t *group, const size_t *offset, ckn_error *error) {
    size_t items[3];
    for (size_t d = 0; d < 3; d++)
        items[d] = ckn_cl_smaller(plan->piece[d], plan->whole[d] - offset[d]);
    cl_int status = clEnqueueNDRangeKernel(cl->queue, cl->kernels[id].handle, plan->dimensions,
                                           offset, items, group, 0, NULL, NULL);
    if (status != CL_SUCCESS) {
        char call[128];
        snprintf(call, sizeof call, "clEnqueueNDRangeKernel(%s)", kernel_table[id].name);
        return ckn_cl_check(status, call, error);
    }
    cl->kernels[id].launches++;
    return CKN_OK;
}

ckn_code ckn_cl_launch(ckn_cl *cl, ckn_cl_kernel_id id, const ckn_cl_range *range,
                       const ckn_cl_arg *args, size_t arg_count, ckn_error *error) {
    CKN_TRY(need_kernel(cl, id, error));
    CKN_TRY(set_arguments(cl->kernels[id].handle, kernel_table[id].name, args, arg_count, error));
    const launch_plan plan = plan_launch(cl, range);
    size_t offset[3] = {0};
    for (offset[2] = 0; offset[2] < plan.whole[2]; offset[2] += plan.piece[2]) {
        for (offset[1] = 0; offset[1] < plan.whole[1]; offset[1] += plan.piece[1])
            CKN_TRY(queue_piece(cl, id, &plan, range->group, offset, error));
    }
    return CKN_OK;
}

ckn_code ckn_cl_range_line(ckn_cl *cl, ckn_cl_kernel_id id, size_t count, ckn_cl_range *range,
                           ckn_error *error) {
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, id, &limit, error));
    size_t group = ckn_cl_smaller(ckn_cl_smaller(limit, LINE_GROUP), cl->device.max_item_sizes[0]);
    *range = (ckn_cl_range){.items = {count}, .group = {group}};
    return CKN_OK;
}

ckn_code ckn_cl_range_plane(ckn_cl *cl, ckn_cl_kernel_id id, size_t rows, size_t cols,
                            ckn_cl_range *range, ckn_error *error) {
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, id, &limit, error));
    size_t across = ckn_cl_smaller(ckn_cl_smaller(limit, 32), cl->device.max_item_sizes[0]);
    size_t down = ckn_cl_smaller(ckn_cl_smaller(limit / across, 8), cl->device.max_item_sizes[1]);
    *range = (ckn_cl_range){.items = {cols, rows}, .group = {across, down}};
    return CKN_OK;
}

void ckn_cl_launches_log(const ckn_cl *cl) {
    for (size_t i = 0; i < CKN_CL_KERNEL_COUNT; i++) {
        if (cl->kernels[i].launches)
            ckn_log_line(&cl->base.log, CKN_LOG_VERBOSE, "kernel %s: %zu launches",
                         kernel_table[i].name, cl->kernels[i].launches);
    }
    static const char *const directions[] = {"forward", "inverse"};
    for (size_t i = 0; i < 2; i++) {
        if (cl->transforms[i])
            ckn_log_line(&cl->base.log, CKN_LOG_VERBOSE, "clFFT %s: %zu transforms", directions[i],
                         cl->transforms[i]);
    }
    if (cl->line_writes > 0)
        ckn_log_line(&cl->base.log, CKN_LOG_VERBOSE,
                     "line filters: %.0f bytes read, %.0f bytes written", cl->line_reads,
                     cl->line_writes);
}

void ckn_cl_kernels_release(ckn_cl *cl) {
    for (size_t i = 0; i < CKN_CL_KERNEL_COUNT; i++) {
        if (cl->kernels[i].handle)
            clReleaseKernel(cl->kernels[i].handle);
    }
}
