/* Parts of a pair that go with a frame of taps; see ckn_pair_cut() in clkernest.h. */
#ifndef CKN_STATISTICS_PAIR_CUT_H
#define CKN_STATISTICS_PAIR_CUT_H

#include "base/view.h"

/* Whole numbers low .. high: displacements of taps along one axis, or samples of a line. */
typedef struct ckn_interval {
    ptrdiff_t low, high;
} ckn_interval;

static inline size_t ckn_interval_length(ckn_interval interval) {
    return interval.high < interval.low ? 0 : (size_t)(interval.high - interval.low + 1);
}

/* Displacements of `taps` taps whose middle one has this offset, and back. */
ckn_interval ckn_interval_of_taps(size_t taps, ptrdiff_t offset);
ptrdiff_t ckn_interval_offset(ckn_interval displacements);

#endif
