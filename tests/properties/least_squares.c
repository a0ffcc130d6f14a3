#include "properties/least_squares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Pivots below this part of the largest diagonal entry are rounding. */
#define SINGULAR 1e-16L

static long double *array_of(size_t count) {
    long double *array = calloc(count ? count : 1, sizeof *array);
    if (!array)
        ckn_test_fail("no memory for %zu numbers", count);
    return array;
}

static double largest(const double *values, size_t count) {
    double found = 0;
    for (size_t i = 0; i < count; i++)
        found = fmax(found, fabs(values[i]));
    return found > 0 ? found : 1;
}

static void fill_rows(least_squares *made, const problem *from, double x_scale, double y_scale) {
    const ckn_shape x = from->x_shape, k = from->h_shape, y = from->y_shape;
    for (size_t p = 0; p < ckn_shape_count(y); p++) {
        long double root = sqrtl((long double)from->weights[p]);
        if (root == 0)
            continue;
        long double *row = made->matrix + made->count * made->taps;
        for (size_t t = 0; t < made->taps; t++) {
            size_t r = p / y.cols + k.rows - 1 - t / k.cols;
            size_t c = p % y.cols + k.cols - 1 - t % k.cols;
            row[t] = root * from->x[r * x.cols + c] / x_scale;
        }
        made->y[made->count++] = root * from->y[p] / y_scale;
    }
}

static void fill_equations(least_squares *made) {
    for (size_t p = 0; p < made->count; p++) {
        const long double *row = made->matrix + p * made->taps;
        for (size_t i = 0; i < made->taps; i++) {
            made->b[i] += row[i] * made->y[p];
            for (size_t j = 0; j < made->taps; j++)
                made->gram[i * made->taps + j] += row[i] * row[j];
        }
    }
}

/* The lower factor of the rows and columns of `gram` that are in `set` (n of them), n x n; false
 * where that is singular. */
static bool factor(const least_squares *made, const size_t *set, size_t n, long double *lower) {
    long double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmaxl(most, made->gram[set[i] * made->taps + set[i]]);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            long double sum = made->gram[set[i] * made->taps + set[j]];
            for (size_t m = 0; m < j; m++)
                sum -= lower[i * n + m] * lower[j * n + m];
            if (i == j && !(sum > SINGULAR * most))
                return false;
            lower[i * n + j] = i == j ? sqrtl(sum) : sum / lower[j * n + j];
        }
    }
    return true;
}

/* v = (L L')^-1 v */
static void solve_factored(const long double *lower, size_t n, long double *v) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            v[i] -= lower[i * n + j] * v[j];
        v[i] /= lower[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++)
            v[i] -= lower[j * n + i] * v[j];
        v[i] /= lower[i * n + i];
    }
}

static long double normalise(long double *v, size_t n) {
    long double square = 0;
    for (size_t i = 0; i < n; i++)
        square += v[i] * v[i];
    for (size_t i = 0; i < n; i++)
        v[i] /= sqrtl(square);
    return sqrtl(square);
}

/* The largest eigenvalue of X'X by the power method, that of its inverse likewise: 50 steps are
 * enough for a few per cent, which is all that is asked. */
static double condition_of(const least_squares *made, const long double *lower) {
    enum { STEPS = 50 };
    const size_t n = made->taps;
    long double *v = array_of(n), *w = array_of(n), high = 0, low = 0;
    for (size_t i = 0; i < n; i++)
        v[i] = w[i] = 1 + (long double)(i * 7 % 5);
    normalise(w, n);
    for (int step = 0; step < STEPS; step++) {
        normalise(v, n);
        long double *image = array_of(n);
        for (size_t i = 0; i < n * n; i++)
            image[i / n] += made->gram[i] * v[i % n];
        memcpy(v, image, n * sizeof *v);
        free(image);
        solve_factored(lower, n, w);
        low = normalise(w, n);
    }
    high = normalise(v, n);
    free(v);
    free(w);
    return (double)sqrtl(high * low);
}

least_squares least_squares_of(const problem *from) {
    const size_t samples = ckn_shape_count(from->y_shape), taps = ckn_shape_count(from->h_shape);
    const double x_scale = largest(from->x, ckn_shape_count(from->x_shape));
    const double y_scale = largest(from->y, samples);
    least_squares made = {.taps = taps, .unit = y_scale / x_scale, .scale = y_scale};
    made.matrix = array_of(samples * taps);
    made.y = array_of(samples);
    made.gram = array_of(taps * taps);
    made.b = array_of(taps);
    fill_rows(&made, from, x_scale, y_scale);
    fill_equations(&made);
    size_t *all = calloc(taps, sizeof *all);
    assert_non_null(all);
    for (size_t i = 0; i < taps; i++)
        all[i] = i;
    long double *lower = array_of(taps * taps);
    made.condition =
        factor(&made, all, taps, lower) ? condition_of(&made, lower) : (double)INFINITY;
    free(lower);
    free(all);
    return made;
}

