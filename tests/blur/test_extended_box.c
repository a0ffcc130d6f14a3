/* The extended box: exact variance, the published figures, the composed kernel. */
#include "support/harness.h"
#include "support/naive_lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void test_variance_is_exact(void **state) {
    (void)state;
    for (size_t i = 0; i <= 200; i++) {
        const double sigma = 0.3 * pow(100 / 0.3, (double)i / 200);
        for (size_t passes = 2; passes <= 8; passes++) {
            ckn_extended_box box;
            TRY_OK(ckn_extended_box_init(&box, sigma, passes, &error));
            assert_true(box.alpha >= 0 && box.alpha < 1);
            double l = (double)box.l;
            double pass = (l * (l + 1) * (2 * l + 1) / 3 + 2 * box.alpha * (l + 1) * (l + 1)) /
                          (2 * l + 1 + 2 * box.alpha);
            double error = (double)passes * pass / (sigma * sigma) - 1;
            if (!(fabs(error) <= 1e-12))
                ckn_test_fail("sigma %g, %zu passes: variance off by %g", sigma, passes, error);
        }
    }
}

/* Sum, symmetry, sign and variance of the composed taps; the taps of naive convolution. */
static void test_composed_kernel(void **state) {
    (void)state;
    const double sigmas[] = {0.05, 0.3, 0.8165, 1, 2.5, 9.6, 15.4, 40};
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++) {
        for (size_t passes = 1; passes <= 8; passes += 1 + passes / 4) {
            ckn_extended_box box;
            TRY_OK(ckn_extended_box_init(&box, sigmas[i], passes, &error));
            size_t count = ckn_extended_box_length(&box);
            assert_int_equal(count, 2 * passes * (box.l + 1) + 1);
            double *taps = ckn_test_array(count);
            TRY_OK(ckn_extended_box_compose(&box, taps, &error));
            ckn_extended_box expected_box = ckn_naive_box(sigmas[i], passes);
            size_t expected_count = 0;
            double *expected = ckn_naive_box_taps(&expected_box, &expected_count);
            assert_int_equal(count, expected_count);
            ckn_test_close(taps, expected, count, 1e-13, "composed kernel of sigma %g, %zu passes",
                           sigmas[i], passes);
            double variance = 0;
            for (size_t j = 0; j < count; j++) {
                double u = (double)j - 0.5 * (double)(count - 1);
                variance += u * u * taps[j];
                assert_true(taps[j] >= 0);
                assert_true(fabs(taps[j] - taps[count - 1 - j]) <= 1e-15);
            }
            assert_true(fabs(variance / (sigmas[i] * sigmas[i]) - 1) <= 1e-12);
            free(taps);
            free(expected);
        }
    }
}

/* sum over the line of u^power times the tap, u from the middle. */
static double moment(const double *taps, size_t count, int power) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += pow((double)i - 0.5 * (double)(count - 1), power) * taps[i];
    return sum;
}

static ckn_extended_box corrected_box(double sigma, size_t passes, int *corrected) {
    ckn_extended_box box;
    TRY_OK(ckn_extended_box_init(&box, sigma, passes, &error));
    assert_true(box.stride == 0 && box.correction == 0);
    TRY_OK(ckn_extended_box_correct(&box, corrected, &error));
    return box;
}

