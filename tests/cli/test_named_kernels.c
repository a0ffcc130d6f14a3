/* What `estimate` says about the kernel and the residual beyond their numbers. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 13, POINTS = 101 };

/* sharp.npy, and blurred by a disc of radius 3.5 with noise. */
static int make_pair(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--size", "150x120", "--kernel", "disc:3.5", "--kernel-size", "13",
             "--noise", "0.005", "--sharp", "sharp.npy", "--blurred", "disc.npy");
    return 0;
}

#define ESTIMATE(blurred, ...)                                                                     \
    "estimate", "sharp.npy", blurred, "-k", "13", "--device", "cpu", __VA_ARGS__

static json_t *estimate(const char *sharp, const char *blurred, const char *option,
                        const char *value) {
    const char *words[] = {"estimate", sharp,    blurred, "-k",   "13",  "--device", "cpu",
                           "--json",   "j.json", "-q",    option, value, NULL};
    free(program_output(words));
    return json_of_file("j.json");
}

static const json_t *fit_of(const json_t *family, const char *name) {
    const json_t *fits = json_object_get(family, "fits");
    for (size_t i = 0; i < json_array_size(fits); i++) {
        const json_t *fit = json_array_get(fits, i);
        if (strcmp(json_word(fit, "family"), name) == 0)
            return fit;
    }
    fail_msg("no fit of %s", name);
    return NULL;
}

static void test_family(void **state) {
    (void)state;
    char *text = OUTPUT(ESTIMATE("disc.npy", "-o", "k.npy"));
    expect_contains(text, "family        disc, radius 3.");
    expect_contains(text, " (chi^2 ");
    free(text);
    json_t *json = estimate("sharp.npy", "disc.npy", NULL, NULL);
    const json_t *family = json_object_get(json, "family");
    assert_string_equal(json_word(family, "name"), "disc");
    assert_string_equal(json_word(family, "nearest"), "disc");
    assert_true(json_array_size(json_object_get(family, "fits")) >= 5);
    expect_contains(json_word(family, "text"), "disc, radius 3.");
    const json_t *disc = json_array_get(json_object_get(family, "fits"), 0);
    const json_t *value = json_object_get(disc, "value"), *error = json_object_get(disc, "error");
    assert_true(json_is_true(json_object_get(disc, "fits")));
    assert_string_equal(json_word(disc, "ground"), "noise");
    assert_true(json_is_false(json_object_get(disc, "refused")));
    assert_true(fabs(json_number(value, "radius") - 3.5) < 4 * json_number(error, "radius"));
    assert_true(fabs(json_number(value, "center_x") - 6) < 4 * json_number(error, "center_x"));
    assert_true(json_number(error, "radius") < 0.02);
    assert_null(json_object_get(value, "sigma"));
    const json_t *gaussian = fit_of(family, "gaussian");
    assert_true(json_is_false(json_object_get(gaussian, "fits")));
    assert_true(json_number(gaussian, "chi_square") > 2 * json_number(disc, "chi_square"));
    assert_true(json_number(fit_of(family, "extended-box"), "passes") >= 1);
    json_decref(json);
}

/* The other families in words, and none. */
static void test_families_in_words(void **state) {
    (void)state;
    static const struct {
        const char *kernel, *expected;
    } cases[] = {{"gaussian:1.7", "family        Gaussian blur, sigma 1."},
                 {"box:5", "family        rectangle 5 x 5 (chi^2 "},
                 {"motion:7,30", "family        motion, "},
                 {"cross.csv", "family        none fits; nearest: "},
                 {"ellipse.csv", "family        elliptic Gaussian blur, sigma 1."}};
    write_text("cross.csv", "1,0,0,0,1\n0,0,0,0,0\n0,0,0,0,0\n0,0,0,0,0\n1,0,0,0,1\n");
    FILE *file = fopen("ellipse.csv", "w");
    assert_non_null(file);
    for (int i = 0; i < SIDE * SIDE; i++) {
        const int row = i / SIDE, col = i % SIDE;
        const double x = col - 6, y = row - 6;
        fprintf(file, "%.17g%c", exp(-0.5 * (x * x / 3 + y * y)), i % SIDE == 12 ? '\n' : ',');
    }
    fclose(file);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SUCCEEDS("simulate", "--size", "150x120", "--kernel", cases[i].kernel, "--noise", "0.005",
                 "--support", "same", "--sharp", "s.npy", "--blurred", "b.npy");
        program_run run = RUN("estimate", "s.npy", "b.npy", "-k", "13", "--device", "cpu", "-o",
                              "k.npy", "--report", "r.png");
        assert_int_equal(run.status, 0);
        expect_contains(run.out, cases[i].expected);
        program_release(&run);
    }
}

