#include "statistics/equations.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dense/cholesky.h"
#include "dense/nnls.h"
#include "dense/panel.h"
#include "statistics/background.h"
#include "statistics/kept_sums.h"
#include "statistics/pair_sums.h"
#include "statistics/window_sums.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct ckn_equations_state {
    ckn_equations statistics;
    double *kept; /* entries of G that the prior changed; NULL without one */
    ckn_symmetric factor;
    bool factored, definite;
    double norm, condition;       /* of the matrix */
    ckn_pair_terms *terms;        /* of each pair; NULL without a background */
    ckn_background background;    /* what became of the problem's */
    size_t upload, weighing;      /* what they were computed from; 0: nothing yet */
    ckn_kept_sums sums;           /* of a reweighable problem */
    ckn_correlator **correlators; /* of each pair; pairs of one shape share the first one's */
};

size_t ckn_equations_bytes(ckn_shape kernel) {
    size_t taps, entries, bytes;
    if (!ckn_multiply(kernel.rows, kernel.cols, &taps) || !ckn_symmetric_count(taps, &entries) ||
        !ckn_multiply(entries, 2 * sizeof(double), &bytes))
        return SIZE_MAX;
    /* Border sums: what the assembly of a thin kernel takes most for. */
    const double k = (double)kernel.rows, l = (double)kernel.cols;
    const double borders = 16 * (k * l * l + l * k * k + l * l);
    return borders < (double)(SIZE_MAX - bytes) / 2 ? bytes + (size_t)borders : SIZE_MAX;
}

size_t ckn_equations_limit(size_t memory_limit) {
    enum { UNKNOWN_MACHINE = 1 << 30 };
    if (memory_limit > 0)
        return memory_limit;
    size_t memory = ckn_physical_memory();
    return memory > 0 ? memory / 2 : UNKNOWN_MACHINE;
}

ckn_correlation_method ckn_correlation_choose(const ckn_backend *backend, ckn_shape x_shape,
                                              ckn_shape kernel, double *plan, double *seconds) {
    static const ckn_correlation_method methods[] = {CKN_CORRELATION_DIRECT, CKN_CORRELATION_FFT};
    ckn_correlation_method best = CKN_CORRELATION_DIRECT;
    *plan = *seconds = INFINITY;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        double own_plan = 0, own_seconds = 0;
        backend->ops->correlator_predict(backend, x_shape, kernel, methods[i], &own_plan,
                                         &own_seconds);
        if (own_plan + own_seconds < *plan + *seconds) {
            best = methods[i];
            *plan = own_plan;
            *seconds = own_seconds;
        }
    }
    return best;
}

/* The first pair of the same shape. */
static size_t first_alike(const ckn_problem *problem, size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (ckn_shape_equal(problem->pairs[i].x_shape, problem->pairs[index].x_shape))
            return i;
    }
    return index;
}

/* Windows that are masked or weighted: taken off the sums over all of them, or the others alone
 * summed. */
bool ckn_equations_prefer_all(const ckn_problem_pair *pair, size_t taps, double seconds_all,
                              double *seconds) {
    *seconds = seconds_all;
    if (!pair->weights)
        return true;
    const double some = ckn_panel_seconds((double)pair->used, taps);
    *seconds += ckn_panel_seconds((double)pair->uneven, taps);
    if (*seconds <= some)
        return true;
    *seconds = some;
    return false;
}

void ckn_equations_predict(const ckn_problem *problem, double *seconds_plan, double *seconds) {
    *seconds_plan = *seconds = 0;
    for (size_t i = 0; i < problem->pair_count; i++) {
        double plan = 0, run = 0;
        ckn_correlation_choose(problem->backend, problem->pairs[i].x_shape, problem->kernel, &plan,
                               &run);
        *seconds_plan += first_alike(problem, i) == i ? plan : 0;
        ckn_equations_prefer_all(&problem->pairs[i], ckn_problem_taps(problem), run, &run);
        *seconds += run;
    }
}

