#include "cli/alpha.h"

#include "base/view.h"

/* Below half a step of 16 bits, above the rounding of float32. */
#define LEAST_ALPHA 1e-6

bool ckn_alpha_is_opaque(const ckn_picture *picture) {
    if (!picture->has_alpha)
        return true;
    ckn_view alpha = ckn_picture_view(picture, picture->channels);
    for (size_t r = 0; r < alpha.rows; r++) {
        for (size_t c = 0; c < alpha.cols; c++) {
            if (ckn_view_at(&alpha, r, c) < 1.0)
                return false;
        }
    }
    return true;
}

void ckn_alpha_set_opaque(ckn_picture *picture) {
    if (!picture->has_alpha)
        return;
    ckn_output alpha = ckn_picture_output(picture, picture->channels);
    for (size_t r = 0; r < alpha.rows; r++) {
        for (size_t c = 0; c < alpha.cols; c++)
            ckn_output_set(&alpha, r, c, 1.0);
    }
}

void ckn_alpha_normalise(ckn_picture *picture, double sum) {
    ckn_output alpha = ckn_picture_output(picture, picture->channels);
    ckn_view view = ckn_output_as_view(&alpha);
    for (size_t r = 0; r < alpha.rows; r++) {
        for (size_t c = 0; c < alpha.cols; c++) {
            double value = ckn_view_at(&view, r, c) / sum;
            ckn_output_set(&alpha, r, c, value < LEAST_ALPHA ? 0.0 : value);
        }
    }
}

/* Replaces each colour by combine(colour, alpha). */
static void combine_planes(ckn_picture *picture, double (*combine)(double, double)) {
    if (!picture->has_alpha)
        return;
    ckn_view alpha = ckn_picture_view(picture, picture->channels);
    for (size_t channel = 0; channel < picture->channels; channel++) {
        ckn_output plane = ckn_picture_output(picture, channel);
        ckn_view view = ckn_output_as_view(&plane);
        for (size_t r = 0; r < plane.rows; r++) {
            for (size_t c = 0; c < plane.cols; c++)
                ckn_output_set(&plane, r, c,
                               combine(ckn_view_at(&view, r, c), ckn_view_at(&alpha, r, c)));
        }
    }
}

static double multiply(double colour, double alpha) {
    return colour * alpha;
}

static double divide(double colour, double alpha) {
    return alpha > 0.0 ? colour / alpha : 0.0;
}

void ckn_alpha_premultiply(ckn_picture *picture) {
    combine_planes(picture, multiply);
}

void ckn_alpha_unpremultiply(ckn_picture *picture) {
    combine_planes(picture, divide);
}
