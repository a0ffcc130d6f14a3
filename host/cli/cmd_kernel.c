#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/kernel_difference.h"
#include "cli/output.h"
#include "io/picture.h"

#include <math.h>
#include <stdlib.h>

typedef struct kernel_arguments {
    ckn_cli_common common;
    ckn_cli_words files; /* A, B */
} kernel_arguments;

typedef struct kernel_job {
    const kernel_arguments *arguments;
    ckn_cli_session *session;
    ckn_cli_kernel kernels[2];
    ckn_cli_difference plain; /* each tap with that of the same displacement */
    bool matched;             /* the best displacement was sought */
    ckn_kernel_offset best;   /* of B, and what is left there */
    ckn_cli_difference moved;
} kernel_job;

/* A product of taps and displacements is sought for; with larger kernels it would take minutes. */
static const double most_products = 2e10;

static ckn_code check(void *pointer, ckn_error *error) {
    kernel_arguments *arguments = pointer;
    CKN_TRY(ckn_cli_check_files(&arguments->common, &arguments->files, NULL, 0, error));
    return ckn_cli_check_inputs(&arguments->common, &arguments->files, NULL, 0, error);
}

static double sum_of(const ckn_cli_kernel *kernel) {
    double sum = 0.0;
    for (size_t i = 0; i < kernel->rows * kernel->cols; i++)
        sum += kernel->taps[i];
    return sum;
}

static double largest_of(const ckn_cli_kernel *kernel) {
    double largest = 0.0;
    for (size_t i = 0; i < kernel->rows * kernel->cols; i++)
        largest = fabs(kernel->taps[i]) > fabs(largest) ? kernel->taps[i] : largest;
    return largest;
}

static ckn_code read_kernel(kernel_job *job, size_t index, ckn_error *error) {
    ckn_cli_kernel *kernel = &job->kernels[index];
    const char *path = job->arguments->files.word[index];
    CKN_TRY(ckn_kernel_read_at(path, &job->arguments->common.limits, &kernel->taps, &kernel->rows,
                               &kernel->cols, &kernel->offset, error));
    const ckn_view view = ckn_view_f64(kernel->taps, kernel->rows, kernel->cols);
    return ckn_view_check_finite(&view, path, error);
}

static void compare(kernel_job *job) {
    const ckn_cli_kernel *a = &job->kernels[0], *b = &job->kernels[1];
    const double taps = (double)a->rows * (double)a->cols;
    const double places = (double)(a->rows + b->rows) * (double)(a->cols + b->cols);
    ckn_interrupt_doing("while the kernels were compared");
    job->plain = ckn_cli_kernel_compare(a, b, (ckn_kernel_offset){0, 0});
    job->matched = taps * places <= most_products;
    if (job->matched)
        job->best = ckn_cli_kernel_match(a, b);
    job->moved = ckn_cli_kernel_compare(a, b, job->best);
}

static void add_kernel(ckn_json parent, const char *name, const kernel_job *job, size_t index) {
    const ckn_cli_kernel *kernel = &job->kernels[index];
    ckn_json object = ckn_json_object(parent, name);
    ckn_json_text(object, "file", job->arguments->files.word[index]);
    ckn_json_count(object, "rows", kernel->rows);
    ckn_json_count(object, "cols", kernel->cols);
    ckn_json_real(object, "sum", sum_of(kernel));
    ckn_json_real(object, "largest_tap", largest_of(kernel));
    ckn_json shift = ckn_json_object(object, "shift");
    ckn_json_integer(shift, "x", (int64_t)kernel->offset.col);
    ckn_json_integer(shift, "y", (int64_t)kernel->offset.row);
}

static void add_difference(ckn_json object, const ckn_cli_difference *difference) {
    ckn_json_real(object, "relative_l2", difference->l2);
    ckn_json_real(object, "largest_difference", difference->largest);
    ckn_json at = ckn_json_object(object, "at");
    ckn_json_integer(at, "x", (int64_t)difference->col);
    ckn_json_integer(at, "y", (int64_t)difference->row);
}

static ckn_code write_json(void *pointer, ckn_error *error) {
    kernel_job *job = pointer;
    if (!job->arguments->common.json)
        return CKN_OK;
    ckn_json object = ckn_json_begin(job->session);
    add_kernel(object, "a", job, 0);
    add_kernel(object, "b", job, 1);
    add_difference(object, &job->plain);
    if (!job->matched) {
        ckn_json_null(object, "moved");
        return ckn_json_end(job->session, object, error);
    }
    ckn_json moved = ckn_json_object(object, "moved");
    ckn_json_integer(moved, "x", (int64_t)job->best.col);
    ckn_json_integer(moved, "y", (int64_t)job->best.row);
    add_difference(moved, &job->moved);
    return ckn_json_end(job->session, object, error);
}

static void print_kernel(const kernel_job *job, const char *label, size_t index) {
    const ckn_cli_kernel *kernel = &job->kernels[index];
    char place[64] = "";
    if (!ckn_kernel_offset_is_zero(kernel->offset))
        snprintf(place, sizeof place, ", its middle at x %td, y %td", kernel->offset.col,
                 kernel->offset.row);
    ckn_cli_line(job->session, label, "%s, %zux%zu, sum %.6f, largest tap %.6g%s",
                 job->arguments->files.word[index], kernel->cols, kernel->rows, sum_of(kernel),
                 largest_of(kernel), place);
}

static void print_summary(const kernel_job *job) {
    const ckn_cli_difference *plain = &job->plain, *moved = &job->moved;
    print_kernel(job, "A", 0);
    print_kernel(job, "B", 1);
    ckn_cli_line(job->session, "error",
                 "%.4g %% of A (l2, tap by tap about the middles); largest %.4g at x %td, y %td",
                 100 * plain->l2, plain->largest, plain->col, plain->row);
    if (!job->matched)
        ckn_cli_line(job->session, "moved", "not sought: the kernels are too large");
    else if (ckn_kernel_offset_is_zero(job->best))
        ckn_cli_line(job->session, "moved", "no whole displacement makes them more alike");
    else
        ckn_cli_line(job->session, "moved",
                     "with B moved by x %td, y %td: %.4g %% of A; largest %.4g at x %td, y %td",
                     job->best.col, job->best.row, 100 * moved->l2, moved->largest, moved->col,
                     moved->row);
    ckn_cli_written_line(job->session, NULL, 0);
}

static ckn_code perform(kernel_job *job, ckn_error *error) {
    ckn_interrupt_doing("while the files were read");
    CKN_TRY(read_kernel(job, 0, error));
    CKN_TRY(read_kernel(job, 1, error));
    compare(job);
    CKN_TRY(ckn_cli_write_together(write_json, job, error));
    print_summary(job);
    return CKN_OK;
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    kernel_job job = {.arguments = pointer, .session = session};
    ckn_code code = perform(&job, error);
    free(job.kernels[0].taps);
    free(job.kernels[1].taps);
    return code;
}

const ckn_cli_command ckn_command_kernel = {
    .syntax =
        {
            .command = "kernel",
            .summary = "Compares two kernels: sizes, sums, and how far B is from A, tap by tap. "
                       "Taps of one displacement are compared, about the kernels' middles and "
                       "what their files say about these; then B is moved to where it fits best. "
                       "The kernels are NPY, CSV, TIFF or FITS files.",
            .positionals = {"A", "B", NULL},
            .positional_target = offsetof(kernel_arguments, files),
            .notes = "Example: clkernest kernel true.npy kernel.npy\n",
        },
    .arguments_size = sizeof(kernel_arguments),
    .check = check,
    .run = run,
};
