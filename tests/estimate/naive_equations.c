#include "estimate/naive_equations.h"

#include "dense/systems.h"
#include "support/naive.h"

#include <math.h>
#include <stdlib.h>

static long double *numbers(size_t count) {
    long double *made = calloc(count, sizeof *made);
    assert_non_null(made);
    return made;
}

/* The sample that tap `tap` meets for sample (row, col) of y: taps run against offsets. */
static long double window(const known_pair *pair, size_t row, size_t col, size_t tap) {
    const ckn_shape kernel = pair->h_shape;
    const size_t down = kernel.rows - 1 - tap / kernel.cols,
                 right = kernel.cols - 1 - tap % kernel.cols;
    return pair->x[(row + down) * pair->x_shape.cols + col + right];
}

naive_equations naive_equations_of(const known_pair *pair) {
    const size_t taps = ckn_shape_count(pair->h_shape);
    naive_equations made = {.pair = pair,
                            .taps = taps,
                            .count = ckn_shape_count(pair->y_shape),
                            .gram = numbers(taps * taps),
                            .b = numbers(taps)};
    for (size_t sample = 0; sample < made.count; sample++) {
        const size_t row = sample / pair->y_shape.cols, col = sample % pair->y_shape.cols;
        for (size_t i = 0; i < taps; i++) {
            const long double x = window(pair, row, col, i);
            made.b[i] += x * pair->y[sample];
            for (size_t j = 0; j < taps; j++)
                made.gram[i * taps + j] += x * window(pair, row, col, j);
        }
    }
    for (size_t i = 0; i < taps; i++)
        made.mean_diagonal += made.gram[i * taps + i] / (long double)taps;
    return made;
}

void naive_equations_release(naive_equations *equations) {
    free(equations->gram);
    free(equations->b);
}

long double naive_largest_b(const naive_equations *equations) {
    long double largest = 0;
    for (size_t i = 0; i < equations->taps; i++)
        largest = fmaxl(largest, fabsl(equations->b[i]));
    return largest;
}

long double naive_square(const known_pair *pair, const double *h) {
    long double sum = 0;
    for (size_t sample = 0; sample < ckn_shape_count(pair->y_shape); sample++) {
        const size_t row = sample / pair->y_shape.cols, col = sample % pair->y_shape.cols;
        long double r = -(long double)pair->y[sample];
        for (size_t tap = 0; tap < ckn_shape_count(pair->h_shape); tap++)
            r += h[tap] * window(pair, row, col, tap);
        sum += r * r;
    }
    return sum;
}

long double naive_objective(const naive_equations *equations, const double *h, long double *g) {
    const size_t taps = equations->taps;
    long double value = 0;
    for (size_t i = 0; i < taps; i++) {
        long double product = 0;
        for (size_t j = 0; j < taps; j++)
            product += equations->gram[i * taps + j] * h[j];
        value += h[i] * (product / 2 - equations->b[i]);
        if (g)
            g[i] = product - equations->b[i];
    }
    return value;
}

/* A difference: up to four taps beside (row, col), each with a factor. */
typedef struct difference {
    long double weight;
    struct {
        ptrdiff_t down, right;
        long double factor;
    } points[4];
} difference;

static const difference value = {1, {{0, 0, 1}}};
static const difference first[] = {{1, {{0, 0, -1}, {0, 1, 1}}}, {1, {{0, 0, -1}, {1, 0, 1}}}};
static const difference second[] = {{1, {{0, -1, 1}, {0, 0, -2}, {0, 1, 1}}},
                                    {1, {{-1, 0, 1}, {0, 0, -2}, {1, 0, 1}}},
                                    {2, {{0, 0, 1}, {0, 1, -1}, {1, 0, -1}, {1, 1, 1}}}};

/* p += d'd at one place of the plane; taps outside the kernel are zero. */
static void add_square(const difference *d, ckn_shape kernel, ptrdiff_t row, ptrdiff_t col,
                       long double *p) {
    const size_t taps = ckn_shape_count(kernel);
    size_t at[4];
    for (size_t i = 0; i < 4; i++) {
        const ptrdiff_t r = row + d->points[i].down, c = col + d->points[i].right;
        const bool inside =
            r >= 0 && c >= 0 && r < (ptrdiff_t)kernel.rows && c < (ptrdiff_t)kernel.cols;
        at[i] = inside ? (size_t)r * kernel.cols + (size_t)c : taps;
    }
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            if (at[i] < taps && at[j] < taps)
                p[at[i] * taps + at[j]] += d->weight * d->points[i].factor * d->points[j].factor;
}

