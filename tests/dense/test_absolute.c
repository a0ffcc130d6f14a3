/* Quadratic programmes with absolute values, against optimality conditions and naive answers. */
#include "dense/absolute.h"
#include "dense/systems.h"
#include "support/random.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct programme {
    dense_system system;
    ckn_absolute_problem problem;
    ckn_absolute_term *terms;
    ckn_absolute_answer answer;
} programme;

/* Terms of single unknowns, or of a chain of differences with both ends at zero. */
static programme programme_of(uint64_t seed, size_t n, size_t rows, bool chain, double weight) {
    programme made = {.system = dense_system_random(seed, n, rows, 0.2)};
    const size_t count = chain ? n + 1 : n;
    made.terms = calloc(count, sizeof *made.terms);
    for (size_t j = 0; j < count; j++)
        made.terms[j] = !chain      ? (ckn_absolute_term){j, SIZE_MAX}
                        : j < n - 1 ? (ckn_absolute_term){j, j + 1}
                                    : (ckn_absolute_term){j == n ? 0 : n - 1, SIZE_MAX};
    made.problem = (ckn_absolute_problem){.matrix = &made.system.packed,
                                          .b = made.system.b,
                                          .weight = weight,
                                          .terms = made.terms,
                                          .term_count = count};
    made.answer = (ckn_absolute_answer){.h = calloc(n, sizeof(double)),
                                        .slope = calloc(n, sizeof(double)),
                                        .flat = calloc(count, sizeof(bool))};
    return made;
}

static void programme_release(programme *made) {
    dense_system_release(&made->system);
    free(made->terms);
    free(made->answer.h);
    free(made->answer.slope);
    free(made->answer.flat);
}

static double value_of(const programme *made, const double *h) {
    long double value = dense_naive_objective(&made->system, h);
    for (size_t j = 0; j < made->problem.term_count; j++) {
        const ckn_absolute_term *term = &made->terms[j];
        value += made->problem.weight *
                 fabs(h[term->plus] - (term->minus == SIZE_MAX ? 0 : h[term->minus]));
    }
    return (double)value;
}

static double scale_of(const programme *made) {
    double scale = 0;
    for (size_t i = 0; i < made->system.n; i++)
        scale = fmax(scale, fabs(made->system.b[i]));
    return scale;
}

/* The structure may have moved since it was made. */
static ckn_code attempt(programme *made, ckn_error *why) {
    made->problem.matrix = &made->system.packed;
    return ckn_absolute_solve(&made->problem, &made->answer, why);
}

static void solve(programme *made) {
    TRY_OK(attempt(made, &error));
    if (!made->answer.optimal)
        ckn_test_fail("not optimal after %zu iterations", made->answer.iterations);
}

/* With A = 1 the lasso is a threshold of b. */
static void test_threshold(void **state) {
    (void)state;
    enum { N = 5 };
    double x[N * N] = {0}, y[N] = {3, -0.5, 0.2, -2, 1};
    for (size_t i = 0; i < N; i++)
        x[i * N + i] = 1;
    programme made = programme_of(1, N, N, false, 0.5);
    dense_system_release(&made.system);
    made.system = dense_system_from(x, y, N, N);
    made.problem.b = made.system.b;
    solve(&made);
    static const double expected[N] = {2.5, 0, 0, -1.5, 0.5};
    for (size_t i = 0; i < N; i++) {
        assert_true(fabs(made.answer.h[i] - expected[i]) < 1e-8);
        assert_true(fabs(made.answer.slope[i] - (y[i] - expected[i])) < 1e-7);
    }
    assert_true(made.answer.h[2] == 0 && made.answer.flat[2] && !made.answer.flat[0]);
    programme_release(&made);
}

/* From a waypoint of another weight the answer is the same, and nearer. */
static void test_waypoint(void **state) {
    (void)state;
    enum { N = 40 };
    static const double ratios[] = {10, 0.1, 2};
    for (size_t n = 0; n < 6; n++) {
        programme made = programme_of(30 + n, N, 2 * N, n % 2 == 1, 1e-2);
        ckn_absolute_waypoint waypoint = {0};
        const double first = made.problem.weight;
        made.problem.accuracy = 1e-7 * scale_of(&made);
        made.problem.waypoint = &waypoint;
        assert_int_equal(attempt(&made, NULL), CKN_OK);
        assert_non_null(waypoint.numbers);
        assert_true(waypoint.weight == first);
        made.problem.weight = first * ratios[n % 3];
        assert_int_equal(attempt(&made, NULL), CKN_OK);
        const size_t warm = made.answer.iterations;
        const double value = value_of(&made, made.answer.h);
        made.problem.waypoint = NULL;
        assert_int_equal(attempt(&made, NULL), CKN_OK);
        if (fabs(value - value_of(&made, made.answer.h)) > 4 * made.problem.accuracy)
            ckn_test_fail("from a waypoint %g, from the start %g", value,
                          value_of(&made, made.answer.h));
        assert_true(warm <= made.answer.iterations + 2);
        ckn_absolute_waypoint_release(&waypoint);
        programme_release(&made);
    }
}

