/* Where the kernel lies: the rectangle of its taps. A displacement is where the frame lies; it is
 * taken only where the fit is better there. */
#include "base/memory.h"
#include "identify/identification.h"
#include "inspect/clipping.h"
#include "statistics/equations.h"
#include "statistics/pair_cut.h"

#include <math.h>
#include <stdlib.h>

/* What a frame elsewhere must lower the misfit to. A window that is off by a pixel leaves far more;
 * less than a tenth is what noise and borders do. */
static const double clearly_better = 0.9;
/* Of BLURRED's variance: a misfit that rounding explains. */
static const double no_misfit = 1e-12;

/* --- what is looked at --------------------------------------------------------------------- */

/* Windows that are masked are summed one by one. Of large images that have some, the middle is
 * enough to tell where the kernel lies and how large it is. */
enum { MIDDLE_SIDE = 1024, MANY_SAMPLES = 2 << 20 };

static size_t start_of_middle(size_t length) {
    return length > MIDDLE_SIDE ? (length - MIDDLE_SIDE) / 2 : 0;
}

static ckn_view part_or_none(const ckn_view *view, size_t row, size_t col, ckn_shape shape) {
    return view->data ? ckn_view_part(view, row, col, shape) : *view;
}

static ckn_pair middle_of(const ckn_pair *pair) {
    const ckn_view *x = &pair->sharp, *y = &pair->blurred;
    const size_t row = start_of_middle(y->rows), col = start_of_middle(y->cols);
    const ckn_shape small = {y->rows - 2 * row, y->cols - 2 * col};
    const ckn_shape large = {small.rows + x->rows - y->rows, small.cols + x->cols - y->cols};
    return (ckn_pair){.sharp = ckn_view_part(x, row, col, large),
                      .blurred = ckn_view_part(y, row, col, small),
                      .sharp_weights = part_or_none(&pair->sharp_weights, row, col, large),
                      .blurred_weights = part_or_none(&pair->blurred_weights, row, col, small)};
}

static ckn_code choose_windows(ckn_identification *job, ckn_error *error) {
    bool weighted = false;
    size_t samples = 0;
    CKN_TRY(
        ckn_allocate(&job->looked_at, job->pair_count, sizeof *job->looked_at, "the pairs", error));
    for (size_t i = 0; i < job->pair_count; i++) {
        const ckn_pair *pair = &job->pairs[i];
        weighted = weighted || pair->sharp_weights.data || pair->blurred_weights.data;
        samples += pair->blurred.rows * pair->blurred.cols;
    }
    for (size_t i = 0; i < job->pair_count; i++)
        job->looked_at[i] =
            weighted && samples > MANY_SAMPLES ? middle_of(&job->pairs[i]) : job->pairs[i];
    return CKN_OK;
}

/* --- the fit at a place ------------------------------------------------------------------- */

/* The least squares of a frame, with a constant background. */
typedef struct place_fit {
    double *h;    /* NULL: not wanted */
    double share; /* of BLURRED's variance that it leaves */
} place_fit;

static ckn_code solve_part(const ckn_frame_sums *sums, const ckn_rectangle *part, place_fit *fit,
                           ckn_error *error) {
    ckn_problem *problem = NULL;
    const ckn_equations *statistics = NULL;
    double lowered = 0, *h = NULL;
    CKN_TRY(ckn_frame_sums_part(sums, part, CKN_BACKGROUND_CONSTANT, &problem, error));
    ckn_code code = ckn_equations_get(problem, &statistics, error);
    if (code == CKN_OK)
        code = ckn_allocate(&h, statistics->taps, sizeof *h, "a trial frame", error);
    if (code == CKN_OK) {
        ckn_rectangle_search search = {.gram = &statistics->gram,
                                       .b = statistics->b,
                                       .frame = problem->kernel,
                                       .ridge = 1e-14 * statistics->mean_diagonal};
        code = ckn_rectangle_search_fit(&search, h, &lowered, error);
    }
    for (size_t tap = 0; code == CKN_OK && tap < statistics->taps; tap++)
        h[tap] *= problem->units.x_scale / problem->units.y_scale;
    if (code == CKN_OK)
        fit->share = statistics->square > 0 ? fmax(0, 1 - lowered / statistics->square) : 0;
    ckn_problem_destroy(problem);
    fit->h = h;
    return code;
}

