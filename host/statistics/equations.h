/* The statistics of a problem: all that least squares can know of the images.
 *
 *   G = X'X,   b = X'y,   y'y,   with X the map h -> h * x over the valid support of all pairs,
 *   f(h) = 1/2 h'G h - b'h + 1/2 y'y.
 *
 * With weights (weights.h), X'WX, X'Wy and y'Wy. Indices are taps in row-major order. The
 * statistics of disjoint sets of samples add up.
 */
#ifndef CKN_STATISTICS_EQUATIONS_H
#define CKN_STATISTICS_EQUATIONS_H

#include "dense/eigen.h"
#include "statistics/prior.h"
#include "statistics/problem.h"

typedef struct ckn_equations {
    size_t taps;
    ckn_symmetric gram; /* G + weight P */
    double *b;
    double square;        /* y'y */
    double mean_diagonal; /* of G without prior */
    ckn_shape kernel;
    ckn_prior prior; /* the quadratic one in gram, and its weight there; 0: none */
    double weight;
    size_t terms;   /* of backgrounds, in all pairs, that were taken out (terms.h) */
    double seconds; /* that computing them took */
} ckn_equations;

/* Bytes that the statistics of a kernel and their factor take; SIZE_MAX where that overflows. */
size_t ckn_equations_bytes(ckn_shape kernel);
/* The bytes allowed, 0: half of the machine's; and whether the statistics keep within them. */
size_t ckn_equations_limit(size_t memory_limit);
bool ckn_equations_fit(const ckn_problem *problem);
/* Whether the work space of the non-negative solver fits beside them. */
bool ckn_equations_fit_nonnegative(const ckn_problem *problem);
/* And that of the eigenvalues, which the answer of minimum norm takes. */
bool ckn_equations_fit_minimum_norm(const ckn_problem *problem);
/* The faster method for images of this shape, and its predicted seconds. */
ckn_correlation_method ckn_correlation_choose(const ckn_backend *backend, ckn_shape x_shape,
                                              ckn_shape kernel, double *plan, double *seconds);
/* Plans correlations of images of this shape for the problem's kernel, by the faster method. */
ckn_code ckn_correlation_plan(const ckn_problem *problem, ckn_shape x_shape,
                              ckn_correlator **correlator, ckn_error *error);
/* Predicted seconds of planning and of computing them, by the faster method. */
void ckn_equations_predict(const ckn_problem *problem, double *seconds_plan, double *seconds);

/* Whether sums over all windows, from which those that are masked or weighted are then taken, are
 * quicker than sums over those that count alone; *seconds = the predicted time of the quicker way.
 */
bool ckn_equations_prefer_all(const ckn_problem_pair *pair, size_t taps, double seconds_all,
                              double *seconds);

/* Refuses with CKN_ERROR_MEMORY and the bytes where the problem's memory limit is too low. Plans
 * the correlations; of no effect where that is done. */
ckn_code ckn_equations_prepare(ckn_problem *problem, ckn_error *error);
/* Called by ckn_problem_destroy(). */
void ckn_equations_release(ckn_problem *problem);

/* The statistics of the images that were uploaded last; computed on the first call after an
 * upload, and owned by the problem. */
ckn_code ckn_equations_get(ckn_problem *problem, const ckn_equations **statistics,
                           ckn_error *error);
/* Replaces the quadratic prior of the statistics that ckn_equations_get() gave; weight 0: none. */
ckn_code ckn_equations_penalise(ckn_problem *problem, ckn_prior prior, double weight,
                                ckn_error *error);
typedef struct ckn_pair_terms ckn_pair_terms;
/* Gives a problem without images the statistics that these sums make. It owns them from now on;
 * after a failure, too. */
ckn_code ckn_equations_adopt(ckn_problem *problem, ckn_symmetric *gram, double *b, double square,
                             ckn_pair_terms *terms, ckn_error *error);
/* G and b of pair `index` alone, without the background that the problem has or may have. What
 * ckn_equations_get() gave is lost. */
ckn_code ckn_equations_of_pair(ckn_problem *problem, size_t index, ckn_symmetric *gram, double *b,
                               ckn_error *error);
/* What became of the problem's background: never CKN_BACKGROUND_AUTO; NONE before the first
 * computation. */
ckn_background ckn_equations_background(const ckn_problem *problem);
/* The coefficients of every pair's background beside the kernel h (K numbers, in the problem's
 * units) go to the pairs. */
ckn_code ckn_equations_recover_background(ckn_problem *problem, const double *h, ckn_error *error);
/* The sums of pair `index`'s terms; NULL where no background was taken out. */
const ckn_pair_terms *ckn_equations_terms(const ckn_problem *problem, size_t index);
/* What the last computation took; 0 where there was none. */
double ckn_equations_seconds(const ckn_problem *problem);
/* The Cholesky factor of statistics->gram, computed once; *factor is NULL where the matrix is not
 * definite, or so nearly singular that no digit of a solution would be right. */
ckn_code ckn_equations_factor(ckn_problem *problem, const ckn_symmetric **factor, ckn_error *error);

/* Whether a factor of a matrix of this norm has digits to trust, and its condition number (may be
 * NULL). A Cholesky factorisation of a singular matrix may succeed by luck. */
ckn_code ckn_equations_trust(const ckn_symmetric *factor, double norm, double *condition,
                             bool *trusted, ckn_error *error);
/* A sample 10^4 times brighter than the rest, seen by some taps only, leaves its rounding in all.
 */
ckn_code ckn_equations_warn_of_dynamic_range(ckn_problem *problem, ckn_error *error);
/* The condition number of statistics->gram; infinite where there is no factor to trust. */
ckn_code ckn_equations_condition(ckn_problem *problem, double *condition, ckn_error *error);

/* h = the answer of smallest norm, for a matrix that has no factor to trust. Refuses where the
 * eigenvalues take more memory than is allowed. */
ckn_code ckn_equations_minimum_norm(ckn_problem *problem, double *h, ckn_minimum_norm *figures,
                                    ckn_error *error);

/* f(h) (with the prior's term), and g = grad f(h). The objective is a difference of large numbers:
 * it is never given as less than the rounding of y'y. */
double ckn_equations_objective(const ckn_equations *statistics, const double *h, double *g);
/* The objective without the prior's term. */
ckn_code ckn_equations_evaluate(const ckn_equations *statistics, const double *h, double *objective,
                                ckn_error *error);
/* Of the objective at h. */
double ckn_equations_rounding(const ckn_equations *statistics, const double *h);

#endif
