/* Kernels as NPY, CSV and pictures. */
#include "io_test.h"

#include "base/view.h"
#include "io/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ckn_error error;

static const double awkward[6] = {0.1, -1.0 / 3.0, 5e-324, DBL_MAX, -0.0, 12345678.9};

static void write_kernel(const char *path, const double *taps, size_t rows, size_t cols) {
    ckn_view view = ckn_view_f64(taps, rows, cols);
    if (ckn_kernel_write(path, &view, NULL, NULL, 0, &error) != CKN_OK)
        fail_msg("%s", error.message);
}

/* Bit by bit the same. */
static void expect_kernel(const char *path, const double *taps, size_t rows, size_t cols) {
    double *found = NULL;
    size_t found_rows, found_cols;
    if (ckn_kernel_read(path, NULL, &found, &found_rows, &found_cols, &error) != CKN_OK)
        fail_msg("%s", error.message);
    assert_int_equal(found_rows, rows);
    assert_int_equal(found_cols, cols);
    assert_memory_equal(found, taps, rows * cols * sizeof *taps);
    free(found);
}

static void test_round_trips(void **state) {
    (void)state;
    static const char *const names[] = {"k.npy", "k.csv",  "K.NPY",  "K.Csv",
                                        "k.tif", "k.tiff", "k.fits", "k.fit"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = io_test_path(names[i]);
        write_kernel(path, awkward, 2, 3);
        expect_kernel(path, awkward, 2, 3);
        write_kernel(path, awkward, 6, 1); /* over the existing file */
        expect_kernel(path, awkward, 6, 1);
        unlink(path);
    }
    assert_int_equal(io_test_count_files(), 0);
}

/* Where the kernel lies comes back from every format that is read. */
static void test_offsets(void **state) {
    (void)state;
    static const char *const names[] = {"k.npy", "k.csv", "k.tif", "k.fits"};
    static const ckn_kernel_offset offsets[] = {{0, 0}, {-2, 3}, {0, -1}, {2147483647, 12345}};
    static const ckn_metadata_item items[] = {{"Software", "clkernest"}, {"Source", "a.png b.png"}};
    const ckn_metadata metadata = {items, 2};
    const ckn_view view = ckn_view_f64(awkward, 2, 3);
    for (size_t i = 0; i < 16; i++) {
        const char *path = io_test_path(names[i / 4]);
        const ckn_kernel_offset written = offsets[i % 4];
        ckn_kernel_offset found = {9, 9};
        double *taps = NULL;
        size_t rows, cols;
        if (ckn_kernel_write_at(path, &view, written, i % 2 ? &metadata : NULL, NULL, 0, &error) !=
                CKN_OK ||
            ckn_kernel_read_at(path, NULL, &taps, &rows, &cols, &found, &error) != CKN_OK)
            fail_msg("%s", error.message);
        assert_memory_equal(taps, awkward, sizeof awkward);
        free(taps);
        assert_int_equal(found.row, written.row);
        assert_int_equal(found.col, written.col);
        unlink(path);
    }
}

