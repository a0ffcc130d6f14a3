/* What only the CPU backend promises: any number of threads gives the same bits. */
#include "backend/cpu/cpu.h"
#include "backend/cpu/cpu_tile_fft.h"
#include "support/harness.h"
#include "support/naive_lines.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 150, COLS = 2301, KERNEL_ROWS = 5, KERNEL_COLS = 7, RESULTS = 12 };

/* Everything that one backend computed. */
typedef struct outcome {
    double sums[RESULTS];
    double *planes; /* residual, gradient, transform, blurred; one after another */
    size_t count;
} outcome;

static ckn_buffer *buffer_of(ckn_backend *backend, const double *data, size_t count) {
    ckn_buffer *buffer = NULL;
    TRY_OK(backend->ops->buffer_create(backend, count, &buffer, &error));
    if (data) {
        ckn_view view = ckn_view_f64(data, 1, count);
        TRY_OK(backend->ops->upload(backend, buffer, &view, &error));
    }
    return buffer;
}

static void keep(ckn_backend *backend, outcome *all, ckn_buffer *buffer, size_t count) {
    all->planes = realloc(all->planes, (all->count + count) * sizeof *all->planes);
    assert_non_null(all->planes);
    ckn_output output = ckn_output_f64(all->planes + all->count, 1, count);
    TRY_OK(backend->ops->download(backend, buffer, &output, &error));
    all->count += count;
}

static void run_convolution(ckn_backend *backend, outcome *all, ckn_buffer *x) {
    const ckn_shape image = {ROWS, COLS}, kernel = {KERNEL_ROWS, KERNEL_COLS};
    size_t taps = ckn_shape_count(kernel);
    size_t pixels = (size_t)(ROWS - KERNEL_ROWS + 1) * (COLS - KERNEL_COLS + 1);
    double *data = ckn_test_random_array(82, taps, -1.0, 1.0);
    ckn_buffer *h = buffer_of(backend, data, taps), *g = buffer_of(backend, NULL, taps);
    ckn_buffer *r = buffer_of(backend, NULL, pixels);
    TRY_OK(backend->ops->residual(backend, x, image, h, kernel, NULL, r, &error));
    TRY_OK(backend->ops->gradient(backend, x, image, r, kernel, false, g, &error));
    keep(backend, all, r, pixels);
    keep(backend, all, g, taps);
    backend->ops->buffer_destroy(backend, h);
    backend->ops->buffer_destroy(backend, g);
    backend->ops->buffer_destroy(backend, r);
    free(data);
}

static void run_transform(ckn_backend *backend, outcome *all, ckn_buffer *x) {
    const ckn_shape shape = {ROWS, COLS};
    ckn_fft *fft = NULL;
    ckn_error ignored;
    if (backend->ops->fft_create(backend, shape, &fft, &ignored) != CKN_OK)
        return; /* a build without FFTW; test_fft checks the error */
    ckn_buffer *spectrum = buffer_of(backend, NULL, ckn_spectrum_count(shape));
    TRY_OK(backend->ops->fft_forward(backend, fft, x, spectrum, &error));
    keep(backend, all, spectrum, ckn_spectrum_count(shape));
    backend->ops->buffer_destroy(backend, spectrum);
    backend->ops->fft_destroy(backend, fft);
}

/* Kernels wide and high enough for several bands and strips. */
static void run_correlations(ckn_backend *backend, outcome *all, ckn_buffer *x, ckn_buffer *y) {
    const ckn_shape image = {ROWS, COLS};
    static const ckn_shape kernels[] = {{5, 7}, {20, 30}, {1, 3}};
    for (size_t i = 0; i < 2 * sizeof kernels / sizeof kernels[0]; i++) {
        ckn_shape kernel = kernels[i / 2];
        ckn_correlation_method method = i % 2 ? CKN_CORRELATION_FFT : CKN_CORRELATION_DIRECT;
        ckn_correlator *correlator = NULL;
        ckn_error ignored;
        if (backend->ops->correlator_create(backend, image, kernel, method, &correlator,
                                            &ignored) != CKN_OK)
            continue; /* a build without FFT */
        size_t taps = ckn_shape_count(kernel), start = all->count;
        all->count += 3 * taps;
        all->planes = realloc(all->planes, all->count * sizeof *all->planes);
        assert_non_null(all->planes);
        double *to = all->planes + start;
        ckn_correlations out = {.left = to, .right = to + taps, .blurred = to + 2 * taps};
        TRY_OK(backend->ops->correlate(backend, correlator, x, y, &out, &error));
        all->sums[4 + i] = out.square;
        backend->ops->correlator_destroy(backend, correlator);
    }
}

