#include "base/memory.h"
#include "judge/evidence.h"

#include <math.h>
#include <stdlib.h>

#define LOOKED_AT                                                                                  \
    256.0 /* pixels of the longer side: pictures are averaged over squares to that                 \
           */
#define LARGEST_TILE 32
#define LEAST_TILE 12
#define TILES_ACROSS 6
#define REACH 12           /* displacements that are sought, in averaged pixels */
#define LEAST_TILES 8      /* that an affine map is fitted to */
#define LEAST_LIKENESS 0.6 /* correlation of a tile that is found */
#define ROUNDS 12          /* of the robust fit */
#define THUMB ((size_t)48) /* sides of the thumbnails that mirrored pictures are compared by */

static const char what[] = "a verdict";

typedef struct small {
    ckn_shape shape;
    double *s, *y;
} small;

/* Means over squares of `side` samples. */
static void average(const double *plane, size_t stride, size_t side, const small *to, double *out) {
    for (size_t i = 0; i < to->shape.rows; i++) {
        for (size_t j = 0; j < to->shape.cols; j++) {
            double sum = 0;
            for (size_t row = 0; row < side; row++)
                for (size_t col = 0; col < side; col++)
                    sum += plane[(i * side + row) * stride + j * side + col];
            out[i * to->shape.cols + j] = sum / (double)(side * side);
        }
    }
}

/* Of the second plane of colours, which is green, or the only one. */
static ckn_code make_small(const ckn_judge_samples *samples, size_t side, small *out,
                           ckn_error *error) {
    const ckn_judge_plane *plane = &samples->planes[samples->count == 3 ? 1 : 0];
    *out = (small){.shape = {samples->shape.rows / side, samples->shape.cols / side}};
    const size_t count = ckn_shape_count(out->shape);
    CKN_TRY(ckn_allocate(&out->s, count, sizeof *out->s, what, error));
    ckn_code code = ckn_allocate(&out->y, count, sizeof *out->y, what, error);
    if (code != CKN_OK) {
        free(out->s);
        return code;
    }
    /* What is left over stays out on all sides alike, so that mirrored pictures match. */
    const size_t row = samples->shape.rows % side / 2, col = samples->shape.cols % side / 2;
    const size_t first = row * samples->shape.cols + col;
    average(plane->s + first, samples->shape.cols, side, out, out->s);
    average(plane->y + first, samples->shape.cols, side, out, out->y);
    return CKN_OK;
}

static void release(small *made) {
    free(made->s);
    free(made->y);
}

/* A tile of BLURRED, and where it was found in SHARP. */
typedef struct match {
    double u, v;        /* its middle, from that of the picture */
    double right, down; /* BLURRED's (u, v) is SHARP's (u - right, v - down) */
    double likeness;    /* correlation there */
    double weight;
} match;

/* Correlation of a tile of y with that of s that lies (down, right) before it. */
static double likeness_at(const small *p, size_t row, size_t col, size_t tile, ptrdiff_t down,
                          ptrdiff_t right) {
    const ptrdiff_t first_row = (ptrdiff_t)row - down, first_col = (ptrdiff_t)col - right;
    if (first_row < 0 || first_col < 0 || (size_t)first_row + tile > p->shape.rows ||
        (size_t)first_col + tile > p->shape.cols)
        return -2;
    double s1 = 0, s2 = 0, y1 = 0, y2 = 0, sy = 0;
    for (size_t i = 0; i < tile; i++) {
        const double *y = p->y + (row + i) * p->shape.cols + col;
        const double *s = p->s + ((size_t)first_row + i) * p->shape.cols + (size_t)first_col;
        for (size_t j = 0; j < tile; j++) {
            s1 += s[j];
            s2 += s[j] * s[j];
            y1 += y[j];
            y2 += y[j] * y[j];
            sy += s[j] * y[j];
        }
    }
    const double n = (double)(tile * tile);
    const double ss = s2 - s1 * s1 / n, yy = y2 - y1 * y1 / n;
    return ss > 0 && yy > 0 ? (sy - s1 * y1 / n) / sqrt(ss * yy) : -2;
}

