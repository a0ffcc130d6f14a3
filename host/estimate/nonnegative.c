/* Solver `nnls`: the non-negative answer, or that on the simplex, from the statistics. */
#include "estimate/solver.h"

#include "base/memory.h"
#include "dense/nnls.h"
#include "statistics/equations.h"

#include <stdlib.h>

struct ckn_solver_state {
    ckn_operator *op;
    const ckn_estimate_options *options;
    double *h; /* K numbers */
};

static ckn_code check_options(const ckn_estimate_options *options, ckn_error *error) {
    return ckn_solver_needs_gram(options, "nnls", error);
}

static void destroy(ckn_solver_state *state) {
    free(state->h);
    free(state);
}

static ckn_code create(ckn_operator *op, const ckn_estimate_options *options,
                       ckn_solver_state **out, ckn_error *error) {
    ckn_solver_state *state = NULL;
    if (!ckn_equations_fit_nonnegative(op->problem))
        return ckn_fail(error, CKN_ERROR_MEMORY,
                        "the non-negative answer takes about twice the %zu bytes of the "
                        "statistics, more than the %zu allowed; use --solver fista, or a larger "
                        "--memory-limit",
                        ckn_equations_bytes(op->problem->kernel),
                        ckn_equations_limit(op->problem->memory_limit));
    CKN_TRY(ckn_allocate(&state, 1, sizeof *state, "the non-negative solver", error));
    state->op = op;
    state->options = options;
    ckn_code code =
        ckn_allocate(&state->h, ckn_problem_taps(op->problem), sizeof(double), "the kernel", error);
    if (code != CKN_OK) {
        destroy(state);
        return code;
    }
    *out = state;
    return CKN_OK;
}

static int watch(void *user, size_t iteration, size_t free_count) {
    const ckn_estimate_options *options = user;
    (void)free_count;
    return ckn_solver_report_phase(options, CKN_PHASE_FACTOR, iteration, 0, NULL) != CKN_OK;
}

static ckn_code solve(ckn_solver_state *state, ckn_solve_report *report, ckn_error *error) {
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_solver_report_phase(state->options, CKN_PHASE_FACTOR, 0, 0, error));
    CKN_TRY(ckn_equations_get(state->op->problem, &statistics, error));
    ckn_nnls_report found = {0, 0, false};
    bool simplex = state->options->constraint == CKN_CONSTRAINT_SIMPLEX;
    CKN_TRY(ckn_nnls_solve(&statistics->gram, statistics->b, simplex, state->h, watch,
                           (void *)state->options, &found, error));
    report->iterations = found.iterations;
    report->stop_reason = found.optimal ? CKN_STOP_OPTIMAL : CKN_STOP_ITERATIONS;
    return ckn_operator_upload(state->op, state->h, state->op->h, error);
}

const ckn_solver_ops ckn_solver_nnls = {
    .solver = CKN_SOLVER_NNLS,
    .name = "nnls",
    .check = check_options,
    .create = create,
    .destroy = destroy,
    .solve = solve,
};
