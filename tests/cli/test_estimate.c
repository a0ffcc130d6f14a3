/* `estimate` from files to files. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 7, COLS = 9, TAPS = ROWS * COLS };

/* sharp.npy, blurred.npy (valid), same.npy and true.npy with a kernel 9 wide and 7 high. */
static int make_pair(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--scene", "noise", "--size", "60x50", "--kernel", "motion:6,20",
             "--kernel-size", "9x7", "--sharp", "sharp.npy", "--blurred", "blurred.npy",
             "--kernel-out", "true.npy");
    SUCCEEDS("simulate", "--scene", "noise", "--size", "60x50", "--kernel", "true.npy", "--support",
             "same", "--blurred", "same.npy");
    return 0;
}

#define ESTIMATE(...)                                                                              \
    "estimate", "sharp.npy", "blurred.npy", "--kernel-size", "9x7", "--device", "cpu", __VA_ARGS__

static double kernel_error(const char *path) {
    double *taps = read_kernel(path, ROWS, COLS), *known = read_kernel("true.npy", ROWS, COLS);
    double difference = relative_difference(taps, known, TAPS);
    free(taps);
    free(known);
    return difference;
}

static void test_finds_the_kernel(void **state) {
    (void)state;
    char *summary = OUTPUT(ESTIMATE("-o", "k.npy"));
    assert_true(kernel_error("k.npy") < 1e-9);
    const char *const lines[] = {"device        cpu",
                                 "sharp         sharp.npy, 60x50",
                                 "blurred       blurred.npy, 52x44",
                                 "channels      grey",
                                 "solver        nnls, engine gram, constraint nonneg\n",
                                 "stopped       the set of non-zero taps is optimal\n",
                                 "optimal to    KKT residual ",
                                 ", duality gap ",
                                 "condition     ",
                                 "residual      RMS ",
                                 "PSNR          ",
                                 "noise         ",
                                 " RMS in BLURRED, by the residual (",
                                 "kernel        9x7, sum 1.000000 +/- ",
                                 "centroid      x ",
                                 "std dev       x ",
                                 "FWHM          x ",
                                 "time          setup ",
                                 "written       k.npy"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        expect_contains(summary, lines[i]);
    expect_lacks(summary, "iterations    ");
    free(summary);
}

/* Options that only an iteration has a use for are a wish for one. */
static void test_iterates_where_asked(void **state) {
    (void)state;
    const char *const options[] = {"--iterations=500", "--tolerance=1e-6", "--step=1e-5",
                                   "--no-restart",     "--gap=1e-9",       "--history=h.csv"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char *summary = OUTPUT(ESTIMATE("-o", "k.npy", options[i]));
        expect_contains(summary, "solver        fista, engine ");
        expect_contains(summary, "iterations    ");
        free(summary);
    }
    char *summary = OUTPUT(ESTIMATE("-o", "k.npy", "--solver", "fista"));
    assert_true(kernel_error("k.npy") < 1e-4);
    expect_contains(summary, "(1/L)");
    expect_contains(summary, "stopped       relative change");
    expect_contains(summary, "optimal to    KKT residual ");
    free(summary);
}

static void test_same_size(void **state) {
    (void)state;
    char *summary =
        OUTPUT("estimate", "sharp.npy", "same.npy", "-k", "9x7", "-o", "k.npy", "--device", "cpu");
    assert_true(kernel_error("k.npy") < 1e-4);
    expect_contains(summary, "same size, cropped to the valid part");
    free(summary);
}

static void test_solvers_engines_constraints(void **state) {
    (void)state;
    const char *const engines[] = {"direct", "fft"};
    const char *const constraints[] = {"none", "nonneg", "simplex"};
    for (size_t e = 0; e < 2; e++) {
        for (size_t c = 0; c < 3; c++) {
            char *text = OUTPUT(ESTIMATE("--engine", engines[e], "--constraint", constraints[c],
                                         "--json", "-", "-q", "-o", "k.npy"));
            json_t *json = json_of_text(text);
            assert_string_equal(json_word(json, "engine"), engines[e]);
            assert_string_equal(json_word(json, "constraint"), constraints[c]);
            assert_true(kernel_error("k.npy") < 1e-3);
            json_decref(json);
            free(text);
        }
    }
    for (size_t c = 0; c < 3; c++) {
        SUCCEEDS(ESTIMATE("--solver", "fista", "--engine", "gram", "--constraint", constraints[c],
                          "-o", "k.npy"));
        assert_true(kernel_error("k.npy") < 1e-3);
    }
    SUCCEEDS(ESTIMATE("--solver", "gd", "-n", "2000", "-o", "k.npy"));
    assert_true(kernel_error("k.npy") < 0.01);
    SUCCEEDS(ESTIMATE("--solver", "fista", "--no-restart", "-o", "k.npy"));
    assert_true(kernel_error("k.npy") < 0.01);
}

static void test_division(void **state) {
    (void)state;
    char *text = OUTPUT(ESTIMATE("--solver", "division", "--json", "-", "-q"));
    json_t *json = json_of_text(text);
    assert_string_equal(json_word(json, "solver"), "division");
    assert_string_equal(json_word(json, "stop_reason"), "closed-form");
    json_decref(json);
    free(text);
}

static void test_json(void **state) {
    (void)state;
    SUCCEEDS(ESTIMATE("--json", "j.json", "--quiet"));
    json_t *json = json_of_file("j.json");
    const char *const words[] = {"device",     "device_name", "engine",  "solver", "stop_reason",
                                 "constraint", "channels",    "version", "sharp",  "blurred"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        json_word(json, words[i]);
    const char *const numbers[] = {"iterations",     "objective",
                                   "residual_norm",  "residual_rms",
                                   "kernel_sum",     "seconds_total",
                                   "seconds_solve",  "seconds_setup",
                                   "kernel_rows",    "kernel_cols",
                                   "restarts",       "lipschitz",
                                   "step",           "psnr",
                                   "centroid_x",     "centroid_y",
                                   "std_x",          "std_y",
                                   "std_major",      "std_minor",
                                   "fwhm_x",         "fwhm_y",
                                   "seconds_upload", "seconds_compute",
                                   "orientation",    "seconds_download",
                                   "kkt_residual",   "duality_gap",
                                   "rank",           "condition",
                                   "lambda",         "seconds_statistics"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        json_number(json, numbers[i]);
    assert_true(json_is_true(json_object_get(json, "converged")));
    assert_string_equal(json_word(json, "device"), "cpu");
    assert_int_equal(json_number(json, "kernel_rows"), ROWS);
    assert_int_equal(json_number(json, "kernel_cols"), COLS);
    double norm = json_number(json, "residual_norm");
    assert_true(fabs(json_number(json, "objective") - 0.5 * norm * norm) <= 1e-12 * norm * norm);
    double solve = json_number(json, "seconds_upload") + json_number(json, "seconds_compute") +
                   json_number(json, "seconds_download");
    assert_true(fabs(solve - json_number(json, "seconds_solve")) < 1e-9);
    assert_true(json_number(json, "seconds_total") >= solve);
    assert_true(fabs(json_number(json, "kernel_sum") - 1.0) < 1e-9);
    assert_string_equal(json_word(json, "solver"), "nnls");
    assert_string_equal(json_word(json, "engine"), "gram");
    assert_int_equal(json_number(json, "rank"), TAPS);
    assert_true(json_number(json, "condition") > 1);
    assert_true(json_number(json, "seconds_statistics") <= json_number(json, "seconds_compute"));
    const json_t *pairs = json_object_get(json, "pairs");
    assert_int_equal(json_array_size(pairs), 1);
    assert_string_equal(json_word(json_array_get(pairs, 0), "sharp"), "sharp.npy");
    json_decref(json);
}

/* What does not exist is null, not NaN, which no JSON reader takes. */
static void test_json_null(void **state) {
    (void)state;
    write_constant("zero.npy", 44, 52, 0.0);
    char *text = OUTPUT("estimate", "sharp.npy", "zero.npy", "-k", "9x7", "--json", "-", "-q",
                        "--device", "cpu");
    json_t *json = json_of_text(text);
    assert_true(json_is_null(json_object_get(json, "centroid_x")));
    assert_true(json_is_null(json_object_get(json, "psnr")));
    json_decref(json);
    free(text);
}

static void test_standard_output(void **state) {
    (void)state;
    /* CSV there: the summary moves to standard error. */
    program_run run = RUN(ESTIMATE("-o", "-"));
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "solver        nnls");
    write_text("k.csv", run.out);
    assert_true(kernel_error("k.csv") < 1e-4);
    program_release(&run);
    run = RUN(ESTIMATE("--json", "-", "-o", "k.npy"));
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "solver        nnls");
    json_decref(json_of_text(run.out));
    program_release(&run);
}

static void test_quiet_and_verbose(void **state) {
    (void)state;
    char *text = OUTPUT(ESTIMATE("-o", "k.npy", "-q"));
    assert_string_equal(text, "");
    free(text);
    program_run run = RUN(ESTIMATE("-o", "k.npy", "-v"));
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "clkernest estimate: solver exact: predicted ");
    expect_lacks(run.err, "\r");
    program_release(&run);
}

