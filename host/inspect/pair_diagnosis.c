/* Whether a pair can tell its kernel at all: plain measures of both images, and when they warn. */
#include "inspect/pair_diagnosis.h"

#include "base/memory.h"
#include "dense/blas_pool.h"
#include "statistics/weights.h"

#include <math.h>
#include <stdlib.h>

/* From here on clipping biases a kernel visibly. */
#define MOST_CLIPPED 0.002
/* A gain or an offset is told where it is both large enough to matter and sure. */
#define SURE_ERRORS 5.0
#define LEAST_GAIN 0.04
#define LEAST_OFFSET 0.03
/* Kernels of which the sum is far from 1 are no blur that changed its exposure: they are signed
 * (an edge filter has the sum 0), and the gain is theirs. */
#define LOWEST_GAIN 0.4
#define HIGHEST_GAIN 2.5
/* Blur and noise alone stay below 1. */
#define MOST_DETAIL 1.3
/* A sharp image is smooth where it has no detail finer than 3.3 pixels, half the period of this
 * frequency; that matters where the kernel still passes so much there. */
#define NARROW_BAND 0.15
#define PASSED 0.25

static ckn_code check_sizes(const ckn_pair *pair, ckn_shape kernel, ckn_error *error) {
    CKN_TRY(ckn_view_check(&pair->sharp, "the sharp image", error));
    CKN_TRY(ckn_view_check(&pair->blurred, "the blurred image", error));
    ckn_shape x = ckn_view_shape(&pair->sharp), y = ckn_view_shape(&pair->blurred);
    if (kernel.rows < 1 || kernel.cols < 1 || kernel.rows > x.rows || kernel.cols > x.cols)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the kernel (%zu x %zu) must have a tap and fit in the sharp image (%zu x "
                        "%zu)",
                        kernel.cols, kernel.rows, x.cols, x.rows);
    ckn_shape valid = ckn_shape_valid(x, kernel);
    if (!ckn_shape_equal(y, valid) && !ckn_shape_equal(y, x))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the blurred image is %zu x %zu; it must be %zu x %zu (valid) or %zu x %zu "
                        "(same)",
                        y.cols, y.rows, valid.cols, valid.rows, x.cols, x.rows);
    return ckn_weights_check(pair, error);
}

/* A copy of `view`, to be freed, in which what is masked is NaN; as it is where nothing can be. */
static ckn_code mask(const ckn_view *view, const ckn_view *weights, const char *what,
                     ckn_view *masked, double **copy, ckn_error *error) {
    ckn_extent extent;
    CKN_TRY(ckn_weights_extent(view, weights, what, &extent, error));
    *masked = *view;
    if (!weights->data)
        return CKN_OK;
    CKN_TRY(ckn_allocate(copy, view->rows * view->cols, sizeof **copy, "a diagnosis", error));
    for (size_t r = 0; r < view->rows; r++) {
        for (size_t c = 0; c < view->cols; c++)
            (*copy)[r * view->cols + c] =
                ckn_view_at(weights, r, c) == 0.0 ? (double)NAN : ckn_view_at(view, r, c);
    }
    *masked = ckn_view_f64(*copy, view->rows, view->cols);
    return CKN_OK;
}

static void align(ckn_diagnosis_pair *pair, ckn_shape kernel) {
    const ckn_shape valid = ckn_shape_valid(ckn_view_shape(&pair->x), kernel);
    pair->kernel = kernel;
    pair->inner = ckn_view_part(&pair->x, kernel.rows / 2, kernel.cols / 2, valid);
    if (!ckn_shape_equal(ckn_view_shape(&pair->y), valid))
        pair->y = ckn_view_part(&pair->y, kernel.rows / 2, kernel.cols / 2, valid);
}

/* Of what is masked in neither image; nothing is not the same as nothing. */
static int is_identical(const ckn_diagnosis_pair *pair) {
    int some = 0;
    for (size_t r = 0; r < pair->y.rows; r++) {
        for (size_t c = 0; c < pair->y.cols; c++) {
            double difference = ckn_view_at(&pair->y, r, c) - ckn_view_at(&pair->inner, r, c);
            if (difference < 0.0 || difference > 0.0)
                return 0;
            some |= difference == 0.0;
        }
    }
    return some;
}

