/* How the samples of a TIFF page lie in its file. */
#ifndef CKN_IO_TIFF_LAYOUT_H
#define CKN_IO_TIFF_LAYOUT_H

#include "io/input_file.h"
#include "io/picture.h"
#include "io/tiff_job.h"

typedef struct ckn_tiff_layout {
    uint32_t rows, cols;
    uint16_t bits, samples; /* bits of a sample, samples of a pixel */
    uint16_t format;        /* SAMPLEFORMAT_... */
    uint16_t photometric, compression;
    bool planar; /* each channel in blocks of its own */
    bool has_alpha, premultiplied;
    bool tiled;
    uint32_t block_rows, block_cols; /* of a strip or tile; those at the border may reach beyond */
    tmsize_t block_bytes, block_row_bytes;
    /* Of a palette, 2^bits each. */
    const uint16_t *red, *green, *blue;
} ckn_tiff_layout;

/* Reads the tags of the current page, and refuses what cannot be read, or what the file cannot
 * hold: an announcement must not decide how much memory is taken. */
ckn_code ckn_tiff_layout_read(ckn_tiff_job *job, const ckn_input *input, ckn_tiff_layout *layout,
                              ckn_error *error);

/* The type of the picture that becomes of it. */
ckn_sample ckn_tiff_layout_sample(const ckn_tiff_layout *layout);
/* What integers are divided by; 1 for real numbers. */
double ckn_tiff_layout_range(const ckn_tiff_layout *layout);

#endif
