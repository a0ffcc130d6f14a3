/* The sums of one pair over all windows of its largest frame of taps, kept on the host:
 * correlations, and the strips of x that the windows do not share. They have the size of the kernel
 * and of the image's border, and the normal equations of every rectangle of taps inside the frame
 * follow from them, on the same windows, without another look at the image.
 */
#ifndef CKN_STATISTICS_PAIR_SUMS_H
#define CKN_STATISTICS_PAIR_SUMS_H

#include "statistics/displacement.h"
#include "statistics/problem.h"

/* A part of a frame of taps: its first tap, and its size. */
typedef struct ckn_rectangle {
    size_t row, col;
    ckn_shape shape;
} ckn_rectangle;

typedef struct ckn_pair_sums {
    ckn_shape frame, x_shape, valid;
    ckn_correlations correlations; /* of the frame */
    ckn_borders borders;
} ckn_pair_sums;

/* From the images of pair `index`, which were uploaded. */
ckn_code ckn_pair_sums_create(ckn_pair_sums *sums, const ckn_problem *problem, size_t index,
                              ckn_correlator *correlator, ckn_error *error);
void ckn_pair_sums_release(ckn_pair_sums *sums); /* safe on a zeroed one */

/* gram += G and b += X'y of the taps of `rectangle`, over all windows. */
ckn_code ckn_pair_sums_add(const ckn_pair_sums *sums, const ckn_rectangle *rectangle,
                           ckn_symmetric *gram, double *b, ckn_error *error);

#endif
