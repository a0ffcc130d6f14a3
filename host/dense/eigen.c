/* The minimum-norm answer of a singular system, by LAPACK's divide and conquer. */
#include "dense/eigen.h"
#include "base/memory.h"

#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

typedef struct workspace {
    size_t full, work, integers; /* elements */
    double *vectors;             /* order x order, column-major: the matrix, then eigenvectors */
    double *values;              /* order, ascending */
    double *scratch;
    lapack_int *integer_scratch;
} workspace;

/* What dsyevd documents for eigenvectors. False where LAPACK's integers are too small. */
static bool sizes(size_t order, workspace *space) {
    if (order > 32766) /* 1 + 6 n + 2 n^2 < 2^31 */
        return false;
    space->full = order * order;
    space->work = order <= 1 ? 1 : 1 + 6 * order + 2 * order * order;
    space->integers = order <= 1 ? 1 : 3 + 5 * order;
    return true;
}

bool ckn_minimum_norm_bytes(size_t order, size_t *bytes) {
    size_t square, doubles;
    if (!ckn_multiply(order, order, &square) || !ckn_multiply(square, 3 * sizeof(double), &doubles))
        return false;
    size_t rest = order * 7 * sizeof(double) + sizeof(double) +
                  (3 + 5 * order) * sizeof(lapack_int); /* below order^2 unless order is tiny */
    *bytes = doubles + rest;
    return *bytes >= doubles;
}

static void destroy(workspace *space) {
    free(space->vectors);
    free(space->values);
    free(space->scratch);
    free(space->integer_scratch);
}

static ckn_code create(workspace *space, size_t order, ckn_error *error) {
    const char *what = "the eigenvalues of the normal equations";
    *space = (workspace){0};
    if (!sizes(order, space))
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "eigenvalues of a matrix of order %zu need more than LAPACK's 32-bit "
                        "integers can count; use a ridge or a smaller kernel",
                        order);
    ckn_code code = ckn_allocate(&space->vectors, space->full, sizeof(double), what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&space->values, order, sizeof(double), what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&space->scratch, space->work, sizeof(double), what, error);
    if (code == CKN_OK)
        code =
            ckn_allocate(&space->integer_scratch, space->integers, sizeof(lapack_int), what, error);
    if (code != CKN_OK)
        destroy(space);
    return code;
}

static ckn_code decompose(const ckn_symmetric *matrix, workspace *space, ckn_error *error) {
    lapack_int n = (lapack_int)matrix->order;
    for (size_t col = 0; col < matrix->order; col++)
        for (size_t row = col; row < matrix->order; row++) {
            double entry = *ckn_symmetric_at(matrix, row, col);
            if (!isfinite(entry))
                return ckn_fail(error, CKN_ERROR_DATA, "the normal equations hold NaN or infinity");
            space->vectors[row + col * matrix->order] = entry;
        }
    lapack_int info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'L', n, space->vectors, n,
                                          space->values, space->scratch, (lapack_int)space->work,
                                          space->integer_scratch, (lapack_int)space->integers);
    if (info != 0)
        return ckn_fail(error, CKN_ERROR_INTERNAL, "LAPACK's dsyevd found no eigenvalues (info %d)",
                        (int)info);
    return CKN_OK;
}

/* x = V diag(1 / lambda) V' b over the eigenvalues that are not zero. */
static void apply_inverse(const workspace *space, size_t order, size_t rank, const double *b,
                          double *x) {
    int n = (int)order, kept = (int)rank;
    size_t first = order - rank;
    const double *vectors = space->vectors + first * order;
    double *parts = space->scratch;
    for (size_t i = 0; i < order; i++)
        x[i] = 0.0;
    if (rank == 0)
        return;
    cblas_dgemv(CblasColMajor, CblasTrans, n, kept, 1.0, vectors, n, b, 1, 0.0, parts, 1);
    for (size_t i = 0; i < rank; i++)
        parts[i] /= space->values[first + i];
    cblas_dgemv(CblasColMajor, CblasNoTrans, n, kept, 1.0, vectors, n, parts, 1, 0.0, x, 1);
}

ckn_code ckn_minimum_norm_solve(const ckn_symmetric *matrix, const double *b, double *x,
                                ckn_minimum_norm *report, ckn_error *error) {
    size_t n = matrix->order;
    workspace space;
    CKN_TRY(create(&space, n, error));
    ckn_code code = decompose(matrix, &space, error);
    if (code == CKN_OK) {
        double largest = n ? space.values[n - 1] : 0.0;
        double threshold = fmax(0.0, (double)n * DBL_EPSILON * largest);
        size_t rank = 0;
        while (rank < n && space.values[n - 1 - rank] > threshold)
            rank++;
        *report = (ckn_minimum_norm){rank, rank < n ? INFINITY : largest / space.values[0]};
        apply_inverse(&space, n, rank, b, x);
    }
    destroy(&space);
    return code;
}
