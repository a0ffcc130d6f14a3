/* The extended box; its public functions are declared in clkernest.h. */
#ifndef CKN_BLUR_EXTENDED_BOX_H
#define CKN_BLUR_EXTENDED_BOX_H

#include "base/status.h"

/* Limits that keep sizes far from overflow and a mistyped sigma from taking hours. */
enum { CKN_BOX_MOST_PASSES = 1000, CKN_BOX_LARGEST_REACH = 1 << 24 };

/* Samples that all passes together reach to each side: d (l + 1). */
size_t ckn_extended_box_reach(const ckn_extended_box *box);

#endif
