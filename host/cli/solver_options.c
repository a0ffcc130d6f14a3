#include "cli/solver_options.h"

#include "base/status.h"

void ckn_cli_solver_defaults(ckn_cli_solver_options *options) {
    *options = (ckn_cli_solver_options){.solver = CKN_SOLVER_AUTO,
                                        .engine = CKN_ENGINE_AUTO,
                                        .constraint = -1,
                                        .tolerance = -1.0,
                                        .gap = -1.0,
                                        .epsilon = -1.0,
                                        .prior = -1,
                                        .background = -1,
                                        .restart = true};
}

/* Sets of solvers. */
#define BIT(name) (1U << CKN_SOLVER_##name)
#define GRADIENT (BIT(FISTA) | BIT(GD))
#define ITERATING (GRADIENT | BIT(CG))
#define FITTING (ITERATING | BIT(EXACT) | BIT(NNLS))

/* An option that not all solvers have. */
typedef struct rule {
    const char *option;
    bool given;
    unsigned solvers;
} rule;

enum { RULES = 12 };

static void list_rules(const ckn_cli_solver_options *options, rule rules[RULES]) {
    const rule list[RULES] = {
        {"--iterations", options->iterations > 0, ITERATING},
        {"--tolerance", options->tolerance >= 0.0, ITERATING},
        {"--history", options->history, ITERATING},
        {"--step", options->step > 0.0, GRADIENT},
        {"--gap", options->gap >= 0.0, GRADIENT},
        {"--no-restart", !options->restart, GRADIENT},
        {"--prior", options->prior > CKN_PRIOR_NONE, FITTING},
        {"--lambda", options->lambda.choice != 0, FITTING},
        {"--gain", options->gain != CKN_GAIN_NONE, FITTING},
        {"--background", options->background > CKN_BACKGROUND_NONE, FITTING},
        {"--memory-limit", options->memory_limit > 0, FITTING},
        {"--uncertainty", options->uncertainty, FITTING},
    };
    for (size_t i = 0; i < RULES; i++)
        rules[i] = list[i];
}

/* Options that only an iterating solver has are a wish for one. */
static ckn_solver chosen_solver(const ckn_cli_solver_options *options) {
    rule rules[RULES];
    list_rules(options, rules);
    for (size_t i = 0; i < RULES && options->solver == CKN_SOLVER_AUTO; i++) {
        if (rules[i].given && (rules[i].solvers & ~(unsigned)ITERATING) == 0)
            return CKN_SOLVER_FISTA;
    }
    return (ckn_solver)options->solver;
}

/* Why `solver` has no use for an option, and what to do. */
static const char *reason(ckn_solver solver, bool of_iteration) {
    switch (solver) {
    case CKN_SOLVER_EXACT:
        return "does not iterate: leave it out, or use --solver fista";
    case CKN_SOLVER_NNLS:
        return "ends by itself at the optimum: leave it out, or use --solver fista";
    case CKN_SOLVER_CG:
        return "chooses its steps itself: leave it out, or use --solver fista";
    default:
        return of_iteration ? "does not iterate: leave it out, or use --solver fista"
                            : "is no least-squares fit: leave it out";
    }
}

static ckn_code check_rules(const ckn_cli_solver_options *options, ckn_solver solver,
                            ckn_error *error) {
    rule rules[RULES];
    list_rules(options, rules);
    if (options->epsilon >= 0.0 && solver != CKN_SOLVER_DIVISION)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "--epsilon needs --solver division");
    for (size_t i = 0; i < RULES && solver != CKN_SOLVER_AUTO; i++) {
        if (rules[i].given && !(rules[i].solvers & 1U << solver))
            return ckn_fail(error, CKN_ERROR_ARGUMENT,
                            "%s has no meaning with --solver %s, which %s", rules[i].option,
                            ckn_solver_name(solver), reason(solver, rules[i].solvers != FITTING));
    }
    return CKN_OK;
}

static ckn_code check_constraint(const ckn_cli_solver_options *options, ckn_solver solver,
                                 ckn_error *error) {
    if (options->constraint == CKN_CONSTRAINT_NONE && solver == CKN_SOLVER_NNLS)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--constraint none contradicts --solver nnls, whose kernels are not "
                        "negative: use --solver exact");
    if (options->constraint <= CKN_CONSTRAINT_NONE || options->constraint == CKN_CONSTRAINT_AUTO)
        return CKN_OK;
    if (solver == CKN_SOLVER_EXACT || solver == CKN_SOLVER_CG)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--solver %s knows no --constraint: use --solver nnls or auto",
                        ckn_solver_name(solver));
    if (solver == CKN_SOLVER_DIVISION)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--solver division knows no --constraint: use nnls, fista or gd");
    return CKN_OK;
}

