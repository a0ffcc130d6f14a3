/* Putting kernels to work: arguments, sizes, counting. */
#ifndef CKN_BACKEND_CL_LAUNCH_H
#define CKN_BACKEND_CL_LAUNCH_H

#include "backend/opencl/cl_internal.h"

/* One kernel argument. */
typedef struct ckn_cl_arg {
    size_t size;
    bool local; /* `size` bytes of local memory */
    union {
        cl_mem memory;
        cl_int integer;
        cl_float real;
    } value;
} ckn_cl_arg;

static inline ckn_cl_arg ckn_cl_arg_buffer(const ckn_buffer *buffer) {
    return (ckn_cl_arg){.size = sizeof(cl_mem), .value.memory = buffer->memory};
}

/* Callers know that sizes fit: no buffer holds more than CKN_CL_MOST_ELEMENTS. */
static inline ckn_cl_arg ckn_cl_arg_int(size_t value) {
    return (ckn_cl_arg){.size = sizeof(cl_int), .value.integer = (cl_int)value};
}

static inline ckn_cl_arg ckn_cl_arg_float(double value) {
    return (ckn_cl_arg){.size = sizeof(cl_float), .value.real = (cl_float)value};
}

static inline ckn_cl_arg ckn_cl_arg_local(size_t bytes) {
    return (ckn_cl_arg){.size = bytes, .local = true};
}

/* Work-items wanted and work-group size, in up to three dimensions; unused ones are 0. The number
 * of work-items is rounded up to whole groups. */
typedef struct ckn_cl_range {
    size_t items[3], group[3];
    double work; /* multiply-adds of one work-group; 0: few */
} ckn_cl_range;

/* Queues the kernel, in pieces along dimensions 1 and 2 where cl->most_groups or cl->most_work ask
 * for it. Pieces start at a global offset: kernels with these dimensions find their place from
 * get_global_id() or group_start(), never from get_group_id(). */
ckn_code ckn_cl_launch(ckn_cl *cl, ckn_cl_kernel_id id, const ckn_cl_range *range,
                       const ckn_cl_arg *args, size_t arg_count, ckn_error *error);

/* ckn_cl_launch() with the arguments written out. */
#define CKN_CL_LAUNCH(cl, id, range, error, ...)                                                   \
    ckn_cl_launch((cl), (id), (range), (const ckn_cl_arg[]){__VA_ARGS__},                          \
                  sizeof((const ckn_cl_arg[]){__VA_ARGS__}) / sizeof(ckn_cl_arg), (error))

/* Compiles the kernel where needed and tells how large its work-groups may be. */
ckn_code ckn_cl_kernel_limit(ckn_cl *cl, ckn_cl_kernel_id id, size_t *max_group, ckn_error *error);

/* `count` work-items in a line, or rows x cols in a plane, in groups that the kernel can have. */
ckn_code ckn_cl_range_line(ckn_cl *cl, ckn_cl_kernel_id id, size_t count, ckn_cl_range *range,
                           ckn_error *error);
ckn_code ckn_cl_range_plane(ckn_cl *cl, ckn_cl_kernel_id id, size_t rows, size_t cols,
                            ckn_cl_range *range, ckn_error *error);

/* Logs how often each kernel ran. */
void ckn_cl_launches_log(const ckn_cl *cl);
void ckn_cl_kernels_release(ckn_cl *cl);

#endif
