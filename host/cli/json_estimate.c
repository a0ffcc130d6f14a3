#include "cli/estimate_families.h"
#include "cli/estimate_job.h"
#include "cli/estimate_quality.h"
#include "cli/estimate_verdict.h"
#include "cli/masks.h"

#include <math.h>

/* Where the kernel's middle lies, in pixels right and down. */
static void add_shift(ckn_json object, const ckn_cli_pair *pair) {
    ckn_json shift = ckn_json_object(object, "shift");
    ckn_json_real(shift, "x", (double)pair->col_shift);
    ckn_json_real(shift, "y", (double)pair->row_shift);
}

/* The files of a pair and what was made of them; all null for a pair that does not stand for all
 * of the estimate. */
static void add_pair(ckn_json object, const ckn_cli_pair *pair) {
    const char *support = pair && pair->same ? "same" : "valid";
    ckn_json_text(object, "sharp", pair ? pair->sharp_path : NULL);
    ckn_json_text(object, "blurred", pair ? pair->blurred_path : NULL);
    ckn_json_text(object, "channels", pair ? pair->channels : NULL);
    ckn_json_text(object, "blurred_support", pair ? support : NULL);
    if (pair)
        add_shift(object, pair);
    else
        ckn_json_null(object, "shift");
}

static void add_pairs(ckn_json parent, const ckn_cli_pairs *pairs) {
    ckn_json list = ckn_json_list(parent, "pairs");
    for (size_t i = 0; i < pairs->count; i++) {
        const ckn_cli_pair *pair = &pairs->pairs[i];
        ckn_json object = ckn_json_append_object(list);
        add_pair(object, pair);
        ckn_json_count(object, "sharp_rows", pair->sharp.rows);
        ckn_json_count(object, "sharp_cols", pair->sharp.cols);
        ckn_json_count(object, "blurred_rows", pair->blurred.rows);
        ckn_json_count(object, "blurred_cols", pair->blurred.cols);
    }
}

static void add_frame(ckn_json parent, const char *key, const ckn_frame *frame) {
    ckn_json object = ckn_json_object(parent, key);
    ckn_json_count(object, "rows", frame->rows);
    ckn_json_count(object, "cols", frame->cols);
    ckn_json_real(object, "row_offset", (double)frame->row_offset);
    ckn_json_real(object, "col_offset", (double)frame->col_offset);
}

/* How the size was found; null where it was given. */
static void add_size_trail(ckn_json parent, const ckn_support_result *support) {
    if (support->step_count == 0) {
        ckn_json_null(parent, "kernel_size_trail");
        return;
    }
    ckn_json list = ckn_json_list(parent, "kernel_size_trail");
    for (size_t i = 0; i < support->step_count; i++) {
        ckn_json object = ckn_json_append_object(list);
        add_frame(object, "tried", &support->steps[i].tried);
        add_frame(object, "found", &support->steps[i].found);
        ckn_json_real(object, "noise_sigma", support->steps[i].noise_sigma);
    }
}

static void add_size(ckn_json object, const ckn_cli_estimate_job *job) {
    ckn_json_flag(object, "kernel_size_auto", job->support.step_count > 0);
    add_size_trail(object, &job->support);
    ckn_json_flag(object, "kernel_truncated", job->support.truncated);
    ckn_json_real(object, "seconds_support", job->seconds_support);
}

static void add_input(ckn_json object, const ckn_cli_estimate_job *job) {
    const ckn_cli_estimate *arguments = job->arguments;
    add_pair(object, job->pairs.count == 1 ? &job->pairs.pairs[0] : NULL);
    add_pairs(object, &job->pairs);
    ckn_json_flag(object, "linear", arguments->pair.linear);
    ckn_json_count(object, "kernel_rows", job->options.kernel_rows);
    ckn_json_count(object, "kernel_cols", job->options.kernel_cols);
    add_size(object, job);
}

