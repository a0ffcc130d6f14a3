#include "base/clock.h"
#include "base/view.h"
#include "cli/command.h"
#include "cli/history.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/kernel_output.h"
#include "cli/kernel_shape.h"
#include "cli/output.h"
#include "cli/picture_notes.h"
#include "cli/random.h"
#include "cli/result_picture.h"
#include "cli/scene.h"

#include <stdlib.h>

/* Direct sums give the same bits in every run; beyond this many multiplications they take too
 * long. */
#define MOST_DIRECT_PRODUCTS 4e9

typedef struct simulate_arguments {
    ckn_cli_common common;
    const char *scene_text, *kernel_text;
    ckn_scene scene;
    ckn_kernel_spec kernel;
    ckn_shape size, kernel_size; /* 0 x 0: not given */
    double noise;
    uint64_t seed;
    int support;
    const char *sharp_path, *blurred_path, *kernel_path;
} simulate_arguments;

typedef struct simulate_job {
    const simulate_arguments *arguments;
    ckn_cli_session *session;
    ckn_shape kernel_shape;
    double *taps;
    ckn_picture sharp, blurred;
    double seconds;
    char kernel_note[512]; /* what ckn_kernel_write() had to say */
} simulate_job;

#define TARGET(member) offsetof(simulate_arguments, member)

static const ckn_cli_option options[] = {
    {.name = "scene",
     .argument = "SCENE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(scene_text),
     .help = "shapes (the default), square:SIDE, checker, noise, delta, or a picture file"},
    {.name = "size",
     .argument = "WxH",
     .type = CKN_CLI_SHAPE,
     .target = TARGET(size),
     .help = "size of a drawn scene (default 256x256)"},
    {.name = "kernel",
     .argument = "KERNEL",
     .type = CKN_CLI_TEXT,
     .target = TARGET(kernel_text),
     .help = "gaussian:SIGMA, box:SIDE, disc:RADIUS, motion:LENGTH,DEGREES, or a kernel file "
             "(default gaussian:2)"},
    {.name = "kernel-size",
     .letter = 'k',
     .argument = "N|WxH",
     .type = CKN_CLI_SHAPE,
     .target = TARGET(kernel_size),
     .help = "size of a drawn kernel (default: as large as it needs)"},
    {.name = "noise",
     .argument = "SIGMA",
     .type = CKN_CLI_REAL,
     .target = TARGET(noise),
     .help = "standard deviation of Gaussian noise added to the blurred picture (default 0)",
     .range = {0, 0, false}},
    {.name = "seed",
     .argument = "N",
     .type = CKN_CLI_SEED,
     .target = TARGET(seed),
     .help = "of everything that is random (default 0); the same seed gives the same files"},
    {.name = "support",
     .argument = "valid|same",
     .type = CKN_CLI_CHOICE,
     .target = TARGET(support),
     .help = "of the blurred picture: valid (the default), or same, the sharp one's size"},
    {.name = "sharp",
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(sharp_path),
     .help = "write the sharp picture: .npy, .tif or .fits (float64) or .png (16 bits)"},
    {.name = "blurred",
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(blurred_path),
     .help = "write the blurred picture: .npy, .tif or .fits (float64) or .png (16 bits)"},
    {.name = "kernel-out",
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(kernel_path),
     .help =
         "write the kernel: .npy, .csv, .tif, .fits, .png or .jpg; '-': CSV to standard output"},
};

static void set_defaults(void *pointer) {
    simulate_arguments *arguments = pointer;
    arguments->scene_text = "shapes";
    arguments->kernel_text = "gaussian:2";
}

enum { OUTPUTS = 3 };

static void list_outputs(const simulate_arguments *arguments, ckn_cli_output *outputs) {
    outputs[0] =
        (ckn_cli_output){"--sharp", arguments->sharp_path, ckn_picture_check_exact_path, false};
    outputs[1] =
        (ckn_cli_output){"--blurred", arguments->blurred_path, ckn_picture_check_exact_path, false};
    outputs[2] =
        (ckn_cli_output){"--kernel-out", arguments->kernel_path, ckn_kernel_check_path, true};
}

static ckn_code check(void *pointer, ckn_error *error) {
    simulate_arguments *arguments = pointer;
    ckn_shape shape;
    CKN_TRY(ckn_scene_parse(arguments->scene_text, &arguments->scene, error));
    CKN_TRY(ckn_kernel_spec_parse(arguments->kernel_text, &arguments->kernel, error));
    CKN_TRY(ckn_kernel_spec_shape(&arguments->kernel, arguments->kernel_size, &shape, error));
    if (arguments->scene.kind == CKN_SCENE_FILE && arguments->size.rows)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--size has no meaning with a scene from a file, which has its own size");
    if (!arguments->size.rows)
        arguments->size = (ckn_shape){256, 256};
    CKN_TRY(ckn_scene_check(&arguments->scene, arguments->size, error));
    if (!arguments->sharp_path && !arguments->blurred_path && !arguments->kernel_path)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "missing option: at least one of --sharp, --blurred and --kernel-out");
    ckn_cli_output outputs[OUTPUTS];
    list_outputs(arguments, outputs);
    CKN_TRY(ckn_cli_check_outputs(&arguments->common, outputs, OUTPUTS, error));
    const char *const files[] = {
        arguments->scene.kind == CKN_SCENE_FILE ? arguments->scene.path : NULL,
        arguments->kernel.kind == CKN_KERNEL_FILE ? arguments->kernel.path : NULL};
    const ckn_cli_words inputs = {files, 2};
    return ckn_cli_check_inputs(&arguments->common, &inputs, outputs, OUTPUTS, error);
}

