/* ckn_identify() while memory runs out, the Nth allocation failing for N = 1, 2, ... until the job
 * succeeds, and while its progress function asks for an end, at each of its calls. Each failure
 * must be a status with a message, and everything allocated must have been freed. */
#include "identify/scene.h"

#include "support/failing_memory.h"
#include "support/random.h"

#include <string.h>

static scene made;
static ckn_identify_options options;

static ckn_code job(ckn_error *error) {
    ckn_answer *answer = NULL;
    ckn_code code = ckn_identify(ckn_test_context(), &options, &made.pair, 1, &answer, error);
    if ((code == CKN_OK) != (answer != NULL))
        ckn_test_fail("an answer and '%s'", ckn_code_name(code));
    ckn_answer_destroy(answer);
    return code;
}

static ckn_code watched_job(size_t failing, ckn_error *error) {
    ckn_test_memory.living = 0;
    ckn_test_memory.countdown = failing;
    ckn_test_memory.armed = true;
    const ckn_code code = job(error);
    ckn_test_memory.armed = false;
    if (ckn_test_memory.living != 0)
        ckn_test_fail("%td blocks are left after '%s', call %zu: %s", ckn_test_memory.living,
                      ckn_code_name(code), failing, error->message);
    return code;
}

static void make_job(size_t side) {
    static const ckn_shape shape = {3, 3};
    uint64_t random = 7;
    made = scene_make(7, (ckn_shape){side, side}, true, shape,
                      scene_kernel(KERNEL_RANDOM, shape, &random), 1, 0, 0.01);
    ckn_identify_options_init(&options);
    options.support.first_rows = options.support.first_cols = 5;
    options.support.largest = 7;
    options.tap_errors = options.models = 1;
    options.families = 0; /* most of the time, and tests/estimate has them */
    (void)ckn_test_context();
}

/* Every `step`-th allocation from the first on. Returns how many there are. */
static size_t run_out(size_t step) {
    size_t borne = 0;
    for (size_t nth = 1;; nth += step) {
        ckn_error error = {CKN_OK, ""};
        const ckn_code code = watched_job(nth, &error);
        if (ckn_test_memory.countdown > 0) {
            ckn_test_succeeds(code, &error, "the job without a failure");
            print_message("%zu allocations, %zu borne\n", nth - 1, borne);
            return nth - 1;
        }
        borne += code == CKN_OK;
        if (code != CKN_OK && (code != CKN_ERROR_MEMORY || !strstr(error.message, "memory")))
            ckn_test_fail("call %zu: '%s', message '%s'", nth, ckn_code_name(code), error.message);
    }
}

static void test_memory(void **state) {
    (void)state;
    make_job(20);
    assert_true(run_out(3) > 100);
    options.estimate.kernel_rows = options.estimate.kernel_cols = 3;
    options.estimate.robust = 1;
    assert_true(run_out(5) > 100);
    scene_release(&made);
}

typedef struct canceller {
    size_t calls, at;
} canceller;

static int count_calls(void *user, const ckn_progress *progress) {
    canceller *own = user;
    (void)progress;
    return ++own->calls == own->at;
}

static void test_cancelled(void **state) {
    (void)state;
    canceller own = {0, 0};
    make_job(20);
    options.estimate.progress = count_calls;
    options.estimate.progress_user = &own;
    ckn_error error = {CKN_OK, ""};
    ckn_test_succeeds(watched_job(0, &error), &error, "the job");
    const size_t calls = own.calls;
    print_message("%zu calls of the progress function\n", calls);
    assert_true(calls > 10);
    for (size_t at = 1; at <= calls; at++) {
        own = (canceller){0, at};
        const ckn_code code = watched_job(0, &error);
        if (code != CKN_ERROR_CANCELLED)
            ckn_test_fail("cancelled at call %zu of %zu: '%s'", at, calls, ckn_code_name(code));
        assert_int_equal(own.calls, at); /* it is not asked again */
    }
    scene_release(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory),
                                       cmocka_unit_test(test_cancelled)};
    return cmocka_run_group_tests_name("identify faults", tests, NULL, ckn_test_close_context);
}
