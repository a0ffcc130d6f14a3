/* Statistics as objects of their own, which clkernest.h describes: made, added, restricted. */
#include "statistics/statistics.h"

#include "backend/context.h"
#include "base/memory.h"
#include "dense/blas_pool.h"
#include "statistics/frame_sums.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char what[] = "the statistics";

/* --- room --------------------------------------------------------------------------------- */

static size_t taps_of(const ckn_statistics *statistics) {
    return statistics->frame.rows * statistics->frame.cols;
}

static ckn_code fill(ckn_statistics *self, ckn_error *error) {
    const size_t terms = ckn_term_count(self->background);
    size_t taps;
    if (!ckn_multiply(self->frame.rows, self->frame.cols, &taps))
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for %s", what);
    CKN_TRY(ckn_symmetric_create(&self->gram, taps, what, error));
    CKN_TRY(ckn_allocate(&self->b, taps, sizeof *self->b, what, error));
    CKN_TRY(ckn_allocate(&self->parts, self->part_count, sizeof *self->parts, what, error));
    return terms > 0 ? ckn_terms_create(&self->terms, self->part_count, taps, terms, error)
                     : CKN_OK;
}

ckn_code ckn_statistics_allocate(const ckn_frame *frame, ckn_background background,
                                 size_t part_count, ckn_statistics **out, ckn_error *error) {
    ckn_statistics *self = NULL;
    *out = NULL;
    CKN_TRY(ckn_allocate(&self, 1, sizeof *self, what, error));
    self->frame = *frame;
    self->background = background;
    self->part_count = part_count;
    ckn_code code = fill(self, error);
    if (code != CKN_OK) {
        ckn_statistics_destroy(self);
        return code;
    }
    *out = self;
    return CKN_OK;
}

void ckn_statistics_destroy(ckn_statistics *statistics) {
    if (!statistics)
        return;
    ckn_terms_destroy(statistics->terms, statistics->part_count);
    ckn_symmetric_release(&statistics->gram);
    free(statistics->b);
    free(statistics->parts);
    free(statistics);
}

ckn_frame ckn_statistics_frame(const ckn_statistics *statistics) {
    return statistics->frame;
}

size_t ckn_statistics_count(const ckn_statistics *statistics) {
    size_t count = 0;
    for (size_t i = 0; i < statistics->part_count; i++)
        count += statistics->parts[i].used;
    return count;
}

/* --- from images -------------------------------------------------------------------------- */

/* Sums of x' = x_scale x and y' = y_scale y, whose scales are powers of two, to those of x and y.
 */
static void take_over(ckn_statistics *self, const ckn_problem *problem, const ckn_equations *sums,
                      const ckn_pair_terms *terms) {
    const double x = 1 / problem->units.x_scale, y = 1 / problem->units.y_scale;
    const size_t taps = taps_of(self);
    ckn_symmetric_add(&self->gram, x * x, &sums->gram);
    for (size_t tap = 0; tap < taps; tap++)
        self->b[tap] = x * y * sums->b[tap];
    self->square = y * y * sums->square;
    self->largest = problem->largest_y;
    for (size_t i = 0; i < self->part_count; i++) {
        self->parts[i] = (ckn_statistics_part){problem->pairs[i].y_shape, problem->pairs[i].used};
        for (size_t n = 0; terms && n < terms[i].count * taps; n++)
            self->terms[i].cross[n] = x * terms[i].cross[n];
        for (size_t n = 0; terms && n < CKN_MOST_TERMS; n++)
            self->terms[i].rhs[n] = y * terms[i].rhs[n];
        if (terms)
            memcpy(self->terms[i].own, terms[i].own, sizeof terms[i].own);
    }
}

