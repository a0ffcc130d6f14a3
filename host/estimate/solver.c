#include "estimate/solver.h"

static const ckn_solver_ops *const solvers[] = {&ckn_solver_fista, &ckn_solver_gd,
                                                &ckn_solver_division};

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
