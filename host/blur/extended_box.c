/* From sigma to the extended box. Formulas: Gwosdek, Grewenig, Bruhn & Weickert, SSVM 2011. */
#include "blur/extended_box.h"

#include "base/box_shape.h"
#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

ckn_code ckn_extended_box_init(ckn_extended_box *box, double sigma, size_t passes,
                               ckn_error *error) {
    if (!isfinite(sigma) || sigma <= 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "sigma must be positive and finite (%g)", sigma);
    if (passes < 1 || passes > CKN_BOX_MOST_PASSES)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "passes must be from 1 to %d (%zu)",
                        CKN_BOX_MOST_PASSES, passes);
    *box = (ckn_extended_box){.sigma = sigma, .passes = passes};
    ckn_extended_box_shape(box, sigma * sigma / (double)passes);
    if (!((double)passes * (0.5 * box->lambda) <= CKN_BOX_LARGEST_REACH))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "sigma %g with %zu passes reaches %g samples to each side; the limit is %d",
                        sigma, passes, (double)passes * (0.5 * box->lambda), CKN_BOX_LARGEST_REACH);
    return CKN_OK;
}

void ckn_extended_box_shape(ckn_extended_box *box, double variance) {
    const ckn_box_shape pass = ckn_box_shape_of(variance);
    box->l = (size_t)pass.l;
    box->alpha = pass.alpha;
    box->lambda = pass.lambda;
    box->variance_pass = variance;
}

/* A pass may be a little longer than its share of the reach: its ends may have weight 0, and where
 * a correction takes variance from it, it is shorter. */
static bool sizes_are_good(const ckn_extended_box *box) {
    const size_t most = (size_t)CKN_BOX_LARGEST_REACH;
    return box->passes >= 1 && box->passes <= CKN_BOX_MOST_PASSES && box->l <= most &&
           box->passes * (box->l + 1) <= most + box->passes && box->stride <= 2 * most;
}

static bool weights_are_good(const ckn_extended_box *box) {
    const double lambda = 2 * (double)box->l + 1 + 2 * box->alpha;
    return box->alpha >= 0 && box->alpha <= 1 && fabs(box->lambda - lambda) <= 1e-6 * lambda &&
           box->correction >= 0 && box->correction <= 0.5;
}

double ckn_extended_box_variance(const ckn_extended_box *box) {
    const double l = (double)box->l, end = l + 1;
    return (double)box->passes * (l * (l + 1) * (2 * l + 1) / 3 + 2 * box->alpha * end * end) /
           box->lambda;
}

/* Work on boxes is bounded by what they are: sizes that do not belong together have no bound. */
static bool sigma_is_good(const ckn_extended_box *box) {
    const double s = (double)box->stride;
    const double deviation = sqrt(ckn_extended_box_variance(box) + 2 * box->correction * s * s);
    return fabs(deviation - box->sigma) <= 1e-3 * (1 + box->sigma) &&
           box->stride <= 8 * ckn_extended_box_reach(box);
}

ckn_code ckn_extended_box_check(const ckn_extended_box *box, ckn_error *error) {
    if (!(box->sigma > 0) || box->sigma > CKN_BOX_LARGEST_REACH)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the sigma of a box must be positive and at most %d (%g)",
                        CKN_BOX_LARGEST_REACH, box->sigma);
    if (!sizes_are_good(box))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a box has 1 to %d passes and reaches at most %d samples to each side "
                        "(%zu passes of half length %zu, stride %zu); make it by "
                        "ckn_extended_box_init()",
                        CKN_BOX_MOST_PASSES, CKN_BOX_LARGEST_REACH, box->passes, box->l,
                        box->stride);
    if (!weights_are_good(box))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "alpha %g, lambda %g and correction %g are not those of a box of half "
                        "length %zu; make it by ckn_extended_box_init()",
                        box->alpha, box->lambda, box->correction, box->l);
    if (!sigma_is_good(box))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%zu passes of half length %zu with stride %zu and correction %g have not "
                        "the sigma %g; make the box by ckn_extended_box_init()",
                        box->passes, box->l, box->stride, box->correction, box->sigma);
    return CKN_OK;
}

size_t ckn_extended_box_reach(const ckn_extended_box *box) {
    return box->passes * (box->l + 1);
}

size_t ckn_extended_box_length(const ckn_extended_box *box) {
    if (!sizes_are_good(box))
        return 0;
    return 2 * (ckn_extended_box_reach(box) + box->stride) + 1;
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

ckn_code ckn_extended_box_line(const ckn_extended_box *box, size_t margin, double **line,
                               ckn_error *error) {
    /* A rim of one more pass on each side lets every pass be computed by the same loop. */
    size_t reach = ckn_extended_box_reach(box);
    size_t rim = box->l + 1 > margin ? box->l + 1 : margin;
    size_t count = 2 * (reach + rim) + 1;
    double *work = NULL;
    CKN_TRY(ckn_allocate(&work, 3 * count, sizeof *work, "the composed kernel", error));
    double *middle = work + reach + rim;
    *middle = 1;
    for (size_t pass = 0; pass < box->passes; pass++)
        convolve_with_pass(box, work, count, work + count);
    ckn_code code =
        ckn_allocate(line, 2 * (reach + margin) + 1, sizeof **line, "the composed kernel", error);
    /* The block sums are symmetric up to rounding only; the kernel is to be so exactly. */
    for (size_t i = 0; code == CKN_OK && i <= reach; i++)
        (*line)[reach + margin + i] = (*line)[reach + margin - i] = middle[i];
    free(work);
    return code;
}

ckn_code ckn_extended_box_compose(const ckn_extended_box *box, double *taps, ckn_error *error) {
    size_t reach = ckn_extended_box_reach(box), stride = box->stride;
    size_t half = reach + stride, margin = 2 * stride;
    double c = box->correction;
    double *line;
    CKN_TRY(ckn_extended_box_check(box, error));
    if (box->passes * ckn_extended_box_length(box) > CKN_BOX_MOST_COMPOSED)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%zu passes with %zu taps in all are too many to be composed; the limit of "
                        "passes times taps is %zu",
                        box->passes, ckn_extended_box_length(box), CKN_BOX_MOST_COMPOSED);
    CKN_TRY(ckn_extended_box_line(box, margin, &line, error));
    for (size_t i = 0; i <= half; i++) {
        const double *at = line + reach + margin + i;
        taps[half + i] = taps[half - i] = (1 - 2 * c) * at[0] + c * (*(at - stride) + at[stride]);
    }
    free(line);
    return CKN_OK;
}
