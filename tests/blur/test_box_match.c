/* The box that is nearest to a kernel: composed boxes give themselves back, Gaussians their sigma.
 */
#include "support/harness.h"
#include "support/naive_lines.h"
#include "support/random.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void match(const double *taps, size_t rows, size_t cols, size_t most, ckn_box_match *x,
                  ckn_box_match *y) {
    TRY_OK(ckn_extended_box_match(ckn_view_f64(taps, rows, cols), most, x, y, &error));
}

/* The outer product of two lines (to be freed). */
static double *outer(const double *column, size_t rows, const double *row, size_t cols) {
    double *plane = ckn_test_array(rows * cols);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            plane[r * cols + c] = column[r] * row[c];
    return plane;
}

static void expect_box(const ckn_box_match *found, double sigma, size_t passes) {
    if (found->box.passes != passes || !(fabs(found->box.sigma / sigma - 1) <= 1e-6))
        ckn_test_fail("sigma %.10g, %zu passes instead of %.10g, %zu", found->box.sigma,
                      found->box.passes, sigma, passes);
    assert_true(found->l1 <= 1e-6 && found->l2 <= 1e-6);
    assert_true(fabs(found->shift) <= 1e-9);
    assert_true(found->box.stride == 0 && found->box.correction == 0);
}

/* Any scale, and any number of passes along either axis. */
static void test_composed_boxes_give_themselves_back(void **state) {
    (void)state;
    const double sigmas[] = {0.2, 0.45, 0.9, 1.3, 2.97, 3.02, 8, 15.4};
    for (size_t i = 0; i + 1 < sizeof sigmas / sizeof sigmas[0]; i++)
        for (size_t passes = 1; passes <= 8; passes++) {
            ckn_extended_box along_x = ckn_naive_box(sigmas[i], passes);
            ckn_extended_box along_y = ckn_naive_box(sigmas[i + 1], 9 - passes);
            size_t cols, rows;
            double *row = ckn_naive_box_taps(&along_x, &cols);
            double *column = ckn_naive_box_taps(&along_y, &rows);
            double *plane = outer(column, rows, row, cols);
            for (size_t j = 0; j < rows * cols; j++)
                plane[j] *= 7.5;
            ckn_box_match x, y;
            match(plane, rows, cols, 10, &x, &y);
            expect_box(&x, sigmas[i], passes);
            expect_box(&y, sigmas[i + 1], 9 - passes);
            free(row);
            free(column);
            free(plane);
        }
}

/* The error has several minima in the number of passes: nine passes are near twelve of sigma 3. */
static void test_many_passes(void **state) {
    (void)state;
    const size_t passes[] = {9, 10, 11, 12, 17, 40, 55};
    const double sigmas[] = {1.3, 3, 6};
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        for (size_t j = 0; j < sizeof sigmas / sizeof sigmas[0]; j++) {
            ckn_extended_box box = ckn_naive_box(sigmas[j], passes[i]);
            size_t count;
            double *taps = ckn_naive_box_taps(&box, &count);
            ckn_box_match x, y;
            match(taps, 1, count, 60, &x, &y);
            expect_box(&x, sigmas[j], passes[i]);
            free(taps);
        }
}

/* With fewer passes allowed than the kernel has, sigma is still near. */
static void test_most_passes_is_kept(void **state) {
    (void)state;
    ckn_extended_box box = ckn_naive_box(6, 8);
    size_t count;
    double *taps = ckn_naive_box_taps(&box, &count);
    ckn_box_match x, y;
    match(taps, 1, count, 3, &x, &y);
    assert_int_equal(x.box.passes, 3);
    assert_true(fabs(x.box.sigma / 6 - 1) < 0.05);
    free(taps);
}

static void sample_gaussian(double *taps, size_t count, double centre, double sigma) {
    for (size_t i = 0; i < count; i++) {
        double u = ((double)i - centre) / sigma;
        taps[i] = exp(-0.5 * u * u);
    }
}

/* The centroid may stand anywhere between two taps, and the box must not get wider by it. */
static void test_gaussians(void **state) {
    (void)state;
    const double sigmas[] = {0.8, 1.5, 3, 6};
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++)
        for (int step = 0; step <= 10; step++) {
            enum { COUNT = 81 };
            double taps[COUNT], shift = 0.1 * step - 0.5;
            sample_gaussian(taps, COUNT, 40 + shift, sigmas[i]);
            ckn_box_match x, y;
            match(taps, COUNT, 1, 10, &x, &y);
            assert_true(fabs(y.shift - shift) < 1e-4);
            if (!(fabs(y.box.sigma / sigmas[i] - 1) < 0.06))
                ckn_test_fail("sigma %g at %g: %g, %zu passes", sigmas[i], shift, y.box.sigma,
                              y.box.passes);
            assert_true(y.l1 < 0.12 && y.l2 < 0.08);
            assert_true(y.gaussian_l1 < 1e-3);
            assert_true(x.box.passes == 0 && x.box.sigma == 0 && x.l1 == 0 && x.shift == 0);
        }
}

