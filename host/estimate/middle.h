/* The middle of large images as a problem of its own: what a residual says does not need all of
 * them. */
#ifndef CKN_ESTIMATE_MIDDLE_H
#define CKN_ESTIMATE_MIDDLE_H

#include "statistics/problem.h"

enum { CKN_MIDDLE_SIDE = 1024 }; /* samples of BLURRED that are looked at along each axis */

/* Whether the middle is so much smaller than the images that a copy of it pays. */
bool ckn_middle_pays(const ckn_problem *whole);

/* *middle = the middle of every pair as it was uploaded, with its weights and the background that
 * was fitted, in whole's units: its own are 1. To be destroyed. */
ckn_code ckn_middle_create(const ckn_problem *whole, ckn_problem **middle, ckn_error *error);

#endif
