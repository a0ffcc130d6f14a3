/* Solver `division`: H = sum Y conj(X) / (sum |X|^2 + epsilon), over pairs.
 *
 * This takes the images for periodic. On images that are not, what the convolution brought in over
 * the borders is missing from x and the answer is wrong by tens of percent; epsilon (Wiener's noise
 * to signal ratio when the noise is white) only damps what that does to weak frequencies.
 *
 * In 'same' coordinates y[p] = sum_i h[i] x[p + s - i] with s = (k-1)/2. x is uploaded rolled by s,
 * x'[m] = x[m + s mod M], so that tap (0,0) lands at bin (0,0) of the inverse transform. A y of the
 * valid size is met by the part of x that starts at k/2, which leads to the same s.
 */
#include "estimate/solver.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

struct ckn_solver_state {
    ckn_operator *op;
    const ckn_estimate_options *options;
    ckn_shape shape; /* of the transform: exactly y's, padding would break the period */
    ckn_fft *fft;
    ckn_buffer **x, **y; /* planes of each pair */
    ckn_buffer *x_spectrum, *y_spectrum, *numerator, *power;
    double energy; /* sum of squares of all x: the mean of |X|^2 by Parseval */
};

static ckn_code check_options(const ckn_estimate_options *options, ckn_error *error) {
    if (ckn_solver_is_constrained(options))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the division cannot keep the constraint '%s'; use fista or gd",
                        ckn_constraint_name(options->constraint));
    if (options->engine == CKN_ENGINE_GRAM || options->engine == CKN_ENGINE_TOEPLITZ)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the division works on the images: leave the engine %s out",
                        ckn_engine_name(options->engine));
    return CKN_OK;
}

static ckn_shape transform_shape(const ckn_problem_pair *pair) {
    return pair->same ? pair->x_shape : pair->y_shape;
}

static void destroy(ckn_solver_state *state) {
    ckn_backend *backend = state->op->problem->backend;
    for (size_t i = 0; i < state->op->problem->pair_count; i++) {
        if (state->x)
            backend->ops->buffer_destroy(backend, state->x[i]);
        if (state->y)
            backend->ops->buffer_destroy(backend, state->y[i]);
    }
    backend->ops->buffer_destroy(backend, state->x_spectrum);
    backend->ops->buffer_destroy(backend, state->y_spectrum);
    backend->ops->buffer_destroy(backend, state->numerator);
    backend->ops->buffer_destroy(backend, state->power);
    backend->ops->fft_destroy(backend, state->fft);
    free(state->x);
    free(state->y);
    free(state);
}

static ckn_code check_shapes(const ckn_problem *problem, ckn_shape shape, ckn_error *error) {
    for (size_t i = 1; i < problem->pair_count; i++) {
        if (!ckn_shape_equal(transform_shape(&problem->pairs[i]), shape))
            return ckn_fail(error, CKN_ERROR_ARGUMENT,
                            "the division needs pairs of one size; use fista or gd");
    }
    if (shape.rows < problem->kernel.rows || shape.cols < problem->kernel.cols)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the division needs a blurred image (%zu x %zu) at least as large as the "
                        "kernel (%zu x %zu)",
                        shape.cols, shape.rows, problem->kernel.cols, problem->kernel.rows);
    return CKN_OK;
}

static ckn_code allocate(ckn_solver_state *state, ckn_error *error) {
    ckn_problem *problem = state->op->problem;
    ckn_backend *backend = problem->backend;
    CKN_TRY(check_shapes(problem, state->shape, error));
    CKN_TRY(ckn_allocate(&state->x, problem->pair_count, sizeof(ckn_buffer *), "planes", error));
    CKN_TRY(ckn_allocate(&state->y, problem->pair_count, sizeof(ckn_buffer *), "planes", error));
    size_t samples = ckn_shape_count(state->shape);
    size_t spectrum = ckn_spectrum_count(state->shape);
    for (size_t i = 0; i < problem->pair_count; i++) {
        CKN_TRY(backend->ops->buffer_create(backend, samples, &state->x[i], error));
        CKN_TRY(backend->ops->buffer_create(backend, samples, &state->y[i], error));
    }
    CKN_TRY(backend->ops->buffer_create(backend, spectrum, &state->x_spectrum, error));
    CKN_TRY(backend->ops->buffer_create(backend, spectrum, &state->y_spectrum, error));
    CKN_TRY(backend->ops->buffer_create(backend, spectrum, &state->numerator, error));
    CKN_TRY(backend->ops->buffer_create(backend, spectrum / 2, &state->power, error));
    return backend->ops->fft_create(backend, state->shape, &state->fft, error);
}

