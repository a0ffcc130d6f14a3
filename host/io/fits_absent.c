/* In the place of fits_read.c and fits_write.c where the build leaves FITS out. */
#include "io/fits_file.h"

#include <string.h>

const bool ckn_fits_available = false;

#define ADVICE "this build has no FITS; build it again with -DCKN_FITS=ON"

ckn_code ckn_fits_read(ckn_input *input, ckn_picture *picture, ckn_error *error) {
    memset(picture, 0, sizeof *picture);
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED, "%s: " ADVICE, input->path);
}

ckn_code ckn_fits_write(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                        ckn_error *error) {
    (void)stream;
    (void)picture;
    (void)metadata;
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED, ADVICE);
}
