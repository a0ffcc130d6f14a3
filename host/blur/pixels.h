/* Images of the caller <-> dense interleaved samples, with the weight of alpha. */
#ifndef CKN_BLUR_PIXELS_H
#define CKN_BLUR_PIXELS_H

#include "base/view.h"

/* Refuses an image without data, or with an unknown type, size or number of channels. */
ckn_code ckn_image_check(const ckn_image *image, const char *what, ckn_error *error);
ckn_image ckn_image_of_output(const ckn_image_output *output);

/* Whether the image's rows can be taken as they stand: interleaved, of type `real` (float32 or
 * float64), without alpha to weight by. */
bool ckn_pixels_plain(const ckn_image *image, ckn_type real, ckn_alpha alpha);

/* Fills `dense` (rows x cols x channels numbers of type `real`), integers as [0, 1], colours
 * multiplied by alpha. */
void ckn_pixels_pack(const ckn_image *image, ckn_alpha alpha, ckn_type real, void *dense);
/* The way back, from `dense`, whose contents are lost. */
void ckn_pixels_unpack(void *dense, ckn_type real, ckn_alpha alpha, const ckn_image_output *output);

#endif
