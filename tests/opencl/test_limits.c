/* Devices with less: sizes are asked of the device, so a device that says less must still give the
 * right answer, and a refusal must say what is missing. */
#include "support/harness.h"

#include "backend/opencl/cl_internal.h"
#include "backend/opencl/opencl.h"

#include <stdlib.h>
#include <string.h>

static const ckn_shape image = {60, 83}, taps = {21, 18};

typedef void (*limit_fn)(ckn_device_info *info);

static void no_limit(ckn_device_info *info) {
    (void)info;
}

static void small_groups(ckn_device_info *info) {
    info->max_work_group = 24; /* no power of two */
}

static void single_items(ckn_device_info *info) {
    info->max_work_group = 1;
}

static void little_local_memory(ckn_device_info *info) {
    info->local_memory = (size_t)6 << 10;
}

static void many_units(ckn_device_info *info) {
    info->compute_units = 500;
}

static void little_memory(ckn_device_info *info) {
    info->global_memory = (size_t)1 << 20;
}

static ckn_backend *open_limited(limit_fn limit) {
    ckn_context_options options;
    memset(&options, 0, sizeof options);
    ckn_backend *backend = NULL;
    TRY_OK(ckn_opencl_create("opencl", &options, &backend, &error));
    limit(&ckn_cl_of(backend)->device.info);
    return backend;
}

typedef struct results {
    double valid[40 * 66], gradient[21 * 18], box[60 * 83], dot, mass;
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

static void run_all(limit_fn limit, results *out) {
    const ckn_extended_box box = {
        .sigma = 4.0, .passes = 3, .l = 3, .alpha = 0.25, .lambda = 7.5, .variance_pass = 16.0 / 3};
    const ckn_shape valid = ckn_shape_valid(image, taps);
    ckn_backend *backend = open_limited(limit);
    const ckn_backend_ops *ops = backend->ops;
    ckn_buffer *x = make(backend, image, 1), *h = make(backend, taps, 2);
    ckn_buffer *r = make(backend, valid, 3);
    TRY_OK(ops->gradient(backend, x, image, r, taps, false, h, &error));
    fetch(backend, h, out->gradient, taps);
    TRY_OK(ops->residual(backend, x, image, h, taps, NULL, r, &error));
    fetch(backend, r, out->valid, valid);
    TRY_OK(ops->dot(backend, r, r, ckn_shape_count(valid), &out->dot, &error));
    TRY_OK(ops->project(backend, h, ckn_shape_count(taps), CKN_CONSTRAINT_SIMPLEX, &error));
    TRY_OK(ops->fill(backend, r, ckn_shape_count(taps), 1.0, &error));
    TRY_OK(ops->dot(backend, h, r, ckn_shape_count(taps), &out->mass, &error));
    TRY_OK(ops->box_axis(backend, x, x, image, CKN_AXIS_ROWS, &box, CKN_BOUNDARY_MIRROR, &error));
    TRY_OK(ops->box_axis(backend, x, x, image, CKN_AXIS_COLS, &box, CKN_BOUNDARY_REFLECT, &error));
    fetch(backend, x, out->box, image);
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
    ckn_test_close(less->valid, full->valid, 40 * 66, 1e-6, "%s: residual", what);
    ckn_test_close(less->gradient, full->gradient, 21 * 18, 1e-6, "%s: gradient", what);
    ckn_test_close(less->box, full->box, 60 * 83, 1e-6, "%s: box", what);
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
    ckn_buffer *buffer = make(backend, one, 1);
    ckn_error error = {CKN_OK, ""};
    assert_int_equal(backend->ops->box_axis(backend, buffer, buffer, one, CKN_AXIS_ROWS, &box,
                                            CKN_BOUNDARY_REFLECT, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "16777216"));
    backend->ops->buffer_destroy(backend, buffer);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_answers),
        cmocka_unit_test(test_largest_allocation),
        cmocka_unit_test(test_absurd_box),
        cmocka_unit_test(test_transform_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