static ckn_code make_inputs(simulate_job *job, ckn_error *error) {
    const simulate_arguments *arguments = job->arguments;
    ckn_interrupt_doing("while the scene was made");
    CKN_TRY(ckn_kernel_spec_shape(&arguments->kernel, arguments->kernel_size, &job->kernel_shape,
                                  error));
    CKN_TRY(ckn_kernel_spec_make(&arguments->kernel, &arguments->common.limits, &job->kernel_shape,
                                 &job->taps, error));
    CKN_TRY(ckn_scene_make(&arguments->scene, arguments->size, arguments->seed,
                           &arguments->common.limits, &job->sharp, error));
    if (job->sharp.has_alpha)
        ckn_cli_note(job->session, "%s: its alpha channel is ignored", arguments->scene_text);
    ckn_cli_picture_remark(job->session, arguments->scene_text, &job->sharp);
    bool larger =
        job->kernel_shape.rows > job->sharp.rows || job->kernel_shape.cols > job->sharp.cols;
    if (larger && arguments->blurred_path && arguments->support == CKN_SUPPORT_VALID)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the kernel (%zux%zu) is larger than the scene (%zux%zu): nothing is left "
                        "of the valid support",
                        job->kernel_shape.cols, job->kernel_shape.rows, job->sharp.cols,
                        job->sharp.rows);
    return ckn_cli_check_interrupt(error);
}

/* The colour planes alone, in float64, which every kind of output can be made from. */
static ckn_code widen_sharp(simulate_job *job, ckn_error *error) {
    ckn_picture *sharp = &job->sharp, wide;
    if (!sharp->data || (sharp->sample == CKN_SAMPLE_F64 && !sharp->has_alpha))
        return CKN_OK;
    CKN_TRY(ckn_picture_create(&wide, sharp->rows, sharp->cols, sharp->channels, false,
                               CKN_SAMPLE_F64, error));
    for (size_t i = 0; i < sharp->channels; i++) {
        ckn_view from = ckn_picture_view(sharp, i);
        ckn_output to = ckn_picture_output(&wide, i);
        for (size_t r = 0; r < to.rows; r++) {
            for (size_t c = 0; c < to.cols; c++)
                ckn_output_set(&to, r, c, ckn_view_at(&from, r, c));
        }
    }
    ckn_picture_release(sharp);
    *sharp = wide;
    return CKN_OK;
}

static ckn_code convolve(simulate_job *job, ckn_error *error) {
    const simulate_arguments *arguments = job->arguments;
    const ckn_picture *sharp = &job->sharp;
    ckn_support support = (ckn_support)arguments->support;
    size_t rows, cols;
    CKN_TRY(ckn_apply_size(sharp->rows, sharp->cols, job->kernel_shape.rows, job->kernel_shape.cols,
                           support, &rows, &cols, error));
    CKN_TRY(ckn_picture_create(&job->blurred, rows, cols, sharp->channels, false, CKN_SAMPLE_F64,
                               error));
    ckn_view kernel = ckn_view_f64(job->taps, job->kernel_shape.rows, job->kernel_shape.cols);
    double products = (double)rows * (double)cols * (double)kernel.rows * (double)kernel.cols;
    ckn_engine engine = products <= MOST_DIRECT_PRODUCTS ? CKN_ENGINE_DIRECT : CKN_ENGINE_AUTO;
    CKN_TRY(ckn_cli_session_open(job->session, "cpu", error));
    ckn_cli_watcher watcher = {job->session, NULL};
    const ckn_apply_options how = {
        .support = support, .engine = engine, .progress = ckn_cli_watch, .progress_user = &watcher};
    double start = ckn_seconds();
    for (size_t i = 0; i < sharp->channels; i++) {
        CKN_TRY(ckn_apply_with(job->session->context, &how, ckn_picture_view(sharp, i), kernel,
                               ckn_picture_output(&job->blurred, i), error));
        CKN_TRY(ckn_cli_check_interrupt(error));
    }
    job->seconds = ckn_seconds() - start;
    ckn_cli_progress_clear(&job->session->progress);
    return CKN_OK;
}

static void add_noise(simulate_job *job) {
    double sigma = job->arguments->noise;
    double *samples = job->blurred.data;
    size_t count = job->blurred.rows * job->blurred.cols * job->blurred.channels;
    if (sigma <= 0.0)
        return;
    for (size_t i = 0; i < count; i++)
        samples[i] += sigma * ckn_random_normal(job->arguments->seed, CKN_RANDOM_NOISE, i);
}

