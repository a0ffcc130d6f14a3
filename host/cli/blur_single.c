#include "cli/blur.h"
#include "cli/blur_job.h"
#include "cli/blur_report.h"
#include "cli/interrupt.h"
#include "cli/picture_notes.h"
#include "cli/result_picture.h"
#include "cli/timing.h"

typedef struct single {
    const ckn_cli_blur *arguments;
    ckn_cli_session *session;
    const char *image_path;
    ckn_picture input, output;
    ckn_cli_blur_job job;
    ckn_blur_result result;
    ckn_cli_timing timing;
} single;

static ckn_code blur(single *run, ckn_error *error) {
    const size_t repeat = run->arguments->repeat;
    ckn_cli_blur_job_begin(&run->job, run->arguments, run->session, &run->session->progress);
    for (size_t i = 0; i < repeat; i++) {
        ckn_interrupt_at(i, repeat);
        CKN_TRY(ckn_cli_blur_job_run(&run->job, &run->input, &run->output, &run->result, error));
        ckn_cli_timing_add(&run->timing, (ckn_cli_times){.upload = run->result.seconds_upload,
                                                         .compute = run->result.seconds_compute,
                                                         .download = run->result.seconds_download});
        CKN_TRY(ckn_cli_check_interrupt(error));
    }
    run->timing.setup = run->session->seconds_context + run->job.seconds_setup;
    return CKN_OK;
}

static ckn_code write_json(const single *run, ckn_error *error) {
    if (!run->arguments->common.json)
        return CKN_OK;
    ckn_json object = ckn_json_begin(run->session);
    ckn_json_text(object, "image", run->image_path);
    ckn_json_text(object, "output", run->arguments->output_path);
    ckn_cli_blur_json(object, run->arguments, &run->result);
    ckn_cli_blur_picture_json(object, &run->input);
    ckn_cli_timing_json(object, &run->timing);
    return ckn_json_end(run->session, object, error);
}

static ckn_code write_outputs(void *pointer, ckn_error *error) {
    single *run = pointer;
    CKN_TRY(ckn_cli_picture_write(run->session, run->arguments->output_path, &run->output, error));
    return write_json(run, error);
}

static void print_summary(const single *run) {
    char text[96];
    ckn_cli_picture_text(&run->input, text, sizeof text);
    ckn_cli_device_line(run->session);
    ckn_cli_line(run->session, "image", "%s, %s", run->image_path, text);
    ckn_cli_blur_lines(run->session, run->arguments, &run->result, &run->input);
    ckn_cli_timing_line(run->session, &run->timing);
    ckn_cli_output output = {"--output", run->arguments->output_path, NULL, false};
    ckn_cli_written_line(run->session, &output, 1);
}

static ckn_code perform(single *run, ckn_error *error) {
    const ckn_picture *input = &run->input;
    ckn_interrupt_doing("while the picture was read");
    CKN_TRY(ckn_picture_read(run->image_path, &run->arguments->common.limits, &run->input, error));
    ckn_cli_picture_remark(run->session, run->image_path, &run->input);
    CKN_TRY(ckn_picture_create(&run->output, input->rows, input->cols, input->channels,
                               input->has_alpha, input->sample, error));
    run->output.full_range = input->full_range;
    CKN_TRY(ckn_cli_timing_create(&run->timing, run->arguments->repeat, error));
    CKN_TRY(ckn_cli_session_open(run->session, NULL, error));
    CKN_TRY(blur(run, error));
    ckn_cli_progress_clear(&run->session->progress);
    CKN_TRY(ckn_cli_write_together(write_outputs, run, error));
    print_summary(run);
    return CKN_OK;
}

ckn_code ckn_cli_blur_single(const ckn_cli_blur *arguments, ckn_cli_session *session,
                             ckn_error *error) {
    single run = {
        .arguments = arguments, .session = session, .image_path = arguments->files.word[0]};
    ckn_code code = perform(&run, error);
    ckn_cli_blur_job_release(&run.job);
    ckn_picture_release(&run.input);
    ckn_picture_release(&run.output);
    ckn_cli_timing_release(&run.timing);
    return code;
}
