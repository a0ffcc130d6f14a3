/* What reading and writing a PNG share: libpng reports failures by jumping, and this is the one
 * place where a jump can land. */
#ifndef CKN_IO_PNG_JOB_H
#define CKN_IO_PNG_JOB_H

#include "base/status.h"

#include <png.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct ckn_png_job {
    png_structp png;
    png_infop info;
    bool writing;
    char message[256]; /* the reason, where libpng jumped */
} ckn_png_job;

/* Refuses only for lack of memory. */
ckn_code ckn_png_job_create(ckn_png_job *job, FILE *stream, bool writing, ckn_error *error);
void ckn_png_job_destroy(ckn_png_job *job); /* safe on a zeroed one */

/* Runs `step` where libpng may jump out of it; false then, with the reason in job->message. A step
 * must own nothing that a jump would lose: its buffers stand in `user`. */
bool ckn_png_job_guard(ckn_png_job *job, void (*step)(ckn_png_job *job, void *user), void *user);

#endif
