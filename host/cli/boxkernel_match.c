/* `boxkernel --match`: the box that is nearest to a kernel, and how to blur by it. */
#include "cli/boxkernel.h"

#include "base/memory.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/kernel_output.h"
#include "cli/report/report.h"
#include "io/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An l1 error above this means another shape: as much as a box of one or two passes is from a
 * Gaussian (0.39, 0.10). */
#define FAR 0.2

enum { MOST_PASSES = 10 };

/* One axis of the kernel and of its box. */
typedef struct axis {
    ckn_box_match match;
    double *marginal; /* of the kernel, of sum 1 */
    double *taps;     /* of the composed box; a single 1 where the kernel has one tap */
    size_t marginal_count, taps_count;
} axis;

typedef struct match_job {
    const ckn_boxkernel_arguments *arguments;
    ckn_cli_session *session;
    double *kernel;
    size_t rows, cols;
    axis x, y;
    double *composed;  /* the product of the two boxes */
    double product_l1; /* of the kernel against the product of its marginals */
    char command[256]; /* what to type */
    char kernel_note[512];
} match_job;

/* The kernel's name and, where nothing can be matched, why. */
static ckn_code read_kernel(match_job *job, ckn_error *error) {
    const char *path = job->arguments->match_path;
    size_t most = job->arguments->passes ? job->arguments->passes : MOST_PASSES;
    ckn_interrupt_doing("while the kernel was read");
    CKN_TRY(ckn_kernel_read(path, &job->arguments->common.limits, &job->kernel, &job->rows,
                            &job->cols, error));
    if (job->rows == 1 && job->cols == 1)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "%s: a kernel of one tap blurs nothing, so no box is like it", path);
    ckn_view kernel = ckn_view_f64(job->kernel, job->rows, job->cols);
    ckn_interrupt_doing("while the box was sought");
    ckn_code code = ckn_extended_box_match(kernel, most, &job->x.match, &job->y.match, error);
    return code == CKN_OK ? CKN_OK : ckn_fail_prefix(error, "%s", path);
}

static ckn_code prepare_axis(axis *line, size_t count, ckn_error *error) {
    const ckn_extended_box *box = &line->match.box;
    line->marginal_count = count;
    line->taps_count = box->passes ? ckn_extended_box_length(box) : 1;
    CKN_TRY(ckn_allocate(&line->marginal, count, sizeof *line->marginal, "a marginal", error));
    CKN_TRY(ckn_allocate(&line->taps, line->taps_count, sizeof *line->taps, "the composed kernel",
                         error));
    line->taps[0] = 1;
    return box->passes ? ckn_extended_box_compose(box, line->taps, error) : CKN_OK;
}

/* Marginals, and how far the kernel is from their product: boxes along x and y make nothing else,
 * however well they fit each marginal. */
static void compute_marginals(match_job *job) {
    double sum = 0;
    for (size_t i = 0; i < job->rows * job->cols; i++)
        sum += job->kernel[i];
    for (size_t i = 0; i < job->rows * job->cols; i++) {
        job->x.marginal[i % job->cols] += job->kernel[i] / sum;
        job->y.marginal[i / job->cols] += job->kernel[i] / sum;
    }
    for (size_t i = 0; i < job->rows * job->cols; i++)
        job->product_l1 += fabs(job->kernel[i] / sum -
                                job->y.marginal[i / job->cols] * job->x.marginal[i % job->cols]);
}

static ckn_code compose_product(match_job *job, ckn_error *error) {
    size_t rows = job->y.taps_count, cols = job->x.taps_count, count;
    if (!ckn_multiply(rows, cols, &count))
        count = (size_t)-1; /* which is refused with a message */
    CKN_TRY(
        ckn_allocate(&job->composed, count, sizeof *job->composed, "the matched kernel", error));
    for (size_t i = 0; i < count; i++)
        job->composed[i] = job->y.taps[i / cols] * job->x.taps[i % cols];
    return CKN_OK;
}

static size_t most_passes(const match_job *job) {
    const size_t x = job->x.match.box.passes, y = job->y.match.box.passes;
    return x > y ? x : y;
}

