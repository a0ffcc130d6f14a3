/* Headers of FITS files that say anything at all: PCOUNT, NAXIS, ZTILE1 and other numbers of a
 * stranger's file must neither lead the reader out of its memory nor decide how much it takes. */
#include "io_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 2880, CARD = 80, MOST_CARDS = 1400, ROUNDS = 6000, DATA = 7 * 5 * 8 };

static ckn_error error;

/* A file that is put together card by card. */
typedef struct fits_text {
    char data[(MOST_CARDS + 36) * CARD + 4 * BLOCK];
    size_t size;
} fits_text;

static fits_text file;

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...) {
    char card[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(card, sizeof card, format, arguments);
    va_end(arguments);
    size_t length = strlen(card) < CARD ? strlen(card) : CARD;
    assert_true(file.size + CARD + BLOCK < sizeof file.data);
    memset(file.data + file.size, ' ', CARD);
    memcpy(file.data + file.size, card, length);
    file.size += CARD;
}

static void put_value(const char *name, const char *value) {
    put("%-8.8s= %20s / a comment", name, value);
}

static void put_number(const char *name, long long value) {
    char text[32];
    snprintf(text, sizeof text, "%lld", value);
    put_value(name, text);
}

static void end_block(char filling) {
    while (file.size % BLOCK)
        file.data[file.size++] = filling;
}

/* Bytes of samples: none of them is 0. */
static void put_data(size_t size) {
    for (size_t i = 0; i < size; i++)
        file.data[file.size++] = (char)(1 + i % 100);
    end_block('\0');
}

/* The mandatory cards of an image; the caller adds more, and end_header(). */
static void begin_image(bool primary, int bitpix, size_t cols, size_t rows) {
    if (primary)
        put_value("SIMPLE", "T");
    else
        put("XTENSION= 'IMAGE   '");
    put_number("BITPIX", bitpix);
    put_number("NAXIS", 2);
    put_number("NAXIS1", (long long)cols);
    put_number("NAXIS2", (long long)rows);
}

static void end_header(void) {
    put("END");
    end_block(' ');
}

static void begin_table(const char *kind, size_t cols, size_t rows, size_t heap) {
    put("XTENSION= '%-8s'", kind);
    put_number("BITPIX", 8);
    put_number("NAXIS", 2);
    put_number("NAXIS1", (long long)cols);
    put_number("NAXIS2", (long long)rows);
    put_number("PCOUNT", (long long)heap);
    put_number("GCOUNT", 1);
}

static void begin_primary_without_data(void) {
    file.size = 0;
    put_value("SIMPLE", "T");
    put_number("BITPIX", 8);
    put_number("NAXIS", 0);
}

static const char *save(void) {
    return io_test_file("made.fits", file.data, file.size);
}

static void expect_refused(const char *text) {
    const char *path = save();
    ckn_picture picture;
    double *taps = NULL;
    size_t rows, cols;
    memset(&error, 0, sizeof error);
    ckn_code code = ckn_picture_read(path, NULL, &picture, &error);
    if (code == CKN_OK)
        fail_msg("read, though: %s", text);
    io_test_expect(code, code, &error, path, text);
    assert_null(picture.data);
    assert_int_equal(ckn_kernel_read(path, NULL, &taps, &rows, &cols, NULL), code);
}

/* Reads page `page`; its first sample is `first`. */
static void expect_read(const char *page, size_t rows, size_t cols, double first) {
    char name[512];
    ckn_picture picture;
    snprintf(name, sizeof name, "%s%s", save(), page);
    if (ckn_picture_read(name, NULL, &picture, &error) != CKN_OK)
        fail_msg("%s", error.message);
    assert_int_equal(picture.rows, rows);
    assert_int_equal(picture.cols, cols);
    ckn_picture_release(&picture);
    double *taps = NULL;
    assert_int_equal(ckn_kernel_read(name, NULL, &taps, &rows, &cols, &error), CKN_OK);
    assert_true(taps[0] == first);
    free(taps);
}

/* --- what cfitsio would have believed ----------------------------------------------------------
 */

static void test_parameters(void **state) {
    (void)state;
    for (int i = 0; i < 60; i++) {
        const long long count = 1 + (long long)io_test_below(i < 30 ? 5000 : SIZE_MAX >> 40);
        const bool group = i % 3 == 0;
        file.size = 0;
        begin_image(true, 8, 7, 5);
        put_number("PCOUNT", group ? 0 : count);
        put_number("GCOUNT", group ? 1 + count : 1);
        end_header();
        put_data(35);
        expect_refused("PCOUNT and GCOUNT of an image must be 0 and 1");
    }
}

/* Many axes are for an HDU to skip; up to 999 there may be, in any HDU, and their lengths may be
 * anything that is no more than a file may have. */
static void test_many_axes(void **state) {
    (void)state;
    for (int i = 0; i < 60; i++) {
        const size_t axes = i < 30 ? 10 + io_test_below(90) : 100 + io_test_below(900);
        file.size = 0;
        put_value("SIMPLE", "T");
        put_number("BITPIX", 8);
        put_number("NAXIS", (long long)axes);
        for (size_t axis = 1; axis <= axes; axis++) {
            char name[16];
            snprintf(name, sizeof name, "NAXIS%zu", axis);
            put_number(name, 1);
        }
        end_header();
        put_data(1);
        expect_refused("none of its 1 HDU holds an image");
        begin_image(false, 16, 3, 2);
        end_header();
        put_data(12);
        expect_read("", 2, 3, 0x0102);
    }
    file.size = 0;
    put_value("SIMPLE", "T");
    put_number("BITPIX", 8);
    put_number("NAXIS", 1000);
    expect_refused("truncated");
    end_block(' ');
    expect_refused("NAXIS must be a whole number from 0 to 999, not '1000'");
}

static void test_tiles(void **state) {
    (void)state;
    for (int tile = -1; tile < 3; tile++) {
        begin_primary_without_data();
        end_header();
        begin_table("BINTABLE", 8, 5, 100);
        put_value("ZIMAGE", "T");
        put_number("ZBITPIX", 16);
        put_number("ZNAXIS", 2);
        put_number("ZNAXIS1", 7);
        put_number("ZNAXIS2", 5);
        put_number("ZTILE1", tile);
        put("ZCMPTYPE= 'RICE_1  '");
        end_header();
        put_data(140);
        expect_refused("holds a tile-compressed image");
    }
}

/* --- what the standard says --------------------------------------------------------------------
 */

static void test_order(void **state) {
    (void)state;
    static const char *const cards[] = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2"};
    static const char *const values[] = {"T", "8", "2", "7", "5"};
    for (size_t left_out = 1; left_out < 5; left_out++) {
        char text[64];
        file.size = 0;
        for (size_t i = 0; i < 5; i++) {
            if (i != left_out)
                put_value(cards[i], values[i]);
        }
        end_header();
        put_data(35);
        snprintf(text, sizeof text, "its card %zu is '%s", left_out + 1,
                 left_out < 4 ? cards[left_out + 1] : "END");
        expect_refused(text);
    }
}

static void test_values(void **state) {
    (void)state;
    static const struct {
        const char *name, *value, *text;
    } cases[] = {
        {"BITPIX", "7", "BITPIX must be"},
        {"BITPIX", "-16", "BITPIX must be"},
        {"BITPIX", "8.0", "not '8.0'"},
        {"BITPIX", "'8'", "not ''8''"},
        {"NAXIS", "-1", "NAXIS must be"},
        {"NAXIS", "99999999999999999999", "NAXIS must be"},
        {"NAXIS1", "-7", "NAXIS1 must be"},
        {"NAXIS2", "0x5", "NAXIS2 must be"},
        {"NAXIS2", "", "NAXIS2 must be"},
        {"NAXIS1", "9223372036854775807", "more bytes than any file has"},
        {"NAXIS1", "4611686018427387904", "more bytes than any file has"},
        {"NAXIS1", "70000000", "is truncated"},
        {"PCOUNT", "-1", "PCOUNT must be"},
        {"PCOUNT", "9223372036854775807", "more bytes than any file has"},
        {"GCOUNT", "9223372036854775807", "more bytes than any file has"},
        {"GCOUNT", "0", "PCOUNT and GCOUNT"},
        {"BSCALE", "nan", "BSCALE must be a number"},
        {"BSCALE", "1e999", "BSCALE must be a number"},
        {"BZERO", "0x10", "BZERO must be a number"},
        {"BZERO", "1.5.2", "BZERO must be a number"},
        {"BLANK", "1.5", "BLANK must be a whole number"},
        {"BLANK", "'\033[1m'", "BLANK must be a whole number, not ''?[1m''"},
        {"NAXIS1", "0", "holds an empty image"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static const char *const names[] = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2"};
        static const char *const values[] = {"T", "8", "2", "7", "5"};
        bool found = false;
        file.size = 0;
        for (size_t k = 0; k < 5; k++) {
            const bool here = strcmp(names[k], cases[i].name) == 0;
            put_value(names[k], here ? cases[i].value : values[k]);
            found = found || here;
        }
        if (!found)
            put_value(cases[i].name, cases[i].value);
        end_header();
        put_data(35);
        expect_refused(cases[i].text);
    }
}

/* The first card of a name counts; what looks like one in comments and long strings does not; what
 * is not there is as if it were 1 or 0. */
static void test_forms(void **state) {
    (void)state;
    file.size = 0;
    begin_image(true, 16, 3, 2);
    put("COMMENT = BSCALE  = 9");
    put("HIERARCH BSCALE = 7");
    put("LONG    = 'a / b ''BSCALE&'");
    put("CONTINUE  'BSCALE  = 3'");
    put("BSCALE  =2.5D-1");
    put("BSCALE  = 1000");
    put("BSCALES = 1000");
    put("BZERO   =                      / nothing");
    put("BZERO   = +1.e1/comment");
    put("BLANK   = 0");
    end_header();
    put_data(12);
    /* "=2" is no value indicator, so that the first BSCALE has no value. */
    expect_read("", 2, 3, 0x0102 * 1000 + 10);
}

static void expect_saturation(const char *name, const char *value, double saturation) {
    ckn_picture picture;
    file.size = 0;
    begin_image(true, 16, 3, 2);
    put_value(name, value);
    end_header();
    put_data(12);
    assert_int_equal(ckn_picture_read(save(), NULL, &picture, &error), CKN_OK);
    assert_true(picture.saturation == saturation);
    ckn_picture_release(&picture);
}

/* Three names for the limit of a detector; the largest value that occurs is another thing. */
static void test_saturation(void **state) {
    (void)state;
    expect_saturation("SATURATE", "60000", 60000);
    expect_saturation("SATLEVEL", "4.5E4", 45000);
    expect_saturation("MAXLIN", "1000.", 1000);
    expect_saturation("DATAMAX", "1000.", 0);
    expect_saturation("SATURATE", "-1", 0);
    expect_saturation("SATURATE", "'high'", 0);
}

/* BZERO = 2^63 is added before anything is rounded: 2^62 + 1025 rounded to double first, then
 * added and rounded again, ends at the lower of two multiples of 2048; the exact sum is nearer to
 * the upper one. */
static void test_unsigned_64(void **state) {
    (void)state;
    file.size = 0;
    begin_image(true, 64, 1, 1);
    put("BZERO   =  9223372036854775808");
    end_header();
    put_data(8);
    memcpy(file.data + BLOCK, "\x40\0\0\0\0\0\x04\x01", 8);
    expect_read("", 1, 1, 13835058055282163712.0 + 2048);
}

static void test_hdus(void **state) {
    (void)state;
    file.size = 0;
    put_value("SIMPLE", "T"); /* random groups: 2 of 4 parameters and 3 samples */
    put_number("BITPIX", 16);
    put_number("NAXIS", 2);
    put_number("NAXIS1", 0);
    put_number("NAXIS2", 3);
    put_value("GROUPS", "T");
    put_number("PCOUNT", 4);
    put_number("GCOUNT", 1000);
    end_header();
    put_data(14000);
    begin_table("TABLE", 10, 3, 0);
    end_header();
    put_data(30);
    begin_table("BINTABLE", 8, 100, 5000); /* with a heap */
    end_header();
    put_data(5800);
    begin_table("FOREIGN", 20, 10, 0);
    end_header();
    put_data(200);
    begin_image(false, 8, 4, 2);
    end_header();
    put_data(8);
    begin_image(false, 8, 2, 4);
    end_header();
    put_data(8);
    const size_t whole = file.size;
    expect_read("", 2, 4, 1);
    expect_read("[4]", 2, 4, 1);
    expect_read("[5]", 4, 2, 1);
    for (int i = 0; i < 40; i++) /* whatever follows the last HDU */
        file.data[file.size++] = 'x';
    expect_read("[5]", 4, 2, 1);
    file.size = whole - BLOCK + 8; /* without the zeros at the end */
    expect_read("[5]", 4, 2, 1);
    file.size--;
    expect_read("", 2, 4, 1);
    char name[512];
    ckn_picture picture;
    static const struct {
        const char *page, *text;
    } cases[] = {{"[0]", "HDU 0 holds no image"}, {"[1]", "HDU 1 holds no image"},
                 {"[2]", "HDU 2 holds no image"}, {"[3]", "HDU 3 holds no image"},
                 {"[5]", "is truncated"},         {"[6]", "is truncated"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(name, sizeof name, "%s%s", save(), cases[i].page);
        io_test_expect(ckn_picture_read(name, NULL, &picture, &error), CKN_ERROR_FILE, &error, name,
                       cases[i].text);
    }
}

/* A header without end, in a file with a hole. */
static void test_endless(void **state) {
    (void)state;
    file.size = 0;
    begin_image(true, 8, 7, 5);
    end_block(' ');
    const char *path = save();
    assert_int_equal(truncate(path, (off_t)1 << 40), 0);
    ckn_picture picture;
    io_test_expect(ckn_picture_read(path, NULL, &picture, &error), CKN_ERROR_FILE, &error, path,
                   "has no END within 4096 blocks");
    unlink(path);
}

/* --- anything ----------------------------------------------------------------------------------
 */

static const char *random_value(void) {
    static const char *const special[] = {
        "0",     "1",   "-1",   "2",    "3", "8",     "16",         "32",     "64",
        "-32",   "-64", "999",  "1200", "T", "F",     "''",         "'a'",    "",
        "1E400", "-0",  "1D-3", "nan",  "/", "32768", "2147483648", "'IMAGE'"};
    static char text[32];
    const int bits = (int)io_test_below(64);
    const long long number =
        (long long)(((uint64_t)io_test_below(SIZE_MAX) << 33 | io_test_below(SIZE_MAX)) >> bits);
    if (io_test_below(3))
        return special[io_test_below(sizeof special / sizeof special[0])];
    snprintf(text, sizeof text, "%s%lld", io_test_below(5) ? "" : "-", number);
    return text;
}

static void put_random_card(void) {
    static const char *const names[] = {"NAXIS",  "NAXIS1", "NAXIS2", "NAXIS3", "PCOUNT", "GCOUNT",
                                        "GROUPS", "ZIMAGE", "ZNAXIS", "ZTILE1", "BSCALE", "BZERO",
                                        "BLANK",  "BITPIX", "SIMPLE", "END",    "HISTORY"};
    put_value(names[io_test_below(sizeof names / sizeof names[0])], random_value());
}

/* A card of a valid header, with its value or another; or left out, or twice. */
static void put_mutant(const char *name, const char *value) {
    const size_t kind = io_test_below(24);
    if (kind == 0)
        put_value(name, random_value());
    else if (kind == 1)
        put_random_card();
    else if (kind > 2)
        put_value(name, value);
    if (kind == 3)
        put_value(name, random_value());
}

static void put_random_header(bool primary) {
    static const char *const types[] = {"8", "16", "32", "64", "-32", "-64"};
    static const char *const kinds[] = {"'IMAGE   '", "'BINTABLE'", "'TABLE   '", "'OTHER   '"};
    const bool large = io_test_below(8) == 0;
    const size_t axes = large ? io_test_below(MOST_CARDS - 200) : io_test_below(5);
    char text[16], name[16];
    if (primary)
        put_value("SIMPLE", "T");
    else
        put("XTENSION= %s", kinds[io_test_below(4)]);
    put_mutant("BITPIX", types[io_test_below(6)]);
    snprintf(text, sizeof text, "%zu", axes);
    put_mutant("NAXIS", text);
    for (size_t axis = 1; axis <= axes; axis++) {
        snprintf(name, sizeof name, "NAXIS%zu", axis);
        snprintf(text, sizeof text, "%zu", axis < 3 ? 1 + io_test_below(6) : (size_t)1);
        if (large)
            put_value(name, text);
        else
            put_mutant(name, text);
    }
    for (size_t more = io_test_below(6); more > 0; more--)
        put_random_card();
    if (io_test_below(12))
        put("END");
    end_block(io_test_below(20) ? ' ' : '\0');
}

static void make_random_file(void) {
    file.size = 0;
    for (size_t hdus = 1 + io_test_below(3), i = 0; i < hdus; i++) {
        if (file.size + (MOST_CARDS * CARD) > sizeof file.data - BLOCK)
            break;
        put_random_header(i == 0);
        put_data(io_test_below(4) ? DATA : io_test_below(DATA));
    }
    if (io_test_below(10) == 0)
        file.size = 9 + io_test_below(file.size - 9);
}

static void test_anything(void **state) {
    (void)state;
    size_t read = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        char name[512];
        make_random_file();
        const char *path = save();
        read += io_test_survives_picture(path);
        read += io_test_survives_kernel(path);
        snprintf(name, sizeof name, "%s[%zu]", path, io_test_below(4));
        read += io_test_survives_picture(name);
    }
    print_message("%zu of %d random files were read\n", read, 3 * ROUNDS);
    assert_in_range(read, ROUNDS / 10, 2 * ROUNDS);
}

static int end_of_group(void **state) {
    unlink(io_test_path("made.fits"));
    return io_test_teardown(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters),  cmocka_unit_test(test_many_axes),
        cmocka_unit_test(test_tiles),       cmocka_unit_test(test_order),
        cmocka_unit_test(test_values),      cmocka_unit_test(test_forms),
        cmocka_unit_test(test_saturation),  cmocka_unit_test(test_hdus),
        cmocka_unit_test(test_unsigned_64), cmocka_unit_test(test_endless),
        cmocka_unit_test(test_anything),
    };
    return cmocka_run_group_tests(tests, io_test_setup, end_of_group);
}
