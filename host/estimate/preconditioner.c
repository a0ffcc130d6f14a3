#include "estimate/preconditioner.h"

#include "base/memory.h"
#include "estimate/statistics.h"

#include <math.h>
#include <stdlib.h>

struct ckn_preconditioner {
    ckn_operator *op;
    ckn_shape shape; /* of the circulant: twice the kernel's size */
    ckn_fft *fft;
    ckn_buffer *plane, *spectrum, *inverse; /* inverse: 1 / symbol, as complex numbers */
    ckn_buffer *taps;                       /* a kernel */
    double *host;                           /* a spectrum */
    double *lags;                           /* two kernels: what fill_plane() takes */
};

/* Frequencies that the image hardly has would be blown up: the symbol is kept above this part of
 * its largest value. */
static const double smallest_symbol = 1e-7;

void ckn_preconditioner_destroy(ckn_preconditioner *preconditioner) {
    if (!preconditioner)
        return;
    ckn_backend *backend = preconditioner->op->backend;
    backend->ops->buffer_destroy(backend, preconditioner->plane);
    backend->ops->buffer_destroy(backend, preconditioner->spectrum);
    backend->ops->buffer_destroy(backend, preconditioner->inverse);
    backend->ops->buffer_destroy(backend, preconditioner->taps);
    backend->ops->fft_destroy(backend, preconditioner->fft);
    free(preconditioner->host);
    free(preconditioner->lags);
    free(preconditioner);
}

static ckn_code allocate(ckn_preconditioner *self, ckn_error *error) {
    ckn_backend *backend = self->op->backend;
    const ckn_shape kernel = self->op->problem->kernel;
    self->shape = (ckn_shape){backend->ops->fft_good_length(backend, 2 * kernel.rows - 1),
                              backend->ops->fft_good_length(backend, 2 * kernel.cols - 1)};
    size_t spectrum = ckn_spectrum_count(self->shape);
    size_t taps = ckn_shape_count(kernel);
    CKN_TRY(ckn_allocate(&self->lags, taps, 2 * sizeof(double), "the preconditioner", error));
    CKN_TRY(backend->ops->buffer_create(backend, taps, &self->taps, error));
    CKN_TRY(ckn_allocate(&self->host, spectrum, sizeof(double), "the preconditioner", error));
    CKN_TRY(
        backend->ops->buffer_create(backend, ckn_shape_count(self->shape), &self->plane, error));
    CKN_TRY(backend->ops->buffer_create(backend, spectrum, &self->spectrum, error));
    CKN_TRY(backend->ops->buffer_create(backend, spectrum, &self->inverse, error));
    return backend->ops->fft_create(backend, self->shape, &self->fft, error);
}

ckn_code ckn_preconditioner_create(ckn_operator *op, ckn_preconditioner **out, ckn_error *error) {
    ckn_preconditioner *self = NULL;
    *out = NULL;
    CKN_TRY(ckn_allocate(&self, 1, sizeof *self, "the preconditioner", error));
    self->op = op;
    ckn_error why;
    ckn_code code = allocate(self, &why);
    if (code == CKN_OK) {
        *out = self;
        return CKN_OK;
    }
    ckn_preconditioner_destroy(self);
    if (code == CKN_ERROR_UNSUPPORTED) {
        ckn_log_line(&op->backend->log, CKN_LOG_VERBOSE, "no preconditioner: %s", why.message);
        return CKN_OK;
    }
    if (error)
        *error = why;
    return code;
}

static double bartlett(size_t lag, size_t length) {
    return 1 - (double)lag / (double)length;
}

/* The windowed correlation at all lags, wrapped round the plane: lag (-i,-j) is lag (i,j). */
static void fill_plane(const ckn_preconditioner *self, const double *left, const double *right,
                       double *plane) {
    const ckn_shape kernel = self->op->problem->kernel, shape = self->shape;
    const size_t k = kernel.rows, l = kernel.cols;
    for (size_t n = 0; n < ckn_shape_count(shape); n++)
        plane[n] = 0;
    for (size_t i = 0; i < k; i++) {
        const size_t minus_i = (shape.rows - i) % shape.rows;
        for (size_t j = 0; j < l; j++) {
            const size_t minus_j = (shape.cols - j) % shape.cols;
            const double weight = bartlett(i, k) * bartlett(j, l);
            const double same = weight * left[i * l + j];
            const double opposite = weight * right[i * l + (l - 1 - j)];
            plane[i * shape.cols + j] = same;
            plane[minus_i * shape.cols + minus_j] = same;
            if (i > 0 && j > 0) {
                plane[i * shape.cols + minus_j] = opposite;
                plane[minus_i * shape.cols + j] = opposite;
            }
        }
    }
}

