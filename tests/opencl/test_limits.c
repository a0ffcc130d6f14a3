/* Devices with less: sizes are asked of the device, so a device that says less must still give the
 * right answer, and a refusal must say what is missing. */
#include "support/harness.h"

#include "backend/cpu/cpu.h"
#include "backend/opencl/cl_internal.h"
#include "backend/opencl/opencl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const ckn_shape image = {60, 83}, taps = {21, 18};

typedef void (*limit_fn)(ckn_cl *cl);

static void no_limit(ckn_cl *cl) {
    (void)cl;
}

static void small_groups(ckn_cl *cl) {
    cl->device.info.max_work_group = 24; /* no power of two */
}

static void single_items(ckn_cl *cl) {
    cl->device.info.max_work_group = 1;
}

static void little_local_memory(ckn_cl *cl) {
    cl->device.info.local_memory = (size_t)6 << 10;
}

static void many_units(ckn_cl *cl) {
    cl->device.info.compute_units = 500;
}

static void little_memory(ckn_cl *cl) {
    cl->device.info.global_memory = (size_t)1 << 20;
}

static void few_groups(ckn_cl *cl) {
    cl->most_groups = 2;
}

static void little_work(ckn_cl *cl) {
    cl->most_work = 1e5;
}

static ckn_backend *open_limited(limit_fn limit) {
    ckn_context_options options;
    memset(&options, 0, sizeof options);
    ckn_backend *backend = NULL;
    TRY_OK(ckn_opencl_create("opencl", &options, &backend, &error));
    limit(ckn_cl_of(backend));
    return backend;
}

/* Two methods, three correlations; a device with less may not have transforms. */
typedef struct results {
    double correlations[2][3][21 * 18];
    bool transforms;
    double valid[40 * 66], gradient[21 * 18], box[60 * 83], fir[60 * 83], dot, mass;
} results;

static void fetch(ckn_backend *backend, const ckn_buffer *buffer, double *to, ckn_shape shape) {
    const ckn_output output = ckn_output_f64(to, shape.rows, shape.cols);
    TRY_OK(backend->ops->download(backend, buffer, &output, &error));
}

static ckn_buffer *make(ckn_backend *backend, ckn_shape shape, unsigned seed) {
    const size_t count = ckn_shape_count(shape);
    double *values = ckn_test_array(count);
    for (size_t i = 0; i < count; i++)
        values[i] = (double)((i * 2654435761U + seed * 40503U) % 1009U) / 1009.0;
    const ckn_view view = ckn_view_f64(values, shape.rows, shape.cols);
    ckn_buffer *buffer = NULL;
    TRY_OK(backend->ops->buffer_create(backend, count, &buffer, &error));
    TRY_OK(backend->ops->upload(backend, buffer, &view, &error));
    free(values);
    return buffer;
}

static void correlate(ckn_backend *backend, ckn_buffer *x, ckn_buffer *y, results *out) {
    for (int method = CKN_CORRELATION_DIRECT; method <= CKN_CORRELATION_FFT; method++) {
        double(*numbers)[21 * 18] = out->correlations[method];
        ckn_correlations into = {numbers[0], numbers[1], numbers[2], 0};
        ckn_correlator *correlator = NULL;
        double plan, seconds;
        backend->ops->correlator_predict(backend, image, taps, (ckn_correlation_method)method,
                                         &plan, &seconds);
        if (method == CKN_CORRELATION_FFT)
            out->transforms = isfinite(seconds);
        if (!isfinite(seconds))
            continue;
        TRY_OK(backend->ops->correlator_create(backend, image, taps, (ckn_correlation_method)method,
                                               &correlator, &error));
        TRY_OK(backend->ops->correlate(backend, correlator, x, y, &into, &error));
        backend->ops->correlator_destroy(backend, correlator);
    }
}

