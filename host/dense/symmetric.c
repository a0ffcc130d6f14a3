/* Storage of symmetric matrices in rectangular full packed format, and what needs no factor. */
#include "dense/symmetric.h"
#include "base/memory.h"

#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The three parts of the rectangle, column-major with a common stride: the leading triangle (its
 * lower half is stored), the trailing triangle (its upper half) and the block between them. */
typedef struct parts {
    int leading, trailing, stride; /* orders of the triangles */
    const double *lower, *upper, *between;
} parts;

static parts parts_of(const ckn_symmetric *matrix) {
    size_t n = matrix->order, even = n % 2 == 0, leading = (n + 1) / 2;
    return (parts){
        .leading = (int)leading,
        .trailing = (int)(n - leading),
        .stride = (int)(n + even),
        .lower = matrix->entries + even,
        .upper = matrix->entries + (even ? 0 : n),
        .between = matrix->entries + even + leading,
    };
}

bool ckn_symmetric_count(size_t order, size_t *count) {
    size_t even = order % 2 == 0;
    return order < SIZE_MAX && ckn_multiply((order + 1) / 2, order + even, count);
}

ckn_code ckn_symmetric_create(ckn_symmetric *matrix, size_t order, const char *what,
                              ckn_error *error) {
    size_t count;
    *matrix = (ckn_symmetric){0};
    if (order == 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s: a matrix needs at least one row", what);
    if (order >= INT_MAX)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s: a matrix of order %zu is larger than LAPACK's 32-bit integers", what,
                        order);
    if (!ckn_symmetric_count(order, &count))
        return ckn_fail(error, CKN_ERROR_MEMORY, "%s: a matrix of order %zu does not fit in memory",
                        what, order);
    CKN_TRY(ckn_allocate(&matrix->entries, count, sizeof(double), what, error));
    matrix->order = order;
    return CKN_OK;
}

void ckn_symmetric_release(ckn_symmetric *matrix) {
    free(matrix->entries);
    *matrix = (ckn_symmetric){0};
}

void ckn_symmetric_clear(ckn_symmetric *matrix) {
    size_t count = 0;
    if (ckn_symmetric_count(matrix->order, &count))
        memset(matrix->entries, 0, count * sizeof(double));
}

void ckn_symmetric_copy(ckn_symmetric *to, const ckn_symmetric *from) {
    size_t count = 0;
    if (ckn_symmetric_count(from->order, &count))
        memcpy(to->entries, from->entries, count * sizeof(double));
}

void ckn_symmetric_shift(ckn_symmetric *matrix, double value) {
    for (size_t i = 0; i < matrix->order; i++)
        *ckn_symmetric_at(matrix, i, i) += value;
}

void ckn_symmetric_add(ckn_symmetric *matrix, double factor, const ckn_symmetric *other) {
    size_t count = 0;
    if (!ckn_symmetric_count(matrix->order, &count))
        return;
    for (size_t i = 0; i < count; i++)
        matrix->entries[i] += factor * other->entries[i];
}

double ckn_symmetric_mean_diagonal(const ckn_symmetric *matrix) {
    double sum = 0.0;
    for (size_t i = 0; i < matrix->order; i++)
        sum += *ckn_symmetric_at(matrix, i, i);
    return sum / (double)matrix->order;
}

/* Sum of magnitudes of row `row`: what stands left of the diagonal lies in one or two runs, what
 * stands below it (the same numbers as to its right) in a third. */
static double row_sum(const ckn_symmetric *matrix, size_t row) {
    parts a = parts_of(matrix);
    size_t leading = (size_t)a.leading, left = row < leading ? row : leading;
    double sum = cblas_dasum((int)left, ckn_symmetric_at(matrix, row, 0), a.stride);
    if (row > leading)
        sum += cblas_dasum((int)(row - leading), ckn_symmetric_at(matrix, row, leading), 1);
    return sum + cblas_dasum((int)(matrix->order - row), ckn_symmetric_at(matrix, row, row),
                             (int)ckn_symmetric_step(matrix, row));
}

double ckn_symmetric_norm(const ckn_symmetric *matrix) {
    double largest = 0.0;
    for (size_t row = 0; row < matrix->order; row++) {
        double sum = row_sum(matrix, row);
        if (!(sum <= largest)) /* NaN wins */
            largest = sum;
        if (isnan(largest))
            break;
    }
    return largest;
}

void ckn_symmetric_multiply(const ckn_symmetric *matrix, const double *v, double *out) {
    parts a = parts_of(matrix);
    cblas_dsymv(CblasColMajor, CblasLower, a.leading, 1.0, a.lower, a.stride, v, 1, 0.0, out, 1);
    if (a.trailing == 0)
        return;
    const double *v_tail = v + a.leading;
    double *out_tail = out + a.leading;
    cblas_dsymv(CblasColMajor, CblasUpper, a.trailing, 1.0, a.upper, a.stride, v_tail, 1, 0.0,
                out_tail, 1);
    cblas_dgemv(CblasColMajor, CblasNoTrans, a.trailing, a.leading, 1.0, a.between, a.stride, v, 1,
                1.0, out_tail, 1);
    cblas_dgemv(CblasColMajor, CblasTrans, a.trailing, a.leading, 1.0, a.between, a.stride, v_tail,
                1, 1.0, out, 1);
}

void ckn_symmetric_multiply_many(const ckn_symmetric *matrix, const double *v, size_t count,
                                 double *out) {
    parts a = parts_of(matrix);
    const int n = a.leading + a.trailing, columns = (int)count;
    cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, a.leading, columns, 1.0, a.lower, a.stride, v,
                n, 0.0, out, n);
    if (a.trailing == 0)
        return;
    const double *v_tail = v + a.leading;
    double *out_tail = out + a.leading;
    cblas_dsymm(CblasColMajor, CblasLeft, CblasUpper, a.trailing, columns, 1.0, a.upper, a.stride,
                v_tail, n, 0.0, out_tail, n);
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, a.trailing, columns, a.leading, 1.0,
                a.between, a.stride, v, n, 1.0, out_tail, n);
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, a.leading, columns, a.trailing, 1.0,
                a.between, a.stride, v_tail, n, 1.0, out, n);
}
