/* Iterative solvers on pairs whose kernel is known, by both engines. */
#include "estimate/fixture.h"

#include "estimate/stop_rule.h"
#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *solve(const known_pair *pair, const ckn_estimate_options *options,
                     ckn_estimate_result *result) {
    double *kernel = ckn_test_array(ckn_shape_count(pair->h_shape));
    ckn_pair views = known_pair_views(pair);
    TRY_OK(ckn_estimate(ckn_test_context(), options, &views, 1,
                        ckn_output_f64(kernel, pair->h_shape.rows, pair->h_shape.cols), result,
                        &error));
    return kernel;
}

static void expect_kernel(const known_pair *pair, const ckn_estimate_options *options,
                          double tolerance) {
    ckn_estimate_result result;
    double *kernel = solve(pair, options, &result);
    ckn_test_close(kernel, pair->h, ckn_shape_count(pair->h_shape), tolerance,
                   "%zu x %zu kernel in %zu x %zu image, solver %s, engine %s, constraint %s",
                   pair->h_shape.rows, pair->h_shape.cols, pair->x_shape.rows, pair->x_shape.cols,
                   ckn_solver_name(result.solver), ckn_engine_name(result.engine),
                   ckn_constraint_name(options->constraint));
    free(kernel);
}

/* clFFT compiles every shape for seconds, so the sizes share a few transforms: 61 to 64 pad to 64.
 */
static const ckn_shape shapes[][2] = {
    {{61, 61}, {5, 5}}, {{63, 62}, {4, 6}},  {{64, 64}, {7, 3}}, {{64, 31}, {1, 9}},
    {{1, 251}, {1, 8}}, {{251, 1}, {11, 1}}, {{31, 32}, {1, 1}}, {{62, 64}, {12, 9}},
};

/* toeplitz takes the double precision of the CPU backend. */
static int last_engine(void) {
    return ckn_test_on_cpu() ? CKN_ENGINE_TOEPLITZ : CKN_ENGINE_FFT;
}

static void test_recovers_kernels(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (int engine = CKN_ENGINE_GRAM; engine <= last_engine(); engine++) {
            known_pair pair = known_pair_noise(10 + i, shapes[i][0], shapes[i][1], true);
            ckn_estimate_options options = known_pair_options(&pair);
            options.engine = (ckn_engine)engine;
            options.iterations = 600;
            expect_kernel(&pair, &options, ckn_test_on_cpu() ? 1e-5 : 1e-4);
            known_pair_release(&pair);
        }
    }
}

static void test_constraints(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(20, (ckn_shape){60, 70}, (ckn_shape){6, 7}, false);
    for (int constraint = CKN_CONSTRAINT_NONE; constraint <= CKN_CONSTRAINT_SIMPLEX; constraint++) {
        for (int solver = CKN_SOLVER_FISTA; solver <= CKN_SOLVER_GD; solver++) {
            ckn_estimate_options options = known_pair_options(&pair);
            options.constraint = (ckn_constraint)constraint;
            options.solver = (ckn_solver)solver;
            options.iterations = 4000;
            expect_kernel(&pair, &options, 1e-3);
        }
    }
    known_pair_release(&pair);
}

/* Projections hold for the answer, also where the true kernel lies outside the set. */
static void test_constraints_hold(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(21, (ckn_shape){50, 50}, (ckn_shape){5, 5}, true);
    ckn_estimate_options options = known_pair_options(&pair);
    options.iterations = 200;
    for (int constraint = CKN_CONSTRAINT_NONNEG; constraint <= CKN_CONSTRAINT_SIMPLEX;
         constraint++) {
        options.constraint = (ckn_constraint)constraint;
        ckn_estimate_result result;
        double *kernel = solve(&pair, &options, &result);
        double sum = 0;
        for (size_t i = 0; i < ckn_shape_count(pair.h_shape); i++) {
            assert_true(kernel[i] >= 0);
            sum += kernel[i];
        }
        if (constraint == CKN_CONSTRAINT_SIMPLEX)
            assert_true(fabs(sum - 1) < 1e-5);
        free(kernel);
    }
    known_pair_release(&pair);
}

/* The tangent-space constant is what makes the simplex fast. */
static void test_simplex_uses_tangent_constant(void **state) {
    (void)state;
    known_pair pair = known_pair_scene((ckn_shape){80, 90}, (ckn_shape){9, 9}, 1.5);
    ckn_estimate_options options = known_pair_options(&pair);
    options.iterations = 5;
    ckn_estimate_result whole;
    ckn_estimate_result tangent;
    free(solve(&pair, &options, &whole));
    options.constraint = CKN_CONSTRAINT_SIMPLEX;
    free(solve(&pair, &options, &tangent));
    assert_true(tangent.lipschitz > 0);
    assert_true(tangent.lipschitz < 0.2 * whole.lipschitz);
    known_pair_release(&pair);
}

