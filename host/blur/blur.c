/* Gaussian blur of images: one pass through memory along rows, one along columns. */
#include "backend/context.h"
#include "base/clock.h"
#include "base/memory.h"
#include "blur/blur_axis.h"
#include "blur/pixels.h"
#include "blur/short_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ckn_blur_plan {
    ckn_backend *backend;
    ckn_shape shape;
    size_t channels;
    ckn_type real; /* of the samples on the device: float32 or float64 */
    ckn_boundary boundary;
    ckn_alpha alpha;
    ckn_axis_plan x, y;
    ckn_buffer *image, *spare; /* what is blurred, and where the next pass puts it */
    void *pixels;              /* host memory for images that must be converted; NULL at first */
    double seconds_setup;
    ckn_watch watch;
};

void ckn_blur_options_init(ckn_blur_options *options) {
    memset(options, 0, sizeof *options);
    options->sigma_x = options->sigma_y = 1;
    options->accuracy = CKN_ACCURACY_8_BIT;
    options->correction = 1;
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

const char *ckn_blur_method_name(ckn_blur_method method) {
    switch (method) {
    case CKN_BLUR_AUTO:
        return "auto";
    case CKN_BLUR_BOX:
        return "box";
    case CKN_BLUR_FIR:
        return "fir";
    }
    return "unknown";
}

/* --- plans ------------------------------------------------------------------------------------ */

static ckn_code check_sigma(double sigma, const char *name, ckn_error *error) {
    if (!isfinite(sigma) || sigma < 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s must be finite and not negative (%g)", name,
                        sigma);
    return CKN_OK;
}

static ckn_code check_options(const ckn_blur_options *options, ckn_error *error) {
    if (!options)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "options are missing");
    CKN_TRY(check_sigma(options->sigma_x, "sigma_x", error));
    CKN_TRY(check_sigma(options->sigma_y, "sigma_y", error));
    if ((unsigned)options->boundary > CKN_BOUNDARY_ZERO)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown boundary %d", (int)options->boundary);
    if ((unsigned)options->method > CKN_BLUR_FIR)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown method %d", (int)options->method);
    if ((unsigned)options->alpha > CKN_ALPHA_LAST)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown use of alpha %d", (int)options->alpha);
    if (!(options->accuracy > 0) || options->accuracy > 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the accuracy must be above 0 and at most 1, in parts of the image's range "
                        "(%g)",
                        options->accuracy);
    if (options->method == CKN_BLUR_FIR && options->passes > 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "passes are for the method box; the method fir has an accuracy");
    return CKN_OK;
}

static ckn_code check_size(size_t rows, size_t cols, size_t channels, ckn_type type,
                           const ckn_blur_options *options, ckn_error *error) {
    const ckn_image image = ckn_image_interleaved(options, type, rows, cols, channels);
    CKN_TRY(ckn_image_check(&image, "the image", error));
    if (options->alpha == CKN_ALPHA_LAST && channels != 2 && channels != 4)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "an image with alpha has 2 or 4 channels, not %zu", channels);
    return CKN_OK;
}

static ckn_code build_plan(ckn_blur_plan *plan, const ckn_blur_options *options, ckn_error *error) {
    ckn_backend *backend = plan->backend;
    const size_t count = plan->shape.rows * plan->shape.cols * plan->channels;
    /* The error bound is the mean of both l1 errors: one axis alone may have all of it. */
    const bool both = options->sigma_x > 0 && options->sigma_y > 0;
    const double l1 = both ? options->accuracy : 2 * options->accuracy;
    CKN_TRY(ckn_axis_plan_create(&plan->x, options->sigma_x, options, l1, &backend->cost, error));
    if (options->sigma_y == options->sigma_x) /* the search for a box takes some milliseconds */
        CKN_TRY(ckn_axis_plan_copy(&plan->y, &plan->x, error));
    else
        CKN_TRY(
            ckn_axis_plan_create(&plan->y, options->sigma_y, options, l1, &backend->cost, error));
    CKN_TRY(
        ckn_axis_plan_shorten(&plan->x, plan->shape.cols, plan->boundary, &backend->cost, error));
    CKN_TRY(
        ckn_axis_plan_shorten(&plan->y, plan->shape.rows, plan->boundary, &backend->cost, error));
    CKN_TRY(backend->ops->samples_create(backend, count, plan->real, &plan->image, error));
    CKN_TRY(backend->ops->samples_create(backend, count, plan->real, &plan->spare, error));
    CKN_TRY(backend->ops->prepare(backend, CKN_USE_LINES, error));
    return backend->ops->finish(backend, error);
}

