/* `blur` of one picture: what is chosen, whether it is true, and what is refused. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLUR(in, out, ...) "blur", in, "-o", out, "--device", "cpu", "-q", __VA_ARGS__

static json_t *blur_json(const char *const *words) {
    char *text = program_output(words);
    json_t *json = json_of_text(text);
    free(text);
    return json;
}
#define BLUR_JSON(in, out, ...)                                                                    \
    blur_json((const char *const[]){BLUR(in, out, "--json", "-", __VA_ARGS__), NULL})

static double largest_difference(const char *a, const char *b) {
    ckn_picture x = read_picture(a), y = read_picture(b);
    double largest = 0;
    assert_int_equal(x.rows, y.rows);
    assert_int_equal(x.cols, y.cols);
    for (size_t plane = 0; plane < ckn_picture_plane_count(&x); plane++) {
        for (size_t i = 0; i < x.rows * x.cols; i++)
            largest = fmax(largest, fabs(sample_at(&x, plane, i / x.cols, i % x.cols) -
                                         sample_at(&y, plane, i / x.cols, i % x.cols)));
    }
    ckn_picture_release(&x);
    ckn_picture_release(&y);
    return largest;
}

static void test_json(void **state) {
    (void)state;
    write_pattern("p.png", 12, 15, 3, false, CKN_SAMPLE_U8, 5);
    json_t *json = BLUR_JSON("p.png", "q.png", "-s", "2", "--repeat", "3", "-p", "6");
    assert_string_equal(json_word(json, "device"), "cpu");
    assert_string_equal(json_word(json, "image"), "p.png");
    assert_string_equal(json_word(json, "output"), "q.png");
    assert_string_equal(json_word(json, "boundary"), "reflect");
    const char *const methods[] = {"method", "method_x", "method_y"};
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(json_word(json, methods[i]), "box");
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"rows", 12},  {"cols", 15}, {"channels", 3}, {"passes", 6},
                   {"repeat", 3}, {"sigma", 2}, {"sigma_x", 2},  {"sigma_y", 2}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_true(json_number(json, numbers[i].key) == numbers[i].value);
    assert_true(json_is_false(json_object_get(json, "has_alpha")));
    assert_true(json_number(json, "reach_x") >= 6 && json_number(json, "error_bound") > 0);
    assert_true(fabs(json_number(json, "lambda") -
                     (2 * json_number(json, "l") + 1 + 2 * json_number(json, "alpha"))) < 1e-12);
    const char *const times[] = {"seconds_setup",    "seconds_upload", "seconds_compute",
                                 "seconds_download", "seconds_solve",  "seconds_total"};
    for (size_t i = 0; i < 6; i++)
        assert_true(json_number(json, times[i]) >= 0.0);
    json_decref(json);
}

/* What does not exist is null: a FIR has no boxes, an axis that is left has no method. */
static void test_json_of_a_fir(void **state) {
    (void)state;
    write_pattern("p.png", 12, 15, 1, false, CKN_SAMPLE_U8, 5);
    json_t *json = BLUR_JSON("p.png", "q.png", "--sigma-y", "1.5", "--method", "fir");
    const char *const nulls[] = {"sigma",  "method_x", "passes", "l",
                                 "lambda", "alpha",    "stride", "correction"};
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++)
        assert_true(json_is_null(json_object_get(json, nulls[i])));
    assert_string_equal(json_word(json, "method"), "fir");
    assert_string_equal(json_word(json, "method_y"), "fir");
    assert_true(json_number(json, "sigma_x") == 0 && json_number(json, "sigma_y") == 1.5);
    assert_true(json_number(json, "reach_x") == 0 && json_number(json, "reach_y") > 3);
    json_decref(json);
}