void least_squares_release(least_squares *equations) {
    free(equations->matrix);
    free(equations->y);
    free(equations->gram);
    free(equations->b);
    *equations = (least_squares){0};
}

double least_squares_residual(const least_squares *equations, const double *h) {
    long double square = 0;
    for (size_t p = 0; p < equations->count; p++) {
        long double r = -equations->y[p];
        for (size_t t = 0; t < equations->taps; t++)
            r += equations->matrix[p * equations->taps + t] * h[t] / equations->unit;
        square += r * r;
    }
    return (double)sqrtl(square);
}

double least_squares_norm(const least_squares *equations) {
    long double square = 0;
    for (size_t p = 0; p < equations->count; p++)
        square += equations->y[p] * equations->y[p];
    return (double)sqrtl(square);
}

/* b - X'X h, h in units of these equations. */
static void descent(const least_squares *made, const long double *h, long double *out) {
    for (size_t i = 0; i < made->taps; i++) {
        out[i] = made->b[i];
        for (size_t j = 0; j < made->taps; j++)
            out[i] -= made->gram[i * made->taps + j] * h[j];
    }
}

/* The minimum over the taps that are `free_`, the others being zero. */
static void solve_on(const least_squares *made, const bool *free_, long double *h) {
    size_t *set = calloc(made->taps, sizeof *set), n = 0;
    assert_non_null(set);
    for (size_t i = 0; i < made->taps; i++) {
        h[i] = 0;
        if (free_[i])
            set[n++] = i;
    }
    long double *lower = array_of(n * n), *v = array_of(n);
    if (!factor(made, set, n, lower))
        ckn_test_fail("the oracle met a singular matrix");
    for (size_t i = 0; i < n; i++)
        v[i] = made->b[set[i]];
    solve_factored(lower, n, v);
    for (size_t i = 0; i < n; i++)
        h[set[i]] = v[i];
    free(set);
    free(lower);
    free(v);
}

/* From a feasible h towards `goal` as far as no tap is negative; taps that reach zero stay there.
 * True where the goal was reached. */
static bool go_towards(const long double *goal, size_t taps, bool *free_, long double *h) {
    long double part = 1;
    size_t first = taps;
    for (size_t i = 0; i < taps; i++) {
        if (free_[i] && goal[i] <= 0 && h[i] / (h[i] - goal[i]) < part) {
            part = h[i] / (h[i] - goal[i]);
            first = i;
        }
    }
    for (size_t i = 0; i < taps; i++)
        h[i] += part * (goal[i] - h[i]);
    if (first == taps)
        return true;
    free_[first] = false;
    h[first] = 0;
    return false;
}

/* Lawson & Hanson 1974: frees the tap that descends most, until none does. */
static void solve_nonneg(const least_squares *made, long double *h) {
    const size_t taps = made->taps;
    bool *free_ = calloc(taps, sizeof *free_);
    long double *goal = array_of(taps), *slope = array_of(taps);
    assert_non_null(free_);
    for (size_t round = 0; round < 10 * taps; round++) {
        descent(made, h, slope);
        size_t best = taps;
        for (size_t i = 0; i < taps; i++) {
            if (!free_[i] && slope[i] > 1e-15L && (best == taps || slope[i] > slope[best]))
                best = i;
        }
        if (best == taps)
            break;
        free_[best] = true;
        do
            solve_on(made, free_, goal);
        while (!go_towards(goal, taps, free_, h));
    }
    free(free_);
    free(goal);
    free(slope);
}

void least_squares_solve(const least_squares *equations, bool nonneg, double *h) {
    long double *found = array_of(equations->taps);
    bool *all = calloc(equations->taps, sizeof *all);
    assert_non_null(all);
    memset(all, true, equations->taps);
    if (nonneg)
        solve_nonneg(equations, found);
    else
        solve_on(equations, all, found);
    for (size_t i = 0; i < equations->taps; i++)
        h[i] = (double)(found[i] * equations->unit);
    free(all);
    free(found);
}

double least_squares_simplex_violation(const least_squares *equations, const double *h) {
    const size_t taps = equations->taps;
    long double *inner = array_of(taps), *slope = array_of(taps);
    long double scale = 0, lowest = INFINITY, highest = -(long double)INFINITY;
    for (size_t i = 0; i < taps; i++)
        inner[i] = h[i] / (long double)equations->unit;
    descent(equations, inner, slope);
    for (size_t i = 0; i < taps; i++) {
        scale = fmaxl(scale, fmaxl(fabsl(equations->b[i]), fabsl(equations->b[i] - slope[i])));
        highest = fmaxl(highest, slope[i]); /* no tap may descend more than ... */
        if (h[i] > 0)
            lowest = fminl(lowest, slope[i]); /* ... those that are not zero */
    }
    free(inner);
    free(slope);
    return (double)((highest - lowest) / (scale > 0 ? scale : 1));
}
