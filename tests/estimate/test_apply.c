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

/* The result moved by (row, col) is that of the kernel in a frame of zeros, whose middle lies as
 * much farther back. */
static void test_shifts(void **state) {
    (void)state;
    enum { ROWS = 13, COLS = 17, K = 3, L = 4, FRAME = 41, MIDDLE = FRAME / 2 };
    static const ptrdiff_t shifts[][2] = {{0, 0}, {1, 0}, {0, -1}, {5, -7}, {-12, 16}, {18, -19}};
    double *x = ckn_test_random_array(3, ROWS * COLS, -1, 1);
    double *h = ckn_test_random_array(4, K * L, -1, 1);
    for (size_t i = 0; i < sizeof shifts / sizeof shifts[0]; i++) {
        double frame[FRAME * FRAME] = {0}, got[ROWS * COLS], expected[ROWS * COLS];
        ckn_apply_options options;
        ckn_apply_options_init(&options);
        options.support = CKN_SUPPORT_SAME;
        options.engine = CKN_ENGINE_DIRECT;
        options.row_shift = shifts[i][0];
        options.col_shift = shifts[i][1];
        for (ptrdiff_t row = 0; row < K; row++) {
            for (ptrdiff_t col = 0; col < L; col++)
                frame[(MIDDLE + row - (K - 1) / 2 + options.row_shift) * FRAME + MIDDLE + col -
                      (L - 1) / 2 + options.col_shift] = h[row * L + col];
        }
        TRY_OK(ckn_apply_with(ckn_test_context(), &options, ckn_view_f64(x, ROWS, COLS),
                              ckn_view_f64(h, K, L), ckn_output_f64(got, ROWS, COLS), &error));
        ckn_naive_same(x, (ckn_shape){ROWS, COLS}, frame, (ckn_shape){FRAME, FRAME}, expected);
        ckn_test_close(got, expected, ROWS * COLS, ckn_test_tolerance(), "shift x %td, y %td",
                       options.col_shift, options.row_shift);
    }
    free(x);
    free(h);
}

typedef struct witness {
    size_t calls, stop_at; /* 0: never */
    size_t last, count;
} witness;

static int watch(void *user, const ckn_progress *progress) {
    witness *seen = user;
    assert_int_equal(progress->phase, CKN_PHASE_CONVOLVE);
    assert_true(progress->iteration <= progress->iterations);
    assert_true(seen->calls == 0 || progress->iteration > seen->last);
    seen->last = progress->iteration;
    seen->count = progress->iterations;
    return ++seen->calls == seen->stop_at;
}

/* An image of more than one band: no seam, a callback between the bands, and an end where it asks
 * for one. */
static void test_bands(void **state) {
    (void)state;
    const ckn_shape shape = {2150, 2048};
    const ckn_shape kernel = {3, 2};
    const size_t count = ckn_shape_count(shape);
    double *x = ckn_test_random_array(5, count, -1, 1), *got = ckn_test_array(count);
    double *h = ckn_test_random_array(6, 6, -1, 1), *expected = ckn_test_array(count);
    witness seen = {0, 0, 0, 0};
    ckn_apply_options options = {.support = CKN_SUPPORT_SAME,
                                 .engine = CKN_ENGINE_DIRECT,
                                 .progress = watch,
                                 .progress_user = &seen};
    const ckn_view image = ckn_view_f64(x, shape.rows, shape.cols);
    const ckn_output output = ckn_output_f64(got, shape.rows, shape.cols);
    TRY_OK(ckn_apply_with(ckn_test_context(), &options, image,
                          ckn_view_f64(h, kernel.rows, kernel.cols), output, &error));
    ckn_naive_same(x, shape, h, kernel, expected);
    ckn_test_close(got, expected, count, ckn_test_tolerance(), "bands");
    assert_true(seen.count >= 2);
    assert_int_equal(seen.calls, seen.count + 1);
    seen = (witness){0, 2, 0, 0};
    assert_int_equal(ckn_apply_with(ckn_test_context(), &options, image,
                                    ckn_view_f64(h, kernel.rows, kernel.cols), output, NULL),
                     CKN_ERROR_CANCELLED);
    assert_int_equal(seen.calls, 2);
    free(x);
    free(got);
    free(h);
    free(expected);
}

static void test_option_errors(void **state) {
    (void)state;
    double x[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, h[1] = {2}, out[9];
    const ckn_view image = ckn_view_f64(x, 3, 3), kernel = ckn_view_f64(h, 1, 1);
    const ckn_output output = ckn_output_f64(out, 3, 3);
    ckn_error error;
    ckn_apply_options options = {.support = CKN_SUPPORT_FULL, .row_shift = 1};
    assert_int_equal(ckn_apply_with(ckn_test_context(), NULL, image, kernel, output, &error),
                     CKN_ERROR_ARGUMENT);
    assert_int_equal(ckn_apply_with(ckn_test_context(), &options, image, kernel, output, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "needs the support same"));
    options = (ckn_apply_options){.support = CKN_SUPPORT_SAME, .col_shift = PTRDIFF_MIN};
    assert_int_equal(ckn_apply_with(ckn_test_context(), &options, image, kernel, output, &error),
                     CKN_ERROR_ARGUMENT);
    options = (ckn_apply_options){.support = CKN_SUPPORT_SAME, .col_shift = PTRDIFF_MAX / 4};
    assert_int_equal(ckn_apply_with(ckn_test_context(), &options, image, kernel, output, &error),
                     CKN_OK);
    for (size_t i = 0; i < 9; i++)
        assert_true(out[i] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_supports),      cmocka_unit_test(test_kernel_larger_than_image),
        cmocka_unit_test(test_shifts),        cmocka_unit_test(test_bands),
        cmocka_unit_test(test_option_errors), cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests_name("apply", tests, NULL, ckn_test_close_context);
}
