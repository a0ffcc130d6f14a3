/* Curves of a kernel: encircled energy and modulation transfer function. */
#include "base/memory.h"
#include "base/view.h"
#include "estimate/pixel_area.h"

#include <math.h>
#include <stdlib.h>

enum { DIRECTIONS = 64, SCAN = 100, BISECTIONS = 22 };

#define PI 3.14159265358979323846

static ckn_code check(const ckn_view *kernel, ckn_error *error) {
    CKN_TRY(ckn_view_check(kernel, "the kernel", error));
    return ckn_view_check_finite(kernel, "the kernel", error);
}

/* ---- encircled energy */

typedef struct circles {
    ckn_view kernel;
    double sum, x, y; /* centroid */
} circles;

static ckn_code find_centroid(const ckn_view *kernel, circles *out, ckn_error *error) {
    ckn_kernel_figures figures;
    CKN_TRY(ckn_kernel_figures_compute(*kernel, &figures, error));
    *out = (circles){*kernel, figures.sum, figures.centroid_x, figures.centroid_y};
    return CKN_OK;
}

static double energy_within(const circles *c, double radius) {
    double inside = 0;
    if (c->sum == 0 || !isfinite(c->x) || !isfinite(c->y))
        return NAN;
    for (size_t row = 0; row < c->kernel.rows; row++) {
        for (size_t col = 0; col < c->kernel.cols; col++)
            inside += ckn_view_at(&c->kernel, row, col) *
                      ckn_pixel_area_disc(radius, (double)col - c->x, (double)row - c->y);
    }
    return inside / c->sum;
}

ckn_code ckn_kernel_encircled_energy(ckn_view kernel, const double *radii, size_t count,
                                     double *energy, ckn_error *error) {
    circles c;
    CKN_TRY(check(&kernel, error));
    for (size_t i = 0; i < count; i++) {
        if (!(radii[i] >= 0) || isinf(radii[i]))
            return ckn_fail(error, CKN_ERROR_ARGUMENT, "radii must be finite and not negative (%g)",
                            radii[i]);
    }
    CKN_TRY(find_centroid(&kernel, &c, error));
    for (size_t i = 0; i < count; i++)
        energy[i] = energy_within(&c, radii[i]);
    return CKN_OK;
}

/* From the centroid to the farthest corner of the window. */
static double largest_radius(const circles *c) {
    const double width = (double)c->kernel.cols, height = (double)c->kernel.rows;
    return hypot(fmax(c->x + 0.5, width - 0.5 - c->x), fmax(c->y + 0.5, height - 0.5 - c->y));
}

/* ---- modulation transfer function */

typedef struct transform {
    ckn_view kernel;
    double sum;
    double *columns, *rows;  /* sums of the columns and of the rows: what the axes need */
    double *cosines, *sines; /* of the phases of the columns */
} transform;

static ckn_code create_transform(const ckn_view *kernel, transform *t, ckn_error *error) {
    *t = (transform){.kernel = *kernel};
    CKN_TRY(ckn_allocate(&t->columns, 3 * kernel->cols + kernel->rows, sizeof(double),
                         "the transfer function", error));
    t->cosines = t->columns + kernel->cols;
    t->sines = t->cosines + kernel->cols;
    t->rows = t->sines + kernel->cols;
    for (size_t row = 0; row < kernel->rows; row++) {
        for (size_t col = 0; col < kernel->cols; col++) {
            const double h = ckn_view_at(kernel, row, col);
            t->columns[col] += h;
            t->rows[row] += h;
            t->sum += h;
        }
    }
    return CKN_OK;
}

/* |FT| of a line of numbers over |sum h|. */
static double line_modulus(const transform *t, const double *line, size_t count, double frequency) {
    double real = 0, imaginary = 0;
    for (size_t i = 0; i < count; i++) {
        real += line[i] * cos(2 * PI * frequency * (double)i);
        imaginary += line[i] * sin(2 * PI * frequency * (double)i);
    }
    return hypot(real, imaginary) / fabs(t->sum);
}

