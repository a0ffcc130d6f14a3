/* Correlations by two methods: what cl_correlate.c, cl_correlate_direct.c and cl_correlate_fft.c
 * share. Device results are numbers of 8 bytes, doubles or (sum, error) pairs of floats, in the
 * order left, right, blurred. */
#ifndef CKN_BACKEND_CL_CORRELATE_H
#define CKN_BACKEND_CL_CORRELATE_H

#include "backend/opencl/cl_internal.h"

enum { CKN_CL_CORRELATIONS = 3 };

/* Transforms of tiles; see kernels/spectra.cl. */
typedef struct ckn_cl_tiling {
    size_t length;       /* of a transform, a power of two */
    size_t core;         /* rows of the valid support in a tile */
    size_t chunk, width; /* columns of the valid support in a tile, and of its spectra */
    size_t down, across; /* tiles */
    size_t slots;        /* tiles that are worked on side by side */
    size_t columns;      /* local dimension 0 of a transform */
    size_t helpers;      /* and dimension 1 */
    size_t lag_stride;   /* of rows of sums; at least the kernel's columns */
    size_t lags_each;    /* lags that a work-item sums */
} ckn_cl_tiling;

struct ckn_correlator {
    ckn_correlation_method method;
    ckn_shape x_shape, h_shape;
    ckn_buffer *numbers; /* the result on the device */
    double *host;        /* and here */
    ckn_cl_tiling tiling;
    ckn_buffer *roots, *spectra, *sums; /* of the transforms */
};

/* Whether the device can do the method for a kernel of this shape. */
bool ckn_cl_correlate_possible(const ckn_cl *cl, ckn_shape h_shape, ckn_correlation_method method);

/* Direct sums (cl_correlate_direct.c). */
double ckn_cl_direct_seconds(const ckn_cl *cl, ckn_shape x_shape, ckn_shape h_shape);
ckn_code ckn_cl_direct_run(ckn_cl *cl, ckn_correlator *correlator, const ckn_buffer *x,
                           const ckn_buffer *y, ckn_error *error);

/* Transforms (cl_correlate_fft.c). *tiling is the fastest one; infinity where there is none. */
double ckn_cl_tiling_choose(const ckn_cl *cl, ckn_shape x_shape, ckn_shape h_shape,
                            ckn_cl_tiling *tiling);
ckn_code ckn_cl_tiled_create(ckn_cl *cl, ckn_correlator *correlator, ckn_error *error);
ckn_code ckn_cl_tiled_run(ckn_cl *cl, ckn_correlator *correlator, const ckn_buffer *x,
                          const ckn_buffer *y, ckn_error *error);

/* The primitives of the contract. */
void ckn_cl_correlator_predict(const ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                               ckn_correlation_method method, double *seconds_plan,
                               double *seconds);
ckn_code ckn_cl_correlator_create(ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                                  ckn_correlation_method method, ckn_correlator **correlator,
                                  ckn_error *error);
/* Without a launch of the kernels, for drivers that compile at the first one. */
ckn_code ckn_cl_correlator_create_cold(ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                                       ckn_correlation_method method, ckn_correlator **correlator,
                                       ckn_error *error);
void ckn_cl_correlator_destroy(ckn_backend *backend, ckn_correlator *correlator);
ckn_code ckn_cl_correlate(ckn_backend *backend, ckn_correlator *correlator, const ckn_buffer *x,
                          const ckn_buffer *y, ckn_correlations *out, ckn_error *error);

#endif
