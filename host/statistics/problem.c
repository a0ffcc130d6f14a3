#include "statistics/problem.h"

#include "base/memory.h"
#include "statistics/equations.h"
#include "statistics/units.h"
#include "statistics/weights.h"

#include <math.h>
#include <stdlib.h>

static ckn_code check_pair_shape(ckn_shape kernel, const ckn_pair *pair, ckn_problem_pair *out,
                                 ckn_error *error) {
    CKN_TRY(ckn_view_check(&pair->sharp, "the sharp image", error));
    out->x_shape = ckn_view_shape(&pair->sharp);
    out->y_shape = ckn_shape_valid(out->x_shape, kernel);
    out->gain = 1;
    out->used = ckn_shape_count(out->y_shape);
    if (out->y_shape.rows == 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the kernel (%zu x %zu) is larger than the sharp image (%zu x %zu)",
                        kernel.cols, kernel.rows, out->x_shape.cols, out->x_shape.rows);
    if (!pair->blurred.data)
        return CKN_OK;
    CKN_TRY(ckn_view_check(&pair->blurred, "the blurred image", error));
    ckn_shape given = ckn_view_shape(&pair->blurred);
    out->same = ckn_shape_equal(given, out->x_shape) && !ckn_shape_equal(given, out->y_shape);
    if (!out->same && !ckn_shape_equal(given, out->y_shape))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the blurred image is %zu x %zu; with a sharp image of %zu x %zu and a "
                        "kernel of %zu x %zu it must be %zu x %zu (valid) or %zu x %zu (same)",
                        given.cols, given.rows, out->x_shape.cols, out->x_shape.rows, kernel.cols,
                        kernel.rows, out->y_shape.cols, out->y_shape.rows, out->x_shape.cols,
                        out->x_shape.rows);
    return CKN_OK;
}

static ckn_code allocate_pair(ckn_backend *backend, ckn_problem_pair *pair, bool with_y,
                              ckn_error *error) {
    const ckn_backend_ops *ops = backend->ops;
    CKN_TRY(ops->buffer_create(backend, ckn_shape_count(pair->x_shape), &pair->x, error));
    CKN_TRY(ops->buffer_create(backend, ckn_shape_count(pair->y_shape), &pair->r, error));
    if (with_y)
        CKN_TRY(ops->buffer_create(backend, ckn_shape_count(pair->y_shape), &pair->y, error));
    return CKN_OK;
}

static ckn_code fill_problem(ckn_problem *problem, const ckn_pair *pairs, ckn_error *error) {
    ckn_backend *backend = problem->backend;
    CKN_TRY(ckn_allocate(&problem->pairs, problem->pair_count, sizeof *problem->pairs, "the pairs",
                         error));
    for (size_t i = 0; i < problem->pair_count; i++)
        CKN_TRY(check_pair_shape(problem->kernel, &pairs[i], &problem->pairs[i], error));
    CKN_TRY(backend->ops->buffer_create(backend, ckn_problem_taps(problem), &problem->h, error));
    for (size_t i = 0; i < problem->pair_count; i++)
        CKN_TRY(allocate_pair(backend, &problem->pairs[i], pairs[i].blurred.data != NULL, error));
    return CKN_OK;
}

ckn_code ckn_problem_create(ckn_backend *backend, ckn_shape kernel, const ckn_pair *pairs,
                            size_t pair_count, ckn_problem **problem, ckn_error *error) {
    *problem = NULL;
    if (!pairs || pair_count < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "at least one pair of images is needed");
    ckn_problem *created = NULL;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "the problem", error));
    created->backend = backend;
    created->kernel = kernel;
    created->pair_count = pair_count;
    created->largest_weight = 1;
    created->background = CKN_BACKGROUND_NONE;
    created->units = (ckn_problem_units){1, 1, 0, 0};
    ckn_code code = fill_problem(created, pairs, error);
    if (code != CKN_OK) {
        ckn_problem_destroy(created);
        return code;
    }
    *problem = created;
    return CKN_OK;
}

void ckn_problem_destroy(ckn_problem *problem) {
    if (!problem)
        return;
    ckn_backend *backend = problem->backend;
    ckn_equations_release(problem);
    for (size_t i = 0; problem->pairs && i < problem->pair_count; i++) {
        backend->ops->buffer_destroy(backend, problem->pairs[i].x);
        backend->ops->buffer_destroy(backend, problem->pairs[i].y);
        backend->ops->buffer_destroy(backend, problem->pairs[i].r);
        backend->ops->buffer_destroy(backend, problem->pairs[i].root);
        free(problem->pairs[i].weights);
    }
    backend->ops->buffer_destroy(backend, problem->h);
    free(problem->pairs);
    free(problem);
}

