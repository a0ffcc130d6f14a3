/* Weights of windows: which samples count, and how much.
 *
 *   minimise over h:  1/2 sum over pairs and windows  w (h * x - y)^2
 *
 * The weight of window (p,q) is that of BLURRED's sample, and 0 where SHARP's k x l samples under
 * it include one that is masked. Weights are relative: those that are not 0 have the mean 1. What
 * is masked may be NaN or infinite; it is uploaded as 0, so that 0 times it is 0.
 */
#ifndef CKN_STATISTICS_WEIGHTS_H
#define CKN_STATISTICS_WEIGHTS_H

#include "statistics/problem.h"

bool ckn_weights_given(const ckn_pair *pair);
/* Refuses weights whose size is not that of their image. */
ckn_code ckn_weights_check(const ckn_pair *pair, ckn_error *error);
/* Fills the weights of every pair, and refuses them where they are negative or not finite, or leave
 * fewer windows than there are taps. Pairs without weights count in full. */
ckn_code ckn_weights_fill(ckn_problem *problem, const ckn_pair *pairs, ckn_error *error);
/* Gives pairs that have none weights of 1. */
ckn_code ckn_weights_give(ckn_problem *problem, ckn_error *error);
/* After a robust fit set weights to 0, or back: counts, and refuses if too few are left. */
ckn_code ckn_weights_count(ckn_problem *problem, ckn_error *error);

/* Extent of the samples of `view` whose `weight` (of its size; data NULL: all) is not 0; the
 * message points at NaN and infinity among them. */
ckn_code ckn_weights_extent(const ckn_view *view, const ckn_view *weight, const char *what,
                            ckn_extent *extent, ckn_error *error);
/* buffer = scale (view - shift), and 0 where `weight` is 0. */
ckn_code ckn_weights_upload(ckn_backend *backend, ckn_buffer *buffer, const ckn_view *view,
                            const ckn_view *weight, double scale, double shift, ckn_error *error);

/* r *= the root of the weights, for every pair that has them: once for an objective, twice for a
 * gradient. */
ckn_code ckn_weights_apply(ckn_problem *problem, ckn_error *error);

#endif
