/* Fits one named kernel h(theta) to the images through their statistics.
 *
 * With g the least-squares kernel, the sum of squares of the images is that of g plus
 * (h - g)' G (h - g): the excess. Levenberg and Marquardt's method minimises it (Marquardt, J. SIAM
 * 11(2), 1963); to independent noise that is maximum likelihood.
 */
#ifndef CKN_ESTIMATE_FAMILY_FIT_H
#define CKN_ESTIMATE_FAMILY_FIT_H

#include "dense/symmetric.h"
#include "estimate/family_model.h"

typedef struct ckn_family_data {
    size_t taps;               /* K */
    const ckn_symmetric *gram; /* G */
    const double *best;        /* g */
    const double *product;     /* G g */
    double signal;             /* g'G g */
    double variance;           /* of the noise, in the units of G */
    double hopeless;           /* an excess that no name survives: no need to know it well */
    double *work;              /* ckn_family_work(K) numbers */
} ckn_family_data;

size_t ckn_family_work(size_t taps);

/* The excess (h - g)' G (h - g) of `count` models to about 1e-13 of the signal, after what is
 * linear and free in theta was moved to where it is least; infinite where there is no such kernel.
 */
ckn_code ckn_family_screen(const ckn_family_data *data, ckn_family_model *models, size_t count,
                           double *excess, ckn_error *error);

/* Moves theta to a minimum of the excess. `covariance` (CKN_MODEL_MOST squared, row-major) receives
 * that of theta: zero for what is not free, NaN where the images do not determine it. */
ckn_code ckn_family_minimise(const ckn_family_data *data, ckn_family_model *model, double *excess,
                             double *covariance, ckn_error *error);

#endif
