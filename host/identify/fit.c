/* The final fit, on all windows of the frame that was chosen, and what the plan can tell of it. */
#include "base/memory.h"
#include "estimate/plan.h"
#include "estimate/residual_quality.h"
#include "identify/identification.h"
#include "inspect/clipping.h"
#include "statistics/equations.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char what[] = "the answer";

/* The division takes images for periodic, and uses all of them. */
static bool uses_whole(const ckn_identification *job) {
    return job->estimate.solver == CKN_SOLVER_DIVISION;
}

static size_t around(size_t side, ptrdiff_t offset) {
    return side + 2 * (size_t)labs((long)offset);
}

/* Images that are not cut have their kernel's middle at 0: as large a one as holds the frame. */
static ckn_code cut_pairs(ckn_identification *job, ckn_error *error) {
    ckn_answer *answer = job->answer;
    CKN_TRY(ckn_allocate(&answer->pairs, job->pair_count, sizeof *answer->pairs, what, error));
    if (uses_whole(job))
        job->frame = (ckn_frame){around(job->frame.rows, job->frame.row_offset),
                                 around(job->frame.cols, job->frame.col_offset), 0, 0};
    for (size_t i = 0; i < job->pair_count; i++) {
        answer->pairs[i] = job->given[i];
        if (!uses_whole(job))
            CKN_TRY(ckn_identify_cut(job, i, &answer->pairs[i], error));
    }
    job->estimate.kernel_rows = job->frame.rows;
    job->estimate.kernel_cols = job->frame.cols;
    return CKN_OK;
}

/* --- room --------------------------------------------------------------------------------- */

/* What the fit reaches of a blurred image: one that is not cut has borders beside it. */
static ckn_shape shape_of_model(const ckn_identification *job, const ckn_pair *pair) {
    const ckn_shape y = ckn_view_shape(&pair->blurred);
    if (!uses_whole(job) || !ckn_shape_equal(y, ckn_view_shape(&pair->sharp)))
        return y;
    return ckn_shape_valid(y, (ckn_shape){job->frame.rows, job->frame.cols});
}

static ckn_code allocate_models(const ckn_identification *job, ckn_output *outputs,
                                ckn_error *error) {
    ckn_answer *answer = job->answer;
    if (!job->options->models)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&answer->models, job->pair_count, sizeof *answer->models, what, error));
    CKN_TRY(ckn_allocate(&answer->planes, job->pair_count, sizeof *answer->planes, what, error));
    for (size_t i = 0; i < job->pair_count; i++) {
        const ckn_shape y = shape_of_model(job, &answer->pairs[i]);
        CKN_TRY(ckn_allocate(&answer->planes[i], y.rows, y.cols * sizeof(double), what, error));
        outputs[i] = ckn_output_f64(answer->planes[i], y.rows, y.cols);
        answer->models[i] = ckn_view_f64(answer->planes[i], y.rows, y.cols);
    }
    answer->identified.models = answer->models;
    return CKN_OK;
}

static ckn_code allocate(ckn_identification *job, ckn_output **outputs, ckn_error *error) {
    ckn_answer *answer = job->answer;
    const size_t taps = job->frame.rows * job->frame.cols;
    const size_t runs = job->options->runs > 0 ? job->options->runs : 1;
    answer->identified.pair_count = job->pair_count;
    CKN_TRY(ckn_allocate(&job->h, taps, sizeof *job->h, "the kernel", error));
    CKN_TRY(ckn_allocate(&answer->fits, job->pair_count, sizeof *answer->fits, what, error));
    CKN_TRY(ckn_allocate(&answer->runs, runs, sizeof *answer->runs, what, error));
    CKN_TRY(ckn_allocate(outputs, job->pair_count, sizeof **outputs, what, error));
    answer->identified.runs = answer->runs;
    answer->identified.run_count = runs;
    answer->identified.pairs = answer->pairs;
    answer->identified.fits = answer->fits;
    return allocate_models(job, *outputs, error);
}

/* --- the solve ---------------------------------------------------------------------------- */

