/* A symmetric matrix that stores each entry once.
 *
 * Rectangular full packed format (Gustavson, Wasniewski, Dongarra & Langou, ACM TOMS 37(2), 2010;
 * LAPACK's TRANSR = 'N', UPLO = 'L'): n (n+1) / 2 numbers, and yet LAPACK factors it at the speed
 * of full storage.
 */
#ifndef CKN_DENSE_SYMMETRIC_H
#define CKN_DENSE_SYMMETRIC_H

#include "base/status.h"

#include <stdbool.h>

typedef struct ckn_symmetric {
    size_t order; /* n */
    double *entries;
} ckn_symmetric;

/* Numbers (not bytes) of storage; false where that overflows. */
bool ckn_symmetric_count(size_t order, size_t *count);
/* All zero, of order 1 or more. Release with ckn_symmetric_release(). */
ckn_code ckn_symmetric_create(ckn_symmetric *matrix, size_t order, const char *what,
                              ckn_error *error);
void ckn_symmetric_release(ckn_symmetric *matrix);
/* Entry (row, col) = entry (col, row). */
static inline double *ckn_symmetric_at(const ckn_symmetric *matrix, size_t row, size_t col) {
    size_t i = row > col ? row : col, j = row > col ? col : row;
    size_t n = matrix->order, even = n % 2 == 0, half = (n + 1) / 2, stride = n + even;
    size_t place = j < half ? i + even + j * stride : (j - half) + (i - half + 1 - even) * stride;
    return matrix->entries + place;
}
void ckn_symmetric_clear(ckn_symmetric *matrix); /* all zero again */
/* Distance between the entries (row, col) and (row + 1, col) for row >= col. */
static inline size_t ckn_symmetric_step(const ckn_symmetric *matrix, size_t col) {
    size_t n = matrix->order;
    return col < (n + 1) / 2 ? 1 : n + (n % 2 == 0);
}
void ckn_symmetric_copy(ckn_symmetric *to, const ckn_symmetric *from); /* of the same order */
void ckn_symmetric_shift(ckn_symmetric *matrix, double value); /* adds value to the diagonal */
double ckn_symmetric_mean_diagonal(const ckn_symmetric *matrix);
double ckn_symmetric_norm(const ckn_symmetric *matrix); /* largest sum of magnitudes of a row */
/* out = A v; out is not v. */
void ckn_symmetric_multiply(const ckn_symmetric *matrix, const double *v, double *out);
/* A += factor B, of the same order. */
void ckn_symmetric_add(ckn_symmetric *matrix, double factor, const ckn_symmetric *other);
/* A += factor sum over rows r of r r'; `rows` holds `count` rows of n numbers. */
ckn_code ckn_symmetric_update(ckn_symmetric *matrix, double factor, const double *rows,
                              size_t count, ckn_error *error);
/* The same for `count` vectors of the matrix's order, one after another. */
void ckn_symmetric_multiply_many(const ckn_symmetric *matrix, const double *v, size_t count,
                                 double *out);

#endif
