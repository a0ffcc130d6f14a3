/* A platform that fails must not take the others with it. The linker's --wrap adds one in front of
 * the real ones. */
#include "support/harness.h"

#include "backend/opencl/cl_platform.h"
#include "backend/opencl/opencl.h"

#include <stdlib.h>
#include <string.h>

static int broken_platform;
#define BROKEN ((cl_platform_id)(void *)&broken_platform)
static cl_int info_status, devices_status;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker dictates these names. */
cl_int CL_API_CALL __real_clGetPlatformIDs(cl_uint size, cl_platform_id *platforms, cl_uint *count);
cl_int CL_API_CALL __wrap_clGetPlatformIDs(cl_uint size, cl_platform_id *platforms, cl_uint *count);
cl_int CL_API_CALL __real_clGetPlatformInfo(cl_platform_id platform, cl_platform_info what,
                                            size_t size, void *value, size_t *got);
cl_int CL_API_CALL __wrap_clGetPlatformInfo(cl_platform_id platform, cl_platform_info what,
                                            size_t size, void *value, size_t *got);
cl_int CL_API_CALL __real_clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint size,
                                         cl_device_id *devices, cl_uint *count);
cl_int CL_API_CALL __wrap_clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint size,
                                         cl_device_id *devices, cl_uint *count);

cl_int CL_API_CALL __wrap_clGetPlatformIDs(cl_uint size, cl_platform_id *platforms,
                                           cl_uint *count) {
    cl_int status =
        __real_clGetPlatformIDs(size ? size - 1 : 0, platforms ? platforms + 1 : NULL, count);
    if (count)
        ++*count;
    if (platforms)
        platforms[0] = BROKEN;
    return status;
}

cl_int CL_API_CALL __wrap_clGetPlatformInfo(cl_platform_id platform, cl_platform_info what,
                                            size_t size, void *value, size_t *got) {
    static const char name[] = "Broken Platform";
    if (platform != BROKEN)
        return __real_clGetPlatformInfo(platform, what, size, value, got);
    if (info_status != CL_SUCCESS)
        return info_status;
    if (value)
        memcpy(value, name, size < sizeof name ? size : sizeof name);
    if (got)
        *got = sizeof name;
    return CL_SUCCESS;
}

cl_int CL_API_CALL __wrap_clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint size,
                                         cl_device_id *devices, cl_uint *count) {
    if (platform != BROKEN)
        return __real_clGetDeviceIDs(platform, type, size, devices, count);
    return devices_status;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void check_list(const char *warning) {
    ckn_device_info *devices;
    char *warnings;
    size_t count;
    TRY_OK(ckn_devices_list(&devices, &count, &warnings, &error));
    assert_true(count > 0);
    assert_int_equal(devices[0].index, 0);
    if (warning)
        assert_non_null(strstr(warnings ? warnings : "", warning));
    else
        assert_null(warnings);
    ckn_free(devices);
    ckn_free(warnings);
}

static void test_list(void **state) {
    (void)state;
    info_status = CL_OUT_OF_HOST_MEMORY;
    check_list("an OpenCL platform: clGetPlatformInfo failed: CL_OUT_OF_HOST_MEMORY (-6)");
    info_status = CL_SUCCESS;
    devices_status = CL_OUT_OF_RESOURCES;
    check_list("Broken Platform: clGetDeviceIDs failed: CL_OUT_OF_RESOURCES (-5)");
    devices_status = CL_DEVICE_NOT_FOUND; /* a platform without a device is in order */
    check_list(NULL);
}

static size_t warning_count;

static void count_warnings(void *user, ckn_log_level level, const char *message) {
    (void)user;
    if (level == CKN_LOG_WARNING && strstr(message, "Broken Platform"))
        warning_count++;
}

static void test_open(void **state) {
    (void)state;
    ckn_context_options options;
    memset(&options, 0, sizeof options);
    options.log = count_warnings;
    info_status = CL_SUCCESS;
    devices_status = CL_OUT_OF_RESOURCES;
    ckn_backend *backend = NULL;
    TRY_OK(ckn_opencl_create("opencl:0", &options, &backend, &error));
    backend->ops->destroy(backend);
    assert_int_equal(warning_count, 1);
    TRY_OK(ckn_opencl_create_gpu(&options, &backend, &error));
    if (backend)
        backend->ops->destroy(backend);
    assert_int_equal(warning_count, 2);
}

static void test_arguments(void **state) {
    (void)state;
    ckn_error error;
    size_t count;
    assert_int_equal(ckn_devices_list(NULL, &count, NULL, &error), CKN_ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
