#include "estimate/lipschitz.h"

#include "base/memory.h"
#include "estimate/solver.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { MOST_ITERATIONS = 300, LEAST_ITERATIONS = 5 };

/* The Rayleigh quotient converges with the square of the angle, so a small change of it means a
 * smaller error. First-order methods bear an L that is a few percent low: FISTA on a quadratic is
 * stable for steps up to 4/(3L), gradient descent up to 2/L. */
static const double relative_tolerance = 1e-6;

static void subtract_mean(double *v, size_t count) {
    double mean = 0;
    for (size_t i = 0; i < count; i++)
        mean += v[i];
    mean /= (double)count;
    for (size_t i = 0; i < count; i++)
        v[i] -= mean;
}

static double normalise(double *v, size_t count) {
    double square = 0;
    for (size_t i = 0; i < count; i++)
        square += v[i] * v[i];
    double norm = sqrt(square);
    for (size_t i = 0; i < count && norm > 0; i++)
        v[i] /= norm;
    return norm;
}

/* A start with a part along every direction: positive, as the leading eigenvector of a
 * non-negative image is, and irregular, so that no symmetry of the image is orthogonal to it. */
static void start_vector(double *v, size_t count) {
    uint32_t state = 2463534242u;
    for (size_t i = 0; i < count; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        v[i] = 0.5 + (double)state / 4294967296.0;
    }
}

/* w = X'X v, by way of the device. */
static ckn_code apply_normal(ckn_operator *op, double *host, ckn_buffer *v, ckn_buffer *out,
                             ckn_error *error) {
    CKN_TRY(ckn_operator_upload(op, host, v, error));
    CKN_TRY(op->ops->normal(op, v, out, error));
    return ckn_operator_download(op, out, host, error);
}

ckn_code ckn_lipschitz(ckn_operator *op, bool tangent, ckn_buffer *v, ckn_buffer *out,
                       const ckn_estimate_options *options, double *lipschitz, ckn_error *error) {
    size_t count = ckn_problem_taps(op->problem);
    double *host = NULL;
    CKN_TRY(ckn_allocate(&host, count, sizeof *host, "the power iteration", error));
    start_vector(host, count);
    *lipschitz = 0;
    ckn_code code = CKN_OK;
    for (size_t n = 0; n < MOST_ITERATIONS && code == CKN_OK; n++) {
        if (tangent)
            subtract_mean(host, count);
        if (normalise(host, count) == 0)
            break; /* the zero operator, or a single tap in the tangent space */
        code = apply_normal(op, host, v, out, error);
        if (tangent)
            subtract_mean(host, count);
        double previous = *lipschitz;
        *lipschitz = normalise(host, count); /* ||X'X v|| <= lambda_max for a unit v */
        if (code == CKN_OK)
            code = ckn_solver_report_phase(options, CKN_PHASE_LIPSCHITZ, n + 1, MOST_ITERATIONS,
                                           error);
        if (n >= LEAST_ITERATIONS && fabs(*lipschitz - previous) <= relative_tolerance * *lipschitz)
            break;
    }
    free(host);
    return code;
}
