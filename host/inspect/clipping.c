#include "inspect/clipping.h"

#include "base/memory.h"
#include "base/view.h"
#include "inspect/clip_marks.h"

#include <math.h>
#include <stdlib.h>

/* A pile of BLURRED on a plateau of SHARP is no clipping: SHARP's samples must differ within so
 * many samples, under this part of the pile and at so many places. */
enum { NEIGHBOURS = 2, LEAST_OVER_DETAIL = 3, MOST_LOOKED_AT = 100000 };
static const double least_over_detail = 0.2;
/* Before a frame is known, SHARP's clipped samples are left out where windows of this side that see
 * none are at least half of all. */
enum { TYPICAL_SIDE = 15 };
static const double most_seeing = 0.5;
/* Masks that were found keep so much of BLURRED at least. */
static const double least_part = 0.2;

/* --- one image ---------------------------------------------------------------------------- */

static ckn_clip_source plane_source(const ckn_clip_source *source, const ckn_view *plane) {
    const ckn_clip_source plain = {plane, 1, (double)NAN, (double)NAN, 0};
    if (!source)
        return plain;
    ckn_clip_source found = *source;
    if (!found.channels) {
        found.channels = plane;
        found.count = 1;
    }
    return found;
}

static void use_given(const ckn_clip_source *source, ckn_clip_image *image) {
    const double limits[CKN_CLIP_ENDS] = {source->low, source->high};
    for (int end = 0; end < CKN_CLIP_ENDS; end++)
        if (isfinite(limits[end]))
            image->ends[end] = (ckn_clip_end){CKN_END_CLIPPED, limits[end], false};
}

/* --- piles of BLURRED on plateaus of SHARP ------------------------------------------------- */

/* Whether SHARP's samples differ around the place of BLURRED's (row, col). The middles of both
 * images coincide. */
static bool is_over_detail(const ckn_view *x, const ckn_view *y, size_t row, size_t col) {
    const size_t r = row + (x->rows - y->rows + 1) / 2, c = col + (x->cols - y->cols + 1) / 2;
    const size_t top = r > NEIGHBOURS ? r - NEIGHBOURS : 0;
    const size_t left = c > NEIGHBOURS ? c - NEIGHBOURS : 0;
    const size_t bottom = r + NEIGHBOURS < x->rows ? r + NEIGHBOURS : x->rows - 1;
    const size_t right = c + NEIGHBOURS < x->cols ? c + NEIGHBOURS : x->cols - 1;
    const double first = ckn_view_at(x, top, left);
    for (size_t i = top; i <= bottom; i++)
        for (size_t j = left; j <= right; j++)
            if (ckn_view_at(x, i, j) != first)
                return true;
    return false;
}

typedef struct over_detail {
    size_t looked_at, found;
} over_detail;

/* Of the samples of BLURRED at an end, spread over the image. */
static over_detail look_under(const ckn_clip_pair *pair, int end, double at) {
    const ckn_view *x = &pair->pair->sharp, *y = &pair->pair->blurred;
    const unsigned mark = ckn_clip_mark(CKN_MARK_LIMIT, end);
    const size_t step = (size_t)(at / MOST_LOOKED_AT) + 1;
    over_detail seen = {0, 0};
    for (size_t n = 0, next = 0; n < y->rows * y->cols; n++) {
        if (!(pair->blurred.marks[n] & mark) || next++ % step != 0)
            continue;
        seen.looked_at++;
        seen.found += is_over_detail(x, y, n / y->cols, n % y->cols);
    }
    return seen;
}

/* --- decisions on one pair ----------------------------------------------------------------- */

static bool is_candidate(const ckn_clip_tail *tail) {
    enum { LEAST_TYPED = 3 };
    return ckn_clip_tail_is_pile(tail) ||
           (tail->typed && tail->at >= LEAST_TYPED && tail->inside > 0);
}

/* What a candidate's samples say of it, and whether the other end goes with one that is clipped. */
static void decide_blurred(ckn_clip_pair *pair, const ckn_clip_tail tails[CKN_CLIP_ENDS]) {
    over_detail under[CKN_CLIP_ENDS] = {{0, 0}};
    bool clipped[CKN_CLIP_ENDS] = {false};
    for (int end = 0; end < CKN_CLIP_ENDS; end++) {
        if (pair->blurred.ends[end].state == CKN_END_FREE)
            continue;
        under[end] = look_under(pair, end, tails[end].at);
        clipped[end] = ckn_clip_tail_is_cut(&tails[end]) && under[end].found >= LEAST_OVER_DETAIL &&
                       (double)under[end].found >= least_over_detail * (double)under[end].looked_at;
    }
    for (int end = 0; end < CKN_CLIP_ENDS; end++) {
        const bool follows = clipped[!end] && tails[end].typed && under[end].found > 0;
        if (clipped[end] || follows)
            pair->blurred.ends[end].state = CKN_END_CLIPPED;
        pair->blurred.ends[end].follows = !clipped[end];
    }
}

