/* The cards of a FITS header that go along from a picture to what was computed from it and has its
 * size: world coordinates, instrument, observation, history. */
#ifndef CKN_IO_FITS_CARDS_H
#define CKN_IO_FITS_CARDS_H

#include "io/input_file.h"

enum { CKN_FITS_CARD = 80 }; /* characters of a card */

/* *cards = those of the header from byte `start` to byte `end`, one after another, to be freed with
 * free(); NULL where there are none. Left out are those that tell how the samples are stored, their
 * limits and sums, the names of HDUs, where a kernel lies, and what no writer of FITS takes. The
 * header is one that was read before. */
ckn_code ckn_fits_cards_read(ckn_input *input, uint64_t start, uint64_t end, char **cards,
                             ckn_error *error);

#endif
