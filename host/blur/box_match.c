/* The reverse question: which extended box is nearest to a kernel?
 *
 * Each axis by itself: the marginal of the kernel against the composed kernel of a box, by the sum
 * of squared differences over all positions where either is not zero (so that what the box has
 * beyond the kernel's window counts as an error). The box is moved to the marginal's centroid,
 * which need not stand on a tap, by the cubic Lagrange interpolation between four taps: it
 * reproduces polynomials up to the third degree, so that it moves the mean by the fraction and
 * leaves the variance as it is, where linear interpolation would add f (1 - f) to it; where the
 * centroid is on a tap nothing is interpolated. */
#include "base/memory.h"
#include "base/view.h"
#include "blur/box_profile.h"
#include "blur/extended_box.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Ratio of neighbouring sigmas of the scan that brackets the least error. */
#define SCAN_RATIO 1.15
/* Where the refinement of sigma ends, relative. */
#define SIGMA_TOLERANCE 1e-9
/* Above so many passes sigma is sought near the one of fewer passes only: it hardly changes. */
#define WIDE_SCAN_PASSES 10
/* The error goes up and down with the number of passes, as l gets smaller by one at a time; from
 * one l to the next the number of passes grows threefold at most while l is positive. More than
 * this many times the best number so far are not tried. */
#define PASSES_RATIO 4
#define GOLDEN 0.6180339887498949
#define SQRT_2_PI 2.50662827463100050242
/* Taps times passes: some minutes where all of them have to be tried. */
#define MOST_WORK ((size_t)1 << 17)
#define MANY_PASSES 24

/* One axis of the kernel, of sum 1. */
typedef struct marginal {
    double *taps;
    size_t count;
    double centroid; /* from the first tap */
    double deviation;
    size_t tap;        /* floor(centroid) */
    double weights[4]; /* that move a line by the rest of it: of its samples i+1, i, i-1, i-2 */
} marginal;

/* sum over q of weights[q + 1] q^p = fraction^p for p = 0 .. 3, q = -1 .. 2. */
static void set_lagrange(double *weights, double fraction) {
    double f = fraction;
    weights[0] = -f * (f - 1) * (f - 2) / 6;
    weights[1] = (f + 1) * (f - 1) * (f - 2) / 2;
    weights[2] = -(f + 1) * f * (f - 2) / 2;
    weights[3] = (f + 1) * f * (f - 1) / 6;
}

static ckn_code measure(marginal *line, const char *axis, ckn_error *error) {
    double sum = 0, mean = 0, variance = 0;
    for (size_t i = 0; i < line->count; i++)
        sum += line->taps[i];
    for (size_t i = 0; i < line->count; i++) {
        line->taps[i] /= sum;
        mean += line->taps[i] * (double)i;
    }
    for (size_t i = 0; i < line->count; i++)
        variance += line->taps[i] * ((double)i - mean) * ((double)i - mean);
    double last = (double)(line->count - 1);
    if (!(mean >= 0 && mean <= last))
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the kernel's centroid along %s is outside it: negative taps outweigh its "
                        "shape; estimate it with a constraint (nonneg or simplex)",
                        axis);
    /* A single tap of weight leaves 1e-32 or so by rounding. */
    if (!(variance > 1e-24 * (last * last + 1)))
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the kernel has no positive variance along %s (%.3g): %s", axis, variance,
                        variance > -1e-12 ? "it does not blur along that axis"
                                          : "negative taps outweigh its shape; estimate it with a "
                                            "constraint (nonneg or simplex)");
    line->centroid = mean;
    line->deviation = sqrt(variance);
    line->tap = (size_t)mean;
    set_lagrange(line->weights, mean - (double)line->tap);
    return CKN_OK;
}

/* Sums the kernel over its rows. */
static ckn_code make_marginal(const ckn_view *kernel, marginal *line, const char *axis,
                              ckn_error *error) {
    *line = (marginal){.count = kernel->cols};
    CKN_TRY(
        ckn_allocate(&line->taps, line->count, sizeof *line->taps, "a kernel's marginal", error));
    for (size_t row = 0; row < kernel->rows; row++)
        for (size_t col = 0; col < kernel->cols; col++)
            line->taps[col] += ckn_view_at(kernel, row, col);
    return measure(line, axis, error);
}

typedef struct distance {
    double l1, squares;
} distance;

static void add(distance *sum, double difference) {
    sum->l1 += fabs(difference);
    sum->squares += difference * difference;
}

