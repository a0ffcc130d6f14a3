/* Pictures through plans of the library: a plan is kept while the pictures are alike. */
#ifndef CKN_CLI_BLUR_JOB_H
#define CKN_CLI_BLUR_JOB_H

#include "cli/blur.h"
#include "io/picture.h"

typedef struct ckn_cli_blur_job {
    ckn_context *context;     /* the session's */
    ckn_blur_options options; /* alpha is set for each plan */
    ckn_blur_plan *plan;      /* NULL before the first picture */
    ckn_picture like;         /* what the plan was made for, without data */
    double seconds_setup;     /* of all plans together */
    ckn_cli_progress *bar;    /* of a single picture; NULL: none is drawn */
} ckn_cli_blur_job;

/* A job on the session's device, which draws on `bar` (may be NULL) and ends after Ctrl-C; it must
 * stay where it is. Release with ckn_cli_blur_job_release(). */
void ckn_cli_blur_job_begin(ckn_cli_blur_job *job, const ckn_cli_blur *arguments,
                            const ckn_cli_session *session, ckn_cli_progress *bar);
/* What would be done to any picture; refuses options that no picture could be blurred with. */
ckn_code ckn_cli_blur_job_try(ckn_cli_blur_job *job, ckn_blur_result *result, ckn_error *error);
/* Blurs `input` into `output`, which has the same size, channels and type, or is `input` itself.
 * Colours are weighted by alpha. */
ckn_code ckn_cli_blur_job_run(ckn_cli_blur_job *job, const ckn_picture *input, ckn_picture *output,
                              ckn_blur_result *result, ckn_error *error);
void ckn_cli_blur_job_release(ckn_cli_blur_job *job); /* safe on a zeroed one */

#endif
