#include "base/memory.h"
#include "cli/clipping.h"
#include "cli/command.h"
#include "cli/estimate_families.h"
#include "cli/estimate_job.h"
#include "cli/estimate_quality.h"
#include "cli/interrupt.h"
#include "cli/kernel_curves.h"
#include "cli/kernel_output.h"
#include "cli/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Figures of the curves of larger kernels would take seconds. */
#define MOST_TAPS_OF_CURVES 40000

#define TARGET(member) offsetof(ckn_cli_estimate, member)

static const ckn_cli_option options[] = {
    {.name = "kernel-size",
     .letter = 'k',
     .argument = "N|WxH|auto[:N]",
     .type = CKN_CLI_AUTO_SHAPE,
     .target = TARGET(kernel_size),
     .help = "size of the kernel, a side or width x height; auto (the default): the smallest that "
             "the pictures give reason for, sought from a first guess on (auto:N; default 25)"},
    CKN_CLI_PAIR_OPTION_LINES(ckn_cli_estimate, pair),
    CKN_CLI_MASK_OPTION_LINES(ckn_cli_estimate, pair.masks),
    {.name = "shift",
     .argument = "auto|none|X,Y",
     .type = CKN_CLI_SHIFT,
     .target = TARGET(shift),
     .help = "where BLURRED lies on SHARP, in whole pixels right and down: both are cut to their "
             "overlap. auto (the default): found for pictures of one size, and taken out where it "
             "is more than the kernel's size holds"},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(kernel_path),
     .help =
         "write the kernel: .npy, .csv, .tif, .fits, .png or .jpg; '-': CSV to standard output"},
    {.name = "uncertainty",
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(uncertainty_path),
     .help = "write the standard error of every tap: .npy, .csv, .tif or .fits; '-': CSV to "
             "standard output"},
    CKN_CLI_SOLVER_OPTION_LINES(ckn_cli_estimate, solver),
    {.name = "history",
     .argument = "FILE.csv",
     .type = CKN_CLI_TEXT,
     .target = TARGET(history_path),
     .help = "fista, gd, cg: write iteration, objective, residual_norm, step, restarted"},
    {.name = "report",
     .argument = "FILE.png",
     .type = CKN_CLI_TEXT,
     .target = TARGET(report_path),
     .help = "draw one figure: both pictures, kernel, re-convolved picture, residual, convergence "
             "or cross-sections of the kernel; of the first pair"},
    {.name = "mtf",
     .argument = "FILE.csv",
     .type = CKN_CLI_TEXT,
     .target = TARGET(mtf_path),
     .help = "write the kernel's modulation transfer function: frequency (cycles/pixel), x, y, "
             "radial"},
    {.name = "encircled",
     .argument = "FILE.csv",
     .type = CKN_CLI_TEXT,
     .target = TARGET(encircled_path),
     .help = "write the part of the kernel within circles round its centroid: radius (pixels), "
             "energy"},
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

enum { OUTPUTS = 6 };

static void list_outputs(const ckn_cli_estimate *arguments, ckn_cli_output *outputs) {
    outputs[0] = (ckn_cli_output){"--output", arguments->kernel_path, ckn_kernel_check_path, true};
    outputs[1] =
        (ckn_cli_output){"--uncertainty", arguments->uncertainty_path, ckn_cli_check_numbers, true};
    outputs[2] =
        (ckn_cli_output){"--history", arguments->history_path, ckn_cli_check_history, false};
    outputs[3] = (ckn_cli_output){"--report", arguments->report_path, ckn_cli_check_png, false};
    outputs[4] = (ckn_cli_output){"--mtf", arguments->mtf_path, ckn_cli_check_curve, false};
    outputs[5] =
        (ckn_cli_output){"--encircled", arguments->encircled_path, ckn_cli_check_curve, false};
}