/* The vertex of the parabola through three values, the middle one the largest: within half. */
static double vertex(double before, double middle, double after) {
    const double bend = before - 2 * middle + after;
    return before > -2 && after > -2 && bend < 0 ? 0.5 * (before - after) / bend : 0;
}

static void find_tile(const small *p, size_t row, size_t col, size_t tile, match *m) {
    enum { SIDE = 2 * REACH + 1 };
    double values[SIDE][SIDE] = {{0}};
    size_t best_i = REACH, best_j = REACH;
    for (size_t i = 0; i < SIDE; i++) {
        for (size_t j = 0; j < SIDE; j++) {
            values[i][j] =
                likeness_at(p, row, col, tile, (ptrdiff_t)i - REACH, (ptrdiff_t)j - REACH);
            if (values[i][j] > values[best_i][best_j]) {
                best_i = i;
                best_j = j;
            }
        }
    }
    const bool inside = best_i > 0 && best_j > 0 && best_i + 1 < SIDE && best_j + 1 < SIDE;
    m->likeness = inside ? values[best_i][best_j] : 0;
    m->u = (double)col + (double)tile / 2 - (double)p->shape.cols / 2;
    m->v = (double)row + (double)tile / 2 - (double)p->shape.rows / 2;
    if (!inside)
        return;
    m->down =
        (double)best_i - REACH +
        vertex(values[best_i - 1][best_j], values[best_i][best_j], values[best_i + 1][best_j]);
    m->right =
        (double)best_j - REACH +
        vertex(values[best_i][best_j - 1], values[best_i][best_j], values[best_i][best_j + 1]);
}

static bool is_flat(const small *p, size_t row, size_t col, size_t tile, double least) {
    double y1 = 0, y2 = 0;
    for (size_t i = row; i < row + tile; i++) {
        for (size_t j = col; j < col + tile; j++) {
            const double y = p->y[i * p->shape.cols + j];
            y1 += y;
            y2 += y * y;
        }
    }
    const double n = (double)(tile * tile);
    return y2 / n - y1 * y1 / (n * n) < least;
}

static size_t find_tiles(const small *p, size_t tile, double least, match *matches) {
    size_t count = 0;
    for (size_t row = 0; row + tile <= p->shape.rows; row += tile) {
        for (size_t col = 0; col + tile <= p->shape.cols; col += tile) {
            if (is_flat(p, row, col, tile, least))
                continue;
            matches[count] = (match){0};
            find_tile(p, row, col, tile, &matches[count++]);
        }
    }
    return count;
}

/* d = c[0] + c[1] u + c[2] v by weighted least squares; false where the tiles do not determine it.
 */
static bool fit_plane(const match *matches, size_t count, bool down, double c[3]) {
    double a[3][4] = {{0}};
    for (size_t n = 0; n < count; n++) {
        const match *m = &matches[n];
        const double row[4] = {1, m->u, m->v, down ? m->down : m->right};
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 4; j++)
                a[i][j] += m->weight * row[i] * row[j];
    }
    for (int i = 0; i < 3; i++) {
        if (!(a[i][i] > 1e-9))
            return false;
        for (int k = 0; k < 3; k++) {
            const double factor = a[k][i] / a[i][i];
            for (int j = 0; j < 4 && k != i; j++)
                a[k][j] -= factor * a[i][j];
        }
    }
    for (int i = 0; i < 3; i++)
        c[i] = a[i][3] / a[i][i];
    return true;
}

static double distance(const match *m, const double right[3], const double down[3]) {
    return hypot(m->right - right[0] - right[1] * m->u - right[2] * m->v,
                 m->down - down[0] - down[1] * m->u - down[2] * m->v);
}

/* Weights fall with the square of the distance from the map (Geman & McClure), more steeply from
 * round to round: wrong places lie anywhere. */
static bool fit_map(match *matches, size_t count, double right[3], double down[3]) {
    for (int round = 0; round < ROUNDS; round++) {
        const double scale = fmax(1, 8 * pow(0.75, round));
        for (size_t n = 0; n < count && round > 0; n++) {
            const double far = distance(&matches[n], right, down) / scale;
            matches[n].weight =
                matches[n].likeness < LEAST_LIKENESS ? 0 : 1 / ((1 + far * far) * (1 + far * far));
        }
        if (!fit_plane(matches, count, false, right) || !fit_plane(matches, count, true, down))
            return false;
    }
    return true;
}

