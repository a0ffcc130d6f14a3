/* The kernel of statistics: a problem that has them and no images, and a solver that asks for no
 * more. */
#include "statistics/statistics.h"

#include "backend/context.h"
#include "base/clock.h"
#include "base/memory.h"
#include "dense/blas_pool.h"
#include "estimate/certificate.h"
#include "estimate/choice.h"
#include "estimate/options.h"
#include "estimate/selection.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char what[] = "the estimate";

/* --- the problem -------------------------------------------------------------------------- */

static ckn_code make_pairs(const ckn_statistics *from, ckn_problem *problem, ckn_error *error) {
    CKN_TRY(ckn_allocate(&problem->pairs, from->part_count, sizeof *problem->pairs, what, error));
    problem->pair_count = from->part_count;
    for (size_t i = 0; i < from->part_count; i++) {
        const ckn_shape valid = from->parts[i].valid;
        problem->pairs[i] = (ckn_problem_pair){
            .x_shape = {valid.rows + from->frame.rows - 1, valid.cols + from->frame.cols - 1},
            .y_shape = valid,
            .gain = 1,
            .used = from->parts[i].used};
    }
    return CKN_OK;
}

/* Of a plane, the first term alone is a constant. */
static ckn_code copy_terms(const ckn_statistics *from, ckn_background background,
                           ckn_pair_terms **terms, ckn_error *error) {
    const size_t taps = from->frame.rows * from->frame.cols;
    const size_t count = ckn_term_count(background);
    CKN_TRY(ckn_terms_create(terms, from->part_count, taps, count, error));
    for (size_t i = 0; i < from->part_count; i++) {
        memcpy((*terms)[i].cross, from->terms[i].cross, taps * count * sizeof(double));
        memcpy((*terms)[i].own, from->terms[i].own, sizeof from->terms[i].own);
        memcpy((*terms)[i].rhs, from->terms[i].rhs, sizeof from->terms[i].rhs);
    }
    return CKN_OK;
}

static ckn_code give_statistics(const ckn_statistics *from, ckn_problem *problem,
                                ckn_error *error) {
    const size_t taps = from->frame.rows * from->frame.cols;
    ckn_symmetric gram = {0, NULL};
    ckn_pair_terms *terms = NULL;
    double *b = NULL;
    ckn_code code = ckn_symmetric_create(&gram, taps, what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&b, taps, sizeof *b, what, error);
    if (code == CKN_OK && problem->background != CKN_BACKGROUND_NONE)
        code = copy_terms(from, problem->background, &terms, error);
    if (code == CKN_OK) {
        ckn_symmetric_copy(&gram, &from->gram);
        memcpy(b, from->b, taps * sizeof *b);
        return ckn_equations_adopt(problem, &gram, b, from->square, terms, error);
    }
    ckn_symmetric_release(&gram);
    ckn_terms_destroy(terms, from->part_count);
    free(b);
    return code;
}

/* Options that ask for images, or for a background that the statistics do not have. */
static ckn_code check_options(const ckn_statistics *from, const ckn_estimate_options *options,
                              ckn_error *error) {
    const bool closed = options->solver == CKN_SOLVER_AUTO || options->solver == CKN_SOLVER_EXACT ||
                        options->solver == CKN_SOLVER_NNLS;
    if (!closed || (options->engine != CKN_ENGINE_AUTO && options->engine != CKN_ENGINE_GRAM))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "statistics are solved by auto, exact or nnls, with the engine gram");
    if (options->gain == CKN_GAIN_FIT || options->robust)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "gains and a robust fit need the images, not their statistics");
    if (ckn_term_count(options->background) > ckn_term_count(from->background) &&
        options->background != CKN_BACKGROUND_AUTO)
        return ckn_fail(
            error, CKN_ERROR_ARGUMENT, "the statistics were made for a background of %s, not %s",
            ckn_background_name(from->background), ckn_background_name(options->background));
    return CKN_OK;
}

static bool is_weight_given(const ckn_estimate_options *options) {
    return options->lambda_rule == CKN_LAMBDA_GIVEN ||
           (options->lambda_rule == CKN_LAMBDA_AUTO && options->lambda > 0);
}

static ckn_code create_problem(ckn_context *context, const ckn_statistics *from,
                               const ckn_estimate_options *options, ckn_problem **out,
                               ckn_error *error) {
    ckn_problem *problem = NULL;
    CKN_TRY(ckn_allocate(&problem, 1, sizeof *problem, what, error));
    *out = problem;
    *problem = (ckn_problem){.backend = context->backend,
                             .kernel = {from->frame.rows, from->frame.cols},
                             .memory_limit = SIZE_MAX, /* the statistics are there */
                             .background = options->background,
                             .units = {1, 1, 0, 0},
                             .largest_y = from->largest,
                             .largest_weight = 1,
                             .uploads = 1};
    if (from->background == CKN_BACKGROUND_NONE)
        problem->background = CKN_BACKGROUND_NONE;
    if (is_weight_given(options) && ckn_prior_is_quadratic(options->prior)) {
        problem->prior = options->prior;
        problem->lambda = options->lambda;
    }
    CKN_TRY(make_pairs(from, problem, error));
    return give_statistics(from, problem, error);
}

/* --- the solve ---------------------------------------------------------------------------- */

