#include "estimate/choice.h"

#include "dense/cholesky.h"
#include "statistics/equations.h"

#include <math.h>

/* The non-negative answer takes about as long as six factorisations. */
static const double factors_of_nnls = 6;
/* Conjugate gradients on photographs, to 1e-7. */
static const double expected_cg_iterations = 150;
/* An exact answer is worth this wait, whatever else would be faster. */
static const double patience = 10;

size_t ckn_estimate_expected_gradients(const ckn_estimate_options *options) {
    enum { POWER_ITERATIONS = 20, MOST = 1000000000 };
    const size_t iterations = options->iterations < MOST ? options->iterations : MOST;
    switch (options->solver) {
    case CKN_SOLVER_FISTA:
    case CKN_SOLVER_GD:
        return iterations + (options->step > 0 ? 1 : POWER_ITERATIONS);
    case CKN_SOLVER_CG:
        return (size_t)fmin((double)options->iterations, expected_cg_iterations);
    default:
        return 1;
    }
}

static double seconds_of(const ckn_operator_ops *engine, const ckn_problem *problem,
                         size_t gradients) {
    double plan = 0, gradient = 0;
    engine->predict(problem, &plan, &gradient);
    return plan + (double)gradients * gradient;
}

/* Infinite with weights, which it does not know. */
static double seconds_of_toeplitz(const ckn_problem *problem, size_t gradients) {
    return ckn_problem_is_weighted(problem)
               ? INFINITY
               : seconds_of(&ckn_operator_toeplitz, problem, gradients);
}

/* The time of the fastest engine that needs no statistics. */
static double seconds_on_images(const ckn_problem *problem, size_t gradients) {
    return fmin(fmin(seconds_of(&ckn_operator_direct, problem, gradients),
                     seconds_of(&ckn_operator_fft, problem, gradients)),
                seconds_of_toeplitz(problem, gradients));
}

static double seconds_of_factors(const ckn_problem *problem, bool constrained) {
    const double taps = (double)ckn_problem_taps(problem);
    const double factor = taps * taps * taps / 3 * CKN_CHOLESKY_SECONDS;
    return factor * (constrained ? factors_of_nnls : 1);
}

static double seconds_of_exact(const ckn_problem *problem, bool constrained) {
    return seconds_of(&ckn_operator_gram, problem, 1) + seconds_of_factors(problem, constrained);
}

/* Terms beside the kernel are fitted on the statistics alone: an iteration on the images would
 * leave them out. With weights the statistics may take long; that is no reason to lose a
 * background, which biases the kernel's sum. */
static bool needs_statistics(const ckn_estimate_options *options) {
    return options->background != CKN_BACKGROUND_NONE || options->gain != CKN_GAIN_NONE;
}

/* Only the closed forms find a weight, or know the sparse priors. */
static bool needs_closed_form(const ckn_estimate_options *options) {
    return options->prior != CKN_PRIOR_NONE && options->prior != CKN_PRIOR_AUTO &&
           (options->lambda_rule != CKN_LAMBDA_GIVEN || !ckn_prior_is_quadratic(options->prior));
}

/* Fewer equations than unknowns: nothing can tell a sign or a prior, and what is left is the
 * least-squares kernel of minimum norm. */
static bool is_undetermined(const ckn_problem *problem, const ckn_estimate_options *options) {
    return !ckn_solver_is_constrained(options) && !needs_closed_form(options) &&
           ckn_problem_count(problem) < ckn_problem_taps(problem);
}

/* By eigenvalues, in double precision; conjugate gradients in float32 come close to that answer
 * only. */
static bool minimum_norm_is_quick(const ckn_problem *problem) {
    const double taps = (double)ckn_problem_taps(problem);
    return taps * taps * taps * CKN_EIGEN_SECONDS <= patience &&
           ckn_equations_fit_minimum_norm(problem);
}

static ckn_solver iterative_solver(const ckn_estimate_options *options) {
    bool constrained = ckn_solver_is_constrained(options);
    return constrained || options->gap > 0 ? CKN_SOLVER_FISTA : CKN_SOLVER_CG;
}

