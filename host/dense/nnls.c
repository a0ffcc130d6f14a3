#include "dense/nnls.h"
#include "base/memory.h"
#include "dense/nnls_problem.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "Working precision" of the report: five hundred times what the methods aim at. */
static const double proof_tolerance = 5e-12;

bool ckn_nnls_bytes(size_t order, size_t *bytes) {
    size_t set, rest;
    if (!ckn_free_set_bytes(order, &set) || !ckn_multiply(order, 3 * sizeof(double) + 2, &rest))
        return false;
    *bytes = set + rest;
    return *bytes >= set;
}

void ckn_nnls_update(ckn_nnls *problem) {
    size_t n = problem->matrix->order, free_count = 0;
    double sum = 0.0, terms = 0.0, largest = 0.0;
    ckn_symmetric_multiply(problem->matrix, problem->h, problem->descent);
    for (size_t tap = 0; tap < n; tap++) {
        problem->descent[tap] = problem->b[tap] - problem->descent[tap];
        terms += problem->root[tap] * fabs(problem->h[tap]);
        if (problem->root[tap] > 0.0)
            largest = fmax(largest, fabs(problem->b[tap]) / problem->root[tap]);
        if (problem->is_free[tap]) {
            sum += problem->descent[tap];
            free_count++;
        }
    }
    problem->size = terms + largest;
    if (!problem->sum_is_one || free_count == 0)
        return;
    double multiplier = sum / (double)free_count;
    for (size_t tap = 0; tap < n; tap++)
        problem->descent[tap] -= multiplier;
}

ckn_code ckn_nnls_tick(ckn_nnls *problem, size_t free_count, ckn_error *error) {
    problem->report->iterations++;
    if (problem->progress &&
        problem->progress(problem->user, problem->report->iterations, free_count))
        return ckn_fail(error, CKN_ERROR_CANCELLED,
                        "the non-negative solver was cancelled after %zu iterations",
                        problem->report->iterations);
    return CKN_OK;
}

static void destroy(ckn_nnls *problem) {
    ckn_free_set_destroy(&problem->set);
    free(problem->is_free);
    free(problem->blocked);
    free(problem->root);
    free(problem->descent);
    free(problem->target);
}

static ckn_code create(ckn_nnls *problem, ckn_error *error) {
    const char *what = "the non-negative solver";
    size_t n = problem->matrix->order;
    ckn_code code = ckn_free_set_create(&problem->set, problem->matrix, error);
    if (code == CKN_OK)
        code = ckn_allocate(&problem->is_free, n, sizeof *problem->is_free, what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&problem->blocked, n, sizeof *problem->blocked, what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&problem->root, n, sizeof *problem->root, what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&problem->descent, n, sizeof *problem->descent, what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&problem->target, n, sizeof *problem->target, what, error);
    if (code != CKN_OK)
        destroy(problem);
    return code;
}

/* What is not a number would pass for a singular matrix later. */
static ckn_code prepare(ckn_nnls *problem, ckn_error *error) {
    const ckn_symmetric *matrix = problem->matrix;
    if (!isfinite(ckn_symmetric_norm(matrix) + cblas_dasum((int)matrix->order, problem->b, 1)))
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the normal equations hold NaN, infinity or numbers that overflow");
    const double mean = ckn_symmetric_mean_diagonal(matrix);
    double lift = problem->sum_is_one ? mean : 0.0;
    for (size_t tap = 0; tap < matrix->order; tap++)
        problem->root[tap] = sqrt(fmax(0.0, *ckn_symmetric_at(matrix, tap, tap) + lift));
    problem->set.lift = lift;
    problem->set.mean_diagonal = mean;
    return CKN_OK;
}

