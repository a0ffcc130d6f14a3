/* Quadratic programmes with absolute values.
 *
 *   minimise 1/2 h'A h - b'h + weight sum_j |t_j|   subject to  h >= 0 and sum h = 1 where asked,
 *   with terms t_j = h[plus_j] - h[minus_j], or h[plus_j] alone.
 *
 * That is the lasso where the terms are the unknowns, and total variation where they are
 * differences of neighbours. A primal-dual interior point method: one Cholesky factorisation of
 * order n an iteration, a few dozen of them, whatever the terms (Mehrotra, SIAM J. Optim. 2(4),
 * 1992; Nocedal & Wright, Numerical Optimization, 2006, section 16.6).
 */
#ifndef CKN_DENSE_ABSOLUTE_H
#define CKN_DENSE_ABSOLUTE_H

#include "dense/symmetric.h"

typedef struct ckn_absolute_term {
    size_t plus, minus; /* positions in h; minus is SIZE_MAX where the term is h[plus] */
} ckn_absolute_term;

/* A point on the way to an answer, from which that with another weight is nearer than from the
 * start. All zero at first; it belongs to one matrix, b and list of terms. */
typedef struct ckn_absolute_waypoint {
    double *numbers; /* NULL: none yet */
    double weight;   /* that it was taken with */
    double mu;
} ckn_absolute_waypoint;

void ckn_absolute_waypoint_release(ckn_absolute_waypoint *waypoint);

typedef struct ckn_absolute_problem {
    const ckn_symmetric *matrix; /* A, positive semi-definite */
    const double *b;
    double weight;   /* above 0 */
    double accuracy; /* how far above the minimum it may end; 0: as near as rounding lets it */
    const ckn_absolute_term *terms;
    size_t term_count;
    bool nonnegative, sum_is_one;    /* the latter with the former only */
    ckn_absolute_waypoint *waypoint; /* to start from and to leave; may be NULL */
} ckn_absolute_problem;

typedef struct ckn_absolute_answer {
    double *h;     /* n numbers */
    double *slope; /* n numbers: sum_j u_j grad t_j, with |u_j| <= weight and, at the optimum,
                    * u_j t_j = weight |t_j|: h also minimises 1/2 h'A h - (b - slope)'h under the
                    * same constraints */
    bool *flat;    /* of each term: it is zero at the optimum, to working precision */
    size_t iterations;
    bool optimal; /* complementarity and stationarity are at most 1e-9 of the terms that cancel */
} ckn_absolute_answer;

/* Bytes of work space; false where that overflows. */
bool ckn_absolute_bytes(size_t order, size_t term_count, size_t *bytes);

/* Fills the arrays of `answer`, which are the caller's. CKN_ERROR_DATA where the matrix or b are
 * not finite. Taps held at zero by h >= 0, and those whose own term is flat, are exactly 0. */
ckn_code ckn_absolute_solve(const ckn_absolute_problem *problem, ckn_absolute_answer *answer,
                            ckn_error *error);

#endif
