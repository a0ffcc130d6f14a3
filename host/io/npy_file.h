/* NPY files, as NumPy's save() writes them. */
#ifndef CKN_IO_NPY_FILE_H
#define CKN_IO_NPY_FILE_H

#include "io/input_file.h"
#include "io/picture.h"

/* The file's first bytes. */
#define CKN_NPY_MAGIC "\x93NUMPY"

/* Versions 1 to 3; float32, float64, uint8 and uint16 of either byte order; (rows, cols) or (rows,
 * cols, channels) with 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; C or Fortran order. Floats are
 * taken as they are, NaN too. Messages start with the input's path. */
ckn_code ckn_npy_read(ckn_input *input, ckn_picture *picture, ckn_error *error);

/* Version 1.0, little endian, C order: (rows, cols) for one plane, else (rows, cols, planes).
 * Planes have the same size; integers are rounded and clipped. */
ckn_code ckn_npy_write_planes(FILE *stream, const ckn_view *planes, size_t plane_count,
                              ckn_sample sample, ckn_error *error);

/* The type as `picture->sample` says. */
ckn_code ckn_npy_write(FILE *stream, const ckn_picture *picture, ckn_error *error);

#endif
