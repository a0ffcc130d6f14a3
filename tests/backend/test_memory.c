/* Life, description, and moving samples between views and buffers. */
#include "support/guard.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 37
#define COLS 53
#define SPAN 20000 /* samples of the host arrays that strided views walk through */

typedef struct layout {
    const char *name;
    ptrdiff_t offset, row_stride, col_stride; /* of sample (0, 0), in samples */
} layout;

static const layout layouts[] = {
    {"dense", 0, COLS, 1},
    {"padded rows", 11, COLS + 19, 1},
    {"interleaved", 2, 3 * (ptrdiff_t)COLS, 3},
    {"transposed", 0, 1, ROWS},
    {"transposed and padded", 5, 2, 3 * (ptrdiff_t)ROWS},
    {"upside down", (ROWS - 1) * (ptrdiff_t)COLS, -(ptrdiff_t)COLS, 1},
    {"mirrored", 3 + COLS, COLS + 7, -1},
};

#define LAYOUTS (sizeof layouts / sizeof *layouts)

static ptrdiff_t place(const layout *how, size_t row, size_t col) {
    return how->offset + (ptrdiff_t)row * how->row_stride + (ptrdiff_t)col * how->col_stride;
}

static void *host_array(ckn_type type, const double *values) {
    if (type == CKN_FLOAT64) {
        double *array = ckn_test_array(SPAN);
        memcpy(array, values, SPAN * sizeof *array);
        return array;
    }
    float *array = calloc(SPAN, sizeof *array);
    assert_non_null(array);
    for (size_t i = 0; i < SPAN; i++)
        array[i] = (float)values[i];
    return array;
}

static double host_at(const void *array, ckn_type type, ptrdiff_t index) {
    return type == CKN_FLOAT64 ? ((const double *)array)[index]
                               : (double)((const float *)array)[index];
}

static void *host_start(void *array, ckn_type type, ptrdiff_t offset) {
    return type == CKN_FLOAT64 ? (void *)((double *)array + offset)
                               : (void *)((float *)array + offset);
}

static void check_upload(const layout *how, ckn_type type, const double *values) {
    ckn_backend *backend = ckn_test_backend();
    void *array = host_array(type, values);
    ckn_view view = {
        host_start(array, type, how->offset), type, ROWS, COLS, how->row_stride, how->col_stride};
    ckn_guarded buffer = ckn_guarded_create((size_t)ROWS * COLS);
    TRY_OK(backend->ops->upload(backend, buffer.buffer, &view, &error));
    memset(array, 0x7f, SPAN * (type == CKN_FLOAT64 ? sizeof(double) : sizeof(float)));
    double *got = ckn_guarded_read(&buffer, how->name);
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t col = 0; col < COLS; col++) {
            if (got[row * COLS + col] != values[place(how, row, col)])
                ckn_test_fail("upload, %s: sample (%zu, %zu) is wrong", how->name, row, col);
        }
    }
    free(got);
    free(array);
    ckn_guarded_destroy(&buffer);
}

static void check_download(const layout *how, ckn_type type, const double *values) {
    ckn_backend *backend = ckn_test_backend();
    double *expected = ckn_test_array(SPAN);
    for (size_t i = 0; i < SPAN; i++)
        expected[i] = -7.0;
    void *array = host_array(type, expected);
    ckn_guarded buffer = ckn_guarded_from(values, (size_t)ROWS * COLS);
    ckn_output output = {
        host_start(array, type, how->offset), type, ROWS, COLS, how->row_stride, how->col_stride};
    TRY_OK(backend->ops->download(backend, buffer.buffer, &output, &error));
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t col = 0; col < COLS; col++)
            expected[place(how, row, col)] = values[row * COLS + col];
    }
    for (ptrdiff_t i = 0; i < SPAN; i++) {
        if (host_at(array, type, i) != expected[i])
            ckn_test_fail("download, %s: element %td is %g, not %g", how->name, i,
                          host_at(array, type, i), expected[i]);
    }
    free(expected);
    free(array);
    ckn_guarded_destroy(&buffer);
}

static void test_views(void **state) {
    (void)state;
    double *values = ckn_test_random_array(5, SPAN, -1.0, 1.0);
    for (size_t i = 0; i < LAYOUTS; i++) {
        check_upload(&layouts[i], CKN_FLOAT32, values);
        check_upload(&layouts[i], CKN_FLOAT64, values);
        check_download(&layouts[i], CKN_FLOAT32, values);
        check_download(&layouts[i], CKN_FLOAT64, values);
    }
    free(values);
}

