/* The reference of the line filters, like naive.h: obvious loops that share no code with the
 * library. */
#ifndef CKN_TEST_NAIVE_LINES_H
#define CKN_TEST_NAIVE_LINES_H

#include "backend/backend.h"

#define CKN_TEST_BOUNDARIES 5

/* The extended box of Gwosdek et al. 2011 by its formulas, without correction. */
ckn_extended_box ckn_naive_box(double sigma, size_t passes);
/* Plain boxes, or with end taps of weight `alpha`: not those of any particular sigma. */
ckn_extended_box ckn_naive_plain_box(size_t l, double alpha, size_t passes);
/* Gives the box three taps (weight, 1 - 2 weight, weight), `stride` apart, and leaves the rest. */
void ckn_naive_correct(ckn_extended_box *box, size_t stride, double weight);
/* The box that has variance sigma^2 together with such taps. */
ckn_extended_box ckn_naive_corrected_box(double sigma, size_t passes, size_t stride, double weight);
/* The composed kernel, with the correction that `box` has: a new array (freed with free()) of
 * 2 d (l+1) + 1 taps and 2 stride more. */
double *ckn_naive_box_taps(const ckn_extended_box *box, size_t *count);
/* The Gaussian sampled at the integers up to `radius` to each side and normalised: a new array. */
double *ckn_naive_gaussian(double sigma, size_t radius);

/* The sample that stands at `position` of a line of `count` samples, found by walking; -1 for
 * zero. */
ptrdiff_t ckn_naive_boundary(ckn_boundary boundary, ptrdiff_t position, size_t count);
/* The kernel of 2 reach + 1 taps along the lines, which the boundary rule continues without end.
 * The reach is also that of NaN and infinity, whatever weight a tap within it has: a result is an
 * infinity where all that is not finite there is that infinity, else NaN. */
void ckn_naive_lines(const double *in, const ckn_lines *lines, const double *taps, size_t reach,
                     double *out);

#endif
