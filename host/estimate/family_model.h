/* Named kernels as functions of a few numbers that a fit can move freely.
 *
 *   theta = gain, centre x, centre y, then for
 *     Gaussian, extended box: sigma;
 *     elliptic Gaussian: m, d, c with the covariance (m + d, c; c, m - d), which is smooth where
 *       the kernel is round;
 *     disc: radius;
 *     line: its end points' difference (x, y), which is smooth where it is short;
 *     rectangle: width, height;
 *     Moffat: fwhm, 1 / beta, which is smooth where it becomes a Gaussian;
 *     half-Gaussian line: (x, y) of one sigma along it;
 *     unsharp mask: amount, sigma;     Laplacian: amount;
 *     difference of Gaussians: amount, sigma, sigma_minor;
 *     Laplacian of Gaussian: amount, sigma;
 *     derivative: amount times the cosine and the sine of its angle; as a difference of two taps,
 *       amount and eighths of a turn, which are not free.
 */
#ifndef CKN_ESTIMATE_FAMILY_MODEL_H
#define CKN_ESTIMATE_FAMILY_MODEL_H

#include "base/view.h"

enum { CKN_MODEL_MOST = 6, CKN_MODEL_MOST_LINEAR = 3 };

typedef struct ckn_family_model {
    ckn_family family;
    size_t variant;
    ckn_shape shape;
    size_t count;                /* of theta */
    bool free[CKN_MODEL_MOST];   /* what a fit may move */
    bool linear[CKN_MODEL_MOST]; /* the taps are a sum of parts times these */
    double theta[CKN_MODEL_MOST];
} ckn_family_model;

/* All of theta is free but what a kernel of one row or column does not have, and the centres of
 * kernels that stand on a tap. Values are zero, and sizes 1. */
ckn_family_model ckn_family_model_of(ckn_family family, size_t variant, ckn_shape shape);

/* Names of elements of theta. */
enum { CKN_MODEL_GAIN = 0, CKN_MODEL_X, CKN_MODEL_Y, CKN_MODEL_SIZE, CKN_MODEL_AMOUNT = 3 };

size_t ckn_family_model_free(const ckn_family_model *model);

bool ckn_family_is_signed(ckn_family family);

/* Whether theta stands for a kernel whose centre lies in the window and whose size is within
 * reason: from where it would be a single tap to some windows. */
bool ckn_family_model_valid(const ckn_family_model *model);

/* Whether a size is so near to the end of that range that it was stopped by it. */
bool ckn_family_model_at_limit(const ckn_family_model *model);

/* The part of the taps' magnitudes that lies outside the window. */
ckn_code ckn_family_model_outside(const ckn_family_model *model, double *part, ckn_error *error);

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
