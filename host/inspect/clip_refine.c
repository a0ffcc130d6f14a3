/* What a first model tells of the candidates. */
#include "base/memory.h"
#include "base/view.h"
#include "inspect/clip_marks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* So many standard deviations of the noise from a limit, a sample in 200 is clipped. */
static const double near_sigmas = 2.5;
/* What a model must go beyond a limit to count, in standard deviations of the noise; rounding to
 * levels adds half of one. */
static const double beyond_sigmas = 3, beyond_step = 0.5;
/* A candidate is clipped where so many of its samples go beyond the limit, and twice as many as
 * stay away from it by as much: noise with outliers does both. */
static const double least_beyond = 3, least_beyond_part = 0.02, least_excess = 2;
/* Or where so many go beyond it by one standard deviation: the misfit of a model that clipping has
 * spoilt makes the noise look larger. */
static const double rough_sigmas = 1, least_rough_part = 0.2, least_rough_excess = 4;
/* What seemed clipped is not where the model stands at the limit with BLURRED: closer than the
 * noise would let it if noise had been cut off, than rounding to levels, or than rounding of
 * float32. */
static const double on_limit_sigmas = 0.5, on_limit_step = 0.6, on_limit_range = 1e-6;
/* What is missing in BLURRED where SHARP is clipped must be this sure, and more than rounding to
 * levels makes beside a plateau. */
static const double sure_sigmas = 4, missing_step = 0.25, missing_range = 1e-6;
/* Or residuals there are larger than elsewhere by this factor, and than rounding. */
static const double larger_residuals = 1.5, larger_step = 0.75;
static const double least_windows = 30;

/* --- what a model tells ------------------------------------------------------------------- */

/* BLURRED at a limit; excess is how far the model goes beyond it. */
typedef struct at_limit {
    double count, squares, beyond, away;
    double roughly_beyond, roughly_away;
} at_limit;

/* BLURRED less the model. */
typedef struct residuals {
    double count, sum, squares;
} residuals;

typedef struct survey {
    const ckn_clip_pair *pair;
    const ckn_clip_part *part;
    const ckn_view *model;
    double sigma, low, high; /* low, high: extent of BLURRED */
    at_limit ends[CKN_CLIP_ENDS];
    residuals seeing[CKN_CLIP_ENDS], elsewhere;
} survey;

static void add_at_limit(survey *of, int end, double model) {
    const double limit = of->pair->blurred.ends[end].limit;
    const double excess = end == CKN_CLIP_HIGH ? model - limit : limit - model;
    const double step = isfinite(of->pair->blurred.step) ? of->pair->blurred.step : 0;
    const double clear = beyond_sigmas * of->sigma + beyond_step * step;
    const double rough = rough_sigmas * of->sigma + beyond_step * step;
    at_limit *sums = &of->ends[end];
    sums->count++;
    sums->squares += excess * excess;
    sums->beyond += excess > clear;
    sums->away += excess < -clear;
    sums->roughly_beyond += excess > rough;
    sums->roughly_away += excess < -rough;
}

static void add_residual(residuals *sums, double residual) {
    sums->count++;
    sums->sum += residual;
    sums->squares += residual * residual;
}

/* Whether noise could have taken a sample to this limit. */
static bool comes_near(const ckn_clip_image *image, int end, double model, double sigma) {
    const ckn_clip_end *own = &image->ends[end];
    if (own->state == CKN_END_FREE)
        return false;
    return end == CKN_CLIP_HIGH ? model >= own->limit - near_sigmas * sigma
                                : model <= own->limit + near_sigmas * sigma;
}

static void survey_sample(survey *of, unsigned mark, unsigned seen, double y, double model) {
    bool limited = false;
    of->low = fmin(of->low, y);
    of->high = fmax(of->high, y);
    for (int end = 0; end < CKN_CLIP_ENDS; end++) {
        if (mark & ckn_clip_mark(CKN_MARK_LIMIT, end)) {
            add_at_limit(of, end, model);
            limited = true;
        }
        limited = limited || comes_near(&of->pair->blurred, end, model, of->sigma);
    }
    if (limited)
        return;
    for (int end = 0; end < CKN_CLIP_ENDS; end++)
        if (seen & ckn_clip_mark(CKN_MARK_LIMIT, end))
            add_residual(&of->seeing[end], y - model);
    if (!seen)
        add_residual(&of->elsewhere, y - model);
}

