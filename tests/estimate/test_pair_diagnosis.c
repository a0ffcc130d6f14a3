/* Figures and warnings of ckn_diagnose_pair() on pairs with known defects, and none without. */
#include "estimate/fixture.h"

#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 180, COLS = 220, TAPS = 11, OUT_ROWS = ROWS - TAPS + 1, OUT_COLS = COLS - TAPS + 1 };
static const ckn_shape x_shape = {ROWS, COLS}, h_shape = {TAPS, TAPS};

typedef struct scene {
    double *x, *y;
} scene;

/* Nearly normal: twelve uniform numbers. */
static double normal(uint64_t *state) {
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += ckn_test_uniform(state, 0, 1);
    return sum;
}

static void add_noise(double *plane, size_t count, double sigma, uint64_t seed) {
    for (size_t i = 0; i < count; i++)
        plane[i] += sigma * normal(&seed);
}

/* Discs of many sizes over slow waves, with a little texture; within [0.1, 0.9]. */
static double *draw(uint64_t seed) {
    double *x = ckn_test_array(ROWS * COLS);
    for (size_t i = 0; i < ROWS * COLS; i++) {
        size_t row = i / COLS, col = i % COLS;
        x[i] = 0.45 + 0.15 * sin((double)row / 31) * cos((double)col / 23);
    }
    for (int disc = 0; disc < 90; disc++) {
        double row = ckn_test_uniform(&seed, 0, ROWS), col = ckn_test_uniform(&seed, 0, COLS);
        double radius = ckn_test_uniform(&seed, 1, 14), value = ckn_test_uniform(&seed, 0.12, 0.88);
        for (size_t i = 0; i < ROWS * COLS; i++) {
            size_t r = i / COLS, c = i % COLS;
            if (hypot((double)r - row, (double)c - col) < radius)
                x[i] = value;
        }
    }
    for (size_t i = 0; i < ROWS * COLS; i++)
        x[i] += ckn_test_uniform(&seed, -0.02, 0.02);
    return x;
}

/* Takes x over. */
static scene blur(double *x /* NOLINT(readability-non-const-parameter) */, double sigma) {
    double h[TAPS * TAPS];
    scene made = {x, ckn_test_array(OUT_ROWS * OUT_COLS)};
    fill_gaussian(h, h_shape, sigma);
    ckn_naive_valid(made.x, x_shape, h, h_shape, made.y);
    return made;
}

static void release(scene *made) {
    free(made->x);
    free(made->y);
}

static ckn_pair views(const scene *made) {
    return (ckn_pair){.sharp = ckn_view_f64(made->x, ROWS, COLS),
                      .blurred = ckn_view_f64(made->y, OUT_ROWS, OUT_COLS)};
}

static ckn_pair_diagnosis diagnose(const ckn_pair *pair) {
    ckn_pair_diagnosis found;
    TRY_OK(ckn_diagnose_pair(pair, TAPS, TAPS, &found, &error));
    return found;
}

static void expect_warnings(const ckn_pair_diagnosis *found, unsigned expected, const char *what) {
    if (found->warnings != expected)
        ckn_test_fail("%s: warnings %u, expected %u", what, found->warnings, expected);
}

static void expect_near(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance))
        ckn_test_fail("%.10g, expected %.10g", value, expected);
}

static void test_clean(void **state) {
    (void)state;
    const double sigmas[] = {0.7, 1.5, 2.5}, noises[] = {0, 0.001, 0.01, 0.03};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            scene made = blur(draw(i), sigmas[i]);
            add_noise(made.y, OUT_ROWS * OUT_COLS, noises[j], 7);
            const ckn_pair pair = views(&made);
            const ckn_pair_diagnosis found = diagnose(&pair);
            expect_warnings(&found, 0, "a clean pair");
            expect_near(found.gain, 1, 0.02);
            expect_near(found.offset, 0, 0.01);
            assert_true(found.detail_ratio < 1);
            if (noises[j] >= 0.01) /* below that the texture of the narrow blur is more */
                expect_near(found.blurred.noise, noises[j], 0.1 * noises[j] + 0.0015);
            release(&made);
        }
    }
}

