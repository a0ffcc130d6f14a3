/* Real 2-D transforms through FFTW, which only this file and cpu_tile_fft.c know. FFTW is under the
 * GPL, so the build may leave it out (CKN_FFTW=OFF); creating a transform then says so.
 *
 * Rows and columns are transformed by separate plans, so that our own team of threads can share
 * the lines: FFTW's threads are a process-wide setting, which is not ours to change, and its plans
 * would make results depend on the number of threads. */
#include "backend/cpu/cpu_internal.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

size_t ckn_cpu_fft_good_length(const ckn_backend *backend, size_t length) {
    (void)backend;
    if (length <= 1)
        return 1;
    /* Even lengths only: real transforms fold them to half, and rows stay aligned for SIMD. */
    for (size_t candidate = length + length % 2;; candidate += 2) {
        size_t rest = candidate;
        static const size_t factors[] = {2, 3, 5, 7};
        for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
            while (rest % factors[i] == 0)
                rest /= factors[i];
        }
        if (rest == 1)
            return candidate;
    }
}

#ifdef CKN_HAVE_FFTW

#include "backend/cpu/cpu_fftw.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

/* Columns transformed together, so that each cache line is used whole. */
#define GROUP 8

typedef struct cpu_fft {
    ckn_shape shape;
    size_t bins; /* complex numbers in one row of the spectrum */
    fftw_plan row_forward, row_inverse;
    /* In place on the spectrum: GROUP columns, and the columns that remain after the last group. */
    fftw_plan group_forward, group_inverse;
    fftw_plan rest_forward, rest_inverse;
} cpu_fft;

static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

void ckn_cpu_fftw_lock(void) {
    pthread_mutex_lock(&planner);
}

void ckn_cpu_fftw_unlock(void) {
    pthread_mutex_unlock(&planner);
}

void ckn_cpu_fft_describe(char *text, size_t size) {
    const char *version = fftw_version; /* like "fftw-3.3.10-sse2-avx" */
    version += strcspn(version, "0123456789");
    snprintf(text, size, "FFTW %.*s", (int)strcspn(version, "-"), version);
}

static cpu_fft *own(ckn_fft *fft) {
    return (cpu_fft *)(void *)fft;
}

static fftw_plan plan_columns(const cpu_fft *fft, size_t columns, fftw_complex *spectrum,
                              int sign) {
    int length = (int)fft->shape.rows, stride = (int)fft->bins;
    return fftw_plan_many_dft(1, &length, (int)columns, spectrum, NULL, stride, 1, spectrum, NULL,
                              stride, 1, sign, FFTW_ESTIMATE);
}

/* FFTW_MEASURE would save a quarter of the 8 ms that 1024 x 1024 takes on one core, but needs
 * 400 ms to plan, more than most estimates gain. */
static bool plan(cpu_fft *fft, double *plane, fftw_complex *spectrum) {
    int cols = (int)fft->shape.cols;
    unsigned flags = FFTW_ESTIMATE | FFTW_DESTROY_INPUT;
    /* Rows of odd length start at addresses that SIMD cannot load directly. */
    unsigned alignment = cols % 2 ? FFTW_UNALIGNED : 0;
    size_t rest = fft->bins % GROUP;
    fft->row_forward = fftw_plan_dft_r2c_1d(cols, plane, spectrum,
                                            FFTW_ESTIMATE | FFTW_PRESERVE_INPUT | alignment);
    fft->row_inverse = fftw_plan_dft_c2r_1d(cols, spectrum, plane, flags | alignment);
    if (fft->bins >= GROUP) {
        fft->group_forward = plan_columns(fft, GROUP, spectrum, FFTW_FORWARD);
        fft->group_inverse = plan_columns(fft, GROUP, spectrum, FFTW_BACKWARD);
    }
    if (rest > 0) {
        fft->rest_forward = plan_columns(fft, rest, spectrum, FFTW_FORWARD);
        fft->rest_inverse = plan_columns(fft, rest, spectrum, FFTW_BACKWARD);
    }
    return fft->row_forward && fft->row_inverse &&
           (fft->bins < GROUP || (fft->group_forward && fft->group_inverse)) &&
           (rest == 0 || (fft->rest_forward && fft->rest_inverse));
}

static void destroy_plans(cpu_fft *fft) {
    fftw_plan plans[] = {fft->row_forward,   fft->row_inverse,  fft->group_forward,
                         fft->group_inverse, fft->rest_forward, fft->rest_inverse};
    ckn_cpu_fftw_lock();
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        if (plans[i])
            fftw_destroy_plan(plans[i]);
    }
    ckn_cpu_fftw_unlock();
}

/* Plans are made on scratch memory that is aligned like the backend's buffers (both come from
 * calloc), because they are later executed on those. Estimating does not touch the scratch. */