ckn_code ckn_correlation_plan(const ckn_problem *problem, ckn_shape x_shape,
                              ckn_correlator **correlator, ckn_error *error) {
    ckn_backend *backend = problem->backend;
    double plan = 0, seconds = 0;
    ckn_correlation_method method =
        ckn_correlation_choose(backend, x_shape, problem->kernel, &plan, &seconds);
    ckn_log_line(&backend->log, CKN_LOG_VERBOSE,
                 "statistics of %zu x %zu by %s: predicted %.3g s (and %.3g s planning)",
                 x_shape.cols, x_shape.rows, method == CKN_CORRELATION_FFT ? "FFT" : "direct sums",
                 seconds, plan);
    ckn_error why;
    ckn_code code = backend->ops->correlator_create(backend, x_shape, problem->kernel, method,
                                                    correlator, &why);
    if (code != CKN_OK && method == CKN_CORRELATION_FFT) {
        ckn_log_line(&backend->log, CKN_LOG_WARNING,
                     "correlations by FFT are not to be had, taking direct sums: %s", why.message);
        code = backend->ops->correlator_create(backend, x_shape, problem->kernel,
                                               CKN_CORRELATION_DIRECT, correlator, &why);
    }
    if (code != CKN_OK && error)
        *error = why;
    return code;
}

static ckn_code allocate(ckn_problem *problem, ckn_error *error) {
    struct ckn_equations_state *state = problem->statistics;
    ckn_equations *statistics = &state->statistics;
    static const char what[] = "the statistics";
    size_t taps = ckn_problem_taps(problem);
    statistics->taps = taps;
    statistics->kernel = problem->kernel;
    CKN_TRY(ckn_symmetric_create(&statistics->gram, taps, what, error));
    CKN_TRY(ckn_symmetric_create(&state->factor, taps, what, error));
    CKN_TRY(ckn_allocate(&statistics->b, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&state->correlators, problem->pair_count, sizeof(ckn_correlator *), what,
                         error));
    state->background = CKN_BACKGROUND_NONE;
    if (problem->reweighable)
        CKN_TRY(ckn_kept_sums_create(&state->sums, problem, error));
    if (ckn_term_count(problem->background) > 0)
        CKN_TRY(ckn_terms_create(&state->terms, problem->pair_count, taps,
                                 ckn_term_count(problem->background), error));
    for (size_t i = 0; i < problem->pair_count; i++) {
        size_t first = first_alike(problem, i);
        if (first < i)
            state->correlators[i] = state->correlators[first];
        else
            CKN_TRY(ckn_correlation_plan(problem, problem->pairs[i].x_shape, &state->correlators[i],
                                         error));
    }
    return CKN_OK;
}

/* Whether `extra` bytes of work space fit beside the statistics. */
static bool fit_with(const ckn_problem *problem, size_t extra) {
    const size_t bytes = ckn_equations_bytes(problem->kernel);
    const size_t limit = ckn_equations_limit(problem->memory_limit);
    return bytes <= limit && extra <= limit - bytes;
}

bool ckn_equations_fit(const ckn_problem *problem) {
    const size_t one_matrix = ckn_equations_bytes(problem->kernel) / 2;
    return fit_with(problem, problem->reweighable ? one_matrix : 0);
}

bool ckn_equations_fit_nonnegative(const ckn_problem *problem) {
    size_t extra;
    return ckn_nnls_bytes(ckn_problem_taps(problem), &extra) && fit_with(problem, extra);
}

bool ckn_equations_fit_minimum_norm(const ckn_problem *problem) {
    size_t extra;
    return ckn_minimum_norm_bytes(ckn_problem_taps(problem), &extra) && fit_with(problem, extra);
}