static ckn_code create_sums(const ckn_identification *job, const ckn_frame *frame,
                            ckn_frame_sums **sums, ckn_error *error) {
    return ckn_frame_sums_create(job->context->backend, job->looked_at, job->pair_count, frame,
                                 CKN_BACKGROUND_CONSTANT, job->estimate.memory_limit, sums, error);
}

/* Infinite where masks and clipping leave too few windows there. */
static ckn_code measure_misfit(const ckn_identification *job, const ckn_frame *frame, double *share,
                               ckn_error *error) {
    ckn_frame_sums *sums = NULL;
    place_fit fit = {.share = INFINITY};
    const ckn_rectangle whole = {0, 0, {frame->rows, frame->cols}};
    ckn_error reason;
    ckn_code code = create_sums(job, frame, &sums, &reason);
    *share = INFINITY;
    if (code == CKN_ERROR_DATA)
        return CKN_OK;
    if (code != CKN_OK)
        return ckn_fail(error, code, "%s", reason.message);
    code = solve_part(sums, &whole, &fit, error);
    ckn_frame_sums_destroy(sums);
    free(fit.h);
    *share = fit.share;
    return code;
}

static bool is_better(double share, double than) {
    return than > no_misfit && share < clearly_better * than;
}

/* --- a size that is sought ---------------------------------------------------------------- */

/* Where the search of the size starts: at the displacement, if the first frame does not reach it
 * and the fit is better there. */
static ckn_code choose_start(ckn_identification *job, const ckn_shift *shift, ckn_error *error) {
    const ptrdiff_t row = (ptrdiff_t)lround(shift->row), col = (ptrdiff_t)lround(shift->col);
    const ckn_support_options *support = &job->options->support;
    ckn_frame frame = {support->first_rows > 0 ? support->first_rows : 1,
                       support->first_cols > 0 ? support->first_cols : 1, 0, 0};
    const ptrdiff_t reach_rows = (ptrdiff_t)frame.rows / 4, reach_cols = (ptrdiff_t)frame.cols / 4;
    double here = 0, there = 0;
    if (!shift->found || (labs((long)row) <= reach_rows && labs((long)col) <= reach_cols))
        return CKN_OK;
    frame.rows = frame.rows > 15 ? 15 : frame.rows;
    frame.cols = frame.cols > 15 ? 15 : frame.cols;
    CKN_TRY(measure_misfit(job, &frame, &here, error));
    frame.row_offset = row;
    frame.col_offset = col;
    CKN_TRY(measure_misfit(job, &frame, &there, error));
    if (is_better(there, here)) {
        job->search.row_offset = row;
        job->search.col_offset = col;
    }
    return CKN_OK;
}

/* Rounds of finding outliers and the frame: the second one knows how large the kernel is. */
enum { MOST_ROUNDS = 3 };

/* What was found reaches the border of the frame in which outliers were sought. */
static bool outgrows(const ckn_frame *found, const ckn_frame *tried) {
    const ckn_rectangle part = ckn_part_of_frame(tried, found);
    return part.row < 1 || part.row + found->rows >= tried->rows || part.row > tried->rows ||
           part.col < 1 || part.col + found->cols >= tried->cols || part.col > tried->cols;
}

static ckn_code search_without_outliers(ckn_identification *job, ckn_error *error) {
    ckn_frame_search *search = &job->search;
    ckn_frame frame = ckn_frame_search_first(search);
    CKN_TRY(ckn_outliers_create(job->looked_at, job->pair_count, &job->outliers, error));
    search->pairs = ckn_outliers_pairs(job->outliers);
    for (size_t round = 0; round < MOST_ROUNDS; round++) {
        CKN_TRY(ckn_identify_report(job, CKN_PHASE_CLIPPING, round, MOST_ROUNDS, error));
        CKN_TRY(ckn_outliers_find(job->outliers, job->context, job->looked_at, &job->estimate,
                                  &frame, error));
        ckn_frame_search_release(search);
        CKN_TRY(ckn_frame_search_run(search, error));
        if (!outgrows(&search->result.frame, &frame))
            break;
        frame = search->result.steps[search->result.step_count - 1].tried;
    }
    return CKN_OK;
}

