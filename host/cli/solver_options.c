#include "cli/solver_options.h"

#include "base/status.h"

void ckn_cli_solver_defaults(ckn_cli_solver_options *options) {
    *options = (ckn_cli_solver_options){.tolerance = -1.0, .epsilon = -1.0, .restart = true};
}

static ckn_code check_division(const ckn_cli_solver_options *options, ckn_error *error) {
    const char *option = NULL;
    if (options->step > 0.0)
        option = "--step";
    else if (options->iterations > 0)
        option = "--iterations";
    else if (options->tolerance >= 0.0)
        option = "--tolerance";
    if (option)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s has no meaning with --solver division, which does not iterate", option);
    if (options->constraint != CKN_CONSTRAINT_NONE)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--solver division knows no --constraint: use fista or gd");
    if (options->engine == CKN_ENGINE_DIRECT)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--solver division always works by FFT: leave --engine direct out");
    return CKN_OK;
}

ckn_code ckn_cli_solver_check(const ckn_cli_solver_options *options, ckn_error *error) {
    if (options->solver == CKN_SOLVER_DIVISION)
        return check_division(options, error);
    if (options->epsilon >= 0.0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "--epsilon needs --solver division");
    return CKN_OK;
}

void ckn_cli_solver_fill(const ckn_cli_solver_options *options, ckn_shape kernel,
                         ckn_estimate_options *estimate) {
    ckn_estimate_options_init(estimate);
    estimate->kernel_rows = kernel.rows;
    estimate->kernel_cols = kernel.cols;
    estimate->solver = (ckn_solver)options->solver;
    estimate->engine = (ckn_engine)options->engine;
    estimate->constraint = (ckn_constraint)options->constraint;
    if (options->iterations > 0)
        estimate->iterations = options->iterations;
    if (options->tolerance >= 0.0)
        estimate->tolerance = options->tolerance;
    if (options->epsilon >= 0.0)
        estimate->epsilon = options->epsilon;
    estimate->step = options->step;
    estimate->restart = options->restart;
}
