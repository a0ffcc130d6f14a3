/* Image files <-> planes in memory. Which formats are read: the table in picture_format.c; which
 * are written: those in picture.c and kernel_file.c. */
#ifndef CKN_IO_PICTURE_H
#define CKN_IO_PICTURE_H

#include "base/status.h"
#include "clkernest.h"
#include "io/kernel_offset.h"
#include "io/metadata.h"
#include "io/read_limit.h"

#include <stdbool.h>

/* How the samples stood in the file; writing uses the same depth again. */
typedef enum ckn_sample {
    CKN_SAMPLE_U8 = 0,
    CKN_SAMPLE_U16,
    CKN_SAMPLE_F32,
    CKN_SAMPLE_F64,
    CKN_SAMPLE_I16
} ckn_sample;

/* Bytes of a sample in memory. */
size_t ckn_sample_bytes(ckn_sample sample);

enum { CKN_PICTURE_COLOR_SIZE = 96, CKN_PICTURE_REMARK_SIZE = 320 };

/* Planar image: `channels` colour planes (1 grey, 3 RGB), then an alpha plane where has_alpha.
 * Unsigned integers of 8 and 16 bits, and all integers of TIFF files, are scaled to [0, 1] by their
 * full range (signed ones by their largest value, so that 0 stays 0). All others are values as they
 * are: the integers of FITS files, which are physical values, and in NPY files signed ones, those
 * of 32 and 64 bits, and bool. Planes hold float32, or float64 where the file holds more than
 * float32 can. */
typedef struct ckn_picture {
    size_t rows, cols;
    size_t channels;
    bool has_alpha;
    ckn_sample sample;
    ckn_type type;
    void *data;
    double full_range; /* what integers of the file were divided by; 1: nothing was divided */
    /* What the file says about itself, one line each, "" where nothing. */
    char color[CKN_PICTURE_COLOR_SIZE];  /* "sRGB", "gamma 1/2.2", "cICP 9/16/0/1", ... */
    bool not_srgb;                       /* and that means another transfer function than sRGB's */
    char lossy[CKN_PICTURE_REMARK_SIZE]; /* how its compression changed the samples */
    double
        saturation; /* the value from which on the file says samples are clipped; 0: it does not */
    double lossy_sigma;                   /* the noise which that implies, 0 where not known */
    char remark[CKN_PICTURE_REMARK_SIZE]; /* what else was not applied, such as an orientation */
    ckn_kernel_offset offset;             /* where the file says that it is a kernel's */
    char *cards; /* of a FITS header, what holds of another picture of this size as well: cards of
                  * 80 characters one after another; NULL: none */
} ckn_picture;

/* Allocates zeroed planes. Release with ckn_picture_release(). */
ckn_code ckn_picture_create(ckn_picture *picture, size_t rows, size_t cols, size_t channels,
                            bool has_alpha, ckn_sample sample, ckn_error *error);
void ckn_picture_release(ckn_picture *picture); /* safe on a zeroed or released picture */

size_t ckn_picture_plane_count(const ckn_picture *picture); /* channels + alpha */
size_t ckn_picture_bytes(const ckn_picture *picture);       /* of all planes */
ckn_view ckn_picture_view(const ckn_picture *picture, size_t plane);
ckn_output ckn_picture_output(ckn_picture *picture, size_t plane);

/* Reads a PNG (8/16-bit, grey, RGB, palette, alpha, interlaced), NPY (see npy_file.h; 2-D, or
 * 3-D with the channels last; C or Fortran order), JPEG, TIFF (see tiff_file.h) or FITS file (see
 * fits_file.h). The format is known by the file's first bytes, not by its name. "NAME[2]" is page 2
 * of a TIFF, counted from 0, or HDU 2 of a FITS file, counted from the primary one, 0. What exceeds
 * `limits` (NULL: the defaults) is refused before memory is taken. Messages start with the path. */
