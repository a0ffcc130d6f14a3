#include "cli/pair.h"

#include "cli/masks.h"
#include "cli/picture_notes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void ckn_cli_pair_release(ckn_cli_pair *pair) {
    ckn_picture_release(&pair->sharp);
    ckn_picture_release(&pair->blurred);
    ckn_cli_masks_release(pair);
    free(pair->luma_sharp);
    free(pair->luma_blurred);
    memset(pair, 0, sizeof *pair);
}

static ckn_code read_one(ckn_cli_session *session, const char *path, bool linear,
                         ckn_read_limits *limits, ckn_picture *picture, ckn_error *error) {
    CKN_TRY(ckn_picture_read(path, limits, picture, error));
    limits->held += ckn_picture_bytes(picture);
    if (picture->channels != 1 && picture->channels != 3)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "%s has %zu channels; pictures to estimate from have 1 (grey) or 3 (RGB)",
                        path, picture->channels);
    if (picture->has_alpha)
        ckn_cli_note(session, "%s: its alpha channel is ignored", path);
    ckn_cli_picture_warn(session, path, picture, linear);
    if (linear)
        ckn_picture_linearise(picture);
    return CKN_OK;
}

/* --- sizes -------------------------------------------------------------------------------- */

/* The part of SHARP that is used; all of it without --roi. */
static ckn_code choose_region(const ckn_cli_pair_options *options, const ckn_cli_pair *pair,
                              ckn_cli_region *region, ckn_error *error) {
    const ckn_cli_region *roi = &options->roi;
    const ckn_shape sharp = {pair->sharp.rows, pair->sharp.cols};
    *region = roi->shape.rows ? *roi : (ckn_cli_region){0, 0, sharp};
    if (region->row >= sharp.rows || region->shape.rows > sharp.rows - region->row ||
        region->col >= sharp.cols || region->shape.cols > sharp.cols - region->col)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "--roi %zu,%zu,%zux%zu reaches beyond %s, which is %zux%zu", roi->col,
                        roi->row, roi->shape.cols, roi->shape.rows, pair->sharp_path, sharp.cols,
                        sharp.rows);
    if (options->kernel.rows > region->shape.rows || options->kernel.cols > region->shape.cols)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the kernel (%zux%zu) is larger than %s%s (%zux%zu): choose a smaller "
                        "--kernel-size",
                        options->kernel.cols, options->kernel.rows,
                        roi->shape.rows ? "the --roi of " : "", pair->sharp_path,
                        region->shape.cols, region->shape.rows);
    return CKN_OK;
}

/* The kernel's size, or where it is not known that which makes BLURRED the valid convolution. */
static ckn_code implied_kernel(const ckn_cli_pair_options *options, const ckn_cli_pair *pair,
                               ckn_shape *kernel, ckn_error *error) {
    const ckn_picture *sharp = &pair->sharp, *blurred = &pair->blurred;
    const bool larger = blurred->rows <= sharp->rows && blurred->cols <= sharp->cols &&
                        (blurred->rows < sharp->rows || blurred->cols < sharp->cols) &&
                        options->kernel.rows > sharp->rows - blurred->rows &&
                        options->kernel.cols > sharp->cols - blurred->cols;
    *kernel = options->kernel;
    if (kernel->rows > 0 && !(larger && options->cuts))
        return CKN_OK;
    if (blurred->rows > sharp->rows || blurred->cols > sharp->cols)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "sizes do not match: %s (%zux%zu) is larger than %s (%zux%zu)",
                        pair->blurred_path, blurred->cols, blurred->rows, pair->sharp_path,
                        sharp->cols, sharp->rows);
    *kernel = (ckn_shape){sharp->rows - blurred->rows + 1, sharp->cols - blurred->cols + 1};
    return CKN_OK;
}

/* The part of BLURRED that belongs to `region`: its valid convolution, which starts at (k/2, l/2)
 * where BLURRED is as large as SHARP, as ckn_pair has it; or the same rectangle where the solver
 * takes the pictures for periodic. */
static ckn_code match_region(const ckn_cli_pair_options *options, bool periodic, ckn_cli_pair *pair,
                             const ckn_cli_region *region, ckn_cli_region *match,
                             ckn_error *error) {
    ckn_shape kernel;
    ckn_shape sharp = {pair->sharp.rows, pair->sharp.cols};
    ckn_shape blurred = {pair->blurred.rows, pair->blurred.cols};
    CKN_TRY(implied_kernel(options, pair, &kernel, error));
    ckn_shape valid = ckn_shape_valid(sharp, kernel);
    *match = *region;
    pair->same = ckn_shape_equal(blurred, sharp);
    pair->whole = pair->same && periodic;
    if (pair->whole)
        return CKN_OK;
    match->shape = ckn_shape_valid(region->shape, kernel);
    if (match->shape.rows == 0)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "--roi leaves nothing: it must be larger than %s is smaller than %s",
                        pair->blurred_path, pair->sharp_path);
    if (pair->same) {
        match->row += kernel.rows / 2;
        match->col += kernel.cols / 2;
        return CKN_OK;
    }
    if (ckn_shape_equal(blurred, valid))
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_DATA,
                    "sizes do not match: %s is %zux%zu, but for %s (%zux%zu) and a kernel of "
                    "%zux%zu it must be %zux%zu (valid) or %zux%zu (same)",
                    pair->blurred_path, blurred.cols, blurred.rows, pair->sharp_path, sharp.cols,
                    sharp.rows, kernel.cols, kernel.rows, valid.cols, valid.rows, sharp.cols,
                    sharp.rows);
}

