/* Standard errors of a kernel that a prior shaped: against the covariance by its definition. */
#include "estimate/chosen.h"
#include "estimate/naive_equations.h"

#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 5, COLS = 4, TAPS = ROWS * COLS };

static double tolerance(void) {
    return ckn_test_on_cpu() ? 1e-8 : 1e-4;
}

/* sqrt(a' cov a) for the derivatives `a` of a figure. */
static double spread(const naive_fit *fit, long double sigma, const long double *a) {
    long double sum = 0;
    for (size_t i = 0; i < TAPS; i++)
        for (size_t j = 0; j < TAPS; j++)
            sum += a[i] * fit->covariance[i * TAPS + j] * a[j];
    return (double)(sigma * sqrtl(fmaxl(sum, 0)));
}

static void expect_near(double found, double expected, double slack, const char *what) {
    if (!(fabs(found - expected) <= slack + tolerance() * fabs(expected)))
        ckn_test_fail("%s: %.12g, expected %.12g", what, found, expected);
}

/* Errors of taps, sum and centroid, noise and degrees of freedom. */
static void check_errors(const known_pair *pair, const naive_equations *equations, chosen_run *run,
                         ckn_prior prior) {
    const bool held = run->result.constraint != CKN_CONSTRAINT_NONE;
    const bool simplex = run->result.constraint == CKN_CONSTRAINT_SIMPLEX;
    const bool sparse = prior == CKN_PRIOR_L1;
    naive_fit fit =
        naive_fit_of(equations, sparse ? CKN_PRIOR_NONE : prior, sparse ? 0 : run->result.lambda,
                     held || sparse ? run->kernel : NULL, simplex);
    double errors[TAPS];
    ckn_uncertainty u;
    TRY_OK(
        ckn_estimate_plan_uncertainty(run->plan, ckn_output_f64(errors, ROWS, COLS), &u, &error));
    const long double spare = (long double)equations->count - fit.degrees;
    const long double sigma = sqrtl(naive_square(pair, run->kernel) / spare);
    long double ones[TAPS], centroid[TAPS], sum = 0, moment = 0;
    for (size_t i = 0; i < TAPS; i++) {
        sum += run->kernel[i];
        moment += (long double)(i % COLS) * run->kernel[i];
    }
    double largest = 0;
    for (size_t i = 0; i < TAPS; i++) {
        ones[i] = 1;
        centroid[i] = ((long double)(i % COLS) - moment / sum) / sum;
        largest = fmax(largest, errors[i]);
    }
    expect_near(u.degrees_of_freedom, (double)fit.degrees, 0, "degrees of freedom");
    expect_near(u.noise_sigma, (double)sigma, 0, "noise");
    for (size_t i = 0; i < TAPS; i++) {
        const double variance = (double)fmaxl(fit.covariance[i * TAPS + i], 0);
        expect_near(errors[i], (double)sigma * sqrt(variance), tolerance() * largest, "a tap");
        assert_true((run->kernel[i] == 0 && (held || sparse)) == (errors[i] == 0));
    }
    expect_near(u.sum, simplex ? 0 : spread(&fit, sigma, ones), 0, "sum");
    expect_near(u.centroid_x, spread(&fit, sigma, centroid), 0, "centroid");
    naive_fit_release(&fit);
}

static void test_covariance(void **state) {
    (void)state;
    known_pair pair = chosen_scene((ckn_shape){ROWS, COLS}, 81, 0.06);
    for (size_t i = 0; i < TAPS; i++) /* some taps at zero */
        pair.h[i] = i % COLS == 3 || i < COLS ? 0 : pair.h[i];
    chosen_disturb(&pair, 81, 0.06);
    naive_equations equations = naive_equations_of(&pair);
    for (int prior = CKN_PRIOR_RIDGE; prior <= CKN_PRIOR_L1; prior++)
        for (int constraint = CKN_CONSTRAINT_NONE; constraint <= CKN_CONSTRAINT_SIMPLEX;
             constraint++)
            for (int given = 0; given < 2; given++) {
                /* The pedestal of the simplex has its own unit of lambda; l1 has no weight in it.
                 */
                if (constraint == CKN_CONSTRAINT_SIMPLEX && prior != CKN_PRIOR_L1)
                    continue;
                ckn_estimate_options options = chosen_options(&pair);
                options.constraint = (ckn_constraint)constraint;
                options.prior = (ckn_prior)prior;
                options.lambda = given ? 0.01 : 0;
                chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
                check_errors(&pair, &equations, &run, options.prior);
                chosen_run_release(&run);
            }
    naive_equations_release(&equations);
    known_pair_release(&pair);
}

