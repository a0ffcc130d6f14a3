/* Products with a Toeplitz matrix of the kernel's size, and with the inverse of a circulant one:
 * two transforms of about twice the kernel's size, whatever the image.
 */
#ifndef CKN_ESTIMATE_CIRCULANT_H
#define CKN_ESTIMATE_CIRCULANT_H

#include "backend/backend.h"

typedef struct ckn_circulant ckn_circulant;

/* Correlations of an image with itself at lags (i, j) and (i, -j), k x l each: entry (i, j) of
 * `falling` belongs to lag (i, -j). Lags of the opposite sign are the same. */
typedef struct ckn_lags {
    double *rising, *falling;
} ckn_lags;

ckn_code ckn_circulant_create(ckn_backend *backend, ckn_shape kernel, ckn_circulant **out,
                              ckn_error *error);
void ckn_circulant_destroy(ckn_circulant *circulant); /* NULL allowed */

/* Makes it the Toeplitz matrix of these lags. */
ckn_code ckn_circulant_load(ckn_circulant *circulant, const ckn_lags *lags, ckn_error *error);
/* Makes it the inverse of the circulant matrix whose symbol is that of the lags under a Bartlett
 * window, which keeps it positive (as in T. Chan, SIAM J. Sci. Stat. Comput. 9, 1988). */
ckn_code ckn_circulant_load_inverse(ckn_circulant *circulant, const ckn_lags *lags,
                                    ckn_error *error);
/* out = A v, both k x l and different buffers. */
ckn_code ckn_circulant_apply(ckn_circulant *circulant, const ckn_buffer *v, ckn_buffer *out,
                             ckn_error *error);

#endif
