/* What must hold before an answer leaves the library, whatever solver found it. */
#ifndef CKN_ESTIMATE_ANSWER_H
#define CKN_ESTIMATE_ANSWER_H

#include "estimate/normal_operator.h"

/* Refuses pairs of which all samples that count are black (0), in the sharp or in the blurred
 * images: masks, or a robust fit, left no light, and only the zero kernel or any kernel fits.
 * `robust` names the robust fit in the message. CKN_ERROR_DATA. Where nothing was left out, a black
 * blurred image is warned of: the zero kernel is its answer. */
ckn_code ckn_answer_check_light(const ckn_problem *problem, const ckn_pair *pairs, bool robust,
                                ckn_error *error);

/* Refuses a kernel h (K numbers) that is not finite, or whose objective is larger than that of no
 * kernel at all: the solver diverged, or solved another problem. On the simplex, which no zero
 * kernel keeps, larger than that of the flat kernel too. `images` evaluates what the statistics do
 * not tell, and is left with r of that; NULL: the statistics are there. */
ckn_code ckn_answer_check_kernel(ckn_problem *problem, ckn_operator *images,
                                 ckn_constraint constraint, const double *h, double objective,
                                 ckn_error *error);

#endif
