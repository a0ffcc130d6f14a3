#include "cli/blur_job.h"

#include "cli/interrupt.h"

#include <string.h>

static int watch(void *user, const ckn_progress *progress) {
    const ckn_cli_blur_job *job = user;
    if (job->bar)
        ckn_cli_progress_draw(job->bar, progress);
    return ckn_interrupted();
}

void ckn_cli_blur_job_begin(ckn_cli_blur_job *job, const ckn_cli_blur *arguments,
                            const ckn_cli_session *session, ckn_cli_progress *bar) {
    *job =
        (ckn_cli_blur_job){.context = session->context, .options = arguments->options, .bar = bar};
    job->options.progress = watch;
    job->options.progress_user = job;
}

void ckn_cli_blur_job_release(ckn_cli_blur_job *job) {
    ckn_blur_plan_destroy(job->plan);
    memset(job, 0, sizeof *job);
}

/* What is chosen does not depend on the size: the smallest image tells it. */
ckn_code ckn_cli_blur_job_try(ckn_cli_blur_job *job, ckn_blur_result *result, ckn_error *error) {
    ckn_blur_plan *plan;
    CKN_TRY(ckn_blur_plan_create(job->context, &job->options, 1, 1, 1, CKN_FLOAT32, &plan, error));
    ckn_blur_plan_describe(plan, result);
    job->seconds_setup += result->seconds_setup;
    ckn_blur_plan_destroy(plan);
    return CKN_OK;
}

static bool fits(const ckn_cli_blur_job *job, const ckn_picture *picture) {
    const ckn_picture *like = &job->like;
    return job->plan && like->rows == picture->rows && like->cols == picture->cols &&
           like->channels == picture->channels && like->has_alpha == picture->has_alpha &&
           like->type == picture->type;
}

static ckn_code need_plan(ckn_cli_blur_job *job, const ckn_picture *picture, ckn_error *error) {
    ckn_blur_result result;
    if (fits(job, picture))
        return CKN_OK;
    /* First, as two plans might not fit on the device. */
    ckn_blur_plan_destroy(job->plan);
    job->plan = NULL;
    job->options.alpha = picture->has_alpha ? CKN_ALPHA_LAST : CKN_ALPHA_NONE;
    CKN_TRY(ckn_blur_plan_create(job->context, &job->options, picture->rows, picture->cols,
                                 ckn_picture_plane_count(picture), picture->type, &job->plan,
                                 error));
    ckn_blur_plan_describe(job->plan, &result);
    job->seconds_setup += result.seconds_setup;
    job->like = *picture;
    job->like.data = NULL;
    return CKN_OK;
}

ckn_code ckn_cli_blur_job_run(ckn_cli_blur_job *job, const ckn_picture *input, ckn_picture *output,
                              ckn_blur_result *result, ckn_error *error) {
    const size_t rows = input->rows, cols = input->cols, planes = ckn_picture_plane_count(input);
    CKN_TRY(need_plan(job, input, error));
    const ckn_image image = ckn_image_planar(input->data, input->type, rows, cols, planes);
    const ckn_image_output blurred =
        ckn_image_output_planar(output->data, output->type, rows, cols, planes);
    return ckn_blur_plan_run(job->plan, &image, &blurred, result, error);
}
