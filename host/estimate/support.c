#include "backend/context.h"
#include "base/memory.h"
#include "estimate/pair_cut.h"
#include "estimate/statistics.h"
#include "estimate/support_rectangle.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_SIDE = 25,
    LARGEST_SIDE = 61,
    PARTS = 4,  /* of an image's side, one of which a kernel may take */
    MARGIN = 2, /* lines of taps without weight that show that a side has been found */
    LEAST_STEP = 4
};
static const double default_penalty = 3;

/* The least squares of one frame of taps. */
typedef struct attempt {
    ckn_backend *backend;
    const ckn_pair *pairs;
    size_t pair_count;
    ckn_frame frame;
    ckn_pair *cut;
    ckn_problem *problem;
    ckn_symmetric gram; /* without the part that a constant background in y would take */
    double *b, *h;
    double square;   /* y'y, likewise */
    double rounding; /* of the statistics, relative */
    ckn_rectangle_search search;
} attempt;

void ckn_support_options_init(ckn_support_options *options) {
    *options = (ckn_support_options){.first_rows = FIRST_SIDE,
                                     .first_cols = FIRST_SIDE,
                                     .largest = LARGEST_SIDE,
                                     .penalty = default_penalty};
}

/* --- statistics of a frame ---------------------------------------------------------------- */

static void release(attempt *a) {
    ckn_problem_destroy(a->problem);
    ckn_symmetric_release(&a->gram);
    free(a->cut);
    free(a->b);
    free(a->h);
    a->problem = NULL;
    a->cut = NULL;
    a->b = a->h = NULL;
}

static ckn_code download(ckn_backend *backend, const ckn_buffer *buffer, ckn_shape shape,
                         double **plane, ckn_error *error) {
    CKN_TRY(ckn_allocate(plane, ckn_shape_count(shape), sizeof **plane, "a plane", error));
    const ckn_output output = ckn_output_f64(*plane, shape.rows, shape.cols);
    return backend->ops->download(backend, buffer, &output, error);
}

static double sum(const double *values, size_t count) {
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += values[i];
    return total;
}

/* sums[i,j] = the sum of x over the window that tap (i,j) sees: over `valid` samples from
 * (k-1-i, l-1-j) on. Windows move by one line at a time. */
static ckn_code window_sums(const double *x, ckn_shape x_shape, ckn_shape kernel, double *sums,
                            ckn_error *error) {
    const ckn_shape valid = ckn_shape_valid(x_shape, kernel);
    double *lines = NULL; /* of each row of x: sums over its windows, by column of the kernel */
    CKN_TRY(ckn_allocate(&lines, x_shape.rows * kernel.cols, sizeof *lines, "sums of the image",
                         error));
    for (size_t row = 0; row < x_shape.rows; row++) {
        const double *samples = x + row * x_shape.cols;
        double window = sum(samples, valid.cols);
        for (size_t j = 0; j < kernel.cols; j++) {
            lines[row * kernel.cols + kernel.cols - 1 - j] = window;
            if (j + 1 < kernel.cols)
                window += samples[j + valid.cols] - samples[j];
        }
    }
    for (size_t tap = 0; tap < ckn_shape_count(kernel); tap++) {
        const size_t top = kernel.rows - 1 - tap / kernel.cols;
        sums[tap] = 0;
        for (size_t p = 0; p < valid.rows; p++)
            sums[tap] += lines[(top + p) * kernel.cols + tap % kernel.cols];
    }
    free(lines);
    return CKN_OK;
}

/* Takes from the statistics what a constant beside this pair's h * x explains: with u = X'1 and
 * n samples, G -= u u' / n, b -= u 1'y / n, y'y -= (1'y)^2 / n. */
static void take_background(attempt *a, const double *u, double y_sum, double samples) {
    for (size_t j = 0; j < a->gram.order; j++) {
        for (size_t i = j; i < a->gram.order; i++)
            *ckn_symmetric_at(&a->gram, i, j) -= u[i] * u[j] / samples;
        a->b[j] -= u[j] * y_sum / samples;
    }
    a->square -= y_sum * y_sum / samples;
}

static ckn_code centre_pair(attempt *a, const ckn_problem_pair *pair, ckn_error *error) {
    double *x = NULL, *y = NULL, *u = NULL;
    ckn_code code = download(a->backend, pair->x, pair->x_shape, &x, error);
    if (code == CKN_OK)
        code = download(a->backend, pair->y, pair->y_shape, &y, error);
    if (code == CKN_OK)
        code = ckn_allocate(&u, a->gram.order, sizeof *u, "sums of the image", error);
    if (code == CKN_OK)
        code = window_sums(x, pair->x_shape, a->problem->kernel, u, error);
    const size_t samples = ckn_shape_count(pair->y_shape);
    if (code == CKN_OK)
        take_background(a, u, sum(y, samples), (double)samples);
    free(x);
    free(y);
    free(u);
    return code;
}