static void test_history(void **state) {
    (void)state;
    SUCCEEDS(ESTIMATE("--history", "h.csv", "-o", "k.npy", "-n", "20", "--tolerance", "0",
                      "--repeat", "2", "--json", "j.json"));
    char *text = file_text("h.csv");
    assert_non_null(text);
    expect_contains(text, "iteration,objective,residual_norm,step,restarted\n0,");
    char *line = strchr(text, '\n') + 1;
    double previous = INFINITY;
    for (int i = 0; i <= 20; i++) {
        double iteration, objective, norm, step;
        int restarted;
        /* NOLINTNEXTLINE(cert-err34-c): the count says whether all were read */
        assert_int_equal(
            sscanf(line, "%lf,%lf,%lf,%lf,%d", &iteration, &objective, &norm, &step, &restarted),
            5);
        assert_true(iteration == i && step > 0.0);
        assert_true(fabs(objective - 0.5 * norm * norm) <= 1e-12 * objective);
        assert_true(objective <= 1.5 * previous);
        previous = objective;
        line = strchr(line, '\n') + 1;
    }
    assert_string_equal(line, "");
    json_t *json = json_of_file("j.json");
    assert_true(fabs(json_number(json, "objective") - previous) <= 1e-9 * previous);
    assert_string_equal(json_word(json, "stop_reason"), "iterations");
    assert_true(json_is_false(json_object_get(json, "converged")));
    json_decref(json);
    free(text);
}