/* The bound is within what was asked for, and no sample is beyond the bound. */
static void test_accuracy_is_kept(void **state) {
    (void)state;
    const char *const sigmas[] = {"0.4", "2", "15.4", "60"};
    const struct {
        const char *word;
        double value;
    } accuracies[] = {{"8bit", 0.5 / 255}, {"16bit", 0.5 / 65535}, {"0.02", 0.02}};
    write_pattern("p.npy", 70, 90, 1, false, CKN_SAMPLE_F64, 5);
    for (size_t s = 0; s < 4; s++) {
        SUCCEEDS(BLUR("p.npy", "exact.npy", "-s", sigmas[s], "-m", "fir", "-a", "1e-13"));
        for (size_t a = 0; a < 3; a++) {
            json_t *json = BLUR_JSON("p.npy", "q.npy", "-s", sigmas[s], "-a", accuracies[a].word);
            const double bound = json_number(json, "error_bound");
            assert_true(bound <= accuracies[a].value);
            assert_true(largest_difference("q.npy", "exact.npy") <= bound + 1e-12);
            json_decref(json);
        }
    }
    /* 8bit is the default. */
    SUCCEEDS(BLUR("p.npy", "q.npy", "-s", "9", "-a", "8bit"));
    SUCCEEDS(BLUR("p.npy", "r.npy", "-s", "9"));
    assert_true(same_bytes("q.npy", "r.npy"));
}

static void test_methods(void **state) {
    (void)state;
    write_pattern("p.npy", 30, 40, 1, false, CKN_SAMPLE_F64, 5);
    json_t *json = BLUR_JSON("p.npy", "q.npy", "-s", "5", "--method", "box");
    const double passes = json_number(json, "passes");
    assert_string_equal(json_word(json, "method"), "box");
    assert_true(json_number(json, "stride") > 0 && json_number(json, "correction") != 0);
    json_decref(json);
    json = BLUR_JSON("p.npy", "q.npy", "-s", "5", "--method", "box", "--no-correction");
    assert_true(json_number(json, "stride") == 0);
    assert_true(json_number(json, "passes") > passes);
    json_decref(json);
    /* A number of passes means boxes, and is taken as it is. */
    json = BLUR_JSON("p.npy", "q.npy", "-s", "5", "--passes", "2");
    assert_string_equal(json_word(json, "method"), "box");
    assert_true(json_number(json, "passes") == 2 && json_number(json, "error_bound") > 0.01);
    json_decref(json);
    json = BLUR_JSON("p.npy", "q.npy", "-s", "5", "--passes", "auto", "--method", "fir");
    assert_string_equal(json_word(json, "method"), "fir");
    json_decref(json);
    FAILS(1, "boxes do not reach an accuracy",
          BLUR("p.npy", "q.npy", "-s", "0.5", "-m", "box", "-a", "1e-12"));
}

