/* NPY files, as NumPy's save() writes them. */
#ifndef CKN_IO_NPY_FILE_H
#define CKN_IO_NPY_FILE_H

#include "io/input_file.h"
#include "io/picture.h"

/* The file's first bytes. */
#define CKN_NPY_MAGIC "\x93NUMPY"

/* Versions 1 to 3; float16, float32, float64, bool, and integers of 8, 16, 32 and 64 bits with a
 * sign or without, of either byte order; uint8 and uint16 are scaled to [0, 1], all other integers
 * are values as they are (those of 64 bits rounded to float64), as TRUE is 1; (rows, cols) or
 * (rows, cols, channels) with 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; C or Fortran order. Floats
 * are taken as they are, NaN too. Messages start with the input's path. */
ckn_code ckn_npy_read(ckn_input *input, ckn_picture *picture, ckn_error *error);

/* Version 1.0, little endian, C order: (rows, cols) for one plane, else (rows, cols, planes).
 * Planes have the same size; integers are rounded and clipped, those with a sign after a product
 * with `full`. `comment` (of at most 64 printable
 * ASCII characters) stands behind the header's dictionary after a #, as Python's literals may have
 * it; "": none. */
ckn_code ckn_npy_write_planes(FILE *stream, const ckn_view *planes, size_t plane_count,
                              ckn_sample sample, double full, const char *comment,
                              ckn_error *error);

/* The type as `picture->sample` says. */
ckn_code ckn_npy_write(FILE *stream, const ckn_picture *picture, ckn_error *error);

#endif