static ckn_code create(ckn_context *context, const ckn_pair *pairs, size_t pair_count,
                       const ckn_frame *frame, ckn_background background, ckn_statistics **out,
                       ckn_error *error) {
    const ckn_rectangle whole = {0, 0, {frame->rows, frame->cols}};
    ckn_frame_sums *sums = NULL;
    ckn_equations statistics = {.b = NULL};
    ckn_pair_terms *terms = NULL;
    CKN_TRY(ckn_frame_sums_create_raw(context->backend, pairs, pair_count, frame, background, 0,
                                      &sums, error));
    ckn_code code =
        ckn_frame_sums_add(sums, &whole, ckn_term_count(background), &statistics, &terms, error);
    if (code == CKN_OK)
        code = ckn_statistics_allocate(frame, background, pair_count, out, error);
    if (code == CKN_OK)
        take_over(*out, ckn_frame_sums_problem(sums), &statistics, terms);
    ckn_symmetric_release(&statistics.gram);
    free(statistics.b);
    ckn_terms_destroy(terms, pair_count);
    ckn_frame_sums_destroy(sums);
    return code;
}

ckn_code ckn_statistics_create(ckn_context *context, const ckn_pair *pairs, size_t pair_count,
                               const ckn_frame *frame, ckn_background background,
                               ckn_statistics **statistics, ckn_error *error) {
    *statistics = NULL;
    if (!pairs || pair_count < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "at least one pair of images is needed");
    if (background != CKN_BACKGROUND_NONE && background != CKN_BACKGROUND_CONSTANT &&
        background != CKN_BACKGROUND_PLANE)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "statistics are made for a background of none, constant or plane");
    CKN_TRY(ckn_blas_enter(error));
    ckn_code code = create(context, pairs, pair_count, frame, background, statistics, error);
    ckn_blas_leave();
    return code;
}

/* --- to others ---------------------------------------------------------------------------- */

static ckn_code check_alike(const ckn_statistics *a, const ckn_statistics *b, ckn_error *error) {
    const ckn_frame *f = &a->frame, *g = &b->frame;
    if (f->rows == g->rows && f->cols == g->cols && f->row_offset == g->row_offset &&
        f->col_offset == g->col_offset && a->background == b->background)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_ARGUMENT,
                    "statistics of %zu x %zu taps at (%td, %td) and of %zu x %zu at (%td, %td) do "
                    "not add: they need the same frame and the same background",
                    f->cols, f->rows, f->col_offset, f->row_offset, g->cols, g->rows, g->col_offset,
                    g->row_offset);
}

static void add_sums(ckn_statistics *to, double factor, const ckn_statistics *from) {
    ckn_symmetric_add(&to->gram, factor, &from->gram);
    for (size_t tap = 0; tap < taps_of(to); tap++)
        to->b[tap] += factor * from->b[tap];
    to->square += factor * from->square;
    to->largest = fmax(to->largest, from->largest);
}

static void add_part(ckn_statistics *to, size_t at, double factor, const ckn_statistics *from,
                     size_t index) {
    to->parts[at].valid = from->parts[index].valid;
    to->parts[at].used = factor > 0 ? to->parts[at].used + from->parts[index].used
                                    : to->parts[at].used - from->parts[index].used;
    if (!to->terms)
        return;
    ckn_pair_terms *terms = &to->terms[at];
    const ckn_pair_terms *other = &from->terms[index];
    for (size_t n = 0; n < terms->count * taps_of(to); n++)
        terms->cross[n] += factor * other->cross[n];
    for (size_t n = 0; n < CKN_MOST_TERMS; n++)
        terms->rhs[n] += factor * other->rhs[n];
    for (size_t n = 0; n < CKN_MOST_TERMS * CKN_MOST_TERMS; n++)
        terms->own[n] += factor * other->own[n];
}

ckn_code ckn_statistics_add(const ckn_statistics *a, const ckn_statistics *b, ckn_statistics **sum,
                            ckn_error *error) {
    *sum = NULL;
    CKN_TRY(check_alike(a, b, error));
    CKN_TRY(ckn_statistics_allocate(&a->frame, a->background, a->part_count + b->part_count, sum,
                                    error));
    add_sums(*sum, 1, a);
    add_sums(*sum, 1, b);
    for (size_t i = 0; i < a->part_count; i++)
        add_part(*sum, i, 1, a, i);
    for (size_t i = 0; i < b->part_count; i++)
        add_part(*sum, a->part_count + i, 1, b, i);
    return CKN_OK;
}

