#include "judge/evidence.h"

#include <math.h>

/* The residual is no more than this many steps of BLURRED: rounding leaves 0.29, cutting off 0.58
 * about its mean. */
#define LARGEST_ROUNDING 0.6
#define FINE_STEPS 64 /* within the range: fewer values are no rounding but a change of its own */
#define FLOAT_ROUNDING 1e-6 /* of the largest sample: float32 files */
/* Structure that neighbours do not share is about half of what they do: tried on the pairs of
 * tests/bench/sections/verdicts.py. */
#define UNSEEN 1.5
/* Convolutions of those pairs have up to 0.4 %, but for lossy files and cut kernels. */
#define LEAST_SHARE 0.008
#define LEAST_REMAINING 0.002 /* of the change with that of contrast and brightness */
/* Where the residual changes most where blocks of 8 samples meet, BLURRED was a JPEG once. */
#define LOSSY_BLOCKS 1.6
#define LOSSY_SHARE 0.25
#define LOSSY_MEDIAN 0.05 /* and it did so everywhere */
/* Of the bound that quantisation steps give: coefficients smaller than half their step are off by
 * no more than themselves. Convolutions of those pairs have up to 0.5. Kernels that sharpen
 * amplify those of SHARP, which the estimate has less of. */
#define PART_OF_LOSSES 0.6
/* Noise of SHARP that correlations of the kernel's own kind tell of. */
#define SAME_CORRELATIONS 0.5
#define NOISE_ALLOWANCE 1.5
#define EVEN_MEDIAN 0.7 /* noise is everywhere: the median tile has this part of the mean */

/* The part of the correlations that those of the kernel do not explain, and *factor, that of r^2
 * which is noise of SHARP where they do. */
static double unlike_kernel(const ckn_judge_evidence *e, double *factor) {
    double both = 0, own = 0, most = 0;
    for (size_t i = 0; i < CKN_JUDGE_LAGS; i++) {
        both += e->correlations[i] * e->of_kernel[i];
        own += e->of_kernel[i] * e->of_kernel[i];
    }
    *factor = own > 0 ? fmin(fmax(both / own, 0), 1) : 0;
    for (size_t i = 0; i < CKN_JUDGE_LAGS; i++)
        most = fmax(most, fabs(e->correlations[i] - *factor * e->of_kernel[i]));
    return most / fmax(fabs(e->correlation), 1e-12);
}

/* Whether noise in SHARP, which h * SHARP has in correlated form, is what remains. */
static bool is_noise_of_sharp(const ckn_judge_evidence *e) {
    double factor;
    return e->median > EVEN_MEDIAN && unlike_kernel(e, &factor) < SAME_CORRELATIONS &&
           sqrt(factor * e->square) <= NOISE_ALLOWANCE * e->sharp_noise * e->kernel_norm;
}

static bool is_rounding(const ckn_verdict_job *job, const ckn_judge_evidence *e) {
    const double remains = sqrt(e->square);
    const bool fine = job->step > 0 && job->step * FINE_STEPS <= e->largest;
    return (fine && remains <= LARGEST_ROUNDING * job->step) ||
           remains <= FLOAT_ROUNDING * e->largest;
}

/* Losses of SHARP come into the model with the kernel. */
static bool is_loss(const ckn_verdict_job *job, const ckn_judge_evidence *e) {
    const double losses =
        hypot(PART_OF_LOSSES * job->blurred_loss, job->sharp_loss * e->kernel_norm);
    return sqrt(e->structured * e->square) <= losses ||
           (e->blocks > LOSSY_BLOCKS && e->share < LOSSY_SHARE && e->median > LOSSY_MEDIAN);
}

void ckn_judge_weigh(const ckn_verdict_job *job, ckn_judge_evidence *e) {
    const double size = fabs(e->correlation);
    if (is_rounding(job, e))
        e->noise = "what remains is no more than rounding";
    else if (size <= e->chance)
        e->noise = "what remains is white noise";
    else if (is_noise_of_sharp(e))
        e->noise = "what remains is correlated as noise in SHARP would be";
    e->structured = e->noise ? 0 : fmin(1, UNSEEN * size);
    const double structure = e->structured * e->square, white = e->square - structure;
    const double reference = fmax(fmin(e->reference, e->change) - white, structure);
    const double change = fmax(e->change - white, structure);
    e->share = structure > 0 ? structure / reference : 0;
    e->explained = structure > 0 ? 1 - structure / change : 1;
    if (!e->noise && is_loss(job, e))
        e->noise = "what remains is no more than lossy compression leaves";
}

bool ckn_judge_is_unexplained(const ckn_judge_evidence *e) {
    return !e->noise && e->share >= LEAST_SHARE && 1 - e->explained >= LEAST_REMAINING;
}
