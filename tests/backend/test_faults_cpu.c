/* Failing allocations and FFTW plans on the CPU backend. The linker's --wrap sends the library's
 * calls here; the Nth one fails, for N = 1, 2, ... until the job succeeds. Each failure must come
 * back as a status with a message, and everything allocated must have been freed. */
#include "backend/cpu/cpu.h"
#include "support/failing_memory.h"
#include "support/harness.h"
#include "support/naive_lines.h"
#include "support/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker dictates these names. */
FILE *__real_fopen(const char *path, const char *mode);
long __real_sysconf(int name);
FILE *__wrap_fopen(const char *path, const char *mode);
long __wrap_sysconf(int name);

static bool system_fails; /* fopen() and sysconf() */

FILE *__wrap_fopen(const char *path, const char *mode) {
    return system_fails ? NULL : __real_fopen(path, mode);
}

long __wrap_sysconf(int name) {
    return system_fails ? -1 : __real_sysconf(name);
}

/* Small and large problems; NULL where a step before failed. */
typedef struct setting {
    ckn_backend *backend;
    ckn_buffer *x, *y, *h;
    ckn_buffer *in, *out; /* samples */
    ckn_fft *fft;
} setting;

static const ckn_shape image = {40, 30}, kernel = {5, 4};
static const ckn_shape wide_image = {50, 70}; /* of 3 channels: for more than one thread */

static void tear_down(setting *made) {
    if (made->backend) {
        const ckn_backend_ops *ops = made->backend->ops;
        ops->buffer_destroy(made->backend, made->x);
        ops->buffer_destroy(made->backend, made->y);
        ops->buffer_destroy(made->backend, made->h);
        ops->buffer_destroy(made->backend, made->in);
        ops->buffer_destroy(made->backend, made->out);
        ops->fft_destroy(made->backend, made->fft);
    }
    ckn_backend_destroy(made->backend);
}

static ckn_code create(setting *made, ckn_error *error) {
    CKN_TRY(ckn_cpu_create(2, NULL, &made->backend, error));
    const ckn_backend_ops *ops = made->backend->ops;
    CKN_TRY(ops->buffer_create(made->backend, ckn_spectrum_count(image), &made->x, error));
    CKN_TRY(ops->buffer_create(made->backend, ckn_spectrum_count(image), &made->y, error));
    return ops->buffer_create(made->backend, ckn_shape_count(kernel), &made->h, error);
}

static ckn_code convolve(setting *made, ckn_error *error) {
    const ckn_backend_ops *ops = made->backend->ops;
    CKN_TRY(ops->residual(made->backend, made->x, image, made->h, kernel, NULL, made->y, error));
    return ops->gradient(made->backend, made->x, image, made->y, kernel, true, made->h, error);
}

static ckn_code correlate(setting *made, ckn_correlation_method method, ckn_error *error) {
    const ckn_backend_ops *ops = made->backend->ops;
    double numbers[3][20];
    ckn_correlations out = {.left = numbers[0], .right = numbers[1], .blurred = numbers[2]};
    ckn_correlator *correlator = NULL;
    CKN_TRY(ops->correlator_create(made->backend, image, kernel, method, &correlator, error));
    ckn_code code = ops->correlate(made->backend, correlator, made->x, made->y, &out, error);
    ops->correlator_destroy(made->backend, correlator);
    return code;
}

static ckn_code vectors(setting *made, ckn_error *error) {
    const ckn_backend_ops *ops = made->backend->ops;
    double dot;
    size_t count = ckn_shape_count(kernel);
    CKN_TRY(ops->fill(made->backend, made->x, count, 0.5, error));
    CKN_TRY(ops->combine(made->backend, made->y, count, 2.0, made->x, 1.0, made->h, error));
    CKN_TRY(ops->dot(made->backend, made->x, made->y, count, &dot, error));
    return ops->project(made->backend, made->h, count, CKN_CONSTRAINT_SIMPLEX, error);
}

/* Both filters along one axis. */
static ckn_code filter_axis(setting *made, const ckn_lines *lines, const ckn_extended_box *box,
                            ckn_error *error) {
    static const double taps[] = {0.5, 0.25};
    const ckn_backend_ops *ops = made->backend->ops;
    CKN_TRY(ops->box_axis(made->backend, made->out, made->in, lines, box, error));
    return ops->fir_axis(made->backend, made->in, made->out, lines, taps, 1, error);
}

