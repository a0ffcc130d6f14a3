#include "cli/channels.h"

#include "base/memory.h"
#include "base/view.h"

#include <math.h>

double ckn_srgb_to_linear(double value) {
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static void linearise_plane(const ckn_output *plane) {
    ckn_view view = ckn_output_as_view(plane);
    for (size_t r = 0; r < plane->rows; r++) {
        for (size_t c = 0; c < plane->cols; c++)
            ckn_output_set(plane, r, c, ckn_srgb_to_linear(ckn_view_at(&view, r, c)));
    }
}

void ckn_picture_linearise(ckn_picture *picture) {
    for (size_t channel = 0; channel < picture->channels; channel++) {
        ckn_output plane = ckn_picture_output(picture, channel);
        linearise_plane(&plane);
    }
}

static const double weights[CKN_GREYS][3] = {
    [CKN_GREY_REC_709] = {0.2126, 0.7152, 0.0722},
    [CKN_GREY_REC_601] = {0.299, 0.587, 0.114},
    [CKN_GREY_MEAN] = {1.0 / 3, 1.0 / 3, 1.0 / 3},
};

ckn_code ckn_picture_luma(const ckn_picture *picture, double **luma, ckn_error *error) {
    return ckn_picture_grey(picture, CKN_GREY_REC_709, luma, error);
}

ckn_code ckn_picture_grey(const ckn_picture *picture, ckn_grey which, double **luma,
                          ckn_error *error) {
    const size_t rows = picture->rows, cols = picture->cols;
    CKN_TRY(ckn_allocate(luma, rows * cols, sizeof **luma, "the luma of a picture", error));
    const ckn_view red = ckn_picture_view(picture, 0), green = ckn_picture_view(picture, 1);
    const ckn_view blue = ckn_picture_view(picture, 2);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            (*luma)[r * cols + c] = weights[which][0] * ckn_view_at(&red, r, c) +
                                    weights[which][1] * ckn_view_at(&green, r, c) +
                                    weights[which][2] * ckn_view_at(&blue, r, c);
    return CKN_OK;
}

/* --- which grey ---------------------------------------------------------------------------- */

enum { BLOCK = 16 }; /* pixels a side: more than most kernels reach */

/* Sums of a line of least squares. */
typedef struct line_sums {
    double count, x, y, xx, xy, yy;
} line_sums;

static double block_mean(const ckn_view *view, size_t row, size_t col) {
    double sum = 0;
    for (size_t r = row; r < row + BLOCK; r++)
        for (size_t c = col; c < col + BLOCK; c++)
            sum += ckn_view_at(view, r, c);
    return sum / (BLOCK * BLOCK);
}

static void add_block(line_sums *sums, double x, double y) {
    if (!isfinite(x) || !isfinite(y))
        return;
    sums->count++;
    sums->x += x;
    sums->y += y;
    sums->xx += x * x;
    sums->xy += x * y;
    sums->yy += y * y;
}

/* Of y's variance, what a line of x leaves. */
static double misfit_of(const line_sums *sums) {
    const double xx = sums->xx - sums->x * sums->x / sums->count;
    const double xy = sums->xy - sums->x * sums->y / sums->count;
    const double yy = sums->yy - sums->y * sums->y / sums->count;
    return sums->count > 3 && xx > 0 && yy > 0 ? 1 - xy * xy / (xx * yy) : 1;
}

ckn_grey ckn_picture_match_grey(const ckn_picture *colour, const ckn_picture *grey) {
    static const double clearly_nearer = 0.5;
    line_sums sums[CKN_GREYS] = {{0}};
    const bool fits = grey->rows <= colour->rows && grey->cols <= colour->cols;
    const size_t down = fits ? (colour->rows - grey->rows) / 2 : 0;
    const size_t right = fits ? (colour->cols - grey->cols) / 2 : 0;
    const ckn_view y = ckn_picture_view(grey, 0);
    for (size_t r = 0; fits && r + BLOCK <= grey->rows; r += BLOCK)
        for (size_t c = 0; c + BLOCK <= grey->cols; c += BLOCK) {
            double means[3];
            for (size_t channel = 0; channel < 3; channel++) {
                const ckn_view x = ckn_picture_view(colour, channel);
                means[channel] = block_mean(&x, r + down, c + right);
            }
            const double own = block_mean(&y, r, c);
            for (int which = 0; which < CKN_GREYS; which++)
                add_block(&sums[which],
                          weights[which][0] * means[0] + weights[which][1] * means[1] +
                              weights[which][2] * means[2],
                          own);
        }
    ckn_grey best = CKN_GREY_REC_709;
    for (int which = 1; which < CKN_GREYS; which++)
        if (misfit_of(&sums[which]) < clearly_nearer * misfit_of(&sums[best]))
            best = (ckn_grey)which;
    return best;
}
