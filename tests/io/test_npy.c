/* NPY files: what NumPy may write, and what it must not. */
#include "io_test.h"

#include "base/view.h"
#include "io/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BYTES = 4096 };

static ckn_error error;

typedef struct npy_bytes {
    size_t size;
    unsigned char bytes[MOST_BYTES];
} npy_bytes;

/* A file of that version with that header text and those samples. */
static npy_bytes compose(unsigned major, const char *header, const void *data, size_t size) {
    npy_bytes file = {0, {0}};
    size_t length = strlen(header);
    size_t width = major == 1 ? 2 : 4;
    memcpy(file.bytes, "\x93NUMPY", 6);
    file.bytes[6] = (unsigned char)major;
    file.bytes[8] = (unsigned char)(length & 255U);
    file.bytes[9] = (unsigned char)(length >> 8);
    assert_true(8 + width + length + size <= MOST_BYTES);
    memcpy(file.bytes + 8 + width, header, length);
    memcpy(file.bytes + 8 + width + length, data, size);
    file.size = 8 + width + length + size;
    return file;
}

static ckn_picture read_npy(unsigned major, const char *header, const void *data, size_t size) {
    npy_bytes file = compose(major, header, data, size);
    const char *path = io_test_file("a.npy", file.bytes, file.size);
    ckn_picture picture;
    if (ckn_picture_read(path, NULL, &picture, &error) != CKN_OK)
        fail_msg("%s", error.message);
    unlink(path);
    return picture;
}

static void expect_refused(unsigned major, const char *header, const void *data, size_t size,
                           ckn_code code, const char *text) {
    npy_bytes file = compose(major, header, data, size);
    const char *path = io_test_file("a.npy", file.bytes, file.size);
    ckn_picture picture;
    io_test_expect(ckn_picture_read(path, NULL, &picture, &error), code, &error, path, text);
    assert_null(picture.data);
    assert_int_equal(ckn_picture_read(path, NULL, &picture, NULL), code);
    unlink(path);
}

static double sample(const ckn_picture *picture, size_t plane, size_t row, size_t col) {
    ckn_view view = ckn_picture_view(picture, plane);
    return ckn_view_at(&view, row, col);
}

#define HEADER(descr, order, shape)                                                                \
    "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape ", }\n"

static const unsigned char ramp[256] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
                                        13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25};

