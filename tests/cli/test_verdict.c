/* What `estimate` says in its first line, and how it ends where no convolution explains the pair.
 */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 120, COLS = 150 };

/* sharp.npy; blurred.npy by a Gaussian, with noise; squared.npy, a curve of SHARP. */
static int make_pairs(void **state) {
    static double samples[ROWS * COLS];
    if (enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--size", "150x120", "--kernel", "gaussian:1.5", "--kernel-size", "9",
             "--support", "same", "--noise", "0.002", "--sharp", "sharp.npy", "--blurred",
             "blurred.npy");
    ckn_picture sharp = read_picture("sharp.npy");
    for (size_t i = 0; i < ROWS * COLS; i++)
        samples[i] = pow(sample_at(&sharp, 0, i / COLS, i % COLS), 2);
    write_samples("squared.npy", samples, ROWS, COLS);
    ckn_picture_release(&sharp);
    return 0;
}

#define ESTIMATE(blurred, ...)                                                                     \
    "estimate", "sharp.npy", blurred, "-k", "9", "--shift", "none", "--device", "cpu", __VA_ARGS__

static void test_first_line(void **state) {
    (void)state;
    char *text = OUTPUT(ESTIMATE("blurred.npy", "-o", "k.npy"));
    const char *named = "verdict       Gaussian blur, sigma 1.";
    assert_int_equal(strncmp(text, named, strlen(named)), 0);
    expect_lacks(text, "reason  ");
    free(text);
    program_run run = RUN(ESTIMATE("squared.npy", "-o", "k.npy"));
    assert_int_equal(run.status, 0);
    const char *start = "verdict       no convolution explains this pair: ";
    assert_int_equal(strncmp(run.out, start, strlen(start)), 0);
    expect_contains(run.out, "curve of the brightness");
    expect_contains(run.out, "\nreason        ");
    expect_contains(run.out, "errors        none: no convolution explains this pair");
    program_release(&run);
}

static json_t *json_of(const char *blurred) {
    program_run run = RUN(ESTIMATE(blurred, "-q", "--json", "j.json"));
    assert_int_equal(run.status, 0);
    program_release(&run);
    return json_of_file("j.json");
}

static void test_json(void **state) {
    (void)state;
    json_t *json = json_of("blurred.npy");
    assert_string_equal(json_word(json, "verdict"), "named");
    assert_true(json_is_null(json_object_get(json, "verdict_cause")));
    assert_true(json_number(json, "explained") > 0.99);
    json_decref(json);
    json = json_of("squared.npy");
    assert_string_equal(json_word(json, "verdict"), "none");
    assert_string_equal(json_word(json, "verdict_cause"), "tone curve");
    assert_true(json_number(json, "explained") < 0.999);
    assert_true(json_is_null(json_object_get(json_object_get(json, "uncertainty"), "sum")));
    assert_true(json_is_null(json_object_get(json, "family")));
    json_decref(json);
    json = json_of("sharp.npy");
    assert_string_equal(json_word(json, "verdict"), "identical");
    assert_string_equal(json_word(json, "verdict_text"), "the pictures are identical");
    json_decref(json);
}

static void test_strict(void **state) {
    (void)state;
    SUCCEEDS(ESTIMATE("blurred.npy", "-q", "--strict", "-o", "k.npy"));
    remove("k.npy");
    program_run run = RUN(ESTIMATE("squared.npy", "-q", "--strict", "-o", "k.npy"));
    assert_int_equal(run.status, 3);
    assert_string_equal(run.out, "");
    assert_true(file_exists("k.npy"));
    program_release(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_line),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_strict),
    };
    return cmocka_run_group_tests(tests, make_pairs, leave_folder);
}
