/* Frequency division: exact where the images are periodic, wrong where they are not. */
#include "estimate/fixture.h"

#include "support/naive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* y[p] = sum_i h[i] x[p + (k-1)/2 - i mod M]: what a periodic world would show in 'same' size. */
static void convolve_periodic(const known_pair *pair, double *y) {
    size_t m = pair->x_shape.rows;
    size_t n = pair->x_shape.cols;
    for (size_t p = 0; p < m; p++) {
        for (size_t q = 0; q < n; q++) {
            double sum = 0;
            for (size_t i = 0; i < pair->h_shape.rows; i++) {
                for (size_t j = 0; j < pair->h_shape.cols; j++) {
                    size_t row = (p + (pair->h_shape.rows - 1) / 2 + m - i) % m;
                    size_t col = (q + (pair->h_shape.cols - 1) / 2 + n - j) % n;
                    sum += pair->h[i * pair->h_shape.cols + j] * pair->x[row * n + col];
                }
            }
            y[p * n + q] = sum;
        }
    }
}

static known_pair periodic_pair(ckn_shape x_shape, ckn_shape h_shape) {
    known_pair pair = known_pair_noise(7, x_shape, h_shape, true);
    free(pair.y);
    pair.y = ckn_test_array(ckn_shape_count(x_shape));
    pair.y_shape = x_shape;
    convolve_periodic(&pair, pair.y);
    return pair;
}

static double kernel_error(const known_pair *pair, ckn_solver solver, double epsilon) {
    double *kernel = ckn_test_array(ckn_shape_count(pair->h_shape));
    ckn_estimate_options options = known_pair_options(pair);
    options.solver = solver;
    options.epsilon = epsilon;
    ckn_pair views = known_pair_views(pair);
    ckn_estimate_result result;
    TRY_OK(ckn_estimate(ckn_test_context(), &options, &views, 1,
                        ckn_output_f64(kernel, pair->h_shape.rows, pair->h_shape.cols), &result,
                        &error));
    if (solver == CKN_SOLVER_DIVISION) {
        assert_int_equal(result.stop_reason, CKN_STOP_CLOSED_FORM);
        assert_true(result.converged);
    }
    double difference = ckn_test_difference(kernel, pair->h, ckn_shape_count(pair->h_shape));
    free(kernel);
    return difference;
}

static void test_exact_for_periodic_pairs(void **state) {
    (void)state;
    /* Powers of two, which clFFT plans quickest, and lengths that it cannot do. */
    const ckn_shape cases[][2] = {
        {{64, 64}, {5, 5}}, {{32, 64}, {4, 6}}, {{37, 62}, {7, 2}},
        {{1, 64}, {1, 5}},  {{34, 51}, {8, 9}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        known_pair pair = periodic_pair(cases[i][0], cases[i][1]);
        double difference = kernel_error(&pair, CKN_SOLVER_DIVISION, 0);
        print_message("periodic %zu x %zu: kernel error %.2e\n", pair.x_shape.rows,
                      pair.x_shape.cols, difference);
        assert_true(difference <= (ckn_test_on_cpu() ? 1e-10 : 1e-4));
        known_pair_release(&pair);
    }
}

/* The same world with borders: what enters over them is missing from x. */
static void test_fails_at_real_borders(void **state) {
    (void)state;
    known_pair pair = known_pair_scene((ckn_shape){96, 96}, (ckn_shape){11, 11}, 2);
    double division = kernel_error(&pair, CKN_SOLVER_DIVISION, 1e-3);
    double spatial = kernel_error(&pair, CKN_SOLVER_FISTA, 0);
    print_message("real borders: division %.2f, spatial fit %.2e\n", division, spatial);
    assert_true(division > 0.2);
    assert_true(spatial < 0.02);
    known_pair_release(&pair);
}

/* Epsilon damps: the answer shrinks towards zero as it grows. */
static void test_epsilon_damps(void **state) {
    (void)state;
    known_pair pair = periodic_pair((ckn_shape){64, 64}, (ckn_shape){5, 5});
    assert_true(kernel_error(&pair, CKN_SOLVER_DIVISION, 1e-12) < 1e-4);
    assert_true(kernel_error(&pair, CKN_SOLVER_DIVISION, 1e6) > 0.99);
    known_pair_release(&pair);
}

/* Two pairs are one least-squares problem a frequency; pairs of two sizes are refused. */
static void test_several_pairs(void **state) {
    (void)state;
    known_pair first = periodic_pair((ckn_shape){64, 64}, (ckn_shape){5, 4});
    known_pair second = periodic_pair((ckn_shape){64, 64}, (ckn_shape){5, 4});
    for (size_t i = 0; i < ckn_shape_count(second.x_shape); i++)
        second.x[i] = second.x[i] * second.x[i];
    convolve_periodic(&second, second.y);
    ckn_pair views[] = {known_pair_views(&first), known_pair_views(&second)};
    ckn_estimate_options options = known_pair_options(&first);
    options.solver = CKN_SOLVER_DIVISION;
    options.epsilon = 0;
    double kernel[20];
    TRY_OK(ckn_estimate(ckn_test_context(), &options, views, 2, ckn_output_f64(kernel, 5, 4), NULL,
                        &error));
    ckn_test_close(kernel, first.h, 20, 1e-4, "kernel of two periodic pairs");
    views[1].sharp.rows = views[1].blurred.rows = 36;
    ckn_error error;
    assert_int_equal(ckn_estimate(ckn_test_context(), &options, views, 2,
                                  ckn_output_f64(kernel, 5, 4), NULL, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "one size"));
    known_pair_release(&first);
    known_pair_release(&second);
}

/* A valid y that is smaller than the kernel cannot be divided. */
static void test_small_valid_image(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(8, (ckn_shape){20, 20}, (ckn_shape){15, 15}, false);
    ckn_estimate_options options = known_pair_options(&pair);
    options.solver = CKN_SOLVER_DIVISION;
    ckn_pair views = known_pair_views(&pair);
    double kernel[225];
    ckn_error error;
    assert_int_equal(ckn_estimate(ckn_test_context(), &options, &views, 1,
                                  ckn_output_f64(kernel, 15, 15), NULL, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "at least as large"));
    known_pair_release(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_for_periodic_pairs),
        cmocka_unit_test(test_fails_at_real_borders),
        cmocka_unit_test(test_epsilon_damps),
        cmocka_unit_test(test_several_pairs),
        cmocka_unit_test(test_small_valid_image),
    };
    return cmocka_run_group_tests_name("division", tests, NULL, ckn_test_close_context);
}
