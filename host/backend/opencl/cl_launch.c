#include "backend/opencl/cl_launch.h"

#include "backend/opencl/cl_program.h"

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

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

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
    kernel->max_group = smaller(max_group ? max_group : 1, cl->device.info.max_work_group);
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

ckn_code ckn_cl_launch(ckn_cl *cl, ckn_cl_kernel_id id, const ckn_cl_range *range,
                       const ckn_cl_arg *args, size_t arg_count, ckn_error *error) {
    CKN_TRY(need_kernel(cl, id, error));
    ckn_cl_kernel *kernel = &cl->kernels[id];
    const char *name = kernel_table[id].name;
    size_t global[3];
    cl_uint dimensions = 0;
    while (dimensions < 3 && range->group[dimensions]) {
        const size_t group = range->group[dimensions];
        global[dimensions] = (range->items[dimensions] + group - 1) / group * group;
        dimensions++;
    }
    CKN_TRY(set_arguments(kernel->handle, name, args, arg_count, error));
    cl_int status = clEnqueueNDRangeKernel(cl->queue, kernel->handle, dimensions, NULL, global,
                                           range->group, 0, NULL, NULL);
    if (status != CL_SUCCESS) {
        char call[128];
        snprintf(call, sizeof call, "clEnqueueNDRangeKernel(%s)", name);
        return ckn_cl_check(status, call, error);
    }
    kernel->launches++;
    return CKN_OK;
}

ckn_code ckn_cl_range_line(ckn_cl *cl, ckn_cl_kernel_id id, size_t count, ckn_cl_range *range,
                           ckn_error *error) {
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, id, &limit, error));
    size_t group = smaller(smaller(limit, LINE_GROUP), cl->device.max_item_sizes[0]);
    *range = (ckn_cl_range){{count}, {group}};
    return CKN_OK;
}

ckn_code ckn_cl_range_plane(ckn_cl *cl, ckn_cl_kernel_id id, size_t rows, size_t cols,
                            ckn_cl_range *range, ckn_error *error) {
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, id, &limit, error));
    size_t across = smaller(smaller(limit, 32), cl->device.max_item_sizes[0]);
    size_t down = smaller(smaller(limit / across, 8), cl->device.max_item_sizes[1]);
    *range = (ckn_cl_range){{cols, rows}, {across, down}};
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
}

void ckn_cl_kernels_release(ckn_cl *cl) {
    for (size_t i = 0; i < CKN_CL_KERNEL_COUNT; i++) {
        if (cl->kernels[i].handle)
            clReleaseKernel(cl->kernels[i].handle);
    }
}