/* Sum, mean and variance stay, the fourth moment becomes the Gaussian's, no tap is negative. */
static void check_corrected(double sigma, size_t passes) {
    int corrected = -1;
    ckn_extended_box box = corrected_box(sigma, passes, &corrected);
    assert_int_equal(corrected, box.stride > 0);
    if (!corrected) {
        assert_true(box.correction == 0);
        return;
    }
    assert_true(box.correction > 0 && box.correction <= 1.0 / 12);
    size_t count = ckn_extended_box_length(&box);
    assert_int_equal(count, 2 * passes * (box.l + 1) + 1 + 2 * box.stride);
    double *taps = ckn_test_array(count);
    TRY_OK(ckn_extended_box_compose(&box, taps, &error));
    size_t expected_count;
    double *expected = ckn_naive_box_taps(&box, &expected_count);
    assert_int_equal(count, expected_count);
    ckn_test_close(taps, expected, count, 1e-13, "corrected kernel of sigma %g, %zu passes", sigma,
                   passes);
    for (size_t i = 0; i < count; i++)
        assert_true(taps[i] >= 0 && taps[i] == taps[count - 1 - i]);
    assert_true(fabs(moment(taps, count, 0) - 1) <= 1e-13);
    assert_true(fabs(moment(taps, count, 2) / pow(sigma, 2) - 1) <= 1e-11);
    assert_true(fabs(moment(taps, count, 4) / (3 * pow(sigma, 4)) - 1) <= 1e-10);
    free(taps);
    free(expected);
}

static void test_correction_properties(void **state) {
    (void)state;
    for (size_t i = 0; i <= 60; i++)
        for (size_t passes = 1; passes <= 12; passes++)
            check_corrected(0.2 * pow(60 / 0.2, (double)i / 60), passes);
}

/* From two passes on the correction is there for every sigma that is not near the pixel's size
 * (narrow boxes of many passes are nearly Gaussian, or too peaked, by themselves). */
static void test_where_the_correction_is_used(void **state) {
    (void)state;
    int corrected;
    for (int i = 0; i <= 16; i++)
        for (size_t passes = 2; passes <= 12; passes++) {
            corrected_box(5 * pow(1.3, i), passes, &corrected);
            if (!corrected)
                ckn_test_fail("sigma %g, %zu passes", 5 * pow(1.3, i), passes);
        }
    for (int i = 0; i <= 9; i++)
        for (size_t passes = 1; passes <= 12; passes++) {
            corrected_box(0.1 * pow(1.2, i), passes, &corrected);
            assert_int_equal(corrected, 0);
        }
}

/* A large sigma is not slower than its samples: strides are searched coarse to fine. The shape is
 * the same at every scale, so are the errors. */
static void test_correction_of_wide_boxes(void **state) {
    (void)state;
    ckn_gaussian_errors errors, wide_errors;
    ckn_extended_box box = corrected_box(300, 5, NULL), wide = corrected_box(3e4, 5, NULL);
    TRY_OK(ckn_extended_box_errors(&box, &errors, &error));
    TRY_OK(ckn_extended_box_errors(&wide, &wide_errors, &error));
    assert_true(fabs(wide_errors.l1 / errors.l1 - 1) < 0.1);
    assert_true(fabs((double)wide.stride / (100 * (double)box.stride) - 1) < 0.02);
}

/* The errors by their definitions, from the naive taps and a Gaussian of long double sums. */
static ckn_gaussian_errors naive_errors(const ckn_extended_box *box) {
    size_t count;
    double *taps = ckn_naive_box_taps(box, &count);
    long half = (long)(count / 2), reach = half + (long)(40 * box->sigma) + 1;
    long double norm = 0, cumulative = 0, squares = 0;
    ckn_gaussian_errors errors = {0};
    for (long i = -reach; i <= reach; i++)
        norm += expl(-0.5L * i * i / ((long double)box->sigma * box->sigma));
    for (long i = -reach; i <= reach; i++) {
        long double sample = expl(-0.5L * i * i / ((long double)box->sigma * box->sigma)) / norm;
        long double difference = (labs(i) <= half ? taps[half + i] : 0) - sample;
        cumulative += difference;
        squares += difference * difference;
        errors.max = fmax(errors.max, (double)fabsl(difference));
        errors.l1 += (double)fabsl(difference);
        errors.step = fmax(errors.step, (double)fabsl(cumulative));
    }
    errors.l2 = (double)sqrtl(squares);
    free(taps);
    return errors;
}