/* --- planes ------------------------------------------------------------------------------- */

static ckn_code choose_channel(const ckn_cli_pair_options *options, ckn_cli_pair *pair,
                               ckn_error *error) {
    static const char *const names[] = {"luma", "joint", "R", "G", "B"};
    bool sharp_grey = pair->sharp.channels == 1, blurred_grey = pair->blurred.channels == 1;
    ckn_channels wanted = (ckn_channels)options->channels;
    pair->mixed = sharp_grey != blurred_grey;
    if (wanted == CKN_CHANNELS_DEFAULT)
        wanted = pair->mixed ? CKN_CHANNELS_LUMA : CKN_CHANNELS_JOINT;
    bool single = wanted >= CKN_CHANNELS_R;
    if (single && (sharp_grey || blurred_grey))
        return ckn_fail(error, CKN_ERROR_DATA,
                        "--channels %s needs two colour pictures, but %s is grey", names[wanted],
                        sharp_grey ? pair->sharp_path : pair->blurred_path);
    if (pair->mixed)
        wanted = CKN_CHANNELS_LUMA;
    if (pair->mixed)
        pair->grey = sharp_grey ? ckn_picture_match_grey(&pair->blurred, &pair->sharp)
                                : ckn_picture_match_grey(&pair->sharp, &pair->blurred);
    pair->channels = sharp_grey && blurred_grey ? "grey" : names[wanted];
    pair->count = wanted == CKN_CHANNELS_JOINT && !sharp_grey ? 3 : 1;
    return CKN_OK;
}

/* Plane `index` of those that are compared. `luma` is made where it is needed. */
static ckn_code choose_plane(const ckn_cli_pair *pair, const ckn_picture *picture, size_t index,
                             double **luma, ckn_view *view, ckn_error *error) {
    if (picture->channels == 1 || pair->count == 3) {
        *view = ckn_picture_view(picture, index);
        return CKN_OK;
    }
    const char *colours = "RGB";
    const char *colour = strchr(colours, pair->channels[0]);
    if (colour) {
        *view = ckn_picture_view(picture, (size_t)(colour - colours));
        return CKN_OK;
    }
    CKN_TRY(ckn_picture_grey(picture, pair->grey, luma, error));
    *view = ckn_view_f64(*luma, picture->rows, picture->cols);
    return CKN_OK;
}

void ckn_cli_pair_channels(const ckn_cli_pair *pair, const ckn_picture *picture, size_t plane,
                           size_t *first, size_t *last) {
    const char *colours = "RGB", *colour = strchr(colours, pair->channels[0]);
    *first = 0;
    *last = picture->channels - 1;
    if (picture->channels == 1)
        return;
    if (pair->count == 3)
        *first = *last = plane;
    else if (colour)
        *first = *last = (size_t)(colour - colours);
}

/* The part of a whole BLURRED that the pictures determine without its borders. */
static ckn_view valid_part(const ckn_view *blurred, ckn_shape kernel) {
    return ckn_view_part(blurred, kernel.rows / 2, kernel.cols / 2,
                         ckn_shape_valid(ckn_view_shape(blurred), kernel));
}

static ckn_code choose_planes(const ckn_cli_pair_options *options, ckn_cli_pair *pair,
                              const ckn_cli_region *sharp, const ckn_cli_region *blurred,
                              ckn_error *error) {
    const ckn_cli_region *open = pair->same ? sharp : blurred;
    const bool sized = options->kernel.rows > 0;
    pair->sharp_region = *sharp;
    pair->open_region = *open;
    for (size_t i = 0; i < pair->count; i++) {
        ckn_view x, y;
        CKN_TRY(choose_plane(pair, &pair->sharp, i, &pair->luma_sharp, &x, error));
        CKN_TRY(choose_plane(pair, &pair->blurred, i, &pair->luma_blurred, &y, error));
        pair->planes[i].sharp = ckn_view_part(&x, sharp->row, sharp->col, sharp->shape);
        pair->planes[i].blurred = ckn_view_part(&y, blurred->row, blurred->col, blurred->shape);
        pair->open[i].sharp = pair->planes[i].sharp;
        pair->open[i].blurred = ckn_view_part(&y, open->row, open->col, open->shape);
        pair->valid[i] = pair->planes[i].blurred;
        if (pair->whole && sized)
            pair->valid[i] = valid_part(&pair->planes[i].blurred, options->kernel);
    }
    return CKN_OK;
}

