/* Images of the caller: every type, layout and number of channels in and out, rounding, the weight
 * of alpha. */
#include "blur/reference.h"

#include "estimate/fixture.h"
#include "support/line_filter.h"
#include "support/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ckn_type types[] = {CKN_FLOAT32, CKN_FLOAT64, CKN_UINT8, CKN_UINT16};
static const char *const type_names[] = {"f32", "f64", "u8", "u16"};
enum { TYPES = 4 };

/* Where the exact value is not so near to the middle between two integers that the error of
 * float32 may decide. */
static bool clear_of_ties(double exact, ckn_type type) {
    const double steps = stored_steps(type), nearness = type == CKN_UINT8 ? 1e-4 : 0.1;
    return fabs(exact * steps - floor(exact * steps) - 0.5) > nearness;
}

static void compare(const stored_image *got, const double *expected, double tolerance,
                    const char *what) {
    const ckn_type type = got->image.type;
    const size_t count = got->image.rows * got->image.cols * got->image.channels;
    const double steps = stored_steps(type);
    double *samples = stored_read(got);
    for (size_t i = 0; i < count; i++) {
        double due = expected[i], allowed = tolerance;
        if (type == CKN_FLOAT32)
            allowed = fmax(allowed, 1e-7);
        if (steps > 0.0) {
            due = round(due * steps) / steps;
            allowed = clear_of_ties(expected[i], type) ? 1e-9 : 1.01 / steps;
        }
        if (!(fabs(samples[i] - due) <= allowed))
            ckn_test_fail("%s: sample %zu is %.9g, exact %.9g", what, i, samples[i], expected[i]);
    }
    free(samples);
}

/* One image through the library and through the reference. */
static void check(const ckn_blur_options *options, const stored_image *from, const stored_image *to,
                  uint64_t seed) {
    char what[160];
    const ckn_shape shape = {from->image.rows, from->image.cols};
    const size_t channels = from->image.channels, count = ckn_shape_count(shape) * channels;
    snprintf(what, sizeof what, "%s of %zu channels (strides %td, %td, %td) to %s (%td, %td, %td)",
             type_names[from->image.type], channels, from->image.row_stride, from->image.col_stride,
             from->image.channel_stride, type_names[to->image.type], to->image.row_stride,
             to->image.col_stride, to->image.channel_stride);
    double *x = reference_random(seed, count, from->image.type), *expected = ckn_test_array(count);
    stored_write(from, x);
    const ckn_image_output output = stored_output(to);
    ckn_blur_result result;
    TRY_OK(ckn_blur(ckn_test_context(), options, &from->image, &output, &result, &error));
    reference_blur(x, shape, channels, options, &result, expected);
    stored_check_guards(to, what);
    stored_check_guards(from, what);
    compare(to, expected, reference_tolerance(from->image.type), what);
    free(x);
    free(expected);
}

static void test_layouts(void **state) {
    (void)state;
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.sigma_x = 1.3;
    options.sigma_y = 0.8;
    for (int i = 0; i < TYPES * TYPES * STORED_LAYOUTS * STORED_LAYOUTS * 4; i++) {
        const ckn_type in = types[i % TYPES], out = types[i / TYPES % TYPES];
        const int layouts = i / (TYPES * TYPES);
        const size_t channels = (size_t)(layouts / (STORED_LAYOUTS * STORED_LAYOUTS)) + 1;
        const ckn_shape shape = {6, 9};
        options.boundary = (ckn_boundary)(i % CKN_TEST_BOUNDARIES);
        stored_image from =
            stored_create(in, (stored_layout)(layouts % STORED_LAYOUTS), shape, channels);
        stored_image to = stored_create(
            out, (stored_layout)(layouts / STORED_LAYOUTS % STORED_LAYOUTS), shape, channels);
        check(&options, &from, &to, (uint64_t)i);
        stored_destroy(&from);
        stored_destroy(&to);
    }
}

static void test_in_place(void **state) {
    (void)state;
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.method = CKN_BLUR_BOX;
    options.passes = 3;
    options.sigma_x = options.sigma_y = 2.0;
    for (int i = 0; i < TYPES * STORED_LAYOUTS * 4; i++) {
        const size_t channels = (size_t)(i / (TYPES * STORED_LAYOUTS)) + 1;
        stored_image image =
            stored_create(types[i % TYPES], (stored_layout)(i / TYPES % STORED_LAYOUTS),
                          (ckn_shape){20, 19}, channels);
        check(&options, &image, &image, (uint64_t)i);
        stored_destroy(&image);
    }
}

/* --- conversion alone ------------------------------------------------------------------------- */

