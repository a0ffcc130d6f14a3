/* Cholesky factor in rectangular full packed format: LAPACK's dpftrf and its family. */
#include "dense/cholesky.h"
#include "base/memory.h"

#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

/* LAPACK's names of the format: not transposed, lower. */
static const char transr = 'N', uplo = 'L';

static ckn_code order_of(const ckn_symmetric *matrix, lapack_int *order, ckn_error *error) {
    if (matrix->order >= INT_MAX)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "a matrix of order %zu is larger than LAPACK's 32-bit integers",
                        matrix->order);
    *order = (lapack_int)matrix->order;
    return CKN_OK;
}

static ckn_code check(lapack_int info, const char *routine, ckn_error *error) {
    if (info == 0)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_INTERNAL, "LAPACK's %s failed with info %d", routine,
                    (int)info);
}

/* NaN passes LAPACK's test of pivots; whatever is not finite in a matrix reaches the diagonal of
 * its factor. */
static bool diagonal_is_finite(const ckn_symmetric *factor) {
    for (size_t i = 0; i < factor->order; i++)
        if (!isfinite(*ckn_symmetric_at(factor, i, i)))
            return false;
    return true;
}

ckn_code ckn_cholesky_factor(ckn_symmetric *matrix, bool *definite, ckn_error *error) {
    lapack_int n = 0;
    *definite = false;
    CKN_TRY(order_of(matrix, &n, error));
    lapack_int info = LAPACKE_dpftrf_work(LAPACK_COL_MAJOR, transr, uplo, n, matrix->entries);
    *definite = info == 0 && diagonal_is_finite(matrix);
    return check(info < 0 ? info : 0, "dpftrf", error);
}

ckn_code ckn_cholesky_solve(const ckn_symmetric *factor, double *v, ckn_error *error) {
    lapack_int n = 0;
    CKN_TRY(order_of(factor, &n, error));
    return check(LAPACKE_dpftrs_work(LAPACK_COL_MAJOR, transr, uplo, n, 1, factor->entries, v, n),
                 "dpftrs", error);
}

ckn_code ckn_cholesky_half_solve(const ckn_symmetric *factor, double *v, ckn_error *error) {
    lapack_int n = 0;
    CKN_TRY(order_of(factor, &n, error));
    return check(LAPACKE_dtfsm_work(LAPACK_COL_MAJOR, transr, 'L', uplo, 'N', 'N', n, 1, 1.0,
                                    factor->entries, v, n),
                 "dtfsm", error);
}

ckn_code ckn_cholesky_invert(ckn_symmetric *factor, ckn_error *error) {
    lapack_int n = 0;
    CKN_TRY(order_of(factor, &n, error));
    return check(LAPACKE_dpftri_work(LAPACK_COL_MAJOR, transr, uplo, n, factor->entries), "dpftri",
                 error);
}

static bool all_finite(const double *v, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

/* dlacn2 asks for products with A^-1 until it has its estimate of the norm of A^-1. */
static ckn_code inverse_norm(const ckn_symmetric *factor, double *x, double *v, lapack_int *signs,
                             double *norm, ckn_error *error) {
    lapack_int n = 0, wanted = 0, state[3] = {0};
    CKN_TRY(order_of(factor, &n, error));
    *norm = 0.0;
    for (;;) {
        CKN_TRY(check(LAPACKE_dlacn2_work(n, v, x, signs, norm, &wanted, state), "dlacn2", error));
        if (wanted == 0)
            return CKN_OK;
        CKN_TRY(ckn_cholesky_solve(factor, x, error));
        if (!all_finite(x, factor->order)) {
            *norm = INFINITY;
            return CKN_OK;
        }
    }
}

ckn_code ckn_cholesky_condition(const ckn_symmetric *factor, double norm, double *condition,
                                ckn_error *error) {
    double *work = NULL, inverse = 0.0;
    lapack_int *signs = NULL;
    ckn_code code = ckn_allocate(&work, 2 * factor->order, sizeof *work,
                                 "the work space of the condition estimate", error);
    if (code == CKN_OK)
        code = ckn_allocate(&signs, factor->order, sizeof *signs,
                            "the work space of the condition estimate", error);
    if (code == CKN_OK)
        code = inverse_norm(factor, work, work + factor->order, signs, &inverse, error);
    *condition = code == CKN_OK ? norm * inverse : NAN;
    free(work);
    free(signs);
    return code;
}
