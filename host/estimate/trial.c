#include "estimate/trial.h"

#include "base/memory.h"
#include "dense/cholesky.h"
#include "dense/nnls.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ckn_code ckn_trials_create(ckn_trials *trials, ckn_problem *problem,
                           const ckn_estimate_options *options, ckn_error *error) {
    const size_t taps = ckn_problem_taps(problem);
    *trials = (ckn_trials){.problem = problem, .options = options};
    ckn_code code = ckn_equations_get(problem, &trials->statistics, error);
    if (code == CKN_OK)
        code = ckn_allocate(&trials->h, taps, sizeof(double), "a trial", error);
    if (code == CKN_OK)
        code = ckn_allocate(&trials->scratch, taps, 2 * sizeof(double), "a trial", error);
    if (code == CKN_OK)
        code = ckn_free_taps_create(&trials->free_taps, taps, error);
    if (code != CKN_OK)
        ckn_trials_release(trials);
    return code;
}

void ckn_trials_release(ckn_trials *trials) {
    free(trials->h);
    free(trials->scratch);
    ckn_free_taps_release(&trials->free_taps);
    ckn_sparse_prior_release(&trials->sparse);
    *trials = (ckn_trials){0};
}

static double cube(size_t taps) {
    return (double)taps * (double)taps * (double)taps;
}

/* Without a constraint: h = A^-1 b. */
static ckn_code fit_free(ckn_trials *trials, bool *exists, ckn_error *error) {
    const ckn_symmetric *factor = NULL;
    CKN_TRY(ckn_equations_factor(trials->problem, &factor, error));
    trials->work += cube(trials->statistics->taps);
    trials->near = false;
    *exists = factor != NULL;
    if (!factor)
        return CKN_OK;
    memcpy(trials->h, trials->statistics->b, trials->statistics->taps * sizeof(double));
    return ckn_cholesky_solve(factor, trials->h, error);
}

/* Where the equations are singular, one answer of several. */
static ckn_code fit_constrained(ckn_trials *trials, ckn_constraint constraint, ckn_error *error) {
    const ckn_equations *statistics = trials->statistics;
    ckn_nnls_report report;
    const bool simplex = constraint == CKN_CONSTRAINT_SIMPLEX;
    CKN_TRY(trials->near ? ckn_nnls_continue(&statistics->gram, statistics->b, simplex, trials->h,
                                             &report, error)
                         : ckn_nnls_solve(&statistics->gram, statistics->b, simplex, trials->h,
                                          NULL, NULL, &report, error));
    const double cubes = cube(report.free_count) * ((double)report.iterations / 3 + 1);
    trials->work += cubes + (trials->near ? 0 : cube(statistics->taps) / 6);
    trials->near = true;
    return CKN_OK;
}

static ckn_code fit_sparse(ckn_trials *trials, const ckn_model *model, ckn_error *error) {
    if (trials->sparse.prior != model->prior) {
        ckn_sparse_prior_release(&trials->sparse);
        CKN_TRY(
            ckn_sparse_prior_create(&trials->sparse, model->prior, trials->problem->kernel, error));
    }
    CKN_TRY(ckn_sparse_prior_solve(&trials->sparse, trials->statistics, model->constraint,
                                   model->weight, trials->accuracy, trials->h, error));
    trials->work += cube(trials->statistics->taps) * (double)trials->sparse.iterations / 3;
    trials->near = model->constraint != CKN_CONSTRAINT_NONE;
    return CKN_OK;
}

static ckn_code fit_quadratic(ckn_trials *trials, const ckn_model *model, bool *exists,
                              ckn_error *error) {
    return model->constraint == CKN_CONSTRAINT_NONE
               ? fit_free(trials, exists, error)
               : fit_constrained(trials, model->constraint, error);
}

/* tr(P C): C = A^-1 on the free taps, less A^-1 1 1' A^-1 / (1' A^-1 1) where their sum is fixed.
 */
static double prior_trace(ckn_trials *trials, const ckn_model *model,
                          const ckn_symmetric *inverse) {
    const ckn_free_taps *free_taps = &trials->free_taps;
    const ckn_shape kernel = trials->problem->kernel;
    const double trace = ckn_prior_trace(model->prior, kernel, free_taps->order, inverse);
    if (model->constraint != CKN_CONSTRAINT_SIMPLEX)
        return trace;
    double *ones = trials->scratch, *flat = trials->scratch + free_taps->taps, sum = 0;
    for (size_t i = 0; i < free_taps->count; i++)
        ones[i] = 1;
    ckn_symmetric_multiply(inverse, ones, flat);
    memset(ones, 0, free_taps->taps * sizeof *ones);
    for (size_t i = 0; i < free_taps->count; i++) {
        ones[free_taps->tap[i]] = flat[i];
        sum += flat[i];
    }
    return trace - ckn_prior_value(model->prior, kernel, ones) / sum;
}

