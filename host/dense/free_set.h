/* The taps that are not held at zero, and the Cholesky factor of their rows and columns.
 *
 * With G the matrix and F the set, the factor is that of G_F + lift 11'. On the plane sum h = 1 the
 * lift changes the objective by a constant only, and what stays singular with it is truly
 * undetermined there; without that constraint it is 0.
 */
#ifndef CKN_DENSE_FREE_SET_H
#define CKN_DENSE_FREE_SET_H

#include "dense/symmetric.h"

typedef struct ckn_free_set {
    const ckn_symmetric *matrix;
    double lift;
    double mean_diagonal; /* of the matrix: what rounding is relative to; the caller sets both */
    size_t count;
    size_t *taps;   /* `count` of them, in the order of the factor */
    double *factor; /* column-major, lower; its stride is the order of the matrix */
    double *rhs;    /* room for two vectors */
} ckn_free_set;

/* Bytes of an empty set for this order; false where that overflows. */
bool ckn_free_set_bytes(size_t order, size_t *bytes);
/* Empty, with room for every tap. The matrix must outlive the set. */
ckn_code ckn_free_set_create(ckn_free_set *set, const ckn_symmetric *matrix, ckn_error *error);
void ckn_free_set_destroy(ckn_free_set *set);

/* Makes the set that of the taps whose flag is true, with a new factor. False where they depend on
 * each other to working precision; the set is then empty. */
bool ckn_free_set_assign(ckn_free_set *set, const bool *is_free);
/* Adds a tap and a row of the factor. False, and no change, where it depends on the others. */
bool ckn_free_set_append(ckn_free_set *set, size_t tap);
/* Removes the tap at `position` of `taps` and rotates the factor back to its shape (Gill, Golub,
 * Murray & Saunders, "Methods for modifying matrix factorizations", Math. Comp. 28, 1974). */
void ckn_free_set_remove(ckn_free_set *set, size_t position);
/* solution[tap], for the taps of the set only, minimises 1/2 h'G h - b'h over them; with
 * sum_is_one under sum h = 1, where the set must not be empty. */
void ckn_free_set_solve(const ckn_free_set *set, const double *b, bool sum_is_one,
                        double *solution);

#endif
