/* The exact answers of `estimate`, what is known of them, and what they cost. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 7, COLS = 9, TAPS = ROWS * COLS };

#define NOISE 0.01

/* sharp.npy, noisy.npy and true.npy; stripes.npy, which determines no kernel, and its blurred. */
static int make_pairs(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--scene", "noise", "--size", "120x100", "--kernel", "motion:6,20",
             "--kernel-size", "9x7", "--noise", "0.01", "--sharp", "sharp.npy", "--blurred",
             "noisy.npy", "--kernel-out", "true.npy");
    double stripes[50 * 60];
    for (size_t i = 0; i < sizeof stripes / sizeof stripes[0]; i++)
        stripes[i] = pattern(3, i % 60);
    write_samples("stripes.npy", stripes, 50, 60);
    SUCCEEDS("simulate", "--scene", "stripes.npy", "--kernel", "true.npy", "--blurred",
             "stripes_blurred.npy");
    return 0;
}

#define ESTIMATE(...)                                                                              \
    "estimate", "sharp.npy", "noisy.npy", "--kernel-size", "9x7", "--device", "cpu", __VA_ARGS__

static json_t *estimate(const char *option, const char *value) {
    const char *words[] = {ESTIMATE("-o", "k.npy", "--json", "j.json", "-q", option, value), NULL};
    free(program_output(words));
    return json_of_file("j.json");
}

static void test_least_squares(void **state) {
    (void)state;
    json_t *json = estimate("--solver", "exact");
    assert_string_equal(json_word(json, "solver"), "exact");
    assert_string_equal(json_word(json, "stop_reason"), "closed-form");
    assert_true(json_number(json, "kkt_residual") < 1e-12);
    assert_true(json_number(json, "duality_gap") < 1e-12);
    double best = json_number(json, "objective"), minimum = json_number(json, "kernel_minimum");
    assert_true(minimum < 0);
    json_decref(json);
    json = estimate("--solver", "cg");
    assert_true(json_number(json, "objective") <= best * (1 + 1e-9));
    assert_string_equal(json_word(json, "stop_reason"), "gradient");
    json_decref(json);
    json = estimate("--solver", "nnls");
    assert_true(json_number(json, "objective") > best);
    json_decref(json);
}

/* The published case of the README: a square, and a wide Gaussian. */
static void test_published_case(void **state) {
    (void)state;
    enum { SIDE = 51 };
    SUCCEEDS("simulate", "--scene", "square:30", "--size", "200x200", "--kernel", "gaussian:4",
             "--kernel-size", "51", "--sharp", "s.npy", "--blurred", "b.npy", "--kernel-out",
             "h.npy");
    SUCCEEDS("estimate", "s.npy", "b.npy", "--kernel-size", "51", "-o", "k51.npy", "--device",
             "cpu", "-q");
    double *taps = read_kernel("k51.npy", SIDE, SIDE), *known = read_kernel("h.npy", SIDE, SIDE);
    assert_true(relative_difference(taps, known, (size_t)SIDE * SIDE) < 1e-6);
    free(taps);
    free(known);
}

static void test_not_negative(void **state) {
    (void)state;
    const char *const constraints[] = {"nonneg", "simplex"};
    for (size_t i = 0; i < 2; i++) {
        json_t *json = estimate("--constraint", constraints[i]);
        assert_string_equal(json_word(json, "solver"), "nnls");
        assert_string_equal(json_word(json, "constraint"), constraints[i]);
        assert_string_equal(json_word(json, "stop_reason"), "optimal");
        assert_true(json_number(json, "kernel_minimum") >= 0);
        assert_true(json_number(json, "duality_gap") < 1e-12);
        assert_true(i == 0 || fabs(json_number(json, "kernel_sum") - 1) < 1e-12);
        json_decref(json);
    }
    json_t *json = estimate("--solver", "nnls");
    assert_string_equal(json_word(json, "constraint"), "nonneg");
    json_decref(json);
    char *summary = OUTPUT(ESTIMATE("-o", "k.npy", "--constraint", "simplex"));
    expect_contains(summary, "solver        nnls, engine gram, constraint simplex\n");
    expect_contains(summary, "stopped       the set of non-zero taps is optimal\n");
    expect_contains(summary, "kernel        9x7, sum 1.000000, taps"); /* it is exactly 1 */
    free(summary);
}

