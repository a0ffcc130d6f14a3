#include "statistics/background.h"

#include "base/memory.h"
#include "dense/cholesky.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two-sided quantile of Student's t that is exceeded by chance once in 10^4 / pairs tests, for at
 * least ten degrees of freedom: that of the normal distribution (Abramowitz & Stegun 26.2.23) with
 * Cornish and Fisher's correction (ibid. 26.7.5). */
static double quantile(double degrees, size_t pairs) {
    const double tail = 0.5e-4 / (double)pairs, t = sqrt(-2 * log(tail));
    const double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                             (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    const double z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
    return z + (z3 + z) / (4 * degrees) + (5 * z5 + 16 * z3 + 3 * z) / (96 * degrees * degrees) +
           (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * degrees * degrees * degrees);
}

typedef struct least_squares {
    ckn_symmetric *factor;
    double *h, *u;   /* the unconstrained answer, and scratch: K numbers each */
    double residual; /* its sum of squares */
    double spare;    /* degrees of freedom that are left */
} least_squares;

static void release(least_squares *fit) {
    free(fit->h);
    free(fit->u);
}

static double product(const double *a, const double *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* *usable is false where there is nothing to test with. */
static ckn_code prepare(least_squares *fit, const ckn_equations *statistics, bool *usable,
                        ckn_error *error) {
    static const char what[] = "the test for a background";
    const size_t taps = statistics->taps;
    const double norm = ckn_symmetric_norm(&statistics->gram);
    *usable = false;
    if (!isfinite(norm) || !isfinite(statistics->square))
        return CKN_OK; /* refused by the caller */
    CKN_TRY(ckn_allocate(&fit->h, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&fit->u, taps, sizeof(double), what, error));
    ckn_symmetric_copy(fit->factor, &statistics->gram);
    CKN_TRY(ckn_cholesky_factor(fit->factor, usable, error));
    if (*usable)
        CKN_TRY(ckn_equations_trust(fit->factor, norm, NULL, usable, error));
    return CKN_OK;
}

static ckn_code solve(least_squares *fit, const ckn_equations *statistics, ckn_error *error) {
    const size_t taps = statistics->taps;
    memcpy(fit->h, statistics->b, taps * sizeof(double));
    CKN_TRY(ckn_cholesky_solve(fit->factor, fit->h, error));
    ckn_equations_objective(statistics, fit->h, fit->u);
    CKN_TRY(ckn_cholesky_solve(fit->factor, fit->u, error));
    for (size_t tap = 0; tap < taps; tap++) /* one step of refinement */
        fit->h[tap] -= fit->u[tap];
    fit->residual = 2 * ckn_equations_objective(statistics, fit->h, fit->u);
    return CKN_OK;
}

/* What a constant in this pair takes off the residual's square. */
static ckn_code gain_of(least_squares *fit, const ckn_pair_terms *terms, size_t taps, double *gain,
                        ckn_error *error) {
    static const double rounding = 1e-10;
    memcpy(fit->u, terms->cross, taps * sizeof(double));
    CKN_TRY(ckn_cholesky_half_solve(fit->factor, fit->u, error));
    const double own = terms->own[0] - product(fit->u, fit->u, taps);
    const double left = terms->rhs[0] - product(terms->cross, fit->h, taps);
    /* Where the kernel's own terms make a constant, there is nothing to tell them apart. */
    *gain = own > rounding * terms->own[0] ? left * left / own : 0;
    return CKN_OK;
}

static ckn_code test(least_squares *fit, const ckn_problem *problem,
                     const ckn_equations *statistics, const ckn_pair_terms *terms,
                     bool *significant, ckn_error *error) {
    static const double digits = 1e6;
    CKN_TRY(solve(fit, statistics, error));
    if (!(0.5 * fit->residual > digits * ckn_equations_rounding(statistics, fit->h)))
        return CKN_OK;
    const double limit = quantile(fit->spare, problem->pair_count);
    for (size_t i = 0; i < problem->pair_count; i++) {
        double gain = 0;
        CKN_TRY(gain_of(fit, &terms[i], statistics->taps, &gain, error));
        const double rest = fmax(fit->residual - gain, 0) / fit->spare;
        ckn_log_line(&problem->backend->log, CKN_LOG_VERBOSE,
                     "background of pair %zu: F = %.4g, significant from %.4g on", i + 1,
                     rest > 0 ? gain / rest : (double)INFINITY, limit * limit);
        *significant = *significant || gain > limit * limit * rest;
    }
    return CKN_OK;
}

ckn_code ckn_background_test(const ckn_problem *problem, const ckn_equations *statistics,
                             const ckn_pair_terms *terms, ckn_symmetric *scratch, bool *significant,
                             ckn_error *error) {
    static const double fewest = 10;
    least_squares fit = {.factor = scratch,
                         .spare = (double)ckn_problem_used(problem) - (double)statistics->taps - 1};
    bool usable = false;
    *significant = false;
    if (fit.spare < fewest)
        return CKN_OK;
    ckn_code code = prepare(&fit, statistics, &usable, error);
    if (code == CKN_OK && usable)
        code = test(&fit, problem, statistics, terms, significant, error);
    release(&fit);
    return code;
}
