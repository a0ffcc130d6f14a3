/* Files that cannot be read as a picture: one clear line each. */
#include "io_test.h"

#include "io/picture.h"
#include "png_seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;
static ckn_error error;

/* One of the files of make_pngs.py. */
static unsigned char *slurp_case(const char *name, size_t *size) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    return io_test_slurp(path, size);
}

static void expect_refused_within(const ckn_read_limits *limits, const char *path, ckn_code code,
                                  const char *text) {
    ckn_picture picture;
    memset(&error, 0, sizeof error);
    ckn_code found = ckn_picture_read(path, limits, &picture, &error);
    io_test_expect(found, code, &error, path, text);
    assert_ptr_equal(strstr(error.message, path), error.message);
    assert_null(picture.data);
    ckn_picture_release(&picture);
    assert_int_equal(ckn_picture_read(path, limits, &picture, NULL), code);
}

static void expect_refused(const char *path, ckn_code code, const char *text) {
    expect_refused_within(NULL, path, code, text);
}

static void expect_bytes_refused(const void *bytes, size_t size, ckn_code code, const char *text) {
    const char *path = io_test_file("bad", bytes, size);
    expect_refused(path, code, text);
    unlink(path);
}

static void test_not_a_file(void **state) {
    (void)state;
    const char *pipe = io_test_path("pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    expect_refused(io_test_path("missing.png"), CKN_ERROR_FILE, "cannot be opened for reading");
    expect_refused(io_test_path("."), CKN_ERROR_FILE, "is a folder");
    expect_refused(pipe, CKN_ERROR_FILE, "is a pipe");
    expect_refused("/dev/null", CKN_ERROR_FILE, "is a pipe or a device");
    expect_bytes_refused("", 0, CKN_ERROR_FILE, "is empty");
    ckn_picture picture;
    io_test_expect(ckn_picture_read("", NULL, &picture, &error), CKN_ERROR_FILE, &error, "empty",
                   "name");
    unlink(pipe);
}

static void test_unreadable(void **state) {
    (void)state;
    const char *path = io_test_file("closed", "x", 1);
    uid_t user = geteuid();
    assert_int_equal(chmod(io_test_path("."), 0755), 0);
    assert_int_equal(chmod(path, 0), 0);
    if (user == 0) /* permissions do not bind root */
        assert_int_equal(seteuid(65534), 0);
    expect_refused(path, CKN_ERROR_FILE, "cannot be opened for reading");
    if (user == 0)
        assert_int_equal(seteuid(0), 0);
    unlink(path);
}

static void test_other_formats(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"....jP  \r\n\x87\n", "is a JPEG 2000 file"},
        {"RIFF....WEBPVP8 ", "is a WebP file"},
        {"....ftypheic", "is an HEIF or AVIF file"},
        {"GIF89a......", "is a GIF file"},
        {"BM....\0\0\0\0..", "is a BMP file"},
        {"\x76\x2F\x31\x01........", "is an OpenEXR file"},
        {"PK\x03\x04........", "is an NPZ or ZIP file"},
        {"\x1F\x8B..........", "is a gzip file"},
        {"P6\n2 2 255\n...", "is a PNM file"},
        {"RIFF....WAVEfmt ", "PNG, NPY, JPEG, TIFF and FITS files are read"},
        {"just some text", "PNG, NPY, JPEG, TIFF and FITS files are read"},
        {"P8 no such thing", "PNG, NPY, JPEG, TIFF and FITS files are read"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_bytes_refused(cases[i].bytes, 12, CKN_ERROR_UNSUPPORTED, cases[i].text);
    expect_bytes_refused("\x89", 1, CKN_ERROR_UNSUPPORTED,
                         "PNG, NPY, JPEG, TIFF and FITS files are read");
}

/* Known by their first bytes, and nothing follows. */
static void test_only_beginnings(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"\xFF\xD8\xFF\xE0....JFIF", "cannot be read as JPEG: it is truncated"},
        {"II*\0........", "cannot be read as TIFF"},
        {"MM\0*........", "cannot be read as TIFF"},
        {"II+\0........", "cannot be read as TIFF"},
        {"MM\0+........", "cannot be read as TIFF"},
        {"SIMPLE  =   T", "cannot be read as FITS"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_bytes_refused(cases[i].bytes, 12, CKN_ERROR_FILE, cases[i].text);
}

static void test_truncated_png(void **state) {
    (void)state;
    static const char *const names[] = {"grey16-7x5", "rgba8-7x5-interlaced", "palettetrns4-33x2"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size;
        unsigned char *bytes = slurp_case(names[i], &size);
        for (size_t length = 8; length < size; length++)
            expect_bytes_refused(bytes, length, CKN_ERROR_FILE, "truncated");
        free(bytes);
    }
}

static void test_damaged_png(void **state) {
    (void)state;
    size_t size;
    unsigned char *bytes = slurp_case("rgb8-64x48", &size);
    bytes[size - 14] ^= 0x10; /* the last checksum but IEND's */
    expect_bytes_refused(bytes, size, CKN_ERROR_FILE, "cannot be read as PNG: IDAT: CRC error");
    bytes[size / 2] ^= 0x10;
    png_seal(bytes, size);
    expect_bytes_refused(bytes, size, CKN_ERROR_FILE, "cannot be read as PNG: IDAT: incorrect");
    free(bytes);
    /* The key of transparency counts as much as the samples. */
    bytes = slurp_case("rgbtrns8-7x5", &size);
    for (size_t i = 0; i + 8 < size; i++) {
        if (memcmp(bytes + i, "tRNS", 4) == 0)
            bytes[i + 5] ^= 1;
    }
    expect_bytes_refused(bytes, size, CKN_ERROR_FILE, "CRC error");
    free(bytes);
}

static void test_announced_sizes(void **state) {
    (void)state;
    size_t size;
    unsigned char *bytes = slurp_case("rgb8-64x48", &size);
    static const unsigned sides[] = {20000, 100000, 0x7FFFFFFF};
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        char text[80];
        snprintf(text, sizeof text, "truncated or damaged: it announces %u x %u", sides[i],
                 sides[i]);
        png_announce(bytes, sides[i], sides[i]);
        expect_bytes_refused(bytes, size, CKN_ERROR_FILE, text);
    }
    png_announce(bytes, 64, 49);
    expect_bytes_refused(bytes, size, CKN_ERROR_FILE, "cannot be read as PNG");
    png_announce(bytes, 0, 48);
    expect_bytes_refused(bytes, size, CKN_ERROR_FILE, "cannot be read as PNG");
    png_announce(bytes, 0xFFFFFFFFU, 1);
    expect_bytes_refused(bytes, size, CKN_ERROR_FILE, "cannot be read as PNG");
    free(bytes);
}

