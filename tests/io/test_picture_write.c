/* What is written is read again as it was; PNG files stay behind for check_pngs.py. */
#include "io_test.h"

#include "base/view.h"
#include "io/picture.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *folder;
static ckn_error error;

static const struct {
    const char *name;
    size_t rows, cols, channels;
    bool has_alpha;
    ckn_sample sample;
} kinds[] = {
    {"grey8", 5, 7, 1, false, CKN_SAMPLE_U8},    {"grey16", 5, 7, 1, false, CKN_SAMPLE_U16},
    {"ga8", 5, 7, 1, true, CKN_SAMPLE_U8},       {"ga16", 5, 7, 1, true, CKN_SAMPLE_U16},
    {"rgb8", 64, 33, 3, false, CKN_SAMPLE_U8},   {"rgb16", 5, 7, 3, false, CKN_SAMPLE_U16},
    {"rgba8", 1, 1, 3, true, CKN_SAMPLE_U8},     {"rgba16", 5, 7, 3, true, CKN_SAMPLE_U16},
    {"float32", 5, 7, 3, true, CKN_SAMPLE_F32},  {"float64", 9, 2, 1, false, CKN_SAMPLE_F64},
    {"narrow", 300, 1, 1, false, CKN_SAMPLE_U8}, {"wide", 1, 300, 1, false, CKN_SAMPLE_U16},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static unsigned full_of(ckn_sample sample) {
    return sample == CKN_SAMPLE_U8 ? 255 : 65535;
}

/* Some integer of the full range for each place. */
static unsigned integer_at(unsigned full, size_t plane, size_t row, size_t col) {
    uint32_t mixed = (uint32_t)(plane * 7919 + row * 104729 + col * 1299709 + 12345);
    mixed = (mixed ^ mixed >> 15) * 2246822519U;
    return (mixed >> 8) % (full + 1);
}

static ckn_picture make(size_t kind) {
    ckn_picture picture;
    assert_int_equal(ckn_picture_create(&picture, kinds[kind].rows, kinds[kind].cols,
                                        kinds[kind].channels, kinds[kind].has_alpha,
                                        kinds[kind].sample, &error),
                     CKN_OK);
    unsigned full = full_of(picture.sample);
    for (size_t plane = 0; plane < ckn_picture_plane_count(&picture); plane++) {
        ckn_output output = ckn_picture_output(&picture, plane);
        for (size_t row = 0; row < output.rows; row++) {
            for (size_t col = 0; col < output.cols; col++)
                ckn_output_set(&output, row, col, (double)integer_at(full, plane, row, col) / full);
        }
    }
    return picture;
}

static size_t size_of(const ckn_picture *picture) {
    size_t sample = picture->type == CKN_FLOAT64 ? sizeof(double) : sizeof(float);
    return picture->rows * picture->cols * ckn_picture_plane_count(picture) * sample;
}

static void test_npy_round_trips(void **state) {
    (void)state;
    const char *path = io_test_path("a.npy");
    for (size_t kind = 0; kind < KINDS; kind++) {
        ckn_picture picture = make(kind), again;
        assert_int_equal(ckn_picture_write(path, &picture, &error), CKN_OK);
        assert_int_equal(ckn_picture_read(path, NULL, &again, &error), CKN_OK);
        assert_int_equal(again.rows, picture.rows);
        assert_int_equal(again.cols, picture.cols);
        assert_int_equal(again.channels, picture.channels);
        assert_int_equal(again.has_alpha, picture.has_alpha);
        assert_int_equal(again.sample, picture.sample);
        assert_memory_equal(again.data, picture.data, size_of(&picture));
        ckn_picture_release(&picture);
        ckn_picture_release(&again);
    }
    unlink(path);
}

static void test_npy_bytes(void **state) {
    (void)state;
    ckn_picture picture = make(9);
    const char *path = io_test_path("a.npy");
    size_t size;
    assert_int_equal(ckn_picture_write(path, &picture, &error), CKN_OK);
    unsigned char *bytes = io_test_slurp(path, &size);
    static const char start[] =
        "\x93NUMPY\x01\0\x76\0{'descr': '<f8', 'fortran_order': False, 'shape': (9, 2), }";
    assert_int_equal(size, 128 + 9 * 2 * 8);
    assert_memory_equal(bytes, start, sizeof start - 1);
    assert_int_equal(bytes[126], ' ');
    assert_int_equal(bytes[127], '\n');
    free(bytes);
    ckn_picture_release(&picture);
    unlink(path);
}

/* The list of integers that check_pngs.py compares with. */
static void write_list(const char *path, const ckn_picture *picture) {
    size_t planes = ckn_picture_plane_count(picture);
    unsigned full = full_of(picture->sample);
    FILE *list = fopen(path, "w");
    assert_non_null(list);
    fprintf(list, "%zu %zu %zu %d\n", picture->rows, picture->cols, planes, full == 255 ? 8 : 16);
    for (size_t row = 0; row < picture->rows; row++) {
        for (size_t col = 0; col < picture->cols; col++) {
            for (size_t plane = 0; plane < planes; plane++)
                fprintf(list, "%u\n", integer_at(full, plane, row, col));
        }
    }
    assert_int_equal(fclose(list), 0);
}

static void test_png_round_trips(void **state) {
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        char path[1024];
        ckn_picture picture = make(kind), again;
        snprintf(path, sizeof path, "%s/%s.png", folder, kinds[kind].name);
        if (ckn_picture_write(path, &picture, &error) != CKN_OK)
            fail_msg("%s", error.message);
        assert_int_equal(ckn_picture_read(path, NULL, &again, &error), CKN_OK);
        assert_int_equal(again.channels, picture.channels);
        assert_int_equal(again.has_alpha, picture.has_alpha);
        if (picture.sample == CKN_SAMPLE_U8 || picture.sample == CKN_SAMPLE_U16) {
            assert_int_equal(again.sample, picture.sample);
            assert_memory_equal(again.data, picture.data, size_of(&picture));
        }
        snprintf(path, sizeof path, "%s/%s.txt", folder, kinds[kind].name);
        write_list(path, &picture);
        ckn_picture_release(&picture);
        ckn_picture_release(&again);
    }
}

