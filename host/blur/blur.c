/* Gaussian blur: the passes of the extended box along rows, then along columns. */
#include "backend/context.h"
#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct ckn_blur_plan {
    ckn_backend *backend;
    ckn_shape shape;
    ckn_boundary boundary;
    ckn_extended_box box;
    ckn_buffer *plane;
    double seconds_setup;
};

void ckn_blur_options_init(ckn_blur_options *options) {
    memset(options, 0, sizeof *options);
    options->sigma = 1;
    options->passes = 5;
    options->boundary = CKN_BOUNDARY_REFLECT;
}

const char *ckn_boundary_name(ckn_boundary boundary) {
    switch (boundary) {
    case CKN_BOUNDARY_REFLECT:
        return "reflect";
    case CKN_BOUNDARY_MIRROR:
        return "mirror";
    case CKN_BOUNDARY_REPLICATE:
        return "replicate";
    case CKN_BOUNDARY_PERIODIC:
        return "periodic";
    case CKN_BOUNDARY_ZERO:
        return "zero";
    }
    return "unknown";
}

static ckn_code build_plan(ckn_blur_plan *plan, ckn_error *error) {
    ckn_backend *backend = plan->backend;
    CKN_TRY(
        backend->ops->buffer_create(backend, ckn_shape_count(plan->shape), &plan->plane, error));
    CKN_TRY(backend->ops->prepare(backend, CKN_USE_BOX, error));
    return backend->ops->finish(backend, error);
}

ckn_code ckn_blur_plan_create(ckn_context *context, const ckn_blur_options *options, size_t rows,
                              size_t cols, ckn_blur_plan **plan, ckn_error *error) {
    *plan = NULL;
    double start = ckn_seconds();
    if (!options)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "options are missing");
    if ((unsigned)options->boundary > CKN_BOUNDARY_ZERO)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown boundary %d", (int)options->boundary);
    size_t count = 0;
    if (rows < 1 || cols < 1 || !ckn_multiply(rows, cols, &count))
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "the image is empty or too large (%zu x %zu)",
                        cols, rows);
    ckn_extended_box box;
    CKN_TRY(ckn_extended_box_init(&box, options->sigma, options->passes, error));
    ckn_blur_plan *created = NULL;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "the plan", error));
    created->backend = context->backend;
    created->shape = (ckn_shape){rows, cols};
    created->boundary = options->boundary;
    created->box = box;
    ckn_code code = build_plan(created, error);
    if (code != CKN_OK) {
        ckn_blur_plan_destroy(created);
        return code;
    }
    created->seconds_setup = ckn_seconds() - start;
    *plan = created;
    return CKN_OK;
}

void ckn_blur_plan_destroy(ckn_blur_plan *plan) {
    if (!plan)
        return;
    plan->backend->ops->buffer_destroy(plan->backend, plan->plane);
    free(plan);
}

static ckn_code check_plane(const ckn_blur_plan *plan, const ckn_view *view,
                            const ckn_output *output, ckn_error *error) {
    CKN_TRY(ckn_view_check(view, "the image", error));
    CKN_TRY(ckn_output_check(output, "the output", error));
    if (!ckn_shape_equal(ckn_view_shape(view), plan->shape) || output->rows != plan->shape.rows ||
        output->cols != plan->shape.cols)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "image (%zu x %zu) and output (%zu x %zu) must have the plan's size "
                        "(%zu x %zu)",
                        view->cols, view->rows, output->cols, output->rows, plan->shape.cols,
                        plan->shape.rows);
    return CKN_OK;
}

static ckn_code blur_axes(ckn_blur_plan *plan, ckn_error *error) {
    ckn_backend *backend = plan->backend;
    CKN_TRY(backend->ops->box_axis(backend, plan->plane, plan->plane, plan->shape, CKN_AXIS_ROWS,
                                   &plan->box, plan->boundary, error));
    CKN_TRY(backend->ops->box_axis(backend, plan->plane, plan->plane, plan->shape, CKN_AXIS_COLS,
                                   &plan->box, plan->boundary, error));
    return backend->ops->finish(backend, error);
}

static ckn_code blur_plane(ckn_blur_plan *plan, const ckn_view *view, const ckn_output *output,
                           ckn_blur_result *result, ckn_error *error) {
    ckn_backend *backend = plan->backend;
    double start = ckn_seconds();
    CKN_TRY(backend->ops->upload(backend, plan->plane, view, error));
    CKN_TRY(backend->ops->finish(backend, error));
    double uploaded = ckn_seconds();
    CKN_TRY(blur_axes(plan, error));
    double computed = ckn_seconds();
    CKN_TRY(backend->ops->download(backend, plan->plane, output, error));
    result->seconds_upload += uploaded - start;
    result->seconds_compute += computed - uploaded;
    result->seconds_download += ckn_seconds() - computed;
    return CKN_OK;
}

ckn_code ckn_blur_plan_run(ckn_blur_plan *plan, const ckn_view *planes, const ckn_output *outputs,
                           size_t plane_count, ckn_blur_result *result, ckn_error *error) {
    ckn_blur_result local;
    if (!result)
        result = &local;
    *result = (ckn_blur_result){.box = plan->box, .seconds_setup = plan->seconds_setup};
    for (size_t i = 0; i < plane_count; i++)
        CKN_TRY(check_plane(plan, &planes[i], &outputs[i], error));
    for (size_t i = 0; i < plane_count; i++)
        CKN_TRY(blur_plane(plan, &planes[i], &outputs[i], result, error));
    return CKN_OK;
}

ckn_code ckn_blur(ckn_context *context, const ckn_blur_options *options, const ckn_view *planes,
                  const ckn_output *outputs, size_t plane_count, ckn_blur_result *result,
                  ckn_error *error) {
    if (!planes || !outputs || plane_count < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "at least one plane is needed");
    ckn_blur_plan *plan = NULL;
    CKN_TRY(ckn_blur_plan_create(context, options, planes[0].rows, planes[0].cols, &plan, error));
    ckn_code code = ckn_blur_plan_run(plan, planes, outputs, plane_count, result, error);
    ckn_blur_plan_destroy(plan);
    return code;
}
