/* The pages of a TIFF, found without libtiff: it reads all tags of every page that it passes, and a
 * small file may let each of 100,000 pages point to the same megabytes. */
#ifndef CKN_IO_TIFF_PAGES_H
#define CKN_IO_TIFF_PAGES_H

#include "io/input_file.h"

#include <stddef.h>

typedef struct ckn_tiff_pages {
    size_t count;    /* without thumbnails and masks of other pages; up to the one that the path
                      * names, if there is one */
    uint64_t offset; /* of the directory of the page that was wanted; 0 where there is none */
} ckn_tiff_pages;

/* Messages start with the input's path. */
ckn_code ckn_tiff_pages_find(const ckn_input *input, size_t wanted, ckn_tiff_pages *pages,
                             ckn_error *error);

#endif