/* NAME.tif, NAME.fits and their twin NAME.npy stay behind for check_formats.py. */
static void test_tiff_and_fits(void **state) {
    (void)state;
    static const char *const ends[] = {"npy", "tif", "fits"};
    for (size_t kind = 0; kind < KINDS; kind++) {
        for (size_t end = 0; end < 3; end++) {
            char path[1024];
            ckn_picture picture = make(kind), again = {.data = NULL};
            snprintf(path, sizeof path, "%s/other/%s.%s", folder, kinds[kind].name, ends[end]);
            if (end == 2 && picture.has_alpha) {
                io_test_expect(ckn_picture_write(path, &picture, &error), CKN_ERROR_UNSUPPORTED,
                               &error, path, "without alpha");
                ckn_picture_release(&picture);
                continue;
            }
            if (ckn_picture_write(path, &picture, &error) != CKN_OK ||
                ckn_picture_read(path, NULL, &again, &error) != CKN_OK)
                fail_msg("%s", error.message);
            assert_int_equal(again.has_alpha, picture.has_alpha);
            assert_int_equal(again.sample == picture.sample, end < 2 || kind == 8 || kind == 9);
            assert_memory_equal(again.data, picture.data, size_of(&picture));
            ckn_picture_release(&picture);
            ckn_picture_release(&again);
        }
    }
}

static void test_kernels_with_metadata(void **state) {
    (void)state;
    static const char *const ends[] = {"npy", "csv", "tif", "fits", "png", "jpg"};
    const double taps[6] = {0.1, -0.25, 1.0 / 3, 5e-324, -0.0, 1e300};
    char digits[201];
    for (size_t i = 0; i < 200; i++)
        digits[i] = (char)('0' + i % 10);
    digits[200] = '\0';
    const ckn_metadata_item items[] = {{"Software", "clkernest 1.2.3"},
                                       {"Command", "clkernest estimate 'a b.png' \xC3\xA4.png"},
                                       {"Long", digits}};
    const ckn_metadata metadata = {items, 3};
    ckn_view view = ckn_view_f64(taps, 2, 3);
    for (size_t end = 0; end < sizeof ends / sizeof ends[0]; end++) {
        char path[1024], note[512];
        double *found = NULL;
        size_t rows, cols;
        snprintf(path, sizeof path, "%s/other/kernel.%s", folder, ends[end]);
        if (ckn_kernel_write_at(path, &view, (ckn_kernel_offset){-2, 3}, &metadata, note,
                                sizeof note, &error) != CKN_OK)
            fail_msg("%s", error.message);
        assert_int_equal(ckn_kernel_keeps_numbers(path), end < 4);
        assert_int_equal(strlen(note) > 0, end >= 4);
        if (end >= 4)
            continue;
        assert_int_equal(ckn_kernel_read(path, NULL, &found, &rows, &cols, &error), CKN_OK);
        assert_memory_equal(found, taps, sizeof taps);
        free(found);
    }
}

