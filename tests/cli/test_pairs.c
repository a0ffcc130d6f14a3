/* `estimate` and `compare` with several pairs. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 7, TAPS = SIDE * SIDE };

static void make_pair(const char *size, const char *seed, const char *sharp, const char *blurred,
                      const char *support) {
    SUCCEEDS("simulate", "--scene", "noise", "--size", size, "--seed", seed, "--kernel",
             "./true.npy", "--noise", "0.02", "--support", support, "--sharp", sharp, "--blurred",
             blurred);
}

/* Two grey pairs and one in colour, all of different sizes, with one kernel and much noise. */
static int make_pairs(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--kernel", "motion:5,60", "--kernel-size", "7", "--kernel-out",
             "true.npy");
    make_pair("50x40", "1", "a.npy", "ab.npy", "valid");
    make_pair("61x53", "2", "b.npy", "bb.npy", "same");
    write_pattern("c.npy", 45, 38, 3, false, CKN_SAMPLE_F64, 3);
    SUCCEEDS("simulate", "--scene", "./c.npy", "--kernel", "./true.npy", "--noise", "0.02",
             "--seed", "3", "--blurred", "cb.npy");
    return 0;
}

#define ALL "a.npy", "ab.npy", "b.npy", "bb.npy", "c.npy", "cb.npy"
#define OPTIONS "-k", "7", "--device", "cpu"

static double kernel_error(const char *path) {
    double *taps = read_kernel(path, SIDE, SIDE), *known = read_kernel("true.npy", SIDE, SIDE);
    double difference = relative_difference(taps, known, TAPS);
    free(taps);
    free(known);
    return difference;
}

/* Three pairs know more than any of them. */
static void test_together(void **state) {
    (void)state;
    double errors[4];
    SUCCEEDS("estimate", "a.npy", "ab.npy", OPTIONS, "-o", "k.npy");
    errors[0] = kernel_error("k.npy");
    SUCCEEDS("estimate", "b.npy", "bb.npy", OPTIONS, "-o", "k.npy");
    errors[1] = kernel_error("k.npy");
    SUCCEEDS("estimate", "c.npy", "cb.npy", OPTIONS, "-o", "k.npy");
    errors[2] = kernel_error("k.npy");
    SUCCEEDS("estimate", ALL, OPTIONS, "-o", "k.npy");
    errors[3] = kernel_error("k.npy");
    for (size_t i = 0; i < 3; i++)
        assert_true(errors[3] < errors[i]);
}

/* Every solver minimises the same sum over all pairs. */
static void test_solvers_agree(void **state) {
    (void)state;
    const char *const solvers[] = {"exact", "fista", "cg"};
    double objective[3];
    for (size_t i = 0; i < 3; i++) {
        char *text = OUTPUT("estimate", ALL, OPTIONS, "--solver", solvers[i], "--json", "-", "-q");
        json_t *json = json_of_text(text);
        objective[i] = json_number(json, "objective");
        size_t samples = 34 * 44 + 47 * 55 + 3 * 39 * 32;
        assert_int_equal(json_number(json, "residual_count"), samples);
        json_decref(json);
        free(text);
    }
    assert_true(fabs(objective[1] - objective[0]) < 1e-6 * objective[0]);
    assert_true(fabs(objective[2] - objective[0]) < 1e-6 * objective[0]);
}

/* Options may stand between the files. */
static void test_summary(void **state) {
    (void)state;
    char *text = OUTPUT("estimate", "a.npy", "-k", "7", "ab.npy", "b.npy", "--device", "cpu",
                        "bb.npy", "-o", "k.npy", "c.npy", "--report", "r.png", "--", "cb.npy");
    expect_contains(text, "pair 1        a.npy, 50x40, and ab.npy, 44x34; grey\n");
    expect_contains(text, "pair 2        b.npy, 61x53, and bb.npy, 61x53 (same size, cropped to "
                          "the valid part); grey\n");
    expect_contains(text, "pair 3        c.npy, 38x45, and cb.npy, 32x39; joint\n");
    expect_lacks(text, "channels  ");
    free(text);
    ckn_picture report = read_picture("r.png");
    assert_true(report.rows > 1100);
    ckn_picture_release(&report);
}

