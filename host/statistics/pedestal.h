/* How far the samples of an image lie from 0, and from each other. */
#ifndef CKN_STATISTICS_PEDESTAL_H
#define CKN_STATISTICS_PEDESTAL_H

#include "base/view.h"

typedef struct ckn_pedestal {
    double level;  /* mean */
    double detail; /* mean absolute deviation from it */
} ckn_pedestal;

/* Above this many times the detail, a pedestal that is left in costs digits: the error of an exact
 * pair's kernel grows with the square of level / detail (measured: 2e-6 at 1e4, 2e-4 at 1e5, 4e-2
 * at 1e6, in double precision), and float32 keeps 2^-24 of the level. */
#define CKN_PEDESTAL_LARGE 1e4

/* Of the samples of `view` whose `weight` (of its size; data NULL: all) is not 0 and that are
 * finite, on a grid of some hundreds of them, without the largest and the smallest few: a hot or a
 * dead sample does not hide a pedestal, as it would in a range. `extent` is that of all of them,
 * which stands for the detail where the grid meets none. */
ckn_pedestal ckn_pedestal_measure(const ckn_view *view, const ckn_view *weight,
                                  const ckn_extent *extent);

/* |level - shift| / detail: what is left once `shift` is taken off. 0 of a constant image, which
 * has no detail to lose. */
double ckn_pedestal_ratio(const ckn_pedestal *pedestal, double shift);

#endif
