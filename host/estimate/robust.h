/* Outliers: moving objects, cosmic rays, whatever is not noise.
 *
 * First Huber's estimate (Ann. Math. Statist. 35, 1964): a residual beyond 1.345 standard
 * deviations counts in proportion to its size, not to its square. It is found by modified residuals
 * (Huber & Dutter, Numerical solution of robust regression problems, COMPSTAT 1974): with psi the
 * residual cut off there, h' = h - G^-1 X'W psi(r), which is the minimisation by reweighting with
 * the normal equations kept as they are, so that an iteration costs one gradient on the images. The
 * standard deviation is the median magnitude of the residual over 0.6745. Then sigma-clipping:
 * samples beyond four standard deviations get the weight 0, and least squares tells the residual
 * anew, until that changes nothing more.
 */
#ifndef CKN_ESTIMATE_ROBUST_H
#define CKN_ESTIMATE_ROBUST_H

#include "estimate/solver.h"

typedef struct ckn_robust_report {
    size_t iterations; /* of Huber's estimate, and rounds of clipping */
    size_t rejected;   /* samples that were clipped */
} ckn_robust_report;

/* Makes the problem's weights those of the samples that are no outliers. Every pair has weights,
 * the problem is reweighable; `images` is an operator over the images, loaded. */
ckn_code ckn_robust_reweigh(ckn_operator *images, const ckn_estimate_options *options,
                            ckn_robust_report *report, ckn_error *error);

#endif
