/* The units in which images are uploaded: scaled and shifted to what float32 can hold. */
#ifndef CKN_STATISTICS_UNITS_H
#define CKN_STATISTICS_UNITS_H

#include "statistics/pedestal.h"
#include "statistics/problem.h"

/* Of one image of every pair. */
typedef struct ckn_levels {
    ckn_extent extent;
    ckn_pedestal mean;  /* over the images */
    ckn_pedestal worst; /* of the image whose pedestal is the largest beside its detail */
    size_t count;       /* of images */
} ckn_levels;

ckn_levels ckn_levels_of_none(void);
/* Adds the image `view`, whose samples of `weight` (data NULL: all) other than 0 have this extent.
 */
void ckn_levels_add(ckn_levels *levels, const ckn_view *view, const ckn_view *weight,
                    const ckn_extent *extent);

/* Sets problem->units for images of these levels, and whether an AUTO background has to take up
 * their pedestal; warns where a pedestal is left in that costs digits. `sum_is_one`: the kernel is
 * sought on the simplex. */
void ckn_units_choose(ckn_problem *problem, const ckn_levels *x, const ckn_levels *y,
                      bool sum_is_one);

#endif
