/* `kernel`, and where a kernel lies on its way through files and `apply`. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double bump[9] = {0, 1, 0, 2, 4, 0, 0, 1, 0};

static void expect_near(double found, double wanted) {
    if (!(fabs(found - wanted) <= 1e-12 * (1 + fabs(wanted))))
        fail_msg("%.17g instead of %.17g", found, wanted);
}

/* The figures of the comparison. */
static json_t *compare(const char *a, const char *b) {
    char *text = OUTPUT("kernel", a, b, "--json", "-", "-q");
    json_t *json = json_of_text(text);
    free(text);
    return json;
}

/* As NumPy writes it. */
static void write_array(const char *path, const char *descr, const char *shape, const void *samples,
                        size_t size) {
    enum { HEADER = 128, PREAMBLE = 10 };
    unsigned char file[1024] = "\x93NUMPY\x01\0\x76";
    char text[HEADER];
    int length = snprintf(text, sizeof text,
                          "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
    assert_true(length > 0 && length < HEADER - PREAMBLE && HEADER + size <= sizeof file);
    memset(file + PREAMBLE, ' ', HEADER - PREAMBLE);
    memcpy(file + PREAMBLE, text, (size_t)length);
    file[HEADER - 1] = '\n';
    memcpy(file + HEADER, samples, size);
    write_bytes(path, file, HEADER + size);
}

/* The same taps in a frame of zeros are the same kernel. */
static void test_frames(void **state) {
    (void)state;
    double framed[35] = {0};
    for (size_t i = 0; i < 9; i++)
        framed[(1 + i / 3) * 7 + 2 + i % 3] = bump[i];
    write_samples("a.npy", bump, 3, 3);
    write_samples("b.npy", framed, 5, 7);
    json_t *json = compare("a.npy", "b.npy");
    expect_near(json_number(json, "relative_l2"), 0);
    expect_near(json_number(json_object_get(json, "moved"), "x"), 0);
    expect_near(json_number(json_object_get(json, "a"), "sum"), 8);
    expect_near(json_number(json_object_get(json, "b"), "cols"), 7);
    json_decref(json);
}

/* B has its taps one column farther left, one of them larger by 1/2. */
static void test_moved(void **state) {
    (void)state;
    double moved[15] = {0};
    for (size_t i = 0; i < 9; i++)
        moved[i / 3 * 5 + i % 3] = bump[i];
    moved[5] += 0.5;
    write_samples("a.npy", bump, 3, 3);
    write_samples("b.npy", moved, 3, 5);
    json_t *json = compare("a.npy", "b.npy");
    const json_t *best = json_object_get(json, "moved");
    expect_near(json_number(best, "x"), 1);
    expect_near(json_number(best, "y"), 0);
    expect_near(json_number(best, "relative_l2"), 0.5 / sqrt(22));
    expect_near(json_number(best, "largest_difference"), 0.5);
    expect_near(json_number(json_object_get(best, "at"), "x"), -1);
    expect_near(json_number(json_object_get(best, "at"), "y"), 0);
    assert_true(json_number(json, "relative_l2") > 0.5);
    json_decref(json);
    char *text = OUTPUT("kernel", "a.npy", "b.npy");
    expect_contains(text, "with B moved by x 1, y 0: 10.66 % of A; largest 0.5 at x -1, y 0");
    free(text);
}

/* What a file says about its middle counts. */
static void test_offsets_count(void **state) {
    (void)state;
    write_text("a.csv", "# shift 2,-1\n1,2,3\n");
    write_text("b.csv", "0,0,1,2,3\n0,0,0,0,0\n0,0,0,0,0\n");
    json_t *json = compare("a.csv", "b.csv");
    expect_near(json_number(json_object_get(json_object_get(json, "a"), "shift"), "x"), 2);
    expect_near(json_number(json_object_get(json, "moved"), "x"), 1);
    expect_near(json_number(json_object_get(json, "moved"), "y"), 0);
    json_decref(json);
}

static void test_refusals(void **state) {
    (void)state;
    write_pattern("p.png", 4, 4, 1, false, CKN_SAMPLE_U8, 1);
    write_samples("a.npy", bump, 3, 3);
    FAILS(2, "missing argument: B", "kernel", "a.npy");
    FAILS(1, "none.npy: cannot be opened", "kernel", "a.npy", "none.npy");
    FAILS(1, "p.png: is a picture of a kernel", "kernel", "a.npy", "p.png");
    FAILS(2, "two kernel files are compared by 'clkernest kernel A B'", "compare", "a.npy",
          "a.npy");
}

/* The picture of the kernel in a frame of zeros, whose middle is the picture's. */
static void write_framed(const char *path, int x, int y) {
    double framed[19 * 19] = {0};
    for (int i = 0; i < 9; i++)
        framed[(9 + y - 1 + i / 3) * 19 + 9 + x - 1 + i % 3] = bump[i];
    write_samples(path, framed, 19, 19);
}

static void expect_alike(const char *path, const char *like) {
    ckn_picture a = read_picture(path), b = read_picture(like);
    assert_int_equal(a.rows, b.rows);
    assert_int_equal(a.cols, b.cols);
    for (size_t i = 0; i < a.rows * a.cols; i++)
        expect_near(sample_at(&a, 0, i / a.cols, i % a.cols),
                    sample_at(&b, 0, i / a.cols, i % a.cols));
    ckn_picture_release(&a);
    ckn_picture_release(&b);
}

#define APPLY(kernel, output, ...)                                                                 \
    "apply", "p.npy", kernel, "-o", output, "--engine=direct", "--device=cpu", "-q", __VA_ARGS__

/* In every format that keeps numbers, and by hand. */
static void test_apply_moves(void **state) {
    (void)state;
    static const char *const names[] = {"k.csv", "k.npy", "k.tif", "k.fits"};
    const ckn_view view = ckn_view_f64(bump, 3, 3);
    write_pattern("p.npy", 21, 24, 1, false, CKN_SAMPLE_F64, 7);
    write_framed("framed.npy", 5, -3);
    SUCCEEDS(APPLY("framed.npy", "wanted.npy", "--support=same"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ckn_error error;
        if (ckn_kernel_write_at(names[i], &view, (ckn_kernel_offset){-3, 5}, NULL, NULL, 0,
                                &error) != CKN_OK)
            fail_msg("%s", error.message);
        SUCCEEDS(APPLY(names[i], "got.npy", "--support=same"));
        expect_alike("got.npy", "wanted.npy");
    }
    write_samples("plain.npy", bump, 3, 3);
    SUCCEEDS(APPLY("plain.npy", "got.npy", "--support=same", "--shift=5,-3"));
    expect_alike("got.npy", "wanted.npy");
    SUCCEEDS(APPLY("k.npy", "got.npy", "--support=same", "--shift=none"));
    SUCCEEDS(APPLY("plain.npy", "wanted.npy", "--support=same"));
    expect_alike("got.npy", "wanted.npy");
    SUCCEEDS(APPLY("k.npy", "got.npy", "--support=full"));
    SUCCEEDS(APPLY("plain.npy", "wanted.npy", "--support=full"));
    expect_alike("got.npy", "wanted.npy");
}

/* And it says so. */
static void test_apply_says_so(void **state) {
    (void)state;
    write_pattern("p.npy", 9, 9, 1, false, CKN_SAMPLE_F64, 7);
    write_text("k.csv", "# shift 5,-3\n1\n");
    program_run run = RUN("apply", "p.npy", "k.csv", "-o", "got.npy", "--support=same",
                          "--device=cpu", "--json", "j.json");
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "k.csv: says that its middle stands for a displacement of x 5, y -3");
    expect_contains(run.out, "shift         x 5, y -3\n");
    json_t *json = json_of_file("j.json");
    expect_near(json_number(json_object_get(json, "shift"), "y"), -3);
    json_decref(json);
    program_release(&run);
    FAILS(2, "--shift moves the result in IMAGE's frame: it needs --support same", "apply", "p.npy",
          "k.csv", "-o", "got.npy", "--shift=1,1");
}

static void test_types(void **state) {
    (void)state;
    static const struct {
        const char *type, *output;
        ckn_sample sample;
    } cases[] = {{"auto", "o.png", CKN_SAMPLE_U8},      {"uint16", "o.png", CKN_SAMPLE_U16},
                 {"uint8", "o.tif", CKN_SAMPLE_U8},     {"float32", "o.npy", CKN_SAMPLE_F32},
                 {"float64", "o.fits", CKN_SAMPLE_F64}, {"auto", "o.jpg", CKN_SAMPLE_U8}};
    write_pattern("p.png", 9, 9, 1, false, CKN_SAMPLE_U8, 7);
    write_text("k.csv", "1\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SUCCEEDS("apply", "p.png", "k.csv", "-o", cases[i].output, "--type", cases[i].type,
                 "--device=cpu", "-q");
        ckn_picture picture = read_picture(cases[i].output);
        assert_int_equal(picture.sample, cases[i].sample);
        ckn_picture_release(&picture);
    }
}

