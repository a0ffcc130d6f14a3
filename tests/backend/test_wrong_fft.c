/* clFFT that fails without saying so: transforms that report success and leave their output as it
 * was. The linker's --wrap sends the library's calls here. A wrong result must not be believed,
 * neither of a plan nor of an engine. */
#include "support/harness.h"
#include "support/random.h"

#include <clFFT.h>
#include <stdlib.h>
#include <string.h>

static size_t countdown; /* to the transform that is left out; 0: none is */
static size_t transforms;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker dictates these names. */
clfftStatus __real_clfftEnqueueTransform(clfftPlanHandle plan, clfftDirection direction,
                                         cl_uint queues, cl_command_queue *queue, cl_uint waits,
                                         const cl_event *wait, cl_event *done, cl_mem *from,
                                         cl_mem *to, cl_mem scratch);
clfftStatus __wrap_clfftEnqueueTransform(clfftPlanHandle plan, clfftDirection direction,
                                         cl_uint queues, cl_command_queue *queue, cl_uint waits,
                                         const cl_event *wait, cl_event *done, cl_mem *from,
                                         cl_mem *to, cl_mem scratch);
clfftStatus __wrap_clfftEnqueueTransform(clfftPlanHandle plan, clfftDirection direction,
                                         cl_uint queues, cl_command_queue *queue, cl_uint waits,
                                         const cl_event *wait, cl_event *done, cl_mem *from,
                                         cl_mem *to, cl_mem scratch) {
    transforms++;
    if (countdown > 0 && --countdown == 0)
        return CLFFT_SUCCESS;
    return __real_clfftEnqueueTransform(plan, direction, queues, queue, waits, wait, done, from, to,
                                        scratch);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static ckn_context *context;

static int open_context(void **state) {
    (void)state;
    ckn_context_options options;
    ckn_context_options_init(&options);
    options.device = getenv("CKN_TEST_DEVICE");
    TRY_OK(ckn_context_create(&options, &context, &error));
    return 0;
}

static int close_context(void **state) {
    (void)state;
    ckn_context_destroy(context);
    return 0;
}

enum { SIDE = 24, K = 5, VALID = SIDE - K + 1 };

typedef ckn_code (*job)(ckn_error *error);

static double x[SIDE * SIDE], y[VALID * VALID];

/* New images for every job: memory that is used again must not hold the right result already. */
static void renew(void) {
    static uint64_t state = 1;
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
        x[i] = ckn_test_uniform(&state, 0, 1);
    for (size_t i = 0; i < sizeof y / sizeof y[0]; i++)
        y[i] = ckn_test_uniform(&state, 0, 1);
}

static ckn_code apply(ckn_error *error) {
    double h[K * K], made[VALID * VALID];
    renew();
    for (size_t i = 0; i < (size_t)K * K; i++)
        h[i] = y[i];
    return ckn_apply(context, ckn_view_f64(x, SIDE, SIDE), ckn_view_f64(h, K, K), CKN_SUPPORT_VALID,
                     CKN_ENGINE_FFT, ckn_output_f64(made, VALID, VALID), error);
}

static ckn_code estimate(ckn_error *error) {
    double h[K * K];
    renew();
    const ckn_pair pair = {.sharp = ckn_view_f64(x, SIDE, SIDE),
                           .blurred = ckn_view_f64(y, VALID, VALID)};
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = options.kernel_cols = K;
    options.solver = CKN_SOLVER_GD;
    options.engine = CKN_ENGINE_FFT;
    options.iterations = 3;
    options.step = 1e-4;
    options.tolerance = 0;
    return ckn_estimate(context, &options, &pair, 1, ckn_output_f64(h, K, K), NULL, error);
}

static size_t count_transforms(job run) {
    ckn_error error = {CKN_OK, ""};
    transforms = countdown = 0;
    ckn_test_succeeds(run(&error), &error, "the job without a fault");
    return transforms;
}

static void expect_refusal(job run, size_t at, const char *part) {
    ckn_error error = {CKN_OK, ""};
    countdown = at;
    const ckn_code code = run(&error);
    countdown = 0;
    if (code != CKN_ERROR_OPENCL || !strstr(error.message, part))
        ckn_test_fail("transform %zu left out: %s, '%s'", at, ckn_code_name(code), error.message);
}

/* A plan's check is two transforms. */
static void test_plan(void **state) {
    (void)state;
    expect_refusal(apply, 1, "forward transform");
    expect_refusal(apply, 2, "inverse transform");
}

static void test_apply(void **state) {
    (void)state;
    const size_t count = count_transforms(apply);
    assert_true(count >= 5);
    for (size_t at = 3; at <= count; at++)
        expect_refusal(apply, at, "wrong convolution");
}

/* The spectrum of the image, and the last transform: the residual that the answer rests on. */
static void test_estimate(void **state) {
    (void)state;
    const size_t count = count_transforms(estimate);
    countdown = 3; /* garbage for x: the iteration may notice first */
    assert_int_not_equal(estimate(NULL), CKN_OK);
    expect_refusal(estimate, count, "wrong convolution");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_estimate),
    };
    return cmocka_run_group_tests_name("wrong FFT", tests, open_context, close_context);
}
