/* What a ckn_statistics is made of; see clkernest.h. */
#ifndef CKN_STATISTICS_STATISTICS_H
#define CKN_STATISTICS_STATISTICS_H

#include "dense/symmetric.h"
#include "statistics/terms.h"

/* One pair's share of what does not add up: each pair has a background of its own. */
typedef struct ckn_statistics_part {
    ckn_shape valid; /* windows, P x Q */
    size_t used;     /* of them, with a weight above 0 */
} ckn_statistics_part;

struct ckn_statistics {
    ckn_frame frame;
    ckn_background background; /* that can be fitted: NONE, CONSTANT or PLANE */
    size_t part_count;
    ckn_statistics_part *parts;
    ckn_pair_terms *terms; /* of each part; NULL without a background */
    ckn_symmetric gram;    /* in the units of the images */
    double *b, square;
    double largest; /* magnitude of a blurred sample */
};

/* Room for these statistics, all zero. */
ckn_code ckn_statistics_allocate(const ckn_frame *frame, ckn_background background,
                                 size_t part_count, ckn_statistics **out, ckn_error *error);

#endif
