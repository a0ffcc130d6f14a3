/* Solvers `fista` and `gd`: one projected gradient step an iteration, with and without momentum.
 *
 *   z = h + beta (h - h_prev),   h' = project(z - step grad f(z))
 *
 * FISTA takes beta from t' = (1 + sqrt(1 + 4 t^2)) / 2, beta = (t - 1) / t' (Beck & Teboulle, SIAM
 * J. Imaging Sci. 2(1), 2009); gradient descent has beta = 0. Momentum is dropped where it points
 * uphill, (z - h') . (h' - h) > 0 (the gradient scheme of O'Donoghue & Candes, Found. Comput. Math.
 * 15, 2015). Since f is quadratic its gradient is affine, grad f(z) = g + beta (g - g_prev): the
 * operator is evaluated at the iterates only, so the objective in the history is that of h itself.
 */
#include "estimate/solver.h"

#include "base/memory.h"
#include "estimate/certificate.h"
#include "estimate/lipschitz.h"
#include "estimate/stop_rule.h"

#include <math.h>
#include <stdlib.h>

struct ckn_solver_state {
    ckn_operator *op;
    const ckn_estimate_options *options;
    bool momentum;
    ckn_step_buffers buffers; /* h is the operator's */
    double *host;             /* a kernel and a gradient, for the duality gap; NULL without one */
};

/* One solve's running figures. */
typedef struct iteration_state {
    double t;    /* of the momentum sequence */
    double step; /* 1/L or the user's */
    ckn_stop_rule stop;
    ckn_step_sums sums;
    bool restarted;
} iteration_state;

static void destroy(ckn_solver_state *state) {
    ckn_backend *backend = state->op->backend;
    backend->ops->buffer_destroy(backend, state->buffers.h_prev);
    backend->ops->buffer_destroy(backend, state->buffers.g);
    backend->ops->buffer_destroy(backend, state->buffers.g_prev);
    backend->ops->buffer_destroy(backend, state->buffers.z);
    free(state->host);
    free(state);
}

/* Without statistics only the simplex has a gap that can be computed. */
static ckn_code prepare_gap(ckn_solver_state *state, ckn_error *error) {
    ckn_problem *problem = state->op->problem;
    if (state->options->gap == 0)
        return CKN_OK;
    if (state->options->constraint != CKN_CONSTRAINT_SIMPLEX)
        CKN_TRY(ckn_equations_prepare(problem, error));
    return ckn_allocate(&state->host, ckn_problem_taps(problem), 2 * sizeof(double),
                        "the duality gap", error);
}

static ckn_code create(ckn_operator *op, const ckn_estimate_options *options, bool momentum,
                       ckn_solver_state **out, ckn_error *error) {
    ckn_solver_state *state = NULL;
    CKN_TRY(ckn_allocate(&state, 1, sizeof *state, "the solver", error));
    state->op = op;
    state->options = options;
    state->momentum = momentum;
    state->buffers.h = op->h;
    ckn_backend *backend = op->backend;
    size_t taps = ckn_problem_taps(op->problem);
    ckn_buffer **const buffers[] = {&state->buffers.h_prev, &state->buffers.g,
                                    &state->buffers.g_prev, &state->buffers.z};
    ckn_code code = prepare_gap(state, error);
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0] && code == CKN_OK; i++)
        code = backend->ops->buffer_create(backend, taps, buffers[i], error);
    if (code != CKN_OK) {
        destroy(state);
        return code;
    }
    *out = state;
    return CKN_OK;
}

static ckn_code create_fista(ckn_operator *op, const ckn_estimate_options *options,
                             ckn_solver_state **state, ckn_error *error) {
    return create(op, options, true, state, error);
}

static ckn_code create_gd(ckn_operator *op, const ckn_estimate_options *options,
                          ckn_solver_state **state, ckn_error *error) {
    return create(op, options, false, state, error);
}

/* In the problem's units, a step in the caller's is one of step / x_scale^2. */
static ckn_code choose_step(ckn_solver_state *state, double *step, ckn_solve_report *report,
                            ckn_error *error) {
    const double scale = state->op->problem->units.x_scale;
    report->step = state->options->step;
    *step = report->step / scale / scale;
    if (report->step > 0)
        return CKN_OK;
    bool tangent = state->options->constraint == CKN_CONSTRAINT_SIMPLEX;
    double lipschitz = 0;
    CKN_TRY(ckn_lipschitz(state->op, tangent, state->buffers.z, state->buffers.g, state->options,
                          &lipschitz, error));
    if (!isfinite(lipschitz))
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the Lipschitz constant is not finite: the images hold values too far "
                        "apart for the device; scale them");
    /* L = 0 only where nothing is left to choose, as for one tap on the simplex: any step will do.
     */
    *step = lipschitz > 0 ? 1 / lipschitz : 1;
    report->lipschitz = lipschitz / scale / scale;
    report->step = *step * scale * scale;
    return CKN_OK;
}

/* h = 0, or the centre of the simplex; h_prev = h, so that the first step has no momentum. */
static ckn_code start(ckn_solver_state *state, ckn_error *error) {
    ckn_backend *backend = state->op->backend;
    size_t taps = ckn_problem_taps(state->op->problem);
    bool simplex = state->options->constraint == CKN_CONSTRAINT_SIMPLEX;
    double value = simplex ? 1 / (double)taps : 0;
    CKN_TRY(backend->ops->fill(backend, state->buffers.h, taps, value, error));
    CKN_TRY(backend->ops->fill(backend, state->buffers.h_prev, taps, value, error));
    return backend->ops->fill(backend, state->buffers.g_prev, taps, 0, error);
}

