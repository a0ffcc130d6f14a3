/* Devices: listing, self-test, comparison, the choice, and what happens without OpenCL. */
#include "program.h"

#include "files.h"

#include <stdlib.h>
#include <string.h>

static int make_pair(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--scene", "noise", "--size", "63x62", "--kernel", "gaussian:1.5",
             "--kernel-size", "9x7", "--sharp", "sharp.npy", "--blurred", "blurred.npy");
    return 0;
}

/* Drivers may talk on standard error while they compile, so only the status counts. */
static char *output_of(const char *const *words) {
    program_run run = program_start(words);
    if (run.status != 0)
        fail_msg("status %d: %s", run.status, run.err);
    free(run.err);
    return run.out;
}
#define OUTPUT_OF(...) output_of((const char *const[]){__VA_ARGS__, NULL})

static void test_list(void **state) {
    (void)state;
    char *text = OUTPUT_OF("devices");
    expect_contains(text, "cpu        ");
    expect_contains(text, "opencl:0   ");
    expect_contains(text, "fp64 ");
    expect_contains(text, "--device auto takes ");
    free(text);
    text = OUTPUT_OF("devices", "--json", "-", "-q");
    json_t *json = json_of_text(text);
    const json_t *list = json_object_get(json, "devices");
    assert_true(json_array_size(list) >= 2);
    assert_string_equal(json_word(json_array_get(list, 0), "device"), "cpu");
    assert_string_equal(json_word(json_array_get(list, 1), "device"), "opencl:0");
    assert_true(json_number(json_array_get(list, 1), "global_memory") > 0);
    json_decref(json);
    free(text);
    text = OUTPUT_OF("devices", "--device", "cpu");
    expect_lacks(text, "opencl:0");
    free(text);
}

static void test_selftest(void **state) {
    (void)state;
    char *text = OUTPUT_OF("selftest");
    expect_contains(text, "cpu, ");
    expect_contains(text, "opencl:0, ");
    expect_contains(text, "  ok\n");
    expect_contains(text, " checks passed\n");
    expect_lacks(text, "FAIL");
    free(text);
    text = OUTPUT_OF("selftest", "--device", "cpu", "--json", "-", "-q");
    json_t *json = json_of_text(text);
    assert_int_equal(json_number(json, "failures"), 0);
    assert_int_equal(json_number(json, "count"), json_array_size(json_object_get(json, "checks")));
    json_decref(json);
    free(text);
}

static void test_compare(void **state) {
    (void)state;
    char *text = OUTPUT_OF("compare", "sharp.npy", "blurred.npy", "-k", "9x7", "--json", "j.json");
    expect_contains(text, "opencl:0, ");
    expect_contains(text, "estimate ");
    expect_lacks(text, "FAIL");
    free(text);
    json_t *json = json_of_file("j.json");
    const json_t *checks = json_object_get(json, "checks");
    assert_true(json_array_size(checks) >= 5);
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);
        assert_true(json_number(check, "difference") <= json_number(check, "tolerance"));
        assert_true(json_number(check, "seconds_reference") >= 0);
    }
    json_decref(json);
    text = OUTPUT_OF("compare", "sharp.npy", "blurred.npy", "-k", "9x7", "--devices", "cpu,cpu");
    assert_non_null(strstr(strstr(text, "cpu, ") + 1, "cpu, "));
    free(text);
    text = OUTPUT_OF("compare", "sharp.npy", "blurred.npy", "sharp.npy", "blurred.npy", "-k", "9x7",
                     "--devices", "cpu", "--solver", "exact");
    expect_contains(text, "estimate ");
    expect_lacks(text, "FAIL");
    free(text);
    FAILS(1, "nonsense", "compare", "sharp.npy", "blurred.npy", "-k", "9x7", "--devices",
          "nonsense", "-q");
}

static void test_estimate_on_opencl(void **state) {
    (void)state;
    double *kernels[2];
    const char *const devices[] = {"cpu", "opencl"};
    for (size_t i = 0; i < 2; i++) {
        char *text = OUTPUT_OF("estimate", "sharp.npy", "blurred.npy", "-k", "9x7", "-o", "k.npy",
                               "--device", devices[i], "-n", "200", "--json", "-", "-q");
        json_t *json = json_of_text(text);
        assert_string_equal(json_word(json, "device"), i ? "opencl:0" : "cpu");
        kernels[i] = read_kernel("k.npy", 7, 9);
        json_decref(json);
        free(text);
    }
    assert_true(relative_difference(kernels[1], kernels[0], 63) < 1e-4);
    free(kernels[0]);
    free(kernels[1]);
}

