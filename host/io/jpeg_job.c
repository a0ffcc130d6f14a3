#include "io/jpeg_job.h"

#include <jerror.h>
#include <string.h>

static _Noreturn void on_error(j_common_ptr info) {
    ckn_jpeg_job *job = (ckn_jpeg_job *)info->err;
    info->err->format_message(info, job->message);
    longjmp(job->landing, 1);
}

/* Warnings that leave every sample as it was coded. */
static bool is_harmless(int code) {
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_TOO_MUCH_DATA || code == JWRN_ADOBE_XFORM;
}

/* libjpeg would go on after damage and give grey; a negative level is a warning. */
static void on_message(j_common_ptr info, int level) {
    if (level < 0 && !is_harmless(info->err->msg_code))
        on_error(info);
}

static void say_nothing(j_common_ptr info) {
    (void)info;
}

void ckn_jpeg_job_init(ckn_jpeg_job *job) {
    memset(job, 0, sizeof *job);
    jpeg_std_error(&job->manager);
    job->manager.error_exit = on_error;
    job->manager.emit_message = on_message;
    job->manager.output_message = say_nothing;
}

void ckn_jpeg_job_fail(ckn_jpeg_job *job, const char *reason) {
    snprintf(job->message, sizeof job->message, "%s", reason);
    longjmp(job->landing, 1);
}

bool ckn_jpeg_job_guard(ckn_jpeg_job *job, void (*step)(void *user), void *user) {
    /* No variable of this function changes after setjmp(), so that none needs to be volatile. */
    if (setjmp(job->landing))
        return false;
    step(user);
    return true;
}
