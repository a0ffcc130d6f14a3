/* ckn_blur against the kernels that it says it uses, applied along rows and columns of the
 * virtually extended image; plans, and what they tell. */
#include "blur/reference.h"

#include "estimate/fixture.h"
#include "support/line_filter.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ckn_blur_options options_of(double sigma_x, double sigma_y, ckn_blur_method method,
                                   size_t passes) {
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.sigma_x = sigma_x;
    options.sigma_y = sigma_y;
    options.method = method;
    options.passes = passes;
    return options;
}

static void check(ckn_shape shape, size_t channels, const ckn_blur_options *options,
                  ckn_type type) {
    const size_t count = ckn_shape_count(shape) * channels;
    double *x = reference_random(count, count, type), *expected = ckn_test_array(count);
    stored_image image = stored_create(type, STORED_INTERLEAVED, shape, channels);
    const ckn_image_output output = stored_output(&image);
    ckn_blur_result result;
    stored_write(&image, x);
    TRY_OK(ckn_blur(ckn_test_context(), options, &image.image, &output, &result, &error));
    reference_blur(x, shape, channels, options, &result, expected);
    double *got = stored_read(&image);
    const double error = ckn_test_largest_error(got, expected, count);
    if (!(error <= reference_tolerance(type)))
        ckn_test_fail("%zu x %zu x %zu, sigma %g, %g, %s, %s, %zu passes: off by %g", shape.rows,
                      shape.cols, channels, options->sigma_x, options->sigma_y,
                      ckn_boundary_name(options->boundary), ckn_blur_method_name(options->method),
                      options->passes, error);
    stored_destroy(&image);
    free(x);
    free(expected);
    free(got);
}

static void test_equals_its_kernels(void **state) {
    (void)state;
    static const ckn_shape shapes[] = {{1, 1}, {1, 9}, {7, 1}, {2, 3}, {37, 53}, {64, 65}};
    const ckn_blur_options blurs[] = {
        options_of(0.4, 0.4, CKN_BLUR_BOX, 3),  options_of(1.7, 6.0, CKN_BLUR_BOX, 5),
        options_of(15.4, 3.0, CKN_BLUR_BOX, 6), options_of(2.0, 0.0, CKN_BLUR_BOX, 3),
        options_of(0.0, 7.0, CKN_BLUR_FIR, 0),  options_of(1.2, 4.5, CKN_BLUR_FIR, 0),
        options_of(0.6, 30.0, CKN_BLUR_AUTO, 0)};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (size_t j = 0; j < sizeof blurs / sizeof blurs[0]; j++) {
            for (int boundary = CKN_BOUNDARY_REFLECT; boundary <= CKN_BOUNDARY_ZERO; boundary++) {
                ckn_blur_options options = blurs[j];
                options.boundary = (ckn_boundary)boundary;
                options.correction = (i + j) % 2 == 0;
                check(shapes[i], 1 + (i + j) % 4, &options, CKN_FLOAT32);
                check(shapes[i], 1 + (i + j) % 4, &options, CKN_FLOAT64);
            }
        }
    }
}

/* Both sigmas 0: nothing is done, also to NaN and to numbers outside [0, 1]. */
static void test_identity(void **state) {
    (void)state;
    const ckn_blur_options options = options_of(0.0, 0.0, CKN_BLUR_AUTO, 0);
    const float x[] = {-3.5F, 1e30F, (float)NAN, 0.0F, (float)INFINITY, 1e-40F};
    float y[6];
    const ckn_image from = ckn_image_interleaved(x, CKN_FLOAT32, 2, 3, 1);
    const ckn_image_output to = ckn_image_output_interleaved(y, CKN_FLOAT32, 2, 3, 1);
    ckn_blur_result result;
    TRY_OK(ckn_blur(ckn_test_context(), &options, &from, &to, &result, &error));
    for (size_t i = 0; i < 6; i++)
        assert_true(y[i] == x[i] || (isnan(y[i]) && isnan(x[i])));
    assert_true(result.error_bound == 0.0);
    assert_true(result.x.method == CKN_BLUR_AUTO && result.y.method == CKN_BLUR_AUTO);
    assert_true(result.x.reach == 0 && result.y.reach == 0);
}

/* Frames of different types and layouts through one plan: each as if it were the only one, also
 * after a frame full of NaN. */
