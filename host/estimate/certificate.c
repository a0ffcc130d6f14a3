#include "estimate/certificate.h"

#include "base/memory.h"
#include "dense/cholesky.h"

#include <math.h>
#include <stdlib.h>

/* The sum of the projected step where the multiplier of sum h = 1 is mu. */
static double projected_sum(const double *h, const double *g, size_t taps, double rho, double mu) {
    double sum = 0;
    for (size_t i = 0; i < taps; i++)
        sum += fmax(h[i] - (g[i] - mu) / rho, 0);
    return sum;
}

/* The multiplier for which the projected step lies on the simplex; the sum grows with it. */
static double projection_multiplier(const double *h, const double *g, size_t taps, double rho) {
    enum { STEPS = 200 };
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < taps; i++) {
        low = fmin(low, g[i] - rho * h[i]);
        high = fmax(high, g[i] - rho * h[i] + rho);
    }
    for (size_t n = 0; n < STEPS; n++) {
        double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            break;
        if (projected_sum(h, g, taps, rho, middle) < 1)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

double ckn_kkt_residual(ckn_constraint constraint, const double *h, const double *g, size_t taps,
                        double rho) {
    double largest = 0;
    double mu = 0;
    if (constraint == CKN_CONSTRAINT_SIMPLEX)
        mu = projection_multiplier(h, g, taps, rho);
    for (size_t i = 0; i < taps; i++) {
        double entry = g[i] - mu;
        if (constraint != CKN_CONSTRAINT_NONE)
            entry = fmin(entry, rho * h[i]); /* = rho (h - max(h - entry / rho, 0)) */
        largest = fmax(largest, fabs(entry));
    }
    return largest;
}

/* g'h - min g: f(h) - f(v) <= g'(h - v) for every v on the simplex. */
static double frank_wolfe_gap(const double *h, const double *g, size_t taps) {
    double product = 0, least = INFINITY;
    for (size_t i = 0; i < taps; i++)
        least = fmin(least, g[i]);
    for (size_t i = 0; i < taps; i++)
        product += h[i] * (g[i] - least);
    return product;
}

/* The bound for multipliers nu of the taps at zero (or of all taps, where `everywhere`). */
static ckn_code lagrange_gap(const ckn_symmetric *factor, ckn_constraint constraint,
                             const double *h, const double *g, bool everywhere, double *scratch,
                             double *gap, ckn_error *error) {
    const size_t taps = factor->order;
    double mu = 0, complementarity = 0, square = 0;
    for (size_t i = 0; i < taps && constraint == CKN_CONSTRAINT_SIMPLEX; i++)
        mu += h[i] * g[i];
    for (size_t i = 0; i < taps; i++) {
        double nu = 0;
        if (constraint != CKN_CONSTRAINT_NONE && (everywhere || !(h[i] > 0)))
            nu = fmax(g[i] - mu, 0);
        complementarity += nu * h[i];
        scratch[i] = g[i] - mu - nu;
    }
    CKN_TRY(ckn_cholesky_half_solve(factor, scratch, error));
    for (size_t i = 0; i < taps; i++)
        square += scratch[i] * scratch[i];
    *gap = 0.5 * square + complementarity;
    return CKN_OK;
}

ckn_code ckn_duality_gap(const ckn_symmetric *factor, ckn_constraint constraint, const double *h,
                         const double *g, size_t taps, double *gap, ckn_error *error) {
    *gap = INFINITY;
    if (constraint == CKN_CONSTRAINT_SIMPLEX)
        *gap = frank_wolfe_gap(h, g, taps);
    double *scratch = NULL;
    if (factor)
        CKN_TRY(ckn_allocate(&scratch, taps, sizeof *scratch, "the certificate", error));
    ckn_code code = CKN_OK;
    for (int everywhere = 0; factor && everywhere < 2 && code == CKN_OK; everywhere++) {
        double bound = INFINITY;
        code = lagrange_gap(factor, constraint, h, g, everywhere != 0, scratch, &bound, error);
        *gap = fmin(*gap, bound);
        if (constraint == CKN_CONSTRAINT_NONE)
            break;
    }
    free(scratch);
    if (isinf(*gap))
        *gap = NAN;
    return code;
}

static double largest_magnitude(const double *v, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(v[i]));
    return largest;
}

