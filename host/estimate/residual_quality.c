#include "estimate/residual_quality.h"

#include "base/memory.h"
#include "estimate/middle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    REACH = 3,                             /* of the lags */
    SIDE = CKN_MIDDLE_SIDE,                /* of the middle part of a plane that is looked at */
    SAMPLES = 65536,                       /* of a plane that medians are taken from, at most */
    LAGS = REACH + REACH * (2 * REACH + 1) /* half of the plane of lags, without (0, 0) */
};

#define MAD_TO_SIGMA 1.4826 /* of normal noise */
#define FAR 6.0             /* robust deviations: an outlier */
#define LATTICE 0.02        /* steps that a whole number of steps may be off by */
#define LEAST_CORRELATION 0.05
#define LARGEST_ROUNDING 0.6 /* steps: a residual that rounding explains */
#define FLOAT_ROUNDING 1e-6  /* likewise, relative to the largest sample */
#define HEAVY_SHARE 0.2      /* of the sum of squares in outliers */
#define MOST_OUTLIERS 0.2    /* of the samples: more are no outliers */

/* Sums over the pairs. */
typedef struct sums {
    double count, square, fourth;
    double products[LAGS], pairs[LAGS]; /* of samples this lag apart, and their number */
    double noise;                       /* count sigma^2 of the high-passed blurred images */
    double step;                        /* the smallest of theirs; INFINITY so far */
    double outliers, outlier_square;
} sums;

typedef struct plane {
    const double *samples; /* the first one of the part that is looked at */
    const double *weights; /* laid out alike; NULL: all samples count */
    ckn_shape shape;
    size_t stride;
} plane;

static ckn_shape lag_of(size_t index, int *dx) {
    if (index < REACH) {
        *dx = (int)index + 1;
        return (ckn_shape){0, index + 1};
    }
    const size_t row = (index - REACH) / (2 * REACH + 1), col = (index - REACH) % (2 * REACH + 1);
    *dx = (int)col - REACH;
    return (ckn_shape){row + 1, (size_t)abs(*dx)};
}

