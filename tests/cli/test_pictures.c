/* `blur` and `apply`: picture in, picture of the same kind out. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdlib.h>

static void expect_like(const char *path, size_t rows, size_t cols, size_t channels, bool alpha,
                        ckn_sample sample) {
    ckn_picture picture = read_picture(path);
    assert_int_equal(picture.rows, rows);
    assert_int_equal(picture.cols, cols);
    assert_int_equal(picture.channels, channels);
    assert_int_equal(picture.has_alpha, alpha);
    assert_int_equal(picture.sample, sample);
    ckn_picture_release(&picture);
}

#define BLUR(in, out, ...) "blur", in, "--sigma", "2", "-o", out, "--device", "cpu", __VA_ARGS__

static void test_depth_is_kept(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
        size_t channels;
        bool alpha;
        ckn_sample sample;
    } cases[] = {
        {"a.png", "ab.png", 1, false, CKN_SAMPLE_U8},
        {"b.png", "bb.png", 3, false, CKN_SAMPLE_U16},
        {"c.png", "cb.png", 3, true, CKN_SAMPLE_U8},
        {"d.png", "db.png", 1, true, CKN_SAMPLE_U16},
        {"e.npy", "eb.npy", 1, false, CKN_SAMPLE_F32},
        {"f.npy", "fb.npy", 3, false, CKN_SAMPLE_F64},
        {"g.npy", "gb.npy", 1, false, CKN_SAMPLE_U8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_pattern(cases[i].in, 21, 34, cases[i].channels, cases[i].alpha, cases[i].sample, 1);
        SUCCEEDS(BLUR(cases[i].in, cases[i].out, "-q"));
        expect_like(cases[i].out, 21, 34, cases[i].channels, cases[i].alpha, cases[i].sample);
    }
}

/* 'blur' is the composed kernel of `boxkernel` in both directions. */
static void expect_composed(const char *blur_option, const char *box_option) {
    double delta[41 * 41] = {0.0};
    delta[20 * 41 + 20] = 1.0;
    write_samples("delta.npy", delta, 41, 41);
    SUCCEEDS("blur", "delta.npy", "--sigma", "2.5", "--passes", "4", "-o", "spot.npy", "--device",
             "cpu", blur_option);
    SUCCEEDS("boxkernel", "--sigma", "2.5", "--passes", "4", "-o", "k.npy", box_option);
    char *text =
        OUTPUT("boxkernel", "--sigma", "2.5", "--passes", "4", "--json", "-", "-q", box_option);
    json_t *json = json_of_text(text);
    size_t length = (size_t)json_number(json, "taps");
    double *taps = read_kernel("k.npy", 1, length);
    ckn_picture spot = read_picture("spot.npy");
    size_t first = 20 - length / 2;
    for (size_t r = 0; r < length; r++) {
        for (size_t c = 0; c < length; c++)
            assert_true(fabs(sample_at(&spot, 0, first + r, first + c) - taps[r] * taps[c]) <
                        1e-14);
    }
    ckn_picture_release(&spot);
    json_decref(json);
    free(taps);
    free(text);
}

static void test_blur_is_the_composed_kernel(void **state) {
    (void)state;
    expect_composed("--no-correction", "-q");
    expect_composed("-q", "--correct");
}

static void test_boundaries(void **state) {
    (void)state;
    const char *const names[] = {"reflect", "mirror", "replicate", "periodic", "zero"};
    double corner[5];
    write_pattern("p.npy", 12, 15, 1, false, CKN_SAMPLE_F64, 5);
    for (size_t i = 0; i < 5; i++) {
        char *text = OUTPUT(BLUR("p.npy", "q.npy", "--boundary", names[i], "--json", "-", "-q"));
        json_t *json = json_of_text(text);
        assert_string_equal(json_word(json, "boundary"), names[i]);
        json_decref(json);
        free(text);
        ckn_picture picture = read_picture("q.npy");
        corner[i] = sample_at(&picture, 0, 0, 0);
        ckn_picture_release(&picture);
        for (size_t j = 0; j < i; j++)
            assert_true(fabs(corner[i] - corner[j]) > 1e-6);
    }
    /* The default is reflect. */
    SUCCEEDS(BLUR("p.npy", "q.npy", "-q"));
    ckn_picture picture = read_picture("q.npy");
    assert_true(sample_at(&picture, 0, 0, 0) == corner[0]);
    ckn_picture_release(&picture);
}