/* |A h - b| <= weight, with equality and the right sign where h is not zero. */
static void check_lasso(programme *made) {
    const size_t n = made->system.n;
    const double weight = made->problem.weight, slack = 1e-7 * fmax(weight, scale_of(made));
    double *g = calloc(n, sizeof *g);
    dense_naive_multiply(made->system.full, made->answer.h, n, g);
    for (size_t i = 0; i < n; i++) {
        const double force = made->system.b[i] - g[i], h = made->answer.h[i];
        const bool good = h == 0 ? fabs(force) <= weight + slack
                                 : fabs(force - (h > 0 ? weight : -weight)) <= slack;
        if (!good)
            ckn_test_fail("n %zu: force %g at tap %zu of %g, weight %g", n, force, i, h, weight);
    }
    free(g);
}

static void test_lasso(void **state) {
    (void)state;
    static const size_t orders[] = {1, 2, 3, 10, 41};
    for (size_t k = 0; k < 5; k++) {
        for (int w = 0; w < 4; w++) {
            const size_t n = orders[k];
            programme made = programme_of(k + 7, n, 2 * n + 3, false, pow(10, w - 3));
            made.problem.weight *= scale_of(&made);
            solve(&made);
            check_lasso(&made);
            programme_release(&made);
        }
    }
}

/* Fewer equations than unknowns. */
static void test_singular(void **state) {
    (void)state;
    programme made = programme_of(3, 12, 4, false, 0.05);
    solve(&made);
    check_lasso(&made);
    programme_release(&made);
}

/* Total variation by projected gradient on its dual box, which shares nothing with the method:
 * minimise 1/2 (b - D'u)' A^-1 (b - D'u) over |u| <= weight. */
static void naive_chain(const programme *made, double *h) {
    enum { STEPS = 200000 };
    const size_t n = made->system.n, terms = made->problem.term_count;
    const double weight = made->problem.weight;
    long double *a = calloc(n * n, sizeof *a), *right = calloc(n, sizeof *right),
                *x = calloc(n, sizeof *x);
    double *u = calloc(terms, sizeof *u);
    for (size_t i = 0; i < n * n; i++)
        a[i] = made->system.full[i];
    for (size_t step = 0; step * n < STEPS; step++) {
        for (size_t i = 0; i < n; i++)
            right[i] = made->system.b[i];
        for (size_t j = 0; j < terms; j++) {
            right[made->terms[j].plus] -= u[j];
            if (made->terms[j].minus != SIZE_MAX)
                right[made->terms[j].minus] += u[j];
        }
        assert_true(dense_naive_solve(a, right, n, x));
        for (size_t j = 0; j < terms; j++) {
            const double t =
                (double)(x[made->terms[j].plus] -
                         (made->terms[j].minus == SIZE_MAX ? 0 : x[made->terms[j].minus]));
            u[j] = fmin(fmax(u[j] + 0.03 * t, -weight), weight);
        }
    }
    for (size_t i = 0; i < n; i++)
        h[i] = (double)x[i];
    free(a);
    free(right);
    free(x);
    free(u);
}

static void test_total_variation(void **state) {
    (void)state;
    for (size_t n = 2; n <= 6; n += 2) {
        double h[6] = {0};
        programme made = programme_of(20 + n, n, 3 * n, true, 0.4);
        solve(&made);
        naive_chain(&made, h);
        const double naive = value_of(&made, h), own = value_of(&made, made.answer.h);
        assert_true(own <= naive + 1e-9 * fabs(naive));
        if (!(naive <= own + 1e-4 * fabs(own) + 1e-12))
            ckn_test_fail("n %zu: %.12g, naive %.12g", n, own, naive);
        for (size_t i = 0; i < n; i++)
            assert_true(fabs(h[i] - made.answer.h[i]) < 1e-3);
        programme_release(&made);
    }
}

