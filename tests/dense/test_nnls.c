/* Non-negative least squares against the enumeration of all sets of free taps, and by its
 * optimality conditions where those are too many. */
#include "dense/nnls.h"
#include "dense/systems.h"
#include "support/random.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Solves and checks what every answer must satisfy. */
static ckn_nnls_report solve(const dense_system *made, bool sum_is_one, double *h) {
    ckn_nnls_report report;
    long double sum = 0.0L;
    size_t positive = 0;
    for (size_t i = 0; i < made->n; i++)
        h[i] = NAN;
    TRY_OK(ckn_nnls_solve(&made->packed, made->b, sum_is_one, h, NULL, NULL, &report, &error));
    for (size_t i = 0; i < made->n; i++) {
        if (!(h[i] >= 0.0 && isfinite(h[i])))
            ckn_test_fail("n = %zu%s: tap %zu is %g", made->n, sum_is_one ? ", sum 1" : "", i,
                          h[i]);
        sum += h[i];
        positive += h[i] > 0.0;
    }
    if (sum_is_one && fabsl(sum - 1.0L) > 2e-15L)
        ckn_test_fail("n = %zu: the sum is 1 + %Lg", made->n, sum - 1.0L);
    assert_int_equal(report.free_count, positive);
    assert_true(report.iterations >= 1);
    return report;
}

static ckn_nnls_report solve_optimal(const dense_system *made, bool sum_is_one, double *h) {
    ckn_nnls_report report = solve(made, sum_is_one, h);
    double violation = dense_naive_violation(made, sum_is_one, h);
    if (!report.optimal || violation > 1e-12)
        ckn_test_fail("n = %zu%s: reported as %soptimal, the conditions are off by %g", made->n,
                      sum_is_one ? ", sum 1" : "", report.optimal ? "" : "not ", violation);
    return report;
}

static void equals_enumeration(const dense_system *made, bool sum_is_one, bool unique) {
    double expected[10] = {0}, h[10];
    long double least = dense_naive_nnls(made, sum_is_one, expected);
    solve_optimal(made, sum_is_one, h);
    long double value = dense_naive_objective(made, h);
    if (fabsl(value - least) > 1e-12L * (1.0L + fabsl(least)))
        ckn_test_fail("n = %zu: objective %.17Lg, at best %.17Lg", made->n, value, least);
    if (unique)
        ckn_test_close(h, expected, made->n, 1e-9, "h, n = %zu", made->n);
}

static void is_the_best_of_all_sets(void **state) {
    (void)state;
    for (size_t n = 1; n <= 10; n++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            dense_system made = dense_system_random(seed, n, n + 3, seed % 3 ? 0.5 : 0.0);
            equals_enumeration(&made, false, true);
            equals_enumeration(&made, true, true);
            dense_system_release(&made);
        }
}

static void copes_with_singular_matrices(void **state) {
    (void)state;
    for (size_t n = 2; n <= 9; n++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            dense_system made = dense_system_random(seed, n, n / 2, seed % 3 ? 0.5 : 0.0);
            equals_enumeration(&made, false, false);
            equals_enumeration(&made, true, false);
            dense_system_release(&made);
        }
}

static void copes_with_equal_and_opposite_columns(void **state) {
    (void)state;
    enum { n = 9, rows = 12 };
    for (uint64_t seed = 0; seed < 20; seed++) {
        double *x = ckn_test_random_array(seed, n * rows, -1.0, 1.0);
        double *y = ckn_test_random_array(seed + 50, rows, -1.0, 1.0);
        for (size_t row = 0; row < rows; row++)
            for (size_t i = 0; i < 3; i++) {
                x[row * n + 3 + i] = x[row * n + i];
                x[row * n + 6 + i] = -x[row * n + i];
            }
        dense_system made = dense_system_from(x, y, n, rows);
        equals_enumeration(&made, false, false);
        equals_enumeration(&made, true, false);
        dense_system_release(&made);
        free(x);
        free(y);
    }
}

static void solves_random_problems(void **state) {
    (void)state;
    static const size_t orders[] = {11, 50, 99, 200};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        for (uint64_t seed = 0; seed < 6; seed++) {
            size_t n = orders[i], rows = seed % 2 ? 2 * n : n * 2 / 3;
            dense_system made = dense_system_random(seed, n, rows, seed % 3 ? 0.7 : 0.0);
            double *h = ckn_test_array(n);
            solve_optimal(&made, false, h);
            solve_optimal(&made, true, h);
            free(h);
            dense_system_release(&made);
        }
}

/* Neighbouring columns that are nearly equal, as in the convolution of a smooth image: the
 * condition number is about 1e7. */
