/* The same work on two devices: each primitive that an estimate uses, then the estimate itself. */
#include "check/check.h"

#include "base/clock.h"
#include "base/memory.h"
#include "estimate/normal_operator.h"

#include <stdio.h>
#include <stdlib.h>

/* Tolerances of the relative difference: float32 sums against double ones, and what an iteration
 * makes of them. */
static const double primitive_tolerance = 1e-5;
static const double estimate_tolerance = 1e-4;

typedef struct workload {
    const ckn_estimate_options *options;
    const ckn_pair *pairs;
    size_t pair_count;
    ckn_shape x_shape, y_shape, h_shape; /* of the first pair */
    double *vectors;                     /* 4 K numbers in [0, 1) */
    char detail[64];
} workload;

/* One primitive: how many numbers it yields, and how a backend computes them. `seconds` is the time
 * of the device's work alone. */
typedef struct primitive {
    const char *name;
    size_t (*count)(const workload *work);
    ckn_code (*run)(ckn_backend *backend, const workload *work, double *out, double *seconds,
                    ckn_error *error);
} primitive;

static size_t count_image(const workload *work) {
    return ckn_shape_count(work->x_shape);
}

static size_t count_valid(const workload *work) {
    return ckn_shape_count(work->y_shape);
}

static size_t count_taps(const workload *work) {
    return ckn_shape_count(work->h_shape);
}

/* ---- residual and gradient, by either engine */

static ckn_code evaluate(ckn_operator *op, const workload *work, bool adjoint, double *out,
                         double *seconds, ckn_error *error) {
    ckn_problem *problem = op->problem;
    ckn_backend *backend = problem->backend;
    ckn_view h = ckn_view_f64(work->vectors, work->h_shape.rows, work->h_shape.cols);
    CKN_TRY(ckn_problem_upload(problem, work->pairs, error));
    CKN_TRY(backend->ops->upload(backend, problem->h, &h, error));
    CKN_TRY(op->ops->load(op, error));
    CKN_TRY(op->ops->residual(op, problem->h, true, error));
    CKN_TRY(backend->ops->finish(backend, error));
    double start = ckn_seconds();
    if (adjoint)
        CKN_TRY(op->ops->adjoint(op, problem->h, error));
    else
        CKN_TRY(op->ops->residual(op, problem->h, true, error));
    CKN_TRY(backend->ops->finish(backend, error));
    *seconds = ckn_seconds() - start;
    ckn_output taps = ckn_output_f64(out, work->h_shape.rows, work->h_shape.cols);
    ckn_output image = ckn_output_f64(out, work->y_shape.rows, work->y_shape.cols);
    return adjoint ? backend->ops->download(backend, problem->h, &taps, error)
                   : backend->ops->download(backend, problem->pairs[0].r, &image, error);
}

static ckn_code run_engine(ckn_backend *backend, const workload *work, ckn_engine engine,
                           bool adjoint, double *out, double *seconds, ckn_error *error) {
    ckn_problem *problem = NULL;
    ckn_operator *op = NULL;
    CKN_TRY(ckn_problem_create(backend, work->h_shape, work->pairs, 1, &problem, error));
    ckn_code code = ckn_operator_create(problem, engine, 1, &op, error);
    if (code == CKN_OK)
        code = evaluate(op, work, adjoint, out, seconds, error);
    ckn_operator_destroy(op);
    ckn_problem_destroy(problem);
    return code;
}

static ckn_code run_residual_direct(ckn_backend *backend, const workload *work, double *out,
                                    double *seconds, ckn_error *error) {
    return run_engine(backend, work, CKN_ENGINE_DIRECT, false, out, seconds, error);
}

static ckn_code run_gradient_direct(ckn_backend *backend, const workload *work, double *out,
                                    double *seconds, ckn_error *error) {
    return run_engine(backend, work, CKN_ENGINE_DIRECT, true, out, seconds, error);
}

static ckn_code run_residual_fft(ckn_backend *backend, const workload *work, double *out,
                                 double *seconds, ckn_error *error) {
    return run_engine(backend, work, CKN_ENGINE_FFT, false, out, seconds, error);
}

static ckn_code run_gradient_fft(ckn_backend *backend, const workload *work, double *out,
                                 double *seconds, ckn_error *error) {
    return run_engine(backend, work, CKN_ENGINE_FFT, true, out, seconds, error);
}

/* ---- the proximal step */

typedef ckn_code (*vector_job)(ckn_backend *backend, const ckn_step_buffers *buffers, size_t taps,
                               ckn_error *error);

static ckn_code job_momentum(ckn_backend *backend, const ckn_step_buffers *buffers, size_t taps,
                             ckn_error *error) {
    return backend->ops->momentum(backend, buffers, taps, 0.75, 0.125, error);
}

