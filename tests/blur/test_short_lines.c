/* Kernels that are far longer than the lines of the image: the same pixels as by obvious sums over
 * all taps, and no more time than for short kernels. */
#include "blur/reference.h"

#include "estimate/fixture.h"
#include "support/line_filter.h"
#include "support/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Seconds of CPU that a call may take: set-up, memory and all. Kernels of millions of taps took
 * minutes. */
#define MOST_SECONDS 2.0

/* The taps of one axis, from -reach to reach. */
typedef struct all_taps {
    double *taps;
    size_t reach;
} all_taps;

/* One pass by running sums in long double, over `count` numbers whose ends are 0. */
static void pass_over(const ckn_extended_box *box, const long double *in, long double *out,
                      size_t count) {
    const size_t l = box->l;
    long double window = 0.0L;
    for (size_t i = 0; i < l && i < count; i++)
        window += in[i];
    for (size_t i = 0; i < count; i++) {
        window += i + l < count ? in[i + l] : 0.0L;
        const long double left = i > l ? in[i - l - 1] : 0.0L;
        const long double right = i + l + 1 < count ? in[i + l + 1] : 0.0L;
        out[i] = (window + box->alpha * (left + right)) / box->lambda;
        window -= i >= l ? in[i - l] : 0.0L;
    }
}

static long double *new_numbers(size_t count) {
    long double *numbers = calloc(count, sizeof *numbers);
    assert_non_null(numbers);
    return numbers;
}

static all_taps compose(const ckn_extended_box *box) {
    const size_t reach = box->passes * (box->l + 1) + box->stride, count = 2 * reach + 1;
    const long double c = box->correction;
    long double *now = new_numbers(count), *next = new_numbers(count);
    all_taps all = {ckn_test_array(count), reach};
    now[reach] = 1.0L;
    for (size_t pass = 0; pass < box->passes; pass++) {
        pass_over(box, now, next, count);
        long double *kept = now;
        now = next;
        next = kept;
    }
    for (size_t i = 0; i < count; i++) {
        const long double left = i >= box->stride ? now[i - box->stride] : 0.0L;
        const long double right = i + box->stride < count ? now[i + box->stride] : 0.0L;
        all.taps[i] = (double)((1 - 2 * c) * now[i] + c * (left + right));
    }
    free(now);
    free(next);
    return all;
}

static all_taps taps_of(const ckn_blur_axis *axis, double sigma) {
    if (axis->method == CKN_BLUR_FIR)
        return (all_taps){ckn_naive_gaussian(sigma, axis->reach), axis->reach};
    const ckn_extended_box box =
        ckn_naive_corrected_box(sigma, axis->box.passes, axis->box.stride, axis->box.correction);
    return compose(&box);
}

/* The sample at a position of the continued line, -1 for zero; without a walk. */
static ptrdiff_t sample_at(ckn_boundary boundary, ptrdiff_t position, ptrdiff_t count) {
    const bool reflect = boundary == CKN_BOUNDARY_REFLECT;
    const ptrdiff_t turn = boundary == CKN_BOUNDARY_PERIODIC ? count
                           : reflect                         ? 2 * count
                           : count > 1                       ? 2 * count - 2
                                                             : 1;
    if (position >= 0 && position < count)
        return position;
    if (boundary == CKN_BOUNDARY_ZERO)
        return -1;
    if (boundary == CKN_BOUNDARY_REPLICATE)
        return position < 0 ? 0 : count - 1;
    const ptrdiff_t at = (position % turn + turn) % turn;
    return at < count ? at : reflect ? turn - 1 - at : turn - at;
}

/* One line, `step` samples apart, from `in` to `out`. */
static void blur_line(const double *in, double *out, size_t count, size_t step,
                      ckn_boundary boundary, const all_taps *all) {
    const ptrdiff_t reach = (ptrdiff_t)all->reach;
    for (size_t i = 0; i < count; i++) {
        long double sum = 0.0L;
        for (ptrdiff_t k = -reach; k <= reach; k++) {
            const ptrdiff_t from = sample_at(boundary, (ptrdiff_t)i - k, (ptrdiff_t)count);
            if (from >= 0)
                sum += (long double)all->taps[k + reach] * in[(size_t)from * step];
        }
        out[i * step] = (double)sum;
    }
}

/* Both axes of an image of one channel, in place. */
static void blur_both(double *x, ckn_shape shape, const ckn_blur_options *options,
                      const ckn_blur_result *described) {
    all_taps along_x = taps_of(&described->x, options->sigma_x);
    all_taps along_y = taps_of(&described->y, options->sigma_y);
    double *rows = ckn_test_array(ckn_shape_count(shape));
    for (size_t r = 0; r < shape.rows; r++)
        blur_line(x + r * shape.cols, rows + r * shape.cols, shape.cols, 1, options->boundary,
                  &along_x);
    for (size_t c = 0; c < shape.cols; c++)
        blur_line(rows + c, x + c, shape.rows, shape.cols, options->boundary, &along_y);
    free(rows);
    free(along_x.taps);
    free(along_y.taps);
}

static const char *name_of(const ckn_blur_options *options, ckn_shape shape) {
    static char name[200];
    snprintf(name, sizeof name, "%zu x %zu, sigma %g, %g, %s, %s, %zu passes", shape.rows,
             shape.cols, options->sigma_x, options->sigma_y, ckn_boundary_name(options->boundary),
             ckn_blur_method_name(options->method), options->passes);
    return name;
}