/* Formats that a picture does not fit into. */
static void test_unfit(void **state) {
    (void)state;
    double *taps = calloc(70000, sizeof *taps);
    assert_non_null(taps);
    ckn_view long_row = ckn_view_f64(taps, 1, 70000);
    const char *path = io_test_path("k.jpg");
    io_test_expect(ckn_kernel_write(path, &long_row, NULL, NULL, 0, &error), CKN_ERROR_UNSUPPORTED,
                   &error, path, "70000 x 1 is too large for a JPEG");
    free(taps);
    ckn_picture picture = make(0);
    picture.channels = 2; /* the planes are never touched */
    path = io_test_path("a.tif");
    io_test_expect(ckn_picture_write(path, &picture, &error), CKN_ERROR_UNSUPPORTED, &error, path,
                   "1 or 3 colour channels, not 2");
    path = io_test_path("a.fits");
    io_test_expect(ckn_picture_write(path, &picture, &error), CKN_ERROR_UNSUPPORTED, &error, path,
                   "1 or 3 channels");
    picture.channels = 1;
    picture.cols = (size_t)UINT32_MAX;
    path = io_test_path("a.tif");
    io_test_expect(ckn_picture_write(path, &picture, &error), CKN_ERROR_UNSUPPORTED, &error, path,
                   "is too large for a TIFF");
    ckn_picture_release(&picture);
    assert_int_equal(io_test_count_files(), 0);
}

