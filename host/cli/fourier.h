/* The discrete Fourier transform of a plane, for drawing patterns; estimates have the library's. */
#ifndef CKN_CLI_FOURIER_H
#define CKN_CLI_FOURIER_H

#include "base/view.h"

typedef struct ckn_complex {
    double re, im;
} ckn_complex;

/* The largest size of at most `most` (at least 1) that is quick: without a prime factor above 7. */
size_t ckn_fourier_size(size_t most);

/* Replaces a dense plane by its transform, sum z exp(-2 pi i (r u / rows + c v / cols)), or with
 * `inverse` by the mean of z exp(+...), which takes that back. */
ckn_code ckn_fourier_plane(ckn_complex *plane, ckn_shape shape, bool inverse, ckn_error *error);

#endif
