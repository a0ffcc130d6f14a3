/* Solver `exact`: the least-squares answer, G h = b by one Cholesky factorisation; by
 * eigenvalues, and of minimum norm, where the pairs do not determine the kernel. */
#include "estimate/solver.h"

#include "base/memory.h"
#include "dense/cholesky.h"
#include "statistics/equations.h"

#include <stdlib.h>
#include <string.h>

struct ckn_solver_state {
    ckn_operator *op;
    const ckn_estimate_options *options;
    double *h, *g; /* K numbers each */
};

static ckn_code check_options(const ckn_estimate_options *options, ckn_error *error) {
    if (ckn_solver_is_constrained(options))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the exact solver cannot keep the constraint '%s'; use nnls (or auto)",
                        ckn_constraint_name(options->constraint));
    return ckn_solver_needs_gram(options, "exact", error);
}

static void destroy(ckn_solver_state *state) {
    free(state->h);
    free(state->g);
    free(state);
}

static ckn_code create(ckn_operator *op, const ckn_estimate_options *options,
                       ckn_solver_state **out, ckn_error *error) {
    ckn_solver_state *state = NULL;
    size_t taps = ckn_problem_taps(op->problem);
    CKN_TRY(ckn_allocate(&state, 1, sizeof *state, "the exact solver", error));
    state->op = op;
    state->options = options;
    ckn_code code = ckn_allocate(&state->h, taps, sizeof(double), "the kernel", error);
    if (code == CKN_OK)
        code = ckn_allocate(&state->g, taps, sizeof(double), "the gradient", error);
    if (code != CKN_OK) {
        destroy(state);
        return code;
    }
    *out = state;
    return CKN_OK;
}

/* h = G^-1 b, with one step of refinement, which costs next to nothing beside the factor. */
static ckn_code solve_definite(ckn_solver_state *state, const ckn_equations *statistics,
                               const ckn_symmetric *factor, ckn_error *error) {
    size_t taps = statistics->taps;
    memcpy(state->h, statistics->b, taps * sizeof(double));
    CKN_TRY(ckn_cholesky_solve(factor, state->h, error));
    ckn_equations_objective(statistics, state->h, state->g);
    CKN_TRY(ckn_cholesky_solve(factor, state->g, error));
    for (size_t tap = 0; tap < taps; tap++)
        state->h[tap] -= state->g[tap];
    return CKN_OK;
}

static ckn_code solve_singular(ckn_solver_state *state, const ckn_equations *statistics,
                               ckn_solve_report *report, ckn_error *error) {
    ckn_problem *problem = state->op->problem;
    ckn_minimum_norm figures = {0, 0};
    CKN_TRY(ckn_solver_report_phase(state->options, CKN_PHASE_FACTOR, 1, 2, error));
    CKN_TRY(ckn_equations_minimum_norm(problem, state->h, &figures, error));
    report->rank = figures.rank;
    report->condition = figures.condition;
    if (figures.rank == statistics->taps) {
        ckn_log_line(&problem->backend->log, CKN_LOG_WARNING,
                     "the condition number %.2g leaves no digit of the kernel sure; use a prior, "
                     "--constraint nonneg, a smaller kernel, or a sharp image with more detail",
                     figures.condition);
        return CKN_OK;
    }
    ckn_log_line(&problem->backend->log, CKN_LOG_WARNING,
                 "to working precision the pair determines %zu of the %zu taps (condition number "
                 "%.2g): this is the "
                 "kernel of smallest norm among those that fit equally well; use a smaller kernel, "
                 "a prior, or a sharp image with more detail",
                 figures.rank, statistics->taps, figures.condition);
    return CKN_OK;
}

static ckn_code solve(ckn_solver_state *state, ckn_solve_report *report, ckn_error *error) {
    const ckn_equations *statistics = NULL;
    const ckn_symmetric *factor = NULL;
    CKN_TRY(ckn_solver_report_phase(state->options, CKN_PHASE_FACTOR, 0, 1, error));
    CKN_TRY(ckn_equations_get(state->op->problem, &statistics, error));
    CKN_TRY(ckn_equations_factor(state->op->problem, &factor, error));
    report->stop_reason = CKN_STOP_CLOSED_FORM;
    if (factor) {
        CKN_TRY(ckn_equations_condition(state->op->problem, &report->condition, error));
        report->rank = statistics->taps;
        CKN_TRY(solve_definite(state, statistics, factor, error));
    } else
        CKN_TRY(solve_singular(state, statistics, report, error));
    CKN_TRY(ckn_solver_report_phase(state->options, CKN_PHASE_FACTOR, 1, 1, error));
    return ckn_operator_upload(state->op, state->h, state->op->h, error);
}

const ckn_solver_ops ckn_solver_exact = {
    .solver = CKN_SOLVER_EXACT,
    .name = "exact",
    .check = check_options,
    .create = create,
    .destroy = destroy,
    .solve = solve,
};
