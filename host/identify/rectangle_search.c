#include "identify/rectangle_search.h"

#include "base/memory.h"
#include "dense/cholesky.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Lines that a side may move outwards in one go, and rounds of all four sides. */
enum { OUTWARDS = 3, ROUNDS = 12 };

typedef enum side { TOP = 0, BOTTOM, LEFT, RIGHT, SIDES } side;

/* Taps in the order of elimination: `count` lines of `length` taps. */
typedef struct tap_order {
    size_t *taps;
    size_t lines, length;
} tap_order;

static bool is_vertical(side which) {
    return which == TOP || which == BOTTOM;
}

/* The lines of the rectangle with those at this side last. */
static ckn_code list_taps(const ckn_rectangle_search *search, const ckn_rectangle *rectangle,
                          side last, tap_order *order, ckn_error *error) {
    const bool vertical = is_vertical(last);
    order->lines = vertical ? rectangle->shape.rows : rectangle->shape.cols;
    order->length = vertical ? rectangle->shape.cols : rectangle->shape.rows;
    CKN_TRY(ckn_allocate(&order->taps, order->lines * order->length, sizeof(size_t),
                         "the search of the support", error));
    const bool backwards = last == TOP || last == LEFT;
    for (size_t line = 0; line < order->lines; line++) {
        const size_t at = backwards ? order->lines - 1 - line : line;
        for (size_t i = 0; i < order->length; i++) {
            const size_t row = rectangle->row + (vertical ? at : i);
            const size_t col = rectangle->col + (vertical ? i : at);
            order->taps[line * order->length + i] = row * search->frame.cols + col;
        }
    }
    return CKN_OK;
}

static ckn_code report(ckn_rectangle_search *search, ckn_error *error) {
    const ckn_progress progress = {.phase = CKN_PHASE_SUPPORT,
                                   .iteration = search->trial,
                                   .iterations = search->most_trials,
                                   .kernel_rows = search->frame.rows,
                                   .kernel_cols = search->frame.cols};
    if (search->progress && search->progress(search->progress_user, &progress))
        return ckn_fail(error, CKN_ERROR_CANCELLED, "cancelled by the progress callback");
    return CKN_OK;
}

static void gather(const ckn_rectangle_search *search, const size_t *taps, double ridge,
                   ckn_symmetric *matrix) {
    for (size_t j = 0; j < matrix->order; j++) {
        for (size_t i = j; i < matrix->order; i++)
            *ckn_symmetric_at(matrix, i, j) = *ckn_symmetric_at(search->gram, taps[i], taps[j]);
    }
    ckn_symmetric_shift(matrix, ridge);
}

/* The factor of G on these taps. Where rounding has left it indefinite, its diagonal is raised
 * until it is not. */
static ckn_code factor_taps(ckn_rectangle_search *search, const size_t *taps, ckn_symmetric *matrix,
                            ckn_error *error) {
    static const double factor = 100;
    bool definite = false;
    CKN_TRY(report(search, error));
    double ridge = search->ridge;
    while (!definite) {
        if (!isfinite(ridge) || ridge <= 0)
            return ckn_fail(error, CKN_ERROR_DATA,
                            "the statistics of the images determine no kernel");
        gather(search, taps, ridge, matrix);
        CKN_TRY(ckn_cholesky_factor(matrix, &definite, error));
        search->factorisations++;
        ridge *= factor;
    }
    return CKN_OK;
}

/* z = L^-1 b in this order. */
static ckn_code half_solve(ckn_rectangle_search *search, const tap_order *order, double *z,
                           ckn_error *error) {
    const size_t count = order->lines * order->length;
    ckn_symmetric matrix = {0, NULL};
    CKN_TRY(ckn_symmetric_create(&matrix, count, "the search of the support", error));
    ckn_code code = factor_taps(search, order->taps, &matrix, error);
    for (size_t i = 0; i < count; i++)
        z[i] = search->b[order->taps[i]];
    if (code == CKN_OK)
        code = ckn_cholesky_half_solve(&matrix, z, error);
    ckn_symmetric_release(&matrix);
    return code;
}

