/* The priors l1 and total variation: optimality by conditions and directions of the test's own,
 * certificates, degrees of freedom. */
#include "estimate/chosen.h"
#include "estimate/naive_equations.h"

#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 5, COLS = 6, TAPS = ROWS * COLS };

/* Flat parts with edges, and zeros round them: what both priors are for. */
static known_pair flat_pair(uint64_t seed, double sigma) {
    known_pair pair = known_pair_scene((ckn_shape){40, 45}, (ckn_shape){ROWS, COLS}, 1.1);
    double taps[TAPS] = {0};
    for (size_t row = 1; row < 4; row++)
        for (size_t col = 1; col < 5; col++)
            taps[row * COLS + col] = row == 1 && col == 1 ? 0.09 : 0.07;
    chosen_convolve(&pair, taps);
    chosen_disturb(&pair, seed, sigma);
    return pair;
}

/* The tap at (row, col), zero outside. */
static long double at(const double *h, ptrdiff_t row, ptrdiff_t col) {
    return row < 0 || col < 0 || row >= ROWS || col >= COLS ? 0 : h[row * COLS + col];
}

static long double magnitudes(ckn_prior prior, const double *h) {
    long double sum = 0;
    for (ptrdiff_t row = -1; row < ROWS; row++)
        for (ptrdiff_t col = -1; col < COLS; col++) {
            const long double here = at(h, row, col);
            sum += prior == CKN_PRIOR_L1
                       ? fabsl(here)
                       : fabsl(at(h, row, col + 1) - here) + fabsl(at(h, row + 1, col) - here);
        }
    return sum;
}

static long double objective(const naive_equations *equations, ckn_prior prior, double weight,
                             const double *h) {
    return naive_objective(equations, h, NULL) + weight * magnitudes(prior, h);
}

/* Slopes of l1 at h = 0 lie within the weight; elsewhere they balance it. On the simplex all are
 * counted from that of the free taps. */
static void check_l1(const naive_equations *equations, ckn_constraint constraint, double weight,
                     const double *h, double slack) {
    long double g[TAPS], mu = 0;
    size_t count = 0;
    (void)naive_objective(equations, h, g);
    for (size_t i = 0; i < TAPS && constraint == CKN_CONSTRAINT_SIMPLEX; i++)
        if (h[i] != 0) {
            mu += g[i] + weight;
            count++;
        }
    for (size_t i = 0; i < TAPS; i++) {
        const long double slope = g[i] - (count > 0 ? mu / (long double)count : 0);
        const bool good = h[i] != 0 ? fabsl(slope + copysign(weight, h[i])) <= slack
                          : constraint == CKN_CONSTRAINT_NONE ? fabsl(slope) <= weight + slack
                                                              : slope + weight >= -slack;
        if (!good)
            ckn_test_fail("constraint %d, tap %zu of %g: slope %Lg, weight %g", constraint, i, h[i],
                          slope, weight);
    }
}

/* A direction from h: to a tap, to a pair of taps, along a row or a column, or anywhere. */
static void direction(uint64_t *random, double *d) {
    const size_t kind = ckn_test_random(random) % 5;
    const double sign = ckn_test_random(random) % 2 ? 1 : -1;
    const size_t tap = ckn_test_random(random) % TAPS, other = ckn_test_random(random) % TAPS;
    memset(d, 0, TAPS * sizeof *d);
    for (size_t i = 0; i < TAPS; i++)
        if ((kind == 2 && i / COLS == tap / COLS) || (kind == 3 && i % COLS == tap % COLS))
            d[i] = sign;
        else if (kind == 4)
            d[i] = ckn_test_uniform(random, -1, 1);
    if (kind < 2)
        d[tap] = sign;
    if (kind == 1)
        d[other] -= sign;
}

/* Makes h + d feasible. */
static void project(ckn_constraint constraint, double *h) {
    double sum = 0;
    for (size_t i = 0; i < TAPS; i++) {
        if (constraint != CKN_CONSTRAINT_NONE)
            h[i] = fmax(h[i], 0);
        sum += h[i];
    }
    for (size_t i = 0; i < TAPS && constraint == CKN_CONSTRAINT_SIMPLEX; i++)
        h[i] /= sum;
}