/* Under constraints: no feasible direction lowers the objective, and what is flat is flat. */
static void check_directions(programme *made) {
    const size_t n = made->system.n;
    const double best = value_of(made, made->answer.h);
    double *h = calloc(n, sizeof *h), sum = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(made->answer.h[i] >= 0);
        sum += made->answer.h[i];
    }
    if (made->problem.sum_is_one)
        assert_true(fabs(sum - 1) < 1e-9);
    for (size_t trial = 0; trial < 2000; trial++) {
        double *target = ckn_test_random_array(trial, n, 0, 1), total = 0;
        for (size_t i = 0; i < n; i++) {
            target[i] = target[i] < 0.6 ? 0 : target[i];
            total += target[i];
        }
        const double size = made->problem.sum_is_one ? (total > 0 ? 1 / total : 0) : 0.5;
        const double step = pow(10, -(double)(trial % 5));
        for (size_t i = 0; i < n; i++)
            h[i] = made->answer.h[i] + step * (size * target[i] - made->answer.h[i]);
        if (total > 0 || !made->problem.sum_is_one)
            assert_true(value_of(made, h) >= best - 1e-10 * (1 + fabs(best)));
        free(target);
    }
    for (size_t j = 0; j < made->problem.term_count; j++) {
        const ckn_absolute_term *term = &made->terms[j];
        const double t = made->answer.h[term->plus] -
                         (term->minus == SIZE_MAX ? 0 : made->answer.h[term->minus]);
        if (made->answer.flat[j])
            assert_true(fabs(t) < 1e-6);
    }
    free(h);
}

static void test_constraints(void **state) {
    (void)state;
    for (size_t n = 1; n <= 17; n += 4) {
        for (int simplex = 0; simplex < 2; simplex++) {
            programme made = programme_of(40 + n, n, 2 * n + 1, true, 0.3);
            made.problem.nonnegative = true;
            made.problem.sum_is_one = simplex;
            solve(&made);
            check_directions(&made);
            programme_release(&made);
        }
    }
}

/* So much weight that nothing is left. */
static void test_all_zero(void **state) {
    (void)state;
    for (int chain = 0; chain < 2; chain++) {
        programme made = programme_of(5, 9, 20, chain, 0);
        made.problem.weight = 100 * scale_of(&made);
        solve(&made);
        for (size_t i = 0; i < 9; i++)
            assert_true(fabs(made.answer.h[i]) < 1e-9);
        for (size_t j = 0; j < made.problem.term_count; j++)
            if (!made.answer.flat[j])
                ckn_test_fail("chain %d, term %zu of %zu: h %g slope %g, %zu iterations", chain, j,
                              made.problem.term_count, made.answer.h[made.terms[j].plus],
                              made.answer.slope[made.terms[j].plus], made.answer.iterations);
        programme_release(&made);
    }
}

/* An accuracy ends it earlier, and still below the bound. */
static void test_accuracy(void **state) {
    (void)state;
    programme exact = programme_of(8, 30, 70, true, 0.2),
              rough = programme_of(8, 30, 70, true, 0.2);
    solve(&exact);
    rough.problem.accuracy = 1e-4 * fabs(value_of(&exact, exact.answer.h));
    TRY_OK(attempt(&rough, &error));
    assert_true(rough.answer.iterations < exact.answer.iterations);
    const double best = value_of(&exact, exact.answer.h);
    assert_true(value_of(&rough, rough.answer.h) - best < 1e-3 * fabs(best));
    programme_release(&exact);
    programme_release(&rough);
}

