/* The primitives that an estimate uses, each as a job that any backend can do. */
#include "check/primitives.h"

#include "base/clock.h"
#include "estimate/normal_operator.h"

static size_t count_image(const ckn_workload *work) {
    return ckn_shape_count(work->x_shape);
}

static size_t count_valid(const ckn_workload *work) {
    return ckn_shape_count(work->y_shape);
}

static size_t count_taps(const ckn_workload *work) {
    return ckn_shape_count(work->h_shape);
}

static size_t count_vectors(const ckn_workload *work) {
    return 5 * count_taps(work);
}

static size_t count_sums(const ckn_workload *work) {
    (void)work;
    return 4;
}

/* ---- residual and gradient, by either engine */

static ckn_code evaluate(ckn_operator *op, const ckn_workload *work, bool adjoint, double *out,
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

static ckn_code run_engine(ckn_backend *backend, const ckn_workload *work, ckn_engine engine,
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

static ckn_code run_residual_direct(ckn_backend *backend, const ckn_workload *work, double *out,
                                    double *seconds, ckn_error *error) {
    return run_engine(backend, work, CKN_ENGINE_DIRECT, false, out, seconds, error);
}

static ckn_code run_gradient_direct(ckn_backend *backend, const ckn_workload *work, double *out,
                                    double *seconds, ckn_error *error) {
    return run_engine(backend, work, CKN_ENGINE_DIRECT, true, out, seconds, error);
}

static ckn_code run_residual_fft(ckn_backend *backend, const ckn_workload *work, double *out,
                                 double *seconds, ckn_error *error) {
    return run_engine(backend, work, CKN_ENGINE_FFT, false, out, seconds, error);
}

static ckn_code run_gradient_fft(ckn_backend *backend, const ckn_workload *work, double *out,
                                 double *seconds, ckn_error *error) {
    return run_engine(backend, work, CKN_ENGINE_FFT, true, out, seconds, error);
}

/* ---- what the normal equations start from */

static size_t count_correlations(const ckn_workload *work) {
    return 3 * count_taps(work);
}

static ckn_code correlate(ckn_problem *problem, ckn_correlator *correlator,
                          const ckn_workload *work, ckn_correlations *correlations, double *seconds,
                          ckn_error *error) {
    ckn_backend *backend = problem->backend;
    CKN_TRY(ckn_problem_upload(problem, work->pairs, error));
    CKN_TRY(backend->ops->finish(backend, error));
    double start = ckn_seconds();
    CKN_TRY(backend->ops->correlate(backend, correlator, problem->pairs[0].x, problem->pairs[0].y,
                                    correlations, error));
    *seconds = ckn_seconds() - start;
    return CKN_OK;
}

/* Direct sums: a build without FFT and a device without double precision have them too. */
static ckn_code run_correlations(ckn_backend *backend, const ckn_workload *work, double *out,
                                 double *seconds, ckn_error *error) {
    size_t taps = count_taps(work);
    ckn_correlations correlations = {.square = 0};
    correlations.left = out;
    correlations.right = out + taps;
    correlations.blurred = out + 2 * taps;
    ckn_problem *problem = NULL;
    ckn_correlator *correlator = NULL;
    CKN_TRY(ckn_problem_create(backend, work->h_shape, work->pairs, 1, &problem, error));
    ckn_code code = backend->ops->correlator_create(backend, work->x_shape, work->h_shape,
                                                    CKN_CORRELATION_DIRECT, &correlator, error);
    if (code == CKN_OK)
        code = correlate(problem, correlator, work, &correlations, seconds, error);
    backend->ops->correlator_destroy(backend, correlator);
    ckn_problem_destroy(problem);
    return code;
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

/* The five vectors of a step; h, h_prev, g, g_prev and z hold the workload's numbers. */
typedef struct step_scratch {
    ckn_buffer *buffers[5];
    ckn_step_buffers step;
} step_scratch;

static ckn_code step_scratch_create(ckn_backend *backend, const ckn_workload *work,
                                    step_scratch *scratch, ckn_error *error) {
    size_t taps = count_taps(work);
    *scratch = (step_scratch){.buffers = {NULL}};
    for (size_t i = 0; i < 5; i++) {
        ckn_view view = ckn_view_f64(work->vectors + i * taps, 1, taps);
        CKN_TRY(backend->ops->buffer_create(backend, taps, &scratch->buffers[i], error));
        CKN_TRY(backend->ops->upload(backend, scratch->buffers[i], &view, error));
    }
    ckn_buffer *const *b = scratch->buffers;
    scratch->step = (ckn_step_buffers){b[0], b[1], b[2], b[3], b[4]};
    return backend->ops->finish(backend, error);
}

static void step_scratch_destroy(ckn_backend *backend, step_scratch *scratch) {
    for (size_t i = 0; i < 5; i++)
        backend->ops->buffer_destroy(backend, scratch->buffers[i]);
}

/* out = all five vectors after the job. */
static ckn_code run_job(ckn_backend *backend, const ckn_workload *work, const step_scratch *scratch,
                        vector_job job, double *out, double *seconds, ckn_error *error) {
    size_t taps = count_taps(work);
    double start = ckn_seconds();
    CKN_TRY(job(backend, &scratch->step, taps, error));
    CKN_TRY(backend->ops->finish(backend, error));
    *seconds = ckn_seconds() - start;
    for (size_t i = 0; i < 5; i++) {
        ckn_output output = ckn_output_f64(out + i * taps, 1, taps);
        CKN_TRY(backend->ops->download(backend, scratch->buffers[i], &output, error));
    }
    return CKN_OK;
}

static ckn_code run_vectors(ckn_backend *backend, const ckn_workload *work, vector_job job,
                            double *out, double *seconds, ckn_error *error) {
    step_scratch scratch;
    ckn_code code = step_scratch_create(backend, work, &scratch, error);
    if (code == CKN_OK)
        code = run_job(backend, work, &scratch, job, out, seconds, error);
    step_scratch_destroy(backend, &scratch);
    return code;
}

static ckn_code run_momentum(ckn_backend *backend, const ckn_workload *work, double *out,
                             double *seconds, ckn_error *error) {
    return run_vectors(backend, work, job_momentum, out, seconds, error);
}

static ckn_code run_nonneg(ckn_backend *backend, const ckn_workload *work, double *out,
                           double *seconds, ckn_error *error) {
    return run_vectors(backend, work, job_nonneg, out, seconds, error);
}

static ckn_code run_simplex(ckn_backend *backend, const ckn_workload *work, double *out,
                            double *seconds, ckn_error *error) {
    return run_vectors(backend, work, job_simplex, out, seconds, error);
}

/* out = the numbers that dot() and step_sums() return; they are finished when they are known. */
static ckn_code reduce(ckn_backend *backend, const ckn_step_buffers *buffers, size_t taps,
                       double *out, double *seconds, ckn_error *error) {
    ckn_step_sums sums;
    double start = ckn_seconds();
    CKN_TRY(backend->ops->dot(backend, buffers->h, buffers->g, taps, &out[0], error));
    CKN_TRY(backend->ops->step_sums(backend, buffers, taps, &sums, error));
    *seconds = ckn_seconds() - start;
    out[1] = sums.restart;
    out[2] = sums.change_squared;
    out[3] = sums.norm_squared;
    return CKN_OK;
}

static ckn_code run_reductions(ckn_backend *backend, const ckn_workload *work, double *out,
                               double *seconds, ckn_error *error) {
    step_scratch scratch;
    ckn_code code = step_scratch_create(backend, work, &scratch, error);
    if (code == CKN_OK)
        code = reduce(backend, &scratch.step, count_taps(work), out, seconds, error);
    step_scratch_destroy(backend, &scratch);
    return code;
}

/* ---- rectangles and transforms of the sharp image */

/* Puts the image into a larger plane of zeros, transforms it there and back, cuts it out again. */
static ckn_code round_trip(ckn_backend *backend, const ckn_workload *work, ckn_shape plane,
                           ckn_buffer *const *buffers, ckn_fft *fft, double *out, double *seconds,
                           ckn_error *error) {
    const ckn_backend_ops *ops = backend->ops;
    const ckn_shape at = {plane.rows - work->x_shape.rows, plane.cols - work->x_shape.cols};
    CKN_TRY(ops->upload(backend, buffers[0], &work->pairs[0].sharp, error));
    double start = ckn_seconds();
    CKN_TRY(ops->embed(backend, buffers[1], plane, buffers[0], work->x_shape, at, error));
    CKN_TRY(ops->fft_forward(backend, fft, buffers[1], buffers[2], error));
    CKN_TRY(ops->fft_inverse(backend, fft, buffers[2], buffers[1], error));
    CKN_TRY(ops->extract(backend, buffers[0], work->x_shape, buffers[1], plane, at, NULL, error));
    CKN_TRY(ops->finish(backend, error));
    *seconds = ckn_seconds() - start;
    ckn_output output = ckn_output_f64(out, work->x_shape.rows, work->x_shape.cols);
    return ops->download(backend, buffers[0], &output, error);
}

static ckn_code run_round_trip(ckn_backend *backend, const ckn_workload *work, double *out,
                               double *seconds, ckn_error *error) {
    const ckn_backend_ops *ops = backend->ops;
    const ckn_shape plane = {ops->fft_good_length(backend, work->x_shape.rows),
                             ops->fft_good_length(backend, work->x_shape.cols)};
    const size_t counts[] = {count_image(work), ckn_shape_count(plane), ckn_spectrum_count(plane)};
    ckn_buffer *buffers[3] = {NULL};
    ckn_fft *fft = NULL;
    ckn_code code = ops->fft_create(backend, plane, &fft, error);
    for (size_t i = 0; i < 3 && code == CKN_OK; i++)
        code = ops->buffer_create(backend, counts[i], &buffers[i], error);
    if (code == CKN_OK)
        code = round_trip(backend, work, plane, buffers, fft, out, seconds, error);
    for (size_t i = 0; i < 3; i++)
        ops->buffer_destroy(backend, buffers[i]);
    ops->fft_destroy(backend, fft);
    return code;
}

/* ---- blur of the sharp image, by boxes and by a FIR */

typedef ckn_code (*filter_axis)(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                                const ckn_lines *lines, ckn_error *error);

static ckn_code filter_box(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                           const ckn_lines *lines, ckn_error *error) {
    ckn_extended_box box;
    CKN_TRY(ckn_extended_box_init(&box, 3, 5, error));
    CKN_TRY(ckn_extended_box_correct(&box, NULL, error));
    return backend->ops->box_axis(backend, out, in, lines, &box, error);
}

/* A binomial filter of five taps. */
static ckn_code filter_fir(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                           const ckn_lines *lines, ckn_error *error) {
    const double taps[] = {0.375, 0.25, 0.0625};
    return backend->ops->fir_axis(backend, out, in, lines, taps, 2, error);
}

static ckn_code filter_planes(ckn_backend *backend, const ckn_workload *work, filter_axis filter,
                              ckn_buffer *const *planes, double *out, double *seconds,
                              ckn_error *error) {
    ckn_lines lines = {work->x_shape, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_REFLECT};
    CKN_TRY(backend->ops->upload(backend, planes[0], &work->pairs[0].sharp, error));
    CKN_TRY(backend->ops->finish(backend, error));
    double start = ckn_seconds();
    CKN_TRY(filter(backend, planes[1], planes[0], &lines, error));
    lines.axis = CKN_AXIS_COLS;
    CKN_TRY(filter(backend, planes[0], planes[1], &lines, error));
    CKN_TRY(backend->ops->finish(backend, error));
    *seconds = ckn_seconds() - start;
    const ckn_output output = ckn_output_f64(out, work->x_shape.rows, work->x_shape.cols);
    return backend->ops->download(backend, planes[0], &output, error);
}

static ckn_code run_filter(ckn_backend *backend, const ckn_workload *work, filter_axis filter,
                           double *out, double *seconds, ckn_error *error) {
    ckn_buffer *planes[2] = {NULL, NULL};
    ckn_code code = CKN_OK;
    for (int i = 0; i < 2 && code == CKN_OK; i++)
        code = backend->ops->samples_create(backend, count_image(work), CKN_FLOAT64, &planes[i],
                                            error);
    if (code == CKN_OK)
        code = filter_planes(backend, work, filter, planes, out, seconds, error);
    for (int i = 0; i < 2; i++)
        backend->ops->buffer_destroy(backend, planes[i]);
    return code;
}

static ckn_code run_box(ckn_backend *backend, const ckn_workload *work, double *out,
                        double *seconds, ckn_error *error) {
    return run_filter(backend, work, filter_box, out, seconds, error);
}

static ckn_code run_fir(ckn_backend *backend, const ckn_workload *work, double *out,
                        double *seconds, ckn_error *error) {
    return run_filter(backend, work, filter_fir, out, seconds, error);
}

/* Sums in float32 against sums in double; and sums as good as double on the same float32 data. */
#define FLOAT32_SUMS 1e-5
#define DOUBLE_SUMS 1e-6

const ckn_primitive ckn_primitives[] = {
    {"residual, direct", FLOAT32_SUMS, count_valid, run_residual_direct},
    {"residual, fft", FLOAT32_SUMS, count_valid, run_residual_fft},
    {"gradient, direct", FLOAT32_SUMS, count_taps, run_gradient_direct},
    {"gradient, fft", FLOAT32_SUMS, count_taps, run_gradient_fft},
    {"correlations", DOUBLE_SUMS, count_correlations, run_correlations},
    {"momentum", FLOAT32_SUMS, count_vectors, run_momentum},
    {"projection, nonneg", FLOAT32_SUMS, count_vectors, run_nonneg},
    {"projection, simplex", FLOAT32_SUMS, count_vectors, run_simplex},
    {"reductions", FLOAT32_SUMS, count_sums, run_reductions},
    {"FFT there and back", FLOAT32_SUMS, count_image, run_round_trip},
    {"box passes", FLOAT32_SUMS, count_image, run_box},
    {"fir", FLOAT32_SUMS, count_image, run_fir},
};

const size_t ckn_primitive_count = sizeof ckn_primitives / sizeof ckn_primitives[0];