static void test_single_tap_on_simplex(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(22, (ckn_shape){9, 9}, (ckn_shape){1, 1}, false);
    ckn_estimate_options options = known_pair_options(&pair);
    options.constraint = CKN_CONSTRAINT_SIMPLEX;
    ckn_estimate_result result;
    double *kernel = solve(&pair, &options, &result);
    assert_true(fabs(kernel[0] - 1) < 1e-6);
    assert_true(result.lipschitz == 0);
    free(kernel);
    known_pair_release(&pair);
}

/* A 'same' image from scipy's convention gives what its valid part gives. */
static void test_same_size_is_cropped(void **state) {
    (void)state;
    const ckn_shape kernels[] = {{5, 5}, {4, 6}, {3, 8}};
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        known_pair pair = known_pair_noise(30 + i, (ckn_shape){45, 38}, kernels[i], true);
        double *same = ckn_test_array(ckn_shape_count(pair.x_shape));
        ckn_naive_same(pair.x, pair.x_shape, pair.h, pair.h_shape, same);
        free(pair.y);
        pair.y = same;
        pair.y_shape = pair.x_shape;
        ckn_estimate_options options = known_pair_options(&pair);
        expect_kernel(&pair, &options, ckn_test_on_cpu() ? 1e-5 : 1e-4);
        known_pair_release(&pair);
    }
}

/* Three pairs, one of another size, give one kernel; the first two together are too small to
 * determine it, and so is the last one alone. */
static void test_several_pairs(void **state) {
    (void)state;
    const ckn_shape h_shape = {6, 6};
    const ckn_shape x_shapes[] = {{8, 8}, {8, 8}, {8, 15}};
    for (int engine = CKN_ENGINE_GRAM; engine <= last_engine(); engine++) {
        known_pair pairs[3];
        ckn_pair views[3];
        double *kernel = ckn_test_array(36);
        for (size_t i = 0; i < 3; i++) {
            pairs[i] = known_pair_noise(40 + i, x_shapes[i], h_shape, false);
            memcpy(pairs[i].h, pairs[0].h, 36 * sizeof *kernel);
            ckn_naive_valid(pairs[i].x, x_shapes[i], pairs[i].h, h_shape, pairs[i].y);
            views[i] = known_pair_views(&pairs[i]);
        }
        ckn_estimate_options options = known_pair_options(&pairs[0]);
        options.engine = (ckn_engine)engine;
        options.iterations = 20000;
        options.tolerance = 0;
        TRY_OK(ckn_estimate(ckn_test_context(), &options, views, 3, ckn_output_f64(kernel, 6, 6),
                            NULL, &error));
        ckn_test_close(kernel, pairs[0].h, 36, 2e-3, "kernel of three pairs");
        free(kernel);
        for (size_t i = 0; i < 3; i++)
            known_pair_release(&pairs[i]);
    }
}

/* One plan serves many pairs, and its figures are those of its own residual. */
static void test_plan_is_reusable(void **state) {
    (void)state;
    const ckn_shape x_shape = {40, 44};
    const ckn_shape h_shape = {5, 6};
    known_pair first = known_pair_noise(50, x_shape, h_shape, false);
    ckn_estimate_options options = known_pair_options(&first);
    ckn_pair views = known_pair_views(&first);
    ckn_estimate_plan *plan = NULL;
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &error));
    for (uint64_t seed = 50; seed < 53; seed++) {
        known_pair pair = known_pair_noise(seed, x_shape, h_shape, false);
        views = known_pair_views(&pair);
        double kernel[30];
        double *reconvolved = ckn_test_array(ckn_shape_count(pair.y_shape));
        double *expected = ckn_test_array(ckn_shape_count(pair.y_shape));
        ckn_output output = ckn_output_f64(reconvolved, pair.y_shape.rows, pair.y_shape.cols);
        ckn_estimate_result result;
        TRY_OK(ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 5, 6), &output,
                                     &result, &error));
        ckn_test_close(kernel, pair.h, 30, 1e-4, "kernel of run %d", (int)seed);
        ckn_naive_valid(pair.x, x_shape, kernel, h_shape, expected);
        ckn_test_close(reconvolved, expected, ckn_shape_count(pair.y_shape), 1e-5, "h * x");
        assert_int_equal(result.count, ckn_shape_count(pair.y_shape));
        assert_true(result.converged);
        assert_true(fabs(result.residual_norm - sqrt(2 * result.objective)) <=
                    1e-12 * result.residual_norm);
        free(reconvolved);
        free(expected);
        known_pair_release(&pair);
    }
    ckn_estimate_plan_destroy(plan);
    known_pair_release(&first);
}

