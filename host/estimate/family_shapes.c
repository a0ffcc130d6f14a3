#include "estimate/family_shapes.h"

#include "base/box_shape.h"
#include "base/memory.h"
#include "estimate/family_signed.h"
#include "estimate/pixel_area.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PASSES = 1000 };
/* Passes times samples of a line of boxes: a tenth of a second. */
#define MOST_WORK ((size_t)1 << 25)

#define LARGEST_SIZE 1e5
#define DEGREE 0.017453292519943295
/* Below, a disc or a line lies within one pixel wherever it is, and its area would underflow. */
#define SMALLEST_AREA_SIZE 1e-3

const char *ckn_family_name(ckn_family family) {
    static const char *const names[CKN_FAMILY_COUNT] = {"gaussian",
                                                        "elliptic-gaussian",
                                                        "extended-box",
                                                        "disc",
                                                        "line",
                                                        "displacement",
                                                        "rectangle",
                                                        "moffat",
                                                        "half-gaussian-line",
                                                        "unsharp-mask",
                                                        "laplacian",
                                                        "difference-of-gaussians",
                                                        "laplacian-of-gaussian",
                                                        "derivative"};
    return (size_t)family < CKN_FAMILY_COUNT ? names[family] : "unknown";
}

/* Of a tap, from the centre. */
static void place_of(size_t tap, ckn_shape shape, const ckn_family_parameters *value, double *x,
                     double *y) {
    const size_t row = tap / shape.cols, col = tap % shape.cols;
    *x = (double)col - value->center_x;
    *y = (double)row - value->center_y;
}

static void fill_gaussian(const ckn_family_parameters *value, bool round, ckn_shape shape,
                          double *taps) {
    const double angle = round ? 0 : value->angle * DEGREE;
    const double minor = round ? value->sigma : value->sigma_minor;
    const double cosine = cos(angle), sine = sin(angle);
    double least = INFINITY;
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++) {
        double x, y;
        place_of(tap, shape, value, &x, &y);
        const double along = (x * cosine + y * sine) / value->sigma;
        const double across = (y * cosine - x * sine) / minor;
        taps[tap] = along * along + across * across;
        least = fmin(least, taps[tap]);
    }
    /* Relative to the nearest tap, so that a narrow one between taps does not vanish altogether. */
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++)
        taps[tap] = exp(0.5 * (least - taps[tap]));
}

/* Zero beyond `reach` taps from the tap nearest to the centre, along both axes. */
static void cut_square(const ckn_family_parameters *value, size_t reach, ckn_shape shape,
                       double *taps) {
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++) {
        const size_t row = tap / shape.cols, col = tap % shape.cols;
        const double x = (double)col - round(value->center_x);
        const double y = (double)row - round(value->center_y);
        if (fmax(fabs(x), fabs(y)) > (double)reach + 0.5)
            taps[tap] = 0;
    }
}

static void fill_moffat(const ckn_family_parameters *value, ckn_shape shape, double *taps) {
    const double fwhm = fmax(value->fwhm, SMALLEST_AREA_SIZE);
    const double factor = 4 * (exp2(1 / value->beta) - 1) / (fwhm * fwhm);
    double least = INFINITY;
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++) {
        double x, y;
        place_of(tap, shape, value, &x, &y);
        taps[tap] = value->beta * log1p(factor * (x * x + y * y));
        least = fmin(least, taps[tap]);
    }
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++)
        taps[tap] = exp(least - taps[tap]); /* as for Gaussians */
}

static void fill_rectangle(const ckn_family_parameters *value, ckn_shape shape, double *taps) {
    const double half_width = 0.5 * fmax(value->width, SMALLEST_AREA_SIZE);
    const double half_height = 0.5 * fmax(value->height, SMALLEST_AREA_SIZE);
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++) {
        double x, y;
        place_of(tap, shape, value, &x, &y);
        taps[tap] = ckn_pixel_length(half_width, x) * ckn_pixel_length(half_height, y);
    }
}

/* Adds `weight` at (x, y), shared out linearly among the four taps round it. */
static void add_point(double weight, double x, double y, ckn_shape shape, double *taps) {
    const double left = floor(x), top = floor(y);
    for (int corner = 0; corner < 4; corner++) {
        const double col = left + corner % 2, row = top + corner / 2; /* NOLINT: whole */
        const double part = (1 - fabs(x - col)) * (1 - fabs(y - row));
        if (part > 0 && col >= 0 && row >= 0 && col < (double)shape.cols &&
            row < (double)shape.rows)
            taps[(size_t)row * shape.cols + (size_t)col] += weight * part;
    }
}

/* Halves go to the lower tap, as ImageMagick's motion blur has it. */
static double nearest(double value) {
    return ceil(value - 0.5);
}

