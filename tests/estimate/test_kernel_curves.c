/* Transfer function and encircled energy of kernels that have known ones. */
#include "estimate/fixture.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void expect(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance))
        ckn_test_fail("%.10g, expected %.10g", value, expected);
}

static ckn_mtf mtf_of(const double *h, size_t rows, size_t cols, double frequency) {
    ckn_mtf mtf;
    TRY_OK(ckn_kernel_mtf(ckn_view_f64(h, rows, cols), &frequency, 1, &mtf, &error));
    return mtf;
}

static double energy_of(const double *h, size_t rows, size_t cols, double radius) {
    double energy;
    TRY_OK(ckn_kernel_encircled_energy(ckn_view_f64(h, rows, cols), &radius, 1, &energy, &error));
    return energy;
}

static ckn_kernel_sharpness sharpness_of(const double *h, size_t rows, size_t cols) {
    ckn_kernel_sharpness sharpness;
    TRY_OK(ckn_kernel_sharpness_compute(ckn_view_f64(h, rows, cols), &sharpness, &error));
    return sharpness;
}

static void test_delta(void **state) {
    (void)state;
    const double delta[9] = {0, 0, 0, 0, -2, 0, 0, 0, 0}; /* a sign changes nothing */
    for (int i = 0; i <= 10; i++) {
        ckn_mtf mtf = mtf_of(delta, 3, 3, 0.05 * i);
        expect(mtf.x, 1, 1e-14);
        expect(mtf.y, 1, 1e-14);
        expect(mtf.radial, 1, 1e-14);
    }
    /* One pixel: circles within it, and one round it. */
    const double pi = acos(-1.0);
    expect(energy_of(delta, 3, 3, 0), 0, 0);
    expect(energy_of(delta, 3, 3, 0.5), pi / 4, 1e-14);
    expect(energy_of(delta, 3, 3, 0.70711), 1, 1e-9);
    ckn_kernel_sharpness sharpness = sharpness_of(delta, 3, 3);
    expect(sharpness.radius_50, sqrt(0.5 / pi), 1e-6);
    assert_true(isnan(sharpness.mtf50.x) && isnan(sharpness.mtf50.y) &&
                isnan(sharpness.mtf50.radial));
}

/* Dirichlet's kernel along x; nothing along y. */
static void test_box(void **state) {
    (void)state;
    const double row[5] = {1, 1, 1, 1, 1}, pi = acos(-1.0);
    for (int i = 1; i <= 20; i++) {
        const double f = 0.025 * i;
        expect(mtf_of(row, 1, 5, f).x, fabs(sin(5 * pi * f) / (5 * sin(pi * f))), 1e-14);
        expect(mtf_of(row, 5, 1, f).y, fabs(sin(5 * pi * f) / (5 * sin(pi * f))), 1e-14);
        expect(mtf_of(row, 1, 5, f).y, 1, 1e-14);
    }
}

static void test_gaussian(void **state) {
    (void)state;
    enum { SIZE = 41 };
    const double pi = acos(-1.0), sigma = 2.5;
    double h[SIZE * SIZE];
    fill_gaussian(h, (ckn_shape){SIZE, SIZE}, sigma);
    for (int i = 0; i <= 20; i++) {
        const double f = 0.01 * i, expected = exp(-2 * pi * pi * sigma * sigma * f * f);
        ckn_mtf mtf = mtf_of(h, SIZE, SIZE, f);
        expect(mtf.x, expected, 1e-9);
        expect(mtf.y, expected, 1e-9);
        expect(mtf.radial, expected, 1e-9);
    }
    ckn_kernel_sharpness sharpness = sharpness_of(h, SIZE, SIZE);
    const double half = sqrt(log(2.0) / 2) / (pi * sigma);
    expect(sharpness.mtf50.x, half, 1e-6);
    expect(sharpness.mtf50.y, half, 1e-6);
    expect(sharpness.mtf50.radial, half, 1e-6);
    /* 1 - exp(-r^2 / 2 s^2), where a pixel's own 1/12 widens it. */
    const double wide = sigma * sigma + 1.0 / 12;
    expect(sharpness.radius_50, sqrt(-2 * wide * log(0.5)), 1.5e-2);
    expect(sharpness.radius_80, sqrt(-2 * wide * log(0.2)), 1.5e-2);
    expect(sharpness.radius_90, sqrt(-2 * wide * log(0.1)), 1.5e-2);
}

enum { ROWS = 4, COLS = 5, FINE = 200, DIRECTIONS = 64 };