/* Strided, transposed and float32 views are read and written like dense double ones. */
static void test_views(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(60, (ckn_shape){30, 36}, (ckn_shape){4, 3}, true);
    float *x = calloc(3 * 30 * 36, sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < (size_t)30 * 36; i++)
        x[3 * i + 1] = (float)pair.x[i];
    ckn_pair views = known_pair_views(&pair);
    views.sharp = (ckn_view){x + 1, CKN_FLOAT32, 30, 36, (ptrdiff_t)3 * 36, 3};
    float kernel[12]; /* transposed */
    ckn_output output = {kernel, CKN_FLOAT32, 4, 3, 1, 4};
    ckn_estimate_options options = known_pair_options(&pair);
    TRY_OK(ckn_estimate(ckn_test_context(), &options, &views, 1, output, NULL, &error));
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++)
            assert_true(fabs((double)kernel[j * 4 + i] - pair.h[i * 3 + j]) < 1e-4);
    }
    free(x);
    known_pair_release(&pair);
}

/* ---- images far from 1 */

static void scale_pair(known_pair *pair, double factor, double offset) {
    for (size_t i = 0; i < ckn_shape_count(pair->x_shape); i++)
        pair->x[i] = factor * pair->x[i] + offset;
    for (size_t i = 0; i < ckn_shape_count(pair->y_shape); i++)
        pair->y[i] = factor * pair->y[i] + offset;
}

/* Squares of these leave float32, and for the last ones double; figures are in the caller's units.
 */
static void test_units(void **state) {
    (void)state;
    const double factors[] = {1e-30, 1e-20, 1e20, 1e30, 1e-170, 1e170};
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        for (int solver = CKN_SOLVER_FISTA; solver <= CKN_SOLVER_GD; solver++) {
            known_pair pair = known_pair_noise(80, (ckn_shape){40, 36}, (ckn_shape){5, 4}, true);
            ckn_estimate_options options = known_pair_options(&pair);
            options.solver = (ckn_solver)solver;
            options.iterations = 3000;
            ckn_estimate_result plain;
            ckn_estimate_result scaled;
            free(solve(&pair, &options, &plain));
            scale_pair(&pair, factors[i], 0);
            double *kernel = solve(&pair, &options, &scaled);
            ckn_test_close(kernel, pair.h, ckn_shape_count(pair.h_shape), 1e-4, "scale %g, %s",
                           factors[i], ckn_solver_name(options.solver));
            /* 1e+-170 squared is out of a double's range. */
            if (fabs(log10(factors[i])) < 100) {
                double ratio = scaled.step / plain.step * factors[i] * factors[i];
                assert_true(fabs(ratio - 1) < 1e-3);
            }
            free(kernel);
            known_pair_release(&pair);
        }
    }
}

/* A blurred image in other units than the sharp one, and a step given in the caller's units. */
static void test_gain_and_step(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(81, (ckn_shape){40, 36}, (ckn_shape){5, 4}, true);
    scale_pair(&pair, 1e12, 0);
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++)
        pair.y[i] *= 1e-30;
    for (size_t i = 0; i < ckn_shape_count(pair.h_shape); i++)
        pair.h[i] *= 1e-30;
    ckn_estimate_options options = known_pair_options(&pair);
    expect_kernel(&pair, &options, 1e-4);
    ckn_estimate_result result;
    free(solve(&pair, &options, &result));
    options.step = result.step;
    expect_kernel(&pair, &options, 1e-4);
    known_pair_release(&pair);
}

/* On the simplex a pedestal cancels, and float32 keeps the detail that stands on it. */
static void test_pedestal_on_simplex(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(82, (ckn_shape){40, 36}, (ckn_shape){5, 4}, false);
    scale_pair(&pair, 1, 10000);
    ckn_estimate_options options = known_pair_options(&pair);
    options.constraint = CKN_CONSTRAINT_SIMPLEX;
    expect_kernel(&pair, &options, 1e-4);
    known_pair_release(&pair);
}

static void collect_warning(void *user, ckn_log_level level, const char *message) {
    if (level == CKN_LOG_WARNING && strstr(message, "many kernels fit"))
        (*(size_t *)user)++;
}

