/* What `auto` means: solver and engine from sizes, memory and predicted times. */
#ifndef CKN_ESTIMATE_CHOICE_H
#define CKN_ESTIMATE_CHOICE_H

#include "estimate/solver.h"

/* Replaces CKN_SOLVER_AUTO and CKN_ENGINE_AUTO in `options` by what will run, and logs why. An
 * image engine may stay AUTO: ckn_operator_create() chooses among those. The solver stays AUTO
 * where the constraint, the prior or its weight is left to the data; where it does not,
 * CONSTRAINT_AUTO and PRIOR_AUTO are resolved too. Refuses a weight that would have to be found
 * without statistics. A background stays AUTO where the statistics will decide.
 */
ckn_code ckn_estimate_choose(const ckn_problem *problem, ckn_estimate_options *options,
                             ckn_error *error);

/* Whether the statistics are worth having for the certificate of what `options` (resolved) solve:
 * always where they exist anyway, else where they take no more time than the solve. */
bool ckn_estimate_certify_by_statistics(const ckn_problem *problem,
                                        const ckn_estimate_options *options);

/* The engine for one residual on the images, which is all that is left to do there: half a gradient
 * by direct sums; by FFT three of a gradient's four transforms, a plan, and planes of scratch. */
ckn_engine ckn_estimate_choose_evaluation(const ckn_problem *problem);

/* Gradients that planning is weighed against: the power iteration and the iterations of a typical
 * solve; closed forms evaluate the residual once. */
size_t ckn_estimate_expected_gradients(const ckn_estimate_options *options);

#endif
