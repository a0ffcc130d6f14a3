/* What reading and writing a TIFF share: a libtiff handle on our own stream or memory, whose
 * messages arrive here and not on standard error. */
#ifndef CKN_IO_TIFF_JOB_H
#define CKN_IO_TIFF_JOB_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <tiffio.h>

typedef struct ckn_tiff_job {
    TIFF *tiff;
    bool strict; /* warnings are failures: while samples are decoded */
    bool failed;
    char message[256]; /* the first failure */
    /* Reading: the stream, its size, and where the next bytes come from. */
    FILE *stream;
    uint64_t size, position;
    /* Writing: the file in memory, `size` bytes of `capacity`. */
    unsigned char *memory;
    size_t capacity;
} ckn_tiff_job;

/* Opens a file of `size` bytes for reading, without a page as yet. False with job->message where
 * libtiff refuses it. */
bool ckn_tiff_job_read(ckn_tiff_job *job, FILE *stream, uint64_t size);
/* Opens an empty file in memory for writing: libtiff goes back in it, which a pipe cannot. */
bool ckn_tiff_job_write(ckn_tiff_job *job, bool big);
/* Closes the handle, which completes what was written; job->memory stays. False where that failed,
 * now or before. */
bool ckn_tiff_job_close(ckn_tiff_job *job);

#endif
