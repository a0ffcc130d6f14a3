/* The sums of a problem whose weights change while its images stay: kept as they were before any
 * elimination, with the weights that they hold, so that only changes need to be summed. */
#ifndef CKN_STATISTICS_KEPT_SUMS_H
#define CKN_STATISTICS_KEPT_SUMS_H

#include "statistics/terms.h"

typedef struct ckn_kept_sums {
    ckn_symmetric gram;
    double *b, square;
    double **weights; /* of every pair: P x Q */
    size_t pair_count;
} ckn_kept_sums;

ckn_code ckn_kept_sums_create(ckn_kept_sums *kept, const ckn_problem *problem, ckn_error *error);
void ckn_kept_sums_release(ckn_kept_sums *kept); /* safe on a zeroed or released one */
/* Keeps the sums of `statistics`, which has them for the problem's weights. (Those of terms are not
 * changed by an elimination.) */
void ckn_kept_sums_store(ckn_kept_sums *kept, const ckn_problem *problem,
                         const ckn_equations *statistics);
/* The sums for the weights of now, from those that were stored; `terms` (NULL: none) has them as
 * they were then. */
ckn_code ckn_kept_sums_update(const ckn_kept_sums *kept, const ckn_problem *problem,
                              ckn_equations *statistics, ckn_pair_terms *terms, ckn_error *error);

#endif