static ckn_code filter(setting *made, ckn_type type, ckn_error *error) {
    const ckn_backend_ops *ops = made->backend->ops;
    const size_t count = 3 * ckn_shape_count(wide_image);
    ckn_extended_box box = ckn_naive_box(3.0, 4);
    box.stride = 2;
    box.correction = 0.03;
    CKN_TRY(ops->samples_create(made->backend, count, type, &made->in, error));
    ckn_code code = ops->samples_create(made->backend, count, type, &made->out, error);
    for (int i = 0; i < 2 * (CKN_BOUNDARY_ZERO + 1) && code == CKN_OK; i++) {
        const ckn_lines lines = {wide_image, 3, (ckn_axis)(i % 2), (ckn_boundary)(i / 2)};
        code = filter_axis(made, &lines, &box, error);
    }
    ops->buffer_destroy(made->backend, made->in);
    ops->buffer_destroy(made->backend, made->out);
    made->in = made->out = NULL;
    return code;
}

/* 10 x 6: columns that remain beside whole groups are in `image`, none or only those here. */
static ckn_code plan_shape(setting *made, ckn_shape shape, ckn_error *error) {
    const ckn_backend_ops *ops = made->backend->ops;
    ckn_code code = ops->fft_create(made->backend, shape, &made->fft, error);
    if (code == CKN_OK) {
        ops->fft_destroy(made->backend, made->fft);
        made->fft = NULL;
    }
    return code;
}

static ckn_code transform(setting *made, ckn_error *error) {
    const ckn_backend_ops *ops = made->backend->ops;
    CKN_TRY(plan_shape(made, (ckn_shape){10, 6}, error));
    CKN_TRY(plan_shape(made, (ckn_shape){10, 14}, error));
    CKN_TRY(ops->fft_create(made->backend, image, &made->fft, error));
    CKN_TRY(ops->fft_forward(made->backend, made->fft, made->x, made->y, error));
    return ops->fft_inverse(made->backend, made->fft, made->y, made->x, error);
}

static ckn_code whole_job(ckn_error *error) {
    setting made = {.backend = NULL};
    ckn_code code = create(&made, error);
    if (code == CKN_OK)
        code = convolve(&made, error);
    if (code == CKN_OK)
        code = correlate(&made, CKN_CORRELATION_DIRECT, error);
    if (code == CKN_OK)
        code = vectors(&made, error);
    if (code == CKN_OK)
        code = filter(&made, CKN_FLOAT32, error);
    if (code == CKN_OK)
        code = filter(&made, CKN_FLOAT64, error);
#ifdef CKN_HAVE_FFTW
    if (code == CKN_OK)
        code = transform(&made, error);
    if (code == CKN_OK)
        code = correlate(&made, CKN_CORRELATION_FFT, error);
#else
    (void)transform;
#endif
    tear_down(&made);
    return code;
}

/* A whole blur of an image that must be converted, weighted by its alpha: what `sigma_y` is blurred
 * by is a FIR where that is small, else boxes. */
static ckn_code blur(double sigma_y, ckn_type type, ckn_error *error) {
    enum { SIDE = 12, SAMPLES = SIDE * SIDE * 4 };
    unsigned char pixels[SAMPLES] = {0};
    double numbers[SAMPLES] = {0};
    void *data = type == CKN_FLOAT64 ? (void *)numbers : (void *)pixels;
    const ckn_image from = ckn_image_planar(data, type, SIDE, SIDE, 4);
    const ckn_image_output to = ckn_image_output_interleaved(data, type, SIDE, SIDE, 4);
    ckn_context_options device;
    ckn_blur_options options;
    ckn_context *context = NULL;
    ckn_context_options_init(&device);
    device.device = "cpu";
    ckn_blur_options_init(&options);
    options.sigma_x = 2.5;
    options.sigma_y = sigma_y;
    options.alpha = CKN_ALPHA_LAST;
    CKN_TRY(ckn_context_create(&device, &context, error));
    ckn_code code = ckn_blur(context, &options, &from, &to, NULL, error);
    ckn_context_destroy(context);
    return code;
}

static ckn_code blur_job(ckn_error *error) {
    CKN_TRY(blur(0.5, CKN_UINT8, error));
    CKN_TRY(blur(30.0, CKN_UINT8, error));
    return blur(30.0, CKN_FLOAT64, error);
}

typedef ckn_code (*job_fn)(ckn_error *error);

/* Runs the job with the Nth call failing for N = 1, 2, ...; returns how many failures there were.
 */
static size_t inject(job_fn job, size_t *counter, ckn_code expected) {
    for (size_t n = 1; n < 1000; n++) {
        ckn_error error = {CKN_OK, ""};
        ckn_test_memory.living = 0;
        *counter = n;
        ckn_test_memory.armed = true;
        ckn_code code = job(&error);
        ckn_test_memory.armed = false;
        bool reached = *counter == 0;
        *counter = 0;
        if (ckn_test_memory.living != 0)
            ckn_test_fail("failure %zu: %td blocks were not freed", n, ckn_test_memory.living);
        if (!reached) {
            ckn_test_succeeds(code, &error, "the job without a failure");
            return n - 1;
        }
        if (code != expected || error.code != expected || strlen(error.message) < 10)
            ckn_test_fail("failure %zu: '%s', message '%s'", n, ckn_code_name(code), error.message);
    }
    ckn_test_fail("the job never succeeded");
    return 0;
}