static ckn_code load(attempt *a, const ckn_support_options *options, ckn_error *error) {
    const ckn_shape kernel = {a->frame.rows, a->frame.cols};
    const size_t taps = ckn_shape_count(kernel);
    static const char what[] = "the search of the support";
    CKN_TRY(ckn_allocate(&a->cut, a->pair_count, sizeof *a->cut, what, error));
    for (size_t i = 0; i < a->pair_count; i++)
        CKN_TRY(ckn_pair_cut(&a->pairs[i], &a->frame, &a->cut[i], error));
    CKN_TRY(ckn_problem_create(a->backend, kernel, a->cut, a->pair_count, &a->problem, error));
    a->problem->memory_limit = options->memory_limit;
    CKN_TRY(ckn_problem_examine(a->problem, a->cut, a->pair_count, false, error));
    CKN_TRY(ckn_problem_upload(a->problem, a->cut, error));
    CKN_TRY(ckn_symmetric_create(&a->gram, taps, what, error));
    CKN_TRY(ckn_allocate(&a->b, taps, sizeof(double), what, error));
    return ckn_allocate(&a->h, taps, sizeof(double), what, error);
}

static ckn_code collect(attempt *a, ckn_error *error) {
    const ckn_statistics *statistics = NULL;
    CKN_TRY(ckn_statistics_get(a->problem, &statistics, error));
    ckn_symmetric_copy(&a->gram, &statistics->gram);
    memcpy(a->b, statistics->b, statistics->taps * sizeof *a->b);
    a->square = statistics->square;
    a->search.ridge = 10 * a->rounding * ckn_symmetric_mean_diagonal(&statistics->gram);
    for (size_t i = 0; i < a->pair_count; i++)
        CKN_TRY(centre_pair(a, &a->problem->pairs[i], error));
    return CKN_OK;
}

/* --- noise -------------------------------------------------------------------------------- */

/* *square += the residual's sum of squares round its mean, of one pair. */
static ckn_code add_residual(attempt *a, const ckn_problem_pair *pair, double *square,
                             ckn_error *error) {
    ckn_backend *backend = a->backend;
    double *r = NULL;
    CKN_TRY(backend->ops->residual(backend, pair->x, pair->x_shape, a->problem->h,
                                   a->problem->kernel, pair->y, pair->r, error));
    const size_t samples = ckn_shape_count(pair->y_shape);
    ckn_code code = download(backend, pair->r, pair->y_shape, &r, error);
    if (code == CKN_OK) {
        const double mean = sum(r, samples) / (double)samples;
        for (size_t i = 0; i < samples; i++)
            *square += (r[i] - mean) * (r[i] - mean);
    }
    free(r);
    return code;
}

static ckn_code residual_on_images(attempt *a, double *square, ckn_error *error) {
    const ckn_view h = ckn_view_f64(a->h, a->frame.rows, a->frame.cols);
    CKN_TRY(a->backend->ops->upload(a->backend, a->problem->h, &h, error));
    *square = 0;
    for (size_t i = 0; i < a->pair_count; i++)
        CKN_TRY(add_residual(a, &a->problem->pairs[i], square, error));
    return CKN_OK;
}

/* The variance of the noise by the residual of the fit of all taps; never below what the rounding
 * of the statistics looks like: an error of e ||x|| ||y|| in b is that of noise of sigma e ||y||.
 */
static ckn_code find_variance(attempt *a, double whole_square, ckn_error *error) {
    static const double digits = 1e-7; /* of y'y, that its difference to h'b may lose */
    const double taps = (double)(a->gram.order + a->pair_count);
    double lowered = 0;
    CKN_TRY(ckn_rectangle_search_fit(&a->search, a->h, &lowered, error));
    double square = a->square - lowered;
    if (square < digits * whole_square)
        CKN_TRY(residual_on_images(a, &square, error));
    const double spare = fmax((double)ckn_problem_count(a->problem) - taps, 1);
    const double floor = a->rounding * a->rounding * whole_square;
    a->search.variance = fmax(square / spare, fmax(floor, DBL_MIN));
    return CKN_OK;
}

/* Relative, of the largest entry; see correlate() in backend.h, whose bounds are rarely reached. */
static double rounding_of(const ckn_backend *backend) {
    ckn_device_info info;
    backend->ops->describe(backend, &info);
    if (info.kind == CKN_DEVICE_CPU_BACKEND)
        return 4e-15;
    return info.fp64 ? 1e-12 : 1e-10;
}

