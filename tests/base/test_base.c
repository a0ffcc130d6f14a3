/* The ground floor: messages, allocation, views, log. */
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/view.h"
#include "support/harness.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void test_messages_are_one_line(void **state) {
    (void)state;
    ckn_error error;
    assert_int_equal(ckn_fail(&error, CKN_ERROR_FILE, "one\ntwo\tthree%s", "\r\n"), CKN_ERROR_FILE);
    assert_string_equal(error.message, "one two three");
    assert_int_equal(ckn_fail_prefix(&error, "%s.png", "a"), CKN_ERROR_FILE);
    assert_string_equal(error.message, "a.png: one two three");
    assert_int_equal(ckn_fail(NULL, CKN_ERROR_DATA, "nobody listens"), CKN_ERROR_DATA);
    assert_int_equal(ckn_fail_prefix(NULL, "nobody"), CKN_ERROR_INTERNAL);
}

static void test_long_messages_are_cut(void **state) {
    (void)state;
    char text[3000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ckn_error error;
    ckn_fail(&error, CKN_ERROR_FILE, "%s", text);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    ckn_fail_prefix(&error, "%s", text);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
}

/* What is shown of a text holds nothing but whole characters that do not steer a terminal. */
static void expect_harmless(const char *text) {
    while (*text) {
        size_t length = ckn_text_character(text);
        if (length == 0)
            fail_msg("byte %02x at: %s", (unsigned)(unsigned char)*text, text);
        text += length;
    }
}

static void test_known_texts(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"\x1b[31mred\x07", "\\x1b[31mred\\x07"},
        {"del\x7f", "del\\x7f"},
        {"csi \x9b|", "csi \\x9b|"},          /* C1 as a byte of its own */
        {"csi \xC2\x9b|", "csi \\xc2\\x9b|"}, /* and in UTF-8 */
        {"M\xC3\xBCnchen \xE2\x82\xAC", "M\xC3\xBCnchen \xE2\x82\xAC"},
        {"\xF0\x9F\x94\xAD", "\xF0\x9F\x94\xAD"},
        {"\xC0\xAF", "\\xc0\\xaf"},          /* overlong */
        {"\xED\xA0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
        {"a\tb\nc", "a b c"},
        {"cut\xE2\x82", "cut\\xe2\\x82"},
    };
    char out[64];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ckn_text_printable(out, sizeof out, cases[i][0]);
        assert_string_equal(out, cases[i][1]);
        ckn_error error;
        ckn_fail(&error, CKN_ERROR_FILE, "%s.", cases[i][0]);
        expect_harmless(error.message);
        assert_int_equal(strncmp(error.message, cases[i][1], strlen(cases[i][1])), 0);
    }
}

/* Bytes of which half are such as begin, continue or imitate something. */
static void fill_text(char *text, size_t length, uint64_t *random) {
    static const char pieces[] = "\x1b\x9b\x7f\xC2\x80\xC3\xA9\xE2\x82\xAC\xF0\x9F\xED\xC0\n\\";
    for (size_t i = 0; i < length; i++) {
        uint64_t number = ckn_test_random(random);
        text[i] =
            number % 2 ? pieces[number / 2 % (sizeof pieces - 1)] : (char)(1 + number / 2 % 255);
    }
    text[length] = '\0';
}

static void keep_harmless(void *user, ckn_log_level level, const char *message) {
    (void)level;
    expect_harmless(message);
    *(size_t *)user += 1;
}

static void test_random_texts(void **state) {
    (void)state;
    char text[3001], out[200];
    size_t lines = 0;
    const ckn_log log = {keep_harmless, &lines};
    uint64_t random = 1;
    for (size_t i = 0; i < 3000; i++) {
        fill_text(text, ckn_test_random(&random) % sizeof text, &random);
        size_t size = 1 + ckn_test_random(&random) % sizeof out;
        memset(out, 'x', sizeof out);
        ckn_text_printable(out, size, text);
        assert_true(strlen(out) < size);
        expect_harmless(out);
        ckn_error error;
        ckn_fail(&error, CKN_ERROR_FILE, "%s", text);
        expect_harmless(error.message);
        ckn_fail_prefix(&error, "%s", text);
        expect_harmless(error.message);
        ckn_log_line(&log, CKN_LOG_INFO, "%s", text);
    }
    assert_int_equal(lines, 3000);
}

static void expect_lacks_escape(const char *text) {
    expect_harmless(text);
    assert_null(strchr(text, '\\'));
    assert_in_range(strlen(text), sizeof((ckn_error *)0)->message - 4,
                    sizeof((ckn_error *)0)->message - 1);
}

