#include "cli/masks.h"

#include "base/memory.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- areas -------------------------------------------------------------------------------- */

/* Sums over rectangles that start at the origin. */
typedef struct area_sums {
    size_t rows, cols; /* of the plane; the table has one more of each */
    uint32_t *sums;    /* modulo 2^32, which differences survive */
} area_sums;

typedef bool (*sample_fn)(const void *user, size_t row, size_t col);

static ckn_code area_sums_create(area_sums *area, size_t rows, size_t cols, sample_fn holds,
                                 const void *user, ckn_error *error) {
    *area = (area_sums){rows, cols, NULL};
    CKN_TRY(ckn_allocate(&area->sums, rows + 1, (cols + 1) * sizeof *area->sums, "a mask", error));
    for (size_t row = 0; row < rows; row++) {
        const uint32_t *above = area->sums + row * (cols + 1);
        uint32_t *own = area->sums + (row + 1) * (cols + 1), sum = 0;
        for (size_t col = 0; col < cols; col++) {
            sum += holds(user, row, col);
            own[col + 1] = above[col + 1] + sum;
        }
    }
    return CKN_OK;
}

/* From (top, left) up to (bottom, right), without the latter. */
static bool area_holds(const area_sums *area, size_t top, size_t left, size_t bottom,
                       size_t right) {
    const size_t stride = area->cols + 1;
    return area->sums[bottom * stride + right] - area->sums[bottom * stride + left] !=
           area->sums[top * stride + right] - area->sums[top * stride + left];
}

/* --- files -------------------------------------------------------------------------------- */

static ckn_code read_mask(const char *option, const char *path, const ckn_read_limits *limits,
                          const ckn_picture *of, const char *of_path, ckn_picture *picture,
                          ckn_error *error) {
    CKN_TRY(ckn_picture_read(path, limits, picture, error));
    if (picture->rows != of->rows || picture->cols != of->cols)
        return ckn_fail(error, CKN_ERROR_DATA, "%s %s is %zux%zu, but %s is %zux%zu", option, path,
                        picture->cols, picture->rows, of_path, of->cols, of->rows);
    if (picture->channels != 1 && picture->channels != 3)
        return ckn_fail(error, CKN_ERROR_DATA, "%s %s has %zu channels; 1 or 3 will do", option,
                        path, picture->channels);
    return CKN_OK;
}

/* The least of the channels; 1 or 0 for a mask. */
static double mask_value(const ckn_cli_pair *pair, const ckn_picture *picture, size_t plane,
                         size_t row, size_t col, bool graded) {
    size_t first, last;
    double least = INFINITY;
    ckn_cli_pair_channels(pair, picture, plane, &first, &last);
    for (size_t channel = first; channel <= last; channel++) {
        const ckn_view view = ckn_picture_view(picture, channel);
        const double value = ckn_view_at(&view, row, col);
        least = value < least || isnan(value) ? value : least;
    }
    return graded ? least : least != 0;
}

static ckn_code apply_to_blurred(ckn_cli_pair *pair, const char *path, const ckn_picture *picture,
                                 const ckn_cli_region *region, bool graded, ckn_error *error) {
    for (size_t i = 0; i < pair->count; i++) {
        const ckn_view *y = &pair->open[i].blurred;
        ckn_cli_plane_mask *mask = &pair->masks[i];
        if (graded)
            CKN_TRY(ckn_allocate(&mask->base, y->rows, y->cols * sizeof(double), "a mask", error));
        for (size_t n = 0; n < y->rows * y->cols; n++) {
            const size_t row = region->row + n / y->cols, col = region->col + n % y->cols;
            const double value = mask_value(pair, picture, i, row, col, graded);
            if (!(value >= 0 && isfinite(value)))
                return ckn_fail(error, CKN_ERROR_DATA,
                                "--weights %s: the one at row %zu, column %zu (from 0) is %g; "
                                "weights are finite and not negative",
                                path, row, col, value);
            if (graded)
                mask->base[n] = value;
            if (value == 0)
                mask->blurred[n] |= CKN_CLI_MASKED_FILE;
        }
    }
    return CKN_OK;
}

static ckn_code apply_to_sharp(ckn_cli_pair *pair, const ckn_picture *picture,
                               const ckn_cli_region *region) {
    for (size_t i = 0; i < pair->count; i++) {
        const ckn_view *x = &pair->open[i].sharp;
        for (size_t n = 0; n < x->rows * x->cols; n++) {
            const size_t row = region->row + n / x->cols, col = region->col + n % x->cols;
            if (mask_value(pair, picture, i, row, col, false) == 0)
                pair->masks[i].sharp[n] |= CKN_CLI_MASKED_FILE;
        }
    }
    return CKN_OK;
}