void ckn_nnls_vertex(ckn_nnls *problem) {
    size_t n = problem->matrix->order, best = 0;
    double least = INFINITY;
    for (size_t tap = 0; tap < n; tap++) {
        double value = 0.5 * problem->root[tap] * problem->root[tap] - problem->b[tap];
        if (value < least) {
            least = value;
            best = tap;
        }
        problem->h[tap] = 0.0;
        problem->is_free[tap] = false;
    }
    problem->h[best] = 1.0;
    problem->is_free[best] = true;
}

/* On the simplex, rounding has left the sum a few eps away from 1. Only numbers that overflow on
 * the way leave no sum at all; the point that then stands in is feasible, and not called optimal
 * unless it is. */
static void finish(ckn_nnls *problem) {
    size_t n = problem->matrix->order;
    long double sum = 0.0L;
    for (size_t tap = 0; tap < n; tap++)
        sum += problem->h[tap];
    if (problem->sum_is_one && !(sum > 0.0L && isfinite(sum)))
        ckn_nnls_vertex(problem);
    else if (!isfinite(sum))
        memset(problem->h, 0, n * sizeof *problem->h);
    else if (problem->sum_is_one)
        for (size_t tap = 0; tap < n; tap++)
            problem->h[tap] = (double)(problem->h[tap] / sum);
}

static size_t count_free(const ckn_nnls *problem) {
    size_t count = 0;
    for (size_t tap = 0; tap < problem->matrix->order; tap++)
        count += problem->h[tap] > 0.0;
    return count;
}

static bool is_optimal(ckn_nnls *problem) {
    ckn_nnls_update(problem);
    for (size_t tap = 0; tap < problem->matrix->order; tap++) {
        double allowed = proof_tolerance * problem->size * problem->root[tap];
        double descent = problem->descent[tap];
        double excess = problem->is_free[tap] ? fabs(descent) : descent;
        if (!(excess <= allowed && problem->h[tap] >= 0.0))
            return false;
    }
    return true;
}

static ckn_code solve(ckn_nnls *problem, bool guessed, ckn_error *error) {
    bool settled = false;
    CKN_TRY(prepare(problem, error));
    if (!guessed)
        ckn_nnls_guess(problem);
    CKN_TRY(ckn_nnls_blocks(problem, &settled, error));
    if (!settled && guessed) { /* the active set would start from it, which may be far */
        ckn_nnls_guess(problem);
        CKN_TRY(ckn_nnls_blocks(problem, &settled, error));
    }
    if (!settled)
        CKN_TRY(ckn_nnls_active_set(problem, error));
    finish(problem);
    problem->report->free_count = count_free(problem);
    problem->report->optimal = is_optimal(problem);
    return CKN_OK;
}

ckn_code ckn_nnls_solve(const ckn_symmetric *matrix, const double *b, bool sum_is_one, double *h,
                        ckn_nnls_progress_fn progress, void *user, ckn_nnls_report *report,
                        ckn_error *error) {
    ckn_nnls problem = {
        .matrix = matrix,
        .b = b,
        .sum_is_one = sum_is_one,
        .h = h,
        .progress = progress,
        .user = user,
        .report = report,
    };
    *report = (ckn_nnls_report){0};
    memset(h, 0, matrix->order * sizeof *h);
    CKN_TRY(create(&problem, error));
    ckn_code code = solve(&problem, false, error);
    destroy(&problem);
    return code;
}

ckn_code ckn_nnls_continue(const ckn_symmetric *matrix, const double *b, bool sum_is_one, double *h,
                           ckn_nnls_report *report, ckn_error *error) {
    ckn_nnls problem = {
        .matrix = matrix, .b = b, .sum_is_one = sum_is_one, .h = h, .report = report};
    *report = (ckn_nnls_report){0};
    CKN_TRY(create(&problem, error));
    size_t free_count = 0;
    for (size_t tap = 0; tap < matrix->order; tap++)
        free_count += problem.is_free[tap] = h[tap] > 0;
    memset(h, 0, matrix->order * sizeof *h);
    ckn_code code = solve(&problem, free_count > 0, error);
    destroy(&problem);
    return code;
}