/* count - weight tr(P C), on the free taps; one less where their sum is fixed. */
static ckn_code degrees_of_freedom(ckn_trials *trials, const ckn_model *model, double *degrees,
                                   bool *exists, ckn_error *error) {
    const ckn_free_taps *free_taps = &trials->free_taps;
    *degrees = (double)free_taps->count - (model->constraint == CKN_CONSTRAINT_SIMPLEX ? 1.0 : 0.0);
    if (model->weight == 0 || free_taps->count == 0)
        return CKN_OK;
    ckn_symmetric factor;
    CKN_TRY(ckn_free_taps_factor(free_taps, trials->problem, &factor, exists, error));
    if (!*exists)
        return CKN_OK;
    ckn_code code = ckn_cholesky_invert(&factor, error);
    if (code == CKN_OK)
        *degrees -= model->weight * prior_trace(trials, model, &factor);
    ckn_symmetric_release(&factor);
    return code;
}

ckn_code ckn_trial_fit(ckn_trials *trials, const ckn_model *model, ckn_fit *fit, ckn_error *error) {
    double objective = 0;
    *fit = (ckn_fit){.exists = false};
    CKN_TRY(ckn_solver_report_phase(trials->options, CKN_PHASE_FACTOR, trials->fits++, 0, error));
    CKN_TRY(ckn_equations_penalise(trials->problem, model->prior, model->weight, error));
    const bool sparse = ckn_prior_is_sparse(model->prior) && model->weight > 0;
    fit->exists = true;
    CKN_TRY(sparse ? fit_sparse(trials, model, error)
                   : fit_quadratic(trials, model, &fit->exists, error));
    if (!fit->exists)
        return CKN_OK;
    ckn_free_taps_find(&trials->free_taps, model->constraint != CKN_CONSTRAINT_NONE, trials->h);
    fit->free_count = trials->free_taps.count;
    CKN_TRY(ckn_equations_evaluate(trials->statistics, trials->h, &objective, error));
    fit->square = 2 * objective;
    if (sparse) {
        const bool simplex = model->constraint == CKN_CONSTRAINT_SIMPLEX;
        fit->degrees_of_freedom =
            fmax(0, ckn_sparse_prior_freedom(&trials->sparse, trials->h) - (simplex ? 1.0 : 0.0));
        return CKN_OK;
    }
    return degrees_of_freedom(trials, model, &fit->degrees_of_freedom, &fit->exists, error);
}

double ckn_trials_seconds(const ckn_trials *trials) {
    return trials->work * CKN_CHOLESKY_SECONDS;
}

double ckn_trial_weight_unit(const ckn_equations *statistics, ckn_prior prior) {
    double largest = 0;
    if (!ckn_prior_is_sparse(prior))
        return statistics->mean_diagonal;
    for (size_t tap = 0; tap < statistics->taps; tap++)
        largest = fmax(largest, fabs(statistics->b[tap]));
    return largest;
}

double ckn_trial_excess(const ckn_trials *trials, const double *h) {
    const ckn_equations *statistics = trials->statistics;
    const size_t taps = statistics->taps;
    double *d = trials->scratch, *product = trials->scratch + taps, sum = 0;
    for (size_t tap = 0; tap < taps; tap++)
        d[tap] = trials->h[tap] - h[tap];
    ckn_symmetric_multiply(&statistics->gram, d, product);
    for (size_t tap = 0; tap < taps; tap++)
        sum += d[tap] * product[tap];
    return sum - statistics->weight * ckn_prior_value(statistics->prior, statistics->kernel, d);
}

double ckn_trial_seconds(size_t taps, ckn_prior prior, bool constrained) {
    /* A free fit factors (K^3/3) and inverts (2/3 K^3); a constrained one takes about six factors,
     * of fewer taps; the interior point method of a sparse prior about 15. */
    const double k = (double)taps;
    const double cubes = ckn_prior_is_sparse(prior) ? 5 : constrained ? 2.5 : 1;
    return cubes * k * k * k * CKN_CHOLESKY_SECONDS;
}
