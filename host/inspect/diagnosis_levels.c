/* The values of one image: limits, clipping, noise, and detail. */
#include "inspect/pair_diagnosis.h"

#include "base/memory.h"
#include "inspect/clipping.h"

#include <math.h>
#include <stdlib.h>

/* --- levels ------------------------------------------------------------------------------- */

/* Where all is masked the limits are NaN, and nothing else is known either. */
static void measure_moments(const ckn_view *view, ckn_image_diagnosis *figures) {
    double count = 0.0, origin = 0.0, sum = 0.0, squares = 0.0;
    figures->minimum = figures->maximum = NAN;
    for (size_t r = 0; r < view->rows; r++) {
        for (size_t c = 0; c < view->cols; c++) {
            double value = ckn_view_at(view, r, c);
            if (isnan(value))
                continue;
            if (count == 0.0)
                origin = value; /* keeps the squares small */
            figures->minimum = fmin(figures->minimum, value);
            figures->maximum = fmax(figures->maximum, value);
            sum += value - origin;
            squares += (value - origin) * (value - origin);
            count++;
        }
    }
    double mean = sum / count;
    figures->count = count;
    figures->mean = origin + mean;
    figures->deviation = sqrt(fmax(squares / count - mean * mean, 0.0));
}

/* --- noise -------------------------------------------------------------------------------- */

/* A median of so many samples is sure to half a percent. */
#define MOST_SAMPLES 65536

