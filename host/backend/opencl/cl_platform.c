#include "backend/opencl/cl_platform.h"

#include "backend/opencl/cl_error.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From cl_ext.h: what the loader says where no driver is installed. */
#define PLATFORM_NOT_FOUND_KHR (-1001)

/* Adds a line to list->warnings. Lost where memory is exhausted: then there is more to worry
 * about. */
static void warn(ckn_cl_device_list *list, const char *who, const char *what) {
    char *joined = ckn_format("%s%s%s: %s; left out", list->warnings ? list->warnings : "",
                              list->warnings ? "\n" : "", who, what);
    if (!joined)
        return;
    free(list->warnings);
    list->warnings = joined;
}

static cl_int device_text(cl_device_id id, cl_device_info what, char *text, size_t size) {
    char *full = NULL;
    size_t length = 0;
    cl_int status = clGetDeviceInfo(id, what, 0, NULL, &length);
    if (status == CL_SUCCESS && !(full = calloc(length + 1, 1)))
        status = CL_OUT_OF_HOST_MEMORY;
    if (status == CL_SUCCESS)
        status = clGetDeviceInfo(id, what, length, full, NULL);
    if (status == CL_SUCCESS) {
        /* Some drivers pad names with blanks on the left. */
        snprintf(text, size, "%s", full + strspn(full, " "));
    }
    free(full);
    return status;
}

static cl_int platform_text(cl_platform_id id, cl_platform_info what, char *text, size_t size) {
    char *full = NULL;
    size_t length = 0;
    cl_int status = clGetPlatformInfo(id, what, 0, NULL, &length);
    if (status == CL_SUCCESS && !(full = calloc(length + 1, 1)))
        status = CL_OUT_OF_HOST_MEMORY;
    if (status == CL_SUCCESS)
        status = clGetPlatformInfo(id, what, length, full, NULL);
    if (status == CL_SUCCESS)
        snprintf(text, size, "%s", full + strspn(full, " "));
    free(full);
    return status;
}

/* One numeric property; keeps the first failure in *status. */
static void device_value(cl_device_id id, cl_device_info what, void *value, size_t size,
                         cl_int *status) {
    if (*status == CL_SUCCESS)
        *status = clGetDeviceInfo(id, what, size, value, NULL);
}

static cl_int describe_texts(ckn_cl_device *device) {
    ckn_device_info *info = &device->info;
    cl_int status = device_text(device->id, CL_DEVICE_NAME, info->name, sizeof info->name);
    if (status == CL_SUCCESS)
        status = device_text(device->id, CL_DEVICE_VENDOR, info->vendor, sizeof info->vendor);
    if (status == CL_SUCCESS)
        status = device_text(device->id, CL_DEVICE_VERSION, info->version, sizeof info->version);
    if (status == CL_SUCCESS)
        status = device_text(device->id, CL_DRIVER_VERSION, info->driver, sizeof info->driver);
    return status;
}

static bool is_hidden(const char *variable) {
    const char *value = getenv(variable);
    return value && *value && strcmp(value, "0") != 0;
}

static void describe_limits(ckn_cl_device *device, cl_int *status) {
    cl_ulong global = 0, allocation = 0, local = 0;
    cl_uint units = 0, dimensions = 0;
    size_t sizes[16] = {0};
    cl_device_fp_config fp32 = 0, fp64 = 0;
    ckn_device_info *info = &device->info;
    cl_device_id id = device->id;
    device_value(id, CL_DEVICE_GLOBAL_MEM_SIZE, &global, sizeof global, status);
    device_value(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, &allocation, sizeof allocation, status);
    device_value(id, CL_DEVICE_LOCAL_MEM_SIZE, &local, sizeof local, status);
    device_value(id, CL_DEVICE_MAX_WORK_GROUP_SIZE, &info->max_work_group,
                 sizeof info->max_work_group, status);
    device_value(id, CL_DEVICE_MAX_COMPUTE_UNITS, &units, sizeof units, status);
    device_value(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, &device->vector_width,
                 sizeof device->vector_width, status);
    device_value(id, CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, &dimensions, sizeof dimensions, status);
    if (dimensions <= 16)
        device_value(id, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizes, dimensions * sizeof sizes[0],
                     status);
    device_value(id, CL_DEVICE_SINGLE_FP_CONFIG, &fp32, sizeof fp32, status);
    /* A device without double precision may not know this question; any other failure is one. */
    cl_int of_fp64 = clGetDeviceInfo(id, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof fp64, &fp64, NULL);
    if (of_fp64 == CL_INVALID_VALUE || of_fp64 == CL_INVALID_OPERATION)
        fp64 = 0;
    else if (*status == CL_SUCCESS)
        *status = of_fp64;
    info->global_memory = (size_t)global;
    info->max_allocation = (size_t)allocation;
    info->local_memory = (size_t)local;
    info->compute_units = units;
    info->fp64 = fp64 != 0 && !is_hidden("CLKERNEST_NO_FP64");
    device->fast_fma = (fp32 & CL_FP_FMA) != 0 && !is_hidden("CLKERNEST_NO_FMA");
    for (int i = 0; i < 3; i++)
        device->max_item_sizes[i] = sizes[i] ? sizes[i] : 1;
}

