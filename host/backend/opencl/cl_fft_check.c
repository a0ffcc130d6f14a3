#include "backend/opencl/cl_fft_check.h"

#include <math.h>

#define TAU 6.283185307179586

/* Far above float32's rounding of a transform of any length, far below garbage. */
static const double tolerance = 1e-3;

typedef struct fft_check {
    ckn_backend *backend;
    ckn_fft *fft;
    ckn_shape shape, sample; /* of the plane, and where its 1 stands */
    ckn_buffer *plane, *spectrum;
} fft_check;

static ckn_code wrong(const fft_check *check, const char *direction, ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_OPENCL,
                    "clFFT's %s transform of %zu x %zu gives wrong results on this device; use "
                    "--engine direct or gram",
                    direction, check->shape.cols, check->shape.rows);
}

static ckn_code put_sample(const fft_check *check, ckn_error *error) {
    ckn_backend *backend = check->backend;
    const ckn_shape one = {1, 1};
    ckn_buffer *sample = NULL;
    CKN_TRY(ckn_cl_buffer_create(backend, 1, &sample, error));
    ckn_code code = ckn_cl_fill(backend, sample, 1, 1, error);
    if (code == CKN_OK)
        code = ckn_cl_embed(backend, check->plane, check->shape, sample, one, check->sample, error);
    if (code == CKN_OK)
        code = ckn_cl_check(clFinish(ckn_cl_of(backend)->queue), "clFinish", error);
    ckn_cl_buffer_destroy(backend, sample);
    return code;
}

/* `count` floats of one row of a buffer of this shape, from `at` on. */
static ckn_code read_row(const fft_check *check, const ckn_buffer *from, ckn_shape shape,
                         ckn_shape at, size_t count, float *values, ckn_error *error) {
    const ckn_shape part = {1, count};
    const ckn_output output = ckn_output_f32(values, 1, count);
    ckn_buffer *row = NULL;
    CKN_TRY(ckn_cl_buffer_create(check->backend, count, &row, error));
    ckn_code code = ckn_cl_extract(check->backend, row, part, from, shape, at, NULL, error);
    if (code == CKN_OK)
        code = ckn_cl_download(check->backend, row, &output, error);
    ckn_cl_buffer_destroy(check->backend, row);
    return code;
}

/* One row of the spectrum, real and imaginary parts in turn, against exp(-i phase). */
static ckn_code check_row(const fft_check *check, size_t row, ckn_error *error) {
    enum { BINS = 64 }; /* of a row: from its start, which all butterflies reach */
    float values[2 * BINS];
    const size_t half = check->shape.cols / 2 + 1, count = half < BINS ? half : BINS;
    CKN_TRY(read_row(check, check->spectrum, (ckn_shape){check->shape.rows, 2 * half},
                     (ckn_shape){row, 0}, 2 * count, values, error));
    for (size_t col = 0; col < count; col++) {
        const double turns =
            (double)(row * check->sample.rows % check->shape.rows) / (double)check->shape.rows +
            (double)(col * check->sample.cols % check->shape.cols) / (double)check->shape.cols;
        if (!(fabs((double)values[2 * col] - cos(TAU * turns)) < tolerance &&
              fabs((double)values[2 * col + 1] + sin(TAU * turns)) < tolerance))
            return wrong(check, "forward", error);
    }
    return CKN_OK;
}

/* Every bin has the magnitude 1. */
static ckn_code check_forward(const fft_check *check, ckn_error *error) {
    const size_t rows = check->shape.rows, count = ckn_spectrum_count(check->shape);
    double square = 0;
    /* What memory held before must not pass for a result. */
    CKN_TRY(ckn_cl_fill(check->backend, check->spectrum, count, 0, error));
    CKN_TRY(ckn_cl_fft_forward(check->backend, check->fft, check->plane, check->spectrum, error));
    CKN_TRY(ckn_cl_dot(check->backend, check->spectrum, check->spectrum, count, &square, error));
    if (!(fabs(square / ((double)count / 2) - 1) < tolerance))
        return wrong(check, "forward", error);
    const size_t looked_at[] = {0, 1 % rows, rows / 2, rows - 1};
    for (size_t i = 0; i < sizeof looked_at / sizeof looked_at[0]; i++)
        CKN_TRY(check_row(check, looked_at[i], error));
    return CKN_OK;
}

/* The 1 is back, and with the sum of squares everything else is 0. */
static ckn_code check_inverse(const fft_check *check, ckn_error *error) {
    ckn_backend *backend = check->backend;
    const size_t count = ckn_shape_count(check->shape);
    double square = 0;
    float value = 0;
    CKN_TRY(ckn_cl_fill(backend, check->plane, count, 0, error));
    CKN_TRY(ckn_cl_fft_inverse(backend, check->fft, check->spectrum, check->plane, error));
    CKN_TRY(ckn_cl_dot(backend, check->plane, check->plane, count, &square, error));
    CKN_TRY(read_row(check, check->plane, check->shape, check->sample, 1, &value, error));
    return fabs(square - 1) < tolerance && fabs((double)value - 1) < tolerance
               ? CKN_OK
               : wrong(check, "inverse", error);
}

static ckn_code check_both(const fft_check *check, ckn_error *error) {
    CKN_TRY(put_sample(check, error));
    CKN_TRY(check_forward(check, error));
    return check_inverse(check, error);
}

ckn_code ckn_cl_fft_check(ckn_backend *backend, ckn_fft *fft, ckn_shape shape, ckn_error *error) {
    /* Off the corner, and of no symmetry: every stage turns it. */
    fft_check check = {.backend = backend,
                       .fft = fft,
                       .shape = shape,
                       .sample = {(shape.rows + 1) / 3, (shape.cols + 1) / 3}};
    ckn_code code = CKN_OK;
    if (ckn_cl_buffer_create(backend, ckn_shape_count(shape), &check.plane, NULL) == CKN_OK &&
        ckn_cl_buffer_create(backend, ckn_spectrum_count(shape), &check.spectrum, NULL) == CKN_OK)
        code = check_both(&check, error);
    ckn_cl_buffer_destroy(backend, check.plane);
    ckn_cl_buffer_destroy(backend, check.spectrum);
    return code;
}