static void test_types(void **state) {
    (void)state;
    /* 1.5 and -2.25 in each float type and byte order; 0x0102 and 0xFFFF. */
    static const struct {
        const char *header, *data;
        size_t size;
        ckn_sample sample;
        double first, second;
    } cases[] = {
        {HEADER("<f4", "False", "(1, 2)"), "\0\0\xC0\x3F\0\0\x10\xC0", 8, CKN_SAMPLE_F32, 1.5,
         -2.25},
        {HEADER(">f4", "False", "(1, 2)"), "\x3F\xC0\0\0\xC0\x10\0\0", 8, CKN_SAMPLE_F32, 1.5,
         -2.25},
        {HEADER("<f8", "False", "(1, 2)"), "\0\0\0\0\0\0\xF8\x3F\0\0\0\0\0\0\x02\xC0", 16,
         CKN_SAMPLE_F64, 1.5, -2.25},
        {HEADER(">f8", "False", "(1, 2)"), "\x3F\xF8\0\0\0\0\0\0\xC0\x02\0\0\0\0\0\0", 16,
         CKN_SAMPLE_F64, 1.5, -2.25},
        {HEADER("|u1", "False", "(1, 2)"), "\x33\xFF", 2, CKN_SAMPLE_U8, 0x33 / 255.0, 1},
        {HEADER("<u1", "False", "(1, 2)"), "\x33\xFF", 2, CKN_SAMPLE_U8, 0x33 / 255.0, 1},
        {HEADER("u1", "False", "(1, 2)"), "\x33\xFF", 2, CKN_SAMPLE_U8, 0x33 / 255.0, 1},
        {HEADER("<u2", "False", "(1, 2)"), "\x02\x01\xFF\xFF", 4, CKN_SAMPLE_U16, 0x0102 / 65535.0,
         1},
        {HEADER("|i1", "False", "(1, 2)"), "\x80\x7F", 2, CKN_SAMPLE_F32, -128, 127},
        {HEADER("<i2", "False", "(1, 2)"), "\x00\x80\xFF\x7F", 4, CKN_SAMPLE_I16, -32768, 32767},
        {HEADER(">i2", "False", "(1, 2)"), "\x80\x00\x7F\xFF", 4, CKN_SAMPLE_I16, -32768, 32767},
        {HEADER("<i4", "False", "(1, 2)"), "\xFE\xFF\xFF\xFF\x00\x00\x00\x01", 8, CKN_SAMPLE_F64,
         -2, 16777216},
        {HEADER("<i8", "False", "(1, 2)"),
         "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x05\x00\x00\x00\x00\x00\x00\x00", 16, CKN_SAMPLE_F64, -2,
         5},
        {HEADER("<u4", "False", "(1, 2)"), "\x01\x00\x00\x00\xFF\xFF\xFF\xFF", 8, CKN_SAMPLE_F64, 1,
         4294967295.0},
        {HEADER("<u8", "False", "(1, 2)"),
         "\x00\x00\x00\x00\x00\x00\x00\x80\x07\x00\x00\x00\x00\x00\x00\x00", 16, CKN_SAMPLE_F64,
         9223372036854775808.0, 7},
        {HEADER("|b1", "False", "(1, 2)"), "\x01\x00", 2, CKN_SAMPLE_F32, 1, 0},
        {HEADER("<f2", "False", "(1, 2)"), "\x00\x3E\x01\x80", 4, CKN_SAMPLE_F32, 1.5, -0x1p-24},
        {HEADER(">f2", "False", "(1, 2)"), "\x7B\xFF\xFC\x00", 4, CKN_SAMPLE_F32, 65504, -INFINITY},
        {HEADER(">u2", "False", "(1, 2)"), "\x01\x02\xFF\xFF", 4, CKN_SAMPLE_U16, 0x0102 / 65535.0,
         1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ckn_picture picture = read_npy(1, cases[i].header, cases[i].data, cases[i].size);
        bool is_double = cases[i].sample == CKN_SAMPLE_F64;
        assert_int_equal(picture.sample, cases[i].sample);
        assert_int_equal(picture.type, is_double ? CKN_FLOAT64 : CKN_FLOAT32);
        assert_int_equal(picture.rows, 1);
        assert_int_equal(picture.cols, 2);
        assert_true(sample(&picture, 0, 0, 0) == (double)(float)cases[i].first);
        assert_true(sample(&picture, 0, 0, 1) == cases[i].second);
        ckn_picture_release(&picture);
    }
}

static void test_native_order(void **state) {
    (void)state;
    const float values[2] = {1.5F, -2.25F};
    ckn_picture picture = read_npy(1, HEADER("=f4", "False", "(1, 2)"), values, sizeof values);
    assert_true(sample(&picture, 0, 0, 0) == 1.5);
    assert_true(sample(&picture, 0, 0, 1) == -2.25);
    ckn_picture_release(&picture);
}

/* Sample (row, col, channel) of a 2 x 3 x `channels` array of ramp values. */
static void check_order(const char *header, size_t channels, bool has_alpha, bool fortran) {
    ckn_picture picture = read_npy(1, header, ramp, 6 * channels);
    assert_int_equal(ckn_picture_plane_count(&picture), channels);
    assert_int_equal(picture.has_alpha, has_alpha);
    assert_int_equal(picture.rows, 2);
    assert_int_equal(picture.cols, 3);
    for (size_t row = 0; row < 2; row++) {
        for (size_t col = 0; col < 3; col++) {
            for (size_t c = 0; c < channels; c++) {
                size_t at = fortran ? row + 2 * (col + 3 * c) : (row * 3 + col) * channels + c;
                double wanted = (double)(float)((double)at / 255.0);
                assert_true(sample(&picture, c, row, col) == wanted);
            }
        }
    }
    ckn_picture_release(&picture);
}

static void test_orders_and_channels(void **state) {
    (void)state;
    check_order(HEADER("|u1", "False", "(2, 3)"), 1, false, false);
    check_order(HEADER("|u1", "True", "(2, 3)"), 1, false, true);
    check_order(HEADER("|u1", "False", "(2, 3, 1)"), 1, false, false);
    check_order(HEADER("|u1", "False", "(2, 3, 2)"), 2, true, false);
    check_order(HEADER("|u1", "False", "(2, 3, 3)"), 3, false, false);
    check_order(HEADER("|u1", "True", "(2, 3, 3)"), 3, false, true);
    check_order(HEADER("|u1", "False", "(2, 3, 4)"), 4, true, false);
    check_order(HEADER("|u1", "True", "(2, 3, 4)"), 4, true, true);
}

static void test_spellings(void **state) {
    (void)state;
    static const char *const headers[] = {
        "{'shape': (2, 3), 'fortran_order': False, 'descr': '|u1'}",
        "{\"descr\":\"|u1\",\"fortran_order\":False,\"shape\":(2,3)}",
        "  { 'descr' :\t'|u1' , 'shape' : ( 2 , 3 , ) , 'fortran_order' : False , }   \n\n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 3L), }",
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        for (unsigned major = 1; major <= 3; major++) {
            ckn_picture picture = read_npy(major, headers[i], ramp, 6);
            assert_true(sample(&picture, 0, 1, 2) == (double)(float)(5 / 255.0));
            ckn_picture_release(&picture);
        }
    }
}

static void test_not_finite(void **state) {
    (void)state;
    ckn_picture picture =
        read_npy(1, HEADER("<f4", "False", "(1, 2)"), "\0\0\xC0\x7F\0\0\x80\xFF", 8);
    assert_true(isnan(sample(&picture, 0, 0, 0)));
    assert_true(sample(&picture, 0, 0, 1) == -INFINITY);
    ckn_picture_release(&picture);
}

static void test_unsupported_types(void **state) {
    (void)state;
    static const char *const headers[][2] = {
        {HEADER("<i3", "False", "(2, 3)"), "type '<i3'; float16, float32, float64, bool and int"},
        {HEADER("<f16", "False", "(2, 3)"), "type '<f16'"},
        {HEADER("<c8", "False", "(2, 3)"), "type '<c8'"},
        {HEADER("|O", "False", "(2, 3)"), "type '|O'"},
        {HEADER("", "False", "(2, 3)"), "type ''"},
        {HEADER("<", "False", "(2, 3)"), "type '<'"},
        {HEADER("<f4 ", "False", "(2, 3)"), "type '<f4 '"},
        {HEADER("\x1B[31m", "False", "(2, 3)"), "type '?[31m'"},
        {HEADER("<f4444444444444444444444444444444444444", "False", "(2, 3)"), "type '<f4444"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}", "structured"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        expect_refused(1, headers[i][0], ramp, 24, CKN_ERROR_UNSUPPORTED, headers[i][1]);
    expect_refused(4, HEADER("<f4", "False", "(2, 3)"), ramp, 24, CKN_ERROR_UNSUPPORTED,
                   "version 4.0");
    expect_refused(0, HEADER("<f4", "False", "(2, 3)"), ramp, 24, CKN_ERROR_UNSUPPORTED,
                   "version 0.0");
}

static void test_bad_shapes(void **state) {
    (void)state;
    static const char *const headers[][2] = {
        {HEADER("|u1", "False", "()"), "holds a 0-D array"},
        {HEADER("|u1", "False", "(6,)"), "holds a 1-D array"},
        {HEADER("|u1", "False", "(1, 2, 3, 1)"), "holds a 4-D array"},
        {HEADER("|u1", "False", "(0, 3)"), "empty array"},
        {HEADER("|u1", "False", "(2, 0)"), "empty array"},
        {HEADER("|u1", "False", "(2, 3, 0)"), "has 0 channels"},
        {HEADER("|u1", "False", "(2, 3, 5)"), "has 5 channels"},
        {HEADER("|u1", "False", "(2, 4)"), "truncated: its header announces 8 bytes"},
        {HEADER("|u1", "False", "(2, 2)"), "damaged: its header announces 4 bytes"},
        {HEADER("|u1", "False", "(4294967296, 4294967296)"), "impossible size"},
        {HEADER("<f8", "False", "(2305843009213693953, 1)"), "impossible size"},
        {HEADER("|u1", "False", "(4611686018427387904, 1, 2)"), "truncated"},
        {HEADER("|u1", "False", "(99999999999999999999, 1)"), "too large"},
        {HEADER("|u1", "False",
                "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
                "1,1,1,1,1)"),
         "too many dimensions"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        expect_refused(1, headers[i][0], ramp, 6, CKN_ERROR_FILE, headers[i][1]);
}

static void test_damaged_headers(void **state) {
    (void)state;
    static const char *const headers[][2] = {
        {"", "does not begin"},
        {"descr", "does not begin"},
        {"{", "a key is missing"},
        {"{}", "is missing"},
        {"{'descr': '|u1', 'fortran_order': False}", "is missing"},
        {"{'descr': '|u1'", "does not end with }"},
        {"{'descr: |u1}", "a key is missing"},
        {"{'descr' '|u1'}", "a key is missing"},
        {"{'descr': |u1}", "its type is no text"},
        {"{'descr': '|u1}", "its type is no text"},
        {"{'extra': 1}", "the key 'extra' is unknown"},
        {"{'descr': '|u1', 'descr': '|u1'}", "'descr' stands there twice"},
        {"{'fortran_order': Maybe}", "neither True nor False"},
        {"{'fortran_order': Tr", "neither True nor False"},
        {"{'shape': 6}", "no tuple"},
        {"{'shape': (2, 3", "does not end"},
        {"{'shape': (2, three)}", "no number"},
        {"{'shape': (-2, 3)}", "no number"},
        {"{'shape': (2, 3.5)}", "does not end"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)} x", "follows"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)} {}", "follows"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        expect_refused(1, headers[i][0], ramp, 6, CKN_ERROR_FILE, headers[i][1]);
}

static void test_truncated_everywhere(void **state) {
    (void)state;
    npy_bytes file = compose(2, HEADER("<f4", "False", "(2, 3)"), ramp, 24);
    for (size_t size = 6; size < file.size; size++) {
        const char *path = io_test_file("cut.npy", file.bytes, size);
        ckn_picture picture;
        io_test_expect(ckn_picture_read(path, NULL, &picture, &error), CKN_ERROR_FILE, &error, path,
                       "truncated");
        unlink(path);
    }
    file.bytes[11] = 0xFF; /* a header of 4 GB */
    const char *path = io_test_file("long.npy", file.bytes, file.size);
    ckn_picture picture;
    io_test_expect(ckn_picture_read(path, NULL, &picture, &error), CKN_ERROR_FILE, &error, path,
                   "announces an NPY header of 42");
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_native_order),
        cmocka_unit_test(test_orders_and_channels),
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_unsupported_types),
        cmocka_unit_test(test_bad_shapes),
        cmocka_unit_test(test_damaged_headers),
        cmocka_unit_test(test_truncated_everywhere),
    };
    return cmocka_run_group_tests(tests, io_test_setup, io_test_teardown);
}
