#include "identify/frame_search.h"

#include "base/memory.h"
#include "inspect/pair_diagnosis.h"
#include "statistics/equations.h"
#include "statistics/pair_cut.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    FIRST_SIDE = 25,
    LARGEST_SIDE = 61,
    PARTS = 4,  /* of an image's side, one of which a kernel may take */
    MARGIN = 2, /* lines of taps without weight that show that a side has been found */
    LEAST_STEP = 4,
    SAMPLES_PER_TAP = 3 /* fits of fewer follow the noise */
};
static const double default_penalty = 3;

/* A fit that leaves more than this times the noise is limited by the model, not by the noise; a
 * larger frame must then lower the variance to this part of it. Pairs that are no convolution would
 * otherwise always end at the largest frame (median of 5x5: 13x13 leaves 1.05 times what 61x61
 * does). */
static const double beyond_noise = 2, worth_growing = 0.9;

typedef struct trial {
    ckn_problem *problem;
    const ckn_equations *statistics;
    double *h;
    ckn_rectangle_search search;
} trial;

/* What a frame may be. */
typedef struct frame_limits {
    ckn_shape told;                   /* by the sizes of the images */
    ckn_shape largest;                /* odd */
    ptrdiff_t reach_rows, reach_cols; /* displacements of its taps */
} frame_limits;

void ckn_support_options_init(ckn_support_options *options) {
    *options = (ckn_support_options){.first_rows = FIRST_SIDE,
                                     .first_cols = FIRST_SIDE,
                                     .largest = LARGEST_SIDE,
                                     .penalty = default_penalty};
}

size_t ckn_support_largest_side(const ckn_support_options *options) {
    return options->largest > 0 ? options->largest : (size_t)LARGEST_SIDE;
}

/* --- frames ------------------------------------------------------------------------------- */

static size_t odd_below(size_t number) {
    return number < 1 ? 1 : number - (number % 2 == 0);
}

/* The longest side, up to `most`, of a square whose statistics take no more than half of the
 * memory: G, its factor, and the block of it that the search factors. */
static size_t side_in_memory(size_t most, size_t memory_limit) {
    const size_t bytes = ckn_equations_limit(memory_limit) / 2;
    size_t fits = 1, beyond = most + 1;
    while (fits + 1 < beyond) {
        const size_t middle = fits + (beyond - fits) / 2;
        *(ckn_equations_bytes((ckn_shape){middle, middle}) > bytes ? &beyond : &fits) = middle;
    }
    return fits;
}

/* What the difference of the sizes of a valid convolution tells of its kernel's side, made odd: 1
 * where there is none, or where no kernel of up to `most` taps explains it. */
static size_t side_told(const ckn_frame_search *search, bool rows, size_t most) {
    size_t side = 1;
    for (size_t i = 0; i < search->pair_count; i++) {
        const ckn_pair *pair = &search->pairs[i];
        const size_t x = rows ? pair->sharp.rows : pair->sharp.cols;
        const size_t y = rows ? pair->blurred.rows : pair->blurred.cols;
        const size_t told = (x - y + 1) | 1;
        side = told > side && told <= most && told < y ? told : side;
    }
    return side;
}

/* The side of a kernel along an axis: a part of the shortest image's, and at least what the sizes
 * tell. */
static size_t side_of(const ckn_frame_search *search, bool rows, size_t side, size_t told) {
    size_t shortest = SIZE_MAX;
    for (size_t i = 0; i < search->pair_count; i++) {
        const ckn_view *y = &search->pairs[i].blurred;
        const size_t own = rows ? y->rows : y->cols;
        shortest = own < shortest ? own : shortest;
    }
    const size_t part = odd_below(side < shortest / PARTS ? side : shortest / PARTS);
    return part > told ? part : told;
}

