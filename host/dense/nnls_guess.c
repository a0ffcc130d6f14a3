#include "dense/nnls_problem.h"

#include <lapacke.h>
#include <math.h>

/* Of the mean diagonal: well above single precision's eps, and below it the noise of photographs
 * makes more of the signs than the kernel does. */
static const double ridge = 1e-4;

/* Scaled to a mean diagonal of 1, since single precision has a small range. */
static void gather(const ckn_symmetric *matrix, double scale, float *full) {
    size_t n = matrix->order;
    for (size_t col = 0; col < n; col++) {
        const double *entry = ckn_symmetric_at(matrix, col, col);
        size_t step = ckn_symmetric_step(matrix, col);
        for (size_t row = col; row < n; row++)
            full[row + col * n] = (float)(entry[(row - col) * step] * scale);
        full[col + col * n] += (float)ridge;
    }
}

static double largest_magnitude(const double *v, size_t count) {
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(v[i]));
    return largest;
}

void ckn_nnls_guess(ckn_nnls *problem) {
    size_t n = problem->matrix->order;
    double mean = ckn_symmetric_mean_diagonal(problem->matrix);
    double largest = largest_magnitude(problem->b, n);
    /* The factor's room: nothing stands there yet. */
    float *full = (float *)(void *)problem->set.factor, *v = (float *)(void *)problem->set.rhs;
    gather(problem->matrix, mean > 0.0 ? 1.0 / mean : 0.0, full);
    for (size_t tap = 0; tap < n; tap++)
        v[tap] = largest > 0.0 ? (float)(problem->b[tap] / largest) : 0.0F;
    lapack_int order = (lapack_int)n;
    if (LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'L', order, full, order) == 0)
        LAPACKE_spotrs_work(LAPACK_COL_MAJOR, 'L', order, 1, full, order, v, order);
    for (size_t tap = 0; tap < n; tap++)
        problem->is_free[tap] = v[tap] > 0.0F;
}