static ckn_device_kind device_kind(cl_device_type type) {
    if (type & CL_DEVICE_TYPE_GPU)
        return CKN_DEVICE_OPENCL_GPU;
    return type & CL_DEVICE_TYPE_CPU ? CKN_DEVICE_OPENCL_CPU : CKN_DEVICE_OPENCL_OTHER;
}

/* Appends a device, or a warning where it cannot be used. The list has room for it. */
static void add_device(ckn_cl_device_list *list, const ckn_cl_device *platform, cl_device_id id) {
    ckn_cl_device device = *platform;
    cl_bool available = CL_FALSE, compiler = CL_FALSE;
    char what[256];
    device.id = id;
    cl_int status = describe_texts(&device);
    device_value(id, CL_DEVICE_TYPE, &device.type, sizeof device.type, &status);
    device_value(id, CL_DEVICE_AVAILABLE, &available, sizeof available, &status);
    device_value(id, CL_DEVICE_COMPILER_AVAILABLE, &compiler, sizeof compiler, &status);
    describe_limits(&device, &status);
    const char *who = device.info.name[0] ? device.info.name : device.info.platform;
    if (status != CL_SUCCESS) {
        snprintf(what, sizeof what, "clGetDeviceInfo failed: %s (%d)", ckn_cl_status_name(status),
                 (int)status);
        warn(list, who, what);
    } else if (!available || !compiler) {
        warn(list, who, available ? "the driver has no compiler" : "the device is not available");
    } else {
        device.info.kind = device_kind(device.type);
        device.info.index = list->count;
        list->items[list->count++] = device;
    }
}

static ckn_code grow(ckn_cl_device_list *list, size_t more, ckn_error *error) {
    ckn_cl_device *items;
    CKN_TRY(ckn_allocate(&items, list->count + more, sizeof *items, "OpenCL devices", error));
    if (list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    free(list->items);
    list->items = items;
    return CKN_OK;
}

static ckn_code add_platform(ckn_cl_device_list *list, cl_platform_id id, ckn_error *error) {
    ckn_cl_device platform = {.platform = id};
    cl_uint count = 0;
    const char *call = "clGetPlatformInfo";
    cl_int status =
        platform_text(id, CL_PLATFORM_NAME, platform.info.platform, sizeof platform.info.platform);
    if (status == CL_SUCCESS)
        status = platform_text(id, CL_PLATFORM_VERSION, platform.platform_version,
                               sizeof platform.platform_version);
    if (status == CL_SUCCESS) {
        call = "clGetDeviceIDs";
        status = clGetDeviceIDs(id, CL_DEVICE_TYPE_ALL, 0, NULL, &count);
    }
    cl_device_id *devices;
    CKN_TRY(ckn_allocate(&devices, count, sizeof(cl_device_id), "OpenCL devices", error));
    if (status == CL_SUCCESS && count)
        status = clGetDeviceIDs(id, CL_DEVICE_TYPE_ALL, count, devices, NULL);
    ckn_code code = CKN_OK;
    if (status == CL_SUCCESS && count) {
        code = grow(list, count, error);
        for (cl_uint i = 0; code == CKN_OK && i < count; i++)
            add_device(list, &platform, devices[i]);
    } else if (status != CL_SUCCESS && status != CL_DEVICE_NOT_FOUND) {
        char what[256];
        snprintf(what, sizeof what, "%s failed: %s (%d)", call, ckn_cl_status_name(status),
                 (int)status);
        warn(list, platform.info.platform[0] ? platform.info.platform : "an OpenCL platform", what);
    }
    free((void *)devices);
    return code;
}

static ckn_code find_devices(ckn_cl_device_list *list, ckn_error *error) {
    cl_uint count = 0;
    cl_int status = clGetPlatformIDs(0, NULL, &count);
    if (status == PLATFORM_NOT_FOUND_KHR || (status == CL_SUCCESS && count == 0))
        return CKN_OK;
    CKN_TRY(ckn_cl_check(status, "clGetPlatformIDs", error));
    cl_platform_id *platforms;
    CKN_TRY(ckn_allocate(&platforms, count, sizeof(cl_platform_id), "OpenCL platforms", error));
    ckn_code code =
        ckn_cl_check(clGetPlatformIDs(count, platforms, NULL), "clGetPlatformIDs", error);
    if (code == CKN_OK)
        list->platform_count = count;
    for (cl_uint i = 0; code == CKN_OK && i < count; i++)
        code = add_platform(list, platforms[i], error);
    free((void *)platforms);
    if (code != CKN_OK)
        ckn_cl_devices_release(list);
    return code;
}

/* Drivers set themselves up at the first question, and PoCL for one does not stand two at a time.
 */
static pthread_mutex_t find_mutex = PTHREAD_MUTEX_INITIALIZER;

ckn_code ckn_cl_devices_find(ckn_cl_device_list *list, ckn_error *error) {
    *list = (ckn_cl_device_list){0};
    pthread_mutex_lock(&find_mutex);
    ckn_code code = find_devices(list, error);
    pthread_mutex_unlock(&find_mutex);
    return code;
}

void ckn_cl_devices_release(ckn_cl_device_list *list) {
    free(list->items);
    free(list->warnings);
    *list = (ckn_cl_device_list){0};
}
