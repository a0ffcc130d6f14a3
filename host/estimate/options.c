#include "estimate/options.h"

#include <math.h>
#include <string.h>

void ckn_estimate_options_init(ckn_estimate_options *options) {
    memset(options, 0, sizeof *options);
    options->solver = CKN_SOLVER_FISTA;
    options->engine = CKN_ENGINE_AUTO;
    options->constraint = CKN_CONSTRAINT_NONE;
    options->iterations = 1000;
    options->tolerance = 1e-7;
    options->restart = 1;
    options->epsilon = 1e-12;
}

const char *ckn_constraint_name(ckn_constraint constraint) {
    switch (constraint) {
    case CKN_CONSTRAINT_NONE:
        return "none";
    case CKN_CONSTRAINT_NONNEG:
        return "nonneg";
    case CKN_CONSTRAINT_SIMPLEX:
        return "simplex";
    }
    return "unknown";
}

ckn_code ckn_estimate_options_check(const ckn_estimate_options *options,
                                    const ckn_solver_ops **solver, ckn_error *error) {
    if (!options)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "options are missing");
    if (options->kernel_rows < 1 || options->kernel_cols < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the kernel size must be at least 1 x 1 (%zu x %zu)", options->kernel_cols,
                        options->kernel_rows);
    *solver = ckn_solver_find(options->solver);
    if (!*solver)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown solver %d", (int)options->solver);
    if ((unsigned)options->constraint > CKN_CONSTRAINT_SIMPLEX)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown constraint %d",
                        (int)options->constraint);
    if (!isfinite(options->tolerance) || options->tolerance < 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the tolerance must be positive, or 0 for none (%g)", options->tolerance);
    return (*solver)->check(options, error);
}
