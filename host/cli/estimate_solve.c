/* From arguments to ckn_identify(), and from its answer to what is printed and written. */
#include "base/memory.h"
#include "base/text.h"
#include "cli/clip_sources.h"
#include "cli/estimate_job.h"
#include "cli/estimate_verdict.h"
#include "cli/interrupt.h"
#include "cli/kernel_words.h"
#include "cli/masks.h"

#include <stdlib.h>
#include <string.h>

/* The errors of all taps take the whole inverse of the normal equations; a figure alone is not
 * worth that for kernels larger than this. */
#define MOST_TAPS_OF_A_FIGURE 4096

/* --- what is asked ------------------------------------------------------------------------ */

static bool anybody_looks(const ckn_cli_estimate *arguments) {
    return arguments->uncertainty_path || arguments->report_path || arguments->common.json ||
           !arguments->common.quiet;
}

/* The figure shows errors in the place of the history of an iteration; the summary asks them
 * whether what reaches the border of a kernel of a given size is noise. */
static bool tap_errors_are_wanted(const ckn_cli_estimate_job *job) {
    const ckn_cli_estimate *arguments = job->arguments;
    const ckn_estimate_options *options = &job->options;
    const bool iterates = options->solver == CKN_SOLVER_FISTA || options->solver == CKN_SOLVER_GD ||
                          options->solver == CKN_SOLVER_CG;
    const size_t taps = options->kernel_rows * options->kernel_cols;
    if (arguments->uncertainty_path)
        return true;
    return !iterates && taps <= MOST_TAPS_OF_A_FIGURE && options->prior != CKN_PRIOR_TV &&
           (arguments->report_path || (taps > 0 && !arguments->common.quiet));
}

static ckn_identify_options options_of(const ckn_cli_estimate_job *job, ckn_cli_watcher *watcher) {
    const ckn_cli_estimate *arguments = job->arguments;
    ckn_identify_options options;
    ckn_identify_options_init(&options);
    options.estimate = job->options;
    options.estimate.progress = ckn_cli_watch;
    options.estimate.progress_user = watcher;
    if (arguments->kernel_size.first.rows > 0) {
        options.support.first_rows = arguments->kernel_size.first.rows;
        options.support.first_cols = arguments->kernel_size.first.cols;
    }
    options.shift = arguments->shift.mode == CKN_CLI_SHIFT_GIVEN  ? CKN_SHIFT_GIVEN
                    : arguments->shift.mode == CKN_CLI_SHIFT_AUTO ? CKN_SHIFT_AUTO
                                                                  : CKN_SHIFT_NONE;
    options.row_shift = arguments->shift.y;
    options.col_shift = arguments->shift.x;
    options.runs = arguments->repeat;
    options.errors = anybody_looks(arguments);
    options.tap_errors = tap_errors_are_wanted(job);
    options.families = options.errors;
    options.models = arguments->report_path || arguments->model_path || arguments->residual_path;
    ckn_cli_ask_verdict(job, &options);
    return options;
}

/* The planes before any cut, and the picture that each is of. */
static ckn_code list_planes(const ckn_cli_pairs *pairs, ckn_pair **planes, size_t **pictures,
                            ckn_error *error) {
    size_t next = 0;
    CKN_TRY(ckn_allocate(planes, pairs->plane_count, sizeof **planes, "the pairs", error));
    CKN_TRY(ckn_allocate(pictures, pairs->plane_count, sizeof **pictures, "the pairs", error));
    for (size_t i = 0; i < pairs->count; i++)
        for (size_t channel = 0; channel < pairs->pairs[i].count; channel++, next++) {
            (*planes)[next] = pairs->pairs[i].open[channel];
            (*pictures)[next] = i;
        }
    return CKN_OK;
}

static ckn_code identify(ckn_cli_estimate_job *job, ckn_error *error) {
    ckn_cli_session *session = job->session;
    const bool recorded = job->arguments->history_path || job->arguments->report_path;
    ckn_cli_watcher watcher = {session, recorded ? &job->history : NULL};
    ckn_identify_options options = options_of(job, &watcher);
    ckn_pair *planes = NULL;
    size_t *pictures = NULL;
    ckn_cli_clip_sources sharp, blurred;
    ckn_interrupt_doing("while the estimate was prepared");
    ckn_code code = ckn_cli_clip_sources_list(job, &sharp, &blurred, error);
    if (code == CKN_OK)
        code = list_planes(&job->pairs, &planes, &pictures, error);
    options.pictures = pictures;
    options.clipping = ckn_cli_clip_mode(job->arguments);
    options.sharp_sources = sharp.sources;
    options.blurred_sources = blurred.sources;
    if (code == CKN_OK)
        code = ckn_identify(session->context, &options, planes, job->pairs.plane_count,
                            &job->answer, error);
    ckn_cli_progress_clear(&session->progress);
    ckn_cli_clip_sources_release(&sharp);
    ckn_cli_clip_sources_release(&blurred);
    free(planes);
    free(pictures);
    return code == CKN_OK ? ckn_cli_check_interrupt(error) : code;
}

