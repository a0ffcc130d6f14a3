/* Correlations: the choice between the methods, and the sums over the image. */
#include "backend/cpu/cpu_correlation.h"

#include "backend/cpu/cpu_internal.h"
#include "backend/cpu/cpu_tile_fft.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Measured on one core at 2.1 GHz: 1 to 13 ms for the eight plans of FFTW; and what the direct
 * method takes for a sample of each correlation beside its products. */
#define SECONDS_PLAN 6e-3
#define SECONDS_SAMPLE 1e-9

typedef struct correlation {
    ckn_shape x_shape, h_shape;
    ckn_cpu_tiled *tiled; /* NULL for the direct method */
} correlation;

static correlation *own(ckn_correlator *correlator) {
    return (correlation *)(void *)correlator;
}

/* The tiles subtract what left and right must not hold from the correlation of all columns: where
 * next to nothing is left of it, digits are lost, and the direct method is taken. */
static bool in_tiles(ckn_shape x_shape, ckn_shape h_shape, ckn_correlation_method method) {
    return method == CKN_CORRELATION_FFT &&
           ckn_shape_valid(x_shape, h_shape).cols >= h_shape.cols / 16;
}

void ckn_cpu_correlator_predict(const ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                                ckn_correlation_method method, double *seconds_plan,
                                double *seconds) {
    double threads = ckn_cpu_team(backend, ckn_shape_count(x_shape));
    *seconds_plan = 0.0;
    if (method == CKN_CORRELATION_FFT && !ckn_cpu_tile_available()) {
        *seconds = INFINITY;
    } else if (in_tiles(x_shape, h_shape, method)) {
        *seconds_plan = SECONDS_PLAN;
        *seconds = ckn_cpu_tiling_choose(x_shape, h_shape).seconds / threads;
    } else {
        *seconds = 3.0 * (double)ckn_shape_count(ckn_shape_valid(x_shape, h_shape)) *
                   ((double)ckn_shape_count(h_shape) * backend->cost.seconds_per_tap +
                    SECONDS_SAMPLE / threads);
    }
}

ckn_code ckn_cpu_correlator_create(ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                                   ckn_correlation_method method, ckn_correlator **correlator,
                                   ckn_error *error) {
    *correlator = NULL;
    if (method == CKN_CORRELATION_FFT && !ckn_cpu_tile_available())
        return ckn_cpu_tile_create(x_shape, &(ckn_cpu_tile *){NULL}, error); /* says why not */
    correlation *created;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "the correlations", error));
    created->x_shape = x_shape;
    created->h_shape = h_shape;
    if (in_tiles(x_shape, h_shape, method)) {
        int threads = ckn_cpu_team(backend, ckn_shape_count(x_shape));
        ckn_code code = ckn_cpu_tiled_create(x_shape, h_shape, threads, ckn_cpu_simd_of(backend),
                                             &created->tiled, error);
        if (code != CKN_OK) {
            free(created);
            return code;
        }
    }
    *correlator = (ckn_correlator *)(void *)created;
    return CKN_OK;
}

void ckn_cpu_correlator_destroy(ckn_backend *backend, ckn_correlator *correlator) {
    (void)backend;
    if (!correlator)
        return;
    ckn_cpu_tiled_destroy(own(correlator)->tiled);
    free(correlator);
}

static ckn_code correlate_direct(const ckn_backend *backend, const correlation *of, const double *x,
                                 const double *y, const ckn_correlations *out, ckn_error *error) {
    size_t cols = of->x_shape.cols, last = of->h_shape.cols - 1;
    CKN_TRY(ckn_cpu_window_sums(backend, x, of->x_shape, x, cols, of->h_shape, out->left, error));
    CKN_TRY(ckn_cpu_window_sums(backend, x, of->x_shape, x + last, cols, of->h_shape, out->right,
                                error));
    return ckn_cpu_window_sums(backend, x, of->x_shape, y, cols - last, of->h_shape, out->blurred,
                               error);
}

ckn_code ckn_cpu_correlate(ckn_backend *backend, ckn_correlator *correlator, const ckn_buffer *x,
                           const ckn_buffer *y, ckn_correlations *out, ckn_error *error) {
    const correlation *of = own(correlator);
    const double *image = ckn_cpu_const_data(x), *measured = ckn_cpu_const_data(y);
    if (of->tiled)
        ckn_cpu_tiled_correlate(of->tiled, image, measured, out);
    else
        CKN_TRY(correlate_direct(backend, of, image, measured, out, error));
    size_t count = ckn_shape_count(ckn_shape_valid(of->x_shape, of->h_shape));
    return ckn_cpu_dot(backend, y, y, count, &out->square, error);
}