static int compare(const void *a, const void *b) {
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

/* The product of second differences along both axes: zero on planes and on edges along an axis;
 * white noise of deviation 1 gives 6. */
static double high_pass(const ckn_view *view, size_t r, size_t c) {
    double lines[3];
    for (size_t i = 0; i < 3; i++)
        lines[i] = ckn_view_at(view, r + i, c) - 2.0 * ckn_view_at(view, r + i, c + 1) +
                   ckn_view_at(view, r + i, c + 2);
    return lines[0] - 2.0 * lines[1] + lines[2];
}

/* Whether no sample of the window is masked, or stands at a limit, where noise may have been cut
 * off. */
static bool lies_within(const ckn_view *view, const ckn_image_diagnosis *figures, size_t r,
                        size_t c) {
    for (size_t i = 0; i < 9; i++) {
        double value = ckn_view_at(view, r + i / 3, c + i % 3);
        if (!(value > figures->minimum && value < figures->maximum))
            return false;
    }
    return true;
}

static ckn_code measure_noise(const ckn_view *view, ckn_image_diagnosis *figures,
                              ckn_error *error) {
    const double deviation_of_median = 1.482602; /* of normal numbers */
    figures->noise = 0.0;
    if (view->rows < 3 || view->cols < 3)
        return CKN_OK;
    const size_t cols = view->cols - 2, count = (view->rows - 2) * cols;
    const size_t step = count / MOST_SAMPLES + 1;
    double *values;
    CKN_TRY(ckn_allocate(&values, count / step + 1, sizeof *values, "a diagnosis", error));
    size_t used = 0;
    for (size_t i = 0; i < count; i += step) {
        if (lies_within(view, figures, i / cols, i % cols))
            values[used++] = fabs(high_pass(view, i / cols, i % cols));
    }
    qsort(values, used, sizeof *values, compare);
    if (used > 0)
        figures->noise = deviation_of_median * values[used / 2] / 6.0;
    free(values);
    return CKN_OK;
}

/* --- clipping ----------------------------------------------------------------------------- */

static void count_extremes(const ckn_view *view, ckn_image_diagnosis *figures) {
    double at_minimum = 0, at_maximum = 0;
    for (size_t r = 0; r < view->rows; r++) {
        for (size_t c = 0; c < view->cols; c++) {
            const double value = ckn_view_at(view, r, c);
            at_minimum += value <= figures->minimum;
            at_maximum += value >= figures->maximum;
        }
    }
    figures->at_minimum = at_minimum / figures->count;
    figures->at_maximum = at_maximum / figures->count;
}

static void take_limits(ckn_clip_limits limits, ckn_image_diagnosis *figures) {
    figures->clipped_low = isfinite(limits.low) ? figures->at_minimum : 0.0;
    figures->clipped_high = isfinite(limits.high) ? figures->at_maximum : 0.0;
}

ckn_code ckn_diagnose_levels(const ckn_view *view, ckn_image_diagnosis *figures, ckn_error *error) {
    measure_moments(view, figures);
    return measure_noise(view, figures, error);
}

/* By the images alone: there is no fit yet that would tell more. */
ckn_code ckn_diagnose_clipping(const ckn_diagnosis_pair *pair, ckn_image_diagnosis *sharp,
                               ckn_image_diagnosis *blurred, ckn_error *error) {
    const ckn_pair plain = {.sharp = pair->x, .blurred = pair->y};
    ckn_clipping *clipping = NULL;
    count_extremes(&pair->x, sharp);
    count_extremes(&pair->y, blurred);
    CKN_TRY(ckn_clipping_create(&plain, 1, NULL, NULL, CKN_CLIP_AUTO, &clipping, error));
    take_limits(ckn_clipping_limits_of_sharp(clipping, 0), sharp);
    take_limits(ckn_clipping_limits_of_blurred(clipping, 0), blurred);
    ckn_clipping_destroy(clipping);
    return CKN_OK;
}

/* --- detail ------------------------------------------------------------------------------- */

/* The noise of integers is known to a part of a level. */
#define NOISE_MARGIN 1.15
/* Differences below this part of the largest value are rounding. */
#define ROUNDING 1e-6

static double block_mean(const ckn_view *view, size_t row, size_t col, size_t side) {
    double sum = 0.0;
    for (size_t r = row * side; r < (row + 1) * side; r++) {
        for (size_t c = col * side; c < (col + 1) * side; c++)
            sum += ckn_view_at(view, r, c);
    }
    return sum / (double)(side * side);
}

/* Rows are left out beyond so many blocks. */
#define MOST_BLOCKS 1000000

/* Mean square of the differences between neighbouring blocks, along x plus along y. */
static double difference_energy(const ckn_view *view, size_t side) {
    const size_t rows = view->rows / side, cols = view->cols / side;
    const size_t step = rows * cols / MOST_BLOCKS + 1;
    double sum = 0.0, count = 0.0;
    for (size_t r = 0; r + 1 < rows; r += step) {
        for (size_t c = 0; c + 1 < cols; c++) {
            double here = block_mean(view, r, c, side);
            double right = block_mean(view, r, c + 1, side) - here;
            double below = block_mean(view, r + 1, c, side) - here;
            double squares = right * right + below * below;
            if (isnan(squares))
                continue;
            sum += squares;
            count++;
        }
    }
    return count > 0.0 ? sum / count : 0.0;
}

void ckn_diagnose_detail(const ckn_diagnosis_pair *pair, ckn_pair_diagnosis *diagnosis) {
    const double gain =
        isfinite(diagnosis->gain) && fabs(diagnosis->gain) > 0.4 ? fabs(diagnosis->gain) : 1.0;
    const double noise = NOISE_MARGIN * diagnosis->blurred.noise;
    const ckn_image_diagnosis *y = &diagnosis->blurred;
    const double rounding = ROUNDING * fmax(fabs(y->minimum), fabs(y->maximum));
    diagnosis->detail_ratio = 0.0;
    for (size_t side = 1; side <= 4; side *= 2) {
        /* The noise of the sharp image stays in: it may be texture. */
        double sharp = gain * gain * difference_energy(&pair->inner, side);
        double blurred =
            difference_energy(&pair->y, side) - 4.0 * noise * noise / (double)(side * side);
        if (sharp > 0.0 && blurred > rounding * rounding)
            diagnosis->detail_ratio = fmax(diagnosis->detail_ratio, blurred / sharp);
    }
}
