/* project(): onto nothing, the non-negative orthant, and the simplex. */
#include "support/guard.h"
#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const size_t counts[] = {1, 2, 3, 9, 63, 64, 65, 255, 256, 257, 961, 2601, 10201, 65537};

#define COUNTS (sizeof counts / sizeof *counts)

static void project(const ckn_guarded *h, ckn_constraint constraint) {
    ckn_backend *backend = ckn_test_backend();
    TRY_OK(backend->ops->project(backend, h->buffer, h->count, constraint, &error));
}

static void test_none(void **state) {
    (void)state;
    double *h = ckn_test_random_array(41, 100, -1.0, 1.0);
    ckn_guarded device = ckn_guarded_from(h, 100);
    project(&device, CKN_CONSTRAINT_NONE);
    ckn_guarded_close(&device, h, 0.0, "no constraint");
    ckn_guarded_destroy(&device);
    free(h);
}

static void test_nonneg(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTS; i++) {
        double *h = ckn_test_random_array(42, counts[i], -1.0, 1.0);
        ckn_guarded device = ckn_guarded_from(h, counts[i]);
        for (size_t j = 0; j < counts[i]; j++)
            h[j] = fmax(h[j], 0.0);
        project(&device, CKN_CONSTRAINT_NONNEG);
        ckn_guarded_close(&device, h, 0.0, "non-negative");
        ckn_guarded_destroy(&device);
        free(h);
    }
}

/* The answer must be the nearest point, non-negative, and sum to 1. */
static void check_simplex(const double *h, size_t count, const char *what) {
    char text[128];
    snprintf(text, sizeof text, "simplex, %s, %zu taps", what, count);
    double *expected = ckn_test_array(count);
    ckn_naive_simplex(h, count, expected);
    ckn_guarded device = ckn_guarded_from(h, count);
    project(&device, CKN_CONSTRAINT_SIMPLEX);
    ckn_guarded_close(&device, expected, ckn_test_tolerance(), text);
    double *got = ckn_guarded_read(&device, text);
    long double sum = 0.0L;
    for (size_t i = 0; i < count; i++) {
        if (got[i] < 0.0)
            ckn_test_fail("%s: element %zu is negative (%g)", text, i, got[i]);
        sum += got[i];
    }
    if (!(fabsl(sum - 1.0L) <= (ckn_test_on_cpu() ? 1e-12L : 1e-5L)))
        ckn_test_fail("%s: the sum is %.12Lg", text, sum);
    free(got);
    free(expected);
    ckn_guarded_destroy(&device);
}

static void test_simplex(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTS; i++) {
        size_t n = counts[i];
        double *h = ckn_test_random_array(43, n, -1.0, 1.0);
        check_simplex(h, n, "random");
        for (size_t j = 0; j < n; j++)
            h[j] = (double)(float)(h[j] / (double)n);
        check_simplex(h, n, "small");
        for (size_t j = 0; j < n; j++)
            h[j] = (double)(float)(16.0 + h[j]);
        check_simplex(h, n, "with an offset");
        for (size_t j = 0; j < n; j++)
            h[j] = -1e-3 * (double)(j % 3);
        check_simplex(h, n, "ties and negatives");
        for (size_t j = 0; j < n; j++)
            h[j] = j == n / 2 ? 1.0 : 0.0;
        check_simplex(h, n, "a corner already");
        h[n / 2] = 1024.0;
        check_simplex(h, n, "one large element");
        for (size_t j = 0; j < n; j++)
            h[j] = 0.25;
        check_simplex(h, n, "all equal");
        free(h);
    }
}

/* A Gaussian plus noise: what the solver projects. */
static void test_simplex_kernel(void **state) {
    (void)state;
    enum { SIDE = 51 };
    double *h = ckn_test_random_array(44, (size_t)SIDE * SIDE, -1e-4, 1e-4);
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            double r2 = (i - 25.0) * (i - 25.0) + (j - 25.0) * (j - 25.0);
            h[i * SIDE + j] = (double)(float)(h[i * SIDE + j] + exp(-r2 / 32.0) / 100.0);
        }
    }
    check_simplex(h, (size_t)SIDE * SIDE, "a noisy Gaussian");
    free(h);
}

/* A diverged iteration must stay visible. */
static void test_nan(void **state) {
    (void)state;
    static const ckn_constraint constraints[] = {CKN_CONSTRAINT_NONE, CKN_CONSTRAINT_NONNEG,
                                                 CKN_CONSTRAINT_SIMPLEX};
    const double h[] = {0.5, NAN, -0.25, 2.0};
    const double all[] = {NAN, NAN, NAN};
    for (size_t i = 0; i < 3; i++) {
        ckn_guarded device = ckn_guarded_from(h, 4), nothing = ckn_guarded_from(all, 3);
        project(&device, constraints[i]);
        project(&nothing, constraints[i]);
        double *got = ckn_guarded_peek(&device, "NaN"), *left = ckn_guarded_peek(&nothing, "NaN");
        assert_true(isnan(got[1]));
        assert_true(isnan(left[0]) && isnan(left[1]) && isnan(left[2]));
        free(got);
        free(left);
        ckn_guarded_destroy(&device);
        ckn_guarded_destroy(&nothing);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),    cmocka_unit_test(test_nonneg),
        cmocka_unit_test(test_simplex), cmocka_unit_test(test_simplex_kernel),
        cmocka_unit_test(test_nan),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