static ckn_code check(void *pointer, ckn_error *error) {
    ckn_cli_estimate *arguments = pointer;
    arguments->pair.kernel = arguments->kernel_size.shape;
    if (arguments->shift.mode == CKN_CLI_SHIFT_GIVEN &&
        arguments->solver.solver == CKN_SOLVER_DIVISION)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--shift has no meaning with --solver division, which takes the pictures "
                        "for periodic");
    CKN_TRY(
        ckn_cli_mask_options_check(&arguments->pair.masks, arguments->pair.files.count / 2, error));
    /* Automatic masks are for whoever knows masks. */
    if (arguments->pair.masks.saturation == CKN_CLI_SATURATION_AUTO &&
        (arguments->solver.solver == CKN_SOLVER_DIVISION ||
         arguments->solver.engine == CKN_ENGINE_TOEPLITZ))
        arguments->pair.masks.saturation = CKN_CLI_SATURATION_NONE;
    arguments->solver.history = arguments->history_path != NULL;
    arguments->solver.uncertainty = arguments->uncertainty_path != NULL;
    CKN_TRY(ckn_cli_solver_check(&arguments->solver, error));
    if (!arguments->kernel_path && !arguments->uncertainty_path && !arguments->report_path &&
        !arguments->mtf_path && !arguments->encircled_path && !arguments->common.json)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "missing option: -o FILE for the kernel (or --json or --report)");
    ckn_cli_output outputs[OUTPUTS];
    list_outputs(arguments, outputs);
    CKN_TRY(ckn_cli_check_outputs(&arguments->common, outputs, OUTPUTS, error));
    return ckn_cli_check_inputs(&arguments->common, &arguments->pair.files, outputs, OUTPUTS,
                                error);
}

ckn_view ckn_cli_estimate_kernel(const ckn_cli_estimate_job *job) {
    return ckn_view_f64(job->kernel, job->options.kernel_rows, job->options.kernel_cols);
}

size_t ckn_cli_estimate_taps(const ckn_cli_estimate_job *job) {
    return job->options.kernel_rows * job->options.kernel_cols;
}

double ckn_cli_estimate_unseen_psnr(const ckn_cli_estimate_job *job) {
    const double count = (double)job->result.count;
    const double spare = count - job->uncertainty.degrees_of_freedom;
    return spare > 0 ? job->result.psnr - 20 * log10(count / spare) : (double)NAN;
}

bool ckn_cli_estimate_iterates(const ckn_cli_estimate_job *job) {
    ckn_solver solver = job->result.solver;
    return solver == CKN_SOLVER_FISTA || solver == CKN_SOLVER_GD || solver == CKN_SOLVER_CG;
}

/* The report shows the first pair; the library leaves out planes without data. */
static ckn_code allocate_reconvolved(ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    const ckn_view *valid = &pair->valid[0];
    size_t samples;
    if (!ckn_multiply(valid->rows, valid->cols, &samples))
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for images of this size");
    CKN_TRY(ckn_allocate(&job->reconvolved_outputs, job->pairs.plane_count,
                         sizeof *job->reconvolved_outputs, "the re-convolved image", error));
    for (size_t i = 0; i < pair->count; i++) {
        CKN_TRY(ckn_allocate(&job->reconvolved[i], samples, sizeof *job->reconvolved[i],
                             "the re-convolved image", error));
        job->reconvolved_outputs[i] = ckn_output_f64(job->reconvolved[i], valid->rows, valid->cols);
    }
    return CKN_OK;
}

static ckn_code allocate_results(ckn_cli_estimate_job *job, ckn_error *error) {
    size_t taps;
    if (!ckn_multiply(job->options.kernel_rows, job->options.kernel_cols, &taps))
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for a kernel of this size");
    CKN_TRY(ckn_allocate(&job->kernel, taps, sizeof *job->kernel, "the kernel", error));
    CKN_TRY(ckn_allocate(&job->fits, job->pairs.plane_count, sizeof *job->fits, "the fits", error));
    if (job->arguments->report_path)
        CKN_TRY(allocate_reconvolved(job, error));
    return ckn_cli_timing_create(&job->timing, job->arguments->repeat, error);
}

