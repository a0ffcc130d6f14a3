/* JPEG, TIFF and FITS in the program: pages as pairs, notes, metadata. */
#include "program.h"

#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The files of tests/io/make_formats.py. */
static const char *folder;

static const char *made(const char *name) {
    static char paths[4][1024];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

#define ESTIMATE(sharp, blurred, ...)                                                              \
    "estimate", sharp, blurred, "-k", "5", "--device", "cpu", __VA_ARGS__

static double stack_error(const char *path) {
    double *taps = read_kernel(path, 5, 5), *known = read_kernel(made("stack-kernel.npy"), 5, 5);
    double difference = relative_difference(taps, known, 25);
    free(taps);
    free(known);
    return difference;
}

/* Three pages against three are three pairs. */
static void test_pages_are_pairs(void **state) {
    (void)state;
    program_run run = RUN(ESTIMATE(made("stack-sharp.tif"), made("stack-blurred.tif"), "-o",
                                   "k.tif", "--json", "j.json"));
    assert_int_equal(run.status, 0);
    assert_string_equal(run.err, ""); /* no note that other pages are left out */
    program_release(&run);
    assert_true(stack_error("k.tif") < 1e-6);
    json_t *json = json_of_file("j.json"), *pairs = json_object_get(json, "pairs");
    assert_int_equal(json_array_size(pairs), 3);
    const char *name = json_word(json_array_get(pairs, 2), "blurred");
    expect_contains(name, "stack-blurred.tif[2]");
    json_decref(json);
    /* One page each, and pages as words. */
    SUCCEEDS(ESTIMATE(made("stack-sharp.tif[1]"), made("stack-blurred.tif[1]"), "-o", "k.fits"));
    assert_true(stack_error("k.fits") < 1e-6);
}

static void test_pages_refused(void **state) {
    (void)state;
    FAILS(1, "has 3 pages, but",
          ESTIMATE(made("stack-sharp.tif"), made("stack-short.tif"), "-o", "k.npy"));
    FAILS(1, "[0]'", ESTIMATE(made("grey-50.jpg"), made("stack-short.tif"), "-o", "k.npy"));
    FAILS(1, "has 3 pages, counted from [0]",
          ESTIMATE(made("stack-sharp.tif[3]"), made("stack-blurred.tif[1]"), "-o", "k.npy"));
    /* The page is part of the file. */
    double samples[64] = {0};
    write_samples("p.npy", samples, 8, 8);
    SUCCEEDS("blur", "p.npy", "--sigma", "1", "-o", "p.tif", "--device", "cpu");
    FAILS(2, "is the input file", ESTIMATE("p.tif[0]", "p.npy", "-o", "p.tif"));
}

/* A TIFF of that many directories, with a width each. */
static void write_pages(const char *path, unsigned count) {
    enum { DIRECTORY = 18 };
    static unsigned char bytes[8 + 5000 * DIRECTORY] = "II*\0\x08";
    for (unsigned i = 0; i < count; i++) {
        const unsigned next = i + 1 < count ? 8 + (i + 1) * DIRECTORY : 0;
        unsigned char *at = bytes + 8 + (size_t)i * DIRECTORY;
        memcpy(at, "\x01\0\0\x01\x04\0\x01\0\0\0\x09\0\0\0", 14);
        for (unsigned k = 0; k < 4; k++)
            at[14 + k] = (unsigned char)(next >> 8 * k);
    }
    write_bytes(path, bytes, 8 + (size_t)count * DIRECTORY);
}

/* Each page is looked for from the first on, so that their number must have an end. */
static void test_too_many_pages(void **state) {
    (void)state;
    write_pages("many.tif", 4097);
    write_pages("most.tif", 4096);
    FAILS(1,
          "has 4097 pages; a kernel is estimated from at most 4096 of them: choose some, the "
          "first as 'many.tif[0]'",
          ESTIMATE("many.tif", "many.tif", "-o", "k.npy"));
    FAILS(1, "most.tif has 4096 pages, but many.tif has 4097",
          ESTIMATE("most.tif", "many.tif", "-o", "k.npy"));
    FAILS(1, "most.tif[0]: cannot be read as TIFF",
          ESTIMATE("most.tif", "most.tif", "-o", "k.npy"));
}

static void expect_note(const char *sharp, const char *option, const char *note, bool there) {
    program_run run = RUN(ESTIMATE(sharp, sharp, "-o", "k.npy", option));
    assert_int_equal(run.status, 0);
    if (there)
        expect_contains(run.err, note);
    else
        expect_lacks(run.err, note);
    program_release(&run);
}

static void test_notes(void **state) {
    (void)state;
    expect_note(made("rgb-2-0.jpg"), "-v", "JPEG of quality 80 is lossy", true);
    expect_note(made("rgb-2-0.jpg"), "-q", "JPEG", false);
    expect_note(made("turned.jpg"), "-v", "orientation 8), which is not applied", true);
    write_pattern("p.png", 20, 20, 1, false, CKN_SAMPLE_U8, 1);
    expect_note("p.png", "--linear", "--linear decodes sRGB", false);
    SUCCEEDS("simulate", "--scene", "p.png", "--kernel", "gaussian:1", "--sharp", "p.fits");
    expect_note("p.fits", "--linear", "but the file says: FITS, physical values", true);
    expect_note("p.fits", "-v", "but the file says", false);
    program_run run =
        RUN("blur", made("pages.tif"), "--sigma", "1", "-o", "q.npy", "--device", "cpu");
    expect_contains(run.err, "it has 3 pages, of which this is the first");
    program_release(&run);
}

/* Where the numbers come from stands in the file, also for names that a shell would take apart. */
static void test_metadata(void **state) {
    (void)state;
    write_pattern("it's a.npy", 20, 20, 1, false, CKN_SAMPLE_F64, 1);
    SUCCEEDS("simulate", "--scene", "./it's a.npy", "--kernel", "gaussian:1", "--kernel-size", "5",
             "--blurred", "b.npy", "--kernel-out", "true.csv");
    SUCCEEDS(ESTIMATE("it's a.npy", "b.npy", "-o", "k.csv", "--uncertainty", "u.fits"));
    char *text = file_text("k.csv");
    expect_contains(text, "# Software: clkernest " CKN_VERSION "\n");
    expect_contains(text, "# Kernel size: 5x5\n");
    expect_contains(text, "# Source: 'it'\\''s a.npy' b.npy\n");
    expect_contains(text, "# Command: clkernest estimate 'it'\\''s a.npy' b.npy -k 5 --device cpu");
    free(text);
    free(read_kernel("u.fits", 5, 5));
    text = file_text("true.csv");
    expect_lacks(text, "# Source");
    free(text);
    /* A kernel that was read is its own source. */
    SUCCEEDS("boxkernel", "--match", "k.csv", "-o", "m.csv");
    text = file_text("m.csv");
    expect_contains(text, "# Source: k.csv\n");
    free(text);
}

/* The same pair through every format that keeps its samples. */
static void test_every_format(void **state) {
    (void)state;
    static const char *const ends[] = {"npy", "tif", "fits"};
    for (size_t i = 0; i < 3; i++) {
        char sharp[32], blurred[32], kernel[32];
        snprintf(sharp, sizeof sharp, "s.%s", ends[i]);
        snprintf(blurred, sizeof blurred, "b.%s", ends[i]);
        snprintf(kernel, sizeof kernel, "k.%s", ends[i]);
        SUCCEEDS("simulate", "--scene", "noise", "--size", "40", "--kernel", "gaussian:1",
                 "--kernel-size", "5", "--sharp", sharp, "--blurred", blurred, "--kernel-out",
                 "true.npy");
        SUCCEEDS(ESTIMATE(sharp, blurred, "-o", kernel));
        SUCCEEDS("apply", sharp, kernel, "-o", "again.fits", "--device", "cpu");
        double *found = read_kernel(kernel, 5, 5), *known = read_kernel("k.npy", 5, 5);
        assert_memory_equal(found, known, 25 * sizeof *found);
        free(found);
        free(known);
        ckn_picture again = read_picture("again.fits"), wanted = read_picture(blurred);
        assert_int_equal(again.sample, CKN_SAMPLE_F64);
        assert_true(relative_difference(again.data, wanted.data, 36 * 36) < 1e-9);
        ckn_picture_release(&again);
        ckn_picture_release(&wanted);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_are_pairs), cmocka_unit_test(test_pages_refused),
        cmocka_unit_test(test_too_many_pages),  cmocka_unit_test(test_notes),
        cmocka_unit_test(test_metadata),        cmocka_unit_test(test_every_format),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-MAKE_FORMATS\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