static void test_rounding_formats(void **state) {
    (void)state;
    static const struct {
        const char *path;
        ckn_sample sample;
        bool rounded;
        double low, high;
    } cases[] = {{"a.png", CKN_SAMPLE_F32, true, 0, 1},
                 {"a.jpg", CKN_SAMPLE_F64, true, 0, 1},
                 {"a.tif", CKN_SAMPLE_U8, true, 0, 1},
                 {"a.tif", CKN_SAMPLE_F64, false, 0, 0},
                 {"a.fits", CKN_SAMPLE_U16, false, 0, 0},
                 {"a.npy", CKN_SAMPLE_U16, true, 0, 1},
                 {"a.png", CKN_SAMPLE_I16, true, 0, 1},
                 {"a.fits", CKN_SAMPLE_I16, true, -32768 / 100.0, 32767 / 100.0},
                 {"a.txt", CKN_SAMPLE_U8, false, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const ckn_picture picture = {.sample = cases[i].sample, .full_range = 100};
        double low, high;
        assert_int_equal(ckn_picture_is_rounded(cases[i].path, &picture, &low, &high),
                         cases[i].rounded);
        if (!cases[i].rounded)
            continue;
        assert_true(low == cases[i].low);
        assert_true(high == cases[i].high);
    }
}

/* Integers with a sign come back as they were, whatever they are divided by in memory. */
static void test_signed_integers(void **state) {
    (void)state;
    static const int values[6] = {-32768, -300, -1, 0, 257, 32767};
    static const char *const names[] = {"s.npy", "s.tif", "s.fits"};
    for (size_t i = 0; i < 3; i++) {
        ckn_picture picture, again;
        const char *path = io_test_path(names[i]);
        assert_int_equal(ckn_picture_create(&picture, 2, 3, 1, false, CKN_SAMPLE_I16, &error), 0);
        picture.full_range = i == 1 ? 32767 : 1;
        ckn_output output = ckn_picture_output(&picture, 0);
        for (size_t k = 0; k < 6; k++)
            ckn_output_set(&output, k / 3, k % 3, (values[k] + 0.2) / picture.full_range);
        if (ckn_picture_write(path, &picture, &error) != CKN_OK ||
            ckn_picture_read(path, NULL, &again, &error) != CKN_OK)
            fail_msg("%s", error.message);
        assert_int_equal(again.sample, CKN_SAMPLE_I16);
        assert_true(again.full_range == picture.full_range);
        ckn_view view = ckn_picture_view(&again, 0);
        for (size_t k = 0; k < 6; k++)
            assert_int_equal(lround(ckn_view_at(&view, k / 3, k % 3) * again.full_range),
                             values[k]);
        ckn_picture_release(&picture);
        ckn_picture_release(&again);
        unlink(path);
    }
}

static void test_clipping(void **state) {
    (void)state;
    static const double values[6] = {-0.5, 1.5, NAN, INFINITY, -INFINITY, 1.0};
    static const double wanted[6] = {0, 1, 0, 1, 0, 1};
    const char *const paths[3] = {io_test_path("clip.png"), io_test_path("clip.npy"),
                                  io_test_path("clip.tif")};
    for (int i = 0; i < 6; i++) {
        const char *path = paths[i % 3];
        ckn_picture picture, again;
        ckn_sample sample = i < 3 ? CKN_SAMPLE_U8 : CKN_SAMPLE_U16;
        assert_int_equal(ckn_picture_create(&picture, 1, 6, 1, false, sample, &error), CKN_OK);
        ckn_output output = ckn_picture_output(&picture, 0);
        for (size_t col = 0; col < 6; col++)
            ckn_output_set(&output, 0, col, values[col]);
        assert_int_equal(ckn_picture_write(path, &picture, &error), CKN_OK);
        assert_int_equal(ckn_picture_read(path, NULL, &again, &error), CKN_OK);
        ckn_view view = ckn_picture_view(&again, 0);
        for (size_t col = 0; col < 6; col++)
            assert_true(ckn_view_at(&view, 0, col) == wanted[col]);
        ckn_picture_release(&picture);
        ckn_picture_release(&again);
    }
    unlink(paths[0]);
    unlink(paths[1]);
    unlink(paths[2]);
}

static void test_bad_targets(void **state) {
    (void)state;
    ckn_picture picture = make(0);
    const char *lost = io_test_path("nowhere/a.png");
    io_test_expect(ckn_picture_write("a.gif", &picture, &error), CKN_ERROR_ARGUMENT, &error,
                   "a.gif", ".png, .npy, .jpg, .tif or .fits");
    io_test_expect(ckn_picture_check_exact_path("a.jpg", &error), CKN_ERROR_ARGUMENT, &error,
                   "a.jpg", ".png, .npy, .tif or .fits");
    io_test_expect(ckn_picture_check_path("png", &error), CKN_ERROR_ARGUMENT, &error, "png",
                   ".png, .npy, .jpg, .tif or .fits");
    io_test_expect(ckn_picture_write(lost, &picture, &error), CKN_ERROR_FILE, &error, lost,
                   "does not exist");
    io_test_expect(ckn_picture_check_path(lost, &error), CKN_ERROR_FILE, &error, lost,
                   "does not exist");
    assert_int_equal(ckn_picture_check_path(io_test_path("a.PNG"), &error), CKN_OK);
    picture.channels = 2; /* the planes are never touched */
    io_test_expect(ckn_picture_write(io_test_path("a.png"), &picture, &error),
                   CKN_ERROR_UNSUPPORTED, &error, "a.png", "1 or 3 colour channels, not 2");
    assert_int_equal(ckn_picture_write(io_test_path("a.png"), &picture, NULL),
                     CKN_ERROR_UNSUPPORTED);
    picture.channels = 1;
    picture.cols = (size_t)UINT32_MAX;
    io_test_expect(ckn_picture_write(io_test_path("a.png"), &picture, &error),
                   CKN_ERROR_UNSUPPORTED, &error, "a.png", "4294967295 x 5 is too large");
    ckn_picture_release(&picture);
    assert_int_equal(io_test_count_files(), 0);
}

/* Noise that no compression makes fit into 4096 bytes. */
static ckn_code write_on_small_disk(const char *path) {
    ckn_picture picture;
    assert_int_equal(ckn_picture_create(&picture, 400, 400, 1, false, CKN_SAMPLE_U16, &error),
                     CKN_OK);
    ckn_output output = ckn_picture_output(&picture, 0);
    for (size_t row = 0; row < 400; row++) {
        for (size_t col = 0; col < 400; col++)
            ckn_output_set(&output, row, col, integer_at(65535, 0, row, col) / 65535.0);
    }
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {4096, before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ckn_code code = ckn_picture_write(path, &picture, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    ckn_picture_release(&picture);
    return code;
}

static void test_full_disk(void **state) {
    (void)state;
    static const char *const names[] = {"full.png", "full.npy", "full.tif", "full.fits"};
    for (size_t i = 0; i < 4; i++) {
        const char *path = io_test_file(names[i], "old", 3);
        io_test_expect(write_on_small_disk(path), CKN_ERROR_FILE, &error, path, strerror(EFBIG));
        size_t size;
        unsigned char *bytes = io_test_slurp(path, &size);
        assert_string_equal((const char *)bytes, "old");
        free(bytes);
        assert_int_equal(io_test_count_files(), 1);
        unlink(path);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npy_round_trips), cmocka_unit_test(test_npy_bytes),
        cmocka_unit_test(test_png_round_trips), cmocka_unit_test(test_clipping),
        cmocka_unit_test(test_tiff_and_fits),   cmocka_unit_test(test_kernels_with_metadata),
        cmocka_unit_test(test_unfit),           cmocka_unit_test(test_rounding_formats),
        cmocka_unit_test(test_signed_integers), cmocka_unit_test(test_bad_targets),
        cmocka_unit_test(test_full_disk),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    return cmocka_run_group_tests(tests, io_test_setup, io_test_teardown);
}
