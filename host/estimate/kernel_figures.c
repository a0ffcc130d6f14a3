/* What a kernel looks like in numbers: moments, principal axes, width. */
#include "base/view.h"

#include <math.h>

typedef struct moments {
    double sum, x, y;  /* sum of h, first moments / sum */
    double xx, yy, xy; /* central second moments / sum */
} moments;

/* A kernel whose positive and negative taps cancel to this part of their magnitudes or less has no
 * place and no width: a sharpening filter's second moments are negative, and a derivative's
 * centroid lies anywhere. Half is where the negative taps are a third of the positive ones. */
#define LEAST_REMAINING 0.5

static moments compute_moments(const ckn_view *kernel) {
    moments m = {0};
    double magnitude = 0;
    for (size_t row = 0; row < kernel->rows; row++) {
        for (size_t col = 0; col < kernel->cols; col++) {
            double h = ckn_view_at(kernel, row, col);
            m.sum += h;
            magnitude += fabs(h);
            m.x += h * (double)col;
            m.y += h * (double)row;
        }
    }
    if (m.sum == 0 || fabs(m.sum) < LEAST_REMAINING * magnitude)
        return (moments){m.sum, NAN, NAN, NAN, NAN, NAN};
    m.x /= m.sum;
    m.y /= m.sum;
    for (size_t row = 0; row < kernel->rows; row++) {
        for (size_t col = 0; col < kernel->cols; col++) {
            double h = ckn_view_at(kernel, row, col) / m.sum;
            double dx = (double)col - m.x;
            double dy = (double)row - m.y;
            m.xx += h * dx * dx;
            m.yy += h * dy * dy;
            m.xy += h * dx * dy;
        }
    }
    return m;
}

/* The root of a variance; NaN where a signed kernel has none. Rounding may leave a tiny negative
 * number where the true variance is zero. */
static double root_of_variance(double variance, double scale) {
    if (variance < 0 && variance > -1e-12 * scale)
        return 0;
    return variance < 0 ? NAN : sqrt(variance);
}

static void fill_moments(ckn_kernel_figures *figures, const moments *m) {
    double scale = fabs(m->xx) + fabs(m->yy);
    double mean = 0.5 * (m->xx + m->yy);
    double half = hypot(0.5 * (m->xx - m->yy), m->xy);
    figures->sum = m->sum;
    figures->centroid_x = m->x;
    figures->centroid_y = m->y;
    figures->std_x = root_of_variance(m->xx, scale);
    figures->std_y = root_of_variance(m->yy, scale);
    figures->std_major = root_of_variance(mean + half, scale);
    figures->std_minor = root_of_variance(mean - half, scale);
    figures->ellipticity =
        figures->std_major > 0 ? 1 - figures->std_minor / figures->std_major : NAN;
    /* A round kernel has no direction, nor has one whose roundness is off by an estimate's error.
     */
    double angle = half > 1e-3 * scale ? 0.5 * atan2(2 * m->xy, m->xx - m->yy) : NAN;
    figures->orientation = angle * 180 / acos(-1.0);
}

/* Samples along one line through the peak, in either direction from it. */
typedef struct profile {
    const ckn_view *kernel;
    size_t row, col;
    bool along_x;
} profile;

static double profile_at(const profile *line, size_t position) {
    return line->along_x ? ckn_view_at(line->kernel, line->row, position)
                         : ckn_view_at(line->kernel, position, line->col);
}

/* Distance from the peak to where the line first falls to half of it; NaN where it does not. */
static double half_width(const profile *line, int direction) {
    size_t length = line->along_x ? line->kernel->cols : line->kernel->rows;
    size_t peak = line->along_x ? line->col : line->row;
    double half = 0.5 * profile_at(line, peak);
    double inner = 2 * half;
    size_t reach = direction > 0 ? length - 1 - peak : peak;
    for (size_t step = 1; step <= reach; step++) {
        double outer = profile_at(line, direction > 0 ? peak + step : peak - step);
        if (outer <= half)
            return (double)(step - 1) + (inner - half) / (inner - outer);
        inner = outer;
    }
    return NAN;
}

static double full_width(const profile *line) {
    return half_width(line, -1) + half_width(line, 1);
}

ckn_code ckn_kernel_figures_compute(ckn_view kernel, ckn_kernel_figures *figures,
                                    ckn_error *error) {
    CKN_TRY(ckn_view_check(&kernel, "the kernel", error));
    CKN_TRY(ckn_view_check_finite(&kernel, "the kernel", error));
    *figures = (ckn_kernel_figures){.minimum = INFINITY, .maximum = -INFINITY};
    profile peak = {.kernel = &kernel};
    for (size_t row = 0; row < kernel.rows; row++) {
        for (size_t col = 0; col < kernel.cols; col++) {
            double h = ckn_view_at(&kernel, row, col);
            figures->minimum = fmin(figures->minimum, h);
            if (h > figures->maximum) {
                figures->maximum = h;
                peak.row = row;
                peak.col = col;
            }
        }
    }
    moments m = compute_moments(&kernel);
    fill_moments(figures, &m);
    figures->fwhm_x = figures->fwhm_y = NAN;
    if (figures->maximum > 0 && isfinite(m.x)) {
        peak.along_x = true;
        figures->fwhm_x = full_width(&peak);
        peak.along_x = false;
        figures->fwhm_y = full_width(&peak);
    }
    return CKN_OK;
}