/* Everything up to the noise. */
static ckn_code prepare(attempt *a, const ckn_support_options *options, ckn_error *error) {
    const ckn_statistics *statistics = NULL;
    CKN_TRY(load(a, options, error));
    CKN_TRY(collect(a, error));
    CKN_TRY(ckn_statistics_get(a->problem, &statistics, error));
    a->search.gram = &a->gram;
    a->search.b = a->b;
    a->search.frame = a->problem->kernel;
    a->search.penalty = options->penalty > 0 ? options->penalty : default_penalty;
    a->search.progress = options->progress;
    a->search.progress_user = options->progress_user;
    return find_variance(a, statistics->square, error);
}

/* --- frames ------------------------------------------------------------------------------- */

/* What a frame may be. */
typedef struct frame_limits {
    ckn_shape largest;                /* odd */
    ptrdiff_t reach_rows, reach_cols; /* displacements of its taps */
} frame_limits;

static size_t odd_below(size_t number) {
    return number < 1 ? 1 : number - (number % 2 == 0);
}

static frame_limits find_limits(const ckn_support_options *options, const ckn_pair *pairs,
                                size_t pair_count) {
    size_t side = options->largest > 0 ? options->largest : LARGEST_SIDE;
    size_t rows = SIZE_MAX, cols = SIZE_MAX;
    for (size_t i = 0; i < pair_count; i++) {
        rows = pairs[i].blurred.rows < rows ? pairs[i].blurred.rows : rows;
        cols = pairs[i].blurred.cols < cols ? pairs[i].blurred.cols : cols;
    }
    /* G and its copies: that of the search, and the block that is factored. */
    const ckn_problem memory = {.memory_limit = options->memory_limit};
    while (side > 1 &&
           ckn_statistics_bytes((ckn_shape){side, side}) > ckn_statistics_limit(&memory) / 2)
        side--;
    frame_limits limits = {.reach_rows = (ptrdiff_t)(rows / 3),
                           .reach_cols = (ptrdiff_t)(cols / 3)};
    limits.largest.rows = odd_below(side < rows / PARTS ? side : rows / PARTS);
    limits.largest.cols = odd_below(side < cols / PARTS ? side : cols / PARTS);
    return limits;
}

static ckn_frame first_frame(const ckn_support_options *options, const frame_limits *limits) {
    size_t rows = options->first_rows > 0 ? options->first_rows : FIRST_SIDE;
    size_t cols = options->first_cols > 0 ? options->first_cols : FIRST_SIDE;
    rows = rows < limits->largest.rows ? rows : limits->largest.rows;
    cols = cols < limits->largest.cols ? cols : limits->largest.cols;
    return (ckn_frame){odd_below(rows), odd_below(cols), 0, 0};
}

static ckn_frame frame_of(const ckn_frame *outer, const ckn_rectangle *part) {
    const ckn_interval outer_rows = ckn_interval_of_taps(outer->rows, outer->row_offset);
    const ckn_interval outer_cols = ckn_interval_of_taps(outer->cols, outer->col_offset);
    const ptrdiff_t row = outer_rows.low + (ptrdiff_t)part->row;
    const ptrdiff_t col = outer_cols.low + (ptrdiff_t)part->col;
    const ckn_interval rows = {row, row + (ptrdiff_t)part->shape.rows - 1};
    const ckn_interval cols = {col, col + (ptrdiff_t)part->shape.cols - 1};
    return (ckn_frame){part->shape.rows, part->shape.cols, ckn_interval_offset(rows),
                       ckn_interval_offset(cols)};
}

static ptrdiff_t step(ptrdiff_t margin, size_t length) {
    const size_t half = length / 2 > LEAST_STEP ? length / 2 : LEAST_STEP;
    return margin < MARGIN ? (ptrdiff_t)half : LEAST_STEP;
}

/* The interval to try next: what was found, with room on both sides, and more of it where there
 * was none. */
static ckn_interval widen(ckn_interval tried, ckn_interval found, size_t largest, ptrdiff_t reach) {
    const size_t length = ckn_interval_length(found);
    ckn_interval next = {found.low - step(found.low - tried.low, length),
                         found.high + step(tried.high - found.high, length)};
    next.low = next.low < -reach && found.low >= -reach ? -reach : next.low;
    next.high = next.high > reach && found.high <= reach ? reach : next.high;
    while (ckn_interval_length(next) > largest) {
        if (next.high - found.high >= found.low - next.low)
            next.high--;
        else
            next.low++;
    }
    return next;
}

static bool is_inside(ckn_interval part, ckn_interval whole) {
    return part.low >= whole.low && part.high <= whole.high;
}

static bool reaches_margin(ckn_interval found, ckn_interval tried, ptrdiff_t margin) {
    return found.low - tried.low < margin || tried.high - found.high < margin;
}

