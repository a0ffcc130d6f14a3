/* Every refusal of the estimate's public calls. */
#include "estimate/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 20, COLS = 24, K = 5, L = 4 };

static double x[ROWS * COLS], y[ROWS * COLS], kernel[K * L];

/* A fresh valid call, which each test spoils in one way. */
typedef struct call {
    ckn_estimate_options options;
    ckn_pair pair;
    ckn_output output;
    size_t pair_count;
} call;

static call good_call(void) {
    call c;
    ckn_estimate_options_init(&c.options);
    c.options.kernel_rows = K;
    c.options.kernel_cols = L;
    c.options.iterations = 2;
    for (size_t i = 0; i < (size_t)ROWS * COLS; i++) {
        x[i] = sin(0.7 * (double)i);
        y[i] = 0.5;
    }
    c.pair = (ckn_pair){.sharp = ckn_view_f64(x, ROWS, COLS),
                        .blurred = ckn_view_f64(y, ROWS - K + 1, COLS - L + 1)};
    c.output = ckn_output_f64(kernel, K, L);
    c.pair_count = 1;
    return c;
}

static void expect(const call *c, ckn_code code, const char *part) {
    ckn_error error = {CKN_OK, ""};
    ckn_code got = ckn_estimate(ckn_test_context(), &c->options, &c->pair, c->pair_count, c->output,
                                NULL, &error);
    if (got != code || (part && !strstr(error.message, part)))
        ckn_test_fail("expected %s with \"%s\", got %s: %s", ckn_code_name(code), part,
                      ckn_code_name(got), error.message);
    assert_null(strchr(error.message, '\n'));
    /* The error is optional. */
    assert_int_equal(ckn_estimate(ckn_test_context(), &c->options, &c->pair, c->pair_count,
                                  c->output, NULL, NULL),
                     code);
}

static void test_good_call(void **state) {
    (void)state;
    call c = good_call();
    expect(&c, CKN_OK, NULL);
}

static void test_sizes(void **state) {
    (void)state;
    call c = good_call();
    c.options.kernel_rows = 0;
    expect(&c, CKN_ERROR_ARGUMENT, "at least 1 x 1");
    c = good_call();
    c.options.kernel_rows = ROWS + 1;
    expect(&c, CKN_ERROR_ARGUMENT, "larger than the sharp image");
    c = good_call();
    c.pair.blurred.rows--;
    /* Both sizes that would have been right are named. */
    expect(&c, CKN_ERROR_ARGUMENT, "21 x 16 (valid) or 24 x 20 (same)");
    c = good_call();
    c.output.rows = K - 1;
    expect(&c, CKN_ERROR_ARGUMENT, "the plan's kernel 4 x 5");
    c = good_call();
    c.pair_count = 0;
    expect(&c, CKN_ERROR_ARGUMENT, "at least one pair");
    c = good_call();
    c.pair.sharp.rows = SIZE_MAX / 2;
    expect(&c, CKN_ERROR_ARGUMENT, "too large");
}

static void test_missing_data(void **state) {
    (void)state;
    call c = good_call();
    c.pair.sharp.data = NULL;
    expect(&c, CKN_ERROR_ARGUMENT, "sharp image has no data");
    c = good_call();
    c.pair.blurred.data = NULL;
    expect(&c, CKN_ERROR_ARGUMENT, "blurred image has no data");
    c = good_call();
    c.output.data = NULL;
    expect(&c, CKN_ERROR_ARGUMENT, "kernel has no data");
    c = good_call();
    c.pair.sharp.type = (ckn_type)7;
    expect(&c, CKN_ERROR_ARGUMENT, "unknown sample type");
}

static void test_data_without_answer(void **state) {
    (void)state;
    call c = good_call();
    x[3 * COLS + 7] = NAN;
    expect(&c, CKN_ERROR_DATA, "row 3, column 7");
    c = good_call();
    y[2 * (COLS - L + 1) + 5] = INFINITY;
    expect(&c, CKN_ERROR_DATA, "row 2, column 5");
    c = good_call();
    for (size_t i = 0; i < (size_t)ROWS * COLS; i++)
        x[i] = 0.25;
    expect(&c, CKN_ERROR_DATA, "constant");
    /* One tap on a constant that is not zero has an answer. */
    c.options.kernel_rows = c.options.kernel_cols = 1;
    c.pair.blurred = ckn_view_f64(y, ROWS, COLS);
    c.output = ckn_output_f64(kernel, 1, 1);
    expect(&c, CKN_OK, NULL);
    for (size_t i = 0; i < (size_t)ROWS * COLS; i++)
        x[i] = 0;
    expect(&c, CKN_ERROR_DATA, "constant");
}