static void survey_row(void *user, size_t row, const unsigned char *seen) {
    survey *of = user;
    const ckn_pair *pair = of->pair->pair;
    const size_t y_row = of->part->blurred_row + row;
    for (size_t col = 0; col < of->part->blurred.cols; col++) {
        const size_t y_col = of->part->blurred_col + col;
        if (pair->blurred_weights.data && ckn_view_at(&pair->blurred_weights, y_row, y_col) == 0)
            continue;
        const double y = ckn_view_at(&pair->blurred, y_row, y_col);
        const double model = ckn_view_at(of->model, row, col);
        const unsigned char *marks = of->pair->blurred.marks;
        if (isfinite(y) && isfinite(model))
            survey_sample(of, marks ? marks[y_row * pair->blurred.cols + y_col] : 0U, seen[col], y,
                          model);
    }
}

/* --- decisions ---------------------------------------------------------------------------- */

static bool goes_beyond(const at_limit *sums) {
    const bool clearly = sums->beyond >= fmax(least_beyond, least_beyond_part * sums->count) &&
                         sums->beyond >= least_excess * sums->away;
    const bool roughly =
        sums->roughly_beyond >= fmax(least_beyond, least_rough_part * sums->count) &&
        sums->roughly_beyond >= least_rough_excess * sums->roughly_away;
    return clearly || roughly;
}

static void decide_blurred(const survey *of, ckn_clip_image *blurred) {
    const double step = isfinite(blurred->step) ? blurred->step : 0;
    const double on_limit = fmax(fmax(on_limit_sigmas * of->sigma, on_limit_step * step),
                                 on_limit_range * fmax(of->high - of->low, 0));
    for (int end = 0; end < CKN_CLIP_ENDS; end++) {
        const at_limit *sums = &of->ends[end];
        ckn_clip_end *own = &blurred->ends[end];
        if (own->state == CKN_END_CANDIDATE && goes_beyond(sums))
            own->state = CKN_END_CLIPPED;
        else if (own->state >= CKN_END_CLIPPED && sums->count > 0 &&
                 sqrt(sums->squares / sums->count) <= on_limit)
            own->state = CKN_END_CANDIDATE;
    }
}

/* Light that SHARP was clipped of is in BLURRED; without it SHARP has just such samples. */
static bool misses_light(const survey *of, int end) {
    const residuals *seeing = &of->seeing[end], *others = &of->elsewhere;
    const double step = isfinite(of->pair->blurred.step) ? of->pair->blurred.step : 0;
    const double rounding = missing_range * fmax(of->high - of->low, 0);
    if (seeing->count < 1)
        return false;
    const double mean = fabs(seeing->sum) / seeing->count;
    if (mean > sure_sigmas * of->sigma / sqrt(seeing->count) + missing_step * step + rounding)
        return true;
    if (seeing->count < least_windows || others->count < least_windows)
        return false;
    const double own = sqrt(seeing->squares / seeing->count);
    return own > larger_residuals * sqrt(others->squares / others->count) &&
           own > larger_step * step + rounding;
}

static void decide_sharp(const survey *of, ckn_clip_image *sharp) {
    for (int end = 0; end < CKN_CLIP_ENDS; end++) {
        ckn_clip_end *own = &sharp->ends[end];
        if (own->state == CKN_END_CANDIDATE || own->state == CKN_END_CLIPPED)
            own->state = misses_light(of, end) ? CKN_END_CLIPPED : CKN_END_CANDIDATE;
    }
}

