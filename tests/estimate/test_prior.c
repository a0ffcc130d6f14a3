/* The forms of the quadratic priors against sums over a padded plane of taps. */
#include "statistics/prior.h"
#include "support/harness.h"
#include "support/random.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const ckn_shape shapes[] = {{1, 1}, {1, 2}, {5, 1}, {2, 2}, {3, 4}, {7, 5}};
static const ckn_prior priors[] = {CKN_PRIOR_RIDGE, CKN_PRIOR_SMOOTH1, CKN_PRIOR_SMOOTH2};
enum { SHAPES = sizeof shapes / sizeof shapes[0], PRIORS = 3, MARGIN = 3 };

/* The tap at (row, col), zero outside. */
static double at(const double *h, ckn_shape shape, ptrdiff_t row, ptrdiff_t col) {
    if (row < 0 || col < 0 || row >= (ptrdiff_t)shape.rows || col >= (ptrdiff_t)shape.cols)
        return 0;
    return h[(size_t)row * shape.cols + (size_t)col];
}

/* h'P h by the definition, on a plane with a margin of zeros. */
static double naive_value(ckn_prior prior, const double *h, ckn_shape shape) {
    double sum = 0;
    for (ptrdiff_t r = -MARGIN; r < (ptrdiff_t)shape.rows + MARGIN; r++) {
        for (ptrdiff_t c = -MARGIN; c < (ptrdiff_t)shape.cols + MARGIN; c++) {
            const double here = at(h, shape, r, c), right = at(h, shape, r, c + 1),
                         below = at(h, shape, r + 1, c);
            const double xx = at(h, shape, r, c - 1) - 2 * here + right;
            const double yy = at(h, shape, r - 1, c) - 2 * here + below;
            const double xy = here - right - below + at(h, shape, r + 1, c + 1);
            if (prior == CKN_PRIOR_RIDGE)
                sum += here * here;
            else if (prior == CKN_PRIOR_SMOOTH1)
                sum += (right - here) * (right - here) + (below - here) * (below - here);
            else
                sum += xx * xx + yy * yy + 2 * xy * xy;
        }
    }
    return sum;
}

static void test_value(void **state) {
    (void)state;
    for (size_t n = 0; n < SHAPES * PRIORS; n++) {
        const ckn_shape shape = shapes[n / PRIORS];
        const ckn_prior prior = priors[n % PRIORS];
        double *h = ckn_test_random_array((unsigned)n + 1, ckn_shape_count(shape), -1, 1);
        const double expected = naive_value(prior, h, shape);
        const double value = ckn_prior_value(prior, shape, h);
        if (!(fabs(value - expected) <= 1e-13 * expected))
            ckn_test_fail("%s of %zu x %zu: %.17g, expected %.17g", ckn_prior_name(prior),
                          shape.rows, shape.cols, value, expected);
        free(h);
    }
}

/* Product, matrix and trace agree with the form, and removing leaves no trace. */
static void check_matrix(ckn_prior prior, ckn_shape shape) {
    const size_t taps = ckn_shape_count(shape);
    if (taps == 0)
        return;
    ckn_symmetric matrix, before;
    TRY_OK(ckn_symmetric_create(&matrix, taps, "test", &error));
    TRY_OK(ckn_symmetric_create(&before, taps, "test", &error));
    for (size_t i = 0; i < taps; i++)
        for (size_t j = 0; j <= i; j++)
            *ckn_symmetric_at(&matrix, i, j) = 1.0 / (double)(3 + i + 2 * j);
    ckn_symmetric_copy(&before, &matrix);
    double *h = ckn_test_random_array(7, taps, -1, 1), *product = calloc(taps, sizeof *product);
    double *out = calloc(taps, sizeof *out), *plain = calloc(taps, sizeof *plain);
    enum { MOST_ENTRIES = 7 * 7 * 5 };
    double kept[MOST_ENTRIES];
    assert_true(ckn_prior_entries(prior, shape) <= MOST_ENTRIES);
    size_t *order = calloc(taps, sizeof *order);
    ckn_prior_apply(prior, shape, h, product);
    ckn_symmetric_multiply(&matrix, h, plain);
    ckn_prior_add(&matrix, prior, shape, 2.5, kept);
    ckn_symmetric_multiply(&matrix, h, out);
    double form = 0, trace = 0;
    for (size_t i = 0; i < taps; i++) {
        assert_true(fabs(out[i] - plain[i] - 2.5 * product[i]) <= 1e-12);
        form += h[i] * product[i];
        order[i] = i % 3 == 1 ? SIZE_MAX : i;
    }
    assert_true(fabs(form - ckn_prior_value(prior, shape, h)) <= 1e-12 * form);
    for (size_t i = 0; i < taps; i++) /* 2.5 P = matrix - before, entry by entry */
        for (size_t j = 0; j < taps; j++)
            if (i % 3 != 1 && j % 3 != 1)
                trace += (*ckn_symmetric_at(&matrix, i, j) - *ckn_symmetric_at(&before, i, j)) /
                         2.5 * *ckn_symmetric_at(&before, i, j);
    const double found = ckn_prior_trace(prior, shape, order, &before);
    assert_true(fabs(found - trace) <= 1e-11 * (1 + fabs(trace)));
    ckn_prior_remove(&matrix, prior, shape, kept);
    size_t count = 0;
    assert_true(ckn_symmetric_count(taps, &count));
    assert_memory_equal(matrix.entries, before.entries, count * sizeof(double));
    ckn_symmetric_release(&matrix);
    ckn_symmetric_release(&before);
    free(h);
    free(product);
    free(out);
    free(plain);
    free(order);
}

static void test_matrix(void **state) {
    (void)state;
    for (size_t n = 0; n < SHAPES * PRIORS; n++)
        check_matrix(priors[n % PRIORS], shapes[n / PRIORS]);
}

static void test_others(void **state) {
    (void)state;
    static const ckn_prior others[] = {CKN_PRIOR_NONE, CKN_PRIOR_L1, CKN_PRIOR_TV, CKN_PRIOR_AUTO};
    for (size_t n = 0; n < 4; n++) {
        assert_false(ckn_prior_is_quadratic(others[n]));
        assert_int_equal(ckn_prior_entries(others[n], shapes[5]), 0);
    }
    assert_string_equal(ckn_prior_name(CKN_PRIOR_SMOOTH2), "smooth2");
    assert_string_equal(ckn_prior_name((ckn_prior)99), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value),
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
