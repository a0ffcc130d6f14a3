/* G = X'X, b = X'y and y'y against the sums that define them, over shapes of every kind. */
#include "statistics/equations.h"
#include "support/harness.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct shapes {
    ckn_shape x, h;
} shapes;

static const shapes cases[] = {
    {{1, 1}, {1, 1}},     {{1, 7}, {1, 3}},     {{1, 40}, {1, 8}},    {{1, 9}, {1, 9}},
    {{7, 1}, {3, 1}},     {{40, 1}, {9, 1}},    {{9, 1}, {9, 1}},     {{2, 2}, {1, 1}},
    {{2, 2}, {2, 1}},     {{2, 2}, {1, 2}},     {{2, 2}, {2, 2}},     {{3, 3}, {2, 2}},
    {{5, 5}, {3, 3}},     {{5, 5}, {5, 5}},     {{5, 5}, {4, 5}},     {{6, 9}, {5, 8}},
    {{9, 6}, {8, 5}},     {{8, 8}, {7, 7}},     {{8, 8}, {2, 7}},     {{8, 8}, {7, 2}},
    {{16, 16}, {1, 1}},   {{16, 16}, {1, 5}},   {{16, 16}, {5, 1}},   {{16, 16}, {4, 4}},
    {{17, 13}, {6, 3}},   {{13, 17}, {3, 6}},   {{20, 31}, {5, 5}},   {{31, 20}, {8, 7}},
    {{33, 33}, {9, 9}},   {{24, 64}, {11, 4}},  {{64, 24}, {4, 11}},  {{40, 41}, {12, 13}},
    {{50, 3}, {7, 3}},    {{3, 50}, {3, 7}},    {{4, 100}, {2, 10}},  {{100, 4}, {10, 2}},
    {{37, 62}, {10, 10}}, {{62, 37}, {9, 12}},  {{90, 70}, {5, 9}},   {{128, 96}, {7, 7}},
    {{15, 15}, {14, 14}}, {{19, 18}, {12, 17}}, {{130, 300}, {9, 5}}, {{260, 270}, {8, 8}},
};

/* G against the definition, in long double; returns the largest difference relative to the largest
 * entry. Tap (i,j) sees x[p+k-1-i, q+l-1-j]. */
static void naive_column(const double *x, ckn_shape x_shape, ckn_shape h, const double *y,
                         size_t tap, long double *column, long double *b) {
    ckn_shape valid = ckn_shape_valid(x_shape, h);
    size_t taps = ckn_shape_count(h);
    size_t a = h.rows - 1 - tap / h.cols, c = h.cols - 1 - tap % h.cols;
    for (size_t n = 0; n < taps; n++)
        column[n] = 0;
    *b = 0;
    for (size_t p = 0; p < valid.rows; p++) {
        for (size_t q = 0; q < valid.cols; q++) {
            long double own = x[(p + a) * x_shape.cols + q + c];
            *b += own * (long double)y[p * valid.cols + q];
            for (size_t n = 0; n < taps; n++)
                column[n] += own * (long double)x[(p + h.rows - 1 - n / h.cols) * x_shape.cols + q +
                                                  h.cols - 1 - n % h.cols];
        }
    }
}

static double largest(double a, long double b) {
    return fmax(a, (double)fabsl(b));
}

typedef struct differences {
    double gram, b;
} differences;

static differences compare(const ckn_equations *statistics, const long double *gram,
                           const long double *b) {
    size_t taps = statistics->taps;
    double gram_scale = 0, b_scale = 0, gram_error = 0, b_error = 0;
    for (size_t i = 0; i < taps; i++) {
        b_scale = largest(b_scale, b[i]);
        b_error = largest(b_error, b[i] - (long double)statistics->b[i]);
        for (size_t j = 0; j < taps; j++) {
            gram_scale = largest(gram_scale, gram[i * taps + j]);
            gram_error = largest(gram_error, gram[i * taps + j] - (long double)*ckn_symmetric_at(
                                                                      &statistics->gram, i, j));
        }
    }
    return (differences){gram_error / gram_scale, b_error / b_scale};
}

static double tolerance(void) {
    if (ckn_test_on_cpu())
        return 1e-13;
    ckn_device_info info;
    ckn_test_backend()->ops->describe(ckn_test_backend(), &info);
    return info.fp64 ? 1e-10 : 1e-9;
}

