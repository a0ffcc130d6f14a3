/* Known answers: each test has a result that follows from mathematics alone, so it tells which
 * device is wrong without asking another one. */
#include "check/check.h"

#include "base/clock.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Odd on purpose: no tile, no power of two, rows and columns different. All transforms pad to one
 * shape, 64 x 128, which costs one plan. */
enum { IMAGE_ROWS = 61, IMAGE_COLS = 126, KERNEL_ROWS = 4, KERNEL_COLS = 3 };
enum { IMAGE = IMAGE_ROWS * IMAGE_COLS, KERNEL = KERNEL_ROWS * KERNEL_COLS };
enum { VALID_ROWS = IMAGE_ROWS - KERNEL_ROWS + 1, VALID_COLS = IMAGE_COLS - KERNEL_COLS + 1 };

/* Fills `result` and `expected` with up to IMAGE numbers; returns how many in *count. */
typedef ckn_code (*known_answer)(ckn_context *context, double *result, double *expected,
                                 size_t *count, ckn_error *error);

/* A delta shows the kernel, unflipped, where it stands. */
static ckn_code delta_apply(ckn_context *context, ckn_engine engine, double *result,
                            double *expected, size_t *count, ckn_error *error) {
    double image[IMAGE] = {0};
    double kernel[KERNEL];
    ckn_fill_pattern(kernel, KERNEL, 1);
    const size_t row = 11;
    const size_t col = 17;
    image[row * IMAGE_COLS + col] = 1;
    for (size_t i = 0; i < IMAGE; i++)
        expected[i] = 0;
    for (size_t i = 0; i < KERNEL_ROWS; i++) {
        for (size_t j = 0; j < KERNEL_COLS; j++) {
            size_t p = row + i - (KERNEL_ROWS - 1) / 2;
            size_t q = col + j - (KERNEL_COLS - 1) / 2;
            expected[p * IMAGE_COLS + q] = kernel[i * KERNEL_COLS + j];
        }
    }
    *count = IMAGE;
    return ckn_apply(context, ckn_view_f64(image, IMAGE_ROWS, IMAGE_COLS),
                     ckn_view_f64(kernel, KERNEL_ROWS, KERNEL_COLS), CKN_SUPPORT_SAME, engine,
                     ckn_output_f64(result, IMAGE_ROWS, IMAGE_COLS), error);
}

static ckn_code delta_direct(ckn_context *context, double *result, double *expected, size_t *count,
                             ckn_error *error) {
    return delta_apply(context, CKN_ENGINE_DIRECT, result, expected, count, error);
}

static ckn_code delta_fft(ckn_context *context, double *result, double *expected, size_t *count,
                          ckn_error *error) {
    return delta_apply(context, CKN_ENGINE_FFT, result, expected, count, error);
}

/* y = h * x by the definition, on the host. */
static void convolve_valid(const double *x, const double *h, double *y) {
    for (size_t p = 0; p < VALID_ROWS; p++) {
        for (size_t q = 0; q < VALID_COLS; q++) {
            double sum = 0;
            for (size_t i = 0; i < KERNEL_ROWS; i++) {
                for (size_t j = 0; j < KERNEL_COLS; j++)
                    sum += h[i * KERNEL_COLS + j] *
                           x[(p + KERNEL_ROWS - 1 - i) * IMAGE_COLS + q + KERNEL_COLS - 1 - j];
            }
            y[p * VALID_COLS + q] = sum;
        }
    }
}

/* An estimate finds the kernel that made the pair. */
static ckn_code estimate_known(ckn_context *context, ckn_solver solver, ckn_engine engine,
                               ckn_constraint constraint, double *result, double *expected,
                               size_t *count, ckn_error *error) {
    double x[IMAGE];
    double y[VALID_ROWS * VALID_COLS];
    ckn_fill_pattern(x, IMAGE, 2);
    ckn_fill_pattern(expected, KERNEL, 3);
    double sum = 0;
    for (size_t i = 0; i < KERNEL; i++)
        sum += expected[i];
    for (size_t i = 0; i < KERNEL; i++)
        expected[i] /= sum;
    convolve_valid(x, expected, y);
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = KERNEL_ROWS;
    options.kernel_cols = KERNEL_COLS;
    options.solver = solver;
    options.engine = engine;
    options.constraint = constraint;
    options.iterations = 400;
    options.tolerance = 1e-9;
    const ckn_pair pair = {.sharp = ckn_view_f64(x, IMAGE_ROWS, IMAGE_COLS),
                           .blurred = ckn_view_f64(y, VALID_ROWS, VALID_COLS)};
    *count = KERNEL;
    return ckn_estimate(context, &options, &pair, 1,
                        ckn_output_f64(result, KERNEL_ROWS, KERNEL_COLS), NULL, error);
}

static ckn_code estimate_direct(ckn_context *context, double *result, double *expected,
                                size_t *count, ckn_error *error) {
    return estimate_known(context, CKN_SOLVER_FISTA, CKN_ENGINE_DIRECT, CKN_CONSTRAINT_NONE, result,
                          expected, count, error);
}

static ckn_code estimate_fft(ckn_context *context, double *result, double *expected, size_t *count,
                             ckn_error *error) {
    return estimate_known(context, CKN_SOLVER_FISTA, CKN_ENGINE_FFT, CKN_CONSTRAINT_NONE, result,
                          expected, count, error);
}

static ckn_code estimate_simplex(ckn_context *context, double *result, double *expected,
                                 size_t *count, ckn_error *error) {
    return estimate_known(context, CKN_SOLVER_FISTA, CKN_ENGINE_DIRECT, CKN_CONSTRAINT_SIMPLEX,
                          result, expected, count, error);
}