static void test_axes(void **state) {
    (void)state;
    write_pattern("p.npy", 30, 40, 1, false, CKN_SAMPLE_F64, 5);
    SUCCEEDS(BLUR("p.npy", "xy.npy", "--sigma-x", "3", "--sigma-y", "1.5"));
    SUCCEEDS(BLUR("p.npy", "x.npy", "--sigma-x", "3", "-a", "1e-3"));
    SUCCEEDS(BLUR("x.npy", "x.npy", "--sigma-y", "1.5", "-a", "1e-3"));
    assert_true(largest_difference("xy.npy", "x.npy") < 4e-3);
    /* The other axis takes --sigma, and 0 leaves an axis as it is. */
    SUCCEEDS(BLUR("p.npy", "a.npy", "--sigma", "2", "--sigma-y", "0"));
    SUCCEEDS(BLUR("p.npy", "b.npy", "--sigma-x", "2"));
    assert_true(same_bytes("a.npy", "b.npy"));
    SUCCEEDS(BLUR("p.npy", "a.npy", "--sigma", "2", "--sigma-x", "2"));
    SUCCEEDS(BLUR("p.npy", "b.npy", "--sigma", "2"));
    assert_true(same_bytes("a.npy", "b.npy"));
    /* x runs along the rows. */
    double line[2 * 5] = {0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
    write_samples("line.npy", line, 2, 5);
    SUCCEEDS(BLUR("line.npy", "q.npy", "--sigma-x", "1"));
    ckn_picture picture = read_picture("q.npy");
    assert_true(sample_at(&picture, 0, 0, 1) > 0.1 && sample_at(&picture, 0, 1, 2) == 0);
    ckn_picture_release(&picture);
}

static void test_summary(void **state) {
    (void)state;
    write_pattern("p.png", 30, 40, 1, false, CKN_SAMPLE_U8, 5);
#define SUMMARY(...) OUTPUT("blur", "p.png", "-o", "q.png", "--device", "cpu", __VA_ARGS__)
    char *text = SUMMARY("-s", "15.4", "-p", "6");
    expect_contains(text, "image         p.png, 40x30, grey, 8 bits\n");
    expect_contains(text, "sigma 15.4, 6 boxes (corrected) along x and y, boundary reflect\n");
    expect_contains(text, "accuracy      no sample farther than 0.0");
    expect_contains(text, " of an 8-bit step) from the exact Gaussian\n");
    expect_contains(text, "written       q.png\n");
    free(text);
    text = SUMMARY("-s", "2", "-m", "fir", "--sigma-y", "0");
    expect_contains(text, "sigma 2, FIR of ");
    expect_contains(text, " taps along x; nothing along y; boundary reflect\n");
    free(text);
    program_run run = RUN("blur", "p.png", "-o", "q.png", "--device", "cpu", "-s", "2", "-v");
    expect_contains(run.out, "asked         method auto, accuracy 0.00196 of the range");
    expect_contains(run.out, "along x       ");
    expect_contains(run.out, "along y       ");
    program_release(&run);
#undef SUMMARY
}

static void test_refusals(void **state) {
    (void)state;
#define REFUSED(message, ...) FAILS(2, message, "blur", "a.png", "-o", "x.png", __VA_ARGS__)
    REFUSED("leaves the picture as it is", "--sigma-x", "0");
    REFUSED("leaves the picture as it is", "--sigma-x", "0", "--sigma-y", "0");
    REFUSED("--sigma has no use", "-s", "1", "--sigma-x", "1", "--sigma-y", "2");
    REFUSED("--sigma-y must be a number of at least 0, not '-1'", "--sigma-y=-1");
    REFUSED("--passes is for boxes", "-s", "1", "-m", "fir", "-p", "3");
    REFUSED("--no-correction is for boxes", "-s", "1", "-m", "fir", "--no-correction");
    REFUSED("--passes 3 gives it", "-s", "1", "-p", "3", "-a", "8bit");
    REFUSED("--method must be one of auto|box|fir", "-s", "1", "-m", "gauss");
    const char *const counts[] = {"0", "-1", "Auto", "automatic", "1.5", "", "1001"};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        REFUSED("--passes must be auto or a whole number from 1 to 1000", "--passes", counts[i]);
    const char *const accuracies[] = {"0", "-0.1", "1.5", "12bit", "nan", "1e-3x"};
    for (size_t i = 0; i < sizeof accuracies / sizeof accuracies[0]; i++)
        REFUSED("--accuracy must be 8bit, 16bit or a number", "-s", "1", "-a", accuracies[i]);
    FAILS(2, "2 pictures do not go into one file", "blur", "a.png", "b.png", "-s", "1", "-o",
          "x.png");
#undef REFUSED
}

/* A picture whose left half is transparent and has another colour than the opaque right half. */
static void write_halves(const char *path, size_t channels, const float *left, const float *right) {
    ckn_error error;
    ckn_picture picture;
    assert_int_equal(ckn_picture_create(&picture, 9, 20, channels, true, CKN_SAMPLE_U8, &error),
                     CKN_OK);
    for (size_t plane = 0; plane <= channels; plane++) {
        for (size_t i = 0; i < 9 * 20; i++) {
            const bool outer = i % 20 < 10;
            const float sample =
                plane == channels ? (outer ? 0.0F : 1.0F) : (outer ? left[plane] : right[plane]);
            ((float *)picture.data)[plane * 9 * 20 + i] = sample;
        }
    }
    assert_int_equal(ckn_picture_write(path, &picture, &error), CKN_OK);
    ckn_picture_release(&picture);
}

/* Where anything is left to be seen it has the opaque half's colour, to the last bit of 8. */
static void expect_colour(const char *path, size_t channels, const float *colour) {
    ckn_picture picture = read_picture(path);
    size_t seen = 0;
    for (size_t i = 0; i < 9 * 20; i++) {
        const double alpha = sample_at(&picture, channels, i / 20, i % 20);
        if (alpha == 0)
            continue;
        seen += alpha < 1;
        for (size_t plane = 0; plane < channels; plane++)
            assert_true(fabs(sample_at(&picture, plane, i / 20, i % 20) - colour[plane]) < 1e-6);
    }
    assert_true(seen > 18);
    ckn_picture_release(&picture);
}

static void test_alpha_does_not_bleed(void **state) {
    (void)state;
    const float red[] = {1, 0, 0}, blue[] = {0, 0, 1}, white[] = {1}, grey[] = {77 / 255.0F};
    const char *const methods[] = {"box", "fir"};
    write_halves("rgba.png", 3, red, blue);
    write_halves("ga.png", 1, white, grey);
    for (size_t i = 0; i < 2; i++) {
        SUCCEEDS(BLUR("rgba.png", "q.png", "-s", "2.5", "-m", methods[i]));
        expect_colour("q.png", 3, blue);
        SUCCEEDS(BLUR("ga.png", "q.png", "-s", "2.5", "-m", methods[i]));
        expect_colour("q.png", 1, grey);
    }
}

/* A constant stays what it is: samples are rounded once, at the end. */
static void test_rounded_once(void **state) {
    (void)state;
    const float colour[] = {3 / 255.0F, 128 / 255.0F, 254 / 255.0F};
    write_halves("p.png", 3, colour, colour);
    SUCCEEDS(BLUR("p.png", "q.png", "-s", "4"));
    expect_colour("q.png", 3, colour);
}

/* The command that `boxkernel --match` prints, as it is typed. */
static void run_printed(char *command, const char *image, const char *out) {
    const char *words[32] = {NULL};
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(command, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        assert_true(count < 28);
        words[count++] = word;
        if (strcmp(word, "IMAGE") == 0)
            words[count - 1] = image;
        if (strcmp(word, "OUT") == 0)
            words[count - 1] = out;
    }
    assert_string_equal(words[0], "clkernest");
    words[count++] = "--device";
    words[count++] = "cpu";
    free(program_output(words + 1));
}

static void test_matched_boxes_come_back(void **state) {
    (void)state;
    double delta[61 * 61] = {0};
    delta[30 * 61 + 30] = 1;
    write_samples("delta.npy", delta, 61, 61);
    SUCCEEDS(BLUR("delta.npy", "k.npy", "--sigma-x", "3.3", "--sigma-y", "2.1", "-p", "5",
                  "--no-correction"));
    char *text = OUTPUT("boxkernel", "--match", "k.npy", "--json", "-", "-q");
    json_t *json = json_of_text(text);
    char *command = strdup(json_word(json, "blur"));
    assert_non_null(command);
    run_printed(command, "delta.npy", "again.npy");
    assert_true(largest_difference("k.npy", "again.npy") < 1e-8);
    free(command);
    json_decref(json);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_of_a_fir),
        cmocka_unit_test(test_accuracy_is_kept),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_alpha_does_not_bleed),
        cmocka_unit_test(test_rounded_once),
        cmocka_unit_test(test_matched_boxes_come_back),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