static ckn_code check_pair_data(const ckn_problem_pair *expected, const ckn_pair *pair,
                                ckn_error *error) {
    CKN_TRY(ckn_view_check(&pair->sharp, "the sharp image", error));
    CKN_TRY(ckn_view_check(&pair->blurred, "the blurred image", error));
    ckn_shape y_shape = expected->same ? expected->x_shape : expected->y_shape;
    if (!ckn_shape_equal(ckn_view_shape(&pair->sharp), expected->x_shape) ||
        !ckn_shape_equal(ckn_view_shape(&pair->blurred), y_shape))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the images (%zu x %zu, %zu x %zu) differ from the plan's sizes "
                        "(%zu x %zu, %zu x %zu); make a new plan for them",
                        pair->sharp.cols, pair->sharp.rows, pair->blurred.cols, pair->blurred.rows,
                        expected->x_shape.cols, expected->x_shape.rows, y_shape.cols, y_shape.rows);
    if (ckn_weights_given(pair) && !expected->weights)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the plan was made for pairs without weights; make a new plan");
    return ckn_weights_check(pair, error);
}

/* Of the windows, data NULL where there are none. They are 0 where BLURRED or what it sees of SHARP
 * is masked: what is masked either way has no say, not in the units either. */
static ckn_view window_weights(const ckn_problem *problem, size_t index) {
    const ckn_problem_pair *pair = &problem->pairs[index];
    return ckn_view_f64(pair->weights, pair->y_shape.rows, pair->y_shape.cols);
}

/* Of x, and of the part of y that counts; of a 'same' y the border must be finite, too. */
static ckn_code pair_extents(const ckn_problem *problem, size_t index, const ckn_pair *pair,
                             ckn_extent *x, ckn_extent *y, ckn_error *error) {
    static const char what[] = "the blurred image";
    CKN_TRY(ckn_weights_extent(&pair->sharp, &pair->sharp_weights, "the sharp image", x, error));
    if (problem->pairs[index].same)
        CKN_TRY(ckn_weights_extent(&pair->blurred, &pair->blurred_weights, what, y, error));
    const ckn_view valid = ckn_problem_valid_part(problem, index, &pair->blurred);
    const ckn_view weights = window_weights(problem, index);
    return ckn_weights_extent(&valid, &weights, what, y, error);
}

ckn_code ckn_problem_examine(ckn_problem *problem, const ckn_pair *pairs, size_t pair_count,
                             bool sum_is_one, ckn_error *error) {
    if (!pairs || pair_count != problem->pair_count)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "the plan is for %zu pairs, not for %zu",
                        problem->pair_count, pairs ? pair_count : 0);
    for (size_t i = 0; i < pair_count; i++)
        CKN_TRY(check_pair_data(&problem->pairs[i], &pairs[i], error));
    CKN_TRY(ckn_weights_fill(problem, pairs, error));
    ckn_levels x = ckn_levels_of_none(), y = x;
    bool constant = true;
    for (size_t i = 0; i < pair_count; i++) {
        ckn_extent own_x, own_y;
        CKN_TRY(pair_extents(problem, i, &pairs[i], &own_x, &own_y, error));
        constant = constant && own_x.low >= own_x.high; /* or masked altogether */
        ckn_levels_add(&x, &pairs[i].sharp, &pairs[i].sharp_weights, &own_x);
        const ckn_view blurred = ckn_problem_valid_part(problem, i, &pairs[i].blurred);
        const ckn_view weights = window_weights(problem, i);
        ckn_levels_add(&y, &blurred, &weights, &own_y);
    }
    /* One tap on a constant, non-zero image is the one case that has a unique answer. */
    if (constant && (ckn_problem_taps(problem) > 1 || ckn_view_at(&pairs[0].sharp, 0, 0) == 0 ||
                     problem->background > CKN_BACKGROUND_NONE))
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the sharp image is constant, so every kernel with the same sum fits "
                        "equally well and there is no unique answer; use an image with detail");
    ckn_units_choose(problem, &x, &y, sum_is_one && !constant);
    problem->largest_y = fmax(fabs(y.extent.low), fabs(y.extent.high));
    return CKN_OK;
}

ckn_view ckn_problem_valid_part(const ckn_problem *problem, size_t index, const ckn_view *view) {
    if (!problem->pairs[index].same)
        return *view;
    return ckn_view_part(view, problem->kernel.rows / 2, problem->kernel.cols / 2,
                         problem->pairs[index].y_shape);
}