static double kernel_sum(const simulate_job *job) {
    double sum = 0.0;
    for (size_t i = 0; i < ckn_shape_count(job->kernel_shape); i++)
        sum += job->taps[i];
    return sum;
}

static ckn_code write_json(const simulate_job *job, ckn_error *error) {
    const simulate_arguments *arguments = job->arguments;
    if (!arguments->common.json)
        return CKN_OK;
    ckn_json object = ckn_json_begin(job->session);
    ckn_json_text(object, "scene", arguments->scene_text);
    ckn_json_text(object, "kernel", arguments->kernel_text);
    ckn_json_count(object, "rows", job->sharp.rows);
    ckn_json_count(object, "cols", job->sharp.cols);
    ckn_json_count(object, "channels", job->sharp.channels);
    ckn_json_count(object, "blurred_rows", job->blurred.rows);
    ckn_json_count(object, "blurred_cols", job->blurred.cols);
    ckn_json_text(object, "support", arguments->support ? "same" : "valid");
    ckn_json_count(object, "kernel_rows", job->kernel_shape.rows);
    ckn_json_count(object, "kernel_cols", job->kernel_shape.cols);
    ckn_json_real(object, "kernel_sum", kernel_sum(job));
    ckn_json_real(object, "noise", arguments->noise);
    ckn_json_integer(object, "seed", (int64_t)arguments->seed);
    ckn_json_real(object, "seconds_setup", job->session->seconds_context);
    ckn_json_real(object, "seconds_solve", job->seconds);
    return ckn_json_end(job->session, object, error);
}

static ckn_code write_outputs(void *pointer, ckn_error *error) {
    simulate_job *job = pointer;
    const simulate_arguments *arguments = job->arguments;
    const char *const file = arguments->kernel.path;
    const ckn_cli_words sources = {&file, arguments->kernel.kind == CKN_KERNEL_FILE};
    ckn_view kernel = ckn_view_f64(job->taps, job->kernel_shape.rows, job->kernel_shape.cols);
    if (arguments->sharp_path)
        CKN_TRY(ckn_cli_picture_write(job->session, arguments->sharp_path, &job->sharp, error));
    if (arguments->blurred_path)
        CKN_TRY(ckn_cli_picture_write(job->session, arguments->blurred_path, &job->blurred, error));
    if (arguments->kernel_path)
        CKN_TRY(ckn_cli_kernel_write(job->session, arguments->kernel_path, &kernel, &sources,
                                     job->kernel_note, sizeof job->kernel_note, error));
    return write_json(job, error);
}

static void print_summary(const simulate_job *job) {
    const simulate_arguments *arguments = job->arguments;
    ckn_cli_session *session = job->session;
    if (job->sharp.data)
        ckn_cli_line(session, "scene", "%s, %zux%zu%s", arguments->scene_text, job->sharp.cols,
                     job->sharp.rows, job->sharp.channels == 3 ? ", RGB" : "");
    ckn_cli_line(session, "kernel", "%s, %zux%zu, sum %.6f", arguments->kernel_text,
                 job->kernel_shape.cols, job->kernel_shape.rows, kernel_sum(job));
    if (job->blurred.data)
        ckn_cli_line(session, "blurred", "%zux%zu (%s), noise %g, seed %llu, by %s",
                     job->blurred.cols, job->blurred.rows, arguments->support ? "same" : "valid",
                     arguments->noise, (unsigned long long)arguments->seed, session->device_label);
    if (job->kernel_note[0])
        ckn_cli_line(session, "note", "%s", job->kernel_note);
    ckn_cli_output outputs[OUTPUTS];
    list_outputs(arguments, outputs);
    ckn_cli_written_line(session, outputs, OUTPUTS);
}

static ckn_code perform(simulate_job *job, ckn_error *error) {
    CKN_TRY(make_inputs(job, error));
    CKN_TRY(widen_sharp(job, error));
    if (job->arguments->blurred_path) {
        CKN_TRY(convolve(job, error));
        add_noise(job);
    }
    CKN_TRY(ckn_cli_write_together(write_outputs, job, error));
    print_summary(job);
    return CKN_OK;
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    simulate_job job = {.arguments = pointer, .session = session};
    ckn_code code = perform(&job, error);
    ckn_picture_release(&job.sharp);
    ckn_picture_release(&job.blurred);
    free(job.taps);
    return code;
}

const ckn_cli_command ckn_command_simulate = {
    .syntax =
        {
            .command = "simulate",
            .summary = "Makes test pairs: a sharp picture, a known kernel, and their convolution. "
                       "Works on the CPU backend unless --device or CLKERNEST_DEVICE says "
                       "otherwise.",
            .options = options,
            .option_count = sizeof options / sizeof options[0],
            .notes = "Example:\n"
                     "  clkernest simulate --scene shapes --size 400x300 --kernel motion:9,30 \\\n"
                     "      --sharp sharp.png --blurred blurred.png --kernel-out true.npy\n",
        },
    .arguments_size = sizeof(simulate_arguments),
    .defaults = set_defaults,
    .check = check,
    .run = run,
};
