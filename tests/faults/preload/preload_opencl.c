/* The OpenCL functions that clkernest and clFFT call. */
#include "preload.h"

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stddef.h>

/* What drivers and the loader call among themselves does not count. */
static bool opencl_fails(const char *const names[2], const void *return_address) {
    preload_caller caller = preload_caller_of(return_address);
    return caller != CALLER_OTHER && preload_fails(names[caller == CALLER_CLFFT]);
}

/* FIND(name): `names` for both callers, and the function in `original`. */
#define FIND(name)                                                                                 \
    static const char *const names[2] = {#name, "clFFT:" #name};                                   \
    if (!original)                                                                                 \
    preload_find_original(#name, &original)
#define FAILS() opencl_fails(names, __builtin_return_address(0))

/* A function that returns its error. */
#define RETURNS_ERROR(name, parameters, arguments)                                                 \
    PRELOADED cl_int CL_API_CALL name parameters {                                                 \
        static cl_int(CL_API_CALL *original) parameters;                                           \
        FIND(name);                                                                                \
        return FAILS() ? preload_code() : original arguments;                                      \
    }

/* One that releases an object: it is released in any case, else the process would keep it. */
#define RELEASES(name, type)                                                                       \
    PRELOADED cl_int CL_API_CALL name(type object) {                                               \
        static cl_int(CL_API_CALL *original)(type);                                                \
        FIND(name);                                                                                \
        cl_int error = original(object);                                                           \
        return FAILS() ? preload_code() : error;                                                   \
    }

/* One that returns an object, and its error through the last parameter, `error`. */
#define RETURNS_OBJECT(type, name, parameters, arguments)                                          \
    PRELOADED type CL_API_CALL name parameters {                                                   \
        static type(CL_API_CALL *original) parameters;                                             \
        FIND(name);                                                                                \
        if (!FAILS())                                                                              \
            return original arguments;                                                             \
        if (error)                                                                                 \
            *error = preload_code();                                                               \
        return NULL;                                                                               \
    }

typedef void(CL_CALLBACK *program_callback)(cl_program program, void *user);
typedef void(CL_CALLBACK *context_callback)(const char *text, const void *data, size_t size,
                                            void *user);

RETURNS_ERROR(clGetPlatformIDs, (cl_uint count, cl_platform_id *platforms, cl_uint *found),
              (count, platforms, found))
RETURNS_ERROR(clGetPlatformInfo,
              (cl_platform_id platform, cl_platform_info what, size_t size, void *value,
               size_t *length),
              (platform, what, size, value, length))
RETURNS_ERROR(clGetDeviceIDs,
              (cl_platform_id platform, cl_device_type type, cl_uint count, cl_device_id *devices,
               cl_uint *found),
              (platform, type, count, devices, found))
RETURNS_ERROR(clGetDeviceInfo,
              (cl_device_id device, cl_device_info what, size_t size, void *value, size_t *length),
              (device, what, size, value, length))
RETURNS_ERROR(clGetContextInfo,
              (cl_context context, cl_context_info what, size_t size, void *value, size_t *length),
              (context, what, size, value, length))
RETURNS_ERROR(clGetCommandQueueInfo,
              (cl_command_queue queue, cl_command_queue_info what, size_t size, void *value,
               size_t *length),
              (queue, what, size, value, length))
RETURNS_ERROR(clGetProgramInfo,
              (cl_program program, cl_program_info what, size_t size, void *value, size_t *length),
              (program, what, size, value, length))
RETURNS_ERROR(clGetProgramBuildInfo,
              (cl_program program, cl_device_id device, cl_program_build_info what, size_t size,
               void *value, size_t *length),
              (program, device, what, size, value, length))
RETURNS_ERROR(clGetKernelWorkGroupInfo,
              (cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info what, size_t size,
               void *value, size_t *length),
              (kernel, device, what, size, value, length))
RETURNS_ERROR(clBuildProgram,
              (cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
               program_callback notify, void *user),
              (program, count, devices, options, notify, user))
RETURNS_ERROR(clSetKernelArg, (cl_kernel kernel, cl_uint index, size_t size, const void *value),
              (kernel, index, size, value))
RETURNS_ERROR(clEnqueueReadBuffer,
              (cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t size,
               void *target, cl_uint count, const cl_event *wait, cl_event *event),
              (queue, buffer, blocking, offset, size, target, count, wait, event))
RETURNS_ERROR(clEnqueueWriteBuffer,
              (cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t size,
               const void *source, cl_uint count, const cl_event *wait, cl_event *event),
              (queue, buffer, blocking, offset, size, source, count, wait, event))
RETURNS_ERROR(clEnqueueNDRangeKernel,
              (cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
               const size_t *global, const size_t *local, cl_uint count, const cl_event *wait,
               cl_event *event),
              (queue, kernel, dimensions, offset, global, local, count, wait, event))
RETURNS_ERROR(clFlush, (cl_command_queue queue), (queue))
RETURNS_ERROR(clFinish, (cl_command_queue queue), (queue))
RETURNS_ERROR(clWaitForEvents, (cl_uint count, const cl_event *events), (count, events))
RETURNS_ERROR(clRetainContext, (cl_context context), (context))

RELEASES(clReleaseCommandQueue, cl_command_queue)
RELEASES(clReleaseContext, cl_context)
RELEASES(clReleaseEvent, cl_event)
RELEASES(clReleaseKernel, cl_kernel)
RELEASES(clReleaseMemObject, cl_mem)
RELEASES(clReleaseProgram, cl_program)

RETURNS_OBJECT(cl_context, clCreateContext,
               (const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
                context_callback notify, void *user, cl_int *error),
               (properties, count, devices, notify, user, error))
RETURNS_OBJECT(cl_command_queue, clCreateCommandQueue,
               (cl_context context, cl_device_id device, cl_command_queue_properties properties,
                cl_int *error),
               (context, device, properties, error))
RETURNS_OBJECT(cl_mem, clCreateBuffer,
               (cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *error),
               (context, flags, size, host, error))
RETURNS_OBJECT(cl_program, clCreateProgramWithSource,
               (cl_context context, cl_uint count, const char **texts, const size_t *lengths,
                cl_int *error),
               (context, count, texts, lengths, error))
RETURNS_OBJECT(cl_program, clCreateProgramWithBinary,
               (cl_context context, cl_uint count, const cl_device_id *devices,
                const size_t *lengths, const unsigned char **binaries, cl_int *status,
                cl_int *error),
               (context, count, devices, lengths, binaries, status, error))
RETURNS_OBJECT(cl_kernel, clCreateKernel, (cl_program program, const char *name, cl_int *error),
               (program, name, error))
