/* Taps of the composed kernel of an extended box, its correction included, that are computed by
 * themselves: for kernels of which few taps are wanted, or too many passes. Every box here has been
 * checked by ckn_extended_box_check(). */
#ifndef CKN_BLUR_BOX_PROFILE_H
#define CKN_BLUR_BOX_PROFILE_H

#include "base/status.h"

/* How exact taps are, in parts of the largest one: for figures, and as exact as composing. */
#define CKN_PROFILE_COARSE 1e-10
#define CKN_PROFILE_EXACT 1e-17

/* Samples to each side that any figure shows. */
size_t ckn_box_profile_reach(const ckn_extended_box *box);

/* taps[i] = the tap at i * step from the middle, for i < count. */
void ckn_box_profile(const ckn_extended_box *box, size_t step, size_t count, double precision,
                     double *taps);

/* The kernel wound round a circle of `period` positions: taps[i] is the sum of all taps at i + any
 * multiple of the period, for i <= period / 2. */
void ckn_box_profile_wound(const ckn_extended_box *box, size_t period, double *taps);

#endif
