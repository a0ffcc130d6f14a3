#include "dense/nnls_problem.h"

#include <math.h>
#include <string.h>

static void hold(ckn_nnls *problem, size_t position) {
    size_t tap = problem->set.taps[position];
    problem->h[tap] = 0.0;
    problem->is_free[tap] = false;
    ckn_free_set_remove(&problem->set, position);
}

/* Share of the way from h to the target at which the first free tap reaches zero; at most 1. */
static double first_bound(const ckn_nnls *problem) {
    double share = 1.0;
    for (size_t i = 0; i < problem->set.count; i++) {
        size_t tap = problem->set.taps[i];
        double h = problem->h[tap], target = problem->target[tap];
        if (!(target > 0.0))
            share = fmin(share, h / (h - target));
    }
    return share;
}

/* Walks to the minimum over the free taps, dropping those that reach zero on the way. */
static void descend(ckn_nnls *problem) {
    const ckn_free_set *set = &problem->set;
    while (set->count > 0) {
        ckn_free_set_solve(set, problem->b, problem->sum_is_one, problem->target);
        double share = first_bound(problem);
        size_t before = set->count;
        for (size_t i = before; i-- > 0;) {
            size_t tap = set->taps[i];
            double h = problem->h[tap], target = problem->target[tap];
            bool reaches = !(target > 0.0) && h / (h - target) <= share;
            problem->h[tap] = h + share * (target - h);
            if (reaches || !(problem->h[tap] > 0.0))
                hold(problem, i);
        }
        if (set->count == before)
            return;
    }
}

/* The held tap whose growth promises most; order where there is none. */
static size_t best_entry(const ckn_nnls *problem) {
    size_t best = problem->matrix->order;
    double most = 0.0;
    for (size_t tap = 0; tap < problem->matrix->order; tap++) {
        if (problem->is_free[tap] || problem->blocked[tap] || !ckn_nnls_wants_in(problem, tap))
            continue;
        double promise = problem->descent[tap] / problem->root[tap];
        if (promise > most) {
            most = promise;
            best = tap;
        }
    }
    return best;
}

/* Frees the tap where that lets it grow. */
static bool enter(ckn_nnls *problem, size_t tap) {
    ckn_free_set *set = &problem->set;
    if (!ckn_free_set_append(set, tap))
        return false;
    ckn_free_set_solve(set, problem->b, problem->sum_is_one, problem->target);
    if (!(problem->target[tap] > 0.0)) { /* its promise was rounding error */
        ckn_free_set_remove(set, set->count - 1);
        return false;
    }
    problem->is_free[tap] = true;
    return true;
}

/* A point that satisfies the constraints, and its factor: the positive taps of the guess. */
static void start(ckn_nnls *problem) {
    size_t n = problem->matrix->order;
    double sum = 0.0;
    for (size_t tap = 0; tap < n; tap++)
        problem->is_free[tap] = problem->h[tap] > 0.0;
    bool sound = ckn_free_set_assign(&problem->set, problem->is_free);
    for (size_t tap = 0; tap < n; tap++) {
        problem->is_free[tap] = problem->is_free[tap] && sound;
        problem->h[tap] = problem->is_free[tap] ? problem->h[tap] : 0.0;
        sum += problem->h[tap];
    }
    if (!problem->sum_is_one)
        return;
    if (sum > 0.0 && isfinite(sum)) {
        for (size_t tap = 0; tap < n; tap++)
            problem->h[tap] /= sum;
        return;
    }
    ckn_nnls_vertex(problem);
    ckn_free_set_assign(&problem->set, problem->is_free);
}

ckn_code ckn_nnls_active_set(ckn_nnls *problem, ckn_error *error) {
    size_t n = problem->matrix->order;
    start(problem);
    descend(problem);
    memset(problem->blocked, 0, n * sizeof *problem->blocked);
    for (size_t limit = 10 * n + 100; limit > 0; limit--) {
        ckn_nnls_update(problem);
        CKN_TRY(ckn_nnls_tick(problem, problem->set.count, error));
        size_t tap = best_entry(problem);
        while (tap < n && !enter(problem, tap)) {
            problem->blocked[tap] = true;
            tap = best_entry(problem);
        }
        if (tap == n)
            return CKN_OK;
        descend(problem);
        memset(problem->blocked, 0, n * sizeof *problem->blocked);
    }
    return CKN_OK;
}
