/* Building programs on the device: the cache of binaries, and the folder of other kernels. */
#include "opencl/folder.h"

#include "backend/opencl/opencl.h"

#include <sys/stat.h>

static char log_text[65536];

static void keep_log(void *user, ckn_log_level level, const char *message) {
    (void)user;
    size_t used = strlen(log_text);
    snprintf(log_text + used, sizeof log_text - used, "%d %s\n", (int)level, message);
}

static ckn_code run_fill(const char *kernel_dir, const char *cache_dir, double *result,
                         ckn_error *error) {
    ckn_context_options options;
    memset(&options, 0, sizeof options);
    options.kernel_dir = kernel_dir;
    options.cache_dir = cache_dir;
    options.log = keep_log;
    log_text[0] = '\0';
    ckn_backend *backend;
    ckn_buffer *buffer = NULL;
    ckn_output output = ckn_output_f64(result, 1, 1);
    CKN_TRY(ckn_opencl_create("opencl", &options, &backend, error));
    ckn_code code = backend->ops->buffer_create(backend, 1, &buffer, error);
    if (code == CKN_OK)
        code = backend->ops->fill(backend, buffer, 1, 2.5, error);
    if (code == CKN_OK)
        code = backend->ops->download(backend, buffer, &output, error);
    backend->ops->log_statistics(backend);
    backend->ops->buffer_destroy(backend, buffer);
    backend->ops->destroy(backend);
    return code;
}

static void expect_fill(const char *kernel_dir, const char *cache_dir, double expected) {
    double result = 0;
    TRY_OK(run_fill(kernel_dir, cache_dir, &result, &error));
    assert_true(result == expected);
    assert_non_null(strstr(log_text, "2 kernel fill: 1 launches"));
}

static void break_file(const char *path) {
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, -20, SEEK_END);
    fputs("broken", file);
    fclose(file);
}

static void shorten_file(const char *path) {
    assert_int_equal(truncate(path, 100), 0);
}

static void test_cache(void **state) {
    (void)state;
    char cache[256];
    make_folder(cache);
    expect_fill("", cache, 2.5);
    assert_int_equal(each_file(cache, NULL), 1);
    assert_non_null(strstr(log_text, "compiled program kept"));
    expect_fill("", cache, 2.5);
    assert_null(strstr(log_text, "compiled program kept"));
    each_file(cache, break_file);
    expect_fill("", cache, 2.5);
    assert_non_null(strstr(log_text, "compiled program kept"));
    each_file(cache, shorten_file);
    expect_fill("", cache, 2.5);
    assert_non_null(strstr(log_text, "compiled program kept"));
    expect_fill("", cache, 2.5);
    assert_null(strstr(log_text, "compiled program kept"));
    assert_int_equal(each_file(cache, NULL), 1);
    remove_folder(cache);
}

static void test_no_cache(void **state) {
    (void)state;
    char cache[256];
    make_folder(cache);
    expect_fill("", "", 2.5);
    assert_null(strstr(log_text, "compiled program"));
    char file[300];
    write_file(cache, "file", "");
    snprintf(file, sizeof file, "%s/file/folder", cache);
    expect_fill("", file, 2.5);
    assert_non_null(strstr(log_text, "2 compiled program not kept"));
    remove_folder(cache);
}

/* Anybody may write there: nothing is loaded, nothing is kept, and the log says so once. */
static void test_open_cache(void **state) {
    (void)state;
    char cache[256];
    make_folder(cache);
    expect_fill("", cache, 2.5);
    assert_int_equal(each_file(cache, NULL), 1);
    assert_int_equal(chmod(cache, 0777), 0);
    each_file(cache, unlink_file);
    expect_fill("", cache, 2.5);
    const char *note = strstr(log_text, "0 the cache folder");
    assert_non_null(note);
    assert_non_null(strstr(note, "others may write to"));
    assert_null(strstr(note + 1, "0 the cache folder"));
    assert_null(strstr(log_text, "compiled program"));
    assert_int_equal(each_file(cache, NULL), 0);
    assert_int_equal(chmod(cache, 0700), 0);
    remove_folder(cache);
}

static void open_file(const char *path) {
    assert_int_equal(chmod(path, 0666), 0);
}

/* An entry that anybody could have written is compiled anew and replaced. */
static void test_open_entry(void **state) {
    (void)state;
    char cache[256];
    make_folder(cache);
    expect_fill("", cache, 2.5);
    each_file(cache, open_file);
    expect_fill("", cache, 2.5);
    assert_non_null(strstr(log_text, "0 the cached program"));
    assert_non_null(strstr(log_text, "compiled program kept"));
    expect_fill("", cache, 2.5);
    assert_null(strstr(log_text, "0 the cached program"));
    assert_null(strstr(log_text, "compiled program kept"));
    remove_folder(cache);
}

