/* The only file that plans and runs clFFT. Its state is global and not thread-safe: every call
 * stands between ckn_cl_shared_fft_lock() and _unlock(). */
#include "backend/opencl/cl_internal.h"

#include "backend/opencl/cl_dft.h"
#include "backend/opencl/cl_fft_check.h"
#include "backend/opencl/cl_shared.h"
#include "base/memory.h"

#include <clFFT.h>
#include <locale.h>
#include <stdlib.h>

/* A real-to-complex plan runs in one direction only, so a shape needs two. 0: not made; clFFT
 * counts its handles from 1. A shape that clFFT cannot do has `dft` instead. */
struct ckn_fft {
    ckn_shape shape;
    clfftPlanHandle forward, inverse;
    ckn_cl_dft *dft;
};

/* clFFT's largest prime factor. */
enum { LARGEST_FACTOR = 13 };

/* Whether no prime factor is larger than `largest`, which is at most 13. */
static bool is_smooth(size_t length, size_t largest) {
    for (size_t factor = 2; factor <= largest; factor++) {
        while (length % factor == 0)
            length /= factor;
    }
    return length == 1;
}

size_t ckn_cl_fft_good_length(const ckn_backend *backend, size_t length) {
    (void)backend;
    if (length < 1)
        return 1;
    /* 7, 11 and 13 are possible, but cost much more planning than going on to the next length. */
    while (!is_smooth(length, 5))
        length++;
    return length;
}

static ckn_code check_fft(clfftStatus status, const char *call, ckn_error *error) {
    return ckn_cl_check((cl_int)status, call, error);
}

/* Layouts, strides and distances are all set: clFFT's defaults for Hermitian planes are wrong. */
static ckn_code set_layout(clfftPlanHandle plan, ckn_shape shape, bool inverse, ckn_error *error) {
    size_t half = shape.cols / 2 + 1;
    size_t real_strides[] = {1, shape.cols}, half_strides[] = {1, half};
    const size_t real_size = shape.rows * shape.cols, half_size = shape.rows * half;
    CKN_TRY(check_fft(clfftSetPlanPrecision(plan, CLFFT_SINGLE), "clfftSetPlanPrecision", error));
    CKN_TRY(check_fft(inverse ? clfftSetLayout(plan, CLFFT_HERMITIAN_INTERLEAVED, CLFFT_REAL)
                              : clfftSetLayout(plan, CLFFT_REAL, CLFFT_HERMITIAN_INTERLEAVED),
                      "clfftSetLayout", error));
    CKN_TRY(
        check_fft(clfftSetResultLocation(plan, CLFFT_OUTOFPLACE), "clfftSetResultLocation", error));
    CKN_TRY(check_fft(clfftSetPlanInStride(plan, CLFFT_2D, inverse ? half_strides : real_strides),
                      "clfftSetPlanInStride", error));
    CKN_TRY(check_fft(clfftSetPlanOutStride(plan, CLFFT_2D, inverse ? real_strides : half_strides),
                      "clfftSetPlanOutStride", error));
    CKN_TRY(check_fft(clfftSetPlanDistance(plan, inverse ? half_size : real_size,
                                           inverse ? real_size : half_size),
                      "clfftSetPlanDistance", error));
    CKN_TRY(check_fft(clfftSetPlanScale(plan, CLFFT_FORWARD, 1.0F), "clfftSetPlanScale", error));
    return check_fft(clfftSetPlanScale(plan, CLFFT_BACKWARD, 1.0F / (float)real_size),
                     "clfftSetPlanScale", error);
}

/* *plan is set as soon as there is something to destroy. */
static ckn_code make_plan(ckn_cl *cl, ckn_shape shape, bool inverse, clfftPlanHandle *plan,
                          ckn_error *error) {
    const size_t lengths[] = {shape.cols, shape.rows};
    CKN_TRY(check_fft(clfftCreateDefaultPlan(plan, cl->context, CLFFT_2D, lengths),
                      "clfftCreateDefaultPlan", error));
    CKN_TRY(set_layout(*plan, shape, inverse, error));
    return check_fft(clfftBakePlan(*plan, 1, &cl->queue, NULL, NULL), "clfftBakePlan", error);
}

/* clFFT prints numbers into the source that it generates: a decimal comma would break it. */
static ckn_code make_plans(ckn_cl *cl, ckn_fft *fft, ckn_error *error) {
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = plain ? uselocale(plain) : (locale_t)0;
    ckn_code code = make_plan(cl, fft->shape, false, &fft->forward, error);
    if (code == CKN_OK)
        code = make_plan(cl, fft->shape, true, &fft->inverse, error);
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    return code;
}

