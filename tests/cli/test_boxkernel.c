/* `boxkernel` */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdlib.h>

static void test_figures(void **state) {
    (void)state;
    char *text = OUTPUT("boxkernel", "--sigma", "15.4", "--passes", "6", "--json", "-", "-q");
    json_t *json = json_of_text(text);
    double l = json_number(json, "l");
    double alpha = json_number(json, "alpha");
    double lambda = json_number(json, "lambda"), pass = json_number(json, "variance_pass");
    double moment = 2.0 * alpha * (l + 1) * (l + 1);
    for (int i = 1; i <= (int)l; i++)
        moment += 2.0 * i * i;
    assert_true(fabs(lambda - (2 * l + 1 + 2 * alpha)) < 1e-12);
    assert_true(fabs(moment / lambda - pass) < 1e-12 * pass);
    assert_true(fabs(json_number(json, "variance") - 15.4 * 15.4) < 1e-12 * 15.4 * 15.4);
    assert_int_equal(json_number(json, "taps"), 2 * 6 * (l + 1) + 1);
    assert_int_equal(json_number(json, "passes"), 6);
    assert_true(json_number(json, "sigma") == 15.4);
    assert_true(json_number(json, "error_max") > 0.0);
    assert_true(json_number(json, "error_l1") < 0.05);
    assert_true(json_number(json, "error_l2") < 0.05);
    assert_true(json_number(json, "error_step") < 0.5 * json_number(json, "error_l1"));
    assert_true(json_number(json, "stride") == 0 && json_number(json, "correction") == 0);
    assert_true(json_is_false(json_object_get(json, "corrected")));
    json_number(json, "seconds_total");
    json_decref(json);
    free(text);
}

static void test_summary(void **state) {
    (void)state;
    char *text = OUTPUT("boxkernel", "--sigma", "9.6", "--passes", "6");
    const char *const lines[] = {"sigma         9.6\n", "passes        6\n", "l             6 ",
                                 "alpha         ",      "Lambda        ",    "variance      15.36 ",
                                 "taps          85\n",  "errors        max "};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        expect_contains(text, lines[i]);
    free(text);
}

static void test_files(void **state) {
    (void)state;
    SUCCEEDS("boxkernel", "--sigma", "4", "--passes", "3", "-o", "k.npy", "--report", "r.png");
    SUCCEEDS("boxkernel", "--sigma", "4", "--passes", "3", "-o", "k.csv");
    char *text = OUTPUT("boxkernel", "--sigma", "4", "--passes", "3", "-o", "-", "-q");
    char *csv = file_text("k.csv");
    expect_contains(csv, "# Command: clkernest boxkernel --sigma 4 --passes 3 -o k.csv\n");
    assert_string_equal(text, after_comments(csv));
    double *from_npy = read_kernel("k.npy", 1, 25), *from_csv = read_kernel("k.csv", 1, 25);
    double sum = 0.0, variance = 0.0;
    for (int i = 0; i < 25; i++) {
        assert_true(from_npy[i] == from_csv[i]);
        sum += from_npy[i];
        variance += from_npy[i] * (i - 12) * (i - 12);
    }
    assert_true(fabs(sum - 1.0) < 1e-14);
    assert_true(fabs(variance - 16.0) < 1e-12);
    ckn_picture report = read_picture("r.png");
    assert_int_equal(report.channels, 3);
    ckn_picture_release(&report);
    free(from_npy);
    free(from_csv);
    free(csv);
    free(text);
}

/* The fourth moment becomes that of the Gaussian; -o writes the corrected kernel. */
static void test_correction(void **state) {
    (void)state;
    char *text = OUTPUT("boxkernel", "-s", "15.4", "-p", "5", "--correct", "-o", "c.npy", "--json",
                        "-", "-q");
    json_t *json = json_of_text(text);
    assert_true(json_is_true(json_object_get(json, "corrected")));
    assert_int_equal(json_number(json, "stride"), 18);
    assert_true(fabs(json_number(json, "error_l1") - 0.00221) < 1e-5);
    assert_true(json_number(json, "correction") > 0 && json_number(json, "correction") < 1);
    assert_int_equal(json_number(json, "taps"), 2 * 5 * 11 + 1 + 2 * 18);
    double *taps = read_kernel("c.npy", 1, 147), fourth = 0;
    for (int i = 0; i < 147; i++)
        fourth += pow(i - 73, 4) * taps[i];
    assert_true(fabs(fourth / (3 * pow(15.4, 4)) - 1) < 1e-10);
    free(taps);
    json_decref(json);
    free(text);
    text = OUTPUT("boxkernel", "-s", "15.4", "-c", "--report", "c.png");
    expect_contains(text, "correction    stride 18, weight 0.07305");
    expect_contains(text, "(without it: l1 0.0296)");
    expect_contains(text, ", step 0.00");
    free(text);
    text = OUTPUT("boxkernel", "-s", "0.5", "-p", "2", "-c");
    expect_contains(text, "correction    none: ");
    free(text);
    text = OUTPUT("boxkernel", "-s", "15.4");
    expect_lacks(text, "correction");
    free(text);
}

