/* What a blur did, as lines of the summary and as JSON. */
#ifndef CKN_CLI_BLUR_REPORT_H
#define CKN_CLI_BLUR_REPORT_H

#include "cli/blur.h"
#include "cli/json.h"
#include "io/picture.h"

/* The lines "blur" and "accuracy", and with --verbose one for each axis. `like` is the blurred
 * picture, whose steps the accuracy is compared with, or NULL. */
void ckn_cli_blur_lines(ckn_cli_session *session, const ckn_cli_blur *arguments,
                        const ckn_blur_result *result, const ckn_picture *like);

/* sigma, method, the boxes and reaches of both axes, error_bound and boundary. Figures of a box are
 * those of x, or of y where x is left as it is, and null without a box. */
void ckn_cli_blur_json(ckn_json object, const ckn_cli_blur *arguments,
                       const ckn_blur_result *result);

/* rows, cols, channels, has_alpha. */
void ckn_cli_blur_picture_json(ckn_json object, const ckn_picture *picture);

#endif