static ckn_code run_plan(ckn_identification *job, ckn_estimate_plan *plan,
                         const ckn_output *outputs, ckn_error *error) {
    ckn_answer *answer = job->answer;
    ckn_identified *identified = &answer->identified;
    const ckn_output kernel = ckn_output_f64(job->h, job->frame.rows, job->frame.cols);
    for (size_t i = 0; i < identified->run_count; i++)
        CKN_TRY(ckn_estimate_plan_run(plan, answer->pairs, job->pair_count, kernel,
                                      job->options->models ? outputs : NULL, &answer->runs[i],
                                      error));
    identified->result = answer->runs[identified->run_count - 1];
    for (size_t i = 0; i < job->pair_count; i++)
        CKN_TRY(ckn_estimate_plan_pair(plan, i, &answer->fits[i], error));
    return CKN_OK;
}

/* The weights that were used, without samples that a robust fit left out. */
static void use_weights(ckn_identification *job, const ckn_estimate_plan *plan) {
    const ckn_problem *problem = ckn_estimate_plan_problem(plan);
    for (size_t i = 0; i < job->pair_count; i++) {
        const ckn_problem_pair *pair = &problem->pairs[i];
        if (pair->weights)
            job->answer->pairs[i].blurred_weights =
                ckn_view_f64(pair->weights, pair->y_shape.rows, pair->y_shape.cols);
    }
}

/* From the plan to the answer, where the plan has come to its end. */
static ckn_code keep_weights(ckn_identification *job, ckn_estimate_plan *plan, ckn_error *error) {
    ckn_answer *answer = job->answer;
    CKN_TRY(ckn_allocate(&answer->weights, job->pair_count, sizeof *answer->weights, what, error));
    for (size_t i = 0; i < job->pair_count; i++)
        answer->weights[i] = ckn_estimate_plan_release_weights(plan, i);
    return CKN_OK;
}

static ckn_code keep_trials(ckn_answer *answer, const ckn_estimate_plan *plan, ckn_error *error) {
    const ckn_trial *trials = NULL;
    size_t count = 0;
    ckn_estimate_plan_trials(plan, &trials, &count);
    if (count == 0)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&answer->trials, count, sizeof *trials, what, error));
    memcpy(answer->trials, trials, count * sizeof *trials);
    answer->identified.trials = answer->trials;
    answer->identified.trial_count = count;
    return CKN_OK;
}

/* --- what the plan tells ------------------------------------------------------------------ */

static bool iterates(ckn_solver solver) {
    return solver == CKN_SOLVER_FISTA || solver == CKN_SOLVER_GD || solver == CKN_SOLVER_CG;
}

static double weighted_square(const ckn_pair *pair) {
    const ckn_view *y = &pair->blurred, *weights = &pair->blurred_weights;
    double sum = 0;
    for (size_t r = 0; r < y->rows; r++)
        for (size_t c = 0; c < y->cols; c++) {
            const double value = ckn_view_at(y, r, c);
            if (!weights->data || ckn_view_at(weights, r, c) > 0)
                sum += value * value;
        }
    return sum;
}

/* Errors are those of the optimum. With |d|_G^2 = 2 (f(h) - min f) for the distance d to it, every
 * figure linear in h is off by at most |d|_G / sigma of its standard errors, which is at most one
 * where the gap says so. */
static bool is_far_from_optimum(const ckn_identification *job) {
    const ckn_identified *identified = &job->answer->identified;
    const double sigma = identified->uncertainty.noise_sigma;
    double square = 0;
    if (!iterates(identified->result.solver))
        return false;
    for (size_t i = 0; i < job->pair_count; i++)
        square += weighted_square(&job->answer->pairs[i]);
    return !(identified->result.duality_gap * square <= sigma * sigma);
}

static void withhold_errors(ckn_answer *answer, const char *reason) {
    const double none = (double)NAN;
    answer->identified.uncertainty = (ckn_uncertainty){none, none, none, none, none, none, none};
    snprintf(answer->no_errors, sizeof answer->no_errors, "%s", reason);
}

static void explain_no_errors(ckn_answer *answer, ckn_code code, const char *message) {
    withhold_errors(answer, code == CKN_ERROR_DATA     ? "the pictures do not determine the kernel"
                            : code == CKN_ERROR_MEMORY ? "not enough memory for the statistics"
                                                       : message);
}

/* Too large statistics are refused, and their errors are unavailable; memory that runs out
 * below that limit is a failure like any other. Robust fits keep a further matrix. */
