#include "cli/estimate_families.h"
#include "cli/estimate_quality.h"
#include "cli/estimate_verdict.h"
#include "cli/kernel_words.h"
#include "cli/masks.h"

#include <math.h>
#include <string.h>

/* "1.2345 +/- 0.0012", without the error where there is none. */
static const char *measured(double value, double error, int digits, char *text, size_t size) {
    ckn_cli_figure_text(value, digits, text, size);
    size_t used = strlen(text);
    if (isfinite(value) && isfinite(error) && used < size)
        snprintf(text + used, size - used, " +/- %.2g", error);
    return text;
}

/* Two figures along x and y, and their standard errors. */
typedef struct two_figures {
    double x, y, x_error, y_error;
} two_figures;

/* One line with two figures, followed by `rest`. */
static void print_two(ckn_cli_session *session, const char *label, const two_figures *figures,
                      const char *rest) {
    char x[64], y[64];
    ckn_cli_line(session, label, "x %s, y %s%s",
                 measured(figures->x, figures->x_error, 4, x, sizeof x),
                 measured(figures->y, figures->y_error, 4, y, sizeof y), rest);
}

/* Why it stopped, in words. */
static void stop_text(const ckn_cli_estimate_job *job, char *text, size_t size) {
    const ckn_estimate_options *options = &job->options;
    switch (job->result.stop_reason) {
    case CKN_STOP_ITERATIONS:
        if (!ckn_cli_estimate_iterates(job) && job->result.prior > CKN_PRIOR_SMOOTH2) {
            snprintf(text, size, "%zu steps, and rounding let it no nearer to the optimum",
                     job->result.iterations);
            return;
        }
        if (job->result.solver == CKN_SOLVER_NNLS) {
            snprintf(text, size, "%zu steps without an end: try --solver fista",
                     job->result.iterations);
            return;
        }
        snprintf(text, size,
                 "iteration limit (%zu) reached, not converged; more --iterations may help%s",
                 options->iterations,
                 job->result.constraint == CKN_CONSTRAINT_NONE
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
        snprintf(text, size, "closed form, no iterations%s",
                 job->result.solver == CKN_SOLVER_DIVISION ? " (exact for periodic images only)"
                                                           : "");
        return;
    case CKN_STOP_OPTIMAL:
        snprintf(text, size, "the set of non-zero taps is optimal");
        return;
    case CKN_STOP_GAP:
        snprintf(text, size, "duality gap at most %g (gap)", options->gap);
        return;
    case CKN_STOP_GRADIENT:
        snprintf(text, size, "relative gradient below %g (tolerance)", options->tolerance);
        return;
    }
    snprintf(text, size, "%s", ckn_stop_reason_name(job->result.stop_reason));
}

/* What becomes of a BLURRED as large as SHARP. */
static const char *same_note(const ckn_cli_pair *pair) {
    if (!pair->same)
        return "";
    return pair->whole ? " (same size, taken for periodic)"
                       : " (same size, cropped to the valid part)";
}

static void channels_text(const ckn_cli_estimate_job *job, const ckn_cli_pair *pair, char *text,
                          size_t size) {
    static const char *const greys[] = {"Rec. 709", "Rec. 601", "the mean of R, G, B"};
    char mixed[80] = "";
    if (pair->mixed)
        snprintf(mixed, sizeof mixed, " by %s (one picture is grey, the other one in colour)",
                 greys[pair->grey]);
    snprintf(text, size, "%s%s%s", pair->channels, mixed,
             job->arguments->pair.linear ? ", decoded to linear light" : "");
}

static void print_only_pair(const ckn_cli_estimate_job *job) {
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    ckn_cli_line(job->session, "sharp", "%s, %zux%zu", pair->sharp_path, pair->sharp.cols,
                 pair->sharp.rows);
    ckn_cli_line(job->session, "blurred", "%s, %zux%zu%s", pair->blurred_path, pair->blurred.cols,
                 pair->blurred.rows, same_note(pair));
}

static void print_pairs(const ckn_cli_estimate_job *job) {
    char text[128];
    if (job->pairs.count == 1)
        print_only_pair(job);
    for (size_t i = 0; i < job->pairs.count && job->pairs.count > 1; i++) {
        const ckn_cli_pair *pair = &job->pairs.pairs[i];
        char label[40];
        snprintf(label, sizeof label, "pair %zu", i + 1);
        channels_text(job, pair, text, sizeof text);
        ckn_cli_line(job->session, label, "%s, %zux%zu, and %s, %zux%zu%s; %s", pair->sharp_path,
                     pair->sharp.cols, pair->sharp.rows, pair->blurred_path, pair->blurred.cols,
                     pair->blurred.rows, same_note(pair), text);
    }
    const ckn_cli_region *roi = &job->arguments->pair.roi;
    if (roi->shape.rows)
        ckn_cli_line(job->session, "region", "%zux%zu from column %zu, row %zu", roi->shape.cols,
                     roi->shape.rows, roi->col, roi->row);
    channels_text(job, &job->pairs.pairs[0], text, sizeof text);
    if (job->pairs.count == 1)
        ckn_cli_line(job->session, "channels", "%s", text);
}

static void print_shift(const ckn_cli_estimate_job *job) {
    for (size_t i = 0; i < job->pairs.count; i++) {
        const ckn_cli_pair *pair = &job->pairs.pairs[i];
        char which[40] = "";
        if (job->pairs.count > 1)
            snprintf(which, sizeof which, " in pair %zu", i + 1);
        if (pair->row_shift != 0 || pair->col_shift != 0)
            ckn_cli_line(job->session, "shift",
                         "x %td, y %td%s: the kernel's middle; both pictures are cut to their "
                         "overlap",
                         pair->col_shift, pair->row_shift, which);
    }
}

/* What was sought, and from where. */
static void print_size(const ckn_cli_estimate_job *job) {
    const ckn_support_result *support = &job->support;
    if (support->step_count == 0)
        return;
    const ckn_frame *first = &support->steps[0].tried, *frame = &support->frame;
    const ckn_frame *fitted = &ckn_answer_get(job->answer)->frame;
    const bool wider = fitted->rows != frame->rows || fitted->cols != frame->cols;
    char tails[64] = "";
    if (wider)
        snprintf(tails, sizeof tails, ", and its tails to %zux%zu", fitted->cols, fitted->rows);
    ckn_cli_line(job->session, "kernel size", "%zux%zu found (from %zux%zu)%s%s", frame->cols,
                 frame->rows, first->cols, first->rows, support->truncated ? ", at the limit" : "",
                 tails);
}

/* Samples of all planes that are left out for these reasons. */
static size_t count_masked(const ckn_cli_estimate_job *job, unsigned reasons) {
    size_t count = 0;
    for (size_t i = 0; i < job->pairs.count; i++)
        for (size_t plane = 0; plane < job->pairs.pairs[i].count; plane++)
            count += ckn_cli_masks_count(&job->pairs.pairs[i], plane, reasons);
    return count;
}

/* What was left out, and why; a sample may have several reasons. */
static void print_masked(const ckn_cli_estimate_job *job) {
    static const struct {
        unsigned reason;
        const char *words;
    } reasons[] = {{CKN_CLI_MASKED_FILE, "by masks"},
                   {CKN_CLI_MASKED_NAN, "not finite"},
                   {CKN_CLI_CLIPPED, "clipped"},
                   {CKN_CLI_NEAR_LIMIT, "near the limit"},
                   {CKN_CLI_SEES_CLIPPED, "that see clipped samples of SHARP"}};
    const size_t masked = count_masked(job, ~0U);
    char text[256] = "";
    if (masked == 0)
        return;
    for (size_t i = 0, used = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        const size_t count = count_masked(job, reasons[i].reason);
        if (count > 0 && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu %s", used ? ", " : "",
                                     count, reasons[i].words);
    }
    ckn_cli_line(
        job->session, "masked", "%.3g %% of the samples of BLURRED: %s",
        100.0 * (double)masked / (double)(masked + job->result.rejected + job->result.count), text);
}

static void print_rejected(const ckn_cli_estimate_job *job) {
    const ckn_estimate_result *result = &job->result;
    if (!job->options.robust)
        return;
    const double samples = (double)(result->rejected + result->count);
    ckn_cli_line(job->session, "sigma-clipped", "%.3g %% of samples (%zu), after %zu iterations",
                 100.0 * (double)result->rejected / samples, result->rejected,
                 result->robust_iterations);
}

static void print_solver(const ckn_cli_estimate_job *job) {
    const ckn_estimate_result *result = &job->result;
    char more[96] = "", stopped[200];
    if (result->step > 0.0)
        snprintf(more, sizeof more, ", step %.4g%s", result->step,
                 job->options.step > 0.0 ? "" : " (1/L)");
    else if (result->prior != CKN_PRIOR_NONE && job->trial_count == 0)
        snprintf(more, sizeof more, ", prior %s, lambda %g", ckn_prior_name(result->prior),
                 result->lambda);
    ckn_cli_line(job->session, "solver", "%s, engine %s, constraint %s%s",
                 ckn_solver_name(result->solver), ckn_engine_name(result->engine),
                 ckn_constraint_name(result->constraint), more);
    if (ckn_cli_estimate_iterates(job))
        ckn_cli_line(job->session, "iterations", "%zu of at most %zu, %zu restart%s",
                     result->iterations, job->options.iterations, result->restarts,
                     result->restarts == 1 ? "" : "s");
    stop_text(job, stopped, sizeof stopped);
    ckn_cli_line(job->session, "stopped", "%s", stopped);
}

/* The score of the fit that was chosen, or of that without a prior; NaN where there is none. */
static double score_of(const ckn_cli_estimate_job *job, bool chosen) {
    for (size_t i = 0; i < job->trial_count; i++) {
        const ckn_trial *trial = &job->trials[i];
        if (chosen ? trial->chosen : trial->prior == CKN_PRIOR_NONE)
            return trial->score;
    }
    return (double)NAN;
}

/* What was chosen from the data, and why. */
static void print_choice(const ckn_cli_estimate_job *job) {
    const ckn_estimate_result *result = &job->result;
    const bool discrepancy = job->options.lambda_rule == CKN_LAMBDA_DISCREPANCY;
    if (isfinite(result->sign_excess))
        ckn_cli_line(job->session, "sign",
                     result->constraint == CKN_CONSTRAINT_NONE
                         ? "negative taps: without them the residual is %.2g standard deviations "
                           "above what noise explains"
                         : "not negative: negative taps would explain no more than noise (%.2g "
                           "standard deviations)",
                     result->sign_excess);
    if (job->trial_count == 0)
        return;
    const double chosen = sqrt(score_of(job, true)), plain = sqrt(score_of(job, false));
    if (result->prior == CKN_PRIOR_NONE)
        ckn_cli_line(job->session, "prior", "none%s",
                     job->trial_count > 1 ? ": none predicts better" : "");
    else if (job->options.lambda_rule == CKN_LAMBDA_GIVEN)
        ckn_cli_line(job->session, "prior", "%s, lambda %g", ckn_prior_name(result->prior),
                     result->lambda);
    else
        ckn_cli_line(job->session, "prior",
                     "%s, lambda %.3g by %s (of %zu fits; RMS to expect in unseen samples %.5g, "
                     "without a prior %.5g)",
                     ckn_prior_name(result->prior), result->lambda,
                     discrepancy ? "the discrepancy principle" : "cross-validation",
                     job->trial_count, chosen, plain);
}

/* The gain of every plane, in the order of pairs and channels. */
static void print_gains(const ckn_cli_estimate_job *job) {
    for (size_t i = 0; i < job->pairs.plane_count && job->options.gain == CKN_GAIN_FIT; i++) {
        char plane[40] = "";
        if (job->pairs.plane_count > 1)
            snprintf(plane, sizeof plane, "of plane %zu: ", i + 1);
        ckn_cli_line(job->session, "gain", "%s%.6g", plane, job->fits[i].gain);
    }
}

/* The background of every plane, in the order of pairs and channels. */
static void print_background(const ckn_cli_estimate_job *job) {
    const char *name = ckn_background_name(job->result.background);
    for (size_t i = 0; i < job->pairs.plane_count && job->result.background != CKN_BACKGROUND_NONE;
         i++) {
        const ckn_pair_fit *fit = &job->fits[i];
        char slopes[80] = "", plane[40] = "";
        if (job->result.background == CKN_BACKGROUND_PLANE)
            snprintf(slopes, sizeof slopes, ", slopes x %.4g, y %.4g per pixel", fit->slope_x,
                     fit->slope_y);
        if (job->pairs.plane_count > 1)
            snprintf(plane, sizeof plane, " of plane %zu", i + 1);
        ckn_cli_line(job->session, "background", "%s%s: %.6g%s", name, plane, fit->constant,
                     slopes);
    }
}

/* How far from the optimum the kernel can be, and how much the images say about it. */
static void print_certificate(const ckn_cli_estimate_job *job) {
    const ckn_estimate_result *result = &job->result;
    size_t taps = ckn_cli_estimate_taps(job);
    char gap[64] = "not known";
    if (isfinite(result->duality_gap))
        snprintf(gap, sizeof gap, "%.2g", result->duality_gap);
    if (isfinite(result->kkt_residual))
        ckn_cli_line(job->session, "optimal to", "KKT residual %.2g, duality gap %s",
                     result->kkt_residual, gap);
    if (result->rank > 0 && result->rank < taps)
        ckn_cli_line(job->session, "condition",
                     "rank %zu of %zu: the pictures do not determine the kernel%s", result->rank,
                     taps,
                     result->lambda > 0                   ? "; the prior makes up for the rest"
                     : result->solver == CKN_SOLVER_EXACT ? "; this one has the least norm"
                                                          : "");
    else if (isinf(result->condition))
        ckn_cli_line(job->session, "condition",
                     "infinite: the pictures do not determine the kernel");
    else if (isfinite(result->condition))
        ckn_cli_line(job->session, "condition", "%.2g", result->condition);
}

/* The noise that the residual tells of, and what it rests on. */
static void print_noise(const ckn_cli_estimate_job *job) {
    const ckn_uncertainty *uncertainty = &job->uncertainty;
    if (job->no_errors[0])
        ckn_cli_line(job->session, "errors", "none: %s", job->no_errors);
    else if (isfinite(uncertainty->noise_sigma))
        ckn_cli_line(job->session, "noise",
                     "%.3g RMS in BLURRED, by the residual (%.5g taps%s fitted)",
                     uncertainty->noise_sigma, uncertainty->degrees_of_freedom,
                     job->result.background == CKN_BACKGROUND_NONE ? "" : " and terms");
}

/* The principal axes, where there are any: a round kernel has none. */
static void axes_text(const ckn_kernel_figures *figures, const char *doubt, char *text,
                      size_t size) {
    snprintf(text, size, "%s", doubt);
    if (isfinite(figures->orientation) && isfinite(figures->std_minor))
        snprintf(
            text, size,
            "; along the axes %.4f and %.4f, the longer one at %.2f degrees, ellipticity %.3f%s",
            figures->std_major, figures->std_minor, figures->orientation, figures->ellipticity,
            doubt);
}

static void print_kernel(const ckn_cli_estimate_job *job) {
    const ckn_kernel_figures *figures = &job->figures;
    const ckn_uncertainty *errors = &job->uncertainty;
    bool fixed_sum = job->result.constraint == CKN_CONSTRAINT_SIMPLEX;
    size_t rows = job->options.kernel_rows, cols = job->options.kernel_cols;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    const char *doubt =
        ckn_cli_is_signed_kernel(&kernel) ? " (signed kernel: moments mean little)" : "";
    char text[200], sum[64];
    ckn_cli_line(job->session, "kernel", "%zux%zu, sum %s, taps from %.4g to %.4g", cols, rows,
                 measured(figures->sum, fixed_sum ? (double)NAN : errors->sum, 6, sum, sizeof sum),
                 figures->minimum, figures->maximum);
    if (!isfinite(figures->centroid_x)) {
        ckn_cli_line(job->session, "centroid",
                     "none: taps of both signs cancel, so that place and width mean nothing");
        return;
    }
    const two_figures centroid = {figures->centroid_x, figures->centroid_y, errors->centroid_x,
                                  errors->centroid_y};
    const two_figures deviation = {figures->std_x, figures->std_y, (double)NAN, (double)NAN};
    const two_figures width = {figures->fwhm_x, figures->fwhm_y, errors->fwhm_x, errors->fwhm_y};
    snprintf(text, sizeof text, " (centre of the kernel: %g, %g)%s", ((double)cols - 1.0) / 2.0,
             ((double)rows - 1.0) / 2.0, doubt);
    print_two(job->session, "centroid", &centroid, text);
    axes_text(figures, doubt, text, sizeof text);
    print_two(job->session, "std dev", &deviation, text);
    print_two(job->session, "FWHM", &width, "");
}

/* What the kernel leaves of detail; a signed kernel may have no such figures. */
static void print_sharpness(const ckn_cli_estimate_job *job) {
    const ckn_kernel_sharpness *s = &job->sharpness;
    char x[32], y[32], radial[32];
    if (isfinite(s->radius_50) && isfinite(s->radius_80) && isfinite(s->radius_90))
        ckn_cli_line(
            job->session, "encircled",
            "50 %% within %.3f, 80 %% within %.3f, 90 %% within %.3f pixels of the centroid",
            s->radius_50, s->radius_80, s->radius_90);
    if (isfinite(s->mtf50.x) || isfinite(s->mtf50.y) || isfinite(s->mtf50.radial))
        ckn_cli_line(job->session, "MTF50", "x %s, y %s, radial %s cycles/pixel",
                     ckn_cli_figure_text(s->mtf50.x, 4, x, sizeof x),
                     ckn_cli_figure_text(s->mtf50.y, 4, y, sizeof y),
                     ckn_cli_figure_text(s->mtf50.radial, 4, radial, sizeof radial));
}

/* Which named kernel it is. */
static void print_family(const ckn_cli_estimate_job *job) {
    char text[256];
    if (job->has_families)
        ckn_cli_line(job->session, "family", "%s", ckn_cli_family_text(job, text, sizeof text));
    else if (job->families_failed)
        ckn_cli_line(job->session, "family", "none: %s", job->no_families);
}

/* What is explained to the noise is not cut, and what no kernel explains needs no larger one. A
 * name may be that of a kernel of which the frame holds a part. */
static bool border_is_settled(const ckn_cli_estimate_job *job) {
    const ckn_verdict *verdict = &job->verdict;
    if (!job->has_verdict)
        return false;
    if (verdict->kind == CKN_VERDICT_NONE || verdict->kind == CKN_VERDICT_IDENTICAL)
        return true;
    return verdict->cause == CKN_CAUSE_NOTHING &&
           (!job->has_quality || job->quality.white || job->quality.rounding);
}

/* A size that was sought has its border where the kernel ends, unless it was a limit that ended
 * it; one that was given may have noise there. */
static void print_border_note(const ckn_cli_estimate_job *job) {
    if (border_is_settled(job))
        return;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    double part = ckn_cli_border_part(&kernel);
    if (job->support.step_count > 0) {
        if (job->support.truncated)
            ckn_cli_line(job->session, "note",
                         "the kernel reaches the border of the largest size that was tried: it is "
                         "probably cut; give a larger --kernel-size, or larger pictures");
    } else if (part > CKN_CLI_MOST_ON_BORDER && !ckn_cli_border_is_noise(job))
        ckn_cli_line(job->session, "note",
                     "the kernel reaches its border (%.0f %% of it lies there): try a larger "
                     "--kernel-size",
                     100.0 * part);
}

static void print_psnr(const ckn_cli_estimate_job *job) {
    const double unseen = ckn_cli_estimate_unseen_psnr(job);
    char psnr[40] = "infinite", more[64] = "";
    if (isfinite(job->result.psnr))
        snprintf(psnr, sizeof psnr, "%.2f dB", job->result.psnr);
    if (isfinite(unseen))
        snprintf(more, sizeof more, "; %.2f dB to expect in unseen samples", unseen);
    ckn_cli_line(job->session, "PSNR", "%s (re-convolved against blurred%s)", psnr, more);
}

void ckn_cli_estimate_summary(const ckn_cli_estimate_job *job) {
    const ckn_estimate_result *result = &job->result;
    ckn_cli_verdict_lines(job);
    ckn_cli_device_line(job->session);
    print_pairs(job);
    print_shift(job);
    print_size(job);
    print_masked(job);
    print_rejected(job);
    print_solver(job);
    print_choice(job);
    print_certificate(job);
    ckn_cli_line(job->session, "residual", "RMS %.4g, norm %.4g over %zu samples",
                 result->residual_rms, result->residual_norm, result->count);
    print_psnr(job);
    print_gains(job);
    print_background(job);
    print_noise(job);
    ckn_cli_quality_lines(job);
    print_kernel(job);
    print_sharpness(job);
    print_family(job);
    ckn_cli_timing_line(job->session, &job->timing);
    print_border_note(job);
    if (job->place_note)
        ckn_cli_line(job->session, "note", "%s", job->place_note);
    if (job->kernel_note[0])
        ckn_cli_line(job->session, "note", "%s", job->kernel_note);
}