static void check_directions(const naive_equations *equations, ckn_constraint constraint,
                             ckn_prior prior, double weight, const double *h) {
    uint64_t random = 5;
    const long double best = objective(equations, prior, weight, h);
    const long double slack = (ckn_test_on_cpu() ? 1e-12L : 1e-6L) * fabsl(best);
    for (size_t n = 0; n < 5000; n++) {
        double d[TAPS], moved[TAPS], step = pow(10, -1 - (double)(n % 5));
        direction(&random, d);
        for (size_t i = 0; i < TAPS; i++)
            moved[i] = h[i] + step * d[i];
        project(constraint, moved);
        const long double value = objective(equations, prior, weight, moved);
        if (value < best - slack)
            ckn_test_fail("%s, constraint %d, weight %g: %.15Lg, but %.15Lg at a step of %g",
                          ckn_prior_name(prior), constraint, weight, best, value, step);
    }
}

/* Taps of one value that hang together, by flooding; those of zero do not count. */
static size_t plateaus(const double *h) {
    bool seen[TAPS] = {false};
    double largest = 0;
    size_t count = 0;
    for (size_t i = 0; i < TAPS; i++)
        largest = fmax(largest, fabs(h[i]));
    for (size_t i = 0; i < TAPS; i++) {
        size_t stack[TAPS], depth = 0;
        if (seen[i] || fabs(h[i]) < 1e-7 * largest)
            continue;
        count++;
        seen[i] = true;
        for (stack[depth++] = i; depth > 0;) {
            const size_t tap = stack[--depth], col = tap % COLS;
            const size_t next[4] = {tap - COLS, tap + COLS, col > 0 ? tap - 1 : TAPS,
                                    col + 1 < COLS ? tap + 1 : TAPS};
            for (size_t k = 0; k < 4; k++)
                if (next[k] < TAPS && !seen[next[k]] &&
                    fabs(h[next[k]] - h[tap]) < 1e-7 * largest) {
                    seen[next[k]] = true;
                    stack[depth++] = next[k];
                }
        }
    }
    return count;
}

static double naive_freedom(ckn_prior prior, ckn_constraint constraint, const double *h) {
    size_t count = 0;
    for (size_t i = 0; i < TAPS; i++)
        count += h[i] != 0;
    if (prior == CKN_PRIOR_TV)
        count = plateaus(h);
    return (double)count - (constraint == CKN_CONSTRAINT_SIMPLEX ? 1 : 0);
}

static void check_answer(const known_pair *pair, const naive_equations *equations,
                         const chosen_run *run) {
    const ckn_constraint constraint = run->result.constraint;
    const ckn_prior prior = run->result.prior;
    const double weight = run->result.lambda * (double)naive_largest_b(equations);
    double sum = 0;
    assert_true(run->result.kkt_residual < 1e-10);
    assert_true(run->result.duality_gap >= 0 && run->result.duality_gap < 1e-11);
    assert_int_equal(run->result.stop_reason, CKN_STOP_OPTIMAL);
    assert_true(run->result.iterations > 0);
    for (size_t i = 0; i < TAPS; i++) {
        assert_true(constraint == CKN_CONSTRAINT_NONE || run->kernel[i] >= 0);
        sum += run->kernel[i];
    }
    assert_true(constraint != CKN_CONSTRAINT_SIMPLEX || fabs(sum - 1) < 1e-11);
    /* On the simplex a pedestal is taken off the images, which the weight is relative to. */
    if (constraint == CKN_CONSTRAINT_SIMPLEX && prior == CKN_PRIOR_TV)
        return;
    check_directions(equations, constraint, prior, weight, run->kernel);
    const double force = (double)naive_largest_b(equations);
    if (prior == CKN_PRIOR_L1)
        check_l1(equations, constraint, weight, run->kernel,
                 (ckn_test_on_cpu() ? 1e-9 : 1e-5) * force);
    const long double square = naive_square(pair, run->kernel);
    assert_true(fabsl(powl(run->result.residual_norm, 2) / square - 1) < 1e-5);
}

static void check_freedom(const chosen_run *run) {
    const double expected = naive_freedom(run->result.prior, run->result.constraint, run->kernel);
    const double found = chosen_trial(run)->degrees_of_freedom;
    if (found != expected)
        ckn_test_fail("%s, constraint %d, lambda %g: %g degrees of freedom, counted %g",
                      ckn_prior_name(run->result.prior), run->result.constraint, run->result.lambda,
                      found, expected);
}

