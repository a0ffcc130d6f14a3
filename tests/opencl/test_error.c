/* Symbolic names and messages of failing OpenCL and clFFT calls. */
#include "support/harness.h"

#include "backend/opencl/cl_error.h"

#include <clFFT.h>
#include <string.h>

static void test_names(void **state) {
    (void)state;
    assert_string_equal(ckn_cl_status_name(CL_SUCCESS), "CL_SUCCESS");
    assert_string_equal(ckn_cl_status_name(-5), "CL_OUT_OF_RESOURCES");
    assert_string_equal(ckn_cl_status_name(-11), "CL_BUILD_PROGRAM_FAILURE");
    assert_string_equal(ckn_cl_status_name(-1), "CL_DEVICE_NOT_FOUND");
    assert_string_equal(ckn_cl_status_name(-1001), "CL_PLATFORM_NOT_FOUND_KHR");
    assert_string_equal(ckn_cl_status_name(CLFFT_INVALID_PLAN), "CLFFT_INVALID_PLAN");
    assert_string_equal(ckn_cl_status_name(-4711), "unknown code");
}

/* Every code that OpenCL 1.2 defines has a name of its own. */
static void test_all_codes(void **state) {
    (void)state;
    for (cl_int status = -68; status <= 0; status++) {
        bool defined = status >= -19 || status <= -30;
        bool named = strcmp(ckn_cl_status_name(status), "unknown code") != 0;
        assert_int_equal(defined, named);
    }
}

static void test_messages(void **state) {
    (void)state;
    ckn_error error;
    assert_int_equal(ckn_cl_check(CL_SUCCESS, "clFinish", &error), CKN_OK);
    assert_int_equal(ckn_cl_check(-5, "clEnqueueNDRangeKernel(residual)", &error),
                     CKN_ERROR_OPENCL);
    assert_non_null(strstr(error.message,
                           "clEnqueueNDRangeKernel(residual) failed: CL_OUT_OF_RESOURCES (-5); "));
    assert_int_equal(ckn_cl_check_memory(CL_SUCCESS, "clCreateBuffer", 1, &error), CKN_OK);
    assert_int_equal(ckn_cl_check_memory(-4, "clCreateBuffer", 4096, &error), CKN_ERROR_MEMORY);
    assert_non_null(strstr(error.message, "clCreateBuffer of 4096 bytes failed: "
                                          "CL_MEM_OBJECT_ALLOCATION_FAILURE (-4); "));
    assert_int_equal(ckn_cl_check(-4711, "clFinish", NULL), CKN_ERROR_OPENCL);
}

/* No status may end in a message without its name. */
static void test_hints(void **state) {
    (void)state;
    for (cl_int status = -1001; status < 0; status++) {
        ckn_error error;
        ckn_cl_check(status, "call", &error);
        assert_memory_equal(error.message, "call failed: ", 13);
        assert_non_null(strstr(error.message, ckn_cl_status_name(status)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_all_codes),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_hints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
