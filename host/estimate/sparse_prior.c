#include "estimate/sparse_prior.h"

#include "base/memory.h"
#include "dense/nnls.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool ckn_prior_is_sparse(ckn_prior prior) {
    return prior == CKN_PRIOR_L1 || prior == CKN_PRIOR_TV;
}

static void add_term(ckn_sparse_prior *sparse, size_t plus, size_t minus) {
    sparse->terms[sparse->term_count++] = (ckn_absolute_term){plus, minus};
}

/* Differences of neighbours, and of taps at the edge from the zero beyond it. */
static void list_differences(ckn_sparse_prior *sparse) {
    const ckn_shape kernel = sparse->kernel;
    for (size_t row = 0; row < kernel.rows; row++) {
        for (size_t col = 0; col < kernel.cols; col++) {
            const size_t tap = row * kernel.cols + col;
            add_term(sparse, tap, col + 1 < kernel.cols ? tap + 1 : SIZE_MAX);
            add_term(sparse, tap, row + 1 < kernel.rows ? tap + kernel.cols : SIZE_MAX);
            if (col == 0)
                add_term(sparse, tap, SIZE_MAX);
            if (row == 0)
                add_term(sparse, tap, SIZE_MAX);
        }
    }
}

static ckn_code allocate(ckn_sparse_prior *sparse, ckn_error *error) {
    static const char what[] = "the prior";
    const ckn_shape kernel = sparse->kernel;
    const size_t taps = ckn_shape_count(kernel);
    const size_t most = sparse->prior == CKN_PRIOR_L1 ? taps : 2 * taps + kernel.rows + kernel.cols;
    CKN_TRY(ckn_allocate(&sparse->terms, most, sizeof *sparse->terms, what, error));
    CKN_TRY(ckn_allocate(&sparse->flat, most, sizeof *sparse->flat, what, error));
    CKN_TRY(ckn_allocate(&sparse->slope, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&sparse->shifted_b, taps, sizeof(double), what, error));
    return ckn_allocate(&sparse->plateau, taps, sizeof(size_t), what, error);
}

ckn_code ckn_sparse_prior_create(ckn_sparse_prior *sparse, ckn_prior prior, ckn_shape kernel,
                                 ckn_error *error) {
    *sparse = (ckn_sparse_prior){.prior = prior, .kernel = kernel};
    ckn_code code = allocate(sparse, error);
    if (code != CKN_OK) {
        ckn_sparse_prior_release(sparse);
        return code;
    }
    if (prior == CKN_PRIOR_TV)
        list_differences(sparse);
    for (size_t tap = 0; prior == CKN_PRIOR_L1 && tap < ckn_shape_count(kernel); tap++)
        add_term(sparse, tap, SIZE_MAX);
    return CKN_OK;
}

void ckn_sparse_prior_release(ckn_sparse_prior *sparse) {
    free(sparse->terms);
    free(sparse->flat);
    free(sparse->slope);
    free(sparse->shifted_b);
    free(sparse->plateau);
    ckn_absolute_waypoint_release(&sparse->waypoint);
    *sparse = (ckn_sparse_prior){0};
}

/* On taps that are not negative, the sum of magnitudes is the sum: linear, and on the simplex
 * constant. */
static ckn_code solve_linear(ckn_sparse_prior *sparse, const ckn_equations *statistics,
                             bool simplex, double weight, double *h, ckn_error *error) {
    ckn_nnls_report report;
    for (size_t tap = 0; tap < statistics->taps; tap++) {
        sparse->slope[tap] = weight;
        sparse->shifted_b[tap] = statistics->b[tap] - weight;
    }
    CKN_TRY(ckn_nnls_solve(&statistics->gram, sparse->shifted_b, simplex, h, NULL, NULL, &report,
                           error));
    for (size_t tap = 0; tap < statistics->taps; tap++)
        sparse->flat[tap] = !(h[tap] > 0);
    sparse->iterations = report.iterations;
    sparse->optimal = report.optimal;
    return CKN_OK;
}

ckn_code ckn_sparse_prior_solve(ckn_sparse_prior *sparse, const ckn_equations *statistics,
                                ckn_constraint constraint, double weight, double accuracy,
                                double *h, ckn_error *error) {
    const bool simplex = constraint == CKN_CONSTRAINT_SIMPLEX;
    const bool constrained = constraint != CKN_CONSTRAINT_NONE;
    if (sparse->prior == CKN_PRIOR_L1 && constrained)
        return solve_linear(sparse, statistics, simplex, weight, h, error);
    const ckn_absolute_problem problem = {.matrix = &statistics->gram,
                                          .b = statistics->b,
                                          .weight = weight,
                                          .accuracy = accuracy,
                                          .terms = sparse->terms,
                                          .term_count = sparse->term_count,
                                          .nonnegative = constrained,
                                          .sum_is_one = simplex,
                                          .waypoint = accuracy > 0 ? &sparse->waypoint : NULL};
    ckn_absolute_answer answer = {.h = h, .slope = sparse->slope, .flat = sparse->flat};
    CKN_TRY(ckn_absolute_solve(&problem, &answer, error));
    sparse->iterations = answer.iterations;
    sparse->optimal = answer.optimal;
    return CKN_OK;
}

double ckn_sparse_prior_value(const ckn_sparse_prior *sparse, double weight, const double *h) {
    double sum = 0;
    for (size_t j = 0; j < sparse->term_count; j++) {
        const ckn_absolute_term *term = &sparse->terms[j];
        sum += fabs(h[term->plus] - (term->minus == SIZE_MAX ? 0 : h[term->minus]));
    }
    return weight * sum;
}

/* The tap that stands for the plateau of `tap`; SIZE_MAX for that of zero. */
static size_t root_of(size_t *plateau, size_t tap) {
    while (tap != SIZE_MAX && plateau[tap] != tap) {
        const size_t above = plateau[tap];
        if (above != SIZE_MAX)
            plateau[tap] = plateau[above]; /* halves the way for the next one */
        tap = above;
    }
    return tap;
}

/* Joins the plateaus on both sides of each flat term, and counts those that are left. */
double ckn_sparse_prior_freedom(ckn_sparse_prior *sparse, const double *h) {
    const size_t taps = ckn_shape_count(sparse->kernel);
    size_t *plateau = sparse->plateau, count = 0;
    for (size_t tap = 0; tap < taps; tap++)
        plateau[tap] = h[tap] == 0 ? SIZE_MAX : tap;
    for (size_t j = 0; j < sparse->term_count; j++) {
        if (!sparse->flat[j])
            continue;
        const size_t a = root_of(plateau, sparse->terms[j].plus);
        const size_t b = root_of(plateau, sparse->terms[j].minus);
        if (a == b)
            continue;
        if (a != SIZE_MAX)
            plateau[a] = b; /* b may be that of zero */
        else
            plateau[b] = SIZE_MAX;
    }
    for (size_t tap = 0; tap < taps; tap++)
        count += plateau[tap] == tap;
    return (double)count;
}