/* *next = the frame to try after this one; false where the search has come to its end. */
static bool next_frame(const ckn_frame *tried, const ckn_frame *found, const frame_limits *limits,
                       ckn_frame *next) {
    const ckn_interval tried_rows = ckn_interval_of_taps(tried->rows, tried->row_offset);
    const ckn_interval tried_cols = ckn_interval_of_taps(tried->cols, tried->col_offset);
    const ckn_interval found_rows = ckn_interval_of_taps(found->rows, found->row_offset);
    const ckn_interval found_cols = ckn_interval_of_taps(found->cols, found->col_offset);
    const ckn_interval rows =
        widen(tried_rows, found_rows, limits->largest.rows, limits->reach_rows);
    const ckn_interval cols =
        widen(tried_cols, found_cols, limits->largest.cols, limits->reach_cols);
    *next = (ckn_frame){ckn_interval_length(rows), ckn_interval_length(cols),
                        ckn_interval_offset(rows), ckn_interval_offset(cols)};
    return (reaches_margin(found_rows, tried_rows, MARGIN) ||
            reaches_margin(found_cols, tried_cols, MARGIN)) &&
           !(is_inside(rows, tried_rows) && is_inside(cols, tried_cols));
}

/* A line of one tap has no border. */
static bool is_cut(const ckn_frame *tried, const ckn_frame *found) {
    return (tried->rows > 1 &&
            reaches_margin(ckn_interval_of_taps(found->rows, found->row_offset),
                           ckn_interval_of_taps(tried->rows, tried->row_offset), 1)) ||
           (tried->cols > 1 &&
            reaches_margin(ckn_interval_of_taps(found->cols, found->col_offset),
                           ckn_interval_of_taps(tried->cols, tried->col_offset), 1));
}

/* --- the search --------------------------------------------------------------------------- */

/* One frame: what is left of it, with odd sides in result->frame. */
static ckn_code try_frame(attempt *a, const ckn_support_options *options,
                          ckn_support_result *result, ckn_error *error) {
    CKN_TRY(prepare(a, options, error));
    ckn_rectangle rectangle = {0, 0, a->search.frame};
    CKN_TRY(ckn_rectangle_search_run(&a->search, &rectangle, error));
    ckn_support_step *step = &result->steps[result->step_count++];
    step->tried = a->frame;
    step->found = frame_of(&a->frame, &rectangle);
    step->noise_sigma = sqrt(a->search.variance) / a->problem->units.y_scale;
    CKN_TRY(ckn_rectangle_search_odd(&a->search, &rectangle, error));
    result->frame = frame_of(&a->frame, &rectangle);
    result->noise_sigma = step->noise_sigma;
    ckn_log_line(&a->backend->log, CKN_LOG_VERBOSE,
                 "support: %zu x %zu at (%td, %td) of %zu x %zu at (%td, %td), noise %.3g",
                 step->found.cols, step->found.rows, step->found.col_offset, step->found.row_offset,
                 a->frame.cols, a->frame.rows, a->frame.col_offset, a->frame.row_offset,
                 step->noise_sigma);
    return CKN_OK;
}

static ckn_code search(attempt *a, const ckn_support_options *options, const frame_limits *limits,
                       ckn_support_result *result, ckn_error *error) {
    bool more = true;
    while (more && result->step_count < CKN_SUPPORT_STEPS) {
        ckn_code code = try_frame(a, options, result, error);
        release(a);
        if (code != CKN_OK)
            return code;
        const ckn_support_step *step = &result->steps[result->step_count - 1];
        result->truncated = is_cut(&step->tried, &step->found);
        more = next_frame(&step->tried, &step->found, limits, &a->frame);
    }
    return CKN_OK;
}

ckn_code ckn_find_support(ckn_context *context, const ckn_support_options *options,
                          const ckn_pair *pairs, size_t pair_count, ckn_support_result *result,
                          ckn_error *error) {
    *result = (ckn_support_result){.truncated = 0};
    if (!pairs || pair_count < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "at least one pair of images is needed");
    const ckn_frame point = {1, 1, 0, 0};
    for (size_t i = 0; i < pair_count; i++) { /* refuses what is no pair, before anything is done */
        ckn_pair cut;
        CKN_TRY(ckn_pair_cut(&pairs[i], &point, &cut, error));
    }
    const frame_limits limits = find_limits(options, pairs, pair_count);
    attempt a = {.backend = context->backend,
                 .pairs = pairs,
                 .pair_count = pair_count,
                 .frame = first_frame(options, &limits),
                 .rounding = rounding_of(context->backend)};
    return search(&a, options, &limits, result, error);
}
