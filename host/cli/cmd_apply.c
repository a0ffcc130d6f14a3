#include "base/clock.h"
#include "base/view.h"
#include "cli/alpha.h"
#include "cli/command.h"
#include "cli/history.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/picture_notes.h"
#include "cli/result_picture.h"

#include <stdlib.h>

typedef struct apply_arguments {
    ckn_cli_common common;
    ckn_cli_words files; /* IMAGE, KERNEL */
    int support;
    int engine;          /* a position in `engines` */
    int type;            /* likewise in `samples` */
    ckn_cli_shift shift; /* AUTO: what the kernel's file says */
    const char *output_path;
} apply_arguments;

typedef struct apply_job {
    const apply_arguments *arguments;
    ckn_cli_session *session;
    ckn_picture input, output;
    double *kernel;
    size_t kernel_rows, kernel_cols;
    double kernel_sum;
    bool kernel_signed;             /* has a negative tap */
    ckn_kernel_offset place, shift; /* what the kernel's file says, and what is done */
    bool opaque;                    /* no alpha below 1: the colours stand for themselves */
    double seconds;
} apply_job;

#define TARGET(member) offsetof(apply_arguments, member)

/* In the order of the words of --engine: a convolution has no statistics. */
static const ckn_engine engines[] = {CKN_ENGINE_AUTO, CKN_ENGINE_DIRECT, CKN_ENGINE_FFT};

/* In the order of the words of --type; the first stands for IMAGE's own. */
static const ckn_sample samples[] = {CKN_SAMPLE_U8, CKN_SAMPLE_U8, CKN_SAMPLE_U16, CKN_SAMPLE_F32,
                                     CKN_SAMPLE_F64};

static const ckn_cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(output_path),
     .help = "write the picture: .png, .npy, .jpg, .tif or .fits, with IMAGE's depth; required"},
    {.name = "support",
     .argument = "valid|same|full",
     .type = CKN_CLI_CHOICE,
     .target = TARGET(support),
     .help = "valid (the default): only where the kernel lies inside; same: IMAGE's size; full: "
             "everything; outside is zero"},
    {.name = "shift",
     .argument = "auto|none|X,Y",
     .type = CKN_CLI_SHIFT,
     .target = TARGET(shift),
     .help = "with --support same: move the result by that many pixels right and down, which is "
             "what the kernel's displacement is beyond its own middle. auto (the default): what "
             "KERNEL's file says, if it says anything"},
    {.name = "type",
     .argument = "auto|uint8|uint16|float32|float64",
     .type = CKN_CLI_CHOICE,
     .target = TARGET(type),
     .help = "the type of the samples that are written, where the format has it; auto (the "
             "default): IMAGE's own. Integers stand for [0, 1] and are clipped to it"},
    {.name = "engine",
     .argument = "auto|direct|fft",
     .type = CKN_CLI_CHOICE,
     .target = TARGET(engine),
     .help = "how the convolution is computed; auto (the default) predicts the faster one"},
};

static ckn_code check(void *pointer, ckn_error *error) {
    apply_arguments *arguments = pointer;
    if (arguments->shift.mode == CKN_CLI_SHIFT_GIVEN && arguments->support != CKN_SUPPORT_SAME)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--shift moves the result in IMAGE's frame: it needs --support same");
    ckn_cli_output output = {"--output", arguments->output_path, ckn_picture_check_path, false};
    CKN_TRY(ckn_cli_check_files(&arguments->common, &arguments->files, &output, 1, error));
    if (!arguments->output_path)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "missing option: -o FILE for the convolved picture");
    return ckn_cli_check_inputs(&arguments->common, &arguments->files, &output, 1, error);
}

static const char *support_name(const apply_job *job) {
    static const char *const names[] = {"valid", "same", "full"};
    return names[job->arguments->support];
}

static void examine_kernel(apply_job *job) {
    for (size_t i = 0; i < job->kernel_rows * job->kernel_cols; i++) {
        job->kernel_sum += job->kernel[i];
        job->kernel_signed |= job->kernel[i] < 0.0;
    }
}

/* Alpha is a weight: a mean of weights needs a kernel that is one, up to its gain. */
static ckn_code check_alpha(apply_job *job, ckn_error *error) {
    job->opaque = ckn_alpha_is_opaque(&job->input);
    if (job->opaque || (!job->kernel_signed && job->kernel_sum > 0.0))
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_DATA,
                    "%s has transparent parts, and the kernel %s has %s: that has no meaning for "
                    "alpha; remove the alpha channel first",
                    job->arguments->files.word[0], job->arguments->files.word[1],
                    job->kernel_signed ? "negative taps" : "the sum 0");
}

