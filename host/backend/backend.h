/* The contract between the mathematics and the devices.
 *
 * Solvers and operators are written once, against the primitives below, on opaque buffers of real
 * numbers. `cpu` stores double precision, `opencl` stores float32; nobody above this line sees the
 * difference. A new backend fills one ckn_backend_ops table and adds a line in backend.c.
 *
 * Rules for every primitive
 *   - Buffers are dense row-major planes; `shape` arguments say how they are to be read. A buffer
 *     may hold more elements than a call uses; the rest stays untouched.
 *   - Inputs and outputs are different buffers unless the comment allows otherwise.
 *   - Work may be queued; results are complete after finish(), download() or any call that
 *     returns a number. Calls on one backend come from one thread at a time.
 *   - Sums are accumulated so that their relative error does not grow with the image
 *     (double on the CPU, compensated float32 on devices).
 *   - Sizes are valid and non-zero: the callers check what users give.
 */
#ifndef CKN_BACKEND_H
#define CKN_BACKEND_H

#include "base/log.h"
#include "base/status.h"
#include "base/view.h"
#include "base/watch.h"

#include <stdbool.h>

typedef struct ckn_backend ckn_backend;
typedef struct ckn_buffer ckn_buffer;         /* `count` real numbers on the device */
typedef struct ckn_fft ckn_fft;               /* a planned real 2-D transform of one shape */
typedef struct ckn_correlator ckn_correlator; /* planned correlations of one pair of shapes */

/* A real plane of shape F x G has a spectrum of F x (G/2+1) complex numbers (Hermitian half),
 * stored as interleaved pairs in a buffer of this many reals. */
static inline size_t ckn_spectrum_count(ckn_shape shape) {
    return 2 * shape.rows * (shape.cols / 2 + 1);
}

/* One fused reduction for restart and stop rules; see step_sums(). */
typedef struct ckn_step_sums {
    double restart;        /* (z - h) . (h - h_prev) */
    double change_squared; /* ||h - h_prev||^2 */
    double norm_squared;   /* ||h||^2 */
} ckn_step_sums;

/* How correlations are computed: sums over the image, or tiles in the frequency domain. */
typedef enum ckn_correlation_method {
    CKN_CORRELATION_DIRECT = 0,
    CKN_CORRELATION_FFT
} ckn_correlation_method;

/* What the normal equations start from: three cross-correlations of k x l lags, by offset, on the
 * host. With x of M x N, the valid support P x Q = M-k+1 x N-l+1, sums over p < P and q < Q:
 *   left[i,j]    = sum x[p,q] x[p+i,q+j]         (the window at the top left against all)
 *   right[i,j]   = sum x[p,q+l-1] x[p+i,q+j]     (the window at the top right against all)
 *   blurred[i,j] = sum y[p,q] x[p+i,q+j]
 *   square       = sum y[p,q]^2 */
typedef struct ckn_correlations {
    double *left, *right, *blurred; /* k x l each, the caller's */
    double square;
} ckn_correlations;

/* Groups of primitives, for prepare(). */
enum ckn_use {
    CKN_USE_RESIDUAL = 1, /* residual() */
    CKN_USE_GRADIENT = 2, /* gradient() */
    CKN_USE_VECTORS = 4,  /* combine(), multiply(), momentum(), project(), step_sums() */
    CKN_USE_LINES = 8,    /* box_axis(), fir_axis() */
    CKN_USE_ALL = 15
};

/* ROWS: along each row, horizontally. */
typedef enum ckn_axis { CKN_AXIS_ROWS = 0, CKN_AXIS_COLS } ckn_axis;

#define CKN_FIR_PLANE_RADIUS ((size_t)64)

/* The lines of an image along one axis, and what continues them at both ends. The image is
 * interleaved: shape.rows x shape.cols pixels of `channels` samples. */
typedef struct ckn_lines {
    ckn_shape shape;
    size_t channels; /* 1 to 4 */
    ckn_axis axis;
    ckn_boundary boundary;
} ckn_lines;

