#include "base/memory.h"
#include "judge/evidence.h"

#include <math.h>
#include <stdlib.h>

/* Robust estimates look at so many samples. */
#define SAMPLES ((size_t)16384)
#define MAD_TO_SIGMA 1.482602
#define BLOCK 8                /* of JPEG */
#define LEAST_CORRELATION 0.06 /* pairs that are no convolution had 0.15 and more */

static ckn_shape lag_of(size_t index, int *dx) {
    if (index < CKN_JUDGE_REACH) {
        *dx = (int)index + 1;
        return (ckn_shape){0, index + 1};
    }
    const size_t past = index - CKN_JUDGE_REACH, width = 2 * CKN_JUDGE_REACH + 1;
    *dx = (int)(past % width) - CKN_JUDGE_REACH;
    return (ckn_shape){past / width + 1, (size_t)abs(*dx)};
}

/* Products of samples a lag apart, and the number of those that count. */
typedef struct products {
    double sum, count;
} products;

static void add_products(const ckn_judge_samples *samples, const ckn_judge_plane *plane,
                         ckn_shape lag, int dx, products *p) {
    const size_t stride = samples->shape.cols, width = stride - lag.cols;
    const size_t here = dx < 0 ? lag.cols : 0, there = dx < 0 ? 0 : lag.cols;
    for (size_t row = 0; row + lag.rows < samples->shape.rows; row++) {
        const size_t first = row * stride + here, second = (row + lag.rows) * stride + there;
        const double *a = plane->r + first, *b = plane->r + second;
        const double *wa = plane->w + first, *wb = plane->w + second;
        double sum = 0, count = 0;
        for (size_t i = 0; i < width; i++) {
            sum += a[i] * b[i];
            count += wa[i] * wb[i];
        }
        p->sum += sum;
        p->count += count;
    }
}

static void measure_correlations(const ckn_judge_samples *samples, ckn_judge_evidence *e) {
    for (size_t index = 0; index < CKN_JUDGE_LAGS; index++) {
        products p = {0};
        int dx;
        const ckn_shape lag = lag_of(index, &dx);
        if (lag.rows >= samples->shape.rows || lag.cols >= samples->shape.cols)
            continue;
        for (size_t i = 0; i < samples->count; i++)
            add_products(samples, &samples->planes[i], lag, dx, &p);
        if (!(p.count > 0 && e->square > 0))
            continue;
        const double c = p.sum / p.count / e->square;
        e->correlations[index] = c;
        if (fabs(c) > fabs(e->correlation))
            e->correlation = c;
    }
    /* Fitting takes correlation out of the residual, of the order of the taps' part. */
    const double taps = (double)ckn_shape_count(samples->kernel);
    e->chance = fmax(LEAST_CORRELATION, 6 / sqrt(samples->used)) + 2 * taps / samples->used;
}

/* Those that white noise in SHARP would have in r. */
static void measure_kernel(const ckn_view *h, ckn_judge_evidence *e) {
    double square = 0;
    for (size_t i = 0; i < h->rows; i++)
        for (size_t j = 0; j < h->cols; j++)
            square += ckn_view_at(h, i, j) * ckn_view_at(h, i, j);
    e->kernel_norm = sqrt(square);
    for (size_t index = 0; index < CKN_JUDGE_LAGS && square > 0; index++) {
        int dx;
        const ckn_shape lag = lag_of(index, &dx);
        const size_t here = dx < 0 ? lag.cols : 0, there = dx < 0 ? 0 : lag.cols;
        double sum = 0;
        for (size_t i = 0; i + lag.rows < h->rows; i++)
            for (size_t j = 0; j + lag.cols < h->cols; j++)
                sum += ckn_view_at(h, i, j + here) * ckn_view_at(h, i + lag.rows, j + there);
        e->of_kernel[index] = sum / square;
    }
}

