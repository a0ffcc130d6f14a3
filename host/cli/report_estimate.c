/* Fills the figure of an estimate from the job. */
#include "cli/estimate_families.h"
#include "cli/estimate_quality.h"
#include "cli/kernel_curves.h"
#include "cli/kernel_words.h"
#include "cli/masks.h"
#include "cli/report/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FACTS = 12, FACT_SIZE = 320 };

#define SMALL_ERROR 1e-6 /* errors below it are written as a power of ten */

/* One table. */
typedef struct fact_sheet {
    char lines[FACTS][FACT_SIZE];
    const char *pointers[FACTS + 1];
    size_t count;
} fact_sheet;

/* Room for the next fact. */
static char *next_fact(fact_sheet *sheet) {
    char *line = sheet->lines[sheet->count];
    sheet->pointers[sheet->count] = line;
    if (sheet->count < FACTS - 1)
        sheet->count++;
    return line;
}

/* "1.234 ± 0.012": two digits of the error, and the value as far as these. */
static const char *measured(double value, double error, char *text, size_t size) {
    bool known = isfinite(value) && isfinite(error) && error > 0;
    const char *format = error < SMALL_ERROR ? " ± %.*e" : " ± %.*f";
    int digits = known ? (int)fmin(7, fmax(0, 1 - floor(log10(error)))) : 3;
    double unit = pow(10, digits), rounded = round(value * unit) / unit;
    ckn_cli_figure_text(rounded + 0.0, digits, text, size); /* never -0.000 */
    size_t used = strlen(text);
    if (known && used < size)
        snprintf(text + used, size - used, format, error < SMALL_ERROR ? 1 : digits, error);
    return text;
}

/* Along x and y; a kernel of one line has one of them. */
static void write_two(const ckn_cli_estimate_job *job, char *line, const char *label,
                      const double values[2], const double errors[2]) {
    char x[64], y[64];
    measured(values[0], errors[0], x, sizeof x);
    measured(values[1], errors[1], y, sizeof y);
    if (job->options.kernel_rows == 1)
        snprintf(line, FACT_SIZE, "%s\t%s", label, x);
    else if (job->options.kernel_cols == 1)
        snprintf(line, FACT_SIZE, "%s\t%s", label, y);
    else
        snprintf(line, FACT_SIZE, "%s\tx %s, y %s", label, x, y);
}

/* --- the pictures ------------------------------------------------------------------------- */

static void write_background(const ckn_cli_estimate_job *job, size_t planes, fact_sheet *sheet) {
    if (job->result.background == CKN_BACKGROUND_NONE)
        return;
    char *line = next_fact(sheet);
    size_t used = (size_t)snprintf(line, FACT_SIZE, "background\t");
    for (size_t i = 0; i < planes && used < FACT_SIZE; i++)
        used += (size_t)snprintf(line + used, FACT_SIZE - used, "%s%.4g", i ? ", " : "",
                                 job->fits[i].constant);
    if (job->result.background == CKN_BACKGROUND_PLANE && used < FACT_SIZE)
        snprintf(line + used, FACT_SIZE - used, "; slopes x %.2g, y %.2g", job->fits[0].slope_x,
                 job->fits[0].slope_y);
}

static void write_gain(const ckn_cli_estimate_job *job, size_t planes, fact_sheet *sheet) {
    if (job->options.gain != CKN_GAIN_FIT)
        return;
    char *line = next_fact(sheet);
    size_t used = (size_t)snprintf(line, FACT_SIZE, "gain\t");
    for (size_t i = 0; i < planes && used < FACT_SIZE; i++)
        used += (size_t)snprintf(line + used, FACT_SIZE - used, "%s%.5g", i ? ", " : "",
                                 job->fits[i].gain);
}

