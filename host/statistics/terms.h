/* The terms of a background, fitted with the kernel:
 *
 *   minimise over h and a:  1/2 sum over pairs || X h + T a - y ||^2,   T = 1, or (1, row, column),
 *
 * with coefficients a of their own for every pair. Given h, a = (T'T)^-1 (T'y - T'X h); put in,
 * that leaves normal equations of h alone (a Schur complement), G - (X'T) (T'T)^-1 (T'X),   b -
 * (X'T) (T'T)^-1 (T'y),   y'y - (y'T) (T'T)^-1 (T'y), whose minimum is that over both. Rows and
 * columns count from the middle, from -1 to 1 at the outer edges of the first and the last sample.
 */
#ifndef CKN_STATISTICS_TERMS_H
#define CKN_STATISTICS_TERMS_H

#include "statistics/equations.h"

struct ckn_pair_terms {
    size_t count;                                   /* of terms */
    double *cross;                                  /* X'T: K numbers for each term */
    double own[CKN_MOST_TERMS * CKN_MOST_TERMS];    /* T'T */
    double rhs[CKN_MOST_TERMS];                     /* T'y */
    double factor[CKN_MOST_TERMS * CKN_MOST_TERMS]; /* L, T'T = L L'; a diagonal of 0: the samples
                                                     * do not tell this term from those before */
};

/* Terms of a background, of AUTO the most that it may come to. */
size_t ckn_term_count(ckn_background background);
/* The second and third term at this row or column of `length`, and their slope per sample. */
static inline double ckn_term_at(size_t position, size_t length) {
    return (2 * (double)position - (double)(length - 1)) / (double)length;
}
static inline double ckn_term_slope(size_t length) {
    return 2 / (double)length;
}

/* One for each pair, all zero. */
ckn_code ckn_terms_create(ckn_pair_terms **terms, size_t pair_count, size_t taps, size_t count,
                          ckn_error *error);
void ckn_terms_destroy(ckn_pair_terms *terms, size_t pair_count); /* NULL allowed */
void ckn_terms_clear(ckn_pair_terms *terms, size_t taps);
/* Adds the sums over all windows of pair `index`, as its images were uploaded last. */
ckn_code ckn_terms_add_images(const ckn_problem *problem, size_t index, ckn_pair_terms *terms,
                              ckn_error *error);
/* Takes the terms out of the statistics, and counts them there. */
ckn_code ckn_terms_eliminate(ckn_pair_terms *terms, ckn_equations *statistics, ckn_error *error);
/* a = (T'T)^-1 (rhs - T'X h), after the terms were eliminated; h may be NULL for zero. All of a is
 * written. */
void ckn_terms_solve(const ckn_pair_terms *terms, size_t taps, const double *rhs, const double *h,
                     double *a);
/* r += T a for every pair that has coefficients. */
ckn_code ckn_terms_add_to_residual(ckn_problem *problem, ckn_error *error);

#endif