static dense_system smooth_system(size_t n, uint64_t seed, double noise, double *kernel) {
    size_t rows = 4 * n;
    double *line = ckn_test_random_array(seed, rows + n, -1.0, 1.0);
    double *y = ckn_test_random_array(seed + 1, rows, -noise, noise);
    double *x = ckn_test_array(rows * n);
    for (size_t i = 1; i < rows + n; i++)
        line[i] += 0.99 * line[i - 1];
    for (size_t i = 1; i < rows + n; i++)
        line[i] = 0.5 * (line[i] + line[i - 1]);
    for (size_t i = 0; i < n; i++)
        kernel[i] = i % 7 < 2 ? 1.0 + (double)(i % 5) : 0.0;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += kernel[i];
    for (size_t i = 0; i < n; i++)
        kernel[i] /= sum;
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < n; i++) {
            x[row * n + i] = line[row + n - 1 - i];
            y[row] += kernel[i] * x[row * n + i];
        }
    dense_system made = dense_system_from(x, y, n, rows);
    free(line);
    free(x);
    free(y);
    return made;
}

static void finds_a_kernel(void **state) {
    (void)state;
    enum { n = 90 };
    double kernel[n], h[n];
    for (int sum_is_one = 0; sum_is_one < 2; sum_is_one++) {
        dense_system made = smooth_system(n, 5, 0.0, kernel);
        ckn_nnls_report report = solve_optimal(&made, sum_is_one, h);
        ckn_test_close(h, kernel, n, 1e-8, "the kernel");
        assert_in_range(report.iterations, 1, 30);
        dense_system_release(&made);
        made = smooth_system(n, 5, 0.05, kernel);
        solve_optimal(&made, sum_is_one, h);
        dense_system_release(&made);
    }
}

static void knows_simple_answers(void **state) {
    (void)state;
    double h[4];
    ckn_nnls_report report;
    dense_system made = dense_system_random(1, 4, 4, 0.0);
    memset(made.full, 0, 16 * sizeof *made.full);
    for (size_t i = 0; i < 4; i++)
        made.full[i * 5] = (double)(1U << i);
    dense_system_pack(&made);
    double zero[4] = {0}, negative[4] = {-4.0, -1.0, -2.0, -3.0};
    double vertex[4] = {0.0, 1.0, 0.0, 0.0}, apart[4] = {-9.0, 7.0, -9.0, -9.0};

    memcpy(made.b, zero, sizeof zero);
    report = solve_optimal(&made, false, h);
    assert_memory_equal(h, zero, sizeof zero);
    assert_int_equal(report.free_count, 0);

    memcpy(made.b, negative, sizeof negative);
    solve_optimal(&made, false, h);
    assert_memory_equal(h, zero, sizeof zero);

    memcpy(made.b, apart, sizeof apart); /* 7 - 2 > -9: the other taps stay out */
    solve_optimal(&made, true, h);
    assert_memory_equal(h, vertex, sizeof vertex);
    dense_system_release(&made);
}

static void one_tap(void **state) {
    (void)state;
    double h;
    dense_system made = dense_system_random(2, 1, 5, 1.0);
    made.b[0] = 3.0;
    solve_optimal(&made, false, &h);
    assert_true(fabs(h - 3.0 / made.full[0]) < 1e-15 * h * 10.0);
    solve_optimal(&made, true, &h);
    assert_true(h == 1.0);
    made.b[0] = -3.0;
    solve_optimal(&made, false, &h);
    assert_true(h == 0.0);
    solve_optimal(&made, true, &h);
    assert_true(h == 1.0);
    dense_system_release(&made);
}

static void a_zero_matrix_is_no_trouble(void **state) {
    (void)state;
    double h[5];
    dense_system made = dense_system_random(1, 5, 9, 0.0);
    memset(made.full, 0, 25 * sizeof *made.full);
    memset(made.b, 0, 5 * sizeof *made.b);
    dense_system_pack(&made);
    assert_true(solve(&made, false, h).optimal);
    assert_true(solve(&made, true, h).optimal);
    /* Not least squares: b outside the range of A has no minimum, and that is not called optimal.
     */
    made.b[2] = 1.0;
    assert_false(solve(&made, false, h).optimal);
    dense_system_release(&made);
}

/* h = 1e400 is no number; what comes instead is feasible and not called optimal. */
static void an_answer_may_overflow(void **state) {
    (void)state;
    double h[3];
    dense_system made = dense_system_random(1, 3, 5, 0.0);
    for (size_t i = 0; i < 9; i++)
        made.full[i] *= 1e-200;
    for (size_t i = 0; i < 3; i++)
        made.b[i] = 1e200;
    dense_system_pack(&made);
    assert_false(solve(&made, false, h).optimal);
    solve(&made, true, h);
    dense_system_release(&made);
}

typedef struct watch {
    size_t calls, last, stop_at;
} watch;

static int count_calls(void *user, size_t iteration, size_t free_count) {
    watch *seen = user;
    assert_int_equal(iteration, seen->last + 1);
    assert_in_range(free_count, 0, 60);
    seen->last = iteration;
    seen->calls++;
    return seen->calls == seen->stop_at;
}

