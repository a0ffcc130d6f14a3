/* How far composed boxes are from the Gaussian that is sampled at the integers and normalised. */
#include "base/memory.h"
#include "blur/extended_box.h"

#include <math.h>
#include <stdlib.h>

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

ckn_code ckn_extended_box_errors(const ckn_extended_box *box, ckn_gaussian_errors *errors,
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
