#include "estimate/stop_rule.h"

#include <math.h>

bool ckn_stop_rule_update(ckn_stop_rule *rule, const ckn_step_sums *sums, double objective,
                          ckn_stop_reason *reason) {
    double previous = rule->objective;
    rule->objective = objective;
    if (objective == 0) {
        *reason = CKN_STOP_EXACT_FIT;
        return true;
    }
    if (!(rule->tolerance > 0))
        return false;
    bool kernel = sqrt(sums->change_squared) <= rule->tolerance * sqrt(sums->norm_squared);
    /* Near its minimum the objective changes with the square of the kernel's change. */
    bool value = fabs(objective - previous) <= rule->tolerance * rule->tolerance * objective;
    rule->kernel_streak = kernel ? rule->kernel_streak + 1 : 0;
    rule->objective_streak = value ? rule->objective_streak + 1 : 0;
    if (rule->kernel_streak >= CKN_STOP_STREAK) {
        *reason = CKN_STOP_KERNEL_CHANGE;
        return true;
    }
    if (rule->objective_streak >= CKN_STOP_STREAK) {
        *reason = CKN_STOP_OBJECTIVE_CHANGE;
        return true;
    }
    return false;
}

const char *ckn_stop_reason_name(ckn_stop_reason reason) {
    switch (reason) {
    case CKN_STOP_ITERATIONS:
        return "iterations";
    case CKN_STOP_KERNEL_CHANGE:
        return "kernel-change";
    case CKN_STOP_OBJECTIVE_CHANGE:
        return "objective-change";
    case CKN_STOP_EXACT_FIT:
        return "exact-fit";
    case CKN_STOP_CLOSED_FORM:
        return "closed-form";
    case CKN_STOP_OPTIMAL:
        return "optimal";
    case CKN_STOP_GAP:
        return "gap";
    case CKN_STOP_GRADIENT:
        return "gradient";
    }
    return "unknown";
}
