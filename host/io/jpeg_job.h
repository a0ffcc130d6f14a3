/* What reading and writing a JPEG share: libjpeg reports failures through a function that must not
 * return, so it jumps, and this is the one place where a jump can land. */
#ifndef CKN_IO_JPEG_JOB_H
#define CKN_IO_JPEG_JOB_H

#include "base/status.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

/* jpeglib.h needs stdio.h before it. */
#include <jpeglib.h>

typedef struct ckn_jpeg_job {
    struct jpeg_error_mgr manager; /* first: libjpeg gives back its address */
    jmp_buf landing;
    char message[JMSG_LENGTH_MAX]; /* the reason, where libjpeg jumped */
} ckn_jpeg_job;

/* Prepares job->manager, which the struct of libjpeg then points to. */
void ckn_jpeg_job_init(ckn_jpeg_job *job);

/* Runs `step` where libjpeg may jump out of it; false then, with the reason in job->message. A step
 * must own nothing that a jump would lose: its buffers stand in `user`. */
bool ckn_jpeg_job_guard(ckn_jpeg_job *job, void (*step)(void *user), void *user);

/* Ends the step that runs with this reason. */
_Noreturn void ckn_jpeg_job_fail(ckn_jpeg_job *job, const char *reason);

#endif
