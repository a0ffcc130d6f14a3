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

void ckn_circulant_destroy(ckn_circulant *self) {
    if (!self)
        return;
    ckn_backend *backend = self->backend;
    backend->ops->buffer_destroy(backend, self->plane);
    backend->ops->buffer_destroy(backend, self->spectrum);
    backend->ops->buffer_destroy(backend, self->symbol);
    backend->ops->fft_destroy(backend, self->fft);
    free(self->host);
    free(self);
}

static ckn_code allocate(ckn_circulant *self, ckn_error *error) {
    ckn_backend *backend = self->backend;
    self->shape = (ckn_shape){backend->ops->fft_good_length(backend, 2 * self->kernel.rows - 1),
                              backend->ops->fft_good_length(backend, 2 * self->kernel.cols - 1)};
    size_t samples = ckn_shape_count(self->shape), spectrum = ckn_spectrum_count(self->shape);
    CKN_TRY(ckn_allocate(&self->host, spectrum, sizeof(double), "a circulant matrix", error));
    CKN_TRY(backend->ops->buffer_create(backend, samples, &self->plane, error));
    CKN_TRY(backend->ops->buffer_create(backend, spectrum, &self->spectrum, error));
    CKN_TRY(backend->ops->buffer_create(backend, spectrum, &self->symbol, error));
    return backend->ops->fft_create(backend, self->shape, &self->fft, error);
}

ckn_code ckn_circulant_create(ckn_backend *backend, ckn_shape kernel, ckn_circulant **out,
                              ckn_error *error) {
    ckn_circulant *self = NULL;
    *out = NULL;
    CKN_TRY(ckn_allocate(&self, 1, sizeof *self, "a circulant matrix", error));
    self->backend = backend;
    self->kernel = kernel;
    ckn_code code = allocate(self, error);
    if (code != CKN_OK) {
        ckn_circulant_destroy(self);
        return code;
    }
    *out = self;
    return CKN_OK;
}

static double bartlett(size_t lag, size_t length) {
    return 1 - (double)lag / (double)length;
}

/* The lags, wrapped round the plane. */
static void fill_plane(const ckn_circulant *self, const ckn_lags *lags, bool windowed,
                       double *plane) {
    const ckn_shape kernel = self->kernel, shape = self->shape;
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

static ckn_code load(ckn_circulant *self, const ckn_lags *lags, bool windowed, ckn_error *error) {
    ckn_backend *backend = self->backend;
    fill_plane(self, lags, windowed, self->host);
    ckn_view plane = ckn_view_f64(self->host, self->shape.rows, self->shape.cols);
    CKN_TRY(backend->ops->upload(backend, self->plane, &plane, error));
    return backend->ops->fft_forward(backend, self->fft, self->plane, self->symbol, error);
}

ckn_code ckn_circulant_load(ckn_circulant *self, const ckn_lags *lags, ckn_error *error) {
    return load(self, lags, false, error);
}

ckn_code ckn_circulant_load_inverse(ckn_circulant *self, const ckn_lags *lags, ckn_error *error) {
    ckn_backend *backend = self->backend;
    size_t spectrum = ckn_spectrum_count(self->shape);
    ckn_output output = ckn_output_f64(self->host, 1, spectrum);
    CKN_TRY(load(self, lags, true, error));
    CKN_TRY(backend->ops->download(backend, self->symbol, &output, error));
    invert(self->host, spectrum / 2);
    ckn_view symbol = ckn_output_as_view(&output);
    return backend->ops->upload(backend, self->symbol, &symbol, error);
}

ckn_code ckn_circulant_apply(ckn_circulant *self, const ckn_buffer *v, ckn_buffer *out,
                             ckn_error *error) {
    ckn_backend *backend = self->backend;
    const ckn_backend_ops *ops = backend->ops;
    const ckn_shape origin = {0, 0};
    CKN_TRY(ops->embed(backend, self->plane, self->shape, v, self->kernel, origin, error));
    CKN_TRY(ops->fft_forward(backend, self->fft, self->plane, self->spectrum, error));
    CKN_TRY(ops->spectral_multiply(backend, self->spectrum, self->spectrum, self->symbol,
                                   ckn_spectrum_count(self->shape) / 2, false, error));
    CKN_TRY(ops->fft_inverse(backend, self->fft, self->spectrum, self->plane, error));
    return ops->extract(backend, out, self->kernel, self->plane, self->shape, origin, NULL, error);
}
