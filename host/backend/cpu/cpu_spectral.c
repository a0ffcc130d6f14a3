/* Products and quotients of spectra: interleaved pairs of real and imaginary parts. */
#include "backend/cpu/cpu_internal.h"

ckn_code ckn_cpu_spectral_multiply(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *a,
                                   const ckn_buffer *b, size_t pairs, bool conjugate_b,
                                   ckn_error *error) {
    (void)error;
    double *to = ckn_cpu_data(out);
    const double *first = ckn_cpu_const_data(a), *second = ckn_cpu_const_data(b);
    double sign = conjugate_b ? -1.0 : 1.0;
#pragma omp parallel for num_threads(ckn_cpu_team(backend, pairs))
    for (size_t i = 0; i < pairs; i++) {
        double a_re = first[2 * i], a_im = first[2 * i + 1];
        double b_re = second[2 * i], b_im = sign * second[2 * i + 1];
        to[2 * i] = a_re * b_re - a_im * b_im;
        to[2 * i + 1] = a_re * b_im + a_im * b_re;
    }
    return CKN_OK;
}

ckn_code ckn_cpu_spectral_accumulate(ckn_backend *backend, ckn_buffer *numerator, ckn_buffer *power,
                                     const ckn_buffer *y, const ckn_buffer *x, size_t pairs,
                                     bool accumulate, ckn_error *error) {
    (void)error;
    double *upper = ckn_cpu_data(numerator), *lower = ckn_cpu_data(power);
    const double *blurred = ckn_cpu_const_data(y), *sharp = ckn_cpu_const_data(x);
#pragma omp parallel for num_threads(ckn_cpu_team(backend, pairs))
    for (size_t i = 0; i < pairs; i++) {
        double y_re = blurred[2 * i], y_im = blurred[2 * i + 1];
        double x_re = sharp[2 * i], x_im = sharp[2 * i + 1];
        double re = y_re * x_re + y_im * x_im;
        double im = y_im * x_re - y_re * x_im;
        double squared = x_re * x_re + x_im * x_im;
        /* Not added to zero: what stood there may be uninitialised. */
        upper[2 * i] = accumulate ? upper[2 * i] + re : re;
        upper[2 * i + 1] = accumulate ? upper[2 * i + 1] + im : im;
        lower[i] = accumulate ? lower[i] + squared : squared;
    }
    return CKN_OK;
}

ckn_code ckn_cpu_spectral_divide(ckn_backend *backend, ckn_buffer *numerator,
                                 const ckn_buffer *power, size_t pairs, double epsilon,
                                 ckn_error *error) {
    (void)error;
    double *upper = ckn_cpu_data(numerator);
    const double *lower = ckn_cpu_const_data(power);
#pragma omp parallel for num_threads(ckn_cpu_team(backend, pairs))
    for (size_t i = 0; i < pairs; i++) {
        double denominator = lower[i] + epsilon;
        upper[2 * i] = denominator == 0.0 ? 0.0 : upper[2 * i] / denominator;
        upper[2 * i + 1] = denominator == 0.0 ? 0.0 : upper[2 * i + 1] / denominator;
    }
    return CKN_OK;
}
