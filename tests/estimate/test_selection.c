/* What is chosen from the data: the sign of the kernel, a prior and its weight. */
#include "estimate/chosen.h"
#include "estimate/losses.h"
#include "estimate/naive_equations.h"
#include "estimate/selection.h"

#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Products in float32 are what limits a device. */
static double tolerance(void) {
    return ckn_test_on_cpu() ? 1e-9 : 2e-5;
}

static void expect_near(double value, long double expected, double allowed, const char *what,
                        const ckn_trial *trial) {
    if (!(fabsl(value - expected) <= allowed * fabsl(expected)))
        ckn_test_fail("%s of %s, lambda %g: %.12g, expected %.12Lg", what,
                      ckn_prior_name(trial->prior), trial->lambda, value, expected);
}

/* ---- sign */

static void expect_sign(known_pair *pair, bool is_signed, const char *name) {
    const ckn_estimate_options options = chosen_options(pair);
    chosen_run run = chosen_run_of(ckn_test_context(), pair, &options);
    const double excess = run.result.sign_excess;
    if ((run.result.constraint == CKN_CONSTRAINT_NONE) != is_signed || (excess > 5) != is_signed)
        ckn_test_fail("%s: constraint %s, excess %g", name,
                      ckn_constraint_name(run.result.constraint), excess);
    assert_true(excess > -5);
    assert_int_equal(run.result.solver, is_signed ? CKN_SOLVER_EXACT : CKN_SOLVER_NNLS);
    assert_int_equal(run.result.engine, CKN_ENGINE_GRAM);
    for (size_t i = 0; i < ckn_shape_count(pair->h_shape) && !is_signed; i++)
        assert_true(run.kernel[i] >= 0);
    chosen_run_release(&run);
}

static void test_sign(void **state) {
    (void)state;
    static const double sharpen[25] = {0,  0, 0, 0, 0,  0, 0, -1, 0, 0, 0, -1, 5,
                                       -1, 0, 0, 0, -1, 0, 0, 0,  0, 0, 0, 0};
    static const double sobel[25] = {0,  0, 0, 0, 0, 0,  1, 0, -1, 0, 0, 2, 0,
                                     -2, 0, 0, 1, 0, -1, 0, 0, 0,  0, 0, 0};
    for (unsigned seed = 1; seed < 4; seed++) {
        known_pair pair = chosen_scene((ckn_shape){5, 5}, seed, 0.02);
        expect_sign(&pair, false, "Gaussian");
        chosen_convolve(&pair, sharpen);
        chosen_disturb(&pair, seed, 0.02);
        expect_sign(&pair, true, "sharpening");
        chosen_convolve(&pair, sobel);
        chosen_disturb(&pair, seed, 0.02);
        expect_sign(&pair, true, "Sobel");
        known_pair_release(&pair);
    }
    known_pair positive = known_pair_noise(5, (ckn_shape){40, 40}, (ckn_shape){4, 7}, false);
    chosen_disturb(&positive, 5, 0.02);
    expect_sign(&positive, false, "random taps");
    known_pair_release(&positive);
}

/* Counting the residual F times divides the growth by F: with m taps held,
 * excess_F = ((excess sqrt(2m) + m) / F - m) / sqrt(2m); and a fit of df counts F df. */
