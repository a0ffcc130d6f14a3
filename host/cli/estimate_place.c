/* Where the kernel lies: the shift between the pictures, and the rectangle of its taps. */
#include "base/clock.h"
#include "base/memory.h"
#include "cli/estimate_job.h"
#include "cli/interrupt.h"

#include <math.h>
#include <stdlib.h>

/* Pairs share one kernel: where their shifts differ by less than this, it is left to that. */
#define LEAST_DIFFERENCE 1.5

/* --- shift -------------------------------------------------------------------------------- */

/* How far from its middle a kernel reaches. */
static ckn_shape reach(const ckn_cli_estimate *arguments) {
    ckn_support_options defaults;
    ckn_support_options_init(&defaults);
    ckn_shape size = {defaults.first_rows, defaults.first_cols};
    if (arguments->kernel_size.shape.rows > 0)
        size = arguments->kernel_size.shape;
    else if (arguments->kernel_size.first.rows > 0)
        size = arguments->kernel_size.first;
    return (ckn_shape){(size.rows - 1) / 2, (size.cols - 1) / 2};
}

/* Of colours, green: it has most of the light. Pictures that are refused stay as they are; what is
 * wrong with them the estimate says better. */
static ckn_code find_shift(const ckn_cli_estimate_job *job, const ckn_cli_pair *pair,
                           ckn_shift *shift, ckn_error *error) {
    *shift = (ckn_shift){0};
    if (!pair->same || pair->whole)
        return CKN_OK;
    ckn_code code =
        ckn_find_shift(job->session->context, &pair->open[pair->count == 3 ? 1 : 0], shift, error);
    if (code == CKN_OK)
        return CKN_OK;
    *shift = (ckn_shift){0};
    bool refused = code == CKN_ERROR_ARGUMENT || code == CKN_ERROR_DATA ||
                   code == CKN_ERROR_UNSUPPORTED; /* no FFTW in this build */
    return refused ? CKN_OK : code;
}

static void set_shift(ckn_cli_pair *pair, double row, double col) {
    pair->row_shift = (ptrdiff_t)lround(row);
    pair->col_shift = (ptrdiff_t)lround(col);
}

static bool differ(const ckn_shift *a, const ckn_shift *b) {
    return fabs(a->row - b->row) >= LEAST_DIFFERENCE || fabs(a->col - b->col) >= LEAST_DIFFERENCE;
}

/* The first pair's shift is left to the kernel where that holds it; those of the others are taken
 * relative to it. */
static void set_shifts(ckn_cli_estimate_job *job, const ckn_shift *shifts) {
    const ckn_shape held = reach(job->arguments);
    const ckn_shift *first = &shifts[0];
    const bool moved = first->found && (fabs(first->row) > (double)held.rows ||
                                        fabs(first->col) > (double)held.cols);
    const double row = moved ? first->row : 0, col = moved ? first->col : 0;
    for (size_t i = 0; i < job->pairs.count; i++) {
        const bool own = first->found && shifts[i].found && differ(&shifts[i], first);
        set_shift(&job->pairs.pairs[i], row + (own ? shifts[i].row - first->row : 0),
                  col + (own ? shifts[i].col - first->col : 0));
    }
}

static ckn_code find_shifts(ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_cli_shift *wanted = &job->arguments->shift;
    ckn_shift *shifts = NULL;
    for (size_t i = 0; i < job->pairs.count && wanted->mode == CKN_CLI_SHIFT_GIVEN; i++)
        set_shift(&job->pairs.pairs[i], (double)wanted->y, (double)wanted->x);
    if (wanted->mode != CKN_CLI_SHIFT_AUTO)
        return CKN_OK;
    ckn_interrupt_doing("while the shift of the pictures was sought");
    CKN_TRY(ckn_allocate(&shifts, job->pairs.count, sizeof *shifts, "the shifts", error));
    ckn_code code = CKN_OK;
    for (size_t i = 0; i < job->pairs.count && code == CKN_OK; i++)
        code = find_shift(job, &job->pairs.pairs[i], &shifts[i], error);
    if (code == CKN_OK)
        set_shifts(job, shifts);
    free(shifts);
    return code == CKN_OK ? ckn_cli_check_interrupt(error) : code;
}

