/* Eigenvalues: what is left when a Cholesky factor does not exist or cannot be trusted. */
#ifndef CKN_DENSE_EIGEN_H
#define CKN_DENSE_EIGEN_H

#include "dense/symmetric.h"

/* Of one n^3 of an order n, measured on two cores at 2.1 GHz with n from 300 to 1200. */
#define CKN_EIGEN_SECONDS (1 / 3e9)

typedef struct ckn_minimum_norm {
    size_t rank;      /* eigenvalues above n eps lambda_max */
    double condition; /* lambda_max / lambda_min; infinite where rank < n */
} ckn_minimum_norm;

/* x = the least-squares solution of A x = b that has the smallest norm, from the eigenvalues of A
 * that are not zero to working precision. Needs room for A in full. */
ckn_code ckn_minimum_norm_solve(const ckn_symmetric *matrix, const double *b, double *x,
                                ckn_minimum_norm *report, ckn_error *error);
/* Bytes of work space for order n; false where that overflows. */
bool ckn_minimum_norm_bytes(size_t order, size_t *bytes);

#endif
