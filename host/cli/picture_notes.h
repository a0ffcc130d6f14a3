/* What a picture's file says about itself, told to the user. */
#ifndef CKN_CLI_PICTURE_NOTES_H
#define CKN_CLI_PICTURE_NOTES_H

#include "cli/session.h"
#include "io/picture.h"

/* What was not applied, such as an orientation. */
void ckn_cli_picture_remark(ckn_cli_session *session, const char *path, const ckn_picture *picture);

/* For a picture to estimate from: that, lossy compression, and with `linear` (--linear) where the
 * file is not sRGB. */
void ckn_cli_picture_warn(ckn_cli_session *session, const char *path, const ckn_picture *picture,
                          bool linear);

#endif
