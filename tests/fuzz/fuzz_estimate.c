/* ckn_estimate_plan_*() on small problems of all options: what succeeds is finite, allowed, no
 * worse than a kernel of zeros, and the same to the last bit in a second run; what fails says so.
 */
#include "problem.h"

#include "base/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One problem on its way. */
typedef struct estimate_trial {
    fuzz_problem problem;
    fuzz_plane kernel;
    fuzz_plane reconvolved[FUZZ_MOST_PAIRS];
    ckn_output outputs[FUZZ_MOST_PAIRS]; /* data NULL where it is not wanted */
    bool reconvolves;
    ckn_estimate_plan *plan;
    ckn_estimate_result result;
} estimate_trial;

static void create_outputs(estimate_trial *trial, fuzz_input *input) {
    const ckn_estimate_options *options = &trial->problem.options;
    const size_t more = fuzz_rarely(input, 32);
    trial->kernel = fuzz_plane_create(input, options->kernel_rows + more + !options->kernel_rows,
                                      options->kernel_cols + !options->kernel_cols);
    trial->reconvolves = fuzz_rarely(input, 4);
    for (size_t i = 0; trial->reconvolves && i < trial->problem.pair_count; i++) {
        const ckn_shape kernel = {options->kernel_rows, options->kernel_cols};
        const ckn_shape valid =
            ckn_shape_valid(ckn_view_shape(&trial->problem.pairs[i].sharp), kernel);
        if (fuzz_rarely(input, 8) || ckn_shape_count(valid) == 0)
            continue;
        trial->reconvolved[i] = fuzz_plane_create(input, valid.rows, valid.cols);
        trial->outputs[i] = fuzz_plane_output(&trial->reconvolved[i]);
    }
}

static void check_kernel(const estimate_trial *trial) {
    const ckn_view *view = &trial->kernel.view;
    FUZZ_CHECK(view->rows == trial->problem.options.kernel_rows, "a kernel that is too large");
    fuzz_plane_check_gaps(&trial->kernel);
    /* A tap of 1e39 is an infinite float32. */
    FUZZ_CHECK(view->type == CKN_FLOAT32 || fuzz_plane_is_finite(&trial->kernel),
               "a tap of a success is not finite");
    for (size_t i = 0; i < view->rows * view->cols; i++) {
        const double tap = ckn_view_at(view, i / view->cols, i % view->cols);
        FUZZ_CHECK(!isnan(tap), "a tap is NaN");
        FUZZ_CHECK(trial->result.constraint == CKN_CONSTRAINT_NONE || !(tap < 0),
                   "tap %zu is %g under a constraint", i, tap);
    }
}

static void check_result(const estimate_trial *trial) {
    const ckn_estimate_result *result = &trial->result;
    FUZZ_CHECK(result->solver != CKN_SOLVER_AUTO && result->engine != CKN_ENGINE_AUTO &&
                   result->constraint != CKN_CONSTRAINT_AUTO && result->prior != CKN_PRIOR_AUTO &&
                   result->background != CKN_BACKGROUND_AUTO,
               "a choice was left open");
    FUZZ_CHECK(result->count > 0, "a fit of no samples");
    FUZZ_CHECK(!isnan(result->objective) && !isnan(result->residual_norm) &&
                   !isnan(result->residual_rms),
               "a residual is NaN: objective %g, norm %g, RMS %g", result->objective,
               result->residual_norm, result->residual_rms);
    FUZZ_CHECK(result->objective >= 0, "the objective is %g", result->objective);
}

/* The division fits nothing, the simplex has no kernel of zeros, and a step that the caller gives
 * may be too long. Weights are scaled, which would have to be done here. */
static void check_against_zero(const estimate_trial *trial) {
    const ckn_estimate_options *options = &trial->problem.options;
    if (trial->result.solver == CKN_SOLVER_DIVISION || options->step != 0 ||
        trial->result.constraint == CKN_CONSTRAINT_SIMPLEX || trial->problem.graded)
        return;
    const double zero = fuzz_problem_zero_objective(&trial->problem);
    FUZZ_CHECK(!(trial->result.objective > zero * (1 + 1e-6)) || !isfinite(zero),
               "%s by %s leaves %g, a kernel of zeros %g", ckn_solver_name(trial->result.solver),
               ckn_engine_name(trial->result.engine), trial->result.objective, zero);
}

static void check_again(estimate_trial *trial) {
    double *first = fuzz_plane_samples(&trial->kernel);
    const fuzz_problem *problem = &trial->problem;
    ckn_error error = {CKN_OK, ""};
    const ckn_code code =
        ckn_estimate_plan_run(trial->plan, problem->pairs, problem->pair_count,
                              fuzz_plane_output(&trial->kernel), NULL, NULL, &error);
    FUZZ_CHECK(code == CKN_OK, "the second run failed: %s", error.message);
    double *second = fuzz_plane_samples(&trial->kernel);
    const size_t taps = trial->kernel.view.rows * trial->kernel.view.cols;
    FUZZ_CHECK(memcmp(first, second, taps * sizeof *first) == 0, "the second run differs");
    free(first);
    free(second);
}

