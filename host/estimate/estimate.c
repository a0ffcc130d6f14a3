/* The public estimate: plan, run, result. */
#include "backend/context.h"
#include "base/clock.h"
#include "base/memory.h"
#include "dense/blas_pool.h"
#include "estimate/answer.h"
#include "estimate/certificate.h"
#include "estimate/choice.h"
#include "estimate/families.h"
#include "estimate/gains.h"
#include "estimate/middle.h"
#include "estimate/options.h"
#include "estimate/plan.h"
#include "estimate/residual_quality.h"
#include "estimate/robust.h"
#include "estimate/selection.h"
#include "estimate/uncertainty.h"
#include "statistics/terms.h"
#include "statistics/weights.h"

#include <math.h>
#include <stdlib.h>

struct ckn_estimate_plan {
    ckn_backend *backend;
    ckn_estimate_options options;
    ckn_problem *problem;
    ckn_operator *op;
    ckn_operator *image_op; /* evaluates the answer where op visits no image; NULL until needed */
    const ckn_solver_ops *solver;
    ckn_solver_state *state;
    double *h;                      /* the answer in the problem's units */
    ckn_constraint constraint;      /* that it keeps */
    const ckn_selection *selection; /* of the last run; NULL: nothing was chosen */
    bool solved;
    bool by_statistics;   /* how the certificate is made */
    double residual_norm; /* of the answer, in the caller's units */
    double seconds_setup;
};

static ckn_code report_setup(const ckn_estimate_options *options, ckn_error *error) {
    const ckn_progress progress = {.phase = CKN_PHASE_SETUP};
    if (options->progress && options->progress(options->progress_user, &progress))
        return ckn_fail(error, CKN_ERROR_CANCELLED, "cancelled before the first iteration");
    return CKN_OK;
}

/* Fewer equations than unknowns: iterations find one of many kernels that fit. */
static void warn_if_undetermined(const ckn_problem *problem, ckn_solver solver) {
    if (solver == CKN_SOLVER_EXACT || solver == CKN_SOLVER_AUTO)
        return; /* finds out the rank, and says more */
    size_t count = ckn_problem_count(problem);
    size_t taps = ckn_problem_taps(problem);
    if (count < taps)
        ckn_log_line(&problem->backend->log, CKN_LOG_WARNING,
                     "the valid support has %zu samples for %zu taps: many kernels fit, and this "
                     "is one of them; use a smaller kernel or a larger image",
                     count, taps);
}

/* The primitives that the options ask for. On the statistics, images are only compared at the end;
 * an engine that is still to be chosen may take them all. */
static unsigned uses(const ckn_estimate_options *options) {
    if (options->solver == CKN_SOLVER_DIVISION || options->engine == CKN_ENGINE_GRAM)
        return CKN_USE_RESIDUAL;
    if (options->engine == CKN_ENGINE_FFT)
        return CKN_USE_VECTORS;
    return CKN_USE_RESIDUAL | CKN_USE_GRADIENT | CKN_USE_VECTORS;
}

/* Takes the weights over, so that their cost is known; a run brings its own. */
static ckn_code take_weights(ckn_problem *problem, const ckn_pair *pairs, ckn_error *error) {
    bool given = false;
    for (size_t i = 0; i < problem->pair_count; i++) {
        CKN_TRY(ckn_weights_check(&pairs[i], error));
        given = given || ckn_weights_given(&pairs[i]);
    }
    return given ? ckn_weights_fill(problem, pairs, error) : CKN_OK;
}

static ckn_code check_weighted(const ckn_estimate_options *options, ckn_error *error) {
    if (options->solver == CKN_SOLVER_DIVISION)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the division knows no weights and masks; use another solver");
    if (options->engine == CKN_ENGINE_TOEPLITZ)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the engine toeplitz knows no weights and masks; use fft, or leave it out");
    return CKN_OK;
}