/* Only the file that is there is replaced, and the cache tells it from the embedded one. */
static void test_other_kernels(void **state) {
    (void)state;
    char kernels[256], cache[256];
    make_folder(kernels);
    make_folder(cache);
    expect_fill("", cache, 2.5);
    write_file(kernels, "vector.cl",
               "__kernel void fill(__global float *u, int count, float value) {\n"
               "    if ((int)get_global_id(0) < count)\n"
               "        u[get_global_id(0)] = value + 1.0f;\n"
               "}\n");
    expect_fill(kernels, cache, 3.5);
    assert_non_null(strstr(log_text, "kernels from"));
    expect_fill("", cache, 2.5);
    assert_int_equal(each_file(cache, NULL), 2);
    remove_folder(kernels);
    expect_fill("", cache, 2.5);
    remove_folder(cache);
}

static void refuse(const char *kernels, ckn_code expected, const char *part) {
    ckn_error error = {CKN_OK, ""};
    double result = 0;
    assert_int_equal(run_fill(kernels, "", &result, &error), expected);
    assert_int_equal(error.code, expected);
    if (!strstr(error.message, part))
        ckn_test_fail("the message does not say '%s': %s", part, error.message);
}

static void test_syntax_error(void **state) {
    (void)state;
    char kernels[256];
    make_folder(kernels);
    write_file(kernels, "vector.cl",
               "__kernel void fill(__global float *u) {\n    u[0] = nonsense;\n}\n");
    refuse(kernels, CKN_ERROR_OPENCL, "clBuildProgram(vector.cl) failed");
    refuse(kernels, CKN_ERROR_OPENCL, "CL_BUILD_PROGRAM_FAILURE (-11)");
    refuse(kernels, CKN_ERROR_OPENCL, "nonsense");
    assert_non_null(strstr(log_text, "nonsense"));
    assert_non_null(strstr(log_text, "\n0 ")); /* CKN_LOG_WARNING */
    remove_folder(kernels);
}

static void test_missing_kernel(void **state) {
    (void)state;
    char kernels[256];
    make_folder(kernels);
    write_file(kernels, "vector.cl",
               "__kernel void other(__global float *u) {\n    u[0] = 0;\n}\n");
    refuse(kernels, CKN_ERROR_OPENCL, "clCreateKernel(fill) failed: CL_INVALID_KERNEL_NAME");
    write_file(kernels, "vector.cl", "__kernel void fill(__global float *u) {\n    u[0] = 0;\n}\n");
    refuse(kernels, CKN_ERROR_OPENCL, "clSetKernelArg(fill, 1) failed: CL_INVALID_ARG_INDEX");
    remove_folder(kernels);
}

static void test_bad_folder(void **state) {
    (void)state;
    char kernels[256], path[300];
    make_folder(kernels);
    snprintf(path, sizeof path, "%s/missing", kernels);
    refuse(path, CKN_ERROR_FILE, "missing: cannot read the folder of kernels");
    write_file(kernels, "file", "");
    snprintf(path, sizeof path, "%s/file", kernels);
    refuse(path, CKN_ERROR_FILE, "is not a folder");
    snprintf(path, sizeof path, "%s/vector.cl", kernels);
    assert_int_equal(symlink("vector.cl", path), 0); /* a link to itself */
    refuse(kernels, CKN_ERROR_FILE, "vector.cl: cannot read the kernels");
    remove_folder(kernels);
}

/* A file that is far too long is not read into the driver. */
static void test_huge_file(void **state) {
    (void)state;
    char kernels[256];
    make_folder(kernels);
    size_t size = ((size_t)1 << 20) + 2;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, ' ', size - 1);
    text[size - 1] = '\0';
    write_file(kernels, "vector.cl", text);
    free(text);
    refuse(kernels, CKN_ERROR_FILE, "larger than 1 MiB");
    remove_folder(kernels);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache),          cmocka_unit_test(test_no_cache),
        cmocka_unit_test(test_other_kernels),  cmocka_unit_test(test_syntax_error),
        cmocka_unit_test(test_missing_kernel), cmocka_unit_test(test_bad_folder),
        cmocka_unit_test(test_huge_file),      cmocka_unit_test(test_open_cache),
        cmocka_unit_test(test_open_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