static void test_frames(void **state) {
    (void)state;
    enum { FRAMES = 24 };
    const ckn_shape shape = {33, 40};
    const size_t channels = 3, count = 33 * 40 * 3;
    const ckn_blur_options options = options_of(2.0, 5.0, CKN_BLUR_AUTO, 0);
    ckn_blur_plan *plan = NULL;
    TRY_OK(ckn_blur_plan_create(ckn_test_context(), &options, shape.rows, shape.cols, channels,
                                CKN_FLOAT32, &plan, &error));
    for (int i = 0; i < FRAMES; i++) {
        const ckn_type type = (ckn_type)(i % 4);
        stored_image image =
            stored_create(type, (stored_layout)(i % STORED_LAYOUTS), shape, channels);
        const ckn_image_output output = stored_output(&image);
        double *x = reference_random((uint64_t)i, count, type), *expected = ckn_test_array(count);
        x[7] = i == 5 ? (double)NAN : x[7];
        stored_write(&image, x);
        ckn_blur_result result;
        TRY_OK(ckn_blur_plan_run(plan, &image.image, &output, &result, &error));
        reference_blur(x, shape, channels, &options, &result, expected);
        double *got = stored_read(&image);
        const double steps = stored_steps(type), rounding = steps > 0.0 ? 0.5 / steps : 0.0;
        const double error = ckn_test_largest_error(got, expected, count);
        if (!(error <= 1e-6 + rounding))
            ckn_test_fail("frame %d is off by %g", i, error);
        stored_destroy(&image);
        free(got);
        free(x);
        free(expected);
    }
    ckn_blur_plan_destroy(plan);
}

/* A run that is refused leaves the plan as it was. */
static void test_frame_after_refusal(void **state) {
    (void)state;
    const ckn_blur_options options = options_of(1.0, 1.0, CKN_BLUR_AUTO, 0);
    float x[] = {0, 0, 1, 0, 0, 0}, y[6];
    ckn_image from = ckn_image_interleaved(x, CKN_FLOAT32, 2, 3, 1);
    const ckn_image_output to = ckn_image_output_interleaved(y, CKN_FLOAT32, 2, 3, 1);
    ckn_blur_plan *plan = NULL;
    TRY_OK(ckn_blur_plan_create(ckn_test_context(), &options, 2, 3, 1, CKN_FLOAT32, &plan, &error));
    TRY_OK(ckn_blur_plan_run(plan, &from, &to, NULL, &error));
    float first[6];
    memcpy(first, y, sizeof y);
    from.rows = 1;
    assert_int_equal(ckn_blur_plan_run(plan, &from, &to, NULL, NULL), CKN_ERROR_ARGUMENT);
    from.rows = 2;
    TRY_OK(ckn_blur_plan_run(plan, &from, &to, NULL, &error));
    assert_memory_equal(first, y, sizeof y);
    ckn_blur_plan_destroy(plan);
}

static double l1_of(const ckn_blur_axis *axis, double sigma) {
    const size_t reach = (size_t)ceil(12.0 * sigma) + axis->reach;
    double *gaussian = ckn_naive_gaussian(sigma, reach);
    size_t count = 2 * axis->reach + 1;
    double *taps = axis->method == CKN_BLUR_BOX ? ckn_naive_box_taps(&axis->box, &count)
                                                : ckn_naive_gaussian(sigma, axis->reach);
    double l1 = 0.0;
    for (size_t i = 0; i < 2 * reach + 1; i++) {
        const ptrdiff_t at = (ptrdiff_t)i - (ptrdiff_t)reach + (ptrdiff_t)(count / 2);
        const double tap = at >= 0 && (size_t)at < count ? taps[at] : 0.0;
        l1 += fabs(tap - gaussian[i]);
    }
    free(taps);
    free(gaussian);
    return l1;
}

static void check_axis(const ckn_blur_axis *axis, double sigma) {
    assert_true(fabs(axis->error_l1 - l1_of(axis, sigma)) <= 1e-9);
    if (axis->method == CKN_BLUR_BOX) {
        assert_true(axis->box.sigma == sigma);
        const ckn_line_filter filter = {.box = &axis->box};
        assert_int_equal(axis->reach, ckn_line_filter_reach(&filter));
    }
}

