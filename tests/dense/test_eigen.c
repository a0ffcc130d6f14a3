/* Minimum-norm answers. */
#include "dense/eigen.h"
#include "dense/systems.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ckn_minimum_norm solve(const dense_system *made, double *x) {
    ckn_minimum_norm report = {0, 0.0};
    for (size_t i = 0; i < made->n; i++)
        x[i] = NAN;
    TRY_OK(ckn_minimum_norm_solve(&made->packed, made->b, x, &report, &error));
    return report;
}

static void solves_what_is_determined(void **state) {
    (void)state;
    for (size_t n = 1; n <= 31; n += 3) {
        dense_system made = dense_system_random(n, n, 2 * n + 3, 0.0);
        double *x = ckn_test_array(n), *back = ckn_test_array(n);
        ckn_minimum_norm report = solve(&made, x);
        assert_int_equal(report.rank, n);
        assert_true(report.condition >= 1.0 && report.condition < 1e6);
        dense_naive_multiply(made.full, x, n, back);
        ckn_test_close(back, made.b, n, 1e-12, "A x, n = %zu", n);
        free(x);
        free(back);
        dense_system_release(&made);
    }
}

/* With X of fewer rows than columns, the answer of minimum norm is X' w with X X' w = y. */
static void takes_the_shortest_answer(void **state) {
    (void)state;
    enum { n = 12, rows = 5 };
    double *x = ckn_test_random_array(3, n * rows, -1.0, 1.0);
    double *y = ckn_test_random_array(4, rows, -1.0, 1.0);
    long double outer[rows * rows] = {0}, right[rows], w[rows];
    for (size_t i = 0; i < rows; i++) {
        right[i] = y[i];
        for (size_t j = 0; j < rows; j++)
            for (size_t k = 0; k < n; k++)
                outer[i * rows + j] += (long double)x[i * n + k] * x[j * n + k];
    }
    assert_true(dense_naive_solve(outer, right, rows, w));
    double expected[n] = {0}, answer[n];
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < rows; i++)
            expected[k] += (double)(x[i * n + k] * w[i]);
    dense_system made = dense_system_from(x, y, n, rows);
    ckn_minimum_norm report = solve(&made, answer);
    assert_int_equal(report.rank, rows);
    assert_true(isinf(report.condition));
    ckn_test_close(answer, expected, n, 1e-11, "the shortest answer");
    free(x);
    free(y);
    dense_system_release(&made);
}

static void knows_the_condition(void **state) {
    (void)state;
    dense_system made = dense_system_random(1, 6, 12, 0.0);
    memset(made.full, 0, 36 * sizeof *made.full);
    for (size_t i = 0; i < 6; i++)
        made.full[i * 7] = pow(10.0, -(double)i);
    dense_system_pack(&made);
    double x[6];
    ckn_minimum_norm report = solve(&made, x);
    assert_int_equal(report.rank, 6);
    assert_true(fabs(report.condition / 1e5 - 1.0) < 1e-9);
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs(x[i] - made.b[i] / made.full[i * 7]) <= 1e-12 * fabs(x[i]));
    dense_system_release(&made);
}

static void zero_has_rank_zero(void **state) {
    (void)state;
    for (size_t n = 1; n <= 4; n++) {
        dense_system made = dense_system_random(n, n, n, 0.0);
        memset(made.full, 0, n * n * sizeof *made.full);
        dense_system_pack(&made);
        double x[4];
        ckn_minimum_norm report = solve(&made, x);
        assert_int_equal(report.rank, 0);
        assert_true(isinf(report.condition));
        for (size_t i = 0; i < n; i++)
            assert_true(x[i] == 0.0);
        dense_system_release(&made);
    }
}

static void refuses_nan(void **state) {
    (void)state;
    for (size_t at = 0; at < 10; at++) {
        dense_system made = dense_system_random(1, 4, 9, 0.0);
        ckn_minimum_norm report;
        ckn_error error = {CKN_OK, ""};
        double x[4];
        made.packed.entries[at] = at % 2 ? NAN : INFINITY;
        assert_int_equal(ckn_minimum_norm_solve(&made.packed, made.b, x, &report, &error),
                         CKN_ERROR_DATA);
        assert_non_null(strstr(error.message, "NaN"));
        dense_system_release(&made);
    }
}

static void refuses_large_orders(void **state) {
    (void)state;
    double number = 1.0;
    size_t bytes = 0, more = 0;
    ckn_symmetric matrix = {32767, &number};
    ckn_minimum_norm report;
    ckn_error error = {CKN_OK, ""};
    assert_int_equal(ckn_minimum_norm_solve(&matrix, &number, &number, &report, &error),
                     CKN_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "ridge"));
    assert_true(ckn_minimum_norm_bytes(1, &bytes) && bytes > 0);
    assert_true(ckn_minimum_norm_bytes(100, &more) && more > 3 * 100 * 100 * sizeof(double));
    assert_true(more < 4 * 100 * 100 * sizeof(double));
    assert_false(ckn_minimum_norm_bytes(SIZE_MAX / 8, &bytes));
    assert_false(ckn_minimum_norm_bytes((size_t)1 << 31, &bytes));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solves_what_is_determined),
        cmocka_unit_test(takes_the_shortest_answer),
        cmocka_unit_test(knows_the_condition),
        cmocka_unit_test(zero_has_rank_zero),
        cmocka_unit_test(refuses_nan),
        cmocka_unit_test(refuses_large_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