static frame_limits find_limits(const ckn_frame_search *search) {
    size_t rows = SIZE_MAX, cols = SIZE_MAX;
    for (size_t i = 0; i < search->pair_count; i++) {
        const ckn_view *y = &search->pairs[i].blurred;
        rows = y->rows < rows ? y->rows : rows;
        cols = y->cols < cols ? y->cols : cols;
    }
    const size_t wanted = ckn_support_largest_side(&search->options);
    const size_t widest = (rows > cols ? rows : cols) / PARTS;
    const size_t side =
        side_in_memory(wanted < widest ? wanted : widest, search->options.memory_limit);
    const size_t possible = side_in_memory(wanted, search->options.memory_limit);
    const ckn_shape told = {side_told(search, true, possible), side_told(search, false, possible)};
    return (frame_limits){.told = told,
                          .largest = {side_of(search, true, side, told.rows),
                                      side_of(search, false, side, told.cols)},
                          .reach_rows = (ptrdiff_t)(rows / 3),
                          .reach_cols = (ptrdiff_t)(cols / 3)};
}

static size_t first_side(size_t wanted, size_t told, size_t largest) {
    const size_t side = wanted > 0 ? wanted : FIRST_SIDE;
    const size_t first = side < largest ? odd_below(side) : largest;
    return first > told ? first : told;
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

typedef struct intervals {
    ckn_interval rows, cols;
} intervals;

static intervals intervals_of(const ckn_frame *frame) {
    return (intervals){ckn_interval_of_taps(frame->rows, frame->row_offset),
                       ckn_interval_of_taps(frame->cols, frame->col_offset)};
}

static ckn_frame frame_of(const intervals *of) {
    return (ckn_frame){ckn_interval_length(of->rows), ckn_interval_length(of->cols),
                       ckn_interval_offset(of->rows), ckn_interval_offset(of->cols)};
}

/* *next = the frame to try after this one; false where the search has come to its end. */
static bool next_frame(const ckn_support_step *last, const frame_limits *limits, ckn_frame *next) {
    const intervals tried = intervals_of(&last->tried), found = intervals_of(&last->found);
    const intervals wider = {
        widen(tried.rows, found.rows, limits->largest.rows, limits->reach_rows),
        widen(tried.cols, found.cols, limits->largest.cols, limits->reach_cols)};
    *next = frame_of(&wider);
    return (reaches_margin(found.rows, tried.rows, MARGIN) ||
            reaches_margin(found.cols, tried.cols, MARGIN)) &&
           !(is_inside(wider.rows, tried.rows) && is_inside(wider.cols, tried.cols));
}

/* A line of one tap has no border. */
static bool is_cut(const ckn_support_step *step_made) {
    const intervals tried = intervals_of(&step_made->tried),
                    found = intervals_of(&step_made->found);
    return (step_made->tried.rows > 1 && reaches_margin(found.rows, tried.rows, 1)) ||
           (step_made->tried.cols > 1 && reaches_margin(found.cols, tried.cols, 1));
}

/* An interval of the largest length that holds `part`, which lies in its middle. */
static ckn_interval surround(ckn_interval part, size_t largest, ptrdiff_t reach) {
    ckn_interval around = part;
    while (ckn_interval_length(around) < largest) {
        if (around.high - part.high <= part.low - around.low)
            around.high++;
        else
            around.low--;
    }
    while (around.high > reach && part.high <= reach && around.high > part.high) {
        around.high--;
        around.low--;
    }
    while (around.low < -reach && part.low >= -reach && around.low < part.low) {
        around.high++;
        around.low++;
    }
    return around;
}

static ckn_background background_of(const ckn_frame_search *search) {
    return search->has_plane ? CKN_BACKGROUND_PLANE : CKN_BACKGROUND_CONSTANT;
}

static bool have_sums_of(const ckn_frame_search *search, const intervals *part) {
    if (!search->sums)
        return false;
    const intervals whole = intervals_of(ckn_frame_sums_frame(search->sums));
    return is_inside(part->rows, whole.rows) && is_inside(part->cols, whole.cols);
}

bool ckn_frame_search_has_samples(const ckn_frame_search *search, const ckn_frame *frame) {
    const size_t least = search->samples_per_tap > 0 ? search->samples_per_tap : SAMPLES_PER_TAP;
    const ckn_problem *problem = ckn_frame_sums_problem(search->sums);
    const size_t used = ckn_problem_used(problem), taps = frame->rows * frame->cols;
    return used == ckn_problem_count(problem) || taps == 1 || used / least >= taps;
}

/* The sums of a generous frame that holds `frame`: of a smaller one where masks and clipping leave
 * too few windows of that; *enough = false where they do so of the frame itself. */
static ckn_code provide_sums(ckn_frame_search *search, const ckn_frame *frame,
                             const frame_limits *limits, bool *enough, ckn_error *error) {
    const intervals part = intervals_of(frame);
    ckn_shape size = limits->largest;
    *enough = have_sums_of(search, &part) && ckn_frame_search_has_samples(search, frame);
    while (!*enough) {
        ckn_error reason;
        const intervals around = {surround(part.rows, size.rows, limits->reach_rows),
                                  surround(part.cols, size.cols, limits->reach_cols)};
        const ckn_frame generous = frame_of(&around);
        ckn_frame_search_release(search);
        ckn_code code = ckn_frame_sums_create(search->backend, search->pairs, search->pair_count,
                                              &generous, background_of(search),
                                              search->options.memory_limit, &search->sums, &reason);
        *enough = code == CKN_OK && ckn_frame_search_has_samples(search, frame);
        const bool smallest = generous.rows <= frame->rows && generous.cols <= frame->cols;
        const bool can_shrink = !smallest || frame->rows * frame->cols > 1;
        if (code != CKN_OK && (code != CKN_ERROR_DATA || !can_shrink))
            return ckn_fail(error, code, "%s", reason.message);
        if (smallest)
            return CKN_OK;
        size.rows = frame->rows + (generous.rows - frame->rows) / 2;
        size.cols = frame->cols + (generous.cols - frame->cols) / 2;
    }
    return CKN_OK;
}

/* --- one frame ---------------------------------------------------------------------------- */

static void release(trial *t) {
    ckn_problem_destroy(t->problem);
    free(t->h);
}

/* Of sums of squares, relative: statistics tell a gain only where it is more than this of y'y. On
 * OpenCL the sums of float32 products are kept in doubles or pairs of floats. */
static double rounding_of(const ckn_backend *backend) {
    ckn_device_info info;
    backend->ops->describe(backend, &info);
    if (info.kind == CKN_DEVICE_CPU_BACKEND)
        return 1e-15;
    return info.fp64 ? 1e-14 : 1e-13;
}

/* The variance of the noise by the residual of the fit of all taps, but no less than what rounding
 * of y'y looks like to the criterion. A constant background belongs to the fit: where there is one
 * and it is left out, a kernel of any size grows a pedestal that stands for it. */
static ckn_code find_variance(const ckn_frame_search *search, trial *t, ckn_error *error) {
    const ckn_equations *statistics = t->statistics;
    const double fitted = (double)(statistics->taps + statistics->terms);
    const double spare = fmax((double)ckn_problem_used(t->problem) - fitted, 1);
    double lowered = 0;
    CKN_TRY(ckn_rectangle_search_fit(&t->search, t->h, &lowered, error));
    double whole = 0;
    CKN_TRY(
        ckn_problem_sum_squares(ckn_frame_sums_problem(search->sums), CKN_PLANE_Y, &whole, error));
    const double least = fmax(rounding_of(search->backend) * whole, DBL_MIN);
    t->search.variance = fmax((statistics->square - lowered) / spare, least);
    return CKN_OK;
}

static ckn_code prepare(const ckn_frame_search *search, const ckn_frame *frame, trial *t,
                        ckn_error *error) {
    const ckn_rectangle part = ckn_part_of_frame(ckn_frame_sums_frame(search->sums), frame);
    const ckn_support_options *options = &search->options;
    CKN_TRY(ckn_frame_sums_part(search->sums, &part, background_of(search), &t->problem, error));
    CKN_TRY(ckn_equations_get(t->problem, &t->statistics, error));
    CKN_TRY(
        ckn_allocate(&t->h, t->statistics->taps, sizeof *t->h, "the search of the support", error));
    t->search = (ckn_rectangle_search){
        .gram = &t->statistics->gram,
        .b = t->statistics->b,
        .frame = t->problem->kernel,
        .ridge = 40 * rounding_of(search->backend) * t->statistics->mean_diagonal,
        .penalty = options->penalty > 0 ? options->penalty : default_penalty,
        .trial = search->result.step_count + 1,
        .most_trials = CKN_SUPPORT_STEPS,
        .progress = options->progress,
        .progress_user = options->progress_user};
    return find_variance(search, t, error);
}

/* Whether a larger frame than that of the last step tells more. */
static bool is_worth_it(const ckn_frame_search *search, const trial *t) {
    const ckn_support_result *result = &search->result;
    if (result->step_count == 0)
        return true;
    const ckn_support_step *last = &result->steps[result->step_count - 1];
    const double before = last->noise_sigma * last->noise_sigma;
    const double scale = t->problem->units.y_scale;
    const double now = t->search.variance / (scale * scale);
    return before <= beyond_noise * search->noise * search->noise || now <= worth_growing * before;
}

/* Where the frame is worth it: what is left of it, with odd sides in result->frame. */
static ckn_code look_at(ckn_frame_search *search, const ckn_frame *frame, trial *t, bool *worth,
                        ckn_error *error) {
    CKN_TRY(prepare(search, frame, t, error));
    *worth = is_worth_it(search, t);
    if (!*worth)
        return CKN_OK;
    ckn_support_result *result = &search->result;
    ckn_rectangle rectangle = {0, 0, t->search.frame};
    CKN_TRY(ckn_rectangle_search_run(&t->search, &rectangle, error));
    ckn_support_step *made = &result->steps[result->step_count++];
    made->tried = *frame;
    made->found = ckn_frame_of_part(frame, &rectangle);
    made->noise_sigma = sqrt(t->search.variance) / t->problem->units.y_scale;
    CKN_TRY(ckn_rectangle_search_odd(&t->search, &rectangle, error));
    result->frame = ckn_frame_of_part(frame, &rectangle);
    result->noise_sigma = made->noise_sigma;
    ckn_log_line(&search->backend->log, CKN_LOG_VERBOSE,
                 "support: %zu x %zu at (%td, %td) of %zu x %zu at (%td, %td), noise %.3g",
                 made->found.cols, made->found.rows, made->found.col_offset, made->found.row_offset,
                 frame->cols, frame->rows, frame->col_offset, frame->row_offset, made->noise_sigma);
    return CKN_OK;
}

/* --- the search --------------------------------------------------------------------------- */

/* Seconds of one factorisation a tap cubed (0.3 s for 3721 taps on two cores), of which a frame
 * takes about this many. */
static const double seconds_per_cube = 6e-12, factorisations = 10;

static bool is_affordable(const ckn_frame_search *search, const ckn_frame *frame) {
    const ckn_shape shape = {frame->rows, frame->cols};
    const double taps = (double)ckn_shape_count(shape);
    const double seconds = ckn_frame_sums_predict(search->sums, shape) +
                           factorisations * seconds_per_cube * taps * taps * taps;
    return search->seconds <= 0 || seconds <= search->seconds;
}

/* The first frame has too few samples. */
static void make_smaller(ckn_frame *frame) {
    frame->rows = odd_below(frame->rows / 2);
    frame->cols = odd_below(frame->cols / 2);
}

static ckn_interval halve_growth(ckn_interval next, ckn_interval last) {
    return (ckn_interval){last.low - (last.low - next.low) / 2,
                          last.high + (next.high - last.high) / 2};
}

/* A larger frame has too few samples: one that is nearer to the last one; where there is none, that
 * has to do, and its sums are made again. */
static ckn_code grow_less(ckn_frame_search *search, const frame_limits *limits, ckn_frame *frame,
                          bool *more, ckn_error *error) {
    const ckn_frame last = search->result.steps[search->result.step_count - 1].tried;
    const intervals next = intervals_of(frame), old = intervals_of(&last);
    const intervals less = {halve_growth(next.rows, old.rows), halve_growth(next.cols, old.cols)};
    bool enough = false;
    *more = !is_inside(less.rows, old.rows) || !is_inside(less.cols, old.cols);
    *frame = frame_of(&less);
    if (*more)
        return CKN_OK;
    search->shortened = true;
    return provide_sums(search, &last, limits, &enough, error);
}

/* Tries a frame and, where the kernel reaches its border, names the next one. */
static ckn_code advance(ckn_frame_search *search, const frame_limits *limits, ckn_frame *frame,
                        bool *more, ckn_error *error) {
    trial t = {.problem = NULL};
    bool worth = false, enough = false;
    const bool first = search->result.step_count == 0;
    CKN_TRY(provide_sums(search, frame, limits, &enough, error));
    if (!enough && !first)
        return grow_less(search, limits, frame, more, error);
    if (!enough) {
        make_smaller(frame);
        *more = true;
        return CKN_OK;
    }
    if (!first && !is_affordable(search, frame)) {
        ckn_log_line(&search->backend->log, CKN_LOG_INFO,
                     "a kernel of %zu x %zu was not tried, as that would take long: give a size to "
                     "have it",
                     frame->cols, frame->rows);
        search->shortened = true;
        return CKN_OK;
    }
    ckn_code code = look_at(search, frame, &t, &worth, error);
    release(&t);
    CKN_TRY(code);
    if (!worth) {
        search->shortened = true;
        return CKN_OK;
    }
    const ckn_support_step *last = &search->result.steps[search->result.step_count - 1];
    search->result.truncated = is_cut(last);
    *more = next_frame(last, limits, frame);
    return CKN_OK;
}

/* The noise that the blurred images have by themselves: the largest of them. */
static ckn_code measure_noise(ckn_frame_search *search, ckn_error *error) {
    for (size_t i = 0; i < search->pair_count; i++) {
        ckn_image_diagnosis figures;
        CKN_TRY(ckn_diagnose_levels(&search->pairs[i].blurred, &figures, error));
        search->noise = fmax(search->noise, isfinite(figures.noise) ? figures.noise : 0);
    }
    return CKN_OK;
}

static ckn_frame first_frame(const ckn_frame_search *search, const frame_limits *limits) {
    return (ckn_frame){
        first_side(search->options.first_rows, limits->told.rows, limits->largest.rows),
        first_side(search->options.first_cols, limits->told.cols, limits->largest.cols),
        search->row_offset, search->col_offset};
}

ckn_frame ckn_frame_search_first(const ckn_frame_search *search) {
    const frame_limits limits = find_limits(search);
    return first_frame(search, &limits);
}

ckn_code ckn_frame_search_run(ckn_frame_search *search, ckn_error *error) {
    const frame_limits limits = find_limits(search);
    if (search->noise <= 0)
        CKN_TRY(measure_noise(search, error));
    ckn_frame frame = first_frame(search, &limits);
    search->result = (ckn_support_result){.truncated = 0};
    search->shortened = false;
    bool more = true;
    while (more && search->result.step_count < CKN_SUPPORT_STEPS) {
        more = false;
        CKN_TRY(advance(search, &limits, &frame, &more, error));
    }
    /* The last frame tried may lie elsewhere, and not be taken. */
    bool enough = false;
    return provide_sums(search, &search->result.frame, &limits, &enough, error);
}

void ckn_frame_search_release(ckn_frame_search *search) {
    ckn_frame_sums_destroy(search->sums);
    search->sums = NULL;
}

static ckn_interval widen_within(ckn_interval part, size_t margin, ckn_interval whole) {
    const ptrdiff_t low = part.low - (ptrdiff_t)margin, high = part.high + (ptrdiff_t)margin;
    return (ckn_interval){low > whole.low ? low : whole.low, high < whole.high ? high : whole.high};
}

ckn_frame ckn_frame_search_widen(const ckn_frame_search *search, const ckn_frame *frame,
                                 ckn_shape margin) {
    const intervals whole = intervals_of(ckn_frame_sums_frame(search->sums));
    const intervals part = intervals_of(frame);
    const intervals wider = {widen_within(part.rows, margin.rows, whole.rows),
                             widen_within(part.cols, margin.cols, whole.cols)};
    return frame_of(&wider);
}
