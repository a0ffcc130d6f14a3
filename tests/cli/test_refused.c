/* Bad input: one clear line, exit status 1, and an existing output file survives. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PRECIOUS "this file was there before\n"

static int make_files(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    write_pattern("sharp.png", 40, 50, 1, false, CKN_SAMPLE_U8, 1);
    SUCCEEDS("simulate", "--scene", "sharp.png", "--kernel", "gaussian:1", "--kernel-size", "5",
             "--blurred", "blurred.npy", "--device", "cpu");
    write_text("k.npy", PRECIOUS);
    write_text("out.png", PRECIOUS);
    return 0;
}

static void expect_survivors(void) {
    const char *const names[] = {"k.npy", "out.png"};
    for (size_t i = 0; i < 2; i++) {
        char *text = file_text(names[i]);
        assert_non_null(text);
        assert_string_equal(text, PRECIOUS);
        free(text);
    }
}

#define ESTIMATE(sharp, blurred, ...)                                                              \
    "estimate", sharp, blurred, "-k", "5", "-o", "k.npy", "--device", "cpu", __VA_ARGS__

static void test_no_picture(void **state) {
    (void)state;
    FAILS(1, "missing.png: ", ESTIMATE("missing.png", "blurred.npy", "-q"));
    FAILS(1, "missing.npy: ", ESTIMATE("sharp.png", "missing.npy", "-q"));
    FAILS(1, "missing.png: ", "blur", "missing.png", "--sigma", "3", "-o", "out.png");
    FAILS(1, "missing.png: ", "apply", "missing.png", "blurred.npy", "-o", "out.png");
    FAILS(1, "missing.csv: ", "apply", "sharp.png", "missing.csv", "-o", "out.png");
    FAILS(1, "is a folder", ESTIMATE(".", "blurred.npy", "-q"));
    write_text("text.png", "no picture at all");
    FAILS(1, "text.png: ", ESTIMATE("text.png", "blurred.npy", "-q"));
    write_text("empty.png", "");
    FAILS(1, "empty.png: ", "blur", "empty.png", "--sigma", "3", "-o", "out.png");
    expect_survivors();
}

static void test_broken_png(void **state) {
    (void)state;
    struct stat status;
    char *bytes = file_text("sharp.png");
    assert_int_equal(stat("sharp.png", &status), 0);
    write_bytes("cut.png", bytes, (size_t)status.st_size / 2);
    free(bytes);
    FAILS(1, "cut.png: ", ESTIMATE("cut.png", "blurred.npy", "-q"));
    /* The header of a PNG of 100000 x 100000 RGBA samples of 16 bits, with a correct checksum. */
    const unsigned char huge[] = {0x89, 'P',  'N', 'G', 13,  10, 26, 10,   0,    0,    0,
                                  13,   'I',  'H', 'D', 'R', 0,  1,  0x86, 0xa0, 0,    1,
                                  0x86, 0xa0, 16,  6,   0,   0,  0,  0xf8, 0xc2, 0xd7, 0x8b};
    write_bytes("huge.png", huge, sizeof huge);
    FAILS(1, "huge.png: ", ESTIMATE("huge.png", "blurred.npy", "-q"));
    FAILS(1, "huge.png: ", "blur", "huge.png", "--sigma", "3", "-o", "out.png");
    expect_survivors();
}

static void test_lossy(void **state) {
    (void)state;
    const unsigned char jpeg[] = {0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1};
    write_bytes("photo.jpg", jpeg, sizeof jpeg);
    FAILS(1, "photo.jpg: cannot be read as JPEG", ESTIMATE("photo.jpg", "blurred.npy", "-q"));
    write_bytes("photo.webp", "RIFF....WEBPVP8 ", 16);
    FAILS(1, "lossy", ESTIMATE("photo.webp", "blurred.npy", "-q"));
    expect_survivors();
}

/* A file that has nothing but the header. */
static void write_npy_header(const char *path, const char *dictionary) {
    char text[256];
    int length = snprintf(text, sizeof text, "\x93NUMPY\x01%c%c%c%s\n", '\0',
                          (char)(strlen(dictionary) + 1), '\0', dictionary);
    write_bytes(path, text, (size_t)length);
}

static void test_npy(void **state) {
    (void)state;
    write_npy_header("complex.npy", "{'descr': '<c16', 'fortran_order': False, 'shape': (4, 4), }");
    FAILS(1, "complex.npy: ", ESTIMATE("complex.npy", "blurred.npy", "-q"));
    write_npy_header("lies.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (400, 400), }");
    FAILS(1, "lies.npy: ", ESTIMATE("lies.npy", "blurred.npy", "-q"));
    expect_survivors();
}

