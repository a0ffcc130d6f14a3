/* All pairs of pictures of a command line: one kernel is estimated from them together. */
#ifndef CKN_CLI_PAIRS_H
#define CKN_CLI_PAIRS_H

#include "cli/pair.h"

typedef struct ckn_cli_pairs {
    ckn_cli_pair *pairs; /* as they stand on the command line, page by page */
    size_t count;
    char **pages;     /* the names of pages, two a pair, NULL where a file is a whole pair's */
    ckn_pair *planes; /* of all pairs, one after another, as the library takes them */
    size_t plane_count;
} ckn_cli_pairs;

/* Reads the files of `options`, of which there is an even number. A SHARP of several pages (TIFF)
 * goes with a BLURRED of as many, and they are that many pairs. `periodic` as in
 * ckn_cli_pair_read(). Refuses pictures that determine no kernel because all are constant. Release
 * with ckn_cli_pairs_release(), also after a failure. */
ckn_code ckn_cli_pairs_read(ckn_cli_session *session, const ckn_cli_pair_options *options,
                            bool periodic, ckn_cli_pairs *pairs, ckn_error *error);
/* Cuts all pairs to a kernel of this size, each displaced by its own row_shift and col_shift and by
 * these offsets together; see ckn_cli_pair_place(). */
ckn_code ckn_cli_pairs_place(ckn_cli_pairs *pairs, ckn_shape kernel, ptrdiff_t row_offset,
                             ptrdiff_t col_offset, ckn_error *error);
void ckn_cli_pairs_release(ckn_cli_pairs *pairs); /* safe on a zeroed or released one */

#endif
