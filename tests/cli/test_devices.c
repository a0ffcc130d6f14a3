/* Devices: listing, self-test, comparison, the choice, and what happens without OpenCL. */
#define _XOPEN_SOURCE 700 /* NOLINT(bugprone-reserved-identifier): for nftw() */

#include "program.h"

#include "files.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void set_or_unset(const char *name, char *value) {
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
    free(value);
}

static char *kept_variable(const char *name) {
    const char *value = getenv(name);
    return value ? strdup(value) : NULL;
}

/* A run that opens an OpenCL device. The transforms are kept in `folder` or not; what the program
 * says against that is said once. */
static void expect_fft_cache(const char *folder, const char *warning) {
    program_run run = RUN("estimate", "sharp.npy", "blurred.npy", "-k", "9x7", "-o", "fft.npy",
                          "--solver", "cg", "--engine", "fft", "--device", "opencl");
    assert_int_equal(run.status, 0);
    const char *said = strstr(run.err, "is not used");
    assert_int_equal(said != NULL, warning != NULL);
    if (said && warning) {
        expect_contains(said, warning);
        assert_null(strstr(said + 1, "is not used"));
    }
    assert_int_equal(file_exists(folder), !warning);
    program_release(&run);
}

static void expect_warning(const char *warning) {
    program_run run = RUN("devices", "--device", "opencl");
    expect_contains(run.err, warning);
    program_release(&run);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at) {
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_tree(const char *folder) {
    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* The transforms that clFFT compiles are kept in the program's own cache, unless somebody else
 * could put something there. */
static void test_fft_cache(void **state) {
    (void)state;
    char *clfft = kept_variable("CLFFT_CACHE_PATH"), *own = kept_variable("CLKERNEST_CACHE_DIR");
    unsetenv("CLFFT_CACHE_PATH");
    setenv("CLKERNEST_CACHE_DIR", "", 1);
    free(OUTPUT_OF("devices", "--device", "opencl"));
    assert_false(file_exists("clfft"));
    /* Not in the folder of the build, which may be open to others. */
    char base[] = "/tmp/clkernest-test-XXXXXX", kept[64], folder[80], entry[96], inner[112];
    assert_non_null(mkdtemp(base));
    snprintf(kept, sizeof kept, "%s/kept", base);
    snprintf(folder, sizeof folder, "%s/clfft", kept);
    snprintf(entry, sizeof entry, "%s/entry", folder);
    setenv("CLKERNEST_CACHE_DIR", kept, 1);
    assert_int_equal(chmod(base, 0777), 0);
    expect_fft_cache(folder, "others may write to");
    assert_int_equal(chmod(base, 0700), 0);
    assert_false(file_exists(kept));
    expect_fft_cache(folder, NULL);
    assert_int_equal(chmod(folder, 0772), 0);
    expect_warning("others may write to");
    assert_int_equal(chmod(folder, 0700), 0);
    /* clFFT's own folders, at any depth. */
    assert_true(snprintf(inner, sizeof inner, "%s/vendor", folder) > 0);
    assert_true(mkdir(inner, 0700) == 0 || errno == EEXIST);
    assert_true(snprintf(inner, sizeof inner, "%s/vendor/device", folder) > 0);
    assert_int_equal(mkdir(inner, 0700), 0);
    expect_fft_cache(folder, NULL);
    assert_int_equal(chmod(inner, 0702), 0);
    expect_warning("others may write to device");
    assert_int_equal(chmod(inner, 0700), 0);
    expect_fft_cache(folder, NULL);
    assert_int_equal(symlink("anywhere", entry), 0);
    expect_warning("is not a regular file");
    remove_tree(base);
    set_or_unset("CLFFT_CACHE_PATH", clfft);
    set_or_unset("CLKERNEST_CACHE_DIR", own);
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