static void describe(const small *p, const match *matches, size_t count, const double right[3],
                     const double down[3], double side, ckn_judge_motion *motion) {
    const double xx = 1 - right[1], xy = -right[2], yx = -down[1], yy = 1 - down[2];
    const double half = hypot((double)p->shape.cols, (double)p->shape.rows) / 2;
    double near = 0, square = 0;
    for (size_t n = 0; n < count; n++) {
        const double far = distance(&matches[n], right, down);
        if (matches[n].likeness < LEAST_LIKENESS || far > 1)
            continue;
        near++;
        square += far * far;
    }
    motion->agreement = near / fmax(motion->found * (double)count, 1);
    motion->agreeing = (size_t)near;
    motion->error = near > 0 ? side * sqrt(square / near) : 0;
    motion->scale = 1 / sqrt(fmax(fabs(xx * yy - xy * yx), 1e-6));
    motion->degrees = -atan2(yx - xy, xx + yy) * 180 / acos(-1);
    motion->largest =
        side * half *
        sqrt((right[1] * right[1] + right[2] * right[2] + down[1] * down[1] + down[2] * down[2]) /
             2);
}

/* s at a place between samples; *inside is false beyond the picture. */
static double sample_at(const small *p, double row, double col, bool *inside) {
    const double most_row = (double)p->shape.rows - 1, most_col = (double)p->shape.cols - 1;
    *inside = row >= 0 && col >= 0 && row < most_row && col < most_col;
    if (!*inside)
        return 0;
    const size_t i = (size_t)row, j = (size_t)col, stride = p->shape.cols;
    const double down = row - (double)i, right = col - (double)j;
    const double *s = p->s + i * stride + j;
    return (1 - down) * ((1 - right) * s[0] + right * s[1]) +
           down * ((1 - right) * s[stride] + right * s[stride + 1]);
}

/* Sums for the best a s + b. */
typedef struct sums {
    double n, s1, s2, y1, y2, sy;
} sums;

static void add(sums *t, double s, double y) {
    t->n++;
    t->s1 += s;
    t->s2 += s * s;
    t->y1 += y;
    t->y2 += y * y;
    t->sy += s * y;
}

static double left_of(const sums *t) {
    const double ss = t->s2 - t->s1 * t->s1 / t->n, yy = t->y2 - t->y1 * t->y1 / t->n;
    const double cross = t->sy - t->s1 * t->y1 / t->n;
    return ss > 0 ? yy - cross * cross / ss : yy;
}

/* Whether the map makes SHARP more like BLURRED, sample by sample, than its displacement alone. */
static double compare_map(const small *p, const double right[3], const double down[3]) {
    sums moved = {0}, still = {0};
    for (size_t i = 0; i < p->shape.rows; i++) {
        for (size_t j = 0; j < p->shape.cols; j++) {
            const double u = (double)j - (double)p->shape.cols / 2;
            const double v = (double)i - (double)p->shape.rows / 2;
            const double y = p->y[i * p->shape.cols + j];
            bool inside;
            const double s = sample_at(p, (double)i - down[0] - down[1] * u - down[2] * v,
                                       (double)j - right[0] - right[1] * u - right[2] * v, &inside);
            if (!inside)
                continue;
            const double common = sample_at(p, (double)i - down[0], (double)j - right[0], &inside);
            if (!inside)
                continue;
            add(&moved, s, y);
            add(&still, common, y);
        }
    }
    const double before = moved.n > 0 ? left_of(&still) : 0;
    return before > 0 ? left_of(&moved) / before : 1;
}

static double variance_of(const double *values, size_t count) {
    double sum = 0, square = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
        square += values[i] * values[i];
    }
    return square / (double)count - sum * sum / ((double)count * (double)count);
}