static void measure_moments(const ckn_judge_samples *samples, ckn_judge_evidence *e) {
    const size_t size = ckn_judge_size(samples);
    double reference = 0, variance = 0;
    for (size_t k = 0; k < samples->count; k++) {
        const ckn_judge_plane *p = &samples->planes[k];
        double n = 0, s1 = 0, s2 = 0, y1 = 0, y2 = 0, sy = 0;
        for (size_t i = 0; i < size; i++) {
            const double w = p->w[i], s = p->s[i], y = p->y[i];
            n += w;
            s1 += w * s;
            s2 += w * s * s;
            y1 += w * y;
            y2 += w * y * y;
            sy += w * s * y;
            e->square += p->r[i] * p->r[i];
            e->brighter += w * (y > s);
            e->darker += w * (y < s);
            e->change += w * (y - s) * (y - s);
            e->largest = fmax(e->largest, w * fabs(y));
        }
        if (!(n > 0))
            continue;
        const double ss = s2 - s1 * s1 / n, yy = y2 - y1 * y1 / n, cross = sy - s1 * y1 / n;
        variance += yy;
        reference += ss > 0 ? yy - cross * cross / ss : yy;
    }
    e->square /= samples->used;
    e->change /= samples->used;
    e->brighter /= samples->used;
    e->darker /= samples->used;
    e->reference = reference / samples->used;
    e->variance = variance / samples->used;
}

static int ascending(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Second differences along both axes: of the noise, six times; of pictures, little. */
static double high_pass(const double *at, size_t stride) {
    const double *above = at - stride, *below = at + stride;
    return above[-1] - 2 * above[0] + above[1] - 2 * (at[-1] - 2 * at[0] + at[1]) + below[-1] -
           2 * below[0] + below[1];
}

static ckn_code measure_noise(const ckn_judge_samples *samples, ckn_judge_evidence *e,
                              ckn_error *error) {
    const ckn_shape shape = samples->shape;
    double *values;
    if (shape.rows < 3 || shape.cols < 3)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&values, SAMPLES, sizeof *values, "a verdict", error));
    const size_t cols = shape.cols - 2, all = (shape.rows - 2) * cols;
    const size_t step = all / SAMPLES + 1;
    size_t count = 0;
    for (size_t i = 0; i < all && count < SAMPLES; i += step) {
        const size_t at = (i / cols + 1) * shape.cols + i % cols + 1;
        values[count++] = fabs(high_pass(samples->planes[0].s + at, shape.cols));
    }
    qsort(values, count, sizeof *values, ascending);
    e->sharp_noise = MAD_TO_SIGMA / 6 * values[count / 2];
    free(values);
    return CKN_OK;
}

/* The largest of eight phases of squared differences over their median. */
static double phase_ratio(const double sums[BLOCK], const double counts[BLOCK]) {
    double means[BLOCK];
    for (size_t i = 0; i < BLOCK; i++)
        means[i] = counts[i] > 0 ? sums[i] / counts[i] : 0;
    qsort(means, BLOCK, sizeof *means, ascending);
    const double middle = (means[BLOCK / 2 - 1] + means[BLOCK / 2]) / 2;
    return middle > 0 ? means[BLOCK - 1] / middle : 1;
}

static void measure_blocks(const ckn_judge_samples *samples, ckn_judge_evidence *e) {
    double sums[2][BLOCK] = {{0}}, counts[2][BLOCK] = {{0}};
    const size_t cols = samples->shape.cols;
    for (size_t k = 0; k < samples->count; k++) {
        const double *r = samples->planes[k].r, *w = samples->planes[k].w;
        for (size_t row = 1; row < samples->shape.rows; row++) {
            for (size_t col = 1; col < cols; col++) {
                const size_t at = row * cols + col, left = at - 1, above = at - cols;
                const double across = (r[at] - r[left]) * w[at] * w[left];
                const double down = (r[at] - r[above]) * w[at] * w[above];
                sums[0][col % BLOCK] += across * across;
                counts[0][col % BLOCK] += w[at] * w[left];
                sums[1][row % BLOCK] += down * down;
                counts[1][row % BLOCK] += w[at] * w[above];
            }
        }
    }
    e->blocks = fmin(phase_ratio(sums[0], counts[0]), phase_ratio(sums[1], counts[1]));
}

ckn_code ckn_judge_measure(const ckn_verdict_job *job, const ckn_judge_samples *samples,
                           ckn_judge_evidence *evidence, ckn_error *error) {
    measure_moments(samples, evidence);
    measure_correlations(samples, evidence);
    measure_kernel(&job->kernel, evidence);
    measure_blocks(samples, evidence);
    return measure_noise(samples, evidence, error);
}