static void test_inflation(void **state) {
    (void)state;
    static const double sharpen[25] = {0,  0, 0, 0, 0,  0, 0, -1, 0, 0, 0, -1, 5,
                                       -1, 0, 0, 0, -1, 0, 0, 0,  0, 0, 0, 0};
    const double inflation = 10;
    known_pair pair = chosen_scene((ckn_shape){5, 5}, 4, 0.02);
    chosen_convolve(&pair, sharpen);
    chosen_disturb(&pair, 4, 0.02);
    ckn_estimate_options options = chosen_options(&pair);
    chosen_run plain = chosen_run_of(ckn_test_context(), &pair, &options);
    options.inflation = inflation;
    chosen_run inflated = chosen_run_of(ckn_test_context(), &pair, &options);
    bool matches = false; /* for the number of held taps, which no result tells */
    for (size_t held = 1; held <= 25; held++) {
        const double m = (double)held;
        const double growth = plain.result.sign_excess * sqrt(2 * m) + m;
        const double expected = (growth / inflation - m) / sqrt(2 * m);
        matches = matches || fabs(inflated.result.sign_excess - expected) <= 1e-6 * expected;
    }
    assert_true(matches);
    const ckn_trial *own = &inflated.trials[0];
    const double count = (double)inflated.result.count;
    const double spare = count - inflation * own->degrees_of_freedom;
    expect_near(own->score,
                (long double)(count * own->residual_norm * own->residual_norm) / (spare * spare),
                1e-9, "score", own);
    chosen_run_release(&plain);
    chosen_run_release(&inflated);
    ckn_error why;
    options.inflation = 0.5;
    assert_int_equal(
        ckn_estimate(ckn_test_context(), &options, NULL, 0, ckn_output_f64(NULL, 5, 5), NULL, &why),
        CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(why.message, "inflation of the noise's variance must be at least 1"));
    known_pair_release(&pair);
}

static void test_one_tap(void **state) {
    (void)state;
    static const double taps[] = {0.7, -0.7};
    for (size_t i = 0; i < 2; i++) {
        for (int noise = 0; noise < 2; noise++) {
            known_pair pair = known_pair_noise(6, (ckn_shape){20, 21}, (ckn_shape){1, 1}, false);
            chosen_convolve(&pair, &taps[i]);
            chosen_disturb(&pair, 6, noise ? 0.01 : 0);
            expect_sign(&pair, taps[i] < 0, "one tap");
            const ckn_estimate_options options = chosen_options(&pair);
            chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
            assert_true(fabs(run.kernel[0] - taps[i]) < (noise ? 0.01 : 1e-6));
            chosen_run_release(&run);
            known_pair_release(&pair);
        }
    }
}

/* A constraint that is given is kept, and the sign is not asked. */
static void test_given_constraint(void **state) {
    (void)state;
    known_pair pair = chosen_scene((ckn_shape){5, 5}, 3, 0.02);
    for (int constraint = CKN_CONSTRAINT_NONE; constraint <= CKN_CONSTRAINT_SIMPLEX; constraint++) {
        ckn_estimate_options options = chosen_options(&pair);
        options.constraint = (ckn_constraint)constraint;
        chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
        assert_int_equal(run.result.constraint, constraint);
        assert_true(isnan(run.result.sign_excess));
        assert_true(run.trial_count > 10 && run.result.prior != CKN_PRIOR_AUTO);
        for (size_t i = 0; i < run.trial_count; i++)
            assert_int_equal(run.trials[i].constraint, constraint);
        double sum = 0;
        for (size_t i = 0; i < 25; i++)
            sum += run.kernel[i];
        if (constraint == CKN_CONSTRAINT_SIMPLEX)
            assert_true(fabs(sum - 1) < 1e-9);
        chosen_run_release(&run);
    }
    known_pair_release(&pair);
}

/* Black images have no noise, no sign, and the kernel zero. */
static void test_black(void **state) {
    (void)state;
    static const ckn_prior priors[] = {CKN_PRIOR_AUTO, CKN_PRIOR_SMOOTH2, CKN_PRIOR_L1,
                                       CKN_PRIOR_TV};
    known_pair pair = known_pair_noise(8, (ckn_shape){20, 20}, (ckn_shape){3, 3}, false);
    memset(pair.y, 0, ckn_shape_count(pair.y_shape) * sizeof *pair.y);
    for (size_t n = 0; n < 8; n++) {
        ckn_estimate_options options = chosen_options(&pair);
        options.prior = priors[n % 4];
        options.lambda = n < 4 || n % 4 == 0 ? 0 : 0.1;
        chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
        assert_int_equal(run.result.constraint, CKN_CONSTRAINT_NONNEG);
        assert_true(isfinite(run.result.lambda) && run.result.sign_excess <= 0);
        for (size_t i = 0; i < 9; i++)
            assert_true(run.kernel[i] == 0);
        chosen_run_release(&run);
    }
    known_pair_release(&pair);
}