static void test_any_size_and_sigma(void **state) {
    (void)state;
    write_pattern("one.npy", 1, 1, 1, false, CKN_SAMPLE_F64, 5);
    SUCCEEDS("blur", "one.npy", "--sigma", "500", "-o", "q.npy", "--device", "cpu");
    SUCCEEDS("blur", "one.npy", "--sigma", "500", "-o", "q.npy", "--device", "cpu", "-m", "fir");
    ckn_picture before = read_picture("one.npy"), after = read_picture("q.npy");
    assert_true(fabs(sample_at(&before, 0, 0, 0) - sample_at(&after, 0, 0, 0)) < 1e-12);
    ckn_picture_release(&before);
    ckn_picture_release(&after);
    SUCCEEDS("blur", "one.npy", "--sigma", "0.01", "-o", "q.npy", "--device", "cpu");
}

/* Transparent pixels have no colour that could bleed: a red disc stays red. */
static void test_alpha(void **state) {
    (void)state;
    ckn_error error;
    ckn_picture picture;
    assert_int_equal(ckn_picture_create(&picture, 24, 24, 3, true, CKN_SAMPLE_U16, &error), CKN_OK);
    for (size_t r = 0; r < 24; r++) {
        for (size_t c = 0; c < 24; c++) {
            bool inside = r >= 8 && r < 16 && c >= 8 && c < 16;
            const float values[] = {inside ? 1.0F : 0.0F, 0.25F, inside ? 0.0F : 1.0F,
                                    inside ? 1.0F : 0.0F};
            for (size_t plane = 0; plane < 4; plane++) {
                ckn_output output = ckn_picture_output(&picture, plane);
                ((float *)output.data)[r * 24 + c] = values[plane];
            }
        }
    }
    assert_int_equal(ckn_picture_write("red.png", &picture, &error), CKN_OK);
    ckn_picture_release(&picture);
    SUCCEEDS(BLUR("red.png", "soft.png", "-q"));
    picture = read_picture("soft.png");
    for (size_t i = 0; i < 24 * 24; i++) {
        double alpha = sample_at(&picture, 3, i / 24, i % 24);
        double red = sample_at(&picture, 0, i / 24, i % 24);
        double blue = sample_at(&picture, 2, i / 24, i % 24);
        assert_true(blue < 1e-3);
        if (alpha > 0.01)
            assert_true(red > 0.99);
        if (alpha == 0.0)
            assert_true(red < 1e-3 || red > 0.99);
    }
    assert_true(sample_at(&picture, 3, 12, 6) > 0.05 && sample_at(&picture, 3, 12, 6) < 0.9);
    ckn_picture_release(&picture);
}

/* The output may be the input: it is read before. */
static void test_in_place(void **state) {
    (void)state;
    write_pattern("p.png", 12, 15, 1, false, CKN_SAMPLE_U8, 5);
    SUCCEEDS(BLUR("p.png", "q.png", "-q"));
    SUCCEEDS(BLUR("p.png", "p.png", "-q"));
    assert_true(same_bytes("p.png", "q.png"));
}

static void test_notes(void **state) {
    (void)state;
    double samples[] = {-1.0, 0.5, 0.25, 3.0};
    write_samples("wide.npy", samples, 2, 2);
    program_run run = RUN("blur", "wide.npy", "--sigma", "0.1", "-o", "w.png", "--device", "cpu");
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "note: w.png: 2 samples outside [0, 1] were clipped");
    program_release(&run);
    expect_like("w.png", 2, 2, 1, false, CKN_SAMPLE_U16);
    write_pattern("p.npy", 12, 15, 1, false, CKN_SAMPLE_F32, 5);
    run = RUN(BLUR("p.npy", "w.png", "--passes", "3"));
    expect_contains(run.err, "note: w.png: written as 16-bit PNG");
    program_release(&run);
}

static void test_apply(void **state) {
    (void)state;
    static const struct {
        const char *support;
        size_t rows, cols;
    } cases[] = {{"valid", 10, 11}, {"same", 12, 15}, {"full", 14, 19}};
    write_text("k.csv", "0,0,0,0,0\n0,0,2,0,0\n0,0,0,0,0\n");
    write_pattern("p.npy", 12, 15, 3, false, CKN_SAMPLE_F64, 5);
    ckn_picture before = read_picture("p.npy");
    for (size_t i = 0; i < 3; i++) {
        SUCCEEDS("apply", "p.npy", "k.csv", "-o", "q.npy", "--support", cases[i].support,
                 "--engine", "direct", "--device", "cpu");
        expect_like("q.npy", cases[i].rows, cases[i].cols, 3, false, CKN_SAMPLE_F64);
        ckn_picture after = read_picture("q.npy");
        /* The kernel doubles the image about its centre. */
        size_t row = 5 + (cases[i].rows - 12) / 2, col = 7 + (cases[i].cols - 15) / 2;
        if (i == 0) {
            row = 5 - 1;
            col = 7 - 2;
        }
        for (size_t plane = 0; plane < 3; plane++)
            assert_true(fabs(sample_at(&after, plane, row, col) -
                             2.0 * sample_at(&before, plane, 5, 7)) < 1e-14);
        ckn_picture_release(&after);
    }
    ckn_picture_release(&before);
}

