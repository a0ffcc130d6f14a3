/* Moments, axes and widths of kernels that have known ones. */
#include "estimate/fixture.h"

#include <math.h>
#include <stdlib.h>

static ckn_kernel_figures figures_of(const double *h, size_t rows, size_t cols) {
    ckn_kernel_figures figures;
    TRY_OK(ckn_kernel_figures_compute(ckn_view_f64(h, rows, cols), &figures, &error));
    return figures;
}

static void expect(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance))
        ckn_test_fail("%.10g, expected %.10g", value, expected);
}

static void test_gaussian(void **state) {
    (void)state;
    enum { SIZE = 41 };
    double h[SIZE * SIZE];
    fill_gaussian(h, (ckn_shape){SIZE, SIZE}, 3);
    ckn_kernel_figures figures = figures_of(h, SIZE, SIZE);
    expect(figures.sum, 1, 1e-12);
    expect(figures.centroid_x, 20, 1e-9);
    expect(figures.centroid_y, 20, 1e-9);
    expect(figures.std_x, 3, 1e-6);
    expect(figures.std_minor, 3, 1e-6);
    /* 2 sqrt(2 ln 2) sigma, up to the linear interpolation between taps. */
    expect(figures.fwhm_x, 2.354820 * 3, 0.03);
    expect(figures.fwhm_y, 2.354820 * 3, 0.03);
    assert_true(isnan(figures.orientation)); /* round */
}

/* A Gaussian of 4 along a line at 30 degrees from +x towards +y, 1.5 across. */
static void test_rotated(void **state) {
    (void)state;
    enum { SIZE = 61 };
    double h[SIZE * SIZE];
    double angle = acos(-1.0) / 6;
    for (size_t row = 0; row < SIZE; row++) {
        for (size_t col = 0; col < SIZE; col++) {
            double dx = (double)col - 32;
            double dy = (double)row - 27;
            double along = (dx * cos(angle) + dy * sin(angle)) / 4;
            double across = (dy * cos(angle) - dx * sin(angle)) / 1.5;
            h[row * SIZE + col] = 5 * exp(-0.5 * (along * along + across * across));
        }
    }
    ckn_kernel_figures figures = figures_of(h, SIZE, SIZE);
    expect(figures.centroid_x, 32, 1e-3);
    expect(figures.centroid_y, 27, 1e-3);
    expect(figures.std_major, 4, 1e-3);
    expect(figures.std_minor, 1.5, 1e-3);
    expect(figures.orientation, 30, 1e-2);
    expect(figures.maximum, 5, 1e-12);
}

static void test_degenerate(void **state) {
    (void)state;
    const double delta[9] = {0, 0, 0, 0, 2, 0, 0, 0, 0};
    ckn_kernel_figures figures = figures_of(delta, 3, 3);
    expect(figures.sum, 2, 0);
    expect(figures.std_x, 0, 0);
    expect(figures.fwhm_x, 1, 1e-12); /* half way down to each neighbour */
    const double flat[3] = {1, 1, 1};
    assert_true(isnan(figures_of(flat, 1, 3).fwhm_x));
    /* Sum zero: no moments; negative everywhere: no width. */
    const double derivative[3] = {1, 0, -1};
    figures = figures_of(derivative, 1, 3);
    expect(figures.sum, 0, 0);
    assert_true(isnan(figures.centroid_x) && isnan(figures.std_y));
    const double negative[3] = {-1, -2, -1};
    assert_true(isnan(figures_of(negative, 1, 3).fwhm_x));
    /* Sharpening: what is left of the magnitudes is a ninth, and nothing has a place or a width. */
    const double sharpen[9] = {0, -1, 0, -1, 5, -1, 0, -1, 0};
    figures = figures_of(sharpen, 3, 3);
    assert_true(isnan(figures.std_x) && isnan(figures.centroid_x) && isnan(figures.fwhm_x) &&
                isnan(figures.ellipticity) && isnan(figures.orientation));
    expect(figures.sum, 1, 1e-15);
    expect(figures.maximum, 5, 0);
    /* Just half is enough; a kernel that is negative altogether has a centroid. */
    const double half[3] = {-1, 3, 0}, less[3] = {-1.001, 3, 0};
    expect(figures_of(half, 1, 3).centroid_x, 1.5, 1e-12);
    assert_true(isnan(figures_of(less, 1, 3).centroid_x));
    expect(figures_of(negative, 1, 3).centroid_x, 1, 1e-12);
}

static void test_errors(void **state) {
    (void)state;
    const double bad[2] = {1, NAN};
    ckn_kernel_figures figures;
    assert_int_equal(ckn_kernel_figures_compute(ckn_view_f64(bad, 1, 2), &figures, NULL),
                     CKN_ERROR_DATA);
    assert_int_equal(ckn_kernel_figures_compute(ckn_view_f64(NULL, 1, 2), &figures, NULL),
                     CKN_ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gaussian),
        cmocka_unit_test(test_rotated),
        cmocka_unit_test(test_degenerate),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests_name("kernel figures", tests, NULL, NULL);
}