static bool ran_out_of_memory(const ckn_identification *job, ckn_code code) {
    const size_t bytes = ckn_equations_bytes((ckn_shape){job->frame.rows, job->frame.cols});
    const size_t limit = ckn_equations_limit(job->estimate.memory_limit);
    return code == CKN_ERROR_MEMORY && bytes <= limit && bytes / 2 <= limit - bytes;
}

static ckn_code compute_errors(ckn_identification *job, ckn_estimate_plan *plan, bool of_taps,
                               ckn_error *error) {
    ckn_answer *answer = job->answer;
    ckn_output taps = {.data = NULL};
    if (of_taps) {
        CKN_TRY(ckn_allocate(&answer->errors, job->frame.rows * job->frame.cols, sizeof(double),
                             "the standard errors", error));
        taps = ckn_output_f64(answer->errors, job->frame.rows, job->frame.cols);
    }
    return ckn_estimate_plan_uncertainty(plan, taps, &answer->identified.uncertainty, error);
}

/* The errors of the frame's taps go to answer->errors, which lay_out() turns to what is given out.
 * Total variation leaves taps without any, but knows the noise. */
static ckn_code find_errors(ckn_identification *job, ckn_estimate_plan *plan, ckn_error *error) {
    ckn_answer *answer = job->answer;
    ckn_error reason = {CKN_OK, ""};
    withhold_errors(answer, "");
    if (!job->options->errors || uses_whole(job))
        return CKN_OK;
    CKN_TRY(ckn_identify_report(job, CKN_PHASE_ERRORS, 0, 1, error));
    ckn_code code = compute_errors(job, plan, job->options->tap_errors != 0, &reason);
    if (code == CKN_ERROR_CANCELLED || ran_out_of_memory(job, code))
        return ckn_fail(error, code, "%s", reason.message);
    if (code != CKN_OK) {
        snprintf(answer->no_tap_errors, sizeof answer->no_tap_errors, "%s", reason.message);
        free(answer->errors);
        answer->errors = NULL;
        if (job->options->tap_errors && answer->identified.result.prior == CKN_PRIOR_TV)
            code = compute_errors(job, plan, false, &reason);
    }
    if (code != CKN_OK)
        explain_no_errors(answer, code, reason.message);
    else if (is_far_from_optimum(job))
        withhold_errors(answer,
                        "the iteration ended farther from the optimum than the noise reaches");
    return CKN_OK;
}

static ckn_code judge_residual(ckn_identification *job, ckn_estimate_plan *plan, ckn_error *error) {
    ckn_answer *answer = job->answer;
    ckn_error reason;
    CKN_TRY(ckn_identify_report(job, CKN_PHASE_VERDICT, 0, 1, error));
    ckn_code code = ckn_estimate_plan_residual(plan, &answer->quality, &reason);
    if (code == CKN_OK)
        answer->identified.quality = &answer->quality;
    if (code == CKN_OK || code == CKN_ERROR_DATA)
        return CKN_OK;
    return ckn_fail(error, code, "%s", reason.message);
}

static ckn_code use_plan(ckn_identification *job, ckn_estimate_plan *plan,
                         const ckn_output *outputs, ckn_error *error) {
    CKN_TRY(run_plan(job, plan, outputs, error));
    use_weights(job, plan);
    CKN_TRY(find_errors(job, plan, error));
    CKN_TRY(keep_trials(job->answer, plan, error));
    CKN_TRY(judge_residual(job, plan, error));
    return keep_weights(job, plan, error);
}

ckn_code ckn_identify_fit(ckn_identification *job, ckn_error *error) {
    ckn_output *outputs = NULL;
    ckn_estimate_plan *plan = NULL;
    CKN_TRY(cut_pairs(job, error));
    ckn_code code = allocate(job, &outputs, error);
    if (code == CKN_OK)
        code = ckn_estimate_plan_create(job->context, &job->estimate, job->answer->pairs,
                                        job->pair_count, &plan, error);
    /* What the model left out since may have changed the choice. */
    const bool refined = job->clipping && ckn_clipping_wants_model(job->clipping);
    if (code == CKN_OK && job->selection && !refined)
        ckn_estimate_plan_take_selection(plan, job->selection);
    if (code == CKN_OK)
        code = use_plan(job, plan, outputs, error);
    ckn_estimate_plan_destroy(plan);
    free(outputs);
    return code;
}