/* What --shift says, else the kernel's file. Samples of the other supports are the same ones
 * wherever the kernel lies. */
static void settle_shift(apply_job *job) {
    const apply_arguments *arguments = job->arguments;
    const bool same = arguments->support == CKN_SUPPORT_SAME;
    const char *path = arguments->files.word[1];
    if (arguments->shift.mode == CKN_CLI_SHIFT_GIVEN) {
        job->shift = (ckn_kernel_offset){arguments->shift.y, arguments->shift.x};
        return;
    }
    if (arguments->shift.mode == CKN_CLI_SHIFT_NONE || ckn_kernel_offset_is_zero(job->place))
        return;
    if (same)
        job->shift = job->place;
    ckn_cli_note(job->session,
                 same ? "%s: says that its middle stands for a displacement of x %td, y %td: the "
                        "result is moved by it (--shift none leaves it)"
                      : "%s: says that its middle stands for a displacement of x %td, y %td: the "
                        "samples are the same, but lie displaced by it",
                 path, job->place.col, job->place.row);
}

static ckn_code create_output(apply_job *job, size_t rows, size_t cols, ckn_error *error) {
    const ckn_picture *input = &job->input;
    const int type = job->arguments->type;
    CKN_TRY(ckn_picture_create(&job->output, rows, cols, input->channels, input->has_alpha,
                               type ? samples[type] : input->sample, error));
    if (!type)
        job->output.full_range = input->full_range;
    return CKN_OK;
}

static ckn_code read_inputs(apply_job *job, ckn_error *error) {
    const char *const *files = job->arguments->files.word;
    const ckn_picture *input = &job->input;
    ckn_read_limits limits = job->arguments->common.limits;
    size_t rows, cols;
    ckn_interrupt_doing("while the files were read");
    CKN_TRY(ckn_picture_read(files[0], &limits, &job->input, error));
    ckn_cli_picture_remark(job->session, files[0], &job->input);
    limits.held = ckn_picture_bytes(input);
    CKN_TRY(ckn_kernel_read_at(files[1], &limits, &job->kernel, &job->kernel_rows,
                               &job->kernel_cols, &job->place, error));
    settle_shift(job);
    for (size_t i = 0; i < ckn_picture_plane_count(input); i++) {
        ckn_view plane = ckn_picture_view(input, i);
        CKN_TRY(ckn_view_check_finite(&plane, files[0], error));
    }
    examine_kernel(job);
    CKN_TRY(check_alpha(job, error));
    bool larger = job->kernel_rows > input->rows || job->kernel_cols > input->cols;
    if (larger && job->arguments->support == CKN_SUPPORT_VALID)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the kernel %s (%zux%zu) is larger than %s (%zux%zu): nothing is left of "
                        "the valid support; try --support same",
                        files[1], job->kernel_cols, job->kernel_rows, files[0], input->cols,
                        input->rows);
    CKN_TRY(ckn_apply_size(input->rows, input->cols, job->kernel_rows, job->kernel_cols,
                           (ckn_support)job->arguments->support, &rows, &cols, error));
    return create_output(job, rows, cols, error);
}

/* The kernel's gain stays in the colours; alpha is a mean and has none. */
static void finish_alpha(apply_job *job) {
    if (job->opaque) {
        ckn_alpha_set_opaque(&job->output);
        return;
    }
    ckn_alpha_normalise(&job->output, job->kernel_sum);
    ckn_alpha_unpremultiply(&job->output);
}

static ckn_code convolve(apply_job *job, ckn_error *error) {
    ckn_view kernel = ckn_view_f64(job->kernel, job->kernel_rows, job->kernel_cols);
    const apply_arguments *arguments = job->arguments;
    ckn_cli_watcher watcher = {job->session, NULL};
    const ckn_apply_options how = {.support = (ckn_support)arguments->support,
                                   .engine = engines[arguments->engine],
                                   .row_shift = job->shift.row,
                                   .col_shift = job->shift.col,
                                   .progress = ckn_cli_watch,
                                   .progress_user = &watcher};
    size_t planes = job->opaque ? job->input.channels : ckn_picture_plane_count(&job->input);
    if (!job->opaque)
        ckn_alpha_premultiply(&job->input);
    double start = ckn_seconds();
    for (size_t i = 0; i < planes; i++) {
        CKN_TRY(ckn_apply_with(job->session->context, &how, ckn_picture_view(&job->input, i),
                               kernel, ckn_picture_output(&job->output, i), error));
        CKN_TRY(ckn_cli_check_interrupt(error));
    }
    job->seconds = ckn_seconds() - start;
    finish_alpha(job);
    ckn_cli_progress_clear(&job->session->progress);
    return CKN_OK;
}

