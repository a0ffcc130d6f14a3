#include "backend/context.h"
#include "base/memory.h"
#include "dense/blas_pool.h"
#include "estimate/pair_cut.h"
#include "estimate/support_rectangle.h"
#include "estimate/terms.h"
#include "estimate/weights.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

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
    double *h;
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
    free(a->cut);
    free(a->h);
    a->problem = NULL;
    a->cut = NULL;
    a->h = NULL;
}

static bool weights_are_given(const attempt *a) {
    for (size_t i = 0; i < a->pair_count; i++) {
        if (ckn_weights_given(&a->cut[i]))
            return true;
    }
    return false;
}

/* A constant background belongs to the fit: where there is one and it is left out, a kernel of any
 * size grows a pedestal that stands for it. */
static ckn_code load(attempt *a, const ckn_support_options *options, ckn_error *error) {
    const ckn_shape kernel = {a->frame.rows, a->frame.cols};
    static const char what[] = "the search of the support";
    CKN_TRY(ckn_allocate(&a->cut, a->pair_count, sizeof *a->cut, what, error));
    for (size_t i = 0; i < a->pair_count; i++)
        CKN_TRY(ckn_pair_cut(&a->pairs[i], &a->frame, &a->cut[i], error));
    CKN_TRY(ckn_problem_create(a->backend, kernel, a->cut, a->pair_count, &a->problem, error));
    a->problem->memory_limit = options->memory_limit;
    a->problem->background = CKN_BACKGROUND_CONSTANT;
    if (weights_are_given(a))
        CKN_TRY(ckn_weights_fill(a->problem, a->cut, error));
    CKN_TRY(ckn_problem_examine(a->problem, a->cut, a->pair_count, false, error));
    CKN_TRY(ckn_problem_upload(a->problem, a->cut, error));
    return ckn_allocate(&a->h, ckn_shape_count(kernel), sizeof *a->h, what, error);
}

/* --- noise -------------------------------------------------------------------------------- */

static ckn_code residual_on_images(attempt *a, double *square, ckn_error *error) {
    ckn_backend *backend = a->backend;
    ckn_problem *problem = a->problem;
    const ckn_view h = ckn_view_f64(a->h, a->frame.rows, a->frame.cols);
    CKN_TRY(backend->ops->upload(backend, problem->h, &h, error));
    for (size_t i = 0; i < problem->pair_count; i++) {
        const ckn_problem_pair *pair = &problem->pairs[i];
        CKN_TRY(backend->ops->residual(backend, pair->x, pair->x_shape, problem->h, problem->kernel,
                                       pair->y, pair->r, error));
    }
    CKN_TRY(ckn_statistics_recover_background(problem, a->h, error));
    CKN_TRY(ckn_terms_add_to_residual(problem, error));
    CKN_TRY(ckn_weights_apply(problem, error));
    return ckn_problem_sum_squares(problem, CKN_PLANE_R, square, error);
}

/* The variance of the noise by the residual of the fit of all taps; never below what the rounding
 * of the statistics looks like: an error of e ||x|| ||y|| in b is that of noise of sigma e ||y||.
 */
static ckn_code find_variance(attempt *a, const ckn_statistics *statistics, ckn_error *error) {
    static const double digits = 1e-7; /* of y'y, that its difference to h'b may lose */
    const double fitted = (double)(statistics->taps + statistics->terms);
    double lowered = 0, whole = 0;
    CKN_TRY(ckn_problem_sum_squares(a->problem, CKN_PLANE_Y, &whole, error));
    CKN_TRY(ckn_rectangle_search_fit(&a->search, a->h, &lowered, error));
    double square = statistics->square - lowered;
    if (square < digits * whole)
        CKN_TRY(residual_on_images(a, &square, error));
    const double spare = fmax((double)ckn_problem_used(a->problem) - fitted, 1);
    const double least = fmax(a->rounding * a->rounding * whole, DBL_MIN);
    a->search.variance = fmax(square / spare, least);
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
    double energy = 0; /* about that of an entry of G's diagonal */
    CKN_TRY(load(a, options, error));
    CKN_TRY(ckn_statistics_get(a->problem, &statistics, error));
    CKN_TRY(ckn_problem_sum_squares(a->problem, CKN_PLANE_X, &energy, error));
    a->search =
        (ckn_rectangle_search){.gram = &statistics->gram,
                               .b = statistics->b,
                               .frame = a->problem->kernel,
                               .ridge = 10 * a->rounding * energy,
                               .penalty = options->penalty > 0 ? options->penalty : default_penalty,
                               .progress = options->progress,
                               .progress_user = options->progress_user};
    return find_variance(a, statistics, error);
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

/* The longest side, up to `most`, of a square whose statistics take no more than half of the
 * memory: G, its factor, and the block of it that the search factors. */
static size_t side_in_memory(size_t most, size_t memory_limit) {
    const ckn_problem memory = {.memory_limit = memory_limit};
    const size_t bytes = ckn_statistics_limit(&memory) / 2;
    size_t fits = 1, beyond = most + 1;
    while (fits + 1 < beyond) {
        const size_t middle = fits + (beyond - fits) / 2;
        *(ckn_statistics_bytes((ckn_shape){middle, middle}) > bytes ? &beyond : &fits) = middle;
    }
    return fits;
}

static frame_limits find_limits(const ckn_support_options *options, const ckn_pair *pairs,
                                size_t pair_count) {
    size_t rows = SIZE_MAX, cols = SIZE_MAX;
    for (size_t i = 0; i < pair_count; i++) {
        rows = pairs[i].blurred.rows < rows ? pairs[i].blurred.rows : rows;
        cols = pairs[i].blurred.cols < cols ? pairs[i].blurred.cols : cols;
    }
    const size_t wanted = options->largest > 0 ? options->largest : LARGEST_SIDE;
    const size_t widest = (rows > cols ? rows : cols) / PARTS;
    const size_t side = side_in_memory(wanted < widest ? wanted : widest, options->memory_limit);
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
    CKN_TRY(ckn_blas_enter(error));
    ckn_code code = search(&a, options, &limits, result, error);
    ckn_blas_leave();
    return code;
}
