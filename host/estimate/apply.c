/* h * x with valid, same or full support: all are the valid convolution of x put into a plane of
 * zeros. */
#include "backend/context.h"
#include "base/memory.h"
#include "estimate/normal_operator.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* Where the output starts in the full convolution, and how far x is padded on each side. */
typedef struct padding {
    ckn_shape before, after;
} padding;

static padding padding_of(ckn_shape kernel, ckn_support support) {
    const ckn_shape all = {kernel.rows - 1, kernel.cols - 1};
    switch (support) {
    case CKN_SUPPORT_FULL:
        return (padding){all, all};
    case CKN_SUPPORT_SAME: {
        /* 'same' starts at (k-1)/2 of full, 'valid' at k-1. */
        const ckn_shape start = {all.rows / 2, all.cols / 2};
        return (padding){{all.rows - start.rows, all.cols - start.cols}, start};
    }
    case CKN_SUPPORT_VALID:
        break;
    }
    return (padding){{0, 0}, {0, 0}};
}

ckn_code ckn_apply_size(size_t image_rows, size_t image_cols, size_t kernel_rows,
                        size_t kernel_cols, ckn_support support, size_t *rows, size_t *cols,
                        ckn_error *error) {
    const ckn_shape kernel = {kernel_rows, kernel_cols};
    if (image_rows < 1 || image_cols < 1 || kernel_rows < 1 || kernel_cols < 1 ||
        kernel_rows > SIZE_MAX / 4 || kernel_cols > SIZE_MAX / 4 || image_rows > SIZE_MAX / 4 ||
        image_cols > SIZE_MAX / 4)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "image (%zu x %zu) and kernel (%zu x %zu) must not be empty or absurd",
                        image_cols, image_rows, kernel_cols, kernel_rows);
    if ((unsigned)support > CKN_SUPPORT_FULL)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "unknown support %d", (int)support);
    padding pad = padding_of(kernel, support);
    const ckn_shape padded = {image_rows + pad.before.rows + pad.after.rows,
                              image_cols + pad.before.cols + pad.after.cols};
    ckn_shape valid = ckn_shape_valid(padded, kernel);
    if (valid.rows == 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the kernel (%zu x %zu) is larger than the image (%zu x %zu): the valid "
                        "support is empty; use 'same' or 'full'",
                        kernel_cols, kernel_rows, image_cols, image_rows);
    *rows = valid.rows;
    *cols = valid.cols;
    return CKN_OK;
}

/* A rectangle of an image, and where it goes in the plane of a band. */
typedef struct placed_view {
    ckn_view view; /* without rows or columns where nothing of the image is in the band */
    ckn_shape at;
} placed_view;

/* Along one axis: the samples [*first, *first + *count) of the image come to stand from *at on in a
 * plane of `plane` samples, which begins `start` samples after the image does. */
static void clip_axis(size_t samples, ptrdiff_t start, size_t plane, size_t *first, size_t *count,
                      size_t *at) {
    *first = start > 0 ? (size_t)start : 0;
    *at = start < 0 ? (size_t)-start : 0;
    const size_t left = samples > *first ? samples - *first : 0;
    const size_t room = plane > *at ? plane - *at : 0;
    *count = left < room ? left : room;
}

static placed_view clip_image(const ckn_view *image, ptrdiff_t row_start, ptrdiff_t col_start,
                              ckn_shape plane) {
    const size_t bytes = image->type == CKN_FLOAT64 ? sizeof(double) : sizeof(float);
    placed_view placed = {.view = *image};
    size_t row, col;
    clip_axis(image->rows, row_start, plane.rows, &row, &placed.view.rows, &placed.at.rows);
    clip_axis(image->cols, col_start, plane.cols, &col, &placed.view.cols, &placed.at.cols);
    if (placed.view.rows > 0 && placed.view.cols > 0)
        placed.view.data = (const char *)image->data + ((ptrdiff_t)row * image->row_stride +
                                                        (ptrdiff_t)col * image->col_stride) *
                                                           (ptrdiff_t)bytes;
    return placed;
}