/* The composed kernel between margins of zeros. Of many passes, single taps are computed sooner. */
static ckn_code compose(const ckn_extended_box *box, size_t margin, double **line,
                        ckn_error *error) {
    if (box->passes < MANY_PASSES)
        return ckn_extended_box_line(box, margin, line, error);
    const size_t reach = ckn_extended_box_reach(box), count = ckn_box_profile_reach(box) + 1;
    CKN_TRY(
        ckn_allocate(line, 2 * (reach + margin) + 1, sizeof **line, "the composed kernel", error));
    double *middle = *line + reach + margin;
    ckn_box_profile(box, 1, count, CKN_PROFILE_EXACT, middle);
    for (size_t i = 1; i < count; i++)
        *(middle - i) = middle[i];
    return CKN_OK;
}

/* The box against the marginal, at the positions of the marginal's taps and beyond them. */
static ckn_code compare(const marginal *line, const ckn_extended_box *box, distance *result,
                        ckn_error *error) {
    const size_t margin = 3;
    double *composed;
    CKN_TRY(compose(box, margin, &composed, error));
    size_t half = ckn_extended_box_reach(box);
    const double *middle = composed + half + margin;
    *result = (distance){0};
    /* The moved box spans tap - half - 1 .. tap + half + 2. */
    ptrdiff_t from = -(ptrdiff_t)half - 1, to = (ptrdiff_t)half + 2;
    ptrdiff_t tap = (ptrdiff_t)line->tap, count = (ptrdiff_t)line->count;
    for (ptrdiff_t i = from; i <= to; i++) {
        const double *w = line->weights, *at = middle + i;
        double value = w[0] * at[1] + w[1] * at[0] + w[2] * at[-1] + w[3] * at[-2];
        ptrdiff_t position = tap + i;
        add(result, value - (position >= 0 && position < count ? line->taps[position] : 0));
    }
    for (ptrdiff_t position = 0; position < count; position++)
        if (position < tap + from || position > tap + to)
            add(result, line->taps[position]);
    free(composed);
    return CKN_OK;
}

/* The least error over sigma for one number of passes. */
typedef struct fit {
    const marginal *line;
    size_t passes;
    double sigma, squares; /* the best so far; squares is infinite at first */
    ckn_code code;         /* of the first failure; then nothing more is tried */
    ckn_error *error;
} fit;

static double squares_at(fit *best, double sigma) {
    ckn_extended_box box;
    distance result = {.squares = INFINITY};
    if (best->code != CKN_OK)
        return INFINITY;
    best->code = ckn_extended_box_init(&box, sigma, best->passes, best->error);
    if (best->code == CKN_OK)
        best->code = compare(best->line, &box, &result, best->error);
    if (best->code == CKN_OK && result.squares < best->squares) {
        best->squares = result.squares;
        best->sigma = sigma;
    }
    return result.squares;
}

/* Golden section. Around a fit without error the sum of squares is exact enough, relatively, for
 * sigma to be found to its last digits. */
static void refine(fit *best, double low, double high) {
    double a = high - GOLDEN * (high - low), b = low + GOLDEN * (high - low);
    double at_a = squares_at(best, a), at_b = squares_at(best, b);
    while (high - low > SIGMA_TOLERANCE * low && best->code == CKN_OK) {
        if (at_a < at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - GOLDEN * (high - low);
            at_a = squares_at(best, a);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + GOLDEN * (high - low);
            at_b = squares_at(best, b);
        }
    }
}

/* Scans sigma from `lowest` to `highest`, then refines round the best. */
static fit fit_between(const marginal *line, size_t passes, double lowest, double highest,
                       ckn_error *error) {
    fit best = {.line = line, .passes = passes, .squares = INFINITY, .error = error};
    size_t steps = (size_t)ceil(log(highest / lowest) / log(SCAN_RATIO));
    for (size_t i = 0; i <= steps; i++)
        squares_at(&best, fmin(highest, lowest * pow(SCAN_RATIO, (double)i)));
    if (best.code == CKN_OK)
        refine(&best, best.sigma / SCAN_RATIO, best.sigma * SCAN_RATIO);
    return best;
}

/* From far below the marginal's standard deviation, which tails and noise may blow up, to it or to
 * half the kernel's length. */
static fit fit_sigma(const marginal *line, size_t passes, ckn_error *error) {
    double length = (double)line->count;
    double widest = 0.5 * CKN_BOX_LARGEST_REACH / sqrt(3 * (double)passes);
    double lowest = fmin(line->deviation, 1) / 20;
    double highest = fmin(fmax(fmin(line->deviation, length), 0.5 * length), widest);
    return fit_between(line, passes, lowest, highest, error);
}