/* Of the first pair, which is the one that is drawn. */
static void write_masked(const ckn_cli_estimate_job *job, fact_sheet *sheet) {
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    size_t masked = 0, samples = 0;
    for (size_t i = 0; i < pair->count; i++) {
        masked += ckn_cli_masks_count(pair, i, ~0U);
        samples += pair->valid[i].rows * pair->valid[i].cols;
    }
    if (masked > 0)
        snprintf(next_fact(sheet), FACT_SIZE, "masked\t%.3g %% of the samples",
                 100.0 * (double)masked / (double)samples);
    if (job->result.rejected > 0)
        snprintf(next_fact(sheet), FACT_SIZE, "outliers\t%.3g %% of the samples",
                 100.0 * (double)job->result.rejected /
                     (double)(job->result.rejected + job->result.count));
}

static void write_pictures(const ckn_cli_estimate_job *job, fact_sheet *sheet) {
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    snprintf(next_fact(sheet), FACT_SIZE, "SHARP\t%zu × %zu", pair->sharp.cols, pair->sharp.rows);
    snprintf(next_fact(sheet), FACT_SIZE, "BLURRED\t%zu × %zu", pair->blurred.cols,
             pair->blurred.rows);
    if (pair->valid[0].cols != pair->blurred.cols || pair->valid[0].rows != pair->blurred.rows)
        snprintf(next_fact(sheet), FACT_SIZE, "of it used\t%zu × %zu", pair->valid[0].cols,
                 pair->valid[0].rows);
    if (pair->count > 1 || pair->sharp.channels > 1)
        snprintf(next_fact(sheet), FACT_SIZE, "channels\t%s%s", pair->channels,
                 job->arguments->pair.linear ? ", in linear light" : "");
    if (pair->row_shift != 0 || pair->col_shift != 0)
        snprintf(next_fact(sheet), FACT_SIZE, "shift\tx %td, y %td pixels", pair->col_shift,
                 pair->row_shift);
    write_gain(job, pair->count, sheet);
    write_background(job, pair->count, sheet);
    write_masked(job, sheet);
}

/* --- the kernel --------------------------------------------------------------------------- */

/* The displacement of the first tap, from which the kernel's figures count. */
static double first_displacement(size_t side, ptrdiff_t shift) {
    const size_t middle = (side - 1) / 2;
    return (double)shift - (double)middle;
}

/* A round kernel has no direction, and a signed one may have no deviations. */
static void write_deviations(const ckn_cli_estimate_job *job, char *line) {
    const ckn_kernel_figures *figures = &job->figures;
    const double values[2] = {figures->std_x, figures->std_y};
    const double none[2] = {(double)NAN, (double)NAN};
    if (isfinite(figures->orientation) && isfinite(figures->std_minor))
        snprintf(line, FACT_SIZE, "std deviation\t%.3f and %.3f, at %.1f°", figures->std_major,
                 figures->std_minor, figures->orientation);
    else
        write_two(job, line, "std deviation", values, none);
}

/* Places and widths, which mean nothing for a signed kernel. */
static void write_extent(const ckn_cli_estimate_job *job, fact_sheet *sheet) {
    const ckn_kernel_figures *figures = &job->figures;
    const ckn_uncertainty *errors = &job->uncertainty;
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    const double centroid[2] = {
        figures->centroid_x + first_displacement(job->options.kernel_cols, pair->col_shift),
        figures->centroid_y + first_displacement(job->options.kernel_rows, pair->row_shift)};
    const double centroid_errors[2] = {errors->centroid_x, errors->centroid_y};
    const double width[2] = {figures->fwhm_x, figures->fwhm_y};
    const double width_errors[2] = {errors->fwhm_x, errors->fwhm_y};
    if (!isfinite(figures->centroid_x))
        return; /* of a kernel whose taps cancel */
    write_two(job, next_fact(sheet), "centroid", centroid, centroid_errors);
    write_deviations(job, next_fact(sheet));
    write_two(job, next_fact(sheet), "FWHM", width, width_errors);
}