ckn_code ckn_blur_plan_create(ckn_context *context, const ckn_blur_options *options, size_t rows,
                              size_t cols, size_t channels, ckn_type type, ckn_blur_plan **plan,
                              ckn_error *error) {
    *plan = NULL;
    double start = ckn_seconds();
    CKN_TRY(check_options(options, error));
    CKN_TRY(check_size(rows, cols, channels, type, options, error));
    ckn_blur_plan *created = NULL;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "the plan", error));
    created->backend = context->backend;
    created->shape = (ckn_shape){rows, cols};
    created->channels = channels;
    created->real = type == CKN_FLOAT64 ? CKN_FLOAT64 : CKN_FLOAT32;
    created->boundary = options->boundary;
    created->alpha = options->alpha;
    created->watch.progress = options->progress;
    created->watch.user = options->progress_user;
    created->watch.phase = CKN_PHASE_CONVOLVE;
    ckn_code code = build_plan(created, options, error);
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
    plan->backend->ops->buffer_destroy(plan->backend, plan->image);
    plan->backend->ops->buffer_destroy(plan->backend, plan->spare);
    ckn_axis_plan_release(&plan->x);
    ckn_axis_plan_release(&plan->y);
    free(plan->pixels);
    free(plan);
}

void ckn_blur_plan_describe(const ckn_blur_plan *plan, ckn_blur_result *result) {
    *result = (ckn_blur_result){
        .x = plan->x.axis,
        .y = plan->y.axis,
        .error_bound = 0.5 * (plan->x.axis.error_l1 + plan->y.axis.error_l1),
        .seconds_setup = plan->seconds_setup,
    };
}

/* --- runs ------------------------------------------------------------------------------------- */

static ckn_code check_image(const ckn_blur_plan *plan, const ckn_image *image, const char *what,
                            ckn_error *error) {
    CKN_TRY(ckn_image_check(image, what, error));
    if (image->rows != plan->shape.rows || image->cols != plan->shape.cols ||
        image->channels != plan->channels)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s (%zu x %zu, %zu channels) must have the plan's size (%zu x %zu, %zu "
                        "channels)",
                        what, image->cols, image->rows, image->channels, plan->shape.cols,
                        plan->shape.rows, plan->channels);
    return CKN_OK;
}

static size_t bytes_of(ckn_type type) {
    switch (type) {
    case CKN_UINT8:
        return 1;
    case CKN_UINT16:
        return 2;
    case CKN_FLOAT32:
        return sizeof(float);
    case CKN_FLOAT64:
        break;
    }
    return sizeof(double);
}

/* Host memory for a whole image of the device's numbers. */
static ckn_code need_pixels(ckn_blur_plan *plan, ckn_error *error) {
    if (plan->pixels)
        return CKN_OK;
    return ckn_allocate(&plan->pixels, plan->shape.rows * plan->shape.cols * plan->channels,
                        bytes_of(plan->real), "the converted image", error);
}

/* The rows of an image as those of one plane. */
static ckn_view as_plane(const ckn_blur_plan *plan, const void *data, ptrdiff_t row_stride) {
    return (ckn_view){data,       plan->real, plan->shape.rows, plan->shape.cols * plan->channels,
                      row_stride, 1};
}

/* Samples that are converted between two questions whether to go on: some hundredths of a second.
 */
enum { SAMPLES_AT_ONCE = 1 << 22 };

static void pack_pixels(ckn_blur_plan *plan, const ckn_image *image) {
    const size_t row = image->cols * image->channels;
    const size_t band = row < SAMPLES_AT_ONCE ? SAMPLES_AT_ONCE / row : 1;
    for (size_t done = 0; done < image->rows && !ckn_watch_stopped(&plan->watch); done += band) {
        ckn_image rows = *image;
        rows.rows = image->rows - done < band ? image->rows - done : band;
        rows.data = (const char *)image->data +
                    (ptrdiff_t)done * image->row_stride * (ptrdiff_t)bytes_of(image->type);
        ckn_pixels_pack(&rows, plan->alpha, plan->real,
                        (char *)plan->pixels + done * row * bytes_of(plan->real));
        ckn_watch_step(&plan->watch, done + rows.rows, image->rows);
    }
}

static ckn_code upload(ckn_blur_plan *plan, const ckn_image *image, ckn_error *error) {
    ckn_backend *backend = plan->backend;
    ckn_view plane = as_plane(plan, image->data, image->row_stride);
    if (!ckn_pixels_plain(image, plan->real, plan->alpha)) {
        CKN_TRY(need_pixels(plan, error));
        pack_pixels(plan, image);
        plane = as_plane(plan, plan->pixels, (ptrdiff_t)(plan->shape.cols * plan->channels));
    }
    CKN_TRY(backend->ops->upload(backend, plan->image, &plane, error));
    return backend->ops->finish(backend, error);
}

static ckn_code download(ckn_blur_plan *plan, const ckn_image_output *output, ckn_error *error) {
    ckn_backend *backend = plan->backend;
    const ckn_image image = ckn_image_of_output(output);
    const bool plain = ckn_pixels_plain(&image, plan->real, plan->alpha);
    if (!plain)
        CKN_TRY(need_pixels(plan, error));
    const ptrdiff_t row =
        plain ? output->row_stride : (ptrdiff_t)(plan->shape.cols * plan->channels);
    const ckn_output plane = {plain ? output->data : plan->pixels, plan->real, plan->shape.rows,
                              plan->shape.cols * plan->channels,   row,        1};
    CKN_TRY(backend->ops->download(backend, plan->image, &plane, error));
    if (!plain)
        ckn_pixels_unpack(plan->pixels, plan->real, plan->alpha, output);
    return CKN_OK;
}

