#include "cli/estimate_job.h"

static void add_input(json_t *object, const ckn_cli_estimate_job *job) {
    const ckn_cli_estimate *arguments = job->arguments;
    ckn_json_text(object, "sharp", arguments->pair.files[0]);
    ckn_json_text(object, "blurred", arguments->pair.files[1]);
    ckn_json_text(object, "channels", job->pair.channels);
    ckn_json_text(object, "blurred_support", job->pair.same ? "same" : "valid");
    ckn_json_flag(object, "linear", arguments->pair.linear);
    ckn_json_count(object, "kernel_rows", job->options.kernel_rows);
    ckn_json_count(object, "kernel_cols", job->options.kernel_cols);
}

static void add_result(json_t *object, const ckn_cli_estimate_job *job) {
    const ckn_estimate_result *result = &job->result;
    ckn_json_text(object, "engine", ckn_engine_name(result->engine));
    ckn_json_text(object, "solver", ckn_solver_name(result->solver));
    ckn_json_text(object, "constraint", ckn_constraint_name(job->options.constraint));
    ckn_json_count(object, "iterations", result->iterations);
    ckn_json_count(object, "restarts", result->restarts);
    ckn_json_flag(object, "converged", result->converged);
    ckn_json_text(object, "stop_reason", ckn_stop_reason_name(result->stop_reason));
    ckn_json_real(object, "tolerance", job->options.tolerance);
    ckn_json_real(object, "lipschitz", result->lipschitz);
    ckn_json_real(object, "step", result->step);
    ckn_json_real(object, "objective", result->objective);
    ckn_json_real(object, "residual_norm", result->residual_norm);
    ckn_json_real(object, "residual_rms", result->residual_rms);
    ckn_json_count(object, "residual_count", result->count);
    ckn_json_real(object, "psnr", result->psnr);
}

static void add_figures(json_t *object, const ckn_kernel_figures *figures) {
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
}

ckn_code ckn_cli_estimate_json(const ckn_cli_estimate_job *job, ckn_error *error) {
    if (!job->arguments->common.json)
        return CKN_OK;
    json_t *object = ckn_json_begin(job->session);
    add_input(object, job);
    add_result(object, job);
    add_figures(object, &job->figures);
    ckn_cli_timing_json(object, &job->timing);
    return ckn_json_end(job->session, object, error);
}