/* Samples after which a line, continued by the boundary rule, repeats itself; 0: it does not. */
size_t ckn_boundary_period(ckn_boundary boundary, size_t samples);

/* Buffers of the accelerated proximal step, all of the kernel's size. */
typedef struct ckn_step_buffers {
    ckn_buffer *h, *h_prev; /* iterates */
    ckn_buffer *g, *g_prev; /* gradients at h and h_prev */
    ckn_buffer *z;          /* the extrapolated point that the step started from */
} ckn_step_buffers;

/* Samples to each side that have weight in a box: end taps of 0 have none. */
static inline size_t ckn_box_reach(const ckn_extended_box *box) {
    return box->passes * (box->l + (box->alpha > 0)) + box->stride;
}

/* The taps of a symmetric filter, 0 .. radius, as all 2 radius + 1 in float32. */
static inline void ckn_taps_spread(const double *taps, size_t radius, float *all) {
    for (size_t k = 0; k <= radius; k++)
        all[radius + k] = all[radius - k] = (float)taps[k];
}

typedef struct ckn_backend_ops {
    /* --- life and description ------------------------------------------------------------- */
    void (*destroy)(ckn_backend *backend);
    void (*describe)(const ckn_backend *backend, ckn_device_info *info);
    void (*log_statistics)(ckn_backend *backend);
    /* Waits until everything queued has run. */
    ckn_code (*finish)(ckn_backend *backend, ckn_error *error);
    /* Compiles and warms the primitives that a job is going to use (a set of ckn_use; those that
     * bear no name there always), so that later times are clean. Others are compiled when first
     * called; correlators, transforms and what works on spectra when those are created. */
    ckn_code (*prepare)(ckn_backend *backend, unsigned uses, ckn_error *error);

    /* --- memory --------------------------------------------------------------------------- */
    ckn_code (*buffer_create)(ckn_backend *backend, size_t count, ckn_buffer **buffer,
                              ckn_error *error);
    void (*buffer_destroy)(ckn_backend *backend, ckn_buffer *buffer); /* NULL allowed */
    /* Fills the first rows * cols elements from the view; the view may be reused on return. */
    ckn_code (*upload)(ckn_backend *backend, ckn_buffer *buffer, const ckn_view *view,
                       ckn_error *error);
    ckn_code (*download)(ckn_backend *backend, const ckn_buffer *buffer, const ckn_output *output,
                         ckn_error *error);

    /* --- rectangles ----------------------------------------------------------------------- */
    /* dst (dst_shape) = 0 but for src (src_shape), whose (0,0) goes to `at`. */
    ckn_code (*embed)(ckn_backend *backend, ckn_buffer *dst, ckn_shape dst_shape,
                      const ckn_buffer *src, ckn_shape src_shape, ckn_shape at, ckn_error *error);
    /* dst (dst_shape) = the part of src (src_shape) that starts at `at`, minus `subtrahend`
     * (dst_shape; may be NULL). */
    ckn_code (*extract)(ckn_backend *backend, ckn_buffer *dst, ckn_shape dst_shape,
                        const ckn_buffer *src, ckn_shape src_shape, ckn_shape at,
                        const ckn_buffer *subtrahend, ckn_error *error);

    /* --- convolution ---------------------------------------------------------------------- */
    /* r = h * x - y over the valid support (P x Q); y may be NULL for the convolution alone. */
    ckn_code (*residual)(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                         const ckn_buffer *h, ckn_shape h_shape, const ckn_buffer *y, ckn_buffer *r,
                         ckn_error *error);
    /* The adjoint: g[i,j] (+)= sum_pq r[p,q] x[p+k-1-i, q+l-1-j], with r of the valid shape. */
    ckn_code (*gradient)(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                         const ckn_buffer *r, ckn_shape h_shape, bool accumulate, ckn_buffer *g,
                         ckn_error *error);

    /* --- correlations --------------------------------------------------------------------- */
    /* Seconds that planning and one correlate() will take; infinite where the method is not to be
     * had (no FFT in this build, no double precision on the device). */
    void (*correlator_predict)(const ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                               ckn_correlation_method method, double *seconds_plan,
                               double *seconds);
    ckn_code (*correlator_create)(ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                                  ckn_correlation_method method, ckn_correlator **correlator,
                                  ckn_error *error);
    void (*correlator_destroy)(ckn_backend *backend, ckn_correlator *correlator); /* NULL allowed */
    /* Fills *out. Products and sums are as good as double precision whatever the device stores:
     * the error of each number is below 1e-13 (CPU), 1e-10 (devices with double precision) or 1e-9
     * (two-float arithmetic) of the largest number of its array. */
    ckn_code (*correlate)(ckn_backend *backend, ckn_correlator *correlator, const ckn_buffer *x,
                          const ckn_buffer *y, ckn_correlations *out, ckn_error *error);

    /* --- vectors -------------------------------------------------------------------------- */
    ckn_code (*fill)(ckn_backend *backend, ckn_buffer *u, size_t count, double value,
                     ckn_error *error);
    /* out = a u + b v; out may be u or v. */
    ckn_code (*combine)(ckn_backend *backend, ckn_buffer *out, size_t count, double a,
                        const ckn_buffer *u, double b, const ckn_buffer *v, ckn_error *error);
    /* out = u v, element by element; out may be u or v. */
    ckn_code (*multiply)(ckn_backend *backend, ckn_buffer *out, size_t count, const ckn_buffer *u,
                         const ckn_buffer *v, ckn_error *error);
    ckn_code (*dot)(ckn_backend *backend, const ckn_buffer *u, const ckn_buffer *v, size_t count,
                    double *result, ckn_error *error);
    /* z = h + beta (h - h_prev); h_prev' = h; h' = z - step (g + beta (g - g_prev)); g_prev' = g.
     * The gradient of a quadratic is affine, so it is extrapolated like the iterate. */
    ckn_code (*momentum)(ckn_backend *backend, const ckn_step_buffers *buffers, size_t count,
                         double beta, double step, ckn_error *error);
    /* Euclidean projection of h onto the constraint set, in place (NONE does nothing). */
    ckn_code (*project)(ckn_backend *backend, ckn_buffer *h, size_t count,
                        ckn_constraint constraint, ckn_error *error);
    ckn_code (*step_sums)(ckn_backend *backend, const ckn_step_buffers *buffers, size_t count,
                          ckn_step_sums *sums, ckn_error *error);

    /* --- frequency domain ----------------------------------------------------------------- */
    /* The smallest length >= `length` that transforms fast. */
    size_t (*fft_good_length)(const ckn_backend *backend, size_t length);
    /* Plans (and bakes) transforms of real planes of `shape`, which may have any lengths; good ones
     * are fast. A build without FFT gives CKN_ERROR_UNSUPPORTED. */
    ckn_code (*fft_create)(ckn_backend *backend, ckn_shape shape, ckn_fft **fft, ckn_error *error);
    void (*fft_destroy)(ckn_backend *backend, ckn_fft *fft); /* NULL allowed */
    /* Unnormalised forward transform; the inverse is scaled, so that inverse(forward(u)) = u.
     * `spectrum` is scratch for the inverse: its contents are lost. `plane` survives forward. */
    ckn_code (*fft_forward)(ckn_backend *backend, ckn_fft *fft, ckn_buffer *plane,
                            ckn_buffer *spectrum, ckn_error *error);
    ckn_code (*fft_inverse)(ckn_backend *backend, ckn_fft *fft, ckn_buffer *spectrum,
                            ckn_buffer *plane, ckn_error *error);
    /* out = a b, or a conj(b); `pairs` complex numbers; out may be a or b. */
    ckn_code (*spectral_multiply)(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *a,
                                  const ckn_buffer *b, size_t pairs, bool conjugate_b,
                                  ckn_error *error);
    /* numerator (+)= y conj(x) and power (+)= |x|^2 (one real each in a buffer of `pairs`). */
    ckn_code (*spectral_accumulate)(ckn_backend *backend, ckn_buffer *numerator, ckn_buffer *power,
                                    const ckn_buffer *y, const ckn_buffer *x, size_t pairs,
                                    bool accumulate, ckn_error *error);
    /* numerator /= power + epsilon (an absolute number); bins where that sum is 0 become 0. */
    ckn_code (*spectral_divide)(ckn_backend *backend, ckn_buffer *numerator,
                                const ckn_buffer *power, size_t pairs, double epsilon,
                                ckn_error *error);

    /* --- lines of an image ---------------------------------------------------------------- */
    /* A buffer for upload(), download(), box_axis() and fir_axis() alone. It keeps samples as
     * `type` (float32 or float64) or, where the device has float32 only, as that. */
    ckn_code (*samples_create)(ckn_backend *backend, size_t count, ckn_type type,
                               ckn_buffer **buffer, ckn_error *error);
    /* All passes of `box`, with its correction, along every line: equal to the composed kernel
     * applied to the line continued without end, for every boundary. `out` is not `in`. NaN and
     * infinity reach as far as the composed kernel does, and no farther; what is nowhere negative
     * stays so (a correction leaves no negative tap). Where only zeros are in reach, rounding may
     * leave up to 1e-15 of the largest sample of the line. One trip through memory, where the
     * device's local memory holds what the passes keep; see the backends. */
    ckn_code (*box_axis)(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                         const ckn_lines *lines, const ckn_extended_box *box, ckn_error *error);
    /* The symmetric filter out[i] = sum_k taps[|k|] line[i - k], |k| <= radius, with the same
     * promises; taps[radius] is not 0. */
    ckn_code (*fir_axis)(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                         const ckn_lines *lines, const double *taps, size_t radius,
                         ckn_error *error);
    /* fir_axis() along rows with taps_x and along columns with taps_y, in one trip through memory;
     * lines->axis does not matter. For float32 samples and radii of at most CKN_FIR_PLANE_RADIUS;
     * sums are taken in float32. */
    ckn_code (*fir_plane)(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                          const ckn_lines *lines, const double *taps_x, size_t radius_x,
                          const double *taps_y, size_t radius_y, ckn_error *error);
} ckn_backend_ops;

