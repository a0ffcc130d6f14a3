/* Valid convolution minus y. */
#include "backend/cpu/cpu_internal.h"

/* What one task computes: short enough for all threads to have some, long enough for rows of x to
 * be read from the second-level cache. */
#define TASK_ROWS 32
#define TASK_COLS 256

ckn_code ckn_cpu_residual(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                          const ckn_buffer *h, ckn_shape h_shape, const ckn_buffer *y,
                          ckn_buffer *r, ckn_error *error) {
    (void)error;
    const ckn_cpu_simd *simd = ckn_cpu_simd_of(backend);
    const double *image = ckn_cpu_const_data(x), *taps = ckn_cpu_const_data(h);
    const double *measured = y ? ckn_cpu_const_data(y) : NULL;
    double *out = ckn_cpu_data(r);
    ckn_cpu_lay_flat(&x_shape, &h_shape);
    ckn_shape valid = ckn_shape_valid(x_shape, h_shape);
    size_t tasks_a_row = ckn_cpu_divide_up(valid.cols, TASK_COLS);
    size_t tasks = ckn_cpu_divide_up(valid.rows, TASK_ROWS) * tasks_a_row;
#pragma omp parallel for schedule(dynamic)                                                         \
    num_threads(ckn_cpu_convolution_team(backend, valid, h_shape))
    for (size_t task = 0; task < tasks; task++) {
        size_t row = task / tasks_a_row * TASK_ROWS, col = task % tasks_a_row * TASK_COLS;
        size_t offset = row * valid.cols + col;
        simd->convolve(&(ckn_cpu_convolution){.x = image + row * x_shape.cols + col,
                                              .h = taps,
                                              .y = measured ? measured + offset : NULL,
                                              .out = out + offset,
                                              .x_cols = x_shape.cols,
                                              .out_cols = valid.cols,
                                              .rows = ckn_cpu_min(TASK_ROWS, valid.rows - row),
                                              .cols = ckn_cpu_min(TASK_COLS, valid.cols - col),
                                              .k = h_shape.rows,
                                              .l = h_shape.cols});
    }
    return CKN_OK;
}