/* In the block exchanges (full rank) and in the active set (singular). */
static void reports_and_cancels(void **state) {
    (void)state;
    for (size_t rows = 30; rows <= 90; rows += 60) {
        dense_system made = dense_system_random(9, 60, rows, 0.0);
        double h[60];
        watch all = {0};
        ckn_nnls_report report;
        TRY_OK(ckn_nnls_solve(&made.packed, made.b, false, h, count_calls, &all, &report, &error));
        assert_int_equal(all.calls, report.iterations);
        for (size_t stop = 1; stop <= all.calls; stop++) {
            watch some = {.stop_at = stop};
            ckn_error error = {CKN_OK, ""};
            assert_int_equal(
                ckn_nnls_solve(&made.packed, made.b, false, h, count_calls, &some, &report, &error),
                CKN_ERROR_CANCELLED);
            assert_int_equal(some.calls, stop);
            assert_non_null(strstr(error.message, "cancelled"));
            assert_false(report.optimal);
        }
        dense_system_release(&made);
    }
}

/* Whatever the guess, the answer is the same. */
static void continues_from_a_guess(void **state) {
    (void)state;
    enum { N = 50 };
    for (uint64_t seed = 0; seed < 12; seed++) {
        dense_system made = dense_system_random(seed + 400, N, 3 * N, 0.0);
        double cold[N], warm[N];
        ckn_nnls_report report;
        const bool sum_is_one = seed % 2 == 1;
        TRY_OK(ckn_nnls_solve(&made.packed, made.b, sum_is_one, cold, NULL, NULL, &report, &error));
        for (size_t i = 0; i < N; i++) /* near it, far from it, and no guess at all */
            warm[i] = seed % 3 == 0 ? cold[i] : seed % 3 == 1 ? -cold[i] + (double)(i % 2) : 0;
        TRY_OK(ckn_nnls_continue(&made.packed, made.b, sum_is_one, warm, &report, &error));
        assert_true(report.optimal);
        assert_true(seed % 3 != 0 || report.iterations == 1);
        for (size_t i = 0; i < N; i++)
            if (fabs(warm[i] - cold[i]) > 1e-9)
                ckn_test_fail("seed %d, tap %zu: %g, not %g", (int)seed, i, warm[i], cold[i]);
        dense_system_release(&made);
    }
}

static void refuses_nan(void **state) {
    (void)state;
    static const double wrong[] = {NAN, INFINITY, -INFINITY};
    for (size_t at = 0; at < 10 + 4; at++) {
        dense_system made = dense_system_random(1, 4, 9, 0.0);
        double h[4], *entry = at < 10 ? made.packed.entries + at : made.b + (at - 10);
        ckn_nnls_report report;
        ckn_error error = {CKN_OK, ""};
        *entry = wrong[at % 3];
        for (int sum_is_one = 0; sum_is_one < 2; sum_is_one++)
            assert_int_equal(
                ckn_nnls_solve(&made.packed, made.b, sum_is_one, h, NULL, NULL, &report, &error),
                CKN_ERROR_DATA);
        assert_non_null(strstr(error.message, "NaN"));
        dense_system_release(&made);
    }
}

/* Numbers that are not the Gram matrix of anything, or far apart in size: whatever comes out, it
 * comes out, and it is feasible. */
static void survives_nonsense(void **state) {
    (void)state;
    double h[24];
    for (uint64_t seed = 0; seed < 60; seed++) {
        size_t n = 1 + seed % 24;
        dense_system made = dense_system_random(seed, n, n, 0.0);
        double *noise = ckn_test_random_array(seed + 77, n * n, -1.0, 1.0);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) {
                double scale = seed % 3 == 1 ? pow(10.0, 20.0 * noise[i] + 20.0 * noise[j]) : 1.0;
                double entry = seed % 3 == 0 ? noise[i * n + j] : made.full[i * n + j] * scale;
                entry *= seed % 3 == 2 ? 1e-200 : 1.0;
                made.full[i * n + j] = made.full[j * n + i] = entry;
            }
        dense_system_pack(&made);
        solve(&made, false, h);
        solve(&made, true, h);
        free(noise);
        dense_system_release(&made);
    }
}

static void counts_its_bytes(void **state) {
    (void)state;
    size_t bytes = 0;
    assert_true(ckn_nnls_bytes(100, &bytes));
    assert_true(bytes > 100 * 100 * sizeof(double) && bytes < 2 * 100 * 100 * sizeof(double));
    assert_false(ckn_nnls_bytes(SIZE_MAX, &bytes));
    assert_false(ckn_nnls_bytes((size_t)1 << 31, &bytes));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_best_of_all_sets),
        cmocka_unit_test(copes_with_singular_matrices),
        cmocka_unit_test(copes_with_equal_and_opposite_columns),
        cmocka_unit_test(solves_random_problems),
        cmocka_unit_test(finds_a_kernel),
        cmocka_unit_test(knows_simple_answers),
        cmocka_unit_test(one_tap),
        cmocka_unit_test(a_zero_matrix_is_no_trouble),
        cmocka_unit_test(an_answer_may_overflow),
        cmocka_unit_test(reports_and_cancels),
        cmocka_unit_test(continues_from_a_guess),
        cmocka_unit_test(refuses_nan),
        cmocka_unit_test(survives_nonsense),
        cmocka_unit_test(counts_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
