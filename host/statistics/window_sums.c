#include "statistics/window_sums.h"

#include "base/memory.h"
#include "dense/panel.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

enum { STRIP = 1 << 20, MOST_EXTRA = CKN_MOST_TERMS + 1 };

typedef struct window_sums {
    const ckn_problem *problem;
    const ckn_problem_pair *pair;
    const double *applied;
    double all;
    ckn_shape kernel; /* of the taps that are summed for, whose windows start in x at row, col */
    size_t row, col;
    size_t terms;
    double *x, *y; /* of a strip of windows: their rows, and k-1 more of x */
    double *border, corner[MOST_EXTRA * MOST_EXTRA];
    ckn_panel add, take;
} window_sums;

static double change_at(const window_sums *sums, size_t window) {
    return sums->pair->weights[window] - (sums->applied ? sums->applied[window] : sums->all);
}

static bool row_changes(const window_sums *sums, size_t p) {
    const size_t width = sums->pair->y_shape.cols;
    for (size_t q = 0; q < width; q++) {
        if (change_at(sums, p * width + q) != 0)
            return true;
    }
    return false;
}

/* Taps run against offsets. `x` is the window's first sample. */
static void fill_row(const window_sums *sums, const double *x, double root, double *row) {
    const ckn_shape h = sums->kernel;
    const size_t stride = sums->pair->x_shape.cols;
    for (size_t i = 0; i < h.rows; i++) {
        double *to = row + (h.rows - 1 - i) * h.cols;
        const double *from = x + i * stride;
        for (size_t j = 0; j < h.cols; j++)
            to[h.cols - 1 - j] = root * from[j];
    }
}

/* Window (p,q) of a strip that starts with row `start`. */
static ckn_code add_window(window_sums *sums, size_t start, size_t p, size_t q, ckn_error *error) {
    const ckn_shape valid = sums->pair->y_shape;
    const double change = change_at(sums, p * valid.cols + q);
    double *row = NULL, *extra = NULL;
    if (change == 0)
        return CKN_OK;
    CKN_TRY(ckn_panel_next(change > 0 ? &sums->add : &sums->take, &row, &extra, error));
    const double root = sqrt(fabs(change));
    const double values[CKN_MOST_TERMS] = {1, ckn_term_at(p, valid.rows),
                                           ckn_term_at(q, valid.cols)};
    fill_row(sums, sums->x + (p - start) * sums->pair->x_shape.cols + sums->col + q, root, row);
    for (size_t n = 0; n < CKN_MOST_TERMS && n < sums->terms; n++)
        extra[n] = root * values[n];
    extra[sums->terms] = root * sums->y[(p - start) * valid.cols + q];
    return CKN_OK;
}

static ckn_code add_strip(window_sums *sums, size_t start, size_t rows, ckn_error *error) {
    const ckn_problem_pair *pair = sums->pair;
    const size_t context = sums->kernel.rows - 1;
    bool any = false;
    for (size_t p = start; p < start + rows && !any; p++)
        any = row_changes(sums, p);
    if (!any)
        return CKN_OK;
    CKN_TRY(ckn_problem_download(sums->problem, pair->x, pair->x_shape,
                                 (ckn_shape){sums->row + start, 0},
                                 (ckn_shape){rows + context, pair->x_shape.cols}, sums->x, error));
    CKN_TRY(ckn_problem_download(sums->problem, pair->y, pair->y_shape, (ckn_shape){start, 0},
                                 (ckn_shape){rows, pair->y_shape.cols}, sums->y, error));
    for (size_t p = start; p < start + rows; p++)
        for (size_t q = 0; q < pair->y_shape.cols; q++)
            CKN_TRY(add_window(sums, start, p, q, error));
    return CKN_OK;
}

static ckn_code visit(window_sums *sums, ckn_error *error) {
    static const char what[] = "a strip of the images";
    const ckn_problem_pair *pair = sums->pair;
    const size_t fit = STRIP / pair->x_shape.cols + 1, context = sums->kernel.rows - 1;
    const size_t most = fit < pair->y_shape.rows ? fit : pair->y_shape.rows;
    CKN_TRY(
        ckn_allocate(&sums->x, (most + context) * pair->x_shape.cols, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&sums->y, most * pair->y_shape.cols, sizeof(double), what, error));
    for (size_t start = 0; start < pair->y_shape.rows; start += most) {
        const size_t left = pair->y_shape.rows - start;
        CKN_TRY(add_strip(sums, start, left < most ? left : most, error));
    }
    CKN_TRY(ckn_panel_flush(&sums->add, error));
    return ckn_panel_flush(&sums->take, error);
}

/* From the panels' sums to those of the statistics. */
static void distribute(const window_sums *sums, ckn_equations *statistics, ckn_pair_terms *terms) {
    const size_t taps = statistics->taps, last = sums->terms, width = last + 1;
    cblas_daxpy((int)taps, 1, sums->border + last * taps, 1, statistics->b, 1);
    statistics->square += sums->corner[last * width + last];
    if (!terms)
        return;
    cblas_daxpy((int)(taps * last), 1, sums->border, 1, terms->cross, 1);
    for (size_t i = 0; i < last; i++) {
        terms->rhs[i] += sums->corner[i * width + last];
        for (size_t j = 0; j < last; j++)
            terms->own[i * CKN_MOST_TERMS + j] += sums->corner[i * width + j];
    }
}

ckn_code ckn_window_sums_add(const ckn_problem *problem, size_t index, const ckn_rectangle *part,
                             const double *applied, double all, ckn_equations *statistics,
                             ckn_pair_terms *terms, ckn_error *error) {
    window_sums sums = {.problem = problem,
                        .pair = &problem->pairs[index],
                        .applied = applied,
                        .all = all,
                        .kernel = part->shape,
                        .row = problem->kernel.rows - part->row - part->shape.rows,
                        .col = problem->kernel.cols - part->col - part->shape.cols,
                        .terms = terms ? terms->count : 0};
    ckn_code code = ckn_allocate(&sums.border, statistics->taps, (sums.terms + 1) * sizeof(double),
                                 "the sums of windows", error);
    const ckn_normal_sums target = {&statistics->gram, sums.border, sums.corner, sums.terms + 1};
    if (code == CKN_OK)
        code = ckn_panel_create(&sums.add, &target, 1, error);
    if (code == CKN_OK)
        code = ckn_panel_create(&sums.take, &target, -1, error);
    if (code == CKN_OK)
        code = visit(&sums, error);
    if (code == CKN_OK)
        distribute(&sums, statistics, terms);
    ckn_panel_release(&sums.add);
    ckn_panel_release(&sums.take);
    free(sums.border);
    free(sums.x);
    free(sums.y);
    return code;
}