typedef enum mask_kind { OF_BLURRED, WEIGHTS_OF_BLURRED, OF_SHARP } mask_kind;

static ckn_code use_file(ckn_cli_pair *pair, mask_kind kind, const char *list, size_t index,
                         const ckn_cli_region *region, ckn_error *error) {
    static const char *const options[] = {"--mask", "--weights", "--mask-sharp"};
    const bool sharp = kind == OF_SHARP;
    ckn_picture picture = {.data = NULL};
    if (!list)
        return CKN_OK;
    char *path = ckn_cli_mask_path(list, index);
    if (!path)
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for a name");
    ckn_code code =
        read_mask(options[kind], path, &pair->limits, sharp ? &pair->sharp : &pair->blurred,
                  sharp ? pair->sharp_path : pair->blurred_path, &picture, error);
    if (code == CKN_OK && picture.has_alpha)
        snprintf(pair->alpha_mask, sizeof pair->alpha_mask, "%s %s", options[kind], path);
    if (code == CKN_OK)
        code = sharp ? apply_to_sharp(pair, &picture, region)
                     : apply_to_blurred(pair, path, &picture, region, kind == WEIGHTS_OF_BLURRED,
                                        error);
    ckn_picture_release(&picture);
    free(path);
    return code;
}

static void mark_nan(const ckn_view *view, unsigned char *marks) {
    for (size_t n = 0; n < view->rows * view->cols; n++) {
        if (!isfinite(ckn_view_at(view, n / view->cols, n % view->cols)))
            marks[n] |= CKN_CLI_MASKED_NAN;
    }
}

/* --- all of it ---------------------------------------------------------------------------- */

static ckn_code allocate(ckn_cli_pair *pair, ckn_error *error) {
    for (size_t i = 0; i < pair->count && !pair->masks[i].sharp; i++) {
        const ckn_view *x = &pair->open[i].sharp, *y = &pair->open[i].blurred;
        ckn_cli_plane_mask *mask = &pair->masks[i];
        CKN_TRY(ckn_allocate(&mask->sharp, x->rows, x->cols, "a mask", error));
        CKN_TRY(ckn_allocate(&mask->blurred, y->rows, y->cols, "a mask", error));
        CKN_TRY(
            ckn_allocate(&mask->sharp_weights, x->rows, x->cols * sizeof(double), "a mask", error));
        CKN_TRY(ckn_allocate(&mask->blurred_weights, y->rows, y->cols * sizeof(double), "a mask",
                             error));
    }
    return CKN_OK;
}

static ckn_code use_files(const ckn_cli_mask_options *masks, size_t index,
                          const ckn_cli_region *sharp, const ckn_cli_region *blurred,
                          ckn_cli_pair *pair, ckn_error *error) {
    if (!masks->mask && !masks->mask_sharp && !masks->weights && masks->nan != 1)
        return CKN_OK;
    CKN_TRY(allocate(pair, error));
    CKN_TRY(use_file(pair, OF_BLURRED, masks->mask, index, blurred, error));
    CKN_TRY(use_file(pair, WEIGHTS_OF_BLURRED, masks->weights, index, blurred, error));
    CKN_TRY(use_file(pair, OF_SHARP, masks->mask_sharp, index, sharp, error));
    for (size_t i = 0; i < pair->count && masks->nan == 1; i++) {
        mark_nan(&pair->open[i].sharp, pair->masks[i].sharp);
        mark_nan(&pair->open[i].blurred, pair->masks[i].blurred);
    }
    return CKN_OK;
}

/* The open planes' weights. */
static void weigh(ckn_cli_pair *pair) {
    for (size_t i = 0; i < pair->count; i++) {
        ckn_pair *open = &pair->open[i];
        const ckn_cli_plane_mask *mask = &pair->masks[i];
        for (size_t n = 0; n < open->sharp.rows * open->sharp.cols; n++)
            mask->sharp_weights[n] = mask->sharp[n] == 0;
        for (size_t n = 0; n < open->blurred.rows * open->blurred.cols; n++)
            mask->blurred_weights[n] = mask->blurred[n] ? 0 : mask->base ? mask->base[n] : 1;
        open->sharp_weights = ckn_view_f64(mask->sharp_weights, open->sharp.rows, open->sharp.cols);
        open->blurred_weights =
            ckn_view_f64(mask->blurred_weights, open->blurred.rows, open->blurred.cols);
    }
}

ckn_code ckn_cli_masks_build(const ckn_cli_pair_options *options, size_t index,
                             const ckn_cli_region *sharp, const ckn_cli_region *blurred,
                             ckn_cli_pair *pair, ckn_error *error) {
    CKN_TRY(use_files(&options->masks, index, sharp, blurred, pair, error));
    if (pair->masks[0].sharp)
        weigh(pair);
    return CKN_OK;
}

