/* A circulant preconditioner of X'X.
 *
 * X'X is nearly Toeplitz: its entries are correlations of the image with itself at lags of at most
 * the kernel's size. The circulant matrix of twice that size whose symbol is the correlation under
 * a Bartlett window (which keeps it positive, as in T. Chan, SIAM J. Sci. Stat. Comput. 9, 1988) is
 * inverted by two transforms of the kernel's size.
 */
#ifndef CKN_ESTIMATE_PRECONDITIONER_H
#define CKN_ESTIMATE_PRECONDITIONER_H

#include "estimate/normal_operator.h"

typedef struct ckn_preconditioner ckn_preconditioner;

/* Works on kernels of `op`. *out is NULL, and that is no failure, where the backend has no FFT. */
ckn_code ckn_preconditioner_create(ckn_operator *op, ckn_preconditioner **out, ckn_error *error);
void ckn_preconditioner_destroy(ckn_preconditioner *preconditioner); /* NULL allowed */
/* From the operator's images or statistics, after each upload; r of every pair is lost. */
ckn_code ckn_preconditioner_load(ckn_preconditioner *preconditioner, ckn_error *error);
/* z = M^-1 r. */
ckn_code ckn_preconditioner_apply(ckn_preconditioner *preconditioner, const ckn_buffer *r,
                                  ckn_buffer *z, ckn_error *error);

#endif