static void test_fewer_samples_than_taps_are_warned_of(void **state) {
    (void)state;
    size_t warnings = 0;
    ckn_context_options open;
    ckn_context_options_init(&open);
    open.device = "cpu";
    open.log = collect_warning;
    open.log_user = &warnings;
    ckn_context *context = NULL;
    TRY_OK(ckn_context_create(&open, &context, &error));
    known_pair pair = known_pair_noise(83, (ckn_shape){8, 8}, (ckn_shape){5, 5}, false);
    ckn_estimate_options options = known_pair_options(&pair);
    ckn_pair views = known_pair_views(&pair);
    double kernel[25];
    TRY_OK(ckn_estimate(context, &options, &views, 1, ckn_output_f64(kernel, 5, 5), NULL, &error));
    assert_int_equal(warnings, 1);
    ckn_context_destroy(context);
    known_pair_release(&pair);
}

/* ---- history, stop rules, cancellation */

typedef struct history {
    size_t calls, cancel_at;
    double objective[64];
} history;

static int record(void *user, const ckn_progress *progress) {
    history *h = user;
    if (progress->phase != CKN_PHASE_ITERATE)
        return 0;
    if (progress->iteration < 64)
        h->objective[progress->iteration] = progress->objective;
    assert_true(fabs(progress->residual_norm - sqrt(2 * progress->objective)) < 1e-9);
    h->calls++;
    return h->cancel_at && progress->iteration >= h->cancel_at;
}

static void test_history_starts_at_zero_kernel(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(70, (ckn_shape){30, 30}, (ckn_shape){5, 5}, true);
    history seen = {0};
    ckn_estimate_options options = known_pair_options(&pair);
    options.iterations = 20;
    options.tolerance = 0;
    options.progress = record;
    options.progress_user = &seen;
    ckn_estimate_result result;
    free(solve(&pair, &options, &result));
    assert_int_equal(seen.calls, 21);
    assert_int_equal(result.iterations, 20);
    assert_false(result.converged);
    assert_int_equal(result.stop_reason, CKN_STOP_ITERATIONS);
    double square = 0;
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++)
        square += pair.y[i] * pair.y[i];
    assert_true(fabs(seen.objective[0] / (0.5 * square) - 1) < 1e-6);
    assert_true(fabs(seen.objective[20] / result.objective - 1) < 1e-6);
    assert_true(seen.objective[20] < seen.objective[0]);
    known_pair_release(&pair);
}

/* Gradient descent with 1/L never goes uphill. */
static void test_descent_is_monotone(void **state) {
    (void)state;
    known_pair pair = known_pair_scene((ckn_shape){50, 60}, (ckn_shape){7, 7}, 1.2);
    history seen = {0};
    ckn_estimate_options options = known_pair_options(&pair);
    options.solver = CKN_SOLVER_GD;
    options.iterations = 50;
    options.progress = record;
    options.progress_user = &seen;
    ckn_estimate_result result;
    free(solve(&pair, &options, &result));
    for (size_t i = 1; i <= result.iterations; i++)
        assert_true(seen.objective[i] <= seen.objective[i - 1] * (1 + 1e-6));
    known_pair_release(&pair);
}

static void test_cancellation(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(71, (ckn_shape){30, 30}, (ckn_shape){5, 5}, true);
    history seen = {.cancel_at = 3};
    ckn_estimate_options options = known_pair_options(&pair);
    options.progress = record;
    options.progress_user = &seen;
    ckn_pair views = known_pair_views(&pair);
    double kernel[25];
    ckn_error error;
    assert_int_equal(ckn_estimate(ckn_test_context(), &options, &views, 1,
                                  ckn_output_f64(kernel, 5, 5), NULL, &error),
                     CKN_ERROR_CANCELLED);
    assert_non_null(strstr(error.message, "after 3 of 1000 iterations"));
    known_pair_release(&pair);
}

static int cancel_in_phase(void *user, const ckn_progress *progress) {
    return progress->phase == *(const ckn_phase *)user;
}

static void test_cancellation_before_iterating(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(71, (ckn_shape){30, 30}, (ckn_shape){5, 5}, true);
    ckn_pair views = known_pair_views(&pair);
    for (ckn_phase phase = CKN_PHASE_SETUP; phase <= CKN_PHASE_LIPSCHITZ; phase++) {
        ckn_estimate_options options = known_pair_options(&pair);
        options.progress = cancel_in_phase;
        options.progress_user = &phase;
        double kernel[25];
        assert_int_equal(ckn_estimate(ckn_test_context(), &options, &views, 1,
                                      ckn_output_f64(kernel, 5, 5), NULL, NULL),
                         CKN_ERROR_CANCELLED);
    }
    known_pair_release(&pair);
}

