/* What `estimate` says about a pair: nothing about a good one, one plain note about each defect. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char cat[] = CLI_SOURCE "/samples/pictures/cat.png";
#define OPTIONS                                                                                    \
    "-k", "15", "--device", "cpu", "--solver", "exact", "--json", "d.json", "--saturation", "none"

/* The warnings of all planes, joined by blanks (to be freed); checks where they stand. */
static char *warnings_of(size_t planes, const char *channel) {
    json_t *json = json_of_file("d.json");
    const json_t *list = json_object_get(json, "diagnosis");
    char *text = calloc(1, 1024);
    assert_non_null(text);
    assert_int_equal(json_array_size(list), planes);
    assert_string_equal(json_word(json_array_get(list, planes - 1), "channel"), channel);
    for (size_t i = 0; i < planes; i++) {
        const json_t *warnings = json_object_get(json_array_get(list, i), "warnings");
        for (size_t j = 0; j < json_array_size(warnings); j++) {
            const char *word = json_string_value(json_array_get(warnings, j));
            size_t used = strlen(text);
            snprintf(text + used, 1024 - used, "%s%s", used ? " " : "", word);
        }
    }
    json_decref(json);
    return text;
}

static void simulate(const char *scene, const char *kernel, const char *noise) {
    SUCCEEDS("simulate", "--scene", scene, "--size", "300x260", "--kernel", kernel, "--kernel-size",
             "15", "--noise", noise, "--sharp", "x.npy", "--blurred", "y.npy");
}

/* A test that passes here says nothing false: standard error must be empty, too. */
static void test_good_pairs(void **state) {
    (void)state;
    const char *const scenes[] = {"shapes", cat};
    const char *const kernels[] = {"gaussian:1", "gaussian:3", "disc:4.5", "motion:9,30"};
    const char *const noises[] = {"0", "0.01", "0.03"};
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 12; j += i + 1) {
            if (i == 0)
                simulate(scenes[i], kernels[j / 3], noises[j % 3]);
            else
                SUCCEEDS("simulate", "--scene", scenes[i], "--kernel", kernels[j / 3],
                         "--kernel-size", "15", "--noise", noises[j % 3], "--sharp", "x.npy",
                         "--blurred", "y.npy");
            SUCCEEDS("estimate", "x.npy", "y.npy", OPTIONS);
            char *warnings = i == 0 ? warnings_of(1, "grey") : warnings_of(3, "B");
            assert_string_equal(warnings, "");
            free(warnings);
        }
    }
}

/* The figures have the warning; the answer makes a note of it needless. */
static void expect_answered(const char *name) {
    SUCCEEDS("estimate", "x.npy", "y.npy", OPTIONS);
    char *warnings = warnings_of(1, "grey");
    assert_string_equal(warnings, name);
    free(warnings);
}

/* Estimates from x.npy and y.npy, which has this one defect. */
static void expect_note(const char *name, const char *note, const char *rest) {
    program_run run = RUN("estimate", "x.npy", "y.npy", OPTIONS);
    assert_int_equal(run.status, 0);
    expect_contains(run.err, note);
    expect_contains(run.err, rest);
    assert_string_equal(strchr(run.err, '\n'), "\n");
    char *warnings = warnings_of(1, "grey");
    assert_string_equal(warnings, name);
    free(warnings);
    program_release(&run);
    SUCCEEDS("estimate", "x.npy", "y.npy", OPTIONS, "-q");
    run = RUN("estimate", "x.npy", "y.npy", "-k", "15", "--solver", "exact", "-o", "k.npy", "-q");
    assert_string_equal(run.err, "");
    program_release(&run);
}

/* Rewrites a file with a x + b, within [low, high]. */
static void change(const char *path, double a, double b, double low, double high) {
    ckn_picture picture = read_picture(path);
    double *samples = picture.data;
    for (size_t i = 0; i < picture.rows * picture.cols; i++)
        samples[i] = fmin(fmax(a * samples[i] + b, low), high);
    write_samples(path, samples, picture.rows, picture.cols);
    ckn_picture_release(&picture);
}

