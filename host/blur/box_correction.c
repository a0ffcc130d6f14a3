/* The correction of the kurtosis: which stride, which weight, and whether it helps.
 *
 * A convolution adds cumulants. Three taps (c, 1 - 2c, c), s samples apart, have variance 2 c s^2
 * and fourth cumulant 2 c s^4 (1 - 6c): positive for c < 1/6 and largest for c = 1/12. For each
 * stride there is so at most one weight up to 1/12 that cancels what d boxes of the remaining
 * variance lack; the stride is where the l1 error is smallest, which is near sigma (1.2 sigma for
 * five passes). */
#include "blur/extended_box.h"

#include <math.h>
#include <stdbool.h>

#define LARGEST_WEIGHT (1.0 / 12)
/* Of the variance, that the three taps may take. */
#define LARGEST_SHARE 0.9
/* Strides tried at each level of the search, and the largest in units of sigma. */
#define STRIDES 12
#define LARGEST_STRIDE 1.8
/* From here on the best stride grows with sigma to the last sample that matters. */
#define LARGE_SIGMA 60.0

/* The fourth cumulant of one pass. */
static double excess_of(const ckn_extended_box *box) {
    double l = (double)box->l;
    double end = (l + 1) * (l + 1);
    double sum = l * (l + 1) * (2 * l + 1) * (3 * l * l + 3 * l - 1) / 30; /* of i^4, i = 1 .. l */
    double fourth = (2 * sum + 2 * box->alpha * end * end) / box->lambda;
    return fourth - 3 * box->variance_pass * box->variance_pass;
}

/* Gives the boxes the variance that is left; returns the fourth cumulant of all. */
static double set_weight(ckn_extended_box *box, double c) {
    double s = (double)box->stride;
    double left = box->sigma * box->sigma - 2 * c * s * s;
    box->correction = c;
    ckn_extended_box_shape(box, left / (double)box->passes);
    return (double)box->passes * excess_of(box) + 2 * c * s * s * s * s * (1 - 6 * c);
}

/* The weight for a stride, by bisection. False where there is none. */
static bool solve(ckn_extended_box *box, size_t stride) {
    box->stride = stride;
    double s = (double)stride;
    double low = 0;
    double high = fmin(LARGEST_WEIGHT, LARGEST_SHARE * box->sigma * box->sigma / (2 * s * s));
    if (set_weight(box, low) >= 0 || set_weight(box, high) <= 0)
        return false;
    for (int i = 0; i < 60; i++) {
        double middle = 0.5 * (low + high);
        *(set_weight(box, middle) < 0 ? &low : &high) = middle;
    }
    set_weight(box, high);
    return true;
}

/* The best so far. */
typedef struct search {
    ckn_extended_box box;
    double l1;
} search;

static ckn_code try_stride(const ckn_extended_box *plain, size_t stride, search *best,
                           ckn_error *error) {
    ckn_extended_box box = *plain;
    ckn_gaussian_errors errors;
    if (!solve(&box, stride))
        return CKN_OK;
    CKN_TRY(ckn_extended_box_errors(&box, &errors, error));
    if (errors.l1 < best->l1)
        *best = (search){box, errors.l1};
    return CKN_OK;
}

/* The error falls and then rises with the stride, so a grid that closes in on its best point finds
 * it. */
static ckn_code search_strides(const ckn_extended_box *plain, search *best, ckn_error *error) {
    size_t low = 1, high = (size_t)fmax(1, floor(LARGEST_STRIDE * plain->sigma));
    for (;;) {
        size_t step = (high - low) / STRIDES + 1;
        for (size_t stride = low; stride <= high; stride += step)
            CKN_TRY(try_stride(plain, stride, best, error));
        size_t found = best->box.stride;
        if (step == 1 || found == 0)
            return CKN_OK;
        low = found > low + step ? found - step : low;
        high = found + step < high ? found + step : high;
    }
}

/* Composing many wide kernels takes long: the best stride of a narrower box, enlarged. */
static ckn_code enlarge_stride(const ckn_extended_box *plain, search *best, ckn_error *error) {
    search narrow = {.l1 = INFINITY};
    CKN_TRY(ckn_extended_box_init(&narrow.box, LARGE_SIGMA, plain->passes, error));
    const ckn_extended_box start = narrow.box;
    CKN_TRY(search_strides(&start, &narrow, error));
    if (narrow.box.stride == 0)
        return CKN_OK;
    /* Where the shortest stride that has a weight is best, rounding may have made it too short. */
    size_t stride = (size_t)round((double)narrow.box.stride * plain->sigma / LARGE_SIGMA);
    for (size_t longer = 0; longer < 3; longer++)
        CKN_TRY(try_stride(plain, stride + longer + longer * stride / 100, best, error));
    return CKN_OK;
}

ckn_code ckn_extended_box_correct(ckn_extended_box *box, int *corrected, ckn_error *error) {
    if (corrected)
        *corrected = 0;
    CKN_TRY(ckn_extended_box_check(box, error));
    if (box->stride)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the box has a correction already (stride %zu); begin with "
                        "ckn_extended_box_init()",
                        box->stride);
    ckn_gaussian_errors errors;
    CKN_TRY(ckn_extended_box_errors(box, &errors, error));
    search best = {*box, errors.l1};
    CKN_TRY((box->sigma > LARGE_SIGMA ? enlarge_stride : search_strides)(box, &best, error));
    if (corrected)
        *corrected = best.box.stride > 0;
    *box = best.box;
    return CKN_OK;
}
