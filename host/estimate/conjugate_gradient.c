/* Solver `cg`: preconditioned conjugate gradients on G h = b, for kernels whose G does not fit in
 * memory (Hestenes & Stiefel, J. Res. NBS 49, 1952). Started at zero it tends to the answer of
 * minimum norm where the pair does not determine the kernel.
 *
 * The residual of the recurrence drifts away from b - G h in float32; it is replaced by the
 * gradient now and then (van der Vorst & Ye, SIAM J. Sci. Comput. 22, 2000). Where G is singular,
 * directions that no image shows are left once all others are done, and rounding would send h
 * along them: no step is taken where p'Gp is no more than rounding, and the answer is the best
 * kernel that a gradient has vouched for.
 */
#include "estimate/solver.h"

#include "base/memory.h"
#include "estimate/stop_rule.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { REPLACE_EVERY = 50, VECTORS = 5 };

struct ckn_solver_state {
    ckn_operator *op;
    const ckn_estimate_options *options;
    ckn_circulant *preconditioner; /* X'X is nearly Toeplitz; NULL in a build without FFT */
    ckn_lags lags;
    ckn_buffer *r, *z, *p, *product, *best;
};

/* One solve's running figures. */
typedef struct cg_figures {
    double objective, floor; /* the recurrence of the former is not believed below the latter */
    double best;             /* objective of state->best, by a gradient */
    double unseen;           /* p'Gp / p'p that rounding alone makes */
    double rz, first_rz;     /* r'z, now and at the start */
    ckn_stop_rule stop;
    ckn_step_sums sums;
} cg_figures;

static ckn_code check_options(const ckn_estimate_options *options, ckn_error *error) {
    if (ckn_solver_is_constrained(options))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "conjugate gradients cannot keep the constraint '%s'; use nnls or fista",
                        ckn_constraint_name(options->constraint));
    return CKN_OK;
}

static void destroy(ckn_solver_state *state) {
    ckn_backend *backend = state->op->backend;
    backend->ops->buffer_destroy(backend, state->r);
    backend->ops->buffer_destroy(backend, state->z);
    backend->ops->buffer_destroy(backend, state->p);
    backend->ops->buffer_destroy(backend, state->product);
    backend->ops->buffer_destroy(backend, state->best);
    ckn_circulant_destroy(state->preconditioner);
    free(state->lags.rising);
    free(state->lags.falling);
    free(state);
}

/* A build without FFT goes without. */
static ckn_code create_preconditioner(ckn_solver_state *state, ckn_error *error) {
    ckn_operator *op = state->op;
    const size_t taps = ckn_problem_taps(op->problem);
    ckn_error why;
    CKN_TRY(ckn_allocate(&state->lags.rising, taps, sizeof(double), "the lags", error));
    CKN_TRY(ckn_allocate(&state->lags.falling, taps, sizeof(double), "the lags", error));
    ckn_code code =
        ckn_circulant_create(op->backend, op->problem->kernel, &state->preconditioner, &why);
    if (code == CKN_ERROR_UNSUPPORTED) {
        ckn_log_line(&op->backend->log, CKN_LOG_VERBOSE, "no preconditioner: %s", why.message);
        return CKN_OK;
    }
    if (code != CKN_OK && error)
        *error = why;
    return code;
}

static ckn_code create(ckn_operator *op, const ckn_estimate_options *options,
                       ckn_solver_state **out, ckn_error *error) {
    ckn_solver_state *state = NULL;
    CKN_TRY(ckn_allocate(&state, 1, sizeof *state, "the solver", error));
    state->op = op;
    state->options = options;
    size_t taps = ckn_problem_taps(op->problem);
    ckn_buffer **const vectors[VECTORS] = {&state->r, &state->z, &state->p, &state->product,
                                           &state->best};
    ckn_code code = create_preconditioner(state, error);
    for (size_t i = 0; i < VECTORS && code == CKN_OK; i++)
        code = op->backend->ops->buffer_create(op->backend, taps, vectors[i], error);
    if (code != CKN_OK) {
        destroy(state);
        return code;
    }
    *out = state;
    return CKN_OK;
}

