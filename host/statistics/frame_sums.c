#include "statistics/frame_sums.h"

#include "base/memory.h"
#include "dense/panel.h"
#include "statistics/pair_cut.h"
#include "statistics/terms.h"
#include "statistics/weights.h"
#include "statistics/window_sums.h"

#include <stdlib.h>
#include <string.h>

static const char what[] = "the statistics of a frame";

struct ckn_frame_sums {
    ckn_frame frame;
    ckn_pair *cut;
    ckn_problem *problem;  /* of the whole frame: images, windows, units */
    ckn_pair_sums *sums;   /* of each pair */
    ckn_pair_terms *terms; /* over all windows, for all taps of the frame; NULL: none */
    double seconds;        /* that the correlations were predicted to take */
};

/* --- frames and rectangles ---------------------------------------------------------------- */

ckn_frame ckn_frame_of_part(const ckn_frame *outer, const ckn_rectangle *part) {
    const ptrdiff_t row =
        ckn_interval_of_taps(outer->rows, outer->row_offset).low + (ptrdiff_t)part->row;
    const ptrdiff_t col =
        ckn_interval_of_taps(outer->cols, outer->col_offset).low + (ptrdiff_t)part->col;
    const ckn_interval rows = {row, row + (ptrdiff_t)part->shape.rows - 1};
    const ckn_interval cols = {col, col + (ptrdiff_t)part->shape.cols - 1};
    return (ckn_frame){part->shape.rows, part->shape.cols, ckn_interval_offset(rows),
                       ckn_interval_offset(cols)};
}

ckn_rectangle ckn_part_of_frame(const ckn_frame *outer, const ckn_frame *inner) {
    const ptrdiff_t row = ckn_interval_of_taps(inner->rows, inner->row_offset).low -
                          ckn_interval_of_taps(outer->rows, outer->row_offset).low;
    const ptrdiff_t col = ckn_interval_of_taps(inner->cols, inner->col_offset).low -
                          ckn_interval_of_taps(outer->cols, outer->col_offset).low;
    return (ckn_rectangle){(size_t)row, (size_t)col, {inner->rows, inner->cols}};
}

/* --- from the images ---------------------------------------------------------------------- */

static bool have_weights(const ckn_pair *pairs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (ckn_weights_given(&pairs[i]))
            return true;
    }
    return false;
}

static ckn_code load(ckn_frame_sums *self, ckn_backend *backend, const ckn_pair *pairs,
                     size_t pair_count, ckn_background background, bool unshifted,
                     ckn_error *error) {
    const ckn_shape kernel = {self->frame.rows, self->frame.cols};
    CKN_TRY(ckn_allocate(&self->cut, pair_count, sizeof *self->cut, what, error));
    for (size_t i = 0; i < pair_count; i++)
        CKN_TRY(ckn_pair_cut(&pairs[i], &self->frame, &self->cut[i], error));
    CKN_TRY(ckn_problem_create(backend, kernel, self->cut, pair_count, &self->problem, error));
    /* Units are shifted where a background takes up what that leaves. */
    self->problem->background = unshifted ? CKN_BACKGROUND_NONE : background;
    if (have_weights(self->cut, pair_count))
        CKN_TRY(ckn_weights_fill(self->problem, self->cut, error));
    CKN_TRY(ckn_problem_examine(self->problem, self->cut, pair_count, false, error));
    return ckn_problem_upload(self->problem, self->cut, error);
}

/* Pairs of one shape share a correlator. */
static ckn_code correlate(ckn_frame_sums *self, ckn_error *error) {
    ckn_problem *problem = self->problem;
    ckn_backend *backend = problem->backend;
    ckn_correlator *correlator = NULL;
    ckn_shape planned = {0, 0};
    ckn_code code = CKN_OK;
    for (size_t i = 0; i < problem->pair_count && code == CKN_OK; i++) {
        const ckn_shape shape = problem->pairs[i].x_shape;
        if (!ckn_shape_equal(shape, planned)) {
            if (correlator)
                backend->ops->correlator_destroy(backend, correlator);
            correlator = NULL;
            code = ckn_correlation_plan(problem, shape, &correlator, error);
            planned = shape;
        }
        if (code == CKN_OK)
            code = ckn_pair_sums_create(&self->sums[i], problem, i, correlator, error);
    }
    if (correlator)
        backend->ops->correlator_destroy(backend, correlator);
    return code;
}

static ckn_code sum_terms(ckn_frame_sums *self, ckn_background background, ckn_error *error) {
    ckn_problem *problem = self->problem;
    const size_t count = ckn_term_count(background);
    if (count == 0)
        return CKN_OK;
    CKN_TRY(ckn_terms_create(&self->terms, problem->pair_count, ckn_problem_taps(problem), count,
                             error));
    for (size_t i = 0; i < problem->pair_count; i++)
        CKN_TRY(ckn_terms_add_images(problem, i, &self->terms[i], error));
    return CKN_OK;
}

