/* correlate() against the naive reference, by both methods. */
#include "support/guard.h"
#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct size_case {
    ckn_shape image, kernel;
} size_case;

static const size_case cases[] = {
    /* one sample, one row, one column */
    {{1, 1}, {1, 1}},
    {{1, 2}, {1, 2}},
    {{1, 17}, {1, 1}},
    {{1, 64}, {1, 5}},
    {{1, 1000}, {1, 33}},
    {{1, 33}, {1, 33}},
    {{2, 1}, {2, 1}},
    {{17, 1}, {1, 1}},
    {{64, 1}, {5, 1}},
    {{1000, 1}, {33, 1}},
    {{33, 1}, {33, 1}},
    {{1, 4096}, {1, 7}},
    {{5000, 1}, {7, 1}},
    /* 1 x 1 kernels, 1 x n, n x 1 */
    {{2, 2}, {1, 1}},
    {{31, 33}, {1, 1}},
    {{70, 200}, {1, 1}},
    {{100, 200}, {1, 64}},
    {{200, 100}, {64, 1}},
    {{90, 40}, {75, 2}},
    {{40, 90}, {2, 75}},
    /* kernels as large as the image, or nearly */
    {{2, 2}, {2, 2}},
    {{3, 5}, {3, 5}},
    {{16, 16}, {16, 16}},
    {{31, 17}, {31, 17}},
    {{40, 70}, {40, 70}},
    {{20, 20}, {19, 19}},
    {{20, 20}, {20, 1}},
    {{20, 20}, {1, 20}},
    {{65, 33}, {64, 33}},
    {{21, 100}, {3, 60}},
    {{100, 21}, {60, 3}},
    {{1, 2000}, {1, 1999}},
    {{3, 800}, {2, 790}},
    {{3, 800}, {2, 740}},
    /* even and odd, round the multiples of usual tiles */
    {{17, 17}, {3, 3}},
    {{31, 32}, {2, 2}},
    {{32, 31}, {4, 4}},
    {{33, 34}, {2, 3}},
    {{34, 33}, {3, 2}},
    {{63, 64}, {7, 8}},
    {{65, 63}, {16, 15}},
    {{64, 64}, {17, 17}},
    {{129, 127}, {32, 31}},
    {{130, 258}, {65, 63}},
    /* many strips, many bands */
    {{700, 33}, {5, 6}},
    {{33, 4096}, {5, 5}},
    {{12, 9000}, {3, 4}},
    {{20, 4500}, {4, 31}},
    {{300, 2400}, {9, 4}},
    {{517, 389}, {19, 21}},
};

#define CASES (sizeof cases / sizeof *cases)

static const char *const methods[] = {"direct", "FFT"};

/* Data and device buffers of one case, and arrays for what comes of them. */
typedef struct fixture {
    ckn_shape image, kernel, valid;
    double *x, *y;
    ckn_guarded dx, dy;
    ckn_correlations expected, found;
} fixture;

static ckn_correlations make_correlations(ckn_shape kernel) {
    size_t taps = ckn_shape_count(kernel);
    return (ckn_correlations){.left = ckn_test_array(taps),
                              .right = ckn_test_array(taps),
                              .blurred = ckn_test_array(taps)};
}

static void free_correlations(ckn_correlations *made) {
    free(made->left);
    free(made->right);
    free(made->blurred);
}

/* Samples lie within `pedestal` and `pedestal` + 1. */
static fixture make_fixture(const size_case *sizes, double pedestal) {
    fixture made = {.image = sizes->image, .kernel = sizes->kernel};
    made.valid = ckn_shape_valid(made.image, made.kernel);
    made.x = ckn_test_random_array(1, ckn_shape_count(made.image), pedestal, pedestal + 1.0);
    made.y = ckn_test_random_array(3, ckn_shape_count(made.valid), pedestal, pedestal + 1.0);
    made.dx = ckn_guarded_from(made.x, ckn_shape_count(made.image));
    made.dy = ckn_guarded_from(made.y, ckn_shape_count(made.valid));
    made.expected = make_correlations(made.kernel);
    made.found = make_correlations(made.kernel);
    ckn_naive_correlate(made.x, made.image, made.y, made.kernel, &made.expected);
    return made;
}

/* Frees after checking that no input was written to. */
static void free_fixture(fixture *made) {
    ckn_guarded_close(&made->dx, made->x, 0.0, "x as input");
    ckn_guarded_close(&made->dy, made->y, 0.0, "y as input");
    ckn_guarded_destroy(&made->dx);
    ckn_guarded_destroy(&made->dy);
    free_correlations(&made->expected);
    free_correlations(&made->found);
    free(made->x);
    free(made->y);
}

static bool available(const fixture *made, ckn_correlation_method method) {
    ckn_backend *backend = ckn_test_backend();
    double plan = (double)NAN, seconds = (double)NAN;
    backend->ops->correlator_predict(backend, made->image, made->kernel, method, &plan, &seconds);
    assert_true(plan >= 0.0 && seconds > 0.0);
    return isfinite(seconds);
}

