/* The translation between two pictures. */
#include "estimate/fixture.h"
#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 240, BIG = 360, PLACE = 60 };

/* A scene of discs of all sizes, as photographs have them (dead leaves), which goes on beyond what
 * is taken of it. */
static double *leaves(uint64_t seed) {
    double *scene = ckn_test_array((size_t)BIG * BIG);
    uint64_t state = seed;
    for (size_t n = 0; n < 4000; n++) {
        const double radius = 3 / sqrt(0.002 + 0.3 * ckn_test_uniform(&state, 0, 1));
        const double row = ckn_test_uniform(&state, 0, BIG), col = ckn_test_uniform(&state, 0, BIG);
        const double value = ckn_test_uniform(&state, 0, 1);
        for (size_t r = (size_t)fmax(0, row - radius); r < fmin(BIG, row + radius); r++) {
            for (size_t c = (size_t)fmax(0, col - radius); c < fmin(BIG, col + radius); c++) {
                const double y = (double)r - row, x = (double)c - col;
                if (x * x + y * y < radius * radius)
                    scene[r * BIG + c] = value;
            }
        }
    }
    return scene;
}

static double *blur(const double *scene, double sigma) {
    const ckn_shape shape = {BIG, BIG}, taps = {31, 31};
    double *out = ckn_test_array((size_t)BIG * BIG), *h = ckn_test_array(ckn_shape_count(taps));
    fill_gaussian(h, taps, sigma);
    ckn_naive_same(scene, shape, h, taps, out);
    free(h);
    return out;
}

static void add_noise(double *samples, double sigma) {
    uint64_t state = 77;
    for (size_t i = 0; i < (size_t)BIG * BIG; i++) {
        double sum = -6;
        for (int n = 0; n < 12; n++)
            sum += ckn_test_uniform(&state, 0, 1);
        samples[i] += sigma * sum;
    }
}

static ckn_view window(const double *scene, ptrdiff_t row, ptrdiff_t col) {
    ckn_view view = ckn_view_f64(scene, BIG, BIG);
    return ckn_view_part(&view, (size_t)row, (size_t)col, (ckn_shape){SIDE, SIDE});
}

static ckn_shift find(ckn_view sharp, ckn_view blurred) {
    const ckn_pair pair = {.sharp = sharp, .blurred = blurred};
    ckn_shift shift;
    TRY_OK(ckn_find_shift(ckn_test_context(), &pair, &shift, &error));
    return shift;
}

static void check_shifts(const double *scene, const double *blurred, double tolerance) {
    static const ptrdiff_t shifts[][2] = {{0, 0}, {3, -2}, {-30, 41}, {60, 12}, {-60, -60}};
    for (size_t i = 0; i < sizeof shifts / sizeof shifts[0]; i++) {
        const ckn_shift shift = find(window(scene, PLACE, PLACE),
                                     window(blurred, PLACE - shifts[i][0], PLACE - shifts[i][1]));
        const double row = (double)shifts[i][0], col = (double)shifts[i][1];
        if (!shift.found || fabs(shift.row - row) > tolerance || fabs(shift.col - col) > tolerance)
            ckn_test_fail("shift %g, %g: found %d, %.2f, %.2f (significance %.2g)", row, col,
                          shift.found, shift.row, shift.col, shift.significance);
    }
}