/* A h - b + slope vanishes, but for the taps at zero and the multiplier of the sum. */
static double stationarity(programme *made) {
    const size_t n = made->system.n;
    double *g = calloc(n, sizeof *g), mu = 0, largest = 0, tallest = 0;
    dense_naive_multiply(made->system.full, made->answer.h, n, g);
    for (size_t i = 0; i < n; i++) {
        g[i] += made->answer.slope[i] - made->system.b[i];
        if (made->problem.sum_is_one && made->answer.h[i] > tallest) {
            tallest = made->answer.h[i];
            mu = g[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        const bool held = made->problem.nonnegative && made->answer.h[i] == 0;
        largest = fmax(largest, held ? mu - g[i] : fabs(g[i] - mu));
    }
    free(g);
    return largest;
}

/* A truth with every third unknown above zero, and noise. */
static programme programme_of_spikes(uint64_t seed, size_t n, bool chain, double weight) {
    const size_t rows = 3 * n + 2;
    programme made = programme_of(seed, n, rows, chain, weight);
    double *x = ckn_test_random_array(seed, n * rows, -1, 1);
    double *y = ckn_test_random_array(seed + 1, rows, -0.1, 0.1);
    for (size_t i = 0; i < n * rows; i++)
        y[i / n] += i % n % 3 == 0 ? 0.3 * x[i] : 0;
    dense_system_release(&made.system);
    made.system = dense_system_from(x, y, n, rows);
    made.problem.b = made.system.b;
    free(x);
    free(y);
    return made;
}

/* So little weight that complementarity alone would end it too early. */
static void test_small_weights(void **state) {
    (void)state;
    for (size_t k = 0; k < 400; k++) {
        programme made = programme_of_spikes(200 + k, 5 + k % 31, k % 2, pow(10, -6.0 - k % 3));
        made.problem.weight *= scale_of(&made);
        solve(&made);
        const double left = stationarity(&made) / scale_of(&made);
        if (!(left < 1e-10))
            ckn_test_fail("seed %zu, weight %g: the gradient is off by %g", k, made.problem.weight,
                          left);
        programme_release(&made);
    }
}

/* Images that are nearly constant, or far brighter than sharp ones: b has nothing to do with A. */
static void test_sum_whatever_b(void **state) {
    (void)state;
    static const double scales[] = {0, 1e-30, 1e-9, 1e-3, 1e3, 1e11};
    for (size_t k = 0; k < 6; k++) {
        programme made = programme_of(60 + k, 15, 40, true, 0.01);
        made.problem.nonnegative = made.problem.sum_is_one = true;
        double mean = 0, sum = 0;
        for (size_t i = 0; i < 15; i++) {
            made.system.b[i] *= scales[k];
            mean += made.system.full[16 * i] / 15;
        }
        made.problem.weight *= fmax(scale_of(&made), mean);
        TRY_OK(attempt(&made, &error));
        for (size_t i = 0; i < 15; i++) {
            assert_true(made.answer.h[i] >= 0);
            sum += made.answer.h[i];
        }
        assert_true(fabs(sum - 1) < 1e-12);
        assert_true(stationarity(&made) < 1e-8 * fmax(scale_of(&made), mean));
        programme_release(&made);
    }
}

static void test_without_b(void **state) {
    (void)state;
    for (int nonnegative = 0; nonnegative < 2; nonnegative++) {
        programme made = programme_of(70, 8, 20, true, 1e-3);
        memset(made.system.b, 0, 8 * sizeof(double));
        made.problem.nonnegative = nonnegative;
        solve(&made);
        for (size_t i = 0; i < 8; i++)
            assert_true(made.answer.h[i] == 0 && made.answer.slope[i] == 0);
        for (size_t j = 0; j < made.problem.term_count; j++)
            assert_true(made.answer.flat[j]);
        programme_release(&made);
    }
}

/* Units do not matter. */
static void test_units(void **state) {
    (void)state;
    static const double scales[][2] = {{0x1p200, 1}, {0x1p-200, 1}, {1, 0x1p200}, {1, 0x1p-200}};
    programme plain = programme_of(80, 14, 40, true, 0.3);
    solve(&plain);
    for (size_t k = 0; k < 4; k++) {
        programme made = programme_of(80, 14, 40, true, 0.3);
        for (size_t i = 0; i < 14; i++)
            made.system.b[i] *= scales[k][0] * scales[k][1];
        for (size_t i = 0; i < (size_t)14 * 14; i++)
            made.system.full[i] *= scales[k][0];
        dense_system_pack(&made.system);
        made.problem.weight *= scales[k][0] * scales[k][1];
        solve(&made);
        for (size_t i = 0; i < 14; i++)
            assert_true(fabs(made.answer.h[i] / scales[k][1] - plain.answer.h[i]) < 1e-12);
        programme_release(&made);
    }
    programme_release(&plain);
}

static void test_refusals(void **state) {
    (void)state;
    programme made = programme_of(9, 4, 9, false, 0);
    ckn_error why;
    assert_int_equal(attempt(&made, &why), CKN_ERROR_ARGUMENT);
    made.problem.weight = 1;
    made.problem.sum_is_one = true;
    assert_int_equal(attempt(&made, &why), CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(why.message, "interior point"));
    made.problem.sum_is_one = false;
    made.system.b[1] = NAN;
    assert_int_equal(attempt(&made, &why), CKN_ERROR_DATA);
    size_t bytes = 0;
    assert_true(ckn_absolute_bytes(4, 4, &bytes) && bytes > 10 * sizeof(double));
    assert_false(ckn_absolute_bytes(SIZE_MAX / 2, 4, &bytes));
    assert_false(ckn_absolute_bytes(4, SIZE_MAX / 2, &bytes));
    programme_release(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threshold),       cmocka_unit_test(test_waypoint),
        cmocka_unit_test(test_lasso),           cmocka_unit_test(test_singular),
        cmocka_unit_test(test_total_variation), cmocka_unit_test(test_constraints),
        cmocka_unit_test(test_all_zero),        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_small_weights),   cmocka_unit_test(test_sum_whatever_b),
        cmocka_unit_test(test_without_b),       cmocka_unit_test(test_units),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