static void test_errors_against_naive(void **state) {
    (void)state;
    const double sigmas[] = {0.05, 0.3, 0.7, 1, 1.5, 3, 9.6, 15.4};
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++)
        for (size_t passes = 1; passes <= 10; passes += 3)
            for (int correct = 0; correct <= 1; correct++) {
                ckn_extended_box box;
                ckn_gaussian_errors errors;
                TRY_OK(ckn_extended_box_init(&box, sigmas[i], passes, &error));
                if (correct)
                    TRY_OK(ckn_extended_box_correct(&box, NULL, &error));
                TRY_OK(ckn_extended_box_errors(&box, &errors, &error));
                ckn_gaussian_errors expected = naive_errors(&box);
                const double got[] = {errors.max, errors.l1, errors.l2, errors.step};
                const double want[] = {expected.max, expected.l1, expected.l2, expected.step};
                for (size_t j = 0; j < 4; j++)
                    if (fabs(got[j] - want[j]) > 1e-14)
                        ckn_test_fail("sigma %g, %zu passes, figure %zu: %.17g, not %.17g",
                                      sigmas[i], passes, j, got[j], want[j]);
                assert_true(errors.max <= errors.l2 && errors.l2 <= errors.l1);
                assert_true(errors.step <= 0.5 * errors.l1 + 1e-15);
            }
}

/* The same from the composed kernel, whose taps other tests compare: too many for naive loops. */
static ckn_gaussian_errors composed_errors(const ckn_extended_box *box) {
    const size_t count = ckn_extended_box_length(box), half = count / 2;
    const size_t last = (size_t)fmax((double)half, 12 * box->sigma);
    double *taps = ckn_test_array(count);
    ckn_gaussian_errors errors = {0};
    long double norm = 0.5L, cumulative = 0, l1 = 0, l2 = 0;
    TRY_OK(ckn_extended_box_compose(box, taps, &error));
    for (size_t i = 1; i <= last; i++)
        norm += expl(-0.5L * powl((long double)i / box->sigma, 2));
    for (size_t i = 0; i <= last; i++) {
        const long double sample = expl(-0.5L * powl((long double)i / box->sigma, 2)) / (2 * norm);
        const long double difference = (i <= half ? taps[half + i] : 0) - sample;
        const long double weight = i == 0 ? 1 : 2;
        cumulative += 0.5L * weight * difference;
        l1 += weight * fabsl(difference);
        l2 += weight * difference * difference;
        errors.max = fmax(errors.max, (double)fabsl(difference));
        errors.step = fmax(errors.step, (double)fabsl(cumulative));
    }
    errors.l1 = (double)l1;
    errors.l2 = (double)sqrtl(l2);
    free(taps);
    return errors;
}

/* Figures of kernels of many taps or passes are not sums over all of them. What bounds the error of
 * a blur is never too small. */
static void check_wide(double sigma, size_t passes, bool correct) {
    ckn_extended_box box;
    ckn_gaussian_errors got;
    TRY_OK(ckn_extended_box_init(&box, sigma, passes, &error));
    if (correct)
        TRY_OK(ckn_extended_box_correct(&box, NULL, &error));
    TRY_OK(ckn_extended_box_errors(&box, &got, &error));
    const ckn_gaussian_errors want = composed_errors(&box);
    const bool good = got.l1 >= want.l1 * (1 - 1e-6) - 1e-9 && got.l1 <= want.l1 * 1.02 + 1e-9 &&
                      fabs(got.l2 / want.l2 - 1) < 0.01 && fabs(got.max / want.max - 1) < 0.01 &&
                      fabs(got.step / want.step - 1) < 0.01;
    if (!good)
        ckn_test_fail("sigma %g, %zu passes, stride %zu: l1 %g (%g), l2 %g (%g), max %g (%g), "
                      "step %g (%g)",
                      sigma, passes, box.stride, got.l1, want.l1, got.l2, want.l2, got.max,
                      want.max, got.step, want.step);
}

