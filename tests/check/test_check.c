/* The library's own checks: they pass on a healthy device, report each line, and can fail. */
#include "estimate/fixture.h"

#include "check/check.h"

#include <math.h>
#include <stdlib.h>

typedef struct lines {
    size_t count, passed;
} lines;

static void collect(void *user, const ckn_check *check) {
    lines *seen = user;
    seen->count++;
    seen->passed += check->passed != 0;
    if (!check->passed)
        print_message("%s (%s): %.2e > %.2e\n", check->name, check->detail, check->difference,
                      check->tolerance);
    assert_true(check->tolerance > 0);
    assert_non_null(check->name);
    assert_non_null(check->detail);
}

static void test_selftest_passes(void **state) {
    (void)state;
    lines seen = {0};
    size_t failures = 99;
    TRY_OK(ckn_selftest(ckn_test_context(), collect, &seen, &failures, &error));
    assert_int_equal(failures, 0);
    assert_int_equal(seen.count, 9);
    assert_int_equal(seen.passed, 9);
    TRY_OK(ckn_selftest(ckn_test_context(), NULL, NULL, NULL, &error));
}

static ckn_context *reference_context(void) {
    ckn_context_options options;
    ckn_context_options_init(&options);
    options.device = "cpu";
    ckn_context *context = NULL;
    TRY_OK(ckn_context_create(&options, &context, &error));
    return context;
}

static void test_compare_passes(void **state) {
    (void)state;
    ckn_context *reference = reference_context();
    known_pair pair = known_pair_noise(3, (ckn_shape){60, 50}, (ckn_shape){6, 7}, true);
    ckn_estimate_options options = known_pair_options(&pair);
    ckn_pair views = known_pair_views(&pair);
    lines seen = {0};
    size_t failures = 99;
    TRY_OK(ckn_compare(reference, ckn_test_context(), &options, &views, 1, collect, &seen,
                       &failures, &error));
    assert_int_equal(failures, 0);
    assert_int_equal(seen.count, 13);
    views.blurred.rows--;
    assert_int_equal(
        ckn_compare(reference, ckn_test_context(), &options, &views, 1, NULL, NULL, NULL, NULL),
        CKN_ERROR_ARGUMENT);
    options.kernel_rows = 100;
    assert_int_equal(
        ckn_compare(reference, ckn_test_context(), &options, &views, 1, NULL, NULL, NULL, NULL),
        CKN_ERROR_ARGUMENT);
    assert_int_equal(
        ckn_compare(reference, ckn_test_context(), &options, &views, 0, NULL, NULL, NULL, NULL),
        CKN_ERROR_ARGUMENT);
    pair.x[5] = NAN;
    options = known_pair_options(&pair);
    views = known_pair_views(&pair);
    assert_int_equal(
        ckn_compare(reference, ckn_test_context(), &options, &views, 1, NULL, NULL, NULL, NULL),
        CKN_ERROR_DATA);
    known_pair_release(&pair);
    ckn_context_destroy(reference);
}

/* A line fails on a large difference, and on NaN. */
static void test_lines_can_fail(void **state) {
    (void)state;
    ckn_checker checker = {NULL, NULL, 0};
    ckn_checker_line(&checker, "a", "b", 1e-3, 1e-5, 0, 0);
    ckn_checker_line(&checker, "a", "b", NAN, 1e-5, 0, 0);
    ckn_checker_line(&checker, "a", "b", 1e-6, 1e-5, 0, 0);
    assert_int_equal(checker.failures, 2);
    const double zero[2] = {0, 0};
    const double three[2] = {3, 4};
    assert_true(ckn_relative_difference(three, zero, 2) == 5);
    assert_true(ckn_relative_difference(zero, three, 2) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selftest_passes),
        cmocka_unit_test(test_compare_passes),
        cmocka_unit_test(test_lines_can_fail),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, ckn_test_close_context);
}
