/* The packed matrix against full storage. */
#include "dense/systems.h"
#include "support/random.h"

#include <float.h>
#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void counts_half_the_matrix(void **state) {
    (void)state;
    size_t count;
    for (size_t n = 1; n < 50; n++) {
        assert_true(ckn_symmetric_count(n, &count));
        assert_int_equal(count, n * (n + 1) / 2);
    }
    assert_false(ckn_symmetric_count(SIZE_MAX, &count));
    assert_false(ckn_symmetric_count(SIZE_MAX / 2, &count));
}

/* Entry by entry where LAPACK puts it. */
static void is_lapacks_format(void **state) {
    (void)state;
    for (size_t n = 1; n <= 9; n++) {
        dense_system made = dense_system_random(n, n, n + 2, 0.0);
        double *expected = ckn_test_array(n * (n + 1) / 2);
        assert_int_equal(
            LAPACKE_dtrttf_work(LAPACK_COL_MAJOR, 'N', 'L', (int)n, made.full, (int)n, expected),
            0);
        assert_memory_equal(made.packed.entries, expected, n * (n + 1) / 2 * sizeof(double));
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                assert_true(*ckn_symmetric_at(&made.packed, i, j) == made.full[i * n + j]);
        for (size_t j = 0; j < n; j++)
            for (size_t i = j; i < n; i++)
                assert_ptr_equal(ckn_symmetric_at(&made.packed, j, j) +
                                     (i - j) * ckn_symmetric_step(&made.packed, j),
                                 ckn_symmetric_at(&made.packed, i, j));
        free(expected);
        dense_system_release(&made);
    }
}

static void multiplies(void **state) {
    (void)state;
    for (size_t n = 1; n <= 40; n++) {
        dense_system made = dense_system_random(n, n, n + 2, 0.3);
        double *v = ckn_test_random_array(n + 7, n, -1.0, 1.0);
        double *expected = ckn_test_array(n), *out = ckn_test_array(n);
        for (size_t i = 0; i < n; i++)
            out[i] = NAN;
        dense_naive_multiply(made.full, v, n, expected);
        ckn_symmetric_multiply(&made.packed, v, out);
        ckn_test_close(out, expected, n, 1e-14, "A v, n = %zu", n);
        free(v);
        free(expected);
        free(out);
        dense_system_release(&made);
    }
}

static void multiplies_many(void **state) {
    (void)state;
    for (size_t n = 1; n <= 40; n++) {
        dense_system made = dense_system_random(n, n, n + 3, 0.0);
        double *v = ckn_test_random_array(n, 5 * n, -1, 1);
        double *out = ckn_test_array(5 * n), *expected = ckn_test_array(5 * n);
        for (size_t i = 0; i < 5 * n; i++) {
            for (size_t j = 0; j < n; j++)
                expected[i] += made.full[(i % n) * n + j] * v[i / n * n + j];
        }
        ckn_symmetric_multiply_many(&made.packed, v, 5, out);
        ckn_test_close(out, expected, 5 * n, 1e-14, "A V, n = %zu", n);
        free(v);
        free(expected);
        free(out);
        dense_system_release(&made);
    }
}

static double naive_norm(const dense_system *made) {
    double largest = 0.0;
    for (size_t i = 0; i < made->n; i++) {
        double sum = 0.0;
        for (size_t j = 0; j < made->n; j++)
            sum += fabs(made->full[i * made->n + j]);
        largest = fmax(largest, sum);
    }
    return largest;
}

static void has_norm_and_diagonal(void **state) {
    (void)state;
    for (size_t n = 1; n <= 40; n++) {
        dense_system made = dense_system_random(n, n, n + 2, 0.0);
        ckn_symmetric other;
        double mean = 0.0;
        for (size_t i = 0; i < n; i++)
            mean += made.full[i * n + i] / (double)n;
        assert_true(fabs(ckn_symmetric_norm(&made.packed) / naive_norm(&made) - 1.0) < 1e-14);
        assert_true(fabs(ckn_symmetric_mean_diagonal(&made.packed) / mean - 1.0) < 1e-14);
        TRY_OK(ckn_symmetric_create(&other, n, "a copy", &error));
        ckn_symmetric_copy(&other, &made.packed);
        ckn_symmetric_shift(&other, 2.5);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                assert_true(*ckn_symmetric_at(&other, i, j) ==
                            made.full[i * n + j] + (i == j ? 2.5 : 0.0));
        ckn_symmetric_release(&other);
        dense_system_release(&made);
    }
}