/* A grey image keeps its level, whatever is assumed of the kernel. */
static void test_constant(void **state) {
    (void)state;
    static const ckn_prior priors[] = {CKN_PRIOR_AUTO, CKN_PRIOR_RIDGE, CKN_PRIOR_L1, CKN_PRIOR_TV};
    known_pair pair = known_pair_noise(9, (ckn_shape){30, 30}, (ckn_shape){4, 4}, false);
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++)
        pair.y[i] = 0.5;
    for (size_t n = 0; n < 16; n++) {
        ckn_estimate_options options = chosen_options(&pair);
        options.constraint = (ckn_constraint)(n / 4);
        options.prior = priors[n % 4];
        options.background = CKN_BACKGROUND_NONE;
        chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
        double sum = 0;
        for (size_t i = 0; i < 16; i++)
            sum += run.kernel[i];
        assert_true(fabs(sum - 1) < (run.result.constraint == CKN_CONSTRAINT_SIMPLEX ? 1e-9 : 0.1));
        assert_true(run.result.kkt_residual < 1e-9 && run.result.residual_rms < 0.3);
        chosen_run_release(&run);
    }
    known_pair_release(&pair);
}

/* ---- trials */

static void check_trial(const naive_equations *equations, const ckn_trial *trial) {
    const double n = (double)equations->count, spare = n - trial->degrees_of_freedom;
    const long double square = (long double)trial->residual_norm * trial->residual_norm;
    expect_near(trial->score, n * square / (spare * spare), 1e-12, "score", trial);
    if (trial->prior == CKN_PRIOR_L1 || trial->prior == CKN_PRIOR_TV)
        return;
    naive_fit fit = naive_fit_of(equations, trial->prior, trial->lambda, NULL, false);
    expect_near(trial->residual_norm, sqrtl(fit.square), tolerance(), "residual", trial);
    expect_near(trial->degrees_of_freedom, fit.degrees, tolerance(), "degrees of freedom", trial);
    naive_fit_release(&fit);
}

/* The least score wins; a sparse prior has to gain 12 in n log(score). */
static void check_choice(const chosen_run *run, double count) {
    const ckn_trial *chosen = chosen_trial(run);
    double best = INFINITY;
    for (size_t i = 0; i < run->trial_count; i++) {
        const ckn_trial *trial = &run->trials[i];
        const bool sparse = trial->prior == CKN_PRIOR_L1 || trial->prior == CKN_PRIOR_TV;
        best = fmin(best, trial->score * (sparse ? exp(12 / count) : 1));
    }
    const bool sparse = chosen->prior == CKN_PRIOR_L1 || chosen->prior == CKN_PRIOR_TV;
    const double own = chosen->score * (sparse ? exp(12 / count) : 1);
    assert_true(own <= best * (1 + 1e-12));
    assert_int_equal(chosen->prior, run->result.prior);
    assert_true(chosen->lambda == run->result.lambda);
    assert_true(fabs(chosen->residual_norm / run->result.residual_norm - 1) < tolerance());
}

static void test_trials(void **state) {
    (void)state;
    static const ckn_shape shapes[] = {{5, 5}, {3, 6}, {1, 7}};
    for (size_t n = 0; n < 3; n++) {
        known_pair pair = chosen_scene(shapes[n], n + 1, 0.03);
        naive_equations equations = naive_equations_of(&pair);
        ckn_estimate_options options = chosen_options(&pair);
        options.constraint = CKN_CONSTRAINT_NONE;
        chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
        bool seen[CKN_PRIOR_AUTO] = {false};
        assert_true(run.trial_count > 10 && run.trial_count <= CKN_MOST_TRIALS);
        for (size_t i = 0; i < run.trial_count; i++) {
            check_trial(&equations, &run.trials[i]);
            seen[run.trials[i].prior] = true;
        }
        for (size_t i = 0; i < CKN_PRIOR_AUTO; i++)
            assert_true(seen[i]);
        check_choice(&run, (double)equations.count);
        const ckn_trial *chosen = chosen_trial(&run);
        if (ckn_prior_is_quadratic(chosen->prior)) {
            naive_fit fit = naive_fit_of(&equations, chosen->prior, chosen->lambda, NULL, false);
            for (size_t i = 0; i < equations.taps; i++)
                assert_true(fabsl(run.kernel[i] - fit.h[i]) < 10 * tolerance());
            naive_fit_release(&fit);
        }
        chosen_run_release(&run);
        naive_equations_release(&equations);
        known_pair_release(&pair);
    }
}

