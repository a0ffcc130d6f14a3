#include "base/memory.h"
#include "cli/command.h"
#include "cli/estimate_job.h"
#include "cli/interrupt.h"
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

#define TARGET(member) offsetof(ckn_cli_estimate, member)

static const ckn_cli_option options[] = {
    CKN_CLI_PAIR_OPTION_LINES(ckn_cli_estimate, pair),
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(kernel_path),
     .help = "write the kernel: .npy, .csv or .png; '-': CSV to standard output"},
    CKN_CLI_SOLVER_OPTION_LINES(ckn_cli_estimate, solver),
    {.name = "history",
     .argument = "FILE.csv",
     .type = CKN_CLI_TEXT,
     .target = TARGET(history_path),
     .help = "write iteration, objective, residual_norm, step, restarted"},
    {.name = "report",
     .argument = "FILE.png",
     .type = CKN_CLI_TEXT,
     .target = TARGET(report_path),
     .help = "draw one figure: both pictures, kernel, re-convolved picture, residual, convergence"},
    {.name = "repeat",
     .argument = "N",
     .type = CKN_CLI_COUNT,
     .target = TARGET(repeat),
     .help = "do the job N times on one plan; times are medians of all but the first",
     .range = {1, 1e6, false}},
};

static void set_defaults(void *pointer) {
    ckn_cli_estimate *arguments = pointer;
    arguments->pair.channels = CKN_CHANNELS_DEFAULT;
    arguments->repeat = 1;
    ckn_cli_solver_defaults(&arguments->solver);
}

enum { OUTPUTS = 3 };

static void list_outputs(const ckn_cli_estimate *arguments, ckn_cli_output *outputs) {
    outputs[0] = (ckn_cli_output){"--output", arguments->kernel_path, ckn_kernel_check_path, true};
    outputs[1] =
        (ckn_cli_output){"--history", arguments->history_path, ckn_cli_check_history, false};
    outputs[2] = (ckn_cli_output){"--report", arguments->report_path, ckn_cli_check_png, false};
}

static ckn_code check(void *pointer, ckn_error *error) {
    ckn_cli_estimate *arguments = pointer;
    if (arguments->pair.kernel.rows == 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "missing option: --kernel-size N or WIDTHxHEIGHT of the kernel");
    CKN_TRY(ckn_cli_solver_check(&arguments->solver, error));
    if (arguments->history_path && arguments->solver.solver == CKN_SOLVER_DIVISION)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--history has no meaning with --solver division, which does not iterate");
    if (!arguments->kernel_path && !arguments->report_path && !arguments->common.json)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "missing option: -o FILE for the kernel (or --json or --report)");
    ckn_cli_output outputs[OUTPUTS];
    list_outputs(arguments, outputs);
    CKN_TRY(ckn_cli_check_outputs(&arguments->common, outputs, OUTPUTS, error));
    return ckn_cli_check_inputs(&arguments->common, arguments->pair.files, 2, outputs, OUTPUTS,
                                error);
}

ckn_view ckn_cli_estimate_kernel(const ckn_cli_estimate_job *job) {
    return ckn_view_f64(job->kernel, job->options.kernel_rows, job->options.kernel_cols);
}

static ckn_code allocate_results(ckn_cli_estimate_job *job, ckn_error *error) {
    size_t taps, samples;
    const ckn_view *valid = &job->pair.valid[0];
    if (!ckn_multiply(job->options.kernel_rows, job->options.kernel_cols, &taps) ||
        !ckn_multiply(valid->rows, valid->cols, &samples))
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for images of this size");
    CKN_TRY(ckn_allocate(&job->kernel, taps, sizeof *job->kernel, "the kernel", error));
    for (size_t i = 0; i < job->pair.count && job->arguments->report_path; i++)
        CKN_TRY(ckn_allocate(&job->reconvolved[i], samples, sizeof *job->reconvolved[i],
                             "the re-convolved image", error));
    return ckn_cli_timing_create(&job->timing, job->arguments->repeat, error);
}

static void release(ckn_cli_estimate_job *job) {
    ckn_cli_pair_release(&job->pair);
    ckn_cli_history_release(&job->history);
    ckn_cli_timing_release(&job->timing);
    for (size_t i = 0; i < 3; i++)
        free(job->reconvolved[i]);
    free(job->kernel);
}