/* A view smaller than the buffer leaves the rest alone; reading less than all works too. */
static void test_partial(void **state) {
    (void)state;
    ckn_backend *backend = ckn_test_backend();
    const double all[] = {1, 2, 3, 4, 5, 6, 7}, part[] = {10, 20, 30, 40};
    const double both[] = {10, 20, 30, 40, 5, 6, 7};
    ckn_guarded buffer = ckn_guarded_from(all, 7);
    ckn_view view = ckn_view_f64(part, 2, 2);
    TRY_OK(backend->ops->upload(backend, buffer.buffer, &view, &error));
    ckn_guarded_close(&buffer, both, 0.0, "partial upload");
    double got[] = {0, 0, 0, 99};
    ckn_output output = ckn_output_f64(got, 1, 3);
    TRY_OK(backend->ops->download(backend, buffer.buffer, &output, &error));
    assert_true(got[0] == 10 && got[1] == 20 && got[2] == 30 && got[3] == 99);
    ckn_guarded_destroy(&buffer);
}

/* 0.1 is no float32: the CPU backend must keep the double. */
static void test_precision(void **state) {
    (void)state;
    const double value = 0.1;
    ckn_guarded buffer = ckn_guarded_from(&value, 1);
    double *got = ckn_guarded_read(&buffer, "precision");
    if (ckn_test_on_cpu())
        assert_true(got[0] == 0.1);
    else
        assert_true(got[0] == (double)0.1f);
    free(got);
    ckn_guarded_destroy(&buffer);
}

static void test_special_values(void **state) {
    (void)state;
    const double values[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e-30, 1e30};
    ckn_guarded buffer = ckn_guarded_from(values, 7);
    double *got = ckn_guarded_peek(&buffer, "special values");
    assert_true(isnan(got[0]) && isinf(got[1]) && got[1] > 0 && isinf(got[2]) && got[2] < 0);
    assert_true(got[3] == 0.0 && got[4] == 0.0 && signbit(got[4]));
    assert_true(fabs(got[5] - 1e-30) < 1e-36 && fabs(got[6] - 1e30) < 1e24);
    free(got);
    ckn_guarded_destroy(&buffer);
}

static void count_lines(void *user, ckn_log_level level, const char *message) {
    assert_true(level >= CKN_LOG_WARNING && level <= CKN_LOG_VERBOSE);
    assert_null(strchr(message, '\n'));
    ++*(size_t *)user;
}

static void test_life(void **state) {
    (void)state;
    ckn_backend *backend = ckn_test_backend();
    ckn_log kept = backend->log;
    size_t lines = 0;
    backend->log = (ckn_log){count_lines, &lines};
    TRY_OK(backend->ops->prepare(backend, CKN_USE_ALL, &error));
    ckn_guarded buffer = ckn_guarded_create(10); /* a launch for the statistics */
    TRY_OK(backend->ops->fill(backend, buffer.buffer, 10, 1.0, &error));
    TRY_OK(backend->ops->finish(backend, &error));
    ckn_guarded_destroy(&buffer);
    lines = 0;
    backend->ops->log_statistics(backend);
    backend->log = kept;
    assert_true(lines > 0);
    backend->ops->buffer_destroy(backend, NULL);
    backend->ops->fft_destroy(backend, NULL);
    ckn_backend_destroy(NULL);
    assert_true(backend->cost.seconds_per_tap > 0.0);
    assert_true(backend->cost.seconds_per_fft_unit > 0.0);
    assert_true(backend->cost.seconds_fft_plan > 0.0);
}

static void test_description(void **state) {
    (void)state;
    ckn_device_info info;
    memset(&info, 0xff, sizeof info);
    ckn_backend *backend = ckn_test_backend();
    backend->ops->describe(backend, &info);
    assert_true(strlen(info.name) > 0 && strlen(info.name) < sizeof info.name);
    assert_true(strlen(info.version) > 0 && strlen(info.driver) > 0);
    assert_true(info.compute_units > 0 && info.global_memory > 0 && info.max_allocation > 0);
    if (ckn_test_on_cpu()) {
        assert_true(info.fp64);
        assert_true(info.local_memory == 0 && info.max_work_group == 0 && info.index == 0);
        assert_true(strncmp(info.version, "FFTW 3.", 7) == 0 ||
                    strcmp(info.version, "no FFT") == 0);
    } else {
        assert_true(info.local_memory > 0 && info.max_work_group > 0);
        assert_true(info.kind != CKN_DEVICE_CPU_BACKEND && strlen(info.platform) > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),     cmocka_unit_test(test_partial),
        cmocka_unit_test(test_precision), cmocka_unit_test(test_special_values),
        cmocka_unit_test(test_life),      cmocka_unit_test(test_description),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