static ckn_code build_plan(ckn_estimate_plan *plan, const ckn_pair *pairs, size_t pair_count,
                           ckn_error *error) {
    const ckn_shape kernel = {plan->options.kernel_rows, plan->options.kernel_cols};
    CKN_TRY(report_setup(&plan->options, error));
    for (size_t i = 0; pairs && i < pair_count; i++)
        CKN_TRY(ckn_view_check(&pairs[i].blurred, "the blurred image", error));
    CKN_TRY(ckn_problem_create(plan->backend, kernel, pairs, pair_count, &plan->problem, error));
    plan->problem->memory_limit = plan->options.memory_limit;
    CKN_TRY(take_weights(plan->problem, pairs, error));
    plan->problem->reweighable = plan->options.robust != 0;
    if (plan->options.robust)
        CKN_TRY(ckn_weights_give(plan->problem, error));
    else if (ckn_problem_is_weighted(plan->problem))
        CKN_TRY(check_weighted(&plan->options, error));
    CKN_TRY(ckn_estimate_choose(plan->problem, &plan->options, error));
    if (plan->options.lambda_rule == CKN_LAMBDA_GIVEN &&
        ckn_prior_is_quadratic(plan->options.prior)) {
        plan->problem->prior = plan->options.prior;
        plan->problem->lambda = plan->options.lambda;
    }
    plan->solver = ckn_solver_find(plan->options.solver);
    CKN_TRY(ckn_estimate_options_check(&plan->options, error));
    plan->problem->background = plan->options.background;
    if (plan->options.gain == CKN_GAIN_FIT)
        plan->problem->gains = ckn_gains_count(plan->problem, plan->options.constraint);
    warn_if_undetermined(plan->problem, plan->options.solver);
    CKN_TRY(plan->backend->ops->prepare(plan->backend, uses(&plan->options), error));
    CKN_TRY(report_setup(&plan->options, error));
    CKN_TRY(ckn_allocate(&plan->h, ckn_problem_taps(plan->problem), sizeof(double), "the kernel",
                         error));
    CKN_TRY(ckn_operator_create(plan->problem, plan->options.engine,
                                ckn_estimate_expected_gradients(&plan->options), &plan->op, error));
    /* Planned here, so that the certificate's part of a run's time is that of work alone. */
    plan->by_statistics = ckn_estimate_certify_by_statistics(plan->problem, &plan->options);
    if (plan->by_statistics)
        CKN_TRY(ckn_equations_prepare(plan->problem, error));
    CKN_TRY(plan->solver->create(plan->op, &plan->options, &plan->state, error));
    return plan->backend->ops->finish(plan->backend, error);
}

ckn_code ckn_estimate_plan_create(ckn_context *context, const ckn_estimate_options *options,
                                  const ckn_pair *pairs, size_t pair_count,
                                  ckn_estimate_plan **plan, ckn_error *error) {
    *plan = NULL;
    double start = ckn_seconds();
    CKN_TRY(ckn_estimate_options_check(options, error));
    ckn_estimate_plan *created = NULL;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "the plan", error));
    created->backend = context->backend;
    created->options = *options;
    ckn_code code = build_plan(created, pairs, pair_count, error);
    if (code != CKN_OK) {
        ckn_estimate_plan_destroy(created);
        return code;
    }
    created->seconds_setup = ckn_seconds() - start;
    *plan = created;
    return CKN_OK;
}

double *ckn_estimate_plan_release_weights(ckn_estimate_plan *plan, size_t index) {
    ckn_problem_pair *pair = &plan->problem->pairs[index];
    double *weights = pair->weights;
    pair->weights = NULL;
    return weights;
}

void ckn_estimate_plan_take_selection(ckn_estimate_plan *plan, const ckn_selection *made) {
    if (plan->solver == &ckn_solver_automatic && !plan->options.robust && plan->problem->gains == 0)
        ckn_solver_automatic_take(plan->state, made);
}

void ckn_estimate_plan_destroy(ckn_estimate_plan *plan) {
    if (!plan)
        return;
    if (plan->state)
        plan->solver->destroy(plan->state);
    ckn_operator_destroy(plan->op);
    ckn_operator_destroy(plan->image_op);
    free(plan->h);
    ckn_problem_destroy(plan->problem);
    free(plan);
}