static ckn_code find_blurred(ckn_clip_pair *pair, const ckn_clip_source *source, ckn_error *error) {
    ckn_clip_tail tails[CKN_CLIP_ENDS];
    const ckn_pair *own = pair->pair;
    CKN_TRY(ckn_clip_tails_measure(source, &own->blurred_weights, tails, error));
    const bool any = is_candidate(&tails[0]) || is_candidate(&tails[1]);
    for (int end = 0; end < CKN_CLIP_ENDS; end++) {
        const bool follows = any && tails[end].typed;
        if (is_candidate(&tails[end]) || follows)
            pair->blurred.ends[end] = (ckn_clip_end){CKN_END_CANDIDATE, tails[end].limit, false};
        pair->blurred.step = fmax(pair->blurred.step, tails[end].level_step);
    }
    CKN_TRY(ckn_clip_mark_limits(source, ckn_view_shape(&own->blurred), &pair->blurred, error));
    decide_blurred(pair, tails);
    return CKN_OK;
}

/* Where SHARP looks cut off, or stands at the limit of its type where BLURRED is clipped. */
static ckn_code find_sharp(ckn_clip_pair *pair, const ckn_clip_source *source, ckn_error *error) {
    ckn_clip_tail tails[CKN_CLIP_ENDS];
    const ckn_pair *own = pair->pair;
    CKN_TRY(ckn_clip_tails_measure(source, &own->sharp_weights, tails, error));
    for (int end = 0; end < CKN_CLIP_ENDS; end++) {
        const bool follows = pair->blurred.ends[end].state == CKN_END_CLIPPED &&
                             (tails[end].typed || ckn_clip_tail_is_pile(&tails[end]));
        if (ckn_clip_tail_is_cut(&tails[end]) || follows)
            pair->sharp.ends[end] = (ckn_clip_end){CKN_END_CANDIDATE, tails[end].limit, false};
        pair->sharp.step = fmax(pair->sharp.step, tails[end].level_step);
    }
    return ckn_clip_mark_limits(source, ckn_view_shape(&own->sharp), &pair->sharp, error);
}

/* --- what would be left --------------------------------------------------------------------- */

static double left_of_blurred(const ckn_clip_pair *pair) {
    const size_t samples = ckn_shape_count(ckn_view_shape(&pair->pair->blurred));
    const unsigned active = ckn_clip_active(&pair->blurred);
    size_t left = 0;
    for (size_t n = 0; n < samples; n++)
        left += (pair->blurred.marks[n] & active) == 0;
    return (double)left / (double)samples;
}

/* Gives up the ends one by one, first one that was clipped only because the other is. */
static void keep_enough(ckn_clip_pair *pair) {
    const int first = pair->blurred.ends[CKN_CLIP_HIGH].follows ? CKN_CLIP_HIGH : CKN_CLIP_LOW;
    const int order[CKN_CLIP_ENDS] = {first, !first};
    for (int i = 0; i < CKN_CLIP_ENDS && pair->blurred.marks; i++) {
        ckn_clip_end *own = &pair->blurred.ends[order[i]];
        if (own->state != CKN_END_CLIPPED || left_of_blurred(pair) >= least_part)
            continue;
        own->state = CKN_END_KEPT;
    }
}

typedef struct window_count {
    size_t cols, seeing[CKN_CLIP_ENDS];
} window_count;

static void count_seeing(void *user, size_t row, const unsigned char *seen) {
    window_count *count = user;
    (void)row;
    for (size_t col = 0; col < count->cols; col++)
        for (int end = 0; end < CKN_CLIP_ENDS; end++)
            count->seeing[end] += (seen[col] & ckn_clip_mark(CKN_MARK_LIMIT, end)) != 0;
}

/* Until there is a model: SHARP's clipped samples are left out where BLURRED is clipped, too, or
 * where limits are given, if that leaves enough. */
