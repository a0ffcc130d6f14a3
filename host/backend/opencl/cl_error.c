#include "backend/opencl/cl_error.h"

#include <clFFT.h>

/* From cl_ext.h, which not every installation of the headers brings. */
#define PLATFORM_NOT_FOUND_KHR (-1001)

typedef struct status_entry {
    cl_int status;
    const char *name;
} status_entry;

#define ENTRY(status)                                                                              \
    { status, #status }

static const status_entry statuses[] = {
    ENTRY(CL_SUCCESS),
    ENTRY(CL_DEVICE_NOT_FOUND),
    ENTRY(CL_DEVICE_NOT_AVAILABLE),
    ENTRY(CL_COMPILER_NOT_AVAILABLE),
    ENTRY(CL_MEM_OBJECT_ALLOCATION_FAILURE),
    ENTRY(CL_OUT_OF_RESOURCES),
    ENTRY(CL_OUT_OF_HOST_MEMORY),
    ENTRY(CL_PROFILING_INFO_NOT_AVAILABLE),
    ENTRY(CL_MEM_COPY_OVERLAP),
    ENTRY(CL_IMAGE_FORMAT_MISMATCH),
    ENTRY(CL_IMAGE_FORMAT_NOT_SUPPORTED),
    ENTRY(CL_BUILD_PROGRAM_FAILURE),
    ENTRY(CL_MAP_FAILURE),
    ENTRY(CL_MISALIGNED_SUB_BUFFER_OFFSET),
    ENTRY(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST),
    ENTRY(CL_COMPILE_PROGRAM_FAILURE),
    ENTRY(CL_LINKER_NOT_AVAILABLE),
    ENTRY(CL_LINK_PROGRAM_FAILURE),
    ENTRY(CL_DEVICE_PARTITION_FAILED),
    ENTRY(CL_KERNEL_ARG_INFO_NOT_AVAILABLE),
    ENTRY(CL_INVALID_VALUE),
    ENTRY(CL_INVALID_DEVICE_TYPE),
    ENTRY(CL_INVALID_PLATFORM),
    ENTRY(CL_INVALID_DEVICE),
    ENTRY(CL_INVALID_CONTEXT),
    ENTRY(CL_INVALID_QUEUE_PROPERTIES),
    ENTRY(CL_INVALID_COMMAND_QUEUE),
    ENTRY(CL_INVALID_HOST_PTR),
    ENTRY(CL_INVALID_MEM_OBJECT),
    ENTRY(CL_INVALID_IMAGE_FORMAT_DESCRIPTOR),
    ENTRY(CL_INVALID_IMAGE_SIZE),
    ENTRY(CL_INVALID_SAMPLER),
    ENTRY(CL_INVALID_BINARY),
    ENTRY(CL_INVALID_BUILD_OPTIONS),
    ENTRY(CL_INVALID_PROGRAM),
    ENTRY(CL_INVALID_PROGRAM_EXECUTABLE),
    ENTRY(CL_INVALID_KERNEL_NAME),
    ENTRY(CL_INVALID_KERNEL_DEFINITION),
    ENTRY(CL_INVALID_KERNEL),
    ENTRY(CL_INVALID_ARG_INDEX),
    ENTRY(CL_INVALID_ARG_VALUE),
    ENTRY(CL_INVALID_ARG_SIZE),
    ENTRY(CL_INVALID_KERNEL_ARGS),
    ENTRY(CL_INVALID_WORK_DIMENSION),
    ENTRY(CL_INVALID_WORK_GROUP_SIZE),
    ENTRY(CL_INVALID_WORK_ITEM_SIZE),
    ENTRY(CL_INVALID_GLOBAL_OFFSET),
    ENTRY(CL_INVALID_EVENT_WAIT_LIST),
    ENTRY(CL_INVALID_EVENT),
    ENTRY(CL_INVALID_OPERATION),
    ENTRY(CL_INVALID_GL_OBJECT),
    ENTRY(CL_INVALID_BUFFER_SIZE),
    ENTRY(CL_INVALID_MIP_LEVEL),
    ENTRY(CL_INVALID_GLOBAL_WORK_SIZE),
    ENTRY(CL_INVALID_PROPERTY),
    ENTRY(CL_INVALID_IMAGE_DESCRIPTOR),
    ENTRY(CL_INVALID_COMPILER_OPTIONS),
    ENTRY(CL_INVALID_LINKER_OPTIONS),
    ENTRY(CL_INVALID_DEVICE_PARTITION_COUNT),
    {PLATFORM_NOT_FOUND_KHR, "CL_PLATFORM_NOT_FOUND_KHR"},
    ENTRY(CLFFT_BUGCHECK),
    ENTRY(CLFFT_NOTIMPLEMENTED),
    ENTRY(CLFFT_TRANSPOSED_NOTIMPLEMENTED),
    ENTRY(CLFFT_FILE_NOT_FOUND),
    ENTRY(CLFFT_FILE_CREATE_FAILURE),
    ENTRY(CLFFT_VERSION_MISMATCH),
    ENTRY(CLFFT_INVALID_PLAN),
    ENTRY(CLFFT_DEVICE_NO_DOUBLE),
    ENTRY(CLFFT_DEVICE_MISMATCH),
};

const char *ckn_cl_status_name(cl_int status) {
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i].status == status)
            return statuses[i].name;
    }
    return "unknown code";
}

/* What to do about it, where that is known; starts with a separator. */
static const char *status_hint(cl_int status) {
    switch (status) {
    case CL_OUT_OF_RESOURCES:
        return "; the device lacks memory or registers, or its watchdog stopped a long run: try a "
               "smaller image or kernel, or another --device";
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_INVALID_BUFFER_SIZE:
        return "; the device's memory is exhausted: try a smaller image, or --device cpu";
    case CL_OUT_OF_HOST_MEMORY:
        return "; the host's memory is exhausted";
    case CL_DEVICE_NOT_AVAILABLE:
        return "; the device is in use or switched off: see 'clkernest devices'";
    case CL_COMPILER_NOT_AVAILABLE:
        return "; the driver comes without a compiler: install its complete package";
    case CL_INVALID_KERNEL_NAME:
    case CL_INVALID_KERNEL_ARGS:
    case CL_INVALID_ARG_INDEX:
    case CL_INVALID_ARG_SIZE:
        return "; a kernel replaced through CLKERNEST_KERNEL_DIR must keep its name and arguments";
    case PLATFORM_NOT_FOUND_KHR:
        return "; no OpenCL driver is installed";
    case CLFFT_VERSION_MISMATCH:
        return "; clFFT's header and library differ in version: rebuild clkernest";
    default:
        return "";
    }
}

static ckn_code status_code(cl_int status) {
    switch (status) {
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_HOST_MEMORY:
    case CL_INVALID_BUFFER_SIZE:
        return CKN_ERROR_MEMORY;
    default:
        return CKN_ERROR_OPENCL;
    }
}

ckn_code ckn_cl_check(cl_int status, const char *call, ckn_error *error) {
    if (status == CL_SUCCESS)
        return CKN_OK;
    return ckn_fail(error, status_code(status), "%s failed: %s (%d)%s", call,
                    ckn_cl_status_name(status), (int)status, status_hint(status));
}

ckn_code ckn_cl_check_memory(cl_int status, const char *call, size_t bytes, ckn_error *error) {
    if (status == CL_SUCCESS)
        return CKN_OK;
    return ckn_fail(error, status_code(status), "%s of %zu bytes failed: %s (%d)%s", call, bytes,
                    ckn_cl_status_name(status), (int)status, status_hint(status));
}
