/* Random normal equations, and naive answers in long double that share no code with the library. */
#ifndef CKN_TEST_DENSE_SYSTEMS_H
#define CKN_TEST_DENSE_SYSTEMS_H

#include "dense/symmetric.h"
#include "support/harness.h"

typedef struct dense_system {
    size_t n;
    double *full; /* n x n */
    double *b;
    ckn_symmetric packed; /* the same matrix */
} dense_system;

/* X'X and X'y of a random X (rows x n, entries `mean` plus uniform in [-1, 1)) and a random y.
 * Fewer rows than columns make it singular. */
dense_system dense_system_random(uint64_t seed, size_t n, size_t rows, double mean);
/* The same from a given X and y. */
dense_system dense_system_from(const double *x, const double *y, size_t n, size_t rows);
/* After a change of `full`. */
void dense_system_pack(dense_system *made);
void dense_system_release(dense_system *made);

/* x = A^-1 b (order n, dense) by Gaussian elimination with pivoting; false where it is singular. */
bool dense_naive_solve(const long double *a, const long double *b, size_t n, long double *x);
/* out = A v. */
void dense_naive_multiply(const double *full, const double *v, size_t n, double *out);
/* 1/2 h'A h - b'h. */
long double dense_naive_objective(const dense_system *made, const double *h);
/* The least objective under h >= 0 (and sum h = 1) over all 2^n sets of free taps, and its h. */
long double dense_naive_nnls(const dense_system *made, bool sum_is_one, double *h);
/* The largest violation of the optimality conditions, relative to the largest |b| (or entry of A
 * where that is larger). */
double dense_naive_violation(const dense_system *made, bool sum_is_one, const double *h);

#endif