static double dot(const double *a, const double *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Whether this sample is not masked. */
static bool counts(const plane *p, size_t row, size_t col) {
    return !p->weights || p->weights[row * p->stride + col] > 0;
}

/* Of samples `lag` apart in a row and in another one below it, those of which both count. */
static double count_pairs(const plane *r, size_t row, size_t here, ckn_shape lag, size_t there,
                          size_t width) {
    double count = 0;
    if (!r->weights)
        return (double)width;
    for (size_t col = 0; col < width; col++)
        count += counts(r, row, here + col) && counts(r, row + lag.rows, there + col);
    return count;
}

static void add_correlations(const plane *r, sums *s) {
    for (size_t index = 0; index < LAGS; index++) {
        int dx;
        const ckn_shape lag = lag_of(index, &dx);
        if (lag.rows >= r->shape.rows || lag.cols >= r->shape.cols)
            continue;
        const size_t width = r->shape.cols - lag.cols, height = r->shape.rows - lag.rows;
        const size_t here = dx < 0 ? lag.cols : 0, there = dx < 0 ? 0 : lag.cols;
        for (size_t row = 0; row < height; row++) { /* r is 0 where it is masked */
            s->products[index] += dot(r->samples + row * r->stride + here,
                                      r->samples + (row + lag.rows) * r->stride + there, width);
            s->pairs[index] += count_pairs(r, row, here, lag, there, width);
        }
    }
}

static int ascending(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Whether a sample and its neighbours up to `rim` away do. */
static bool all_count(const plane *p, size_t row, size_t col, size_t rim) {
    for (size_t i = row - rim; i <= row + rim && p->weights; i++) {
        for (size_t j = col - rim; j <= col + rim; j++) {
            if (!counts(p, i, j))
                return false;
        }
    }
    return true;
}

/* The median of magnitudes that `at` gives for evenly spread places of a plane. */
static double median_magnitude(const plane *p, double (*at)(const double *, size_t), size_t rim,
                               double *scratch) {
    if (p->shape.rows <= 2 * rim || p->shape.cols <= 2 * rim)
        return 0;
    const size_t rows = p->shape.rows - 2 * rim, cols = p->shape.cols - 2 * rim;
    const size_t step = rows * cols / SAMPLES + 1;
    size_t count = 0;
    for (size_t i = 0; i < rows * cols && count < SAMPLES; i += step) {
        const size_t row = i / cols + rim, col = i % cols + rim;
        if (all_count(p, row, col, rim))
            scratch[count++] = fabs(at(p->samples + row * p->stride + col, p->stride));
    }
    if (count == 0)
        return 0;
    qsort(scratch, count, sizeof *scratch, ascending);
    return scratch[count / 2];
}

static double itself(const double *sample, size_t stride) {
    (void)stride;
    return *sample;
}

/* Second differences along both axes: of the noise, six times; of pictures, little. */
static double high_pass(const double *sample, size_t stride) {
    const double *above = sample - stride, *below = sample + stride;
    return above[-1] - 2 * above[0] + above[1] - 2 * (sample[-1] - 2 * sample[0] + sample[1]) +
           below[-1] - 2 * below[0] + below[1];
}

static void add_moments(const plane *r, double robust, sums *s) {
    const double far = FAR * robust;
    for (size_t row = 0; row < r->shape.rows; row++) {
        const double *line = r->samples + row * r->stride;
        for (size_t col = 0; col < r->shape.cols; col++) {
            if (!counts(r, row, col))
                continue;
            const double square = line[col] * line[col];
            s->count++;
            const bool outlier = robust > 0 && fabs(line[col]) > far;
            s->square += square;
            s->fourth += square * square;
            s->outliers += outlier;
            s->outlier_square += outlier ? square : 0;
        }
    }
}

/* The distance between the values that samples can take: the least difference of neighbours, where
 * all are multiples of it; 0 for real numbers. */
static double step_of(const plane *y) {
    double step = INFINITY;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t row = 0; row < y->shape.rows; row++) {
            const double *line = y->samples + row * y->stride;
            for (size_t col = 1; col < y->shape.cols; col++) {
                if (!counts(y, row, col) || !counts(y, row, col - 1))
                    continue;
                const double difference = fabs(line[col] - line[col - 1]);
                if (pass == 0 && difference > 0 && difference < step)
                    step = difference;
                const double steps = difference / step;
                if (pass == 1 && fabs(steps - round(steps)) > LATTICE)
                    return 0;
            }
        }
    }
    return isfinite(step) ? step : 0;
}

/* The middle part of a plane of a pair, in double precision. */
static ckn_code download(ckn_problem *problem, const ckn_problem_pair *pair,
                         const ckn_buffer *buffer, double *memory, plane *out, ckn_error *error) {
    const ckn_shape shape = pair->y_shape;
    const ckn_shape part = {shape.rows < SIDE ? shape.rows : SIDE,
                            shape.cols < SIDE ? shape.cols : SIDE};
    const size_t row = (shape.rows - part.rows) / 2, col = (shape.cols - part.cols) / 2;
    ckn_output output = ckn_output_f64(memory, shape.rows, shape.cols);
    CKN_TRY(problem->backend->ops->download(problem->backend, buffer, &output, error));
    const size_t first = row * shape.cols + col;
    *out = (plane){memory + first, pair->weights ? pair->weights + first : NULL, part, shape.cols};
    return CKN_OK;
}

static size_t largest_plane(const ckn_problem *problem) {
    size_t largest = 0;
    for (size_t i = 0; i < problem->pair_count; i++) {
        const size_t count = ckn_shape_count(problem->pairs[i].y_shape);
        largest = count > largest ? count : largest;
    }
    return largest;
}

ckn_code ckn_residual_step(ckn_problem *problem, double *step, ckn_error *error) {
    double *memory = NULL, least = INFINITY;
    ckn_code code = CKN_OK;
    CKN_TRY(
        ckn_allocate(&memory, largest_plane(problem), sizeof *memory, "a blurred image", error));
    for (size_t i = 0; i < problem->pair_count && code == CKN_OK; i++) {
        plane y = {0};
        code = download(problem, &problem->pairs[i], problem->pairs[i].y, memory, &y, error);
        if (code == CKN_OK)
            least = fmin(least, step_of(&y));
    }
    *step = isfinite(least) ? least / problem->units.y_scale : 0;
    free(memory);
    return code;
}

