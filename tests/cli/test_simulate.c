/* `simulate`: known pairs, the same in every run. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The published case: its numbers are what the estimates are compared with. */
static void test_published_case(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--scene", "square:30", "--size", "200x200", "--kernel", "gaussian:4",
             "--kernel-size", "51", "--sharp", "s.npy", "--blurred", "b.npy", "--kernel-out",
             "h.npy");
    ckn_picture sharp = read_picture("s.npy"), blurred = read_picture("b.npy");
    double *taps = read_kernel("h.npy", 51, 51);
    assert_int_equal(sharp.sample, CKN_SAMPLE_F64);
    assert_int_equal(blurred.sample, CKN_SAMPLE_F64);
    assert_int_equal(blurred.rows, 150);
    assert_int_equal(blurred.cols, 150);
    double sum = 0.0;
    for (size_t i = 0; i < (size_t)200 * 200; i++) {
        size_t r = i / 200, c = i % 200;
        bool inside = r >= 85 && r < 115 && c >= 85 && c < 115;
        assert_true(sample_at(&sharp, 0, r, c) == (inside ? 1.0 : 0.0));
    }
    double peak = taps[25 * 51 + 25];
    for (size_t i = 0; i < (size_t)51 * 51; i++) {
        size_t row = i / 51, col = i % 51;
        double y = (double)row - 25.0, x = (double)col - 25.0;
        assert_true(fabs(taps[i] - peak * exp(-(x * x + y * y) / 32.0)) < 1e-15);
        sum += taps[i];
    }
    assert_true(fabs(sum - 1.0) < 1e-13);
    /* One sample of the convolution, by its definition. */
    double expected = 0.0;
    for (size_t i = 0; i < 51; i++) {
        for (size_t j = 0; j < 51; j++)
            expected += taps[i * 51 + j] * sample_at(&sharp, 0, 60 + 50 - i, 66 + 50 - j);
    }
    assert_true(fabs(sample_at(&blurred, 0, 60, 66) - expected) < 1e-14);
    ckn_picture_release(&sharp);
    ckn_picture_release(&blurred);
    free(taps);
}

static void test_delta_shows_the_kernel(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--scene", "delta", "--size", "29x21", "--kernel", "motion:9,30",
             "--kernel-size", "15x11", "--blurred", "b.npy", "--kernel-out", "h.npy");
    assert_true(same_bytes("b.npy", "h.npy"));
}

static void test_seeds(void **state) {
    (void)state;
    const char *const scenes[] = {"shapes", "noise"};
    for (size_t i = 0; i < 2; i++) {
#define SIMULATE(seed, s, b)                                                                       \
    "simulate", "--scene", scenes[i], "--size", "90x70", "--noise", "0.01", "--seed", seed,        \
        "--sharp", s, "--blurred", b
        setenv("OMP_NUM_THREADS", "1", 1);
        SUCCEEDS(SIMULATE("7", "s1.npy", "b1.npy"));
        setenv("OMP_NUM_THREADS", "5", 1);
        SUCCEEDS(SIMULATE("7", "s2.npy", "b2.npy"));
        unsetenv("OMP_NUM_THREADS");
        SUCCEEDS(SIMULATE("8", "s3.npy", "b3.npy"));
        assert_true(same_bytes("s1.npy", "s2.npy") && same_bytes("b1.npy", "b2.npy"));
        assert_false(same_bytes("s1.npy", "s3.npy"));
        assert_false(same_bytes("b1.npy", "b3.npy"));
    }
    SUCCEEDS("simulate", "--sharp", "s1.npy", "--size", "90x70");
    SUCCEEDS("simulate", "--sharp", "s2.npy", "--size", "90x70", "--seed", "0");
    assert_true(same_bytes("s1.npy", "s2.npy"));
}

/* Mean and deviation of the noise, and that neighbours do not depend on each other. */
static void test_noise(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--size", "400x300", "--kernel", "box:1", "--noise", "0.02", "--sharp",
             "s.npy", "--blurred", "b.npy");
    ckn_picture sharp = read_picture("s.npy"), blurred = read_picture("b.npy");
    const double *x = sharp.data, *y = blurred.data;
    double sum = 0.0, squares = 0.0, products = 0.0, previous = 0.0;
    size_t count = (size_t)400 * 300;
    for (size_t i = 0; i < count; i++) {
        double noise = y[i] - x[i];
        sum += noise;
        squares += noise * noise;
        products += noise * previous;
        previous = noise;
    }
    double n = (double)count;
    assert_true(fabs(sum / n) < 4.0 * 0.02 / sqrt(n));
    assert_true(fabs(sqrt(squares / n) - 0.02) < 4.0 * 0.02 / sqrt(2.0 * n));
    assert_true(fabs(products / squares) < 4.0 / sqrt(n));
    ckn_picture_release(&sharp);
    ckn_picture_release(&blurred);
}

