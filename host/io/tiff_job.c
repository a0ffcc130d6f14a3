#include "io/tiff_job.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* --- messages ------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 0))) static void keep_message(ckn_tiff_job *job,
                                                               const char *format,
                                                               va_list arguments) {
    if (!job || job->failed)
        return;
    job->failed = true;
    vsnprintf(job->message, sizeof job->message, format, arguments);
    for (char *c = job->message; *c; c++)
        *c = *c == '\n' ? ' ' : *c;
}

static void fail(ckn_tiff_job *job, const char *message) {
    if (!job->failed)
        snprintf(job->message, sizeof job->message, "%s", message);
    job->failed = true;
}

/* The handlers are global, but are told whose file it is. */
__attribute__((format(printf, 3, 0))) static void on_error(thandle_t handle, const char *module,
                                                           const char *format, va_list arguments) {
    (void)module;
    keep_message(handle, format, arguments);
}

__attribute__((format(printf, 3, 0))) static void on_warning(thandle_t handle, const char *module,
                                                             const char *format,
                                                             va_list arguments) {
    ckn_tiff_job *job = handle;
    (void)module;
    if (job && job->strict)
        keep_message(job, format, arguments);
}

static void set_handlers(void) {
    TIFFSetErrorHandler(NULL);
    TIFFSetWarningHandler(NULL);
    TIFFSetErrorHandlerExt(on_error);
    TIFFSetWarningHandlerExt(on_warning);
}

/* --- the file that is read ------------------------------------------------------------------ */

static tmsize_t read_stream(thandle_t handle, void *data, tmsize_t size) {
    ckn_tiff_job *job = handle;
    if (size < 0 || fseeko(job->stream, (off_t)job->position, SEEK_SET) != 0)
        return -1;
    size_t count = fread(data, 1, (size_t)size, job->stream);
    job->position += count;
    /* libtiff would do without what some tags hold. */
    if (count < (size_t)size && ferror(job->stream))
        fail(job, strerror(errno));
    return (tmsize_t)count;
}

static tmsize_t write_nothing(thandle_t handle, void *data, tmsize_t size) {
    (void)handle;
    (void)data;
    (void)size;
    return -1;
}

static toff_t seek_file(thandle_t handle, toff_t offset, int whence) {
    ckn_tiff_job *job = handle;
    uint64_t start = whence == SEEK_CUR ? job->position : whence == SEEK_END ? job->size : 0;
    if (offset > INT64_MAX || start > INT64_MAX - offset)
        return (toff_t)-1;
    job->position = start + offset;
    return job->position;
}

static toff_t file_size(thandle_t handle) {
    const ckn_tiff_job *job = handle;
    return job->size;
}

static int close_nothing(thandle_t handle) {
    (void)handle;
    return 0;
}

/* --- the file that is written ---------------------------------------------------------------- */

static tmsize_t read_memory(thandle_t handle, void *data, tmsize_t size) {
    ckn_tiff_job *job = handle;
    if (size < 0 || job->position > job->size)
        return 0;
    size_t left = (size_t)(job->size - job->position);
    size_t count = (size_t)size < left ? (size_t)size : left;
    if (count > 0)
        memcpy(data, job->memory + job->position, count);
    job->position += count;
    return (tmsize_t)count;
}

/* Room for `size` bytes; what is new is zero. */
static bool grow(ckn_tiff_job *job, size_t size) {
    if (size <= job->capacity)
        return true;
    size_t capacity = size + size / 2 + 4096;
    unsigned char *grown = realloc(job->memory, capacity);
    if (!grown)
        return false;
    memset(grown + job->capacity, 0, capacity - job->capacity);
    job->memory = grown;
    job->capacity = capacity;
    return true;
}

static tmsize_t write_memory(thandle_t handle, void *data, tmsize_t size) {
    ckn_tiff_job *job = handle;
    if (size < 0 || job->position > SIZE_MAX / 4 - (size_t)size ||
        !grow(job, (size_t)job->position + (size_t)size)) {
        errno = ENOMEM;
        return -1;
    }
    if (size > 0)
        memcpy(job->memory + job->position, data, (size_t)size);
    job->position += (size_t)size;
    if (job->position > job->size)
        job->size = job->position;
    return size;
}

/* ------------------------------------------------------------------------------------------- */

static void begin(ckn_tiff_job *job) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_handlers);
    memset(job, 0, sizeof *job);
}

bool ckn_tiff_job_read(ckn_tiff_job *job, FILE *stream, uint64_t size) {
    begin(job);
    job->stream = stream;
    job->size = size;
    /* m: not mapped into memory; h: the first page is not read yet. */
    job->tiff = TIFFClientOpen("TIFF", "rmh", job, read_stream, write_nothing, seek_file,
                               close_nothing, file_size, NULL, NULL);
    return job->tiff != NULL && !job->failed;
}

bool ckn_tiff_job_write(ckn_tiff_job *job, bool big) {
    begin(job);
    job->tiff = TIFFClientOpen("TIFF", big ? "w8m" : "wm", job, read_memory, write_memory,
                               seek_file, close_nothing, file_size, NULL, NULL);
    return job->tiff != NULL && !job->failed;
}

bool ckn_tiff_job_close(ckn_tiff_job *job) {
    job->strict = false;
    if (job->tiff)
        TIFFClose(job->tiff);
    job->tiff = NULL;
    return !job->failed;
}