static void test_repeat(void **state) {
    (void)state;
    char *text = OUTPUT(ESTIMATE("--repeat", "4", "--json", "-", "-q", "-n", "5"));
    json_t *json = json_of_text(text);
    assert_int_equal(json_number(json, "repeat"), 4);
    assert_true(json_number(json, "seconds_total") >= 3 * json_number(json, "seconds_compute"));
    json_decref(json);
    free(text);
}

static void test_outputs(void **state) {
    (void)state;
    char *text = OUTPUT(ESTIMATE("-o", "k.png", "--report", "r.png"));
    expect_contains(text, "note          k.png is a picture");
    expect_contains(text, "written       k.png, r.png");
    ckn_picture report = read_picture("r.png");
    assert_int_equal(report.channels, 3);
    assert_true(report.cols > 1000);
    ckn_picture_release(&report);
    SUCCEEDS(ESTIMATE("-o", "k.csv"));
    assert_true(kernel_error("k.csv") < 1e-4);
    free(text);
}

/* The part of both images, wherever they are 'valid' or 'same', gives the same kernel. */
static void test_region(void **state) {
    (void)state;
    char *text = OUTPUT(ESTIMATE("--roi", "5,3,45x40", "-o", "k.npy"));
    expect_contains(text, "region        45x40 from column 5, row 3");
    assert_true(kernel_error("k.npy") < 1e-3);
    free(text);
    SUCCEEDS("estimate", "sharp.npy", "same.npy", "-k", "9x7", "-o", "k.npy", "--device", "cpu",
             "--roi", "5,3,45x40");
    assert_true(kernel_error("k.npy") < 1e-3);
    FAILS(1, "--roi 30,3,45x40 reaches beyond sharp.npy, which is 60x50",
          ESTIMATE("--roi", "30,3,45x40", "-o", "k.npy"));
    FAILS(1, "the kernel (9x7) is larger than the --roi of sharp.npy (8x8)",
          ESTIMATE("--roi", "0,0,8x8", "-o", "k.npy"));
}