static void test_levels(void **state) {
    (void)state;
    scene made = blur(draw(3), 1.5);
    const ckn_pair pair = views(&made);
    const ckn_pair_diagnosis found = diagnose(&pair);
    double low = made.x[0], high = low, sum = 0, squares = 0;
    for (size_t i = 0; i < ROWS * COLS; i++) {
        low = fmin(low, made.x[i]);
        high = fmax(high, made.x[i]);
        sum += made.x[i] / (ROWS * COLS);
    }
    for (size_t i = 0; i < ROWS * COLS; i++)
        squares += (made.x[i] - sum) * (made.x[i] - sum) / (ROWS * COLS);
    expect_near(found.sharp.count, ROWS * COLS, 0);
    expect_near(found.blurred.count, OUT_ROWS * OUT_COLS, 0);
    expect_near(found.sharp.minimum, low, 0);
    expect_near(found.sharp.maximum, high, 0);
    expect_near(found.sharp.mean, sum, 1e-12);
    expect_near(found.sharp.deviation, sqrt(squares), 1e-12);
    expect_near(found.sharp.at_maximum, 1.0 / (ROWS * COLS), 1e-9);
    release(&made);
}

static void test_exposure(void **state) {
    (void)state;
    scene made = blur(draw(4), 2);
    for (size_t i = 0; i < OUT_ROWS * OUT_COLS; i++)
        made.y[i] = 1.2 * made.y[i] + 0.05;
    add_noise(made.y, OUT_ROWS * OUT_COLS, 0.01, 8);
    const ckn_pair pair = views(&made);
    const ckn_pair_diagnosis found = diagnose(&pair);
    expect_warnings(&found, CKN_PAIR_GAIN | CKN_PAIR_OFFSET, "another exposure");
    expect_near(found.gain, 1.2, 5 * found.gain_error);
    expect_near(found.offset, 0.05, 5 * found.offset_error);
    assert_true(found.gain_error < 0.03 && found.offset_error < 0.015);
    release(&made);
}

static void test_clipped(void **state) {
    (void)state;
    scene made = blur(draw(5), 1);
    size_t cut = 0;
    for (size_t i = 0; i < OUT_ROWS * OUT_COLS; i++) {
        cut += made.y[i] >= 0.6;
        made.y[i] = fmin(made.y[i], 0.6);
    }
    const ckn_pair pair = views(&made);
    ckn_pair_diagnosis found = diagnose(&pair);
    assert_true(found.warnings & CKN_PAIR_BLURRED_CLIPPED);
    assert_false(found.warnings & CKN_PAIR_SHARP_CLIPPED);
    assert_true(cut > 500);
    expect_near(found.blurred.clipped_high, (double)cut / (OUT_ROWS * OUT_COLS), 1e-3);
    expect_near(found.blurred.clipped_low, 0, 0);
    cut = 0;
    add_noise(made.x, ROWS * COLS, 0.02, 11);
    for (size_t i = 0; i < ROWS * COLS; i++) {
        cut += made.x[i] <= 0.3;
        made.x[i] = fmax(made.x[i], 0.3);
    }
    found = diagnose(&pair);
    assert_true(found.warnings & CKN_PAIR_SHARP_CLIPPED);
    expect_near(found.sharp.clipped_low, (double)cut / (ROWS * COLS), 1e-9);
    release(&made);
}

/* White ground and black ink, whose samples are nearly all at the limits: nothing was cut. */
static void test_drawing(void **state) {
    (void)state;
    double *x = draw(6);
    for (size_t i = 0; i < ROWS * COLS; i++)
        x[i] = x[i] > 0.5 ? 1 : 0;
    scene made = blur(x, 1.5);
    for (size_t i = 0; i < OUT_ROWS * OUT_COLS; i++)
        made.y[i] = floor(made.y[i] * 255 + 0.5) / 255;
    const ckn_pair pair = views(&made);
    const ckn_pair_diagnosis found = diagnose(&pair);
    expect_warnings(&found, 0, "a drawing");
    assert_true(found.sharp.at_minimum + found.sharp.at_maximum == 1);
    release(&made);
}

