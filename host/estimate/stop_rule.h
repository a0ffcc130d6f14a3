/* When an iteration has done enough. */
#ifndef CKN_ESTIMATE_STOP_RULE_H
#define CKN_ESTIMATE_STOP_RULE_H

#include "backend/backend.h"

/* Accelerated iterates oscillate, and at a turning point kernel or objective hardly change once:
 * a rule must hold this many times in a row. */
enum { CKN_STOP_STREAK = 5 };

typedef struct ckn_stop_rule {
    double tolerance; /* 0: only an exact fit stops */
    double objective; /* of the iterate before */
    size_t kernel_streak, objective_streak;
} ckn_stop_rule;

/* Takes note of the step that led to a kernel of this objective. True where a rule holds; *reason
 * then says which. */
bool ckn_stop_rule_update(ckn_stop_rule *rule, const ckn_step_sums *sums, double objective,
                          ckn_stop_reason *reason);

#endif
