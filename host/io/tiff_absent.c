/* In the place of tiff_read.c and tiff_write.c where the build leaves TIFF out. */
#include "io/tiff_file.h"

#include <string.h>

const bool ckn_tiff_available = false;

#define ADVICE "this build has no TIFF; build it again with -DCKN_TIFF=ON"

ckn_code ckn_tiff_read(ckn_input *input, ckn_picture *picture, ckn_error *error) {
    memset(picture, 0, sizeof *picture);
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED, "%s: " ADVICE, input->path);
}

ckn_code ckn_tiff_write(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                        ckn_error *error) {
    (void)stream;
    (void)picture;
    (void)metadata;
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED, ADVICE);
}

ckn_code ckn_tiff_count_pages(ckn_input *input, size_t *count, ckn_error *error) {
    *count = 0;
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED, "%s: " ADVICE, input->path);
}