static ckn_code create(ckn_backend *backend, const ckn_pair *pairs, size_t pair_count,
                       const ckn_frame *frame, ckn_background background, bool unshifted,
                       size_t memory_limit, ckn_frame_sums **sums, ckn_error *error) {
    ckn_frame_sums *self = NULL;
    *sums = NULL;
    CKN_TRY(ckn_allocate(&self, 1, sizeof *self, what, error));
    self->frame = *frame;
    ckn_code code = load(self, backend, pairs, pair_count, background, unshifted, error);
    if (code == CKN_OK)
        self->problem->memory_limit = memory_limit;
    if (code == CKN_OK)
        code = ckn_allocate(&self->sums, pair_count, sizeof *self->sums, what, error);
    if (code == CKN_OK)
        code = correlate(self, error);
    if (code == CKN_OK)
        code = sum_terms(self, background, error);
    if (code != CKN_OK) {
        ckn_frame_sums_destroy(self);
        return code;
    }
    *sums = self;
    return CKN_OK;
}

ckn_code ckn_frame_sums_create(ckn_backend *backend, const ckn_pair *pairs, size_t pair_count,
                               const ckn_frame *frame, ckn_background background,
                               size_t memory_limit, ckn_frame_sums **sums, ckn_error *error) {
    return create(backend, pairs, pair_count, frame, background, false, memory_limit, sums, error);
}

ckn_code ckn_frame_sums_create_raw(ckn_backend *backend, const ckn_pair *pairs, size_t pair_count,
                                   const ckn_frame *frame, ckn_background background,
                                   size_t memory_limit, ckn_frame_sums **sums, ckn_error *error) {
    return create(backend, pairs, pair_count, frame, background, true, memory_limit, sums, error);
}

void ckn_frame_sums_destroy(ckn_frame_sums *sums) {
    if (!sums)
        return;
    const size_t pairs = sums->problem ? sums->problem->pair_count : 0;
    for (size_t i = 0; sums->sums && i < pairs; i++)
        ckn_pair_sums_release(&sums->sums[i]);
    free(sums->sums);
    ckn_terms_destroy(sums->terms, pairs);
    ckn_problem_destroy(sums->problem);
    free(sums->cut);
    free(sums);
}

const ckn_frame *ckn_frame_sums_frame(const ckn_frame_sums *sums) {
    return &sums->frame;
}

const ckn_problem *ckn_frame_sums_problem(const ckn_frame_sums *sums) {
    return sums->problem;
}

/* --- to a rectangle ----------------------------------------------------------------------- */

/* Seconds that an entry of G takes to be assembled: 0.51 s for the 6.9e6 of 61 x 61 taps
 * (tests/bench, statistics of 1024 x 1024). */
static const double seconds_per_entry = 7e-8;

double ckn_frame_sums_predict(const ckn_frame_sums *sums, ckn_shape shape) {
    const double taps = (double)ckn_shape_count(shape);
    const double assembly = 0.5 * taps * taps * seconds_per_entry;
    double sum = 0;
    for (size_t i = 0; i < sums->problem->pair_count; i++) {
        double seconds = 0;
        ckn_equations_prefer_all(&sums->problem->pairs[i], ckn_shape_count(shape), assembly,
                                 &seconds);
        sum += seconds;
    }
    return sum;
}

/* The windows of the frame, which look at fewer samples of x. Of images whose pedestals were taken
 * off, only a background takes up what is left of these. */
static ckn_code create_part(const ckn_frame_sums *sums, ckn_shape shape, ckn_background background,
                            ckn_problem **out, ckn_error *error) {
    const ckn_problem *whole = sums->problem;
    const bool shifted = whole->units.x_shift != 0 || whole->units.y_shift != 0;
    ckn_problem *part = NULL;
    CKN_TRY(ckn_allocate(&part, 1, sizeof *part, what, error));
    *part = (ckn_problem){.backend = whole->backend,
                          .kernel = shape,
                          .memory_limit = whole->memory_limit,
                          .background = shifted && background == CKN_BACKGROUND_NONE
                                            ? CKN_BACKGROUND_CONSTANT
                                            : background,
                          .units = whole->units,
                          .fits_pedestal = shifted,
                          .largest_y = whole->largest_y,
                          .uploads = 1,
                          .largest_weight = whole->largest_weight};
    *out = part;
    CKN_TRY(ckn_allocate(&part->pairs, whole->pair_count, sizeof *part->pairs, what, error));
    part->pair_count = whole->pair_count;
    for (size_t i = 0; i < whole->pair_count; i++) {
        const ckn_problem_pair *pair = &whole->pairs[i];
        part->pairs[i] = (ckn_problem_pair){
            .x_shape = {pair->y_shape.rows + shape.rows - 1, pair->y_shape.cols + shape.cols - 1},
            .y_shape = pair->y_shape,
            .gain = 1,
            .used = pair->used,
            .uneven = pair->uneven};
    }
    return CKN_OK;
}

