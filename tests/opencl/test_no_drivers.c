/* A machine without any OpenCL driver; the test's environment points the loader nowhere. */
#include "support/harness.h"

#include "backend/opencl/opencl.h"

#include <string.h>

static void test_list(void **state) {
    (void)state;
    ckn_device_info *devices;
    size_t count = 99;
    char *warnings;
    TRY_OK(ckn_devices_list(&devices, &count, &warnings, &error));
    assert_int_equal(count, 0);
    assert_null(warnings);
    ckn_free(devices);
}

static void test_open(void **state) {
    (void)state;
    ckn_context_options options;
    memset(&options, 0, sizeof options);
    ckn_backend *backend = NULL;
    ckn_error error = {CKN_OK, ""};
    assert_int_equal(ckn_opencl_create("opencl", &options, &backend, &error), CKN_ERROR_DEVICE);
    assert_null(backend);
    assert_non_null(strstr(error.message, "pocl-opencl-icd"));
    assert_non_null(strstr(error.message, "--device cpu"));
    assert_int_equal(ckn_opencl_create_gpu(&options, &backend, &error), CKN_OK);
    assert_null(backend);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_list), cmocka_unit_test(test_open)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
