/* How much a file may ask for: of pixels, of memory, of time. The files here are small, and
 * announce much. */
#include "io_test.h"

#include "base/memory.h"
#include "png_seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const char *folder;
static ckn_error error;

static const char *made(const char *name) {
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static ckn_code read_with(const char *path, size_t max_pixels, size_t held) {
    const ckn_read_limits limits = {max_pixels, held};
    ckn_picture picture;
    memset(&error, 0, sizeof error);
    ckn_code code = ckn_picture_read(path, &limits, &picture, &error);
    if (code != CKN_OK)
        assert_null(picture.data);
    ckn_picture_release(&picture);
    return code;
}

static ckn_code read_kernel_with(const char *path, size_t max_pixels) {
    const ckn_read_limits limits = {max_pixels, 0};
    double *taps = NULL;
    size_t rows, cols;
    memset(&error, 0, sizeof error);
    ckn_code code = ckn_kernel_read(path, &limits, &taps, &rows, &cols, &error);
    free(taps);
    return code;
}

/* --- files of bytes, little endian unless said otherwise ---------------------------------------
 */

typedef struct bytes {
    unsigned char *data; /* zeros to begin with */
    size_t size, room;
} bytes;

static bytes room_for(size_t room) {
    bytes file = {calloc(room, 1), 0, room};
    assert_non_null(file.data);
    return file;
}

static void put(bytes *file, const void *data, size_t size) {
    assert_true(size <= file->room - file->size);
    memcpy(file->data + file->size, data, size);
    file->size += size;
}

static void put_number(bytes *file, uint64_t value, size_t width) {
    for (size_t i = 0; i < width; i++) {
        unsigned char byte = (unsigned char)(value >> 8 * i);
        put(file, &byte, 1);
    }
}

static void put_big_endian(bytes *file, uint64_t value, size_t width) {
    for (size_t i = 0; i < width; i++) {
        unsigned char byte = (unsigned char)(value >> 8 * (width - 1 - i));
        put(file, &byte, 1);
    }
}

static const char *save(const bytes *file, const char *name) {
    return io_test_file(name, file->data, file->size);
}

static void put_chunk(bytes *file, const char *name, size_t size) {
    put_big_endian(file, size, 4);
    put(file, name, 4);
    assert_true(size + 4 <= file->room - file->size);
    file->size += size + 4;
}

/* A PNG whose samples are zeros that do not unpack: whoever tries to says so. */
static const char *make_png(uint32_t cols, uint32_t rows, int depth, int color, size_t size) {
    bytes file = room_for(size + 4096);
    put(&file, "\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16);
    put_big_endian(&file, cols, 4);
    put_big_endian(&file, rows, 4);
    put_big_endian(&file, (unsigned)depth << 8 | (unsigned)color, 2);
    file.size += 3 + 4;
    if (color == 3) {
        put_chunk(&file, "PLTE", 6);
        put_chunk(&file, "tRNS", 1);
    }
    put_chunk(&file, "IDAT", size);
    put_chunk(&file, "IEND", 0);
    png_seal(file.data, file.size);
    const char *path = save(&file, "bomb.png");
    free(file.data);
    return path;
}

enum { NONE = 1, OLD_JPEG = 6, DEFLATE = 8, JBIG = 34661 };

/* One directory with one strip, or tile of side `tile` where that is not 0, of `size` bytes. */
static bytes begin_tiff(uint32_t cols, uint32_t rows, uint32_t tile, uint32_t bits,
                        uint32_t compression, size_t size) {
    const uint32_t start = 8;
    const struct {
        uint16_t tag;
        uint32_t value;
    } tags[] = {{256, cols},
                {257, rows},
                {258, bits},
                {259, compression},
                {262, 1},
                {277, 1},
                {tile ? 322 : 273, tile ? tile : start},
                {tile ? 323 : 278, tile ? tile : rows},
                {tile ? 324 : 279, tile ? start : (uint32_t)size},
                {tile ? 325 : 339, tile ? (uint32_t)size : 1}};
    const size_t count = sizeof tags / sizeof tags[0];
    bytes file = room_for(size + 4096);
    put(&file, "II*\0", 4);
    put_number(&file, 8 + size, 4);
    file.size += size;
    put_number(&file, count, 2);
    for (size_t i = 0; i < count; i++) {
        put_number(&file, tags[i].tag, 2);
        put_number(&file, 4, 2);
        put_number(&file, 1, 4);
        put_number(&file, tags[i].value, 4);
    }
    put_number(&file, 0, 4);
    return file;
}

static const char *make_tiff(uint32_t cols, uint32_t rows, uint32_t tile, uint32_t compression,
                             size_t size) {
    bytes file = begin_tiff(cols, rows, tile, 8, compression, size);
    const char *path = save(&file, "bomb.tif");
    free(file.data);
    return path;
}

/* A file of make_formats.py with another size in its frame header, and zeros at its end. */
static const char *make_jpeg(unsigned cols, unsigned rows, size_t more) {
    size_t size;
    unsigned char *jpeg = io_test_slurp(made("grey-50.jpg"), &size);
    bytes file = room_for(size + more);
    put(&file, jpeg, size);
    free(jpeg);
    for (size_t i = 0; i + 9 < size; i++) {
        if (file.data[i] == 0xFF && file.data[i + 1] == 0xC0) {
            file.size = i + 5;
            put_big_endian(&file, rows, 2);
            put_big_endian(&file, cols, 2);
            break;
        }
    }
    file.size = size + more;
    const char *path = save(&file, "bomb.jpg");
    free(file.data);
    return path;
}

/* Files that have the size that they announce, but for a hole. */
static const char *with_hole(const char *path, size_t header, uint64_t samples) {
    assert_int_equal(truncate(path, (off_t)(header + samples)), 0);
    return path;
}

static const char *make_npy(const char *type, size_t bytes_a_sample, size_t rows, size_t cols,
                            size_t channels) {
    enum { HEADER = 128 };
    char text[HEADER];
    bytes file = room_for(HEADER);
    put(&file, "\x93NUMPY\x01\0\x76\0", 10);
    memset(file.data + file.size, ' ', HEADER - file.size);
    int length = snprintf(text, sizeof text,
                          "{'descr': '%s', 'fortran_order': False, 'shape': (%zu, %zu, %zu), }",
                          type, rows, cols, channels);
    put(&file, text, (size_t)length);
    file.size = HEADER;
    const char *path = save(&file, "bomb.npy");
    free(file.data);
    return with_hole(path, HEADER, (uint64_t)rows * cols * channels * bytes_a_sample);
}

static const char *make_fits(size_t rows, size_t cols) {
    enum { HEADER = 2880 };
    char text[HEADER + 1];
    int length =
        snprintf(text, sizeof text, "%-80s%-80s%-80sNAXIS1  = %-70zuNAXIS2  = %-70zu%-2480s",
                 "SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", cols, rows, "END");
    assert_int_equal(length, HEADER);
    return with_hole(io_test_file("bomb.fits", text, HEADER), HEADER, (uint64_t)rows * cols);
}

/* --- pixels ------------------------------------------------------------------------------------
 */

/* A little more than 2^29. */
enum { WIDE = 32768, HIGH = 16385 };

static void expect_pixels(const char *path) {
    io_test_expect(read_with(path, 0, 0), CKN_ERROR_FILE, &error, path,
                   "announces 32768 x 16385 pixels; at most 536870912 pixels are read: "
                   "--max-pixels 536903680 raises the limit");
    io_test_expect(read_with(path, WIDE * HIGH - 1, 0), CKN_ERROR_FILE, &error, path,
                   "at most 536903679 pixels are read (--max-pixels)");
    io_test_expect(read_kernel_with(path, 1000),
                   strstr(path, "png") || strstr(path, "jpg") ? CKN_ERROR_UNSUPPORTED
                                                              : CKN_ERROR_FILE,
                   &error, path, "");
    unlink(path);
}

static void test_pixels(void **state) {
    (void)state;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    expect_pixels(make_png(WIDE, HIGH, 1, 0, 70000));
    expect_pixels(make_tiff(WIDE, HIGH, 0, DEFLATE, 10000));
    expect_pixels(make_jpeg(WIDE, HIGH, 70000));
    expect_pixels(make_npy("|u1", 1, HIGH, WIDE, 1));
    expect_pixels(make_npy("<f8", 8, HIGH, WIDE, 3));
    expect_pixels(make_fits(HIGH, WIDE));
    /* The picture is small, but not its one tile. */
    const char *path = make_tiff(9, 7, WIDE, DEFLATE, 100000);
    io_test_expect(read_with(path, 0, 0), CKN_ERROR_FILE, &error, path,
                   "announces 32768 x 32768 pixels; at most");
    unlink(path);
    getrusage(RUSAGE_SELF, &after);
    assert_in_range(after.ru_maxrss, before.ru_maxrss, before.ru_maxrss + 64 * 1024);
}

/* What the file cannot hold is damage, which no option lifts. */
static void test_announced_only(void **state) {
    (void)state;
    const char *paths[] = {
        make_png(0x7FFFFFFF, 0x7FFFFFFF, 16, 6, 3000),
        make_tiff(1000000, 1000000, 0, DEFLATE, 3000),
        make_jpeg(65500, 65500, 0),
    };
    for (size_t i = 0; i < 3; i++) {
        io_test_expect(read_with(paths[i], SIZE_MAX, 0), CKN_ERROR_FILE, &error, paths[i],
                       "is truncated or damaged");
        unlink(paths[i]);
    }
    const char *path = make_tiff(9, 7, 0x7FFFFFF0U, NONE, 3000);
    io_test_expect(read_with(path, SIZE_MAX, 0), CKN_ERROR_FILE, &error, path, "");
    unlink(path);
}

/* As many pixels as there are may be read, and none fewer; also of a kernel, and of text. */
static void test_exact_limit(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t pixels;
        bool kernel;
    } cases[] = {
        {"plain.png", 30, false},         {"grey-50.jpg", 61UL * 83, false},
        {"uint8-7x5.tif", 35, false},     {"float32-33x20-zlib.tif", 660, true},
        {"float32-7x5.fits", 35, true},   {"int16-3x8x9.fits", 72, false},
        {"stack-kernel.npy", 25, true},   {"uint8-20x33x3-strips.tif", 660, false},
        {"extensions.fits[3]", 72, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = made(cases[i].name);
        assert_int_equal(read_with(path, cases[i].pixels, 0), CKN_OK);
        io_test_expect(read_with(path, cases[i].pixels - 1, 0), CKN_ERROR_FILE, &error, path,
                       "(--max-pixels)");
        if (!cases[i].kernel)
            continue;
        assert_int_equal(read_kernel_with(path, cases[i].pixels), CKN_OK);
        io_test_expect(read_kernel_with(path, cases[i].pixels - 1), CKN_ERROR_FILE, &error, path,
                       "(--max-pixels)");
    }
    static const char line[] = "1,2,3,4,5,6,7,8,9,10,11,12,13\n";
    bytes text = room_for(60 * sizeof line);
    for (size_t row = 0; row < 60; row++)
        put(&text, line, sizeof line - 1);
    const char *path = save(&text, "k.csv");
    free(text.data);
    assert_int_equal(read_kernel_with(path, 780), CKN_OK);
    for (size_t limit = 1; limit < 780; limit += 1 + io_test_below(90))
        io_test_expect(read_kernel_with(path, limit), CKN_ERROR_FILE, &error, path,
                       "(--max-pixels)");
    unlink(path);
}

/* --- memory ------------------------------------------------------------------------------------
 */

enum { FACTOR = 7 }; /* of the planes, to half of the machine's memory */

/* By the rule itself, with random sizes near its border. */
static void test_memory_rule(void **state) {
    (void)state;
    const double half = (double)ckn_physical_memory() / 2;
    for (int i = 0; i < 2000; i++) {
        const size_t planes = 1 + io_test_below(4), width = io_test_below(2) ? 4 : 8;
        const uint64_t cols = 1 + io_test_below(20000), most = (uint64_t)1 << 29;
        const size_t held = io_test_below(2) ? 0 : io_test_below((size_t)(half / FACTOR));
        const double left = (half / FACTOR - (double)held) / (double)(planes * width * cols);
        const uint64_t rows = 1 + (uint64_t)(left * (0.5 + (double)io_test_below(1000) / 1000));
        const double pixels = (double)rows * (double)cols;
        const double needed = FACTOR * (pixels * (double)(planes * width) + (double)held);
        const ckn_read_limits limits = {0, held}, lifted = {SIZE_MAX, held};
        const ckn_announcement size = {cols, rows, planes, width};
        const bool good = pixels <= (double)most && needed <= half;
        ckn_code code = ckn_read_limit_check(&limits, "FILE", size, &error);
        assert_int_equal(code, good ? CKN_OK : CKN_ERROR_FILE);
        if (!good)
            io_test_expect(code, CKN_ERROR_FILE, &error, "FILE: announces ",
                           pixels <= (double)most ? "GB of memory, more than half"
                                                  : "at most 536870912");
        assert_int_equal(ckn_read_limit_check(&lifted, "FILE", size, &error), CKN_OK);
    }
}

/* A bit a pixel in the file, four planes in memory. */
static void test_memory_of_files(void **state) {
    (void)state;
    struct rusage before, after;
    if (ckn_physical_memory() > ((uint64_t)1 << 29) * 16 * FACTOR * 2)
        skip();
    getrusage(RUSAGE_SELF, &before);
    const char *path = make_png(WIDE, HIGH - 1, 1, 3, 70000);
    io_test_expect(read_with(path, 0, 0), CKN_ERROR_FILE, &error, path,
                   "may need 60.1 GB of memory, more than half of the machine's");
    unlink(path);
    path = make_npy("<f8", 8, HIGH - 1, WIDE, 4);
    io_test_expect(read_with(path, 0, 0), CKN_ERROR_FILE, &error, path, "may need 120 GB");
    io_test_expect(read_kernel_with(path, 0), CKN_ERROR_FILE, &error, path, "may need 120 GB");
    unlink(path);
    /* What is in memory already counts. */
    const size_t held = ckn_physical_memory() / 2 / FACTOR;
    assert_int_equal(read_with(made("plain.png"), 0, held - 1000), CKN_OK);
    io_test_expect(read_with(made("plain.png"), 0, held), CKN_ERROR_FILE, &error, made("plain.png"),
                   "announces 6 x 5 pixels, with which the program may need");
    assert_int_equal(read_with(made("plain.png"), 30, held), CKN_OK);
    getrusage(RUSAGE_SELF, &after);
    assert_in_range(after.ru_maxrss, before.ru_maxrss, before.ru_maxrss + 64 * 1024);
}

/* --- codecs, pages, scans, markers ---------------------------------------------------------------
 */

/* libjbig ends the process where it gets no memory. */
static void test_codecs(void **state) {
    (void)state;
    static const struct {
        uint32_t compression;
        const char *text;
    } cases[] = {{JBIG, "is compressed by JBIG"}, {OLD_JPEG, "by TIFF's old-style JPEG"}};
    for (int i = 0; i < 40; i++) {
        bytes file = begin_tiff(8, 8, 0, 1, cases[i % 2].compression, 200);
        const size_t end = file.size;
        file.size = 8; /* the samples: a header of JBIG with random sizes */
        put_number(&file, 0x10000, 4);
        put_big_endian(&file, io_test_below(UINT32_MAX), 4);
        put_big_endian(&file, io_test_below(UINT32_MAX), 4);
        put_big_endian(&file, 128, 4);
        file.size = end;
        const char *path = save(&file, "codec.tif");
        io_test_expect(read_with(path, 0, 0), CKN_ERROR_UNSUPPORTED, &error, path,
                       cases[i % 2].text);
        unlink(path);
        free(file.data);
    }
}

static ckn_code count_pages(const char *path, size_t *count) {
    memset(&error, 0, sizeof error);
    return ckn_picture_count_pages(path, count, &error);
}

/* Directories that lead back to one before, after any number of pages. */
static void test_page_loops(void **state) {
    (void)state;
    for (size_t i = 0; i < 40; i++) {
        const size_t pages = 1 + io_test_below(30), back = io_test_below(pages);
        bytes file = room_for(40 * 200);
        put(&file, "II*\0\x08\0\0\0", 8);
        for (size_t page = 0; page < pages; page++) {
            put_number(&file, 1, 2);
            put_number(&file, 256 | 4 << 16, 4);
            put_number(&file, 1, 4);
            put_number(&file, 9, 4);
            put_number(&file, page + 1 < pages ? file.size + 4 : 8 + 18 * back, 4);
        }
        const char *path = save(&file, "loop.tif");
        size_t count;
        io_test_expect(count_pages(path, &count), CKN_ERROR_FILE, &error, path,
                       "its pages have no end");
        io_test_expect(read_with(path, 0, 0), CKN_ERROR_FILE, &error, path,
                       "its pages have no end");
        unlink(path);
        free(file.data);
    }
}

/* All pages have the same profile of 4 MB. */
static void test_shared_tags(void **state) {
    (void)state;
    enum { PAGES = 30000, PROFILE = 4000000 };
    bytes file = room_for(PROFILE + PAGES * 64);
    put(&file, "II*\0", 4);
    put_number(&file, 8 + PROFILE, 4);
    file.size += PROFILE;
    for (size_t page = 0; page < PAGES; page++) {
        put_number(&file, 2, 2);
        put_number(&file, 256 | 4 << 16, 4);
        put_number(&file, 1, 4);
        put_number(&file, 9, 4);
        put_number(&file, 34675 | 7 << 16, 4);
        put_number(&file, PROFILE, 4);
        put_number(&file, 8, 4);
        put_number(&file, page + 1 < PAGES ? file.size + 4 : 0, 4);
    }
    const char *path = save(&file, "shared.tif");
    free(file.data);
    size_t count = 0;
    const clock_t start = clock();
    assert_int_equal(count_pages(path, &count), CKN_OK);
    assert_int_equal(count, PAGES);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 4); /* libtiff: 140 s */
    unlink(path);
}

/* A progressive file with more scans, each of which passes over all blocks and changes nothing. */
static const char *with_scans(size_t count) {
    size_t size;
    unsigned char *jpeg = io_test_slurp(made("rgb-0-1.jpg"), &size);
    bytes file = room_for(size + 64 + 16 * count);
    put(&file, jpeg, size - 2); /* without its end */
    free(jpeg);
    /* A table of one code: a run of 2^14 blocks without coefficients. */
    put(&file, "\xFF\xC4\0\x14\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xE0", 22);
    for (size_t i = 0; i < count; i++)
        put(&file, "\xFF\xDA\0\x08\x01\x01\0\x01\x3F\0\0\x01", 12);
    put(&file, "\xFF\xD9", 2);
    const char *path = save(&file, "scans.jpg");
    free(file.data);
    return path;
}

static void test_scans(void **state) {
    (void)state;
    assert_int_equal(read_with(with_scans(80), 0, 0), CKN_OK);
    for (size_t count = 101; count < 1000000; count *= 9) {
        const char *path = with_scans(count);
        io_test_expect(read_with(path, 0, 0), CKN_ERROR_FILE, &error, path,
                       "it has more than 100 scans");
        unlink(path);
    }
}

/* Empty EXIF and ICC markers: 4 MB, of which libjpeg would make a list of 96, in hours. */
static void test_markers(void **state) {
    (void)state;
    enum { MARKERS = 1000000 };
    size_t size;
    unsigned char *jpeg = io_test_slurp(made("turned.jpg"), &size);
    bytes file = room_for(size + 4 * MARKERS);
    put(&file, jpeg, 2);
    for (size_t i = 0; i < MARKERS; i++)
        put(&file, i % 2 ? "\xFF\xE1\0\x02" : "\xFF\xE2\0\x02", 4);
    put(&file, jpeg + 2, size - 2);
    const char *path = save(&file, "markers.jpg");
    free(jpeg);
    free(file.data);
    struct rusage before, after;
    ckn_picture picture;
    getrusage(RUSAGE_SELF, &before);
    assert_int_equal(ckn_picture_read(path, NULL, &picture, &error), CKN_OK);
    getrusage(RUSAGE_SELF, &after);
    assert_non_null(strstr(picture.remark, "orientation 8"));
    assert_in_range(after.ru_maxrss, before.ru_maxrss, before.ru_maxrss + 16 * 1024);
    ckn_picture_release(&picture);
    unlink(path);
}

/* Chunks of no bytes, which have no memory either. */
static void test_empty_chunks(void **state) {
    (void)state;
    static const char *const names[] = {"iCCP", "eXIf", "cICP", "sRGB", "gAMA", "tEXt"};
    size_t size;
    unsigned char *png = io_test_slurp(made("plain.png"), &size);
    bytes file = room_for(size + 12 * 6);
    put(&file, png, 33);
    for (size_t i = 0; i < 6; i++)
        put_chunk(&file, names[i], 0);
    put(&file, png + 33, size - 33);
    png_seal(file.data, file.size);
    const char *path = save(&file, "chunks.png");
    assert_int_equal(read_with(path, 0, 0), CKN_OK);
    unlink(path);
    free(png);
    free(file.data);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixels),          cmocka_unit_test(test_announced_only),
        cmocka_unit_test(test_exact_limit),     cmocka_unit_test(test_memory_rule),
        cmocka_unit_test(test_memory_of_files), cmocka_unit_test(test_codecs),
        cmocka_unit_test(test_page_loops),      cmocka_unit_test(test_shared_tags),
        cmocka_unit_test(test_scans),           cmocka_unit_test(test_markers),
        cmocka_unit_test(test_empty_chunks),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-MAKE_FORMATS\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    return cmocka_run_group_tests(tests, io_test_setup, io_test_teardown);
}