static double naive_radial(double h[ROWS][COLS], double sum, double f) {
    const double pi = acos(-1.0);
    double mean = 0;
    for (int d = 0; d < DIRECTIONS; d++) {
        const double u = f * cos(pi * d / DIRECTIONS), v = f * sin(pi * d / DIRECTIONS);
        double complex transform = 0;
        for (int row = 0; row < ROWS; row++) {
            for (int col = 0; col < COLS; col++)
                transform += h[row][col] * cexp(-2 * pi * I * (u * col + v * row));
        }
        mean += cabs(transform) / fabs(sum) / DIRECTIONS;
    }
    return mean;
}

/* Points of a fine grid. */
static double naive_energy(double h[ROWS][COLS], double x, double y, double radius) {
    double inside = 0;
    for (int i = 0; i < ROWS * FINE; i++) {
        for (int j = 0; j < COLS * FINE; j++) {
            const double dx = (j + 0.5) / FINE - 0.5 - x, dy = (i + 0.5) / FINE - 0.5 - y;
            inside += dx * dx + dy * dy <= radius * radius ? h[i / FINE][j / FINE] : 0;
        }
    }
    return inside / FINE / FINE;
}

/* By the definitions, on a kernel of no symmetry. */
static void test_definitions(void **state) {
    (void)state;
    double h[ROWS][COLS], sum = 0, x = 0, y = 0;
    for (int row = 0; row < ROWS; row++) {
        for (int col = 0; col < COLS; col++) {
            h[row][col] = 1 + sin(3.0 * (row * COLS + col)) - 0.3 * (col % 3);
            sum += h[row][col];
            x += h[row][col] * col;
            y += h[row][col] * row;
        }
    }
    const double radius = 1.6;
    expect(mtf_of(h[0], ROWS, COLS, 0.17).radial, naive_radial(h, sum, 0.17), 1e-13);
    expect(energy_of(h[0], ROWS, COLS, radius), naive_energy(h, x / sum, y / sum, radius) / sum,
           1e-3);
    expect(energy_of(h[0], ROWS, COLS, 100), 1, 1e-12);
}

static void test_undefined(void **state) {
    (void)state;
    const double derivative[3] = {1, 0, -1};
    assert_true(isnan(mtf_of(derivative, 1, 3, 0.1).x));
    assert_true(isnan(energy_of(derivative, 1, 3, 1)));
    ckn_kernel_sharpness sharpness = sharpness_of(derivative, 1, 3);
    assert_true(isnan(sharpness.radius_50) && isnan(sharpness.mtf50.x));
    /* Of a kernel whose taps cancel but for a part the function itself is known. */
    const double sharpen[3] = {-1, 3, -1};
    sharpness = sharpness_of(sharpen, 1, 3);
    assert_true(isnan(sharpness.radius_50) && isnan(sharpness.mtf50.x));
    assert_true(isnan(energy_of(sharpen, 1, 3, 1)));
    assert_true(fabs(mtf_of(sharpen, 1, 3, 0.5).x - 5) < 1e-12);
}

static void test_errors(void **state) {
    (void)state;
    const double bad[2] = {1, NAN}, good[2] = {1, 1}, wrong[] = {-1, NAN, INFINITY};
    double energy, zero = 0;
    ckn_mtf mtf;
    ckn_kernel_sharpness sharpness;
    const ckn_view view = ckn_view_f64(bad, 1, 2), fine = ckn_view_f64(good, 1, 2);
    assert_int_equal(ckn_kernel_mtf(view, &zero, 1, &mtf, NULL), CKN_ERROR_DATA);
    assert_int_equal(ckn_kernel_encircled_energy(view, &zero, 1, &energy, NULL), CKN_ERROR_DATA);
    assert_int_equal(ckn_kernel_sharpness_compute(view, &sharpness, NULL), CKN_ERROR_DATA);
    assert_int_equal(ckn_kernel_sharpness_compute(ckn_view_f64(NULL, 1, 2), &sharpness, NULL),
                     CKN_ERROR_ARGUMENT);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(ckn_kernel_encircled_energy(fine, &wrong[i], 1, &energy, NULL),
                         CKN_ERROR_ARGUMENT);
    for (size_t i = 1; i < 3; i++)
        assert_int_equal(ckn_kernel_mtf(fine, &wrong[i], 1, &mtf, NULL), CKN_ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delta),     cmocka_unit_test(test_box),
        cmocka_unit_test(test_gaussian),  cmocka_unit_test(test_definitions),
        cmocka_unit_test(test_undefined), cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests_name("kernel curves", tests, NULL, NULL);
}
