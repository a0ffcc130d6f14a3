#include "cli/clipping_notes.h"
#include "cli/command.h"
#include "cli/estimate_job.h"
#include "cli/kernel_curves.h"
#include "cli/kernel_output.h"
#include "cli/kernel_words.h"
#include "cli/output.h"

#include <math.h>
#include <stdlib.h>

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
    {.name = "model",
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(model_path),
     .help = "write h * SHARP with gain and background, in BLURRED's size and in the units that "
             "it is read in (8 and 16 bits: 1 is full scale), NaN where nothing was fitted: .npy, "
             ".tif or .fits; of the first pair"},
    {.name = "residual",
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(residual_path),
     .help = "write BLURRED minus that model, likewise"},
    CKN_CLI_SOLVER_OPTION_LINES(ckn_cli_estimate, solver),
    {.name = "history",
     .argument = "FILE.csv",
     .type = CKN_CLI_TEXT,
     .target = TARGET(history_path),
     .help = "fista, gd, cg: write iteration, objective, residual_norm, step, restarted"},
    {.name = "report",
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(report_path),
     .help = "draw one figure (.png, .pdf or .svg): pictures, model, residual, kernel, "
             "cross-sections, transfer function, and the numbers; of the first pair"},
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
    {.name = "strict",
     .type = CKN_CLI_FLAG,
     .target = TARGET(strict),
     .help = "exit with status 3 where no convolution explains the pictures; everything is "
             "written all the same"},
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

enum { OUTPUTS = 8 };

static void list_outputs(const ckn_cli_estimate *arguments, ckn_cli_output *outputs) {
    outputs[0] = (ckn_cli_output){"--output", arguments->kernel_path, ckn_kernel_check_path, true};
    outputs[1] =
        (ckn_cli_output){"--uncertainty", arguments->uncertainty_path, ckn_cli_check_numbers, true};
    outputs[2] =
        (ckn_cli_output){"--history", arguments->history_path, ckn_cli_check_history, false};
    outputs[3] = (ckn_cli_output){"--report", arguments->report_path, ckn_cli_check_figure, false};
    outputs[4] = (ckn_cli_output){"--mtf", arguments->mtf_path, ckn_cli_check_curve, false};
    outputs[5] =
        (ckn_cli_output){"--encircled", arguments->encircled_path, ckn_cli_check_curve, false};
    outputs[6] = (ckn_cli_output){"--model", arguments->model_path, ckn_cli_check_real, false};
    outputs[7] =
        (ckn_cli_output){"--residual", arguments->residual_path, ckn_cli_check_real, false};
}

static ckn_code check(void *pointer, ckn_error *error) {
    ckn_cli_estimate *arguments = pointer;
    arguments->pair.kernel = arguments->kernel_size.shape;
    arguments->pair.cuts = true;
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
    ckn_cli_output outputs[OUTPUTS];
    list_outputs(arguments, outputs);
    CKN_TRY(
        ckn_cli_check_files(&arguments->common, &arguments->pair.files, outputs, OUTPUTS, error));
    return ckn_cli_check_inputs(&arguments->common, &arguments->pair.files, outputs, OUTPUTS,
                                error);
}

ckn_view ckn_cli_estimate_kernel(const ckn_cli_estimate_job *job) {
    return ckn_view_f64(job->kernel, job->options.kernel_rows, job->options.kernel_cols);
}

