#include "inspect/clip_tail.h"

#include "base/memory.h"
#include "base/view.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Fewer equal samples than this at an end are no pile: of real numbers, of which hardly two are
 * equal, and of levels. */
enum { LEAST_REAL = 3, LEAST_LEVEL = 8 };
/* A pile has more than any neighbouring level by this factor. */
static const double pile_factor = 4;
/* A clipped image goes on inside of the limit: so many samples are within 1/32 of the range, or
 * eight levels if that is more, but not beyond a quarter of the range, against those at the limit.
 * A drawing with white ground has fewer. */
static const double border_part = 1.0 / 32, border_levels = 8, widest_border = 0.25;
static const double least_bordering = 0.03;
/* Less than this part of an image is no ground; the tail of few saturated stars is too thin to
 * border on the limit. */
static const double least_ground = 0.01;
/* Smooth ground at a limit draws the samples towards it: near ones are more than twice as dense as
 * those further off. */
static const double most_crowded = 2;
/* The reach holds at least so many samples, so that their number is sure to a fifth. */
static const double least_near = 32;

/* --- rows --------------------------------------------------------------------------------- */

void ckn_clip_read_row(const ckn_view *view, const ckn_view *weights, size_t row, double *samples) {
    const ptrdiff_t start = (ptrdiff_t)row * view->row_stride, step = view->col_stride;
    if (view->type == CKN_FLOAT32) {
        const float *from = (const float *)view->data + start;
        for (size_t col = 0; col < view->cols; col++)
            samples[col] = (double)from[(ptrdiff_t)col * step];
    } else {
        const double *from = (const double *)view->data + start;
        for (size_t col = 0; col < view->cols; col++)
            samples[col] = from[(ptrdiff_t)col * step];
    }
    for (size_t col = 0; weights && weights->data && col < view->cols; col++) {
        if (ckn_view_at(weights, row, col) == 0)
            samples[col] = (double)NAN;
    }
}

/* --- extremes ----------------------------------------------------------------------------- */

typedef struct extremes {
    double low, high, count; /* finite samples */
    double at_low, at_high;
} extremes;

static void add_row(const double *samples, size_t count, extremes *found) {
    for (size_t n = 0; n < count; n++) {
        const double value = samples[n];
        if (!isfinite(value))
            continue;
        found->count++;
        if (value <= found->low) {
            found->at_low = value < found->low ? 1 : found->at_low + 1;
            found->low = value;
        }
        if (value >= found->high) {
            found->at_high = value > found->high ? 1 : found->at_high + 1;
            found->high = value;
        }
    }
}

static extremes find_extremes(const ckn_clip_source *source, const ckn_view *weights,
                              double *samples) {
    extremes found = {(double)INFINITY, -(double)INFINITY, 0, 0, 0};
    for (size_t channel = 0; channel < source->count; channel++) {
        const ckn_view *view = &source->channels[channel];
        for (size_t row = 0; row < view->rows; row++) {
            ckn_clip_read_row(view, weights, row, samples);
            add_row(samples, view->cols, &found);
        }
    }
    return found;
}

/* --- levels ------------------------------------------------------------------------------- */

enum { LEVEL_SAMPLES = 4096 };
/* Real numbers: of so many samples fewer than this part equal another one. Of 4096 samples on the
 * 65536 levels of 16 bits, 6 % do. */
static const double most_equal = 0.01;

static int compare(const void *a, const void *b) {
    const double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

/* Samples spread over the first channel, without those at the extremes. */
static size_t draw_samples(const ckn_clip_source *source, const ckn_view *weights,
                           const extremes *found, double *drawn) {
    const ckn_view *view = &source->channels[0];
    const size_t all = view->rows * view->cols, step = all / LEVEL_SAMPLES + 1;
    size_t count = 0;
    for (size_t n = 0; n < all && count < LEVEL_SAMPLES; n += step) {
        const size_t row = n / view->cols, col = n % view->cols;
        const double value = ckn_view_at(view, row, col);
        const bool counts = !weights || !weights->data || ckn_view_at(weights, row, col) != 0;
        if (counts && value > found->low && value < found->high)
            drawn[count++] = value;
    }
    return count;
}

/* The least difference between samples, where many are equal; 0 for real numbers. */
static ckn_code find_level_step(const ckn_clip_source *source, const ckn_view *weights,
                                const extremes *found, double *step, ckn_error *error) {
    double *drawn = NULL, least = (double)INFINITY;
    *step = source->step;
    if (*step > 0)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&drawn, LEVEL_SAMPLES, sizeof *drawn, "the search for clipping", error));
    const size_t count = draw_samples(source, weights, found, drawn);
    qsort(drawn, count, sizeof *drawn, compare);
    size_t equal = 0;
    const double rounding = 1e-7 * (found->high - found->low); /* of float32 */
    for (size_t n = 1; n < count; n++) {
        const double difference = drawn[n] - drawn[n - 1];
        equal += difference <= 0;
        if (difference > rounding && difference < least)
            least = difference;
    }
    free(drawn);
    const bool real = count > 1 && (double)equal < most_equal * (double)count;
    *step = real ? 0 : least;
    return CKN_OK;
}

/* --- distances from the limits -------------------------------------------------------------- */

/* The upper bits of a positive double: its exponent and three bits more, so that each bin is an
 * eighth of an octave wide. Its counts tell densities at any distance in one pass. */
enum { BIN_SHIFT = 49, BINS = 1 << 14 };

typedef struct histogram {
    double counts[BINS];
} histogram;