/* x = the rectangle in zeros. */
static ckn_code upload_placed(ckn_problem *problem, const placed_view *placed, ckn_error *error) {
    ckn_backend *backend = problem->backend;
    const ckn_shape shape = ckn_view_shape(&placed->view);
    ckn_problem_pair *pair = &problem->pairs[0];
    if (ckn_shape_equal(shape, pair->x_shape))
        return backend->ops->upload(backend, pair->x, &placed->view, error);
    if (ckn_shape_count(shape) == 0)
        return backend->ops->fill(backend, pair->x, ckn_shape_count(pair->x_shape), 0, error);
    ckn_buffer *plain = NULL;
    CKN_TRY(backend->ops->buffer_create(backend, ckn_shape_count(shape), &plain, error));
    ckn_code code = backend->ops->upload(backend, plain, &placed->view, error);
    if (code == CKN_OK)
        code =
            backend->ops->embed(backend, pair->x, pair->x_shape, plain, shape, placed->at, error);
    if (code == CKN_OK)
        code = backend->ops->finish(backend, error);
    backend->ops->buffer_destroy(backend, plain);
    return code;
}

static ckn_code check_transform(ckn_operator *op, const ckn_view *kernel, ckn_error *error) {
    double *h = NULL;
    CKN_TRY(ckn_allocate(&h, kernel->rows * kernel->cols, sizeof *h, "the check of a transform",
                         error));
    for (size_t row = 0; row < kernel->rows; row++) {
        for (size_t col = 0; col < kernel->cols; col++)
            h[row * kernel->cols + col] = ckn_view_at(kernel, row, col);
    }
    ckn_code code = ckn_operator_check_spot(op, h, false, error);
    free(h);
    return code;
}

/* Image and kernel are finite; their products may overflow, in a transform long before the result
 * does. */
static ckn_code check_finite(const ckn_output *output, ckn_error *error) {
    const ckn_view result = ckn_output_as_view(output);
    if (ckn_view_extent(&result).finite)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_DATA,
                    "the convolved image is not finite: image and kernel hold values too large for "
                    "the device; scale them");
}

/* --- bands of rows ---------------------------------------------------------------------------- */

/* So many samples of a plane are transformed in some 0.1 s by two cores, there and back, and so
 * many products take no longer. */
static const double transform_samples = 4194304, direct_products = 2e9;

/* Kernels in a band's height: what is convolved twice, at the bands' borders, is a quarter then. */
enum { KERNELS_PER_BAND = 4, LEAST_BAND = 16 };

/* Rows of the result that are convolved at a time. */
static size_t band_rows(ckn_engine engine, ckn_shape kernel, ckn_shape result) {
    const double taps = (double)ckn_shape_count(kernel);
    const double cols = (double)result.cols + (double)kernel.cols;
    const bool direct = engine == CKN_ENGINE_DIRECT;
    const size_t least = direct                     ? 1
                         : kernel.rows < LEAST_BAND ? LEAST_BAND
                                                    : KERNELS_PER_BAND * kernel.rows;
    const double rows =
        (direct ? fmin(transform_samples, direct_products / taps) : transform_samples) / cols;
    size_t band = rows < (double)result.rows ? (size_t)rows : result.rows;
    band = band > least ? band : least;
    return band < result.rows ? band : result.rows;
}

typedef struct band_job {
    ckn_problem *problem;
    ckn_operator *op;
    const ckn_apply_options *options;
    const ckn_view *image, *kernel;
    const ckn_output *output;
    /* Where the plane of zeros round the image begins, in the image. */
    ptrdiff_t row_start, col_start;
} band_job;

static ckn_code convolve_band(const band_job *job, size_t row, ckn_error *error) {
    ckn_problem *problem = job->problem;
    ckn_backend *backend = problem->backend;
    ckn_operator *op = job->op;
    const size_t bytes = job->output->type == CKN_FLOAT64 ? sizeof(double) : sizeof(float);
    const placed_view placed = clip_image(job->image, job->row_start + (ptrdiff_t)row,
                                          job->col_start, problem->pairs[0].x_shape);
    ckn_output rows = *job->output;
    rows.rows = problem->pairs[0].y_shape.rows;
    rows.data = (char *)rows.data + (ptrdiff_t)row * rows.row_stride * (ptrdiff_t)bytes;
    CKN_TRY(upload_placed(problem, &placed, error));
    CKN_TRY(op->ops->load(op, error));
    CKN_TRY(op->ops->residual(op, problem->h, false, error));
    if (op->ops->engine == CKN_ENGINE_FFT)
        CKN_TRY(check_transform(op, job->kernel, error));
    return backend->ops->download(backend, problem->pairs[0].r, &rows, error);
}

static ckn_code tell_progress(const ckn_apply_options *options, size_t done, size_t count,
                              ckn_error *error) {
    const ckn_progress state = {
        .phase = CKN_PHASE_CONVOLVE, .iteration = done, .iterations = count};
    if (!options->progress || !options->progress(options->progress_user, &state))
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_CANCELLED, "cancelled before the image was convolved");
}

