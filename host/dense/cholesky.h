/* Cholesky factor of a symmetric positive definite matrix, A = L L'. */
#ifndef CKN_DENSE_CHOLESKY_H
#define CKN_DENSE_CHOLESKY_H

#include "dense/symmetric.h"

/* Seconds of one multiply-add in a factorisation (K^3/3 of them), for predictions: measured, 18 G
 * and more a second on two cores at 2.1 GHz. */
#define CKN_CHOLESKY_SECONDS (1 / 18e9)

/* Replaces the matrix by its factor. *definite is false where a pivot was not positive; the matrix
 * is then lost, and that is no error. */
ckn_code ckn_cholesky_factor(ckn_symmetric *matrix, bool *definite, ckn_error *error);
/* v = A^-1 v. */
ckn_code ckn_cholesky_solve(const ckn_symmetric *factor, double *v, ckn_error *error);
/* v = L^-1 v, so that v.v = v' A^-1 v. */
ckn_code ckn_cholesky_half_solve(const ckn_symmetric *factor, double *v, ckn_error *error);
/* Replaces the factor by A^-1. */
ckn_code ckn_cholesky_invert(ckn_symmetric *factor, ckn_error *error);
/* An estimate of the condition number in the 1-norm from the factor and the norm of A (Higham, ACM
 * TOMS 14(4), 1988): a lower bound, nearly always within a factor of 3. */
ckn_code ckn_cholesky_condition(const ckn_symmetric *factor, double norm, double *condition,
                                ckn_error *error);

#endif