/* Under a constraint the naive answer takes the taps that are not zero. */
static void test_constrained_choice(void **state) {
    (void)state;
    for (int constraint = CKN_CONSTRAINT_NONNEG; constraint <= CKN_CONSTRAINT_SIMPLEX;
         constraint++) {
        for (int prior = CKN_PRIOR_RIDGE; prior <= CKN_PRIOR_SMOOTH2; prior++) {
            const bool simplex = constraint == CKN_CONSTRAINT_SIMPLEX;
            known_pair pair = chosen_scene((ckn_shape){5, 6}, 11, 0.05);
            naive_equations equations = naive_equations_of(&pair);
            ckn_estimate_options options = chosen_options(&pair);
            options.constraint = (ckn_constraint)constraint;
            options.prior = (ckn_prior)prior;
            chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
            const ckn_trial *chosen = chosen_trial(&run);
            assert_int_equal(chosen->prior, prior);
            assert_true(run.result.kkt_residual < 1e-10);
            assert_true(fabs(run.result.duality_gap) < 1e-14);
            /* On the simplex a pedestal is taken off the images, which lambda is relative to. */
            if (!simplex) {
                naive_fit fit =
                    naive_fit_of(&equations, chosen->prior, chosen->lambda, run.kernel, false);
                expect_near(chosen->degrees_of_freedom, fit.degrees, tolerance(), "degrees",
                            chosen);
                expect_near(chosen->residual_norm, sqrtl(fit.square), tolerance(), "residual",
                            chosen);
                naive_fit_release(&fit);
            }
            chosen_run_release(&run);
            naive_equations_release(&equations);
            known_pair_release(&pair);
        }
    }
}

/* Scales of the images change neither the choice nor the weight. */
static void test_scales(void **state) {
    (void)state;
    known_pair pair = chosen_scene((ckn_shape){5, 5}, 21, 0.03);
    const ckn_estimate_options options = chosen_options(&pair);
    chosen_run plain = chosen_run_of(ckn_test_context(), &pair, &options);
    static const double scales[][2] = {{0x1p60, 0x1p-40}, {0x1p-300, 0x1p-300}, {1, 0x1p400}};
    for (size_t n = 0; n < 3; n++) {
        known_pair scaled = chosen_scene((ckn_shape){5, 5}, 21, 0.03);
        for (size_t i = 0; i < ckn_shape_count(pair.x_shape); i++)
            scaled.x[i] *= scales[n][0];
        for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++)
            scaled.y[i] *= scales[n][1];
        chosen_run run = chosen_run_of(ckn_test_context(), &scaled, &options);
        assert_int_equal(run.result.constraint, plain.result.constraint);
        assert_int_equal(run.result.prior, plain.result.prior);
        assert_true(fabs(run.result.sign_excess - plain.result.sign_excess) < 1e-4);
        assert_true(fabs(run.result.lambda / plain.result.lambda - 1) < 1e-4);
        assert_int_equal(run.trial_count, plain.trial_count);
        for (size_t i = 0; i < 25; i++)
            assert_true(fabs(run.kernel[i] * scales[n][0] / scales[n][1] - plain.kernel[i]) < 1e-5);
        assert_true(fabs(chosen_trial(&run)->residual_norm / scales[n][1] /
                             chosen_trial(&plain)->residual_norm -
                         1) < 1e-4);
        chosen_run_release(&run);
        known_pair_release(&scaled);
    }
    chosen_run_release(&plain);
    known_pair_release(&pair);
}

