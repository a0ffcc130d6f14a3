/* Valid files with bytes changed, cut out or put in: whatever comes of them, the readers must
 * neither crash nor leak, and either give a whole picture or a message. The seed is fixed. */
#include "io_test.h"

#include "png_seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 600, ROOM = 64 };

static const char *folder, *formats;

typedef struct bytes {
    unsigned char *data; /* with ROOM bytes to spare */
    size_t size;
} bytes;

static bytes copy_of(const unsigned char *data, size_t size) {
    bytes copy = {malloc(size + ROOM), size};
    assert_non_null(copy.data);
    memcpy(copy.data, data, size);
    return copy;
}

static void mutate_once(bytes *file) {
    static const unsigned char telling[] = {0, 1, 0x7F, 0x80, 0xFF, '(', ')', ',', '\n', '9', '-'};
    if (file->size < 2)
        return;
    /* Headers decide, and stand in front. */
    size_t range = io_test_below(2) && file->size > 64 ? 64 : file->size;
    size_t at = io_test_below(range);
    size_t length = 1 + io_test_below(8);
    switch (io_test_below(6)) {
    case 0:
        file->data[at] ^= (unsigned char)(1U << io_test_below(8));
        break;
    case 1:
        file->data[at] = telling[io_test_below(sizeof telling)];
        break;
    case 2:
        file->data[at] = (unsigned char)io_test_below(256);
        break;
    case 3: /* truncate, seldom at the very front */
        file->size = 1 + io_test_below(file->size - 1);
        break;
    case 4: /* cut out */
        length = length < file->size - at ? length : file->size - at;
        memmove(file->data + at, file->data + at + length, file->size - at - length);
        file->size -= length;
        break;
    default: /* repeat */
        length = length < file->size - at ? length : file->size - at;
        memmove(file->data + at + length, file->data + at, file->size - at);
        file->size += length;
        break;
    }
}

/* How many of the mutants were read as something, which depends on the seed only. */
static size_t torture(const unsigned char *data, size_t size, bool is_png) {
    size_t accepted = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        bytes file = copy_of(data, size);
        for (size_t changes = 1 + io_test_below(4); changes > 0; changes--)
            mutate_once(&file);
        if (is_png && io_test_below(4) > 0)
            png_seal(file.data, file.size);
        const char *path = io_test_file("mutant", file.data, file.size);
        accepted += io_test_survives_picture(path);
        accepted += io_test_survives_kernel(path);
        free(file.data);
    }
    unlink(io_test_path("mutant"));
    return accepted;
}

static void test_png(void **state) {
    (void)state;
    static const char *const names[] = {"grey1-7x5",
                                        "grey16-7x5-interlaced",
                                        "rgb8-64x48",
                                        "palettetrns8-33x2",
                                        "palette2-1x9",
                                        "rgbtrns16-7x5",
                                        "greytrns4-64x48-interlaced",
                                        "rgba16-33x2-interlaced"};
    size_t accepted = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s.png", folder, names[i]);
        size_t size;
        unsigned char *data = io_test_slurp(path, &size);
        accepted += torture(data, size, true);
        free(data);
    }
    print_message("%zu mutants of PNG files were read\n", accepted);
    assert_in_range(accepted, 1, 8 * 2 * ROUNDS);
}

static void test_npy(void **state) {
    (void)state;
    static const char header[] =
        "\x93NUMPY\x01\0\x76\0{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4, 2), }";
    unsigned char data[128 + 96];
    memset(data, ' ', 128);
    memset(data + 128, 0x3E, 96);
    memcpy(data, header, sizeof header - 1);
    data[127] = '\n';
    size_t accepted = 0;
    for (int i = 0; i < 4; i++)
        accepted += torture(data, sizeof data, false);
    print_message("%zu mutants of NPY files were read\n", accepted);
    assert_in_range(accepted, 1, 4 * 2 * ROUNDS);
}

static void test_csv(void **state) {
    (void)state;
    static const char text[] = "# a kernel\n0.25,-1e-3,1e+300\n\n0x1p3, nan ,.5\n1,2,3\n";
    size_t accepted = 0;
    for (int i = 0; i < 4; i++)
        accepted += torture((const unsigned char *)text, sizeof text - 1, false);
    print_message("%zu mutants of CSV files were read\n", accepted);
    assert_in_range(accepted, 1, 4 * 2 * ROUNDS);
}

static size_t torture_files(const char *const *names, size_t count) {
    size_t accepted = 0;
    for (size_t i = 0; i < count; i++) {
        char path[1024];
        size_t size;
        snprintf(path, sizeof path, "%s/%s", formats, names[i]);
        unsigned char *data = io_test_slurp(path, &size);
        accepted += torture(data, size, false);
        free(data);
    }
    return accepted;
}

static void test_jpeg(void **state) {
    (void)state;
    static const char *const names[] = {"grey-50.jpg", "rgb-2-0.jpg", "rgb-1-1.jpg", "turned.jpg",
                                        "profile-sRGB.jpg"};
    size_t accepted = torture_files(names, sizeof names / sizeof names[0]);
    print_message("%zu mutants of JPEG files were read\n", accepted);
    assert_in_range(accepted, 1, 5 * ROUNDS);
}

static void test_tiff(void **state) {
    (void)state;
    static const char *const names[] = {"uint16-7x5.tif",           "float32-planar4-tiles.tif",
                                        "int16-33x20-zlib.tif",     "palette8.tif",
                                        "pillow-rgb-tiff_lzw.tif",  "pillow-grey-packbits.tif",
                                        "bits-group4.tif",          "jpeg-rgb.tif",
                                        "uint8-16x17x4-strips.tif", "pages.tif"};
    size_t accepted = torture_files(names, sizeof names / sizeof names[0]);
    print_message("%zu mutants of TIFF files were read\n", accepted);
    assert_in_range(accepted, 1, 10 * 2 * ROUNDS);
}

static void test_fits(void **state) {
    (void)state;
    static const char *const names[] = {"float32-7x5.fits", "int16-3x8x9.fits", "scaled-int32.fits",
                                        "extensions.fits",  "rice.fits",        "table.fits"};
    size_t accepted = torture_files(names, sizeof names / sizeof names[0]);
    print_message("%zu mutants of FITS files were read\n", accepted);
    assert_in_range(accepted, 1, 6 * 2 * ROUNDS);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png),  cmocka_unit_test(test_npy),  cmocka_unit_test(test_csv),
        cmocka_unit_test(test_jpeg), cmocka_unit_test(test_tiff), cmocka_unit_test(test_fits),
    };
    if (argc != 3) {
        fprintf(stderr, "usage: %s FOLDER-OF-MAKE_PNGS FOLDER-OF-MAKE_FORMATS\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    formats = argv[2];
    return cmocka_run_group_tests(tests, io_test_setup, io_test_teardown);
}
