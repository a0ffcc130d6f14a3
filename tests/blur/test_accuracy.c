/* The promise of an accuracy: no sample is farther from the true Gaussian than the bound that the
 * plan tells, and that is no larger than what was asked for. */
#include "blur/reference.h"

#include "estimate/fixture.h"
#include "support/line_filter.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 46, COLS = 60, IMAGES = 3 };

static const ckn_shape shape = {ROWS, COLS};

static double *make_image(int kind) {
    const size_t count = (size_t)ROWS * COLS;
    double *x = ckn_test_random_array(31 + (uint64_t)kind, count, 0.0, 1.0);
    for (size_t i = 0; kind > 0 && i < count; i++) {
        const size_t row = i / COLS, col = i % COLS;
        x[i] = kind == 1 ? round(x[i]) : (row / 20 + col / 23) % 2 == 0 ? 1.0 : 0.0;
    }
    return x;
}

typedef struct blur_case {
    const double *image, *exact;
    ckn_blur_options options;
} blur_case;

/* False where boxes cannot be as exact as that. */
static bool check(const blur_case *job) {
    ckn_blur_plan *plan = NULL;
    ckn_error refused = {CKN_OK, ""};
    const ckn_blur_options *options = &job->options;
    const ckn_code code = ckn_blur_plan_create(ckn_test_context(), options, ROWS, COLS, 1,
                                               CKN_FLOAT64, &plan, &refused);
    if (code == CKN_ERROR_ARGUMENT && options->method == CKN_BLUR_BOX) {
        assert_non_null(strstr(refused.message, "accuracy"));
        return false;
    }
    ckn_test_succeeds(code, &refused, "a plan of an accuracy");
    double *got = ckn_test_array((size_t)ROWS * COLS);
    const ckn_image from = ckn_image_interleaved(job->image, CKN_FLOAT64, ROWS, COLS, 1);
    const ckn_image_output to = ckn_image_output_interleaved(got, CKN_FLOAT64, ROWS, COLS, 1);
    ckn_blur_result result;
    TRY_OK(ckn_blur_plan_run(plan, &from, &to, &result, &error));
    ckn_blur_plan_destroy(plan);
    const double error = ckn_test_largest_error(got, job->exact, (size_t)ROWS * COLS);
    if (!(error <= result.error_bound + 1e-6 && result.error_bound <= options->accuracy))
        ckn_test_fail("sigma %g, %g, %s, accuracy %g: bound %g, error %g", options->sigma_x,
                      options->sigma_y, ckn_blur_method_name(options->method), options->accuracy,
                      result.error_bound, error);
    free(got);
    return true;
}

/* All methods and accuracies; returns how many box plans there were. */
static size_t check_image(int kind, double sigma_x, double sigma_y, ckn_boundary boundary) {
    static const double accuracies[] = {1e-2, CKN_ACCURACY_8_BIT, 1e-3, CKN_ACCURACY_16_BIT};
    double *image = make_image(kind), *exact = ckn_test_array((size_t)ROWS * COLS);
    size_t boxes = 0;
    blur_case job = {.image = image, .exact = exact};
    ckn_blur_options_init(&job.options);
    job.options.sigma_x = sigma_x;
    job.options.sigma_y = sigma_y;
    job.options.boundary = boundary;
    reference_gaussian(image, shape, 1, &job.options, exact);
    for (int i = 0; i < 3 * 4; i++) {
        job.options.method = (ckn_blur_method)(i / 4);
        job.options.accuracy = accuracies[i % 4];
        boxes += check(&job) && job.options.method == CKN_BLUR_BOX;
    }
    free(image);
    free(exact);
    return boxes;
}

static void test_promise(void **state) {
    (void)state;
    static const double sigmas[] = {0.3, 0.45, 0.7, 1.0, 1.6, 2.7, 4.0, 9.0, 20.0, 50.0};
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++) {
        const double sigma = sigmas[i];
        for (int kind = 0; kind < IMAGES; kind++) {
            const size_t boxes = check_image(kind, sigma, sigma,
                                             kind == 1 ? CKN_BOUNDARY_ZERO : CKN_BOUNDARY_REFLECT);
            if (sigma >= 2.0 && boxes < 3)
                ckn_test_fail("boxes reach only %zu of the accuracies at sigma %g", boxes, sigma);
        }
    }
}

/* Different sigmas share the error; a single axis has all of it. */
static void test_shared_promise(void **state) {
    (void)state;
    for (int kind = 0; kind < IMAGES; kind++) {
        (void)check_image(kind, 3.0, 14.0, CKN_BOUNDARY_REFLECT);
        (void)check_image(kind, 0.6, 6.0, CKN_BOUNDARY_ZERO);
        (void)check_image(kind, 0.0, 5.0, CKN_BOUNDARY_ZERO);
        (void)check_image(kind, 2.0, 0.0, CKN_BOUNDARY_REFLECT);
    }
}

/* The worst line for a kernel has 1 where the kernel is too large and 0 elsewhere: the bound is
 * met there, and not by much. */
static void check_worst(ckn_blur_method method, double accuracy) {
    enum { LENGTH = 401, MIDDLE = 200 };
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.sigma_x = 6.0;
    options.sigma_y = 0.0;
    options.method = method;
    options.accuracy = accuracy;
    options.boundary = CKN_BOUNDARY_ZERO;
    double x[LENGTH] = {0.0}, got[LENGTH], exact[LENGTH];
    x[MIDDLE] = 1.0;
    const ckn_image from = ckn_image_interleaved(x, CKN_FLOAT64, 1, LENGTH, 1);
    const ckn_image_output to = ckn_image_output_interleaved(got, CKN_FLOAT64, 1, LENGTH, 1);
    ckn_blur_result result;
    for (int worst = 0; worst < 2; worst++) {
        TRY_OK(ckn_blur(ckn_test_context(), &options, &from, &to, &result, &error));
        reference_gaussian(x, (ckn_shape){1, LENGTH}, 1, &options, exact);
        for (size_t i = 0; worst == 0 && i < LENGTH; i++)
            x[i] = got[i] > exact[i] ? 1.0 : 0.0;
    }
    const double error = fabs(got[MIDDLE] - exact[MIDDLE]);
    if (!(error <= result.error_bound + 1e-6 && error >= 0.9 * result.error_bound - 1e-6))
        ckn_test_fail("%s: the worst line is off by %g, bound %g", ckn_blur_method_name(method),
                      error, result.error_bound);
}

static void test_worst_line(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        check_worst(CKN_BLUR_BOX, pow(10.0, -2.0 - 0.5 * i));
        check_worst(CKN_BLUR_FIR, pow(10.0, -2.0 - 0.5 * i));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_promise),
        cmocka_unit_test(test_shared_promise),
        cmocka_unit_test(test_worst_line),
    };
    return cmocka_run_group_tests_name("accuracy", tests, NULL, ckn_test_close_context);
}
