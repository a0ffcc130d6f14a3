/* The taps that a fit was free to choose, and the factor of their part of the normal equations. */
#ifndef CKN_ESTIMATE_FREE_TAPS_H
#define CKN_ESTIMATE_FREE_TAPS_H

#include "statistics/equations.h"

typedef struct ckn_free_taps {
    size_t taps;   /* K */
    size_t count;  /* of the free ones */
    size_t *tap;   /* which they are */
    size_t *order; /* position of each of the K taps among them, SIZE_MAX where it is not free */
} ckn_free_taps;

/* Room for K taps. */
ckn_code ckn_free_taps_create(ckn_free_taps *free_taps, size_t taps, ckn_error *error);
void ckn_free_taps_release(ckn_free_taps *free_taps); /* safe on a zeroed one */
/* All taps; those that are not zero where `zeros_are_held`, by a constraint or by the l1 prior. */
void ckn_free_taps_find(ckn_free_taps *free_taps, bool zeros_are_held, const double *h);
/* *factor = the Cholesky factor of statistics->gram on the free taps, of which there is at least
 * one; *trusted is false, and *factor empty, where it has no digit to trust. Release it. */
ckn_code ckn_free_taps_factor(const ckn_free_taps *free_taps, ckn_problem *problem,
                              ckn_symmetric *factor, bool *trusted, ckn_error *error);

#endif
