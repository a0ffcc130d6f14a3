#include "cli/estimate_families.h"
#include "cli/estimate_quality.h"
#include "cli/kernel_curves.h"
#include "cli/kernel_words.h"
#include "cli/report/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FACTS = 16, FACT_SIZE = 256 };

typedef struct fact_sheet {
    char lines[FACTS][FACT_SIZE];
    const char *pointers[FACTS + 1];
    size_t count;
} fact_sheet;

/* Room for the next fact. */
static char *next_fact(fact_sheet *sheet) {
    return sheet->lines[sheet->count < FACTS - 1 ? sheet->count++ : FACTS - 1];
}

/* The strip below the panels has room for a few words only. */
static const char *stop_words(ckn_stop_reason reason) {
    switch (reason) {
    case CKN_STOP_ITERATIONS:
        return "the iteration limit";
    case CKN_STOP_KERNEL_CHANGE:
        return "tolerance, on the kernel";
    case CKN_STOP_OBJECTIVE_CHANGE:
        return "tolerance, on the objective";
    case CKN_STOP_EXACT_FIT:
        return "a zero gradient";
    case CKN_STOP_CLOSED_FORM:
        return "nothing: closed form";
    case CKN_STOP_OPTIMAL:
        return "optimality of the active set";
    case CKN_STOP_GAP:
        return "the duality gap";
    case CKN_STOP_GRADIENT:
        return "tolerance, on the gradient";
    }
    return "";
}

/* "1.234 ± 0.012", without the error where there is none. */
static const char *measured(double value, double error, int digits, char *text, size_t size) {
    ckn_cli_figure_text(value, digits, text, size);
    size_t used = strlen(text);
    if (isfinite(value) && isfinite(error) && used < size)
        snprintf(text + used, size - used, " ± %.2g", error);
    return text;
}

static void write_two(char *line, const char *label, const double values[2],
                      const double errors[2]) {
    char x[64], y[64];
    snprintf(line, FACT_SIZE, "%s\tx %s, y %s", label,
             measured(values[0], errors[0], 3, x, sizeof x),
             measured(values[1], errors[1], 3, y, sizeof y));
}

/* An exact fit has no finite one. */
static void write_psnr(char *line, double psnr) {
    if (isfinite(psnr))
        snprintf(line, FACT_SIZE, "PSNR\t%.2f dB", psnr);
    else
        snprintf(line, FACT_SIZE, "PSNR\tinfinite");
}

/* A round kernel has no direction, and a signed one may have no deviations. */
static void write_deviations(const ckn_kernel_figures *figures, char *line) {
    const double values[2] = {figures->std_x, figures->std_y};
    const double none[2] = {(double)NAN, (double)NAN};
    if (isfinite(figures->orientation) && isfinite(figures->std_minor))
        snprintf(line, FACT_SIZE, "standard deviations\t%.3f and %.3f, at %.1f°",
                 figures->std_major, figures->std_minor, figures->orientation);
    else
        write_two(line, "standard deviations", values, none);
}

static void write_certificate(const ckn_cli_estimate_job *job, fact_sheet *sheet) {
    const ckn_estimate_result *result = &job->result;
    size_t taps = ckn_cli_estimate_taps(job);
    if (isfinite(result->kkt_residual) && isfinite(result->duality_gap))
        snprintf(next_fact(sheet), FACT_SIZE, "optimal to\tKKT residual %.2g, duality gap %.2g",
                 result->kkt_residual, result->duality_gap);
    else if (isfinite(result->kkt_residual))
        snprintf(next_fact(sheet), FACT_SIZE, "optimal to\tKKT residual %.2g",
                 result->kkt_residual);
    if (result->rank > 0 && result->rank < taps)
        snprintf(next_fact(sheet), FACT_SIZE, "rank\t%zu of %zu: kernel not determined",
                 result->rank, taps);
    else if (isfinite(result->condition) && result->rank > 0)
        snprintf(next_fact(sheet), FACT_SIZE, "condition number\t%.2g, rank %zu of %zu",
                 result->condition, result->rank, taps);
    else if (isfinite(result->condition))
        snprintf(next_fact(sheet), FACT_SIZE, "condition number\t%.2g", result->condition);
    if (isfinite(job->uncertainty.noise_sigma))
        snprintf(next_fact(sheet), FACT_SIZE, "noise \xCF\x83\t%.3g, by the residual",
                 job->uncertainty.noise_sigma);
}

static void write_figures(const ckn_cli_estimate_job *job, fact_sheet *sheet) {
    const ckn_kernel_figures *figures = &job->figures;
    const ckn_uncertainty *errors = &job->uncertainty;
    const double centroid[2] = {figures->centroid_x, figures->centroid_y};
    const double centroid_errors[2] = {errors->centroid_x, errors->centroid_y};
    const double width[2] = {figures->fwhm_x, figures->fwhm_y};
    const double width_errors[2] = {errors->fwhm_x, errors->fwhm_y};
    bool fixed_sum = job->result.constraint == CKN_CONSTRAINT_SIMPLEX;
    char sum[64];
    snprintf(next_fact(sheet), FACT_SIZE, "kernel sum\t%s",
             measured(figures->sum, fixed_sum ? (double)NAN : errors->sum, 6, sum, sizeof sum));
    write_two(next_fact(sheet), "centroid", centroid, centroid_errors);
    write_deviations(figures, next_fact(sheet));
    write_two(next_fact(sheet), "FWHM", width, width_errors);
}

/* What was assumed of the kernel. */
static void write_prior(const ckn_estimate_result *result, fact_sheet *sheet) {
    if (result->prior != CKN_PRIOR_NONE)
        snprintf(next_fact(sheet), FACT_SIZE, "prior\t%s, \xCE\xBB %.3g",
                 ckn_prior_name(result->prior), result->lambda);
}