/* Where there are no errors there is no family; a large kernel has none, with the reason. One of
 * few taps is named by a frame that is wider. */
static void test_no_family(void **state) {
    (void)state;
    json_t *json = estimate("sharp.npy", "disc.npy", "--iterations", "2");
    assert_true(json_is_null(json_object_get(json, "family")));
    assert_string_equal(json_word(json, "family_reason"), json_word(json, "uncertainty_reason"));
    assert_true(json_is_object(json_object_get(json, "residual_quality")));
    json_decref(json);
    SUCCEEDS("simulate", "--size", "90", "--kernel", "box:2", "--noise", "0.01", "--sharp", "s.npy",
             "--blurred", "b.npy", "--support", "same");
    char *text =
        OUTPUT("estimate", "s.npy", "b.npy", "-k", "2", "--device", "cpu", "--json", "j.json");
    expect_contains(text, "family        rectangle 2 x 2 (chi^2 ");
    free(text);
    json = json_of_file("j.json");
    assert_string_equal(json_word(json_object_get(json, "family"), "name"), "rectangle");
    assert_true(json_is_null(json_object_get(json, "uncertainty_reason")));
    json_decref(json);
    program_run run = RUN("estimate", "s.npy", "b.npy", "-k", "51", "--constraint", "simplex",
                          "--device", "cpu", "--json", "j.json");
    assert_int_equal(run.status, 0);
    expect_contains(run.out, "family        none: the kernel has more than 2500 taps\n");
    program_release(&run);
    json = json_of_file("j.json");
    expect_contains(json_word(json, "family_reason"), "taps");
    json_decref(json);
}

/* Reads the numbers of a line that ends in a line break; returns what follows it. */
static char *read_line(char *line, double *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char *end;
        numbers[i] = strtod(line, &end);
        assert_true(end != line && *end == (i + 1 < count ? ',' : '\n'));
        line = end + 1;
    }
    return line;
}

static void test_curves(void **state) {
    (void)state;
    double numbers[4] = {0};
    SUCCEEDS(ESTIMATE("disc.npy", "--mtf", "m.csv", "--encircled", "e.csv"));
    char *text = file_text("m.csv"), *line = text + 21;
    assert_true(strncmp(text, "frequency,x,y,radial\n", 21) == 0);
    for (size_t i = 0; i < POINTS; i++) {
        line = read_line(line, numbers, 4);
        assert_true(fabs(numbers[0] - 0.005 * (double)i) < 1e-12);
        for (int j = 1; j < 4 && i == 0; j++)
            assert_true(fabs(numbers[j] - 1) < 1e-12);
    }
    assert_int_equal(*line, '\0');
    free(text);
    text = file_text("e.csv");
    line = text + 14;
    assert_true(strncmp(text, "radius,energy\n", 14) == 0);
    for (size_t i = 0; i < POINTS; i++) {
        line = read_line(line, numbers, 2);
        assert_true(i > 0 || (numbers[0] == 0 && numbers[1] == 0));
    }
    assert_int_equal(*line, '\0');
    assert_true(fabs(numbers[0] - 13 / sqrt(2.0)) < 1e-9 && fabs(numbers[1] - 1) < 0.01);
    free(text);
    FAILS(2, "m.png: a curve is a CSV file", ESTIMATE("disc.npy", "--mtf", "m.png"));
    FAILS(2, "e.npy: a curve is a CSV file", ESTIMATE("disc.npy", "--encircled", "e.npy"));
    FAILS(1, "no-folder", ESTIMATE("disc.npy", "-o", "k.npy", "--mtf", "no-folder/m.csv"));
}