static void test_json(void **state) {
    (void)state;
    SUCCEEDS("estimate", ALL, OPTIONS, "--json", "j.json", "-q");
    json_t *json = json_of_file("j.json");
    const json_t *pairs = json_object_get(json, "pairs");
    assert_int_equal(json_array_size(pairs), 3);
    const json_t *second = json_array_get(pairs, 1), *third = json_array_get(pairs, 2);
    assert_string_equal(json_word(second, "sharp"), "b.npy");
    assert_string_equal(json_word(second, "blurred"), "bb.npy");
    assert_string_equal(json_word(second, "blurred_support"), "same");
    assert_string_equal(json_word(third, "channels"), "joint");
    assert_int_equal(json_number(third, "sharp_rows"), 45);
    assert_int_equal(json_number(third, "sharp_cols"), 38);
    assert_int_equal(json_number(third, "blurred_rows"), 39);
    assert_int_equal(json_number(third, "blurred_cols"), 32);
    const char *const single[] = {"sharp", "blurred", "channels", "blurred_support"};
    for (size_t i = 0; i < 4; i++)
        assert_true(json_is_null(json_object_get(json, single[i])));
    json_decref(json);
}

/* Each message names the file that is at fault. */
static void test_messages(void **state) {
    (void)state;
    FAILS(1, "missing.npy: ", "estimate", "a.npy", "ab.npy", "b.npy", "missing.npy", OPTIONS, "-o",
          "k2.npy");
    FAILS(1, "sizes do not match: ab.npy is 44x34, but for b.npy (61x53)", "estimate", "a.npy",
          "ab.npy", "b.npy", "ab.npy", OPTIONS, "-o", "k2.npy");
    FAILS(1, "--roi 5,5,44x35 reaches beyond c.npy, which is 38x45", "estimate", ALL, OPTIONS, "-o",
          "k2.npy", "--roi", "5,5,44x35");
    FAILS(1, "--channels R needs two colour pictures, but a.npy is grey", "estimate", "c.npy",
          "cb.npy", "a.npy", "ab.npy", OPTIONS, "-o", "k2.npy", "--channels", "R");
    FAILS(2, "--output ./bb.npy is the input file bb.npy itself", "estimate", ALL, OPTIONS, "-o",
          "./bb.npy");
    FAILS(1, "the division needs pairs of one size", "estimate", ALL, OPTIONS, "-o", "k2.npy",
          "--solver", "division");
    assert_false(file_exists("k2.npy"));
}

static void test_region(void **state) {
    (void)state;
    char *text = OUTPUT("estimate", ALL, OPTIONS, "-o", "k.npy", "--roi", "2,3,30x36");
    expect_contains(text, "region        30x36 from column 2, row 3\n");
    expect_contains(text, " over 3600 samples\n"); /* 5 planes of 24x30 */
    free(text);
    assert_true(kernel_error("k.npy") < 0.2);
}

/* A constant picture tells the sum of the kernel; another one must tell the rest. */
static void test_constant_picture(void **state) {
    (void)state;
    write_constant("flat.npy", 30, 30, 0.5);
    write_constant("flat_blurred.npy", 24, 24, 0.5);
    SUCCEEDS("estimate", "flat.npy", "flat_blurred.npy", "a.npy", "ab.npy", OPTIONS, "-o", "k.npy");
    FAILS(1, "flat.npy is constant, and so are the others: ", "estimate", "flat.npy",
          "flat_blurred.npy", "flat.npy", "flat_blurred.npy", OPTIONS, "-o", "k.npy");
}

/* More than any fixed number. */
static void test_many_pairs(void **state) {
    (void)state;
    enum { PAIRS = 25 };
    const char *words[2 * PAIRS + 10] = {"estimate", OPTIONS, "--json", "j.json", "-q"};
    size_t count = 0;
    while (words[count])
        count++;
    for (size_t i = 0; i < PAIRS; i++) {
        words[count++] = "a.npy";
        words[count++] = "ab.npy";
    }
    free(program_output(words));
    json_t *json = json_of_file("j.json");
    assert_int_equal(json_array_size(json_object_get(json, "pairs")), PAIRS);
    assert_int_equal(json_number(json, "residual_count"), PAIRS * 34 * 44);
    json_decref(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_together),         cmocka_unit_test(test_solvers_agree),
        cmocka_unit_test(test_summary),          cmocka_unit_test(test_json),
        cmocka_unit_test(test_messages),         cmocka_unit_test(test_region),
        cmocka_unit_test(test_constant_picture), cmocka_unit_test(test_many_pairs),
    };
    return cmocka_run_group_tests(tests, make_pairs, leave_folder);
}
