/* Image files <-> planes in memory. Which formats are read: the table in picture_format.c; which
 * are written: those in picture.c and kernel_file.c. */
#ifndef CKN_IO_PICTURE_H
#define CKN_IO_PICTURE_H

#include "base/status.h"
#include "clkernest.h"

#include <stdbool.h>

/* How the samples stood in the file; writing uses the same depth again. */
typedef enum ckn_sample {
    CKN_SAMPLE_U8 = 0,
    CKN_SAMPLE_U16,
    CKN_SAMPLE_F32,
    CKN_SAMPLE_F64
} ckn_sample;

/* Planar image: `channels` colour planes (1 grey, 3 RGB), then an alpha plane where has_alpha.
 * Integer samples are scaled to [0, 1] by their full range. Planes hold float32, or float64 where
 * the file does. */
typedef struct ckn_picture {
    size_t rows, cols;
    size_t channels;
    bool has_alpha;
    ckn_sample sample;
    ckn_type type;
    void *data;
} ckn_picture;

/* Allocates zeroed planes. Release with ckn_picture_release(). */
ckn_code ckn_picture_create(ckn_picture *picture, size_t rows, size_t cols, size_t channels,
                            bool has_alpha, ckn_sample sample, ckn_error *error);
void ckn_picture_release(ckn_picture *picture); /* safe on a zeroed or released picture */

size_t ckn_picture_plane_count(const ckn_picture *picture); /* channels + alpha */
ckn_view ckn_picture_view(const ckn_picture *picture, size_t plane);
ckn_output ckn_picture_output(ckn_picture *picture, size_t plane);

/* Reads a PNG (8/16-bit, grey, RGB, palette, alpha, interlaced) or NPY file (float32/64, uint8/16;
 * 2-D, or 3-D with the channels last; C or Fortran order). The format is known by the file's first
 * bytes, not by its name. Messages start with the path. */
ckn_code ckn_picture_read(const char *path, ckn_picture *picture, ckn_error *error);

/* Writes by extension: .png (8 or 16 bits by `sample`; float samples as 16 bits; values outside
 * [0, 1] are clipped) or .npy (in the type that `sample` names). The file appears whole or not
 * at all. */
ckn_code ckn_picture_write(const char *path, const ckn_picture *picture, ckn_error *error);

/* Refuses early what ckn_picture_write() / ckn_kernel_write() would refuse late: an unknown
 * extension, or a folder that is missing or not writable. */
ckn_code ckn_picture_check_path(const char *path, ckn_error *error);
ckn_code ckn_kernel_check_path(const char *path, ckn_error *error);

/* Writes a kernel by extension: .npy (float64), .csv (17 significant digits) or .png (a picture,
 * grey, 16 bits, smallest value black and largest white, each tap enlarged to a square so that the
 * picture is about 512 pixels high). Path "-" writes CSV to standard output. `note` (may be NULL,
 * else `note_size` characters) receives a line that says so where it is a picture, else "". */
ckn_code ckn_kernel_write(const char *path, const ckn_view *kernel, char *note, size_t note_size,
                          ckn_error *error);

/* Reads a kernel: .npy (integers as they are) or .csv, by content. A PNG is refused: a picture has
 * lost the scale of the taps.
 * *taps is a malloc'ed row-major array of double. */
ckn_code ckn_kernel_read(const char *path, double **taps, size_t *rows, size_t *cols,
                         ckn_error *error);

#endif