static void test_allocations(void **state) {
    (void)state;
    size_t failures = inject(whole_job, &ckn_test_memory.countdown, CKN_ERROR_MEMORY);
    /* backend, 3 x 2 for buffers, 3 for the gradient, 1 + 3 x 2 for correlations; 2 x 2 for
     * samples and, for each filter of 2 x 10 x 2, its passes, the threads and what each has */
    assert_true(failures >= 17 + 4 + 40 * 4);
}

static void test_blur_allocations(void **state) {
    (void)state;
    size_t failures = inject(blur_job, &ckn_test_memory.countdown, CKN_ERROR_MEMORY);
    /* Each time: context, plan, two axes, two buffers of two blocks, the converted image. */
    assert_true(failures >= (size_t)3 * 9);
}

#ifdef CKN_HAVE_FFTW
void *__real_fftw_plan_dft_r2c_1d(int n, double *in, void *out, unsigned flags);
void *__real_fftw_plan_dft_c2r_1d(int n, void *in, double *out, unsigned flags);
void *__real_fftw_plan_many_dft(int rank, const int *n, int howmany, void *in, const int *inembed,
                                int istride, int idist, void *out, const int *onembed, int ostride,
                                int odist, int sign, unsigned flags);
void *__wrap_fftw_plan_dft_r2c_1d(int n, double *in, void *out, unsigned flags);
void *__wrap_fftw_plan_dft_c2r_1d(int n, void *in, double *out, unsigned flags);
void *__wrap_fftw_plan_many_dft(int rank, const int *n, int howmany, void *in, const int *inembed,
                                int istride, int idist, void *out, const int *onembed, int ostride,
                                int odist, int sign, unsigned flags);

static size_t plan_countdown;

static bool plan_fails_now(void) {
    return ckn_test_memory.armed && plan_countdown > 0 && --plan_countdown == 0;
}

void *__wrap_fftw_plan_dft_r2c_1d(int n, double *in, void *out, unsigned flags) {
    return plan_fails_now() ? NULL : __real_fftw_plan_dft_r2c_1d(n, in, out, flags);
}

void *__wrap_fftw_plan_dft_c2r_1d(int n, void *in, double *out, unsigned flags) {
    return plan_fails_now() ? NULL : __real_fftw_plan_dft_c2r_1d(n, in, out, flags);
}

void *__wrap_fftw_plan_many_dft(int rank, const int *n, int howmany, void *in, const int *inembed,
                                int istride, int idist, void *out, const int *onembed, int ostride,
                                int odist, int sign, unsigned flags) {
    if (plan_fails_now())
        return NULL;
    return __real_fftw_plan_many_dft(rank, n, howmany, in, inembed, istride, idist, out, onembed,
                                     ostride, odist, sign, flags);
}

static void test_plans(void **state) {
    (void)state;
    size_t failures = inject(whole_job, &plan_countdown, CKN_ERROR_UNSUPPORTED);
    assert_int_equal(failures, 4 + 4 + 4 + 2 * 4);
}
#endif

/* NOLINTEND(bugprone-reserved-identifier) */

/* A system that tells nothing about itself. */
static void test_unknown_system(void **state) {
    (void)state;
    ckn_backend *backend = NULL;
    ckn_device_info info;
    TRY_OK(ckn_cpu_create(1, NULL, &backend, &error));
    ckn_buffer *x = NULL, *y = NULL;
    TRY_OK(backend->ops->samples_create(backend, 4, CKN_FLOAT32, &x, &error));
    TRY_OK(backend->ops->samples_create(backend, 4, CKN_FLOAT32, &y, &error));
    ckn_extended_box box = ckn_naive_box(2.0, 3), enormous = box;
    const ckn_lines lines = {{2, 2}, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_ZERO};
    enormous.l = SIZE_MAX / 4;
    ckn_error refused = {CKN_OK, ""};
    system_fails = true;
    backend->ops->describe(backend, &info);
    TRY_OK(backend->ops->box_axis(backend, y, x, &lines, &box, &error));
    ckn_code code = backend->ops->box_axis(backend, y, x, &lines, &enormous, &refused);
    system_fails = false;
    assert_int_equal(code, CKN_ERROR_MEMORY);
    assert_string_equal(info.name, "CPU");
    assert_string_equal(info.vendor, "");
    assert_true(info.global_memory == 0);
    backend->ops->buffer_destroy(backend, x);
    backend->ops->buffer_destroy(backend, y);
    ckn_backend_destroy(backend);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_blur_allocations),
#ifdef CKN_HAVE_FFTW
        cmocka_unit_test(test_plans),
#endif
        cmocka_unit_test(test_unknown_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
