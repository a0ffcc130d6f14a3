/* The normal equations of a pair by sums over its windows, and their answers with a quadratic
 * prior, in long double: what the choice of a prior is checked against. */
#ifndef CKN_TEST_ESTIMATE_NAIVE_EQUATIONS_H
#define CKN_TEST_ESTIMATE_NAIVE_EQUATIONS_H

#include "estimate/fixture.h"

typedef struct naive_equations {
    const known_pair *pair;
    size_t taps, count;        /* K, and samples of y */
    long double *gram;         /* G, K x K */
    long double *b;            /* K */
    long double mean_diagonal; /* of G */
} naive_equations;

naive_equations naive_equations_of(const known_pair *pair);
void naive_equations_release(naive_equations *equations);

/* max |b|. */
long double naive_largest_b(const naive_equations *equations);
/* sum r^2 of a kernel, from the images. */
long double naive_square(const known_pair *pair, const double *h);
/* 1/2 h'G h - b'h, and its gradient (K numbers, may be NULL). */
long double naive_objective(const naive_equations *equations, const double *h, long double *g);

typedef struct naive_fit {
    long double *h;          /* K numbers */
    long double *covariance; /* C G C, K x K: times sigma^2 that of h */
    long double square;      /* sum r^2, from the images */
    long double degrees;     /* tr(C G) */
} naive_fit;

/* A = G + lambda mean(diag G) P on the taps that are not zero in `pattern` (NULL: on all), C its
 * inverse, or what the bordered matrix leaves of it where the sum of taps is fixed to 1. */
naive_fit naive_fit_of(const naive_equations *equations, ckn_prior prior, double lambda,
                       const double *pattern, bool sum_is_one);
void naive_fit_release(naive_fit *fit);

#endif