/* What the choice of an engine is predicted from. */
typedef struct ckn_cost {
    double seconds_per_tap;      /* one multiply-add of the direct convolution */
    double seconds_per_fft_unit; /* transform of n samples: n log2(n) units */
    double seconds_fft_plan;     /* planning one shape */
    /* Of one sample along one axis: the trip through memory and each pass of a box (the correction
     * counts as one), and the same for a FIR, whose two axes share a trip, and its taps. */
    double seconds_per_box_trip, seconds_per_box_pass;
    double seconds_per_fir_trip, seconds_per_fir_tap;
    /* Where a line repeats itself, box_axis() takes no longer for windows of many periods. */
    bool boxes_leave_periods_out;
} ckn_cost;

/* Every backend's object starts with this. */
struct ckn_backend {
    const ckn_backend_ops *ops;
    ckn_log log;
    ckn_cost cost;
    /* Of the blur that runs, else NULL. A backend may tell it how far it is, and may end early
     * where it has stopped; what it leaves is then undefined. */
    ckn_watch *watch;
};

/* Opens the device that the options (never NULL here) choose. */
ckn_code ckn_backend_create(const ckn_context_options *options, ckn_backend **backend,
                            ckn_error *error);
/* A one-thread CPU backend that logs where `like` logs: for vectors so short that a device or
 * threads would only wait for each other, and that need double precision. */
ckn_code ckn_backend_create_host(const ckn_backend *like, ckn_backend **backend, ckn_error *error);
void ckn_backend_destroy(ckn_backend *backend);

#endif
