/* Solver `auto` on the statistics: chooses what the options leave open (constraint, prior, its
 * weight) from the data, then lets `exact` or `nnls` solve. */
#include "estimate/selection.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

struct ckn_solver_state {
    ckn_operator *op;
    const ckn_estimate_options *options;
    ckn_estimate_options chosen;    /* with the constraint that was chosen */
    ckn_solver_state *exact, *nnls; /* NULL where the constraint rules it out */
    const ckn_selection *made;      /* elsewhere; NULL: the choice is made here */
    ckn_selection selection;
    ckn_trials trials; /* that solve for a sparse prior */
};

static void destroy(ckn_solver_state *state) {
    if (state->exact)
        ckn_solver_exact.destroy(state->exact);
    if (state->nnls)
        ckn_solver_nnls.destroy(state->nnls);
    ckn_trials_release(&state->trials);
    free(state);
}

static ckn_code create(ckn_operator *op, const ckn_estimate_options *options,
                       ckn_solver_state **out, ckn_error *error) {
    ckn_solver_state *state = NULL;
    CKN_TRY(ckn_allocate(&state, 1, sizeof *state, "the automatic choice", error));
    state->op = op;
    state->options = options;
    state->chosen = *options;
    const ckn_constraint constraint = options->constraint;
    const bool open = constraint == CKN_CONSTRAINT_AUTO;
    ckn_code code = CKN_OK;
    if (open || constraint == CKN_CONSTRAINT_NONE)
        code = ckn_solver_exact.create(op, &state->chosen, &state->exact, error);
    if (code == CKN_OK && constraint != CKN_CONSTRAINT_NONE)
        code = ckn_solver_nnls.create(op, &state->chosen, &state->nnls, error);
    if (code != CKN_OK) {
        destroy(state);
        return code;
    }
    *out = state;
    return CKN_OK;
}

static void say(const ckn_solver_state *state) {
    const ckn_selection *selection = &state->selection;
    const ckn_log *log = &state->op->problem->backend->log;
    if (isfinite(selection->sign_excess))
        ckn_log_line(log, CKN_LOG_VERBOSE,
                     "constraint %s: without negative taps the residual grows %.2g standard "
                     "deviations beyond what noise makes of it",
                     ckn_constraint_name(selection->model.constraint), selection->sign_excess);
    ckn_log_line(log, CKN_LOG_VERBOSE, "prior %s, lambda %.3g, after %zu fits",
                 ckn_prior_name(selection->model.prior), selection->lambda, selection->trial_count);
    if (selection->rank > 0 && selection->rank < ckn_problem_taps(state->op->problem) &&
        selection->model.weight > 0)
        ckn_log_line(log, CKN_LOG_WARNING,
                     "to working precision the pair determines %zu of the %zu taps: a prior makes "
                     "up for what the images do not tell; use a smaller kernel, or a sharp image "
                     "with more detail",
                     selection->rank, ckn_problem_taps(state->op->problem));
}

/* The interior point method's answer, with what certifies it. */
static ckn_code solve_sparse(ckn_solver_state *state, ckn_solve_report *report, ckn_error *error) {
    const ckn_model *model = &state->selection.model;
    ckn_trials *trials = &state->trials;
    ckn_fit fit;
    double product = 0;
    ckn_trials_release(trials);
    CKN_TRY(ckn_trials_create(trials, state->op->problem, state->options, error));
    trials->accuracy = 0;
    CKN_TRY(ckn_trial_fit(trials, model, &fit, error));
    for (size_t tap = 0; tap < trials->statistics->taps; tap++)
        product += trials->sparse.slope[tap] * trials->h[tap];
    report->slope = trials->sparse.slope;
    report->slope_gap =
        fmax(0, ckn_sparse_prior_value(&trials->sparse, model->weight, trials->h) - product);
    report->iterations = trials->sparse.iterations;
    report->stop_reason = trials->sparse.optimal ? CKN_STOP_OPTIMAL : CKN_STOP_ITERATIONS;
    return ckn_operator_upload(state->op, trials->h, state->op->h, error);
}

static ckn_code solve(ckn_solver_state *state, ckn_solve_report *report, ckn_error *error) {
    CKN_TRY(state->made ? ckn_select_again(state->op->problem, state->options, state->made,
                                           &state->selection, error)
                        : ckn_select(state->op->problem, state->options, &state->selection, error));
    say(state);
    state->chosen.constraint = state->selection.model.constraint;
    if (ckn_prior_is_sparse(state->selection.model.prior) && state->selection.model.weight > 0)
        CKN_TRY(solve_sparse(state, report, error));
    else if (state->chosen.constraint == CKN_CONSTRAINT_NONE)
        CKN_TRY(ckn_solver_exact.solve(state->exact, report, error));
    else
        CKN_TRY(ckn_solver_nnls.solve(state->nnls, report, error));
    report->selection = &state->selection;
    if (state->selection.rank > 0) {
        report->rank = state->selection.rank;
        report->condition = state->selection.condition;
    }
    return CKN_OK;
}

void ckn_solver_automatic_take(ckn_solver_state *state, const ckn_selection *made) {
    state->made = made;
}

const ckn_solver_ops ckn_solver_automatic = {
    .solver = CKN_SOLVER_AUTO,
    .name = "auto",
    .create = create,
    .destroy = destroy,
    .solve = solve,
};
