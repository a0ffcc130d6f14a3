/* The extended box: exact variance, the published figures, the composed kernel. */
#include "support/harness.h"
#include "support/naive.h"

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

/* The l1 error saturates near 0.15/d. */
static void test_errors_against_gaussian(void **state) {
    (void)state;
    const struct {
        double sigma;
        size_t passes;
        double l1;
    } cases[] = {{9.6, 3, 0.054}, {15.4, 5, 0.030}, {15.4, 8, 0.018}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ckn_extended_box box;
        ckn_gaussian_errors errors;
        TRY_OK(ckn_extended_box_init(&box, cases[i].sigma, cases[i].passes, &error));
        TRY_OK(ckn_extended_box_errors(&box, &errors, &error));
        assert_true(fabs(errors.l1 - cases[i].l1) < 0.001);
        assert_true(errors.max < errors.l2 && errors.l2 < errors.l1);
    }
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
        cmocka_unit_test(test_errors_against_gaussian),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("extended box", tests, NULL, NULL);
}
