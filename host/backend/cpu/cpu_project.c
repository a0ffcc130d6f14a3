/* Euclidean projections onto the constraint sets. NaN stays NaN, so that a diverged iteration is
 * not disguised. */
#include "backend/cpu/cpu_internal.h"

static void project_nonneg(double *h, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (h[i] < 0.0)
            h[i] = 0.0;
    }
}

static double largest(const double *h, size_t count) {
    double maximum = h[0];
    for (size_t i = 1; i < count; i++)
        maximum = h[i] > maximum ? h[i] : maximum;
    return maximum;
}

/* The projection is max(h - tau, 0) with tau such that the sum is 1. The active set shrinks to the
 * right one in finitely many steps: C. Michelot, "A finite algorithm for finding the projection of
 * a point onto the canonical simplex of R^n", J. Optim. Theory Appl. 50 (1986), 195-200.
 * Everything is relative to the largest element, which changes nothing in exact arithmetic, keeps
 * large common offsets from drowning the sum, and bounds tau from below by -1. */
static void project_simplex(double *h, size_t count) {
    double top = largest(h, count);
    double tau = -1.0;
    size_t active = count + 1, before;
    do {
        double sum = 0.0;
        before = active;
        active = 0;
        for (size_t i = 0; i < count; i++) {
            double value = h[i] - top;
            if (value > tau) {
                sum += value;
                active++;
            }
        }
        if (active > 0)
            tau = (sum - 1.0) / (double)active;
    } while (active < before && active > 0);
    for (size_t i = 0; i < count; i++)
        h[i] = h[i] - top - tau;
    project_nonneg(h, count);
}

ckn_code ckn_cpu_project(ckn_backend *backend, ckn_buffer *h, size_t count,
                         ckn_constraint constraint, ckn_error *error) {
    (void)backend;
    (void)error;
    if (constraint == CKN_CONSTRAINT_NONNEG)
        project_nonneg(ckn_cpu_data(h), count);
    else if (constraint == CKN_CONSTRAINT_SIMPLEX)
        project_simplex(ckn_cpu_data(h), count);
    return CKN_OK;
}