static void updates(void **state) {
    (void)state;
    for (size_t n = 1; n <= 40; n++) {
        const size_t count = n % 7;
        dense_system made = dense_system_random(n, n, n + 2, 0.3);
        double *rows = ckn_test_random_array(n + 3, n * (count + 1), -1.0, 1.0);
        TRY_OK(ckn_symmetric_update(&made.packed, -0.75, rows, count, &error));
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double expected = made.full[i * n + j];
                for (size_t r = 0; r < count; r++)
                    expected -= 0.75 * rows[r * n + i] * rows[r * n + j];
                assert_true(fabs(*ckn_symmetric_at(&made.packed, i, j) - expected) < 1e-13);
            }
        ckn_symmetric twice;
        TRY_OK(ckn_symmetric_create(&twice, n, "a sum", &error));
        ckn_symmetric_copy(&twice, &made.packed);
        ckn_symmetric_add(&twice, -0.5, &made.packed);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                assert_true(*ckn_symmetric_at(&twice, i, j) ==
                            0.5 * *ckn_symmetric_at(&made.packed, i, j));
        ckn_symmetric_release(&twice);
        free(rows);
        dense_system_release(&made);
    }
    ckn_symmetric small = {3, NULL};
    assert_int_equal(ckn_symmetric_update(&small, 1, NULL, INT_MAX, NULL), CKN_ERROR_UNSUPPORTED);
}

static void norm_of_nan_is_nan(void **state) {
    (void)state;
    for (size_t n = 1; n <= 6; n++)
        for (size_t at = 0; at < n * (n + 1) / 2; at++) {
            dense_system made = dense_system_random(n, n, n + 2, 0.0);
            made.packed.entries[at] = NAN;
            assert_true(isnan(ckn_symmetric_norm(&made.packed)));
            made.packed.entries[at] = -INFINITY;
            assert_true(isinf(ckn_symmetric_norm(&made.packed)));
            dense_system_release(&made);
        }
}

static void starts_at_zero(void **state) {
    (void)state;
    ckn_symmetric matrix;
    TRY_OK(ckn_symmetric_create(&matrix, 5, "a matrix", &error));
    for (size_t i = 0; i < 15; i++)
        assert_true(matrix.entries[i] == 0.0);
    assert_true(ckn_symmetric_norm(&matrix) == 0.0);
    ckn_symmetric_shift(&matrix, 1.0);
    ckn_symmetric_clear(&matrix);
    assert_true(ckn_symmetric_norm(&matrix) == 0.0);
    ckn_symmetric_release(&matrix);
    assert_null(matrix.entries);
    ckn_symmetric_release(&matrix);
}

static void refuses_sizes(void **state) {
    (void)state;
    static const size_t orders[] = {0, INT_MAX, SIZE_MAX};
    static const ckn_code codes[] = {CKN_ERROR_ARGUMENT, CKN_ERROR_UNSUPPORTED,
                                     CKN_ERROR_UNSUPPORTED};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        ckn_symmetric matrix = {3, NULL};
        ckn_error error = {CKN_OK, ""};
        assert_int_equal(ckn_symmetric_create(&matrix, orders[i], "the test", &error), codes[i]);
        assert_non_null(strstr(error.message, "the test"));
        assert_null(matrix.entries);
        assert_int_equal(matrix.order, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_half_the_matrix),
        cmocka_unit_test(is_lapacks_format),
        cmocka_unit_test(multiplies),
        cmocka_unit_test(multiplies_many),
        cmocka_unit_test(has_norm_and_diagonal),
        cmocka_unit_test(updates),
        cmocka_unit_test(norm_of_nan_is_nan),
        cmocka_unit_test(starts_at_zero),
        cmocka_unit_test(refuses_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
