#include "support/naive.h"

#include "support/harness.h"

#include <math.h>
#include <stdlib.h>

void ckn_naive_valid(const double *x, ckn_shape x_shape, const double *h, ckn_shape h_shape,
                     double *out) {
    size_t rows = x_shape.rows - h_shape.rows + 1, cols = x_shape.cols - h_shape.cols + 1;
    for (size_t p = 0; p < rows; p++) {
        for (size_t q = 0; q < cols; q++) {
            double sum = 0.0;
            for (size_t i = 0; i < h_shape.rows; i++) {
                for (size_t j = 0; j < h_shape.cols; j++)
                    sum += h[i * h_shape.cols + j] *
                           x[(p + h_shape.rows - 1 - i) * x_shape.cols + q + h_shape.cols - 1 - j];
            }
            out[p * cols + q] = sum;
        }
    }
}

void ckn_naive_full(const double *x, ckn_shape x_shape, const double *h, ckn_shape h_shape,
                    double *out) {
    size_t rows = x_shape.rows + h_shape.rows - 1, cols = x_shape.cols + h_shape.cols - 1;
    for (size_t i = 0; i < rows * cols; i++)
        out[i] = 0.0;
    for (size_t m = 0; m < x_shape.rows; m++) {
        for (size_t n = 0; n < x_shape.cols; n++) {
            for (size_t i = 0; i < h_shape.rows; i++) {
                for (size_t j = 0; j < h_shape.cols; j++)
                    out[(m + i) * cols + n + j] +=
                        x[m * x_shape.cols + n] * h[i * h_shape.cols + j];
            }
        }
    }
}

void ckn_naive_same(const double *x, ckn_shape x_shape, const double *h, ckn_shape h_shape,
                    double *out) {
    size_t rows = x_shape.rows + h_shape.rows - 1, cols = x_shape.cols + h_shape.cols - 1;
    double *full = ckn_test_array(rows * cols);
    ckn_naive_full(x, x_shape, h, h_shape, full);
    for (size_t m = 0; m < x_shape.rows; m++) {
        for (size_t n = 0; n < x_shape.cols; n++)
            out[m * x_shape.cols + n] =
                full[(m + (h_shape.rows - 1) / 2) * cols + n + (h_shape.cols - 1) / 2];
    }
    free(full);
}

void ckn_naive_gradient(const double *x, ckn_shape x_shape, const double *r, ckn_shape h_shape,
                        double *g) {
    size_t rows = x_shape.rows - h_shape.rows + 1, cols = x_shape.cols - h_shape.cols + 1;
    for (size_t i = 0; i < h_shape.rows; i++) {
        for (size_t j = 0; j < h_shape.cols; j++) {
            long double sum = 0.0L;
            for (size_t p = 0; p < rows; p++) {
                for (size_t q = 0; q < cols; q++)
                    sum += r[p * cols + q] *
                           x[(p + h_shape.rows - 1 - i) * x_shape.cols + q + h_shape.cols - 1 - j];
            }
            g[i * h_shape.cols + j] = (double)sum;
        }
    }
}

void ckn_naive_correlate(const double *x, ckn_shape x_shape, const double *y, ckn_shape h_shape,
                         ckn_correlations *out) {
    size_t rows = x_shape.rows - h_shape.rows + 1, cols = x_shape.cols - h_shape.cols + 1;
    for (size_t i = 0; i < h_shape.rows; i++) {
        for (size_t j = 0; j < h_shape.cols; j++) {
            long double left = 0.0L, right = 0.0L, blurred = 0.0L;
            for (size_t p = 0; p < rows; p++) {
                for (size_t q = 0; q < cols; q++) {
                    long double to = x[(p + i) * x_shape.cols + q + j];
                    left += x[p * x_shape.cols + q] * to;
                    right += x[p * x_shape.cols + q + h_shape.cols - 1] * to;
                    blurred += y[p * cols + q] * to;
                }
            }
            out->left[i * h_shape.cols + j] = (double)left;
            out->right[i * h_shape.cols + j] = (double)right;
            out->blurred[i * h_shape.cols + j] = (double)blurred;
        }
    }
    long double square = 0.0L;
    for (size_t i = 0; i < rows * cols; i++)
        square += (long double)y[i] * y[i];
    out->square = (double)square;
}

void ckn_naive_dft(const double *x, ckn_shape shape, double *spectrum) {
    const long double turn = 2.0L * 3.14159265358979323846264338327950288L;
    size_t bins = shape.cols / 2 + 1;
    for (size_t u = 0; u < shape.rows; u++) {
        for (size_t v = 0; v < bins; v++) {
            long double re = 0.0L, im = 0.0L;
            for (size_t m = 0; m < shape.rows; m++) {
                for (size_t n = 0; n < shape.cols; n++) {
                    long double angle =
                        -turn * ((long double)(u * m % shape.rows) / (long double)shape.rows +
                                 (long double)(v * n % shape.cols) / (long double)shape.cols);
                    re += x[m * shape.cols + n] * cosl(angle);
                    im += x[m * shape.cols + n] * sinl(angle);
                }
            }
            spectrum[2 * (u * bins + v)] = (double)re;
            spectrum[2 * (u * bins + v) + 1] = (double)im;
        }
    }
}

static long double sum_above(const double *h, size_t count, long double threshold) {
    long double sum = 0.0L;
    for (size_t i = 0; i < count; i++)
        sum += fmaxl((long double)h[i] - threshold, 0.0L);
    return sum;
}

void ckn_naive_simplex(const double *h, size_t count, double *out) {
    long double largest = h[0];
    for (size_t i = 1; i < count; i++)
        largest = fmaxl(largest, h[i]);
    long double low = largest - 1.0L, high = largest;
    for (int step = 0; step < 200; step++) {
        long double middle = (low + high) / 2.0L;
        if (sum_above(h, count, middle) > 1.0L)
            low = middle;
        else
            high = middle;
    }
    for (size_t i = 0; i < count; i++)
        out[i] = (double)fmaxl((long double)h[i] - high, 0.0L);
}