static ckn_code job_nonneg(ckn_backend *backend, const ckn_step_buffers *buffers, size_t taps,
                           ckn_error *error) {
    CKN_TRY(backend->ops->combine(backend, buffers->h, taps, 1, buffers->h, -1, buffers->g, error));
    return backend->ops->project(backend, buffers->h, taps, CKN_CONSTRAINT_NONNEG, error);
}

static ckn_code job_simplex(ckn_backend *backend, const ckn_step_buffers *buffers, size_t taps,
                            ckn_error *error) {
    return backend->ops->project(backend, buffers->h, taps, CKN_CONSTRAINT_SIMPLEX, error);
}

static ckn_code upload_and_run(ckn_backend *backend, const workload *work,
                               const ckn_step_buffers *buffers, vector_job job, double *out,
                               double *seconds, ckn_error *error) {
    size_t taps = count_taps(work);
    ckn_buffer *const targets[] = {buffers->h, buffers->h_prev, buffers->g, buffers->g_prev};
    for (size_t i = 0; i < 4; i++) {
        ckn_view view = ckn_view_f64(work->vectors + i * taps, 1, taps);
        CKN_TRY(backend->ops->upload(backend, targets[i], &view, error));
    }
    CKN_TRY(backend->ops->finish(backend, error));
    double start = ckn_seconds();
    CKN_TRY(job(backend, buffers, taps, error));
    CKN_TRY(backend->ops->finish(backend, error));
    *seconds = ckn_seconds() - start;
    ckn_output output = ckn_output_f64(out, 1, taps);
    return backend->ops->download(backend, buffers->h, &output, error);
}

static ckn_code run_vectors(ckn_backend *backend, const workload *work, vector_job job, double *out,
                            double *seconds, ckn_error *error) {
    ckn_buffer *buffers[5] = {NULL};
    ckn_code code = CKN_OK;
    for (size_t i = 0; i < 5 && code == CKN_OK; i++)
        code = backend->ops->buffer_create(backend, count_taps(work), &buffers[i], error);
    const ckn_step_buffers step = {buffers[0], buffers[1], buffers[2], buffers[3], buffers[4]};
    if (code == CKN_OK)
        code = upload_and_run(backend, work, &step, job, out, seconds, error);
    for (size_t i = 0; i < 5; i++)
        backend->ops->buffer_destroy(backend, buffers[i]);
    return code;
}

static ckn_code run_momentum(ckn_backend *backend, const workload *work, double *out,
                             double *seconds, ckn_error *error) {
    return run_vectors(backend, work, job_momentum, out, seconds, error);
}

static ckn_code run_nonneg(ckn_backend *backend, const workload *work, double *out, double *seconds,
                           ckn_error *error) {
    return run_vectors(backend, work, job_nonneg, out, seconds, error);
}

static ckn_code run_simplex(ckn_backend *backend, const workload *work, double *out,
                            double *seconds, ckn_error *error) {
    return run_vectors(backend, work, job_simplex, out, seconds, error);
}

/* ---- box passes over the sharp image */

static ckn_code run_box(ckn_backend *backend, const workload *work, double *out, double *seconds,
                        ckn_error *error) {
    ckn_extended_box box;
    CKN_TRY(ckn_extended_box_init(&box, 3, 5, error));
    ckn_buffer *plane = NULL;
    CKN_TRY(backend->ops->buffer_create(backend, count_image(work), &plane, error));
    ckn_code code = backend->ops->upload(backend, plane, &work->pairs[0].sharp, error);
    double start = ckn_seconds();
    for (int axis = CKN_AXIS_ROWS; axis <= CKN_AXIS_COLS && code == CKN_OK; axis++)
        code = backend->ops->box_axis(backend, plane, plane, work->x_shape, (ckn_axis)axis, &box,
                                      CKN_BOUNDARY_REFLECT, error);
    if (code == CKN_OK)
        code = backend->ops->finish(backend, error);
    *seconds = ckn_seconds() - start;
    ckn_output output = ckn_output_f64(out, work->x_shape.rows, work->x_shape.cols);
    if (code == CKN_OK)
        code = backend->ops->download(backend, plane, &output, error);
    backend->ops->buffer_destroy(backend, plane);
    return code;
}

static const primitive primitives[] = {
    {"residual, direct", count_valid, run_residual_direct},
    {"residual, fft", count_valid, run_residual_fft},
    {"gradient, direct", count_taps, run_gradient_direct},
    {"gradient, fft", count_taps, run_gradient_fft},
    {"momentum", count_taps, run_momentum},
    {"projection, nonneg", count_taps, run_nonneg},
    {"projection, simplex", count_taps, run_simplex},
    {"box passes", count_image, run_box},
};