static ckn_code create(ckn_operator *op, const ckn_estimate_options *options,
                       ckn_solver_state **out, ckn_error *error) {
    ckn_solver_state *state = NULL;
    CKN_TRY(ckn_allocate(&state, 1, sizeof *state, "the division", error));
    state->op = op;
    state->options = options;
    state->shape = transform_shape(&op->problem->pairs[0]);
    ckn_code code = allocate(state, error);
    if (code != CKN_OK) {
        destroy(state);
        return code;
    }
    *out = state;
    return CKN_OK;
}

/* Uploads x rolled by s and returns its sum of squares in *energy. */
static ckn_code upload_rolled(ckn_solver_state *state, const ckn_view *x, ckn_shape roll,
                              ckn_buffer *buffer, double *energy, ckn_error *error) {
    ckn_backend *backend = state->op->problem->backend;
    const double scale = state->op->problem->units.x_scale;
    double *rolled = NULL;
    CKN_TRY(ckn_allocate(&rolled, ckn_shape_count(state->shape), sizeof *rolled, "a rolled plane",
                         error));
    for (size_t row = 0; row < state->shape.rows; row++) {
        size_t from_row = (row + roll.rows) % state->shape.rows;
        for (size_t col = 0; col < state->shape.cols; col++) {
            double value = scale * ckn_view_at(x, from_row, (col + roll.cols) % state->shape.cols);
            rolled[row * state->shape.cols + col] = value;
            *energy += value * value;
        }
    }
    ckn_view view = ckn_view_f64(rolled, state->shape.rows, state->shape.cols);
    ckn_code code = backend->ops->upload(backend, buffer, &view, error);
    free(rolled);
    return code;
}

static ckn_code upload(ckn_solver_state *state, const ckn_pair *pairs, ckn_error *error) {
    ckn_problem *problem = state->op->problem;
    ckn_backend *backend = problem->backend;
    const ckn_shape roll = {(problem->kernel.rows - 1) / 2, (problem->kernel.cols - 1) / 2};
    state->energy = 0;
    for (size_t i = 0; i < problem->pair_count; i++) {
        ckn_view x = pairs[i].sharp;
        if (!problem->pairs[i].same)
            x = ckn_view_part(&x, problem->kernel.rows / 2, problem->kernel.cols / 2, state->shape);
        CKN_TRY(upload_rolled(state, &x, roll, state->x[i], &state->energy, error));
        CKN_TRY(ckn_problem_upload_view(backend, state->y[i], &pairs[i].blurred,
                                        problem->units.y_scale, 0, error));
    }
    return CKN_OK;
}

static ckn_code solve(ckn_solver_state *state, ckn_solve_report *report, ckn_error *error) {
    ckn_problem *problem = state->op->problem;
    ckn_backend *backend = problem->backend;
    const ckn_backend_ops *ops = backend->ops;
    size_t bins = ckn_spectrum_count(state->shape) / 2;
    for (size_t i = 0; i < problem->pair_count; i++) {
        CKN_TRY(ops->fft_forward(backend, state->fft, state->x[i], state->x_spectrum, error));
        CKN_TRY(ops->fft_forward(backend, state->fft, state->y[i], state->y_spectrum, error));
        CKN_TRY(ops->spectral_accumulate(backend, state->numerator, state->power, state->y_spectrum,
                                         state->x_spectrum, bins, i > 0, error));
    }
    double epsilon = state->options->epsilon * state->energy;
    CKN_TRY(ops->spectral_divide(backend, state->numerator, state->power, bins, epsilon, error));
    CKN_TRY(ops->fft_inverse(backend, state->fft, state->numerator, state->x[0], error));
    CKN_TRY(ops->extract(backend, problem->h, problem->kernel, state->x[0], state->shape,
                         (ckn_shape){0, 0}, NULL, error));
    report->stop_reason = CKN_STOP_CLOSED_FORM;
    return CKN_OK;
}

const ckn_solver_ops ckn_solver_division = {
    .solver = CKN_SOLVER_DIVISION,
    .name = "division",
    .check = check_options,
    .create = create,
    .destroy = destroy,
    .upload = upload,
    .solve = solve,
};