static ckn_code exclude_sharp(const ckn_clipping *clipping, ckn_clip_pair *pair, ckn_error *error) {
    const ckn_view *x = &pair->pair->sharp, *y = &pair->pair->blurred;
    const size_t down = x->rows - y->rows + 1, right = x->cols - y->cols + 1;
    ckn_frame frame = {down > TYPICAL_SIDE ? down : TYPICAL_SIDE,
                       right > TYPICAL_SIDE ? right : TYPICAL_SIDE, 0, 0};
    ckn_clip_part part;
    if (!pair->sharp.marks || frame.rows > x->rows || frame.cols > x->cols)
        return CKN_OK;
    if (ckn_clip_part_of(pair->pair, &frame, &part, NULL) != CKN_OK)
        return CKN_OK;
    window_count count = {.cols = part.blurred.cols};
    CKN_TRY(ckn_clip_visit_windows(pair, &part, count_seeing, &count, error));
    for (int end = 0; end < CKN_CLIP_ENDS; end++) {
        ckn_clip_end *own = &pair->sharp.ends[end];
        const bool both = pair->blurred.ends[end].state == CKN_END_CLIPPED;
        if (own->state == CKN_END_FREE || (!both && clipping->mode == CKN_CLIP_AUTO))
            continue;
        own->state =
            (double)count.seeing[end] <= most_seeing * (double)ckn_shape_count(part.blurred)
                ? CKN_END_CLIPPED
                : CKN_END_CANDIDATE;
    }
    return CKN_OK;
}

static ckn_code look_at_pair(ckn_clipping *clipping, ckn_clip_pair *pair,
                             const ckn_clip_source *sharp, const ckn_clip_source *blurred,
                             ckn_error *error) {
    const ckn_clip_source x = plane_source(sharp, &pair->pair->sharp);
    const ckn_clip_source y = plane_source(blurred, &pair->pair->blurred);
    if (clipping->mode == CKN_CLIP_GIVEN) {
        use_given(&x, &pair->sharp);
        use_given(&y, &pair->blurred);
        CKN_TRY(ckn_clip_mark_limits(&x, ckn_view_shape(&pair->pair->sharp), &pair->sharp, error));
        CKN_TRY(
            ckn_clip_mark_limits(&y, ckn_view_shape(&pair->pair->blurred), &pair->blurred, error));
    } else {
        CKN_TRY(find_blurred(pair, &y, error));
        keep_enough(pair);
        CKN_TRY(find_sharp(pair, &x, error));
    }
    return exclude_sharp(clipping, pair, error);
}

/* --- the object --------------------------------------------------------------------------- */

static void release_image(ckn_clip_image *image) {
    free(image->marks);
    free(image->single);
    free(image->graded);
}

void ckn_clipping_destroy(ckn_clipping *clipping) {
    if (!clipping)
        return;
    for (size_t i = 0; clipping->pairs && i < clipping->count; i++) {
        release_image(&clipping->pairs[i].sharp);
        release_image(&clipping->pairs[i].blurred);
        free(clipping->pairs[i].single);
        free(clipping->pairs[i].graded);
    }
    free(clipping->pairs);
    free(clipping);
}

static ckn_code fill(ckn_clipping *clipping, const ckn_pair *pairs, const ckn_clip_source *sharp,
                     const ckn_clip_source *blurred, ckn_error *error) {
    CKN_TRY(ckn_allocate(&clipping->pairs, clipping->count, sizeof *clipping->pairs,
                         "the search for clipping", error));
    for (size_t i = 0; i < clipping->count; i++) {
        clipping->pairs[i].pair = &pairs[i];
        if (clipping->mode != CKN_CLIP_NONE)
            CKN_TRY(look_at_pair(clipping, &clipping->pairs[i], sharp ? &sharp[i] : NULL,
                                 blurred ? &blurred[i] : NULL, error));
    }
    return CKN_OK;
}

ckn_code ckn_clipping_create(const ckn_pair *pairs, size_t count, const ckn_clip_source *sharp,
                             const ckn_clip_source *blurred, ckn_clip_mode mode,
                             ckn_clipping **clipping, ckn_error *error) {
    *clipping = NULL;
    CKN_TRY(ckn_allocate(clipping, 1, sizeof **clipping, "the search for clipping", error));
    (*clipping)->mode = mode;
    (*clipping)->count = count;
    const ckn_code code = fill(*clipping, pairs, sharp, blurred, error);
    if (code != CKN_OK) {
        ckn_clipping_destroy(*clipping);
        *clipping = NULL;
    }
    return code;
}

static bool has_candidate(const ckn_clip_image *image) {
    for (int end = 0; end < CKN_CLIP_ENDS; end++)
        if (image->ends[end].state != CKN_END_FREE)
            return true;
    return false;
}