/* Turns the symbol, whose imaginary part is rounding, into its inverse. */
static void invert(double *symbol, size_t pairs) {
    double largest = 0;
    for (size_t n = 0; n < pairs; n++)
        largest = fmax(largest, symbol[2 * n]);
    for (size_t n = 0; n < pairs; n++) {
        symbol[2 * n] = 1 / fmax(symbol[2 * n], smallest_symbol * largest);
        symbol[2 * n + 1] = 0;
    }
}

/* out[i,j] = sum x[p,q+col] x[p+i,q+j]: the adjoint of the window that starts at (0,col). */
static ckn_code correlate_window(const ckn_preconditioner *self, size_t col, double *out,
                                 ckn_error *error) {
    ckn_operator *op = self->op;
    ckn_problem *problem = op->problem;
    ckn_backend *backend = problem->backend;
    for (size_t i = 0; i < problem->pair_count; i++) {
        const ckn_problem_pair *pair = &problem->pairs[i];
        CKN_TRY(backend->ops->extract(backend, pair->r, pair->y_shape, pair->x, pair->x_shape,
                                      (ckn_shape){0, col}, NULL, error));
    }
    CKN_TRY(op->ops->adjoint(op, self->taps, error));
    CKN_TRY(ckn_operator_download(op, self->taps, out, error));
    for (size_t n = 0, last = ckn_problem_taps(problem) - 1; n < last - n; n++) {
        double swap = out[n]; /* taps run against lags */
        out[n] = out[last - n];
        out[last - n] = swap;
    }
    return CKN_OK;
}

/* The same from G, whose first rows (by offset) they are. */
static ckn_code read_gram(const ckn_preconditioner *self, double *left, double *right,
                          ckn_error *error) {
    ckn_problem *problem = self->op->problem;
    const ckn_statistics *statistics = NULL;
    CKN_TRY(ckn_statistics_get(problem, &statistics, error));
    const size_t last = statistics->taps - 1, l = problem->kernel.cols;
    for (size_t n = 0; n <= last; n++) {
        left[n] = *ckn_symmetric_at(&statistics->gram, last, last - n);
        right[n] = *ckn_symmetric_at(&statistics->gram, last - (l - 1), last - n);
    }
    return CKN_OK;
}

static ckn_code correlate(const ckn_preconditioner *self, double *left, double *right,
                          ckn_error *error) {
    if (!self->op->ops->adjoint)
        return read_gram(self, left, right, error);
    CKN_TRY(correlate_window(self, 0, left, error));
    return correlate_window(self, self->op->problem->kernel.cols - 1, right, error);
}

ckn_code ckn_preconditioner_load(ckn_preconditioner *self, ckn_error *error) {
    ckn_backend *backend = self->op->backend;
    size_t spectrum = ckn_spectrum_count(self->shape);
    size_t taps = ckn_problem_taps(self->op->problem);
    CKN_TRY(correlate(self, self->lags, self->lags + taps, error));
    fill_plane(self, self->lags, self->lags + taps, self->host);
    ckn_view plane = ckn_view_f64(self->host, self->shape.rows, self->shape.cols);
    CKN_TRY(backend->ops->upload(backend, self->plane, &plane, error));
    CKN_TRY(backend->ops->fft_forward(backend, self->fft, self->plane, self->inverse, error));
    ckn_output output = ckn_output_f64(self->host, 1, spectrum);
    CKN_TRY(backend->ops->download(backend, self->inverse, &output, error));
    invert(self->host, spectrum / 2);
    ckn_view symbol = ckn_output_as_view(&output);
    return backend->ops->upload(backend, self->inverse, &symbol, error);
}

ckn_code ckn_preconditioner_apply(ckn_preconditioner *self, const ckn_buffer *r, ckn_buffer *z,
                                  ckn_error *error) {
    ckn_backend *backend = self->op->backend;
    const ckn_backend_ops *ops = backend->ops;
    const ckn_shape kernel = self->op->problem->kernel, origin = {0, 0};
    CKN_TRY(ops->embed(backend, self->plane, self->shape, r, kernel, origin, error));
    CKN_TRY(ops->fft_forward(backend, self->fft, self->plane, self->spectrum, error));
    CKN_TRY(ops->spectral_multiply(backend, self->spectrum, self->spectrum, self->inverse,
                                   ckn_spectrum_count(self->shape) / 2, false, error));
    CKN_TRY(ops->fft_inverse(backend, self->fft, self->spectrum, self->plane, error));
    return ops->extract(backend, z, kernel, self->plane, self->shape, origin, NULL, error);
}