static ckn_code upload(ckn_estimate_plan *plan, const ckn_pair *pairs, size_t pair_count,
                       ckn_estimate_result *result, ckn_error *error) {
    double start = ckn_seconds();
    bool sum_is_one = plan->options.constraint == CKN_CONSTRAINT_SIMPLEX;
    for (size_t i = 0; i < plan->problem->pair_count; i++)
        plan->problem->pairs[i].gain = 1;
    CKN_TRY(ckn_problem_examine(plan->problem, pairs, pair_count, sum_is_one, error));
    CKN_TRY(ckn_answer_check_light(plan->problem, pairs, false, error));
    CKN_TRY(ckn_problem_upload(plan->problem, pairs, error));
    if (plan->problem->gains > 0) {
        CKN_TRY(ckn_gains_fit(plan->problem, plan->options.constraint, error));
        CKN_TRY(ckn_problem_upload(plan->problem, pairs, error));
    }
    if (plan->solver->upload)
        CKN_TRY(plan->solver->upload(plan->state, pairs, error));
    CKN_TRY(plan->backend->ops->finish(plan->backend, error));
    result->seconds_upload = ckn_seconds() - start;
    return CKN_OK;
}

/* The operator that can compare with the images: the engine itself, or another beside `gram`. */
static ckn_code image_operator(ckn_estimate_plan *plan, ckn_operator **out, ckn_error *error) {
    *out = plan->op->ops->residual ? plan->op : plan->image_op;
    if (*out)
        return CKN_OK;
    CKN_TRY(ckn_operator_create(plan->problem, ckn_estimate_choose_evaluation(plan->problem), 1,
                                &plan->image_op, error));
    *out = plan->image_op;
    return CKN_OK;
}

/* The same with the answer in op->h. */
static ckn_code answer_on_images(ckn_estimate_plan *plan, ckn_operator **op, ckn_error *error) {
    CKN_TRY(image_operator(plan, op, error));
    if (*op == plan->op)
        return CKN_OK;
    CKN_TRY((*op)->ops->load(*op, error));
    return ckn_operator_upload(*op, plan->h, (*op)->h, error);
}

/* f(h) by a pass over the images, which leaves r in every pair. */
static ckn_code objective_on_images(ckn_estimate_plan *plan, double *objective, ckn_error *error) {
    ckn_operator *op = NULL;
    CKN_TRY(answer_on_images(plan, &op, error));
    return ckn_operator_objective(op, op->h, objective, error);
}

/* r = h * x (+ background) in every pair. */
static ckn_code convolve(ckn_estimate_plan *plan, ckn_error *error) {
    ckn_operator *op = NULL;
    CKN_TRY(answer_on_images(plan, &op, error));
    CKN_TRY(op->ops->residual(op, op->h, false, error));
    return ckn_terms_add_to_residual(plan->problem, error);
}

/* f(h) without the prior's term. From the statistics where they leave it enough digits. */
static ckn_code evaluate(ckn_estimate_plan *plan, double *objective, ckn_error *error) {
    if (plan->op->ops->engine != CKN_ENGINE_GRAM)
        return objective_on_images(plan, objective, error);
    static const double digits = 1e6;
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(plan->problem, &statistics, error));
    CKN_TRY(ckn_equations_evaluate(statistics, plan->h, objective, error));
    if (*objective > digits * ckn_equations_rounding(statistics, plan->h))
        return CKN_OK;
    return objective_on_images(plan, objective, error);
}

