#include "base/memory.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/report/report.h"
#include "io/picture.h"

#include <stdlib.h>

typedef struct boxkernel_arguments {
    ckn_cli_common common;
    double sigma; /* 0: not given */
    size_t passes;
    const char *kernel_path, *report_path;
} boxkernel_arguments;

typedef struct boxkernel_job {
    const boxkernel_arguments *arguments;
    ckn_cli_session *session;
    ckn_extended_box box;
    double *taps;
    size_t count;
    ckn_gaussian_errors errors;
    char kernel_note[512]; /* what ckn_kernel_write() had to say */
} boxkernel_job;

#define TARGET(member) offsetof(boxkernel_arguments, member)

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
     .help = "number of box passes (default 5)",
     .range = {1, 1000, false}},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(kernel_path),
     .help = "write the composed kernel, one row: .npy, .csv or .png; '-': CSV to standard output"},
    {.name = "report",
     .argument = "FILE.png",
     .type = CKN_CLI_TEXT,
     .target = TARGET(report_path),
     .help = "draw the composed kernel over the Gaussian"},
};

static void set_defaults(void *pointer) {
    boxkernel_arguments *arguments = pointer;
    arguments->passes = 5;
}

enum { OUTPUTS = 2 };

static void list_outputs(const boxkernel_arguments *arguments, ckn_cli_output *outputs) {
    outputs[0] = (ckn_cli_output){"--output", arguments->kernel_path, ckn_kernel_check_path, true};
    outputs[1] = (ckn_cli_output){"--report", arguments->report_path, ckn_cli_check_png, false};
}

static ckn_code check(void *pointer, ckn_error *error) {
    boxkernel_arguments *arguments = pointer;
    if (arguments->sigma <= 0.0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "missing option: --sigma S, the standard deviation in pixels");
    ckn_cli_output outputs[OUTPUTS];
    list_outputs(arguments, outputs);
    return ckn_cli_check_outputs(&arguments->common, outputs, OUTPUTS, error);
}

static ckn_code write_json(const boxkernel_job *job, ckn_error *error) {
    const ckn_extended_box *box = &job->box;
    if (!job->arguments->common.json)
        return CKN_OK;
    json_t *object = ckn_json_begin(job->session);
    ckn_json_real(object, "sigma", box->sigma);
    ckn_json_count(object, "passes", box->passes);
    ckn_json_count(object, "l", box->l);
    ckn_json_real(object, "alpha", box->alpha);
    ckn_json_real(object, "lambda", box->lambda);
    ckn_json_real(object, "variance_pass", box->variance_pass);
    ckn_json_real(object, "variance", box->variance_pass * (double)box->passes);
    ckn_json_count(object, "taps", job->count);
    ckn_json_real(object, "error_max", job->errors.max);
    ckn_json_real(object, "error_l1", job->errors.l1);
    ckn_json_real(object, "error_l2", job->errors.l2);
    return ckn_json_end(job->session, object, error);
}

static ckn_code write_outputs(void *pointer, ckn_error *error) {
    boxkernel_job *job = pointer;
    const boxkernel_arguments *arguments = job->arguments;
    ckn_view kernel = ckn_view_f64(job->taps, 1, job->count);
    if (arguments->kernel_path)
        CKN_TRY(ckn_kernel_write(arguments->kernel_path, &kernel, job->kernel_note,
                                 sizeof job->kernel_note, error));
    if (arguments->report_path) {
        ckn_box_report report = {&job->box, job->taps, job->count, job->errors};
        CKN_TRY(ckn_report_box(arguments->report_path, &report, error));
    }
    return write_json(job, error);
}

static void print_summary(const boxkernel_job *job) {
    const ckn_extended_box *box = &job->box;
    ckn_cli_session *session = job->session;
    ckn_cli_line(session, "sigma", "%.10g", box->sigma);
    ckn_cli_line(session, "passes", "%zu", box->passes);
    ckn_cli_line(session, "l", "%zu (plain box of %zu taps)", box->l, 2 * box->l + 1);
    ckn_cli_line(session, "alpha", "%.15g", box->alpha);
    ckn_cli_line(session, "Lambda", "%.15g", box->lambda);
    ckn_cli_line(session, "variance", "%.15g in one pass, %.15g in all", box->variance_pass,
                 box->variance_pass * (double)box->passes);
    ckn_cli_line(session, "taps", "%zu", job->count);
    ckn_cli_line(session, "errors", "max %.4g, l1 %.4g, l2 %.4g (against the sampled Gaussian)",
                 job->errors.max, job->errors.l1, job->errors.l2);
    if (job->kernel_note[0])
        ckn_cli_line(session, "note", "%s", job->kernel_note);
    ckn_cli_output outputs[OUTPUTS];
    list_outputs(job->arguments, outputs);
    ckn_cli_written_line(session, outputs, OUTPUTS);
}

/* A device that is asked for has to exist, although nothing is computed on it. */
static ckn_code check_device(const boxkernel_job *job, ckn_error *error) {
    const char *device = job->arguments->common.device;
    ckn_context *context;
    if (!device)
        return CKN_OK;
    ckn_interrupt_doing("while the device was opened");
    CKN_TRY(ckn_cli_session_open_device(job->session, device, &context, error));
    ckn_context_destroy(context);
    return CKN_OK;
}

static ckn_code perform(boxkernel_job *job, ckn_error *error) {
    CKN_TRY(check_device(job, error));
    ckn_interrupt_doing("while the box was computed");
    CKN_TRY(ckn_extended_box_init(&job->box, job->arguments->sigma, job->arguments->passes, error));
    job->count = ckn_extended_box_length(&job->box);
    CKN_TRY(ckn_allocate(&job->taps, job->count, sizeof *job->taps, "the composed kernel", error));
    CKN_TRY(ckn_extended_box_compose(&job->box, job->taps, error));
    CKN_TRY(ckn_extended_box_errors(&job->box, &job->errors, error));
    CKN_TRY(ckn_cli_check_interrupt(error));
    CKN_TRY(ckn_cli_write_together(write_outputs, job, error));
    print_summary(job);
    return CKN_OK;
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    boxkernel_job job = {.arguments = pointer, .session = session};
    ckn_code code = perform(&job, error);
    free(job.taps);
    return code;
}

const ckn_cli_command ckn_command_boxkernel = {
    .syntax =
        {
            .command = "boxkernel",
            .summary = "Shows the extended box whose repeated passes have the variance of a "
                       "Gaussian, and how far their composition is from it.",
            .options = options,
            .option_count = sizeof options / sizeof options[0],
            .notes = "Example: clkernest boxkernel --sigma 15.4 --passes 6 --report box.png\n",
        },
    .arguments_size = sizeof(boxkernel_arguments),
    .defaults = set_defaults,
    .check = check,
    .run = run,
};
