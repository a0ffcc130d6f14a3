/* Pictures with an alpha channel are filtered with their colours multiplied by it: what is
 * transparent has no colour that could bleed into its neighbours. */
#ifndef CKN_CLI_ALPHA_H
#define CKN_CLI_ALPHA_H

#include "io/picture.h"

/* Whether alpha is 1 everywhere; true without an alpha plane. */
bool ckn_alpha_is_opaque(const ckn_picture *picture);

/* Makes alpha 1 everywhere; nothing without an alpha plane. */
void ckn_alpha_set_opaque(ckn_picture *picture);

/* Divides alpha by `sum`, the sum of the kernel that it was convolved with. What only the rounding
 * of an FFT left above 0 becomes 0, as it would be divided by. Needs an alpha plane. */
void ckn_alpha_normalise(ckn_picture *picture, double sum);

/* Multiplies the colour planes by alpha; nothing without an alpha plane. */
void ckn_alpha_premultiply(ckn_picture *picture);

/* Divides the colour planes by alpha, colours become 0 where alpha is 0. */
void ckn_alpha_unpremultiply(ckn_picture *picture);

#endif
