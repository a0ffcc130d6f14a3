#include "estimate/family_shapes.h"

#include "base/box_shape.h"
#include "base/memory.h"
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
    static const char *const names[] = {"gaussian", "elliptic-gaussian", "extended-box", "disc",
                                        "line"};
    return (size_t)family < sizeof names / sizeof names[0] ? names[family] : "unknown";
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

static ckn_code check(ckn_family family, size_t passes, const ckn_family_parameters *value,
                      ckn_error *error) {
    bool sized = false;
    switch (family) {
    case CKN_FAMILY_GAUSSIAN:
        sized = is_size(value->sigma);
        break;
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN:
        sized = is_size(value->sigma) && is_size(value->sigma_minor) && isfinite(value->angle);
        break;
    case CKN_FAMILY_EXTENDED_BOX:
        sized = is_size(value->sigma) && passes >= 1 && passes <= MOST_PASSES;
        break;
    case CKN_FAMILY_DISC:
        sized = is_size(value->radius);
        break;
    case CKN_FAMILY_LINE:
        sized = is_size(value->length) && isfinite(value->angle);
        break;
    }
    if (!sized || !isfinite(value->gain) || !isfinite(value->center_x) ||
        !isfinite(value->center_y))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a kernel of the family '%s' needs finite parameters, sizes above 0 and up "
                        "to %g, and 1 to %d passes where it has any",
                        ckn_family_name(family), LARGEST_SIZE, MOST_PASSES);
    return CKN_OK;
}

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

ckn_code ckn_family_taps(ckn_family family, size_t passes, const ckn_family_parameters *value,
                         ckn_shape shape, double *taps, ckn_error *error) {
    CKN_TRY(check(family, passes, value, error));
    switch (family) {
    case CKN_FAMILY_GAUSSIAN:
        fill_gaussian(value, true, shape, taps);
        break;
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN:
        fill_gaussian(value, false, shape, taps);
        break;
    case CKN_FAMILY_EXTENDED_BOX:
        CKN_TRY(fill_box(value, passes, shape, taps, error));
        break;
    case CKN_FAMILY_DISC:
        fill_disc(value, shape, taps);
        break;
    case CKN_FAMILY_LINE:
        fill_line(value, shape, taps);
        break;
    }
    return normalise(value->gain, ckn_shape_count(shape), taps, error);
}

ckn_code ckn_family_sample(ckn_family family, size_t passes, const ckn_family_parameters *value,
                           ckn_output kernel, ckn_error *error) {
    double *taps = NULL;
    const ckn_shape shape = {kernel.rows, kernel.cols};
    CKN_TRY(ckn_output_check(&kernel, "the kernel", error));
    CKN_TRY(ckn_allocate(&taps, ckn_shape_count(shape), sizeof *taps, "the kernel", error));
    ckn_code code = ckn_family_taps(family, passes, value, shape, taps, error);
    for (size_t tap = 0; code == CKN_OK && tap < ckn_shape_count(shape); tap++)
        ckn_output_set(&kernel, tap / shape.cols, tap % shape.cols, taps[tap]);
    free(taps);
    return code;
}
