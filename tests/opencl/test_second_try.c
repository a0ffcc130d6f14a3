/* Builds that fail once, as PoCL's do where several processes fill its cache at the same time. The
 * linker's --wrap sends the library's calls here. */
#include "opencl/folder.h"

#include "backend/opencl/opencl.h"

#include <CL/cl.h>

static size_t failures;    /* of the next builds */
static cl_int failure;     /* what they return */
static size_t builds;      /* that were asked for */
static ptrdiff_t programs; /* that were not released */
static char log_text[8192];

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker dictates these names. */
cl_int CL_API_CALL __real_clBuildProgram(cl_program program, cl_uint count,
                                         const cl_device_id *devices, const char *options,
                                         void(CL_CALLBACK *notify)(cl_program, void *), void *user);
cl_int CL_API_CALL __wrap_clBuildProgram(cl_program program, cl_uint count,
                                         const cl_device_id *devices, const char *options,
                                         void(CL_CALLBACK *notify)(cl_program, void *), void *user);
cl_int CL_API_CALL __wrap_clBuildProgram(cl_program program, cl_uint count,
                                         const cl_device_id *devices, const char *options,
                                         void(CL_CALLBACK *notify)(cl_program, void *),
                                         void *user) {
    builds++;
    if (failures == 0)
        return __real_clBuildProgram(program, count, devices, options, notify, user);
    failures--;
    return failure;
}

cl_program CL_API_CALL __real_clCreateProgramWithSource(cl_context context, cl_uint count,
                                                        const char **texts, const size_t *lengths,
                                                        cl_int *code);
cl_program CL_API_CALL __wrap_clCreateProgramWithSource(cl_context context, cl_uint count,
                                                        const char **texts, const size_t *lengths,
                                                        cl_int *code);
cl_program CL_API_CALL __wrap_clCreateProgramWithSource(cl_context context, cl_uint count,
                                                        const char **texts, const size_t *lengths,
                                                        cl_int *code) {
    programs++;
    return __real_clCreateProgramWithSource(context, count, texts, lengths, code);
}

cl_program CL_API_CALL __real_clCreateProgramWithBinary(cl_context context, cl_uint count,
                                                        const cl_device_id *devices,
                                                        const size_t *lengths,
                                                        const unsigned char **binaries,
                                                        cl_int *status, cl_int *code);
cl_program CL_API_CALL __wrap_clCreateProgramWithBinary(cl_context context, cl_uint count,
                                                        const cl_device_id *devices,
                                                        const size_t *lengths,
                                                        const unsigned char **binaries,
                                                        cl_int *status, cl_int *code);
cl_program CL_API_CALL __wrap_clCreateProgramWithBinary(cl_context context, cl_uint count,
                                                        const cl_device_id *devices,
                                                        const size_t *lengths,
                                                        const unsigned char **binaries,
                                                        cl_int *status, cl_int *code) {
    programs++;
    return __real_clCreateProgramWithBinary(context, count, devices, lengths, binaries, status,
                                            code);
}