static void run_all(limit_fn limit, results *out) {
    const ckn_extended_box box = {
        .sigma = 4.0, .passes = 3, .l = 3, .alpha = 0.25, .lambda = 7.5, .variance_pass = 16.0 / 3};
    const ckn_lines rows = {image, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_MIRROR};
    const ckn_lines cols = {image, 1, CKN_AXIS_COLS, CKN_BOUNDARY_REFLECT};
    static const double half[] = {0.5, 0.125, 0.125};
    const ckn_shape valid = ckn_shape_valid(image, taps);
    ckn_backend *backend = open_limited(limit);
    const ckn_backend_ops *ops = backend->ops;
    ckn_buffer *x = make(backend, image, 1), *h = make(backend, taps, 2);
    ckn_buffer *r = make(backend, valid, 3), *blurred = make(backend, image, 4);
    correlate(backend, x, r, out);
    TRY_OK(ops->gradient(backend, x, image, r, taps, false, h, &error));
    fetch(backend, h, out->gradient, taps);
    TRY_OK(ops->residual(backend, x, image, h, taps, NULL, r, &error));
    fetch(backend, r, out->valid, valid);
    TRY_OK(ops->dot(backend, r, r, ckn_shape_count(valid), &out->dot, &error));
    TRY_OK(ops->project(backend, h, ckn_shape_count(taps), CKN_CONSTRAINT_SIMPLEX, &error));
    TRY_OK(ops->fill(backend, r, ckn_shape_count(taps), 1.0, &error));
    TRY_OK(ops->dot(backend, h, r, ckn_shape_count(taps), &out->mass, &error));
    TRY_OK(ops->box_axis(backend, blurred, x, &rows, &box, &error));
    TRY_OK(ops->box_axis(backend, x, blurred, &cols, &box, &error));
    fetch(backend, x, out->box, image);
    TRY_OK(ops->fir_axis(backend, blurred, x, &cols, half, 2, &error));
    fetch(backend, blurred, out->fir, image);
    ops->buffer_destroy(backend, blurred);
    ops->buffer_destroy(backend, x);
    ops->buffer_destroy(backend, h);
    ops->buffer_destroy(backend, r);
    ops->destroy(backend);
}

static void compare(limit_fn limit, const char *what) {
    results *full = calloc(2, sizeof *full);
    assert_non_null(full);
    results *less = full + 1;
    run_all(no_limit, full);
    run_all(limit, less);
    for (int method = 0; method < 1 + (less->transforms && full->transforms); method++)
        ckn_test_close(less->correlations[method][0], full->correlations[0][0], (size_t)3 * 21 * 18,
                       1e-9, "%s: correlations, method %d", what, method);
    ckn_test_close(less->valid, full->valid, 40 * 66, 1e-6, "%s: residual", what);
    ckn_test_close(less->gradient, full->gradient, 21 * 18, 1e-6, "%s: gradient", what);
    ckn_test_close(less->box, full->box, 60 * 83, 1e-6, "%s: box", what);
    ckn_test_close(less->fir, full->fir, 60 * 83, 1e-6, "%s: fir", what);
    ckn_test_close(&less->dot, &full->dot, 1, 1e-6, "%s: dot", what);
    ckn_test_close(&less->mass, &full->mass, 1, 1e-6, "%s: sum after the projection", what);
    free(full);
}

static void test_right_answers(void **state) {
    (void)state;
    compare(small_groups, "small groups");
    compare(single_items, "single work-items");
    compare(little_local_memory, "little local memory");
    compare(many_units, "many units");
    compare(little_memory, "little memory");
    compare(few_groups, "few groups a launch");
    compare(little_work, "little work a launch");
}

static void test_largest_allocation(void **state) {
    (void)state;
    ckn_backend *backend = open_limited(no_limit);
    ckn_cl_of(backend)->device.info.max_allocation = 4000;
    ckn_error error = {CKN_OK, ""};
    ckn_buffer *buffer = NULL;
    assert_int_equal(backend->ops->buffer_create(backend, 1000, &buffer, &error), CKN_OK);
    backend->ops->buffer_destroy(backend, buffer);
    assert_int_equal(backend->ops->buffer_create(backend, 1001, &buffer, &error), CKN_ERROR_MEMORY);
    assert_null(buffer);
    assert_non_null(strstr(error.message, "4004 bytes"));
    assert_int_equal(backend->ops->buffer_create(backend, SIZE_MAX / 2, &buffer, &error),
                     CKN_ERROR_MEMORY);
    backend->ops->destroy(backend);
}

static void test_absurd_box(void **state) {
    (void)state;
    const ckn_extended_box box = {.sigma = 1e7, .passes = 3, .l = 9999999, .lambda = 2e7};
    const ckn_shape one = {1, 1};
    ckn_backend *backend = open_limited(no_limit);
    ckn_buffer *buffer = make(backend, one, 1), *out = make(backend, one, 1);
    const ckn_lines lines = {one, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_REFLECT};
    ckn_error error = {CKN_OK, ""};
    assert_int_equal(backend->ops->box_axis(backend, out, buffer, &lines, &box, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "16777216"));
    backend->ops->buffer_destroy(backend, buffer);
    backend->ops->buffer_destroy(backend, out);
    backend->ops->destroy(backend);
}

/* Good lengths have the factors 2, 3 and 5; clFFT can do 7, 11 and 13 too, and the backend the
 * rest (tests/backend/test_fft.c). */
static void test_transform_lengths(void **state) {
    (void)state;
    ckn_backend *backend = open_limited(no_limit);
    const ckn_backend_ops *ops = backend->ops;
    ckn_error error = {CKN_OK, ""};
    ckn_fft *fft = NULL;
    assert_int_equal(ops->fft_good_length(backend, 1), 1);
    assert_int_equal(ops->fft_good_length(backend, 7), 8);
    assert_int_equal(ops->fft_good_length(backend, 251), 256);
    const ckn_shape shape = {4, 7};
    assert_int_equal(ops->fft_create(backend, shape, &fft, &error), CKN_OK);
    ops->fft_destroy(backend, fft);
    ops->destroy(backend);
}

