#include "blur/short_line.h"

#include "base/memory.h"
#include "blur/box_profile.h"
#include "blur/extended_box.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Of the FIR: half a turn; up to the first sample outside the line, from wherever it is seen, which
 * stands for all behind it; or to the last sample inside. */
static size_t short_radius(size_t samples, ckn_boundary boundary) {
    const size_t period = ckn_boundary_period(boundary, samples);
    if (period > 0)
        return period / 2;
    return boundary == CKN_BOUNDARY_REPLICATE ? samples : samples - 1;
}

/* One turn of the circle, whose two halves are alike. Opposite the middle there is one tap where
 * the period is even: of the FIR, two of half its weight. */
static void wind_box(const ckn_extended_box *box, size_t period, double *taps) {
    ckn_box_profile_wound(box, period, taps);
    if (period % 2 == 0)
        taps[period / 2] *= 0.5;
}

/* All that is missing to a sum of 1 goes to both ends. */
static void gather_ends(double *taps, size_t radius) {
    double sum = taps[0];
    for (size_t k = 1; k < radius; k++)
        sum += 2 * taps[k];
    taps[radius] = 0.5 * fmax(1 - sum, 0);
}

/* Taps at k and -k that meet in one place are added; all others keep their two places. */
static void shorten_taps(const double *taps, size_t reach, size_t period, double *to,
                         size_t radius) {
    for (size_t k = 0; k <= reach; k++) {
        const size_t turned = period > 0 ? k % period : k;
        const size_t at = period > 0 && turned > period / 2 ? period - turned : turned;
        if (at <= radius)
            to[at] += at == 0 && k > 0 ? 2 * taps[k] : taps[k];
    }
}

/* What a FIR and the passes cost on one line, in products and in positions of passes. Beyond the
 * line, windows have to be filled; backends that know of periods leave whole ones out. */
static bool is_quicker(const ckn_extended_box *box, size_t samples, size_t period, size_t radius,
                       const ckn_cost *cost) {
    const bool turns = period > 0 && cost->boxes_leave_periods_out;
    const double window = (double)(turns && box->l > period ? period : box->l + 1);
    const double stride = (double)(turns && box->stride > period ? period : box->stride);
    const double positions = (double)samples + 2 * ((double)box->passes * window + stride);
    return (double)samples * (2 * (double)radius + 1) < (double)(box->passes + 1) * positions;
}

static bool shortens(const ckn_axis_plan *plan, size_t samples, size_t period, size_t radius,
                     const ckn_cost *cost) {
    const ckn_blur_axis *axis = &plan->axis;
    if (axis->method == CKN_BLUR_AUTO || axis->reach <= radius ||
        axis->reach <= CKN_FIR_PLANE_RADIUS)
        return false;
    /* The middle of a wide box, where no tap is too small for float32. */
    return axis->method == CKN_BLUR_FIR || ((double)samples <= axis->box.sigma &&
                                            is_quicker(&axis->box, samples, period, radius, cost));
}

ckn_code ckn_axis_plan_shorten(ckn_axis_plan *plan, size_t samples, ckn_boundary boundary,
                               const ckn_cost *cost, ckn_error *error) {
    const size_t period = ckn_boundary_period(boundary, samples),
                 radius = short_radius(samples, boundary);
    double *taps;
    if (!shortens(plan, samples, period, radius, cost))
        return CKN_OK;
    CKN_TRY(ckn_allocate(&taps, radius + 1, sizeof *taps, "the taps", error));
    if (plan->taps)
        shorten_taps(plan->taps, plan->radius, period, taps, radius);
    else if (period > 0)
        wind_box(&plan->axis.box, period, taps);
    else
        ckn_box_profile(&plan->axis.box, 1, radius + 1, CKN_PROFILE_EXACT, taps);
    if (boundary == CKN_BOUNDARY_REPLICATE)
        gather_ends(taps, radius);
    ckn_axis_plan_release(plan);
    plan->taps = taps;
    plan->radius = radius;
    return CKN_OK;
}