static ckn_buffer *samples_of(ckn_backend *backend, const double *data, size_t count,
                              ckn_type type) {
    ckn_buffer *buffer = NULL;
    TRY_OK(backend->ops->samples_create(backend, count, type, &buffer, &error));
    ckn_view view = ckn_view_f64(data, 1, count);
    TRY_OK(backend->ops->upload(backend, buffer, &view, &error));
    return buffer;
}

/* Images of one and three channels along both axes, and one line of many segments. */
static void run_lines(ckn_backend *backend, outcome *all, const double *data) {
    static const double taps[] = {0.4, 0.2, 0.1};
    static const ckn_lines lines[] = {
        {{ROWS, COLS}, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_REFLECT},
        {{ROWS, COLS / 3}, 3, CKN_AXIS_COLS, CKN_BOUNDARY_ZERO},
        {{1, (size_t)ROWS * COLS}, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_MIRROR},
    };
    const size_t count = (size_t)ROWS * COLS;
    ckn_extended_box box = ckn_naive_box(9.6, 6);
    ckn_naive_correct(&box, 6, 0.07);
    for (int type = CKN_FLOAT32; type <= CKN_FLOAT64; type++) {
        ckn_buffer *in = samples_of(backend, data, count, (ckn_type)type);
        ckn_buffer *out = samples_of(backend, data, count, (ckn_type)type);
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            TRY_OK(backend->ops->box_axis(backend, out, in, &lines[i], &box, &error));
            keep(backend, all, out, count);
            TRY_OK(backend->ops->fir_axis(backend, out, in, &lines[i], taps, 2, &error));
            keep(backend, all, out, count);
        }
        backend->ops->buffer_destroy(backend, in);
        backend->ops->buffer_destroy(backend, out);
    }
}

static outcome run_all(int threads) {
    outcome all = {.planes = NULL};
    ckn_backend *backend = NULL;
    TRY_OK(ckn_cpu_create(threads, NULL, &backend, &error));
    size_t count = (size_t)ROWS * COLS;
    double *data = ckn_test_random_array(81, count, -1.0, 1.0);
    ckn_buffer *x = buffer_of(backend, data, count), *y = buffer_of(backend, NULL, count);
    run_convolution(backend, &all, x);
    run_transform(backend, &all, x);
    run_lines(backend, &all, data);
    TRY_OK(backend->ops->combine(backend, y, count, 0.5, x, 0.25, x, &error));
    run_correlations(backend, &all, x, y);
    ckn_step_buffers step = {.h = x, .h_prev = y, .g = x, .g_prev = y, .z = y};
    ckn_step_sums sums;
    TRY_OK(backend->ops->dot(backend, x, y, count, &all.sums[0], &error));
    TRY_OK(backend->ops->step_sums(backend, &step, count, &sums, &error));
    all.sums[1] = sums.restart;
    all.sums[2] = sums.change_squared;
    all.sums[3] = sums.norm_squared;
    backend->ops->buffer_destroy(backend, x);
    backend->ops->buffer_destroy(backend, y);
    ckn_backend_destroy(backend);
    free(data);
    return all;
}

static void test_threads_do_not_matter(void **state) {
    (void)state;
    outcome one = run_all(1);
    static const int threads[] = {2, 3, 8};
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        outcome many = run_all(threads[i]);
        assert_true(many.count == one.count);
        assert_memory_equal(many.sums, one.sums, sizeof one.sums);
        assert_memory_equal(many.planes, one.planes, one.count * sizeof *one.planes);
        free(many.planes);
    }
    free(one.planes);
}