static void write_kernel(const ckn_cli_estimate_job *job, fact_sheet *sheet) {
    const ckn_estimate_result *result = &job->result;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    bool fixed_sum = result->constraint == CKN_CONSTRAINT_SIMPLEX;
    char text[200];
    if (job->has_families)
        snprintf(next_fact(sheet), FACT_SIZE, "family\t%s",
                 ckn_cli_family_fact(job, text, sizeof text));
    snprintf(next_fact(sheet), FACT_SIZE, "size\t%zu × %zu taps%s", job->options.kernel_cols,
             job->options.kernel_rows, job->support.step_count > 0 ? ", found" : "");
    snprintf(next_fact(sheet), FACT_SIZE, "sum\t%s",
             measured(job->figures.sum, fixed_sum ? (double)NAN : job->uncertainty.sum, text,
                      sizeof text));
    if (ckn_cli_is_signed_kernel(&kernel))
        snprintf(next_fact(sheet), FACT_SIZE, "range\t%.4g to %.4g", job->figures.minimum,
                 job->figures.maximum);
    else
        write_extent(job, sheet);
    if (result->prior != CKN_PRIOR_NONE)
        snprintf(next_fact(sheet), FACT_SIZE, "prior\t%s", ckn_prior_name(result->prior));
    if (result->rank > 0 && result->rank < ckn_cli_estimate_taps(job))
        snprintf(next_fact(sheet), FACT_SIZE, "determined\tonly %zu of %zu taps", result->rank,
                 ckn_cli_estimate_taps(job));
}

/* --- the fit ------------------------------------------------------------------------------ */

static void write_quality(const ckn_cli_estimate_job *job, fact_sheet *sheet) {
    const ckn_residual_quality *quality = &job->quality;
    char text[200];
    if (!job->has_quality)
        return;
    if (quality->rounding) {
        snprintf(next_fact(sheet), FACT_SIZE, "quality\t%s",
                 ckn_cli_quality_text(job, text, sizeof text));
        return;
    }
    snprintf(next_fact(sheet), FACT_SIZE, "quality\t%s, correlation %.3f%s",
             quality->white ? "white" : "not white", quality->correlation,
             quality->heavy_tails ? ", heavy tails" : "");
    if (isfinite(quality->chi_square))
        snprintf(next_fact(sheet), FACT_SIZE, "reduced χ²\t%.3g", quality->chi_square);
}

static void write_fit(const ckn_cli_estimate_job *job, const ckn_estimate_report *report,
                      fact_sheet *sheet) {
    const ckn_estimate_result *result = &job->result;
    const double rms = ckn_report_residual_rms(report);
    if (isfinite(rms))
        snprintf(next_fact(sheet), FACT_SIZE, "residual RMS\t%.3g", rms);
    if (job->pairs.count > 1)
        snprintf(next_fact(sheet), FACT_SIZE, "of all pairs\t%.3g", result->residual_rms);
    if (isfinite(job->uncertainty.noise_sigma))
        snprintf(next_fact(sheet), FACT_SIZE, "noise σ\t%.3g, by the residual",
                 job->uncertainty.noise_sigma);
    if (isfinite(result->psnr))
        snprintf(next_fact(sheet), FACT_SIZE, "PSNR\t%.2f dB", result->psnr);
    write_quality(job, sheet);
}

static ckn_report_table table_of(const char *heading, fact_sheet *sheet) {
    sheet->pointers[sheet->count] = NULL;
    return (ckn_report_table){heading, sheet->pointers};
}

/* --- the rest ----------------------------------------------------------------------------- */

/* The weights of the valid part, where there are any. */
static ckn_view shown_weights(const ckn_cli_pair *pair, size_t plane) {
    const ckn_view *weights = &pair->planes[plane].blurred_weights, *valid = &pair->valid[plane];
    const bool fits =
        weights->data && ckn_shape_equal(ckn_view_shape(weights), ckn_view_shape(valid));
    return fits ? *weights : (ckn_view){0};
}