/* Weights beyond 6 sigma are below 2e-8 of the first. */
static void fill_half_line(const ckn_family_parameters *value, bool rounded, ckn_shape shape,
                           double *taps) {
    const double cosine = cos(value->angle * DEGREE), sine = sin(value->angle * DEGREE);
    const double reach = fmin(6 * value->sigma, 2.0 * (double)(shape.rows + shape.cols));
    const size_t last = (size_t)reach;
    for (size_t n = 0; n <= last; n++) {
        const double step = (double)n;
        const double weight = exp(-0.5 * (step / value->sigma) * (step / value->sigma));
        const double x = step * cosine, y = step * sine;
        add_point(weight, value->center_x + (rounded ? nearest(x) : x),
                  value->center_y + (rounded ? nearest(y) : y), shape, taps);
    }
}

static void fill_disc(const ckn_family_parameters *value, ckn_shape shape, double *taps) {
    const double radius = fmax(value->radius, SMALLEST_AREA_SIZE);
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++) {
        double x, y;
        place_of(tap, shape, value, &x, &y);
        taps[tap] = ckn_pixel_area_disc(radius, x, y);
    }
}

static void fill_line(const ckn_family_parameters *value, ckn_shape shape, double *taps) {
    const double length = fmax(value->length, SMALLEST_AREA_SIZE);
    const double cosine = cos(value->angle * DEGREE), sine = sin(value->angle * DEGREE);
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++) {
        double x, y;
        place_of(tap, shape, value, &x, &y);
        taps[tap] = ckn_pixel_area_line(length, cosine, sine, x, y);
    }
}

/* out = one pass over `in`, both of `count` samples, zero outside; sums: count + 1 of scratch. */
static void one_pass(const ckn_box_shape *box, const double *in, size_t count, double *sums,
                     double *out) {
    const size_t l = (size_t)box->l;
    sums[0] = 0;
    for (size_t i = 0; i < count; i++)
        sums[i + 1] = sums[i] + in[i];
    for (size_t i = 0; i < count; i++) {
        const size_t first = i > l ? i - l : 0, end = i + l + 1 < count ? i + l + 1 : count;
        const double ends = (i > l ? in[i - l - 1] : 0) + (i + l + 1 < count ? in[i + l + 1] : 0);
        out[i] = (sums[end] - sums[first] + box->alpha * ends) / box->lambda;
    }
}

/* line[0 .. size-1]: `passes` of the box round `center`. A pass is a box of width lambda seen
 * through pixels, so the first one can stand between them; the others leave the centre where it is.
 */
static ckn_code box_line(double sigma, size_t passes, double center, size_t size, double *line,
                         ckn_error *error) {
    const ckn_box_shape box = ckn_box_shape_of(sigma * sigma / (double)passes);
    const size_t margin = (passes - 1) * ((size_t)box.l + 1), count = size + 2 * margin;
    double *work = NULL;
    if (passes * count > MOST_WORK)
        return ckn_fail(
            error, CKN_ERROR_ARGUMENT,
            "%zu boxes of sigma %g over %zu samples take too long: passes times samples "
            "are %zu, and the limit is %zu; use fewer passes or a gaussian",
            passes, sigma, count, passes * count, MOST_WORK);
    CKN_TRY(ckn_allocate(&work, 3 * count + 1, sizeof *work, "the kernel", error));
    double *now = work, *next = work + count, *sums = work + 2 * count;
    for (size_t i = 0; i < count; i++)
        now[i] =
            ckn_pixel_length(0.5 * box.lambda, (double)i - (double)margin - center) / box.lambda;
    for (size_t pass = 1; pass < passes; pass++) {
        one_pass(&box, now, count, sums, next);
        double *swap = now;
        now = next;
        next = swap;
    }
    memcpy(line, now + margin, size * sizeof *line);
    free(work);
    return CKN_OK;
}

static ckn_code fill_box(const ckn_family_parameters *value, size_t passes, ckn_shape shape,
                         double *taps, ckn_error *error) {
    double *lines = NULL;
    CKN_TRY(ckn_allocate(&lines, shape.rows + shape.cols, sizeof *lines, "the kernel", error));
    double *down = lines + shape.cols;
    ckn_code code = box_line(value->sigma, passes, value->center_x, shape.cols, lines, error);
    if (code == CKN_OK)
        code = box_line(value->sigma, passes, value->center_y, shape.rows, down, error);
    for (size_t tap = 0; code == CKN_OK && tap < ckn_shape_count(shape); tap++)
        taps[tap] = lines[tap % shape.cols] * down[tap / shape.cols];
    free(lines);
    return code;
}

static bool is_size(double value) {
    return value > 0 && value <= LARGEST_SIZE; /* NaN is none */
}

