/* The taps of named kernels with taps of both signs; see ckn_family in clkernest.h. */
#ifndef CKN_ESTIMATE_FAMILY_SIGNED_H
#define CKN_ESTIMATE_FAMILY_SIGNED_H

#include "base/view.h"

/* Whether sizes, amounts and the variant are such that there are taps. */
bool ckn_signed_family_is_sized(ckn_family family, size_t variant,
                                const ckn_family_parameters *value);

/* `taps` hold zeros before. */
ckn_code ckn_signed_family_taps(ckn_family family, size_t variant,
                                const ckn_family_parameters *value, ckn_shape shape, double *taps,
                                ckn_error *error);

/* Taps of a stencil of 3x3 by row-major offsets from (-1, -1): delta less the mean of neighbours
 * for CROSS, SQUARE and DIAGONAL. Of a derivative: that along the direction (cosine, sine), which a
 * slope of 1 a pixel makes 1. */
void ckn_stencil_laplacian(ckn_stencil stencil, double taps[9]);
void ckn_stencil_derivative(ckn_stencil stencil, double cosine, double sine, double taps[9]);

#endif