/* Planes with a long axis of a million samples: more work-groups than the GPUs of one vendor allow
 * in the dimensions that count rows. */
enum { LONG = 1 << 20, PLANES = 5 };

typedef struct long_results {
    double *planes[PLANES];
} long_results;

static void run_long(ckn_backend *backend, bool tall, long_results *out) {
    const ckn_extended_box box = {.sigma = 1, .passes = 1, .l = 1, .alpha = 0.1, .lambda = 3.2};
    const ckn_shape plane = tall ? (ckn_shape){LONG, 1} : (ckn_shape){1, LONG};
    const ckn_shape kernel = tall ? (ckn_shape){3, 1} : (ckn_shape){1, 3};
    const ckn_shape at = {kernel.rows / 2, kernel.cols / 2};
    const ckn_lines rows = {plane, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_ZERO};
    const ckn_lines cols = {plane, 1, CKN_AXIS_COLS, CKN_BOUNDARY_ZERO};
    const ckn_shape valid = ckn_shape_valid(plane, kernel);
    const ckn_backend_ops *ops = backend->ops;
    ckn_buffer *x = make(backend, plane, 1), *h = make(backend, kernel, 2);
    ckn_buffer *y = make(backend, valid, 3), *u = make(backend, plane, 4);
    TRY_OK(ops->residual(backend, x, plane, h, kernel, y, u, &error));
    fetch(backend, u, out->planes[0], valid);
    TRY_OK(ops->gradient(backend, x, plane, y, kernel, false, h, &error));
    fetch(backend, h, out->planes[1], kernel);
    TRY_OK(ops->embed(backend, u, plane, y, valid, at, &error));
    TRY_OK(ops->combine(backend, u, LONG, 2.0, u, -1.0, x, &error));
    fetch(backend, u, out->planes[2], plane);
    TRY_OK(ops->extract(backend, u, valid, x, plane, at, y, &error));
    fetch(backend, u, out->planes[3], valid);
    TRY_OK(ops->box_axis(backend, u, x, &rows, &box, &error));
    TRY_OK(ops->box_axis(backend, x, u, &cols, &box, &error));
    fetch(backend, x, out->planes[4], plane);
    ckn_buffer *const buffers[] = {x, h, y, u};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        ops->buffer_destroy(backend, buffers[i]);
}

/* What a device with the limit would refuse; most devices here have none. */
static size_t most_queued;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker dictates these names. */
cl_int __real_clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                                     const size_t *offset, const size_t *items, const size_t *group,
                                     cl_uint events, const cl_event *wait, cl_event *event);
cl_int __wrap_clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                                     const size_t *offset, const size_t *items, const size_t *group,
                                     cl_uint events, const cl_event *wait, cl_event *event);

cl_int __wrap_clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                                     const size_t *offset, const size_t *items, const size_t *group,
                                     cl_uint events, const cl_event *wait, cl_event *event) {
    for (cl_uint d = 1; d < dimensions; d++) {
        const size_t groups = items[d] / group[d];
        most_queued = groups > most_queued ? groups : most_queued;
    }
    return __real_clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, items, group, events,
                                         wait, event);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void test_long_planes(void **state) {
    (void)state;
    static const char *const names[PLANES] = {"residual", "gradient", "embed and combine",
                                              "extract", "box"};
    static const size_t counts[PLANES] = {LONG - 2, 3, LONG, LONG - 2, LONG};
    const ckn_log silent = {NULL, NULL};
    ckn_backend *cpu = NULL, *backend = open_limited(no_limit);
    TRY_OK(ckn_cpu_create(1, &silent, &cpu, &error));
    long_results expected, actual;
    for (size_t i = 0; i < PLANES; i++) {
        expected.planes[i] = ckn_test_array(LONG);
        actual.planes[i] = ckn_test_array(LONG);
    }
    for (int tall = 0; tall < 2; tall++) {
        run_long(cpu, tall, &expected);
        run_long(backend, tall, &actual);
        for (size_t i = 0; i < PLANES; i++)
            ckn_test_close(actual.planes[i], expected.planes[i], counts[i], 1e-5, "%s, %s",
                           names[i], tall ? "tall" : "wide");
    }
    assert_in_range(most_queued, 2, 65535);
    for (size_t i = 0; i < PLANES; i++) {
        free(expected.planes[i]);
        free(actual.planes[i]);
    }
    cpu->ops->destroy(cpu);
    backend->ops->destroy(backend);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_answers), cmocka_unit_test(test_largest_allocation),
        cmocka_unit_test(test_absurd_box),    cmocka_unit_test(test_transform_lengths),
        cmocka_unit_test(test_long_planes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