static ckn_code write_json(const apply_job *job, ckn_error *error) {
    const apply_arguments *arguments = job->arguments;
    if (!arguments->common.json)
        return CKN_OK;
    ckn_json object = ckn_json_begin(job->session);
    ckn_json_text(object, "image", arguments->files.word[0]);
    ckn_json_text(object, "kernel", arguments->files.word[1]);
    ckn_json_text(object, "output", arguments->output_path);
    ckn_json_text(object, "support", support_name(job));
    /* Which one auto took is not told by the library. */
    if (engines[arguments->engine] != CKN_ENGINE_AUTO)
        ckn_json_text(object, "engine", ckn_engine_name(engines[arguments->engine]));
    ckn_json_count(object, "kernel_rows", job->kernel_rows);
    ckn_json_count(object, "kernel_cols", job->kernel_cols);
    ckn_json_real(object, "kernel_sum", job->kernel_sum);
    ckn_json shift = ckn_json_object(object, "shift");
    ckn_json_integer(shift, "x", (int64_t)job->shift.col);
    ckn_json_integer(shift, "y", (int64_t)job->shift.row);
    ckn_json_count(object, "rows", job->output.rows);
    ckn_json_count(object, "cols", job->output.cols);
    ckn_json_count(object, "channels", job->output.channels);
    ckn_json_flag(object, "has_alpha", job->output.has_alpha);
    ckn_json_real(object, "seconds_setup", job->session->seconds_context);
    ckn_json_real(object, "seconds_solve", job->seconds);
    return ckn_json_end(job->session, object, error);
}

static ckn_code write_outputs(void *pointer, ckn_error *error) {
    apply_job *job = pointer;
    CKN_TRY(ckn_cli_picture_write(job->session, job->arguments->output_path, &job->output, error));
    return write_json(job, error);
}

static void print_summary(const apply_job *job) {
    const apply_arguments *arguments = job->arguments;
    ckn_cli_session *session = job->session;
    char text[96];
    ckn_cli_device_line(session);
    ckn_cli_picture_text(&job->input, text, sizeof text);
    ckn_cli_line(session, "image", "%s, %s", arguments->files.word[0], text);
    ckn_cli_line(session, "kernel", "%s, %zux%zu, sum %.6f", arguments->files.word[1],
                 job->kernel_cols, job->kernel_rows, job->kernel_sum);
    ckn_cli_picture_text(&job->output, text, sizeof text);
    ckn_cli_line(session, "result", "%s (%s)", text, support_name(job));
    if (!ckn_kernel_offset_is_zero(job->shift))
        ckn_cli_line(session, "shift", "x %td, y %td", job->shift.col, job->shift.row);
    ckn_cli_line(session, "time", "setup %.3g s, convolution %.3g s, total %.3g s",
                 session->seconds_context, job->seconds, ckn_cli_session_seconds(session));
    ckn_cli_output output = {"--output", arguments->output_path, NULL, false};
    ckn_cli_written_line(session, &output, 1);
}

static ckn_code perform(apply_job *job, ckn_error *error) {
    CKN_TRY(read_inputs(job, error));
    CKN_TRY(ckn_cli_session_open(job->session, NULL, error));
    CKN_TRY(convolve(job, error));
    CKN_TRY(ckn_cli_write_together(write_outputs, job, error));
    print_summary(job);
    return CKN_OK;
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    apply_job job = {.arguments = pointer, .session = session};
    ckn_code code = perform(&job, error);
    ckn_picture_release(&job.input);
    ckn_picture_release(&job.output);
    free(job.kernel);
    return code;
}

const ckn_cli_command ckn_command_apply = {
    .syntax =
        {
            .command = "apply",
            .summary = "Convolves a picture with a kernel, all channels alike. The picture is PNG, "
                       "NPY, JPEG, TIFF or FITS, the kernel NPY, CSV, TIFF or FITS.",
            .positionals = {"IMAGE", "KERNEL", NULL},
            .positional_target = TARGET(files),
            .options = options,
            .option_count = sizeof options / sizeof options[0],
            .notes = "Example: clkernest apply photo.png kernel.npy --support same -o out.png\n",
        },
    .arguments_size = sizeof(apply_arguments),
    .check = check,
    .run = run,
};