static ckn_code report_progress(const ckn_solver_state *state, const iteration_state *iteration,
                                size_t n, double objective, ckn_error *error) {
    const double scale = state->op->problem->units.x_scale;
    const double step = iteration->step * scale * scale;
    CKN_TRY(ckn_solver_report_iteration(state->op->problem, state->options, n, objective, step,
                                        iteration->restarted, error));
    if (!isfinite(objective))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the iteration diverged after %zu steps of %g; the step must stay below "
                        "2/L (leave it out for 1/L)",
                        n, step);
    return CKN_OK;
}

/* The momentum factor of the next step. */
static double next_beta(const ckn_solver_state *state, iteration_state *iteration) {
    if (!state->momentum)
        return 0;
    double t = iteration->t;
    iteration->t = 0.5 * (1 + sqrt(1 + 4 * t * t));
    return (t - 1) / iteration->t;
}

static ckn_code take_step(ckn_solver_state *state, iteration_state *iteration, ckn_error *error) {
    ckn_backend *backend = state->op->backend;
    size_t taps = ckn_problem_taps(state->op->problem);
    double beta = next_beta(state, iteration);
    CKN_TRY(backend->ops->momentum(backend, &state->buffers, taps, beta, iteration->step, error));
    CKN_TRY(
        backend->ops->project(backend, state->buffers.h, taps, state->options->constraint, error));
    CKN_TRY(backend->ops->step_sums(backend, &state->buffers, taps, &iteration->sums, error));
    iteration->restarted =
        state->momentum && state->options->restart && iteration->sums.restart > 0;
    if (iteration->restarted)
        iteration->t = 1;
    return CKN_OK;
}

/* y_square is ||y||^2, which only the gap without statistics needs. */
static ckn_code relative_gap(ckn_solver_state *state, double y_square, double *gap,
                             ckn_error *error) {
    ckn_operator *op = state->op;
    const ckn_constraint constraint = state->options->constraint;
    const size_t taps = ckn_problem_taps(op->problem);
    double *h = state->host, *g = state->host + taps;
    CKN_TRY(ckn_operator_download(op, state->buffers.h, h, error));
    if (ckn_equations_fit(op->problem)) {
        ckn_certificate certificate;
        CKN_TRY(ckn_certify(op->problem, constraint, h, NULL, 0, &certificate, error));
        *gap = certificate.duality_gap;
        return CKN_OK;
    }
    CKN_TRY(ckn_operator_download(op, state->buffers.g, g, error));
    CKN_TRY(ckn_duality_gap(NULL, constraint, h, g, taps, gap, error));
    *gap /= 0.5 * y_square;
    return CKN_OK;
}

/* The gap costs as much as an iteration of the gram engine: it is looked at now and then. */
static ckn_code check_gap(ckn_solver_state *state, size_t iteration, double y_square, bool *reached,
                          ckn_error *error) {
    enum { GAP_EVERY = 10 };
    double gap = 0;
    *reached = false;
    if (state->options->gap == 0 || iteration % GAP_EVERY != 0)
        return CKN_OK;
    CKN_TRY(relative_gap(state, y_square, &gap, error));
    *reached = gap <= state->options->gap;
    return CKN_OK;
}

static ckn_code solve(ckn_solver_state *state, ckn_solve_report *report, ckn_error *error) {
    double step = 0, y_square = 0;
    CKN_TRY(choose_step(state, &step, report, error));
    CKN_TRY(start(state, error));
    if (state->options->gap > 0 && !ckn_equations_fit(state->op->problem))
        CKN_TRY(ckn_problem_sum_squares(state->op->problem, CKN_PLANE_Y, &y_square, error));
    /* Infinite changes before the first step: no rule but the exact fit can hold there. */
    iteration_state iteration = {
        .t = 1,
        .step = step,
        .stop = {.tolerance = state->options->tolerance, .objective = INFINITY},
        .sums = {.change_squared = INFINITY},
    };
    report->stop_reason = CKN_STOP_ITERATIONS;
    for (size_t n = 0;; n++) {
        double objective = 0;
        CKN_TRY(state->op->ops->gradient(state->op, state->buffers.h, state->buffers.g, &objective,
                                         error));
        report->iterations = n;
        report->restarts += iteration.restarted;
        CKN_TRY(report_progress(state, &iteration, n, objective, error));
        bool reached = false;
        CKN_TRY(check_gap(state, n, y_square, &reached, error));
        if (reached) {
            report->stop_reason = CKN_STOP_GAP;
            return CKN_OK;
        }
        if (ckn_stop_rule_update(&iteration.stop, &iteration.sums, objective,
                                 &report->stop_reason) ||
            n == state->options->iterations)
            return CKN_OK;
        CKN_TRY(take_step(state, &iteration, error));
    }
}

const ckn_solver_ops ckn_solver_fista = {
    .solver = CKN_SOLVER_FISTA,
    .name = "fista",
    .create = create_fista,
    .destroy = destroy,
    .solve = solve,
};

const ckn_solver_ops ckn_solver_gd = {
    .solver = CKN_SOLVER_GD,
    .name = "gd",
    .create = create_gd,
    .destroy = destroy,
    .solve = solve,
};