/* Optimality, rank and condition: from the statistics where they fit in memory. */
static ckn_code certify(ckn_estimate_plan *plan, ckn_solve_report *report,
                        ckn_estimate_result *result, ckn_error *error) {
    ckn_problem *problem = plan->problem;
    ckn_certificate certificate = {NAN, NAN};
    result->condition = NAN;
    if (plan->options.solver == CKN_SOLVER_DIVISION)
        ; /* minimises something else */
    else if (plan->by_statistics) {
        CKN_TRY(ckn_certify(problem, plan->constraint, plan->h, report->slope, report->slope_gap,
                            &certificate, error));
        CKN_TRY(ckn_equations_condition(problem, &result->condition, error));
        result->rank = isfinite(result->condition) ? ckn_problem_taps(problem) : 0;
        if (isfinite(certificate.duality_gap))
            CKN_TRY(ckn_equations_warn_of_dynamic_range(problem, error));
    } else
        CKN_TRY(ckn_certify_on_images(plan->op, plan->constraint, plan->h, &certificate, error));
    if (plan->constraint != CKN_CONSTRAINT_NONE && isinf(result->condition))
        ckn_log_line(&problem->backend->log, CKN_LOG_WARNING,
                     "the pair does not determine all taps: other non-negative kernels may fit "
                     "equally well; use a smaller kernel, a prior, or a sharp image with more "
                     "detail");
    if (report->rank > 0) {
        result->rank = report->rank;
        result->condition = report->condition;
    }
    result->kkt_residual = certificate.kkt_residual;
    result->duality_gap = certificate.duality_gap;
    return CKN_OK;
}

static void describe(const ckn_estimate_plan *plan, const ckn_solve_report *report,
                     ckn_estimate_result *result) {
    const ckn_selection *selection = plan->selection;
    const bool exact = plan->constraint == CKN_CONSTRAINT_NONE;
    result->solver = plan->options.solver != CKN_SOLVER_AUTO ? plan->options.solver
                     : exact                                 ? CKN_SOLVER_EXACT
                                                             : CKN_SOLVER_NNLS;
    /* The division transforms whatever evaluates its residual. */
    result->engine =
        plan->options.solver == CKN_SOLVER_DIVISION ? CKN_ENGINE_FFT : plan->op->ops->engine;
    result->constraint = plan->constraint;
    result->prior = selection ? selection->model.prior : plan->problem->prior;
    result->lambda = selection ? selection->lambda : plan->problem->lambda;
    result->inflation = selection ? selection->inflation : fmax(1, plan->options.inflation);
    result->sign_excess = selection ? selection->sign_excess : NAN;
    result->background = ckn_equations_background(plan->problem);
    result->iterations = report->iterations;
    result->restarts = report->restarts;
    result->stop_reason = report->stop_reason;
    result->converged = report->stop_reason != CKN_STOP_ITERATIONS;
    result->lipschitz = report->lipschitz;
    result->step = report->step;
}

/* Leaves weights that are 0 at outliers. */
static ckn_code reject_outliers(ckn_estimate_plan *plan, ckn_estimate_result *result,
                                ckn_error *error) {
    ckn_operator *images = NULL;
    ckn_robust_report report;
    CKN_TRY(image_operator(plan, &images, error));
    CKN_TRY(images->ops->load(images, error));
    CKN_TRY(ckn_robust_reweigh(images, &plan->options, &report, error));
    result->rejected = report.rejected;
    result->robust_iterations = report.iterations;
    return CKN_OK;
}

/* Where the engine is gram, images were not visited for the answer, or only for its last digits. */
static ckn_code check_answer(ckn_estimate_plan *plan, double objective, ckn_error *error) {
    ckn_operator *images = NULL;
    if (plan->op->ops->engine != CKN_ENGINE_GRAM)
        CKN_TRY(image_operator(plan, &images, error));
    if (images && images->ops->engine == CKN_ENGINE_FFT)
        CKN_TRY(ckn_operator_check_spot(images, plan->h, true, error));
    return ckn_answer_check_kernel(plan->problem, images, plan->constraint, plan->h, objective,
                                   error);
}

static ckn_code compute(ckn_estimate_plan *plan, const ckn_pair *pairs, ckn_estimate_result *result,
                        ckn_error *error) {
    double start = ckn_seconds();
    double objective = 0;
    ckn_solve_report report = {.stop_reason = CKN_STOP_ITERATIONS};
    if (plan->options.robust) {
        CKN_TRY(reject_outliers(plan, result, error));
        CKN_TRY(ckn_answer_check_light(plan->problem, pairs, true, error));
    }
    CKN_TRY(plan->op->ops->load(plan->op, error));
    CKN_TRY(plan->solver->solve(plan->state, &report, error));
    plan->selection = report.selection;
    plan->constraint =
        report.selection ? report.selection->model.constraint : plan->options.constraint;
    CKN_TRY(ckn_operator_download(plan->op, plan->op->h, plan->h, error));
    CKN_TRY(ckn_equations_recover_background(plan->problem, plan->h, error));
    CKN_TRY(evaluate(plan, &objective, error));
    CKN_TRY(check_answer(plan, objective, error));
    CKN_TRY(certify(plan, &report, result, error));
    CKN_TRY(plan->backend->ops->finish(plan->backend, error));
    result->seconds_compute = ckn_seconds() - start;
    result->seconds_statistics = ckn_equations_seconds(plan->problem);
    const double y_scale = plan->problem->units.y_scale;
    result->objective = objective / y_scale / y_scale;
    result->residual_norm = sqrt(2 * objective) / y_scale;
    describe(plan, &report, result);
    return CKN_OK;
}

