/* JPEG files, through libjpeg(-turbo). */
#ifndef CKN_IO_JPEG_FILE_H
#define CKN_IO_JPEG_FILE_H

#include "io/input_file.h"
#include "io/picture.h"

/* Whether this build has libjpeg; without it the functions below fail with CKN_ERROR_UNSUPPORTED.
 */
extern const bool ckn_jpeg_available;

/* 8 bits; grey, and YCbCr or RGB as RGB; baseline or progressive. CMYK is refused. A truncated or
 * damaged file is an error. The picture notes quality, noise, orientation and colour profile.
 * Messages start with the input's path. */
ckn_code ckn_jpeg_read(ckn_input *input, ckn_picture *picture, ckn_error *error);

/* Quality 95, chroma at full resolution; clipped to [0, 1], NaN is 0. No alpha. `metadata` (may be
 * NULL) becomes a comment. */
ckn_code ckn_jpeg_write(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                        ckn_error *error);

#endif
