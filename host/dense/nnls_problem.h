/* What the two methods of nnls.h share: the problem, its state, the test of optimality. */
#ifndef CKN_DENSE_NNLS_PROBLEM_H
#define CKN_DENSE_NNLS_PROBLEM_H

#include "dense/free_set.h"
#include "dense/nnls.h"

typedef struct ckn_nnls {
    const ckn_symmetric *matrix;
    const double *b;
    bool sum_is_one;
    double *h;       /* the caller's; exactly 0 for taps that are held */
    bool *is_free;   /* taps that may differ from zero */
    double *root;    /* square roots of the lifted diagonal: the norms of the columns */
    double *descent; /* b - A h - multiplier: positive where a held tap wants to grow */
    double *target;  /* the answer on the free set, without its bounds */
    bool *blocked;   /* taps that the active set has tried in vain since it last moved */
    double size;     /* descent[i] is known to about eps size root[i] */
    ckn_free_set set;
    ckn_nnls_progress_fn progress;
    void *user;
    ckn_nnls_report *report;
} ckn_nnls;

/* Relative to the terms that cancel in the descent: the largest sum of rounding errors that was
 * seen is about a tenth. By convexity, taps held with less cost no more than this share of b'h. */
#define CKN_NNLS_TOLERANCE 1e-14

/* Brings descent, multiplier and size up to h and is_free. */
void ckn_nnls_update(ckn_nnls *problem);
/* True where the held tap would lower the objective by growing. */
static inline bool ckn_nnls_wants_in(const ckn_nnls *problem, size_t tap) {
    return problem->descent[tap] > CKN_NNLS_TOLERANCE * problem->size * problem->root[tap];
}
/* h = the vertex of the simplex with the least objective. */
void ckn_nnls_vertex(ckn_nnls *problem);
/* Counts an iteration and reports it. */
ckn_code ckn_nnls_tick(ckn_nnls *problem, size_t free_count, ckn_error *error);

/* A guess of the free taps: those that are positive in the ridge regression with no bounds, found
 * in single precision, which is all that a guess needs. Singular matrices have one too. */
void ckn_nnls_guess(ckn_nnls *problem);
/* Block principal pivoting from the guess in is_free: whole groups of taps change sides, so that a
 * handful of factorisations does (Portugal, Judice & Vicente, Math. Comp. 63, 1994; Kim & Park,
 * SIAM J. Sci. Comput. 33(6), 2011). *settled where h is the answer; else h is a better guess,
 * some of it negative. */
ckn_code ckn_nnls_blocks(ckn_nnls *problem, bool *settled, ckn_error *error);
/* Primal active set from the positive taps of h: one tap at a time enters or leaves, and the
 * objective falls at every step, so that it ends (Lawson & Hanson, Solving Least Squares Problems,
 * 1974, chapter 23, on the normal equations and with updated factors). */
ckn_code ckn_nnls_active_set(ckn_nnls *problem, ckn_error *error);

#endif
