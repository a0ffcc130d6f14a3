/* `blur`: what the command line asks for, and the two ways to do it. */
#ifndef CKN_CLI_BLUR_H
#define CKN_CLI_BLUR_H

#include "cli/output.h"

typedef struct ckn_cli_blur {
    ckn_cli_common common;
    ckn_cli_words files;            /* IMAGE... */
    double sigma, sigma_x, sigma_y; /* negative: not given */
    int method, boundary;
    size_t passes;        /* 0: auto */
    const char *accuracy; /* NULL: not given */
    bool correction;
    size_t repeat;
    const char *output_path;  /* of a single picture; NULL: a batch */
    const char *out_dir;      /* of a batch; NULL: a single picture */
    ckn_blur_options options; /* all of the above for the library, but for alpha */
} ckn_cli_blur;

/* Blurs one picture, `arguments->repeat` times on one plan, and writes it with its figures. */
ckn_code ckn_cli_blur_single(const ckn_cli_blur *arguments, ckn_cli_session *session,
                             ckn_error *error);

/* Blurs many pictures into a folder: while one is blurred the next is read and those before are
 * written. A picture that fails has its own line on standard error and does not stop the others;
 * CKN_ERROR_DATA at the end where one did. */
ckn_code ckn_cli_blur_batch(const ckn_cli_blur *arguments, ckn_cli_session *session,
                            ckn_error *error);

#endif
