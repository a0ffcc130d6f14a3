#include "base/memory.h"
#include "judge/evidence.h"

#include <math.h>
#include <stdlib.h>

#define TILE 8 /* pixels, also the blocks of JPEG */

typedef struct tiles {
    ckn_shape shape; /* tiles down and across */
    size_t count;
    double *residual, *gradient; /* mean squares of each tile */
} tiles;

static double square_at(const double *s, size_t at, size_t stride) {
    const double across = s[at + 1] - s[at - 1], down = s[at + stride] - s[at - stride];
    return across * across + down * down;
}

static void fill_tile(const ckn_judge_samples *samples, const ckn_judge_plane *plane, size_t row,
                      size_t col, tiles *t) {
    const size_t cols = samples->shape.cols, rows = samples->shape.rows;
    double square = 0, gradient = 0, n = 0;
    for (size_t i = row; i < row + TILE; i++) {
        for (size_t j = col; j < col + TILE; j++) {
            const size_t at = i * cols + j;
            if (plane->w[at] == 0)
                continue;
            square += plane->r[at] * plane->r[at];
            n++;
            if (i > 0 && j > 0 && i + 1 < rows && j + 1 < cols)
                gradient += square_at(plane->s, at, cols);
        }
    }
    if (2 * n < TILE * TILE)
        return;
    t->residual[t->count] = square / n;
    t->gradient[t->count++] = gradient / n;
}

static int ascending(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double mean_of(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return count > 0 ? sum / (double)count : 0;
}

/* Of logarithms; what is below a thousandth of the mean counts as that. */
static double correlate(const tiles *t) {
    const double floor_r = 1e-3 * mean_of(t->residual, t->count);
    const double floor_g = 1e-3 * mean_of(t->gradient, t->count);
    double r1 = 0, r2 = 0, g1 = 0, g2 = 0, rg = 0;
    const double n = (double)t->count;
    if (!(floor_r > 0 && floor_g > 0))
        return 0;
    for (size_t i = 0; i < t->count; i++) {
        const double r = log(t->residual[i] + floor_r), g = log(t->gradient[i] + floor_g);
        r1 += r;
        r2 += r * r;
        g1 += g;
        g2 += g * g;
        rg += r * g;
    }
    const double rr = r2 - r1 * r1 / n, gg = g2 - g1 * g1 / n;
    return rr > 0 && gg > 0 ? (rg - r1 * g1 / n) / sqrt(rr * gg) : 0;
}

static void measure_border(const ckn_judge_samples *samples, ckn_judge_evidence *e) {
    const ckn_shape shape = samples->shape, k = samples->kernel;
    const size_t rim = (k.rows > k.cols ? k.rows : k.cols) / 2 + 1;
    double near = 0, all = 0, count = 0;
    for (size_t n = 0; n < samples->count; n++) {
        const ckn_judge_plane *p = &samples->planes[n];
        for (size_t i = 0; i < ckn_judge_size(samples); i++) {
            const size_t row = i / shape.cols, col = i % shape.cols;
            const bool is_near =
                row < rim || col < rim || row + rim >= shape.rows || col + rim >= shape.cols;
            all += p->r[i] * p->r[i];
            near += is_near ? p->r[i] * p->r[i] : 0;
            count += is_near ? p->w[i] : 0;
        }
    }
    e->border = all > 0 ? near / all : 0;
    e->border_area = count / samples->used;
}

static void measure(tiles *t, ckn_judge_evidence *e) {
    e->edges = correlate(t);
    qsort(t->residual, t->count, sizeof *t->residual, ascending);
    const double mean = mean_of(t->residual, t->count);
    const size_t most = t->count - t->count / 10;
    if (t->count < 10 || !(mean > 0))
        return;
    e->concentration = mean_of(t->residual + most, t->count - most) * (double)(t->count - most) /
                       (mean * (double)t->count);
    e->median = t->residual[t->count / 2] / mean;
}

ckn_code ckn_judge_measure_tiles(const ckn_judge_samples *samples, ckn_judge_evidence *evidence,
                                 ckn_error *error) {
    tiles t = {.shape = {samples->shape.rows / TILE, samples->shape.cols / TILE}};
    const size_t most = ckn_shape_count(t.shape) * samples->count;
    ckn_code code = ckn_allocate(&t.residual, most, sizeof *t.residual, "a verdict", error);
    if (code == CKN_OK)
        code = ckn_allocate(&t.gradient, most, sizeof *t.gradient, "a verdict", error);
    for (size_t n = 0; n < samples->count && code == CKN_OK; n++)
        for (size_t i = 0; i < ckn_shape_count(t.shape); i++)
            fill_tile(samples, &samples->planes[n], i / t.shape.cols * TILE,
                      i % t.shape.cols * TILE, &t);
    evidence->median = 1;
    if (code == CKN_OK) {
        measure(&t, evidence);
        measure_border(samples, evidence);
    }
    free(t.residual);
    free(t.gradient);
    return code;
}