/* x of mean zero has no pedestal to be taken off, so that lambda means the same on the simplex. */
static void test_covariance_of_the_simplex(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(82, (ckn_shape){40, 41}, (ckn_shape){ROWS, COLS}, true);
    for (size_t i = 0; i < ckn_shape_count(pair.x_shape); i++)
        pair.x[i] -= 0.5;
    chosen_disturb(&pair, 82, 0.05);
    naive_equations equations = naive_equations_of(&pair);
    for (int prior = CKN_PRIOR_RIDGE; prior <= CKN_PRIOR_SMOOTH2; prior++) {
        ckn_estimate_options options = chosen_options(&pair);
        options.constraint = CKN_CONSTRAINT_SIMPLEX;
        options.prior = (ckn_prior)prior;
        options.lambda = 0.01;
        chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
        check_errors(&pair, &equations, &run, options.prior);
        chosen_run_release(&run);
    }
    naive_equations_release(&equations);
    known_pair_release(&pair);
}

/* Plateaus have no errors of their own: noise and degrees of freedom are all that is told. */
static void test_total_variation(void **state) {
    (void)state;
    known_pair pair = chosen_scene((ckn_shape){ROWS, COLS}, 83, 0.05);
    ckn_estimate_options options = chosen_options(&pair);
    options.prior = CKN_PRIOR_TV;
    chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
    double errors[TAPS];
    ckn_uncertainty u;
    ckn_error refusal = {CKN_OK, ""};
    assert_int_equal(
        ckn_estimate_plan_uncertainty(run.plan, ckn_output_f64(errors, ROWS, COLS), &u, &refusal),
        CKN_ERROR_DATA);
    assert_non_null(strstr(refusal.message, "total variation has no standard errors"));
    assert_true(isnan(u.noise_sigma));
    TRY_OK(ckn_estimate_plan_uncertainty(run.plan, (ckn_output){0}, &u, &error));
    const double degrees = chosen_trial(&run)->degrees_of_freedom;
    const double spare = (double)run.result.count - degrees;
    assert_true(degrees > 0 && u.degrees_of_freedom == degrees);
    expect_near(u.noise_sigma, run.result.residual_norm / sqrt(spare), 0, "noise");
    assert_true(fabs(u.noise_sigma / 0.05 - 1) < 0.1);
    assert_true(isnan(u.sum) && isnan(u.centroid_x) && isnan(u.fwhm_y));
    chosen_run_release(&run);
    options.background = CKN_BACKGROUND_CONSTANT; /* which is fitted, too */
    run = chosen_run_of(ckn_test_context(), &pair, &options);
    TRY_OK(ckn_estimate_plan_uncertainty(run.plan, (ckn_output){0}, &u, &error));
    assert_true(u.degrees_of_freedom == chosen_trial(&run)->degrees_of_freedom + 1);
    chosen_run_release(&run);
    known_pair_release(&pair);
}

/* Before a run there are neither trials nor errors. */
static void test_no_run(void **state) {
    (void)state;
    known_pair pair = chosen_scene((ckn_shape){ROWS, COLS}, 84, 0.05);
    const ckn_estimate_options options = chosen_options(&pair);
    const ckn_pair views = known_pair_views(&pair);
    const ckn_trial *trials = NULL;
    size_t count = 7;
    ckn_estimate_plan *plan = NULL;
    ckn_uncertainty u;
    ckn_error refusal;
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &error));
    ckn_estimate_plan_trials(plan, &trials, &count);
    assert_true(!trials && count == 0);
    assert_int_equal(ckn_estimate_plan_uncertainty(plan, (ckn_output){0}, &u, &refusal),
                     CKN_ERROR_ARGUMENT);
    ckn_estimate_plan_destroy(plan);
    known_pair_release(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_covariance),
        cmocka_unit_test(test_covariance_of_the_simplex),
        cmocka_unit_test(test_total_variation),
        cmocka_unit_test(test_no_run),
    };
    return cmocka_run_group_tests_name("errors with priors", tests, NULL, ckn_test_close_context);
}