static ckn_solver choose_solver(const ckn_problem *problem, const ckn_estimate_options *options) {
    const ckn_log *log = &problem->backend->log;
    const bool constrained = ckn_solver_is_constrained(options);
    ckn_estimate_options iterative = *options;
    iterative.solver = iterative_solver(options);
    const char *name = ckn_solver_name(iterative.solver);
    const bool own_engine =
        options->engine != CKN_ENGINE_AUTO && options->engine != CKN_ENGINE_GRAM;
    if (own_engine || options->gap > 0) {
        ckn_log_line(log, CKN_LOG_VERBOSE, "solver %s: %s was asked for", name,
                     options->gap > 0 ? "a duality gap" : "an engine on the images");
        return iterative.solver;
    }
    if (!(constrained ? ckn_equations_fit_nonnegative : ckn_equations_fit)(problem)) {
        ckn_log_line(log, CKN_LOG_VERBOSE,
                     "solver %s: the statistics would take %zu bytes%s, and %zu are allowed", name,
                     ckn_equations_bytes(problem->kernel),
                     constrained ? " (and nnls about as many again)" : "",
                     ckn_equations_limit(problem->memory_limit));
        return iterative.solver;
    }
    const bool needed = needs_closed_form(options);
    if (is_undetermined(problem, options)) {
        const bool quick = minimum_norm_is_quick(problem);
        ckn_log_line(log, CKN_LOG_VERBOSE, "solver %s: fewer samples than taps",
                     quick ? "exact" : name);
        return quick ? CKN_SOLVER_EXACT : iterative.solver;
    }
    ckn_solver closed = constrained ? CKN_SOLVER_NNLS : CKN_SOLVER_EXACT;
    double exact = seconds_of_exact(problem, constrained);
    double other = seconds_on_images(problem, ckn_estimate_expected_gradients(&iterative));
    ckn_log_line(log, CKN_LOG_VERBOSE, "solver %s: predicted %.3g s; %s on the images: %.3g s",
                 ckn_solver_name(closed), exact, name, other);
    if (needed || options->engine == CKN_ENGINE_GRAM || exact <= fmax(patience, other))
        return closed;
    if (!needs_statistics(options) || seconds_of_factors(problem, constrained) > patience)
        return iterative.solver;
    ckn_log_line(log, CKN_LOG_INFO,
                 "the statistics take about %.0f s, and tell whether there is a background; "
                 "--solver %s --background none does without them in about %.0f s",
                 exact, name, other);
    return closed;
}

static ckn_engine choose_engine(const ckn_problem *problem, const ckn_estimate_options *options) {
    const ckn_log *log = &problem->backend->log;
    switch (options->solver) {
    case CKN_SOLVER_EXACT:
    case CKN_SOLVER_NNLS:
        return CKN_ENGINE_GRAM;
    case CKN_SOLVER_DIVISION:
        return CKN_ENGINE_AUTO;
    default:
        break;
    }
    if ((options->prior != CKN_PRIOR_NONE && options->prior != CKN_PRIOR_AUTO) ||
        options->background > CKN_BACKGROUND_NONE || options->robust ||
        options->gain != CKN_GAIN_NONE)
        return CKN_ENGINE_GRAM;
    size_t gradients = ckn_estimate_expected_gradients(options);
    double gram = seconds_of(&ckn_operator_gram, problem, gradients);
    double images = seconds_on_images(problem, gradients);
    ckn_log_line(log, CKN_LOG_VERBOSE,
                 "engine gram: predicted %.3g s for %zu gradients; on the images: %.3g s", gram,
                 gradients, images);
    if (gram <= images)
        return CKN_ENGINE_GRAM;
    double toeplitz = seconds_of_toeplitz(problem, gradients);
    ckn_log_line(log, CKN_LOG_VERBOSE, "engine toeplitz: predicted %.3g s", toeplitz);
    return toeplitz <= images ? CKN_ENGINE_TOEPLITZ : CKN_ENGINE_AUTO;
}

/* What is left to the data stays open where the solver works on the statistics. */
static bool is_open(const ckn_problem *problem, const ckn_estimate_options *options, bool named) {
    const bool closed = options->solver == CKN_SOLVER_EXACT || options->solver == CKN_SOLVER_NNLS;
    const bool choice =
        options->prior == CKN_PRIOR_AUTO ||
        (options->constraint == CKN_CONSTRAINT_AUTO && ckn_equations_fit_nonnegative(problem));
    return closed && (needs_closed_form(options) || (choice && !named));
}