/* What -o of two boxes makes, --match takes apart again; -o of --match is the product. */
static void test_match(void **state) {
    (void)state;
    SUCCEEDS("boxkernel", "-s", "3.02", "-p", "5", "-o", "row.npy", "-q");
    SUCCEEDS("boxkernel", "-s", "2.97", "-p", "4", "-o", "row2.npy", "-q");
    double *x = read_kernel("row.npy", 1, 21), *y = read_kernel("row2.npy", 1, 25);
    double plane[25 * 21];
    for (int i = 0; i < 25 * 21; i++)
        plane[i] = 3.0 * y[i / 21] * x[i % 21];
    write_samples("plane.npy", plane, 25, 21);
    char *text = OUTPUT("boxkernel", "--match", "plane.npy", "--json", "-", "-q", "-o", "found.npy",
                        "--report", "found.png");
    json_t *json = json_of_text(text);
    assert_true(fabs(json_number(json, "sigma_x") / 3.02 - 1) < 1e-6);
    assert_true(fabs(json_number(json, "sigma_y") / 2.97 - 1) < 1e-6);
    assert_int_equal(json_number(json, "passes_x"), 5);
    assert_int_equal(json_number(json, "passes_y"), 4);
    assert_int_equal(json_number(json, "l_x"), 1);
    assert_true(json_number(json, "alpha_x") > 0 && json_number(json, "lambda_x") > 3);
    assert_true(fabs(json_number(json, "shift_x")) < 1e-9);
    assert_true(json_number(json, "error_l1_x") < 1e-6 && json_number(json, "error_l2_y") < 1e-6);
    assert_true(json_number(json, "gaussian_l1_x") > 0.02);
    assert_true(json_number(json, "product_l1") < 1e-12);
    assert_true(json_is_true(json_object_get(json, "near")));
    assert_string_equal(json_word(json, "kernel"), "plane.npy");
    assert_string_equal(json_word(json, "blur"),
                        "clkernest blur IMAGE --method box --sigma-x 3.02 --sigma-y 2.97 "
                        "--passes 5 --no-correction -o OUT");
    double *found = read_kernel("found.npy", 25, 21);
    for (int i = 0; i < 25 * 21; i++)
        plane[i] /= 3.0;
    assert_true(relative_difference(found, plane, (size_t)25 * 21) < 1e-6);
    free(text);
    text = OUTPUT("boxkernel", "--match", "plane.npy");
    expect_contains(text,
                    "blur takes 5 passes along both axes; for x with 5 and y with 4 blur twice");
    ckn_picture report = read_picture("found.png");
    ckn_picture_release(&report);
    free(found);
    free(x);
    free(y);
    json_decref(json);
    free(text);
}

static void test_match_summary(void **state) {
    (void)state;
    SUCCEEDS("boxkernel", "-s", "3", "-p", "12", "-o", "twelve.csv", "-q");
    char *text = OUTPUT("boxkernel", "-m", "twelve.csv", "-p", "20");
    expect_contains(text, "kernel        twelve.csv, 49x1\n");
    expect_contains(text, "sigma_x       3\n");
    expect_contains(text, "passes_x      12 (each: l 1, alpha ");
    expect_contains(text, "shift_x       ");
    expect_contains(text, "errors_x      l1 ");
    expect_contains(text, "sigma_y       0 (one tap: not blurred along y)\n");
    expect_contains(text, "to blur so    clkernest blur IMAGE --method box --sigma-x 3 --sigma-y 0 "
                          "--passes 12 --no-correction -o OUT\n");
    expect_lacks(text, "note");
    free(text);
    text = OUTPUT("boxkernel", "-m", "twelve.csv"); /* ten passes at most */
    expect_contains(text, "passes_x      9 (each");
    free(text);
    /* A column: the figure is that of y. */
    write_text("column.csv", "1\n2\n1\n");
    text =
        OUTPUT("boxkernel", "-m", "column.csv", "--report", "column.png", "-o", "column-box.csv");
    expect_contains(text, "sigma_x       0 ");
    expect_contains(text, "passes_y      1 ");
    expect_contains(text, "written       column-box.csv, column.png");
    free(text);
    free(read_kernel("column-box.csv", 3, 1));
}