static void check_pairs(const estimate_trial *trial) {
    const size_t count = trial->problem.pair_count;
    ckn_error error = {CKN_OK, ""};
    ckn_pair_fit fit;
    for (size_t i = 0; i < count; i++) {
        const ckn_code code = ckn_estimate_plan_pair(trial->plan, i, &fit, &error);
        FUZZ_CHECK(code == CKN_OK, "pair %zu: %s", i, error.message);
        FUZZ_CHECK(isfinite(fit.gain) && isfinite(fit.constant) && isfinite(fit.slope_x) &&
                       isfinite(fit.slope_y),
                   "pair %zu: gain %g, background %g", i, fit.gain, fit.constant);
        if (trial->reconvolved[i].memory)
            fuzz_plane_check_gaps(&trial->reconvolved[i]);
    }
    FUZZ_CHECK(ckn_estimate_plan_pair(trial->plan, count, &fit, &error) == CKN_ERROR_ARGUMENT,
               "there is no pair %zu", count);
}

static void check_errors(estimate_trial *trial, fuzz_input *input) {
    fuzz_plane taps = fuzz_plane_create(input, trial->problem.options.kernel_rows,
                                        trial->problem.options.kernel_cols);
    ckn_output output = fuzz_plane_output(&taps);
    ckn_uncertainty uncertainty;
    ckn_error error = {CKN_OK, ""};
    if (fuzz_rarely(input, 3))
        output.data = NULL;
    if (fuzz_succeeded(ckn_estimate_plan_uncertainty(trial->plan, output, &uncertainty, &error),
                       &error)) {
        fuzz_plane_check_gaps(&taps);
        FUZZ_CHECK(!(uncertainty.noise_sigma < 0), "noise of %g", uncertainty.noise_sigma);
    }
    fuzz_plane_destroy(&taps);
}

static void check_quality(estimate_trial *trial) {
    ckn_residual_quality quality;
    ckn_error error = {CKN_OK, ""};
    if (fuzz_succeeded(ckn_estimate_plan_residual(trial->plan, &quality, &error), &error))
        FUZZ_CHECK(!(quality.outliers < 0) && !(quality.outliers > 1) &&
                       !(quality.outlier_share > 1 + 1e-9),
                   "outliers: %g of the samples with %g of the sum", quality.outliers,
                   quality.outlier_share);
    const ckn_trial *trials = NULL;
    size_t count = 0;
    ckn_estimate_plan_trials(trial->plan, &trials, &count);
    FUZZ_CHECK(count == 0 || trials, "%zu trials, but none", count);
}

static void check_families(estimate_trial *trial) {
    ckn_family_fit fits[CKN_FAMILY_COUNT];
    ckn_error error = {CKN_OK, ""};
    if (!fuzz_succeeded(ckn_estimate_plan_families(trial->plan, fits, &error), &error))
        return;
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++) {
        FUZZ_CHECK(!fits[i].found || isfinite(fits[i].value.gain), "%s of gain %g",
                   ckn_family_name(fits[i].family), fits[i].value.gain);
        FUZZ_CHECK(i == 0 || !fits[i].fits || fits[i - 1].fits, "%s stands too low",
                   ckn_family_name(fits[i].family));
        FUZZ_CHECK(!fits[i].fits || !fits[i].refused, "%s is refused, and holds",
                   ckn_family_name(fits[i].family));
    }
}

static void print_result(const estimate_trial *trial) {
    const ckn_estimate_result *result = &trial->result;
    fprintf(stderr, "%s by %s, constraint %s, prior %s: objective %g of %zu samples\n",
            ckn_solver_name(result->solver), ckn_engine_name(result->engine),
            ckn_constraint_name(result->constraint), ckn_prior_name(result->prior),
            result->objective, result->count);
}

static void run_plan(estimate_trial *trial, fuzz_input *input) {
    const fuzz_problem *problem = &trial->problem;
    ckn_error error = {CKN_OK, ""};
    const ckn_code code = ckn_estimate_plan_run(
        trial->plan, problem->pairs, problem->pair_count, fuzz_plane_output(&trial->kernel),
        trial->reconvolves ? trial->outputs : NULL, &trial->result, &error);
    if (!fuzz_succeeded(code, &error))
        return;
    if (fuzz_shows())
        print_result(trial);
    check_kernel(trial);
    check_result(trial);
    check_against_zero(trial);
    check_pairs(trial);
    if (!problem->cancel_at)
        check_again(trial);
    check_errors(trial, input);
    check_quality(trial);
    if (fuzz_rarely(input, 2))
        check_families(trial);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    estimate_trial trial = {.plan = NULL};
    ckn_error error = {CKN_OK, ""};
    fuzz_problem_create(&trial.problem, &input);
    create_outputs(&trial, &input);
    if (fuzz_shows())
        fuzz_problem_print(&trial.problem);
    if (fuzz_succeeded(ckn_estimate_plan_create(fuzz_context(), &trial.problem.options,
                                                trial.problem.pairs, trial.problem.pair_count,
                                                &trial.plan, &error),
                       &error))
        run_plan(&trial, &input);
    ckn_estimate_plan_destroy(trial.plan);
    for (size_t i = 0; i < FUZZ_MOST_PAIRS; i++)
        fuzz_plane_destroy(&trial.reconvolved[i]);
    fuzz_plane_destroy(&trial.kernel);
    fuzz_problem_destroy(&trial.problem);
    return 0;
}