static void describe(const ckn_problem *problem, const ckn_estimate_options *options,
                     const ckn_solve_report *report, double objective,
                     ckn_estimate_result *result) {
    const ckn_selection *selection = report->selection;
    result->solver = options->solver;
    result->constraint = selection ? selection->model.constraint : options->constraint;
    if (result->solver == CKN_SOLVER_AUTO)
        result->solver =
            result->constraint == CKN_CONSTRAINT_NONE ? CKN_SOLVER_EXACT : CKN_SOLVER_NNLS;
    result->engine = CKN_ENGINE_GRAM;
    result->prior = selection ? selection->model.prior : problem->prior;
    result->lambda = selection ? selection->lambda : problem->lambda;
    result->sign_excess = selection ? selection->sign_excess : NAN;
    result->background = ckn_equations_background(problem);
    result->iterations = report->iterations;
    result->stop_reason = report->stop_reason;
    result->converged = report->stop_reason != CKN_STOP_ITERATIONS;
    result->rank = report->rank;
    result->condition = report->condition;
    result->count = ckn_problem_used(problem);
    result->objective = objective;
    result->residual_norm = sqrt(2 * objective);
    result->residual_rms = sqrt(2 * objective / fmax(1, (double)result->count));
    result->psnr = 20 * log10(problem->largest_y / result->residual_rms);
    result->kkt_residual = result->duality_gap = NAN;
}

static ckn_code solve(ckn_problem *problem, ckn_estimate_options *options, double *h,
                      ckn_estimate_result *result, ckn_error *error) {
    const ckn_equations *statistics = NULL;
    ckn_operator *op = NULL;
    ckn_solver_state *state = NULL;
    ckn_solve_report report = {.stop_reason = CKN_STOP_ITERATIONS};
    double objective = 0;
    CKN_TRY(ckn_estimate_choose(problem, options, error));
    CKN_TRY(ckn_estimate_options_check(options, error));
    const ckn_solver_ops *solver = ckn_solver_find(options->solver);
    CKN_TRY(ckn_operator_create(problem, CKN_ENGINE_GRAM, 1, &op, error));
    ckn_code code = solver->create(op, options, &state, error);
    if (code == CKN_OK)
        code = op->ops->load(op, error);
    if (code == CKN_OK)
        code = solver->solve(state, &report, error);
    if (code == CKN_OK)
        code = ckn_operator_download(op, op->h, h, error);
    if (code == CKN_OK)
        code = ckn_equations_get(problem, &statistics, error);
    if (code == CKN_OK)
        code = ckn_equations_evaluate(statistics, h, &objective, error);
    if (code == CKN_OK)
        describe(problem, options, &report, fmax(objective, 0), result);
    if (state)
        solver->destroy(state);
    ckn_operator_destroy(op);
    return code;
}

static ckn_code check_taps(const double *h, size_t taps, ckn_error *error) {
    for (size_t i = 0; i < taps; i++)
        if (!isfinite(h[i]))
            return ckn_fail(error, CKN_ERROR_DATA,
                            "the kernel is not finite: the statistics hold sums that are too far "
                            "apart; scale the images");
    return CKN_OK;
}

static ckn_code estimate(ckn_context *context, const ckn_statistics *statistics,
                         const ckn_estimate_options *options, const ckn_output *kernel,
                         ckn_estimate_result *result, ckn_error *error) {
    const size_t taps = statistics->frame.rows * statistics->frame.cols;
    const double start = ckn_seconds();
    ckn_estimate_options own = *options;
    ckn_problem *problem = NULL;
    double *h = NULL;
    *result = (ckn_estimate_result){.count = 0};
    own.kernel_rows = statistics->frame.rows;
    own.kernel_cols = statistics->frame.cols;
    CKN_TRY(ckn_estimate_options_check(&own, error));
    CKN_TRY(check_options(statistics, &own, error));
    own.engine = CKN_ENGINE_GRAM;
    ckn_code code = ckn_allocate(&h, taps, sizeof *h, what, error);
    if (code == CKN_OK)
        code = create_problem(context, statistics, &own, &problem, error);
    if (code == CKN_OK)
        code = solve(problem, &own, h, result, error);
    if (code == CKN_OK)
        code = check_taps(h, taps, error);
    for (size_t i = 0; i < taps && code == CKN_OK; i++)
        ckn_output_set(kernel, i / kernel->cols, i % kernel->cols, h[i]);
    result->seconds_compute = ckn_seconds() - start;
    ckn_problem_destroy(problem);
    free(h);
    return code;
}

ckn_code ckn_statistics_estimate(ckn_context *context, const ckn_statistics *statistics,
                                 const ckn_estimate_options *options, ckn_output kernel,
                                 ckn_estimate_result *result, ckn_error *error) {
    ckn_estimate_result local;
    CKN_TRY(ckn_output_check(&kernel, "the kernel", error));
    if (kernel.rows != statistics->frame.rows || kernel.cols != statistics->frame.cols)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the kernel's output is %zu x %zu, the statistics' frame %zu x %zu",
                        kernel.cols, kernel.rows, statistics->frame.cols, statistics->frame.rows);
    CKN_TRY(ckn_blas_enter(error));
    ckn_code code =
        estimate(context, statistics, options, &kernel, result ? result : &local, error);
    ckn_blas_leave();
    return code;
}
