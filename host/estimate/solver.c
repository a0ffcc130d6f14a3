#include "estimate/solver.h"

#include <math.h>

static const ckn_solver_ops *const solvers[] = {
    &ckn_solver_exact, &ckn_solver_nnls,     &ckn_solver_fista,    &ckn_solver_gd,
    &ckn_solver_cg,    &ckn_solver_division, &ckn_solver_automatic};

const ckn_solver_ops *ckn_solver_find(ckn_solver solver) {
    for (size_t i = 0; i < sizeof solvers / sizeof solvers[0]; i++) {
        if (solvers[i]->solver == solver)
            return solvers[i];
    }
    return NULL;
}

const char *ckn_solver_name(ckn_solver solver) {
    const ckn_solver_ops *found = ckn_solver_find(solver);
    return found ? found->name : "unknown";
}

bool ckn_solver_is_constrained(const ckn_estimate_options *options) {
    return options->constraint == CKN_CONSTRAINT_NONNEG ||
           options->constraint == CKN_CONSTRAINT_SIMPLEX;
}

ckn_code ckn_solver_needs_gram(const ckn_estimate_options *options, const char *name,
                               ckn_error *error) {
    if (options->engine == CKN_ENGINE_AUTO || options->engine == CKN_ENGINE_GRAM)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_ARGUMENT,
                    "the solver %s works on the statistics: leave the engine %s out, or use cg or "
                    "fista",
                    name, ckn_engine_name(options->engine));
}

ckn_code ckn_solver_report_phase(const ckn_estimate_options *options, ckn_phase phase,
                                 size_t iteration, size_t iterations, ckn_error *error) {
    const ckn_progress progress = {
        .phase = phase, .iteration = iteration, .iterations = iterations};
    if (options->progress && options->progress(options->progress_user, &progress))
        return ckn_fail(error, CKN_ERROR_CANCELLED, "cancelled before the kernel was found");
    return CKN_OK;
}

ckn_code ckn_solver_report_iteration(const ckn_problem *problem,
                                     const ckn_estimate_options *options, size_t iteration,
                                     double objective, double step, bool restarted,
                                     ckn_error *error) {
    const double y_scale = problem->units.y_scale;
    const ckn_progress progress = {
        .phase = CKN_PHASE_ITERATE,
        .iteration = iteration,
        .iterations = options->iterations,
        .objective = objective / y_scale / y_scale,
        .residual_norm = sqrt(2 * objective) / y_scale,
        .step = step,
        .restarted = restarted,
    };
    if (options->progress && options->progress(options->progress_user, &progress))
        return ckn_fail(error, CKN_ERROR_CANCELLED, "cancelled after %zu of %zu iterations",
                        iteration, options->iterations);
    return CKN_OK;
}
