/* Every kernel of ours on sizes small enough for a simulator that watches each access; no clFFT,
 * whose kernels are not ours. Whether the numbers are right is tested in ../backend. */
#include "support/harness.h"

#include "backend/opencl/cl_internal.h"
#include "backend/opencl/opencl.h"

#include <math.h>
#include <string.h>

/* More than one work-group, tile and block of taps everywhere, and nothing a multiple of them. */
static const ckn_shape image = {45, 71}, taps = {18, 19};
enum { BUFFERS = 5, COUNT = 45 * 71 };

static ckn_backend *backend;
static ckn_buffer *u[BUFFERS];

static int open_backend(void **state) {
    (void)state;
    ckn_context_options options;
    memset(&options, 0, sizeof options);
    options.cache_dir = "";
    TRY_OK(ckn_opencl_create("opencl", &options, &backend, &error));
    for (int i = 0; i < BUFFERS; i++) {
        TRY_OK(backend->ops->buffer_create(backend, COUNT, &u[i], &error));
        TRY_OK(backend->ops->fill(backend, u[i], COUNT, 1.0, &error));
    }
    return 0;
}

static int close_backend(void **state) {
    (void)state;
    for (int i = 0; i < BUFFERS; i++)
        backend->ops->buffer_destroy(backend, u[i]);
    backend->ops->destroy(backend);
    return 0;
}

static double first_value(const ckn_buffer *buffer) {
    double value = NAN;
    const ckn_output output = ckn_output_f64(&value, 1, 1);
    TRY_OK(backend->ops->download(backend, buffer, &output, &error));
    return value;
}

static void test_prepare(void **state) {
    (void)state;
    TRY_OK(backend->ops->prepare(backend, CKN_USE_ALL, &error));
}

static void test_convolution(void **state) {
    (void)state;
    const ckn_shape valid = ckn_shape_valid(image, taps), corner = {0, 0};
    const ckn_backend_ops *ops = backend->ops;
    TRY_OK(ops->residual(backend, u[0], image, u[1], taps, u[2], u[3], &error));
    assert_true(first_value(u[3]) == 18.0 * 19.0 - 1.0);
    TRY_OK(ops->fill(backend, u[2], COUNT, 1.0, &error));
    TRY_OK(ops->gradient(backend, u[0], image, u[2], taps, true, u[4], &error));
    assert_true(first_value(u[4]) == (double)ckn_shape_count(valid) + 1.0);
    const ckn_shape row = {1, 23};
    TRY_OK(ops->gradient(backend, u[0], image, u[2], row, false, u[4], &error));
    TRY_OK(ops->embed(backend, u[3], image, u[0], taps, corner, &error));
    TRY_OK(ops->extract(backend, u[4], taps, u[3], image, corner, u[1], &error));
    assert_true(first_value(u[4]) == 0.0);
}

/* Of ones with ones. */
static void check_correlations(ckn_shape kernel, ckn_correlation_method method) {
    enum { MOST = 18 * 19 };
    double numbers[3 * MOST];
    ckn_correlations out = {numbers, numbers + MOST, numbers + 2 * MOST, NAN};
    const double count = (double)ckn_shape_count(ckn_shape_valid(image, kernel));
    ckn_correlator *correlator = NULL;
    for (size_t i = 0; i < 3 * MOST; i++)
        numbers[i] = NAN;
    TRY_OK(backend->ops->correlator_create(backend, image, kernel, method, &correlator, &error));
    TRY_OK(backend->ops->correlate(backend, correlator, u[0], u[2], &out, &error));
    for (size_t i = 0; i < 3; i++) {
        for (size_t tap = 0; tap < ckn_shape_count(kernel); tap++)
            assert_true(fabs(numbers[i * MOST + tap] / count - 1.0) < 1e-12);
    }
    assert_true(out.square == count);
    backend->ops->correlator_destroy(backend, correlator);
}

static void test_correlations(void **state) {
    (void)state;
    const ckn_shape row = {1, 23}, column = {17, 1};
    for (int i = 0; i < BUFFERS; i++)
        TRY_OK(backend->ops->fill(backend, u[i], COUNT, 1.0, &error));
    for (int method = CKN_CORRELATION_DIRECT; method <= CKN_CORRELATION_FFT; method++) {
        if (method == CKN_CORRELATION_FFT && !ckn_cl_of(backend)->device.info.fp64)
            continue;
        check_correlations(taps, (ckn_correlation_method)method);
        check_correlations(row, (ckn_correlation_method)method);
        check_correlations(column, (ckn_correlation_method)method);
    }
}