ckn_code ckn_equations_prepare(ckn_problem *problem, ckn_error *error) {
    if (problem->statistics)
        return CKN_OK;
    if (!ckn_equations_fit(problem))
        return ckn_fail(error, CKN_ERROR_MEMORY,
                        "the statistics of a kernel of %zu x %zu take %zu bytes, more than the "
                        "%zu allowed; use a smaller kernel or a larger --memory-limit, or "
                        "--solver cg or fista with --engine fft, which know no prior and (but on "
                        "the simplex) no gap",
                        problem->kernel.cols, problem->kernel.rows,
                        ckn_equations_bytes(problem->kernel),
                        ckn_equations_limit(problem->memory_limit));
    CKN_TRY(ckn_allocate(&problem->statistics, 1, sizeof *problem->statistics, "the statistics",
                         error));
    ckn_code code = allocate(problem, error);
    if (code != CKN_OK)
        ckn_equations_release(problem);
    return code;
}

void ckn_equations_release(ckn_problem *problem) {
    struct ckn_equations_state *state = problem->statistics;
    if (!state)
        return;
    for (size_t i = 0; state->correlators && i < problem->pair_count; i++) {
        if (first_alike(problem, i) == i)
            problem->backend->ops->correlator_destroy(problem->backend, state->correlators[i]);
    }
    ckn_symmetric_release(&state->statistics.gram);
    ckn_symmetric_release(&state->factor);
    free(state->kept);
    ckn_terms_destroy(state->terms, problem->pair_count);
    ckn_kept_sums_release(&state->sums);
    free(state->statistics.b);
    free(state->correlators);
    free(state);
    problem->statistics = NULL;
}

/* The sums over all windows of a pair. */
static ckn_code add_all_windows(ckn_problem *problem, size_t index, ckn_error *error) {
    struct ckn_equations_state *state = problem->statistics;
    const ckn_rectangle whole = {0, 0, problem->kernel};
    ckn_pair_sums sums = {.valid = {0, 0}};
    ckn_code code = ckn_pair_sums_create(&sums, problem, index, state->correlators[index], error);
    state->statistics.square += sums.correlations.square;
    if (code == CKN_OK)
        code =
            ckn_pair_sums_add(&sums, &whole, &state->statistics.gram, state->statistics.b, error);
    ckn_pair_sums_release(&sums);
    if (code == CKN_OK && state->terms)
        code = ckn_terms_add_images(problem, index, &state->terms[index], error);
    return code;
}

static ckn_code add_pair(ckn_problem *problem, size_t index, ckn_error *error) {
    struct ckn_equations_state *state = problem->statistics;
    const ckn_problem_pair *pair = &problem->pairs[index];
    double plan = 0, seconds = 0;
    ckn_correlation_choose(problem->backend, pair->x_shape, problem->kernel, &plan, &seconds);
    const bool all = ckn_equations_prefer_all(pair, ckn_problem_taps(problem), seconds, &seconds);
    if (all)
        CKN_TRY(add_all_windows(problem, index, error));
    if (all && pair->uneven == 0)
        return CKN_OK;
    ckn_log_line(&problem->backend->log, CKN_LOG_VERBOSE,
                 "weights: %zu of %zu windows %s one by one (predicted %.3g s)",
                 all ? pair->uneven : pair->used, ckn_shape_count(pair->y_shape),
                 all ? "corrected" : "summed", seconds);
    return ckn_window_sums_add(problem, index, &(ckn_rectangle){0, 0, problem->kernel}, NULL, all,
                               &state->statistics, state->terms ? &state->terms[index] : NULL,
                               error);
}

/* Decides on the background, and takes it out of the normal equations. */
static ckn_code settle_background(ckn_problem *problem, ckn_error *error) {
    struct ckn_equations_state *state = problem->statistics;
    ckn_equations *statistics = &state->statistics;
    state->background = problem->background;
    statistics->terms = 0;
    if (!state->terms)
        return CKN_OK;
    if (problem->background == CKN_BACKGROUND_AUTO) {
        bool significant = problem->fits_pedestal;
        if (!significant)
            CKN_TRY(ckn_background_test(problem, statistics, state->terms, &state->factor,
                                        &significant, error));
        state->background = significant ? CKN_BACKGROUND_CONSTANT : CKN_BACKGROUND_NONE;
        if (!significant)
            return CKN_OK;
    }
    for (size_t i = 0; i < problem->pair_count; i++)
        CKN_TRY(ckn_terms_eliminate(&state->terms[i], statistics, error));
    return CKN_OK;
}

