#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/result_picture.h"
#include "cli/target.h"

#include <math.h>

#define SIDE 1024

typedef struct target_arguments {
    ckn_cli_common common;
    int pattern, bits;
    ckn_shape size; /* 0 x 0: not given */
    size_t cell, margin;
    bool marks;
    uint64_t seed;
    const char *path;
} target_arguments;

/* Contrast is what tells a pattern from noise: `deviation` is at most 0.5. */
typedef struct target_job {
    const target_arguments *arguments;
    ckn_cli_session *session;
    ckn_target target;
    ckn_target_layout layout;
    ckn_picture picture;
    double mean, deviation;
} target_job;

#define TARGET(member) offsetof(target_arguments, member)

static const ckn_cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(path),
     .help = "write the target: .png, .tif, .npy or .fits; required"},
    {.name = "pattern",
     .argument = "binary|spectrum",
     .type = CKN_CLI_CHOICE,
     .target = TARGET(pattern),
     .help = "black and white cells (the default), or greys with a flat spectrum, for devices "
             "that show greys truly"},
    {.name = "size",
     .argument = "WxH",
     .type = CKN_CLI_SHAPE,
     .target = TARGET(size),
     .help = "of the whole picture (default 1024x1024)"},
    {.name = "cell",
     .argument = "N",
     .type = CKN_CLI_COUNT,
     .target = TARGET(cell),
     .help = "side of a cell in pixels (default 1); the band of spectrum ends at 1/(2N)",
     .range = {1, 4096, false}},
    {.name = "margin",
     .argument = "N",
     .type = CKN_CLI_COUNT,
     .target = TARGET(margin),
     .help = "width of the white margin (default: a twelfth of the smaller side, at least 16; 0 "
             "with --no-marks)",
     .range = {0, 1e6, false}},
    {.name = "no-marks",
     .type = CKN_CLI_CLEAR,
     .target = TARGET(marks),
     .help = "leave out the registration marks in the corners"},
    {.name = "bits",
     .argument = "8|16",
     .type = CKN_CLI_CHOICE,
     .target = TARGET(bits),
     .help = "depth of the file (default 8)"},
    {.name = "seed",
     .argument = "N",
     .type = CKN_CLI_SEED,
     .target = TARGET(seed),
     .help = "of the pattern (default 0); the same seed gives the same file"},
};

static void set_defaults(void *pointer) {
    target_arguments *arguments = pointer;
    arguments->size = (ckn_shape){SIDE, SIDE};
    arguments->cell = 1;
    arguments->margin = CKN_TARGET_MARGIN_AUTO;
    arguments->marks = true;
}

static ckn_target describe(const target_arguments *arguments) {
    return (ckn_target){.pattern = (ckn_target_pattern)arguments->pattern,
                        .size = arguments->size,
                        .cell = arguments->cell,
                        .margin = arguments->margin,
                        .marks = arguments->marks,
                        .seed = arguments->seed};
}

static ckn_cli_output output_of(const target_arguments *arguments) {
    return (ckn_cli_output){"--output", arguments->path, ckn_picture_check_exact_path, false};
}

static ckn_code check(void *pointer, ckn_error *error) {
    target_arguments *arguments = pointer;
    const ckn_target target = describe(arguments);
    ckn_target_layout layout;
    if (!arguments->path)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "missing option: -o FILE for the target");
    CKN_TRY(ckn_target_place_all(&target, &layout, error));
    const ckn_cli_output output = output_of(arguments);
    return ckn_cli_check_outputs(&arguments->common, &output, 1, error);
}

static void measure(target_job *job) {
    const ckn_target_layout *layout = &job->layout;
    ckn_view whole = ckn_picture_view(&job->picture, 0);
    ckn_view area = ckn_view_part(&whole, layout->row, layout->col, layout->area);
    double sum = 0.0, squares = 0.0, count = (double)ckn_shape_count(layout->area);
    for (size_t r = 0; r < area.rows; r++) {
        for (size_t c = 0; c < area.cols; c++) {
            double value = ckn_view_at(&area, r, c);
            sum += value;
            squares += value * value;
        }
    }
    job->mean = sum / count;
    job->deviation = sqrt(fmax(squares / count - job->mean * job->mean, 0.0));
}

static ckn_code draw(target_job *job, ckn_error *error) {
    ckn_interrupt_doing("while the target was drawn");
    CKN_TRY(ckn_target_place_all(&job->target, &job->layout, error));
    CKN_TRY(ckn_picture_create(&job->picture, job->target.size.rows, job->target.size.cols, 1,
                               false, CKN_SAMPLE_F64, error));
    CKN_TRY(ckn_target_draw(&job->target, &job->layout, job->picture.data, error));
    measure(job);
    return CKN_OK;
}

