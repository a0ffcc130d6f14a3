/* In the place of fits_write.c where the build leaves cfitsio out. */
#include "io/fits_file.h"

const bool ckn_fits_written = false;

ckn_code ckn_fits_write(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                        ckn_error *error) {
    (void)stream;
    (void)picture;
    (void)metadata;
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                    "this build writes no FITS; build it again with -DCKN_FITS=ON");
}