/* The errors that are told are those of the box that is told. */
static void test_errors_are_those_of_the_box(void **state) {
    (void)state;
    enum { COUNT = 41 };
    double taps[COUNT], l1 = 0, squares = 0, total = 0;
    sample_gaussian(taps, COUNT, 20, 3);
    ckn_box_match x, y;
    match(taps, 1, COUNT, 4, &x, &y);
    for (size_t i = 0; i < COUNT; i++)
        total += taps[i];
    size_t count;
    double *box = ckn_naive_box_taps(&x.box, &count);
    long half = (long)(count / 2);
    for (long i = -60; i <= 60; i++) {
        double tap = labs(i) <= 20 ? taps[20 + i] / total : 0;
        double difference = tap - (labs(i) <= half ? box[half + i] : 0);
        l1 += fabs(difference);
        squares += difference * difference;
    }
    assert_true(fabs(x.l1 - l1) < 1e-12);
    assert_true(fabs(x.l2 - sqrt(squares)) < 1e-12);
    free(box);
}

/* A pedestal blows the standard deviation up, and noise moves it; the core is still found. */
static void test_tails_and_noise(void **state) {
    (void)state;
    enum { COUNT = 101 };
    double taps[COUNT], total = 0;
    sample_gaussian(taps, COUNT, 50, 3);
    for (size_t i = 0; i < COUNT; i++)
        total += taps[i];
    for (size_t i = 0; i < COUNT; i++)
        taps[i] = taps[i] / total + 0.25 / COUNT;
    ckn_box_match x, y;
    match(taps, 1, COUNT, 10, &x, &y);
    assert_true(fabs(x.box.sigma - 3) < 1);
    assert_true(x.l1 > 0.2 && x.gaussian_l1 > 0.2);
    sample_gaussian(taps, COUNT, 50.2, 3);
    uint64_t random = 5;
    for (size_t i = 0; i < COUNT; i++)
        taps[i] += ckn_test_uniform(&random, -1e-3, 1e-3);
    match(taps, 1, COUNT, 10, &x, &y);
    assert_true(fabs(x.box.sigma - 3) < 0.1);
    assert_true(fabs(x.shift - 0.2) < 0.2);
}

/* Views of any kind: float32, strides, and the marginal of a kernel that is no product. */
static void test_views(void **state) {
    (void)state;
    ckn_extended_box box = ckn_naive_box(2.5, 4);
    size_t count;
    double *taps = ckn_naive_box_taps(&box, &count);
    float *spread = calloc(count * 6, sizeof *spread);
    assert_non_null(spread);
    for (size_t i = 0; i < count; i++)
        for (size_t row = 0; row < 2; row++)
            spread[(row * count + i) * 3] = (float)(taps[i] * (row ? 0.3 : 0.7));
    ckn_view view = {spread, CKN_FLOAT32, 2, count, (ptrdiff_t)(3 * count), 3};
    ckn_box_match x, y;
    TRY_OK(ckn_extended_box_match(view, 10, &x, &y, &error));
    assert_int_equal(x.box.passes, 4);
    assert_true(fabs(x.box.sigma / 2.5 - 1) < 1e-5);
    assert_true(fabs(y.shift + 0.2) < 1e-6); /* centroid at 0.3, the middle at 0.5 */
    free(spread);
    free(taps);
}

static void refuses(const double *taps, size_t rows, size_t cols, size_t most, ckn_code code,
                    const char *part) {
    ckn_box_match x, y;
    ckn_error error = {CKN_OK, ""};
    ckn_view view = ckn_view_f64(taps, rows, cols);
    assert_int_equal(ckn_extended_box_match(view, most, &x, &y, &error), code);
    if (!strstr(error.message, part))
        ckn_test_fail("'%s' is not in: %s", part, error.message);
    assert_int_equal(ckn_extended_box_match(view, most, &x, &y, NULL), code);
}

static void test_refusals(void **state) {
    (void)state;
    const double good[] = {1, 2, 1};
    refuses(NULL, 1, 3, 10, CKN_ERROR_ARGUMENT, "no data");
    refuses(good, 0, 3, 10, CKN_ERROR_ARGUMENT, "empty");
    refuses(good, 1, 3, 0, CKN_ERROR_ARGUMENT, "most passes");
    refuses(good, 1, 3, 1001, CKN_ERROR_ARGUMENT, "most passes");
    refuses((const double[]){1, (double)NAN, 1}, 1, 3, 10, CKN_ERROR_DATA, "NaN");
    refuses((const double[]){1, (double)INFINITY, 1}, 3, 1, 10, CKN_ERROR_DATA, "inf");
    refuses((const double[]){DBL_MAX, DBL_MAX, 1}, 3, 1, 10, CKN_ERROR_DATA, "sum");
    refuses((const double[]){1, -2, 1}, 1, 3, 10, CKN_ERROR_DATA, "sum");
    refuses((const double[]){-1, -2, -1}, 1, 3, 10, CKN_ERROR_DATA, "sum");
    refuses((const double[]){0, 5, 0}, 1, 3, 10, CKN_ERROR_DATA, "variance along x");
    refuses((const double[]){0, 5, 0}, 3, 1, 10, CKN_ERROR_DATA, "variance along y");
    refuses((const double[]){-1, 5, -1}, 1, 3, 10, CKN_ERROR_DATA, "negative taps");
    refuses((const double[]){-4, 0, 5}, 1, 3, 10, CKN_ERROR_DATA, "centroid along x");
    refuses((const double[]){-4, 0, 5}, 3, 1, 10, CKN_ERROR_DATA, "centroid along y");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_composed_boxes_give_themselves_back),
        cmocka_unit_test(test_many_passes),
        cmocka_unit_test(test_most_passes_is_kept),
        cmocka_unit_test(test_gaussians),
        cmocka_unit_test(test_errors_are_those_of_the_box),
        cmocka_unit_test(test_tails_and_noise),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("box match", tests, NULL, NULL);
}
