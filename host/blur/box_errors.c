/* How far composed boxes are from the Gaussian that is sampled at the integers and normalised. */
#include "base/memory.h"
#include "blur/box_profile.h"
#include "blur/extended_box.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Passes times taps up to which the kernel is composed; it is sampled otherwise. */
#define MOST_COMPOSED (1 << 18)
/* Samples of the right half then. */
#define SAMPLES 4096
#define SQRT_2_PI 2.50662827463100050242

size_t ckn_gaussian_reach(double sigma) {
    return (size_t)ceil(10 * sigma);
}

ckn_code ckn_gaussian_half(double sigma, size_t reach, double **half, ckn_error *error) {
    CKN_TRY(ckn_allocate(half, reach + 1, sizeof **half, "a sampled Gaussian", error));
    double *sample = *half;
    double sum = 0;
    /* From the small samples to the large ones, so that none is lost in the sum. */
    for (size_t i = reach; i > 0; i--) {
        double u = (double)i / sigma;
        sample[i] = exp(-0.5 * u * u);
        sum += 2 * sample[i];
    }
    sample[0] = 1;
    sum += 1;
    for (size_t i = 0; i <= reach; i++)
        sample[i] /= sum;
    return CKN_OK;
}

/* Both lines are symmetric: `middle` is the tap at 0 of the kernel, which has `half` taps beside
 * it, `gaussian` holds samples 0 .. last. */
static ckn_gaussian_errors compare(const double *middle, size_t half, const double *gaussian,
                                   size_t last) {
    ckn_gaussian_errors errors = {0};
    double cumulative = 0; /* from the centre outwards: both sums are 1, so it is 0 at both ends */
    for (size_t i = 0; i <= last; i++) {
        double difference = (i <= half ? middle[i] : 0) - gaussian[i];
        double weight = i == 0 ? 1 : 2;
        cumulative += i == 0 ? 0.5 * difference : difference;
        errors.max = fmax(errors.max, fabs(difference));
        errors.l1 += weight * fabs(difference);
        errors.l2 += weight * difference * difference;
        errors.step = fmax(errors.step, fabs(cumulative));
    }
    errors.l2 = sqrt(errors.l2);
    return errors;
}

/* Every sample. */
static ckn_code composed_errors(const ckn_extended_box *box, ckn_gaussian_errors *errors,
                                ckn_error *error) {
    size_t count = ckn_extended_box_length(box);
    size_t half = count / 2;
    size_t needed = ckn_gaussian_reach(box->sigma);
    size_t last = half > needed ? half : needed;
    double *taps = NULL, *gaussian = NULL;
    CKN_TRY(ckn_allocate(&taps, count, sizeof *taps, "the composed kernel", error));
    ckn_code code = ckn_extended_box_compose(box, taps, error);
    if (code == CKN_OK)
        code = ckn_gaussian_half(box->sigma, last, &gaussian, error);
    if (code == CKN_OK)
        *errors = compare(taps + half, half, gaussian, last);
    free(gaussian);
    free(taps);
    return code;
}

/* The middle one of the Gaussian's samples, whose sum is 1. */
static double gaussian_top(double sigma) {
    double sum = sigma * SQRT_2_PI; /* exact to the last digit from 2 on */
    if (sigma < 2) {
        sum = 1;
        for (size_t i = 1; i <= ckn_gaussian_reach(sigma); i++)
            sum += 2 * exp(-0.5 * ((double)i / sigma) * ((double)i / sigma));
    }
    return 1 / sum;
}

/* The sums over all samples from those over every `step`-th, by the trapezium rule, plus what that
 * may miss, which is less than a hundredth: the l1 error is a promise. `taps` becomes the
 * differences. */
static ckn_gaussian_errors sampled_figures(double *taps, size_t count, size_t step, double sigma) {
    const double width = (double)step, top = gaussian_top(sigma);
    ckn_gaussian_errors errors = {0};
    double cumulative = 0, variation = 0;
    for (size_t i = 0; i < count; i++) {
        const double u = (double)i * width / sigma, weight = i == 0 ? 1 : 2;
        taps[i] -= top * exp(-0.5 * u * u);
        errors.max = fmax(errors.max, fabs(taps[i]));
        errors.l1 += weight * width * fabs(taps[i]);
        errors.l2 += weight * width * taps[i] * taps[i];
        if (i > 0) {
            variation += fabs(taps[i] - taps[i - 1]);
            cumulative += 0.5 * width * (taps[i] + taps[i - 1]);
        }
        errors.step = fmax(errors.step, fabs(cumulative + 0.5 * taps[i]));
    }
    errors.l1 += (width - 1) * variation;
    errors.l2 = sqrt(errors.l2);
    return errors;
}

static ckn_code sampled_errors(const ckn_extended_box *box, ckn_gaussian_errors *errors,
                               ckn_error *error) {
    const size_t needed = ckn_gaussian_reach(box->sigma), reach = ckn_box_profile_reach(box);
    const size_t last = reach > needed ? reach : needed, step = last / SAMPLES + 1;
    const size_t count = last / step + 1;
    double *taps;
    CKN_TRY(ckn_allocate(&taps, count, sizeof *taps, "samples of the kernel", error));
    ckn_box_profile(box, step, count, CKN_PROFILE_COARSE, taps);
    *errors = sampled_figures(taps, count, step, box->sigma);
    free(taps);
    return CKN_OK;
}

ckn_code ckn_extended_box_errors(const ckn_extended_box *box, ckn_gaussian_errors *errors,
                                 ckn_error *error) {
    CKN_TRY(ckn_extended_box_check(box, error));
    const bool small = box->passes * ckn_extended_box_length(box) <= MOST_COMPOSED;
    return (small ? composed_errors : sampled_errors)(box, errors, error);
}