/* Of lossy pictures: what a tap must gain, in units of the usual. Gaussians of sigma 1 to 3 of the
 * sample picture as JPEG of qualities from 50 to 95 get sizes that hold them (tests/bench, section
 * jpeg, 2026-11-28). */
static const double of_losses = 4;

/* A frame that has fewer makes clipped samples stay in the fit (inspect/clip_enough.c). */
enum { SAMPLES_BESIDE_CLIPPED = 10 };

/* Predicted seconds that a trial frame may take. */
static const double patience = 2;

static ckn_code seek_frame(ckn_identification *job, const ckn_shift *shift, ckn_error *error) {
    const ckn_identify_options *options = job->options;
    ckn_frame_search *search = &job->search;
    search->options = options->support;
    search->options.memory_limit = job->estimate.memory_limit;
    search->has_plane = job->estimate.background == CKN_BACKGROUND_PLANE;
    search->options.progress = job->estimate.progress;
    search->options.progress_user = job->estimate.progress_user;
    if (job->estimate.inflation > 0)
        search->options.penalty *= job->estimate.inflation;
    else if (job->estimate.loss_sigma > 0)
        search->options.penalty *= of_losses;
    search->seconds = patience;
    if (job->clipping && ckn_clipping_wants_model(job->clipping))
        search->samples_per_tap = SAMPLES_BESIDE_CLIPPED;
    if (options->shift == CKN_SHIFT_GIVEN) {
        search->row_offset = options->row_shift;
        search->col_offset = options->col_shift;
    } else
        CKN_TRY(choose_start(job, shift, error));
    CKN_TRY(job->estimate.robust ? search_without_outliers(job, error)
                                 : ckn_frame_search_run(search, error));
    /* Even sides, too: a line that makes a side odd has nothing but noise. */
    job->frame = search->result.steps[search->result.step_count - 1].found;
    job->answer->identified.support = search->result;
    job->answer->identified.shortened = search->shortened;
    return CKN_OK;
}

/* --- a size that is given ----------------------------------------------------------------- */

static double energy_of(const double *h, size_t stride, const ckn_rectangle *part) {
    double sum = 0;
    for (size_t row = part->row; row < part->row + part->shape.rows; row++)
        for (size_t col = part->col; col < part->col + part->shape.cols; col++)
            sum += h[row * stride + col] * h[row * stride + col];
    return sum;
}

/* The middle of the squares of the taps. */
static void find_middle(const double *h, ckn_shape frame, double *row, double *col) {
    double sum = 0;
    *row = *col = 0;
    for (size_t n = 0; n < ckn_shape_count(frame); n++) {
        const size_t tap_row = n / frame.cols, tap_col = n % frame.cols;
        sum += h[n] * h[n];
        *row += h[n] * h[n] * (double)tap_row;
        *col += h[n] * h[n] * (double)tap_col;
    }
    *row = sum > 0 ? *row / sum : 0;
    *col = sum > 0 ? *col / sum : 0;
}

/* The part of this shape that holds most of the kernel's squares; of those that hold all of it, the
 * one whose middle is nearest to the kernel's. */
static ckn_rectangle find_heaviest(const double *h, ckn_shape frame, ckn_shape shape) {
    static const double centering = 1e-3; /* of the squares, at a side's distance */
    ckn_rectangle best = {0, 0, shape};
    double most = -1, middle_row = 0, middle_col = 0;
    find_middle(h, frame, &middle_row, &middle_col);
    for (size_t row = 0; row + shape.rows <= frame.rows; row++)
        for (size_t col = 0; col + shape.cols <= frame.cols; col++) {
            const ckn_rectangle part = {row, col, shape};
            const double down = (double)row + 0.5 * (double)(shape.rows - 1) - middle_row;
            const double right = (double)col + 0.5 * (double)(shape.cols - 1) - middle_col;
            const double distance = (down * down + right * right) /
                                    (double)(shape.rows * shape.rows + shape.cols * shape.cols);
            const double energy = energy_of(h, frame.cols, &part) * (1 - centering * distance);
            if (energy > most) {
                most = energy;
                best = part;
            }
        }
    return best;
}

/* Moves the frame of the given size to one of these places, each axis by itself, where that is
 * better than where 'same' puts it. All are fitted on the same windows. */