size_t ckn_cli_estimate_taps(const ckn_cli_estimate_job *job) {
    const ckn_frame *frame = &ckn_answer_get(job->answer)->frame;
    return frame->rows * frame->cols;
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

static void release(ckn_cli_estimate_job *job) {
    ckn_cli_pairs_release(&job->pairs);
    ckn_cli_diagnosis_release(&job->diagnosis);
    ckn_cli_history_release(&job->history);
    ckn_cli_timing_release(&job->timing);
    free(job->place_note);
    ckn_answer_destroy(job->answer);
}

static ckn_code find_figures(ckn_cli_estimate_job *job, ckn_error *error) {
    const double none = (double)NAN;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    job->sharpness = (ckn_kernel_sharpness){none, none, none, {none, none, none}};
    CKN_TRY(ckn_kernel_figures_compute(kernel, &job->figures, error));
    if (kernel.rows * kernel.cols > MOST_TAPS_OF_CURVES)
        return CKN_OK;
    return ckn_kernel_sharpness_compute(kernel, &job->sharpness, error);
}

static ckn_code write_uncertainty(const ckn_cli_estimate_job *job, ckn_error *error) {
    ckn_view errors = ckn_view_f64(job->errors, job->options.kernel_rows, job->options.kernel_cols);
    return ckn_cli_kernel_write_at(job->session, job->arguments->uncertainty_path, &errors,
                                   ckn_cli_estimate_offset(job), &job->arguments->pair.files, NULL,
                                   0, error);
}

static ckn_code write_outputs(void *pointer, ckn_error *error) {
    ckn_cli_estimate_job *job = pointer;
    const ckn_cli_estimate *arguments = job->arguments;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    if (arguments->kernel_path)
        CKN_TRY(ckn_cli_kernel_write_at(job->session, arguments->kernel_path, &kernel,
                                        ckn_cli_estimate_offset(job), &arguments->pair.files,
                                        job->kernel_note, sizeof job->kernel_note, error));
    if (arguments->uncertainty_path)
        CKN_TRY(write_uncertainty(job, error));
    if (arguments->model_path)
        CKN_TRY(ckn_cli_estimate_write_model(job, error));
    if (arguments->residual_path)
        CKN_TRY(ckn_cli_estimate_write_residual(job, error));
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

/* Whether the verdict names what BLURRED's fine detail comes from; that the two were swapped it
 * does not look for. */
static bool explains_detail(const ckn_verdict *verdict) {
    return verdict->cause != CKN_CAUSE_EDGES && verdict->cause != CKN_CAUSE_UNKNOWN;
}

/* Warnings of the diagnosis that the answer makes needless, or contradicts. */
static unsigned warnings_answered(const ckn_cli_estimate_job *job) {
    const ckn_identified *found = ckn_answer_get(job->answer);
    const ckn_view kernel = ckn_cli_estimate_kernel(job);
    unsigned answered = 0;
    if (job->options.gain == CKN_GAIN_FIT)
        answered |= CKN_PAIR_GAIN;
    if (found->clipped) /* which tells it better */
        answered |= CKN_PAIR_SHARP_CLIPPED | CKN_PAIR_BLURRED_CLIPPED;
    if (!found->verdict)
        return answered;
    if (found->verdict->kind == CKN_VERDICT_NONE)
        return answered | CKN_PAIR_OFFSET | CKN_PAIR_GAIN | CKN_PAIR_SMOOTH |
               (explains_detail(found->verdict) ? CKN_PAIR_SHARPER : 0);
    if (found->verdict->cause == CKN_CAUSE_NOTHING)
        answered |= CKN_PAIR_OFFSET; /* what a background holds, the fit has */
    if (ckn_cli_is_signed_kernel(&kernel))
        answered |= CKN_PAIR_SHARPER;
    return answered;
}

static ckn_code perform(ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_cli_estimate *arguments = job->arguments;
    ckn_cli_solver_fill(&arguments->solver, arguments->pair.kernel, &job->options);
    job->options.robust = arguments->pair.masks.robust;
    CKN_TRY(ckn_cli_pairs_read(job->session, &arguments->pair,
                               job->options.solver == CKN_SOLVER_DIVISION, &job->pairs, error));
    expect_losses(job);
    CKN_TRY(ckn_cli_session_open(job->session, NULL, error));
    CKN_TRY(ckn_cli_estimate_solve(job, error));
    CKN_TRY(find_figures(job, error));
    const ckn_frame *frame = &ckn_answer_get(job->answer)->frame;
    CKN_TRY(ckn_cli_diagnose(job->session, &job->pairs, (ckn_shape){frame->rows, frame->cols},
                             warnings_answered(job), &job->diagnosis, error));
    ckn_cli_clipping_tell(job);
    CKN_TRY(ckn_cli_estimate_note_place(job, error));
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
            .summary = "Estimates the kernel h with h * SHARP = BLURRED from two pictures. They "
                       "are PNG, NPY, JPEG, TIFF or FITS files. BLURRED has SHARP's size ('same', "
                       "cropped) or "
                       "the valid size. "
                       "Further pairs, which may differ in size, share the kernel.",
            .positionals = {"SHARP", "BLURRED", NULL},
            .positionals_repeat = true,
            .positional_target = TARGET(pair.files),
            .options = options,
            .option_count = sizeof options / sizeof options[0],
            .notes =
                "Without -o and the like, the summary is printed and nothing is written.\n"
                "Examples:\n"
                "  clkernest estimate sharp.png blurred.png\n"
                "  clkernest estimate sharp.png blurred.png --kernel-size 31 -o kernel.npy \\\n"
                "      --report report.png\n"
                "  clkernest estimate a.png a-blurred.png b.png b-blurred.png -k 31 \\\n"
                "      --constraint simplex -o psf.npy\n",
        },
    .arguments_size = sizeof(ckn_cli_estimate),
    .defaults = set_defaults,
    .check = check,
    .run = run,
};
