#include "backend/opencl/cl_correlate.h"
#include "backend/opencl/cl_dft.h"

/* Buffers of a tiny problem: image 3 x 3, kernel 2 x 2. */
enum { WARM_BUFFERS = 5, WARM_COUNT = 16 };

typedef ckn_code (*warm_fn)(ckn_backend *b, ckn_buffer **u, ckn_error *error);

static const ckn_shape image = {3, 3}, taps = {2, 2};

static ckn_code warm_always(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    const ckn_shape corner = {0, 0};
    double value;
    CKN_TRY(ckn_cl_extract(b, u[2], taps, u[1], image, corner, NULL, error));
    return ckn_cl_dot(b, u[0], u[1], WARM_COUNT, &value, error);
}

static ckn_code warm_residual(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    return ckn_cl_residual(b, u[0], image, u[1], taps, NULL, u[2], error);
}

static ckn_code warm_gradient(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    return ckn_cl_gradient(b, u[0], image, u[2], taps, false, u[3], error);
}

static ckn_code warm_vectors(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    const ckn_step_buffers step = {u[0], u[1], u[2], u[3], u[4]};
    ckn_step_sums sums;
    CKN_TRY(ckn_cl_combine(b, u[0], WARM_COUNT, 1, u[1], 1, u[2], error));
    CKN_TRY(ckn_cl_multiply(b, u[0], WARM_COUNT, u[1], u[2], error));
    CKN_TRY(ckn_cl_momentum(b, &step, WARM_COUNT, 0, 0, error));
    CKN_TRY(ckn_cl_step_sums(b, &step, WARM_COUNT, &sums, error));
    CKN_TRY(ckn_cl_project(b, u[0], WARM_COUNT, CKN_CONSTRAINT_NONNEG, error));
    return ckn_cl_project(b, u[0], WARM_COUNT, CKN_CONSTRAINT_SIMPLEX, error);
}

static ckn_code warm_spectra(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    const ckn_shape corner = {0, 0};
    CKN_TRY(ckn_cl_embed(b, u[1], image, u[0], taps, corner, error));
    CKN_TRY(ckn_cl_spectral_multiply(b, u[0], u[1], u[2], 4, true, error));
    CKN_TRY(ckn_cl_spectral_accumulate(b, u[0], u[3], u[1], u[2], 4, false, error));
    return ckn_cl_spectral_divide(b, u[0], u[3], 4, 1, error);
}

static ckn_code warm_lines(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    const ckn_extended_box box = {.sigma = 1, .passes = 1, .l = 1, .alpha = 0, .lambda = 3};
    const ckn_lines lines = {image, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_ZERO};
    const double tap = 1;
    CKN_TRY(ckn_cl_fir_plane(b, u[1], u[0], &lines, &tap, 0, &tap, 0, error));
    return ckn_cl_box_axis(b, u[1], u[0], &lines, &box, error);
}

static ckn_code warm_buffers(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    for (int i = 0; i < WARM_BUFFERS; i++) {
        CKN_TRY(ckn_cl_buffer_create(b, WARM_COUNT, &u[i], error));
        CKN_TRY(ckn_cl_fill(b, u[i], WARM_COUNT, 0, error));
    }
    return CKN_OK;
}

static ckn_code warm_correlator(ckn_backend *b, ckn_buffer **u, ckn_correlation_method method,
                                ckn_error *error) {
    double numbers[CKN_CL_CORRELATIONS * 4];
    ckn_correlations out = {numbers, numbers + 4, numbers + 8, 0};
    ckn_correlator *correlator;
    CKN_TRY(ckn_cl_correlator_create_cold(b, image, taps, method, &correlator, error));
    ckn_code code = ckn_cl_correlate(b, correlator, u[0], u[1], &out, error);
    ckn_cl_correlator_destroy(b, correlator);
    return code;
}

static ckn_code warm_direct(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    return warm_correlator(b, u, CKN_CORRELATION_DIRECT, error);
}

static ckn_code warm_tiled(ckn_backend *b, ckn_buffer **u, ckn_error *error) {
    return warm_correlator(b, u, CKN_CORRELATION_FFT, error);
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

/* What one bit of ckn_cl.warmed stands for. */
enum { ALWAYS, RESIDUAL, GRADIENT, VECTORS, LINES, SPECTRA, DFT, DIRECT, TILED };
static const warm_fn groups[] = {
    [ALWAYS] = warm_always,   [RESIDUAL] = warm_residual, [GRADIENT] = warm_gradient,
    [VECTORS] = warm_vectors, [LINES] = warm_lines,       [SPECTRA] = warm_spectra,
    [DFT] = warm_dft,         [DIRECT] = warm_direct,     [TILED] = warm_tiled,
};

static ckn_code run_group(ckn_backend *backend, warm_fn warm, ckn_error *error) {
    ckn_buffer *buffers[WARM_BUFFERS] = {NULL};
    ckn_code code = warm_buffers(backend, buffers, error);
    if (code == CKN_OK)
        code = warm(backend, buffers, error);
    if (code == CKN_OK)
        code = backend->ops->finish(backend, error);
    for (int i = 0; i < WARM_BUFFERS; i++)
        ckn_cl_buffer_destroy(backend, buffers[i]);
    return code;
}

/* Runs a group on buffers of zeros and waits for its end, unless that is done. */
static ckn_code warm_once(ckn_backend *backend, int group, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    size_t launches[CKN_CL_KERNEL_COUNT];
    const double reads = cl->line_reads, writes = cl->line_writes;
    if (cl->warmed & 1U << group)
        return CKN_OK;
    for (size_t i = 0; i < CKN_CL_KERNEL_COUNT; i++)
        launches[i] = cl->kernels[i].launches;
    ckn_code code = run_group(backend, groups[group], error);
    /* The statistics count the user's work only. */
    for (size_t i = 0; i < CKN_CL_KERNEL_COUNT; i++)
        cl->kernels[i].launches = launches[i];
    cl->line_reads = reads;
    cl->line_writes = writes;
    if (code == CKN_OK)
        cl->warmed |= 1U << group;
    return code;
}

ckn_code ckn_cl_prepare(ckn_backend *backend, unsigned uses, ckn_error *error) {
    static const struct {
        unsigned use;
        int group;
    } named[] = {{CKN_USE_RESIDUAL, RESIDUAL},
                 {CKN_USE_GRADIENT, GRADIENT},
                 {CKN_USE_VECTORS, VECTORS},
                 {CKN_USE_LINES, LINES}};
    CKN_TRY(warm_once(backend, ALWAYS, error));
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (uses & named[i].use)
            CKN_TRY(warm_once(backend, named[i].group, error));
    }
    return CKN_OK;
}

ckn_code ckn_cl_prepare_spectra(ckn_backend *backend, ckn_error *error) {
    return warm_once(backend, SPECTRA, error);
}

ckn_code ckn_cl_prepare_dft(ckn_backend *backend, ckn_error *error) {
    return warm_once(backend, DFT, error);
}

ckn_code ckn_cl_prepare_correlator(ckn_backend *backend, ckn_correlation_method method,
                                   ckn_error *error) {
    return warm_once(backend, method == CKN_CORRELATION_FFT ? TILED : DIRECT, error);
}
