#include "blur/blur_axis.h"

#include "base/memory.h"
#include "blur/extended_box.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* More passes than this are never the answer: a FIR is quicker, or nearly so. */
#define MOST_CHOSEN_PASSES ((size_t)60)
/* From here on the error of d boxes no longer depends on sigma to speak of. */
#define LARGE_SIGMA 60.0

/* A box of `passes`, corrected where that is wanted and helps, and its error. */
static ckn_code try_box(ckn_extended_box *box, double sigma, size_t passes, int correction,
                        double *l1, ckn_error *error) {
    ckn_gaussian_errors errors;
    CKN_TRY(ckn_extended_box_init(box, sigma, passes, error));
    if (correction)
        CKN_TRY(ckn_extended_box_correct(box, NULL, error));
    CKN_TRY(ckn_extended_box_errors(box, &errors, error));
    *l1 = errors.l1;
    return CKN_OK;
}

/* Which box is wanted: at most `most` passes, an l1 error of at most `l1`. */
typedef struct box_wish {
    double sigma, l1;
    int correction;
    size_t most;
} box_wish;

static ckn_code reaches(const box_wish *wish, size_t passes, bool *answer, ckn_error *error) {
    ckn_extended_box box;
    double l1;
    CKN_TRY(try_box(&box, wish->sigma, passes, wish->correction, &l1, error));
    *answer = l1 <= wish->l1;
    return CKN_OK;
}

/* The fewest passes from `first` on that reach the accuracy; 0 where none do. Each box that is
 * tried has to be composed, so that wide ones, whose error falls steadily, are tried in larger
 * steps first. */
static ckn_code fewest_passes(const box_wish *wish, size_t first, size_t *passes,
                              ckn_error *error) {
    const size_t slowness = wish->sigma > 20 ? 6 : wish->most + 1;
    size_t failed = first - 1;
    bool enough = false;
    for (*passes = first; *passes <= wish->most; *passes += 1 + *passes / slowness) {
        CKN_TRY(reaches(wish, *passes, &enough, error));
        if (enough)
            break;
        failed = *passes;
    }
    while (enough && *passes > failed + 1) {
        CKN_TRY(reaches(wish, *passes - 1, &enough, error));
        if (enough)
            (*passes)--;
    }
    if (*passes > wish->most)
        *passes = 0;
    return CKN_OK;
}

/* For a large sigma composing takes long, so the search begins with what a smaller one takes. */
static ckn_code choose_passes(const box_wish *wish, size_t *passes, ckn_error *error) {
    box_wish smaller = *wish;
    smaller.sigma = fmin(wish->sigma, LARGE_SIGMA);
    CKN_TRY(fewest_passes(&smaller, 1, passes, error));
    if (wish->sigma <= LARGE_SIGMA || *passes == 0)
        return CKN_OK;
    return fewest_passes(wish, *passes, passes, error);
}

static ckn_code fail_inaccurate(double sigma, const ckn_blur_options *options, ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_ARGUMENT,
                    "up to %zu boxes do not reach an accuracy of %.3g at sigma %g; allow a larger "
                    "error, give the number of passes, or use the method fir",
                    MOST_CHOSEN_PASSES, options->accuracy, sigma);
}

static ckn_code make_box(ckn_blur_axis *axis, double sigma, size_t passes, int correction,
                         ckn_error *error) {
    axis->method = CKN_BLUR_BOX;
    CKN_TRY(try_box(&axis->box, sigma, passes, correction, &axis->error_l1, error));
    axis->reach = ckn_box_reach(&axis->box);
    return CKN_OK;
}

/* Cut off at r, the Gaussian lacks its tails; made to sum 1 again, it has their mass elsewhere:
 * its l1 error is twice that mass. */
static size_t fir_radius(const double *half, size_t reach, double l1, double *error_l1) {
    double tails = 0;
    size_t radius = reach;
    while (radius > 0 && 2 * (tails + 2 * half[radius]) <= l1)
        tails += 2 * half[radius--];
    *error_l1 = 2 * tails;
    return radius;
}