static void test_sizes(void **state) {
    (void)state;
    FAILS(1, "the kernel (51x40) is larger than sharp.png (50x40)", "estimate", "sharp.png",
          "blurred.npy", "-k", "51x40", "-o", "k.npy");
    FAILS(1,
          "blurred.npy is 46x36, but for sharp.png (50x40) and a kernel of 3x3 it must be 48x38 "
          "(valid) or 50x40 (same)",
          "estimate", "sharp.png", "blurred.npy", "-k", "3", "-o", "k.npy");
    FAILS(1, "the kernel blurred.npy (46x36) is larger than small.png (9x9)", "apply", "small.png",
          "blurred.npy", "-o", "out.png");
    FAILS(1, "the kernel (17x17) is larger than the scene (9x9)", "simulate", "--size", "9",
          "--blurred", "k.npy");
    expect_survivors();
}

static int make_small(void **state) {
    (void)state;
    write_pattern("small.png", 9, 9, 1, false, CKN_SAMPLE_U8, 1);
    return 0;
}

static void test_samples(void **state) {
    (void)state;
    double samples[40 * 50];
    for (size_t i = 0; i < 40 * 50; i++)
        samples[i] = pattern(1, i);
    samples[7 * 50 + 11] = NAN;
    samples[9 * 50 + 3] = INFINITY;
    write_samples("nan.npy", samples, 40, 50);
    FAILS(1, "nan.npy: the sample at row 7, column 11 (from 0) is NaN",
          ESTIMATE("nan.npy", "blurred.npy", "-q"));
    FAILS(1, "nan.npy: the sample at row 9, column 3 (from 0) is infinite",
          ESTIMATE("sharp.png", "nan.npy", "--roi", "0,6,50x34"));
    write_constant("constant.npy", 40, 50, 0.25);
    FAILS(1,
          "constant.npy is constant: many kernels fit equally well, so the problem has no unique",
          ESTIMATE("constant.npy", "blurred.npy", "-q"));
    expect_survivors();
}

/* What lies in the border that 'same' invents, or outside --roi, does not matter. */
static void test_unused_samples(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--scene", "sharp.png", "--kernel", "gaussian:1", "--kernel-size", "5",
             "--support", "same", "--blurred", "same.npy", "--device", "cpu");
    ckn_error error;
    ckn_picture picture = read_picture("same.npy");
    ckn_output plane = ckn_picture_output(&picture, 0);
    ((double *)plane.data)[0] = NAN;
    assert_int_equal(ckn_picture_write("same.npy", &picture, &error), CKN_OK);
    ckn_picture_release(&picture);
    SUCCEEDS("estimate", "sharp.png", "same.npy", "-k", "5", "--json", "j.json", "--device", "cpu");
}

static void test_devices(void **state) {
    (void)state;
    FAILS(1, "there is no device 'toaster'", "estimate", "sharp.png", "blurred.npy", "-k", "5",
          "-o", "k.npy", "--device", "toaster");
    FAILS(1, "opencl:99", "blur", "sharp.png", "--sigma", "3", "-o", "out.png", "--device",
          "opencl:99");
    expect_survivors();
}

static void test_names(void **state) {
    (void)state;
    FAILS(2, "--scene must be shapes", "simulate", "--scene", "shape", "--sharp", "k.npy");
    FAILS(2, "square:SIDE", "simulate", "--scene", "square", "--sharp", "k.npy");
    FAILS(2, "square:SIDE", "simulate", "--scene", "square:0", "--sharp", "k.npy");
    FAILS(2, "does not fit in a scene of 9x9", "simulate", "--scene", "square:10", "--size", "9",
          "--sharp", "k.npy");
    const char *const kernels[] = {"gauss:3",  "gaussian", "gaussian:", "gaussian:0", "box:-1",
                                   "disc:nan", "motion:9", "motion:9,", "motion:9,a", "pyramid:3"};
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++)
        FAILS(2, "--kernel must be gaussian:SIGMA", "simulate", "--kernel", kernels[i],
              "--kernel-out", "k.npy");
    FAILS(2, "--kernel-size 5x5 would cut the kernel", "simulate", "--kernel", "disc:3", "-k", "5",
          "--kernel-out", "k.npy");
    FAILS(1, "./missing.png: ", "simulate", "--scene", "./missing.png", "--sharp", "k.npy");
    expect_survivors();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_picture),
        cmocka_unit_test(test_broken_png),
        cmocka_unit_test(test_lossy),
        cmocka_unit_test(test_npy),
        cmocka_unit_test_setup(test_sizes, make_small),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_unused_samples),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, make_files, leave_folder);
}