/* The description is that of the run, and its errors are those of the kernels. */
static void test_description(void **state) {
    (void)state;
    const ckn_blur_options blurs[] = {
        options_of(3.0, 8.0, CKN_BLUR_BOX, 4),  options_of(3.0, 8.0, CKN_BLUR_BOX, 0),
        options_of(0.7, 2.0, CKN_BLUR_FIR, 0),  options_of(0.5, 40.0, CKN_BLUR_AUTO, 0),
        options_of(2.0, 2.0, CKN_BLUR_AUTO, 3), options_of(2.0, 4.0, CKN_BLUR_BOX, 1)};
    float x[20] = {1};
    const ckn_image from = ckn_image_interleaved(x, CKN_FLOAT32, 4, 5, 1);
    const ckn_image_output to = ckn_image_output_interleaved(x, CKN_FLOAT32, 4, 5, 1);
    for (size_t i = 0; i < sizeof blurs / sizeof blurs[0]; i++) {
        ckn_blur_plan *plan = NULL;
        ckn_blur_result described, run;
        TRY_OK(ckn_blur_plan_create(ckn_test_context(), &blurs[i], 4, 5, 1, CKN_FLOAT32, &plan,
                                    &error));
        ckn_blur_plan_describe(plan, &described);
        TRY_OK(ckn_blur_plan_run(plan, &from, &to, &run, &error));
        ckn_blur_plan_destroy(plan);
        assert_true(described.error_bound == 0.5 * (described.x.error_l1 + described.y.error_l1));
        assert_true(described.seconds_setup > 0.0 && described.seconds_compute == 0.0);
        assert_true(run.seconds_upload >= 0.0 && run.seconds_download >= 0.0);
        assert_true(run.seconds_compute > 0.0 && run.error_bound == described.error_bound);
        assert_true(run.x.method == described.x.method && run.x.reach == described.x.reach);
        assert_true(run.y.method == described.y.method && run.y.reach == described.y.reach);
        check_axis(&described.x, blurs[i].sigma_x);
        check_axis(&described.y, blurs[i].sigma_y);
        if (blurs[i].method != CKN_BLUR_AUTO)
            assert_true(run.x.method == blurs[i].method && run.y.method == blurs[i].method);
        if (blurs[i].passes > 0)
            assert_int_equal(run.x.box.passes, blurs[i].passes);
    }
}

/* Corrections are made where they help, and only where they are wanted. */
static void test_correction(void **state) {
    (void)state;
    for (int wanted = 0; wanted < 2; wanted++) {
        ckn_blur_options options = options_of(8.0, 0.3, CKN_BLUR_BOX, 5);
        options.correction = wanted;
        ckn_blur_plan *plan = NULL;
        ckn_blur_result result;
        TRY_OK(ckn_blur_plan_create(ckn_test_context(), &options, 4, 5, 1, CKN_FLOAT32, &plan,
                                    &error));
        ckn_blur_plan_describe(plan, &result);
        ckn_blur_plan_destroy(plan);
        assert_int_equal(result.x.box.stride > 0, wanted);
        assert_int_equal(result.y.box.stride, 0);
    }
}

/* NaN and infinity reach as far along each axis as the plan says, and no farther. */
static void check_bad_pixel(const ckn_blur_options *options, double bad) {
    enum { SIDE = 81, CENTRE = 40 };
    double *x = ckn_test_random_array(8, (size_t)SIDE * SIDE, 0, 1);
    x[CENTRE * SIDE + CENTRE] = bad;
    const ckn_image from = ckn_image_interleaved(x, CKN_FLOAT64, SIDE, SIDE, 1);
    const ckn_image_output to = ckn_image_output_interleaved(x, CKN_FLOAT64, SIDE, SIDE, 1);
    ckn_blur_result result;
    TRY_OK(ckn_blur(ckn_test_context(), options, &from, &to, &result, &error));
    for (size_t row = 0; row < SIDE; row++) {
        for (size_t col = 0; col < SIDE; col++) {
            const double got = x[row * SIDE + col];
            const size_t dy = row > CENTRE ? row - CENTRE : CENTRE - row;
            const size_t dx = col > CENTRE ? col - CENTRE : CENTRE - col;
            const bool inside = dy <= result.y.reach && dx <= result.x.reach;
            assert_true(inside ? (isnan(bad) ? isnan(got) : got == bad) : got >= 0.0 && got <= 1.0);
        }
    }
    free(x);
}

