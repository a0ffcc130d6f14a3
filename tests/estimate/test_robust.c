/* Samples that are missing, saturated or outliers: what they cost, and robust fits. */
#include "estimate/fixture.h"
#include "estimate/reference.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 7, TAPS = SIDE * SIDE, ROWS = 120, COLS = 131 };

static const double sigma = 0.01;

/* A scene with a kernel of its own, and normal noise in BLURRED. */
static known_pair noisy_pair(double width, uint64_t seed) {
    known_pair pair = known_pair_scene((ckn_shape){ROWS, COLS}, (ckn_shape){SIDE, SIDE}, width);
    uint64_t state = seed;
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++) {
        double sum = -6; /* of twelve uniform numbers: near enough to normal */
        for (int n = 0; n < 12; n++)
            sum += ckn_test_uniform(&state, 0, 1);
        pair.y[i] += sigma * sum;
    }
    return pair;
}

static ckn_estimate_options options_of(const known_pair *pair, bool robust) {
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = pair->h_shape.rows;
    options.kernel_cols = pair->h_shape.cols;
    options.solver = CKN_SOLVER_EXACT;
    options.robust = robust;
    return options;
}

static double error_with(const known_pair *pair, const double *weights,
                         const ckn_estimate_options *options, ckn_estimate_result *result) {
    double kernel[TAPS];
    ckn_pair views = known_pair_views(pair);
    if (weights)
        views.blurred_weights = ckn_view_f64(weights, pair->y_shape.rows, pair->y_shape.cols);
    TRY_OK(ckn_estimate(ckn_test_context(), options, &views, 1, ckn_output_f64(kernel, SIDE, SIDE),
                        result, &error));
    return ckn_test_difference(kernel, pair->h, TAPS);
}

/* 10 % of the samples, one by one or in blocks. */
static double *tenth(const known_pair *pair, bool blocks, uint64_t seed) {
    const ckn_shape shape = pair->y_shape;
    const size_t count = ckn_shape_count(shape);
    double *weights = ckn_test_array(count);
    uint64_t state = seed;
    size_t masked = 0;
    for (size_t i = 0; i < count; i++)
        weights[i] = 1;
    while (masked < count / 10) {
        const size_t side = blocks ? 12 : 1;
        const size_t top = (size_t)ckn_test_uniform(&state, 0, (double)(shape.rows - side));
        const size_t left = (size_t)ckn_test_uniform(&state, 0, (double)(shape.cols - side));
        for (size_t p = top; p < top + side; p++)
            for (size_t q = left; q < left + side; q++) {
                masked += weights[p * shape.cols + q] > 0;
                weights[p * shape.cols + q] = 0;
            }
    }
    return weights;
}

static const double widths[] = {0.8, 1.2, 1.7};

static void test_masked(void **state) {
    (void)state;
    double total = 0, clean = 0;
    for (size_t i = 0; i < 6; i++) {
        known_pair pair = noisy_pair(widths[i / 2], 40 + i);
        double *weights = tenth(&pair, i % 2 == 1, 50 + i);
        ckn_estimate_options options = options_of(&pair, false);
        clean += error_with(&pair, NULL, &options, NULL);
        for (size_t n = 0; n < ckn_shape_count(pair.y_shape); n++)
            pair.y[n] = weights[n] > 0 ? pair.y[n] : 1e30;
        const double own = error_with(&pair, weights, &options, NULL);
        total += own;
        free(weights);
        known_pair_release(&pair);
    }
    if (!(total <= 1.3 * clean))
        ckn_test_fail("masked samples: %.3f times the error", total / clean);
}

/* Salt and pepper, or blocks that have moved. */
static void spoil(known_pair *pair, const double *weights, bool blocks, uint64_t seed) {
    uint64_t state = seed;
    for (size_t n = 0; n < ckn_shape_count(pair->y_shape); n++) {
        const double salt = ckn_test_uniform(&state, -1, 1) > 0 ? 1.2 : 0;
        if (weights[n] == 0)
            pair->y[n] = blocks ? pair->y[n] + 0.5 : salt;
    }
}

