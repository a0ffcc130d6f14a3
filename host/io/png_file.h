/* PNG files, through libpng. */
#ifndef CKN_IO_PNG_FILE_H
#define CKN_IO_PNG_FILE_H

#include "io/input_file.h"
#include "io/picture.h"

/* 8 and 16 bits, and 1, 2 and 4 expanded to 8; grey and RGB, palettes expanded to RGB; alpha, also
 * where it comes from a tRNS chunk; interlaced or not. Gamma, colour profiles and orientation are
 * not applied, but noted: the samples come as they are. Messages start with the input's path. */
ckn_code ckn_png_read(ckn_input *input, ckn_picture *picture, ckn_error *error);

/* 8 bits for CKN_SAMPLE_U8, else 16; clipped to [0, 1], NaN is 0. `metadata` (may be NULL) becomes
 * tEXt chunks, iTXt where it is not plain ASCII. */
ckn_code ckn_png_write(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                       ckn_error *error);

#endif