static ckn_code add_pair(ckn_problem *problem, const ckn_problem_pair *pair, double *memory,
                         double *scratch, sums *s, ckn_error *error) {
    plane r, y;
    CKN_TRY(download(problem, pair, pair->r, memory, &r, error));
    const double before = s->count;
    add_correlations(&r, s);
    add_moments(&r, MAD_TO_SIGMA * median_magnitude(&r, itself, 0, scratch), s);
    CKN_TRY(download(problem, pair, pair->y, memory, &y, error));
    const double sigma = MAD_TO_SIGMA / 6 * median_magnitude(&y, high_pass, 1, scratch);
    s->noise += sigma * sigma * (s->count - before);
    s->step = fmin(s->step, step_of(&y));
    return CKN_OK;
}

static void fill_correlations(const sums *s, double taps, ckn_residual_quality *quality) {
    const double mean = s->square / s->count;
    size_t lags = 0;
    for (size_t index = 0; index < LAGS && mean > 0; index++) {
        int dx;
        const ckn_shape lag = lag_of(index, &dx);
        if (s->pairs[index] == 0)
            continue;
        const double correlation = s->products[index] / s->pairs[index] / mean;
        quality->whiteness += s->pairs[index] * correlation * correlation;
        lags++;
        if (fabs(correlation) > fabs(quality->correlation)) {
            quality->correlation = correlation;
            quality->lag_x = dx;
            quality->lag_y = (int)lag.rows;
        }
    }
    quality->whiteness = lags > 0 ? quality->whiteness / (double)lags : NAN;
    /* Fitting taps takes correlation out of the residual, of the order of their part. */
    quality->white = fabs(quality->correlation) <=
                     fmax(LEAST_CORRELATION, 6 / sqrt(s->count)) + 2 * taps / s->count;
}

static void fill(const ckn_problem *fitted, const sums *s, ckn_residual_quality *quality) {
    const double taps = (double)ckn_problem_taps(fitted);
    const double all = (double)ckn_problem_used(fitted);
    const double unit = 1 / fitted->units.y_scale;
    const double variance = s->square / s->count, step = isfinite(s->step) ? s->step : 0;
    fill_correlations(s, taps, quality);
    quality->kurtosis = variance > 0 ? s->fourth / s->count / (variance * variance) - 3 : NAN;
    quality->outliers = s->outliers / s->count;
    quality->outlier_share = s->square > 0 ? s->outlier_square / s->square : 0;
    const double noise = fmax(s->noise / s->count, step * step / 12);
    quality->noise_reference = sqrt(noise) * unit;
    quality->step = step * unit;
    if (all > taps && noise > 0)
        quality->chi_square = variance * all / (all - taps) / noise;
    /* What rounding leaves has a pattern of its own, which is no fault of the fit. */
    quality->rounding = sqrt(variance) <= LARGEST_ROUNDING * step ||
                        sqrt(variance) * unit <= FLOAT_ROUNDING * fitted->largest_y;
    quality->heavy_tails = !quality->rounding && quality->outlier_share > HEAVY_SHARE &&
                           quality->outliers < MOST_OUTLIERS;
    quality->white = quality->white || quality->rounding;
}

ckn_code ckn_residual_quality_compute(ckn_problem *problem, const ckn_problem *fitted,
                                      ckn_residual_quality *quality, ckn_error *error) {
    static const char what[] = "the residual";
    sums s = {.step = INFINITY};
    double *memory = NULL, *scratch = NULL;
    *quality = (ckn_residual_quality){.chi_square = NAN};
    CKN_TRY(ckn_allocate(&memory, largest_plane(problem), sizeof *memory, what, error));
    ckn_code code = ckn_allocate(&scratch, SAMPLES, sizeof *scratch, what, error);
    for (size_t i = 0; i < problem->pair_count && code == CKN_OK; i++)
        code = add_pair(problem, &problem->pairs[i], memory, scratch, &s, error);
    free(scratch);
    free(memory);
    if (code == CKN_OK && s.count == 0)
        code = ckn_fail(error, CKN_ERROR_DATA,
                        "all samples in the middle of the images are masked: there is no residual");
    if (code == CKN_OK)
        fill(fitted, &s, quality);
    return code;
}