cl_int CL_API_CALL __real_clReleaseProgram(cl_program program);
cl_int CL_API_CALL __wrap_clReleaseProgram(cl_program program);
cl_int CL_API_CALL __wrap_clReleaseProgram(cl_program program) {
    programs--;
    return __real_clReleaseProgram(program);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void keep_log(void *user, ckn_log_level level, const char *message) {
    (void)user;
    size_t used = strlen(log_text);
    snprintf(log_text + used, sizeof log_text - used, "%d %s\n", (int)level, message);
}

/* Fills a buffer where the first `failing` builds fail; *built is how many were asked for. */
static ckn_code run_fill(const char *kernel_dir, const char *cache_dir, size_t failing,
                         size_t *built, ckn_error *error) {
    ckn_context_options options;
    memset(&options, 0, sizeof options);
    options.kernel_dir = kernel_dir;
    options.cache_dir = cache_dir;
    options.log = keep_log;
    log_text[0] = '\0';
    double result = 0;
    ckn_backend *backend = NULL;
    ckn_buffer *buffer = NULL;
    const ckn_output output = ckn_output_f64(&result, 1, 1);
    *built = 0;
    CKN_TRY(ckn_opencl_create("opencl", &options, &backend, error));
    ckn_code code = backend->ops->buffer_create(backend, 1, &buffer, error);
    builds = 0;
    failures = failing;
    if (code == CKN_OK)
        code = backend->ops->fill(backend, buffer, 1, 2.5, error);
    failures = 0;
    *built = builds;
    if (code == CKN_OK)
        code = backend->ops->download(backend, buffer, &output, error);
    assert_true(code != CKN_OK || result == 2.5);
    backend->ops->buffer_destroy(backend, buffer);
    backend->ops->destroy(backend);
    assert_true(programs == 0);
    return code;
}

static void expect(size_t failing, ckn_code expected, size_t expected_builds) {
    ckn_error error = {CKN_OK, ""};
    size_t built;
    const ckn_code code = run_fill("", "", failing, &built, &error);
    if (code != expected || built != expected_builds)
        ckn_test_fail("%zu failures: %s after %zu builds, '%s'", failing, ckn_code_name(code),
                      built, error.message);
    if (code != CKN_OK)
        assert_non_null(strstr(error.message, "clBuildProgram(vector.cl) failed"));
}

static void test_second_try(void **state) {
    (void)state;
    failure = CL_BUILD_PROGRAM_FAILURE;
    expect(0, CKN_OK, 1);
    expect(1, CKN_OK, 2);
    expect(2, CKN_ERROR_OPENCL, 2);
    failure = CL_OUT_OF_HOST_MEMORY; /* this will not pass */
    expect(1, CKN_ERROR_OPENCL, 1);
}

/* A cached binary that the driver does not take; then the source fails once, too. */
static void test_cached(void **state) {
    (void)state;
    char cache[256];
    size_t built;
    make_folder(cache);
    failure = CL_BUILD_PROGRAM_FAILURE;
    TRY_OK(run_fill("", cache, 0, &built, &error));
    TRY_OK(run_fill("", cache, 1, &built, &error));
    assert_int_equal(built, 2);
    TRY_OK(run_fill("", cache, 2, &built, &error));
    assert_int_equal(built, 3);
    remove_folder(cache);
}

/* The compiler says what is wrong with the user's kernels: once, and after one build. */
static void test_wrong_kernels(void **state) {
    (void)state;
    char kernels[256];
    size_t built;
    ckn_error error = {CKN_OK, ""};
    make_folder(kernels);
    write_file(kernels, "vector.cl",
               "__kernel void fill(__global float *u) { u[0] = nonsense; }\n");
    assert_int_equal(run_fill(kernels, "", 0, &built, &error), CKN_ERROR_OPENCL);
    assert_int_equal(built, 1);
    assert_non_null(strstr(error.message, "nonsense"));
    remove_folder(kernels);
}

/* They compile, and the driver fails once without a word. */
static void test_own_kernels(void **state) {
    (void)state;
    char kernels[256];
    size_t built;
    make_folder(kernels);
    write_file(kernels, "vector.cl",
               "__kernel void fill(__global float *u, int count, float value) {\n"
               "    if ((int)get_global_id(0) < count)\n"
               "        u[get_global_id(0)] = value;\n"
               "}\n");
    failure = CL_BUILD_PROGRAM_FAILURE;
    TRY_OK(run_fill(kernels, "", 1, &built, &error));
    assert_int_equal(built, 2);
    remove_folder(kernels);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_try),
        cmocka_unit_test(test_cached),
        cmocka_unit_test(test_own_kernels),
        /* Last: LeakSanitizer fails where threads of the driver end while it looks. */
        cmocka_unit_test(test_wrong_kernels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
