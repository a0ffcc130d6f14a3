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

/* The extended box of Gwosdek et al. 2011 by its formulas. */
ckn_extended_box ckn_naive_box(double sigma, size_t passes);
/* Its composed kernel: a new array (freed with free()) of 2 d (l+1) + 1 taps. */
double *ckn_naive_box_taps(const ckn_extended_box *box, size_t *count);
/* The sample that stands at `position` of a line of `count` samples, found by walking; -1 for
 * zero. */
ptrdiff_t ckn_naive_boundary(ckn_boundary boundary, ptrdiff_t position, size_t count);
/* The composed kernel along one axis of a plane that the boundary rule extends without end. */
void ckn_naive_box_axis(const double *in, ckn_shape shape, ckn_axis axis,
                        const ckn_extended_box *box, ckn_boundary boundary, double *out);

#endif
