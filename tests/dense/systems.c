#include "dense/systems.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

dense_system dense_system_from(const double *x, const double *y, size_t n, size_t rows) {
    dense_system made = {n, ckn_test_array(n * n), ckn_test_array(n), {0}};
    for (size_t i = 0; i < n; i++) {
        long double product = 0.0L;
        for (size_t row = 0; row < rows; row++)
            product += (long double)x[row * n + i] * y[row];
        made.b[i] = (double)product;
        for (size_t j = 0; j <= i; j++) {
            long double sum = 0.0L;
            for (size_t row = 0; row < rows; row++)
                sum += (long double)x[row * n + i] * x[row * n + j];
            made.full[i * n + j] = made.full[j * n + i] = (double)sum;
        }
    }
    TRY_OK(ckn_symmetric_create(&made.packed, n, "a test matrix", &error));
    dense_system_pack(&made);
    return made;
}

dense_system dense_system_random(uint64_t seed, size_t n, size_t rows, double mean) {
    double *x = ckn_test_random_array(seed, n * rows, mean - 1.0, mean + 1.0);
    double *y = ckn_test_random_array(seed + 1000, rows, -1.0, 1.0);
    dense_system made = dense_system_from(x, y, n, rows);
    free(x);
    free(y);
    return made;
}

void dense_system_pack(dense_system *made) {
    for (size_t i = 0; i < made->n; i++)
        for (size_t j = 0; j <= i; j++)
            *ckn_symmetric_at(&made->packed, i, j) = made->full[i * made->n + j];
}

void dense_system_release(dense_system *made) {
    free(made->full);
    free(made->b);
    ckn_symmetric_release(&made->packed);
}

static void swap_rows(long double *work, size_t width, size_t a, size_t b) {
    for (size_t col = 0; col < width; col++) {
        long double kept = work[a * width + col];
        work[a * width + col] = work[b * width + col];
        work[b * width + col] = kept;
    }
}

/* Column by column, on n rows of n + 1. */
static bool eliminate(long double *work, size_t n, long double scale) {
    size_t width = n + 1;
    for (size_t col = 0; col < n; col++) {
        size_t best = col;
        for (size_t row = col + 1; row < n; row++)
            if (fabsl(work[row * width + col]) > fabsl(work[best * width + col]))
                best = row;
        if (fabsl(work[best * width + col]) <= 1e-14L * scale)
            return false;
        swap_rows(work, width, col, best);
        for (size_t row = col + 1; row < n; row++) {
            long double factor = work[row * width + col] / work[col * width + col];
            for (size_t k = col; k < width; k++)
                work[row * width + k] -= factor * work[col * width + k];
        }
    }
    return true;
}

bool dense_naive_solve(const long double *a, const long double *b, size_t n, long double *x) {
    size_t width = n + 1;
    long double *work = calloc(n * width + 1, sizeof *work), scale = 0.0L;
    assert_non_null(work);
    for (size_t row = 0; row < n; row++) {
        memcpy(work + row * width, a + row * n, n * sizeof *work);
        work[row * width + n] = b[row];
        for (size_t col = 0; col < n; col++)
            scale = fmaxl(scale, fabsl(a[row * n + col]));
    }
    bool solved = eliminate(work, n, scale);
    for (size_t row = n; solved && row-- > 0;) {
        x[row] = work[row * width + n];
        for (size_t col = row + 1; col < n; col++)
            x[row] -= work[row * width + col] * x[col];
        x[row] /= work[row * width + row];
    }
    free(work);
    return solved;
}

void dense_naive_multiply(const double *full, const double *v, size_t n, double *out) {
    for (size_t i = 0; i < n; i++) {
        long double sum = 0.0L;
        for (size_t j = 0; j < n; j++)
            sum += (long double)full[i * n + j] * v[j];
        out[i] = (double)sum;
    }
}

long double dense_naive_objective(const dense_system *made, const double *h) {
    long double value = 0.0L;
    for (size_t i = 0; i < made->n; i++) {
        long double product = 0.0L;
        for (size_t j = 0; j < made->n; j++)
            product += (long double)made->full[i * made->n + j] * h[j];
        value += h[i] * (0.5L * product - made->b[i]);
    }
    return value;
}

/* The bordered system of one set of free taps: G_F h + mu 1 = b_F, 1'h = 1. */
static bool solve_set(const dense_system *made, bool sum_is_one, unsigned set, double *h) {
    long double a[12 * 12] = {0}, b[12] = {0}, x[12];
    size_t taps[12], count = 0;
    for (size_t i = 0; i < made->n; i++)
        if (set >> i & 1U)
            taps[count++] = i;
    size_t n = count + sum_is_one;
    for (size_t i = 0; i < count; i++) {
        b[i] = made->b[taps[i]];
        for (size_t j = 0; j < count; j++)
            a[i * n + j] = made->full[taps[i] * made->n + taps[j]];
        if (sum_is_one)
            a[i * n + count] = a[count * n + i] = 1.0L;
    }
    if (sum_is_one)
        b[count] = 1.0L;
    if (!dense_naive_solve(a, b, n, x))
        return false;
    memset(h, 0, made->n * sizeof *h);
    for (size_t i = 0; i < count; i++) {
        if (x[i] < -1e-12L)
            return false;
        h[taps[i]] = (double)fmaxl(0.0L, x[i]);
    }
    return true;
}

long double dense_naive_nnls(const dense_system *made, bool sum_is_one, double *h) {
    long double best = INFINITY;
    double candidate[12];
    assert_true(made->n <= 10);
    for (unsigned set = sum_is_one; set < 1U << made->n; set++) {
        if (!solve_set(made, sum_is_one, set, candidate))
            continue;
        long double value = dense_naive_objective(made, candidate);
        if (value < best) {
            best = value;
            memcpy(h, candidate, made->n * sizeof *h);
        }
    }
    return best;
}

static double largest_magnitude(const double *values, size_t count) {
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(values[i]));
    return largest;
}

double dense_naive_violation(const dense_system *made, bool sum_is_one, const double *h) {
    size_t n = made->n, free_count = 0;
    double *descent = ckn_test_array(n), worst = 0.0, multiplier = 0.0;
    dense_naive_multiply(made->full, h, n, descent);
    for (size_t i = 0; i < n; i++) {
        descent[i] = made->b[i] - descent[i];
        multiplier += h[i] > 0.0 ? descent[i] : 0.0;
        free_count += h[i] > 0.0;
    }
    multiplier = sum_is_one && free_count ? multiplier / (double)free_count : 0.0;
    for (size_t i = 0; i < n; i++) {
        double value = descent[i] - multiplier;
        worst = fmax(worst, h[i] > 0.0 ? fabs(value) : value);
        if (!(h[i] >= 0.0))
            worst = INFINITY;
    }
    free(descent);
    double scale = fmax(largest_magnitude(made->b, n),
                        sum_is_one ? largest_magnitude(made->full, n * n) : 0.0);
    return scale > 0.0 ? worst / scale : worst;
}