/* What a line must lower the criterion by: the penalty for each of its taps; of few taps more, as
 * chi^2 of L degrees is above L + 3 sqrt(2 L) + 16/3 by chance in one line of about a thousand
 * (Cornish and Fisher, at three standard deviations), while 3 L is usual for one tap. */
static double cost_of_line(const ckn_rectangle_search *search, size_t length) {
    static const double usual_penalty = 3;
    const double taps = (double)length;
    const double chance = taps + 3 * sqrt(2 * taps) + 16.0 / 3;
    return search->penalty * fmax(taps, chance / usual_penalty);
}

/* gains[line] = what the criterion falls by where this line joins those before it. */
static ckn_code line_gains(ckn_rectangle_search *search, const tap_order *order, double *gains,
                           ckn_error *error) {
    double *z = NULL;
    CKN_TRY(ckn_allocate(&z, order->lines * order->length, sizeof *z, "the search of the support",
                         error));
    ckn_code code = half_solve(search, order, z, error);
    for (size_t line = 0; line < order->lines && code == CKN_OK; line++) {
        double lowered = 0;
        for (size_t i = 0; i < order->length; i++)
            lowered += z[line * order->length + i] * z[line * order->length + i];
        gains[line] = lowered / search->variance - cost_of_line(search, order->length);
    }
    free(z);
    return code;
}

/* Lines to be kept: at least one. */
static size_t best_count(const double *gains, size_t lines) {
    size_t best = lines;
    double lost = 0, least = 0;
    for (size_t count = lines - 1; count >= 1; count--) {
        lost += gains[count];
        if (lost < least) {
            least = lost;
            best = count;
        }
    }
    return best;
}

static void drop_lines(ckn_rectangle *rectangle, side from, size_t lines) {
    rectangle->row += from == TOP ? lines : 0;
    rectangle->col += from == LEFT ? lines : 0;
    rectangle->shape.rows -= is_vertical(from) ? lines : 0;
    rectangle->shape.cols -= is_vertical(from) ? 0 : lines;
}

/* As many lines as the frame has there, at most `lines`. */
static void add_lines(const ckn_rectangle_search *search, ckn_rectangle *rectangle, side at,
                      size_t lines) {
    const size_t room[SIDES] = {
        rectangle->row, search->frame.rows - rectangle->row - rectangle->shape.rows, rectangle->col,
        search->frame.cols - rectangle->col - rectangle->shape.cols};
    lines = lines < room[at] ? lines : room[at];
    rectangle->row -= at == TOP ? lines : 0;
    rectangle->col -= at == LEFT ? lines : 0;
    rectangle->shape.rows += is_vertical(at) ? lines : 0;
    rectangle->shape.cols += is_vertical(at) ? 0 : lines;
}

/* The best place for one side of the rectangle, further in or not farther out than it is. */
static ckn_code place_side(ckn_rectangle_search *search, side which, ckn_rectangle *rectangle,
                           ckn_error *error) {
    tap_order order = {NULL, 0, 0};
    double *gains = NULL;
    ckn_code code = list_taps(search, rectangle, which, &order, error);
    if (code == CKN_OK)
        code = ckn_allocate(&gains, order.lines, sizeof *gains, "the search of the support", error);
    if (code == CKN_OK)
        code = line_gains(search, &order, gains, error);
    if (code == CKN_OK)
        drop_lines(rectangle, which, order.lines - best_count(gains, order.lines));
    free(gains);
    free(order.taps);
    return code;
}

static bool is_same(const ckn_rectangle *a, const ckn_rectangle *b) {
    return a->row == b->row && a->col == b->col && ckn_shape_equal(a->shape, b->shape);
}