/* The fits on the way to the choice of a prior. */
static void add_trials(ckn_json parent, const ckn_cli_estimate_job *job) {
    ckn_json list = ckn_json_list(parent, "trials");
    for (size_t i = 0; i < job->trial_count; i++) {
        const ckn_trial *trial = &job->trials[i];
        ckn_json object = ckn_json_append_object(list);
        ckn_json_text(object, "constraint", ckn_constraint_name(trial->constraint));
        ckn_json_text(object, "prior", ckn_prior_name(trial->prior));
        ckn_json_real(object, "lambda", trial->lambda);
        ckn_json_real(object, "residual_norm", trial->residual_norm);
        ckn_json_real(object, "degrees_of_freedom", trial->degrees_of_freedom);
        ckn_json_real(object, "score", trial->score);
        ckn_json_flag(object, "chosen", trial->chosen);
    }
}

static void add_solve(ckn_json object, const ckn_cli_estimate_job *job) {
    const ckn_estimate_result *result = &job->result;
    ckn_json_text(object, "engine", ckn_engine_name(result->engine));
    ckn_json_text(object, "solver", ckn_solver_name(result->solver));
    ckn_json_text(object, "constraint", ckn_constraint_name(result->constraint));
    ckn_json_text(object, "prior", ckn_prior_name(result->prior));
    ckn_json_real(object, "lambda", result->lambda);
    ckn_json_text(object, "lambda_rule", ckn_lambda_rule_name(job->options.lambda_rule));
    ckn_json_real(object, "sign_excess", result->sign_excess);
    ckn_json_real(object, "noise_sigma", job->uncertainty.noise_sigma);
    ckn_json_real(object, "noise_inflation", job->result.inflation);
    add_trials(object, job);
    ckn_json_count(object, "iterations", result->iterations);
    ckn_json_count(object, "restarts", result->restarts);
    ckn_json_flag(object, "converged", result->converged);
    ckn_json_text(object, "stop_reason", ckn_stop_reason_name(result->stop_reason));
    ckn_json_real(object, "tolerance", job->options.tolerance);
    ckn_json_real(object, "lipschitz", result->lipschitz);
    ckn_json_real(object, "step", result->step);
}

/* How many samples of a plane were left out, and why. */
static void add_masked(ckn_json object, const ckn_cli_estimate_job *job, size_t plane) {
    size_t pair = 0;
    while (plane >= job->pairs.pairs[pair].count)
        plane -= job->pairs.pairs[pair++].count;
    const ckn_cli_pair *own = &job->pairs.pairs[pair];
    ckn_json_count(object, "masked", ckn_cli_masks_count(own, plane, ~0U));
    ckn_json_count(object, "masked_by_file", ckn_cli_masks_count(own, plane, CKN_CLI_MASKED_FILE));
    ckn_json_count(object, "masked_nan", ckn_cli_masks_count(own, plane, CKN_CLI_MASKED_NAN));
    ckn_json_count(object, "masked_clipped",
                   ckn_cli_masks_count(own, plane, CKN_CLI_CLIPPED | CKN_CLI_NEAR_LIMIT));
    ckn_json_count(object, "masked_seeing_clipped",
                   ckn_cli_masks_count(own, plane, CKN_CLI_SEES_CLIPPED));
}

/* What was fitted beside the kernel: one object for each plane. */
static void add_fits(ckn_json object, const ckn_cli_estimate_job *job) {
    ckn_json_flag(object, "robust", job->options.robust != 0);
    ckn_json_count(object, "rejected", job->result.rejected);
    ckn_json_count(object, "robust_iterations", job->result.robust_iterations);
    ckn_json_text(object, "background", ckn_background_name(job->result.background));
    ckn_json list = ckn_json_list(object, "planes");
    for (size_t i = 0; i < job->pairs.plane_count; i++) {
        ckn_json fit = ckn_json_append_object(list);
        ckn_json_real(fit, "gain", job->fits[i].gain);
        ckn_json_real(fit, "background_constant", job->fits[i].constant);
        ckn_json_real(fit, "background_slope_x", job->fits[i].slope_x);
        ckn_json_real(fit, "background_slope_y", job->fits[i].slope_y);
        add_masked(fit, job, i);
    }
}