ckn_code ckn_problem_upload_view(ckn_backend *backend, ckn_buffer *buffer, const ckn_view *view,
                                 double scale, double shift, ckn_error *error) {
    if (scale == 1 && shift == 0)
        return backend->ops->upload(backend, buffer, view, error);
    double *copy = NULL;
    CKN_TRY(ckn_allocate(&copy, view->rows * view->cols, sizeof *copy, "a scaled plane", error));
    for (size_t row = 0; row < view->rows; row++) {
        for (size_t col = 0; col < view->cols; col++)
            copy[row * view->cols + col] = scale * (ckn_view_at(view, row, col) - shift);
    }
    ckn_view scaled = ckn_view_f64(copy, view->rows, view->cols);
    ckn_code code = backend->ops->upload(backend, buffer, &scaled, error);
    free(copy);
    return code;
}

ckn_code ckn_problem_upload(ckn_problem *problem, const ckn_pair *pairs, ckn_error *error) {
    const ckn_problem_units *units = &problem->units;
    problem->uploads++;
    for (size_t i = 0; i < problem->pair_count; i++) {
        ckn_problem_pair *pair = &problem->pairs[i];
        CKN_TRY(ckn_weights_upload(problem->backend, pair->x, &pairs[i].sharp,
                                   &pairs[i].sharp_weights, pair->gain * units->x_scale,
                                   units->x_shift, error));
        for (size_t term = 0; term < CKN_MOST_TERMS; term++)
            pair->background[term] = 0;
        if (!pair->y)
            continue;
        const ckn_view blurred = ckn_problem_valid_part(problem, i, &pairs[i].blurred);
        const ckn_view weights = window_weights(problem, i);
        CKN_TRY(ckn_weights_upload(problem->backend, pair->y, &blurred, &weights, units->y_scale,
                                   units->y_shift, error));
    }
    return CKN_OK;
}

void ckn_problem_restore(const ckn_output *output, double factor, double shift) {
    if (factor == 1 && shift == 0)
        return;
    ckn_view view = ckn_output_as_view(output);
    for (size_t row = 0; row < view.rows; row++) {
        for (size_t col = 0; col < view.cols; col++)
            ckn_output_set(output, row, col, factor * ckn_view_at(&view, row, col) + shift);
    }
}

ckn_code ckn_problem_sum_squares(const ckn_problem *problem, ckn_problem_plane plane, double *sum,
                                 ckn_error *error) {
    ckn_backend *backend = problem->backend;
    *sum = 0;
    for (size_t i = 0; i < problem->pair_count; i++) {
        const ckn_problem_pair *pair = &problem->pairs[i];
        const ckn_buffer *const planes[] = {pair->x, pair->y, pair->r};
        const ckn_shape shape = plane == CKN_PLANE_X ? pair->x_shape : pair->y_shape;
        double square = 0;
        CKN_TRY(backend->ops->dot(backend, planes[plane], planes[plane], ckn_shape_count(shape),
                                  &square, error));
        *sum += square;
    }
    return CKN_OK;
}

ckn_code ckn_problem_download(const ckn_problem *problem, const ckn_buffer *buffer,
                              ckn_shape buffer_shape, ckn_shape at, ckn_shape shape, double *out,
                              ckn_error *error) {
    ckn_backend *backend = problem->backend;
    const ckn_output output = ckn_output_f64(out, shape.rows, shape.cols);
    if (ckn_shape_equal(shape, buffer_shape))
        return backend->ops->download(backend, buffer, &output, error);
    ckn_buffer *part = NULL;
    CKN_TRY(backend->ops->buffer_create(backend, ckn_shape_count(shape), &part, error));
    ckn_code code =
        backend->ops->extract(backend, part, shape, buffer, buffer_shape, at, NULL, error);
    if (code == CKN_OK)
        code = backend->ops->download(backend, part, &output, error);
    backend->ops->buffer_destroy(backend, part);
    return code;
}

size_t ckn_problem_count(const ckn_problem *problem) {
    size_t count = 0;
    for (size_t i = 0; i < problem->pair_count; i++)
        count += ckn_shape_count(problem->pairs[i].y_shape);
    return count;
}

size_t ckn_problem_used(const ckn_problem *problem) {
    size_t count = 0;
    for (size_t i = 0; i < problem->pair_count; i++)
        count += problem->pairs[i].used;
    return count;
}

bool ckn_problem_is_weighted(const ckn_problem *problem) {
    bool weighted = false;
    for (size_t i = 0; i < problem->pair_count; i++)
        weighted = weighted || problem->pairs[i].weights;
    return weighted;
}

size_t ckn_problem_taps(const ckn_problem *problem) {
    return ckn_shape_count(problem->kernel);
}