static void test_exposure(void **state) {
    (void)state;
    simulate("shapes", "gaussian:1.5", "0.005");
    change("y.npy", 1.25, 0, -9, 9);
    expect_note("gain", "clkernest estimate: note: y.npy is 1.2", "times as bright as x.npy");
    simulate("shapes", "gaussian:1.5", "0.005");
    change("y.npy", 1, -0.06, -9, 9);
    expect_answered("offset"); /* the background has it */
    program_run run = RUN("estimate", "x.npy", "y.npy", OPTIONS, "--background", "none");
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "y.npy is 0.0");
    expect_contains(run.err, "darker than a blurred x.npy would be");
    program_release(&run);
}

static void test_clipped(void **state) {
    (void)state;
    simulate("shapes", "gaussian:1.5", "0.005");
    change("y.npy", 1, 0, -9, 0.75);
    expect_note("blurred_clipped", "y.npy: ", "% of its samples are clipped, most at its highest");
    simulate("shapes", "gaussian:1.5", "0.005");
    change("x.npy", 1, 0, 0.28, 9);
    expect_note("sharp_clipped", "x.npy: ", "% of its samples are clipped, most at its lowest");
}

static void test_swapped(void **state) {
    (void)state;
    simulate("shapes", "gaussian:1.5", "0.005");
    ckn_picture sharp = read_picture("x.npy"), blurred = read_picture("y.npy");
    write_samples("x.npy", blurred.data, blurred.rows, blurred.cols);
    double *middle = malloc(blurred.rows * blurred.cols * sizeof *middle);
    assert_non_null(middle);
    for (size_t i = 0; i < blurred.rows * blurred.cols; i++)
        middle[i] = sample_at(&sharp, 0, i / blurred.cols + 7, i % blurred.cols + 7);
    write_samples("y.npy", middle, blurred.rows, blurred.cols);
    expect_note("sharper", "times the fine detail of x.npy", "were the two swapped?");
    /* The same picture twice. */
    write_samples("x.npy", middle, blurred.rows, blurred.cols);
    expect_note("identical", "x.npy and y.npy are the same picture", "name the blurred picture");
    free(middle);
    ckn_picture_release(&sharp);
    ckn_picture_release(&blurred);
}

/* A sharpening filter: true, and no reason to worry, so nothing is said. */
static void test_sharpened(void **state) {
    (void)state;
    write_text("filter.csv", "0,-0.3,0\n-0.3,2.2,-0.3\n0,-0.3,0\n");
    SUCCEEDS("simulate", "--scene", "square:80", "--size", "300x260", "--kernel", "filter.csv",
             "--support", "same", "--sharp", "x.npy", "--blurred", "y.npy");
    expect_answered("sharper"); /* the kernel is signed */
}

static void test_smooth(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--scene", "shapes", "--size", "320x280", "--kernel", "gaussian:4",
             "--kernel-size", "33", "--noise", "0.003", "--blurred", "s.npy");
    SUCCEEDS("simulate", "--scene", "s.npy", "--kernel", "gaussian:0.8", "--kernel-size", "15",
             "--noise", "0.003", "--seed", "1", "--sharp", "x.npy", "--blurred", "y.npy");
    expect_note("smooth", "x.npy has no detail finer than ",
                "its fine structure is not determined");
}

/* One note a pair, though all three channels have the defect; the pair and channel in the JSON. */
static void test_pairs_and_channels(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--scene", cat, "--kernel", "gaussian:1.5", "--kernel-size", "15",
             "--sharp", "x.npy", "--blurred", "y.npy");
    program_run run = RUN("estimate", "x.npy", "y.npy", "x.npy", "x.npy", OPTIONS);
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "note: x.npy and x.npy are the same picture");
    assert_string_equal(strchr(run.err, '\n'), "\n");
    program_release(&run);
    char *warnings = warnings_of(6, "B");
    assert_string_equal(warnings, "identical identical identical");
    free(warnings);
    json_t *json = json_of_file("d.json");
    const json_t *fourth = json_array_get(json_object_get(json, "diagnosis"), 3);
    assert_int_equal(json_number(fourth, "pair"), 2);
    assert_string_equal(json_word(fourth, "channel"), "R");
    assert_true(json_number(json_object_get(fourth, "blurred"), "std") > 0.05);
    json_decref(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_pairs),
        cmocka_unit_test(test_exposure),
        cmocka_unit_test(test_clipped),
        cmocka_unit_test(test_swapped),
        cmocka_unit_test(test_sharpened),
        cmocka_unit_test(test_smooth),
        cmocka_unit_test(test_pairs_and_channels),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