/* The largest error, in units of the largest number. */
static void compare(const double *found, const double *expected, size_t count, const char *array,
                    const fixture *made, const char *method) {
    double largest = 0.0, worst = 0.0, limit = ckn_test_on_cpu() ? 1e-13 : 1e-9;
    for (size_t i = 0; i < count; i++) {
        double error = fabs(found[i] - expected[i]);
        largest = fmax(largest, fabs(expected[i]));
        worst = isfinite(error) ? fmax(worst, error) : (double)INFINITY;
    }
    if (worst > limit * largest)
        ckn_test_fail("%s, image %zu x %zu, kernel %zu x %zu, method %s: error %.2e of the largest "
                      "number, allowed %.0e",
                      array, made->image.rows, made->image.cols, made->kernel.rows,
                      made->kernel.cols, method, worst / largest, limit);
}

static void poison(const fixture *made) {
    for (size_t i = 0; i < ckn_shape_count(made->kernel); i++)
        made->found.left[i] = made->found.right[i] = made->found.blurred[i] = (double)NAN;
}

/* Twice with one correlator, which must not remember the first images. */
static void check(fixture *made, ckn_correlation_method method) {
    ckn_backend *backend = ckn_test_backend();
    ckn_correlator *correlator = NULL;
    TRY_OK(backend->ops->correlator_create(backend, made->image, made->kernel, method, &correlator,
                                           &error));
    size_t taps = ckn_shape_count(made->kernel);
    for (int round = 0; round < 2; round++) {
        poison(made);
        made->found.square = (double)NAN;
        TRY_OK(backend->ops->correlate(backend, correlator, made->dx.buffer, made->dy.buffer,
                                       &made->found, &error));
        const char *name = methods[method];
        compare(made->found.left, made->expected.left, taps, "left", made, name);
        compare(made->found.right, made->expected.right, taps, "right", made, name);
        compare(made->found.blurred, made->expected.blurred, taps, "blurred", made, name);
        compare(&made->found.square, &made->expected.square, 1, "square", made, name);
    }
    backend->ops->correlator_destroy(backend, correlator);
}

/* One sample a work-item, as GPUs run it, is slow on a CPU: every third case then. */
static size_t case_stride(void) {
    return getenv("CLKERNEST_OPENCL_LANES") ? 3 : 1;
}

static void check_all(double pedestal, size_t largest_product) {
    for (size_t i = 0; i < CASES; i += case_stride()) {
        if (ckn_shape_count(cases[i].image) * ckn_shape_count(cases[i].kernel) > largest_product)
            continue;
        fixture made = make_fixture(&cases[i], pedestal);
        for (int method = CKN_CORRELATION_DIRECT; method <= CKN_CORRELATION_FFT; method++) {
            if (available(&made, (ckn_correlation_method)method))
                check(&made, (ckn_correlation_method)method);
        }
        free_fixture(&made);
    }
}

static void test_noise(void **state) {
    (void)state;
    check_all(-0.5, SIZE_MAX);
}

static void test_pedestal(void **state) {
    (void)state;
    check_all(1000.0, (size_t)1 << 22);
}

/* Two samples and a kernel of two taps, by hand. */
static void test_definition(void **state) {
    (void)state;
    static const size_case sizes = {{2, 3}, {2, 2}};
    static const double x[] = {1, 2, 3, 4, 5, 6}, y[] = {7, 8};
    static const double left[] = {1 * 1 + 2 * 2, 1 * 2 + 2 * 3, 1 * 4 + 2 * 5, 1 * 5 + 2 * 6};
    static const double right[] = {2 * 1 + 3 * 2, 2 * 2 + 3 * 3, 2 * 4 + 3 * 5, 2 * 5 + 3 * 6};
    static const double blurred[] = {7 * 1 + 8 * 2, 7 * 2 + 8 * 3, 7 * 4 + 8 * 5, 7 * 5 + 8 * 6};
    fixture made = make_fixture(&sizes, 0.0);
    for (size_t i = 0; i < 6; i++)
        made.x[i] = x[i];
    for (size_t i = 0; i < 2; i++)
        made.y[i] = y[i];
    ckn_guarded_upload(&made.dx, made.x);
    ckn_guarded_upload(&made.dy, made.y);
    for (size_t i = 0; i < 4; i++) {
        made.expected.left[i] = left[i];
        made.expected.right[i] = right[i];
        made.expected.blurred[i] = blurred[i];
    }
    made.expected.square = 7 * 7 + 8 * 8;
    check(&made, CKN_CORRELATION_DIRECT);
    free_fixture(&made);
}

static void test_unavailable(void **state) {
    (void)state;
    ckn_backend *backend = ckn_test_backend();
    fixture made = make_fixture(&cases[CASES - 1], 0.0);
    assert_true(available(&made, CKN_CORRELATION_DIRECT));
    if (!available(&made, CKN_CORRELATION_FFT)) {
        ckn_correlator *correlator = NULL;
        ckn_error refused = {CKN_OK, ""};
        ckn_code code = backend->ops->correlator_create(backend, made.image, made.kernel,
                                                        CKN_CORRELATION_FFT, &correlator, &refused);
        assert_int_equal(code, CKN_ERROR_UNSUPPORTED);
        assert_null(correlator);
    }
    backend->ops->correlator_destroy(backend, NULL);
    free_fixture(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_pedestal),
        cmocka_unit_test(test_unavailable),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