static void test_impossible_pictures(void **state) {
    (void)state;
    ckn_picture picture;
    io_test_expect(ckn_picture_create(&picture, 0, 4, 1, false, CKN_SAMPLE_F32, &error),
                   CKN_ERROR_ARGUMENT, &error, "is empty", "4 x 0");
    io_test_expect(ckn_picture_create(&picture, SIZE_MAX / 2, 3, 1, false, CKN_SAMPLE_F32, &error),
                   CKN_ERROR_ARGUMENT, &error, "too large", "");
    io_test_expect(ckn_picture_create(&picture, SIZE_MAX / 32, 3, 1, false, CKN_SAMPLE_F32, &error),
                   CKN_ERROR_ARGUMENT, &error, "too large", "");
    assert_null(picture.data);
    ckn_picture_release(&picture);
    ckn_picture_release(&picture);
}

#if defined(__SANITIZE_ADDRESS__)
enum { MEMORY_CAN_BE_LIMITED = 0 }; /* the sanitizer reserves the address space for itself */
#else
enum { MEMORY_CAN_BE_LIMITED = 1 };
#endif

/* A true header, but more samples than there is memory. */
static void test_not_enough_memory(void **state) {
    (void)state;
    static const char header[] = "\x93NUMPY\x01\0\x76\0{'descr': '|u1', 'fortran_order': False, "
                                 "'shape': (65536, 65536), }";
    char bytes[128];
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    if (!MEMORY_CAN_BE_LIMITED)
        skip();
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, header, sizeof header - 1);
    const char *path = io_test_file("huge.npy", bytes, sizeof bytes);
    assert_int_equal(truncate(path, (off_t)(128 + ((uint64_t)1 << 32))), 0); /* a hole */
    struct rlimit small = {(rlim_t)1 << 30, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
    const ckn_read_limits lifted = {.max_pixels = SIZE_MAX};
    expect_refused_within(&lifted, path, CKN_ERROR_MEMORY, "not enough memory for an image");
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    unlink(path);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_a_file),        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_other_formats),     cmocka_unit_test(test_only_beginnings),
        cmocka_unit_test(test_truncated_png),     cmocka_unit_test(test_damaged_png),
        cmocka_unit_test(test_announced_sizes),   cmocka_unit_test(test_impossible_pictures),
        cmocka_unit_test(test_not_enough_memory),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-MAKE_PNGS\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    return cmocka_run_group_tests(tests, io_test_setup, io_test_teardown);
}
