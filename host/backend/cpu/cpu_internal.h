/* What the files of the CPU backend share: its object, its buffers, and the primitives that the
 * table in cpu_backend.c collects (their meaning stands in backend/backend.h).
 *
 * Work is always cut into pieces that depend on sizes alone, never on the number of threads, and
 * partial sums are added in a fixed order: results are the same for any number of threads. */
#ifndef CKN_BACKEND_CPU_INTERNAL_H
#define CKN_BACKEND_CPU_INTERNAL_H

#include "backend/backend.h"
#include "backend/cpu/cpu_simd.h"

typedef struct ckn_cpu {
    ckn_backend base; /* first: the contract casts between the two */
    const ckn_cpu_simd *simd;
    int threads; /* given to each parallel region; OpenMP's global setting stays the caller's */
} ckn_cpu;

typedef struct ckn_cpu_buffer {
    size_t count;
    ckn_type type; /* float64; float32 only where samples_create() was asked for it */
    void *data;    /* starts at a multiple of 64 bytes */
    void *block;   /* what is freed */
} ckn_cpu_buffer;

static inline int ckn_cpu_threads(const ckn_backend *backend) {
    return ((const ckn_cpu *)(const void *)backend)->threads;
}

static inline const ckn_cpu_simd *ckn_cpu_simd_of(const ckn_backend *backend) {
    return ((const ckn_cpu *)(const void *)backend)->simd;
}

/* Threads for an elementwise loop over `count` elements: waking a team costs microseconds, so that
 * short loops stay on the calling thread. */
static inline int ckn_cpu_team(const ckn_backend *backend, size_t count) {
    return count < 8192 ? 1 : ckn_cpu_threads(backend);
}

/* The same for convolutions, by their number of products. */
static inline int ckn_cpu_convolution_team(const ckn_backend *backend, ckn_shape valid,
                                           ckn_shape kernel) {
    return ckn_cpu_team(backend, ckn_shape_count(valid) * ckn_shape_count(kernel));
}

/* An image of one column is as well one of one row, along which vectors can run. */
static inline void ckn_cpu_lay_flat(ckn_shape *x_shape, ckn_shape *h_shape) {
    if (x_shape->cols != 1)
        return;
    *x_shape = (ckn_shape){1, x_shape->rows};
    *h_shape = (ckn_shape){1, h_shape->rows};
}

static inline ckn_type ckn_cpu_type(const ckn_buffer *buffer) {
    return ((const ckn_cpu_buffer *)(const void *)buffer)->type;
}

/* Samples of the buffer's type. */
static inline void *ckn_cpu_samples(ckn_buffer *buffer) {
    return ((ckn_cpu_buffer *)(void *)buffer)->data;
}

static inline const void *ckn_cpu_const_samples(const ckn_buffer *buffer) {
    return ((const ckn_cpu_buffer *)(const void *)buffer)->data;
}

/* Of buffers of float64, which all but the line filters use. */
static inline double *ckn_cpu_data(ckn_buffer *buffer) {
    return ckn_cpu_samples(buffer);
}

static inline const double *ckn_cpu_const_data(const ckn_buffer *buffer) {
    return ckn_cpu_const_samples(buffer);
}

static inline size_t ckn_cpu_min(size_t a, size_t b) {
    return a < b ? a : b;
}

static inline size_t ckn_cpu_divide_up(size_t a, size_t b) {
    return a / b + (a % b != 0);
}

/* Zeroed scratch memory that starts at a multiple of 64 bytes. */
typedef struct ckn_cpu_aligned {
    double *data;
    void *block; /* freed with free() */
} ckn_cpu_aligned;

/* cpu_memory.c */
ckn_code ckn_cpu_aligned_create(size_t count, const char *what, ckn_cpu_aligned *memory,
                                ckn_error *error);
ckn_code ckn_cpu_buffer_create(ckn_backend *backend, size_t count, ckn_buffer **buffer,
                               ckn_error *error);
ckn_code ckn_cpu_samples_create(ckn_backend *backend, size_t count, ckn_type type,
                                ckn_buffer **buffer, ckn_error *error);
void ckn_cpu_buffer_destroy(ckn_backend *backend, ckn_buffer *buffer);
ckn_code ckn_cpu_upload(ckn_backend *backend, ckn_buffer *buffer, const ckn_view *view,
                        ckn_error *error);
ckn_code ckn_cpu_download(ckn_backend *backend, const ckn_buffer *buffer, const ckn_output *output,
                          ckn_error *error);
ckn_code ckn_cpu_embed(ckn_backend *backend, ckn_buffer *dst, ckn_shape dst_shape,
                       const ckn_buffer *src, ckn_shape src_shape, ckn_shape at, ckn_error *error);
ckn_code ckn_cpu_extract(ckn_backend *backend, ckn_buffer *dst, ckn_shape dst_shape,
                         const ckn_buffer *src, ckn_shape src_shape, ckn_shape at,
                         const ckn_buffer *subtrahend, ckn_error *error);

