#include "cli/clipping.h"

#include "base/memory.h"
#include "cli/clipping_notes.h"
#include "cli/interrupt.h"
#include "cli/masks.h"

#include <math.h>
#include <stdlib.h>

static bool is_asked(const ckn_cli_estimate_job *job) {
    return job->arguments->pair.masks.saturation != CKN_CLI_SATURATION_NONE;
}

/* --- sources ------------------------------------------------------------------------------ */

/* Sources of all planes of one kind, and the views that they are made of. */
typedef struct source_list {
    ckn_clip_source *sources;
    ckn_view (*views)[3];
} source_list;

/* LOW and HIGH are in the units of the file. Integers have codes; as no camera clips at code 1,
 * limits of which none is larger than 1 are parts of the full range. */
static double limit_in_picture(const ckn_cli_estimate *arguments, const ckn_picture *picture,
                               double limit) {
    const ckn_cli_mask_options *masks = &arguments->pair.masks;
    const bool low_is_part = !isfinite(masks->low) || fabs(masks->low) <= 1;
    const bool high_is_part = !isfinite(masks->high) || fabs(masks->high) <= 1;
    if (!isfinite(limit))
        return (double)NAN;
    if (picture->full_range != 1 && !(low_is_part && high_is_part))
        limit /= picture->full_range;
    return arguments->pair.linear ? ckn_srgb_to_linear(limit) : limit;
}

static void set_limits(const ckn_cli_estimate *arguments, const ckn_picture *picture,
                       ckn_clip_source *source) {
    static const double rounding = 1e-6; /* of float32, and of --linear */
    const ckn_cli_mask_options *masks = &arguments->pair.masks;
    const bool integers = picture->full_range != 1;
    source->low = source->high = (double)NAN;
    if (masks->saturation == CKN_CLI_SATURATION_GIVEN) {
        source->low = limit_in_picture(arguments, picture, masks->low);
        source->high = limit_in_picture(arguments, picture, masks->high);
        if (integers) { /* codes are rounded to float32 */
            source->low += rounding / picture->full_range;
            source->high -= rounding / picture->full_range;
        }
        return;
    }
    if (integers) {
        source->low =
            picture->sample == CKN_SAMPLE_U8 || picture->sample == CKN_SAMPLE_U16 ? 0 : (double)NAN;
        source->high = 1 - rounding;
        source->step = arguments->pair.linear ? 0 : 1 / picture->full_range;
    } else if (picture->saturation > 0) {
        source->high = picture->saturation;
    }
}

static void fill_source(const ckn_cli_estimate *arguments, const ckn_cli_pair *pair, bool sharp,
                        size_t plane, ckn_clip_source *source, ckn_view *views) {
    const ckn_picture *picture = sharp ? &pair->sharp : &pair->blurred;
    const ckn_cli_region *region = sharp ? &pair->sharp_region : &pair->open_region;
    const ckn_view *open = sharp ? &pair->open[plane].sharp : &pair->open[plane].blurred;
    size_t first, last;
    ckn_cli_pair_channels(pair, picture, plane, &first, &last);
    for (size_t channel = first; channel <= last; channel++) {
        const ckn_view whole = ckn_picture_view(picture, channel);
        views[channel - first] =
            ckn_view_part(&whole, region->row, region->col, ckn_view_shape(open));
    }
    *source = (ckn_clip_source){.channels = views, .count = last - first + 1};
    set_limits(arguments, picture, source);
}

static ckn_code list_sources(const ckn_cli_estimate_job *job, bool sharp, source_list *list,
                             ckn_error *error) {
    static const char what[] = "the search for clipping";
    const size_t count = job->pairs.plane_count;
    CKN_TRY(ckn_allocate(&list->sources, count, sizeof *list->sources, what, error));
    CKN_TRY(ckn_allocate(&list->views, count, sizeof *list->views, what, error));
    size_t next = 0;
    for (size_t i = 0; i < job->pairs.count; i++)
        for (size_t plane = 0; plane < job->pairs.pairs[i].count; plane++, next++)
            fill_source(job->arguments, &job->pairs.pairs[i], sharp, plane, &list->sources[next],
                        list->views[next]);
    return CKN_OK;
}

/* --- before a frame is known ---------------------------------------------------------------- */

static ckn_clip_mode mode_of(const ckn_cli_estimate_job *job) {
    return job->arguments->pair.masks.saturation == CKN_CLI_SATURATION_GIVEN ? CKN_CLIP_GIVEN
                                                                             : CKN_CLIP_AUTO;
}