ckn_code ckn_statistics_subtract(const ckn_statistics *a, const ckn_statistics *windows,
                                 ckn_statistics **rest, ckn_error *error) {
    *rest = NULL;
    CKN_TRY(check_alike(a, windows, error));
    bool same = a->part_count == windows->part_count;
    for (size_t i = 0; same && i < a->part_count; i++)
        same = ckn_shape_equal(a->parts[i].valid, windows->parts[i].valid) &&
               windows->parts[i].used <= a->parts[i].used;
    if (!same)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "only windows of the same pairs, in the same order, can be taken away");
    CKN_TRY(ckn_statistics_allocate(&a->frame, a->background, a->part_count, rest, error));
    add_sums(*rest, 1, a);
    add_sums(*rest, -1, windows);
    (*rest)->square = fmax((*rest)->square, 0);
    for (size_t i = 0; i < a->part_count; i++) {
        add_part(*rest, i, 1, a, i);
        add_part(*rest, i, -1, windows, i);
    }
    return CKN_OK;
}

/* Sides and offsets whose sums overflow are those of no frame. */
static bool has_limits(const ckn_frame *frame) {
    const ptrdiff_t most = PTRDIFF_MAX / 8;
    return frame->rows > 0 && frame->cols > 0 && frame->rows <= (size_t)most &&
           frame->cols <= (size_t)most && frame->row_offset <= most && frame->row_offset >= -most &&
           frame->col_offset <= most && frame->col_offset >= -most;
}

static bool lies_inside(const ckn_frame *outer, const ckn_frame *inner) {
    if (!has_limits(inner))
        return false;
    const ckn_rectangle part = ckn_part_of_frame(outer, inner);
    return part.row <= outer->rows && part.row + inner->rows <= outer->rows &&
           part.col <= outer->cols && part.col + inner->cols <= outer->cols;
}

ckn_code ckn_statistics_restrict(const ckn_statistics *whole, const ckn_frame *frame,
                                 ckn_statistics **part, ckn_error *error) {
    *part = NULL;
    if (!lies_inside(&whole->frame, frame))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a frame of %zu x %zu at (%td, %td) does not lie inside that of the "
                        "statistics, %zu x %zu at (%td, %td)",
                        frame->cols, frame->rows, frame->col_offset, frame->row_offset,
                        whole->frame.cols, whole->frame.rows, whole->frame.col_offset,
                        whole->frame.row_offset);
    CKN_TRY(ckn_statistics_allocate(frame, whole->background, whole->part_count, part, error));
    const ckn_rectangle at = ckn_part_of_frame(&whole->frame, frame);
    const size_t taps = taps_of(*part), all = taps_of(whole);
    for (size_t i = 0; i < taps; i++) {
        const size_t row =
            (at.row + i / frame->cols) * whole->frame.cols + at.col + i % frame->cols;
        (*part)->b[i] = whole->b[row];
        for (size_t j = 0; j <= i; j++) {
            const size_t col =
                (at.row + j / frame->cols) * whole->frame.cols + at.col + j % frame->cols;
            *ckn_symmetric_at(&(*part)->gram, i, j) = *ckn_symmetric_at(&whole->gram, row, col);
        }
        for (size_t n = 0; whole->terms && n < whole->part_count; n++)
            for (size_t t = 0; t < whole->terms[n].count; t++)
                (*part)->terms[n].cross[t * taps + i] = whole->terms[n].cross[t * all + row];
    }
    (*part)->square = whole->square;
    (*part)->largest = whole->largest;
    memcpy((*part)->parts, whole->parts, whole->part_count * sizeof *whole->parts);
    for (size_t n = 0; whole->terms && n < whole->part_count; n++) {
        memcpy((*part)->terms[n].own, whole->terms[n].own, sizeof whole->terms[n].own);
        memcpy((*part)->terms[n].rhs, whole->terms[n].rhs, sizeof whole->terms[n].rhs);
    }
    return CKN_OK;
}
