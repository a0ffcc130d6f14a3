/* The taps of named kernels; what they are is said at ckn_family_sample() in clkernest.h. */
#ifndef CKN_ESTIMATE_FAMILY_SHAPES_H
#define CKN_ESTIMATE_FAMILY_SHAPES_H

#include "base/view.h"

/* `taps` (row-major) receives the kernel of `value`. CKN_ERROR_ARGUMENT for sizes
 * that are not positive and finite, and where no tap of the window has weight. */
ckn_code ckn_family_taps(ckn_family family, size_t variant, const ckn_family_parameters *value,
                         ckn_shape shape, double *taps, ckn_error *error);

#endif