static void test_device_from_environment(void **state) {
    (void)state;
    setenv("CLKERNEST_DEVICE", "cpu", 1);
    char *text = OUTPUT("estimate", "sharp.npy", "blurred.npy", "-k", "9x7", "-o", "k.npy");
    expect_contains(text, "from CLKERNEST_DEVICE");
    free(text);
    setenv("CLKERNEST_DEVICE", "no such device", 1);
    FAILS(1, "no such device", "estimate", "sharp.npy", "blurred.npy", "-k", "9x7", "-o", "k.npy");
    unsetenv("CLKERNEST_DEVICE");
}

static void test_notes_on_the_kernel(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--scene", "noise", "--size", "60", "--kernel", "box:5", "--sharp",
             "s.npy", "--blurred", "b.npy");
    char *text = OUTPUT("estimate", "s.npy", "b.npy", "-k", "5", "--device", "cpu", "-o", "k.npy");
    expect_lacks(text, "reaches its border"); /* all is explained */
    expect_lacks(text, "signed kernel");
    free(text);
    SUCCEEDS("simulate", "--scene", "noise", "--size", "60", "--kernel", "box:5", "--support",
             "same", "--sharp", "s3.npy", "--blurred", "b3.npy");
    text = OUTPUT("estimate", "s3.npy", "b3.npy", "-k", "3", "--device", "cpu", "-o", "k.npy");
    expect_contains(text, "note          the kernel reaches its border (");
    expect_contains(text, " % of it lies there): try a larger --kernel-size\n");
    free(text);
    text = OUTPUT("estimate", "s.npy", "b.npy", "-k", "5", "--device", "cpu", "-o", "k.npy", "-n",
                  "1", "--repeat", "2");
    expect_contains(text, "or --constraint simplex or nonneg if the kernel is a PSF\n");
    expect_contains(text, "(times of 1 run after the first)");
    free(text);
    text = OUTPUT("estimate", "s.npy", "b.npy", "-k", "5", "--device", "cpu", "-o", "k.npy", "-n",
                  "1", "--constraint", "nonneg");
    expect_lacks(text, "PSF");
    free(text);
}

/* A sharpening kernel: its moments are no means, and there is no half maximum at its sides. */
static void test_signed_kernel(void **state) {
    (void)state;
    write_text("sharpen.csv", "0,0,0,0,0\n0,0,-1,0,0\n0,-1,5,-1,0\n0,0,-1,0,0\n0,0,0,0,0\n");
    SUCCEEDS("simulate", "--scene", "noise", "--size", "60", "--kernel", "sharpen.csv", "--sharp",
             "s.npy", "--blurred", "b.npy");
    char *text = OUTPUT("estimate", "s.npy", "b.npy", "-k", "5", "--device", "cpu", "-o", "k.npy",
                        "--report", "r.png");
    expect_contains(text, "centroid      none: taps of both signs cancel");
    expect_lacks(text, "FWHM");
    expect_lacks(text, "encircled");
    expect_lacks(text, "MTF50");
    expect_lacks(text, "reaches its border");
    expect_lacks(text, "nan");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notes_on_the_kernel),
        cmocka_unit_test(test_signed_kernel),
        cmocka_unit_test(test_finds_the_kernel),
        cmocka_unit_test(test_iterates_where_asked),
        cmocka_unit_test(test_same_size),
        cmocka_unit_test(test_solvers_engines_constraints),
        cmocka_unit_test(test_division),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_null),
        cmocka_unit_test(test_standard_output),
        cmocka_unit_test(test_quiet_and_verbose),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_repeat),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_region),
        cmocka_unit_test(test_device_from_environment),
    };
    return cmocka_run_group_tests(tests, make_pair, leave_folder);
}
