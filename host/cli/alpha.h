/* Pictures with an alpha channel are filtered with their colours multiplied by it: what is
 * transparent has no colour that could bleed into its neighbours. */
#ifndef CKN_CLI_ALPHA_H
#define CKN_CLI_ALPHA_H

#include "io/picture.h"

/* Multiplies the colour planes by alpha; nothing without an alpha plane. */
void ckn_alpha_premultiply(ckn_picture *picture);

/* Divides the colour planes by alpha, colours become 0 where alpha is 0. */
void ckn_alpha_unpremultiply(ckn_picture *picture);

#endif
