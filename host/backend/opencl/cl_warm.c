#include "backend/opencl/cl_dft.h"

/* Buffers of a tiny problem: image 3 x 3, kernel 2 x 2. */
enum { WARM_BUFFERS = 5, WARM_COUNT = 16 };

typedef ckn_code (*warm_fn)(ckn_backend *b, ckn_buffer **u, ckn_error *error);

static const ckn_shape image = {3, 3}, taps = {2, 2};

static ckn_code warm_convolution(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    const ckn_shape corner = {0, 0};
    CKN_TRY(ckn_cl_embed(b, u[1], image, u[0], taps, corner, error));
    CKN_TRY(ckn_cl_extract(b, u[2], taps, u[1], image, corner, NULL, error));
    CKN_TRY(ckn_cl_residual(b, u[0], image, u[1], taps, NULL, u[2], error));
    return ckn_cl_gradient(b, u[0], image, u[2], taps, false, u[3], error);
}

static ckn_code warm_vectors(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    const ckn_step_buffers step = {u[0], u[1], u[2], u[3], u[4]};
    ckn_step_sums sums;
    double value;
    CKN_TRY(ckn_cl_combine(b, u[0], WARM_COUNT, 1, u[1], 1, u[2], error));
    CKN_TRY(ckn_cl_momentum(b, &step, WARM_COUNT, 0, 0, error));
    CKN_TRY(ckn_cl_dot(b, u[0], u[1], WARM_COUNT, &value, error));
    CKN_TRY(ckn_cl_step_sums(b, &step, WARM_COUNT, &sums, error));
    CKN_TRY(ckn_cl_project(b, u[0], WARM_COUNT, CKN_CONSTRAINT_NONNEG, error));
    return ckn_cl_project(b, u[0], WARM_COUNT, CKN_CONSTRAINT_SIMPLEX, error);
}

static ckn_code warm_spectra(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    CKN_TRY(ckn_cl_spectral_multiply(b, u[0], u[1], u[2], 4, true, error));
    CKN_TRY(ckn_cl_spectral_accumulate(b, u[0], u[3], u[1], u[2], 4, false, error));
    return ckn_cl_spectral_divide(b, u[0], u[3], 4, 1, error);
}

static ckn_code warm_box(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    const ckn_extended_box box = {.sigma = 1, .passes = 1, .l = 1, .alpha = 0, .lambda = 3};
    CKN_TRY(ckn_cl_box_axis(b, u[1], u[0], image, CKN_AXIS_ROWS, &box, CKN_BOUNDARY_ZERO, error));
    return ckn_cl_box_axis(b, u[1], u[0], image, CKN_AXIS_COLS, &box, CKN_BOUNDARY_ZERO, error);
}

static ckn_code warm_buffers(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    for (int i = 0; i < WARM_BUFFERS; i++) {
        CKN_TRY(ckn_cl_buffer_create(b, WARM_COUNT, &u[i], error));
        CKN_TRY(ckn_cl_fill(b, u[i], WARM_COUNT, 0, error));
    }
    return CKN_OK;
}

static ckn_code warm_all(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    CKN_TRY(warm_convolution(b, u, error));
    CKN_TRY(warm_vectors(b, u, error));
    CKN_TRY(warm_spectra(b, u, error));
    return warm_box(b, u, error);
}

static ckn_code warm_dft(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    ckn_cl_dft *dft;
    CKN_TRY(ckn_cl_dft_create(b, image, &dft, error));
    ckn_code code = ckn_cl_dft_forward(b, dft, u[0], u[1], error);
    if (code == CKN_OK)
        code = ckn_cl_dft_inverse(b, dft, u[1], u[0], error);
    ckn_cl_dft_destroy(b, dft);
    return code;
}

/* Runs `warm` on buffers of zeros and waits for its end. */
static ckn_code run_warm(ckn_backend *backend, warm_fn warm, ckn_error *error) {
    ckn_buffer *buffers[WARM_BUFFERS] = {NULL};
    ckn_cl *cl = ckn_cl_of(backend);
    size_t launches[CKN_CL_KERNEL_COUNT];
    for (size_t i = 0; i < CKN_CL_KERNEL_COUNT; i++)
        launches[i] = cl->kernels[i].launches;
    ckn_code code = warm_buffers(backend, buffers, error);
    if (code == CKN_OK)
        code = warm(backend, buffers, error);
    if (code == CKN_OK)
        code = backend->ops->finish(backend, error);
    for (int i = 0; i < WARM_BUFFERS; i++)
        ckn_cl_buffer_destroy(backend, buffers[i]);
    /* The statistics count the user's work only. */
    for (size_t i = 0; i < CKN_CL_KERNEL_COUNT; i++)
        cl->kernels[i].launches = launches[i];
    return code;
}

ckn_code ckn_cl_prepare(ckn_backend *backend, ckn_error *error) {
    return run_warm(backend, warm_all, error);
}

ckn_code ckn_cl_prepare_dft(ckn_backend *backend, ckn_error *error) {
    return run_warm(backend, warm_dft, error);
}
