/* ckn_blur against the composed kernel applied along rows and columns of the virtually extended
 * image. */
#include "estimate/fixture.h"

#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>

static void naive_blur(const double *in, ckn_shape shape, const ckn_blur_options *options,
                       double *out) {
    ckn_extended_box box = ckn_naive_box(options->sigma, options->passes);
    double *rows = ckn_test_array(ckn_shape_count(shape));
    ckn_naive_box_axis(in, shape, CKN_AXIS_ROWS, &box, options->boundary, rows);
    ckn_naive_box_axis(rows, shape, CKN_AXIS_COLS, &box, options->boundary, out);
    free(rows);
}

static void test_equals_composed_kernel(void **state) {
    (void)state;
    const ckn_shape shapes[] = {{1, 1}, {1, 9}, {7, 1}, {2, 3}, {37, 53}, {64, 65}};
    const ckn_blur_options blurs[] = {{0.4, 3, 0}, {1.7, 5, 0}, {6, 4, 0}, {15.4, 6, 0}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (size_t j = 0; j < sizeof blurs / sizeof blurs[0]; j++) {
            for (int boundary = CKN_BOUNDARY_REFLECT; boundary <= CKN_BOUNDARY_ZERO; boundary++) {
                ckn_blur_options options = blurs[j];
                options.boundary = (ckn_boundary)boundary;
                size_t count = ckn_shape_count(shapes[i]);
                double *image = ckn_test_random_array(i + 10 * j, count, 0, 1);
                double *expected = ckn_test_array(count);
                naive_blur(image, shapes[i], &options, expected);
                ckn_view view = ckn_view_f64(image, shapes[i].rows, shapes[i].cols);
                ckn_output output = ckn_output_f64(image, shapes[i].rows, shapes[i].cols);
                TRY_OK(ckn_blur(ckn_test_context(), &options, &view, &output, 1, NULL, &error));
                for (size_t k = 0; k < count; k++) {
                    if (!(fabs(image[k] - expected[k]) <= (ckn_test_on_cpu() ? 1e-12 : 1e-6)))
                        ckn_test_fail("%zu x %zu, sigma %g, %s: %.9g instead of %.9g",
                                      shapes[i].rows, shapes[i].cols, options.sigma,
                                      ckn_boundary_name(options.boundary), image[k], expected[k]);
                }
                free(image);
                free(expected);
            }
        }
    }
}

/* Interleaved planes, float32 output, several planes in one run of one plan. */
static void test_planes(void **state) {
    (void)state;
    enum { ROWS = 20, COLS = 31, PLANES = 3 };
    const ckn_shape shape = {ROWS, COLS};
    const ckn_blur_options options = {2, 3, CKN_BOUNDARY_MIRROR};
    double *pixels = ckn_test_random_array(5, (size_t)ROWS * COLS * PLANES, 0, 1);
    float *blurred = calloc((size_t)ROWS * COLS * PLANES, sizeof *blurred);
    ckn_view views[PLANES];
    ckn_output outputs[PLANES];
    for (size_t p = 0; p < PLANES; p++) {
        views[p] =
            (ckn_view){pixels + p, CKN_FLOAT64, ROWS, COLS, (ptrdiff_t)COLS * PLANES, PLANES};
        outputs[p] =
            (ckn_output){blurred + p, CKN_FLOAT32, ROWS, COLS, (ptrdiff_t)COLS * PLANES, PLANES};
    }
    ckn_blur_plan *plan = NULL;
    ckn_blur_result result;
    TRY_OK(ckn_blur_plan_create(ckn_test_context(), &options, ROWS, COLS, &plan, &error));
    TRY_OK(ckn_blur_plan_run(plan, views, outputs, PLANES, &result, &error));
    ckn_blur_plan_destroy(plan);
    assert_true(result.box.sigma == 2 && result.box.passes == 3);
    double *plane = ckn_test_array((size_t)ROWS * COLS);
    double *expected = ckn_test_array((size_t)ROWS * COLS);
    for (size_t p = 0; p < PLANES; p++) {
        for (size_t i = 0; i < (size_t)ROWS * COLS; i++)
            plane[i] = pixels[i * PLANES + p];
        naive_blur(plane, shape, &options, expected);
        for (size_t i = 0; i < (size_t)ROWS * COLS; i++)
            assert_true(fabs((double)blurred[i * PLANES + p] - expected[i]) <= 1e-6);
    }
    free(pixels);
    free(blurred);
    free(plane);
    free(expected);
}

