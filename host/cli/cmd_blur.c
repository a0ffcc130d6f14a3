#include "cli/alpha.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/result_picture.h"
#include "cli/timing.h"

typedef struct blur_arguments {
    ckn_cli_common common;
    ckn_cli_words files; /* IMAGE */
    double sigma;        /* 0: not given */
    size_t passes, repeat;
    int boundary;
    const char *output_path;
} blur_arguments;

typedef struct blur_job {
    const blur_arguments *arguments;
    ckn_cli_session *session;
    ckn_picture input, output;
    ckn_blur_result result;
    ckn_cli_timing timing;
} blur_job;

#define TARGET(member) offsetof(blur_arguments, member)

static const ckn_cli_option options[] = {
    {.name = "sigma",
     .letter = 's',
     .argument = "S",
     .type = CKN_CLI_REAL,
     .target = TARGET(sigma),
     .help = "standard deviation of the Gaussian, in pixels; required",
     .range = {0, 0, true}},
    {.name = "passes",
     .letter = 'p',
     .argument = "D",
     .type = CKN_CLI_COUNT,
     .target = TARGET(passes),
     .help = "number of box passes along each axis (default 5): more are nearer to the Gaussian",
     .range = {1, 1000, false}},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(output_path),
     .help = "write the picture: .png or .npy, with IMAGE's depth; required"},
    {.name = "boundary",
     .letter = 'b',
     .argument = "reflect|mirror|replicate|periodic|zero",
     .type = CKN_CLI_CHOICE,
     .target = TARGET(boundary),
     .help = "what stands outside: b a | a b c (reflect, the default), c b | a b c (mirror), "
             "a a | a b c (replicate), the other side (periodic), or zero"},
    {.name = "repeat",
     .argument = "N",
     .type = CKN_CLI_COUNT,
     .target = TARGET(repeat),
     .help = "do the job N times on one plan; times are medians of all but the first",
     .range = {1, 1e6, false}},
};

static void set_defaults(void *pointer) {
    blur_arguments *arguments = pointer;
    arguments->passes = 5;
    arguments->repeat = 1;
    arguments->boundary = CKN_BOUNDARY_REFLECT;
}

static ckn_code check(void *pointer, ckn_error *error) {
    blur_arguments *arguments = pointer;
    if (arguments->sigma <= 0.0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "missing option: --sigma S, the standard deviation in pixels");
    if (!arguments->output_path)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "missing option: -o FILE for the blurred picture");
    ckn_cli_output output = {"--output", arguments->output_path, ckn_picture_check_path, false};
    CKN_TRY(ckn_cli_check_outputs(&arguments->common, &output, 1, error));
    /* The picture itself may be blurred in place. */
    return ckn_cli_check_inputs(&arguments->common, &arguments->files, NULL, 0, error);
}

static ckn_code run_plan(blur_job *job, ckn_blur_plan *plan, ckn_error *error) {
    ckn_view planes[CKN_CLI_PLANES];
    ckn_output outputs[CKN_CLI_PLANES];
    size_t count = ckn_picture_plane_count(&job->input);
    for (size_t i = 0; i < count; i++) {
        planes[i] = ckn_picture_view(&job->input, i);
        outputs[i] = ckn_picture_output(&job->output, i);
    }
    size_t repeat = job->arguments->repeat;
    for (size_t i = 0; i < repeat; i++) {
        ckn_interrupt_at(i, repeat);
        CKN_TRY(ckn_blur_plan_run(plan, planes, outputs, count, &job->result, error));
        ckn_cli_timing_add(&job->timing, (ckn_cli_times){.upload = job->result.seconds_upload,
                                                         .compute = job->result.seconds_compute,
                                                         .download = job->result.seconds_download});
        CKN_TRY(ckn_cli_check_interrupt(error));
    }
    return CKN_OK;
}

static ckn_code blur(blur_job *job, ckn_error *error) {
    const ckn_picture *input = &job->input;
    ckn_blur_options blur_options;
    ckn_blur_options_init(&blur_options);
    blur_options.sigma = job->arguments->sigma;
    blur_options.passes = job->arguments->passes;
    blur_options.boundary = (ckn_boundary)job->arguments->boundary;
    ckn_interrupt_doing("while the blur was prepared");
    ckn_blur_plan *plan;
    CKN_TRY(ckn_blur_plan_create(job->session->context, &blur_options, input->rows, input->cols,
                                 &plan, error));
    ckn_code code = run_plan(job, plan, error);
    ckn_blur_plan_destroy(plan);
    job->timing.setup = job->session->seconds_context + job->result.seconds_setup;
    return code;
}