static void test_swapped(void **state) {
    (void)state;
    const double noises[] = {0, 0.01, 0.02};
    for (size_t i = 0; i < 3; i++) {
        scene made = blur(draw(7), 1.5);
        add_noise(made.x, ROWS * COLS, noises[i], 21);
        add_noise(made.y, OUT_ROWS * OUT_COLS, noises[i], 22);
        ckn_view part = ckn_view_f64(made.x, ROWS, COLS), blurred = views(&made).blurred;
        part = ckn_view_part(&part, TAPS / 2, TAPS / 2, (ckn_shape){OUT_ROWS, OUT_COLS});
        const ckn_pair pair = {.sharp = blurred, .blurred = part};
        const ckn_pair_diagnosis found = diagnose(&pair);
        expect_warnings(&found, CKN_PAIR_SHARPER, "a swapped pair");
        assert_true(found.detail_ratio > 2);
        release(&made);
    }
}

static void test_smooth(void **state) {
    (void)state;
    double *x = draw(8), *smooth = ckn_test_array(ROWS * COLS), wide[31 * 31];
    fill_gaussian(wide, (ckn_shape){31, 31}, 4);
    ckn_naive_same(x, x_shape, wide, (ckn_shape){31, 31}, smooth);
    scene made = blur(smooth, 0.8);
    add_noise(made.x, ROWS * COLS, 0.002, 31);
    add_noise(made.y, OUT_ROWS * OUT_COLS, 0.002, 32);
    const ckn_pair pair = views(&made);
    const ckn_pair_diagnosis found = diagnose(&pair);
    expect_warnings(&found, CKN_PAIR_SMOOTH, "a smooth image");
    assert_true(found.band_x < 0.15 && found.band_y < 0.15);
    assert_true(found.passed_x > 0.5 && found.passed_y > 0.5);
    free(x);
    release(&made);
}

static void test_identical(void **state) {
    (void)state;
    double *x = draw(9);
    const ckn_view view = ckn_view_f64(x, ROWS, COLS);
    const ckn_pair pair = {.sharp = view, .blurred = view};
    ckn_pair_diagnosis found = diagnose(&pair);
    expect_warnings(&found, CKN_PAIR_IDENTICAL, "the same image");
    assert_true(found.identical);
    for (size_t i = 0; i < ROWS * COLS; i++)
        x[i] = 0.5;
    found = diagnose(&pair);
    expect_warnings(&found, 0, "constants");
    assert_true(isnan(found.gain));
    free(x);
}

/* What is masked may be anything: a hidden half that is clipped, and NaN, change nothing. */
static void test_masked(void **state) {
    (void)state;
    scene made = blur(draw(10), 1.5);
    double *x_weights = ckn_test_array(ROWS * COLS);
    double *y_weights = ckn_test_array(OUT_ROWS * OUT_COLS);
    size_t left = 0;
    for (size_t i = 0; i < ROWS * COLS; i++) {
        x_weights[i] = i % COLS < 170;
        if (x_weights[i] == 0)
            made.x[i] = NAN;
    }
    for (size_t i = 0; i < OUT_ROWS * OUT_COLS; i++) {
        y_weights[i] = i % OUT_COLS < 120;
        left += y_weights[i] != 0;
        if (y_weights[i] == 0)
            made.y[i] = fmin(3 * made.y[i], 0.9);
    }
    ckn_pair pair = views(&made);
    ckn_pair_diagnosis found;
    assert_int_equal(ckn_diagnose_pair(&pair, TAPS, TAPS, &found, NULL), CKN_ERROR_DATA);
    pair.sharp_weights = ckn_view_f64(x_weights, ROWS, COLS);
    pair.blurred_weights = ckn_view_f64(y_weights, OUT_ROWS, OUT_COLS);
    found = diagnose(&pair);
    expect_warnings(&found, 0, "a masked pair");
    expect_near(found.blurred.count, (double)left, 0);
    expect_near(found.gain, 1, 0.03);
    assert_true(found.blurred.maximum < 0.9 && isfinite(found.band_x));
    memset(y_weights, 0, OUT_ROWS * OUT_COLS * sizeof *y_weights);
    found = diagnose(&pair); /* nothing is left */
    assert_true(isnan(found.gain) && isnan(found.band_x) && !found.identical);
    free(x_weights);
    free(y_weights);
    release(&made);
}

