/* h * x with valid, same or full support: all are the valid convolution of x put into a plane of
 * zeros. */
#include "backend/context.h"
#include "base/memory.h"
#include "estimate/normal_operator.h"

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

/* x = the image at `before` in zeros. */
static ckn_code upload_padded(ckn_problem *problem, const ckn_view *image, ckn_shape before,
                              ckn_error *error) {
    ckn_backend *backend = problem->backend;
    ckn_shape shape = ckn_view_shape(image);
    ckn_problem_pair *pair = &problem->pairs[0];
    if (ckn_shape_equal(shape, pair->x_shape))
        return backend->ops->upload(backend, pair->x, image, error);
    ckn_buffer *plain = NULL;
    CKN_TRY(backend->ops->buffer_create(backend, ckn_shape_count(shape), &plain, error));
    ckn_code code = backend->ops->upload(backend, plain, image, error);
    if (code == CKN_OK)
        code = backend->ops->embed(backend, pair->x, pair->x_shape, plain, shape, before, error);
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

static ckn_code convolve(ckn_problem *problem, ckn_operator *op, const ckn_view *image,
                         ckn_shape before, const ckn_view *kernel, const ckn_output *output,
                         ckn_error *error) {
    ckn_backend *backend = problem->backend;
    CKN_TRY(upload_padded(problem, image, before, error));
    CKN_TRY(backend->ops->upload(backend, problem->h, kernel, error));
    CKN_TRY(op->ops->load(op, error));
    CKN_TRY(op->ops->residual(op, problem->h, false, error));
    if (op->ops->engine == CKN_ENGINE_FFT)
        CKN_TRY(check_transform(op, kernel, error));
    CKN_TRY(backend->ops->download(backend, problem->pairs[0].r, output, error));
    return check_finite(output, error);
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

ckn_code ckn_apply(ckn_context *context, ckn_view image, ckn_view kernel, ckn_support support,
                   ckn_engine engine, ckn_output output, ckn_error *error) {
    CKN_TRY(check_views(&image, &kernel, support, &output, error));
    if (engine == CKN_ENGINE_GRAM || engine == CKN_ENGINE_TOEPLITZ)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the engine %s solves and does not convolve; use direct, fft or auto",
                        ckn_engine_name(engine));
    padding pad = padding_of(ckn_view_shape(&kernel), support);
    ckn_pair padded = {.sharp = image};
    padded.sharp.rows += pad.before.rows + pad.after.rows;
    padded.sharp.cols += pad.before.cols + pad.after.cols;
    ckn_problem *problem = NULL;
    ckn_operator *op = NULL;
    CKN_TRY(
        ckn_problem_create(context->backend, ckn_view_shape(&kernel), &padded, 1, &problem, error));
    ckn_code code = ckn_operator_create(problem, engine, 1, &op, error);
    if (code == CKN_OK)
        code = convolve(problem, op, &image, pad.before, &kernel, &output, error);
    ckn_operator_destroy(op);
    ckn_problem_destroy(problem);
    return code;
}
