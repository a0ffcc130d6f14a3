/* Statistics as bytes: a round trip keeps every bit, and what is damaged is refused. */
#include "estimate/fixture.h"
#include "statistics/statistics.h"
#include "statistics/window_case.h"

#include "support/random.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER = 8, SEEDS = 12 };

static ckn_statistics *make(size_t seed, ckn_background background) {
    ckn_statistics *statistics = NULL;
    window_case c = window_case_make(seed, 16, 22);
    TRY_OK(ckn_statistics_create(ckn_test_context(), c.views, c.pairs, &c.frame, background,
                                 &statistics, &error));
    window_case_release(&c);
    return statistics;
}

static unsigned char *save(const ckn_statistics *statistics, size_t *size) {
    void *bytes = NULL;
    TRY_OK(ckn_statistics_save(statistics, &bytes, size, &error));
    return bytes;
}

/* A block of its own, so that a sanitizer sees what is read behind it. */
static void expect_refused(const unsigned char *bytes, size_t size, const char *what, size_t at) {
    unsigned char *copy = malloc(size > 0 ? size : 1);
    ckn_statistics *statistics = NULL;
    ckn_error error = {CKN_OK, ""};
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    if (ckn_statistics_load(copy, size, &statistics, &error) != CKN_ERROR_DATA)
        ckn_test_fail("%s, %zu: not refused", what, at);
    assert_null(statistics);
    assert_true(error.message[0] != 0);
    free(copy);
}

static void test_round_trips(void **state) {
    (void)state;
    for (size_t seed = 0; seed < SEEDS; seed++) {
        static const ckn_background kinds[] = {CKN_BACKGROUND_NONE, CKN_BACKGROUND_CONSTANT,
                                               CKN_BACKGROUND_PLANE};
        ckn_statistics *first = make(seed, kinds[seed % 3]), *second = NULL;
        size_t size = 0, again = 0;
        unsigned char *bytes = save(first, &size);
        TRY_OK(ckn_statistics_load(bytes, size, &second, &error));
        unsigned char *copy = save(second, &again);
        assert_int_equal(size, again);
        assert_memory_equal(bytes, copy, size);
        assert_memory_equal(&first->frame, &second->frame, sizeof first->frame);
        assert_int_equal(ckn_statistics_count(first), ckn_statistics_count(second));
        assert_memory_equal(first->b, second->b,
                            first->frame.rows * first->frame.cols * sizeof(double));
        ckn_free(bytes);
        ckn_free(copy);
        ckn_statistics_destroy(first);
        ckn_statistics_destroy(second);
    }
}

static void test_damage(void **state) {
    (void)state;
    ckn_statistics *statistics = make(5, CKN_BACKGROUND_PLANE);
    size_t size = 0;
    unsigned char *bytes = save(statistics, &size);
    uint64_t random = 5;
    for (size_t n = 0; n < size; n++) {
        const unsigned char kept = bytes[n];
        expect_refused(bytes, n, "cut off", n);
        bytes[n] ^= (unsigned char)(1 + ckn_test_random(&random) % 255);
        expect_refused(bytes, size, "a changed byte", n);
        bytes[n] = kept;
    }
    unsigned char *longer = calloc(size + NUMBER, 1);
    assert_non_null(longer);
    memcpy(longer, bytes, size);
    expect_refused(longer, size + 1, "a byte too many", 0);
    expect_refused(longer, size + NUMBER, "a number too many", 0);
    for (size_t n = 0; n < 200; n++) {
        for (size_t i = NUMBER * (n % 2); i < size; i++)
            longer[i] = (unsigned char)ckn_test_random(&random);
        expect_refused(longer, size, "random bytes", n);
    }
    ckn_statistics *none = NULL;
    assert_int_equal(ckn_statistics_load(NULL, 0, &none, NULL), CKN_ERROR_DATA);
    assert_null(none);
    ckn_statistics_destroy(statistics);
    free(longer);
    ckn_free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trips),
                                       cmocka_unit_test(test_damage)};
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