static void derive_residual(const ckn_estimate_plan *plan, ckn_estimate_result *result) {
    result->count = ckn_problem_used(plan->problem);
    result->residual_rms = result->residual_norm / sqrt((double)result->count);
    result->psnr = 20 * log10(plan->problem->largest_y / result->residual_rms);
}

/* h * x (+ background) = r + y, from the r that the final objective left. */
static ckn_code download_reconvolved(ckn_estimate_plan *plan, const ckn_output *reconvolved,
                                     ckn_error *error) {
    ckn_backend *backend = plan->backend;
    double objective = 0;
    const bool weighted = ckn_problem_is_weighted(plan->problem); /* and so is r */
    if (weighted)
        CKN_TRY(convolve(plan, error));
    else if (!plan->op->ops->residual) /* r has not been computed, or not from this h */
        CKN_TRY(objective_on_images(plan, &objective, error));
    for (size_t i = 0; i < plan->problem->pair_count; i++) {
        const ckn_problem_pair *pair = &plan->problem->pairs[i];
        if (!reconvolved[i].data)
            continue;
        if (!weighted)
            CKN_TRY(backend->ops->combine(backend, pair->r, ckn_shape_count(pair->y_shape), 1,
                                          pair->r, 1, pair->y, error));
        CKN_TRY(backend->ops->download(backend, pair->r, &reconvolved[i], error));
        ckn_problem_restore(&reconvolved[i], 1 / plan->problem->units.y_scale,
                            plan->problem->units.y_shift);
    }
    return CKN_OK;
}

static ckn_code download(ckn_estimate_plan *plan, const ckn_output *kernel,
                         const ckn_output *reconvolved, ckn_estimate_result *result,
                         ckn_error *error) {
    double start = ckn_seconds();
    const ckn_problem_units *units = &plan->problem->units;
    for (size_t row = 0; row < kernel->rows; row++) {
        for (size_t col = 0; col < kernel->cols; col++)
            ckn_output_set(kernel, row, col,
                           plan->h[row * kernel->cols + col] * units->x_scale / units->y_scale);
    }
    result->seconds_download = ckn_seconds() - start;
    /* A picture for people, not part of the answer: outside the clock. */
    return reconvolved ? download_reconvolved(plan, reconvolved, error) : CKN_OK;
}

static ckn_code check_outputs(const ckn_estimate_plan *plan, const ckn_output *kernel,
                              const ckn_output *reconvolved, ckn_error *error) {
    CKN_TRY(ckn_output_check(kernel, "the kernel", error));
    if (kernel->rows != plan->options.kernel_rows || kernel->cols != plan->options.kernel_cols)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the kernel's output is %zu x %zu, the plan's kernel %zu x %zu",
                        kernel->cols, kernel->rows, plan->options.kernel_cols,
                        plan->options.kernel_rows);
    for (size_t i = 0; reconvolved && i < plan->problem->pair_count; i++) {
        ckn_shape valid = plan->problem->pairs[i].y_shape;
        if (reconvolved[i].data &&
            (reconvolved[i].rows != valid.rows || reconvolved[i].cols != valid.cols))
            return ckn_fail(error, CKN_ERROR_ARGUMENT,
                            "the reconvolved image's output is %zu x %zu, the valid support is "
                            "%zu x %zu",
                            reconvolved[i].cols, reconvolved[i].rows, valid.cols, valid.rows);
    }
    return CKN_OK;
}