static void gather_terms(const ckn_frame_sums *sums, size_t index, const ckn_rectangle *rectangle,
                         ckn_pair_terms *to) {
    const ckn_pair_terms *from = &sums->terms[index];
    const size_t all = sums->frame.rows * sums->frame.cols;
    const size_t taps = ckn_shape_count(rectangle->shape);
    for (size_t n = 0; n < to->count; n++)
        for (size_t row = 0; row < rectangle->shape.rows; row++)
            memcpy(to->cross + n * taps + row * rectangle->shape.cols,
                   from->cross + n * all + (rectangle->row + row) * sums->frame.cols +
                       rectangle->col,
                   rectangle->shape.cols * sizeof *to->cross);
    memcpy(to->own, from->own, sizeof to->own);
    memcpy(to->rhs, from->rhs, sizeof to->rhs);
}

static ckn_code add_pair(const ckn_frame_sums *sums, size_t index, const ckn_rectangle *rectangle,
                         ckn_equations *statistics, ckn_pair_terms *terms, ckn_error *error) {
    const ckn_problem_pair *pair = &sums->problem->pairs[index];
    const size_t taps = ckn_shape_count(rectangle->shape);
    double seconds = 0.5 * (double)taps * (double)taps * seconds_per_entry;
    const bool all = ckn_equations_prefer_all(pair, taps, seconds, &seconds);
    if (all) {
        CKN_TRY(ckn_pair_sums_add(&sums->sums[index], rectangle, &statistics->gram, statistics->b,
                                  error));
        statistics->square += sums->sums[index].correlations.square;
        if (terms)
            gather_terms(sums, index, rectangle, terms);
    }
    if (all && pair->uneven == 0)
        return CKN_OK;
    return ckn_window_sums_add(sums->problem, index, rectangle, NULL, all, statistics, terms,
                               error);
}

ckn_code ckn_frame_sums_add(const ckn_frame_sums *sums, const ckn_rectangle *rectangle,
                            size_t term_count, ckn_equations *statistics, ckn_pair_terms **terms,
                            ckn_error *error) {
    const size_t taps = ckn_shape_count(rectangle->shape);
    const size_t pairs = sums->problem->pair_count;
    *terms = NULL;
    *statistics = (ckn_equations){.taps = taps, .kernel = rectangle->shape};
    CKN_TRY(ckn_symmetric_create(&statistics->gram, taps, what, error));
    CKN_TRY(ckn_allocate(&statistics->b, taps, sizeof *statistics->b, what, error));
    if (term_count > 0)
        CKN_TRY(ckn_terms_create(terms, pairs, taps, term_count, error));
    for (size_t i = 0; i < pairs; i++)
        CKN_TRY(add_pair(sums, i, rectangle, statistics, *terms ? &(*terms)[i] : NULL, error));
    return CKN_OK;
}

static ckn_code fill_part(const ckn_frame_sums *sums, const ckn_rectangle *rectangle,
                          ckn_problem *problem, ckn_error *error) {
    ckn_equations statistics;
    ckn_pair_terms *terms = NULL;
    ckn_code code = ckn_frame_sums_add(sums, rectangle, ckn_term_count(problem->background),
                                       &statistics, &terms, error);
    if (code == CKN_OK)
        return ckn_equations_adopt(problem, &statistics.gram, statistics.b, statistics.square,
                                   terms, error);
    ckn_symmetric_release(&statistics.gram);
    free(statistics.b);
    ckn_terms_destroy(terms, problem->pair_count);
    return code;
}

ckn_code ckn_frame_sums_part(const ckn_frame_sums *sums, const ckn_rectangle *rectangle,
                             ckn_background background, ckn_problem **problem, ckn_error *error) {
    ckn_problem *part = NULL;
    *problem = NULL;
    if (background != CKN_BACKGROUND_NONE &&
        (!sums->terms || ckn_term_count(background) > sums->terms[0].count))
        return ckn_fail(error, CKN_ERROR_INTERNAL, "%s lack a background of %s", what,
                        ckn_background_name(background));
    ckn_code code = create_part(sums, rectangle->shape, background, &part, error);
    if (code == CKN_OK && !ckn_equations_fit(part))
        code = ckn_fail(error, CKN_ERROR_MEMORY,
                        "the statistics of a kernel of %zu x %zu take %zu bytes, more than the "
                        "%zu allowed; use a smaller kernel or a larger --memory-limit",
                        part->kernel.cols, part->kernel.rows, ckn_equations_bytes(part->kernel),
                        ckn_equations_limit(part->memory_limit));
    if (code == CKN_OK)
        code = fill_part(sums, rectangle, part, error);
    if (code != CKN_OK) {
        ckn_problem_destroy(part);
        return code;
    }
    *problem = part;
    return CKN_OK;
}
