/* The solvers: each leaves its kernel in op->h. A solver is one file that fills a
 * ckn_solver_ops, and one line in the table of solver.c. */
#ifndef CKN_ESTIMATE_SOLVER_H
#define CKN_ESTIMATE_SOLVER_H

#include "estimate/normal_operator.h"

typedef struct ckn_solver_state ckn_solver_state; /* each solver's own */

/* What there is to say about a solve. */
typedef struct ckn_solve_report {
    size_t iterations;
    size_t restarts;
    ckn_stop_reason stop_reason;
    double lipschitz;
    double step;
    size_t rank;         /* 0: not determined here */
    double condition;    /* where rank is set */
    const double *slope; /* of a sparse prior at the answer, K numbers (see ckn_absolute_answer), */
    double slope_gap;    /* and by how much it falls short of the prior's term; NULL: none */
    const struct ckn_selection *selection; /* what was chosen from the data; NULL: nothing was */
} ckn_solve_report;

typedef struct ckn_solver_ops {
    ckn_solver solver;
    const char *name;
    /* Refuses options that contradict this solver; NULL where none do. */
    ckn_code (*check)(const ckn_estimate_options *options, ckn_error *error);
    /* Allocates and plans; the options outlive the state. */
    ckn_code (*create)(ckn_operator *op, const ckn_estimate_options *options,
                       ckn_solver_state **state, ckn_error *error);
    void (*destroy)(ckn_solver_state *state);
    /* Uploads what the solver needs beyond the problem's own images; may be NULL. */
    ckn_code (*upload)(ckn_solver_state *state, const ckn_pair *pairs, ckn_error *error);
    ckn_code (*solve)(ckn_solver_state *state, ckn_solve_report *report, ckn_error *error);
} ckn_solver_ops;

extern const ckn_solver_ops ckn_solver_fista;
extern const ckn_solver_ops ckn_solver_gd;
extern const ckn_solver_ops ckn_solver_division;

extern const ckn_solver_ops ckn_solver_exact;
extern const ckn_solver_ops ckn_solver_nnls;
extern const ckn_solver_ops ckn_solver_cg;
extern const ckn_solver_ops ckn_solver_automatic;
/* It solves with a choice that was made on other windows of the same images; that outlives it. */
void ckn_solver_automatic_take(ckn_solver_state *state, const struct ckn_selection *made);

/* Whether a constraint was asked for. */
bool ckn_solver_is_constrained(const ckn_estimate_options *options);
/* Refuses the image engines for a solver that works on the statistics. */
ckn_code ckn_solver_needs_gram(const ckn_estimate_options *options, const char *name,
                               ckn_error *error);
/* Tells the caller's progress function; CKN_ERROR_CANCELLED where it asks to stop. */
ckn_code ckn_solver_report_phase(const ckn_estimate_options *options, ckn_phase phase,
                                 size_t iteration, size_t iterations, ckn_error *error);

/* The same for CKN_PHASE_ITERATE: the kernel after `iteration` iterations has this objective, in
 * the problem's units; step is in the caller's, 0 where there is none. */
ckn_code ckn_solver_report_iteration(const ckn_problem *problem,
                                     const ckn_estimate_options *options, size_t iteration,
                                     double objective, double step, bool restarted,
                                     ckn_error *error);

/* NULL where there is no such solver. */
const ckn_solver_ops *ckn_solver_find(ckn_solver solver);

#endif