/* What an older prior kept belongs to a matrix that is gone. */
static void forget_prior(struct ckn_equations_state *state) {
    free(state->kept);
    state->kept = NULL;
    state->statistics.prior = CKN_PRIOR_NONE;
    state->statistics.weight = 0;
}

static void clear(struct ckn_equations_state *state, size_t pair_count) {
    ckn_equations *statistics = &state->statistics;
    for (size_t i = 0; state->terms && i < pair_count; i++)
        ckn_terms_clear(&state->terms[i], statistics->taps);
    statistics->square = 0;
    for (size_t tap = 0; tap < statistics->taps; tap++)
        statistics->b[tap] = 0;
    ckn_symmetric_clear(&statistics->gram);
}

ckn_code ckn_equations_of_pair(ckn_problem *problem, size_t index, ckn_symmetric *gram, double *b,
                               ckn_error *error) {
    CKN_TRY(ckn_equations_prepare(problem, error));
    struct ckn_equations_state *state = problem->statistics;
    state->upload = 0;
    forget_prior(state);
    clear(state, problem->pair_count);
    CKN_TRY(add_pair(problem, index, error));
    if (state->terms)
        CKN_TRY(ckn_terms_eliminate(&state->terms[index], &state->statistics, error));
    ckn_symmetric_copy(gram, &state->statistics.gram);
    memcpy(b, state->statistics.b, state->statistics.taps * sizeof *b);
    return CKN_OK;
}

ckn_background ckn_equations_background(const ckn_problem *problem) {
    return problem->statistics ? problem->statistics->background : CKN_BACKGROUND_NONE;
}

ckn_code ckn_equations_recover_background(ckn_problem *problem, const double *h, ckn_error *error) {
    if (problem->background == CKN_BACKGROUND_NONE)
        return CKN_OK;
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    const struct ckn_equations_state *state = problem->statistics;
    for (size_t i = 0; i < problem->pair_count; i++)
        memset(problem->pairs[i].background, 0, sizeof problem->pairs[i].background);
    for (size_t i = 0; i < problem->pair_count && statistics->terms > 0; i++)
        ckn_terms_solve(&state->terms[i], statistics->taps, state->terms[i].rhs, h,
                        problem->pairs[i].background);
    return CKN_OK;
}

const ckn_pair_terms *ckn_equations_terms(const ckn_problem *problem, size_t index) {
    const struct ckn_equations_state *state = problem->statistics;
    return state->statistics.terms > 0 ? &state->terms[index] : NULL;
}

static ckn_code check_finite(const struct ckn_equations_state *state, ckn_error *error) {
    if (!isfinite(ckn_symmetric_norm(&state->statistics.gram)) ||
        !isfinite(state->statistics.square))
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the correlations of the images are not finite: they hold values too far "
                        "apart for the device; scale them");
    return CKN_OK;
}

/* All sums; of images whose weights alone changed, the changes. */
static ckn_code sum_up(ckn_problem *problem, ckn_error *error) {
    struct ckn_equations_state *state = problem->statistics;
    const bool changes = problem->reweighable && state->upload == problem->uploads;
    state->upload = 0;
    forget_prior(state);
    if (changes)
        CKN_TRY(
            ckn_kept_sums_update(&state->sums, problem, &state->statistics, state->terms, error));
    else {
        clear(state, problem->pair_count);
        for (size_t i = 0; i < problem->pair_count; i++)
            CKN_TRY(add_pair(problem, i, error));
    }
    if (problem->reweighable)
        ckn_kept_sums_store(&state->sums, problem, &state->statistics);
    return CKN_OK;
}

