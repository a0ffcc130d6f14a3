/* `boxkernel`: the box of a sigma; --match and --table stand in files of their own. */
#include "base/memory.h"
#include "cli/boxkernel.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/kernel_output.h"
#include "cli/report/report.h"
#include "io/picture.h"

#include <stdlib.h>

typedef struct boxkernel_job {
    const ckn_boxkernel_arguments *arguments;
    ckn_cli_session *session;
    ckn_extended_box box;
    double *taps;
    size_t count;
    ckn_gaussian_errors errors, plain_errors; /* as printed, and without the correction */
    char kernel_note[512];                    /* what ckn_kernel_write() had to say */
} boxkernel_job;

#define TARGET(member) offsetof(ckn_boxkernel_arguments, member)

static const ckn_cli_option options[] = {
    {.name = "sigma",
     .letter = 's',
     .argument = "S",
     .type = CKN_CLI_REAL,
     .target = TARGET(sigma),
     .help = "standard deviation of the Gaussian, in pixels; this, --match or --table is required",
     .range = {0, 0, true}},
    {.name = "passes",
     .letter = 'p',
     .argument = "D",
     .type = CKN_CLI_COUNT,
     .target = TARGET(passes),
     .help = "number of box passes (default 5); with --match the most that are tried (default 10)",
     .range = {1, 1000, false}},
    {.name = "correct",
     .letter = 'c',
     .type = CKN_CLI_FLAG,
     .target = TARGET(correct),
     .help =
         "bring the missing kurtosis back by one more pass, of three taps, where that makes the "
         "l1 error smaller"},
    {.name = "match",
     .letter = 'm',
     .argument = "KERNEL.FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(match_path),
     .help = "the reverse question: which sigma and passes along x and y are nearest to this "
             "kernel, .npy, .csv, .tif or .fits?"},
    {.name = "table",
     .type = CKN_CLI_FLAG,
     .target = TARGET(table),
     .help = "print the errors for many sigmas and 1 to 10 passes, as Markdown"},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(kernel_path),
     .help = "write the composed kernel, one row (with --match the product of both axes): .npy, "
             ".csv, .tif, .fits, .png or .jpg; '-': CSV to standard output"},
    {.name = "report",
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(report_path),
     .help = "draw a figure (.png, .pdf or .svg) of the composed kernel over the Gaussian; with "
             "--match that of x beside the "
             "kernel's marginal (of y where the kernel is a column)"},
};

enum { PASSES = 5 };

void ckn_boxkernel_list_outputs(const ckn_boxkernel_arguments *arguments, ckn_cli_output *outputs) {
    outputs[0] = (ckn_cli_output){"--output", arguments->kernel_path, ckn_kernel_check_path, true};
    outputs[1] = (ckn_cli_output){"--report", arguments->report_path, ckn_cli_check_figure, false};
}

/* Exactly one of the three uses, and only what belongs to it. */
static ckn_code check_use(const ckn_boxkernel_arguments *arguments, ckn_error *error) {
    bool sigma = arguments->sigma > 0;
    if (!sigma && !arguments->match_path && !arguments->table)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "missing option: --sigma S, the standard deviation in pixels (or --match "
                        "KERNEL.FILE, or --table)");
    if (arguments->table &&
        (sigma || arguments->match_path || arguments->passes || arguments->correct ||
         arguments->kernel_path || arguments->report_path || arguments->common.json))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--table prints one fixed table to standard output; leave out --sigma, "
                        "--match, --passes, --correct, --output, --report and --json");
    if (arguments->match_path && sigma)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--match finds sigma, and --sigma gives it: choose one of them");
    if (arguments->match_path && arguments->correct)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--match finds boxes without correction; use --correct with --sigma");
    return CKN_OK;
}

static ckn_code check(void *pointer, ckn_error *error) {
    ckn_boxkernel_arguments *arguments = pointer;
    CKN_TRY(check_use(arguments, error));
    ckn_cli_output outputs[CKN_BOXKERNEL_OUTPUTS];
    ckn_boxkernel_list_outputs(arguments, outputs);
    CKN_TRY(ckn_cli_check_outputs(&arguments->common, outputs, CKN_BOXKERNEL_OUTPUTS, error));
    const ckn_cli_words inputs = {&arguments->match_path, 1};
    return ckn_cli_check_inputs(&arguments->common, &inputs, outputs, CKN_BOXKERNEL_OUTPUTS, error);
}

static ckn_code write_json(const boxkernel_job *job, ckn_error *error) {
    const ckn_extended_box *box = &job->box;
    if (!job->arguments->common.json)
        return CKN_OK;
    ckn_json object = ckn_json_begin(job->session);
    ckn_json_real(object, "sigma", box->sigma);
    ckn_json_count(object, "passes", box->passes);
    ckn_json_count(object, "l", box->l);
    ckn_json_real(object, "alpha", box->alpha);
    ckn_json_real(object, "lambda", box->lambda);
    ckn_json_real(object, "variance_pass", box->variance_pass);
    ckn_json_real(object, "variance", box->sigma * box->sigma);
    ckn_json_count(object, "taps", job->count);
    ckn_json_real(object, "error_max", job->errors.max);
    ckn_json_real(object, "error_l1", job->errors.l1);
    ckn_json_real(object, "error_l2", job->errors.l2);
    ckn_json_real(object, "error_step", job->errors.step);
    ckn_json_flag(object, "corrected", box->stride > 0);
    ckn_json_count(object, "stride", box->stride);
    ckn_json_real(object, "correction", box->correction);
    return ckn_json_end(job->session, object, error);
}

