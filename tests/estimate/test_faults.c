/* Memory that runs out while constraint, prior and weight are chosen: the Nth
 * allocation fails, for N = 1, 2, ... until the job succeeds. Each failure must
 * come back as a status with a message, and everything allocated must have been freed. */
#include "estimate/chosen.h"

#include "support/failing_memory.h"
#include "support/random.h"

#include <stdlib.h>
#include <string.h>

static known_pair pair;
static ckn_estimate_options options;

static ckn_code job(ckn_error *error) {
    double kernel[9], errors[9];
    const ckn_pair views = known_pair_views(&pair);
    ckn_estimate_plan *plan = NULL;
    ckn_uncertainty u;
    CKN_TRY(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, error));
    ckn_code code =
        ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 3, 3), NULL, NULL, error);
    const ckn_output taps =
        options.prior == CKN_PRIOR_TV ? (ckn_output){0} : ckn_output_f64(errors, 3, 3);
    if (code == CKN_OK)
        code = ckn_estimate_plan_uncertainty(plan, taps, &u, error);
    ckn_estimate_plan_destroy(plan);
    return code;
}

/* Returns how many allocations there are. Those of a correlation by FFT may fail: direct sums take
 * its place. */
static size_t run_out(void) {
    enum { OF_A_CORRELATION = 2 };
    size_t borne = 0;
    for (size_t nth = 1;; nth++) {
        ckn_error error = {CKN_OK, ""};
        ckn_test_memory.living = 0;
        ckn_test_memory.countdown = nth;
        ckn_test_memory.armed = true;
        const ckn_code code = job(&error);
        ckn_test_memory.armed = false;
        if (ckn_test_memory.living != 0)
            ckn_test_fail("%td blocks are left after call %zu failed", ckn_test_memory.living, nth);
        if (ckn_test_memory.countdown > 0) {
            ckn_test_succeeds(code, &error, "the job without a failure");
            print_message("%zu allocations, %zu borne\n", nth - 1, borne);
            return nth - 1;
        }
        borne += code == CKN_OK;
        assert_true(borne <= OF_A_CORRELATION);
        if (code != CKN_OK && (code != CKN_ERROR_MEMORY || !strstr(error.message, "memory")))
            ckn_test_fail("call %zu: '%s', message '%s'", nth, ckn_code_name(code), error.message);
    }
}

static void test_choices(void **state) {
    (void)state;
    pair = known_pair_noise(90, (ckn_shape){14, 15}, (ckn_shape){3, 3}, false);
    chosen_disturb(&pair, 90, 0.05);
    options = chosen_options(&pair);
    (void)ckn_test_context();
    assert_true(run_out() > 100);
    options.constraint = CKN_CONSTRAINT_NONE;
    for (int prior = CKN_PRIOR_SMOOTH2; prior <= CKN_PRIOR_TV; prior++) {
        options.prior = (ckn_prior)prior;
        assert_true(run_out() > 40);
    }
    options.constraint = CKN_CONSTRAINT_SIMPLEX;
    options.prior = CKN_PRIOR_L1;
    assert_true(run_out() > 40);
    known_pair_release(&pair);
}

/* Eigenvalues tell the rank; then a prior makes up for what is missing. */
static void test_singular(void **state) {
    (void)state;
    pair = known_pair_noise(91, (ckn_shape){14, 15}, (ckn_shape){3, 3}, false);
    for (size_t i = 0; i < (size_t)14 * 15; i++)
        pair.x[i] = pair.x[i % 15];
    chosen_disturb(&pair, 91, 0.05);
    options = chosen_options(&pair);
    options.prior = CKN_PRIOR_RIDGE;
    assert_true(run_out() > 40);
    known_pair_release(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_singular),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, ckn_test_close_context);
}