void ckn_cli_masks_release(ckn_cli_pair *pair) {
    for (size_t i = 0; i < 3; i++) {
        ckn_cli_plane_mask *mask = &pair->masks[i];
        free(mask->sharp);
        free(mask->blurred);
        free(mask->base);
        free(mask->sharp_weights);
        free(mask->blurred_weights);
        free(mask->marks);
        memset(mask, 0, sizeof *mask);
    }
}

/* --- the valid part ----------------------------------------------------------------------- */

/* Where a cut plane starts in the open one: its weights are views of a dense plane. */
static size_t start_of(const ckn_view *cut, const double *open) {
    return (size_t)((const double *)cut->data - open);
}

typedef struct sharp_reason {
    const unsigned char *marks; /* from the first sample of the cut plane on */
    size_t stride;
    unsigned reason;
} sharp_reason;

static bool has_reason(const void *user, size_t row, size_t col) {
    const sharp_reason *of = user;
    return (of->marks[row * of->stride + col] & of->reason) != 0;
}

/* Marks the samples that see one of SHARP's that has this reason. */
static ckn_code mark_seeing(ckn_cli_pair *pair, size_t plane, const ckn_pair *cut, ckn_shape kernel,
                            unsigned reason, ckn_error *error) {
    const ckn_cli_plane_mask *mask = &pair->masks[plane];
    const sharp_reason of = {mask->sharp + start_of(&cut->sharp_weights, mask->sharp_weights),
                             pair->open[plane].sharp.cols, reason};
    area_sums area;
    CKN_TRY(area_sums_create(&area, cut->sharp.rows, cut->sharp.cols, has_reason, &of, error));
    for (size_t row = 0; row < cut->blurred.rows; row++)
        for (size_t col = 0; col < cut->blurred.cols; col++) {
            if (area_holds(&area, row, col, row + kernel.rows, col + kernel.cols))
                mask->marks[row * cut->blurred.cols + col] |= (unsigned char)reason;
        }
    free(area.sums);
    return CKN_OK;
}

static ckn_code place_plane(ckn_cli_pair *pair, size_t plane, ckn_shape kernel, ckn_error *error) {
    const ckn_view *y = &pair->planes[plane].blurred;
    const ckn_cli_plane_mask *mask = &pair->masks[plane];
    /* Weights of the open planes may have become others since; sizes and places have not. */
    const ckn_frame frame = {kernel.rows, kernel.cols, pair->row_shift, pair->col_shift};
    ckn_pair cut, own = pair->open[plane];
    own.sharp_weights = ckn_view_f64(mask->sharp_weights, own.sharp.rows, own.sharp.cols);
    own.blurred_weights = ckn_view_f64(mask->blurred_weights, own.blurred.rows, own.blurred.cols);
    CKN_TRY(ckn_pair_cut(&own, &frame, &cut, error));
    const size_t start = start_of(&cut.blurred_weights, mask->blurred_weights);
    for (size_t row = 0; row < y->rows; row++)
        memcpy(mask->marks + row * y->cols, mask->blurred + start + row * own.blurred.cols,
               y->cols);
    CKN_TRY(mark_seeing(pair, plane, &cut, kernel, CKN_CLI_MASKED_FILE, error));
    return mark_seeing(pair, plane, &cut, kernel, CKN_CLI_MASKED_NAN, error);
}

/* Their marks, of which those of clipping follow later. */
static ckn_code allocate_marks(ckn_cli_pair *pair, size_t plane, ckn_error *error) {
    const ckn_view *valid = &pair->valid[plane];
    free(pair->masks[plane].marks);
    pair->masks[plane].marks = NULL;
    return ckn_allocate(&pair->masks[plane].marks, valid->rows, valid->cols, "a mask", error);
}

ckn_code ckn_cli_masks_place(ckn_cli_pair *pair, ckn_shape kernel, ckn_error *error) {
    for (size_t i = 0; i < pair->count && !pair->whole; i++) {
        if (!pair->masks[i].sharp && !pair->clipped)
            continue;
        CKN_TRY(allocate_marks(pair, i, error));
        if (pair->masks[i].sharp)
            CKN_TRY(place_plane(pair, i, kernel, error));
    }
    return CKN_OK;
}

size_t ckn_cli_masks_count(const ckn_cli_pair *pair, size_t plane, unsigned reasons) {
    const size_t samples = pair->valid[plane].rows * pair->valid[plane].cols;
    const unsigned char *marks = pair->masks[plane].marks;
    size_t count = 0;
    for (size_t n = 0; marks && n < samples; n++)
        count += (marks[n] & reasons) != 0;
    return count;
}