static ckn_code copy(ckn_solver_state *state, ckn_buffer *to, const ckn_buffer *from,
                     ckn_error *error) {
    ckn_backend *backend = state->op->backend;
    return backend->ops->combine(backend, to, ckn_problem_taps(state->op->problem), 1, from, 0,
                                 from, error);
}

/* z = M^-1 r, *rz = r'z. */
static ckn_code precondition(ckn_solver_state *state, double *rz, ckn_error *error) {
    ckn_backend *backend = state->op->backend;
    size_t taps = ckn_problem_taps(state->op->problem);
    if (state->preconditioner)
        CKN_TRY(ckn_circulant_apply(state->preconditioner, state->r, state->z, error));
    else
        CKN_TRY(copy(state, state->z, state->r, error));
    return backend->ops->dot(backend, state->r, state->z, taps, rz, error);
}

/* r = -grad f(h), and f(h) itself, by which h is kept where it is the best so far. */
static ckn_code replace_residual(ckn_solver_state *state, cg_figures *figures, ckn_error *error) {
    ckn_operator *op = state->op;
    ckn_backend *backend = op->backend;
    CKN_TRY(op->ops->gradient(op, op->h, state->product, &figures->objective, error));
    if (figures->objective < figures->best) {
        figures->best = figures->objective;
        CKN_TRY(copy(state, state->best, op->h, error));
    }
    return backend->ops->combine(backend, state->r, ckn_problem_taps(op->problem), -1,
                                 state->product, 0, state->product, error);
}

/* h = the best kernel, which the last one is only where a gradient says so. */
static ckn_code settle(ckn_solver_state *state, cg_figures *figures, bool proven,
                       ckn_error *error) {
    if (!proven)
        CKN_TRY(replace_residual(state, figures, error));
    return figures->objective <= figures->best || isinf(figures->best)
               ? CKN_OK
               : copy(state, state->op->h, state->best, error);
}

/* Begins at h, from the gradient itself: what the recurrence says of its residual is true only as
 * far as its rounding goes. */
static ckn_code begin(ckn_solver_state *state, cg_figures *figures, ckn_error *error) {
    CKN_TRY(replace_residual(state, figures, error));
    CKN_TRY(precondition(state, &figures->rz, error));
    return copy(state, state->p, state->z, error);
}

/* Each entry of X p is off by the unit roundoff u times ||p|| and the norm of what its window sees;
 * the squares of those add up to k l ||x||^2 at most. That makes u^2 k l ||x||^2 of p'Gp / p'p, but
 * u k l ||x||^2 where it is computed from G. */
static ckn_code find_unseen(const ckn_operator *op, double *unseen, ckn_error *error) {
    static const double margin = 16;
    ckn_device_info info;
    double energy = 0;
    CKN_TRY(ckn_problem_sum_squares(op->problem, CKN_PLANE_X, &energy, error));
    op->backend->ops->describe(op->backend, &info);
    const double unit = info.kind == CKN_DEVICE_CPU_BACKEND ? 0x1p-53 : 0x1p-24;
    *unseen = margin * (op->ops->engine == CKN_ENGINE_GRAM ? unit : unit * unit) * energy *
              (double)ckn_problem_taps(op->problem);
    return CKN_OK;
}

static ckn_code start(ckn_solver_state *state, cg_figures *figures, ckn_error *error) {
    ckn_operator *op = state->op;
    CKN_TRY(find_unseen(op, &figures->unseen, error));
    if (state->preconditioner) {
        CKN_TRY(op->ops->lags(op, &state->lags, error));
        CKN_TRY(ckn_circulant_load_inverse(state->preconditioner, &state->lags, error));
    }
    CKN_TRY(op->backend->ops->fill(op->backend, op->h, ckn_problem_taps(op->problem), 0, error));
    CKN_TRY(begin(state, figures, error));
    figures->first_rz = figures->rz;
    figures->floor = DBL_EPSILON * figures->objective;
    figures->stop = (ckn_stop_rule){.tolerance = state->options->tolerance, .objective = INFINITY};
    figures->sums = (ckn_step_sums){.change_squared = INFINITY};
    return CKN_OK;
}