static ckn_code compare_places(const ckn_frame_sums *sums, const ckn_rectangle *usual,
                               const ckn_rectangle *other, ckn_rectangle *best, ckn_error *error) {
    const ckn_rectangle places[] = {*usual,
                                    {other->row, usual->col, usual->shape},
                                    {usual->row, other->col, usual->shape},
                                    *other};
    double least = INFINITY;
    *best = *usual;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const bool moved = places[i].row != usual->row || places[i].col != usual->col;
        place_fit fit = {.share = INFINITY};
        if (i > 0 && !moved)
            continue;
        ckn_code code = solve_part(sums, &places[i], &fit, error);
        free(fit.h);
        CKN_TRY(code);
        if (i == 0 || is_better(fit.share, least)) {
            least = fit.share;
            *best = places[i];
        }
    }
    return CKN_OK;
}

/* The smallest interval that holds both, with room round the second. */
static ckn_interval join(ckn_interval usual, ckn_interval moved, size_t room) {
    const ckn_interval wide = {moved.low - (ptrdiff_t)room, moved.high + (ptrdiff_t)room};
    return (ckn_interval){usual.low < wide.low ? usual.low : wide.low,
                          usual.high > wide.high ? usual.high : wide.high};
}

/* Where no frame holds both, or too few windows do: the misfits at both places, each on its own
 * windows. */
static ckn_code look_far(ckn_identification *job, const ckn_frame *moved, ckn_error *error) {
    double here = 0, there = 0;
    CKN_TRY(measure_misfit(job, &job->frame, &here, error));
    if (here <= no_misfit)
        return CKN_OK;
    CKN_TRY(measure_misfit(job, moved, &there, error));
    if (is_better(there, here))
        job->frame = *moved;
    return CKN_OK;
}

/* Taps of a frame that holds the usual place and the displaced one; more are not solved for. */
enum { MOST_TAPS_OF_BOTH = 2500 };

static ckn_code look_elsewhere(ckn_identification *job, const ckn_frame *both,
                               const ckn_frame *moved, ckn_error *error) {
    const ckn_rectangle whole = {0, 0, {both->rows, both->cols}};
    const ckn_rectangle usual = ckn_part_of_frame(both, &job->frame);
    ckn_frame_sums *sums = NULL;
    place_fit fit = {.h = NULL};
    ckn_rectangle best = usual;
    ckn_error reason;
    ckn_code code = create_sums(job, both, &sums, &reason);
    if (code == CKN_ERROR_DATA) /* masks and clipping leave too few windows of this size */
        return look_far(job, moved, error);
    if (code != CKN_OK)
        return ckn_fail(error, code, "%s", reason.message);
    code = solve_part(sums, &whole, &fit, error);
    if (code == CKN_OK) {
        const ckn_rectangle heaviest = find_heaviest(fit.h, whole.shape, usual.shape);
        code = compare_places(sums, &usual, &heaviest, &best, error);
    }
    if (code == CKN_OK)
        job->frame = ckn_frame_of_part(both, &best);
    ckn_frame_sums_destroy(sums);
    free(fit.h);
    return code;
}

/* The taps round the usual place, on all sides alike, that four samples each determine. */
static ckn_frame widen(const ckn_frame *usual, ckn_shape y) {
    enum { MOST_ROOM = 12, SAMPLES_OF_A_TAP = 4 };
    ckn_frame widest = *usual;
    for (size_t room = 1; room <= MOST_ROOM; room++) {
        const size_t rows = usual->rows + 2 * room, cols = usual->cols + 2 * room;
        if (rows > y.rows / 2 || cols > y.cols / 2)
            break;
        const size_t windows = (y.rows - rows + 1) * (y.cols - cols + 1);
        if (rows * cols > MOST_TAPS_OF_BOTH || SAMPLES_OF_A_TAP * rows * cols > windows)
            break;
        widest.rows = rows;
        widest.cols = cols;
    }
    return widest;
}

/* Signed kernels without a peak show no displacement. Where the usual place explains the pair
 * badly, the fit of a wider frame does. */
static ckn_code look_around(ckn_identification *job, ckn_error *error) {
    /* Of BLURRED's variance: noise and borders leave less to a kernel in its place, another place
     * more. */
    static const double badly = 0.01;
    const ckn_frame wide = widen(&job->frame, ckn_view_shape(&job->pairs[0].blurred));
    double here = 0;
    if (wide.rows == job->frame.rows)
        return CKN_OK;
    CKN_TRY(measure_misfit(job, &job->frame, &here, error));
    return here > badly ? look_elsewhere(job, &wide, &job->frame, error) : CKN_OK;
}