/* The statistics count the user's work only. */
static ckn_code check_plans(ckn_backend *backend, ckn_fft *fft, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    const size_t transforms[] = {cl->transforms[0], cl->transforms[1]};
    ckn_code code = ckn_cl_fft_check(backend, fft, fft->shape, error);
    cl->transforms[0] = transforms[0];
    cl->transforms[1] = transforms[1];
    return code;
}

static ckn_code plan_clfft(ckn_backend *backend, ckn_fft *fft, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    CKN_TRY(ckn_cl_shared_fft_lock(cl->context, error));
    ckn_code code = make_plans(cl, fft, error);
    ckn_cl_shared_fft_unlock();
    return code == CKN_OK ? check_plans(backend, fft, error) : code;
}

static ckn_code plan_dft(ckn_backend *backend, ckn_fft *fft, ckn_error *error) {
    ckn_log_line(&backend->log, CKN_LOG_VERBOSE,
                 "clFFT cannot transform %zu x %zu (prime factors may be %d at most): computing "
                 "the transform by its definition",
                 fft->shape.cols, fft->shape.rows, LARGEST_FACTOR);
    CKN_TRY(ckn_cl_prepare_dft(backend, error));
    return ckn_cl_dft_create(backend, fft->shape, &fft->dft, error);
}

ckn_code ckn_cl_fft_create(ckn_backend *backend, ckn_shape shape, ckn_fft **fft, ckn_error *error) {
    *fft = NULL;
    ckn_fft *created;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "a transform", error));
    created->shape = shape;
    ckn_code code = ckn_cl_prepare_spectra(backend, error);
    if (code == CKN_OK)
        code = is_smooth(shape.rows, LARGEST_FACTOR) && is_smooth(shape.cols, LARGEST_FACTOR)
                   ? plan_clfft(backend, created, error)
                   : plan_dft(backend, created, error);
    if (code != CKN_OK) {
        ckn_cl_fft_destroy(backend, created);
        return code;
    }
    *fft = created;
    return CKN_OK;
}

void ckn_cl_fft_destroy(ckn_backend *backend, ckn_fft *fft) {
    ckn_cl *cl = ckn_cl_of(backend);
    if (!fft)
        return;
    /* Transforms that are still running use the plan's buffers. */
    clFinish(cl->queue);
    if ((fft->forward || fft->inverse) && ckn_cl_shared_fft_lock(cl->context, NULL) == CKN_OK) {
        if (fft->forward)
            clfftDestroyPlan(&fft->forward);
        if (fft->inverse)
            clfftDestroyPlan(&fft->inverse);
        ckn_cl_shared_fft_unlock();
    }
    ckn_cl_dft_destroy(backend, fft->dft);
    free(fft);
}

static ckn_code transform(ckn_cl *cl, clfftPlanHandle plan, clfftDirection direction,
                          ckn_buffer *from, ckn_buffer *to, ckn_error *error) {
    CKN_TRY(ckn_cl_shared_fft_lock(cl->context, error));
    clfftStatus status = clfftEnqueueTransform(plan, direction, 1, &cl->queue, 0, NULL, NULL,
                                               &from->memory, &to->memory, NULL);
    ckn_cl_shared_fft_unlock();
    cl->transforms[direction == CLFFT_FORWARD ? 0 : 1]++;
    return check_fft(status, "clfftEnqueueTransform", error);
}

ckn_code ckn_cl_fft_forward(ckn_backend *backend, ckn_fft *fft, ckn_buffer *plane,
                            ckn_buffer *spectrum, ckn_error *error) {
    if (fft->dft)
        return ckn_cl_dft_forward(backend, fft->dft, plane, spectrum, error);
    return transform(ckn_cl_of(backend), fft->forward, CLFFT_FORWARD, plane, spectrum, error);
}

ckn_code ckn_cl_fft_inverse(ckn_backend *backend, ckn_fft *fft, ckn_buffer *spectrum,
                            ckn_buffer *plane, ckn_error *error) {
    if (fft->dft)
        return ckn_cl_dft_inverse(backend, fft->dft, spectrum, plane, error);
    return transform(ckn_cl_of(backend), fft->inverse, CLFFT_BACKWARD, spectrum, plane, error);
}