static ckn_code write_outputs(void *pointer, ckn_error *error) {
    boxkernel_job *job = pointer;
    const ckn_boxkernel_arguments *arguments = job->arguments;
    ckn_view kernel = ckn_view_f64(job->taps, 1, job->count);
    if (arguments->kernel_path)
        CKN_TRY(ckn_cli_kernel_write(job->session, arguments->kernel_path, &kernel, NULL,
                                     job->kernel_note, sizeof job->kernel_note, error));
    if (arguments->report_path) {
        ckn_box_report report = {
            .box = &job->box, .taps = job->taps, .taps_count = job->count, .errors = job->errors};
        CKN_TRY(ckn_report_box(arguments->report_path, &report, error));
    }
    return write_json(job, error);
}

static void print_correction(const boxkernel_job *job) {
    const ckn_extended_box *box = &job->box;
    if (box->stride)
        ckn_cli_line(job->session, "correction", "stride %zu, weight %.15g (without it: l1 %.4g)",
                     box->stride, box->correction, job->plain_errors.l1);
    else if (job->arguments->correct)
        ckn_cli_line(job->session, "correction",
                     "none: with this sigma and these passes it would not help");
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
                 box->sigma * box->sigma);
    ckn_cli_line(session, "taps", "%zu", job->count);
    print_correction(job);
    ckn_cli_line(session, "errors",
                 "max %.4g, l1 %.4g, l2 %.4g, step %.4g (against the sampled Gaussian)",
                 job->errors.max, job->errors.l1, job->errors.l2, job->errors.step);
    if (job->kernel_note[0])
        ckn_cli_line(session, "note", "%s", job->kernel_note);
    ckn_cli_output outputs[CKN_BOXKERNEL_OUTPUTS];
    ckn_boxkernel_list_outputs(job->arguments, outputs);
    ckn_cli_written_line(session, outputs, CKN_BOXKERNEL_OUTPUTS);
}

/* A device that is asked for has to exist, although nothing is computed on it. */
static ckn_code check_device(ckn_cli_session *session, ckn_error *error) {
    const char *device = session->common->device;
    ckn_context *context;
    if (!device)
        return CKN_OK;
    ckn_interrupt_doing("while the device was opened");
    CKN_TRY(ckn_cli_session_open_device(session, device, &context, error));
    ckn_context_destroy(context);
    return CKN_OK;
}

static ckn_code compute(boxkernel_job *job, ckn_error *error) {
    const ckn_boxkernel_arguments *arguments = job->arguments;
    ckn_interrupt_doing("while the box was computed");
    CKN_TRY(ckn_extended_box_init(&job->box, arguments->sigma,
                                  arguments->passes ? arguments->passes : PASSES, error));
    CKN_TRY(ckn_extended_box_errors(&job->box, &job->errors, error));
    job->plain_errors = job->errors;
    if (arguments->correct) {
        CKN_TRY(ckn_extended_box_correct(&job->box, NULL, error));
        CKN_TRY(ckn_extended_box_errors(&job->box, &job->errors, error));
    }
    job->count = ckn_extended_box_length(&job->box);
    if (!arguments->kernel_path && !arguments->report_path)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&job->taps, job->count, sizeof *job->taps, "the composed kernel", error));
    return ckn_extended_box_compose(&job->box, job->taps, error);
}

static ckn_code perform(boxkernel_job *job, ckn_error *error) {
    CKN_TRY(compute(job, error));
    CKN_TRY(ckn_cli_check_interrupt(error));
    CKN_TRY(ckn_cli_write_together(write_outputs, job, error));
    print_summary(job);
    return CKN_OK;
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    const ckn_boxkernel_arguments *arguments = pointer;
    CKN_TRY(check_device(session, error));
    if (arguments->table)
        return ckn_boxkernel_table(error);
    if (arguments->match_path)
        return ckn_boxkernel_match(arguments, session, error);
    boxkernel_job job = {.arguments = arguments, .session = session};
    ckn_code code = perform(&job, error);
    free(job.taps);
    return code;
}

const ckn_cli_command ckn_command_boxkernel = {
    .syntax =
        {
            .command = "boxkernel",
            .summary = "Shows the extended box whose repeated passes have the variance of a "
                       "Gaussian, and how far their composition is from it. With --match, finds "
                       "the box that is nearest to a kernel.",
            .options = options,
            .option_count = sizeof options / sizeof options[0],
            .notes = "Examples: clkernest boxkernel --sigma 15.4 --passes 6 --report box.png\n"
                     "          clkernest boxkernel --match kernel.npy\n",
        },
    .arguments_size = sizeof(ckn_boxkernel_arguments),
    .check = check,
    .run = run,
};
