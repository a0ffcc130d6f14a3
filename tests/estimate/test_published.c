/* The published case (Signal Processing Stack Exchange, question 61043): a centred square of ones,
 * a Gaussian of sigma 4, 51 x 51 taps. Its figures for gradient descent are known. */
#include "estimate/fixture.h"

#include "support/naive.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE = 200, TAPS = 51, SQUARE = 30 };

static known_pair published;

static int make_pair(void **state) {
    (void)state;
    const ckn_shape x_shape = {SIDE, SIDE};
    const ckn_shape h_shape = {TAPS, TAPS};
    published = (known_pair){.x_shape = x_shape, .h_shape = h_shape};
    published.y_shape = ckn_shape_valid(x_shape, h_shape);
    published.x = ckn_test_array(ckn_shape_count(x_shape));
    published.h = ckn_test_array(ckn_shape_count(h_shape));
    published.y = ckn_test_array(ckn_shape_count(published.y_shape));
    for (size_t row = (SIDE - SQUARE) / 2; row < (SIDE + SQUARE) / 2; row++) {
        for (size_t col = (SIDE - SQUARE) / 2; col < (SIDE + SQUARE) / 2; col++)
            published.x[row * SIDE + col] = 1;
    }
    fill_gaussian(published.h, h_shape, 4);
    ckn_naive_valid(published.x, x_shape, published.h, h_shape, published.y);
    return 0;
}

static int release_pair(void **state) {
    known_pair_release(&published);
    return ckn_test_close_context(state);
}

/* Relative kernel error in percent. */
static double solve(const ckn_estimate_options *options, ckn_estimate_result *result) {
    static double kernel[TAPS * TAPS];
    ckn_pair pair = known_pair_views(&published);
    TRY_OK(ckn_estimate(ckn_test_context(), options, &pair, 1, ckn_output_f64(kernel, TAPS, TAPS),
                        result, &error));
    double percent = 100 * ckn_test_difference(kernel, published.h, (size_t)TAPS * TAPS);
    print_message("%s, %zu iterations, restart %d: residual norm %.4e, kernel error %.3f %%\n",
                  ckn_solver_name(options->solver), result->iterations, options->restart,
                  result->residual_norm, percent);
    return percent;
}

static void test_gradient_descent(void **state) {
    (void)state;
    ckn_estimate_options options = known_pair_options(&published);
    options.engine = CKN_ENGINE_FFT;
    options.solver = CKN_SOLVER_GD;
    options.step = 2e-6;
    options.iterations = 2999;
    options.tolerance = 0;
    ckn_estimate_result result;
    double percent = solve(&options, &result);
    assert_int_equal(result.iterations, 2999);
    assert_true(fabs(result.residual_norm / 3.893e-2 - 1) <= 0.01);
    assert_true(fabs(percent - 4.55) <= (ckn_test_on_cpu() ? 0.05 : 0.1));
}

static void expect_fista(bool restart, size_t iterations, double most_percent) {
    ckn_estimate_options options = known_pair_options(&published);
    options.engine = CKN_ENGINE_FFT;
    options.restart = restart;
    options.iterations = iterations;
    options.tolerance = 0;
    ckn_estimate_result result;
    double percent = solve(&options, &result);
    if (percent > most_percent)
        ckn_test_fail("kernel error %.3f %% after %zu iterations, at most %.3f %% expected",
                      percent, iterations, most_percent);
    if (!restart)
        assert_int_equal(result.restarts, 0);
}

static void test_fista_without_restart(void **state) {
    (void)state;
    expect_fista(false, 300, 1.9);
    expect_fista(false, 1000, 0.30);
    expect_fista(false, 3000, ckn_test_on_cpu() ? 0.05 : 0.15);
}

static void test_fista_with_restart(void **state) {
    (void)state;
    expect_fista(true, 300, 2.5);
    expect_fista(true, 1000, 0.32);
    expect_fista(true, 3000, ckn_test_on_cpu() ? 0.05 : 0.15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient_descent),
        cmocka_unit_test(test_fista_without_restart),
        cmocka_unit_test(test_fista_with_restart),
    };
    return cmocka_run_group_tests_name("published case", tests, make_pair, release_pair);
}
