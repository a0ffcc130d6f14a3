#include "estimate/circulant.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

struct ckn_circulant {
    ckn_backend *backend;
    ckn_shape kernel;
    ckn_shape shape; /* of the circulant: at least twice the kernel's size less one */
    ckn_fft *fft;
    ckn_buffer *plane, *spectrum, *symbol;
    double *host; /* a spectrum */
};

/* Frequencies that the image hardly has would be blown up: the symbol of an inverse is kept above
 * this part of its largest value. */
static const double smallest_symbol = 1e-7;

void ckn_circulant_destroy(ckn_circulant *circulant) {
    if (!circulant)
        return;
    ckn_backend *backend = circulant->backend;
    backend->ops->buffer_destroy(backend, circulant->plane);
    backend->ops->buffer_destroy(backend, circulant->spectrum);
    backend->ops->buffer_destroy(backend, circulant->symbol);
    backend->ops->fft_destroy(backend, circulant->fft);
    free(circulant->host);
    free(circulant);
}

static ckn_code allocate(ckn_circulant *circulant, ckn_error *error) {
    ckn_backend *backend = circulant->backend;
    circulant->shape =
        (ckn_shape){backend->ops->fft_good_length(backend, 2 * circulant->kernel.rows - 1),
                    backend->ops->fft_good_length(backend, 2 * circulant->kernel.cols - 1)};
    size_t samples = ckn_shape_count(circulant->shape),
           spectrum = ckn_spectrum_count(circulant->shape);
    CKN_TRY(ckn_allocate(&circulant->host, spectrum, sizeof(double), "a circulant matrix", error));
    CKN_TRY(backend->ops->buffer_create(backend, samples, &circulant->plane, error));
    CKN_TRY(backend->ops->buffer_create(backend, spectrum, &circulant->spectrum, error));
    CKN_TRY(backend->ops->buffer_create(backend, spectrum, &circulant->symbol, error));
    return backend->ops->fft_create(backend, circulant->shape, &circulant->fft, error);
}

ckn_code ckn_circulant_create(ckn_backend *backend, ckn_shape kernel, ckn_circulant **out,
                              ckn_error *error) {
    ckn_circulant *circulant = NULL;
    *out = NULL;
    CKN_TRY(ckn_allocate(&circulant, 1, sizeof *circulant, "a circulant matrix", error));
    circulant->backend = backend;
    circulant->kernel = kernel;
    ckn_code code = allocate(circulant, error);
    if (code != CKN_OK) {
        ckn_circulant_destroy(circulant);
        return code;
    }
    *out = circulant;
    return CKN_OK;
}

static double bartlett(size_t lag, size_t length) {
    return 1 - (double)lag / (double)length;
}

/* The lags, wrapped round the plane. */
static void fill_plane(const ckn_circulant *circulant, const ckn_lags *lags, bool windowed,
                       double *plane) {
    const ckn_shape kernel = circulant->kernel, shape = circulant->shape;
    for (size_t n = 0; n < ckn_shape_count(shape); n++)
        plane[n] = 0;
    for (size_t i = 0; i < kernel.rows; i++) {
        const size_t minus_i = (shape.rows - i) % shape.rows;
        for (size_t j = 0; j < kernel.cols; j++) {
            const size_t minus_j = (shape.cols - j) % shape.cols, n = i * kernel.cols + j;
            const double weight =
                windowed ? bartlett(i, kernel.rows) * bartlett(j, kernel.cols) : 1;
            plane[i * shape.cols + j] = weight * lags->rising[n];
            plane[minus_i * shape.cols + minus_j] = weight * lags->rising[n];
            if (i > 0 && j > 0) {
                plane[i * shape.cols + minus_j] = weight * lags->falling[n];
                plane[minus_i * shape.cols + j] = weight * lags->falling[n];
            }
        }
    }
}

/* The imaginary part of a symbol is rounding. */
static void invert(double *symbol, size_t pairs) {
    double largest = 0;
    for (size_t n = 0; n < pairs; n++)
        largest = fmax(largest, symbol[2 * n]);
    for (size_t n = 0; n < pairs; n++) {
        symbol[2 * n] = largest > 0 ? 1 / fmax(symbol[2 * n], smallest_symbol * largest) : 1;
        symbol[2 * n + 1] = 0;
    }
}

static ckn_code load(ckn_circulant *circulant, const ckn_lags *lags, bool windowed,
                     ckn_error *error) {
    ckn_backend *backend = circulant->backend;
    fill_plane(circulant, lags, windowed, circulant->host);
    ckn_view plane = ckn_view_f64(circulant->host, circulant->shape.rows, circulant->shape.cols);
    CKN_TRY(backend->ops->upload(backend, circulant->plane, &plane, error));
    return backend->ops->fft_forward(backend, circulant->fft, circulant->plane, circulant->symbol,
                                     error);
}

ckn_code ckn_circulant_load(ckn_circulant *circulant, const ckn_lags *lags, ckn_error *error) {
    return load(circulant, lags, false, error);
}

ckn_code ckn_circulant_load_inverse(ckn_circulant *circulant, const ckn_lags *lags,
                                    ckn_error *error) {
    ckn_backend *backend = circulant->backend;
    size_t spectrum = ckn_spectrum_count(circulant->shape);
    ckn_output output = ckn_output_f64(circulant->host, 1, spectrum);
    CKN_TRY(load(circulant, lags, true, error));
    CKN_TRY(backend->ops->download(backend, circulant->symbol, &output, error));
    invert(circulant->host, spectrum / 2);
    ckn_view symbol = ckn_output_as_view(&output);
    return backend->ops->upload(backend, circulant->symbol, &symbol, error);
}

ckn_code ckn_circulant_apply(ckn_circulant *circulant, const ckn_buffer *v, ckn_buffer *out,
                             ckn_error *error) {
    ckn_backend *backend = circulant->backend;
    const ckn_backend_ops *ops = backend->ops;
    const ckn_shape origin = {0, 0};
    CKN_TRY(ops->embed(backend, circulant->plane, circulant->shape, v, circulant->kernel, origin,
                       error));
    CKN_TRY(
        ops->fft_forward(backend, circulant->fft, circulant->plane, circulant->spectrum, error));
    CKN_TRY(ops->spectral_multiply(backend, circulant->spectrum, circulant->spectrum,
                                   circulant->symbol, ckn_spectrum_count(circulant->shape) / 2,
                                   false, error));
    CKN_TRY(
        ops->fft_inverse(backend, circulant->fft, circulant->spectrum, circulant->plane, error));
    return ops->extract(backend, out, circulant->kernel, circulant->plane, circulant->shape, origin,
                        NULL, error);
}