static void test_bad_pixels_stay_local(void **state) {
    (void)state;
    const ckn_blur_options blurs[] = {options_of(2.0, 3.0, CKN_BLUR_BOX, 5),
                                      options_of(2.0, 1.0, CKN_BLUR_BOX, 1),
                                      options_of(2.0, 1.0, CKN_BLUR_FIR, 0)};
    for (size_t i = 0; i < sizeof blurs / sizeof blurs[0]; i++) {
        check_bad_pixel(&blurs[i], (double)NAN);
        check_bad_pixel(&blurs[i], (double)INFINITY);
        check_bad_pixel(&blurs[i], -(double)INFINITY);
    }
}

typedef struct witness {
    size_t calls, last, stop_at; /* thousandths at which to stop; 0: never */
    bool again;                  /* something was told after the wish to stop */
} witness;

static int watch(void *user, const ckn_progress *progress) {
    witness *seen = user;
    assert_int_equal(progress->phase, CKN_PHASE_CONVOLVE);
    assert_int_equal(progress->iterations, 1000);
    assert_true(progress->iteration >= seen->last && progress->iteration <= 1000);
    seen->again = seen->again || (seen->stop_at && seen->last >= seen->stop_at);
    seen->last = progress->iteration;
    seen->calls++;
    return seen->stop_at && progress->iteration >= seen->stop_at;
}

/* A callback is told of progress, and its wish to stop leaves the output as it was; the same plan
 * blurs again as without one. */
static void check_watch(ckn_blur_options options, ckn_type type) {
    enum { ROWS = 300, COLS = 400 };
    const ckn_shape shape = {ROWS, COLS};
    const size_t count = (size_t)ROWS * COLS;
    double *x = reference_random(17, count, type);
    stored_image image = stored_create(type, STORED_INTERLEAVED, shape, 1);
    stored_image plain = stored_create(type, STORED_INTERLEAVED, shape, 1);
    const ckn_image_output output = stored_output(&image), expected = stored_output(&plain);
    witness seen = {0, 0, 0, false};
    ckn_blur_plan *plan = NULL;
    stored_write(&image, x);
    stored_write(&plain, x);
    TRY_OK(ckn_blur(ckn_test_context(), &options, &plain.image, &expected, NULL, &error));
    options.progress = watch;
    options.progress_user = &seen;
    TRY_OK(ckn_blur_plan_create(ckn_test_context(), &options, ROWS, COLS, 1, type, &plan, &error));
    for (size_t stop = 1; stop <= 800; stop += 266) {
        seen = (witness){0, 0, stop, false};
        ckn_error error;
        assert_int_equal(ckn_blur_plan_run(plan, &image.image, &output, NULL, &error),
                         CKN_ERROR_CANCELLED);
        assert_false(seen.again);
        double *kept = stored_read(&image);
        assert_memory_equal(kept, x, count * sizeof *x);
        free(kept);
    }
    seen = (witness){0, 0, 0, false};
    TRY_OK(ckn_blur_plan_run(plan, &image.image, &output, NULL, &error));
    assert_true(seen.calls >= 3);
    double *got = stored_read(&image), *wanted = stored_read(&plain);
    assert_memory_equal(got, wanted, count * sizeof *got);
    ckn_blur_plan_destroy(plan);
    stored_destroy(&image);
    stored_destroy(&plain);
    free(got);
    free(wanted);
    free(x);
}

static void test_progress(void **state) {
    (void)state;
    check_watch(options_of(2.0, 3.0, CKN_BLUR_BOX, 3), CKN_FLOAT64);
    check_watch(options_of(2.0, 3.0, CKN_BLUR_BOX, 3), CKN_UINT8);
    check_watch(options_of(1.0, 1.5, CKN_BLUR_FIR, 0), CKN_FLOAT32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_its_kernels),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_frame_after_refusal),
        cmocka_unit_test(test_description),
        cmocka_unit_test(test_correction),
        cmocka_unit_test(test_bad_pixels_stay_local),
        cmocka_unit_test(test_progress),
    };
    return cmocka_run_group_tests_name("blur", tests, NULL, ckn_test_close_context);
}
