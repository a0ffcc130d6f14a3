/* ckn_apply() against the definition, for all sizes, supports, engines, types and strides. */
#include "plane.h"

#include "base/view.h"
#include "support/naive.h"

#include <math.h>
#include <stdlib.h>

typedef struct convolution {
    fuzz_plane image, kernel, output;
    ckn_support support;
    ckn_engine engine;
} convolution;

static double largest(const double *values, size_t count) {
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(values[i]));
    return most;
}

static void convolve_naively(ckn_support support, const double *image, ckn_shape image_shape,
                             const double *kernel, ckn_shape kernel_shape, double *out) {
    if (support == CKN_SUPPORT_VALID)
        ckn_naive_valid(image, image_shape, kernel, kernel_shape, out);
    else if (support == CKN_SUPPORT_SAME)
        ckn_naive_same(image, image_shape, kernel, kernel_shape, out);
    else
        ckn_naive_full(image, image_shape, kernel, kernel_shape, out);
}

/* Rounding is relative to the largest sample and to all taps that may meet it. */
static void compare(const convolution *job) {
    const ckn_shape image_shape = ckn_view_shape(&job->image.view);
    const ckn_shape kernel_shape = ckn_view_shape(&job->kernel.view);
    const size_t count = ckn_shape_count(ckn_view_shape(&job->output.view));
    double *image = fuzz_plane_samples(&job->image), *kernel = fuzz_plane_samples(&job->kernel);
    double *found = fuzz_plane_samples(&job->output), *wanted = fuzz_array(count);
    convolve_naively(job->support, image, image_shape, kernel, kernel_shape, wanted);
    const double most = largest(image, ckn_shape_count(image_shape));
    const double most_tap = largest(kernel, ckn_shape_count(kernel_shape));
    const double scale = most * most_tap * (double)ckn_shape_count(kernel_shape);
    /* Numbers near 5e-324 have few bits, and transforms are sums of up to 1000 of them. */
    const double denormal = 1e-320 + 1e-318 * (most + most_tap);
    const bool rounded = job->output.view.type == CKN_FLOAT32;
    for (size_t i = 0; i < count; i++) {
        const double value = rounded ? (double)(float)wanted[i] : wanted[i];
        const double allowed =
            1e-12 * scale + denormal + (rounded ? 2e-7 * fabs(value) + 1e-44 : 0);
        const bool known = isfinite(value) && allowed < (rounded ? 1e38 : 1e300);
        FUZZ_CHECK(!known || fabs(found[i] - value) <= allowed,
                   "sample %zu is %g, not %g; %g is allowed", i, found[i], value, allowed);
    }
    free(image);
    free(kernel);
    free(found);
    free(wanted);
}

static void read_job(fuzz_input *input, convolution *job) {
    job->support = (ckn_support)fuzz_choice(input, CKN_SUPPORT_FULL + 1);
    job->engine = (ckn_engine)fuzz_choice(input, CKN_ENGINE_TOEPLITZ + 1);
    const size_t rows = 1 + fuzz_below(input, 24), cols = 1 + fuzz_below(input, 24);
    const size_t kernel_rows = 1 + fuzz_below(input, 12), kernel_cols = 1 + fuzz_below(input, 12);
    job->image = fuzz_plane_create(input, rows, cols);
    fuzz_plane_fill(&job->image, input);
    job->kernel = fuzz_plane_create(input, kernel_rows, kernel_cols);
    fuzz_plane_fill(&job->kernel, input);
    size_t out_rows = 1, out_cols = 1;
    ckn_error error = {CKN_OK, ""};
    if (!fuzz_succeeded(ckn_apply_size(rows, cols, kernel_rows, kernel_cols, job->support,
                                       &out_rows, &out_cols, &error),
                        &error))
        out_rows = out_cols = 1;
    job->output = fuzz_plane_create(input, out_rows + fuzz_rarely(input, 16), out_cols);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    convolution job;
    ckn_error error = {CKN_OK, ""};
    read_job(&input, &job);
    if (fuzz_succeeded(ckn_apply(fuzz_context(), job.image.view, job.kernel.view, job.support,
                                 job.engine, fuzz_plane_output(&job.output), &error),
                       &error)) {
        FUZZ_CHECK(fuzz_plane_is_finite(&job.image) && fuzz_plane_is_finite(&job.kernel),
                   "samples that are not finite were taken");
        fuzz_plane_check_gaps(&job.output);
        compare(&job);
    }
    fuzz_plane_destroy(&job.image);
    fuzz_plane_destroy(&job.kernel);
    fuzz_plane_destroy(&job.output);
    return 0;
}