static void test_small(void **state) {
    (void)state;
    double *x = ckn_test_random_array(1, 12 * 12, 0, 1), *y = ckn_test_random_array(2, 4, 0, 1);
    const ckn_pair pair = {.sharp = ckn_view_f64(x, 12, 12), .blurred = ckn_view_f64(y, 2, 2)};
    const ckn_pair_diagnosis found = diagnose(&pair);
    expect_warnings(&found, 0, "a small pair");
    assert_true(isnan(found.gain) && isnan(found.band_x) && isnan(found.passed_y));
    free(x);
    free(y);
}

static void expect_refused(const ckn_pair *pair, size_t rows, size_t cols, ckn_code code,
                           const char *message) {
    ckn_pair_diagnosis found;
    ckn_error error = {CKN_OK, ""};
    assert_int_equal(ckn_diagnose_pair(pair, rows, cols, &found, &error), code);
    if (!strstr(error.message, message))
        ckn_test_fail("'%s' lacks '%s'", error.message, message);
}

static void test_refused(void **state) {
    (void)state;
    double x[20 * 20] = {0}, y[10 * 10] = {0};
    ckn_pair pair = {.sharp = ckn_view_f64(x, 20, 20), .blurred = ckn_view_f64(y, 10, 10)};
    ckn_error error;
    expect_refused(NULL, 11, 11, CKN_ERROR_ARGUMENT, "must not be NULL");
    assert_int_equal(ckn_diagnose_pair(&pair, 11, 11, NULL, &error), CKN_ERROR_ARGUMENT);
    expect_refused(&pair, 0, 11, CKN_ERROR_ARGUMENT, "must have a tap");
    expect_refused(&pair, 21, 3, CKN_ERROR_ARGUMENT, "fit in the sharp image (20 x 20)");
    expect_refused(&pair, 3, 11, CKN_ERROR_ARGUMENT, "must be 10 x 18 (valid) or 20 x 20 (same)");
    y[13] = NAN;
    expect_refused(&pair, 11, 11, CKN_ERROR_DATA, "the blurred image");
    x[13] = INFINITY;
    expect_refused(&pair, 11, 11, CKN_ERROR_DATA, "the sharp image");
    pair.sharp_weights = ckn_view_f64(y, 10, 10);
    expect_refused(&pair, 11, 11, CKN_ERROR_ARGUMENT, "the weight plane of the sharp image");
    pair.sharp = ckn_view_f64(NULL, 20, 20);
    expect_refused(&pair, 11, 11, CKN_ERROR_ARGUMENT, "the sharp image");
    pair = (ckn_pair){.sharp = ckn_view_f64(x, 20, 20)};
    expect_refused(&pair, 11, 11, CKN_ERROR_ARGUMENT, "the blurred image");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),    cmocka_unit_test(test_levels),
        cmocka_unit_test(test_exposure), cmocka_unit_test(test_clipped),
        cmocka_unit_test(test_drawing),  cmocka_unit_test(test_swapped),
        cmocka_unit_test(test_smooth),   cmocka_unit_test(test_identical),
        cmocka_unit_test(test_masked),   cmocka_unit_test(test_small),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests_name("pair diagnosis", tests, NULL, NULL);
}
