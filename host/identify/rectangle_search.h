/* Which rectangle of taps the statistics of a larger one give reason for.
 *
 * The least-squares fit of some of the taps needs their sub-block of G and b alone. With G = L L'
 * and z = L^-1 b, the first m taps lower the sum of squares by z_1^2 + ... + z_m^2: one factor, its
 * taps ordered from the inside to the outside, answers for all sets along that way.
 */
#ifndef CKN_IDENTIFY_RECTANGLE_SEARCH_H
#define CKN_IDENTIFY_RECTANGLE_SEARCH_H

#include "statistics/pair_sums.h"

typedef struct ckn_rectangle_search {
    const ckn_symmetric *gram; /* taps of the frame in row-major order */
    const double *b;
    ckn_shape frame;
    double ridge;             /* added to the diagonal: what G's own rounding may hide */
    double variance;          /* of the noise in a sample */
    double penalty;           /* of a tap, in variances */
    ckn_progress_fn progress; /* may be NULL */
    void *progress_user;
    size_t trial, most_trials; /* what progress tells: this one, and how many there may be */
    size_t factorisations;     /* so far; receives the count */
} ckn_rectangle_search;

/* Minimises -sum z^2 / variance + penalty taps, by moving one side of the rectangle after the
 * other until none moves any more; lines of few taps cost more, as chance makes them look like
 * something more often. Begins with `*rectangle`, and leaves the answer there. */
ckn_code ckn_rectangle_search_run(ckn_rectangle_search *search, ckn_rectangle *rectangle,
                                  ckn_error *error);
/* The best rectangle of odd sides that is at most one line larger or smaller along each axis. */
ckn_code ckn_rectangle_search_odd(ckn_rectangle_search *search, ckn_rectangle *rectangle,
                                  ckn_error *error);
/* The least-squares taps of the whole frame (h, row-major), and by how much they lower the sum of
 * squares. */
ckn_code ckn_rectangle_search_fit(ckn_rectangle_search *search, double *h, double *lowered,
                                  ckn_error *error);

#endif