/* By hand, too; what is no such line says nothing. */
static void test_offset_comments(void **state) {
    (void)state;
    static const struct {
        const char *text;
        ptrdiff_t row, col;
    } cases[] = {{"# shift 3,-2\n1,2\n", -2, 3},
                 {"1,2\n#Shift:  +3 , -2 \r\n", -2, 3},
                 {"# SHIFT: 1,1\n# shift 5,5\n1\n", 1, 1},
                 {"# shift x\n1\n", 0, 0},
                 {"# shift 3\n1\n", 0, 0},
                 {"# shift 3,4,5\n1\n", 0, 0},
                 {"# shift 3,99999999999\n1\n", 0, 0},
                 {"# shifted 3,4\n1\n", 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = io_test_file("k.csv", cases[i].text, strlen(cases[i].text));
        ckn_kernel_offset found;
        double *taps = NULL;
        size_t rows, cols;
        assert_int_equal(ckn_kernel_read_at(path, NULL, &taps, &rows, &cols, &found, &error), 0);
        free(taps);
        assert_int_equal(found.row, cases[i].row);
        assert_int_equal(found.col, cases[i].col);
        unlink(path);
    }
}

static void test_strided_view(void **state) {
    (void)state;
    const float floats[6] = {1, 2, 3, 4, 5, 6};
    const double wanted[4] = {2, 4, 3, 5};
    ckn_view view = {floats + 1, CKN_FLOAT32, 2, 2, 1, 2};
    const char *path = io_test_path("k.npy");
    assert_int_equal(ckn_kernel_write(path, &view, NULL, NULL, 0, &error), CKN_OK);
    expect_kernel(path, wanted, 2, 2);
    unlink(path);
}

static void test_not_finite_survives(void **state) {
    (void)state;
    const double taps[3] = {NAN, INFINITY, -INFINITY};
    const char *path = io_test_path("k.csv");
    write_kernel(path, taps, 1, 3);
    double *found = NULL;
    size_t rows, cols;
    assert_int_equal(ckn_kernel_read(path, NULL, &found, &rows, &cols, &error), CKN_OK);
    assert_true(isnan(found[0]) && found[1] == INFINITY && found[2] == -INFINITY);
    free(found);
    unlink(path);
}

/* A locale with a decimal comma; the build makes one where the system has none. */
static void test_decimal_comma(void **state) {
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        skip();
    char text[32];
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0,5");
    const double half[2] = {0.5, 0.25};
    const char *path = io_test_path("k.csv");
    write_kernel(path, half, 1, 2);
    expect_kernel(path, half, 1, 2);
    size_t size;
    unsigned char *bytes = io_test_slurp(path, &size);
    assert_string_equal((const char *)bytes, "0.5,0.25\n");
    free(bytes);
    snprintf(text, sizeof text, "%.1f", 0.5); /* the caller's locale is as before */
    assert_string_equal(text, "0,5");
    assert_non_null(setlocale(LC_ALL, "C"));
    unlink(path);
}

static void test_csv_spellings(void **state) {
    (void)state;
    static const char *const texts[] = {
        "1,2\n3,4\n",
        "1,2\n3,4",
        "\357\273\2771,2\r\n3,4\r\n",
        "# a kernel\n\n 1 ,\t2 \n  # again\n+3., .4e1\n\n",
        "1 2\n3 4\n",
        "1.000000000000000000e+00 2.000000000000000000e+00\n3e0\t4e0\n",
    };
    const double wanted[4] = {1, 2, 3, 4};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *path = io_test_file("k.txt", texts[i], strlen(texts[i]));
        expect_kernel(path, wanted, 2, 2);
        unlink(path);
    }
}

static void expect_refused(const void *bytes, size_t size, ckn_code code, const char *text) {
    const char *path = io_test_file("bad.csv", bytes, size);
    double *taps = NULL;
    size_t rows, cols;
    io_test_expect(ckn_kernel_read(path, NULL, &taps, &rows, &cols, &error), code, &error, path,
                   text);
    assert_null(taps);
    assert_int_equal(ckn_kernel_read(path, NULL, &taps, &rows, &cols, NULL), code);
    unlink(path);
}

