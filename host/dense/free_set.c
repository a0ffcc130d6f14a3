#include "dense/free_set.h"
#include "base/memory.h"

#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool ckn_free_set_bytes(size_t order, size_t *bytes) {
    size_t numbers;
    if (order > SIZE_MAX - 3 || !ckn_multiply(order, order + 3, &numbers))
        return false;
    return ckn_multiply(numbers, sizeof(double), bytes);
}

ckn_code ckn_free_set_create(ckn_free_set *set, const ckn_symmetric *matrix, ckn_error *error) {
    const char *what = "the factor of the non-negative solver";
    size_t n = matrix->order, square;
    *set = (ckn_free_set){.matrix = matrix};
    if (!ckn_multiply(n, n, &square))
        return ckn_fail(error, CKN_ERROR_MEMORY, "%s does not fit in memory: order %zu", what, n);
    ckn_code code = ckn_allocate(&set->taps, n, sizeof *set->taps, what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&set->factor, square, sizeof *set->factor, what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&set->rhs, n, 2 * sizeof *set->rhs, what, error);
    if (code != CKN_OK)
        ckn_free_set_destroy(set);
    return code;
}

void ckn_free_set_destroy(ckn_free_set *set) {
    free(set->taps);
    free(set->factor);
    free(set->rhs);
    *set = (ckn_free_set){0};
}

static double diagonal(const ckn_free_set *set, size_t tap) {
    return *ckn_symmetric_at(set->matrix, tap, tap) + set->lift;
}

/* A pivot below this is rounding error: of its own diagonal, or of the others', from which a tap
 * that the image hardly shows may have nothing but rounding left. */
static double smallest_pivot(const ckn_free_set *set, size_t tap) {
    const double largest = fmax(diagonal(set, tap), set->mean_diagonal);
    return (double)set->matrix->order * DBL_EPSILON * largest;
}

/* The taps are in ascending order here. */
static void gather(ckn_free_set *set) {
    size_t stride = set->matrix->order;
    for (size_t j = 0; j < set->count; j++) {
        double *column = set->factor + j * stride;
        size_t tap = set->taps[j];
        column[j] = diagonal(set, tap);
        const double *entry = ckn_symmetric_at(set->matrix, tap, tap);
        size_t step = ckn_symmetric_step(set->matrix, tap);
        for (size_t i = j + 1; i < set->count; i++)
            column[i] = entry[(set->taps[i] - tap) * step] + set->lift;
    }
}

static bool pivots_are_sound(const ckn_free_set *set) {
    for (size_t j = 0; j < set->count; j++) {
        double root = set->factor[j + j * set->matrix->order];
        if (!(root * root > smallest_pivot(set, set->taps[j]))) /* NaN fails too */
            return false;
    }
    return true;
}

bool ckn_free_set_assign(ckn_free_set *set, const bool *is_free) {
    size_t n = set->matrix->order;
    set->count = 0;
    for (size_t tap = 0; tap < n; tap++)
        if (is_free[tap])
            set->taps[set->count++] = tap;
    if (set->count == 0)
        return true;
    gather(set);
    lapack_int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (lapack_int)set->count,
                                          set->factor, (lapack_int)n);
    if (info == 0 && pivots_are_sound(set))
        return true;
    set->count = 0;
    return false;
}

bool ckn_free_set_append(ckn_free_set *set, size_t tap) {
    size_t count = set->count, stride = set->matrix->order;
    double *row = set->rhs;
    for (size_t j = 0; j < count; j++)
        row[j] = *ckn_symmetric_at(set->matrix, set->taps[j], tap) + set->lift;
    cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, (int)count, set->factor,
                (int)stride, row, 1);
    double pivot = diagonal(set, tap) - cblas_ddot((int)count, row, 1, row, 1);
    if (!(pivot > smallest_pivot(set, tap)))
        return false;
    cblas_dcopy((int)count, row, 1, set->factor + count, (int)stride);
    set->factor[count + count * stride] = sqrt(pivot);
    set->taps[set->count++] = tap;
    return true;
}

void ckn_free_set_remove(ckn_free_set *set, size_t position) {
    size_t stride = set->matrix->order, last = set->count - 1;
    /* Without its row, the factor has one entry too many to the right of each later pivot. */
    for (size_t j = position; j < last; j++) {
        double *left = set->factor + (j + 1) + j * stride, *right = left + stride, c, s;
        cblas_drotg(left, right, &c, &s);
        cblas_drot((int)(last - j - 1), left + 1, 1, right + 1, 1, c, s);
    }
    for (size_t j = 0; j < last; j++) {
        size_t row = j < position ? position : j;
        double *entry = set->factor + row + j * stride;
        memmove(entry, entry + 1, (last - row) * sizeof *entry);
    }
    memmove(set->taps + position, set->taps + position + 1, (last - position) * sizeof *set->taps);
    set->count = last;
}

void ckn_free_set_solve(const ckn_free_set *set, const double *b, bool sum_is_one,
                        double *solution) {
    int count = (int)set->count, stride = (int)set->matrix->order;
    double *half = set->rhs, *half_ones = set->rhs + set->matrix->order;
    for (int i = 0; i < count; i++)
        half[i] = b[set->taps[i]];
    cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, count, set->factor, stride,
                half, 1);
    if (sum_is_one) {
        /* h = G^-1 (b - mu 1), and 1'h = 1 gives the multiplier mu. */
        for (int i = 0; i < count; i++)
            half_ones[i] = 1.0;
        cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, count, set->factor,
                    stride, half_ones, 1);
        double multiplier = (cblas_ddot(count, half_ones, 1, half, 1) - 1.0) /
                            cblas_ddot(count, half_ones, 1, half_ones, 1);
        cblas_daxpy(count, -multiplier, half_ones, 1, half, 1);
    }
    cblas_dtrsv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, count, set->factor, stride,
                half, 1);
    for (int i = 0; i < count; i++)
        solution[set->taps[i]] = half[i];
}