/* P by its definition: the squares of all differences that reach into the kernel. */
static long double *prior_form(ckn_prior prior, ckn_shape kernel) {
    enum { MARGIN = 2 };
    long double *p = numbers(ckn_shape_count(kernel) * ckn_shape_count(kernel));
    const difference *list = prior == CKN_PRIOR_RIDGE     ? &value
                             : prior == CKN_PRIOR_SMOOTH1 ? first
                                                          : second;
    const size_t count = prior == CKN_PRIOR_RIDGE ? 1 : prior == CKN_PRIOR_SMOOTH1 ? 2 : 3;
    for (ptrdiff_t row = -MARGIN; row < (ptrdiff_t)kernel.rows + MARGIN; row++)
        for (ptrdiff_t col = -MARGIN; col < (ptrdiff_t)kernel.cols + MARGIN; col++)
            for (size_t i = 0; i < count; i++)
                add_square(&list[i], kernel, row, col, p);
    return p;
}

/* The inverse of the m x m matrix, column by column. */
static long double *inverse_of(const long double *matrix, size_t m) {
    long double *inverse = numbers(m * m), *unit = numbers(m), *column = numbers(m);
    for (size_t j = 0; j < m; j++) {
        unit[j] = 1;
        assert_true(dense_naive_solve(matrix, unit, m, column));
        unit[j] = 0;
        for (size_t i = 0; i < m; i++)
            inverse[i * m + j] = column[i];
    }
    free(unit);
    free(column);
    return inverse;
}

/* Row or column i of the matrix as it is solved: held taps become 1 on the diagonal. */
static long double *bordered(const naive_equations *equations, const long double *p,
                             long double weight, const double *pattern, bool sum_is_one) {
    const size_t taps = equations->taps, m = taps + (sum_is_one ? 1 : 0);
    long double *a = numbers(m * m);
    for (size_t i = 0; i < taps; i++) {
        const bool free_row = !pattern || pattern[i] != 0;
        for (size_t j = 0; j < taps; j++)
            if (free_row && (!pattern || pattern[j] != 0))
                a[i * m + j] = equations->gram[i * taps + j] + (p ? weight * p[i * taps + j] : 0);
        if (!free_row)
            a[i * m + i] = 1;
        else if (sum_is_one)
            a[i * m + taps] = a[taps * m + i] = equations->mean_diagonal;
    }
    return a;
}

/* h and C from the inverse; nothing is known of held taps. */
static void read_inverse(const naive_equations *equations, const long double *inverse, size_t m,
                         const double *pattern, long double *h, long double *c) {
    const size_t taps = equations->taps;
    for (size_t i = 0; i < taps; i++) {
        if (pattern && pattern[i] == 0)
            continue;
        for (size_t j = 0; j < taps; j++)
            if (!pattern || pattern[j] != 0) {
                c[i * taps + j] = inverse[i * m + j];
                h[i] += inverse[i * m + j] * equations->b[j];
            }
        if (m > taps)
            h[i] += inverse[i * m + taps] * equations->mean_diagonal;
    }
}

static long double *product(const long double *a, const long double *b, size_t n) {
    long double *out = numbers(n * n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k < n; k++)
                out[i * n + j] += a[i * n + k] * b[k * n + j];
    return out;
}

naive_fit naive_fit_of(const naive_equations *equations, ckn_prior prior, double lambda,
                       const double *pattern, bool sum_is_one) {
    const size_t taps = equations->taps, m = taps + (sum_is_one ? 1 : 0);
    long double *p = prior == CKN_PRIOR_NONE ? NULL : prior_form(prior, equations->pair->h_shape);
    const long double weight = lambda * equations->mean_diagonal;
    long double *a = bordered(equations, p, weight, pattern, sum_is_one);
    long double *inverse = inverse_of(a, m), *c = numbers(taps * taps);
    naive_fit fit = {.h = numbers(taps)};
    double *rounded = ckn_test_array(taps);
    read_inverse(equations, inverse, m, pattern, fit.h, c);
    long double *hat = product(c, equations->gram, taps);
    fit.covariance = product(hat, c, taps);
    for (size_t i = 0; i < taps; i++) {
        fit.degrees += hat[i * taps + i];
        rounded[i] = (double)fit.h[i];
    }
    fit.square = naive_square(equations->pair, rounded);
    free(p);
    free(a);
    free(inverse);
    free(c);
    free(hat);
    free(rounded);
    return fit;
}

void naive_fit_release(naive_fit *fit) {
    free(fit->h);
    free(fit->covariance);
}
