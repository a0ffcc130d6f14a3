/* TIFF files, through libtiff. */
#ifndef CKN_IO_TIFF_FILE_H
#define CKN_IO_TIFF_FILE_H

#include "io/input_file.h"
#include "io/picture.h"

/* Whether this build has libtiff; without it the functions below fail with CKN_ERROR_UNSUPPORTED.
 */
extern const bool ckn_tiff_available;

/* Classic and BigTIFF of either byte order; grey (either polarity), RGB, palettes expanded to RGB,
 * with or without alpha (premultiplied colours are divided by it); unsigned integers of 1, 2, 4, 8,
 * 16 and 32 bits, signed ones of 8, 16 and 32, float32 and float64; interleaved or planar; strips
 * or tiles; whatever compression libtiff was built with, but JBIG and old-style JPEG. 32-bit
 * integers come as CKN_SAMPLE_F64, signed ones of 8 bits as CKN_SAMPLE_F32, of 16 as
 * CKN_SAMPLE_I16. Thumbnails and masks do not count as pages. The page is input->page, else the
 * first. A truncated or damaged file is an error. Messages start with the input's path. */
ckn_code ckn_tiff_read(ckn_input *input, ckn_picture *picture, ckn_error *error);

ckn_code ckn_tiff_count_pages(ckn_input *input, size_t *count, ckn_error *error);

/* Uncompressed, in the type that `sample` names, so that floats are kept bit by bit; integers are
 * clipped to [0, 1]. `metadata` (may be NULL) goes into Software and ImageDescription. */
ckn_code ckn_tiff_write(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                        ckn_error *error);

#endif