/* From sums to equations: the background is taken out, the prior put in. */
static ckn_code settle(ckn_problem *problem, ckn_error *error) {
    struct ckn_equations_state *state = problem->statistics;
    ckn_equations *statistics = &state->statistics;
    CKN_TRY(settle_background(problem, error));
    statistics->mean_diagonal = ckn_symmetric_mean_diagonal(&statistics->gram);
    CKN_TRY(check_finite(state, error));
    statistics->square = fmax(0, statistics->square); /* a difference, where terms were taken out */
    CKN_TRY(ckn_equations_penalise(problem, problem->prior,
                                   problem->lambda * statistics->mean_diagonal, error));
    state->upload = problem->uploads;
    state->weighing = problem->weighings;
    return CKN_OK;
}

static ckn_code compute(ckn_problem *problem, ckn_error *error) {
    struct ckn_equations_state *state = problem->statistics;
    double start = ckn_seconds();
    CKN_TRY(sum_up(problem, error));
    CKN_TRY(settle(problem, error));
    state->statistics.seconds = ckn_seconds() - start;
    return CKN_OK;
}

ckn_code ckn_equations_adopt(ckn_problem *problem, ckn_symmetric *gram, double *b, double square,
                             ckn_pair_terms *terms, ckn_error *error) {
    ckn_code code =
        ckn_allocate(&problem->statistics, 1, sizeof *problem->statistics, "the statistics", error);
    if (code != CKN_OK) {
        ckn_symmetric_release(gram);
        ckn_terms_destroy(terms, problem->pair_count);
        free(b);
        return code;
    }
    struct ckn_equations_state *state = problem->statistics;
    state->statistics = (ckn_equations){.taps = ckn_problem_taps(problem),
                                        .gram = *gram,
                                        .b = b,
                                        .square = square,
                                        .kernel = problem->kernel};
    state->terms = terms;
    state->background = CKN_BACKGROUND_NONE;
    CKN_TRY(ckn_symmetric_create(&state->factor, state->statistics.taps, "the statistics", error));
    return settle(problem, error);
}

ckn_code ckn_equations_penalise(ckn_problem *problem, ckn_prior prior, double weight,
                                ckn_error *error) {
    struct ckn_equations_state *state = problem->statistics;
    ckn_equations *statistics = &state->statistics;
    double *kept = NULL;
    const bool none = weight == 0 || !ckn_prior_is_quadratic(prior);
    if (!none)
        CKN_TRY(ckn_allocate(&kept, ckn_prior_entries(prior, problem->kernel), sizeof *kept,
                             "the prior", error));
    if (state->kept)
        ckn_prior_remove(&statistics->gram, statistics->prior, problem->kernel, state->kept);
    free(state->kept);
    state->kept = kept;
    statistics->prior = none ? CKN_PRIOR_NONE : prior;
    statistics->weight = none ? 0 : weight;
    if (!none)
        ckn_prior_add(&statistics->gram, prior, problem->kernel, weight, kept);
    state->norm = ckn_symmetric_norm(&statistics->gram);
    state->factored = false;
    return CKN_OK;
}

ckn_code ckn_equations_get(ckn_problem *problem, const ckn_equations **statistics,
                           ckn_error *error) {
    *statistics = NULL;
    CKN_TRY(ckn_equations_prepare(problem, error));
    const struct ckn_equations_state *state = problem->statistics;
    if (state->upload == 0 || state->upload != problem->uploads ||
        state->weighing != problem->weighings)
        CKN_TRY(compute(problem, error));
    *statistics = &problem->statistics->statistics;
    return CKN_OK;
}

ckn_code ckn_equations_factor(ckn_problem *problem, const ckn_symmetric **factor,
                              ckn_error *error) {
    const ckn_equations *statistics = NULL;
    *factor = NULL;
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    struct ckn_equations_state *state = problem->statistics;
    if (!state->factored) {
        state->condition = INFINITY;
        ckn_symmetric_copy(&state->factor, &statistics->gram);
        CKN_TRY(ckn_cholesky_factor(&state->factor, &state->definite, error));
        if (state->definite)
            CKN_TRY(ckn_equations_trust(&state->factor, state->norm, &state->condition,
                                        &state->definite, error));
        state->factored = true;
    }
    *factor = state->definite ? &state->factor : NULL;
    return CKN_OK;
}

