/* Updates of low rank, in rectangular full packed format: LAPACK's dsfrk. */
#include "dense/symmetric.h"

#include <lapacke.h>
#include <limits.h>

ckn_code ckn_symmetric_update(ckn_symmetric *matrix, double factor, const double *rows,
                              size_t count, ckn_error *error) {
    if (matrix->order >= INT_MAX || count >= INT_MAX)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "an update of %zu rows of %zu is larger than LAPACK's 32-bit integers",
                        count, matrix->order);
    const lapack_int n = (lapack_int)matrix->order, k = (lapack_int)count;
    const lapack_int info = LAPACKE_dsfrk_work(LAPACK_COL_MAJOR, 'N', 'L', 'N', n, k, factor, rows,
                                               n, 1.0, matrix->entries);
    if (info != 0)
        return ckn_fail(error, CKN_ERROR_INTERNAL, "LAPACK's dsfrk failed with info %d", (int)info);
    return CKN_OK;
}