static ckn_code move_frame(ckn_identification *job, const ckn_shift *shift, ckn_error *error) {
    const ckn_frame *usual = &job->frame;
    ckn_frame moved = *usual;
    moved.row_offset += (ptrdiff_t)lround(shift->row);
    moved.col_offset += (ptrdiff_t)lround(shift->col);
    if (!shift->found ||
        (moved.row_offset == usual->row_offset && moved.col_offset == usual->col_offset))
        return CKN_OK;
    const ckn_interval rows =
        join(ckn_interval_of_taps(usual->rows, usual->row_offset),
             ckn_interval_of_taps(moved.rows, moved.row_offset), usual->rows / 4 + 1);
    const ckn_interval cols =
        join(ckn_interval_of_taps(usual->cols, usual->col_offset),
             ckn_interval_of_taps(moved.cols, moved.col_offset), usual->cols / 4 + 1);
    const ckn_frame both = {ckn_interval_length(rows), ckn_interval_length(cols),
                            ckn_interval_offset(rows), ckn_interval_offset(cols)};
    const ckn_shape y = ckn_view_shape(&job->pairs[0].blurred);
    const bool fits = both.rows * both.cols <= MOST_TAPS_OF_BOTH && both.rows <= y.rows / 2 &&
                      both.cols <= y.cols / 2;
    return fits ? look_elsewhere(job, &both, &moved, error) : look_far(job, &moved, error);
}

/* Whether the statistics that a look at other places takes are allowed. */
static bool may_look(const ckn_identification *job) {
    const ckn_frame wide = widen(&job->frame, ckn_view_shape(&job->pairs[0].blurred));
    return ckn_equations_bytes((ckn_shape){wide.rows, wide.cols}) <=
           ckn_equations_limit(job->estimate.memory_limit);
}

/* A displacement that the pictures show is right where it is none, or where the frame takes it. */
static ckn_code place_given(ckn_identification *job, const ckn_shift *shift, ckn_error *error) {
    const bool stays = shift->found && lround(shift->row) == 0 && lround(shift->col) == 0;
    if (!may_look(job))
        return CKN_OK;
    CKN_TRY(move_frame(job, shift, error));
    const bool moved = job->frame.row_offset != 0 || job->frame.col_offset != 0;
    return stays || moved ? CKN_OK : look_around(job, error);
}

/* --- a rough kernel ----------------------------------------------------------------------- */

ckn_code ckn_identify_rough_kernel(const ckn_identification *job, double **h, ckn_error *error) {
    ckn_frame_sums *own = NULL;
    const ckn_frame_sums *sums = job->search.sums;
    ckn_rectangle part = {0, 0, {job->frame.rows, job->frame.cols}};
    place_fit fit = {.h = NULL};
    if (sums)
        part = ckn_part_of_frame(ckn_frame_sums_frame(sums), &job->frame);
    else
        CKN_TRY(create_sums(job, &job->frame, &own, error));
    ckn_code code = solve_part(sums ? sums : own, &part, &fit, error);
    ckn_frame_sums_destroy(own);
    *h = fit.h;
    return code;
}

/* --- all of it ---------------------------------------------------------------------------- */

ckn_code ckn_identify_place(ckn_identification *job, ckn_error *error) {
    ckn_shift shift = {.found = 0};
    job->search.backend = job->context->backend;
    job->search.pair_count = job->pair_count;
    if (job->options->shift == CKN_SHIFT_AUTO)
        CKN_TRY(ckn_identify_find_shifts(job, &shift, error));
    CKN_TRY(choose_windows(job, error));
    job->search.pairs = job->looked_at;
    if (job->is_sought)
        return seek_frame(job, &shift, error);
    job->frame = (ckn_frame){job->estimate.kernel_rows, job->estimate.kernel_cols, 0, 0};
    if (job->options->shift == CKN_SHIFT_AUTO)
        return place_given(job, &shift, error);
    if (job->options->shift == CKN_SHIFT_GIVEN) {
        job->frame.row_offset += job->options->row_shift;
        job->frame.col_offset += job->options->col_shift;
    }
    return CKN_OK;
}
