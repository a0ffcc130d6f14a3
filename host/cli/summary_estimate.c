#include "cli/estimate_job.h"
#include "cli/kernel_words.h"

#include <math.h>

/* More of the kernel on its outermost ring than this: it was probably cut. */
#define MOST_ON_BORDER 0.02

/* One line with two figures, followed by `rest`. */
static void pair_of_numbers(ckn_cli_session *session, const char *label, double x, double y,
                            const char *rest) {
    char x_text[40], y_text[40];
    ckn_cli_line(session, label, "x %s, y %s%s", ckn_cli_figure_text(x, 4, x_text, sizeof x_text),
                 ckn_cli_figure_text(y, 4, y_text, sizeof y_text), rest);
}

void ckn_cli_stop_text(const ckn_cli_estimate_job *job, char *text, size_t size) {
    const ckn_estimate_options *options = &job->options;
    switch (job->result.stop_reason) {
    case CKN_STOP_ITERATIONS:
        snprintf(text, size,
                 "iteration limit (%zu) reached, not converged; more --iterations may help%s",
                 options->iterations,
                 options->constraint == CKN_CONSTRAINT_NONE
                     ? ", or --constraint simplex or nonneg if the kernel is a PSF"
                     : "");
        return;
    case CKN_STOP_KERNEL_CHANGE:
        snprintf(text, size, "relative change of the kernel below %g (tolerance)",
                 options->tolerance);
        return;
    case CKN_STOP_OBJECTIVE_CHANGE:
        snprintf(text, size, "relative change of the objective below %g (tolerance squared)",
                 options->tolerance * options->tolerance);
        return;
    case CKN_STOP_EXACT_FIT:
        snprintf(text, size, "the residual is zero: an exact fit");
        return;
    case CKN_STOP_CLOSED_FORM:
        snprintf(text, size, "closed form, no iterations (exact for periodic images only)");
        return;
    }
    snprintf(text, size, "%s", ckn_stop_reason_name(job->result.stop_reason));
}

/* What becomes of a BLURRED as large as SHARP. */
static const char *same_note(const ckn_cli_estimate_job *job) {
    if (!job->pair.same)
        return "";
    return job->pair.whole ? " (same size, taken for periodic)"
                           : " (same size, cropped to the valid part)";
}

static void print_pair(const ckn_cli_estimate_job *job) {
    const ckn_cli_pair *pair = &job->pair;
    const char *const *files = job->arguments->pair.files;
    ckn_cli_line(job->session, "sharp", "%s, %zux%zu", files[0], pair->sharp.cols,
                 pair->sharp.rows);
    ckn_cli_line(job->session, "blurred", "%s, %zux%zu%s", files[1], pair->blurred.cols,
                 pair->blurred.rows, same_note(job));
    const ckn_cli_region *roi = &job->arguments->pair.roi;
    if (roi->shape.rows)
        ckn_cli_line(job->session, "region", "%zux%zu from column %zu, row %zu", roi->shape.cols,
                     roi->shape.rows, roi->col, roi->row);
    ckn_cli_line(job->session, "channels", "%s%s%s", pair->channels,
                 pair->mixed ? " (one picture is grey, the other one in colour)" : "",
                 job->arguments->pair.linear ? ", decoded to linear light" : "");
}

static void print_solver(const ckn_cli_estimate_job *job) {
    const ckn_estimate_result *result = &job->result;
    char step[64] = "", stopped[200];
    if (result->step > 0.0)
        snprintf(step, sizeof step, ", step %.4g%s", result->step,
                 job->options.step > 0.0 ? "" : " (1/L)");
    ckn_cli_line(job->session, "solver", "%s, engine %s, constraint %s%s",
                 ckn_solver_name(result->solver), ckn_engine_name(result->engine),
                 ckn_constraint_name(job->options.constraint), step);
    if (result->stop_reason != CKN_STOP_CLOSED_FORM)
        ckn_cli_line(job->session, "iterations", "%zu of at most %zu, %zu restart%s",
                     result->iterations, job->options.iterations, result->restarts,
                     result->restarts == 1 ? "" : "s");
    ckn_cli_stop_text(job, stopped, sizeof stopped);
    ckn_cli_line(job->session, "stopped", "%s", stopped);
}

/* The principal axes, where there are any: a round kernel has none. */
static void axes_text(const ckn_kernel_figures *figures, const char *doubt, char *text,
                      size_t size) {
    snprintf(text, size, "%s", doubt);
    if (isfinite(figures->orientation) && isfinite(figures->std_minor))
        snprintf(text, size, "; along the axes %.4f and %.4f, the longer one at %.2f degrees%s",
                 figures->std_major, figures->std_minor, figures->orientation, doubt);
}

static void print_kernel(const ckn_cli_estimate_job *job) {
    const ckn_kernel_figures *figures = &job->figures;
    size_t rows = job->options.kernel_rows, cols = job->options.kernel_cols;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    const char *doubt =
        ckn_cli_is_signed_kernel(&kernel) ? " (signed kernel: moments mean little)" : "";
    char text[200];
    ckn_cli_line(job->session, "kernel", "%zux%zu, sum %.6f, taps from %.4g to %.4g", cols, rows,
                 figures->sum, figures->minimum, figures->maximum);
    snprintf(text, sizeof text, " (centre of the kernel: %g, %g)%s", ((double)cols - 1.0) / 2.0,
             ((double)rows - 1.0) / 2.0, doubt);
    pair_of_numbers(job->session, "centroid", figures->centroid_x, figures->centroid_y, text);
    axes_text(figures, doubt, text, sizeof text);
    pair_of_numbers(job->session, "std dev", figures->std_x, figures->std_y, text);
    pair_of_numbers(job->session, "FWHM", figures->fwhm_x, figures->fwhm_y, "");
}

static void print_border_note(const ckn_cli_estimate_job *job) {
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    double part = ckn_cli_border_part(&kernel);
    if (part > MOST_ON_BORDER)
        ckn_cli_line(job->session, "note",
                     "the kernel reaches its border (%.0f %% of it lies there): try a larger "
                     "--kernel-size",
                     100.0 * part);
}

void ckn_cli_estimate_summary(const ckn_cli_estimate_job *job) {
    const ckn_estimate_result *result = &job->result;
    char psnr[40] = "infinite";
    ckn_cli_device_line(job->session);
    print_pair(job);
    print_solver(job);
    ckn_cli_line(job->session, "residual", "RMS %.4g, norm %.4g over %zu samples",
                 result->residual_rms, result->residual_norm, result->count);
    if (isfinite(result->psnr))
        snprintf(psnr, sizeof psnr, "%.2f dB", result->psnr);
    ckn_cli_line(job->session, "PSNR", "%s (re-convolved against blurred)", psnr);
    print_kernel(job);
    ckn_cli_timing_line(job->session, &job->timing);
    print_border_note(job);
    if (job->kernel_note[0])
        ckn_cli_line(job->session, "note", "%s", job->kernel_note);
}
