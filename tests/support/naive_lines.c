#include "support/naive_lines.h"

#include "support/harness.h"

#include <math.h>
#include <stdlib.h>

ckn_extended_box ckn_naive_box(double sigma, size_t passes) {
    ckn_extended_box box = {.sigma = sigma, .passes = passes};
    double v = sigma * sigma / (double)passes;
    double l = floor(sqrt(12.0 * v + 1.0) / 2.0 - 0.5);
    box.l = (size_t)l;
    box.alpha = (2.0 * l + 1.0) * (l * (l + 1.0) - 3.0 * v) / (6.0 * (v - (l + 1.0) * (l + 1.0)));
    box.lambda = 2.0 * l + 1.0 + 2.0 * box.alpha;
    box.variance_pass = v;
    return box;
}

ckn_extended_box ckn_naive_plain_box(size_t l, double alpha, size_t passes) {
    return (ckn_extended_box){.sigma = 1.0,
                              .passes = passes,
                              .l = l,
                              .alpha = alpha,
                              .lambda = 2.0 * (double)l + 1.0 + 2.0 * alpha};
}

void ckn_naive_correct(ckn_extended_box *box, size_t stride, double weight) {
    box->stride = stride;
    box->correction = weight;
}

ckn_extended_box ckn_naive_corrected_box(double sigma, size_t passes, size_t stride,
                                         double weight) {
    const double s = (double)stride;
    ckn_extended_box box = ckn_naive_box(sqrt(sigma * sigma - 2.0 * weight * s * s), passes);
    box.sigma = sigma;
    ckn_naive_correct(&box, stride, weight);
    return box;
}

/* Three taps, `stride` samples apart, applied to h: a new array. */
static double *naive_corrected(const double *h, size_t count, size_t stride, double weight) {
    const double taps[3] = {weight, 1.0 - 2.0 * weight, weight};
    double *out = ckn_test_array(count + 2 * stride);
    for (size_t i = 0; i < count; i++) {
        for (size_t t = 0; t < 3; t++)
            out[i + t * stride] += taps[t] * h[i];
    }
    return out;
}

double *ckn_naive_box_taps(const ckn_extended_box *box, size_t *count) {
    size_t width = 2 * box->l + 3;
    *count = 2 * box->passes * (box->l + 1) + 1;
    double *taps = ckn_test_array(*count), *next = ckn_test_array(*count);
    taps[0] = 1.0;
    for (size_t pass = 0; pass < box->passes; pass++) {
        for (size_t i = 0; i < *count; i++) {
            long double sum = 0.0L;
            for (size_t t = 0; t < width && t <= i; t++)
                sum += (long double)taps[i - t] * (t == 0 || t == width - 1 ? box->alpha : 1.0);
            next[i] = (double)(sum / box->lambda);
        }
        double *kept = taps;
        taps = next;
        next = kept;
    }
    free(next);
    if (box->stride == 0)
        return taps;
    double *corrected = naive_corrected(taps, *count, box->stride, box->correction);
    *count += 2 * box->stride;
    free(taps);
    return corrected;
}

double *ckn_naive_gaussian(double sigma, size_t radius) {
    double *taps = ckn_test_array(2 * radius + 1);
    long double sum = 0.0L;
    for (int scale = 0; scale < 2; scale++) {
        for (size_t i = 0; i <= 2 * radius; i++) {
            const long double x = (long double)i - (long double)radius;
            const long double u = x == 0.0L ? 0.0L : x / sigma; /* a sigma of 0 has one tap */
            const long double tap = expl(-u * u / 2.0L);
            if (scale)
                taps[i] = (double)(tap / sum);
            else
                sum += tap;
        }
    }
    return taps;
}

ptrdiff_t ckn_naive_boundary(ckn_boundary boundary, ptrdiff_t position, size_t count) {
    ptrdiff_t n = (ptrdiff_t)count;
    while (position < 0 || position >= n) {
        switch (boundary) {
        case CKN_BOUNDARY_REFLECT:
            position = position < 0 ? -1 - position : 2 * n - 1 - position;
            break;
        case CKN_BOUNDARY_MIRROR:
            if (n == 1)
                return 0;
            position = position < 0 ? -position : 2 * n - 2 - position;
            break;
        case CKN_BOUNDARY_REPLICATE:
            return position < 0 ? 0 : n - 1;
        case CKN_BOUNDARY_PERIODIC:
            position += position < 0 ? n : -n;
            break;
        case CKN_BOUNDARY_ZERO:
            return -1;
        }
    }
    return position;
}

/* One result: `line` holds the continued line from the first tap on. */
static double result_of(const double *line, const double *taps, size_t count) {
    long double sum = 0.0L;
    bool nan = false, plus = false, minus = false;
    for (size_t t = 0; t < count; t++) {
        if (isfinite(line[t]))
            sum += (long double)taps[t] * line[t];
        nan = nan || isnan(line[t]);
        plus = plus || line[t] == (double)INFINITY;
        minus = minus || line[t] == -(double)INFINITY;
    }
    if (nan || (plus && minus))
        return (double)NAN;
    return plus ? (double)INFINITY : minus ? -(double)INFINITY : (double)sum;
}

void ckn_naive_lines(const double *in, const ckn_lines *lines, const double *taps, size_t reach,
                     double *out) {
    const bool rows = lines->axis == CKN_AXIS_ROWS;
    const size_t channels = lines->channels, row = lines->shape.cols * channels;
    const size_t samples = rows ? lines->shape.cols : lines->shape.rows;
    const size_t step = rows ? channels : row;
    const size_t count = rows ? lines->shape.rows * channels : row;
    double *line = ckn_test_array(samples + 2 * reach);
    for (size_t i = 0; i < count; i++) {
        const size_t start = rows ? i / channels * row + i % channels : i;
        for (size_t t = 0; t < samples + 2 * reach; t++) {
            const ptrdiff_t from =
                ckn_naive_boundary(lines->boundary, (ptrdiff_t)t - (ptrdiff_t)reach, samples);
            line[t] = from < 0 ? 0.0 : in[start + (size_t)from * step];
        }
        for (size_t t = 0; t < samples; t++)
            out[start + t * step] = result_of(line + t, taps, 2 * reach + 1);
    }
    free(line);
}