/* Both sigmas 0: integers come back as they were, all of them. */
static void test_integers_survive(void **state) {
    (void)state;
    enum { ROWS = 256, COLS = 256 };
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.sigma_x = options.sigma_y = 0.0;
    uint16_t *wide = malloc(2 * sizeof *wide * ROWS * COLS);
    assert_non_null(wide);
    uint16_t *kept = wide + (size_t)ROWS * COLS;
    for (size_t i = 0; i < (size_t)ROWS * COLS; i++)
        wide[i] = kept[i] = (uint16_t)i;
    const ckn_image from = ckn_image_interleaved(wide, CKN_UINT16, ROWS, COLS, 1);
    const ckn_image_output to = ckn_image_output_interleaved(wide, CKN_UINT16, ROWS, COLS, 1);
    TRY_OK(ckn_blur(ckn_test_context(), &options, &from, &to, NULL, &error));
    assert_memory_equal(wide, kept, sizeof *wide * ROWS * COLS);
    uint8_t narrow[256], also[256];
    for (size_t i = 0; i < 256; i++)
        narrow[i] = also[i] = (uint8_t)i;
    const ckn_image bytes = ckn_image_planar(narrow, CKN_UINT8, 8, 8, 4);
    const ckn_image_output back = ckn_image_output_planar(narrow, CKN_UINT8, 8, 8, 4);
    TRY_OK(ckn_blur(ckn_test_context(), &options, &bytes, &back, NULL, &error));
    assert_memory_equal(narrow, also, sizeof narrow);
    free(wide);
}

/* Integers are rounded to nearest and clipped to their range; NaN is 0. */
static void check_clipping(ckn_type real, ckn_type integer) {
    const double steps = stored_steps(integer), most = steps;
    const double values[] = {
        -0.5, -1e-9, 1.5, 1e30,         (double)NAN,  (double)INFINITY,  -1e300,
        -0.0, 0.0,   1.0, 0.49 / steps, 0.51 / steps, 1.0 - 0.4 / steps, 1.0 - 0.6 / steps};
    const double due[] = {0, 0, most, most, 0, most, 0, 0, 0, most, 0, 1, most, most - 1.0};
    enum { COUNT = sizeof values / sizeof *values };
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.sigma_x = options.sigma_y = 0.0;
    stored_image from = stored_create(real, STORED_INTERLEAVED, (ckn_shape){1, COUNT}, 1);
    stored_image to = stored_create(integer, STORED_INTERLEAVED, (ckn_shape){1, COUNT}, 1);
    const ckn_image_output output = stored_output(&to);
    stored_write(&from, values);
    TRY_OK(ckn_blur(ckn_test_context(), &options, &from.image, &output, NULL, &error));
    for (size_t i = 0; i < COUNT; i++) {
        if (stored_get(&to, 0, i, 0) * steps != due[i])
            ckn_test_fail("%g as %s is %g, not %g", values[i], type_names[integer],
                          stored_get(&to, 0, i, 0) * steps, due[i]);
    }
    stored_destroy(&from);
    stored_destroy(&to);
}

static void test_clipping(void **state) {
    (void)state;
    check_clipping(CKN_FLOAT32, CKN_UINT8);
    check_clipping(CKN_FLOAT64, CKN_UINT8);
    check_clipping(CKN_FLOAT32, CKN_UINT16);
    check_clipping(CKN_FLOAT64, CKN_UINT16);
}

/* --- alpha ------------------------------------------------------------------------------------ */

/* Colours are as exact as the blurred alpha, which they are divided by, allows. */
static void compare_weighted(const stored_image *got, const double *expected, double tolerance) {
    const size_t channels = got->image.channels, pixels = got->image.rows * got->image.cols;
    const double steps = stored_steps(got->image.type), rounding = steps > 0.0 ? 0.5 / steps : 1e-7;
    double *samples = stored_read(got);
    for (size_t i = 0; i < pixels * channels; i++) {
        const double alpha = expected[i / channels * channels + channels - 1];
        if (alpha > 1e-11 && alpha < 1e-7)
            continue; /* round the alpha below which there is no colour */
        const double weight = i % channels == channels - 1 ? 1.0 : fmax(alpha, 1e-3);
        if (!(fabs(samples[i] - expected[i]) <= rounding + 2.0 * tolerance / weight))
            ckn_test_fail("%s, %zu channels: sample %zu is %.9g instead of %.9g, alpha %g",
                          type_names[got->image.type], channels, i, samples[i], expected[i], alpha);
    }
    free(samples);
}

/* Alpha in [0.1, 1], and a corner where it is 0 and colours are wild. */
static void check_weighted(const ckn_blur_options *options, ckn_type in, ckn_type out,
                           stored_layout layout, size_t channels) {
    const ckn_shape shape = {31, 43};
    const size_t count = ckn_shape_count(shape) * channels;
    double *x = reference_random(count, count, in), *expected = ckn_test_array(count);
    const double steps = stored_steps(in) > 0.0 ? stored_steps(in) : 256.0;
    for (size_t i = channels - 1; i < count; i += channels) {
        const size_t row = i / channels / shape.cols, col = i / channels % shape.cols;
        x[i] = row < 9 && col < 12 ? 0.0 : ceil((0.1 + 0.9 * x[i]) * steps) / steps;
    }
    stored_image from = stored_create(in, layout, shape, channels);
    stored_image to = stored_create(out, layout, shape, channels);
    stored_write(&from, x);
    const ckn_image_output output = stored_output(&to);
    ckn_blur_result result;
    TRY_OK(ckn_blur(ckn_test_context(), options, &from.image, &output, &result, &error));
    reference_blur(x, shape, channels, options, &result, expected);
    stored_check_guards(&to, "alpha");
    compare_weighted(&to, expected, reference_tolerance(in));
    stored_destroy(&from);
    stored_destroy(&to);
    free(x);
    free(expected);
}