/* All bands have one height, so that one plan is enough: the last one begins earlier. */
static ckn_code convolve_bands(const band_job *job, ckn_error *error) {
    const ckn_problem *problem = job->problem;
    const size_t rows = job->output->rows, band = problem->pairs[0].y_shape.rows;
    const size_t count = (rows + band - 1) / band;
    CKN_TRY(problem->backend->ops->upload(problem->backend, problem->h, job->kernel, error));
    for (size_t i = 0; i < count; i++) {
        CKN_TRY(tell_progress(job->options, i, count, error));
        CKN_TRY(convolve_band(job, i * band + band <= rows ? i * band : rows - band, error));
    }
    CKN_TRY(tell_progress(job->options, count, count, error));
    return check_finite(job->output, error);
}

static ckn_code check_views(const ckn_view *image, const ckn_view *kernel, ckn_support support,
                            const ckn_output *output, ckn_error *error) {
    size_t rows = 0;
    size_t cols = 0;
    CKN_TRY(ckn_view_check(image, "the image", error));
    CKN_TRY(ckn_view_check(kernel, "the kernel", error));
    CKN_TRY(ckn_output_check(output, "the output", error));
    CKN_TRY(ckn_view_check_finite(image, "the image", error));
    CKN_TRY(ckn_view_check_finite(kernel, "the kernel", error));
    CKN_TRY(ckn_apply_size(image->rows, image->cols, kernel->rows, kernel->cols, support, &rows,
                           &cols, error));
    if (output->rows != rows || output->cols != cols)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "the output is %zu x %zu but must be %zu x %zu",
                        output->cols, output->rows, cols, rows);
    return CKN_OK;
}

static ckn_code check_options(const ckn_apply_options *options, const ckn_view *image,
                              ckn_error *error) {
    const ptrdiff_t most = PTRDIFF_MAX / 4;
    if (!options)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "options are missing");
    if (options->engine == CKN_ENGINE_GRAM || options->engine == CKN_ENGINE_TOEPLITZ)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the engine %s solves and does not convolve; use direct, fft or auto",
                        ckn_engine_name(options->engine));
    if ((options->row_shift != 0 || options->col_shift != 0) &&
        options->support != CKN_SUPPORT_SAME)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a shift moves the result in the image's frame: it needs the support same");
    if (options->row_shift < -most || options->row_shift > most || options->col_shift < -most ||
        options->col_shift > most || image->rows > SIZE_MAX / 4 || image->cols > SIZE_MAX / 4)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "a shift of x %td, y %td is absurd",
                        options->col_shift, options->row_shift);
    return CKN_OK;
}

void ckn_apply_options_init(ckn_apply_options *options) {
    *options = (ckn_apply_options){.support = CKN_SUPPORT_VALID};
}

static ckn_code apply_checked(band_job *job, ckn_context *context, ckn_error *error) {
    const ckn_apply_options *options = job->options;
    const ckn_shape kernel = ckn_view_shape(job->kernel);
    const ckn_shape result = {job->output->rows, job->output->cols};
    const padding pad = padding_of(kernel, options->support);
    job->row_start = -(ptrdiff_t)pad.before.rows - options->row_shift;
    job->col_start = -(ptrdiff_t)pad.before.cols - options->col_shift;
    ckn_pair band = {.sharp = *job->image};
    band.sharp.rows = band_rows(options->engine, kernel, result) + kernel.rows - 1;
    band.sharp.cols = result.cols + kernel.cols - 1;
    CKN_TRY(ckn_problem_create(context->backend, kernel, &band, 1, &job->problem, error));
    CKN_TRY(ckn_operator_create(job->problem, options->engine, 1, &job->op, error));
    return convolve_bands(job, error);
}

ckn_code ckn_apply_with(ckn_context *context, const ckn_apply_options *options, ckn_view image,
                        ckn_view kernel, ckn_output output, ckn_error *error) {
    CKN_TRY(check_options(options, &image, error));
    CKN_TRY(check_views(&image, &kernel, options->support, &output, error));
    band_job job = {.options = options, .image = &image, .kernel = &kernel, .output = &output};
    ckn_code code = apply_checked(&job, context, error);
    ckn_operator_destroy(job.op);
    ckn_problem_destroy(job.problem);
    return code;
}

ckn_code ckn_apply(ckn_context *context, ckn_view image, ckn_view kernel, ckn_support support,
                   ckn_engine engine, ckn_output output, ckn_error *error) {
    const ckn_apply_options options = {.support = support, .engine = engine};
    return ckn_apply_with(context, &options, image, kernel, output, error);
}
