/* Named kernels as functions of a few numbers that a fit can move freely.
 *
 *   theta = gain, centre x, centre y, then for
 *     Gaussian, extended box: sigma;
 *     elliptic Gaussian: m, d, c with the covariance (m + d, c; c, m - d), which is smooth where
 *       the kernel is round;
 *     disc: radius;
 *     line: its end points' difference (x, y), which is smooth where it is short.
 */
#ifndef CKN_ESTIMATE_FAMILY_MODEL_H
#define CKN_ESTIMATE_FAMILY_MODEL_H

#include "base/view.h"

enum { CKN_MODEL_MOST = 6 };

typedef struct ckn_family_model {
    ckn_family family;
    size_t passes;
    ckn_shape shape;
    size_t count;              /* of theta */
    bool free[CKN_MODEL_MOST]; /* what a fit may move */
    double theta[CKN_MODEL_MOST];
} ckn_family_model;

/* All of theta is free but what a kernel of one row or column does not have. Values are zero. */
ckn_family_model ckn_family_model_of(ckn_family family, size_t passes, ckn_shape shape);

/* Names of elements of theta. */
enum { CKN_MODEL_GAIN = 0, CKN_MODEL_X, CKN_MODEL_Y, CKN_MODEL_SIZE };

size_t ckn_family_model_free(const ckn_family_model *model);

/* Whether theta stands for a kernel whose centre lies in the window and whose size is within
 * reason: from where it would be a single tap to some windows. */
bool ckn_family_model_valid(const ckn_family_model *model);

/* What theta means; parameters that the family does not have are NaN. */
ckn_family_parameters ckn_family_model_parameters(const ckn_family_model *model);

/* Standard errors of these from the covariance of theta (row-major, CKN_MODEL_MOST a row; zero for
 * what is not free), to first order. A gain that is not free has the error 0, and so has a centre.
 */
ckn_family_parameters ckn_family_model_errors(const ckn_family_model *model,
                                              const double *covariance);

/* The taps of theta. */
ckn_code ckn_family_model_taps(const ckn_family_model *model, double *taps, ckn_error *error);

#endif