/* cpu_residual.c, cpu_gradient.c */
ckn_code ckn_cpu_residual(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                          const ckn_buffer *h, ckn_shape h_shape, const ckn_buffer *y,
                          ckn_buffer *r, ckn_error *error);
ckn_code ckn_cpu_gradient(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                          const ckn_buffer *r, ckn_shape h_shape, bool accumulate, ckn_buffer *g,
                          ckn_error *error);
/* sums[i,j] = sum_pq window[p,q] x[p+i,q+j] for i < k, j < l, with a window of the valid shape
 * whose rows are window_cols apart. */
ckn_code ckn_cpu_window_sums(const ckn_backend *backend, const double *x, ckn_shape x_shape,
                             const double *window, size_t window_cols, ckn_shape h_shape,
                             double *sums, ckn_error *error);

/* cpu_correlation.c */
void ckn_cpu_correlator_predict(const ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                                ckn_correlation_method method, double *seconds_plan,
                                double *seconds);
ckn_code ckn_cpu_correlator_create(ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                                   ckn_correlation_method method, ckn_correlator **correlator,
                                   ckn_error *error);
void ckn_cpu_correlator_destroy(ckn_backend *backend, ckn_correlator *correlator);
ckn_code ckn_cpu_correlate(ckn_backend *backend, ckn_correlator *correlator, const ckn_buffer *x,
                           const ckn_buffer *y, ckn_correlations *out, ckn_error *error);

/* cpu_vector.c */
ckn_code ckn_cpu_fill(ckn_backend *backend, ckn_buffer *u, size_t count, double value,
                      ckn_error *error);
ckn_code ckn_cpu_combine(ckn_backend *backend, ckn_buffer *out, size_t count, double a,
                         const ckn_buffer *u, double b, const ckn_buffer *v, ckn_error *error);
ckn_code ckn_cpu_multiply(ckn_backend *backend, ckn_buffer *out, size_t count, const ckn_buffer *u,
                          const ckn_buffer *v, ckn_error *error);
ckn_code ckn_cpu_dot(ckn_backend *backend, const ckn_buffer *u, const ckn_buffer *v, size_t count,
                     double *result, ckn_error *error);
ckn_code ckn_cpu_momentum(ckn_backend *backend, const ckn_step_buffers *buffers, size_t count,
                          double beta, double step, ckn_error *error);
ckn_code ckn_cpu_step_sums(ckn_backend *backend, const ckn_step_buffers *buffers, size_t count,
                           ckn_step_sums *sums, ckn_error *error);

/* cpu_project.c */
ckn_code ckn_cpu_project(ckn_backend *backend, ckn_buffer *h, size_t count,
                         ckn_constraint constraint, ckn_error *error);

/* cpu_fft.c */
/* Writes "FFTW 3.3.10", or "no FFT". */
void ckn_cpu_fft_describe(char *text, size_t size);
size_t ckn_cpu_fft_good_length(const ckn_backend *backend, size_t length);
ckn_code ckn_cpu_fft_create(ckn_backend *backend, ckn_shape shape, ckn_fft **fft, ckn_error *error);
void ckn_cpu_fft_destroy(ckn_backend *backend, ckn_fft *fft);
ckn_code ckn_cpu_fft_forward(ckn_backend *backend, ckn_fft *fft, ckn_buffer *plane,
                             ckn_buffer *spectrum, ckn_error *error);
ckn_code ckn_cpu_fft_inverse(ckn_backend *backend, ckn_fft *fft, ckn_buffer *spectrum,
                             ckn_buffer *plane, ckn_error *error);

/* cpu_spectral.c */
ckn_code ckn_cpu_spectral_multiply(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *a,
                                   const ckn_buffer *b, size_t pairs, bool conjugate_b,
                                   ckn_error *error);
ckn_code ckn_cpu_spectral_accumulate(ckn_backend *backend, ckn_buffer *numerator, ckn_buffer *power,
                                     const ckn_buffer *y, const ckn_buffer *x, size_t pairs,
                                     bool accumulate, ckn_error *error);
ckn_code ckn_cpu_spectral_divide(ckn_backend *backend, ckn_buffer *numerator,
                                 const ckn_buffer *power, size_t pairs, double epsilon,
                                 ckn_error *error);

/* cpu_box.c */
ckn_code ckn_cpu_box_axis(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                          const ckn_lines *lines, const ckn_extended_box *box, ckn_error *error);
ckn_code ckn_cpu_fir_axis(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                          const ckn_lines *lines, const double *taps, size_t radius,
                          ckn_error *error);

/* cpu_fir_plane.c */
ckn_code ckn_cpu_fir_plane(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                           const ckn_lines *lines, const double *taps_x, size_t radius_x,
                           const double *taps_y, size_t radius_y, ckn_error *error);

#endif
