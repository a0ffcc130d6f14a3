/* The same work on two devices: each primitive that an estimate uses, then the estimate itself. */
#include "check/check.h"

#include "base/memory.h"
#include "check/primitives.h"

#include <stdio.h>
#include <stdlib.h>

/* Of the relative difference: what an iteration makes of float32 sums. */
static const double estimate_tolerance = 1e-4;

static ckn_code compare_primitive(const ckn_primitive *what, ckn_context *reference,
                                  ckn_context *context, const ckn_workload *work,
                                  ckn_checker *checker, ckn_error *error) {
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
                         ckn_relative_difference(numbers + count, numbers, count), what->tolerance,
                         seconds_reference, seconds);
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

static ckn_code compare_estimate(ckn_context *reference, ckn_context *context,
                                 const ckn_workload *work, ckn_checker *checker, ckn_error *error) {
    size_t taps = ckn_shape_count(work->h_shape);
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

static ckn_code compare_all(ckn_context *reference, ckn_context *context, const ckn_workload *work,
                            ckn_checker *checker, ckn_error *error) {
    for (size_t i = 0; i < ckn_primitive_count; i++)
        CKN_TRY(compare_primitive(&ckn_primitives[i], reference, context, work, checker, error));
    return compare_estimate(reference, context, work, checker, error);
}

ckn_code ckn_compare(ckn_context *reference, ckn_context *context,
                     const ckn_estimate_options *options, const ckn_pair *pairs, size_t pair_count,
                     ckn_check_fn report, void *user, size_t *failures, ckn_error *error) {
    if (!options || !pairs || pair_count < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "options and at least one pair are needed");
    ckn_workload work = {.options = options,
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
    size_t taps = ckn_shape_count(work.h_shape);
    CKN_TRY(ckn_allocate(&work.vectors, 5 * taps, sizeof *work.vectors, "test vectors", error));
    ckn_fill_pattern(work.vectors, 5 * taps, 4);
    ckn_checker checker = {report, user, 0};
    ckn_code code = compare_all(reference, context, &work, &checker, error);
    free(work.vectors);
    if (failures)
        *failures = checker.failures;
    return code;
}
