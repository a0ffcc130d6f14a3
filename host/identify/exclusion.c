/* Clipped samples: looked for before anything else, left out of the search of the frame, and
 * settled once a first kernel tells where BLURRED would come near a limit. */
#include "base/memory.h"
#include "identify/identification.h"
#include "inspect/clipping.h"

#include <math.h>
#include <stdlib.h>

static const char what[] = "the search for clipping";

/* Images that are used as a whole (by the division) know no weights. */
static bool is_asked(const ckn_identification *job) {
    const ckn_engine engine = job->estimate.engine;
    return job->options->clipping != CKN_CLIP_NONE && job->estimate.solver != CKN_SOLVER_DIVISION &&
           engine != CKN_ENGINE_TOEPLITZ;
}

ckn_code ckn_identify_inspect(ckn_identification *job, ckn_error *error) {
    if (!is_asked(job))
        return CKN_OK;
    CKN_TRY(ckn_identify_report(job, CKN_PHASE_CLIPPING, 0, 1, error));
    CKN_TRY(ckn_clipping_create(job->given, job->pair_count, job->options->sharp_sources,
                                job->options->blurred_sources, job->options->clipping,
                                &job->clipping, error));
    for (size_t i = 0; i < job->pair_count; i++)
        CKN_TRY(ckn_clipping_weigh(job->clipping, i, &job->pairs[i], error));
    return CKN_OK;
}

/* --- a model of the images ---------------------------------------------------------------- */

typedef struct image_model {
    ckn_frame *frames; /* on the pairs as they were given */
    ckn_view *planes;
    double **samples;
    double sigma;
} image_model;

static void release(image_model *model, size_t count) {
    for (size_t i = 0; model->samples && i < count; i++)
        free(model->samples[i]);
    free(model->samples);
    free(model->planes);
    free(model->frames);
}

/* Samples that are not finite are masked; nothing is known of what sees them. */
static ckn_code copy_finite(const ckn_view *view, double **copy, ckn_error *error) {
    CKN_TRY(ckn_allocate(copy, view->rows, view->cols * sizeof **copy, what, error));
    for (size_t n = 0; n < view->rows * view->cols; n++) {
        const double value = ckn_view_at(view, n / view->cols, n % view->cols);
        (*copy)[n] = isfinite(value) ? value : 0;
    }
    return CKN_OK;
}

/* The constant that the counted samples of BLURRED have beside h * x, and their squares. */
static double add_constant(const ckn_pair *cut, double *model, double *squares) {
    const ckn_view *y = &cut->blurred, *weights = &cut->blurred_weights;
    const size_t count = y->rows * y->cols;
    double sum = 0, used = 0;
    *squares = 0;
    for (size_t n = 0; n < count; n++) {
        const size_t row = n / y->cols, col = n % y->cols;
        if (weights->data && ckn_view_at(weights, row, col) == 0)
            continue;
        const double rest = ckn_view_at(y, row, col) - model[n];
        sum += rest;
        *squares += rest * rest;
        used++;
    }
    const double constant = used > 0 ? sum / used : 0;
    *squares -= sum * constant;
    for (size_t n = 0; n < count; n++)
        model[n] += constant;
    return used;
}

/* h * SHARP as it is: what clipping leaves out counts here. */
static ckn_code model_pair(const ckn_identification *job, size_t index, const double *h,
                           image_model *model, double *squares, double *used, ckn_error *error) {
    ckn_pair cut;
    double *x = NULL;
    CKN_TRY(ckn_clipping_weigh_windows(job->clipping, index, &model->frames[index], &cut, error));
    const ckn_shape y = ckn_view_shape(&cut.blurred);
    CKN_TRY(ckn_allocate(&model->samples[index], y.rows, y.cols * sizeof(double), what, error));
    CKN_TRY(copy_finite(&cut.sharp, &x, error));
    ckn_code code =
        ckn_apply(job->context, ckn_view_f64(x, cut.sharp.rows, cut.sharp.cols),
                  ckn_view_f64(h, job->frame.rows, job->frame.cols), CKN_SUPPORT_VALID,
                  CKN_ENGINE_AUTO, ckn_output_f64(model->samples[index], y.rows, y.cols), error);
    free(x);
    CKN_TRY(code);
    double own = 0;
    *used += add_constant(&cut, model->samples[index], &own);
    *squares += own;
    model->planes[index] = ckn_view_f64(model->samples[index], y.rows, y.cols);
    return CKN_OK;
}

