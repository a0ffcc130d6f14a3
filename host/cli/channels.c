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

ckn_code ckn_picture_luma(const ckn_picture *picture, double **luma, ckn_error *error) {
    size_t rows = picture->rows, cols = picture->cols;
    CKN_TRY(ckn_allocate(luma, rows * cols, sizeof **luma, "the luma of a picture", error));
    ckn_view red = ckn_picture_view(picture, 0);
    ckn_view green = ckn_picture_view(picture, 1);
    ckn_view blue = ckn_picture_view(picture, 2);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++)
            (*luma)[r * cols + c] = 0.2126 * ckn_view_at(&red, r, c) +
                                    0.7152 * ckn_view_at(&green, r, c) +
                                    0.0722 * ckn_view_at(&blue, r, c);
    }
    return CKN_OK;
}