static void test_thread_count(void **state) {
    (void)state;
    static const int refused[] = {-1, 1025, INT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        ckn_backend *backend = NULL;
        ckn_error error = {CKN_OK, ""};
        assert_int_equal(ckn_cpu_create(refused[i], NULL, &backend, &error), CKN_ERROR_ARGUMENT);
        assert_null(backend);
        assert_non_null(strstr(error.message, "threads"));
        assert_int_equal(ckn_cpu_create(refused[i], NULL, &backend, NULL), CKN_ERROR_ARGUMENT);
    }
    ckn_backend *backend = NULL;
    ckn_device_info info;
    TRY_OK(ckn_cpu_create(3, NULL, &backend, &error));
    backend->ops->describe(backend, &info);
    assert_int_equal(info.compute_units, 3);
    ckn_backend_destroy(backend);
}

static double predicted(ckn_backend *backend, ckn_shape image, ckn_shape kernel,
                        ckn_correlation_method method) {
    double plan, seconds;
    backend->ops->correlator_predict(backend, image, kernel, method, &plan, &seconds);
    assert_true(plan >= 0.0 && seconds > 0.0);
    return seconds;
}

/* Small kernels are summed, large ones transformed; without FFT all are summed. */
static void test_prediction(void **state) {
    (void)state;
    const ckn_shape image = {1024, 1024}, small = {3, 3}, large = {31, 31};
    ckn_backend *backend = NULL;
    TRY_OK(ckn_cpu_create(1, NULL, &backend, &error));
    double direct = predicted(backend, image, large, CKN_CORRELATION_DIRECT);
    assert_true(isfinite(direct));
    assert_true(predicted(backend, image, small, CKN_CORRELATION_DIRECT) < direct);
    assert_true(predicted(backend, image, small, CKN_CORRELATION_DIRECT) <
                predicted(backend, image, small, CKN_CORRELATION_FFT));
    if (ckn_cpu_tile_available())
        assert_true(predicted(backend, image, large, CKN_CORRELATION_FFT) < direct);
    else
        assert_true(isinf(predicted(backend, image, large, CKN_CORRELATION_FFT)));
    ckn_backend_destroy(backend);
}

static void test_enormous_tiles(void **state) {
    (void)state;
    static const ckn_shape shapes[] = {{SIZE_MAX / 64, 2}, {2, SIZE_MAX / 64}};
    for (size_t i = 0; i < 2; i++) {
        ckn_cpu_tile *tile = NULL;
        ckn_error refused = {CKN_OK, ""};
        assert_int_equal(ckn_cpu_tile_create(shapes[i], &tile, &refused), CKN_ERROR_UNSUPPORTED);
        assert_null(tile);
        assert_non_null(strstr(refused.message, "direct"));
    }
    ckn_cpu_tile_destroy(NULL);
}

/* The environment chooses instructions; what cannot be had is refused, never replaced. */
static void test_instructions(void **state) {
    (void)state;
    const char *before = getenv("CLKERNEST_CPU_SIMD");
    char *kept = before ? strdup(before) : NULL;
    ckn_backend *backend = NULL;
    ckn_error refused = {CKN_OK, ""};
    setenv("CLKERNEST_CPU_SIMD", "abacus", 1);
    assert_int_equal(ckn_cpu_create(1, NULL, &backend, &refused), CKN_ERROR_UNSUPPORTED);
    assert_null(backend);
    assert_non_null(strstr(refused.message, "abacus"));
    setenv("CLKERNEST_CPU_SIMD", "plain", 1);
    TRY_OK(ckn_cpu_create(1, NULL, &backend, &error));
    ckn_backend_destroy(backend);
    setenv("CLKERNEST_CPU_SIMD", "", 1);
    TRY_OK(ckn_cpu_create(1, NULL, &backend, &error));
    ckn_backend_destroy(backend);
    if (kept)
        setenv("CLKERNEST_CPU_SIMD", kept, 1);
    else
        unsetenv("CLKERNEST_CPU_SIMD");
    free(kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_do_not_matter), cmocka_unit_test(test_thread_count),
        cmocka_unit_test(test_instructions),          cmocka_unit_test(test_prediction),
        cmocka_unit_test(test_enormous_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
