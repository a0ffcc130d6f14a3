/* Failing allocations and FFTW plans on the CPU backend. The linker's --wrap sends the library's
 * calls here; the Nth one fails, for N = 1, 2, ... until the job succeeds. Each failure must come
 * back as a status with a message, and everything allocated must have been freed. */
#include "backend/cpu/cpu.h"
#include "support/harness.h"
#include "support/naive.h"
#include "support/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker dictates these names. */
void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void __real_free(void *pointer);
FILE *__real_fopen(const char *path, const char *mode);
long __real_sysconf(int name);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void __wrap_free(void *pointer);
FILE *__wrap_fopen(const char *path, const char *mode);
long __wrap_sysconf(int name);

static bool armed;        /* faults are injected and allocations counted */
static size_t countdown;  /* the call that fails: 1 is the next; 0 none */
static ptrdiff_t living;  /* blocks allocated while armed and not freed since */
static bool system_fails; /* fopen() and sysconf() */

static bool fails_now(void) {
    return armed && countdown > 0 && --countdown == 0;
}

void *__wrap_calloc(size_t count, size_t size) {
    void *pointer = fails_now() ? NULL : __real_calloc(count, size);
    living += armed && pointer;
    return pointer;
}

void *__wrap_malloc(size_t size) {
    void *pointer = fails_now() ? NULL : __real_malloc(size);
    living += armed && pointer;
    return pointer;
}

void __wrap_free(void *pointer) {
    living -= armed && pointer;
    __real_free(pointer);
}

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
    ckn_fft *fft;
} setting;

static const ckn_shape image = {40, 30}, kernel = {5, 4};

static void tear_down(setting *made) {
    if (made->backend) {
        const ckn_backend_ops *ops = made->backend->ops;
        ops->buffer_destroy(made->backend, made->x);
        ops->buffer_destroy(made->backend, made->y);
        ops->buffer_destroy(made->backend, made->h);
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

static ckn_code blur(setting *made, ckn_error *error) {
    const ckn_backend_ops *ops = made->backend->ops;
    ckn_extended_box box = ckn_naive_box(3.0, 4);
    for (int b = CKN_BOUNDARY_REFLECT; b <= CKN_BOUNDARY_ZERO; b++) {
        CKN_TRY(ops->box_axis(made->backend, made->y, made->x, image, CKN_AXIS_ROWS, &box,
                              (ckn_boundary)b, error));
        CKN_TRY(ops->box_axis(made->backend, made->y, made->y, image, CKN_AXIS_COLS, &box,
                              (ckn_boundary)b, error));
    }
    return CKN_OK;
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
        code = blur(&made, error);
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

/* Runs the job with the Nth call failing for N = 1, 2, ...; returns how many failures there were.
 */
static size_t inject(size_t *counter, ckn_code expected) {
    for (size_t n = 1; n < 1000; n++) {
        ckn_error error = {CKN_OK, ""};
        living = 0;
        *counter = n;
        armed = true;
        ckn_code code = whole_job(&error);
        armed = false;
        bool reached = *counter == 0;
        *counter = 0;
        if (living != 0)
            ckn_test_fail("failure %zu: %td blocks were not freed", n, living);
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
    size_t failures = inject(&countdown, CKN_ERROR_MEMORY);
    /* backend, 3 x 2 for buffers, 3 for the gradient, 1 + 3 x 2 for correlations, 10 x 2 for box
     * passes */
    assert_true(failures >= 37);
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
    return armed && plan_countdown > 0 && --plan_countdown == 0;
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
    size_t failures = inject(&plan_countdown, CKN_ERROR_UNSUPPORTED);
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
    ckn_buffer *x = NULL;
    TRY_OK(backend->ops->buffer_create(backend, 4, &x, &error));
    ckn_extended_box box = ckn_naive_box(2.0, 3), enormous = box;
    enormous.l = SIZE_MAX / 4;
    ckn_error refused = {CKN_OK, ""};
    system_fails = true;
    backend->ops->describe(backend, &info);
    TRY_OK(backend->ops->box_axis(backend, x, x, (ckn_shape){2, 2}, CKN_AXIS_ROWS, &box,
                                  CKN_BOUNDARY_ZERO, &error));
    ckn_code code = backend->ops->box_axis(backend, x, x, (ckn_shape){2, 2}, CKN_AXIS_ROWS,
                                           &enormous, CKN_BOUNDARY_ZERO, &refused);
    system_fails = false;
    assert_int_equal(code, CKN_ERROR_MEMORY);
    assert_string_equal(info.name, "CPU");
    assert_string_equal(info.vendor, "");
    assert_true(info.global_memory == 0);
    backend->ops->buffer_destroy(backend, x);
    ckn_backend_destroy(backend);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations),
#ifdef CKN_HAVE_FFTW
        cmocka_unit_test(test_plans),
#endif
        cmocka_unit_test(test_unknown_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