static void test_bad_csv(void **state) {
    (void)state;
    static const char *const texts[][2] = {
        {"", "is empty"},
        {"\n\n", "holds no numbers"},
        {"# nothing\n", "holds no numbers"},
        {"1,2\n\n3\n", "line 3 holds 1 numbers, the lines before hold 2"},
        {"1,2\n3,4,5\n", "line 2 holds 3 numbers"},
        {"1,2\n3,four\n", "line 2: 'four' stands where"},
        {"a,b\n", "line 1: 'a'"},
        {"1,2x\n", "line 1: '2x'"},
        {"1;2\n", "line 1: '1;2'"},
        {"1,,2\n", "line 1: a number is missing"},
        {"1,2,\n", "line 1: a number is missing"},
        {",1\n", "line 1: a number is missing"},
        {"1,1e999\n", "too large"},
        {"1,\x80\xFF\n", "line 1: '?\?'"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_refused(texts[i][0], strlen(texts[i][0]), CKN_ERROR_FILE, texts[i][1]);
    char late[] = "1111111111,2222222222,3333333333,4444444444,5555555555,6666666666,7777777777,8";
    late[sizeof late - 2] = '\0'; /* behind the bytes that decide about the format */
    expect_refused(late, sizeof late - 1, CKN_ERROR_FILE, "line 1 holds a zero byte");
    expect_refused("1,2\0003", 5, CKN_ERROR_UNSUPPORTED, "NPY, CSV, TIFF and FITS files");
    expect_refused("\xFF\xD8\xFF\xE0", 4, CKN_ERROR_UNSUPPORTED, "is a picture of a kernel");
}

static void test_large_csv_refused(void **state) {
    (void)state;
    char text[128]; /* more than the bytes that decide about the format */
    memset(text, '1', sizeof text);
    const char *path = io_test_file("large.csv", text, sizeof text);
    double *taps = NULL;
    size_t rows, cols;
    assert_int_equal(truncate(path, (off_t)1 << 29), 0); /* a hole: takes no room */
    io_test_expect(ckn_kernel_read(path, NULL, &taps, &rows, &cols, &error), CKN_ERROR_FILE, &error,
                   path, "use .npy");
    unlink(path);
}

static double picture_at(const ckn_picture *picture, size_t row, size_t col) {
    ckn_view view = ckn_picture_view(picture, 0);
    return ckn_view_at(&view, row, col);
}

static void test_kernel_picture(void **state) {
    (void)state;
    double taps[51 * 51] = {0};
    taps[0] = -0.5;
    taps[52] = 1.5;
    ckn_view view = ckn_view_f64(taps, 51, 51);
    const char *path = io_test_path("k.png");
    char note[256];
    ckn_picture picture;
    assert_int_equal(ckn_kernel_write(path, &view, NULL, note, sizeof note, &error), CKN_OK);
    assert_non_null(strstr(note, path));
    assert_non_null(strstr(note, "[-0.5, 1.5] to [0, 65535], each tap drawn as 10 x 10 pixels"));
    assert_int_equal(ckn_picture_read(path, NULL, &picture, &error), CKN_OK);
    assert_int_equal(picture.rows, 510);
    assert_int_equal(picture.cols, 510);
    assert_int_equal(picture.sample, CKN_SAMPLE_U16);
    assert_true(picture_at(&picture, 9, 9) == 0.0);
    assert_true(picture_at(&picture, 10, 10) == 1.0);
    assert_true(picture_at(&picture, 19, 19) == 1.0);
    assert_true(fabs(picture_at(&picture, 20, 20) - 0.25) < 1e-5);
    ckn_picture_release(&picture);
    unlink(path);
}

/* rows x cols of one value or two: the picture's size, and the first sample. */
static void check_picture(double first, double rest, size_t rows, size_t cols, size_t factor,
                          double wanted) {
    double *taps = malloc(rows * cols * sizeof *taps);
    assert_non_null(taps);
    for (size_t i = 0; i < rows * cols; i++)
        taps[i] = i ? rest : first;
    const char *path = io_test_path("k.png");
    ckn_picture picture;
    write_kernel(path, taps, rows, cols);
    assert_int_equal(ckn_picture_read(path, NULL, &picture, &error), CKN_OK);
    assert_int_equal(picture.rows, rows * factor);
    assert_int_equal(picture.cols, cols * factor);
    assert_true(fabs(picture_at(&picture, 0, 0) - wanted) < 1e-5);
    ckn_picture_release(&picture);
    free(taps);
    unlink(path);
}

static void test_kernel_picture_limits(void **state) {
    (void)state;
    check_picture(3.0, 3.0, 2, 2, 256, 0.5);
    check_picture(1.0, 0.0, 1, 1000, 4, 1.0);
    check_picture(1.0, 0.0, 600, 2, 1, 1.0);
    check_picture(1.0, 0.0, 2, 5000, 1, 1.0);
    check_picture(DBL_MAX, -DBL_MAX, 2, 2, 256, 1.0);
    check_picture(NAN, NAN, 2, 2, 256, 0.5);
    check_picture(INFINITY, 0.0, 2, 2, 256, 0.5);
    check_picture(NAN, INFINITY, 1, 2, 512, 0.5);
    const double three[3] = {INFINITY, 0.0, 1.0};
    write_kernel(io_test_path("k.png"), three, 1, 3);
    const double same = 0.25;
    ckn_view view = ckn_view_f64(&same, 1, 1);
    char note[256];
    assert_int_equal(
        ckn_kernel_write(io_test_path("k.png"), &view, NULL, note, sizeof note, &error), CKN_OK);
    assert_non_null(strstr(note, "every value is 0.25"));
    assert_int_equal(
        ckn_kernel_write(io_test_path("k.csv"), &view, NULL, note, sizeof note, &error), CKN_OK);
    assert_string_equal(note, "");
    unlink(io_test_path("k.png"));
    unlink(io_test_path("k.csv"));
}

/* Writes a plane of `sample` with 3 (of the full range) in its last element. */
static void write_plane(const char *path, size_t channels, ckn_sample sample) {
    ckn_picture picture;
    assert_int_equal(ckn_picture_create(&picture, 2, 3, channels, false, sample, &error), CKN_OK);
    ckn_output output = ckn_picture_output(&picture, 0);
    ckn_output_set(&output, 1, 2, 3.0 / (sample == CKN_SAMPLE_U8 ? 255 : 65535));
    assert_int_equal(ckn_picture_write(path, &picture, &error), CKN_OK);
    ckn_picture_release(&picture);
}

/* Integer arrays are taps as they stand; pictures have lost the scale of theirs. */
static void test_kernel_from_picture(void **state) {
    (void)state;
    const double wanted[6] = {0, 0, 0, 0, 0, 3};
    const char *path = io_test_path("k.npy");
    double *taps = NULL;
    size_t rows, cols;
    write_plane(path, 1, CKN_SAMPLE_U8);
    expect_kernel(path, wanted, 2, 3);
    write_plane(path, 1, CKN_SAMPLE_U16);
    expect_kernel(path, wanted, 2, 3);
    write_plane(path, 3, CKN_SAMPLE_U8);
    io_test_expect(ckn_kernel_read(path, NULL, &taps, &rows, &cols, &error), CKN_ERROR_FILE, &error,
                   path, "has 3 channels");
    unlink(path);
    path = io_test_path("k.png");
    write_plane(path, 1, CKN_SAMPLE_U8);
    io_test_expect(ckn_kernel_read(path, NULL, &taps, &rows, &cols, &error), CKN_ERROR_UNSUPPORTED,
                   &error, path, "use the kernel's .npy or .csv");
    io_test_expect(ckn_kernel_read(io_test_path("none"), NULL, &taps, &rows, &cols, &error),
                   CKN_ERROR_FILE, &error, "none", "cannot be opened");
    unlink(path);
}

/* What the call wrote to standard output, or its failure there. */
static ckn_code write_to_standard_output(const char *path, const ckn_view *view) {
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    int target = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(saved >= 0 && target >= 0);
    assert_true(dup2(target, STDOUT_FILENO) >= 0);
    ckn_code code = ckn_kernel_write("-", view, NULL, NULL, 0, &error);
    /* What could not be written must not appear later. */
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    fflush(stdout);
    clearerr(stdout);
    dup2(saved, STDOUT_FILENO);
    close(null);
    close(saved);
    close(target);
    return code;
}

static void test_standard_output(void **state) {
    (void)state;
    ckn_view view = ckn_view_f64(awkward, 2, 3);
    const char *path = io_test_path("out.csv");
    assert_int_equal(write_to_standard_output(path, &view), CKN_OK);
    expect_kernel(path, awkward, 2, 3);
    unlink(path);
    ckn_code code = write_to_standard_output("/dev/full", &view);
    io_test_expect(code, CKN_ERROR_FILE, &error, "standard output", strerror(ENOSPC));
}

static void test_bad_targets(void **state) {
    (void)state;
    ckn_view view = ckn_view_f64(awkward, 2, 3);
    ckn_view empty = ckn_view_f64(NULL, 2, 3);
    const char *lost = io_test_path("nowhere/k.csv");
    io_test_expect(ckn_kernel_write("k.bmp", &view, NULL, NULL, 0, &error), CKN_ERROR_ARGUMENT,
                   &error, "k.bmp", ".npy, .csv, .tif, .fits, .png or .jpg");
    io_test_expect(ckn_kernel_check_path("kernel", &error), CKN_ERROR_ARGUMENT, &error, "kernel",
                   "- for CSV");
    io_test_expect(ckn_kernel_write("-", &empty, NULL, NULL, 0, &error), CKN_ERROR_ARGUMENT, &error,
                   "kernel", "no data");
    io_test_expect(ckn_kernel_write(lost, &view, NULL, NULL, 0, &error), CKN_ERROR_FILE, &error,
                   lost, "does not exist");
    io_test_expect(ckn_kernel_check_path(lost, &error), CKN_ERROR_FILE, &error, lost,
                   "does not exist");
    assert_int_equal(ckn_kernel_check_path("-", &error), CKN_OK);
    assert_int_equal(ckn_kernel_check_path(io_test_path("k.csv"), &error), CKN_OK);
    assert_int_equal(io_test_count_files(), 0);
}

/* Small kernels fail when the file is closed, large ones while they are written. */
static void test_full_disk(void **state) {
    (void)state;
    static const char *const names[] = {"full.npy", "full.csv",  "full.png",
                                        "full.tif", "full.fits", "full.jpg"};
    double *taps = calloc(300 * 300, sizeof *taps);
    assert_non_null(taps);
    for (size_t i = 0; i < 300 * 300; i++)
        taps[i] = sin((double)(i * i));
    for (size_t size = 3; size <= 300; size += 297) {
        ckn_view view = ckn_view_f64(taps, size, size);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            const char *full = io_test_path(names[i]);
            assert_int_equal(symlink("/dev/full", full), 0);
            io_test_expect(ckn_kernel_write(full, &view, NULL, NULL, 0, &error), CKN_ERROR_FILE,
                           &error, full, strerror(ENOSPC));
            unlink(full);
        }
    }
    free(taps);
    assert_int_equal(io_test_count_files(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_offset_comments),
        cmocka_unit_test(test_strided_view),
        cmocka_unit_test(test_not_finite_survives),
        cmocka_unit_test(test_decimal_comma),
        cmocka_unit_test(test_csv_spellings),
        cmocka_unit_test(test_bad_csv),
        cmocka_unit_test(test_large_csv_refused),
        cmocka_unit_test(test_kernel_picture),
        cmocka_unit_test(test_kernel_picture_limits),
        cmocka_unit_test(test_kernel_from_picture),
        cmocka_unit_test(test_standard_output),
        cmocka_unit_test(test_bad_targets),
        cmocka_unit_test(test_full_disk),
    };
    return cmocka_run_group_tests(tests, io_test_setup, io_test_teardown);
}