static void test_verbose_counts_kernels(void **state) {
    (void)state;
    program_run run = RUN("estimate", "sharp.npy", "blurred.npy", "-k", "9x7", "-o", "k.npy",
                          "--device", "opencl", "-n", "20", "-v", "--engine", "direct");
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "launches");
    expect_contains(run.err, "residual");
    expect_contains(run.out, "device        opencl:0, ");
    program_release(&run);
}

static void test_blur_on_opencl(void **state) {
    (void)state;
    write_pattern("p.png", 33, 44, 3, true, CKN_SAMPLE_U16, 4);
    /* Left to themselves the devices may choose different methods. */
    free(OUTPUT_OF("blur", "p.png", "-s", "3", "-m", "box", "-o", "cpu.png", "--device", "cpu"));
    free(OUTPUT_OF("blur", "p.png", "-s", "3", "-m", "box", "-o", "cl.png", "--device", "opencl"));
    ckn_picture a = read_picture("cpu.png"), b = read_picture("cl.png");
    for (size_t plane = 0; plane < 4; plane++) {
        for (size_t i = 0; i < (size_t)33 * 44; i++) {
            double difference =
                sample_at(&a, plane, i / 44, i % 44) - sample_at(&b, plane, i / 44, i % 44);
            assert_true(difference < 1e-4 && difference > -1e-4);
        }
    }
    ckn_picture_release(&a);
    ckn_picture_release(&b);
}

/* The transforms that clFFT compiles are kept in the program's own cache. */
static void test_fft_cache(void **state) {
    (void)state;
    char *before = getenv("CLFFT_CACHE_PATH");
    char *kept = before ? strdup(before) : NULL;
    char *cache = getenv("CLKERNEST_CACHE_DIR");
    char *kept_cache = cache ? strdup(cache) : NULL;
    unsetenv("CLFFT_CACHE_PATH");
    setenv("CLKERNEST_CACHE_DIR", "", 1);
    free(OUTPUT_OF("devices", "--device", "opencl"));
    assert_false(file_exists("clfft"));
    setenv("CLKERNEST_CACHE_DIR", ".", 1);
    free(OUTPUT_OF("devices", "--device", "opencl"));
    assert_true(file_exists("clfft"));
    if (kept)
        setenv("CLFFT_CACHE_PATH", kept, 1);
    if (kept_cache)
        setenv("CLKERNEST_CACHE_DIR", kept_cache, 1);
    free(kept);
    free(kept_cache);
}

static void test_without_opencl(void **state) {
    (void)state;
    setenv("OCL_ICD_VENDORS", CLI_WORK "/no-vendors", 1);
    FAILS(1, "pocl-opencl-icd", "estimate", "sharp.npy", "blurred.npy", "-k", "9x7", "-o", "k2.npy",
          "--device", "opencl");
    assert_false(file_exists("k2.npy"));
    SUCCEEDS("estimate", "sharp.npy", "blurred.npy", "-k", "9x7", "-o", "k2.npy", "--device",
             "cpu");
    SUCCEEDS("estimate", "sharp.npy", "blurred.npy", "-k", "9x7", "-o", "k2.npy");
    program_run run = RUN("devices");
    assert_int_equal(run.status, 0);
    expect_contains(run.out, "--device auto takes cpu");
    expect_contains(run.err, "pocl-opencl-icd");
    program_release(&run);
    run = RUN("selftest");
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "no OpenCL device to test");
    program_release(&run);
    FAILS(1, "no OpenCL device to compare with", "compare", "sharp.npy", "blurred.npy", "-k",
          "9x7");
    unsetenv("OCL_ICD_VENDORS");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_selftest),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_estimate_on_opencl),
        cmocka_unit_test(test_verbose_counts_kernels),
        cmocka_unit_test(test_blur_on_opencl),
        cmocka_unit_test(test_fft_cache),
        cmocka_unit_test(test_without_opencl),
    };
    return cmocka_run_group_tests(tests, make_pair, leave_folder);
}