/* --- what came out ------------------------------------------------------------------------ */

static ckn_code take_times(ckn_cli_estimate_job *job, const ckn_identified *found,
                           ckn_error *error) {
    CKN_TRY(ckn_cli_timing_create(&job->timing, job->arguments->repeat, error));
    for (size_t i = 0; i < found->run_count; i++) {
        const ckn_estimate_result *run = &found->runs[i];
        ckn_cli_timing_add(&job->timing, (ckn_cli_times){.upload = run->seconds_upload,
                                                         .compute = run->seconds_compute,
                                                         .statistics = run->seconds_statistics,
                                                         .download = run->seconds_download});
    }
    job->timing.setup = job->session->seconds_context + found->result.seconds_setup;
    return CKN_OK;
}

static void take_names(ckn_cli_estimate_job *job, const ckn_identified *found) {
    job->has_families = found->families != NULL;
    if (found->families)
        memcpy(job->families, found->families, sizeof job->families);
    job->families_failed = !found->families && found->no_families[0];
    ckn_text_printable(job->no_families, sizeof job->no_families, found->no_families);
}

static ckn_code take_errors(ckn_cli_estimate_job *job, const ckn_identified *found,
                            ckn_error *error) {
    job->uncertainty = found->uncertainty;
    job->errors = found->errors;
    ckn_text_printable(job->no_errors, sizeof job->no_errors, found->no_errors);
    if (!job->arguments->uncertainty_path)
        return CKN_OK;
    if (!found->errors)
        return ckn_fail(error, CKN_ERROR_DATA, "--uncertainty: %s", found->no_tap_errors);
    if (job->no_errors[0])
        ckn_cli_note(job->session,
                     "%s has the errors of the optimum, but the iteration ended farther from it "
                     "than the noise reaches",
                     job->arguments->uncertainty_path);
    return CKN_OK;
}

static ckn_code take_answer(ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_identified *found = ckn_answer_get(job->answer);
    job->options.kernel_rows = found->kernel_rows;
    job->options.kernel_cols = found->kernel_cols;
    job->kernel = found->kernel;
    job->result = found->result;
    job->support = found->support;
    job->seconds_support = found->seconds_place;
    job->fits = found->fits;
    job->trials = found->trials;
    job->trial_count = found->trial_count;
    job->has_quality = found->quality != NULL;
    if (found->quality)
        job->quality = *found->quality;
    for (size_t i = 0; found->models && i < job->pairs.pairs[0].count; i++)
        job->reconvolved[i] = found->models[i].data;
    take_names(job, found);
    CKN_TRY(take_times(job, found, error));
    CKN_TRY(take_errors(job, found, error));
    ckn_cli_take_verdict(job, found);
    return CKN_OK;
}

/* Adds the reasons of clipping to those of masks, and takes the weights that were used. */
static void mark_clipped(ckn_cli_estimate_job *job, const ckn_identified *found) {
    size_t index = 0;
    for (size_t i = 0; i < job->pairs.count; i++) {
        ckn_cli_pair *pair = &job->pairs.pairs[i];
        for (size_t plane = 0; plane < pair->count; plane++, index++) {
            const size_t samples = pair->valid[plane].rows * pair->valid[plane].cols;
            unsigned char *marks = pair->masks[plane].marks;
            pair->planes[plane].blurred_weights = found->pairs[index].blurred_weights;
            for (size_t n = 0; marks && n < samples && found->clipped; n++)
                marks[n] |= (unsigned char)(found->clipped[index].reasons[n] * CKN_CLI_CLIPPED);
        }
    }
}

/* The pairs as they were fitted: what masks, figures and notes are about. Their shifts become what
 * the kernel that is given out does not hold. */
static ckn_code place_pairs(ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_identified *found = ckn_answer_get(job->answer);
    const ckn_shape kernel = {found->frame.rows, found->frame.cols};
    size_t plane = 0;
    for (size_t i = 0; i < job->pairs.count; plane += job->pairs.pairs[i++].count) {
        job->pairs.pairs[i].clipped = found->clipped != NULL;
        job->pairs.pairs[i].row_shift = found->frames[plane].row_offset;
        job->pairs.pairs[i].col_shift = found->frames[plane].col_offset;
    }
    CKN_TRY(ckn_cli_pairs_place(&job->pairs, kernel, 0, 0, error));
    mark_clipped(job, found);
    for (size_t i = 0; i < job->pairs.count; i++) { /* what the kernel that is given out holds */
        job->pairs.pairs[i].row_shift += found->row_offset - found->frame.row_offset;
        job->pairs.pairs[i].col_shift += found->col_offset - found->frame.col_offset;
    }
    return CKN_OK;
}

ckn_code ckn_cli_estimate_solve(ckn_cli_estimate_job *job, ckn_error *error) {
    CKN_TRY(identify(job, error));
    CKN_TRY(take_answer(job, error));
    return place_pairs(job, error);
}