static ckn_code make_plans(cpu_fft *fft, ckn_error *error) {
    double *plane = NULL, *spectrum = NULL;
    bool planned = false;
    ckn_code code =
        ckn_allocate(&plane, ckn_shape_count(fft->shape), sizeof *plane, "planning an FFT", error);
    if (code == CKN_OK)
        code = ckn_allocate(&spectrum, ckn_spectrum_count(fft->shape), sizeof *spectrum,
                            "planning an FFT", error);
    if (code == CKN_OK) {
        ckn_cpu_fftw_lock();
        planned = plan(fft, plane, (fftw_complex *)(void *)spectrum);
        ckn_cpu_fftw_unlock();
        if (!planned)
            code = ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                            "FFTW has no plan for a transform of %zu x %zu; use --engine direct",
                            fft->shape.cols, fft->shape.rows);
    }
    free(plane);
    free(spectrum);
    return code;
}

ckn_code ckn_cpu_fft_create(ckn_backend *backend, ckn_shape shape, ckn_fft **fft,
                            ckn_error *error) {
    if (shape.rows > INT_MAX || shape.cols > INT_MAX)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "an FFT of %zu x %zu is too large for FFTW; use --engine direct",
                        shape.cols, shape.rows);
    cpu_fft *created;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "an FFT plan", error));
    created->shape = shape;
    created->bins = shape.cols / 2 + 1;
    ckn_code code = make_plans(created, error);
    if (code != CKN_OK) {
        ckn_cpu_fft_destroy(backend, (ckn_fft *)(void *)created);
        return code;
    }
    *fft = (ckn_fft *)(void *)created;
    return CKN_OK;
}

void ckn_cpu_fft_destroy(ckn_backend *backend, ckn_fft *fft) {
    (void)backend;
    if (!fft)
        return;
    destroy_plans(own(fft));
    free(fft);
}

static void transform_columns(const ckn_backend *backend, const cpu_fft *fft,
                              fftw_complex *spectrum, fftw_plan group_plan, fftw_plan rest_plan) {
    size_t groups = ckn_cpu_divide_up(fft->bins, GROUP);
#pragma omp parallel for num_threads(ckn_cpu_team(backend, ckn_shape_count(fft->shape)))
    for (size_t group = 0; group < groups; group++) {
        bool whole = (group + 1) * GROUP <= fft->bins;
        fftw_complex *first = spectrum + group * GROUP;
        fftw_execute_dft(whole ? group_plan : rest_plan, first, first);
    }
}

ckn_code ckn_cpu_fft_forward(ckn_backend *backend, ckn_fft *fft, ckn_buffer *plane,
                             ckn_buffer *spectrum, ckn_error *error) {
    (void)error;
    const cpu_fft *plans = own(fft);
    double *from = ckn_cpu_data(plane);
    fftw_complex *to = (fftw_complex *)(void *)ckn_cpu_data(spectrum);
#pragma omp parallel for num_threads(ckn_cpu_team(backend, ckn_shape_count(plans->shape)))
    for (size_t row = 0; row < plans->shape.rows; row++)
        fftw_execute_dft_r2c(plans->row_forward, from + row * plans->shape.cols,
                             to + row * plans->bins);
    transform_columns(backend, plans, to, plans->group_forward, plans->rest_forward);
    return CKN_OK;
}

ckn_code ckn_cpu_fft_inverse(ckn_backend *backend, ckn_fft *fft, ckn_buffer *spectrum,
                             ckn_buffer *plane, ckn_error *error) {
    (void)error;
    const cpu_fft *plans = own(fft);
    fftw_complex *from = (fftw_complex *)(void *)ckn_cpu_data(spectrum);
    double *to = ckn_cpu_data(plane);
    size_t cols = plans->shape.cols;
    double scale = 1.0 / ((double)plans->shape.rows * (double)cols);
    transform_columns(backend, plans, from, plans->group_inverse, plans->rest_inverse);
#pragma omp parallel for num_threads(ckn_cpu_team(backend, ckn_shape_count(plans->shape)))
    for (size_t row = 0; row < plans->shape.rows; row++) {
        fftw_execute_dft_c2r(plans->row_inverse, from + row * plans->bins, to + row * cols);
        for (size_t col = 0; col < cols; col++)
            to[row * cols + col] *= scale;
    }
    return CKN_OK;
}

#else

void ckn_cpu_fft_describe(char *text, size_t size) {
    snprintf(text, size, "no FFT");
}

ckn_code ckn_cpu_fft_create(ckn_backend *backend, ckn_shape shape, ckn_fft **fft,
                            ckn_error *error) {
    (void)backend;
    (void)shape;
    (void)fft;
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                    "this build has no FFT for the CPU backend; use --engine direct, or rebuild "
                    "with FFTW (cmake -DCKN_FFTW=ON)");
}

/* Nothing can be created, so nothing can be destroyed or run. */
void ckn_cpu_fft_destroy(ckn_backend *backend, ckn_fft *fft) {
    (void)backend;
    (void)fft;
}

ckn_code ckn_cpu_fft_forward(ckn_backend *backend, ckn_fft *fft, ckn_buffer *plane,
                             ckn_buffer *spectrum, ckn_error *error) {
    (void)plane;
    (void)spectrum;
    return ckn_cpu_fft_create(backend, (ckn_shape){0, 0}, &fft, error);
}

ckn_code ckn_cpu_fft_inverse(ckn_backend *backend, ckn_fft *fft, ckn_buffer *spectrum,
                             ckn_buffer *plane, ckn_error *error) {
    return ckn_cpu_fft_forward(backend, fft, plane, spectrum, error);
}

#endif
