#include "estimate/family_signed.h"

#include "base/memory.h"
#include "estimate/family_shapes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_SIZE 1e5    /* as of other families */
#define LARGEST_AMOUNT 1e30 /* far from where sums overflow */
#define SMALLEST_SIGMA 1e-3 /* pixels: below, its square would underflow */
#define MOST_PASSES 10      /* of the box in an unsharp mask */
#define DEGREE 0.017453292519943295
#define EIGHTH 0.78539816339744831 /* of a turn */

enum { CENTRE = 4 }; /* of nine taps */

const char *ckn_stencil_name(ckn_stencil stencil) {
    static const char *const names[CKN_STENCIL_COUNT] = {"none",     "cross",   "square",
                                                         "diagonal", "central", "prewitt",
                                                         "sobel",    "scharr",  "difference"};
    return (size_t)stencil < CKN_STENCIL_COUNT ? names[stencil] : "unknown";
}

static bool is_size(double value) {
    return value > 0 && value <= LARGEST_SIZE; /* NaN is none */
}

bool ckn_signed_family_is_sized(ckn_family family, size_t variant,
                                const ckn_family_parameters *value) {
    if (!(fabs(value->amount) <= LARGEST_AMOUNT)) /* NaN is none */
        return false;
    switch (family) {
    case CKN_FAMILY_UNSHARP:
        return is_size(value->sigma) && variant <= MOST_PASSES;
    case CKN_FAMILY_LAPLACIAN:
        return variant >= CKN_STENCIL_CROSS && variant <= CKN_STENCIL_DIAGONAL;
    case CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS:
        return is_size(value->sigma) && is_size(value->sigma_minor);
    case CKN_FAMILY_LAPLACIAN_OF_GAUSSIAN:
        return is_size(value->sigma) && variant <= 1;
    case CKN_FAMILY_DERIVATIVE:
        return isfinite(value->angle) && variant >= CKN_STENCIL_CENTRAL &&
               variant <= CKN_STENCIL_DIFFERENCE;
    default:
        return false;
    }
}

/* ---- 3x3 */

void ckn_stencil_laplacian(ckn_stencil stencil, double taps[9]) {
    const double neighbours = stencil == CKN_STENCIL_SQUARE ? 8 : 4;
    for (int i = 0; i < 9; i++) {
        const bool corner = i % 2 == 0;
        const bool used =
            stencil == CKN_STENCIL_SQUARE || corner == (stencil == CKN_STENCIL_DIAGONAL);
        taps[i] = used ? -1 / neighbours : 0;
    }
    taps[CENTRE] = 1;
}

static void difference_of_two(double cosine, double sine, double taps[9]) {
    const double direction = EIGHTH * round(atan2(sine, cosine) / EIGHTH);
    const int dx = (int)lround(cos(direction)), dy = (int)lround(sin(direction));
    const double distance = hypot(dx, dy);
    memset(taps, 0, 9 * sizeof *taps);
    taps[CENTRE] = 1 / distance;
    taps[CENTRE + 3 * dy + dx] = -1 / distance;
}

/* h * x takes the sample at p - d times h(d): a positive slope needs positive taps at negative d.
 */
void ckn_stencil_derivative(ckn_stencil stencil, double cosine, double sine, double taps[9]) {
    const double beside = stencil == CKN_STENCIL_PREWITT  ? 1
                          : stencil == CKN_STENCIL_SOBEL  ? 0.5
                          : stencil == CKN_STENCIL_SCHARR ? 0.3
                                                          : 0;
    const double unit = 0.5 / (1 + 2 * beside);
    if (stencil == CKN_STENCIL_DIFFERENCE) {
        difference_of_two(cosine, sine, taps);
        return;
    }
    for (int i = 0; i < 9; i++) {
        const int x = i % 3 - 1, y = i / 3 - 1;
        taps[i] = -unit * (cosine * x * (y ? beside : 1) + sine * y * (x ? beside : 1));
    }
}

/* Adds factor times nine taps round the tap nearest to the centre; some may lie outside. */
static void add_nine(double factor, const double nine[9], const ckn_family_parameters *value,
                     ckn_shape shape, double *taps) {
    for (int i = 0; i < 9; i++) {
        const int right = i % 3 - 1, down = i / 3 - 1;
        const double col = round(value->center_x) + right, row = round(value->center_y) + down;
        if (col >= 0 && row >= 0 && col < (double)shape.cols && row < (double)shape.rows)
            taps[(size_t)row * shape.cols + (size_t)col] += factor * nine[i];
    }
}

static void add_one(double factor, const ckn_family_parameters *value, ckn_shape shape,
                    double *taps) {
    static const double one[9] = {[CENTRE] = 1};
    add_nine(factor, one, value, shape, taps);
}

/* ---- with blurs */

