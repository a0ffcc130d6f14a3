/* The reference: obvious loops in long double or double, written from the definitions and sharing
 * no code with the library. Planes are dense and row-major. */
#ifndef CKN_TEST_NAIVE_H
#define CKN_TEST_NAIVE_H

#include "backend/backend.h"

/* out (P x Q) = h * x over the valid support. */
void ckn_naive_valid(const double *x, ckn_shape x_shape, const double *h, ckn_shape h_shape,
                     double *out);
/* out (M+k-1 x N+l-1) = h * x, zero outside. */
void ckn_naive_full(const double *x, ckn_shape x_shape, const double *h, ckn_shape h_shape,
                    double *out);
/* out (M x N) = the part of full that starts at ((k-1)/2, (l-1)/2). */
void ckn_naive_same(const double *x, ckn_shape x_shape, const double *h, ckn_shape h_shape,
                    double *out);
/* g[i,j] = sum_pq r[p,q] x[p+k-1-i, q+l-1-j]. */
void ckn_naive_gradient(const double *x, ckn_shape x_shape, const double *r, ckn_shape h_shape,
                        double *g);
/* The correlations that ckn_correlations describes. */
void ckn_naive_correlate(const double *x, ckn_shape x_shape, const double *y, ckn_shape h_shape,
                         ckn_correlations *out);
/* The Hermitian half of the discrete Fourier transform: F x (G/2+1) pairs, unnormalised. */
void ckn_naive_dft(const double *x, ckn_shape shape, double *spectrum);

/* The point of {h >= 0, sum h = 1} that is nearest to `h`, by bisection for the threshold. */
void ckn_naive_simplex(const double *h, size_t count, double *out);

#endif