static void test_stop_rules(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(72, (ckn_shape){40, 40}, (ckn_shape){5, 5}, false);
    ckn_estimate_options options = known_pair_options(&pair);
    ckn_estimate_result result;
    options.tolerance = 1e-5;
    free(solve(&pair, &options, &result));
    assert_int_equal(result.stop_reason, CKN_STOP_KERNEL_CHANGE);
    /* y = 0 is fitted by the zero kernel, at once. */
    memset(pair.y, 0, ckn_shape_count(pair.y_shape) * sizeof *pair.y);
    free(solve(&pair, &options, &result));
    assert_int_equal(result.stop_reason, CKN_STOP_EXACT_FIT);
    assert_int_equal(result.iterations, 0);
    known_pair_release(&pair);
}

/* The rules for themselves: five in a row, and near the minimum the objective's change counts
 * against the square of the tolerance. */
static void test_stop_rule(void **state) {
    (void)state;
    const ckn_step_sums moving = {.change_squared = 1, .norm_squared = 1};
    const ckn_step_sums still = {.change_squared = 0.9e-6, .norm_squared = 1};
    ckn_stop_reason reason = CKN_STOP_ITERATIONS;
    ckn_stop_rule rule = {.tolerance = 1e-3, .objective = INFINITY};
    for (size_t i = 0; i < CKN_STOP_STREAK; i++)
        assert_false(ckn_stop_rule_update(&rule, &moving, 2 + 0.9e-6 * (double)(i % 2), &reason));
    assert_true(ckn_stop_rule_update(&rule, &moving, 2.0, &reason));
    assert_int_equal(reason, CKN_STOP_OBJECTIVE_CHANGE);
    rule = (ckn_stop_rule){.tolerance = 1e-3, .objective = INFINITY};
    for (size_t i = 0; i + 1 < CKN_STOP_STREAK; i++)
        assert_false(ckn_stop_rule_update(&rule, &still, (double)(i + 2), &reason));
    assert_false(ckn_stop_rule_update(&rule, &moving, 9, &reason)); /* breaks the row */
    for (size_t i = 0; i + 1 < CKN_STOP_STREAK; i++)
        assert_false(ckn_stop_rule_update(&rule, &still, (double)(i + 2), &reason));
    assert_true(ckn_stop_rule_update(&rule, &still, 1, &reason));
    assert_int_equal(reason, CKN_STOP_KERNEL_CHANGE);
    rule = (ckn_stop_rule){.tolerance = 0};
    for (size_t i = 0; i < 20; i++)
        assert_false(ckn_stop_rule_update(&rule, &still, 1, &reason));
    assert_true(ckn_stop_rule_update(&rule, &moving, 0, &reason));
    assert_int_equal(reason, CKN_STOP_EXACT_FIT);
}

static void test_divergence_is_reported(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(74, (ckn_shape){40, 40}, (ckn_shape){5, 5}, false);
    ckn_estimate_options options = known_pair_options(&pair);
    options.solver = CKN_SOLVER_GD;
    options.step = 100;
    ckn_pair views = known_pair_views(&pair);
    double kernel[25];
    ckn_error error;
    assert_int_equal(ckn_estimate(ckn_test_context(), &options, &views, 1,
                                  ckn_output_f64(kernel, 5, 5), NULL, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "diverged"));
    known_pair_release(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recovers_kernels),
        cmocka_unit_test(test_constraints),
        cmocka_unit_test(test_constraints_hold),
        cmocka_unit_test(test_simplex_uses_tangent_constant),
        cmocka_unit_test(test_single_tap_on_simplex),
        cmocka_unit_test(test_same_size_is_cropped),
        cmocka_unit_test(test_several_pairs),
        cmocka_unit_test(test_plan_is_reusable),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_gain_and_step),
        cmocka_unit_test(test_pedestal_on_simplex),
        cmocka_unit_test(test_fewer_samples_than_taps_are_warned_of),
        cmocka_unit_test(test_history_starts_at_zero_kernel),
        cmocka_unit_test(test_descent_is_monotone),
        cmocka_unit_test(test_cancellation),
        cmocka_unit_test(test_cancellation_before_iterating),
        cmocka_unit_test(test_stop_rules),
        cmocka_unit_test(test_stop_rule),
        cmocka_unit_test(test_divergence_is_reported),
    };
    return cmocka_run_group_tests_name("solvers", tests, NULL, ckn_test_close_context);
}
