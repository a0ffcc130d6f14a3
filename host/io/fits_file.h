/* FITS files: read here, written through cfitsio. */
#ifndef CKN_IO_FITS_FILE_H
#define CKN_IO_FITS_FILE_H

#include "io/input_file.h"
#include "io/picture.h"

/* Whether this build has cfitsio; without it ckn_fits_write() fails with CKN_ERROR_UNSUPPORTED. */
extern const bool ckn_fits_written;

/* The HDU input->page (0 is the primary one), or of the EXTNAME input->name and, where it is given,
 * of the EXTVER input->version, else the first that holds an image: two axes, or
 * three with 1 or 3 planes; further axes of length 1 do not count. Every BITPIX; no
 * tile-compressed images. Values are the physical ones, BZERO + BSCALE * sample, and NaN where an
 * integer is BLANK; nothing is scaled to [0, 1]. Real numbers without BSCALE come bit by bit. Row 0
 * is the first in the file, as in NumPy arrays of astropy. 8- and 16-bit integers without BSCALE
 * come as float32 (those of 16 bits without BLANK as CKN_SAMPLE_I16), float32 as it is, the rest as
 * float64. A truncated file is an error. Messages
 * start with the input's path. */
ckn_code ckn_fits_read(ckn_input *input, ckn_picture *picture, ckn_error *error);

/* One image in the primary HDU, (rows, cols) or (3 planes, rows, cols); float64 or int16 where
 * `sample` is that, else float32. Alpha is refused. The picture's cards, and `metadata`
 * (may be NULL) as CREATOR and HISTORY, go along. */
ckn_code ckn_fits_write(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                        ckn_error *error);

#endif
