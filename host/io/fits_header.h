/* The headers of a FITS file, as its standard (version 4.0, chapters 3, 4 and 7) has them: cards of
 * 80 characters in blocks of 2880 bytes. They are read here and not by cfitsio, which believes
 * them: PCOUNT, a large NAXIS or ZTILE1 = 0 take it out of its buffers. */
#ifndef CKN_IO_FITS_HEADER_H
#define CKN_IO_FITS_HEADER_H

#include "io/input_file.h"

enum { CKN_FITS_MOST_AXES = 9, CKN_FITS_PROBLEM_SIZE = 128, CKN_FITS_NAME_SIZE = 72 };

typedef enum ckn_fits_kind {
    CKN_FITS_OTHER = 0, /* a table, random groups, no samples at all, or more than 9 axes */
    CKN_FITS_IMAGE,
    CKN_FITS_COMPRESSED /* an image in the tiles of a table */
} ckn_fits_kind;

/* One header and data unit. */
typedef struct ckn_fits_hdu {
    ckn_fits_kind kind;
    uint64_t data, bytes; /* where its data begin in the file, and how many they are said to be */
    /* Of an image: */
    int bitpix;
    size_t axes;
    uint64_t size[CKN_FITS_MOST_AXES];
    double scale, zero; /* BSCALE, BZERO */
    bool has_blank;     /* of integers */
    int64_t blank;
    char name[CKN_FITS_NAME_SIZE]; /* EXTNAME, in capitals; "" for none */
    int64_t version;               /* EXTVER; 1 where it is not there */
    int64_t shift_x,
        shift_y;       /* KSHIFTX, KSHIFTY: where a kernel lies; 0 where they are not there */
    double saturation; /* physical value from which on samples are clipped; 0: no key says so */
    /* What is wrong with keywords that matter where the samples are read; "" for nothing. */
    char problem[CKN_FITS_PROBLEM_SIZE];
} ckn_fits_hdu;

/* Reads the header of HDU `index`, which begins at byte `start`. Whatever it says, the numbers in
 * `hdu` have not overflowed; whether the file holds the data is for the caller to ask. Messages
 * start with the input's path. */
ckn_code ckn_fits_hdu_read(ckn_input *input, size_t index, uint64_t start, ckn_fits_hdu *hdu,
                           ckn_error *error);

/* `text` without blanks at its end and in capitals, as names of HDUs are compared. */
void ckn_fits_name(const char *text, char name[CKN_FITS_NAME_SIZE]);

/* Where the next HDU begins; false where this one is the last. */
bool ckn_fits_hdu_next(const ckn_input *input, const ckn_fits_hdu *hdu, uint64_t *start);

#endif