/* The open planes as the detector weighs them. */
static ckn_code weigh(ckn_cli_estimate_job *job, ckn_error *error) {
    size_t next = 0;
    for (size_t i = 0; i < job->pairs.count; i++) {
        ckn_cli_pair *pair = &job->pairs.pairs[i];
        for (size_t plane = 0; plane < pair->count; plane++) {
            CKN_TRY(ckn_clipping_weigh(job->clipping.found, next++, &pair->open[plane], error));
            if (pair->whole)
                job->pairs.planes[next - 1] = pair->planes[plane] = pair->open[plane];
        }
    }
    return CKN_OK;
}

static ckn_code create(ckn_cli_estimate_job *job, source_list *sharp, source_list *blurred,
                       ckn_error *error) {
    ckn_cli_clipping *clipping = &job->clipping;
    CKN_TRY(list_sources(job, true, sharp, error));
    CKN_TRY(list_sources(job, false, blurred, error));
    CKN_TRY(ckn_allocate(&clipping->open, job->pairs.plane_count, sizeof *clipping->open,
                         "the search for clipping", error));
    CKN_TRY(ckn_allocate(&clipping->frames, job->pairs.plane_count, sizeof *clipping->frames,
                         "the search for clipping", error));
    size_t next = 0;
    for (size_t i = 0; i < job->pairs.count; i++)
        for (size_t plane = 0; plane < job->pairs.pairs[i].count; plane++)
            clipping->open[next++] = job->pairs.pairs[i].open[plane];
    CKN_TRY(ckn_clipping_create(clipping->open, job->pairs.plane_count, sharp->sources,
                                blurred->sources, mode_of(job), &clipping->found, error));
    for (size_t i = 0; i < job->pairs.count; i++)
        job->pairs.pairs[i].clipped = ckn_clipping_wants_model(clipping->found);
    return weigh(job, error);
}

ckn_code ckn_cli_clipping_find(ckn_cli_estimate_job *job, ckn_error *error) {
    source_list sharp = {.sources = NULL}, blurred = {.sources = NULL};
    if (!is_asked(job))
        return CKN_OK;
    ckn_interrupt_doing("while clipped samples were looked for");
    ckn_code code = create(job, &sharp, &blurred, error);
    free(sharp.sources);
    free(sharp.views);
    free(blurred.sources);
    free(blurred.views);
    return code == CKN_OK ? ckn_cli_check_interrupt(error) : code;
}

void ckn_cli_clipping_release(ckn_cli_estimate_job *job) {
    ckn_clipping_destroy(job->clipping.found);
    free(job->clipping.open);
    free(job->clipping.frames);
}

/* --- the first fit ------------------------------------------------------------------------ */

typedef struct first_fit {
    double **samples; /* of every plane, of the valid size */
    ckn_output *outputs;
    ckn_view *planes;
    double sigma;
} first_fit;

static void release(first_fit *fit, size_t planes) {
    for (size_t i = 0; fit->samples && i < planes; i++)
        free(fit->samples[i]);
    free(fit->samples);
    free(fit->outputs);
    free(fit->planes);
}

static ckn_code allocate(const ckn_cli_estimate_job *job, first_fit *fit, ckn_error *error) {
    static const char what[] = "the first fit";
    const size_t planes = job->pairs.plane_count;
    CKN_TRY(ckn_allocate(&fit->samples, planes, sizeof *fit->samples, what, error));
    CKN_TRY(ckn_allocate(&fit->outputs, planes, sizeof *fit->outputs, what, error));
    CKN_TRY(ckn_allocate(&fit->planes, planes, sizeof *fit->planes, what, error));
    size_t next = 0;
    for (size_t i = 0; i < job->pairs.count; i++) {
        const ckn_cli_pair *pair = &job->pairs.pairs[i];
        for (size_t plane = 0; plane < pair->count; plane++, next++) {
            const ckn_view *valid = &pair->valid[plane];
            CKN_TRY(ckn_allocate(&fit->samples[next], valid->rows * valid->cols, sizeof(double),
                                 what, error));
            fit->outputs[next] = ckn_output_f64(fit->samples[next], valid->rows, valid->cols);
            fit->planes[next] = ckn_view_f64(fit->samples[next], valid->rows, valid->cols);
        }
    }
    return CKN_OK;
}

static ckn_code run_plan(ckn_cli_estimate_job *job, ckn_estimate_plan *plan, first_fit *fit,
                         ckn_error *error) {
    const ckn_output kernel =
        ckn_output_f64(job->kernel, job->options.kernel_rows, job->options.kernel_cols);
    ckn_estimate_result result;
    CKN_TRY(ckn_estimate_plan_run(plan, job->pairs.planes, job->pairs.plane_count, kernel,
                                  fit->outputs, &result, error));
    const double count = (double)result.count, taps = (double)ckn_cli_estimate_taps(job);
    fit->sigma = result.residual_rms * sqrt(count / fmax(count - taps, 1));
    return ckn_cli_check_interrupt(error);
}