static ckn_code survey_pair(const ckn_clip_model *model, size_t index, bool automatic,
                            ckn_clip_pair *pair, ckn_clip_part *part, ckn_error *error) {
    CKN_TRY(ckn_clip_part_of(pair->pair, &model->frames[index], part, error));
    survey of = {.pair = pair,
                 .part = part,
                 .model = &model->planes[index],
                 .sigma = model->sigma > 0 ? model->sigma : 0,
                 .low = (double)INFINITY,
                 .high = -(double)INFINITY};
    if (!ckn_shape_equal(ckn_view_shape(of.model), part->blurred))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the model of pair %zu is %zu x %zu; it must be %zu x %zu", index,
                        of.model->cols, of.model->rows, part->blurred.cols, part->blurred.rows);
    if (!pair->blurred.marks && !pair->sharp.marks)
        return CKN_OK;
    CKN_TRY(ckn_clip_visit_windows(pair, part, survey_row, &of, error));
    if (automatic)
        decide_blurred(&of, &pair->blurred);
    decide_sharp(&of, &pair->sharp);
    return CKN_OK;
}

/* --- near a limit --------------------------------------------------------------------------- */

/* Marks BLURRED's samples near a limit at which it is clipped, and unmarks all others; tells
 * whether any mark changed. */
static bool mark_near(const ckn_clip_model *model, size_t index, const ckn_clip_part *part,
                      ckn_clip_pair *pair) {
    const ckn_view *y = &pair->pair->blurred, *plane = &model->planes[index];
    const unsigned active = ckn_clip_active(&pair->blurred);
    const double sigma = model->sigma > 0 ? model->sigma : 0;
    bool changed = false;
    for (size_t n = 0; pair->blurred.marks && n < y->rows * y->cols; n++) {
        /* Rows and columns before the part wrap to large numbers. */
        const size_t row = n / y->cols - part->blurred_row, col = n % y->cols - part->blurred_col;
        const bool inside = row < part->blurred.rows && col < part->blurred.cols;
        const unsigned old = pair->blurred.marks[n];
        unsigned mark = old & CKN_MARKS_LIMIT;
        for (int end = 0; inside && active && end < CKN_CLIP_ENDS; end++)
            if ((active & ckn_clip_mark(CKN_MARK_NEAR, end)) &&
                comes_near(&pair->blurred, end, ckn_view_at(plane, row, col), sigma))
                mark |= ckn_clip_mark(CKN_MARK_NEAR, end);
        changed = changed || mark != old;
        pair->blurred.marks[n] = (unsigned char)mark;
    }
    return changed;
}

/* --- all of it ---------------------------------------------------------------------------- */

static ckn_code refine(ckn_clipping *clipping, const ckn_clip_model *model, ckn_clip_part *parts,
                       unsigned *states, bool *changed, ckn_error *error) {
    const bool automatic = clipping->mode == CKN_CLIP_AUTO;
    ckn_clip_note_states(clipping, states);
    for (size_t i = 0; i < clipping->count; i++) {
        ckn_clip_pair *pair = &clipping->pairs[i];
        CKN_TRY(survey_pair(model, i, automatic, pair, &parts[i], error));
        *changed = mark_near(model, i, &parts[i], pair) || *changed;
    }
    if (automatic)
        CKN_TRY(ckn_clip_keep_enough(clipping, parts, model->taps, error));
    ckn_clip_note_states(clipping, states + clipping->count);
    *changed =
        *changed || memcmp(states, states + clipping->count, clipping->count * sizeof *states) != 0;
    return CKN_OK;
}

ckn_code ckn_clipping_refine(ckn_clipping *clipping, const ckn_clip_model *model, bool *changed,
                             ckn_error *error) {
    static const char what[] = "the search for clipping";
    ckn_clip_part *parts = NULL;
    unsigned *states = NULL;
    *changed = false;
    if (clipping->mode == CKN_CLIP_NONE)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&parts, clipping->count, sizeof *parts, what, error));
    ckn_code code = ckn_allocate(&states, clipping->count, 2 * sizeof *states, what, error);
    if (code == CKN_OK)
        code = refine(clipping, model, parts, states, changed, error);
    free(states);
    free(parts);
    return code;
}