/* Statistics of `pair_count` pairs of one kernel size. */
static void check_pairs(const shapes *pairs, size_t pair_count, double low) {
    ckn_shape h = pairs[0].h;
    size_t taps = ckn_shape_count(h);
    long double *gram = calloc(taps * taps, sizeof *gram), *b = calloc(taps, sizeof *b);
    long double *column = calloc(taps, sizeof *column);
    assert_true(gram && b && column);
    ckn_pair views[4] = {{.sharp = {0}}};
    double *x[4], *y[4];
    long double square = 0;
    for (size_t n = 0; n < pair_count; n++) {
        ckn_shape shape = pairs[n].x, valid = ckn_shape_valid(shape, h);
        x[n] = ckn_test_random_array(17 + n, ckn_shape_count(shape), low, low + 1);
        y[n] = ckn_test_random_array(91 + n, ckn_shape_count(valid), -1, 1);
        views[n].sharp = ckn_view_f64(x[n], shape.rows, shape.cols);
        views[n].blurred = ckn_view_f64(y[n], valid.rows, valid.cols);
        for (size_t i = 0; i < taps; i++) {
            long double product = 0;
            naive_column(x[n], shape, h, y[n], i, column, &product);
            b[i] += product;
            for (size_t j = 0; j < taps; j++)
                gram[i * taps + j] += column[j];
        }
        for (size_t i = 0; i < ckn_shape_count(valid); i++)
            square += (long double)y[n][i] * (long double)y[n][i];
    }
    ckn_problem *problem = NULL;
    const ckn_equations *statistics = NULL;
    TRY_OK(ckn_problem_create(ckn_test_backend(), h, views, pair_count, &problem, &error));
    TRY_OK(ckn_problem_upload(problem, views, &error));
    TRY_OK(ckn_equations_get(problem, &statistics, &error));
    differences found = compare(statistics, gram, b);
    if (!(found.gram <= tolerance() && found.b <= tolerance()))
        ckn_test_fail("%zu x %zu, kernel %zu x %zu: G differs by %.2g, b by %.2g", pairs[0].x.rows,
                      pairs[0].x.cols, h.rows, h.cols, found.gram, found.b);
    assert_true(fabs(statistics->square - (double)square) <= tolerance() * (double)square);
    ckn_problem_destroy(problem);
    for (size_t n = 0; n < pair_count; n++) {
        free(x[n]);
        free(y[n]);
    }
    free(gram);
    free(b);
    free(column);
}

static void test_shapes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_pairs(&cases[i], 1, -0.5);
}

/* Photographs are positive: G is then dominated by its mean. */
static void test_pedestal(void **state) {
    (void)state;
    static const shapes one = {{60, 71}, {6, 9}};
    check_pairs(&one, 1, 0);
    check_pairs(&one, 1, 3);
}

static void test_pairs_add(void **state) {
    (void)state;
    static const shapes pairs[] = {
        {{30, 40}, {5, 4}}, {{12, 9}, {5, 4}}, {{30, 40}, {5, 4}}, {{5, 4}, {5, 4}}};
    check_pairs(pairs, 4, -0.5);
}

/* A ridge is relative to the mean diagonal, and appears in the objective. */
static void test_ridge(void **state) {
    (void)state;
    const ckn_shape shape = {20, 20}, h = {3, 3}, valid = {18, 18};
    double *x = ckn_test_random_array(5, 400, 0, 1), *y = ckn_test_random_array(6, 324, 0, 1);
    const ckn_pair pair = {.sharp = ckn_view_f64(x, shape.rows, shape.cols),
                           .blurred = ckn_view_f64(y, valid.rows, valid.cols)};
    ckn_problem *problem = NULL;
    const ckn_equations *statistics = NULL;
    TRY_OK(ckn_problem_create(ckn_test_backend(), h, &pair, 1, &problem, &error));
    TRY_OK(ckn_problem_upload(problem, &pair, &error));
    TRY_OK(ckn_equations_get(problem, &statistics, &error));
    double plain = *ckn_symmetric_at(&statistics->gram, 4, 4);
    problem->prior = CKN_PRIOR_RIDGE;
    problem->lambda = 0.25;
    TRY_OK(ckn_problem_upload(problem, &pair, &error));
    TRY_OK(ckn_equations_get(problem, &statistics, &error));
    double mean = statistics->mean_diagonal;
    assert_true(fabs(*ckn_symmetric_at(&statistics->gram, 4, 4) - plain - 0.25 * mean) <=
                1e-12 * mean);
    double h_taps[9] = {0, 0, 0, 0, 2, 0, 0, 0, 0}, g[9], rss = 0;
    double with = ckn_equations_objective(statistics, h_taps, g);
    TRY_OK(ckn_equations_evaluate(statistics, h_taps, &rss, &error));
    assert_true(fabs(with - rss - 0.5 * 0.25 * mean * 4) <= 1e-12 * with);
    ckn_problem_destroy(problem);
    free(x);
    free(y);
}

static void test_memory_limit(void **state) {
    (void)state;
    const ckn_shape h = {5, 5};
    double *x = ckn_test_random_array(5, 400, 0, 1);
    const ckn_pair pair = {.sharp = ckn_view_f64(x, 20, 20), .blurred = ckn_view_f64(x, 16, 16)};
    ckn_problem *problem = NULL;
    ckn_error refusal = {CKN_OK, ""};
    TRY_OK(ckn_problem_create(ckn_test_backend(), h, &pair, 1, &problem, &error));
    problem->memory_limit = ckn_equations_bytes(h) - 1;
    assert_false(ckn_equations_fit(problem));
    assert_int_equal(ckn_equations_prepare(problem, &refusal), CKN_ERROR_MEMORY);
    assert_non_null(strstr(refusal.message, "bytes"));
    problem->memory_limit++;
    TRY_OK(ckn_equations_prepare(problem, &error));
    assert_true(ckn_equations_bytes((ckn_shape){SIZE_MAX / 2, 3}) == SIZE_MAX);
    ckn_problem_destroy(problem);
    free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),       cmocka_unit_test(test_pedestal),
        cmocka_unit_test(test_pairs_add),    cmocka_unit_test(test_ridge),
        cmocka_unit_test(test_memory_limit),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