ckn_code ckn_equations_condition(ckn_problem *problem, double *condition, ckn_error *error) {
    const ckn_symmetric *factor = NULL;
    *condition = INFINITY;
    CKN_TRY(ckn_equations_factor(problem, &factor, error));
    if (factor)
        *condition = problem->statistics->condition;
    return CKN_OK;
}

ckn_code ckn_equations_trust(const ckn_symmetric *factor, double norm, double *condition,
                             bool *trusted, ckn_error *error) {
    double own = INFINITY;
    CKN_TRY(ckn_cholesky_condition(factor, norm, &own, error));
    *trusted = own < 1 / ((double)factor->order * DBL_EPSILON);
    if (condition)
        *condition = fmax(own, 1);
    return CKN_OK;
}

ckn_code ckn_equations_warn_of_dynamic_range(ckn_problem *problem, ckn_error *error) {
    static const double wide = 1e8;
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    double low = INFINITY, high = 0;
    for (size_t tap = 0; tap < statistics->taps; tap++) {
        const double entry = *ckn_symmetric_at(&statistics->gram, tap, tap);
        low = fmin(low, entry);
        high = fmax(high, entry);
    }
    if (high > wide * low)
        ckn_log_line(&problem->backend->log, CKN_LOG_WARNING,
                     "some taps see samples %.1g times brighter than others do: digits of the "
                     "kernel are lost; clip or crop the brightest samples near the border",
                     sqrt(high / low));
    return CKN_OK;
}

ckn_code ckn_equations_minimum_norm(ckn_problem *problem, double *h, ckn_minimum_norm *figures,
                                    ckn_error *error) {
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    if (!ckn_equations_fit_minimum_norm(problem))
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the pair does not determine a kernel of %zu x %zu, and the eigenvalues "
                        "that would tell more take more than the %zu bytes allowed; use a smaller "
                        "kernel, a prior, or the cg solver",
                        problem->kernel.cols, problem->kernel.rows,
                        ckn_equations_limit(problem->memory_limit));
    return ckn_minimum_norm_solve(&statistics->gram, statistics->b, h, figures, error);
}

double ckn_equations_objective(const ckn_equations *statistics, const double *h, double *g) {
    double objective = 0.5 * statistics->square;
    ckn_symmetric_multiply(&statistics->gram, h, g);
    for (size_t tap = 0; tap < statistics->taps; tap++) {
        objective += h[tap] * (0.5 * g[tap] - statistics->b[tap]);
        g[tap] -= statistics->b[tap];
    }
    return fmax(objective, 0.5 * DBL_EPSILON * statistics->square);
}

ckn_code ckn_equations_evaluate(const ckn_equations *statistics, const double *h, double *objective,
                                ckn_error *error) {
    double *g = NULL;
    CKN_TRY(ckn_allocate(&g, statistics->taps, sizeof *g, "the objective", error));
    *objective = ckn_equations_objective(statistics, h, g);
    *objective -=
        0.5 * statistics->weight * ckn_prior_value(statistics->prior, statistics->kernel, h);
    free(g);
    return CKN_OK;
}

double ckn_equations_seconds(const ckn_problem *problem) {
    return problem->statistics ? problem->statistics->statistics.seconds : 0;
}

/* |h|' |G| |h| <= (sum |h|)^2 max G, and the largest entry of G lies on its diagonal. */
double ckn_equations_rounding(const ckn_equations *statistics, const double *h) {
    double sum = 0, largest = 0;
    for (size_t tap = 0; tap < statistics->taps; tap++) {
        sum += fabs(h[tap]);
        largest = fmax(largest, *ckn_symmetric_at(&statistics->gram, tap, tap));
    }
    return 0.25 * DBL_EPSILON * (statistics->square + sum * sum * largest);
}