static void test_shifts(void **state) {
    (void)state;
    double *scene = leaves(1);
    check_shifts(scene, scene, 0.01);
    static const struct {
        double sigma, noise, tolerance;
    } cases[] = {{1, 0, 0.2}, {2, 0.03, 0.3}, {5, 0.01, 1.2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double *blurred = blur(scene, cases[i].sigma);
        add_noise(blurred, cases[i].noise);
        check_shifts(scene, blurred, cases[i].tolerance);
        free(blurred);
    }
    free(scene);
}

/* White pictures have no noise floor to tell from detail. */
static void test_white(void **state) {
    (void)state;
    double *scene = ckn_test_random_array(3, (size_t)BIG * BIG, 0, 1);
    check_shifts(scene, scene, 0.01);
    free(scene);
}

/* A smaller blurred image lies in the middle of the sharp one. */
static void test_valid_size(void **state) {
    (void)state;
    double *scene = leaves(2);
    const ckn_view sharp = window(scene, 50, 50), moved = window(scene, 30, 65);
    const ckn_view part = ckn_view_part(&moved, 10, 10, (ckn_shape){SIDE - 20, SIDE - 20});
    const ckn_shift shift = find(sharp, part);
    assert_true(shift.found);
    assert_true(fabs(shift.row - 20) < 0.1 && fabs(shift.col + 15) < 0.1);
    free(scene);
}

/* Averaged over squares: the shift is known to a part of a pixel of the small picture. */
static void test_large_picture(void **state) {
    (void)state;
    enum { FACTOR = 3, LARGE = FACTOR * SIDE };
    double *scene = leaves(3), *large[2];
    for (size_t k = 0; k < 2; k++) {
        const ckn_view view = k == 0 ? window(scene, 50, 50) : window(scene, 70, 35);
        large[k] = ckn_test_array((size_t)LARGE * LARGE);
        for (size_t i = 0; i < (size_t)LARGE * LARGE; i++)
            large[k][i] = ckn_view_at(&view, i / LARGE / FACTOR, i % LARGE / FACTOR);
    }
    const ckn_shift shift =
        find(ckn_view_f64(large[0], LARGE, LARGE), ckn_view_f64(large[1], LARGE, LARGE));
    assert_true(shift.found);
    assert_true(fabs(shift.row + 60) < 1 && fabs(shift.col - 45) < 1);
    free(large[0]);
    free(large[1]);
    free(scene);
}

static void expect_none(ckn_view sharp, ckn_view blurred, const char *what) {
    const ckn_shift shift = find(sharp, blurred);
    if (shift.found || shift.row != 0 || shift.col != 0)
        ckn_test_fail("%s: a shift of %.2f, %.2f (significance %.3g)", what, shift.row, shift.col,
                      shift.significance);
}

static void test_no_false_alarms(void **state) {
    (void)state;
    double *stripes = ckn_test_array((size_t)BIG * BIG);
    for (size_t seed = 20; seed < 24; seed++) {
        double *one = leaves(seed), *other = leaves(seed + 100);
        double *noise = ckn_test_random_array(seed, (size_t)BIG * BIG, 0, 1);
        double *more = ckn_test_random_array(seed + 50, (size_t)BIG * BIG, 0, 1);
        expect_none(window(one, 0, 0), window(other, 0, 0), "unrelated scenes");
        expect_none(window(one, 0, 0), window(noise, 0, 0), "noise");
        expect_none(window(noise, 0, 0), window(more, 0, 0), "two kinds of noise");
        free(one);
        free(other);
        free(noise);
        free(more);
    }
    for (size_t period = 6; period < 40; period += 9) {
        for (size_t i = 0; i < (size_t)BIG * BIG; i++)
            stripes[i] = (double)((i / BIG / (period / 2) + i % BIG / (period / 2)) % 2);
        expect_none(window(stripes, 0, 0), window(stripes, 2, 3), "a chequerboard");
    }
    for (size_t i = 0; i < (size_t)BIG * BIG; i++)
        stripes[i] = 0.5;
    expect_none(window(stripes, 0, 0), window(stripes, 0, 0), "pictures of one value");
    ckn_view small = ckn_view_f64(stripes, 15, 100);
    expect_none(small, small, "small pictures");
    free(stripes);
}

/* What is masked may be anything. */
static void test_masked(void **state) {
    (void)state;
    double *scene = leaves(4), *weights = ckn_test_array((size_t)BIG * BIG);
    double *blurred = blur(scene, 1);
    for (size_t i = 0; i < (size_t)BIG * BIG; i++) {
        weights[i] = i / BIG % 40 < 4 || i % BIG % 50 < 5 ? 0 : 1;
        if (weights[i] == 0)
            blurred[i] = NAN;
    }
    const ckn_pair pair = {.sharp = window(scene, 60, 60),
                           .blurred = window(blurred, 40, 91),
                           .blurred_weights = window(weights, 40, 91)};
    ckn_shift shift;
    TRY_OK(ckn_find_shift(ckn_test_context(), &pair, &shift, &error));
    assert_true(shift.found);
    assert_true(fabs(shift.row - 20) < 0.5 && fabs(shift.col + 31) < 0.5);
    free(scene);
    free(weights);
    free(blurred);
}

static void test_errors(void **state) {
    (void)state;
    double *samples = ckn_test_random_array(9, 400, 0, 1);
    ckn_pair pair = {.sharp = ckn_view_f64(samples, 20, 20),
                     .blurred = ckn_view_f64(samples, 20, 21)};
    ckn_shift shift;
    ckn_error error = {CKN_OK, ""};
    assert_int_equal(ckn_find_shift(ckn_test_context(), &pair, &shift, &error), CKN_ERROR_ARGUMENT);
    pair.blurred = ckn_view_f64(samples, 20, 20);
    samples[21] = NAN;
    assert_int_equal(ckn_find_shift(ckn_test_context(), &pair, &shift, &error), CKN_ERROR_DATA);
    assert_non_null(strstr(error.message, "the sharp image"));
    assert_int_equal(shift.found, 0);
    free(samples);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shifts),          cmocka_unit_test(test_white),
        cmocka_unit_test(test_valid_size),      cmocka_unit_test(test_large_picture),
        cmocka_unit_test(test_no_false_alarms), cmocka_unit_test(test_masked),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
