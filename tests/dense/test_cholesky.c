/* Cholesky factors against Gaussian elimination. */
#include "dense/cholesky.h"
#include "dense/systems.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of A^-1. */
static double *naive_inverse(const dense_system *made) {
    size_t n = made->n;
    double *inverse = ckn_test_array(n * n);
    long double *a = calloc(n * n, sizeof *a), *unit = calloc(n, sizeof *unit);
    long double *x = calloc(n, sizeof *x);
    assert_true(a && unit && x);
    for (size_t i = 0; i < n * n; i++)
        a[i] = made->full[i];
    for (size_t col = 0; col < n; col++) {
        unit[col] = 1.0L;
        assert_true(dense_naive_solve(a, unit, n, x));
        unit[col] = 0.0L;
        for (size_t row = 0; row < n; row++)
            inverse[row * n + col] = (double)x[row];
    }
    free(a);
    free(unit);
    free(x);
    return inverse;
}

static double norm_of(const double *full, size_t n) {
    double largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (size_t j = 0; j < n; j++)
            sum += fabs(full[i * n + j]);
        largest = fmax(largest, sum);
    }
    return largest;
}

static void factor(ckn_symmetric *matrix) {
    bool definite;
    TRY_OK(ckn_cholesky_factor(matrix, &definite, &error));
    assert_true(definite);
}

static void solves(const dense_system *made, const double *inverse) {
    size_t n = made->n;
    double *expected = ckn_test_array(n), *v = ckn_test_array(n);
    dense_naive_multiply(inverse, made->b, n, expected);
    memcpy(v, made->b, n * sizeof *v);
    TRY_OK(ckn_cholesky_solve(&made->packed, v, &error));
    ckn_test_close(v, expected, n, 1e-10, "A^-1 b, n = %zu", n);
    free(expected);
    free(v);
}

/* L^-1 b is unique (L has a positive diagonal), so L (L^-1 b) = b and its norm tell all. */
static void half_solves(const dense_system *made, const double *inverse) {
    size_t n = made->n;
    double *solution = ckn_test_array(n), *half = ckn_test_array(n), *back = ckn_test_array(n);
    dense_naive_multiply(inverse, made->b, n, solution);
    memcpy(half, made->b, n * sizeof *half);
    TRY_OK(ckn_cholesky_half_solve(&made->packed, half, &error));
    double expected = 0.0, square = 0.0;
    for (size_t i = 0; i < n; i++) {
        expected += made->b[i] * solution[i];
        square += half[i] * half[i];
        for (size_t j = 0; j <= i; j++)
            back[i] += *ckn_symmetric_at(&made->packed, i, j) * half[j];
    }
    assert_true(fabs(square - expected) < 1e-10 * expected);
    ckn_test_close(back, made->b, n, 1e-10, "L L^-1 b, n = %zu", n);
    free(solution);
    free(half);
    free(back);
}

static void conditions(const dense_system *made, double exact) {
    double condition = 0.0;
    TRY_OK(ckn_cholesky_condition(&made->packed, norm_of(made->full, made->n), &condition, &error));
    if (!(condition <= exact * (1.0 + 1e-9) && condition >= exact / 10.0))
        ckn_test_fail("n = %zu: condition %g, exactly %g", made->n, condition, exact);
}

static void inverts(dense_system *made, const double *inverse) {
    size_t n = made->n;
    double *out = ckn_test_array(n * n);
    TRY_OK(ckn_cholesky_invert(&made->packed, &error));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            out[i * n + j] = *ckn_symmetric_at(&made->packed, i, j);
    ckn_test_close(out, inverse, n * n, 1e-10, "the inverse, n = %zu", n);
    free(out);
}

static void agrees_with_elimination(void **state) {
    (void)state;
    for (size_t n = 1; n <= 33; n += n < 10 ? 1 : 11) {
        dense_system made = dense_system_random(n, n, 2 * n + 3, 0.2);
        double *inverse = naive_inverse(&made);
        factor(&made.packed);
        solves(&made, inverse);
        half_solves(&made, inverse);
        conditions(&made, norm_of(made.full, n) * norm_of(inverse, n));
        inverts(&made, inverse);
        free(inverse);
        dense_system_release(&made);
    }
}

static void expect_not_definite(dense_system *made, const char *what) {
    bool definite = true;
    TRY_OK(ckn_cholesky_factor(&made->packed, &definite, &error));
    if (definite)
        ckn_test_fail("n = %zu, %s: definite", made->n, what);
}

static void sees_what_is_not_definite(void **state) {
    (void)state;
    static const double wrong[] = {NAN, INFINITY, -INFINITY, 1e6};
    for (size_t n = 1; n <= 8; n++)
        for (size_t at = 0; at < n * (n + 1) / 2; at++)
            for (size_t kind = 0; kind < sizeof wrong / sizeof *wrong; kind++) {
                dense_system made = dense_system_random(n, n, 2 * n, 0.0);
                bool diagonal = false;
                for (size_t i = 0; i < n; i++)
                    diagonal |= made.packed.entries + at == ckn_symmetric_at(&made.packed, i, i);
                made.packed.entries[at] = diagonal && wrong[kind] == 1e6 ? -1.0 : wrong[kind];
                expect_not_definite(&made, "an entry that spoils it");
                dense_system_release(&made);
            }
    dense_system zero = dense_system_random(1, 5, 9, 0.0);
    memset(zero.full, 0, 25 * sizeof *zero.full);
    dense_system_pack(&zero);
    expect_not_definite(&zero, "zero");
    dense_system_release(&zero);
}

/* A solution that overflows gives no estimate that dlacn2 could go on with. */
static void condition_may_be_infinite(void **state) {
    (void)state;
    ckn_symmetric matrix;
    double condition = 0.0;
    TRY_OK(ckn_symmetric_create(&matrix, 3, "a matrix", &error));
    ckn_symmetric_shift(&matrix, 1.0);
    *ckn_symmetric_at(&matrix, 1, 1) = 1e-320;
    factor(&matrix);
    TRY_OK(ckn_cholesky_condition(&matrix, 1.0, &condition, &error));
    assert_true(isinf(condition));
    ckn_symmetric_release(&matrix);
}

static void refuses_large_orders(void **state) {
    (void)state;
    double number = 1.0;
    bool definite = true;
    ckn_symmetric matrix = {INT_MAX, &number};
    ckn_error error = {CKN_OK, ""};
    assert_int_equal(ckn_cholesky_factor(&matrix, &definite, &error), CKN_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "2147483647"));
    assert_false(definite);
    assert_int_equal(ckn_cholesky_solve(&matrix, &number, &error), CKN_ERROR_UNSUPPORTED);
    assert_int_equal(ckn_cholesky_half_solve(&matrix, &number, &error), CKN_ERROR_UNSUPPORTED);
    assert_int_equal(ckn_cholesky_invert(&matrix, &error), CKN_ERROR_UNSUPPORTED);
}

static void a_singular_factor_has_no_inverse(void **state) {
    (void)state;
    ckn_symmetric matrix;
    TRY_OK(ckn_symmetric_create(&matrix, 4, "a matrix", &error));
    ckn_error error = {CKN_OK, ""};
    assert_int_equal(ckn_cholesky_invert(&matrix, &error), CKN_ERROR_INTERNAL);
    assert_non_null(strstr(error.message, "dpftri"));
    ckn_symmetric_release(&matrix);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_elimination),
        cmocka_unit_test(sees_what_is_not_definite),
        cmocka_unit_test(condition_may_be_infinite),
        cmocka_unit_test(refuses_large_orders),
        cmocka_unit_test(a_singular_factor_has_no_inverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