static void set_planes(const ckn_cli_estimate_job *job, ckn_estimate_report *report) {
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    const ckn_identified *found = ckn_answer_get(job->answer);
    report->channels = pair->count;
    for (size_t i = 0; i < pair->count; i++) {
        const ckn_view *blurred = &pair->valid[i];
        report->sharp[i] = pair->planes[i].sharp;
        report->blurred[i] = *blurred;
        report->model[i] = ckn_view_f64(job->reconvolved[i], blurred->rows, blurred->cols);
        report->weights[i] = shown_weights(pair, i);
    }
    report->row_offset = pair->row_shift;
    report->col_offset = pair->col_shift;
    report->fitted_row_offset = pair->whole ? 0 : found->frames[0].row_offset;
    report->fitted_col_offset = pair->whole ? 0 : found->frames[0].col_offset;
    report->unit = pair->blurred.full_range > 1 ? "1 = full scale" : "units of the file";
}

/* A figure wants the pictures' names, not where they lie. */
static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What was found. */
static void write_title(const ckn_cli_estimate_job *job, char *title, size_t size) {
    snprintf(title, size, "%s", job->has_verdict ? job->verdict.text : "Estimated kernel");
}

static void write_subtitle(const ckn_cli_estimate_job *job, char *subtitle, size_t size) {
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    char which[40] = "";
    if (job->pairs.count > 1)
        snprintf(which, sizeof which, " (pair 1 of %zu)", job->pairs.count);
    snprintf(subtitle, size, "SHARP: %s    BLURRED: %s%s", file_name(pair->sharp_path),
             file_name(pair->blurred_path), which);
}

/* How it was computed: for whoever repeats it. */
static void write_footer(const ckn_cli_estimate_job *job, char *footer, size_t size) {
    const ckn_estimate_result *result = &job->result;
    char iterations[40] = "";
    if (ckn_cli_estimate_iterates(job))
        snprintf(iterations, sizeof iterations, ", %zu iteration%s", result->iterations,
                 result->iterations == 1 ? "" : "s");
    snprintf(footer, size, "clkernest %s; solver %s on %s (%s), engine %s, constraint %s%s, %.3g s",
             ckn_version(), ckn_solver_name(result->solver), job->session->device_label,
             job->session->device.name, ckn_engine_name(result->engine),
             ckn_constraint_name(result->constraint), iterations, result->seconds_compute);
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

/* What the figure's texts are kept in while it is drawn. */
typedef struct report_texts {
    char title[512], subtitle[512], footer[512];
    fact_sheet pictures, kernel, fit;
    curve_data curves;
} report_texts;

static void set_texts(const ckn_cli_estimate_job *job, report_texts *texts,
                      ckn_estimate_report *report) {
    texts->pictures.count = texts->kernel.count = texts->fit.count = 0;
    write_title(job, texts->title, sizeof texts->title);
    write_subtitle(job, texts->subtitle, sizeof texts->subtitle);
    write_footer(job, texts->footer, sizeof texts->footer);
    write_pictures(job, &texts->pictures);
    write_kernel(job, &texts->kernel);
    write_fit(job, report, &texts->fit);
    report->title = texts->title;
    report->subtitle = texts->subtitle;
    report->footer = texts->footer;
    report->tables[0] = table_of("Kernel", &texts->kernel);
    report->tables[1] = table_of("Fit", &texts->fit);
    report->tables[2] = table_of("Pictures", &texts->pictures);
}

ckn_code ckn_cli_estimate_report(const ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_cli_history *history = &job->history;
    report_texts texts;
    ckn_estimate_report report = {
        .linear_light = job->arguments->pair.linear,
        .kernel = ckn_cli_estimate_kernel(job),
    };
    if (job->errors)
        report.errors =
            ckn_view_f64(job->errors, job->options.kernel_rows, job->options.kernel_cols);
    if (ckn_cli_estimate_iterates(job))
        report.history =
            (ckn_report_history){history->count, history->iteration, history->objective,
                                 history->residual_norm, history->restarted};
    CKN_TRY(set_curves(job, &texts.curves, &report.curves, error));
    set_planes(job, &report);
    set_texts(job, &texts, &report);
    return ckn_report_estimate(job->arguments->report_path, &report, error);
}
