/* Where the pictures of a batch go, and that none of them takes the place of another. */
#ifndef CKN_CLI_BLUR_TARGETS_H
#define CKN_CLI_BLUR_TARGETS_H

#include "cli/blur.h"

/* FOLDER/NAME with the name of `image` (freed with free()); NULL where memory is exhausted. */
char *ckn_cli_blur_target(const char *folder, const char *image);

/* Before anything starts: the folder can be written to, no two pictures have the same name, no
 * result is an input or --json. Whether a single result can be written shows with that picture.
 * CKN_ERROR_FILE where the file system is at fault, any other code is a usage error. */
ckn_code ckn_cli_blur_check_targets(ckn_cli_blur *arguments, ckn_error *error);

#endif
