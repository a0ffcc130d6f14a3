#include "estimate/solver.h"

static const ckn_solver_ops *const solvers[] = {&ckn_solver_exact, &ckn_solver_nnls,
                                                &ckn_solver_fista, &ckn_solver_gd,
                                                &ckn_solver_cg,    &ckn_solver_division};

const ckn_solver_ops *ckn_solver_find(ckn_solver solver) {
    for (size_t i = 0; i < sizeof solvers / sizeof solvers[0]; i++) {
        if (solvers[i]->solver == solver)
            return solvers[i];
    }
    return NULL;
}

const char *ckn_solver_name(ckn_solver solver) {
    const ckn_solver_ops *found = ckn_solver_find(solver);
    if (solver == CKN_SOLVER_AUTO)
        return "auto";
    return found ? found->name : "unknown";
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