static bool is_sized(ckn_family family, size_t variant, const ckn_family_parameters *value) {
    switch (family) {
    case CKN_FAMILY_GAUSSIAN:
        return is_size(value->sigma);
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN:
        return is_size(value->sigma) && is_size(value->sigma_minor) && isfinite(value->angle);
    case CKN_FAMILY_EXTENDED_BOX:
        return is_size(value->sigma) && variant >= 1 && variant <= MOST_PASSES;
    case CKN_FAMILY_DISC:
        return is_size(value->radius);
    case CKN_FAMILY_LINE:
        return is_size(value->length) && isfinite(value->angle);
    case CKN_FAMILY_DISPLACEMENT:
        return true;
    case CKN_FAMILY_RECTANGLE:
        return is_size(value->width) && is_size(value->height);
    case CKN_FAMILY_MOFFAT: /* a larger beta is a Gaussian to the last digit */
        return is_size(value->fwhm) && value->beta > 1 && is_size(value->beta);
    case CKN_FAMILY_HALF_GAUSSIAN_LINE:
        return is_size(value->sigma) && isfinite(value->angle) && variant <= 1;
    default:
        return ckn_signed_family_is_sized(family, variant, value);
    }
}

static ckn_code check(ckn_family family, size_t variant, const ckn_family_parameters *value,
                      ckn_error *error) {
    if (!is_sized(family, variant, value) || !isfinite(value->gain) || !isfinite(value->center_x) ||
        !isfinite(value->center_y))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a kernel of the family '%s' needs finite parameters, sizes above 0 and up "
                        "to %g, and a variant that it has (extended boxes 1 to %d passes)",
                        ckn_family_name(family), LARGEST_SIZE, MOST_PASSES);
    return CKN_OK;
}

/* Scales the taps to the sum `gain`. */
static ckn_code normalise(double gain, size_t count, double *taps, ckn_error *error) {
    double sum = 0;
    for (size_t tap = 0; tap < count; tap++)
        sum += taps[tap];
    if (!(sum > 0))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the kernel's centre is too far outside its window: no tap has weight");
    for (size_t tap = 0; tap < count; tap++)
        taps[tap] *= gain / sum;
    return CKN_OK;
}

static ckn_code fill(ckn_family family, size_t variant, const ckn_family_parameters *value,
                     ckn_shape shape, double *taps, ckn_error *error) {
    switch (family) {
    case CKN_FAMILY_GAUSSIAN:
        fill_gaussian(value, true, shape, taps);
        if (variant > 0)
            cut_square(value, variant, shape, taps);
        break;
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN:
        fill_gaussian(value, false, shape, taps);
        break;
    case CKN_FAMILY_EXTENDED_BOX:
        return fill_box(value, variant, shape, taps, error);
    case CKN_FAMILY_DISC:
        fill_disc(value, shape, taps);
        break;
    case CKN_FAMILY_LINE:
        fill_line(value, shape, taps);
        break;
    case CKN_FAMILY_DISPLACEMENT:
        add_point(1, value->center_x, value->center_y, shape, taps);
        break;
    case CKN_FAMILY_RECTANGLE:
        fill_rectangle(value, shape, taps);
        break;
    case CKN_FAMILY_MOFFAT:
        fill_moffat(value, shape, taps);
        break;
    default:
        fill_half_line(value, variant == 1, shape, taps);
        break;
    }
    return CKN_OK;
}

ckn_code ckn_family_taps(ckn_family family, size_t variant, const ckn_family_parameters *value,
                         ckn_shape shape, double *taps, ckn_error *error) {
    const size_t count = ckn_shape_count(shape);
    CKN_TRY(check(family, variant, value, error));
    memset(taps, 0, count * sizeof *taps);
    if (family >= CKN_FAMILY_UNSHARP)
        return ckn_signed_family_taps(family, variant, value, shape, taps, error);
    CKN_TRY(fill(family, variant, value, shape, taps, error));
    return normalise(value->gain, count, taps, error);
}

ckn_code ckn_family_sample(ckn_family family, size_t variant, const ckn_family_parameters *value,
                           ckn_output kernel, ckn_error *error) {
    double *taps = NULL;
    const ckn_shape shape = {kernel.rows, kernel.cols};
    CKN_TRY(ckn_output_check(&kernel, "the kernel", error));
    CKN_TRY(ckn_allocate(&taps, ckn_shape_count(shape), sizeof *taps, "the kernel", error));
    ckn_code code = ckn_family_taps(family, variant, value, shape, taps, error);
    for (size_t tap = 0; code == CKN_OK && tap < ckn_shape_count(shape); tap++)
        ckn_output_set(&kernel, tap / shape.cols, tap % shape.cols, taps[tap]);
    free(taps);
    return code;
}