static void test_sums(void **state) {
    (void)state;
    const ckn_step_buffers step = {u[0], u[1], u[2], u[3], u[4]};
    ckn_step_sums sums;
    double dot = 0;
    TRY_OK(backend->ops->fill(backend, u[0], COUNT, 2.0, &error));
    TRY_OK(backend->ops->fill(backend, u[1], COUNT, 1.0, &error));
    TRY_OK(backend->ops->dot(backend, u[0], u[1], COUNT, &dot, &error));
    assert_true(dot == 2.0 * COUNT);
    TRY_OK(backend->ops->step_sums(backend, &step, COUNT, &sums, &error));
    assert_true(sums.change_squared == COUNT && sums.norm_squared == 4.0 * COUNT);
    TRY_OK(backend->ops->project(backend, u[0], COUNT, CKN_CONSTRAINT_SIMPLEX, &error));
    assert_true(fabs(first_value(u[0]) * COUNT - 1.0) < 1e-6);
    TRY_OK(backend->ops->spectral_divide(backend, u[0], u[1], COUNT / 2, 0.5, &error));
}

/* Prime lengths, which are not clFFT's. */
static void test_transform(void **state) {
    (void)state;
    const ckn_shape shape = {17, 67};
    ckn_fft *fft = NULL;
    TRY_OK(backend->ops->fft_create(backend, shape, &fft, &error));
    TRY_OK(backend->ops->fill(backend, u[0], COUNT, 1.0, &error));
    TRY_OK(backend->ops->fft_forward(backend, fft, u[0], u[1], &error));
    assert_true(first_value(u[1]) == 17.0 * 67.0);
    TRY_OK(backend->ops->fft_inverse(backend, fft, u[1], u[0], &error));
    assert_true(fabs(first_value(u[0]) - 1.0) < 1e-5);
    backend->ops->fft_destroy(backend, fft);
}

static void check_lines(const ckn_lines *lines, double value) {
    const ckn_extended_box box = {.sigma = 2.0,
                                  .passes = 2,
                                  .l = 2,
                                  .alpha = 0.4,
                                  .lambda = 5.8,
                                  .variance_pass = 2.0,
                                  .stride = 2,
                                  .correction = 0.01};
    static const double half[] = {0.5, 0.125, 0.125};
    TRY_OK(backend->ops->fill(backend, u[0], COUNT, value, &error));
    TRY_OK(backend->ops->box_axis(backend, u[1], u[0], lines, &box, &error));
    assert_true(fabs(first_value(u[1]) / value - 1.0) < 1e-6);
    TRY_OK(backend->ops->fir_axis(backend, u[0], u[1], lines, half, 2, &error));
    assert_true(fabs(first_value(u[0]) / value - 1.0) < 1e-6);
}

static void test_lines(void **state) {
    (void)state;
    for (int boundary = 0; boundary < CKN_BOUNDARY_ZERO; boundary++) {
        for (size_t channels = 1; channels <= 4; channels++) {
            const ckn_shape shape = {image.rows, image.cols / channels};
            check_lines(&(ckn_lines){shape, channels, CKN_AXIS_ROWS, (ckn_boundary)boundary}, 1.0);
            check_lines(&(ckn_lines){shape, channels, CKN_AXIS_COLS, (ckn_boundary)boundary}, 1.0);
        }
    }
    /* Sums of samples would overflow. */
    check_lines(&(ckn_lines){image, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_REFLECT}, 1e38);
}

/* Launches that are cut into pieces. */
static void test_pieces(void **state) {
    ckn_cl *cl = ckn_cl_of(backend);
    for (int i = 0; i < BUFFERS; i++)
        TRY_OK(backend->ops->fill(backend, u[i], COUNT, 1.0, &error));
    cl->most_groups = 1;
    cl->most_work = 1e5;
    test_convolution(state);
    test_correlations(state);
    test_lines(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepare),      cmocka_unit_test(test_convolution),
        cmocka_unit_test(test_correlations), cmocka_unit_test(test_sums),
        cmocka_unit_test(test_lines),        cmocka_unit_test(test_transform),
        cmocka_unit_test(test_pieces),
    };
    return cmocka_run_group_tests(tests, open_backend, close_backend);
}