/* For a solver that does not choose: what AUTO means for it. */
static ckn_code resolve(ckn_estimate_options *options, ckn_error *error) {
    if (options->constraint == CKN_CONSTRAINT_AUTO)
        options->constraint =
            options->solver == CKN_SOLVER_NNLS ? CKN_CONSTRAINT_NONNEG : CKN_CONSTRAINT_NONE;
    if (options->prior == CKN_PRIOR_AUTO)
        options->prior = CKN_PRIOR_NONE;
    if (options->prior == CKN_PRIOR_NONE)
        return CKN_OK;
    if (options->lambda_rule != CKN_LAMBDA_GIVEN)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s cannot find the weight of a prior: give lambda a number, or leave the "
                        "solver to auto and the gap out",
                        ckn_solver_name(options->solver));
    if (!ckn_prior_is_quadratic(options->prior))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s knows no prior '%s': leave the solver to auto and the gap out, or take "
                        "ridge, smooth1 or smooth2",
                        ckn_solver_name(options->solver), ckn_prior_name(options->prior));
    return CKN_OK;
}

static ckn_code refuse_for_memory(const ckn_problem *problem, const ckn_estimate_options *options,
                                  ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_MEMORY,
                    "the prior '%s' works on the statistics of a kernel of %zu x %zu, which take "
                    "more than the %zu bytes allowed; use a smaller kernel, a larger "
                    "--memory-limit, or no prior",
                    ckn_prior_name(options->prior), problem->kernel.cols, problem->kernel.rows,
                    ckn_equations_limit(problem->memory_limit));
}

ckn_code ckn_estimate_choose(const ckn_problem *problem, ckn_estimate_options *options,
                             ckn_error *error) {
    const bool named = options->solver != CKN_SOLVER_AUTO;
    if (options->lambda_rule == CKN_LAMBDA_AUTO && options->lambda > 0)
        options->lambda_rule = CKN_LAMBDA_GIVEN;
    if (options->solver == CKN_SOLVER_NNLS && !ckn_solver_is_constrained(options))
        options->constraint = CKN_CONSTRAINT_NONNEG;
    if (options->solver == CKN_SOLVER_EXACT && options->constraint == CKN_CONSTRAINT_AUTO)
        options->constraint = CKN_CONSTRAINT_NONE;
    if (!named)
        options->solver = choose_solver(problem, options);
    if (!named && options->solver != CKN_SOLVER_EXACT && options->solver != CKN_SOLVER_NNLS &&
        options->gap == 0 && needs_closed_form(options))
        return refuse_for_memory(problem, options, error);
    if (options->engine == CKN_ENGINE_AUTO)
        options->engine = choose_engine(problem, options);
    if (options->background == CKN_BACKGROUND_AUTO && options->engine != CKN_ENGINE_GRAM) {
        options->background = CKN_BACKGROUND_NONE;
        ckn_log_line(&problem->backend->log,
                     named || !ckn_problem_is_weighted(problem) ? CKN_LOG_INFO : CKN_LOG_WARNING,
                     "no background is fitted, as %s works without statistics: a background in the "
                     "images would go into the kernel; use a smaller kernel, or --engine gram",
                     ckn_solver_name(options->solver));
    }
    if (is_undetermined(problem, options) || !is_open(problem, options, named))
        return resolve(options, error);
    if (options->constraint == CKN_CONSTRAINT_AUTO && !ckn_equations_fit_nonnegative(problem))
        options->constraint = CKN_CONSTRAINT_NONE;
    options->solver = CKN_SOLVER_AUTO;
    return CKN_OK;
}

bool ckn_estimate_certify_by_statistics(const ckn_problem *problem,
                                        const ckn_estimate_options *options) {
    static const double negligible = 1; /* second */
    if (options->solver == CKN_SOLVER_DIVISION || !ckn_equations_fit(problem))
        return false;
    if (options->engine == CKN_ENGINE_GRAM || options->gap > 0)
        return true;
    size_t gradients = ckn_estimate_expected_gradients(options);
    double solve =
        options->engine == CKN_ENGINE_DIRECT ? seconds_of(&ckn_operator_direct, problem, gradients)
        : options->engine == CKN_ENGINE_FFT  ? seconds_of(&ckn_operator_fft, problem, gradients)
                                             : seconds_on_images(problem, gradients);
    return seconds_of_exact(problem, false) <= fmax(negligible, solve);
}

ckn_engine ckn_estimate_choose_evaluation(const ckn_problem *problem) {
    double none = 0, direct = 0, plan = 0, fft = 0;
    ckn_operator_direct.predict(problem, &none, &direct);
    ckn_operator_fft.predict(problem, &plan, &fft);
    static const double worth = 2; /* its planes take several times the images' memory */
    return 0.5 * direct <= worth * (plan + 0.75 * fft) ? CKN_ENGINE_DIRECT : CKN_ENGINE_AUTO;
}
