#include "backend/opencl/cl_correlate.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Loading a program from the cache, with PoCL. The first compilation on a machine is left out:
 * other ways to solve a problem take it as well, and do not count it. */
#define SECONDS_LOAD 0.005

bool ckn_cl_correlate_possible(const ckn_cl *cl, ckn_shape h_shape, ckn_correlation_method method) {
    ckn_cl_tiling tiling;
    if (method == CKN_CORRELATION_DIRECT)
        return true;
    return cl->device.info.fp64 && isfinite(ckn_cl_tiling_choose(cl, h_shape, h_shape, &tiling));
}

void ckn_cl_correlator_predict(const ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                               ckn_correlation_method method, double *seconds_plan,
                               double *seconds) {
    const ckn_cl *cl = (const ckn_cl *)backend;
    ckn_cl_tiling tiling;
    *seconds_plan = *seconds = HUGE_VAL;
    if (!ckn_cl_correlate_possible(cl, h_shape, method))
        return;
    if (method == CKN_CORRELATION_DIRECT) {
        *seconds_plan = cl->programs[CKN_CL_PROGRAM_correlate] ? 0 : SECONDS_LOAD;
        *seconds = ckn_cl_direct_seconds(cl, x_shape, h_shape);
    } else {
        *seconds_plan = cl->programs[CKN_CL_PROGRAM_lags] ? 0 : 2 * SECONDS_LOAD;
        *seconds = ckn_cl_tiling_choose(cl, x_shape, h_shape, &tiling);
    }
}

static ckn_code create_parts(ckn_cl *cl, ckn_correlator *correlator, ckn_error *error) {
    const size_t numbers = CKN_CL_CORRELATIONS * ckn_shape_count(correlator->h_shape);
    CKN_TRY(ckn_allocate(&correlator->host, numbers, sizeof(double), "correlations", error));
    CKN_TRY(ckn_cl_buffer_create(&cl->base, 2 * numbers, &correlator->numbers, error));
    return correlator->method == CKN_CORRELATION_FFT ? ckn_cl_tiled_create(cl, correlator, error)
                                                     : CKN_OK;
}

ckn_code ckn_cl_correlator_create_cold(ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                                       ckn_correlation_method method, ckn_correlator **correlator,
                                       ckn_error *error) {
    ckn_correlator *created;
    *correlator = NULL;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "a correlator", error));
    created->method = method;
    created->x_shape = x_shape;
    created->h_shape = h_shape;
    ckn_code code = create_parts(ckn_cl_of(backend), created, error);
    if (code != CKN_OK) {
        ckn_cl_correlator_destroy(backend, created);
        return code;
    }
    *correlator = created;
    return CKN_OK;
}

ckn_code ckn_cl_correlator_create(ckn_backend *backend, ckn_shape x_shape, ckn_shape h_shape,
                                  ckn_correlation_method method, ckn_correlator **correlator,
                                  ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    *correlator = NULL;
    if (!ckn_cl_correlate_possible(cl, h_shape, method))
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s cannot compute correlations by FFT: %s; direct sums work",
                        cl->device.info.name,
                        cl->device.info.fp64 ? "the kernel has too many rows for its local memory"
                                             : "it has no double precision");
    CKN_TRY(ckn_cl_prepare_correlator(backend, method, error));
    return ckn_cl_correlator_create_cold(backend, x_shape, h_shape, method, correlator, error);
}

void ckn_cl_correlator_destroy(ckn_backend *backend, ckn_correlator *correlator) {
    if (!correlator)
        return;
    ckn_cl_buffer_destroy(backend, correlator->numbers);
    ckn_cl_buffer_destroy(backend, correlator->roots);
    ckn_cl_buffer_destroy(backend, correlator->spectra);
    ckn_cl_buffer_destroy(backend, correlator->sums);
    free(correlator->host);
    free(correlator);
}

/* (sum, error) pairs of floats become doubles, in place. */
static void add_pairs(double *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        cl_float2 pair;
        memcpy(&pair, &numbers[i], sizeof pair);
        numbers[i] = (double)pair.s[0] + (double)pair.s[1];
    }
}

static ckn_code read_numbers(ckn_cl *cl, const ckn_correlator *correlator, ckn_correlations *out,
                             ckn_error *error) {
    const size_t taps = ckn_shape_count(correlator->h_shape);
    const size_t count = CKN_CL_CORRELATIONS * taps, bytes = taps * sizeof(double);
    double *numbers = correlator->host;
    CKN_TRY(ckn_cl_check_memory(clEnqueueReadBuffer(cl->queue, correlator->numbers->memory, CL_TRUE,
                                                    0, CKN_CL_CORRELATIONS * bytes, numbers, 0,
                                                    NULL, NULL),
                                "clEnqueueReadBuffer", CKN_CL_CORRELATIONS * bytes, error));
    if (!cl->device.info.fp64)
        add_pairs(numbers, count);
    memcpy(out->left, numbers, bytes);
    memcpy(out->right, numbers + taps, bytes);
    memcpy(out->blurred, numbers + 2 * taps, bytes);
    return CKN_OK;
}

ckn_code ckn_cl_correlate(ckn_backend *backend, ckn_correlator *correlator, const ckn_buffer *x,
                          const ckn_buffer *y, ckn_correlations *out, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    const ckn_shape valid = ckn_shape_valid(correlator->x_shape, correlator->h_shape);
    CKN_TRY(correlator->method == CKN_CORRELATION_FFT
                ? ckn_cl_tiled_run(cl, correlator, x, y, error)
                : ckn_cl_direct_run(cl, correlator, x, y, error));
    CKN_TRY(ckn_cl_dot(backend, y, y, ckn_shape_count(valid), &out->square, error));
    return read_numbers(cl, correlator, out, error);
}