static ckn_code check_engine(const ckn_cli_solver_options *options, ckn_solver solver,
                             ckn_error *error) {
    ckn_engine engine = (ckn_engine)options->engine;
    const char *solver_name = ckn_solver_name(solver), *name = ckn_engine_name(engine);
    bool over_image = engine != CKN_ENGINE_AUTO && engine != CKN_ENGINE_GRAM;
    if (over_image && (solver == CKN_SOLVER_EXACT || solver == CKN_SOLVER_NNLS))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--solver %s works on the statistics of the images: use --engine gram "
                        "instead of %s, or leave it out",
                        solver_name, name);
    if (solver == CKN_SOLVER_DIVISION && engine != CKN_ENGINE_AUTO && engine != CKN_ENGINE_FFT)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--solver division always works by FFT: leave --engine %s out", name);
    if (over_image && options->prior > CKN_PRIOR_NONE && options->prior != CKN_PRIOR_AUTO)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--prior works on the statistics of the images: use --engine gram instead "
                        "of %s, or leave it out",
                        name);
    if (over_image && options->gain != CKN_GAIN_NONE)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--gain works on the statistics of the images: use --engine gram instead "
                        "of %s, or leave it out",
                        name);
    if (over_image && options->background > CKN_BACKGROUND_NONE)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--background %s works on the statistics of the images: use --engine gram "
                        "instead of %s, or leave it out",
                        ckn_background_name((ckn_background)options->background), name);
    return CKN_OK;
}

static ckn_code check_prior(const ckn_cli_solver_options *options, ckn_solver solver,
                            ckn_error *error) {
    const ckn_prior prior = options->prior < 0 ? CKN_PRIOR_AUTO : (ckn_prior)options->prior;
    const bool named = prior != CKN_PRIOR_AUTO && prior != CKN_PRIOR_NONE;
    const bool closed =
        solver == CKN_SOLVER_AUTO || solver == CKN_SOLVER_EXACT || solver == CKN_SOLVER_NNLS;
    if (options->lambda.choice < 0 && !named)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--lambda with a number needs the --prior that it is the weight of");
    if (options->lambda.choice > 0 && prior == CKN_PRIOR_NONE)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "--lambda has no meaning with --prior none");
    if (named && !closed && options->lambda.choice >= 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--solver %s cannot find the weight of a prior: give --lambda a number, or "
                        "use --solver auto",
                        ckn_solver_name(solver));
    if ((prior == CKN_PRIOR_L1 || prior == CKN_PRIOR_TV) && solver != CKN_SOLVER_AUTO)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--prior %s needs --solver auto; %s knows ridge, smooth1 and smooth2",
                        ckn_prior_name(prior), ckn_solver_name(solver));
    return CKN_OK;
}

ckn_code ckn_cli_solver_check(const ckn_cli_solver_options *options, ckn_error *error) {
    ckn_solver solver = chosen_solver(options);
    CKN_TRY(check_rules(options, solver, error));
    CKN_TRY(check_constraint(options, solver, error));
    CKN_TRY(check_prior(options, solver, error));
    return check_engine(options, solver, error);
}

/* Numbers that were given replace the library's. */
static void fill_numbers(const ckn_cli_solver_options *options, ckn_estimate_options *estimate) {
    if (options->iterations > 0)
        estimate->iterations = options->iterations;
    if (options->tolerance >= 0.0)
        estimate->tolerance = options->tolerance;
    if (options->gap >= 0.0)
        estimate->gap = options->gap;
    if (options->epsilon >= 0.0)
        estimate->epsilon = options->epsilon;
    if (options->memory_limit > 0)
        estimate->memory_limit = options->memory_limit;
    if (options->inflation.choice < 0)
        estimate->inflation = options->inflation.value;
}

static void fill_prior(const ckn_cli_solver_options *options, ckn_estimate_options *estimate) {
    static const ckn_lambda_rule rules[] = {CKN_LAMBDA_AUTO, CKN_LAMBDA_GCV,
                                            CKN_LAMBDA_DISCREPANCY};
    if (options->prior >= 0)
        estimate->prior = (ckn_prior)options->prior;
    const bool number = options->lambda.choice < 0;
    estimate->lambda_rule = number ? CKN_LAMBDA_GIVEN : rules[options->lambda.choice];
    estimate->lambda = options->lambda.value;
}

void ckn_cli_solver_fill(const ckn_cli_solver_options *options, ckn_shape kernel,
                         ckn_estimate_options *estimate) {
    ckn_estimate_options_init(estimate);
    estimate->kernel_rows = kernel.rows;
    estimate->kernel_cols = kernel.cols;
    estimate->solver = chosen_solver(options);
    estimate->engine = (ckn_engine)options->engine;
    estimate->gain = (ckn_gain)options->gain;
    if (options->background >= 0)
        estimate->background = (ckn_background)options->background;
    if (options->constraint >= 0)
        estimate->constraint = (ckn_constraint)options->constraint;
    fill_numbers(options, estimate);
    fill_prior(options, estimate);
    estimate->step = options->step;
    estimate->restart = options->restart;
}