ckn_code ckn_rectangle_search_run(ckn_rectangle_search *search, ckn_rectangle *rectangle,
                                  ckn_error *error) {
    for (size_t round = 0; round < ROUNDS; round++) {
        const ckn_rectangle before = *rectangle;
        for (side which = TOP; which < SIDES; which++) {
            /* What was dropped when its line was long may be worth having in a shorter one. */
            if (round > 0)
                add_lines(search, rectangle, which, OUTWARDS);
            CKN_TRY(place_side(search, which, rectangle, error));
        }
        if (round > 0 && is_same(rectangle, &before))
            break;
    }
    return CKN_OK;
}

static ckn_code criterion(ckn_rectangle_search *search, const ckn_rectangle *rectangle,
                          double *value, ckn_error *error) {
    tap_order order = {NULL, 0, 0};
    double *gains = NULL;
    *value = 0;
    ckn_code code = list_taps(search, rectangle, TOP, &order, error);
    if (code == CKN_OK)
        code = ckn_allocate(&gains, order.lines, sizeof *gains, "the search of the support", error);
    if (code == CKN_OK)
        code = line_gains(search, &order, gains, error);
    for (size_t line = 0; line < order.lines && code == CKN_OK; line++)
        *value -= gains[line];
    free(gains);
    free(order.taps);
    return code;
}

/* Of the four ways to make one axis odd, the best. */
static ckn_code make_axis_odd(ckn_rectangle_search *search, side first, ckn_rectangle *rectangle,
                              ckn_error *error) {
    const ckn_rectangle even = *rectangle;
    double least = INFINITY;
    for (side which = first; which <= first + 1; which++) {
        for (int outwards = 0; outwards < 2; outwards++) {
            ckn_rectangle candidate = even;
            double value = 0;
            if (outwards)
                add_lines(search, &candidate, which, 1);
            else
                drop_lines(&candidate, which, 1);
            if (ckn_shape_equal(candidate.shape, even.shape)) /* no room */
                continue;
            CKN_TRY(criterion(search, &candidate, &value, error));
            if (value < least) {
                least = value;
                *rectangle = candidate;
            }
        }
    }
    return CKN_OK;
}

ckn_code ckn_rectangle_search_odd(ckn_rectangle_search *search, ckn_rectangle *rectangle,
                                  ckn_error *error) {
    if (rectangle->shape.rows % 2 == 0)
        CKN_TRY(make_axis_odd(search, TOP, rectangle, error));
    if (rectangle->shape.cols % 2 == 0)
        CKN_TRY(make_axis_odd(search, LEFT, rectangle, error));
    return CKN_OK;
}

static ckn_code fit(ckn_rectangle_search *search, const tap_order *order, ckn_symmetric *matrix,
                    double *h, double *lowered, ckn_error *error) {
    const size_t count = matrix->order;
    CKN_TRY(factor_taps(search, order->taps, matrix, error));
    memcpy(h, search->b, count * sizeof *h);
    CKN_TRY(ckn_cholesky_solve(matrix, h, error));
    *lowered = 0;
    for (size_t i = 0; i < count; i++)
        *lowered += h[i] * search->b[i];
    return CKN_OK;
}

ckn_code ckn_rectangle_search_fit(ckn_rectangle_search *search, double *h, double *lowered,
                                  ckn_error *error) {
    const ckn_rectangle whole = {0, 0, search->frame};
    tap_order order = {NULL, 0, 0};
    ckn_symmetric matrix = {0, NULL};
    ckn_code code = list_taps(search, &whole, BOTTOM, &order, error);
    if (code == CKN_OK)
        code = ckn_symmetric_create(&matrix, ckn_shape_count(search->frame),
                                    "the search of the support", error);
    if (code == CKN_OK)
        code = fit(search, &order, &matrix, h, lowered, error);
    ckn_symmetric_release(&matrix);
    free(order.taps);
    return code;
}