static void test_ridge(void **state) {
    (void)state;
    json_t *json = estimate("--prior=ridge", "--lambda=0.5");
    assert_true(json_number(json, "lambda") == 0.5);
    assert_true(json_number(json, "kernel_sum") < 0.99);
    const json_t *uncertainty = json_object_get(json, "uncertainty");
    assert_true(json_number(uncertainty, "degrees_of_freedom") < TAPS - 1);
    json_decref(json);
    json = estimate("--prior=ridge", "--lambda=0");
    assert_true(fabs(json_number(json, "kernel_sum") - 1) < 0.01);
    json_decref(json);
    char *summary = OUTPUT(ESTIMATE("-o", "k.npy", "--prior=ridge", "--lambda=0.5"));
    expect_contains(summary, "prior         ridge, lambda 0.5\n");
    free(summary);
}

/* Plateaus have no errors of their own: the noise is told, and a file of errors is refused. */
static void test_total_variation(void **state) {
    (void)state;
    program_run run =
        RUN(ESTIMATE("-o", "k.npy", "--prior=tv", "--json", "j.json", "--report", "r.png"));
    assert_int_equal(run.status, 0);
    expect_contains(run.out, "prior         tv, lambda ");
    expect_contains(run.out, "noise         0.0");
    expect_lacks(run.out, "errors        none");
    program_release(&run);
    json_t *json = json_of_file("j.json");
    const json_t *uncertainty = json_object_get(json, "uncertainty");
    assert_true(fabs(json_number(uncertainty, "noise_sigma") / NOISE - 1) < 0.05);
    assert_true(json_is_null(json_object_get(uncertainty, "centroid_x")));
    assert_string_equal(json_word(json, "stop_reason"), "optimal");
    assert_true(json_number(json, "iterations") > 3);
    json_decref(json);
    assert_true(file_exists("r.png"));
    remove("k.npy");
    FAILS(1, "total variation has no standard errors",
          ESTIMATE("-o", "k.npy", "--prior=tv", "--uncertainty", "u3.npy", "-q"));
    assert_false(file_exists("k.npy"));
}

/* The stop at a proven distance from the optimum. */
static void test_gap(void **state) {
    (void)state;
    json_t *json = estimate("--gap", "1e-6");
    assert_string_equal(json_word(json, "solver"), "fista");
    assert_string_equal(json_word(json, "stop_reason"), "gap");
    assert_true(json_number(json, "duality_gap") <= 1e-6);
    assert_true(json_number(json, "iterations") < 1000);
    json_decref(json);
    char *summary = OUTPUT(ESTIMATE("-o", "k.npy", "--gap", "1e-6"));
    expect_contains(summary, "stopped       duality gap at most 1e-06 (gap)\n");
    free(summary);
}

static void test_noise_and_figures(void **state) {
    (void)state;
    json_t *json = estimate("--solver", "exact");
    const json_t *uncertainty = json_object_get(json, "uncertainty");
    assert_true(fabs(json_number(uncertainty, "noise_sigma") - NOISE) < 0.05 * NOISE);
    assert_true(json_number(uncertainty, "degrees_of_freedom") == TAPS);
    const char *const figures[] = {"sum", "centroid_x", "centroid_y", "fwhm_x", "fwhm_y"};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        assert_true(json_number(uncertainty, figures[i]) > 0);
    const double count = json_number(json, "residual_count");
    const double expected = json_number(json, "psnr") - 20 * log10(count / (count - TAPS));
    assert_true(fabs(json_number(json, "psnr_unseen") - expected) < 1e-9);
    double off = fabs(json_number(json, "kernel_sum") - 1);
    assert_true(off < 5 * json_number(uncertainty, "sum"));
    json_decref(json);
}