static ckn_code run_once(ckn_cli_estimate_job *job, ckn_estimate_plan *plan, ckn_error *error) {
    const ckn_view *valid = &job->pair.valid[0];
    ckn_output kernel =
        ckn_output_f64(job->kernel, job->options.kernel_rows, job->options.kernel_cols);
    ckn_output planes[3];
    for (size_t i = 0; i < job->pair.count; i++)
        planes[i] = ckn_output_f64(job->reconvolved[i], valid->rows, valid->cols);
    const ckn_output *reconvolved = job->reconvolved[0] ? planes : NULL;
    ckn_estimate_result *result = &job->result;
    CKN_TRY(ckn_estimate_plan_run(plan, job->pair.planes, job->pair.count, kernel, reconvolved,
                                  result, error));
    ckn_cli_timing_add(&job->timing, result->seconds_upload, result->seconds_compute,
                       result->seconds_download);
    return ckn_cli_check_interrupt(error);
}

static ckn_code solve(ckn_cli_estimate_job *job, ckn_error *error) {
    ckn_cli_session *session = job->session;
    bool recorded = job->arguments->history_path || job->arguments->report_path;
    ckn_cli_watcher watcher = {session, recorded ? &job->history : NULL};
    job->options.progress = ckn_cli_watch;
    job->options.progress_user = &watcher;
    ckn_interrupt_doing("while the estimate was prepared");
    ckn_estimate_plan *plan;
    CKN_TRY(ckn_estimate_plan_create(session->context, &job->options, job->pair.planes,
                                     job->pair.count, &plan, error));
    ckn_code code = CKN_OK;
    for (size_t i = 0; i < job->arguments->repeat && code == CKN_OK; i++)
        code = run_once(job, plan, error);
    ckn_estimate_plan_destroy(plan);
    ckn_cli_progress_clear(&session->progress);
    job->timing.setup = session->seconds_context + job->result.seconds_setup;
    if (code == CKN_OK)
        code = ckn_kernel_figures_compute(ckn_cli_estimate_kernel(job), &job->figures, error);
    return code;
}

static ckn_code write_outputs(void *pointer, ckn_error *error) {
    ckn_cli_estimate_job *job = pointer;
    const ckn_cli_estimate *arguments = job->arguments;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    if (arguments->kernel_path)
        CKN_TRY(ckn_kernel_write(arguments->kernel_path, &kernel, job->kernel_note,
                                 sizeof job->kernel_note, error));
    if (arguments->history_path)
        CKN_TRY(ckn_cli_history_write(&job->history, arguments->history_path, error));
    if (arguments->report_path)
        CKN_TRY(ckn_cli_estimate_report(job, error));
    return ckn_cli_estimate_json(job, error);
}

static ckn_code perform(ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_cli_estimate *arguments = job->arguments;
    ckn_cli_solver_fill(&arguments->solver, arguments->pair.kernel, &job->options);
    CKN_TRY(ckn_cli_pair_read(job->session, &arguments->pair,
                              job->options.solver == CKN_SOLVER_DIVISION, &job->pair, error));
    CKN_TRY(allocate_results(job, error));
    CKN_TRY(ckn_cli_session_open(job->session, NULL, error));
    CKN_TRY(solve(job, error));
    CKN_TRY(ckn_cli_write_together(write_outputs, job, error));
    ckn_cli_estimate_summary(job);
    ckn_cli_output outputs[OUTPUTS];
    list_outputs(arguments, outputs);
    ckn_cli_written_line(job->session, outputs, OUTPUTS);
    return CKN_OK;
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    ckn_cli_estimate_job job = {.arguments = pointer, .session = session};
    ckn_code code = perform(&job, error);
    release(&job);
    return code;
}

const ckn_cli_command ckn_command_estimate = {
    .syntax =
        {
            .command = "estimate",
            .summary = "Estimates the kernel h with h * SHARP = BLURRED from two pictures (PNG or "
                       "NPY). BLURRED has SHARP's size ('same', cropped) or the valid size.",
            .positionals = {"SHARP", "BLURRED", NULL},
            .positional_target = TARGET(pair.files),
            .options = options,
            .option_count = sizeof options / sizeof options[0],
            .notes = "Example: clkernest estimate sharp.png blurred.png --kernel-size 31 -o "
                     "kernel.npy --report report.png\n",
        },
    .arguments_size = sizeof(ckn_cli_estimate),
    .defaults = set_defaults,
    .check = check,
    .run = run,
};