/* Blurs `got` in place, and watches the time. */
static ckn_blur_result blur_in_time(double *got, ckn_shape shape, const ckn_blur_options *options,
                                    ckn_type type) {
    stored_image image = stored_create(type, STORED_INTERLEAVED, shape, 1);
    const ckn_image_output output = stored_output(&image);
    ckn_blur_result result;
    stored_write(&image, got);
    const clock_t start = clock();
    TRY_OK(ckn_blur(ckn_test_context(), options, &image.image, &output, &result, &error));
    const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (seconds > MOST_SECONDS)
        ckn_test_fail("%s: %.2f s", name_of(options, shape), seconds);
    double *read = stored_read(&image);
    for (size_t i = 0; i < ckn_shape_count(shape); i++)
        got[i] = read[i];
    free(read);
    stored_destroy(&image);
    return result;
}

static void check(ckn_shape shape, const ckn_blur_options *options, ckn_type type, uint64_t seed) {
    const size_t count = ckn_shape_count(shape);
    double *expected = reference_random(seed, count, type);
    double *got = reference_random(seed, count, type);
    const ckn_blur_result result = blur_in_time(got, shape, options, type);
    blur_both(expected, shape, options, &result);
    const double error = ckn_test_largest_error(got, expected, count);
    if (!(error <= reference_tolerance(type)))
        ckn_test_fail("%s: off by %g", name_of(options, shape), error);
    free(expected);
    free(got);
}

static ckn_blur_options random_options(uint64_t *seed, double least, double most) {
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.sigma_x = exp(ckn_test_uniform(seed, log(least), log(most)));
    options.sigma_y = exp(ckn_test_uniform(seed, log(least), log(most)));
    options.boundary = (ckn_boundary)(ckn_test_random(seed) % CKN_TEST_BOUNDARIES);
    options.method = (ckn_blur_method)(ckn_test_random(seed) % 3);
    options.correction = ckn_test_random(seed) % 3 > 0;
    if (options.method == CKN_BLUR_BOX)
        options.passes = 1 + ckn_test_random(seed) % 9;
    else
        options.correction = 1; /* without it boxes are not exact enough beyond the limit of FIR */
    return options;
}

static ckn_shape random_shape(uint64_t *seed, size_t most) {
    const size_t rows = 1 + ckn_test_random(seed) % most;
    return (ckn_shape){rows, 1 + ckn_test_random(seed) % most};
}

static void check_random(size_t jobs, size_t most_samples, double least, double most) {
    uint64_t seed = 4711;
    for (size_t i = 0; i < jobs; i++) {
        const ckn_blur_options options = random_options(&seed, least, most);
        const ckn_shape shape = random_shape(&seed, i % 3 ? most_samples : 3);
        check(shape, &options, i % 2 ? CKN_FLOAT64 : CKN_FLOAT32, seed);
    }
}

static void test_some_turns(void **state) {
    (void)state;
    check_random(80, 150, 15.0, 300.0);
}

static void test_many_turns(void **state) {
    (void)state;
    check_random(20, 40, 500.0, 8000.0);
}

static void test_thousands_of_turns(void **state) {
    (void)state;
    check_random(6, 5, 5e4, 2.5e5);
}

/* Kernels that nothing could be composed of: grey stays grey, and zeros outside leave what the
 * middle of the Gaussian weighs. */
static void test_largest_sigmas(void **state) {
    (void)state;
    for (int b = 0; b < CKN_TEST_BOUNDARIES; b++) {
        for (size_t passes = 4; passes <= 64; passes *= 2) {
            const double sigma = 9e6 / sqrt((double)passes);
            ckn_blur_options options;
            ckn_blur_options_init(&options);
            options.sigma_x = options.sigma_y = sigma;
            options.boundary = (ckn_boundary)b;
            options.method = CKN_BLUR_BOX;
            options.passes = passes;
            double x[4] = {0.25, 0.25, 0.25, 0.25};
            const ckn_blur_result result =
                blur_in_time(x, (ckn_shape){2, 2}, &options, CKN_FLOAT64);
            const double middle = 2 / (sigma * 2.5066282746310002);
            const double wanted = b == CKN_BOUNDARY_ZERO ? 0.25 * middle * middle : 0.25;
            const double error = fmax(fabs(x[0] - wanted), fabs(x[3] - wanted));
            if (!(error <= wanted * (b == CKN_BOUNDARY_ZERO ? 0.02 : 1e-6)))
                ckn_test_fail("%s: %g instead of %g", name_of(&options, (ckn_shape){2, 2}), x[0],
                              wanted);
            assert_true(result.error_bound > 0 && result.error_bound < 0.05);
        }
    }
}

/* Every result has every sample in reach. */
static void test_bad_samples(void **state) {
    (void)state;
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    uint64_t seed = 99;
    for (size_t i = 0; i < 60; i++) {
        const ckn_blur_options options = random_options(&seed, 100.0, 2.5e5);
        const ckn_shape shape = random_shape(&seed, 9);
        const size_t count = ckn_shape_count(shape);
        double *x = reference_random(seed, count, CKN_FLOAT32);
        x[ckn_test_random(&seed) % count] = bad[i % 3];
        blur_in_time(x, shape, &options, i % 2 ? CKN_FLOAT64 : CKN_FLOAT32);
        for (size_t at = 0; at < count; at++) {
            if (i % 3 == 0 ? !isnan(x[at]) : x[at] != bad[i % 3])
                ckn_test_fail("%s: %g of %g", name_of(&options, shape), x[at], bad[i % 3]);
        }
        free(x);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_some_turns),         cmocka_unit_test(test_many_turns),
        cmocka_unit_test(test_thousands_of_turns), cmocka_unit_test(test_largest_sigmas),
        cmocka_unit_test(test_bad_samples),
    };
    return cmocka_run_group_tests_name("short lines", tests, NULL, ckn_test_close_context);
}