static void test_a_cut_leaves_whole_characters(void **state) {
    (void)state;
    static const char *const signs[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x94\xAD"};
    char text[3000];
    for (size_t i = 0; i < 12; i++) {
        const char *sign = signs[i / 4];
        size_t used = i % 4, length = strlen(sign);
        memset(text, 'x', used);
        for (; used + length < sizeof text; used += length)
            memcpy(text + used, sign, length);
        text[used] = '\0';
        ckn_error error;
        ckn_fail(&error, CKN_ERROR_FILE, "%s", text);
        expect_lacks_escape(error.message);
        ckn_fail_prefix(&error, "%s", text);
        expect_lacks_escape(error.message);
    }
}

static void test_allocation(void **state) {
    (void)state;
    ckn_error error;
    double *numbers = NULL;
    assert_int_equal(ckn_allocate(&numbers, 10, sizeof *numbers, "numbers", &error), CKN_OK);
    assert_true(numbers[9] == 0);
    free(numbers);
    assert_int_equal(ckn_allocate(&numbers, SIZE_MAX / 2, sizeof *numbers, "numbers", &error),
                     CKN_ERROR_MEMORY);
    assert_null(numbers);
    assert_non_null(strstr(error.message, "numbers"));
    assert_int_equal(ckn_allocate(&numbers, 0, sizeof *numbers, "numbers", &error), CKN_OK);
    assert_non_null(numbers);
    ckn_free(numbers);
    size_t product = 0;
    assert_false(ckn_multiply(SIZE_MAX, 2, &product));
    assert_true(ckn_multiply(SIZE_MAX, 0, &product));
    assert_true(ckn_multiply(6, 7, &product) && product == 42);
    char *text = ckn_format("%d-%s", 7, "seven");
    assert_string_equal(text, "7-seven");
    free(text);
}

static void test_views(void **state) {
    (void)state;
    float f[12];
    double d[12];
    for (size_t i = 0; i < 12; i++) {
        f[i] = (float)i;
        d[i] = (double)i;
    }
    const ckn_view transposed = {f, CKN_FLOAT32, 4, 3, 1, 4};
    assert_true(ckn_view_at(&transposed, 1, 2) == 9);
    const ckn_view dense = ckn_view_f64(d, 3, 4);
    ckn_view part = ckn_view_part(&dense, 1, 2, (ckn_shape){2, 2});
    assert_true(ckn_view_at(&part, 0, 0) == 6 && ckn_view_at(&part, 1, 1) == 11);
    part = ckn_view_part(&transposed, 2, 1, (ckn_shape){1, 1});
    assert_true(ckn_view_at(&part, 0, 0) == 6);
    const ckn_output output = ckn_output_f32(f, 3, 4);
    ckn_output_set(&output, 2, 3, -1);
    const ckn_view back = ckn_output_as_view(&output);
    assert_true(ckn_view_at(&back, 2, 3) == -1);
    ckn_shape valid = ckn_shape_valid((ckn_shape){5, 4}, (ckn_shape){5, 1});
    assert_true(valid.rows == 1 && valid.cols == 4);
    assert_int_equal(ckn_shape_valid((ckn_shape){5, 4}, (ckn_shape){6, 1}).rows, 0);
}

static void test_view_refusals(void **state) {
    (void)state;
    double d[4] = {0, 1, INFINITY, NAN};
    ckn_error error;
    ckn_view view = ckn_view_f64(d, 2, 2);
    assert_int_equal(ckn_view_check(&view, "it", &error), CKN_OK);
    assert_int_equal(ckn_view_check_finite(&view, "it", &error), CKN_ERROR_DATA);
    assert_non_null(strstr(error.message, "an infinity, first at row 1, column 0"));
    assert_int_equal(ckn_view_check(NULL, "it", &error), CKN_ERROR_ARGUMENT);
    assert_int_equal(ckn_output_check(NULL, "it", &error), CKN_ERROR_ARGUMENT);
    view.rows = 0;
    assert_int_equal(ckn_view_check(&view, "it", &error), CKN_ERROR_ARGUMENT);
    view.rows = view.cols = SIZE_MAX / 2;
    assert_int_equal(ckn_view_check(&view, "it", &error), CKN_ERROR_ARGUMENT);
}

static char logged[64];

static void keep(void *user, ckn_log_level level, const char *message) {
    assert_ptr_equal(user, logged);
    assert_int_equal(level, CKN_LOG_INFO);
    strncpy(logged, message, sizeof logged - 1);
}

static void test_log_and_clock(void **state) {
    (void)state;
    const ckn_log log = {keep, logged};
    ckn_log_line(&log, CKN_LOG_INFO, "%d lines", 3);
    assert_string_equal(logged, "3 lines");
    const ckn_log none = {NULL, NULL};
    ckn_log_line(&none, CKN_LOG_INFO, "dropped");
    ckn_log_line(NULL, CKN_LOG_INFO, "dropped");
    double before = ckn_seconds();
    assert_true(ckn_seconds() >= before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_are_one_line),
        cmocka_unit_test(test_long_messages_are_cut),
        cmocka_unit_test(test_known_texts),
        cmocka_unit_test(test_random_texts),
        cmocka_unit_test(test_a_cut_leaves_whole_characters),
        cmocka_unit_test(test_allocation),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_view_refusals),
        cmocka_unit_test(test_log_and_clock),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