static ckn_code run(ckn_estimate_plan *plan, const ckn_pair *pairs, size_t pair_count,
                    const ckn_output *kernel, const ckn_output *reconvolved,
                    ckn_estimate_result *result, ckn_error *error) {
    *result = (ckn_estimate_result){.seconds_setup = plan->seconds_setup};
    plan->solved = false;
    plan->selection = NULL;
    CKN_TRY(check_outputs(plan, kernel, reconvolved, error));
    CKN_TRY(upload(plan, pairs, pair_count, result, error));
    CKN_TRY(compute(plan, pairs, result, error));
    CKN_TRY(download(plan, kernel, reconvolved, result, error));
    derive_residual(plan, result);
    plan->residual_norm = result->residual_norm;
    plan->solved = true;
    return CKN_OK;
}

ckn_code ckn_estimate_plan_run(ckn_estimate_plan *plan, const ckn_pair *pairs, size_t pair_count,
                               ckn_output kernel, const ckn_output *reconvolved,
                               ckn_estimate_result *result, ckn_error *error) {
    ckn_estimate_result local;
    CKN_TRY(ckn_blas_enter(error));
    ckn_code code =
        run(plan, pairs, pair_count, &kernel, reconvolved, result ? result : &local, error);
    ckn_blas_leave();
    return code;
}

/* Of y' = h' * x' + background', x' = x_scale (x - x_shift), y' = y_scale (y - y_shift). */
static ckn_pair_fit fit_of_pair(const ckn_estimate_plan *plan, const ckn_problem_pair *pair) {
    const ckn_problem_units *units = &plan->problem->units;
    const ckn_shape shape = pair->y_shape;
    double sum = 0;
    for (size_t tap = 0; tap < ckn_problem_taps(plan->problem); tap++)
        sum += plan->h[tap] * units->x_scale / units->y_scale;
    return (ckn_pair_fit){
        .constant = pair->background[0] / units->y_scale + units->y_shift -
                    pair->gain * units->x_shift * sum,
        .slope_y = pair->background[1] / units->y_scale * ckn_term_slope(shape.rows),
        .slope_x = pair->background[2] / units->y_scale * ckn_term_slope(shape.cols),
    };
}

ckn_code ckn_estimate_plan_pair(const ckn_estimate_plan *plan, size_t index, ckn_pair_fit *fit,
                                ckn_error *error) {
    *fit = (ckn_pair_fit){.constant = 0};
    if (!plan->solved)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "fits are those of a run: run the plan first");
    if (index >= plan->problem->pair_count)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "there is no pair %zu; the plan has %zu", index,
                        plan->problem->pair_count);
    if (ckn_equations_background(plan->problem) != CKN_BACKGROUND_NONE)
        *fit = fit_of_pair(plan, &plan->problem->pairs[index]);
    fit->gain = plan->problem->pairs[index].gain;
    fit->count = plan->problem->pairs[index].used;
    return CKN_OK;
}

const ckn_problem *ckn_estimate_plan_problem(const ckn_estimate_plan *plan) {
    return plan->problem;
}

static ckn_fitted fitted_of(const ckn_estimate_plan *plan) {
    const ckn_selection *selection = plan->selection;
    const bool weighted = selection && selection->model.weight > 0;
    return (ckn_fitted){
        .h = plan->h,
        .constraint = plan->constraint,
        .residual_norm = plan->residual_norm,
        .prior = weighted ? selection->model.prior : CKN_PRIOR_NONE,
        .degrees_of_freedom = selection ? selection->degrees_of_freedom : NAN,
    };
}