static void write_diagnosis(const ckn_cli_estimate_job *job, fact_sheet *sheet) {
    const ckn_residual_quality *quality = &job->quality;
    char text[200];
    if (job->has_families)
        snprintf(next_fact(sheet), FACT_SIZE, "family\t%s",
                 ckn_cli_family_fact(job, text, sizeof text));
    if (job->has_quality && !quality->rounding)
        snprintf(next_fact(sheet), FACT_SIZE, "residual\t%s, correlation %.3f%s",
                 quality->white ? "white" : "not white", quality->correlation,
                 quality->heavy_tails ? ", heavy tails" : "");
    else if (job->has_quality)
        snprintf(next_fact(sheet), FACT_SIZE, "residual\t%s",
                 ckn_cli_quality_text(job, text, sizeof text));
}

static void write_facts(const ckn_cli_estimate_job *job, fact_sheet *sheet) {
    const ckn_estimate_result *result = &job->result;
    const char *scope = job->pairs.count > 1 ? " of all pairs" : "";
    sheet->count = 0;
    snprintf(next_fact(sheet), FACT_SIZE, "stopped by\t%s", stop_words(result->stop_reason));
    snprintf(next_fact(sheet), FACT_SIZE, "residual RMS%s\t%.4g", scope, result->residual_rms);
    write_psnr(next_fact(sheet), result->psnr);
    write_figures(job, sheet);
    write_certificate(job, sheet);
    write_prior(result, sheet);
    write_diagnosis(job, sheet);
    snprintf(next_fact(sheet), FACT_SIZE, "compute time\t%.3g s", result->seconds_compute);
    for (size_t i = 0; i < sheet->count; i++)
        sheet->pointers[i] = sheet->lines[i];
    sheet->pointers[sheet->count] = NULL;
}

static void set_planes(const ckn_cli_estimate_job *job, ckn_estimate_report *report) {
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    report->channels = pair->count;
    for (size_t i = 0; i < pair->count; i++) {
        const ckn_view *blurred = &pair->valid[i];
        report->sharp[i] = pair->planes[i].sharp;
        report->blurred[i] = *blurred;
        report->reconvolved[i] = ckn_view_f64(job->reconvolved[i], blurred->rows, blurred->cols);
    }
}

/* A figure wants the pictures' names, not where they lie. */
static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void write_files(const ckn_cli_estimate_job *job, char *title, size_t size) {
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    char which[40] = "";
    if (job->pairs.count > 1)
        snprintf(which, sizeof which, " (pair 1 of %zu)", job->pairs.count);
    snprintf(title, size, "%s and %s%s", file_name(pair->sharp_path), file_name(pair->blurred_path),
             which);
}

/* `files` only where they are not the title. */
static void write_subtitle(const ckn_cli_estimate_job *job, const char *files, char *subtitle,
                           size_t size) {
    const ckn_estimate_result *result = &job->result;
    char iterations[40] = "";
    if (ckn_cli_estimate_iterates(job))
        snprintf(iterations, sizeof iterations, ", %zu iteration%s", result->iterations,
                 result->iterations == 1 ? "" : "s");
    snprintf(subtitle, size, "%s%s%s on %s (%s), engine %s, constraint %s%s",
             job->has_verdict ? files : "", job->has_verdict ? "; " : "",
             ckn_solver_name(result->solver), job->session->device_label, job->session->device.name,
             ckn_engine_name(result->engine), ckn_constraint_name(result->constraint), iterations);
}

/* The curves of a kernel that is not too large for them. */
typedef struct curve_data {
    double frequencies[CKN_CURVE_POINTS], radii[CKN_CURVE_POINTS], energy[CKN_CURVE_POINTS];
    ckn_mtf mtf[CKN_CURVE_POINTS];
} curve_data;

static ckn_code set_curves(const ckn_cli_estimate_job *job, curve_data *data,
                           ckn_report_curves *curves, ckn_error *error) {
    if (!isfinite(job->sharpness.radius_50))
        return CKN_OK;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    CKN_TRY(ckn_cli_mtf_curve(kernel, data->frequencies, data->mtf, error));
    CKN_TRY(ckn_cli_encircled_curve(kernel, data->radii, data->energy, error));
    *curves = (ckn_report_curves){CKN_CURVE_POINTS, data->frequencies, data->mtf,
                                  data->radii,      data->energy,      job->sharpness};
    return CKN_OK;
}

ckn_code ckn_cli_estimate_report(const ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_cli_history *history = &job->history;
    char files[512], subtitle[1024];
    write_files(job, files, sizeof files);
    write_subtitle(job, files, subtitle, sizeof subtitle);
    fact_sheet sheet;
    write_facts(job, &sheet);
    ckn_estimate_report report = {
        .title = job->has_verdict ? job->verdict.text : files,
        .subtitle = subtitle,
        .facts = sheet.pointers,
        .linear_light = job->arguments->pair.linear,
        .kernel = ckn_cli_estimate_kernel(job),
        .selection = {job->trial_count, job->trials},
    };
    if (job->errors)
        report.errors =
            ckn_view_f64(job->errors, job->options.kernel_rows, job->options.kernel_cols);
    if (ckn_cli_estimate_iterates(job))
        report.history =
            (ckn_report_history){history->count, history->iteration, history->objective,
                                 history->residual_norm, history->restarted};
    curve_data curves;
    CKN_TRY(set_curves(job, &curves, &report.curves, error));
    set_planes(job, &report);
    return ckn_report_estimate(job->arguments->report_path, &report, error);
}