static void test_options(void **state) {
    (void)state;
    call c = good_call();
    c.options.solver = (ckn_solver)9;
    expect(&c, CKN_ERROR_ARGUMENT, "unknown solver");
    c = good_call();
    c.options.engine = (ckn_engine)9;
    expect(&c, CKN_ERROR_ARGUMENT, "unknown engine");
    c = good_call();
    c.options.constraint = (ckn_constraint)9;
    expect(&c, CKN_ERROR_ARGUMENT, "unknown constraint");
    c = good_call();
    c.options.tolerance = -1;
    expect(&c, CKN_ERROR_ARGUMENT, "tolerance");
    c = good_call();
    c.options.step = NAN;
    expect(&c, CKN_ERROR_ARGUMENT, "step");
    c = good_call();
    c.options.solver = CKN_SOLVER_DIVISION;
    c.options.epsilon = -1;
    expect(&c, CKN_ERROR_ARGUMENT, "epsilon");
    c = good_call();
    c.options.solver = CKN_SOLVER_DIVISION;
    c.options.constraint = CKN_CONSTRAINT_NONNEG;
    expect(&c, CKN_ERROR_ARGUMENT, "nonneg");
}

static void test_plan_refuses_other_sizes(void **state) {
    (void)state;
    call c = good_call();
    ckn_estimate_plan *plan = NULL;
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &c.options, &c.pair, 1, &plan, &error));
    ckn_error error;
    assert_int_equal(ckn_estimate_plan_run(plan, &c.pair, 2, c.output, NULL, NULL, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "1 pairs"));
    c.pair.sharp.rows--;
    assert_int_equal(ckn_estimate_plan_run(plan, &c.pair, 1, c.output, NULL, NULL, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "new plan"));
    c = good_call();
    ckn_output wrong = ckn_output_f64(y, 3, 3);
    assert_int_equal(ckn_estimate_plan_run(plan, &c.pair, 1, c.output, &wrong, NULL, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "valid support"));
    ckn_estimate_plan_destroy(plan);
    ckn_estimate_plan_destroy(NULL);
}

static void test_names(void **state) {
    (void)state;
    assert_string_equal(ckn_solver_name(CKN_SOLVER_FISTA), "fista");
    assert_string_equal(ckn_solver_name(CKN_SOLVER_GD), "gd");
    assert_string_equal(ckn_solver_name(CKN_SOLVER_DIVISION), "division");
    assert_string_equal(ckn_solver_name((ckn_solver)9), "unknown");
    assert_string_equal(ckn_engine_name(CKN_ENGINE_AUTO), "auto");
    assert_string_equal(ckn_engine_name(CKN_ENGINE_DIRECT), "direct");
    assert_string_equal(ckn_engine_name(CKN_ENGINE_FFT), "fft");
    assert_string_equal(ckn_engine_name((ckn_engine)9), "unknown");
    assert_string_equal(ckn_constraint_name(CKN_CONSTRAINT_SIMPLEX), "simplex");
    assert_string_equal(ckn_constraint_name((ckn_constraint)9), "unknown");
    assert_string_equal(ckn_stop_reason_name(CKN_STOP_EXACT_FIT), "exact-fit");
    assert_string_equal(ckn_stop_reason_name((ckn_stop_reason)9), "unknown");
    assert_string_equal(ckn_code_name(CKN_ERROR_DEVICE), "device");
    assert_string_equal(ckn_code_name((ckn_code)99), "unknown");
    assert_string_equal(ckn_version(), CKN_VERSION);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_call),    cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_missing_data), cmocka_unit_test(test_data_without_answer),
        cmocka_unit_test(test_options),      cmocka_unit_test(test_plan_refuses_other_sizes),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests_name("estimate errors", tests, NULL, ckn_test_close_context);
}