static ckn_code find_motion(const small *p, double side, ckn_judge_motion *motion,
                            ckn_error *error) {
    const size_t least = p->shape.rows < p->shape.cols ? p->shape.rows : p->shape.cols;
    const size_t wanted = least / TILES_ACROSS;
    const size_t tile = wanted < LEAST_TILE     ? LEAST_TILE
                        : wanted > LARGEST_TILE ? LARGEST_TILE
                                                : wanted;
    const size_t most = (p->shape.rows / tile + 1) * (p->shape.cols / tile + 1);
    const double flat = 0.02 * variance_of(p->y, ckn_shape_count(p->shape));
    double right[3] = {0}, down[3] = {0};
    match *matches;
    CKN_TRY(ckn_allocate(&matches, most, sizeof *matches, what, error));
    const size_t count = find_tiles(p, tile, flat, matches);
    for (size_t n = 0; n < count; n++) {
        const bool found = matches[n].likeness >= LEAST_LIKENESS;
        matches[n].weight = found;
        motion->found += found ? 1 / (double)count : 0;
    }
    if (count >= LEAST_TILES) {
        motion->tiles = count;
        if (fit_map(matches, count, right, down))
            describe(p, matches, count, right, down, side, motion);
        motion->left = compare_map(p, right, down);
    }
    free(matches);
    return CKN_OK;
}

ckn_code ckn_judge_find_motion(const ckn_judge_samples *samples, ckn_judge_motion *motion,
                               ckn_error *error) {
    const size_t longer =
        samples->shape.rows > samples->shape.cols ? samples->shape.rows : samples->shape.cols;
    const size_t side = (size_t)ceil((double)longer / LOOKED_AT);
    *motion = (ckn_judge_motion){.scale = 1};
    if (samples->shape.rows / side < 3 * LEAST_TILE || samples->shape.cols / side < 3 * LEAST_TILE)
        return CKN_OK;
    small p;
    CKN_TRY(make_small(samples, side, &p, error));
    ckn_code code = find_motion(&p, (double)side, motion, error);
    release(&p);
    return code;
}

/* --- mirrored --------------------------------------------------------------------------------- */

typedef struct turn {
    bool flip_rows, flip_cols, swap;
    const char *words;
} turn;

static const turn turns[] = {
    {false, true, false, "mirrored left to right"},
    {true, false, false, "mirrored top to bottom"},
    {true, true, false, "turned by half a turn"},
    {false, false, true, "transposed"},
    {true, false, true, "turned by a quarter"},
    {false, true, true, "turned by a quarter"},
    {true, true, true, "transposed and turned by half a turn"},
};

static double turned_likeness(const small *p, const turn *t) {
    const size_t rows = p->shape.rows, cols = p->shape.cols;
    double s1 = 0, s2 = 0, y1 = 0, y2 = 0, sy = 0;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            const size_t row = t->swap ? j : i, col = t->swap ? i : j;
            const double s = p->s[(t->flip_rows ? rows - 1 - row : row) * cols +
                                  (t->flip_cols ? cols - 1 - col : col)];
            const double y = p->y[i * cols + j];
            s1 += s;
            s2 += s * s;
            y1 += y;
            y2 += y * y;
            sy += s * y;
        }
    }
    const double n = (double)(rows * cols);
    const double ss = s2 - s1 * s1 / n, yy = y2 - y1 * y1 / n;
    return ss > 0 && yy > 0 ? (sy - s1 * y1 / n) / sqrt(ss * yy) : 0;
}

ckn_code ckn_judge_find_mirror(const ckn_judge_samples *samples, double *correlation,
                               const char **how, ckn_error *error) {
    const ckn_shape shape = samples->shape;
    const size_t longer = shape.rows > shape.cols ? shape.rows : shape.cols;
    const size_t side = (longer + THUMB - 1) / THUMB;
    *correlation = 0;
    *how = turns[0].words;
    if (shape.rows / side < 8 || shape.cols / side < 8)
        return CKN_OK;
    small p;
    CKN_TRY(make_small(samples, side, &p, error));
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        if (turns[i].swap && p.shape.rows != p.shape.cols)
            continue;
        const double value = turned_likeness(&p, &turns[i]);
        if (value > *correlation) {
            *correlation = value;
            *how = turns[i].words;
        }
    }
    release(&p);
    return CKN_OK;
}