/* ---- the comparison */

static ckn_code compare_primitive(const primitive *what, ckn_context *reference,
                                  ckn_context *context, const workload *work, ckn_checker *checker,
                                  ckn_error *error) {
    size_t count = what->count(work);
    double *numbers = NULL;
    CKN_TRY(ckn_allocate(&numbers, 2 * count, sizeof *numbers, "the comparison", error));
    double seconds_reference = 0;
    double seconds = 0;
    ckn_error why = {CKN_OK, ""};
    ckn_code code = what->run(reference->backend, work, numbers, &seconds_reference, &why);
    if (code == CKN_OK)
        code = what->run(context->backend, work, numbers + count, &seconds, &why);
    if (code == CKN_OK)
        ckn_checker_line(checker, what->name, work->detail,
                         ckn_relative_difference(numbers + count, numbers, count),
                         primitive_tolerance, seconds_reference, seconds);
    free(numbers);
    if (code == CKN_ERROR_UNSUPPORTED) {
        ckn_log_line(&reference->backend->log, CKN_LOG_WARNING, "%s: %s", what->name, why.message);
        return CKN_OK;
    }
    if (code != CKN_OK && error)
        *error = why;
    return code;
}

static double solve_seconds(const ckn_estimate_result *result) {
    return result->seconds_upload + result->seconds_compute + result->seconds_download;
}

static ckn_code compare_estimate(ckn_context *reference, ckn_context *context, const workload *work,
                                 ckn_checker *checker, ckn_error *error) {
    size_t taps = count_taps(work);
    double *kernels = NULL;
    CKN_TRY(ckn_allocate(&kernels, 2 * taps, sizeof *kernels, "the comparison", error));
    ckn_estimate_result results[2];
    ckn_context *const contexts[] = {reference, context};
    ckn_code code = CKN_OK;
    for (size_t i = 0; i < 2 && code == CKN_OK; i++) {
        ckn_output kernel =
            ckn_output_f64(kernels + i * taps, work->h_shape.rows, work->h_shape.cols);
        code = ckn_estimate(contexts[i], work->options, work->pairs, work->pair_count, kernel,
                            &results[i], error);
    }
    if (code == CKN_OK)
        ckn_checker_line(checker, "estimate", work->detail,
                         ckn_relative_difference(kernels + taps, kernels, taps), estimate_tolerance,
                         solve_seconds(&results[0]), solve_seconds(&results[1]));
    free(kernels);
    return code;
}

static ckn_code compare_all(ckn_context *reference, ckn_context *context, const workload *work,
                            ckn_checker *checker, ckn_error *error) {
    for (size_t i = 0; i < sizeof primitives / sizeof primitives[0]; i++)
        CKN_TRY(compare_primitive(&primitives[i], reference, context, work, checker, error));
    return compare_estimate(reference, context, work, checker, error);
}

ckn_code ckn_compare(ckn_context *reference, ckn_context *context,
                     const ckn_estimate_options *options, const ckn_pair *pairs, size_t pair_count,
                     ckn_check_fn report, void *user, size_t *failures, ckn_error *error) {
    if (!options || !pairs || pair_count < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "options and at least one pair are needed");
    workload work = {.options = options,
                     .pairs = pairs,
                     .pair_count = pair_count,
                     .x_shape = ckn_view_shape(&pairs[0].sharp),
                     .h_shape = {options->kernel_rows, options->kernel_cols}};
    work.y_shape = ckn_shape_valid(work.x_shape, work.h_shape);
    if (work.y_shape.rows == 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the kernel (%zu x %zu) does not fit the sharp image (%zu x %zu)",
                        work.h_shape.cols, work.h_shape.rows, work.x_shape.cols, work.x_shape.rows);
    snprintf(work.detail, sizeof work.detail, "%zux%zu, %zux%zu taps", work.x_shape.cols,
             work.x_shape.rows, work.h_shape.cols, work.h_shape.rows);
    for (size_t i = 0; i < pair_count; i++) {
        CKN_TRY(ckn_view_check_finite(&pairs[i].sharp, "the sharp image", error));
        CKN_TRY(ckn_view_check_finite(&pairs[i].blurred, "the blurred image", error));
    }
    size_t taps = count_taps(&work);
    CKN_TRY(ckn_allocate(&work.vectors, 4 * taps, sizeof *work.vectors, "test vectors", error));
    ckn_fill_pattern(work.vectors, 4 * taps, 4);
    ckn_checker checker = {report, user, 0};
    ckn_code code = compare_all(reference, context, &work, &checker, error);
    free(work.vectors);
    if (failures)
        *failures = checker.failures;
    return code;
}