/* Both axes are blurred, and not alike. */
static bool has_two_numbers_of_passes(const match_job *job) {
    const size_t x = job->x.match.box.passes, y = job->y.match.box.passes;
    return x > 0 && y > 0 && x != y;
}

/* `blur` has one number of passes for both axes: where they differ, the larger, which is the nearer
 * to a Gaussian. Ten digits of sigma leave nothing that float32 would show. */
static void write_command(match_job *job) {
    snprintf(job->command, sizeof job->command,
             "clkernest blur IMAGE --method box --sigma-x %.10g --sigma-y %.10g --passes %zu "
             "--no-correction -o OUT",
             job->x.match.box.sigma, job->y.match.box.sigma, most_passes(job));
}

static bool is_near(const match_job *job) {
    return job->x.match.l1 <= FAR && job->y.match.l1 <= FAR && job->product_l1 <= FAR;
}

/* Writes the figures of one axis, each name with its letter. */
static void add_axis(ckn_json object, const axis *line, char letter) {
    const ckn_box_match *match = &line->match;
    const struct {
        const char *name;
        double value;
    } reals[] = {
        {"sigma", match->box.sigma},
        {"alpha", match->box.alpha},
        {"lambda", match->box.lambda},
        {"shift", match->shift},
        {"error_l1", match->l1},
        {"error_l2", match->l2},
        {"gaussian_l1", match->gaussian_l1},
    };
    char key[32];
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        snprintf(key, sizeof key, "%s_%c", reals[i].name, letter);
        ckn_json_real(object, key, reals[i].value);
    }
    snprintf(key, sizeof key, "passes_%c", letter);
    ckn_json_count(object, key, match->box.passes);
    snprintf(key, sizeof key, "l_%c", letter);
    ckn_json_count(object, key, match->box.l);
}

static ckn_code write_json(const match_job *job, ckn_error *error) {
    if (!job->arguments->common.json)
        return CKN_OK;
    ckn_json object = ckn_json_begin(job->session);
    ckn_json_text(object, "kernel", job->arguments->match_path);
    ckn_json_count(object, "kernel_rows", job->rows);
    ckn_json_count(object, "kernel_cols", job->cols);
    add_axis(object, &job->x, 'x');
    add_axis(object, &job->y, 'y');
    ckn_json_real(object, "product_l1", job->product_l1);
    ckn_json_flag(object, "near", is_near(job));
    ckn_json_text(object, "blur", job->command);
    return ckn_json_end(job->session, object, error);
}

/* Which kernel, and what became of the axis that is not drawn. */
static void write_note(const match_job *job, char *note, size_t size) {
    const char *slash = strrchr(job->arguments->match_path, '/');
    const char *name = slash ? slash + 1 : job->arguments->match_path;
    if (job->cols > 1 && job->rows > 1)
        snprintf(note, size,
                 "%s, summed over its rows; only x is drawn (along y: sigma %.5g, passes %zu, l1 "
                 "%.3g; product of the two: l1 %.3g)",
                 name, job->y.match.box.sigma, job->y.match.box.passes, job->y.match.l1,
                 job->product_l1);
    else
        snprintf(note, size, "%s, of one %s", name, job->rows == 1 ? "row" : "column");
}

/* The figure shows x, or y where the kernel is a column. */
static ckn_code write_report(const match_job *job, ckn_error *error) {
    const axis *line = job->cols > 1 ? &job->x : &job->y;
    char note[512];
    write_note(job, note, sizeof note);
    ckn_box_report report = {
        .box = &line->match.box,
        .taps = line->taps,
        .taps_count = line->taps_count,
        .measured = line->marginal,
        .measured_count = line->marginal_count,
        .measured_first = -0.5 * (double)(line->marginal_count - 1) - line->match.shift,
        .axis = job->cols > 1 ? 'x' : 'y',
        .is_far = !is_near(job),
        .match_l1 = line->match.l1,
        .match_l2 = line->match.l2,
        .match_note = note,
    };
    CKN_TRY(ckn_extended_box_errors(report.box, &report.errors, error));
    return ckn_report_box(job->arguments->report_path, &report, error);
}