static ckn_code estimate_exact(ckn_context *context, double *result, double *expected,
                               size_t *count, ckn_error *error) {
    return estimate_known(context, CKN_SOLVER_EXACT, CKN_ENGINE_GRAM, CKN_CONSTRAINT_NONE, result,
                          expected, count, error);
}

static ckn_code estimate_nnls(ckn_context *context, double *result, double *expected, size_t *count,
                              ckn_error *error) {
    return estimate_known(context, CKN_SOLVER_NNLS, CKN_ENGINE_GRAM, CKN_CONSTRAINT_NONNEG, result,
                          expected, count, error);
}

/* Blurring a delta far from the borders shows the composed kernel in both directions. */
static ckn_code blur_delta(ckn_context *context, double *result, double *expected, size_t *count,
                           ckn_error *error) {
    const ckn_blur_options options = {.sigma_x = 2.5,
                                      .sigma_y = 2.5,
                                      .method = CKN_BLUR_BOX,
                                      .passes = 4,
                                      .accuracy = CKN_ACCURACY_8_BIT,
                                      .boundary = CKN_BOUNDARY_ZERO};
    double image[IMAGE] = {0};
    const size_t row = IMAGE_ROWS / 2;
    const size_t col = IMAGE_COLS / 2;
    image[row * IMAGE_COLS + col] = 1;
    ckn_extended_box box;
    double taps[IMAGE_ROWS];
    CKN_TRY(ckn_extended_box_init(&box, options.sigma_x, options.passes, error));
    size_t length = ckn_extended_box_length(&box);
    CKN_TRY(ckn_extended_box_compose(&box, taps, error));
    for (size_t i = 0; i < IMAGE; i++)
        expected[i] = 0;
    for (size_t i = 0; i < length; i++) {
        for (size_t j = 0; j < length; j++)
            expected[(row + i - length / 2) * IMAGE_COLS + col + j - length / 2] =
                taps[i] * taps[j];
    }
    *count = IMAGE;
    const ckn_image sharp = ckn_image_interleaved(image, CKN_FLOAT64, IMAGE_ROWS, IMAGE_COLS, 1);
    const ckn_image_output output =
        ckn_image_output_interleaved(result, CKN_FLOAT64, IMAGE_ROWS, IMAGE_COLS, 1);
    return ckn_blur(context, &options, &sharp, &output, NULL, error);
}

/* A constant stays what it is under every boundary that continues it. */
static ckn_code blur_constant(ckn_context *context, double *result, double *expected, size_t *count,
                              ckn_error *error) {
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.sigma_x = options.sigma_y = 9.6;
    for (size_t i = 0; i < IMAGE; i++)
        expected[i] = 0.75;
    *count = IMAGE;
    const ckn_image sharp = ckn_image_interleaved(expected, CKN_FLOAT64, IMAGE_ROWS, IMAGE_COLS, 1);
    const ckn_image_output output =
        ckn_image_output_interleaved(result, CKN_FLOAT64, IMAGE_ROWS, IMAGE_COLS, 1);
    return ckn_blur(context, &options, &sharp, &output, NULL, error);
}

static const struct {
    const char *name, *detail;
    known_answer run;
    double tolerance;
} known_answers[] = {
    {"apply, direct", "a delta shows the kernel", delta_direct, 1e-5},
    {"apply, fft", "a delta shows the kernel", delta_fft, 1e-5},
    {"estimate, exact", "finds the kernel of a pair", estimate_exact, 1e-6},
    {"estimate, nnls", "finds the kernel of a pair", estimate_nnls, 1e-6},
    {"estimate, direct", "finds the kernel of a pair", estimate_direct, 1e-4},
    {"estimate, fft", "finds the kernel of a pair", estimate_fft, 1e-4},
    {"estimate, simplex", "finds the kernel of a pair", estimate_simplex, 1e-4},
    {"blur, delta", "shows the composed kernel", blur_delta, 1e-5},
    {"blur, constant", "stays constant", blur_constant, 1e-5},
};

ckn_code ckn_selftest(ckn_context *context, ckn_check_fn report, void *user, size_t *failures,
                      ckn_error *error) {
    ckn_checker checker = {report, user, 0};
    double *numbers = NULL;
    CKN_TRY(ckn_allocate(&numbers, (size_t)2 * IMAGE, sizeof *numbers, "the self-test", error));
    double *result = numbers;
    double *expected = numbers + IMAGE;
    ckn_code code = CKN_OK;
    for (size_t i = 0; i < sizeof known_answers / sizeof known_answers[0] && code == CKN_OK; i++) {
        size_t count = 0;
        ckn_error why = {CKN_OK, ""};
        double start = ckn_seconds();
        code = known_answers[i].run(context, result, expected, &count, &why);
        if (code == CKN_ERROR_UNSUPPORTED) {
            /* A build without FFT is no defect of the device. */
            ckn_log_line(&context->backend->log, CKN_LOG_WARNING, "%s: %s", known_answers[i].name,
                         why.message);
            code = CKN_OK;
            continue;
        }
        if (code != CKN_OK && error)
            *error = why;
        if (code == CKN_OK)
            ckn_checker_line(&checker, known_answers[i].name, known_answers[i].detail,
                             ckn_relative_difference(result, expected, count),
                             known_answers[i].tolerance, 0, ckn_seconds() - start);
    }
    free(numbers);
    if (failures)
        *failures = checker.failures;
    return code;
}