/* ---- rules */

static void test_discrepancy(void **state) {
    (void)state;
    known_pair pair = chosen_scene((ckn_shape){5, 5}, 31, 0.05);
    naive_equations equations = naive_equations_of(&pair);
    naive_fit least = naive_fit_of(&equations, CKN_PRIOR_NONE, 0, NULL, false);
    const double n = (double)equations.count;
    const double target = n * (double)least.square / (n - 25);
    for (int prior = CKN_PRIOR_RIDGE; prior <= CKN_PRIOR_TV; prior++) {
        ckn_estimate_options options = chosen_options(&pair);
        options.constraint = CKN_CONSTRAINT_NONE;
        options.prior = (ckn_prior)prior;
        options.lambda_rule = CKN_LAMBDA_DISCREPANCY;
        chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
        const double square = pow(run.result.residual_norm, 2);
        assert_int_equal(run.result.prior, prior);
        if (fabs(square / target - 1) > 0.01)
            ckn_test_fail("%s: sum r^2 %g, noise explains %g", ckn_prior_name((ckn_prior)prior),
                          square, target);
        for (size_t i = 0; i < run.trial_count; i++) { /* none is nearer */
            const double other = pow(run.trials[i].residual_norm, 2);
            if (run.trials[i].prior != CKN_PRIOR_NONE &&
                fabs(log(other / target)) < fabs(log(square / target)) - 1e-3)
                ckn_test_fail("%s: %g with lambda %g, but %g with %g",
                              ckn_prior_name((ckn_prior)prior), square / target, run.result.lambda,
                              other / target, run.trials[i].lambda);
        }
        chosen_run_release(&run);
    }
    naive_fit_release(&least);
    naive_equations_release(&equations);
    known_pair_release(&pair);
}

static void test_given(void **state) {
    (void)state;
    known_pair pair = chosen_scene((ckn_shape){5, 5}, 41, 0.03);
    naive_equations equations = naive_equations_of(&pair);
    for (int prior = CKN_PRIOR_RIDGE; prior <= CKN_PRIOR_TV; prior++) {
        double kernels[2][25];
        for (int rule = CKN_LAMBDA_AUTO; rule <= CKN_LAMBDA_GIVEN; rule++) {
            ckn_estimate_options options = chosen_options(&pair);
            options.prior = (ckn_prior)prior;
            options.lambda_rule = (ckn_lambda_rule)rule;
            options.lambda = 0.02;
            chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
            assert_int_equal(run.result.prior, prior);
            assert_true(fabs(run.result.lambda / 0.02 - 1) < 1e-12);
            assert_int_equal(run.trial_count, 1);
            assert_true(chosen_trial(&run)->lambda == run.result.lambda);
            memcpy(kernels[rule], run.kernel, sizeof kernels[rule]);
            chosen_run_release(&run);
        }
        assert_memory_equal(kernels[0], kernels[1], sizeof kernels[0]);
    }
    /* No weight at all is no prior. */
    for (int prior = CKN_PRIOR_RIDGE; prior <= CKN_PRIOR_TV; prior++) {
        ckn_estimate_options options = chosen_options(&pair);
        options.constraint = CKN_CONSTRAINT_NONE;
        options.prior = (ckn_prior)prior;
        options.lambda_rule = CKN_LAMBDA_GIVEN;
        chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
        naive_fit least = naive_fit_of(&equations, CKN_PRIOR_NONE, 0, NULL, false);
        ckn_uncertainty u;
        TRY_OK(ckn_estimate_plan_uncertainty(run.plan, (ckn_output){0}, &u, &error));
        assert_true(run.result.lambda == 0 && fabs(u.degrees_of_freedom - 25) < 1e-9);
        assert_true(isfinite(u.centroid_x));
        for (size_t i = 0; i < 25; i++)
            assert_true(fabsl(run.kernel[i] - least.h[i]) < 10 * tolerance());
        naive_fit_release(&least);
        chosen_run_release(&run);
    }
    naive_equations_release(&equations);
    known_pair_release(&pair);
}