static void exchange(ckn_blur_plan *plan) {
    ckn_buffer *blurred = plan->spare;
    plan->spare = plan->image;
    plan->image = blurred;
}

static ckn_code blur_axis(ckn_blur_plan *plan, ckn_axis axis, const ckn_axis_plan *along,
                          ckn_error *error) {
    const ckn_lines lines = {plan->shape, plan->channels, axis, plan->boundary};
    ckn_backend *backend = plan->backend;
    if (along->axis.method == CKN_BLUR_AUTO)
        return CKN_OK;
    if (!along->taps)
        CKN_TRY(backend->ops->box_axis(backend, plan->spare, plan->image, &lines, &along->axis.box,
                                       error));
    else
        CKN_TRY(backend->ops->fir_axis(backend, plan->spare, plan->image, &lines, along->taps,
                                       along->radius, error));
    exchange(plan);
    return CKN_OK;
}

/* A FIR along both axes needs one trip through memory where its radii are not too large. */
static bool in_one_trip(const ckn_blur_plan *plan) {
    const ckn_blur_axis *x = &plan->x.axis, *y = &plan->y.axis;
    return plan->real == CKN_FLOAT32 && x->method == CKN_BLUR_FIR && y->method == CKN_BLUR_FIR &&
           x->reach <= CKN_FIR_PLANE_RADIUS && y->reach <= CKN_FIR_PLANE_RADIUS;
}

/* Parts of the whole, roughly: the rest is the way back. */
static const double upload_share = 0.2, compute_share = 0.6, download_share = 0.2;

static ckn_code blur_axes(ckn_blur_plan *plan, ckn_error *error) {
    ckn_backend *backend = plan->backend;
    if (!in_one_trip(plan)) {
        CKN_TRY(ckn_watch_stage(&plan->watch, compute_share / 2, error));
        CKN_TRY(blur_axis(plan, CKN_AXIS_ROWS, &plan->x, error));
        if (plan->watch.progress) /* else a device need not come to rest here */
            CKN_TRY(backend->ops->finish(backend, error));
        CKN_TRY(ckn_watch_stage(&plan->watch, compute_share / 2, error));
        CKN_TRY(blur_axis(plan, CKN_AXIS_COLS, &plan->y, error));
        return backend->ops->finish(backend, error);
    }
    CKN_TRY(ckn_watch_stage(&plan->watch, compute_share, error));
    const ckn_lines lines = {plan->shape, plan->channels, CKN_AXIS_ROWS, plan->boundary};
    CKN_TRY(backend->ops->fir_plane(backend, plan->spare, plan->image, &lines, plan->x.taps,
                                    plan->x.axis.reach, plan->y.taps, plan->y.axis.reach, error));
    exchange(plan);
    return backend->ops->finish(backend, error);
}

ckn_code ckn_blur_plan_run(ckn_blur_plan *plan, const ckn_image *image,
                           const ckn_image_output *output, ckn_blur_result *result,
                           ckn_error *error) {
    ckn_blur_result local;
    if (!result)
        result = &local;
    ckn_blur_plan_describe(plan, result);
    if (!output)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "the output has no data");
    const ckn_image written = ckn_image_of_output(output);
    CKN_TRY(check_image(plan, image, "the image", error));
    CKN_TRY(check_image(plan, &written, "the output", error));
    double start = ckn_seconds();
    ckn_watch_start(&plan->watch);
    CKN_TRY(ckn_watch_stage(&plan->watch, upload_share, error));
    CKN_TRY(upload(plan, image, error));
    double uploaded = ckn_seconds();
    plan->backend->watch = &plan->watch;
    const ckn_code code = blur_axes(plan, error);
    plan->backend->watch = NULL;
    if (code != CKN_OK)
        return code;
    double computed = ckn_seconds();
    CKN_TRY(ckn_watch_stage(&plan->watch, download_share, error));
    CKN_TRY(download(plan, output, error));
    result->seconds_upload = uploaded - start;
    result->seconds_compute = computed - uploaded;
    result->seconds_download = ckn_seconds() - computed;
    return CKN_OK;
}

ckn_code ckn_blur(ckn_context *context, const ckn_blur_options *options, const ckn_image *image,
                  const ckn_image_output *output, ckn_blur_result *result, ckn_error *error) {
    CKN_TRY(ckn_image_check(image, "the image", error));
    ckn_blur_plan *plan = NULL;
    CKN_TRY(ckn_blur_plan_create(context, options, image->rows, image->cols, image->channels,
                                 image->type, &plan, error));
    ckn_code code = ckn_blur_plan_run(plan, image, output, result, error);
    ckn_blur_plan_destroy(plan);
    return code;
}