static size_t bin_of(double distance) {
    uint64_t bits;
    memcpy(&bits, &distance, sizeof bits);
    return (size_t)(bits >> BIN_SHIFT) & (BINS - 1);
}

static double start_of_bin(size_t bin) {
    const uint64_t bits = (uint64_t)bin << BIN_SHIFT;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double count_within(const histogram *distances, double reach) {
    double count = 0;
    const size_t last = bin_of(reach);
    for (size_t bin = 0; bin < last; bin++)
        count += distances->counts[bin];
    return count;
}

static void count_distances(const ckn_clip_source *source, const ckn_view *weights, bool high,
                            double *samples, ckn_clip_tail *tail, histogram *distances) {
    tail->at = 0;
    tail->gap = (double)INFINITY;
    for (size_t channel = 0; channel < source->count; channel++) {
        const ckn_view *view = &source->channels[channel];
        for (size_t row = 0; row < view->rows; row++) {
            ckn_clip_read_row(view, weights, row, samples);
            for (size_t col = 0; col < view->cols; col++) {
                const double distance =
                    high ? tail->limit - samples[col] : samples[col] - tail->limit;
                if (!isfinite(distance))
                    continue;
                if (distance <= 0) {
                    tail->at++;
                    continue;
                }
                tail->gap = distance < tail->gap ? distance : tail->gap;
                distances->counts[bin_of(distance)]++;
            }
        }
    }
}

/* The reach that holds half as many samples as stand at the limit, if the image has many more. */
static void find_reach(const histogram *distances, double range, ckn_clip_tail *tail) {
    const double most = fmax(1, tail->inside / 4);
    const double wanted = fmin(fmax(tail->at / 2, least_near), most);
    double count = 0;
    size_t bin = 0;
    while (bin < BINS - 1 && count < wanted)
        count += distances->counts[bin++];
    tail->reach = start_of_bin(bin);
    tail->near = count;
    tail->far = count_within(distances, 3 * tail->reach) - count;
    const double step = isfinite(tail->level_step) ? tail->level_step : tail->gap;
    const double border =
        fmin(fmax(border_part * range, border_levels * step), widest_border * range);
    tail->bordering = count_within(distances, border);
}

static ckn_code measure_tail(const ckn_clip_source *source, const ckn_view *weights, bool high,
                             const extremes *found, double *samples, ckn_clip_tail *tail,
                             ckn_error *error) {
    histogram *distances = NULL;
    CKN_TRY(ckn_allocate(&distances, 1, sizeof *distances, "the search for clipping", error));
    count_distances(source, weights, high, samples, tail, distances);
    tail->inside = found->count - tail->at;
    if (tail->inside > 0)
        find_reach(distances, found->high - found->low, tail);
    free(distances);
    return CKN_OK;
}

/* --- both ends ---------------------------------------------------------------------------- */

static void set_limit(const ckn_clip_source *source, bool high, const extremes *found,
                      ckn_clip_tail *tail) {
    const double known = high ? source->high : source->low;
    const double extreme = high ? found->high : found->low;
    *tail = (ckn_clip_tail){.limit = (double)NAN, .gap = (double)INFINITY};
    if (found->count == 0)
        return;
    tail->typed = high ? extreme >= known : extreme <= known;
    tail->limit = tail->typed ? known : extreme;
    tail->at = high ? found->at_high : found->at_low;
    tail->inside = found->count - tail->at;
}

static ckn_code measure_ends(const ckn_clip_source *source, const ckn_view *weights,
                             double *samples, ckn_clip_tail tails[CKN_CLIP_ENDS],
                             ckn_error *error) {
    const extremes found = find_extremes(source, weights, samples);
    double step = -1;
    for (int end = 0; end < CKN_CLIP_ENDS; end++) {
        const bool high = end == CKN_CLIP_HIGH;
        set_limit(source, high, &found, &tails[end]);
        if (!tails[end].typed && tails[end].at < LEAST_REAL)
            continue;
        if (step < 0)
            CKN_TRY(find_level_step(source, weights, &found, &step, error));
        tails[end].level_step = step;
        CKN_TRY(measure_tail(source, weights, high, &found, samples, &tails[end], error));
    }
    return CKN_OK;
}

ckn_code ckn_clip_tails_measure(const ckn_clip_source *source, const ckn_view *weights,
                                ckn_clip_tail tails[CKN_CLIP_ENDS], ckn_error *error) {
    double *samples = NULL;
    CKN_TRY(ckn_allocate(&samples, source->channels[0].cols, sizeof *samples,
                         "the search for clipping", error));
    ckn_code code = measure_ends(source, weights, samples, tails, error);
    free(samples);
    return code;
}

/* --- what they look like ------------------------------------------------------------------ */

bool ckn_clip_tail_is_pile(const ckn_clip_tail *tail) {
    if (!(tail->inside > 0))
        return false;
    if (tail->level_step <= 0)
        return tail->at >= LEAST_REAL;
    const double step = isfinite(tail->level_step) ? tail->level_step : tail->gap;
    const double levels = fmax(floor(tail->reach / step + 1e-6), 1);
    return tail->at >= LEAST_LEVEL && tail->at >= pile_factor * tail->near / levels;
}

bool ckn_clip_tail_is_cut(const ckn_clip_tail *tail) {
    const bool ground = tail->at >= least_ground * (tail->at + tail->inside);
    const bool goes_on =
        tail->level_step <= 0 || !ground || tail->bordering >= least_bordering * tail->at;
    return ckn_clip_tail_is_pile(tail) && goes_on && tail->near <= most_crowded * tail->far + 3;
}
