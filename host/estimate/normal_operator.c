#include "estimate/normal_operator.h"

#include "statistics/terms.h"
#include "statistics/weights.h"

/* The engines; those of the images first, in the order in which AUTO prefers them where predictions
 * are equal. */
static const ckn_operator_ops *const engines[] = {&ckn_operator_direct, &ckn_operator_fft,
                                                  &ckn_operator_gram, &ckn_operator_toeplitz};
enum { ENGINE_COUNT = sizeof engines / sizeof engines[0], IMAGE_ENGINES = 2 };

const char *ckn_engine_name(ckn_engine engine) {
    for (size_t i = 0; i < ENGINE_COUNT; i++) {
        if (engines[i]->engine == engine)
            return engines[i]->name;
    }
    return engine == CKN_ENGINE_AUTO ? "auto" : "unknown";
}

static const ckn_operator_ops *choose_engine(const ckn_problem *problem, size_t gradients) {
    const ckn_operator_ops *best = NULL;
    double best_seconds = 0;
    for (size_t i = 0; i < IMAGE_ENGINES; i++) {
        double plan = 0;
        double gradient = 0;
        engines[i]->predict(problem, &plan, &gradient);
        double seconds = plan + (double)gradients * gradient;
        ckn_log_line(&problem->backend->log, CKN_LOG_VERBOSE,
                     "engine %s: predicted %.3g s (%.3g s planning, %zu gradients of %.3g s)",
                     engines[i]->name, seconds, plan, gradients, gradient);
        if (!best || seconds < best_seconds) {
            best = engines[i];
            best_seconds = seconds;
        }
    }
    return best;
}

ckn_code ckn_operator_create(ckn_problem *problem, ckn_engine engine, size_t gradients,
                             ckn_operator **out, ckn_error *error) {
    *out = NULL;
    if (engine == CKN_ENGINE_AUTO) {
        const ckn_operator_ops *chosen = choose_engine(problem, gradients);
        ckn_error why;
        ckn_code code = chosen->create(problem, out, &why);
        if (code == CKN_OK || chosen == &ckn_operator_direct) {
            if (error && code != CKN_OK)
                *error = why;
            return code;
        }
        /* No FFT in this build, or no memory for its planes: the direct engine gives the same
         * numbers, if slower. */
        ckn_log_line(&problem->backend->log, CKN_LOG_WARNING,
                     "engine %s is not to be had, taking direct: %s", chosen->name, why.message);
        return ckn_operator_direct.create(problem, out, error);
    }
    for (size_t i = 0; i < ENGINE_COUNT; i++) {
        if (engines[i]->engine == engine)
            return engines[i]->create(problem, out, error);
    }
    return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown engine %d", (int)engine);
}

void ckn_operator_destroy(ckn_operator *op) {
    if (op)
        op->ops->destroy(op);
}

ckn_code ckn_operator_objective(ckn_operator *op, const ckn_buffer *h, double *objective,
                                ckn_error *error) {
    double sum = 0;
    CKN_TRY(op->ops->residual(op, h, true, error));
    CKN_TRY(ckn_terms_add_to_residual(op->problem, error));
    CKN_TRY(ckn_weights_apply(op->problem, error));
    CKN_TRY(ckn_problem_sum_squares(op->problem, CKN_PLANE_R, &sum, error));
    *objective = 0.5 * sum;
    return CKN_OK;
}

ckn_code ckn_operator_download(ckn_operator *op, const ckn_buffer *h, double *host,
                               ckn_error *error) {
    const ckn_shape shape = op->problem->kernel;
    ckn_output output = ckn_output_f64(host, shape.rows, shape.cols);
    return op->backend->ops->download(op->backend, h, &output, error);
}

ckn_code ckn_operator_upload(ckn_operator *op, const double *host, ckn_buffer *h,
                             ckn_error *error) {
    const ckn_shape shape = op->problem->kernel;
    ckn_view view = ckn_view_f64(host, shape.rows, shape.cols);
    return op->backend->ops->upload(op->backend, h, &view, error);
}

ckn_code ckn_operator_image_gradient(ckn_operator *op, const ckn_buffer *h, ckn_buffer *g,
                                     double *objective, ckn_error *error) {
    CKN_TRY(ckn_operator_objective(op, h, objective, error));
    CKN_TRY(ckn_weights_apply(op->problem, error));
    return op->ops->adjoint(op, g, error);
}

ckn_code ckn_operator_image_normal(ckn_operator *op, const ckn_buffer *v, ckn_buffer *out,
                                   ckn_error *error) {
    CKN_TRY(op->ops->residual(op, v, false, error));
    CKN_TRY(ckn_weights_apply(op->problem, error));
    CKN_TRY(ckn_weights_apply(op->problem, error));
    return op->ops->adjoint(op, out, error);
}

void ckn_operator_predict_shapes(const ckn_problem *problem, const ckn_pair *images, size_t count,
                                 double *direct, double *fft, double *plan) {
    ckn_problem_pair pair = {.x = NULL};
    ckn_problem alone = {
        .backend = problem->backend, .kernel = problem->kernel, .pair_count = 1, .pairs = &pair};
    *direct = *fft = *plan = 0;
    for (size_t i = 0; i < count; i++) {
        double none = 0, seconds = 0;
        pair.x_shape = ckn_view_shape(&images[i].sharp);
        pair.y_shape = ckn_shape_valid(pair.x_shape, problem->kernel);
        ckn_operator_direct.predict(&alone, &none, &seconds);
        *direct += seconds;
        ckn_operator_fft.predict(&alone, plan, &seconds);
        *fft += seconds;
    }
}

/* out[i,j] = sum x[p,q+col] x[p+i,q+j]: the adjoint of the window that starts at (0,col). */
static ckn_code correlate_window(ckn_operator *op, size_t col, ckn_buffer *taps, double *out,
                                 ckn_error *error) {
    ckn_problem *problem = op->problem;
    ckn_backend *backend = problem->backend;
    for (size_t i = 0; i < problem->pair_count; i++) {
        const ckn_problem_pair *pair = &problem->pairs[i];
        CKN_TRY(backend->ops->extract(backend, pair->r, pair->y_shape, pair->x, pair->x_shape,
                                      (ckn_shape){0, col}, NULL, error));
    }
    CKN_TRY(ckn_weights_apply(problem, error));
    CKN_TRY(ckn_weights_apply(problem, error));
    CKN_TRY(op->ops->adjoint(op, taps, error));
    return ckn_operator_download(op, taps, out, error);
}

static void reverse(double *v, size_t count) {
    for (size_t n = 0; n < count / 2; n++) {
        double swap = v[n];
        v[n] = v[count - 1 - n];
        v[count - 1 - n] = swap;
    }
}

ckn_code ckn_operator_image_lags(ckn_operator *op, ckn_lags *lags, ckn_error *error) {
    const ckn_shape kernel = op->problem->kernel;
    const size_t count = ckn_shape_count(kernel);
    ckn_buffer *taps = NULL;
    CKN_TRY(op->backend->ops->buffer_create(op->backend, count, &taps, error));
    ckn_code code = correlate_window(op, 0, taps, lags->rising, error);
    if (code == CKN_OK)
        code = correlate_window(op, kernel.cols - 1, taps, lags->falling, error);
    op->backend->ops->buffer_destroy(op->backend, taps);
    /* Taps run against lags; and the right window counts its columns from lag -(l-1). */
    reverse(lags->rising, count);
    reverse(lags->falling, count);
    for (size_t i = 0; i < kernel.rows; i++)
        reverse(lags->falling + i * kernel.cols, kernel.cols);
    return code;
}