/* Plain least squares where the solver is not named: a rough kernel re-convolves as well. */
static ckn_code make_first_fit(ckn_cli_estimate_job *job, first_fit *fit, ckn_error *error) {
    ckn_estimate_options options = job->options;
    ckn_estimate_plan *plan = NULL;
    if (options.prior == CKN_PRIOR_AUTO)
        options.prior = CKN_PRIOR_NONE;
    if (options.constraint == CKN_CONSTRAINT_AUTO && options.solver == CKN_SOLVER_AUTO)
        options.constraint = CKN_CONSTRAINT_NONE;
    ckn_interrupt_doing("while clipped samples were looked for");
    CKN_TRY(allocate(job, fit, error));
    CKN_TRY(ckn_estimate_plan_create(job->session->context, &options, job->pairs.planes,
                                     job->pairs.plane_count, &plan, error));
    ckn_code code = run_plan(job, plan, fit, error);
    ckn_estimate_plan_destroy(plan);
    return code;
}

/* --- with a frame --------------------------------------------------------------------------- */

static void list_frames(ckn_cli_estimate_job *job) {
    size_t next = 0;
    for (size_t i = 0; i < job->pairs.count; i++) {
        const ckn_cli_pair *pair = &job->pairs.pairs[i];
        for (size_t plane = 0; plane < pair->count; plane++)
            job->clipping.frames[next++] =
                (ckn_frame){job->options.kernel_rows, job->options.kernel_cols, pair->row_shift,
                            pair->col_shift};
    }
}

/* The planes of the frame as the detector weighs them. Pictures that are used as a whole keep what
 * they have, which their solver refuses. */
static ckn_code weigh_windows(ckn_cli_estimate_job *job, ckn_error *error) {
    size_t next = 0;
    for (size_t i = 0; i < job->pairs.count; i++) {
        ckn_cli_pair *pair = &job->pairs.pairs[i];
        for (size_t plane = 0; plane < pair->count; plane++, next++) {
            if (!pair->whole)
                CKN_TRY(ckn_clipping_weigh_windows(job->clipping.found, next,
                                                   &job->clipping.frames[next],
                                                   &pair->planes[plane], error));
            job->pairs.planes[next] = pair->planes[plane];
        }
    }
    return CKN_OK;
}

static ckn_code refine(ckn_cli_estimate_job *job, first_fit *fit, ckn_error *error) {
    bool changed = false;
    CKN_TRY(make_first_fit(job, fit, error));
    const ckn_clip_model model = {job->clipping.frames, fit->planes, fit->sigma,
                                  ckn_cli_estimate_taps(job)};
    CKN_TRY(ckn_clipping_refine(job->clipping.found, &model, &changed, error));
    return changed ? weigh_windows(job, error) : CKN_OK;
}

/* Adds the reasons of clipping to those of masks. */
static ckn_code mark_reasons(ckn_cli_estimate_job *job, ckn_error *error) {
    size_t next = 0;
    for (size_t i = 0; i < job->pairs.count; i++) {
        ckn_cli_pair *pair = &job->pairs.pairs[i];
        for (size_t plane = 0; plane < pair->count; plane++, next++) {
            const size_t samples = ckn_shape_count(ckn_view_shape(&pair->valid[plane]));
            unsigned char *reasons = NULL;
            CKN_TRY(ckn_allocate(&reasons, samples, 1, "a mask", error));
            ckn_code code = ckn_clipping_reasons(job->clipping.found, next,
                                                 &job->clipping.frames[next], reasons, error);
            for (size_t n = 0; n < samples && code == CKN_OK; n++)
                pair->masks[plane].marks[n] |= (unsigned char)(reasons[n] * CKN_CLI_CLIPPED);
            free(reasons);
            CKN_TRY(code);
        }
    }
    return CKN_OK;
}

static ckn_code settle(ckn_cli_estimate_job *job, first_fit *fit, ckn_error *error) {
    bool changed = false;
    list_frames(job);
    CKN_TRY(ckn_clipping_keep_enough(job->clipping.found, job->clipping.frames,
                                     ckn_cli_estimate_taps(job), &changed, error));
    CKN_TRY(weigh_windows(job, error));
    CKN_TRY(refine(job, fit, error));
    return mark_reasons(job, error);
}

ckn_code ckn_cli_clipping_settle(ckn_cli_estimate_job *job, ckn_error *error) {
    first_fit fit = {.samples = NULL};
    if (!is_asked(job))
        return CKN_OK;
    ckn_code code = CKN_OK;
    if (ckn_clipping_wants_model(job->clipping.found))
        code = settle(job, &fit, error);
    release(&fit, job->pairs.plane_count);
    return code == CKN_OK ? ckn_cli_clipping_tell(job, error) : code;
}
