#include "dense/nnls_problem.h"

enum {
    PATIENCE = 3, /* exchanges that may fail to lower the number of wrong taps */
    ROUNDS = 100  /* more have not been seen */
};

/* h = the answer on the free set, whatever its signs. False where there is none. */
static bool solve(ckn_nnls *problem) {
    if (!ckn_free_set_assign(&problem->set, problem->is_free) ||
        (problem->set.count == 0 && problem->sum_is_one))
        return false;
    for (size_t tap = 0; tap < problem->matrix->order; tap++)
        problem->h[tap] = 0.0;
    ckn_free_set_solve(&problem->set, problem->b, problem->sum_is_one, problem->h);
    ckn_nnls_update(problem);
    return true;
}

/* Moves every tap that is on the wrong side, and says how many there were. */
static size_t exchange(ckn_nnls *problem) {
    size_t wrong = 0;
    for (size_t tap = 0; tap < problem->matrix->order; tap++) {
        bool moves =
            problem->is_free[tap] ? !(problem->h[tap] > 0.0) : ckn_nnls_wants_in(problem, tap);
        if (moves) {
            problem->is_free[tap] = !problem->is_free[tap];
            wrong++;
        }
    }
    return wrong;
}

ckn_code ckn_nnls_blocks(ckn_nnls *problem, bool *settled, ckn_error *error) {
    size_t fewest = problem->matrix->order + 1;
    int patience = PATIENCE;
    *settled = false;
    for (int round = 0; round < ROUNDS && patience >= 0; round++) {
        if (!solve(problem))
            return CKN_OK;
        CKN_TRY(ckn_nnls_tick(problem, problem->set.count, error));
        size_t wrong = exchange(problem);
        if (wrong == 0) {
            *settled = true;
            return CKN_OK;
        }
        patience = wrong < fewest ? PATIENCE : patience - 1;
        fewest = wrong < fewest ? wrong : fewest;
    }
    return CKN_OK;
}