bool ckn_clipping_wants_model(const ckn_clipping *clipping) {
    for (size_t i = 0; i < clipping->count; i++)
        if (has_candidate(&clipping->pairs[i].sharp) || has_candidate(&clipping->pairs[i].blurred))
            return true;
    return false;
}

bool ckn_clipping_gave_up(const ckn_clipping *clipping) {
    bool kept = clipping->gave_up;
    for (size_t i = 0; i < clipping->count; i++)
        for (int end = 0; end < CKN_CLIP_ENDS; end++)
            kept = kept || clipping->pairs[i].sharp.ends[end].state == CKN_END_KEPT ||
                   clipping->pairs[i].blurred.ends[end].state == CKN_END_KEPT;
    return kept;
}

static ckn_clip_verdict verdict_of(const ckn_clip_image *image) {
    ckn_clip_verdict verdict = CKN_CLIP_VERDICT_NONE;
    for (int end = 0; end < CKN_CLIP_ENDS; end++) {
        if (image->ends[end].state == CKN_END_KEPT)
            return CKN_CLIP_VERDICT_KEPT;
        if (image->ends[end].state == CKN_END_CLIPPED)
            verdict = CKN_CLIP_VERDICT_EXCLUDED;
    }
    return verdict;
}

ckn_clip_verdict ckn_clipping_verdict_of_blurred(const ckn_clipping *clipping, size_t index) {
    return verdict_of(&clipping->pairs[index].blurred);
}

ckn_clip_verdict ckn_clipping_verdict_of_sharp(const ckn_clipping *clipping, size_t index) {
    return verdict_of(&clipping->pairs[index].sharp);
}

static ckn_clip_limits limits_of(const ckn_clip_image *image, ckn_end_state least) {
    ckn_clip_limits limits = {-(double)INFINITY, (double)INFINITY};
    if (image->ends[CKN_CLIP_LOW].state >= least)
        limits.low = image->ends[CKN_CLIP_LOW].limit;
    if (image->ends[CKN_CLIP_HIGH].state >= least)
        limits.high = image->ends[CKN_CLIP_HIGH].limit;
    return limits;
}

ckn_clip_limits ckn_clipping_limits_of_blurred(const ckn_clipping *clipping, size_t index) {
    return limits_of(&clipping->pairs[index].blurred, CKN_END_CLIPPED);
}

ckn_clip_limits ckn_clipping_limits_of_sharp(const ckn_clipping *clipping, size_t index) {
    return limits_of(&clipping->pairs[index].sharp, CKN_END_CANDIDATE);
}

/* --- weights ------------------------------------------------------------------------------ */

/* 0 or 1 need no double; the caller's own weights keep theirs. */
static ckn_code weigh(const ckn_view *own, ckn_shape shape, ckn_clip_image *image,
                      ckn_view *weights, ckn_error *error) {
    static const char what[] = "weights of clipping";
    const unsigned active = ckn_clip_active(image);
    *weights = *own;
    if (!active)
        return CKN_OK;
    if (own->data && !image->graded)
        CKN_TRY(ckn_allocate(&image->graded, shape.rows, shape.cols * sizeof *image->graded, what,
                             error));
    if (!own->data && !image->single)
        CKN_TRY(ckn_allocate(&image->single, shape.rows, shape.cols * sizeof *image->single, what,
                             error));
    for (size_t n = 0; n < ckn_shape_count(shape); n++) {
        const bool out = (image->marks[n] & active) != 0;
        if (own->data)
            image->graded[n] = out ? 0 : ckn_view_at(own, n / shape.cols, n % shape.cols);
        else
            image->single[n] = out ? 0 : 1;
    }
    *weights = own->data ? ckn_view_f64(image->graded, shape.rows, shape.cols)
                         : ckn_view_f32(image->single, shape.rows, shape.cols);
    return CKN_OK;
}

ckn_code ckn_clipping_weigh(ckn_clipping *clipping, size_t index, ckn_pair *pair,
                            ckn_error *error) {
    ckn_clip_pair *own = &clipping->pairs[index];
    *pair = *own->pair;
    CKN_TRY(weigh(&own->pair->sharp_weights, ckn_view_shape(&pair->sharp), &own->sharp,
                  &pair->sharp_weights, error));
    return weigh(&own->pair->blurred_weights, ckn_view_shape(&pair->blurred), &own->blurred,
                 &pair->blurred_weights, error);
}