static ckn_code write_outputs(void *pointer, ckn_error *error) {
    match_job *job = pointer;
    const ckn_boxkernel_arguments *arguments = job->arguments;
    if (arguments->kernel_path) {
        const ckn_cli_words sources = {&arguments->match_path, 1};
        CKN_TRY(compose_product(job, error));
        ckn_view kernel = ckn_view_f64(job->composed, job->y.taps_count, job->x.taps_count);
        CKN_TRY(ckn_cli_kernel_write(job->session, arguments->kernel_path, &kernel, &sources,
                                     job->kernel_note, sizeof job->kernel_note, error));
    }
    if (arguments->report_path)
        CKN_TRY(write_report(job, error));
    return write_json(job, error);
}

static void print_axis(ckn_cli_session *session, const axis *line, char letter) {
    const ckn_box_match *match = &line->match;
    char label[16];
    snprintf(label, sizeof label, "sigma_%c", letter);
    if (match->box.passes == 0) {
        ckn_cli_line(session, label, "0 (one tap: not blurred along %c)", letter);
        return;
    }
    ckn_cli_line(session, label, "%.8g", match->box.sigma);
    snprintf(label, sizeof label, "passes_%c", letter);
    ckn_cli_line(session, label, "%zu (each: l %zu, alpha %.8g)", match->box.passes, match->box.l,
                 match->box.alpha);
    snprintf(label, sizeof label, "shift_%c", letter);
    ckn_cli_line(session, label, "%.4f pixels from the middle",
                 round(1e4 * match->shift) / 1e4 + 0.0); /* never -0.0000 */
    snprintf(label, sizeof label, "errors_%c", letter);
    ckn_cli_line(session, label, "l1 %.4g, l2 %.4g (the Gaussian of the same variance: l1 %.4g)",
                 match->l1, match->l2, match->gaussian_l1);
}

static void print_summary(const match_job *job) {
    ckn_cli_session *session = job->session;
    ckn_cli_line(session, "kernel", "%s, %zux%zu", job->arguments->match_path, job->cols,
                 job->rows);
    print_axis(session, &job->x, 'x');
    print_axis(session, &job->y, 'y');
    ckn_cli_line(session, "product", "l1 %.4g (the kernel against the product of its marginals)",
                 job->product_l1);
    ckn_cli_line(session, is_near(job) ? "to blur so" : "nearest", "%s", job->command);
    if (has_two_numbers_of_passes(job))
        ckn_cli_line(
            session, "note",
            "blur takes %zu passes along both axes; for x with %zu and y with %zu blur twice, "
            "with --sigma-y 0 and then with --sigma-x 0",
            most_passes(job), job->x.match.box.passes, job->y.match.box.passes);
    if (!is_near(job))
        ckn_cli_line(session, "note",
                     "not near: this kernel has another shape than any blur by Gaussians or boxes "
                     "along x and y; to blur by the kernel itself: clkernest apply");
    if (job->kernel_note[0])
        ckn_cli_line(session, "note", "%s", job->kernel_note);
    ckn_cli_output outputs[CKN_BOXKERNEL_OUTPUTS];
    ckn_boxkernel_list_outputs(job->arguments, outputs);
    ckn_cli_written_line(session, outputs, CKN_BOXKERNEL_OUTPUTS);
}

static ckn_code perform(match_job *job, ckn_error *error) {
    CKN_TRY(read_kernel(job, error));
    CKN_TRY(prepare_axis(&job->x, job->cols, error));
    CKN_TRY(prepare_axis(&job->y, job->rows, error));
    compute_marginals(job);
    write_command(job);
    CKN_TRY(ckn_cli_check_interrupt(error));
    CKN_TRY(ckn_cli_write_together(write_outputs, job, error));
    print_summary(job);
    return CKN_OK;
}

ckn_code ckn_boxkernel_match(const ckn_boxkernel_arguments *arguments, ckn_cli_session *session,
                             ckn_error *error) {
    match_job job = {.arguments = arguments, .session = session};
    ckn_code code = perform(&job, error);
    free(job.kernel);
    free(job.x.marginal);
    free(job.y.marginal);
    free(job.x.taps);
    free(job.y.taps);
    free(job.composed);
    return code;
}