static fit fit_passes(const marginal *line, size_t most_passes, ckn_error *error) {
    fit best = fit_sigma(line, 1, error);
    for (size_t passes = 2; passes <= most_passes && best.code == CKN_OK; passes++) {
        bool wide = passes <= WIDE_SCAN_PASSES;
        if (!wide && passes > PASSES_RATIO * best.passes)
            break;
        fit next = wide ? fit_sigma(line, passes, error)
                        : fit_between(line, passes, best.sigma / SCAN_RATIO,
                                      best.sigma * SCAN_RATIO, error);
        if (next.code != CKN_OK || next.squares < best.squares)
            best = next;
    }
    return best;
}

/* The sum of the Gaussian's samples. Where it is wide, their places do not matter; a signed kernel
 * may have a deviation of any size. */
static double gaussian_sum(double deviation, double fraction) {
    if (deviation > 3)
        return deviation * SQRT_2_PI;
    const size_t reach = ckn_gaussian_reach(deviation) + 1;
    double sum = 0;
    for (size_t i = 0; i <= 2 * reach + 1; i++) {
        double u = ((double)i - (double)reach - fraction) / deviation;
        sum += exp(-0.5 * u * u);
    }
    return sum;
}

/* Of the Gaussian with the marginal's mean and variance, sampled at its taps and normalised. */
static double gaussian_l1(const marginal *line) {
    const double sum = gaussian_sum(line->deviation, line->centroid - (double)line->tap);
    double inside = 0, l1 = 0;
    for (size_t i = 0; i < line->count; i++) {
        double u = ((double)i - line->centroid) / line->deviation;
        double sample = exp(-0.5 * u * u) / sum;
        inside += sample;
        l1 += fabs(line->taps[i] - sample);
    }
    return l1 + fmax(0, 1 - inside);
}

static ckn_code match_axis(const marginal *line, size_t most_passes, ckn_box_match *match,
                           ckn_error *error) {
    fit best = fit_passes(line, most_passes, error);
    distance result;
    if (best.code != CKN_OK)
        return best.code;
    CKN_TRY(ckn_extended_box_init(&match->box, best.sigma, best.passes, error));
    CKN_TRY(compare(line, &match->box, &result, error));
    match->shift = line->centroid - 0.5 * (double)(line->count - 1);
    match->l1 = result.l1;
    match->l2 = sqrt(result.squares);
    match->gaussian_l1 = gaussian_l1(line);
    return CKN_OK;
}

static ckn_code match_columns(const ckn_view *kernel, size_t most_passes, const char *axis,
                              ckn_box_match *match, ckn_error *error) {
    *match = (ckn_box_match){0};
    if (kernel->cols == 1)
        return CKN_OK;
    marginal line;
    ckn_code code = make_marginal(kernel, &line, axis, error);
    if (code == CKN_OK)
        code = match_axis(&line, most_passes, match, error);
    free(line.taps);
    return code;
}

static double sum_of(const ckn_view *kernel) {
    double sum = 0;
    for (size_t row = 0; row < kernel->rows; row++)
        for (size_t col = 0; col < kernel->cols; col++)
            sum += ckn_view_at(kernel, row, col);
    return sum;
}

static ckn_code check_work(size_t taps, size_t most_passes, const char *axis, ckn_error *error) {
    if (taps > MOST_WORK / most_passes)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a kernel of %zu taps along %s is too long to be matched with up to %zu "
                        "passes (the limit is %zu taps); crop it, or try fewer passes",
                        taps, axis, most_passes, MOST_WORK / most_passes);
    return CKN_OK;
}

ckn_code ckn_extended_box_match(ckn_view kernel, size_t most_passes, ckn_box_match *x,
                                ckn_box_match *y, ckn_error *error) {
    CKN_TRY(ckn_view_check(&kernel, "the kernel", error));
    if (most_passes < 1 || most_passes > CKN_BOX_MOST_PASSES)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "the most passes must be from 1 to %d (%zu)",
                        CKN_BOX_MOST_PASSES, most_passes);
    CKN_TRY(ckn_view_check_finite(&kernel, "the kernel", error));
    CKN_TRY(check_work(kernel.cols, most_passes, "x", error));
    CKN_TRY(check_work(kernel.rows, most_passes, "y", error));
    double sum = sum_of(&kernel);
    if (!(sum > 0 && isfinite(sum)))
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the kernel's sum is %g; only a kernel of positive sum can be matched to a "
                        "blur",
                        sum);
    ckn_view transposed = kernel;
    transposed.rows = kernel.cols;
    transposed.cols = kernel.rows;
    transposed.row_stride = kernel.col_stride;
    transposed.col_stride = kernel.row_stride;
    CKN_TRY(match_columns(&kernel, most_passes, "x", x, error));
    return match_columns(&transposed, most_passes, "y", y, error);
}
