/* JPEG, TIFF and FITS files that other libraries wrote are read sample by sample, as their NPY
 * twins say; what cannot be read has its message. */
#include "io_test.h"

#include "base/view.h"
#include "io/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;
static ckn_error error;

static void spaces(char *text) {
    for (; *text; text++)
        *text = (char)(*text == '_' ? ' ' : *text);
}

static ckn_picture read_file(const char *name) {
    char path[2048];
    ckn_picture picture;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (ckn_picture_read(path, NULL, &picture, &error) != CKN_OK)
        fail_msg("%s", error.message);
    return picture;
}

/* All bits, but for NaN, where one is as good as another. */
static bool is_same(double found, double wanted, double tolerance) {
    if (isnan(wanted))
        return isnan(found);
    if (tolerance > 0)
        return fabs(found - wanted) <= tolerance;
    return found == wanted && signbit(found) == signbit(wanted);
}

static void check_samples(const char *name, const ckn_picture *picture, const ckn_picture *wanted,
                          double tolerance) {
    for (size_t plane = 0; plane < ckn_picture_plane_count(picture); plane++) {
        ckn_view view = ckn_picture_view(picture, plane), twin = ckn_picture_view(wanted, plane);
        for (size_t row = 0; row < view.rows; row++) {
            for (size_t col = 0; col < view.cols; col++) {
                double found = ckn_view_at(&view, row, col), value = ckn_view_at(&twin, row, col);
                if (!is_same(found, value, tolerance))
                    fail_msg("%s: plane %zu, row %zu, column %zu: %.17g instead of %.17g", name,
                             plane, row, col, found, value);
            }
        }
    }
}

/* "color=TEXT", "other=TEXT" (a colour that is not sRGB), a part of another note, or "-": none. */
static void check_notes(const char *name, const ckn_picture *picture, const char *note) {
    char all[1024];
    bool other = strncmp(note, "other=", 6) == 0;
    snprintf(all, sizeof all, "%s|%s|%s", picture->color, picture->lossy, picture->remark);
    if (strcmp(note, "-") == 0 ? strlen(picture->remark) > 0 || strlen(picture->lossy) > 0
        : other || strncmp(note, "color=", 6) == 0
            ? strcmp(picture->color, note + 6) != 0 || picture->not_srgb != other
            : !strstr(all, note))
        fail_msg("%s: the notes are '%s', not '%s'", name, all, note);
}

static void check_case(const char *name, const char *sample, double tolerance, const char *twin,
                       const char *note) {
    static const char *const types[] = {"u8", "u16", "f32", "f64", "i16"};
    ckn_picture picture = read_file(name), wanted = read_file(twin);
    if (picture.rows != wanted.rows || picture.cols != wanted.cols ||
        picture.channels != wanted.channels || picture.has_alpha != wanted.has_alpha ||
        picture.type != wanted.type || strcmp(types[picture.sample], sample) != 0)
        fail_msg("%s: has %zu x %zu x %zu%s of type %s", name, picture.rows, picture.cols,
                 picture.channels, picture.has_alpha ? " and alpha" : "", types[picture.sample]);
    check_samples(name, &picture, &wanted, tolerance);
    check_notes(name, &picture, note);
    ckn_picture_release(&picture);
    ckn_picture_release(&wanted);
}

static FILE *open_list(const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *list = fopen(path, "r");
    assert_non_null(list);
    return list;
}

static void test_every_kind(void **state) {
    (void)state;
    char line[1024], name[256], sample[8], tolerance[32], twin[256], note[256];
    size_t count = 0;
    FILE *cases = open_list("cases.txt");
    for (; fgets(line, sizeof line, cases); count++) {
        assert_int_equal(
            sscanf(line, "%255s %7s %31s %255s %255s", name, sample, tolerance, twin, note), 5);
        spaces(note);
        check_case(name, sample, strtod(tolerance, NULL), twin, note);
    }
    fclose(cases);
    assert_true(count >= 300);
}

static void test_refused(void **state) {
    (void)state;
    char line[1024], path[2048];
    size_t count = 0;
    FILE *cases = open_list("refused.txt");
    for (; fgets(line, sizeof line, cases); count++) {
        ckn_picture picture;
        char *message = strchr(line, ' ');
        assert_non_null(message);
        *message++ = '\0';
        message[strcspn(message, "\n")] = '\0';
        snprintf(path, sizeof path, "%s/%s", folder, line);
        ckn_code code = ckn_picture_read(path, NULL, &picture, &error);
        assert_int_not_equal(code, CKN_OK);
        io_test_expect(code, code, &error, path, message);
        assert_null(picture.data);
        assert_int_equal(ckn_picture_read(path, NULL, &picture, NULL), code);
    }
    fclose(cases);
    assert_true(count >= 15);
}