/* Integers with a sign stay what they are, in depth and values. */
static void test_signed_pictures(void **state) {
    (void)state;
    static const char samples[] = "\0\x80\xFF\xFF\0\0\x05\0\x2C\x01\xFF\x7F";
    static const int values[6] = {-32768, -1, 0, 5, 300, 32767};
    static const char *const outputs[] = {"o.npy", "o.fits", "o.tif"};
    write_array("s.npy", "<i2", "(2, 3)", samples, 12);
    for (size_t i = 0; i < 3; i++) {
        SUCCEEDS("blur", i == 0 ? "s.npy" : outputs[i - 1], "--sigma=0.01", "-o", outputs[i],
                 "--device=cpu", "-q");
        ckn_picture picture = read_picture(outputs[i]);
        assert_int_equal(picture.sample, CKN_SAMPLE_I16);
        for (size_t k = 0; k < 6 && i < 2; k++)
            assert_int_equal(lround(sample_at(&picture, 0, k / 3, k % 3)), values[k]);
        for (size_t k = 0; k < 6 && i == 2; k++)
            assert_int_equal(lround(32767 * sample_at(&picture, 0, k / 3, k % 3)), values[k]);
        ckn_picture_release(&picture);
    }
}

/* A mask as a comparison in NumPy leaves it, and one with transparency. */
static void test_masks(void **state) {
    (void)state;
    unsigned char marks[400];
    memset(marks, 1, sizeof marks);
    marks[210] = 0;
    write_array("mask.npy", "|b1", "(20, 20)", marks, sizeof marks);
    write_pattern("p.npy", 20, 20, 1, false, CKN_SAMPLE_F64, 7);
    write_pattern("rgba.png", 20, 20, 3, true, CKN_SAMPLE_U8, 3);
#define ESTIMATE(mask)                                                                             \
    "estimate", "p.npy", "p.npy", "-k3", "--device=cpu", "--shift=none", "--saturation=none",      \
        "--solver=exact", "--mask", mask
    program_run run = RUN(ESTIMATE("mask.npy"));
    assert_int_equal(run.status, 0);
    expect_contains(run.out, "over 323 samples");
    program_release(&run);
    run = RUN(ESTIMATE("rgba.png"));
    assert_int_equal(run.status, 0);
    expect_contains(run.err, "--mask rgba.png: its alpha channel is ignored");
    program_release(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),        cmocka_unit_test(test_moved),
        cmocka_unit_test(test_offsets_count), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_apply_moves),   cmocka_unit_test(test_apply_says_so),
        cmocka_unit_test(test_types),         cmocka_unit_test(test_signed_pictures),
        cmocka_unit_test(test_masks),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
