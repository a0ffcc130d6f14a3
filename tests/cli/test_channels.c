/* Colour, luma, linear light and alpha in `estimate`. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 48, COLS = 56, SIDE = 5, TAPS = SIDE * SIDE };

static const double rec_709[3] = {0.2126, 0.7152, 0.0722}, rec_601[3] = {0.299, 0.587, 0.114};

static double luma(const ckn_picture *picture, const double weights[3], size_t row, size_t col) {
    double sum = 0;
    for (size_t channel = 0; channel < 3; channel++)
        sum += weights[channel] * sample_at(picture, channel, row, col);
    return sum;
}

static void write_luma(const char *from, const double weights[3], const char *to) {
    ckn_picture picture = read_picture(from);
    double *samples = malloc(picture.rows * picture.cols * sizeof *samples);
    assert_non_null(samples);
    for (size_t i = 0; i < picture.rows * picture.cols; i++)
        samples[i] = luma(&picture, weights, i / picture.cols, i % picture.cols);
    write_samples(to, samples, picture.rows, picture.cols);
    free(samples);
    ckn_picture_release(&picture);
}

/* colour.npy, its blurred versions, and the luma of both. */
static int make_pictures(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    write_pattern("colour.npy", ROWS, COLS, 3, false, CKN_SAMPLE_F64, 1);
    SUCCEEDS("simulate", "--scene", "colour.npy", "--kernel", "gaussian:1", "--kernel-size", "5",
             "--blurred", "blurred.npy", "--kernel-out", "true.npy", "--device", "cpu");
    write_luma("colour.npy", rec_709, "grey.npy");
    write_luma("blurred.npy", rec_709, "grey_blurred.npy");
    write_luma("blurred.npy", rec_601, "grey_601.npy");
    return 0;
}

/* Estimates with up to two further words, and checks channels and kernel. */
static void expect_kernel(const char *sharp, const char *blurred, const char *option,
                          const char *value, const char *channels) {
    const char *words[] = {"estimate", sharp,    blurred,  "-k", "5",    "-o",  "k.npy", "--device",
                           "cpu",      "--json", "j.json", "-q", option, value, NULL};
    free(program_output(words));
    double *taps = read_kernel("k.npy", SIDE, SIDE), *known = read_kernel("true.npy", SIDE, SIDE);
    assert_true(relative_difference(taps, known, TAPS) < 1e-4);
    json_t *json = json_of_file("j.json");
    assert_string_equal(json_word(json, "channels"), channels);
    json_decref(json);
    free(taps);
    free(known);
}

static void test_choices(void **state) {
    (void)state;
    expect_kernel("colour.npy", "blurred.npy", NULL, NULL, "joint");
    expect_kernel("colour.npy", "blurred.npy", "--channels", "joint", "joint");
    expect_kernel("colour.npy", "blurred.npy", "--channels", "luma", "luma");
    expect_kernel("colour.npy", "blurred.npy", "--channels", "R", "R");
    expect_kernel("colour.npy", "blurred.npy", "--channels", "G", "G");
    expect_kernel("colour.npy", "blurred.npy", "--channels", "B", "B");
}

static void test_grey_against_colour(void **state) {
    (void)state;
    expect_kernel("grey.npy", "grey_blurred.npy", NULL, NULL, "grey");
    expect_kernel("grey.npy", "blurred.npy", NULL, NULL, "luma");
    expect_kernel("colour.npy", "grey_blurred.npy", NULL, NULL, "luma");
    expect_kernel("colour.npy", "grey_601.npy", NULL, NULL, "luma");
    char *text =
        OUTPUT("estimate", "grey.npy", "blurred.npy", "-k", "5", "-o", "k.npy", "--device", "cpu");
    expect_contains(
        text, "channels      luma by Rec. 709 (one picture is grey, the other one in colour)");
    free(text);
    FAILS(1, "--channels G needs two colour pictures, but grey.npy is grey", "estimate", "grey.npy",
          "blurred.npy", "-k", "5", "-o", "k.npy", "--channels", "G");
}

/* One channel is what is asked for, not what all of them say. */
static void test_one_channel_only(void **state) {
    (void)state;
    ckn_error error;
    ckn_picture picture = read_picture("blurred.npy");
    ckn_output red = ckn_picture_output(&picture, 0);
    for (size_t col = 0; col < picture.cols; col++)
        ((double *)red.data)[col] = 0.3 + 0.05 * (double)(col % 7);
    assert_int_equal(ckn_picture_write("other_red.npy", &picture, &error), CKN_OK);
    ckn_picture_release(&picture);
    expect_kernel("colour.npy", "other_red.npy", "--channels", "B", "B");
    SUCCEEDS("estimate", "colour.npy", "other_red.npy", "-k", "5", "-o", "k.npy", "--channels", "R",
             "--device", "cpu");
    double *taps = read_kernel("k.npy", SIDE, SIDE), *known = read_kernel("true.npy", SIDE, SIDE);
    assert_true(relative_difference(taps, known, TAPS) > 1e-2);
    free(taps);
    free(known);
}

static double encode(double linear) {
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1.0 / 2.4) - 0.055;
}

static void write_encoded(const char *from, const char *to) {
    ckn_error error;
    ckn_picture picture = read_picture(from);
    double *samples = picture.data;
    for (size_t i = 0; i < 3 * picture.rows * picture.cols; i++)
        samples[i] = encode(samples[i]);
    assert_int_equal(ckn_picture_write(to, &picture, &error), CKN_OK);
    ckn_picture_release(&picture);
}

static void test_linear_light(void **state) {
    (void)state;
    write_encoded("colour.npy", "srgb.npy");
    write_encoded("blurred.npy", "srgb_blurred.npy");
    expect_kernel("srgb.npy", "srgb_blurred.npy", "--linear", NULL, "joint");
    SUCCEEDS("estimate", "srgb.npy", "srgb_blurred.npy", "-k", "5", "-o", "k.npy", "--device",
             "cpu");
    double *taps = read_kernel("k.npy", SIDE, SIDE), *known = read_kernel("true.npy", SIDE, SIDE);
    assert_true(relative_difference(taps, known, TAPS) > 1e-2);
    free(taps);
    free(known);
}

static void test_alpha_is_noted(void **state) {
    (void)state;
    write_pattern("alpha.png", ROWS, COLS, 3, true, CKN_SAMPLE_U8, 3);
    program_run run = RUN("estimate", "alpha.png", "blurred.npy", "-k", "5", "-o", "k.npy", "-n",
                          "3", "--device", "cpu");
    assert_int_equal(run.status, 0);
    assert_string_equal(run.err,
                        "clkernest estimate: note: alpha.png: its alpha channel is ignored\n");
    program_release(&run);
    SUCCEEDS("estimate", "alpha.png", "blurred.npy", "-k", "5", "-o", "k.npy", "-n", "3", "-q",
             "--device", "cpu");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choices),          cmocka_unit_test(test_grey_against_colour),
        cmocka_unit_test(test_one_channel_only), cmocka_unit_test(test_linear_light),
        cmocka_unit_test(test_alpha_is_noted),
    };
    return cmocka_run_group_tests(tests, make_pictures, leave_folder);
}