static void expect_errors_fit(const char *path) {
    double *taps = read_kernel("k.npy", ROWS, COLS), *known = read_kernel("true.npy", ROWS, COLS);
    double *errors = read_kernel(path, ROWS, COLS), sum = 0;
    for (size_t i = 0; i < TAPS; i++) {
        double off = (taps[i] - known[i]) / errors[i];
        assert_true(errors[i] > 0);
        sum += off * off / TAPS;
    }
    assert_true(sum > 0.5 && sum < 1.6); /* chi squared of 63 terms, 3 sigma */
    free(errors);
    free(known);
    free(taps);
}

static void test_uncertainty_file(void **state) {
    (void)state;
    char *summary = OUTPUT(ESTIMATE("-o", "k.npy", "--uncertainty", "u.npy", "--solver=exact"));
    expect_contains(summary, "written       k.npy, u.npy");
    free(summary);
    expect_errors_fit("u.npy");
    SUCCEEDS(ESTIMATE("--uncertainty", "u.csv", "--solver=exact"));
    expect_errors_fit("u.csv");
    program_run run = RUN(ESTIMATE("--uncertainty", "-", "--solver=exact"));
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "solver        exact");
    char *csv = file_text("u.csv");
    assert_string_equal(run.out, after_comments(csv));
    free(csv);
    program_release(&run);
}

/* A few iterations end far from the optimum, whose errors would say nothing of them. */
static void test_unfinished_iterations(void **state) {
    (void)state;
    json_t *json = estimate("--iterations", "2");
    const json_t *uncertainty = json_object_get(json, "uncertainty");
    assert_true(json_is_null(json_object_get(uncertainty, "sum")));
    assert_true(json_is_null(json_object_get(uncertainty, "noise_sigma")));
    json_decref(json);
    program_run run = RUN(ESTIMATE("-n", "2", "-o", "k.npy", "--uncertainty", "u.npy"));
    assert_int_equal(run.status, 0);
    expect_contains(run.out, "errors        none: the iteration ended farther from the optimum");
    expect_lacks(run.out, "+/-");
    expect_contains(run.err, "note: u.npy has the errors of the optimum");
    program_release(&run);
    char *summary = OUTPUT(ESTIMATE("-n", "5000", "-o", "k.npy"));
    expect_contains(summary, " +/- ");
    free(summary);
}

#define STRIPES(...)                                                                               \
    "estimate", "stripes.npy", "stripes_blurred.npy", "-k", "9x7", "--device", "cpu",              \
        "--constraint", "none", __VA_ARGS__

static void test_undetermined(void **state) {
    (void)state;
    program_run run = RUN(STRIPES("-o", "k.npy", "--json", "j.json", "--report", "r.png"));
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "clkernest estimate: warning: ");
    expect_contains(run.out,
                    "condition     rank 9 of 63: the pictures do not determine the kernel");
    expect_contains(run.out, "errors        none: the pictures do not determine the kernel\n");
    expect_lacks(run.out, "+/-");
    program_release(&run);
    json_t *json = json_of_file("j.json");
    assert_int_equal(json_number(json, "rank"), 9);
    const char *const nulls[] = {"condition", "duality_gap"};
    for (size_t i = 0; i < 2; i++)
        assert_true(json_is_null(json_object_get(json, nulls[i])));
    const json_t *uncertainty = json_object_get(json, "uncertainty");
    assert_true(json_is_null(json_object_get(uncertainty, "sum")));
    json_decref(json);
    SUCCEEDS(STRIPES("-o", "k.npy", "-q"));
    run = RUN("estimate", "stripes.npy", "stripes_blurred.npy", "-k", "9x7", "--device", "cpu",
              "-o", "k.npy", "--prior=ridge", "--lambda=1e-3");
    expect_contains(run.err, "determines 9 of the 63 taps: a prior makes up");
    expect_contains(run.out, "rank 9 of 63: the pictures do not determine the kernel; the prior "
                             "makes up for the rest\n");
    program_release(&run);
    SUCCEEDS(STRIPES("-o", "k.npy", "--prior=ridge", "--lambda=1e-3", "-q"));
}

