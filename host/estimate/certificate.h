/* How far a kernel is from optimal, without knowing the optimum.
 *
 * With g = grad f(h), and multipliers nu >= 0 of h >= 0 and mu of sum h = 1, the Lagrange dual of
 * the quadratic programme bounds its optimum from below (Boyd & Vandenberghe, Convex Optimization,
 * 2004, section 5.2), which gives
 *   f(h) - min f <= 1/2 s' G^-1 s + nu' h,   s = g - nu - mu 1,
 * for whichever multipliers; nu = max(g - mu, 0) on the taps at zero makes both terms vanish at the
 * optimum. Without a constraint the bound is the distance itself. Where G^-1 is not to be had, the
 * simplex still has Frank and Wolfe's gap, g'h - min g.
 */
#ifndef CKN_ESTIMATE_CERTIFICATE_H
#define CKN_ESTIMATE_CERTIFICATE_H

#include "estimate/normal_operator.h"
#include "statistics/equations.h"

typedef struct ckn_certificate {
    double kkt_residual, duality_gap; /* as in ckn_estimate_result */
} ckn_certificate;

/* Of h (k l numbers, in the problem's units), from the problem's statistics. A sparse prior adds
 * its slope D'u to the gradient, and to the gap weight sum |t_j| - u't >= 0 (see dense/absolute.h):
 * for |u_j| <= weight, u't bounds its term from below. `slope` is NULL without one. */
ckn_code ckn_certify(ckn_problem *problem, ckn_constraint constraint, const double *h,
                     const double *slope, double slope_gap, ckn_certificate *certificate,
                     ckn_error *error);
/* The same without statistics, by two gradients of an image engine. */
ckn_code ckn_certify_on_images(ckn_operator *op, ckn_constraint constraint, const double *h,
                               ckn_certificate *certificate, ckn_error *error);

/* Their parts: the largest entry of rho (h - project(h - g / rho)), and the bound, NaN where there
 * is none (factor NULL, and not on the simplex). */
double ckn_kkt_residual(ckn_constraint constraint, const double *h, const double *g, size_t taps,
                        double rho);
ckn_code ckn_duality_gap(const ckn_symmetric *factor, ckn_constraint constraint, const double *h,
                         const double *g, size_t taps, double *gap, ckn_error *error);

#endif
