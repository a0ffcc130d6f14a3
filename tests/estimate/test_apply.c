/* h * x with every support against naive loops. */
#include "estimate/fixture.h"

#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef void (*reference)(const double *x, ckn_shape x_shape, const double *h, ckn_shape h_shape,
                          double *out);
static const reference references[] = {
    [CKN_SUPPORT_VALID] = ckn_naive_valid,
    [CKN_SUPPORT_SAME] = ckn_naive_same,
    [CKN_SUPPORT_FULL] = ckn_naive_full,
};

static void expect_support(ckn_shape x_shape, ckn_shape h_shape, ckn_support support,
                           ckn_engine engine) {
    double *x = ckn_test_random_array(1, ckn_shape_count(x_shape), -1, 1);
    double *h = ckn_test_random_array(2, ckn_shape_count(h_shape), -1, 1);
    size_t rows = 0;
    size_t cols = 0;
    TRY_OK(ckn_apply_size(x_shape.rows, x_shape.cols, h_shape.rows, h_shape.cols, support, &rows,
                          &cols, &error));
    double *got = ckn_test_array(rows * cols);
    double *expected = ckn_test_array(rows * cols);
    TRY_OK(ckn_apply(ckn_test_context(), ckn_view_f64(x, x_shape.rows, x_shape.cols),
                     ckn_view_f64(h, h_shape.rows, h_shape.cols), support, engine,
                     ckn_output_f64(got, rows, cols), &error));
    references[support](x, x_shape, h, h_shape, expected);
    ckn_test_close(got, expected, rows * cols, ckn_test_tolerance(),
                   "support %d, engine %s, image %zu x %zu, kernel %zu x %zu", (int)support,
                   ckn_engine_name(engine), x_shape.rows, x_shape.cols, h_shape.rows, h_shape.cols);
    free(x);
    free(h);
    free(got);
    free(expected);
}

static void test_supports(void **state) {
    (void)state;
    const ckn_shape cases[][2] = {
        {{30, 40}, {5, 5}}, {{31, 17}, {4, 6}}, {{1, 50}, {1, 7}},
        {{50, 1}, {8, 1}},  {{9, 9}, {9, 9}},   {{20, 20}, {1, 1}},
    };
    for (int support = CKN_SUPPORT_VALID; support <= CKN_SUPPORT_FULL; support++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            expect_support(cases[i][0], cases[i][1], (ckn_support)support, CKN_ENGINE_AUTO);
            expect_support(cases[i][0], cases[i][1], (ckn_support)support, CKN_ENGINE_DIRECT);
            /* clFFT compiles every shape for seconds. */
            if (ckn_test_on_cpu())
                expect_support(cases[i][0], cases[i][1], (ckn_support)support, CKN_ENGINE_FFT);
        }
        /* All three supports pad to 120 x 120. */
        expect_support((ckn_shape){109, 110}, (ckn_shape){5, 6}, (ckn_support)support,
                       CKN_ENGINE_FFT);
    }
}

/* A kernel larger than the image has no valid support, but a same and a full one. */
static void test_kernel_larger_than_image(void **state) {
    (void)state;
    expect_support((ckn_shape){3, 4}, (ckn_shape){7, 6}, CKN_SUPPORT_SAME, CKN_ENGINE_DIRECT);
    expect_support((ckn_shape){3, 4}, (ckn_shape){7, 6}, CKN_SUPPORT_FULL,
                   ckn_test_on_cpu() ? CKN_ENGINE_FFT : CKN_ENGINE_DIRECT);
}

static void test_errors(void **state) {
    (void)state;
    size_t rows = 0;
    size_t cols = 0;
    ckn_error error;
    assert_int_equal(ckn_apply_size(3, 4, 7, 6, CKN_SUPPORT_VALID, &rows, &cols, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "larger than the image"));
    assert_int_equal(ckn_apply_size(0, 4, 7, 6, CKN_SUPPORT_FULL, &rows, &cols, &error),
                     CKN_ERROR_ARGUMENT);
    assert_int_equal(ckn_apply_size(3, 4, 7, 6, (ckn_support)5, &rows, &cols, &error),
                     CKN_ERROR_ARGUMENT);
    double x[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    double h[1] = {2};
    double out[9];
    assert_int_equal(ckn_apply(ckn_test_context(), ckn_view_f64(x, 3, 3), ckn_view_f64(h, 1, 1),
                               CKN_SUPPORT_SAME, CKN_ENGINE_AUTO, ckn_output_f64(out, 2, 3),
                               &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "must be 3 x 3"));
    x[4] = NAN;
    assert_int_equal(ckn_apply(ckn_test_context(), ckn_view_f64(x, 3, 3), ckn_view_f64(h, 1, 1),
                               CKN_SUPPORT_SAME, CKN_ENGINE_AUTO, ckn_output_f64(out, 3, 3),
                               &error),
                     CKN_ERROR_DATA);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_supports),
        cmocka_unit_test(test_kernel_larger_than_image),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests_name("apply", tests, NULL, ckn_test_close_context);
}
