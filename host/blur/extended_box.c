/* From sigma to the extended box. Formulas: Gwosdek, Grewenig, Bruhn & Weickert, SSVM 2011. */
#include "blur/extended_box.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

ckn_code ckn_extended_box_init(ckn_extended_box *box, double sigma, size_t passes,
                               ckn_error *error) {
    if (!isfinite(sigma) || sigma <= 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "sigma must be positive and finite (%g)", sigma);
    if (passes < 1 || passes > CKN_BOX_MOST_PASSES)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "passes must be from 1 to %d (%zu)",
                        CKN_BOX_MOST_PASSES, passes);
    double variance = sigma * sigma / (double)passes;
    double l = floor(0.5 * sqrt(12 * variance + 1) - 0.5);
    if (!((double)passes * (l + 1) <= CKN_BOX_LARGEST_REACH))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "sigma %g with %zu passes reaches %g samples to each side; the limit is %d",
                        sigma, passes, (double)passes * (l + 1), CKN_BOX_LARGEST_REACH);
    /* fmax: where l(l+1) = 3v exactly, rounding may leave -1e-17. */
    double alpha =
        fmax(0, (2 * l + 1) * (l * (l + 1) - 3 * variance) / (6 * (variance - (l + 1) * (l + 1))));
    *box = (ckn_extended_box){
        .sigma = sigma,
        .passes = passes,
        .l = (size_t)l,
        .alpha = alpha,
        .lambda = 2 * l + 1 + 2 * alpha,
        .variance_pass = variance,
    };
    return CKN_OK;
}

size_t ckn_extended_box_reach(const ckn_extended_box *box) {
    return box->passes * (box->l + 1);
}

size_t ckn_extended_box_length(const ckn_extended_box *box) {
    return 2 * ckn_extended_box_reach(box) + 1;
}

/* suffix[i] = sum of in[i .. end of its block], prefix[i] = sum of in[start of its block .. i], for
 * blocks of `block` samples: any window of that length is one suffix plus one prefix (van Herk
 * 1992). Only additions, so small tails keep their precision beside a large centre. */
static void block_sums(const double *in, size_t count, size_t block, double *prefix,
                       double *suffix) {
    for (size_t i = 0; i < count; i++)
        prefix[i] = in[i] + (i % block == 0 ? 0 : prefix[i - 1]);
    for (size_t i = count; i-- > 0;)
        suffix[i] = in[i] + (i + 1 == count || (i + 1) % block == 0 ? 0 : suffix[i + 1]);
}

/* One pass over `taps`, which is zero but for its middle. sums: 2 * count scratch. */
static void convolve_with_pass(const ckn_extended_box *box, double *taps, size_t count,
                               double *sums) {
    size_t l = box->l;
    size_t block = 2 * l + 1;
    double *prefix = sums;
    double *suffix = sums + count;
    block_sums(taps, count, block, prefix, suffix);
    double *out = prefix; /* out[i] is written after prefix[i + l] was read for the last time */
    double *in = taps;
    for (size_t i = l + 1; i + l + 1 < count; i++) {
        double window = (i - l) % block == 0 ? suffix[i - l] : suffix[i - l] + prefix[i + l];
        out[i - l - 1] = (window + box->alpha * (in[i - l - 1] + in[i + l + 1])) / box->lambda;
    }
    for (size_t i = 0; i < count; i++)
        in[i] = i >= l + 1 && i + l + 1 < count ? out[i - l - 1] : 0;
}

ckn_code ckn_extended_box_compose(const ckn_extended_box *box, double *taps, ckn_error *error) {
    /* A rim of one more reach on each side lets every pass be computed by the same loop. */
    size_t reach = ckn_extended_box_reach(box);
    size_t rim = box->l + 1;
    size_t count = 2 * (reach + rim) + 1;
    double *work = NULL;
    CKN_TRY(ckn_allocate(&work, 3 * count, sizeof *work, "the composed kernel", error));
    work[reach + rim] = 1;
    for (size_t pass = 0; pass < box->passes; pass++)
        convolve_with_pass(box, work, count, work + count);
    for (size_t i = 0; i < ckn_extended_box_length(box); i++)
        taps[i] = work[rim + i];
    free(work);
    return CKN_OK;
}

/* Sum of exp(-i^2 / 2 sigma^2) over all integers, so far as doubles see it. */
static double gaussian_sum(double sigma) {
    double sum = 1;
    size_t last = (size_t)ceil(40 * sigma);
    for (size_t i = 1; i <= last; i++) {
        double u = (double)i / sigma;
        sum += 2 * exp(-0.5 * u * u);
    }
    return sum;
}

ckn_code ckn_extended_box_errors(const ckn_extended_box *box, ckn_gaussian_errors *errors,
                                 ckn_error *error) {
    double *taps = NULL;
    CKN_TRY(ckn_allocate(&taps, ckn_extended_box_length(box), sizeof *taps, "the composed kernel",
                         error));
    ckn_code code = ckn_extended_box_compose(box, taps, error);
    if (code != CKN_OK) {
        free(taps);
        return code;
    }
    size_t reach = ckn_extended_box_reach(box);
    double norm = gaussian_sum(box->sigma);
    double last = fmax((double)reach, ceil(40 * box->sigma));
    *errors = (ckn_gaussian_errors){0};
    for (size_t i = 0; (double)i <= last; i++) {
        double u = (double)i / box->sigma;
        double tap = i <= reach ? taps[reach + i] : 0;
        double difference = fabs(tap - exp(-0.5 * u * u) / norm);
        double weight = i == 0 ? 1 : 2;
        errors->max = fmax(errors->max, difference);
        errors->l1 += weight * difference;
        errors->l2 += weight * difference * difference;
    }
    errors->l2 = sqrt(errors->l2);
    free(taps);
    return CKN_OK;
}
