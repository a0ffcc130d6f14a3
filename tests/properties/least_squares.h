/* The answers to expect, from the definition: the matrix of all windows, its normal equations in
 * long double, and a factorisation of those. Shares no code with the library. */
#ifndef CKN_TEST_PROPERTIES_LEAST_SQUARES_H
#define CKN_TEST_PROPERTIES_LEAST_SQUARES_H

#include "properties/problem.h"

/* Images are divided by their largest magnitude, so that squares stay in range: the kernel of the
 * problem is `unit` times that of these equations. */
typedef struct least_squares {
    size_t taps, count;  /* samples of y with a weight */
    long double *matrix; /* X, count x taps, rows times the root of their weight */
    long double *y;      /* count, likewise */
    long double *gram;   /* X'X */
    long double *b;      /* X'y */
    double unit;         /* max |y| / max |x| */
    double scale;        /* max |y| */
    double condition;    /* of X; infinite where it does not determine the kernel */
} least_squares;

least_squares least_squares_of(const problem *from);
void least_squares_release(least_squares *equations);

/* ||X h - y|| of a kernel in units of the problem, and ||y||, both in those of `scale`. */
double least_squares_residual(const least_squares *equations, const double *h);
double least_squares_norm(const least_squares *equations);

/* h (in units of the problem) that minimises the residual, without a sign or not negative; for
 * equations of finite condition. */
void least_squares_solve(const least_squares *equations, bool nonneg, double *h);

/* The largest violation of the conditions that hold at the minimum on the simplex, relative to the
 * largest entry of X'y (or of X'X h, where that is larger). */
double least_squares_simplex_violation(const least_squares *equations, const double *h);

#endif