/* Weights that are given, from little to nearly all. */
static void test_given_weights(void **state) {
    (void)state;
    known_pair pair = flat_pair(71, 0.05);
    naive_equations equations = naive_equations_of(&pair);
    for (int prior = CKN_PRIOR_L1; prior <= CKN_PRIOR_TV; prior++)
        for (int constraint = CKN_CONSTRAINT_NONE; constraint <= CKN_CONSTRAINT_SIMPLEX;
             constraint++)
            for (int n = 0; n < 5; n++) {
                ckn_estimate_options options = chosen_options(&pair);
                options.constraint = (ckn_constraint)constraint;
                options.prior = (ckn_prior)prior;
                options.lambda = pow(10, -n);
                chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
                assert_int_equal(run.result.prior, prior);
                assert_true(fabs(run.result.lambda / options.lambda - 1) < 1e-12);
                check_answer(&pair, &equations, &run);
                check_freedom(&run);
                chosen_run_release(&run);
            }
    naive_equations_release(&equations);
    known_pair_release(&pair);
}

/* Weights that are found. */
static void test_found_weights(void **state) {
    (void)state;
    known_pair pair = flat_pair(72, 0.05);
    naive_equations equations = naive_equations_of(&pair);
    for (int prior = CKN_PRIOR_L1; prior <= CKN_PRIOR_TV; prior++)
        for (int constraint = CKN_CONSTRAINT_NONE; constraint <= CKN_CONSTRAINT_SIMPLEX;
             constraint++) {
            ckn_estimate_options options = chosen_options(&pair);
            options.constraint = (ckn_constraint)constraint;
            options.prior = (ckn_prior)prior;
            options.lambda_rule = CKN_LAMBDA_GCV;
            chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
            assert_int_equal(run.result.prior, prior);
            const ckn_trial *chosen = chosen_trial(&run);
            for (size_t i = 0; i < run.trial_count; i++)
                assert_true(run.trials[i].prior != options.prior ||
                            run.trials[i].score >= chosen->score);
            check_answer(&pair, &equations, &run);
            chosen_run_release(&run);
        }
    naive_equations_release(&equations);
    known_pair_release(&pair);
}

/* A disc in noise is what total variation predicts best; and it comes nearer to it. */
static void test_automatic(void **state) {
    (void)state;
    enum { SIDE = 11 };
    known_pair pair = known_pair_scene((ckn_shape){60, 64}, (ckn_shape){SIDE, SIDE}, 1.1);
    double disc[SIDE * SIDE] = {0};
    for (size_t i = 0; i < SIDE; i++)
        for (size_t j = 0; j < SIDE; j++)
            disc[i * SIDE + j] = hypot((double)i - 5, (double)j - 5) <= 3.2 ? 1.0 / 37 : 0;
    chosen_convolve(&pair, disc);
    chosen_disturb(&pair, 73, 0.02);
    ckn_estimate_options options = chosen_options(&pair);
    chosen_run best = chosen_run_of(ckn_test_context(), &pair, &options);
    assert_int_equal(best.result.prior, CKN_PRIOR_TV);
    options.prior = CKN_PRIOR_NONE;
    chosen_run plain = chosen_run_of(ckn_test_context(), &pair, &options);
    assert_true(1.4 * ckn_test_difference(best.kernel, pair.h, SIDE * SIDE) <
                ckn_test_difference(plain.kernel, pair.h, SIDE * SIDE));
    chosen_run_release(&best);
    chosen_run_release(&plain);
    known_pair_release(&pair);
}

/* A weight of max |b| leaves nothing of the l1 kernel. */
static void test_nothing_left(void **state) {
    (void)state;
    known_pair pair = flat_pair(74, 0.05);
    for (int constraint = CKN_CONSTRAINT_NONE; constraint <= CKN_CONSTRAINT_NONNEG; constraint++) {
        ckn_estimate_options options = chosen_options(&pair);
        options.constraint = (ckn_constraint)constraint;
        options.prior = CKN_PRIOR_L1;
        options.lambda = 1.01;
        chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
        for (size_t i = 0; i < TAPS; i++)
            assert_true(run.kernel[i] == 0);
        assert_true(chosen_trial(&run)->degrees_of_freedom == 0);
        ckn_uncertainty u;
        TRY_OK(ckn_estimate_plan_uncertainty(run.plan, (ckn_output){0}, &u, &error));
        assert_true(isnan(u.centroid_x) && u.degrees_of_freedom == 0 && u.noise_sigma > 0.05);
        chosen_run_release(&run);
    }
    known_pair_release(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_given_weights),
        cmocka_unit_test(test_found_weights),
        cmocka_unit_test(test_automatic),
        cmocka_unit_test(test_nothing_left),
    };
    return cmocka_run_group_tests_name("sparse priors", tests, NULL, ckn_test_close_context);
}