static void test_alpha(void **state) {
    (void)state;
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.alpha = CKN_ALPHA_LAST;
    for (int i = 0; i < TYPES * TYPES * STORED_LAYOUTS * 2; i++) {
        options.method = i % 2 ? CKN_BLUR_BOX : CKN_BLUR_FIR;
        options.passes = i % 2 ? 4 : 0;
        options.sigma_x = 1.0 + 0.3 * (i % 7);
        options.sigma_y = i % 3 == 0 ? 0.0 : 1.5;
        options.boundary = (ckn_boundary)(i % CKN_TEST_BOUNDARIES);
        check_weighted(&options, types[i % TYPES], types[i / TYPES % TYPES],
                       (stored_layout)(i / (TYPES * TYPES) % STORED_LAYOUTS),
                       i / (TYPES * TYPES * STORED_LAYOUTS) ? 4 : 2);
    }
}

/* An opaque patch on transparent ground: every colour lies between those of the patch, or is 0
 * where nothing of the patch is left; alpha is not what rounding leaves of nothing. */
static void check_patch(ckn_type type, const ckn_blur_options *options) {
    enum { ROWS = 150, COLS = 170, LOW = 40, HIGH = 60 };
    const ckn_shape shape = {ROWS, COLS};
    const size_t count = (size_t)ROWS * COLS * 4;
    double *x = ckn_test_array(count);
    uint64_t seed = 5;
    for (size_t i = 0; i < count; i++) {
        const size_t row = i / 4 / COLS, col = i / 4 % COLS;
        if (row >= LOW && row < HIGH && col >= LOW && col < HIGH)
            x[i] = round(ckn_test_uniform(&seed, 0.2, 0.8) * 255.0) / 255.0;
    }
    stored_image image = stored_create(type, STORED_INTERLEAVED, shape, 4);
    const ckn_image_output output = stored_output(&image);
    stored_write(&image, x);
    TRY_OK(ckn_blur(ckn_test_context(), options, &image.image, &output, NULL, &error));
    double *got = stored_read(&image);
    for (size_t i = 0; i < count; i++) {
        const bool colour = i % 4 != 3, between = got[i] >= 0.19 && got[i] <= 0.81;
        if (colour && !between && got[i] != 0.0)
            ckn_test_fail("%s, sigma %g: colour %g of pixel %zu, alpha %g", type_names[type],
                          options->sigma_x, got[i], i / 4, got[i / 4 * 4 + 3]);
        if (colour && got[i] == 0.0 && got[i / 4 * 4 + 3] > 1e-6)
            ckn_test_fail("%s: no colour where alpha is %g", type_names[type], got[i / 4 * 4 + 3]);
    }
    free(x);
    free(got);
    stored_destroy(&image);
}

static void test_transparent_ground(void **state) {
    (void)state;
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.alpha = CKN_ALPHA_LAST;
    for (int i = 0; i < TYPES * 6; i++) {
        options.method = i / TYPES % 2 ? CKN_BLUR_BOX : CKN_BLUR_FIR;
        options.passes = i / TYPES % 2 ? 5 : 0;
        const int step = i / (2 * TYPES);
        options.sigma_x = options.sigma_y = 1.5 + 5.0 * step;
        check_patch(types[i % TYPES], &options);
    }
}

/* Alphas so small that 1 / alpha is no number. */
static void test_tiny_alpha(void **state) {
    (void)state;
    float pixel[4] = {0.5F, 0.25F, 0.0F, 1e-39F};
    const ckn_image from = ckn_image_interleaved(pixel, CKN_FLOAT32, 1, 1, 4);
    const ckn_image_output to = ckn_image_output_interleaved(pixel, CKN_FLOAT32, 1, 1, 4);
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.alpha = CKN_ALPHA_LAST;
    TRY_OK(ckn_blur(ckn_test_context(), &options, &from, &to, NULL, &error));
    for (size_t k = 0; k < 4; k++)
        assert_true(pixel[k] >= 0.0F && pixel[k] <= 0.6F);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_integers_survive),
        cmocka_unit_test(test_clipping),
        cmocka_unit_test(test_alpha),
        cmocka_unit_test(test_transparent_ground),
        cmocka_unit_test(test_tiny_alpha),
    };
    return cmocka_run_group_tests_name("pixels", tests, NULL, ckn_test_close_context);
}
