/* The Lipschitz constant of the gradient, by power iteration. */
#ifndef CKN_ESTIMATE_LIPSCHITZ_H
#define CKN_ESTIMATE_LIPSCHITZ_H

#include "estimate/normal_operator.h"

/* *lipschitz = largest eigenvalue of X'X; where `tangent`, of P X'X P with P = I - 11'/K, which is
 * all that counts on the simplex, since differences of its points sum to zero. `v` and `out` are
 * scratch of the kernel's size. The result approaches the eigenvalue from below, to about 1e-4. */
ckn_code ckn_lipschitz(ckn_operator *op, bool tangent, ckn_buffer *v, ckn_buffer *out,
                       const ckn_estimate_options *options, double *lipschitz, ckn_error *error);

#endif
