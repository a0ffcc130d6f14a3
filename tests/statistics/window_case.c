#include "statistics/window_case.h"

#include "support/random.h"

#include <stdlib.h>

static size_t pick(uint64_t *state, size_t low, size_t high) {
    return low + (size_t)(ckn_test_random(state) % (high - low + 1));
}

/* Weights of a plane: 1, but for some that are 0, or graded ones of mean about 1. */
static double *make_weights(uint64_t *state, size_t count, masking kind, bool of_sharp) {
    double *weights = ckn_test_array(count);
    const size_t rare = kind == MANY ? 2 : of_sharp ? 200 : 20;
    for (size_t i = 0; i < count; i++) {
        weights[i] = pick(state, 0, rare) != 0;
        if (kind == GRADED && !of_sharp)
            weights[i] *= ckn_test_uniform(state, 0.5, 1.5);
    }
    return weights;
}

static void make_pair(uint64_t *state, window_case *c, size_t index, size_t least, size_t most) {
    const size_t rows = pick(state, least, most), cols = pick(state, least, most);
    const size_t count = rows * cols;
    c->x[index] = ckn_test_random_array(ckn_test_random(state), count, -1, 1);
    c->y[index] = ckn_test_random_array(ckn_test_random(state), count, -1, 1);
    c->views[index] = (ckn_pair){.sharp = ckn_view_f64(c->x[index], rows, cols),
                                 .blurred = ckn_view_f64(c->y[index], rows, cols)};
    if (c->kind == NONE)
        return;
    c->of_y[index] = make_weights(state, count, c->kind, false);
    c->views[index].blurred_weights = ckn_view_f64(c->of_y[index], rows, cols);
    if (c->kind == MANY)
        return;
    c->of_x[index] = make_weights(state, count, c->kind, true);
    c->views[index].sharp_weights = ckn_view_f64(c->of_x[index], rows, cols);
}

window_case window_case_make(uint64_t seed, size_t least, size_t most) {
    uint64_t state = seed;
    window_case c = {.pairs = pick(&state, 1, MOST_PAIRS), .kind = (masking)(seed % MASKINGS)};
    c.background = seed / MASKINGS % 2;
    for (size_t i = 0; i < c.pairs; i++)
        make_pair(&state, &c, i, least, most);
    c.frame = (ckn_frame){pick(&state, 1, 8), pick(&state, 1, 8), (ptrdiff_t)pick(&state, 0, 6) - 3,
                          (ptrdiff_t)pick(&state, 0, 6) - 3};
    c.part.shape = (ckn_shape){pick(&state, 1, c.frame.rows), pick(&state, 1, c.frame.cols)};
    c.part.row = pick(&state, 0, c.frame.rows - c.part.shape.rows);
    c.part.col = pick(&state, 0, c.frame.cols - c.part.shape.cols);
    return c;
}

void window_case_release(window_case *c) {
    for (size_t i = 0; i < c->pairs; i++) {
        free(c->x[i]);
        free(c->y[i]);
        free(c->of_x[i]);
        free(c->of_y[i]);
    }
}

/* --- the definition ----------------------------------------------------------------------- */

static long double at(const double *plane, size_t cols, ptrdiff_t row, ptrdiff_t col) {
    return plane[row * (ptrdiff_t)cols + col];
}

/* Displacements of the frame's taps. */
static ptrdiff_t lowest(size_t taps, ptrdiff_t offset) {
    return offset - (ptrdiff_t)((taps - 1) / 2);
}

/* The weight of BLURRED's sample (row, col): 0 where x[p - d] is masked, or outside, for any d of
 * the whole frame. */
static long double window_weight(const window_case *c, size_t index, ptrdiff_t row, ptrdiff_t col) {
    const ckn_view *x = &c->views[index].sharp;
    long double weight = c->of_y[index] ? at(c->of_y[index], x->cols, row, col) : 1;
    for (size_t i = 0; i < c->frame.rows; i++)
        for (size_t j = 0; j < c->frame.cols; j++) {
            const ptrdiff_t r = row - lowest(c->frame.rows, c->frame.row_offset) - (ptrdiff_t)i;
            const ptrdiff_t s = col - lowest(c->frame.cols, c->frame.col_offset) - (ptrdiff_t)j;
            if (r < 0 || s < 0 || r >= (ptrdiff_t)x->rows || s >= (ptrdiff_t)x->cols ||
                (c->of_x[index] && at(c->of_x[index], x->cols, r, s) == 0))
                return 0;
        }
    return weight;
}

static void add_window(const window_case *c, size_t index, ptrdiff_t row, ptrdiff_t col,
                       long double weight, naive_sums *sums) {
    const size_t cols = c->views[index].sharp.cols;
    const long double y = at(c->y[index], cols, row, col);
    long double *taps = calloc(sums->taps, sizeof *taps);
    assert_non_null(taps);
    for (size_t n = 0; n < sums->taps; n++) {
        const ptrdiff_t i = (ptrdiff_t)(c->part.row + n / c->part.shape.cols);
        const ptrdiff_t j = (ptrdiff_t)(c->part.col + n % c->part.shape.cols);
        taps[n] = at(c->x[index], cols, row - lowest(c->frame.rows, c->frame.row_offset) - i,
                     col - lowest(c->frame.cols, c->frame.col_offset) - j);
    }
    for (size_t n = 0; n < sums->taps; n++) {
        sums->b[n] += weight * taps[n] * y;
        for (size_t m = 0; m < sums->taps; m++)
            sums->gram[n * sums->taps + m] += weight * taps[n] * taps[m];
    }
    sums->square += weight * y * y;
    free(taps);
}

/* Weights are relative: those that are not 0 have the mean 1. */
static long double mean_weight(const window_case *c) {
    long double sum = 0, count = 0;
    for (size_t n = 0; n < c->pairs; n++)
        for (size_t i = 0; i < c->views[n].sharp.rows * c->views[n].sharp.cols; i++) {
            const long double weight = window_weight(c, n, (ptrdiff_t)(i / c->views[n].sharp.cols),
                                                     (ptrdiff_t)(i % c->views[n].sharp.cols));
            sum += weight;
            count += weight > 0;
        }
    return sum / count;
}

naive_sums naive_sums_of(const window_case *c) {
    const size_t taps = ckn_shape_count(c->part.shape);
    naive_sums sums = {taps, calloc(taps * taps, sizeof(long double)),
                       calloc(taps, sizeof(long double)), 0, 0};
    assert_non_null(sums.gram);
    assert_non_null(sums.b);
    const long double mean = mean_weight(c);
    for (size_t n = 0; n < c->pairs; n++)
        for (size_t i = 0; i < c->views[n].sharp.rows * c->views[n].sharp.cols; i++) {
            const ptrdiff_t row = (ptrdiff_t)(i / c->views[n].sharp.cols);
            const ptrdiff_t col = (ptrdiff_t)(i % c->views[n].sharp.cols);
            const long double weight = window_weight(c, n, row, col) / mean;
            if (weight > 0)
                add_window(c, n, row, col, weight, &sums);
            sums.count += weight > 0;
        }
    return sums;
}

void naive_sums_release(naive_sums *sums) {
    free(sums->gram);
    free(sums->b);
}