static void release(ckn_cli_estimate_job *job) {
    ckn_cli_pairs_release(&job->pairs);
    ckn_cli_diagnosis_release(&job->diagnosis);
    ckn_cli_history_release(&job->history);
    ckn_cli_timing_release(&job->timing);
    for (size_t i = 0; i < 3; i++)
        free(job->reconvolved[i]);
    free(job->reconvolved_outputs);
    free(job->fits);
    free(job->errors);
    free(job->trials);
    free(job->kernel);
}

static ckn_code run_once(ckn_cli_estimate_job *job, ckn_estimate_plan *plan, ckn_error *error) {
    ckn_output kernel =
        ckn_output_f64(job->kernel, job->options.kernel_rows, job->options.kernel_cols);
    ckn_estimate_result *result = &job->result;
    CKN_TRY(ckn_estimate_plan_run(plan, job->pairs.planes, job->pairs.plane_count, kernel,
                                  job->reconvolved_outputs, result, error));
    ckn_cli_timing_add(&job->timing, (ckn_cli_times){.upload = result->seconds_upload,
                                                     .compute = result->seconds_compute,
                                                     .statistics = result->seconds_statistics,
                                                     .download = result->seconds_download});
    return ckn_cli_check_interrupt(error);
}

/* They belong to the plan, which does not outlive the solve. */
static ckn_code keep_trials(ckn_cli_estimate_job *job, const ckn_estimate_plan *plan,
                            ckn_error *error) {
    const ckn_trial *trials = NULL;
    ckn_estimate_plan_trials(plan, &trials, &job->trial_count);
    if (job->trial_count == 0)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&job->trials, job->trial_count, sizeof *trials, "the trials", error));
    memcpy(job->trials, trials, job->trial_count * sizeof *trials);
    return CKN_OK;
}

static ckn_code find_figures(ckn_cli_estimate_job *job, ckn_error *error) {
    const double none = (double)NAN;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    job->sharpness = (ckn_kernel_sharpness){none, none, none, {none, none, none}};
    CKN_TRY(ckn_kernel_figures_compute(kernel, &job->figures, error));
    if (ckn_cli_estimate_taps(job) > MOST_TAPS_OF_CURVES)
        return CKN_OK;
    return ckn_kernel_sharpness_compute(kernel, &job->sharpness, error);
}

static ckn_code solve(ckn_cli_estimate_job *job, ckn_error *error) {
    ckn_cli_session *session = job->session;
    bool recorded = job->arguments->history_path || job->arguments->report_path;
    ckn_cli_watcher watcher = {session, recorded ? &job->history : NULL};
    job->options.progress = ckn_cli_watch;
    job->options.progress_user = &watcher;
    ckn_interrupt_doing("while the estimate was prepared");
    ckn_estimate_plan *plan;
    CKN_TRY(ckn_estimate_plan_create(session->context, &job->options, job->pairs.planes,
                                     job->pairs.plane_count, &plan, error));
    ckn_code code = CKN_OK;
    for (size_t i = 0; i < job->arguments->repeat && code == CKN_OK; i++)
        code = run_once(job, plan, error);
    for (size_t i = 0; i < job->pairs.plane_count && code == CKN_OK; i++)
        code = ckn_estimate_plan_pair(plan, i, &job->fits[i], error);
    if (code == CKN_OK)
        code = ckn_cli_estimate_errors(job, plan, error);
    if (code == CKN_OK)
        code = keep_trials(job, plan, error);
    if (code == CKN_OK)
        code = ckn_cli_estimate_families(job, plan, error);
    if (code == CKN_OK)
        code = ckn_cli_estimate_quality(job, plan, error);
    ckn_estimate_plan_destroy(plan);
    ckn_cli_progress_clear(&session->progress);
    job->timing.setup = session->seconds_context + job->result.seconds_setup;
    return code == CKN_OK ? find_figures(job, error) : code;
}

static ckn_code write_uncertainty(const ckn_cli_estimate_job *job, ckn_error *error) {
    ckn_view errors = ckn_view_f64(job->errors, job->options.kernel_rows, job->options.kernel_cols);
    return ckn_cli_kernel_write(job->session, job->arguments->uncertainty_path, &errors,
                                &job->arguments->pair.files, NULL, 0, error);
}