/* --- size --------------------------------------------------------------------------------- */

/* All planes, moved by the shifts of their pairs. */
static ckn_code moved_planes(const ckn_cli_estimate_job *job, ckn_pair **planes, ckn_error *error) {
    size_t count = 0;
    CKN_TRY(ckn_allocate(planes, job->pairs.plane_count, sizeof **planes, "the pairs", error));
    for (size_t i = 0; i < job->pairs.count; i++) {
        const ckn_cli_pair *pair = &job->pairs.pairs[i];
        const ckn_frame point = {1, 1, pair->row_shift, pair->col_shift};
        const bool moved = pair->row_shift != 0 || pair->col_shift != 0;
        for (size_t channel = 0; channel < pair->count; channel++, count++) {
            (*planes)[count] = pair->open[channel];
            if (moved)
                CKN_TRY(ckn_pair_cut(&pair->open[channel], &point, &(*planes)[count], error));
        }
    }
    return CKN_OK;
}

static ckn_code search(ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_cli_estimate *arguments = job->arguments;
    ckn_cli_watcher watcher = {job->session, NULL};
    ckn_support_options options;
    ckn_support_options_init(&options);
    if (arguments->kernel_size.first.rows > 0) {
        options.first_rows = arguments->kernel_size.first.rows;
        options.first_cols = arguments->kernel_size.first.cols;
    }
    options.memory_limit = job->options.memory_limit;
    /* Of lossy pictures. On the sample pair as JPEG of qualities from 50 to 95, Gaussians of sigma
     * 1 and 2 get 5 to 7 and 9 to 11 taps; with 16 the latter are cut at 9, with 1 some are signed.
     */
    static const double of_losses = 4;
    if (job->options.inflation > 0)
        options.penalty *= job->options.inflation;
    else if (job->options.loss_sigma > 0)
        options.penalty *= of_losses;
    options.progress = ckn_cli_watch;
    options.progress_user = &watcher;
    ckn_pair *planes = NULL;
    ckn_interrupt_doing("while the size of the kernel was sought");
    ckn_code code = moved_planes(job, &planes, error);
    if (code == CKN_OK)
        code = ckn_find_support(job->session->context, &options, planes, job->pairs.plane_count,
                                &job->support, error);
    free(planes);
    ckn_cli_progress_clear(&job->session->progress);
    return code;
}

static size_t around(size_t side, ptrdiff_t offset) {
    return side + 2 * (size_t)labs((long)offset);
}

/* Periodic pictures are not cut, and so their kernel has its middle at 0: as large a one as holds
 * what was found. */
static void use_support(ckn_cli_estimate_job *job) {
    const ckn_frame *frame = &job->support.frame;
    const bool whole = job->pairs.pairs[0].whole;
    job->options.kernel_rows = whole ? around(frame->rows, frame->row_offset) : frame->rows;
    job->options.kernel_cols = whole ? around(frame->cols, frame->col_offset) : frame->cols;
}

ckn_code ckn_cli_estimate_place(ckn_cli_estimate_job *job, ckn_error *error) {
    const double start = ckn_seconds();
    CKN_TRY(find_shifts(job, error));
    if (job->arguments->kernel_size.shape.rows == 0) {
        CKN_TRY(search(job, error));
        use_support(job);
    }
    const ckn_shape kernel = {job->options.kernel_rows, job->options.kernel_cols};
    ckn_code code = ckn_cli_pairs_place(&job->pairs, kernel, job->support.frame.row_offset,
                                        job->support.frame.col_offset, error);
    job->seconds_support = ckn_seconds() - start;
    return code;
}