static void test_figures(void **state) {
    (void)state;
    char *text = OUTPUT(ESTIMATE("disc.npy", "-o", "k.npy", "--constraint", "simplex"));
    expect_contains(text, "encircled     50 % within 2.");
    expect_contains(text, "MTF50         x 0.");
    free(text);
    json_t *json = estimate("sharp.npy", "disc.npy", "--constraint", "simplex");
    /* A disc: E(r) = (r / R)^2, and 2 J1(z) / z = 1/2 at z = 2.2151. */
    assert_true(fabs(json_number(json, "radius_50") - 3.5 * sqrt(0.5)) < 0.05);
    assert_true(fabs(json_number(json, "radius_80") - 3.5 * sqrt(0.8)) < 0.06);
    assert_true(fabs(json_number(json, "radius_90") - 3.5 * sqrt(0.9)) < 0.15);
    const double half = 2.2151 / (2 * acos(-1.0) * 3.5);
    assert_true(fabs(json_number(json, "mtf50") / half - 1) < 0.03);
    assert_true(fabs(json_number(json, "mtf50_x") / half - 1) < 0.03);
    assert_true(fabs(json_number(json, "mtf50_y") / half - 1) < 0.03);
    assert_true(json_number(json, "ellipticity") < 0.02);
    json_decref(json);
}

static void test_residual(void **state) {
    (void)state;
    char *text = OUTPUT(ESTIMATE("disc.npy", "-o", "k.npy"));
    expect_contains(text, "quality       white, largest correlation ");
    expect_contains(text, "against the noise of BLURRED\n");
    expect_lacks(text, "note          the residual");
    free(text);
    json_t *json = estimate("sharp.npy", "disc.npy", NULL, NULL);
    const json_t *quality = json_object_get(json, "residual_quality");
    assert_true(json_is_true(json_object_get(quality, "white")));
    assert_true(json_is_false(json_object_get(quality, "heavy_tails")));
    assert_true(fabs(json_number(quality, "noise_reference") / 0.005 - 1) < 0.2);
    json_decref(json);
    /* A window that cuts the disc. */
    SUCCEEDS("simulate", "--size", "150x120", "--kernel", "disc:3.5", "--noise", "0.005",
             "--support", "same", "--sharp", "s.npy", "--blurred", "b.npy");
    text = OUTPUT("estimate", "s.npy", "b.npy", "-k", "5", "--device", "cpu", "-o", "k.npy");
    expect_contains(text, "quality       not white");
    expect_contains(text, "note          the kernel reaches its border (");
    free(text);
}

/* One sample in a hundred is broken. */
static void test_outliers(void **state) {
    (void)state;
    ckn_picture blurred = read_picture("disc.npy");
    const size_t count = blurred.rows * blurred.cols;
    double *samples = malloc(count * sizeof *samples);
    assert_non_null(samples);
    for (size_t i = 0; i < count; i++)
        samples[i] = pattern(1, i) < 0.01
                         ? pattern(2, i)
                         : sample_at(&blurred, 0, i / blurred.cols, i % blurred.cols);
    write_samples("broken.npy", samples, blurred.rows, blurred.cols);
    free(samples);
    ckn_picture_release(&blurred);
    char *text = OUTPUT(ESTIMATE("broken.npy", "-o", "k.npy", "--report", "r.png"));
    expect_contains(text, ", heavy tails\n");
    expect_contains(text, "note          the residual has heavy tails: ");
    expect_contains(text, "--robust");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_family),    cmocka_unit_test(test_families_in_words),
        cmocka_unit_test(test_no_family), cmocka_unit_test(test_curves),
        cmocka_unit_test(test_figures),   cmocka_unit_test(test_residual),
        cmocka_unit_test(test_outliers),
    };
    return cmocka_run_group_tests(tests, make_pair, leave_folder);
}
