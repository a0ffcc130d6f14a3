#include "io/fits_job.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 2880 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* cfitsio overlooks where growing fails; guarded by the mutex. */
static bool out_of_memory;

static void *grow(void *memory, size_t size) {
    void *grown = realloc(memory, size);
    out_of_memory = out_of_memory || !grown;
    return grown;
}

void ckn_fits_job_create(ckn_fits_job *job) {
    pthread_mutex_lock(&mutex);
    fits_clear_errmsg();
    out_of_memory = false;
    fits_create_memfile(&job->fits, &job->memory, &job->size, BLOCK, grow, &job->status);
}

/* The oldest message on the stack is the nearest to the cause. */
static void keep_message(ckn_fits_job *job) {
    char text[FLEN_STATUS], cause[FLEN_ERRMSG] = "";
    fits_get_errstatus(job->status, text);
    fits_read_errmsg(cause);
    snprintf(job->message, sizeof job->message, "%s%s%s", text, cause[0] ? ": " : "", cause);
    for (char *c = job->message; *c; c++)
        *c = (char)(*c >= ' ' && *c <= '~' ? *c : '?');
}

bool ckn_fits_job_close(ckn_fits_job *job) {
    int status = job->status;
    if (job->fits)
        fits_close_file(job->fits, &status);
    job->fits = NULL;
    if (job->status == 0)
        job->status = out_of_memory ? MEMORY_ALLOCATION : status;
    if (job->status)
        keep_message(job);
    fits_clear_errmsg();
    pthread_mutex_unlock(&mutex);
    return job->status == 0;
}