static ckn_code write_outputs(void *pointer, ckn_error *error) {
    ckn_cli_estimate_job *job = pointer;
    const ckn_cli_estimate *arguments = job->arguments;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    if (arguments->kernel_path)
        CKN_TRY(ckn_cli_kernel_write(job->session, arguments->kernel_path, &kernel,
                                     &arguments->pair.files, job->kernel_note,
                                     sizeof job->kernel_note, error));
    if (arguments->uncertainty_path)
        CKN_TRY(write_uncertainty(job, error));
    if (arguments->history_path)
        CKN_TRY(ckn_cli_history_write(&job->history, arguments->history_path, error));
    if (arguments->mtf_path)
        CKN_TRY(ckn_cli_mtf_write(arguments->mtf_path, kernel, error));
    if (arguments->encircled_path)
        CKN_TRY(ckn_cli_encircled_write(arguments->encircled_path, kernel, error));
    if (arguments->report_path)
        CKN_TRY(ckn_cli_estimate_report(job, error));
    return ckn_cli_estimate_json(job, error);
}

static ckn_shape kernel_shape(const ckn_cli_estimate_job *job) {
    return (ckn_shape){job->options.kernel_rows, job->options.kernel_cols};
}

/* Of a format that does not tell its losses they may be anything. */
static double losses_of(const ckn_picture *picture) {
    return !picture->lossy[0] ? 0 : picture->lossy_sigma > 0 ? picture->lossy_sigma : INFINITY;
}

static void expect_losses(ckn_cli_estimate_job *job) {
    for (size_t i = 0; i < job->pairs.count; i++) {
        const ckn_cli_pair *pair = &job->pairs.pairs[i];
        job->options.loss_sigma = fmax(job->options.loss_sigma, losses_of(&pair->sharp));
        job->options.loss_sigma = fmax(job->options.loss_sigma, losses_of(&pair->blurred));
    }
}

static ckn_code perform(ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_cli_estimate *arguments = job->arguments;
    ckn_cli_solver_fill(&arguments->solver, arguments->pair.kernel, &job->options);
    job->options.robust = arguments->pair.masks.robust;
    CKN_TRY(ckn_cli_pairs_read(job->session, &arguments->pair,
                               job->options.solver == CKN_SOLVER_DIVISION, &job->pairs, error));
    expect_losses(job);
    CKN_TRY(ckn_cli_session_open(job->session, NULL, error));
    CKN_TRY(ckn_cli_estimate_place(job, error));
    const unsigned known = job->options.gain == CKN_GAIN_FIT ? (unsigned)CKN_PAIR_GAIN : 0U;
    CKN_TRY(ckn_cli_diagnose(job->session, &job->pairs, kernel_shape(job), known, &job->diagnosis,
                             error));
    CKN_TRY(allocate_results(job, error));
    CKN_TRY(ckn_cli_clipping_settle(job, error));
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
            .summary = "Estimates the kernel h with h * SHARP = BLURRED from two pictures (PNG, "
                       "NPY, JPEG, TIFF or FITS). BLURRED has SHARP's size ('same', cropped) or "
                       "the valid size. "
                       "Further pairs, which may differ in size, share the kernel.",
            .positionals = {"SHARP", "BLURRED", NULL},
            .positionals_repeat = true,
            .positional_target = TARGET(pair.files),
            .options = options,
            .option_count = sizeof options / sizeof options[0],
            .notes = "Examples:\n"
                     "  clkernest estimate sharp.png blurred.png --kernel-size 31 -o kernel.npy "
                     "--report report.png\n"
                     "  clkernest estimate a.png a-blurred.png b.png b-blurred.png -k 31 "
                     "--constraint simplex -o psf.npy\n",
        },
    .arguments_size = sizeof(ckn_cli_estimate),
    .defaults = set_defaults,
    .check = check,
    .run = run,
};
