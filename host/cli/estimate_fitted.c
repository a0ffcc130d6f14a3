/* Model and residual of the first pair as pictures of BLURRED's size. */
#include "base/memory.h"
#include "base/view.h"
#include "cli/estimate_job.h"
#include "cli/kernel_output.h"

#include <math.h>
#include <stdlib.h>

/* --- samples of SHARP that are left out --------------------------------------------------- */

static void count_row(const ckn_view *weights, size_t row, size_t *counts, bool enters) {
    for (size_t col = 0; col < weights->cols; col++) {
        if (ckn_view_at(weights, row, col) == 0)
            counts[col] += enters ? 1 : (size_t)-1;
    }
}

static void forget_row(const size_t *counts, size_t taps, double *samples, size_t cols) {
    size_t inside = 0;
    for (size_t col = 0; col + 1 < taps; col++)
        inside += counts[col];
    for (size_t col = 0; col < cols; col++) {
        inside += counts[col + taps - 1];
        if (inside > 0)
            samples[col] = (double)NAN;
        inside -= counts[col];
    }
}

/* NaN for windows of the frame that hold one: h * SHARP is not known there. */
static ckn_code forget_unknown(const ckn_view *weights, ckn_shape frame, double *model,
                               ckn_shape shape, ckn_error *error) {
    size_t *counts = NULL;
    if (!weights->data)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&counts, weights->cols, sizeof *counts, "a mask", error));
    for (size_t row = 0; row + 1 < frame.rows; row++)
        count_row(weights, row, counts, true);
    for (size_t row = 0; row < shape.rows; row++) {
        count_row(weights, row + frame.rows - 1, counts, true);
        forget_row(counts, frame.cols, model + row * shape.cols, shape.cols);
        count_row(weights, row, counts, false);
    }
    free(counts);
    return CKN_OK;
}

/* The model of a plane where it is known (to be freed). */
static ckn_code make_model(const ckn_cli_estimate_job *job, size_t plane, double **model,
                           ckn_error *error) {
    const ckn_identified *found = ckn_answer_get(job->answer);
    const ckn_view *from = &found->models[plane];
    const ckn_shape shape = ckn_view_shape(from), frame = {found->frame.rows, found->frame.cols};
    const size_t count = ckn_shape_count(shape);
    const unsigned char *reasons = found->clipped ? found->clipped[plane].reasons : NULL;
    CKN_TRY(ckn_allocate(model, count, sizeof **model, "the model", error));
    for (size_t i = 0; i < count; i++) {
        const bool unknown = reasons && (reasons[i] & CKN_CLIP_SEES_CLIPPED);
        (*model)[i] = unknown ? (double)NAN : ckn_view_at(from, i / shape.cols, i % shape.cols);
    }
    return forget_unknown(&found->pairs[plane].sharp_weights, frame, *model, shape, error);
}

/* --- pictures ----------------------------------------------------------------------------- */

static void fill_nan(ckn_output *plane) {
    for (size_t row = 0; row < plane->rows; row++)
        for (size_t col = 0; col < plane->cols; col++)
            ckn_output_set(plane, row, col, (double)NAN);
}

/* The model as a file of this type holds it: BLURRED is the sum of what both files hold. */
static double stored(const ckn_output *plane, double value) {
    return plane->type == CKN_FLOAT64 ? value : (double)(float)value;
}

/* Where the fitted part of a plane begins in BLURRED. */
static void find_start(const ckn_cli_pair *pair, size_t plane, size_t *row, size_t *col) {
    const ckn_view *open = &pair->open[plane].blurred, *valid = &pair->valid[plane];
    const size_t bytes = valid->type == CKN_FLOAT64 ? sizeof(double) : sizeof(float);
    const size_t samples = (size_t)((const char *)valid->data - (const char *)open->data) / bytes;
    const size_t stride = (size_t)open->row_stride;
    *row = pair->open_region.row + samples / stride;
    *col = pair->open_region.col + samples % stride;
}

static ckn_code fill_plane(const ckn_cli_estimate_job *job, size_t plane, bool residual,
                           ckn_picture *picture, ckn_error *error) {
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    const ckn_view *valid = &pair->valid[plane];
    ckn_output output = ckn_picture_output(picture, plane);
    double *model = NULL;
    size_t top, left;
    ckn_code code = make_model(job, plane, &model, error);
    find_start(pair, plane, &top, &left);
    fill_nan(&output);
    for (size_t row = 0; code == CKN_OK && row < valid->rows; row++)
        for (size_t col = 0; col < valid->cols; col++) {
            const double value = stored(&output, model[row * valid->cols + col]);
            const double rest = ckn_view_at(valid, row, col) - value;
            ckn_output_set(&output, top + row, left + col,
                           !residual        ? value
                           : isfinite(rest) ? rest
                                            : (double)NAN);
        }
    free(model);
    return code;
}

/* In double precision where BLURRED is. */
static ckn_code write_fitted(const ckn_cli_estimate_job *job, const char *path, bool residual,
                             ckn_error *error) {
    ckn_cli_pair *pair = &job->pairs.pairs[0];
    const ckn_picture *blurred = &pair->blurred;
    const ckn_sample sample = blurred->type == CKN_FLOAT64 ? CKN_SAMPLE_F64 : CKN_SAMPLE_F32;
    ckn_picture picture;
    CKN_TRY(ckn_picture_create(&picture, blurred->rows, blurred->cols, pair->count, false, sample,
                               error));
    ckn_code code = CKN_OK;
    for (size_t plane = 0; code == CKN_OK && plane < pair->count; plane++)
        code = fill_plane(job, plane, residual, &picture, error);
    picture.cards = blurred->cards;
    if (code == CKN_OK)
        code = ckn_cli_picture_write_from(job->session, path, &picture, &job->arguments->pair.files,
                                          error);
    picture.cards = NULL; /* BLURRED's own */
    ckn_picture_release(&picture);
    return code;
}

ckn_code ckn_cli_estimate_write_model(const ckn_cli_estimate_job *job, ckn_error *error) {
    return write_fitted(job, job->arguments->model_path, false, error);
}

ckn_code ckn_cli_estimate_write_residual(const ckn_cli_estimate_job *job, ckn_error *error) {
    return write_fitted(job, job->arguments->residual_path, true, error);
}