ckn_code ckn_picture_read(const char *path, const ckn_read_limits *limits, ckn_picture *picture,
                          ckn_error *error);

/* How many pictures of equal rights the file at `path` holds: the pages of a TIFF; 1 for any other
 * format, and where `path` names a page. */
ckn_code ckn_picture_count_pages(const char *path, size_t *count, ckn_error *error);

/* Writes by extension: .png (8 or 16 bits by `sample`; other samples as 16 bits; values outside
 * [0, 1] are clipped), .jpg (8 bits, quality 95), .npy or .tif (in the type that `sample` names) or
 * .fits (int16 or float64 where `sample` is that, else float32). Signed integers are samples times
 * `full_range`. The file appears whole or not at all. */
ckn_code ckn_picture_write(const char *path, const ckn_picture *picture, ckn_error *error);

/* The same with `metadata` (may be NULL), which goes along in all but NPY files; those cards of
 * `picture` go along in FITS files. */
ckn_code ckn_picture_write_with(const char *path, const ckn_picture *picture,
                                const ckn_metadata *metadata, ckn_error *error);

/* The samples that a file at `path` holds of such a picture, where it holds integers: others are
 * clipped to [*low, *high]. False where it holds real numbers. */
bool ckn_picture_is_rounded(const char *path, const ckn_picture *picture, double *low,
                            double *high);

/* Refuses early what ckn_picture_write() / ckn_kernel_write() would refuse late: an unknown
 * extension, or a folder that is missing or not writable. */
ckn_code ckn_picture_check_path(const char *path, ckn_error *error);
/* The same for pictures that must not lose anything: JPEG is refused, too. */
ckn_code ckn_picture_check_exact_path(const char *path, ckn_error *error);
ckn_code ckn_kernel_check_path(const char *path, ckn_error *error);

/* Writes a kernel by extension: .npy, .tif or .fits (float64), .csv (17 significant digits), .png
 * or .jpg (a picture, grey, 16 or 8 bits, smallest value black and largest white, each tap enlarged
 * to a square so that the picture is about 512 pixels high). Path "-" writes CSV to standard
 * output. `metadata` (may be NULL) goes along in all but NPY files and on standard output. `note`
 * (may be NULL, else `note_size` characters) receives a line that says so where it is a picture,
 * else "". */
ckn_code ckn_kernel_write(const char *path, const ckn_view *kernel, const ckn_metadata *metadata,
                          char *note, size_t note_size, ckn_error *error);

/* The same with the kernel's place, which is written where it is not (0, 0): as a comment in CSV
 * (on standard output too) and behind the header's dictionary in NPY, as the keys KSHIFTX and
 * KSHIFTY in FITS, and as a line of the description in the others. NumPy reads such an NPY file as
 * any other; a reader that takes no comments in a Python literal refuses it. */
ckn_code ckn_kernel_write_at(const char *path, const ckn_view *kernel, ckn_kernel_offset offset,
                             const ckn_metadata *metadata, char *note, size_t note_size,
                             ckn_error *error);

/* Whether ckn_kernel_write() keeps the numbers there, where a picture would lose them. */
bool ckn_kernel_keeps_numbers(const char *path);

/* Reads a kernel: .npy (integers as they are), .tif (real numbers), .fits or .csv, by content. A
 * PNG or JPEG is refused, and so are integers in a TIFF: a picture has lost the scale of the taps.
 * `limits` as above. *taps is a malloc'ed row-major array of double. */
ckn_code ckn_kernel_read(const char *path, const ckn_read_limits *limits, double **taps,
                         size_t *rows, size_t *cols, ckn_error *error);

/* The same with the kernel's place: (0, 0) where the file does not say it. */
ckn_code ckn_kernel_read_at(const char *path, const ckn_read_limits *limits, double **taps,
                            size_t *rows, size_t *cols, ckn_kernel_offset *offset,
                            ckn_error *error);

#endif