static void test_apply_clips_integers(void **state) {
    (void)state;
    write_text("k.csv", "3\n");
    write_pattern("p.png", 12, 15, 1, false, CKN_SAMPLE_U8, 5);
    program_run run =
        RUN("apply", "p.png", "k.csv", "-o", "q.png", "--device", "cpu", "--json", "j.json");
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "samples outside [0, 1] were clipped");
    expect_like("q.png", 12, 15, 1, false, CKN_SAMPLE_U8);
    json_t *json = json_of_file("j.json");
    assert_string_equal(json_word(json, "support"), "valid");
    assert_int_equal(json_number(json, "kernel_rows"), 1);
    assert_true(json_number(json, "kernel_sum") == 3.0);
    assert_null(json_object_get(json, "engine"));
    expect_contains(run.out, "1x1, sum 3.000000");
    json_number(json, "seconds_solve");
    json_decref(json);
    program_release(&run);
}

/* Writes a grey picture of 16 bits whose columns have these colours and alphas. */
static void write_columns(const char *path, const float *colour, const float *alpha) {
    ckn_error error;
    ckn_picture picture;
    assert_int_equal(ckn_picture_create(&picture, 3, 4, 1, true, CKN_SAMPLE_U16, &error), CKN_OK);
    for (size_t i = 0; i < 12; i++) {
        ((float *)picture.data)[i] = colour[i % 4];
        ((float *)picture.data)[12 + i] = alpha[i % 4];
    }
    assert_int_equal(ckn_picture_write(path, &picture, &error), CKN_OK);
    ckn_picture_release(&picture);
}

static void expect_columns(const char *path, size_t count, const double *colour,
                           const double *alpha) {
    ckn_picture picture = read_picture(path);
    assert_int_equal(picture.cols, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(fabs(sample_at(&picture, 0, 1, i) - colour[i]) < 1e-4);
        assert_true(fabs(sample_at(&picture, 1, 1, i) - alpha[i]) < 1e-4);
    }
    ckn_picture_release(&picture);
}

#define APPLY(in, kernel, ...)                                                                     \
    "apply", in, kernel, "-o", "out.png", "--device", "cpu", "-q", __VA_ARGS__

static void test_apply_alpha(void **state) {
    (void)state;
    const float colours[] = {0.4F, 0.2F, 0.3F, 0.4F}, ones[] = {1, 1, 1, 1}, mixed[] = {1, 1, 0, 0};
    const char *const engines[] = {"direct", "fft"};
    write_columns("opaque.png", colours, ones);
    write_columns("mixed.png", colours, mixed);
    write_text("gain.csv", "1,1\n");
    write_text("sharpen.csv", "2,-1\n");
    write_text("zero.csv", "0,0\n");
    for (size_t i = 0; i < 2; i++) {
        SUCCEEDS(APPLY("opaque.png", "gain.csv", "--engine", engines[i]));
        expect_columns("out.png", 3, (double[]){0.6, 0.5, 0.7}, (double[]){1, 1, 1});
        SUCCEEDS(APPLY("opaque.png", "sharpen.csv", "--engine", engines[i]));
        expect_columns("out.png", 3, (double[]){0.0, 0.4, 0.5}, (double[]){1, 1, 1});
        SUCCEEDS(APPLY("mixed.png", "gain.csv", "--engine", engines[i]));
        /* Twice the weighted mean of the colours. */
        expect_columns("out.png", 3, (double[]){0.6, 0.4, 0.0}, (double[]){1, 0.5, 0});
    }
    FAILS(1, "has negative taps", APPLY("mixed.png", "sharpen.csv", "--support", "same"));
    FAILS(1, "has the sum 0", APPLY("mixed.png", "zero.csv", "--support", "same"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depth_is_kept),
        cmocka_unit_test(test_blur_is_the_composed_kernel),
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_any_size_and_sigma),
        cmocka_unit_test(test_alpha),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_apply_clips_integers),
        cmocka_unit_test(test_apply_alpha),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
