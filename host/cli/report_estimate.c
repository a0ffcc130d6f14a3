#include "cli/estimate_job.h"
#include "cli/kernel_words.h"
#include "cli/report/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FACTS = 8, FACT_SIZE = 200 };

typedef struct fact_sheet {
    char lines[FACTS][FACT_SIZE];
    const char *pointers[FACTS + 1];
} fact_sheet;

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
    }
    return "";
}

static void write_two(char *line, const char *label, double x, double y) {
    char x_text[40], y_text[40];
    snprintf(line, FACT_SIZE, "%s\tx %s, y %s", label,
             ckn_cli_figure_text(x, 3, x_text, sizeof x_text),
             ckn_cli_figure_text(y, 3, y_text, sizeof y_text));
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
    if (isfinite(figures->orientation) && isfinite(figures->std_minor))
        snprintf(line, FACT_SIZE, "standard deviations\t%.3f and %.3f, at %.1f°",
                 figures->std_major, figures->std_minor, figures->orientation);
    else
        write_two(line, "standard deviations", figures->std_x, figures->std_y);
}

static void write_facts(const ckn_cli_estimate_job *job, fact_sheet *sheet) {
    const ckn_estimate_result *result = &job->result;
    const ckn_kernel_figures *figures = &job->figures;
    snprintf(sheet->lines[0], FACT_SIZE, "stopped by\t%s", stop_words(result->stop_reason));
    snprintf(sheet->lines[1], FACT_SIZE, "residual RMS\t%.4g", result->residual_rms);
    write_psnr(sheet->lines[2], result->psnr);
    snprintf(sheet->lines[3], FACT_SIZE, "kernel sum\t%.6f", figures->sum);
    write_two(sheet->lines[4], "centroid", figures->centroid_x, figures->centroid_y);
    write_deviations(figures, sheet->lines[5]);
    write_two(sheet->lines[6], "FWHM", figures->fwhm_x, figures->fwhm_y);
    snprintf(sheet->lines[7], FACT_SIZE, "compute time\t%.3g s", result->seconds_compute);
    for (size_t i = 0; i < FACTS; i++)
        sheet->pointers[i] = sheet->lines[i];
    sheet->pointers[FACTS] = NULL;
}

static void set_planes(const ckn_cli_estimate_job *job, ckn_estimate_report *report) {
    report->channels = job->pair.count;
    for (size_t i = 0; i < job->pair.count; i++) {
        const ckn_view *blurred = &job->pair.valid[i];
        report->sharp[i] = job->pair.planes[i].sharp;
        report->blurred[i] = *blurred;
        report->reconvolved[i] = ckn_view_f64(job->reconvolved[i], blurred->rows, blurred->cols);
    }
}

/* A figure wants the pictures' names, not where they lie. */
static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

ckn_code ckn_cli_estimate_report(const ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_estimate_result *result = &job->result;
    char title[512], subtitle[512];
    snprintf(title, sizeof title, "%s and %s", file_name(job->arguments->pair.files[0]),
             file_name(job->arguments->pair.files[1]));
    snprintf(subtitle, sizeof subtitle, "%s on %s (%s), engine %s, constraint %s, %zu iteration%s",
             ckn_solver_name(result->solver), job->session->device_label, job->session->device.name,
             ckn_engine_name(result->engine), ckn_constraint_name(job->options.constraint),
             result->iterations, result->iterations == 1 ? "" : "s");
    fact_sheet sheet;
    write_facts(job, &sheet);
    ckn_estimate_report report = {
        .title = title,
        .subtitle = subtitle,
        .facts = sheet.pointers,
        .linear_light = job->arguments->pair.linear,
        .kernel = ckn_cli_estimate_kernel(job),
        .history = {job->history.count, job->history.iteration, job->history.objective,
                    job->history.residual_norm, job->history.restarted},
    };
    set_planes(job, &report);
    return ckn_report_estimate(job->arguments->report_path, &report, error);
}