static void test_scenes(void **state) {
    (void)state;
    const char *const scenes[] = {"shapes", "square:9", "checker", "noise", "delta"};
    for (size_t i = 0; i < 5; i++) {
        SUCCEEDS("simulate", "--scene", scenes[i], "--size", "41x23", "--sharp", "s.npy");
        ckn_picture picture = read_picture("s.npy");
        assert_int_equal(picture.rows, 23);
        assert_int_equal(picture.cols, 41);
        const double *samples = picture.data;
        double sum = 0.0;
        for (size_t j = 0; j < (size_t)23 * 41; j++) {
            assert_true(samples[j] >= 0.0 && samples[j] <= 1.0);
            sum += samples[j];
        }
        assert_true(sum >= 1.0 && sum < 23 * 41);
        ckn_picture_release(&picture);
    }
}

static void expect_kernel(const char *kernel, size_t rows, size_t cols, double deviation_x,
                          double deviation_y) {
    SUCCEEDS("simulate", "--kernel", kernel, "--kernel-out", "h.npy");
    double *taps = read_kernel("h.npy", rows, cols);
    double sum = 0.0, x_moment = 0.0, y_moment = 0.0;
    for (size_t i = 0; i < rows * cols; i++) {
        size_t row = i / cols, col = i % cols;
        double y = (double)row - ((double)rows - 1) / 2;
        double x = (double)col - ((double)cols - 1) / 2;
        assert_true(taps[i] >= 0.0);
        sum += taps[i];
        x_moment += taps[i] * x * x;
        y_moment += taps[i] * y * y;
    }
    assert_true(fabs(sum - 1.0) < 1e-12);
    assert_true(fabs(sqrt(x_moment) - deviation_x) < 0.02 * deviation_x + 1e-9);
    assert_true(fabs(sqrt(y_moment) - deviation_y) < 0.02 * deviation_y + 1e-9);
    free(taps);
}

/* The deviations of the continuous shapes, widened by a pixel's own 1/12 where areas are sampled
 * over pixels. */
static void test_kernels(void **state) {
    (void)state;
    expect_kernel("gaussian:2", 17, 17, 2.0, 2.0);
    expect_kernel("box:5", 5, 5, sqrt(2.0), sqrt(2.0));
    expect_kernel("box:4", 4, 4, sqrt(1.25), sqrt(1.25));
    expect_kernel("disc:6", 13, 13, sqrt(9.0 + 1.0 / 12), sqrt(9.0 + 1.0 / 12));
    expect_kernel("motion:9,0", 1, 9, sqrt(80.0 / 12), 0.0);
    expect_kernel("motion:9,90", 9, 1, 0.0, sqrt(80.0 / 12));
    double along = sqrt((81.0 / 2 + 0.5) / 12 + 1.0 / 12);
    expect_kernel("motion:9,45", 9, 9, along, along);
    expect_kernel("box:0.001", 1, 1, 0.0, 0.0);
}

/* From +x towards +y, which points down. */
static void test_motion_direction(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--kernel", "motion:9,30", "--kernel-size", "11", "--kernel-out", "h.npy");
    double *taps = read_kernel("h.npy", 11, 11), product = 0.0;
    for (int i = 0; i < 121; i++) {
        int y = i / 11 - 5, x = i % 11 - 5;
        product += taps[i] * x * y;
    }
    assert_true(product > 1.0);
    free(taps);
}

static void test_picture_files(void **state) {
    (void)state;
    write_pattern("photo.png", 30, 40, 3, true, CKN_SAMPLE_U8, 2);
    program_run run = RUN("simulate", "--scene", "photo.png", "--kernel", "disc:2", "--blurred",
                          "b.png", "--sharp", "s.png", "--support", "same");
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "note: photo.png: its alpha channel is ignored");
    program_release(&run);
    ckn_picture photo = read_picture("photo.png"), sharp = read_picture("s.png");
    ckn_picture blurred = read_picture("b.png");
    assert_int_equal(blurred.channels, 3);
    assert_int_equal(blurred.sample, CKN_SAMPLE_U16);
    assert_int_equal(blurred.cols, 40);
    assert_true(fabs(sample_at(&photo, 2, 7, 9) - sample_at(&sharp, 2, 7, 9)) < 1e-7);
    ckn_picture_release(&photo);
    ckn_picture_release(&sharp);
    ckn_picture_release(&blurred);
}

static void test_json(void **state) {
    (void)state;
    char *text = OUTPUT("simulate", "--size", "40x30", "--kernel", "box:3", "--blurred", "b.npy",
                        "--json", "-", "-q", "--seed", "18446744073709551615");
    json_t *json = json_of_text(text);
    assert_int_equal(json_number(json, "rows"), 30);
    assert_int_equal(json_number(json, "blurred_cols"), 38);
    assert_int_equal(json_number(json, "kernel_rows"), 3);
    assert_string_equal(json_word(json, "device"), "cpu");
    json_decref(json);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_case),
        cmocka_unit_test(test_delta_shows_the_kernel),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_kernels),
        cmocka_unit_test(test_motion_direction),
        cmocka_unit_test(test_picture_files),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