static void test_errors_of_wide_boxes(void **state) {
    (void)state;
    const struct {
        size_t passes;
        double least, most;
    } ranges[] = {{1, 8e4, 4e5},   {2, 2e4, 2e5},  {3, 1.5e4, 1e5}, {4, 1e4, 8e4},
                  {5, 7e3, 5e4},   {6, 5e3, 4e4},  {9, 3e3, 2e4},   {17, 1100, 8000},
                  {40, 300, 1500}, {150, 40, 200}, {400, 0.1, 40},  {1000, 0.1, 6}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        for (int j = 0; j < 3; j++)
            for (int correct = 0; correct <= 1; correct++)
                check_wide(ranges[i].least * pow(ranges[i].most / ranges[i].least, 0.5 * j),
                           ranges[i].passes, correct);
}

/* The l1 error saturates near 0.15/d; the correction leaves the second figure. */
static void test_errors_against_gaussian(void **state) {
    (void)state;
    const struct {
        double sigma;
        size_t passes;
        double l1, corrected;
    } cases[] = {{9.6, 3, 0.0542, 0.0161},
                 {15.4, 4, 0.0385, 0.00501},
                 {15.4, 5, 0.0296, 0.00221},
                 {15.4, 8, 0.0183, 0.00141},
                 {15.4, 10, 0.0145, 0.000673}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ckn_extended_box box;
        ckn_gaussian_errors errors, corrected;
        TRY_OK(ckn_extended_box_init(&box, cases[i].sigma, cases[i].passes, &error));
        TRY_OK(ckn_extended_box_errors(&box, &errors, &error));
        TRY_OK(ckn_extended_box_correct(&box, NULL, &error));
        TRY_OK(ckn_extended_box_errors(&box, &corrected, &error));
        assert_true(fabs(errors.l1 - cases[i].l1) < 1e-4);
        assert_true(fabs(corrected.l1 - cases[i].corrected) < 1e-4);
        assert_true(errors.max < errors.l2 && errors.l2 < errors.l1);
    }
}

static void test_second_correction_is_refused(void **state) {
    (void)state;
    int corrected;
    ckn_error error;
    ckn_extended_box box = corrected_box(9.6, 5, NULL), before = box;
    assert_int_equal(ckn_extended_box_correct(&box, &corrected, &error), CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "already"));
    assert_int_equal(corrected, 0);
    assert_true(box.stride == before.stride && box.correction == before.correction);
}

static void test_refusals(void **state) {
    (void)state;
    ckn_extended_box box;
    ckn_error error;
    const double sigmas[] = {0, -1, NAN, INFINITY, 1e300};
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++)
        assert_int_equal(ckn_extended_box_init(&box, sigmas[i], 5, &error), CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "limit"));
    assert_int_equal(ckn_extended_box_init(&box, 1, 0, &error), CKN_ERROR_ARGUMENT);
    assert_int_equal(ckn_extended_box_init(&box, 1, 100000, &error), CKN_ERROR_ARGUMENT);
    assert_int_equal(ckn_extended_box_init(&box, 1, 0, NULL), CKN_ERROR_ARGUMENT);
    assert_int_equal(ckn_extended_box_init(&box, 1e-200, 3, &error), CKN_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variance_is_exact),
        cmocka_unit_test(test_composed_kernel),
        cmocka_unit_test(test_correction_properties),
        cmocka_unit_test(test_where_the_correction_is_used),
        cmocka_unit_test(test_correction_of_wide_boxes),
        cmocka_unit_test(test_errors_against_naive),
        cmocka_unit_test(test_errors_of_wide_boxes),
        cmocka_unit_test(test_errors_against_gaussian),
        cmocka_unit_test(test_second_correction_is_refused),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("extended box", tests, NULL, NULL);
}