static ckn_code write_json(const blur_job *job, ckn_error *error) {
    const blur_arguments *arguments = job->arguments;
    const ckn_extended_box *box = &job->result.box;
    if (!arguments->common.json)
        return CKN_OK;
    json_t *object = ckn_json_begin(job->session);
    ckn_json_text(object, "image", arguments->files.word[0]);
    ckn_json_text(object, "output", arguments->output_path);
    ckn_json_real(object, "sigma", box->sigma);
    ckn_json_count(object, "passes", box->passes);
    ckn_json_text(object, "boundary", ckn_boundary_name((ckn_boundary)arguments->boundary));
    ckn_json_count(object, "l", box->l);
    ckn_json_real(object, "alpha", box->alpha);
    ckn_json_real(object, "lambda", box->lambda);
    ckn_json_count(object, "rows", job->input.rows);
    ckn_json_count(object, "cols", job->input.cols);
    ckn_json_count(object, "channels", job->input.channels);
    ckn_json_flag(object, "has_alpha", job->input.has_alpha);
    ckn_cli_timing_json(object, &job->timing);
    return ckn_json_end(job->session, object, error);
}

static ckn_code write_outputs(void *pointer, ckn_error *error) {
    blur_job *job = pointer;
    CKN_TRY(ckn_cli_picture_write(job->session, job->arguments->output_path, &job->output, error));
    return write_json(job, error);
}

static void print_summary(const blur_job *job) {
    const blur_arguments *arguments = job->arguments;
    const ckn_extended_box *box = &job->result.box;
    char text[96];
    ckn_cli_picture_text(&job->input, text, sizeof text);
    ckn_cli_device_line(job->session);
    ckn_cli_line(job->session, "image", "%s, %s", arguments->files.word[0], text);
    ckn_cli_line(job->session, "blur", "sigma %.10g in %zu pass%s, boundary %s", box->sigma,
                 box->passes, box->passes == 1 ? "" : "es",
                 ckn_boundary_name((ckn_boundary)arguments->boundary));
    ckn_cli_line(job->session, "box", "l %zu, alpha %.6g, Lambda %.6g", box->l, box->alpha,
                 box->lambda);
    ckn_cli_timing_line(job->session, &job->timing);
    ckn_cli_output output = {"--output", arguments->output_path, NULL, false};
    ckn_cli_written_line(job->session, &output, 1);
}

static ckn_code perform(blur_job *job, ckn_error *error) {
    const blur_arguments *arguments = job->arguments;
    ckn_interrupt_doing("while the picture was read");
    CKN_TRY(ckn_picture_read(arguments->files.word[0], &job->input, error));
    const ckn_picture *input = &job->input;
    CKN_TRY(ckn_picture_create(&job->output, input->rows, input->cols, input->channels,
                               input->has_alpha, input->sample, error));
    CKN_TRY(ckn_cli_timing_create(&job->timing, arguments->repeat, error));
    CKN_TRY(ckn_cli_session_open(job->session, NULL, error));
    ckn_alpha_premultiply(&job->input);
    CKN_TRY(blur(job, error));
    ckn_alpha_unpremultiply(&job->output);
    ckn_cli_progress_clear(&job->session->progress);
    CKN_TRY(ckn_cli_write_together(write_outputs, job, error));
    print_summary(job);
    return CKN_OK;
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    blur_job job = {.arguments = pointer, .session = session};
    ckn_code code = perform(&job, error);
    ckn_picture_release(&job.input);
    ckn_picture_release(&job.output);
    ckn_cli_timing_release(&job.timing);
    return code;
}

const ckn_cli_command ckn_command_blur = {
    .syntax =
        {
            .command = "blur",
            .summary = "Blurs a picture (PNG or NPY) by a Gaussian made of extended boxes; the "
                       "time does not depend on sigma.",
            .positionals = {"IMAGE", NULL},
            .positional_target = TARGET(files),
            .options = options,
            .option_count = sizeof options / sizeof options[0],
            .notes = "Example: clkernest blur photo.png --sigma 12 -o soft.png\n",
        },
    .arguments_size = sizeof(blur_arguments),
    .defaults = set_defaults,
    .check = check,
    .run = run,
};