static bool is_clipped(const ckn_image_diagnosis *image) {
    return image->clipped_low + image->clipped_high >= MOST_CLIPPED;
}

/* Comparisons with NaN are false: what is not known does not warn. */
static bool is_off(double difference, double error, double least) {
    return fabs(difference) > least && fabs(difference) > SURE_ERRORS * error;
}

static bool is_smooth(double band, double passed) {
    return band < NARROW_BAND && passed > PASSED;
}

static unsigned find_warnings(const ckn_pair_diagnosis *found) {
    unsigned warnings = 0;
    bool plain_gain = found->gain > LOWEST_GAIN && found->gain < HIGHEST_GAIN;
    if (is_clipped(&found->sharp))
        warnings |= CKN_PAIR_SHARP_CLIPPED;
    if (is_clipped(&found->blurred))
        warnings |= CKN_PAIR_BLURRED_CLIPPED;
    if (found->identical)
        return warnings | CKN_PAIR_IDENTICAL;
    if (plain_gain && is_off(found->gain - 1.0, found->gain_error, LEAST_GAIN))
        warnings |= CKN_PAIR_GAIN;
    if (is_off(found->offset, found->offset_error, LEAST_OFFSET * found->sharp.deviation))
        warnings |= CKN_PAIR_OFFSET;
    if (found->detail_ratio > MOST_DETAIL)
        warnings |= CKN_PAIR_SHARPER;
    else if (is_smooth(found->band_x, found->passed_x) || is_smooth(found->band_y, found->passed_y))
        warnings |= CKN_PAIR_SMOOTH;
    return warnings;
}

static ckn_code diagnose(const ckn_diagnosis_pair *pair, ckn_pair_diagnosis *diagnosis,
                         ckn_error *error) {
    *diagnosis = (ckn_pair_diagnosis){.identical = is_identical(pair)};
    CKN_TRY(ckn_diagnose_levels(&pair->x, &diagnosis->sharp, error));
    CKN_TRY(ckn_diagnose_levels(&pair->y, &diagnosis->blurred, error));
    if (!(diagnosis->sharp.deviation > 0.0)) /* all constants are alike */
        diagnosis->identical = 0;
    CKN_TRY(ckn_diagnose_clipping(pair, &diagnosis->sharp, &diagnosis->blurred, error));
    CKN_TRY(ckn_diagnose_exposure(pair, diagnosis, error));
    ckn_diagnose_detail(pair, diagnosis);
    CKN_TRY(ckn_diagnose_spectrum(pair, diagnosis, error));
    diagnosis->warnings = find_warnings(diagnosis);
    return CKN_OK;
}

ckn_code ckn_diagnose_pair(const ckn_pair *pair, size_t kernel_rows, size_t kernel_cols,
                           ckn_pair_diagnosis *diagnosis, ckn_error *error) {
    const ckn_shape kernel = {kernel_rows, kernel_cols};
    if (!pair || !diagnosis)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "the pair and the diagnosis must not be NULL");
    CKN_TRY(check_sizes(pair, kernel, error));
    ckn_diagnosis_pair aligned;
    double *sharp = NULL, *blurred = NULL;
    ckn_code code =
        mask(&pair->sharp, &pair->sharp_weights, "the sharp image", &aligned.x, &sharp, error);
    if (code == CKN_OK)
        code = mask(&pair->blurred, &pair->blurred_weights, "the blurred image", &aligned.y,
                    &blurred, error);
    if (code == CKN_OK) {
        align(&aligned, kernel);
        code = ckn_blas_enter(error);
        if (code == CKN_OK) {
            code = diagnose(&aligned, diagnosis, error);
            ckn_blas_leave();
        }
    }
    free(sharp);
    free(blurred);
    return code;
}
