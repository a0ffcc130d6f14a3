/* One fit on the statistics: what a constraint and a prior of some weight make of them. */
#ifndef CKN_ESTIMATE_TRIAL_H
#define CKN_ESTIMATE_TRIAL_H

#include "estimate/free_taps.h"
#include "estimate/solver.h"
#include "estimate/sparse_prior.h"

/* What is assumed of the kernel. */
typedef struct ckn_model {
    ckn_constraint constraint; /* not AUTO */
    ckn_prior prior;           /* not AUTO */
    double weight;             /* of the prior's term, in the problem's units; 0 without a prior */
} ckn_model;

/* The fits of one problem; one at a time. */
typedef struct ckn_trials {
    ckn_problem *problem;
    const ckn_estimate_options *options; /* whose progress function hears of every fit */
    const ckn_equations *statistics;     /* that carry the last fit's prior */
    double *h;                           /* K numbers: the last fit */
    double *scratch;                     /* 2 K numbers */
    ckn_free_taps free_taps;             /* of the last fit */
    ckn_sparse_prior sparse;             /* of the last fit with such a prior */
    double accuracy;                     /* of the sparse fits: see ckn_absolute_problem; 0 */
    size_t fits;                         /* so far, */
    double work;                         /* and multiply-adds of their factorisations */
    bool near;                           /* h is that of a constrained fit */
} ckn_trials;

typedef struct ckn_fit {
    bool exists;   /* the equations determine it; nothing else is set where they do not */
    double square; /* ||h * x - y||^2 in the problem's units */
    double degrees_of_freedom; /* trace of the hat matrix on the free taps */
    size_t free_count;
} ckn_fit;

ckn_code ckn_trials_create(ckn_trials *trials, ckn_problem *problem,
                           const ckn_estimate_options *options, ckn_error *error);
void ckn_trials_release(ckn_trials *trials); /* safe on a zeroed one */

/* Fits `model` and leaves the kernel in trials->h. */
ckn_code ckn_trial_fit(ckn_trials *trials, const ckn_model *model, ckn_fit *fit, ckn_error *error);
/* What a weight is relative to: the mean of diag(G), or for a sparse prior max |b|, above which the
 * l1 kernel is zero. */
double ckn_trial_weight_unit(const ckn_equations *statistics, ckn_prior prior);
/* d'G d, d = trials->h - h: by how much the squares of the two kernels' residuals differ where h is
 * the least-squares kernel, without the difference of two large numbers. */
double ckn_trial_excess(const ckn_trials *trials, const double *h);

/* Predicted seconds of a fit to this many taps. */
double ckn_trial_seconds(size_t taps, ckn_prior prior, bool constrained);
/* Of the fits so far; the same on every machine. */
double ckn_trials_seconds(const ckn_trials *trials);

#endif
