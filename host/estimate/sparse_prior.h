/* Priors that are no quadratic forms: the sums of magnitudes of the taps (l1), or of their first
 * differences (total variation, along x and along y, zero outside the kernel). */
#ifndef CKN_ESTIMATE_SPARSE_PRIOR_H
#define CKN_ESTIMATE_SPARSE_PRIOR_H

#include "clkernest.h"
#include "dense/absolute.h"
#include "statistics/equations.h"

typedef struct ckn_sparse_prior {
    ckn_prior prior; /* L1 or TV */
    ckn_shape kernel;
    ckn_absolute_term *terms;
    size_t term_count;
    bool *flat;        /* of each term, at the last answer */
    double *slope;     /* K numbers: of the last answer; see ckn_absolute_answer */
    double *shifted_b; /* K numbers: scratch */
    size_t *plateau;   /* K numbers: scratch */
    ckn_absolute_waypoint waypoint;
    size_t iterations; /* to the last answer, */
    bool optimal;      /* and whether it is one */
} ckn_sparse_prior;

bool ckn_prior_is_sparse(ckn_prior prior);

ckn_code ckn_sparse_prior_create(ckn_sparse_prior *sparse, ckn_prior prior, ckn_shape kernel,
                                 ckn_error *error);
void ckn_sparse_prior_release(ckn_sparse_prior *sparse); /* safe on a zeroed one */

/* h = the minimum of 1/2 h'G h - b'h + weight sum |t_j| under the constraint (not AUTO). The
 * statistics carry no quadratic prior; `accuracy` as in ckn_absolute_problem. */
ckn_code ckn_sparse_prior_solve(ckn_sparse_prior *sparse, const ckn_equations *statistics,
                                ckn_constraint constraint, double weight, double accuracy,
                                double *h, ckn_error *error);
/* weight sum |t_j| at h. */
double ckn_sparse_prior_value(const ckn_sparse_prior *sparse, double weight, const double *h);
/* Degrees of freedom of the last answer h: taps that are not zero (Zou, Hastie & Tibshirani, Ann.
 * Stat. 35(5), 2007), or plateaus that are not (Tibshirani & Taylor, Ann. Stat. 40(2), 2012). */
double ckn_sparse_prior_freedom(ckn_sparse_prior *sparse, const double *h);

#endif
