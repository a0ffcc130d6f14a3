#include "io/png_job.h"

#include <errno.h>
#include <setjmp.h>
#include <string.h>

/* The most bytes of a chunk that is taken into memory; a larger one counts as not there. Only those
 * of png_color.c are, one at a time and none is kept, so that their number needs no limit. Profiles
 * are a few kilobytes, those of printers up to some megabytes. */
enum { MOST_CHUNK = 8000000 };

static PNG_NORETURN void on_error(png_structp png, png_const_charp text) {
    ckn_png_job *job = png_get_error_ptr(png);
    snprintf(job->message, sizeof job->message, "%s", text);
    png_longjmp(png, 1);
}

/* A warning is about something that does not change the samples. */
static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep data, size_t size) {
    FILE *stream = png_get_io_ptr(png);
    if (fread(data, 1, size, stream) == size)
        return;
    png_error(png, ferror(stream) ? strerror(errno) : "it is truncated");
}

static void write_bytes(png_structp png, png_bytep data, size_t size) {
    if (fwrite(data, 1, size, png_get_io_ptr(png)) != size)
        png_error(png, strerror(errno));
}

ckn_code ckn_png_job_create(ckn_png_job *job, FILE *stream, bool writing, ckn_error *error) {
    memset(job, 0, sizeof *job);
    job->writing = writing;
    job->png = writing ? png_create_write_struct(PNG_LIBPNG_VER_STRING, job, on_error, on_warning)
                       : png_create_read_struct(PNG_LIBPNG_VER_STRING, job, on_error, on_warning);
    if (job->png)
        job->info = png_create_info_struct(job->png);
    if (!job->info) {
        ckn_png_job_destroy(job);
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for libpng");
    }
    if (writing)
        png_set_write_fn(job->png, stream, write_bytes, NULL);
    else
        png_set_read_fn(job->png, stream, read_bytes);
    /* libpng's own limit is a million rows or columns, whatever the image's area. */
    png_set_user_limits(job->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(job->png, MOST_CHUNK);
    return CKN_OK;
}

void ckn_png_job_destroy(ckn_png_job *job) {
    if (job->writing)
        png_destroy_write_struct(&job->png, &job->info);
    else
        png_destroy_read_struct(&job->png, &job->info, NULL);
    job->png = NULL;
    job->info = NULL;
}

bool ckn_png_job_guard(ckn_png_job *job, void (*step)(ckn_png_job *job, void *user), void *user) {
    /* No variable of this function changes after setjmp(), so that none needs to be volatile. */
    if (setjmp(png_jmpbuf(job->png)))
        return false;
    step(job, user);
    return true;
}