/* NaN and infinity reach d (l+1) samples along each axis and no further. */
static void test_bad_pixels_stay_local(void **state) {
    (void)state;
    enum { SIDE = 61, CENTRE = 30 };
    const ckn_blur_options options = {2, 3, CKN_BOUNDARY_REFLECT};
    const double bad[] = {NAN, INFINITY, -INFINITY};
    ckn_extended_box box = ckn_naive_box(options.sigma, options.passes);
    size_t reach = box.passes * (box.l + 1);
    for (size_t i = 0; i < 3; i++) {
        double *image = ckn_test_random_array(8, (size_t)SIDE * SIDE, 0, 1);
        image[CENTRE * SIDE + CENTRE] = bad[i];
        ckn_view view = ckn_view_f64(image, SIDE, SIDE);
        ckn_output output = ckn_output_f64(image, SIDE, SIDE);
        TRY_OK(ckn_blur(ckn_test_context(), &options, &view, &output, 1, NULL, &error));
        for (size_t row = 0; row < SIDE; row++) {
            for (size_t col = 0; col < SIDE; col++) {
                size_t dy = row > CENTRE ? row - CENTRE : CENTRE - row;
                size_t dx = col > CENTRE ? col - CENTRE : CENTRE - col;
                bool inside = dy <= reach && dx <= reach;
                assert_int_equal(isfinite(image[row * SIDE + col]) != 0, !inside);
            }
        }
        free(image);
    }
}

static void test_refusals(void **state) {
    (void)state;
    double image[12] = {0};
    ckn_view view = ckn_view_f64(image, 3, 4);
    ckn_output output = ckn_output_f64(image, 3, 4);
    ckn_context *context = ckn_test_context();
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    TRY_OK(ckn_blur(context, &options, &view, &output, 1, NULL, &error));
    assert_int_equal(ckn_blur(context, &options, &view, &output, 0, NULL, NULL),
                     CKN_ERROR_ARGUMENT);
    assert_int_equal(ckn_blur(context, NULL, &view, &output, 1, NULL, NULL), CKN_ERROR_ARGUMENT);
    options.boundary = (ckn_boundary)7;
    assert_int_equal(ckn_blur(context, &options, &view, &output, 1, NULL, NULL),
                     CKN_ERROR_ARGUMENT);
    ckn_blur_options_init(&options);
    options.sigma = NAN;
    assert_int_equal(ckn_blur(context, &options, &view, &output, 1, NULL, NULL),
                     CKN_ERROR_ARGUMENT);
    ckn_blur_options_init(&options);
    output.rows = 2;
    assert_int_equal(ckn_blur(context, &options, &view, &output, 1, NULL, NULL),
                     CKN_ERROR_ARGUMENT);
    output.data = NULL;
    assert_int_equal(ckn_blur(context, &options, &view, &output, 1, NULL, NULL),
                     CKN_ERROR_ARGUMENT);
    ckn_blur_plan *plan = NULL;
    assert_int_equal(ckn_blur_plan_create(context, &options, 0, 3, &plan, NULL),
                     CKN_ERROR_ARGUMENT);
    ckn_blur_plan_destroy(NULL);
    assert_string_equal(ckn_boundary_name(CKN_BOUNDARY_PERIODIC), "periodic");
    assert_string_equal(ckn_boundary_name((ckn_boundary)7), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_composed_kernel),
        cmocka_unit_test(test_planes),
        cmocka_unit_test(test_bad_pixels_stay_local),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("blur", tests, NULL, ckn_test_close_context);
}
