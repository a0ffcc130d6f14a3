#include "estimate/options.h"

#include <math.h>
#include <string.h>

void ckn_estimate_options_init(ckn_estimate_options *options) {
    memset(options, 0, sizeof *options);
    options->solver = CKN_SOLVER_AUTO;
    options->engine = CKN_ENGINE_AUTO;
    options->constraint = CKN_CONSTRAINT_AUTO;
    options->prior = CKN_PRIOR_AUTO;
    options->lambda_rule = CKN_LAMBDA_AUTO;
    options->background = CKN_BACKGROUND_AUTO;
    options->iterations = 1000;
    options->tolerance = 1e-7;
    options->restart = 1;
    options->epsilon = 1e-12;
}

const char *ckn_lambda_rule_name(ckn_lambda_rule rule) {
    static const char *const names[] = {"auto", "given", "gcv", "discrepancy"};
    return (unsigned)rule < sizeof names / sizeof names[0] ? names[rule] : "unknown";
}

const char *ckn_constraint_name(ckn_constraint constraint) {
    switch (constraint) {
    case CKN_CONSTRAINT_NONE:
        return "none";
    case CKN_CONSTRAINT_NONNEG:
        return "nonneg";
    case CKN_CONSTRAINT_SIMPLEX:
        return "simplex";
    case CKN_CONSTRAINT_AUTO:
        return "auto";
    }
    return "unknown";
}

static ckn_code check_prior(const ckn_estimate_options *options, ckn_error *error) {
    if ((unsigned)options->prior > CKN_PRIOR_AUTO)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown prior %d", (int)options->prior);
    if (!isfinite(options->lambda) || options->lambda < 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "lambda, the weight of the prior, must not be negative (%g)",
                        options->lambda);
    if (!(options->loss_sigma >= 0))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the losses of compression must be 0 or more, not %g", options->loss_sigma);
    if (!isfinite(options->inflation) || (options->inflation != 0 && options->inflation < 1))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the inflation of the noise's variance must be at least 1, or 0 for none "
                        "(%g)",
                        options->inflation);
    if ((unsigned)options->lambda_rule > CKN_LAMBDA_DISCREPANCY)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown rule %d for lambda",
                        (int)options->lambda_rule);
    if (options->prior == CKN_PRIOR_NONE || options->prior == CKN_PRIOR_AUTO)
        return CKN_OK;
    if (options->solver == CKN_SOLVER_DIVISION)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the division knows no prior; use its epsilon, or another solver");
    if (options->engine != CKN_ENGINE_AUTO && options->engine != CKN_ENGINE_GRAM)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a prior is added to the statistics: leave the engine %s out",
                        ckn_engine_name(options->engine));
    return CKN_OK;
}

const char *ckn_background_name(ckn_background background) {
    switch (background) {
    case CKN_BACKGROUND_AUTO:
        return "auto";
    case CKN_BACKGROUND_NONE:
        return "none";
    case CKN_BACKGROUND_CONSTANT:
        return "constant";
    case CKN_BACKGROUND_PLANE:
        return "plane";
    }
    return "unknown";
}

static ckn_code check_background(const ckn_estimate_options *options, ckn_error *error) {
    const char *name = ckn_background_name(options->background);
    if ((unsigned)options->background > CKN_BACKGROUND_PLANE)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown background %d",
                        (int)options->background);
    if (options->background <= CKN_BACKGROUND_NONE)
        return CKN_OK;
    if (options->solver == CKN_SOLVER_DIVISION)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the division knows no background (%s); use another solver", name);
    if (options->engine != CKN_ENGINE_AUTO && options->engine != CKN_ENGINE_GRAM)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a background (%s) is part of the statistics: leave the engine %s out",
                        name, ckn_engine_name(options->engine));
    return CKN_OK;
}

static ckn_code check_gain(const ckn_estimate_options *options, ckn_error *error) {
    if ((unsigned)options->gain > CKN_GAIN_FIT)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown gain %d", (int)options->gain);
    if (options->gain == CKN_GAIN_NONE)
        return CKN_OK;
    if (options->solver == CKN_SOLVER_DIVISION)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the division knows no gains; use another solver");
    if (options->engine != CKN_ENGINE_AUTO && options->engine != CKN_ENGINE_GRAM)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "gains come from the statistics: leave the engine %s out",
                        ckn_engine_name(options->engine));
    return CKN_OK;
}

static ckn_code check_robust(const ckn_estimate_options *options, ckn_error *error) {
    if (!options->robust)
        return CKN_OK;
    if (options->solver == CKN_SOLVER_DIVISION)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the division cannot leave out outliers; use another solver for a robust "
                        "fit");
    if (options->engine != CKN_ENGINE_AUTO && options->engine != CKN_ENGINE_GRAM)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a robust fit works on the statistics: leave the engine %s out",
                        ckn_engine_name(options->engine));
    return CKN_OK;
}

static ckn_code check_gap(const ckn_estimate_options *options, ckn_error *error) {
    if (!isfinite(options->gap) || options->gap < 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the duality gap must be positive, or 0 for none (%g)", options->gap);
    const bool iterates = options->solver == CKN_SOLVER_AUTO ||
                          options->solver == CKN_SOLVER_FISTA || options->solver == CKN_SOLVER_GD;
    if (options->gap > 0 && !iterates)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "only fista and gd stop at a duality gap; leave it out for %s",
                        ckn_solver_name(options->solver));
    return CKN_OK;
}

ckn_code ckn_estimate_options_check(const ckn_estimate_options *options, ckn_error *error) {
    if (!options)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "options are missing");
    if (options->kernel_rows < 1 || options->kernel_cols < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the kernel size must be at least 1 x 1 (%zu x %zu)", options->kernel_cols,
                        options->kernel_rows);
    const ckn_solver_ops *solver = ckn_solver_find(options->solver);
    if (!solver)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown solver %d", (int)options->solver);
    if ((unsigned)options->constraint > CKN_CONSTRAINT_AUTO)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown constraint %d",
                        (int)options->constraint);
    if (!isfinite(options->tolerance) || options->tolerance < 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the tolerance must be positive, or 0 for none (%g)", options->tolerance);
    if (!isfinite(options->step) || options->step < 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "the step must be positive, or 0 for 1/L (%g)",
                        options->step);
    if (!isfinite(options->epsilon) || options->epsilon < 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "epsilon must not be negative (%g)",
                        options->epsilon);
    if ((unsigned)options->engine > CKN_ENGINE_TOEPLITZ)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown engine %d", (int)options->engine);
    CKN_TRY(check_prior(options, error));
    CKN_TRY(check_background(options, error));
    CKN_TRY(check_gain(options, error));
    CKN_TRY(check_robust(options, error));
    CKN_TRY(check_gap(options, error));
    return solver->check ? solver->check(options, error) : CKN_OK;
}
