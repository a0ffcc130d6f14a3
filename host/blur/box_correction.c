/* The correction of the kurtosis: which stride, and whether it helps.
 *
 * A convolution adds cumulants. The d passes lack d kappa4 of the fourth one, kappa4 being that of
 * a single pass; c times the fourth difference of samples s apart adds 24 c s^4 and leaves the
 * lower ones alone. So c follows from s, and s is where the l1 error is smallest. A short stride
 * comes nearer to the Gaussian but takes a large weight, and a difference with a large weight
 * amplifies the rounding of the passes: weights above LARGEST_CORRECTION are not taken. */
#include "base/memory.h"
#include "blur/extended_box.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* The sum of the absolute weights is 1 + 16 c: half a unit of float32 in the last place, 3e-8,
 * becomes at most 1.5e-7. Larger weights at smaller strides gain little: at sigma 15.4 and 5 passes
 * l1 is 0.0131 with 0.14 and 0.0116 with 0.9. */
#define LARGEST_CORRECTION 0.25
/* Strides tried at each level of the search. */
#define STRIDES 16
/* A tap above this fraction of the largest counts as non-negative: it is rounding. */
#define ROUNDING (-1e-17)

/* -d kappa4 / 24, the weight at stride 1. */
static double weight_at_one(const ckn_extended_box *box) {
    double l = (double)box->l;
    double end = (l + 1) * (l + 1);
    double sum = l * (l + 1) * (2 * l + 1) * (3 * l * l + 3 * l - 1) / 30; /* of i^4, i = 1 .. l */
    double fourth = (2 * sum + 2 * box->alpha * end * end) / box->lambda;
    double excess = fourth - 3 * box->variance_pass * box->variance_pass;
    return -(double)box->passes * excess / 24;
}

typedef struct search {
    double weight;          /* at stride 1; at stride s it is weight / s^4 */
    size_t lowest, highest; /* strides */
    size_t reach;           /* of the composed kernel without correction */
    const double *middle;   /* its tap at 0, zeros beyond the reach for 4 highest samples */
    const double *gaussian; /* samples 0 .. last */
    size_t last;            /* at least reach + 2 highest */
} search;

static double weight_of(const search *job, size_t stride) {
    double s = (double)stride;
    return job->weight / (s * s * s * s);
}

/* The l1 error with this stride; infinite where a tap is negative. Stride 0: without correction. */
static double l1_error(const search *job, size_t stride) {
    double correction = stride ? weight_of(job, stride) : 0;
    double lowest = ROUNDING * job->middle[0];
    double sum = 0; /* of the right half */
    for (size_t i = 0; i <= job->reach + 2 * stride; i++) {
        double tap = ckn_box_corrected(job->middle + i, stride, correction);
        if (tap < lowest)
            return INFINITY;
        sum += (i == 0 ? 0.5 : 1) * fabs(tap - job->gaussian[i]);
    }
    for (size_t i = job->reach + 2 * stride + 1; i <= job->last; i++)
        sum += job->gaussian[i];
    return 2 * sum;
}

/* The best stride, or 0 where none is better than without. The error falls and then rises with the
 * stride, so a grid that closes in on its best point finds it. */
static size_t best_stride(const search *job) {
    size_t low = job->lowest, high = job->highest, best = 0;
    double best_error = l1_error(job, 0);
    for (;;) {
        size_t step = (high - low) / STRIDES + 1;
        for (size_t stride = low; stride <= high; stride += step) {
            double error = l1_error(job, stride);
            if (error < best_error) {
                best_error = error;
                best = stride;
            }
        }
        if (step == 1 || best == 0)
            return best;
        low = best > low + step ? best - step : low;
        high = best + step < high ? best + step : high;
    }
}

static ckn_code find_stride(const ckn_extended_box *box, search *job, size_t *stride,
                            ckn_error *error) {
    size_t margin = 4 * job->highest;
    size_t needed = ckn_gaussian_reach(box->sigma);
    job->reach = ckn_extended_box_reach(box);
    job->last = job->reach + 2 * job->highest;
    if (job->last < needed)
        job->last = needed;
    double *line = NULL, *gaussian = NULL;
    CKN_TRY(ckn_extended_box_line(box, margin, &line, error));
    ckn_code code = ckn_gaussian_half(box->sigma, job->last, &gaussian, error);
    if (code == CKN_OK) {
        job->middle = line + job->reach + margin;
        job->gaussian = gaussian;
        *stride = best_stride(job);
    }
    free(gaussian);
    free(line);
    return code;
}

ckn_code ckn_extended_box_correct(ckn_extended_box *box, int *corrected, ckn_error *error) {
    if (corrected)
        *corrected = 0;
    if (box->stride)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the box has a correction already (stride %zu); begin with "
                        "ckn_extended_box_init()",
                        box->stride);
    search job = {.weight = weight_at_one(box)};
    double highest = fmax(1, floor(0.8 * box->sigma));
    double lowest = fmax(1, ceil(pow(fmax(0, job.weight) / LARGEST_CORRECTION, 0.25)));
    /* Where a pass is more peaked than a Gaussian, as narrow ones are, there is nothing to take. */
    if (!(job.weight > 0) || lowest > highest)
        return CKN_OK;
    job.lowest = (size_t)lowest;
    job.highest = (size_t)highest;
    size_t stride = 0;
    CKN_TRY(find_stride(box, &job, &stride, error));
    if (stride == 0)
        return CKN_OK;
    box->stride = stride;
    box->correction = weight_of(&job, stride);
    if (corrected)
        *corrected = 1;
    return CKN_OK;
}