/* Cut off anywhere, a file is an error, never a picture with something missing. */
static void test_truncated(void **state) {
    (void)state;
    static const char *const names[] = {"uint16-7x5.tif",
                                        "uint8-20x33x3-tiles.tif",
                                        "float64-33x20-strips.tif",
                                        "int16-33x20-zlib.tif",
                                        "pillow-rgb-tiff_lzw.tif",
                                        "pillow-grey-packbits.tif",
                                        "bits-group4.tif",
                                        "jpeg-rgb.tif",
                                        "pages.tif",
                                        "float32-7x5.fits",
                                        "int16-3x8x9.fits",

                                        "grey-85.jpg",
                                        "rgb-2-1.jpg"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[1024];
        size_t size, read = 0;
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unsigned char *bytes = io_test_slurp(path, &size);
        /* A FITS file ends with a block of zeros, which nothing depends on. */
        size_t last = size - (strstr(names[i], ".fits") ? 2880 : 1), step = size / 150 + 1;
        bool paged = strncmp(names[i], "pages", 5) == 0; /* its last one */
        for (size_t length = 9; length <= last; length += step) {
            ckn_picture picture;
            io_test_file("cut", bytes, length);
            ckn_code code =
                ckn_picture_read(io_test_path(paged ? "cut[2]" : "cut"), NULL, &picture, &error);
            if (code == CKN_OK)
                print_message("%s is read with %zu of %zu bytes\n", names[i], length, size);
            read += code == CKN_OK;
            ckn_picture_release(&picture);
        }
        assert_int_equal(read, 0);
        free(bytes);
    }
}

static void test_page_counts(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t count;
    } cases[] = {{"pages.tif", 3},       {"pages.tif[1]", 1}, {"stack-sharp.tif", 3},
                 {"extensions.fits", 1}, {"grey-50.jpg", 1},  {"plain.png", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[1024];
        size_t count = 0;
        snprintf(path, sizeof path, "%s/%s", folder, cases[i].name);
        assert_int_equal(ckn_picture_count_pages(path, &count, &error), CKN_OK);
        assert_int_equal(count, cases[i].count);
    }
    size_t count;
    io_test_expect(ckn_picture_count_pages("nowhere.tif[1]", &count, &error), CKN_ERROR_FILE,
                   &error, "nowhere.tif[1]: cannot be opened", "");
}

/* Integers in a TIFF are a picture, real numbers are taps; a FITS file has nothing but numbers. */
static void test_kernels(void **state) {
    (void)state;
    char path[1024];
    double *taps = NULL;
    size_t rows, cols;
    snprintf(path, sizeof path, "%s/int16-7x5.fits", folder);
    assert_int_equal(ckn_kernel_read(path, NULL, &taps, &rows, &cols, &error), CKN_OK);
    ckn_picture twin = read_file("int16-7x5.fits.npy");
    ckn_view view = ckn_picture_view(&twin, 0);
    for (size_t i = 0; i < 35; i++)
        assert_true(taps[i] == ckn_view_at(&view, i / 5, i % 5));
    ckn_picture_release(&twin);
    free(taps);
    snprintf(path, sizeof path, "%s/uint8-7x5.tif", folder);
    io_test_expect(ckn_kernel_read(path, NULL, &taps, &rows, &cols, &error), CKN_ERROR_UNSUPPORTED,
                   &error, path, "lost the scale of its taps");
    snprintf(path, sizeof path, "%s/grey-50.jpg", folder);
    io_test_expect(ckn_kernel_read(path, NULL, &taps, &rows, &cols, &error), CKN_ERROR_UNSUPPORTED,
                   &error, path, "lost the scale of its taps");
}

/* Rounding noise as it was, not more than the bound. */
static void test_jpeg_noise(void **state) {
    (void)state;
    ckn_picture fine = read_file("grey-100.jpg"), coarse = read_file("grey-30.jpg");
    /* All steps are 1: one part in 255, divided by the square root of 12. */
    assert_true(fabs(fine.lossy_sigma - 1 / (255 * sqrt(12))) < 1e-12);
    assert_true(coarse.lossy_sigma > 20 * fine.lossy_sigma);
    ckn_picture_release(&fine);
    ckn_picture_release(&coarse);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_truncated),  cmocka_unit_test(test_page_counts),
        cmocka_unit_test(test_kernels),    cmocka_unit_test(test_jpeg_noise),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-MAKE_FORMATS\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    return cmocka_run_group_tests(tests, io_test_setup, io_test_teardown);
}