/* Solvers that are named find the weight too. */
static void test_named_solvers(void **state) {
    (void)state;
    known_pair pair = chosen_scene((ckn_shape){5, 5}, 51, 0.03);
    for (int solver = CKN_SOLVER_EXACT; solver <= CKN_SOLVER_NNLS; solver++) {
        ckn_estimate_options options = chosen_options(&pair);
        options.solver = (ckn_solver)solver;
        options.prior = CKN_PRIOR_SMOOTH1;
        chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
        assert_int_equal(run.result.solver, solver);
        assert_int_equal(run.result.constraint,
                         solver == CKN_SOLVER_EXACT ? CKN_CONSTRAINT_NONE : CKN_CONSTRAINT_NONNEG);
        assert_int_equal(chosen_trial(&run)->prior, CKN_PRIOR_SMOOTH1);
        assert_true(run.trial_count > 2 && isnan(run.result.sign_excess));
        chosen_run_release(&run);
        options.prior = CKN_PRIOR_AUTO; /* which a solver that is named takes for none */
        run = chosen_run_of(ckn_test_context(), &pair, &options);
        assert_int_equal(run.result.prior, CKN_PRIOR_NONE);
        assert_int_equal(run.trial_count, 0);
        chosen_run_release(&run);
    }
    known_pair_release(&pair);
}

/* Losses of compression count for more than noise, by as much as they can be of it. */
static void test_losses(void **state) {
    (void)state;
    assert_true(ckn_losses_inflation(0, 1, 128) == 1);
    assert_true(ckn_losses_inflation(INFINITY, 1, 128) == 128);
    assert_true(ckn_losses_inflation(2, 1, 128) == 128);
    assert_true(fabs(ckn_losses_inflation(0.1, 1, 128) - 2.27) < 1e-12);
    known_pair pair = chosen_scene((ckn_shape){5, 5}, 12, 0.03);
    ckn_estimate_options options = chosen_options(&pair);
    options.constraint = CKN_CONSTRAINT_AUTO;
    chosen_run plain = chosen_run_of(ckn_test_context(), &pair, &options);
    options.loss_sigma = INFINITY;
    chosen_run lossy = chosen_run_of(ckn_test_context(), &pair, &options);
    assert_true(plain.result.inflation == 1);
    assert_true(lossy.result.inflation == CKN_LOSSES_OF_PRIOR);
    assert_true(lossy.result.sign_excess < plain.result.sign_excess);
    chosen_run_release(&lossy);
    options.loss_sigma = 1e-9; /* beside that noise: none */
    lossy = chosen_run_of(ckn_test_context(), &pair, &options);
    assert_true(fabs(lossy.result.inflation - 1) < 1e-6);
    chosen_run_release(&lossy);
    options.inflation = 2; /* what is given holds */
    options.loss_sigma = INFINITY;
    lossy = chosen_run_of(ckn_test_context(), &pair, &options);
    assert_true(lossy.result.inflation == 2);
    chosen_run_release(&lossy);
    options.loss_sigma = NAN;
    ckn_estimate_plan *plan = NULL;
    ckn_error why;
    ckn_pair views = known_pair_views(&pair);
    assert_int_equal(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &why),
                     CKN_ERROR_ARGUMENT);
    chosen_run_release(&plain);
    known_pair_release(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_inflation),
        cmocka_unit_test(test_one_tap),
        cmocka_unit_test(test_given_constraint),
        cmocka_unit_test(test_black),
        cmocka_unit_test(test_constant),
        cmocka_unit_test(test_trials),
        cmocka_unit_test(test_constrained_choice),
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_discrepancy),
        cmocka_unit_test(test_given),
        cmocka_unit_test(test_named_solvers),
    };
    return cmocka_run_group_tests_name("selection", tests, NULL, ckn_test_close_context);
}