/* One step along p. The objective of a quadratic falls by half of alpha r'z. */
static ckn_code take_step(ckn_solver_state *state, cg_figures *figures, ckn_error *error) {
    ckn_operator *op = state->op;
    ckn_backend *backend = op->backend;
    const ckn_backend_ops *ops = backend->ops;
    size_t taps = ckn_problem_taps(op->problem);
    double curvature = 0, length = 0;
    CKN_TRY(op->ops->normal(op, state->p, state->product, error));
    CKN_TRY(ops->dot(backend, state->p, state->product, taps, &curvature, error));
    CKN_TRY(ops->dot(backend, state->p, state->p, taps, &length, error));
    if (!(curvature > figures->unseen * length)) { /* no image shows p: nothing is left to gain */
        figures->rz = 0;
        return CKN_OK;
    }
    const double alpha = figures->rz / curvature;
    CKN_TRY(ops->combine(backend, op->h, taps, 1, op->h, alpha, state->p, error));
    CKN_TRY(ops->combine(backend, state->r, taps, 1, state->r, -alpha, state->product, error));
    CKN_TRY(ops->dot(backend, op->h, op->h, taps, &figures->sums.norm_squared, error));
    figures->sums.change_squared = alpha * alpha * length;
    /* Whether the fit is exact only a gradient can tell. */
    figures->objective = fmax(figures->objective - 0.5 * alpha * figures->rz, figures->floor);
    return CKN_OK;
}

/* The next direction, conjugate to those before. */
static ckn_code turn(ckn_solver_state *state, cg_figures *figures, ckn_error *error) {
    ckn_backend *backend = state->op->backend;
    const double before = figures->rz;
    CKN_TRY(precondition(state, &figures->rz, error));
    return backend->ops->combine(backend, state->p, ckn_problem_taps(state->op->problem), 1,
                                 state->z, figures->rz / before, state->p, error);
}

static bool finished(const ckn_solver_state *state, cg_figures *figures, ckn_stop_reason *reason) {
    const double tolerance = state->options->tolerance;
    if (!(figures->rz > tolerance * tolerance * figures->first_rz)) {
        *reason = figures->first_rz > 0 ? CKN_STOP_GRADIENT : CKN_STOP_EXACT_FIT;
        return true;
    }
    /* The recurrence's objective is too rough to stop by. */
    return ckn_stop_rule_update(&figures->stop, &figures->sums, NAN, reason);
}

static ckn_code solve(ckn_solver_state *state, ckn_solve_report *report, ckn_error *error) {
    cg_figures figures = {.best = INFINITY};
    bool proven = true; /* r is the gradient's, not the recurrence's */
    report->stop_reason = CKN_STOP_ITERATIONS;
    CKN_TRY(start(state, &figures, error));
    for (size_t n = 0;; n++) {
        report->iterations = n;
        CKN_TRY(ckn_solver_report_iteration(state->op->problem, state->options, n,
                                            figures.objective, 0, false, error));
        bool done = finished(state, &figures, &report->stop_reason);
        if (done && report->stop_reason == CKN_STOP_GRADIENT && !proven) {
            CKN_TRY(begin(state, &figures, error));
            proven = true;
            done = finished(state, &figures, &report->stop_reason);
        }
        if (done || n == state->options->iterations)
            return settle(state, &figures, proven, error);
        report->stop_reason = CKN_STOP_ITERATIONS;
        proven = false;
        CKN_TRY(take_step(state, &figures, error));
        if ((n + 1) % REPLACE_EVERY == 0)
            CKN_TRY(replace_residual(state, &figures, error));
        if (figures.rz > 0)
            CKN_TRY(turn(state, &figures, error));
    }
}

const ckn_solver_ops ckn_solver_cg = {
    .solver = CKN_SOLVER_CG,
    .name = "cg",
    .check = check_options,
    .create = create,
    .destroy = destroy,
    .solve = solve,
};