ckn_code ckn_estimate_plan_uncertainty(ckn_estimate_plan *plan, ckn_output taps,
                                       ckn_uncertainty *uncertainty, ckn_error *error) {
    *uncertainty = (ckn_uncertainty){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (!plan->solved)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "errors are those of a run: run the plan first");
    if (plan->options.solver == CKN_SOLVER_DIVISION)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the division is no least-squares fit and has no standard errors");
    if (taps.data) {
        CKN_TRY(ckn_output_check(&taps, "the standard errors", error));
        if (taps.rows != plan->options.kernel_rows || taps.cols != plan->options.kernel_cols)
            return ckn_fail(error, CKN_ERROR_ARGUMENT,
                            "the output for standard errors is %zu x %zu, the plan's kernel "
                            "%zu x %zu",
                            taps.cols, taps.rows, plan->options.kernel_cols,
                            plan->options.kernel_rows);
    }
    const ckn_fitted fitted = fitted_of(plan);
    CKN_TRY(ckn_blas_enter(error));
    ckn_code code = ckn_uncertainty_compute(plan->problem, &fitted, &taps, uncertainty, error);
    ckn_blas_leave();
    return code;
}

void ckn_estimate_plan_trials(const ckn_estimate_plan *plan, const ckn_trial **trials,
                              size_t *count) {
    *trials = plan->selection ? plan->selection->trials : NULL;
    *count = plan->selection ? plan->selection->trial_count : 0;
}

ckn_code ckn_estimate_plan_families(ckn_estimate_plan *plan, ckn_family_fit *fits,
                                    ckn_error *error) {
    if (!plan->solved)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "named kernels are fitted to the pairs of a run: run the plan first");
    if (plan->options.solver == CKN_SOLVER_DIVISION)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the division is no least-squares fit, which named kernels need");
    const ckn_fitted fitted = fitted_of(plan);
    double step = 0;
    CKN_TRY(ckn_residual_step(plan->problem, &step, error));
    CKN_TRY(ckn_blas_enter(error));
    ckn_code code = ckn_families_fit(plan->problem, &fitted, step, fits, error);
    ckn_blas_leave();
    return code;
}

/* The residual of the answer on the middle alone. */
static ckn_code judge_middle(const ckn_estimate_plan *plan, ckn_problem *middle,
                             ckn_residual_quality *quality, ckn_error *error) {
    ckn_operator *op = NULL;
    double objective = 0;
    CKN_TRY(plan->backend->ops->prepare(
        plan->backend, CKN_USE_RESIDUAL | CKN_USE_GRADIENT | CKN_USE_VECTORS, error));
    CKN_TRY(ckn_operator_create(middle, ckn_estimate_choose_evaluation(middle), 1, &op, error));
    ckn_code code = op->ops->load(op, error);
    if (code == CKN_OK)
        code = ckn_operator_upload(op, plan->h, op->h, error);
    if (code == CKN_OK)
        code = ckn_operator_objective(op, op->h, &objective, error);
    if (code == CKN_OK)
        code = ckn_residual_quality_compute(middle, plan->problem, quality, error);
    ckn_operator_destroy(op);
    return code;
}

static ckn_code judge_residual(ckn_estimate_plan *plan, ckn_residual_quality *quality,
                               ckn_error *error) {
    ckn_problem *middle = NULL;
    double objective = 0;
    if (!ckn_middle_pays(plan->problem)) {
        CKN_TRY(objective_on_images(plan, &objective, error));
        return ckn_residual_quality_compute(plan->problem, plan->problem, quality, error);
    }
    CKN_TRY(ckn_middle_create(plan->problem, &middle, error));
    ckn_code code = judge_middle(plan, middle, quality, error);
    ckn_problem_destroy(middle);
    return code;
}

ckn_code ckn_estimate_plan_residual(ckn_estimate_plan *plan, ckn_residual_quality *quality,
                                    ckn_error *error) {
    if (!plan->solved)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a residual is that of a run: run the plan first");
    CKN_TRY(ckn_blas_enter(error));
    ckn_code code = judge_residual(plan, quality, error);
    ckn_blas_leave();
    return code;
}

ckn_code ckn_estimate(ckn_context *context, const ckn_estimate_options *options,
                      const ckn_pair *pairs, size_t pair_count, ckn_output kernel,
                      ckn_estimate_result *result, ckn_error *error) {
    ckn_estimate_plan *plan = NULL;
    CKN_TRY(ckn_estimate_plan_create(context, options, pairs, pair_count, &plan, error));
    ckn_code code = ckn_estimate_plan_run(plan, pairs, pair_count, kernel, NULL, result, error);
    ckn_estimate_plan_destroy(plan);
    return code;
}
