#include "estimate/reference.h"

#include <math.h>
#include <stdlib.h>

typedef struct equations {
    size_t order;
    long double *matrix, *rhs;
} equations;

/* The row of the design matrix of window (p,q) of pair `index`. */
static void window_row(const reference_pair *pair, size_t index, ckn_shape h, size_t terms,
                       size_t p, size_t q, long double *row) {
    const ckn_shape valid = ckn_shape_valid(pair->x_shape, h);
    const size_t taps = ckn_shape_count(h);
    for (size_t i = 0; i < h.rows; i++)
        for (size_t j = 0; j < h.cols; j++)
            row[i * h.cols + j] =
                pair->x[(p + h.rows - 1 - i) * pair->x_shape.cols + q + h.cols - 1 - j];
    const long double values[3] = {1, (long double)p - 0.5L * (long double)(valid.rows - 1),
                                   (long double)q - 0.5L * (long double)(valid.cols - 1)};
    for (size_t n = 0; n < terms && n < 3; n++)
        row[taps + index * terms + n] = values[n];
}

static void accumulate(equations *e, const long double *row, long double y, long double w) {
    for (size_t i = 0; i < e->order; i++) {
        e->rhs[i] += w * row[i] * y;
        for (size_t j = 0; j < e->order; j++)
            e->matrix[i * e->order + j] += w * row[i] * row[j];
    }
}

/* Gaussian elimination with pivoting. */
static void eliminate(equations *e) {
    const size_t n = e->order;
    long double *a = e->matrix, *b = e->rhs;
    for (size_t k = 0; k < n; k++) {
        size_t pivot = k;
        for (size_t i = k + 1; i < n; i++)
            pivot = fabsl(a[i * n + k]) > fabsl(a[pivot * n + k]) ? i : pivot;
        for (size_t j = 0; j < n && pivot != k; j++) {
            long double swap = a[k * n + j];
            a[k * n + j] = a[pivot * n + j];
            a[pivot * n + j] = swap;
        }
        long double swap = b[k];
        b[k] = b[pivot];
        b[pivot] = swap;
        for (size_t i = k + 1; i < n; i++) {
            long double factor = a[i * n + k] / a[k * n + k];
            for (size_t j = k; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
            b[i] -= factor * b[k];
        }
    }
    for (size_t k = n; k-- > 0;) {
        for (size_t j = k + 1; j < n; j++)
            b[k] -= a[k * n + j] * b[j];
        b[k] /= a[k * n + k];
    }
}

typedef void (*window_fn)(void *user, const long double *row, long double y, long double w);

static void each_window(const reference_pair *pairs, size_t pair_count, ckn_shape h, size_t terms,
                        window_fn visit, void *user) {
    const size_t order = ckn_shape_count(h) + pair_count * terms;
    long double *row = calloc(order, sizeof *row);
    assert_non_null(row);
    for (size_t n = 0; n < pair_count; n++) {
        const ckn_shape valid = ckn_shape_valid(pairs[n].x_shape, h);
        for (size_t i = 0; i < order; i++)
            row[i] = 0;
        for (size_t p = 0; p < valid.rows; p++) {
            for (size_t q = 0; q < valid.cols; q++) {
                const double w = pairs[n].w ? pairs[n].w[p * valid.cols + q] : 1;
                if (w == 0) /* x and y may be NaN there */
                    continue;
                window_row(&pairs[n], n, h, terms, p, q, row);
                visit(user, row, pairs[n].y[p * valid.cols + q], w);
            }
        }
    }
    free(row);
}

static void add_to_equations(void *user, const long double *row, long double y, long double w) {
    accumulate(user, row, y, w);
}

static void add_square(void *user, const long double *row, long double y, long double w) {
    equations *e = user; /* rhs: the solution; matrix[0]: the sum */
    long double r = -y;
    for (size_t i = 0; i < e->order; i++)
        r += row[i] * e->rhs[i];
    e->matrix[0] += w * r * r;
}

double reference_solve(const reference_pair *pairs, size_t pair_count, ckn_shape kernel,
                       size_t terms, double *solution) {
    equations e = {.order = ckn_shape_count(kernel) + pair_count * terms};
    e.matrix = calloc(e.order * e.order, sizeof *e.matrix);
    e.rhs = calloc(e.order, sizeof *e.rhs);
    assert_true(e.matrix && e.rhs);
    each_window(pairs, pair_count, kernel, terms, add_to_equations, &e);
    eliminate(&e);
    for (size_t i = 0; i < e.order; i++)
        solution[i] = (double)e.rhs[i];
    e.matrix[0] = 0;
    each_window(pairs, pair_count, kernel, terms, add_square, &e);
    const double square = (double)e.matrix[0];
    free(e.matrix);
    free(e.rhs);
    return square;
}
