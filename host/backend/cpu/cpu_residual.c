/* Valid convolution minus y. */
#include "backend/cpu/cpu_internal.h"

/* Columns computed together: this piece of the result stays in the first-level cache while every
 * tap adds its share. */
#define PIECE 1024

/* sum[q] += h[0] x[q] + h[-1] x[q+1] + ...: `taps` neighbouring taps of one kernel row, walked
 * backwards because the convolution flips the kernel. Four at a time save loads of `sum`. */
static void add_taps(double *sum, size_t count, const double *x, const double *h, size_t taps) {
    size_t t = 0;
    for (; t + 4 <= taps; t += 4) {
        double h0 = *(h - t), h1 = *(h - t - 1), h2 = *(h - t - 2), h3 = *(h - t - 3);
        const double *from = x + t;
#pragma omp simd
        for (size_t q = 0; q < count; q++)
            sum[q] += (h0 * from[q] + h1 * from[q + 1]) + (h2 * from[q + 2] + h3 * from[q + 3]);
    }
    for (; t < taps; t++) {
        double h0 = *(h - t);
        const double *from = x + t;
#pragma omp simd
        for (size_t q = 0; q < count; q++)
            sum[q] += h0 * from[q];
    }
}

/* `count` results of one row; x points to the image sample under the kernel's last tap. */
static void convolve_piece(double *sum, size_t count, const double *x, size_t x_cols,
                           const double *h, ckn_shape h_shape) {
    for (size_t q = 0; q < count; q++)
        sum[q] = 0.0;
    for (size_t row = 0; row < h_shape.rows; row++) {
        const double *last = h + (h_shape.rows - row) * h_shape.cols - 1;
        add_taps(sum, count, x + row * x_cols, last, h_shape.cols);
    }
}

ckn_code ckn_cpu_residual(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                          const ckn_buffer *h, ckn_shape h_shape, const ckn_buffer *y,
                          ckn_buffer *r, ckn_error *error) {
    (void)error;
    const double *image = ckn_cpu_const_data(x), *taps = ckn_cpu_const_data(h);
    const double *measured = y ? ckn_cpu_const_data(y) : NULL;
    double *out = ckn_cpu_data(r);
    ckn_shape valid = ckn_shape_valid(x_shape, h_shape);
    size_t pieces_a_row = ckn_cpu_divide_up(valid.cols, PIECE);
    size_t pieces = valid.rows * pieces_a_row;
#pragma omp parallel for schedule(dynamic)                                                         \
    num_threads(ckn_cpu_convolution_team(backend, valid, h_shape))
    for (size_t piece = 0; piece < pieces; piece++) {
        size_t row = piece / pieces_a_row, col = piece % pieces_a_row * PIECE;
        size_t count = ckn_cpu_min(PIECE, valid.cols - col);
        size_t offset = row * valid.cols + col;
        double sum[PIECE];
        convolve_piece(sum, count, image + row * x_shape.cols + col, x_shape.cols, taps, h_shape);
        for (size_t q = 0; q < count; q++)
            out[offset + q] = sum[q] - (measured ? measured[offset + q] : 0.0);
    }
    return CKN_OK;
}