static void test_outliers(void **state) {
    (void)state;
    double total = 0, clean = 0, plain = 0;
    for (size_t i = 0; i < 6; i++) {
        known_pair pair = noisy_pair(widths[i / 2], 40 + i);
        double *outliers = tenth(&pair, i % 2 == 1, 60 + i);
        ckn_estimate_options options = options_of(&pair, false);
        ckn_estimate_result result;
        clean += error_with(&pair, NULL, &options, &result);
        assert_int_equal(result.rejected, 0);
        spoil(&pair, outliers, i % 2 == 1, 70 + i);
        plain += error_with(&pair, NULL, &options, NULL);
        options.robust = 1;
        total += error_with(&pair, NULL, &options, &result);
        const double part = (double)result.rejected / (double)(result.rejected + result.count);
        assert_true(part > 0.09 && part < 0.11);
        assert_true(result.robust_iterations >= 4 && result.robust_iterations < 60);
        assert_true(fabs(result.residual_rms / sigma - 1) < 0.05);
        free(outliers);
        known_pair_release(&pair);
    }
    if (!(total <= 1.5 * clean && plain > 3 * clean))
        ckn_test_fail("outliers: %.3f times the error, %.3f without a robust fit", total / clean,
                      plain / clean);
}

/* Without outliers nothing is lost. */
static void test_clean(void **state) {
    (void)state;
    known_pair pair = noisy_pair(1.2, 3);
    ckn_estimate_options options = options_of(&pair, false);
    ckn_estimate_result result;
    const double clean = error_with(&pair, NULL, &options, NULL);
    options.robust = 1;
    assert_true(error_with(&pair, NULL, &options, &result) < 1.02 * clean);
    assert_true(result.rejected < 10);
    known_pair_release(&pair);
}

/* Exact pairs have a residual of rounding alone, which is no noise to tell outliers by. */
static void test_exact_pair(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(5, (ckn_shape){60, 61}, (ckn_shape){SIDE, SIDE}, true);
    ckn_estimate_options options = options_of(&pair, true);
    ckn_estimate_result result;
    assert_true(error_with(&pair, NULL, &options, &result) < (ckn_test_on_cpu() ? 1e-10 : 1e-5));
    assert_int_equal(result.rejected, 0);
    for (size_t n = 0; n < ckn_shape_count(pair.y_shape); n += 17)
        pair.y[n] += 3;
    assert_true(error_with(&pair, NULL, &options, &result) < (ckn_test_on_cpu() ? 1e-10 : 1e-5));
    assert_int_equal(result.rejected, (ckn_shape_count(pair.y_shape) + 16) / 17);
    known_pair_release(&pair);
}

/* What is left is least squares of what was not rejected: with masks, weights and a background, and
 * the same whether sums were corrected or made anew. */
static void test_is_least_squares(void **state) {
    (void)state;
    known_pair pairs[2] = {noisy_pair(0.8, 5), noisy_pair(0.8, 6)};
    double *weights[2], expected[TAPS + 2], kernel[TAPS];
    ckn_pair views[2];
    reference_pair references[2];
    uint64_t seed = 9;
    for (size_t n = 0; n < 2; n++) {
        const size_t count = ckn_shape_count(pairs[n].y_shape);
        weights[n] = tenth(&pairs[n], n == 1, 80 + n);
        for (size_t i = 0; i < count; i++) {
            pairs[n].y[i] += 0.25 * (double)(n + 1);
            pairs[n].y[i] = weights[n][i] == 0 ? NAN : pairs[n].y[i];
            weights[n][i] *= ckn_test_uniform(&seed, 1, 3);
        }
        views[n] = known_pair_views(&pairs[n]);
        views[n].blurred_weights =
            ckn_view_f64(weights[n], pairs[n].y_shape.rows, pairs[n].y_shape.cols);
    }
    double *outliers = tenth(&pairs[0], false, 90);
    for (size_t i = 0; i < ckn_shape_count(pairs[0].y_shape); i++)
        if (outliers[i] == 0 && weights[0][i] > 0)
            pairs[0].y[i] = 4;
    ckn_estimate_options options = options_of(&pairs[0], true);
    options.background = CKN_BACKGROUND_CONSTANT;
    ckn_estimate_plan *plan = NULL;
    ckn_estimate_result result;
    ckn_pair_fit fit;
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, views, 2, &plan, &error));
    TRY_OK(ckn_estimate_plan_run(plan, views, 2, ckn_output_f64(kernel, SIDE, SIDE), NULL, &result,
                                 &error));
    for (size_t i = 0; i < ckn_shape_count(pairs[0].y_shape); i++)
        weights[0][i] = outliers[i] == 0 ? 0 : weights[0][i];
    for (size_t n = 0; n < 2; n++)
        references[n] = (reference_pair){pairs[n].x_shape, pairs[n].x, pairs[n].y, weights[n]};
    reference_solve(references, 2, (ckn_shape){SIDE, SIDE}, 1, expected);
    /* A few good samples beyond four sigma were rejected as well. */
    ckn_test_close(kernel, expected, TAPS, 0.03, "robust kernel");
    for (size_t n = 0; n < 2; n++) {
        TRY_OK(ckn_estimate_plan_pair(plan, n, &fit, &error));
        assert_true(fabs(fit.constant - expected[TAPS + n]) < 1e-3);
        assert_true(fit.count > 0 && fit.count < ckn_shape_count(pairs[n].y_shape));
    }
    ckn_estimate_plan_destroy(plan);
    for (size_t n = 0; n < 2; n++) {
        free(weights[n]);
        known_pair_release(&pairs[n]);
    }
    free(outliers);
}