static double ratio(double numerator, double denominator) {
    return denominator > 0 ? numerator / denominator : numerator == 0 ? 0 : NAN;
}

ckn_code ckn_certify(ckn_problem *problem, ckn_constraint constraint, const double *h,
                     const double *slope, double slope_gap, ckn_certificate *certificate,
                     ckn_error *error) {
    const ckn_equations *statistics = NULL;
    const ckn_symmetric *factor = NULL;
    double *g = NULL, gap = NAN;
    *certificate = (ckn_certificate){NAN, NAN};
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    CKN_TRY(ckn_equations_factor(problem, &factor, error));
    CKN_TRY(ckn_allocate(&g, statistics->taps, sizeof *g, "the certificate", error));
    ckn_equations_objective(statistics, h, g);
    for (size_t tap = 0; slope && tap < statistics->taps; tap++)
        g[tap] += slope[tap];
    ckn_code code = ckn_duality_gap(factor, constraint, h, g, statistics->taps, &gap, error);
    gap += slope ? slope_gap : 0;
    double kkt = ckn_kkt_residual(constraint, h, g, statistics->taps, statistics->mean_diagonal);
    certificate->kkt_residual = ratio(kkt, largest_magnitude(statistics->b, statistics->taps));
    certificate->duality_gap = ratio(gap, 0.5 * statistics->square);
    free(g);
    return code;
}

/* g = grad f at h; gradient_buffer is scratch. */
static ckn_code gradient_at(ckn_operator *op, const double *h, ckn_buffer *point,
                            ckn_buffer *gradient_buffer, double *g, double *objective,
                            ckn_error *error) {
    CKN_TRY(ckn_operator_upload(op, h, point, error));
    CKN_TRY(op->ops->gradient(op, point, gradient_buffer, objective, error));
    return ckn_operator_download(op, gradient_buffer, g, error);
}

static ckn_code certify_on_images(ckn_operator *op, ckn_constraint constraint, const double *h,
                                  double *g, double *b, ckn_certificate *certificate,
                                  ckn_error *error) {
    ckn_backend *backend = op->backend;
    const size_t taps = ckn_problem_taps(op->problem);
    ckn_buffer *point = NULL, *slope = NULL;
    double objective = 0, start = 0, energy = 0, gap = NAN;
    ckn_code code = backend->ops->buffer_create(backend, taps, &point, error);
    if (code == CKN_OK)
        code = backend->ops->buffer_create(backend, taps, &slope, error);
    if (code == CKN_OK) /* b is zero here, and the gradient at zero is -b */
        code = gradient_at(op, b, point, slope, b, &start, error);
    if (code == CKN_OK)
        code = gradient_at(op, h, point, slope, g, &objective, error);
    backend->ops->buffer_destroy(backend, point);
    backend->ops->buffer_destroy(backend, slope);
    if (code == CKN_OK) /* diag(X'X) is the energy of the windows; the whole image's bounds it */
        code = ckn_problem_sum_squares(op->problem, CKN_PLANE_X, &energy, error);
    energy *= op->problem->largest_weight;
    if (code == CKN_OK)
        code = ckn_duality_gap(NULL, constraint, h, g, taps, &gap, error);
    if (code != CKN_OK)
        return code;
    certificate->kkt_residual =
        ratio(ckn_kkt_residual(constraint, h, g, taps, energy), largest_magnitude(b, taps));
    certificate->duality_gap = ratio(gap, start);
    return CKN_OK;
}

ckn_code ckn_certify_on_images(ckn_operator *op, ckn_constraint constraint, const double *h,
                               ckn_certificate *certificate, ckn_error *error) {
    const size_t taps = ckn_problem_taps(op->problem);
    double *g = NULL, *b = NULL;
    *certificate = (ckn_certificate){NAN, NAN};
    ckn_code code = ckn_allocate(&g, taps, sizeof *g, "the certificate", error);
    if (code == CKN_OK)
        code = ckn_allocate(&b, taps, sizeof *b, "the certificate", error);
    if (code == CKN_OK)
        code = certify_on_images(op, constraint, h, g, b, certificate, error);
    free(g);
    free(b);
    return code;
}
