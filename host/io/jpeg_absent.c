/* In the place of jpeg_read.c and jpeg_write.c where the build leaves JPEG out. */
#include "io/jpeg_file.h"

#include <string.h>

const bool ckn_jpeg_available = false;

#define ADVICE "this build has no JPEG; build it again with -DCKN_JPEG=ON"

ckn_code ckn_jpeg_read(ckn_input *input, ckn_picture *picture, ckn_error *error) {
    memset(picture, 0, sizeof *picture);
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED, "%s: " ADVICE, input->path);
}

ckn_code ckn_jpeg_write(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                        ckn_error *error) {
    (void)stream;
    (void)picture;
    (void)metadata;
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED, ADVICE);
}
