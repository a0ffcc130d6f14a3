#include "statistics/units.h"

#include "base/log.h"

#include <math.h>
#include <stdlib.h>

ckn_levels ckn_levels_of_none(void) {
    return (ckn_levels){.extent = {INFINITY, -INFINITY, true}};
}

void ckn_levels_add(ckn_levels *levels, const ckn_view *view, const ckn_view *weight,
                    const ckn_extent *extent) {
    const ckn_pedestal own = ckn_pedestal_measure(view, weight, extent);
    const double before = (double)levels->count, after = before + 1;
    ckn_extent *all = &levels->extent;
    *all = (ckn_extent){fmin(all->low, extent->low), fmax(all->high, extent->high),
                        all->finite && extent->finite};
    if (levels->count == 0 || ckn_pedestal_ratio(&own, 0) > ckn_pedestal_ratio(&levels->worst, 0))
        levels->worst = own;
    levels->mean.level = levels->mean.level * (before / after) + own.level / after;
    levels->mean.detail = levels->mean.detail * (before / after) + own.detail / after;
    levels->count++;
}

/* 1 for magnitudes that float32 squares without loss; else the power of two that brings
 * `magnitude` to [1/2, 1). */
static double choose_scale(double magnitude) {
    enum { COMFORTABLE = 16 };
    int exponent = 0;
    frexp(magnitude, &exponent);
    return magnitude == 0 || abs(exponent) <= COMFORTABLE ? 1 : ldexp(1, -exponent);
}

/* A pedestal of a few times the detail does no harm and is left where it is. */
static double choose_shift(const ckn_levels *levels) {
    static const double harmless = 16;
    return ckn_pedestal_ratio(&levels->mean, 0) > harmless ? levels->mean.level : 0;
}

static double shifted_magnitude(const ckn_levels *levels, double shift) {
    return fmax(fabs(levels->extent.low - shift), fabs(levels->extent.high - shift));
}

static bool costs_digits(const ckn_levels *levels, double shift) {
    return ckn_pedestal_ratio(&levels->worst, shift) > CKN_PEDESTAL_LARGE;
}

static void warn(const ckn_problem *problem, const char *image, const ckn_levels *levels) {
    ckn_log_line(&problem->backend->log, CKN_LOG_WARNING,
                 "the %s image has a pedestal of %.3g, which is %.1g times its detail: digits of "
                 "the kernel are lost; fit it (--background constant), or subtract it from the "
                 "image",
                 image, levels->worst.level, ckn_pedestal_ratio(&levels->worst, 0));
}

void ckn_units_choose(ckn_problem *problem, const ckn_levels *x, const ckn_levels *y,
                      bool sum_is_one) {
    ckn_problem_units units = {.x_shift = 0};
    /* A prior is relative to the energy of the images as they are. */
    const bool common_shift = sum_is_one && problem->lambda == 0 && problem->gains == 0;
    problem->fits_pedestal = problem->background == CKN_BACKGROUND_AUTO && !common_shift &&
                             (costs_digits(x, 0) || costs_digits(y, 0));
    if (problem->background > CKN_BACKGROUND_NONE || problem->fits_pedestal) {
        units.x_shift = choose_shift(x);
        units.y_shift = choose_shift(y);
    } else if (common_shift)
        units.x_shift = units.y_shift = choose_shift(x);
    units.x_scale = choose_scale(shifted_magnitude(x, units.x_shift));
    units.y_scale = sum_is_one ? units.x_scale : choose_scale(shifted_magnitude(y, units.y_shift));
    problem->units = units;
    if (problem->fits_pedestal)
        ckn_log_line(&problem->backend->log, CKN_LOG_INFO,
                     "background constant: a pedestal of more than %g times the detail is fitted, "
                     "as digits of the kernel would be lost beside it",
                     CKN_PEDESTAL_LARGE);
    if (costs_digits(x, units.x_shift))
        warn(problem, "sharp", x);
    else if (problem->pairs[0].y && costs_digits(y, units.y_shift))
        warn(problem, "blurred", y);
}
