/* cfitsio's handle on a file in memory that is written, one at a time, as its stack of messages is
 * global. */
#ifndef CKN_IO_FITS_JOB_H
#define CKN_IO_FITS_JOB_H

#include "base/status.h"

#include <fitsio.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ckn_fits_job {
    fitsfile *fits;
    int status;   /* cfitsio's: once it is not 0, its functions do nothing */
    void *memory; /* the file; freed with free() */
    size_t size;  /* bytes of it */
    char message[FLEN_STATUS + FLEN_ERRMSG + 4]; /* after ckn_fits_job_close(), where it failed */
} ckn_fits_job;

/* Begins with an empty file. ckn_fits_job_close() must follow, whatever the status: other threads
 * wait for it. */
void ckn_fits_job_create(ckn_fits_job *job);
/* False with job->message where anything failed. */
bool ckn_fits_job_close(ckn_fits_job *job);

#endif