/* A diagonal line has the marginals of a box, and is none. */
static void test_match_of_other_shapes(void **state) {
    (void)state;
    write_text("diagonal.csv", "1,0,0,0\n0,1,0,0\n0,0,1,0\n0,0,0,1\n");
    char *text = OUTPUT("boxkernel", "--match", "diagonal.csv");
    expect_contains(text, "product       l1 1.5 ");
    expect_contains(text, "nearest       clkernest blur");
    expect_contains(text, "note          not near: ");
    free(text);
    text = OUTPUT("boxkernel", "--match", "diagonal.csv", "--json", "-", "-q");
    json_t *json = json_of_text(text);
    assert_true(json_is_false(json_object_get(json, "near")));
    json_decref(json);
    free(text);
}

static void test_match_refusals(void **state) {
    (void)state;
    write_text("one.csv", "1\n");
    write_text("zero.csv", "0,0,0\n");
    write_text("peak.csv", "0,1,0\n");
    write_text("good.csv", "1,2,1\n");
    write_pattern("picture.png", 4, 4, 1, false, CKN_SAMPLE_U8, 1);
    FAILS(1, "missing.npy", "boxkernel", "--match", "missing.npy");
    FAILS(1, "picture of a kernel", "boxkernel", "--match", "picture.png");
    FAILS(1, "one.csv: a kernel of one tap blurs nothing", "boxkernel", "--match", "one.csv");
    FAILS(1, "zero.csv: the kernel's sum is 0", "boxkernel", "--match", "zero.csv");
    FAILS(1, "peak.csv: the kernel has no positive variance along x", "boxkernel", "--match",
          "peak.csv");
    FAILS(2, "choose one of them", "boxkernel", "--match", "good.csv", "--sigma", "3");
    FAILS(2, "without correction", "boxkernel", "--match", "good.csv", "--correct");
    FAILS(2, "is the input file", "boxkernel", "--match", "good.csv", "-o", "good.csv");
    FAILS(2, "name the same file", "boxkernel", "--match", "good.csv", "-o", "a.png", "--report",
          "a.png");
}

/* The committed table is what the program prints. */
static void test_table(void **state) {
    (void)state;
    char *text = OUTPUT("boxkernel", "--table");
    char *committed = file_text(CLI_SOURCE "/samples/extended-box-errors.md");
    assert_non_null(committed);
    assert_string_equal(text, committed);
    expect_contains(text, "# Errors of extended boxes: `clkernest boxkernel --table`\n");
    expect_contains(text, "|  15.4 |  5 |   0.0296 |   0.00221 |");
    expect_contains(text, "|   100 | 10 |");
    char *quiet = OUTPUT("boxkernel", "--table", "--quiet");
    assert_string_equal(quiet, text);
    free(quiet);
    free(committed);
    free(text);
    const char *const wrong[][2] = {{"--sigma", "2"}, {"--match", "k.npy"},  {"--passes", "3"},
                                    {"-o", "k.npy"},  {"--report", "k.png"}, {"--json", "k.json"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        FAILS(2, "leave out --sigma", "boxkernel", "--table", wrong[i][0], wrong[i][1]);
    FAILS(2, "leave out --sigma", "boxkernel", "--table", "--correct");
}

static void test_device(void **state) {
    (void)state;
    SUCCEEDS("boxkernel", "--sigma", "4", "--device", "cpu");
    FAILS(1, "nosuch", "boxkernel", "--sigma", "4", "--device", "nosuch");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_correction),
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_match_summary),
        cmocka_unit_test(test_match_of_other_shapes),
        cmocka_unit_test(test_match_refusals),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_device),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