/* The same of the kernel at (u, v) cycles a pixel along x and y. */
static double modulus(const transform *t, double u, double v) {
    double real = 0, imaginary = 0;
    for (size_t col = 0; col < t->kernel.cols; col++) {
        t->cosines[col] = cos(2 * PI * u * (double)col);
        t->sines[col] = sin(2 * PI * u * (double)col);
    }
    for (size_t row = 0; row < t->kernel.rows; row++) {
        double a = 0, b = 0;
        for (size_t col = 0; col < t->kernel.cols; col++) {
            const double h = ckn_view_at(&t->kernel, row, col);
            a += h * t->cosines[col];
            b += h * t->sines[col];
        }
        const double phase = 2 * PI * v * (double)row;
        real += a * cos(phase) - b * sin(phase);
        imaginary += a * sin(phase) + b * cos(phase);
    }
    return hypot(real, imaginary) / fabs(t->sum);
}

typedef enum mtf_curve { ALONG_X, ALONG_Y, RADIAL } mtf_curve;

static double mtf_at(const transform *t, mtf_curve curve, double frequency) {
    double sum = 0;
    if (t->sum == 0)
        return NAN;
    if (curve == ALONG_X)
        return line_modulus(t, t->columns, t->kernel.cols, frequency);
    if (curve == ALONG_Y)
        return line_modulus(t, t->rows, t->kernel.rows, frequency);
    for (int i = 0; i < DIRECTIONS; i++) { /* h is real: the other half turn is the same */
        const double angle = PI * (double)i / DIRECTIONS;
        sum += modulus(t, frequency * cos(angle), frequency * sin(angle));
    }
    return sum / DIRECTIONS;
}

ckn_code ckn_kernel_mtf(ckn_view kernel, const double *frequencies, size_t count, ckn_mtf *mtf,
                        ckn_error *error) {
    transform t;
    CKN_TRY(check(&kernel, error));
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(frequencies[i]))
            return ckn_fail(error, CKN_ERROR_ARGUMENT, "frequencies must be finite (%g)",
                            frequencies[i]);
    }
    CKN_TRY(create_transform(&kernel, &t, error));
    for (size_t i = 0; i < count; i++)
        mtf[i] = (ckn_mtf){mtf_at(&t, ALONG_X, frequencies[i]), mtf_at(&t, ALONG_Y, frequencies[i]),
                           mtf_at(&t, RADIAL, frequencies[i])};
    free(t.columns);
    return CKN_OK;
}

/* ---- where a curve first reaches a level */

typedef double (*curve_fn)(const void *source, double at);

/* Looks for the first of SCAN intervals up to `end` in which the curve passes the level, and halves
 * it; NaN where there is none. */
static double first_passage(curve_fn curve, const void *source, double level, double end) {
    const bool above = curve(source, 0) > level;
    double low = 0, high = NAN;
    for (int i = 1; i <= SCAN && isnan(high); i++) {
        const double at = end * i / SCAN, value = curve(source, at);
        if ((value > level) != above || value == level)
            high = at;
        else
            low = at;
    }
    for (int i = 0; i < BISECTIONS && isfinite(high); i++) {
        const double middle = 0.5 * (low + high);
        if ((curve(source, middle) > level) == above)
            low = middle;
        else
            high = middle;
    }
    return isfinite(high) ? 0.5 * (low + high) : NAN;
}

static double energy_curve(const void *source, double at) {
    return energy_within(source, at);
}

static double x_curve(const void *source, double at) {
    return mtf_at(source, ALONG_X, at);
}

static double y_curve(const void *source, double at) {
    return mtf_at(source, ALONG_Y, at);
}

static double radial_curve(const void *source, double at) {
    return mtf_at(source, RADIAL, at);
}

static double radius_of(const circles *c, double part) {
    if (isnan(energy_within(c, 0)))
        return NAN;
    return first_passage(energy_curve, c, part, largest_radius(c));
}

ckn_code ckn_kernel_sharpness_compute(ckn_view kernel, ckn_kernel_sharpness *sharpness,
                                      ckn_error *error) {
    circles c;
    transform t;
    CKN_TRY(check(&kernel, error));
    CKN_TRY(find_centroid(&kernel, &c, error));
    CKN_TRY(create_transform(&kernel, &t, error));
    *sharpness = (ckn_kernel_sharpness){
        radius_of(&c, 0.5), radius_of(&c, 0.8), radius_of(&c, 0.9), {NAN, NAN, NAN}};
    if (isfinite(c.x)) /* else taps cancel: there is no level to fall from */
        sharpness->mtf50 =
            (ckn_mtf){first_passage(x_curve, &t, 0.5, 0.5), first_passage(y_curve, &t, 0.5, 0.5),
                      first_passage(radial_curve, &t, 0.5, 0.5)};
    free(t.columns);
    return CKN_OK;
}