static ckn_code make_fir(ckn_axis_plan *plan, double sigma, double l1, ckn_error *error) {
    if (!isfinite(sigma) || sigma <= 0 || sigma > CKN_BOX_LARGEST_REACH / 64.0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "sigma must be positive and at most %d for the method fir (%g)",
                        CKN_BOX_LARGEST_REACH / 64, sigma);
    const size_t reach = ckn_gaussian_reach(sigma);
    CKN_TRY(ckn_gaussian_half(sigma, reach, &plan->taps, error));
    plan->axis.method = CKN_BLUR_FIR;
    plan->axis.reach = fir_radius(plan->taps, reach, l1, &plan->axis.error_l1);
    double sum = plan->taps[0];
    for (size_t k = 1; k <= plan->axis.reach; k++)
        sum += 2 * plan->taps[k];
    for (size_t k = 0; k <= plan->axis.reach; k++)
        plan->taps[k] /= sum;
    plan->radius = plan->axis.reach;
    return CKN_OK;
}

/* Seconds a sample. Short FIRs along both axes share a trip through memory. */
static double fir_seconds(const ckn_blur_axis *axis, const ckn_cost *cost) {
    const bool together = axis->reach <= CKN_FIR_PLANE_RADIUS;
    return (together ? cost->seconds_per_fir_trip : cost->seconds_per_box_trip) +
           (double)(2 * axis->reach + 1) * cost->seconds_per_fir_tap;
}

/* Passes, a correction among them, that take no longer than so many seconds a sample. */
static size_t passes_within(double seconds, const ckn_cost *cost) {
    const double passes = (seconds - cost->seconds_per_box_trip) / cost->seconds_per_box_pass;
    return passes >= (double)MOST_CHOSEN_PASSES ? MOST_CHOSEN_PASSES
           : passes >= 1                        ? (size_t)passes
                                                : 0;
}

/* The quicker one of those that reach the accuracy. */
static ckn_code choose(ckn_axis_plan *plan, box_wish *wish, const ckn_blur_options *options,
                       const ckn_cost *cost, ckn_error *error) {
    const bool fir_possible = wish->sigma <= CKN_BOX_LARGEST_REACH / 64.0;
    if (fir_possible) {
        CKN_TRY(make_fir(plan, wish->sigma, wish->l1, error));
        wish->most = passes_within(fir_seconds(&plan->axis, cost), cost);
        if (wish->correction && wish->most > 0)
            wish->most--;
    }
    size_t passes;
    CKN_TRY(choose_passes(wish, &passes, error));
    if (passes == 0)
        return fir_possible ? CKN_OK : fail_inaccurate(wish->sigma, options, error);
    ckn_axis_plan_release(plan);
    return make_box(&plan->axis, wish->sigma, passes, wish->correction, error);
}

static ckn_code make(ckn_axis_plan *plan, double sigma, const ckn_blur_options *options, double l1,
                     const ckn_cost *cost, ckn_error *error) {
    box_wish wish = {sigma, l1, options->correction, MOST_CHOSEN_PASSES};
    if (options->method == CKN_BLUR_FIR)
        return make_fir(plan, sigma, l1, error);
    if (options->passes > 0)
        return make_box(&plan->axis, sigma, options->passes, options->correction, error);
    if (options->method == CKN_BLUR_AUTO)
        return choose(plan, &wish, options, cost, error);
    size_t passes;
    CKN_TRY(choose_passes(&wish, &passes, error));
    if (passes == 0)
        return fail_inaccurate(sigma, options, error);
    return make_box(&plan->axis, sigma, passes, options->correction, error);
}

ckn_code ckn_axis_plan_create(ckn_axis_plan *plan, double sigma, const ckn_blur_options *options,
                              double l1, const ckn_cost *cost, ckn_error *error) {
    *plan = (ckn_axis_plan){.axis.method = CKN_BLUR_AUTO};
    if (sigma == 0)
        return CKN_OK;
    ckn_code code = make(plan, sigma, options, l1, cost, error);
    if (code != CKN_OK)
        ckn_axis_plan_release(plan);
    return code;
}

ckn_code ckn_axis_plan_copy(ckn_axis_plan *plan, const ckn_axis_plan *from, ckn_error *error) {
    *plan = (ckn_axis_plan){.axis = from->axis, .radius = from->radius};
    if (!from->taps)
        return CKN_OK;
    const size_t count = from->radius + 1;
    CKN_TRY(ckn_allocate(&plan->taps, count, sizeof *plan->taps, "the taps", error));
    memcpy(plan->taps, from->taps, count * sizeof *plan->taps);
    return CKN_OK;
}

void ckn_axis_plan_release(ckn_axis_plan *plan) {
    free(plan->taps);
    plan->taps = NULL;
}