static void add_marks(ckn_json object, const ckn_target_layout *layout) {
    ckn_json list = ckn_json_list(object, "marks");
    for (size_t i = 0; i < CKN_TARGET_MARKS && layout->radius > 0.0; i++) {
        ckn_json mark = ckn_json_append_object(list);
        ckn_json_text(mark, "corner", ckn_target_mark_corner(i));
        ckn_json_text(mark, "shape", ckn_target_mark_name(i));
        ckn_json_real(mark, "x", layout->marks[i].col);
        ckn_json_real(mark, "y", layout->marks[i].row);
        ckn_json_real(mark, "radius", layout->radius);
    }
}

static const char *pattern_name(const target_job *job) {
    return job->target.pattern == CKN_TARGET_BINARY ? "binary" : "spectrum";
}

static ckn_code write_json(const target_job *job, ckn_error *error) {
    if (!job->arguments->common.json)
        return CKN_OK;
    ckn_json object = ckn_json_begin(job->session);
    ckn_json_text(object, "pattern", pattern_name(job));
    ckn_json_count(object, "rows", job->picture.rows);
    ckn_json_count(object, "cols", job->picture.cols);
    ckn_json_count(object, "cell", job->target.cell);
    ckn_json_count(object, "margin", job->layout.margin);
    ckn_json_integer(object, "seed", (int64_t)job->target.seed);
    ckn_json_count(object, "pattern_row", job->layout.row);
    ckn_json_count(object, "pattern_col", job->layout.col);
    ckn_json_count(object, "pattern_rows", job->layout.area.rows);
    ckn_json_count(object, "pattern_cols", job->layout.area.cols);
    ckn_json_real(object, "mean", job->mean);
    ckn_json_real(object, "std", job->deviation);
    add_marks(object, &job->layout);
    return ckn_json_end(job->session, object, error);
}

static ckn_code write_outputs(void *pointer, ckn_error *error) {
    target_job *job = pointer;
    job->picture.sample = job->arguments->bits ? CKN_SAMPLE_U16 : CKN_SAMPLE_U8;
    CKN_TRY(ckn_cli_picture_write(job->session, job->arguments->path, &job->picture, error));
    return write_json(job, error);
}

static void print_summary(const target_job *job) {
    const ckn_target_layout *layout = &job->layout;
    ckn_cli_session *session = job->session;
    ckn_cli_line(session, "target", "%zux%zu, %s, %s of %zu pixel%s, seed %llu", job->picture.cols,
                 job->picture.rows, pattern_name(job),
                 job->target.pattern == CKN_TARGET_BINARY ? "cells" : "finest detail",
                 job->target.cell, job->target.cell == 1 ? "" : "s",
                 (unsigned long long)job->target.seed);
    ckn_cli_line(session, "pattern", "%zu,%zu,%zux%zu (as --roi), mean %.3f, std dev %.3f",
                 layout->col, layout->row, layout->area.cols, layout->area.rows, job->mean,
                 job->deviation);
    for (size_t i = 0; i < CKN_TARGET_MARKS && layout->radius > 0.0; i++)
        ckn_cli_line(session, "mark", "x %.1f, y %.1f: %s, %s", layout->marks[i].col,
                     layout->marks[i].row, ckn_target_mark_corner(i), ckn_target_mark_name(i));
    const ckn_cli_output output = output_of(job->arguments);
    ckn_cli_written_line(session, &output, 1);
}

static ckn_code perform(target_job *job, ckn_error *error) {
    CKN_TRY(draw(job, error));
    CKN_TRY(ckn_cli_write_together(write_outputs, job, error));
    print_summary(job);
    return CKN_OK;
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    target_job job = {.arguments = pointer, .session = session};
    job.target = describe(job.arguments);
    ckn_code code = perform(&job, error);
    ckn_picture_release(&job.picture);
    return code;
}

const ckn_cli_command ckn_command_target = {
    .syntax =
        {
            .command = "target",
            .summary = "Draws a calibration target, a pattern that determines kernels best. Print "
                       "or show it, and photograph it sharply and blurred.",
            .options = options,
            .option_count = sizeof options / sizeof options[0],
            .notes = "Example: clkernest target --size 1200x900 -o target.png\n",
        },
    .arguments_size = sizeof(target_arguments),
    .defaults = set_defaults,
    .check = check,
    .run = run,
};