/* What was asked for and cannot be had is an error, and nothing is written. */
static void test_no_uncertainty_file(void **state) {
    (void)state;
    FAILS(1, "--uncertainty: ", STRIPES("-o", "k3.npy", "--uncertainty", "u3.npy", "-q"));
    FAILS(1, "--uncertainty: ",
          ESTIMATE("-o", "k3.npy", "--uncertainty", "u3.npy", "--solver", "cg", "--memory-limit",
                   "1K", "-q"));
    assert_false(file_exists("k3.npy"));
    assert_false(file_exists("u3.npy"));
}

/* 63 taps take 49680 bytes. */
static void test_memory_limit(void **state) {
    (void)state;
    const char *const solvers[] = {"exact", "nnls"};
    for (size_t i = 0; i < 2; i++)
        FAILS(1, "49680 bytes",
              ESTIMATE("-o", "k.npy", "--solver", solvers[i], "--memory-limit", "31K"));
    FAILS(1, "49680 bytes",
          ESTIMATE("-o", "k.npy", "--engine", "gram", "-n", "9", "--memory-limit", "32255"));
    SUCCEEDS(ESTIMATE("-o", "k.npy", "--solver", "exact", "--memory-limit", "49k"));
    json_t *json = estimate("--memory-limit", "31K");
    assert_string_equal(json_word(json, "solver"), "cg");
    assert_true(json_is_null(json_object_get(json, "duality_gap")));
    json_decref(json);
    SUCCEEDS(ESTIMATE("--memory-limit", "31K", "--constraint", "simplex", "--json", "j.json"));
    json = json_of_file("j.json");
    assert_string_equal(json_word(json, "solver"), "fista");
    json_decref(json);
}

/* Terabytes, on any machine. */
static void test_huge_kernel(void **state) {
    (void)state;
    write_pattern("huge.npy", 1100, 1100, 1, false, CKN_SAMPLE_U8, 1);
    write_pattern("rest.npy", 101, 101, 1, false, CKN_SAMPLE_U8, 2);
    FAILS(1, "8032024000000 bytes", "estimate", "huge.npy", "rest.npy", "-k", "1000", "-o", "k.npy",
          "--solver", "exact", "--device", "cpu");
    remove("huge.npy");
    remove("rest.npy");
}

static void test_reports(void **state) {
    (void)state;
    const char *const solvers[] = {"exact", "nnls", "fista", "gd", "cg", "division"};
    for (size_t i = 0; i < sizeof solvers / sizeof solvers[0]; i++) {
        SUCCEEDS(ESTIMATE("--solver", solvers[i], "--report", "r.png", "-q"));
        ckn_picture report = read_picture("r.png");
        assert_true(report.cols == 1800 && report.rows > 1100);
        ckn_picture_release(&report);
    }
    SUCCEEDS(ESTIMATE("--report", "r.pdf", "-q"));
    char *text = file_text("r.pdf");
    assert_memory_equal(text, "%PDF-", 5);
    free(text);
    SUCCEEDS(ESTIMATE("--report", "r.svg", "-q"));
    text = file_text("r.svg");
    assert_non_null(strstr(text, "</svg>"));
    free(text);
}

/* Its place among several words of --verbose. */
static void test_verbose_says_why(void **state) {
    (void)state;
    program_run run = RUN(ESTIMATE("-o", "k.npy", "--constraint", "nonneg", "-v"));
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "clkernest estimate: solver nnls: predicted ");
    program_release(&run);
    run = RUN(ESTIMATE("-o", "k.npy", "--memory-limit", "1K", "-v"));
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "clkernest estimate: solver cg: the statistics would take 49680");
    program_release(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_least_squares),         cmocka_unit_test(test_published_case),
        cmocka_unit_test(test_not_negative),          cmocka_unit_test(test_ridge),
        cmocka_unit_test(test_total_variation),       cmocka_unit_test(test_gap),
        cmocka_unit_test(test_noise_and_figures),     cmocka_unit_test(test_uncertainty_file),
        cmocka_unit_test(test_unfinished_iterations), cmocka_unit_test(test_undetermined),
        cmocka_unit_test(test_no_uncertainty_file),   cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_huge_kernel),           cmocka_unit_test(test_reports),
        cmocka_unit_test(test_verbose_says_why),
    };
    return cmocka_run_group_tests(tests, make_pairs, leave_folder);
}