/* taps += factor times a kernel of the sum 1. */
static ckn_code add_blur(double factor, double sigma, size_t passes,
                         const ckn_family_parameters *value, ckn_shape shape, double *taps,
                         ckn_error *error) {
    const size_t count = ckn_shape_count(shape);
    ckn_family_parameters own = *value;
    double *blur = NULL;
    own.gain = 1;
    own.sigma = sigma;
    CKN_TRY(ckn_allocate(&blur, count, sizeof *blur, "the kernel", error));
    ckn_code code = ckn_family_taps(passes ? CKN_FAMILY_EXTENDED_BOX : CKN_FAMILY_GAUSSIAN, passes,
                                    &own, shape, blur, error);
    for (size_t tap = 0; code == CKN_OK && tap < count; tap++)
        taps[tap] += factor * blur[tap];
    free(blur);
    return code;
}

/* The second derivatives of a sampled Gaussian, less so much of it that the sum is 0. */
static void differentiate(const ckn_family_parameters *value, ckn_shape shape, double *taps) {
    const double sigma = fmax(value->sigma, SMALLEST_SIGMA), variance = sigma * sigma;
    double sum = 0, all = 0;
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++) {
        const size_t row = tap / shape.cols, col = tap % shape.cols;
        const double x = (double)col - value->center_x, y = (double)row - value->center_y;
        sum += taps[tap] * ((x * x + y * y) / variance - 2) / variance;
        all += taps[tap];
    }
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++) {
        const size_t row = tap / shape.cols, col = tap % shape.cols;
        const double x = (double)col - value->center_x, y = (double)row - value->center_y;
        taps[tap] *=
            value->gain + value->amount * (((x * x + y * y) / variance - 2) / variance - sum / all);
    }
}

/* A sample of a Gaussian beyond the window is one of its nearest tap, for that it is small. */
static double tap_at(const double *taps, ckn_shape shape, size_t row, size_t col, int down,
                     int right) {
    const size_t at_row = down < 0 && row == 0 ? row : row + (size_t)down;
    const size_t at_col = right < 0 && col == 0 ? col : col + (size_t)right;
    return taps[(at_row < shape.rows ? at_row : row) * shape.cols +
                (at_col < shape.cols ? at_col : col)];
}

/* Its differences, by 4 neighbours. */
static ckn_code subtract_neighbours(const ckn_family_parameters *value, ckn_shape shape,
                                    double *taps, ckn_error *error) {
    const size_t count = ckn_shape_count(shape);
    double *blur = NULL;
    CKN_TRY(ckn_allocate(&blur, count, sizeof *blur, "the kernel", error));
    memcpy(blur, taps, count * sizeof *blur);
    for (size_t tap = 0; tap < count; tap++) {
        const size_t row = tap / shape.cols, col = tap % shape.cols;
        taps[tap] = value->gain * blur[tap] +
                    value->amount * (tap_at(blur, shape, row, col, -1, 0) +
                                     tap_at(blur, shape, row, col, 1, 0) +
                                     tap_at(blur, shape, row, col, 0, -1) +
                                     tap_at(blur, shape, row, col, 0, 1) - 4 * blur[tap]);
    }
    free(blur);
    return CKN_OK;
}

static ckn_code fill_laplacian_of_gaussian(size_t variant, const ckn_family_parameters *value,
                                           ckn_shape shape, double *taps, ckn_error *error) {
    CKN_TRY(add_blur(1, value->sigma, 0, value, shape, taps, error));
    if (variant == 1)
        return subtract_neighbours(value, shape, taps, error);
    differentiate(value, shape, taps);
    return CKN_OK;
}

ckn_code ckn_signed_family_taps(ckn_family family, size_t variant,
                                const ckn_family_parameters *value, ckn_shape shape, double *taps,
                                ckn_error *error) {
    double nine[9];
    const double both = value->gain + value->amount;
    switch (family) {
    case CKN_FAMILY_UNSHARP:
        add_one(both, value, shape, taps);
        return add_blur(-value->amount, value->sigma, variant, value, shape, taps, error);
    case CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS:
        CKN_TRY(add_blur(both, value->sigma, 0, value, shape, taps, error));
        return add_blur(-value->amount, value->sigma_minor, 0, value, shape, taps, error);
    case CKN_FAMILY_LAPLACIAN_OF_GAUSSIAN:
        return fill_laplacian_of_gaussian(variant, value, shape, taps, error);
    case CKN_FAMILY_LAPLACIAN:
        ckn_stencil_laplacian((ckn_stencil)variant, nine);
        break;
    default:
        ckn_stencil_derivative((ckn_stencil)variant, cos(value->angle * DEGREE),
                               sin(value->angle * DEGREE), nine);
        break;
    }
    add_one(value->gain, value, shape, taps);
    add_nine(value->amount, nine, value, shape, taps);
    return CKN_OK;
}