/* With constraints, on every solver of the statistics, and on one plan for several frames. */
static void test_solvers(void **state) {
    (void)state;
    static const struct {
        ckn_solver solver;
        ckn_constraint constraint;
    } cases[] = {{CKN_SOLVER_NNLS, CKN_CONSTRAINT_NONNEG},
                 {CKN_SOLVER_NNLS, CKN_CONSTRAINT_SIMPLEX},
                 {CKN_SOLVER_AUTO, CKN_CONSTRAINT_AUTO},
                 {CKN_SOLVER_CG, CKN_CONSTRAINT_NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        known_pair pair = noisy_pair(1.2, 11);
        ckn_estimate_options options = options_of(&pair, true);
        options.solver = cases[i].solver;
        options.constraint = cases[i].constraint;
        options.tolerance = 1e-10;
        ckn_estimate_plan *plan = NULL;
        ckn_estimate_result result;
        double kernel[TAPS], first = 0;
        ckn_pair views = known_pair_views(&pair);
        TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &error));
        double *outliers = tenth(&pair, false, 12);
        for (size_t frame = 0; frame < 2; frame++) {
            TRY_OK(ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, SIDE, SIDE), NULL,
                                         &result, &error));
            const double own = ckn_test_difference(kernel, pair.h, TAPS);
            assert_true(frame == 0 || own < 1.5 * first);
            assert_true(frame == 0 || result.rejected > 1000);
            first = own;
            spoil(&pair, outliers, false, 13);
        }
        assert_int_equal(result.engine, CKN_ENGINE_GRAM);
        ckn_estimate_plan_destroy(plan);
        free(outliers);
        known_pair_release(&pair);
    }
}

static void refuse_weighted(const known_pair *pair, const double *weights,
                            const ckn_estimate_options *options, const char *part) {
    ckn_error refusal = {CKN_OK, ""};
    double kernel[TAPS];
    ckn_pair views = known_pair_views(pair);
    if (weights)
        views.blurred_weights = ckn_view_f64(weights, pair->y_shape.rows, pair->y_shape.cols);
    assert_int_not_equal(ckn_estimate(ckn_test_context(), options, &views, 1,
                                      ckn_output_f64(kernel, SIDE, SIDE), NULL, &refusal),
                         CKN_OK);
    if (!strstr(refusal.message, part))
        ckn_test_fail("'%s' does not say '%s'", refusal.message, part);
}

static void refuse(const known_pair *pair, const ckn_estimate_options *options, const char *part) {
    refuse_weighted(pair, NULL, options, part);
}

static int cancel_factor(void *user, const ckn_progress *progress) {
    (void)user;
    return progress->phase == CKN_PHASE_FACTOR;
}

static void test_refusals(void **state) {
    (void)state;
    known_pair pair = noisy_pair(1.2, 3);
    ckn_estimate_options options = options_of(&pair, true);
    options.solver = CKN_SOLVER_DIVISION;
    refuse(&pair, &options, "the division cannot leave out outliers");
    options.solver = CKN_SOLVER_FISTA;
    options.engine = CKN_ENGINE_DIRECT;
    refuse(&pair, &options, "leave the engine direct out");
    options = options_of(&pair, true);
    options.memory_limit = 2 * 8 * TAPS * (TAPS + 1);
    refuse(&pair, &options, "bytes");
    options = options_of(&pair, true);
    options.progress = cancel_factor;
    refuse(&pair, &options, "cancelled");
    options.progress = NULL;
    for (size_t i = 0; i < ckn_shape_count(pair.x_shape); i++)
        pair.x[i] = i == 0 ? 1 : 0;
    double *weights = tenth(&pair, false, 4);
    weights[0] = 0; /* the only sample that sees anything */
    refuse_weighted(&pair, weights, &options, "leave only black (0) of the sharp image");
    free(weights);
    known_pair_release(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masked),
        cmocka_unit_test(test_outliers),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_exact_pair),
        cmocka_unit_test(test_is_least_squares),
        cmocka_unit_test(test_solvers),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