static ckn_code list_frames(const ckn_identification *job, image_model *model, ckn_error *error) {
    CKN_TRY(ckn_allocate(&model->frames, job->pair_count, sizeof *model->frames, what, error));
    CKN_TRY(ckn_allocate(&model->planes, job->pair_count, sizeof *model->planes, what, error));
    CKN_TRY(ckn_allocate(&model->samples, job->pair_count, sizeof *model->samples, what, error));
    for (size_t i = 0; i < job->pair_count; i++)
        model->frames[i] = ckn_identify_frame_of_pair(job, i);
    return CKN_OK;
}

static ckn_code make_model(const ckn_identification *job, image_model *model, ckn_error *error) {
    double *h = NULL, squares = 0, used = 0;
    const size_t taps = job->frame.rows * job->frame.cols;
    ckn_code code = ckn_identify_rough_kernel(job, &h, error);
    for (size_t i = 0; i < job->pair_count && code == CKN_OK; i++)
        code = model_pair(job, i, h, model, &squares, &used, error);
    model->sigma = sqrt(fmax(0, squares) / fmax(1, used - (double)taps));
    free(h);
    return code;
}

/* --- what it tells ------------------------------------------------------------------------ */

static ckn_code settle(ckn_identification *job, image_model *model, ckn_error *error) {
    const size_t taps = job->frame.rows * job->frame.cols;
    bool changed = false;
    CKN_TRY(list_frames(job, model, error));
    CKN_TRY(ckn_clipping_keep_enough(job->clipping, model->frames, taps, &changed, error));
    if (!ckn_clipping_wants_model(job->clipping))
        return CKN_OK;
    CKN_TRY(make_model(job, model, error));
    const ckn_clip_model found = {model->frames, model->planes, model->sigma, taps};
    return ckn_clipping_refine(job->clipping, &found, &changed, error);
}

ckn_code ckn_identify_exclude(ckn_identification *job, ckn_error *error) {
    image_model model = {.frames = NULL};
    if (!job->clipping)
        return CKN_OK;
    CKN_TRY(ckn_identify_report(job, CKN_PHASE_CLIPPING, 0, 1, error));
    ckn_code code = settle(job, &model, error);
    release(&model, job->pair_count);
    return code;
}

ckn_code ckn_identify_cut(const ckn_identification *job, size_t index, ckn_pair *cut,
                          ckn_error *error) {
    const ckn_frame frame = ckn_identify_frame_of_pair(job, index);
    if (!job->clipping || !ckn_clipping_wants_model(job->clipping))
        return ckn_pair_cut(&job->given[index], &frame, cut, error);
    return ckn_clipping_weigh_windows(job->clipping, index, &frame, cut, error);
}

ckn_code ckn_identify_count_clipped(ckn_identification *job, ckn_error *error) {
    ckn_answer *answer = job->answer;
    if (!job->clipping)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&answer->clipped, job->pair_count, sizeof *answer->clipped, what, error));
    CKN_TRY(ckn_allocate(&answer->reasons, job->pair_count, sizeof *answer->reasons, what, error));
    for (size_t i = 0; i < job->pair_count; i++) {
        const ckn_frame *frame = &answer->frames[i]; /* laid out by now */
        const ckn_view *y = &answer->pairs[i].blurred;
        ckn_clipped *own = &answer->clipped[i];
        CKN_TRY(ckn_allocate(&answer->reasons[i], y->rows, y->cols, what, error));
        CKN_TRY(ckn_clipping_count(job->clipping, i, frame, &own->counts, error));
        CKN_TRY(ckn_clipping_reasons(job->clipping, i, frame, answer->reasons[i], error));
        own->sharp = ckn_clipping_verdict_of_sharp(job->clipping, i);
        own->blurred = ckn_clipping_verdict_of_blurred(job->clipping, i);
        own->reasons = answer->reasons[i];
    }
    answer->identified.clipped = answer->clipped;
    return CKN_OK;
}