static void add_result(ckn_json object, const ckn_cli_estimate_job *job) {
    const ckn_estimate_result *result = &job->result;
    ckn_json_real(object, "objective", result->objective);
    ckn_json_real(object, "residual_norm", result->residual_norm);
    ckn_json_real(object, "residual_rms", result->residual_rms);
    ckn_json_count(object, "residual_count", result->count);
    ckn_json_real(object, "psnr", result->psnr);
    ckn_json_real(object, "psnr_unseen", ckn_cli_estimate_unseen_psnr(job));
    ckn_json_real(object, "kkt_residual", result->kkt_residual);
    ckn_json_real(object, "duality_gap", result->duality_gap);
    if (result->rank > 0)
        ckn_json_count(object, "rank", result->rank);
    else
        ckn_json_real(object, "rank", (double)NAN);
    ckn_json_real(object, "condition", result->condition);
}

static void add_figures(ckn_json object, const ckn_kernel_figures *figures) {
    ckn_json_real(object, "kernel_sum", figures->sum);
    ckn_json_real(object, "kernel_minimum", figures->minimum);
    ckn_json_real(object, "kernel_maximum", figures->maximum);
    ckn_json_real(object, "centroid_x", figures->centroid_x);
    ckn_json_real(object, "centroid_y", figures->centroid_y);
    ckn_json_real(object, "std_x", figures->std_x);
    ckn_json_real(object, "std_y", figures->std_y);
    ckn_json_real(object, "std_major", figures->std_major);
    ckn_json_real(object, "std_minor", figures->std_minor);
    ckn_json_real(object, "orientation", figures->orientation);
    ckn_json_real(object, "fwhm_x", figures->fwhm_x);
    ckn_json_real(object, "fwhm_y", figures->fwhm_y);
    ckn_json_real(object, "ellipticity", figures->ellipticity);
}

static void add_sharpness(ckn_json object, const ckn_kernel_sharpness *sharpness) {
    ckn_json_real(object, "radius_50", sharpness->radius_50);
    ckn_json_real(object, "radius_80", sharpness->radius_80);
    ckn_json_real(object, "radius_90", sharpness->radius_90);
    ckn_json_real(object, "mtf50_x", sharpness->mtf50.x);
    ckn_json_real(object, "mtf50_y", sharpness->mtf50.y);
    ckn_json_real(object, "mtf50", sharpness->mtf50.radial);
}

/* Standard errors, under the names of the figures that they belong to. */
static void add_uncertainty(ckn_json object, const ckn_uncertainty *uncertainty) {
    ckn_json part = ckn_json_object(object, "uncertainty");
    ckn_json_real(part, "noise_sigma", uncertainty->noise_sigma);
    ckn_json_real(part, "degrees_of_freedom", uncertainty->degrees_of_freedom);
    ckn_json_real(part, "sum", uncertainty->sum);
    ckn_json_real(part, "centroid_x", uncertainty->centroid_x);
    ckn_json_real(part, "centroid_y", uncertainty->centroid_y);
    ckn_json_real(part, "fwhm_x", uncertainty->fwhm_x);
    ckn_json_real(part, "fwhm_y", uncertainty->fwhm_y);
}

/* Why there are no standard errors; NULL where there are. */
static const char *reason_of(const ckn_cli_estimate_job *job) {
    if (job->result.solver == CKN_SOLVER_DIVISION)
        return "the division has no statistics";
    return job->no_errors[0] ? job->no_errors : NULL;
}

ckn_code ckn_cli_estimate_json(const ckn_cli_estimate_job *job, ckn_error *error) {
    if (!job->arguments->common.json)
        return CKN_OK;
    ckn_json object = ckn_json_begin(job->session);
    ckn_cli_verdict_json(object, job);
    add_input(object, job);
    add_solve(object, job);
    add_fits(object, job);
    add_result(object, job);
    add_figures(object, &job->figures);
    add_sharpness(object, &job->sharpness);
    add_uncertainty(object, &job->uncertainty);
    ckn_json_text(object, "uncertainty_reason", reason_of(job));
    ckn_cli_diagnosis_json(object, &job->diagnosis, &job->pairs);
    ckn_cli_family_json(object, job);
    ckn_cli_quality_json(object, job);
    ckn_json_real(object, "seconds_statistics", ckn_cli_timing_median(&job->timing).statistics);
    ckn_cli_timing_json(object, &job->timing);
    return ckn_json_end(job->session, object, error);
}