/* Masks belong to the open planes; these have them until they are cut anew. */
static ckn_code mask_planes(const ckn_cli_pair_options *options, size_t index,
                            const ckn_cli_region *sharp, const ckn_cli_region *blurred,
                            ckn_cli_pair *pair, ckn_error *error) {
    const ckn_cli_region *open = pair->same ? sharp : blurred;
    CKN_TRY(ckn_cli_masks_build(options, index, sharp, open, pair, error));
    for (size_t i = 0; i < pair->count && pair->masks[0].sharp; i++) {
        pair->planes[i].sharp_weights = pair->open[i].sharp_weights;
        pair->planes[i].blurred_weights =
            ckn_view_part(&pair->open[i].blurred_weights, blurred->row - open->row,
                          blurred->col - open->col, blurred->shape);
    }
    return CKN_OK;
}

/* --- samples ------------------------------------------------------------------------------ */

/* Of samples that are not masked. */
static ckn_code check_finite(const ckn_view *view, const ckn_view *weights,
                             const ckn_cli_region *region, const char *path, const char *channel,
                             ckn_error *error) {
    for (size_t r = 0; r < view->rows; r++) {
        for (size_t c = 0; c < view->cols; c++) {
            double value = ckn_view_at(view, r, c);
            if (isfinite(value) || (weights->data && ckn_view_at(weights, r, c) == 0))
                continue;
            return ckn_fail(
                error, CKN_ERROR_DATA,
                "%s: the sample at row %zu, column %zu%s (from 0) is %s; leave such samples "
                "out with --nan mask or --roi, or replace them",
                path, region->row + r, region->col + c, channel, isnan(value) ? "NaN" : "infinite");
        }
    }
    return CKN_OK;
}

static bool is_constant(const ckn_view *view) {
    double first = ckn_view_at(view, 0, 0);
    for (size_t r = 0; r < view->rows; r++) {
        for (size_t c = 0; c < view->cols; c++) {
            if (ckn_view_at(view, r, c) != first)
                return false;
        }
    }
    return true;
}

static ckn_code check_samples(ckn_cli_pair *pair, const ckn_cli_region *sharp,
                              const ckn_cli_region *blurred, ckn_error *error) {
    static const char *const channels[] = {" (R)", " (G)", " (B)"};
    pair->constant = true;
    for (size_t i = 0; i < pair->count; i++) {
        const char *channel = pair->count == 3 ? channels[i] : "";
        const ckn_pair *planes = &pair->planes[i];
        CKN_TRY(check_finite(&planes->sharp, &planes->sharp_weights, sharp, pair->sharp_path,
                             channel, error));
        CKN_TRY(check_finite(&planes->blurred, &planes->blurred_weights, blurred,
                             pair->blurred_path, channel, error));
        pair->constant = pair->constant && is_constant(&planes->sharp);
    }
    return CKN_OK;
}

ckn_code ckn_cli_pair_read(ckn_cli_session *session, const ckn_cli_pair_options *options,
                           size_t index, bool periodic, ckn_cli_pair *pair, ckn_error *error) {
    ckn_cli_region sharp, blurred;
    ckn_read_limits *limits = &pair->limits;
    CKN_TRY(read_one(session, pair->sharp_path, options->linear, limits, &pair->sharp, error));
    CKN_TRY(read_one(session, pair->blurred_path, options->linear, limits, &pair->blurred, error));
    CKN_TRY(choose_region(options, pair, &sharp, error));
    CKN_TRY(match_region(options, periodic, pair, &sharp, &blurred, error));
    CKN_TRY(choose_channel(options, pair, error));
    CKN_TRY(choose_planes(options, pair, &sharp, &blurred, error));
    if (ckn_cli_mask_options_given(&options->masks))
        CKN_TRY(mask_planes(options, index, &sharp, &blurred, pair, error));
    if (pair->alpha_mask[0])
        ckn_cli_note(session,
                     "%s: its alpha channel is ignored, its colours decide; to mask what is "
                     "transparent, save alpha as a grey picture",
                     pair->alpha_mask);
    CKN_TRY(check_samples(pair, &sharp, &blurred, error));
    return ckn_cli_check_interrupt(error);
}

ckn_code ckn_cli_pair_place(ckn_cli_pair *pair, ckn_shape kernel, ptrdiff_t row_shift,
                            ptrdiff_t col_shift, ckn_error *error) {
    const ckn_frame frame = {kernel.rows, kernel.cols, row_shift, col_shift};
    for (size_t i = 0; i < pair->count; i++) {
        if (pair->whole) {
            pair->valid[i] = valid_part(&pair->open[i].blurred, kernel);
            continue;
        }
        CKN_TRY(ckn_pair_cut(&pair->open[i], &frame, &pair->planes[i], error));
        pair->valid[i] = pair->planes[i].blurred;
    }
    pair->row_shift = pair->whole ? 0 : row_shift;
    pair->col_shift = pair->whole ? 0 : col_shift;
    return ckn_cli_masks_place(pair, kernel, error);
}
