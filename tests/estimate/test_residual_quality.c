/* What a residual says: noise, patterns, outliers, rounding. */
#include "estimate/fixture.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 90, COLS = 84, TAPS = 7, VALID_ROWS = ROWS - TAPS + 1, VALID_COLS = COLS - TAPS + 1 };
#define SIGMA 0.01

static double gaussian(uint64_t *state) {
    double sum = 0;
    for (size_t i = 0; i < 12; i++)
        sum += ckn_test_uniform(state, -0.5, 0.5);
    return sum;
}

static known_pair clean_pair(void) {
    return known_pair_scene((ckn_shape){ROWS, COLS}, (ckn_shape){TAPS, TAPS}, 1.2);
}

static void add_noise(known_pair *pair, double sigma) {
    uint64_t random = 77;
    for (size_t i = 0; i < ckn_shape_count(pair->y_shape); i++)
        pair->y[i] += sigma * gaussian(&random);
}

static const ckn_view no_weights = {.data = NULL};

/* Solves, and also gives r where it is wanted. */
static ckn_residual_quality quality_with(const known_pair *pair, ckn_view weights,
                                         ckn_solver solver, double *r) {
    ckn_estimate_options options = known_pair_options(pair);
    options.solver = solver;
    options.engine = CKN_ENGINE_AUTO;
    ckn_pair views = known_pair_views(pair);
    views.blurred_weights = weights;
    double kernel[TAPS * TAPS];
    ckn_residual_quality quality;
    ckn_estimate_plan *plan = NULL;
    const ckn_output output = ckn_output_f64(r, pair->y_shape.rows, pair->y_shape.cols);
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &error));
    assert_int_equal(ckn_estimate_plan_residual(plan, &quality, NULL), CKN_ERROR_ARGUMENT);
    TRY_OK(ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, TAPS, TAPS),
                                 r ? &output : NULL, NULL, &error));
    TRY_OK(ckn_estimate_plan_residual(plan, &quality, &error));
    ckn_estimate_plan_destroy(plan);
    for (size_t i = 0; r && i < ckn_shape_count(pair->y_shape); i++)
        r[i] -= pair->y[i];
    return quality;
}

static ckn_residual_quality quality_of(const known_pair *pair, ckn_solver solver, double *r) {
    return quality_with(pair, no_weights, solver, r);
}

static double correlation(const double *r, int dy, int dx) {
    double sum = 0, square = 0;
    size_t count = 0;
    for (int row = 0; row < VALID_ROWS; row++) {
        for (int col = 0; col < VALID_COLS; col++) {
            square += r[row * VALID_COLS + col] * r[row * VALID_COLS + col];
            if (row + dy >= VALID_ROWS || col + dx < 0 || col + dx >= VALID_COLS)
                continue;
            sum += r[row * VALID_COLS + col] * r[(row + dy) * VALID_COLS + col + dx];
            count++;
        }
    }
    return sum / (double)count / (square / (VALID_ROWS * VALID_COLS));
}

static void test_noise(void **state) {
    (void)state;
    known_pair pair = clean_pair();
    add_noise(&pair, SIGMA);
    double *r = ckn_test_array(ckn_shape_count(pair.y_shape)), largest = 0, white = 0;
    ckn_residual_quality quality = quality_of(&pair, CKN_SOLVER_EXACT, r);
    for (int dy = 0; dy <= 3; dy++) {
        for (int dx = dy ? -3 : 1; dx <= 3; dx++) {
            const double own = correlation(r, dy, dx);
            const double count = (double)((VALID_ROWS - dy) * (VALID_COLS - abs(dx)));
            white += count * own * own / 24;
            largest = fabs(own) > fabs(largest) ? own : largest;
        }
    }
    const double tolerance = ckn_test_on_cpu() ? 1e-9 : 1e-4;
    assert_true(fabs(quality.correlation - largest) < tolerance);
    assert_true(fabs(correlation(r, quality.lag_y, quality.lag_x) - largest) < tolerance);
    assert_true(fabs(quality.whiteness / white - 1) < 100 * tolerance);
    assert_true(quality.white && !quality.heavy_tails && !quality.rounding);
    assert_true(quality.whiteness > 0.3 && quality.whiteness < 2.2);
    assert_true(fabs(quality.kurtosis + 0.1) < 0.15); /* of a sum of twelve uniform numbers */
    assert_true(quality.chi_square > 0.7 && quality.chi_square < 1.2);
    assert_true(fabs(quality.noise_reference / SIGMA - 1) < 0.15);
    assert_true(quality.outliers == 0 && quality.step == 0);
    free(r);
    known_pair_release(&pair);
}

/* Another background: noise that has a mean; and a kernel that has not converged. */
static void test_patterns(void **state) {
    (void)state;
    known_pair pair = clean_pair();
    add_noise(&pair, SIGMA);
    ckn_residual_quality quality = quality_of(&pair, CKN_SOLVER_DIVISION, NULL);
    print_message("division: correlation %g, chi^2 %g\n", quality.correlation, quality.chi_square);
    assert_true(!quality.white && quality.chi_square > 1.2);
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++)
        pair.y[i] += 0.05 * sin((double)i / VALID_COLS / 7) * cos((double)(i % VALID_COLS) / 5);
    quality = quality_of(&pair, CKN_SOLVER_EXACT, NULL);
    assert_true(!quality.white && quality.correlation > 0.3 && quality.whiteness > 100);
    known_pair_release(&pair);
}

static void test_outliers(void **state) {
    (void)state;
    known_pair pair = clean_pair();
    add_noise(&pair, SIGMA);
    uint64_t random = 5;
    size_t hit = 0;
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++) {
        if (ckn_test_uniform(&random, 0, 1) < 0.01) {
            pair.y[i] = ckn_test_uniform(&random, 0, 1) < 0.5 ? 0 : 1;
            hit++;
        }
    }
    ckn_residual_quality quality = quality_of(&pair, CKN_SOLVER_EXACT, NULL);
    assert_true(quality.heavy_tails && quality.outlier_share > 0.7 && quality.kurtosis > 10);
    assert_true(fabs(quality.outliers * (double)ckn_shape_count(pair.y_shape) - (double)hit) <
                0.1 * (double)hit);
    known_pair_release(&pair);
}

static void test_rounding(void **state) {
    (void)state;
    known_pair pair = clean_pair();
    ckn_residual_quality quality = quality_of(&pair, CKN_SOLVER_EXACT, NULL);
    assert_true(quality.rounding && quality.white && !quality.heavy_tails && quality.step == 0);
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++)
        pair.y[i] = round(255 * pair.y[i]) / 255;
    quality = quality_of(&pair, CKN_SOLVER_EXACT, NULL);
    assert_true(quality.rounding && quality.white && fabs(255 * quality.step - 1) < 1e-5);
    assert_true(quality.noise_reference > 0.28 / 255 && quality.chi_square < 1.2);
    known_pair_release(&pair);
    /* Rounded noise is noise. */
    pair = clean_pair();
    add_noise(&pair, SIGMA);
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++)
        pair.y[i] = round(255 * pair.y[i]) / 255;
    quality = quality_of(&pair, CKN_SOLVER_EXACT, NULL);
    assert_true(!quality.rounding && quality.white && !quality.heavy_tails);
    assert_true(quality.chi_square > 0.7 && quality.chi_square < 1.2);
    known_pair_release(&pair);
}

/* What is masked does not count, whatever stands there. */
static void test_masked(void **state) {
    (void)state;
    known_pair pair = clean_pair();
    add_noise(&pair, SIGMA);
    double *weights = ckn_test_array(ckn_shape_count(pair.y_shape));
    uint64_t random = 5;
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++) {
        weights[i] = ckn_test_uniform(&random, 0, 1) < 0.05 ? 0 : 1;
        pair.y[i] = weights[i] == 0 ? 7 : pair.y[i];
    }
    const ckn_view view = ckn_view_f64(weights, pair.y_shape.rows, pair.y_shape.cols);
    ckn_residual_quality quality = quality_with(&pair, view, CKN_SOLVER_EXACT, NULL);
    assert_true(quality.white && !quality.heavy_tails && quality.outliers == 0);
    assert_true(quality.whiteness > 0.3 && quality.whiteness < 2.2);
    assert_true(fabs(quality.noise_reference / SIGMA - 1) < 0.2);
    assert_true(quality.chi_square > 0.6 && quality.chi_square < 1.3);
    free(weights);
    known_pair_release(&pair);
}

/* Of a large image the middle is looked at, where all may be masked. */
static void test_masked_middle(void **state) {
    (void)state;
    enum { SIDE = 1040 };
    float *x = calloc((size_t)SIDE * SIDE, sizeof *x),
          *weights = calloc((size_t)SIDE * SIDE, sizeof *x);
    assert_true(x && weights);
    uint64_t random = 6;
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        const size_t row = i / SIDE, col = i % SIDE;
        x[i] = (float)ckn_test_uniform(&random, 0, 1);
        weights[i] = row < 6 || row > SIDE - 7 || col < 6 || col > SIDE - 7;
    }
    ckn_pair pair = {.sharp = ckn_view_f32(x, SIDE, SIDE),
                     .blurred = ckn_view_f32(x, SIDE, SIDE),
                     .blurred_weights = ckn_view_f32(weights, SIDE, SIDE)};
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = options.kernel_cols = 1;
    options.solver = CKN_SOLVER_EXACT;
    ckn_estimate_plan *plan = NULL;
    double tap;
    ckn_residual_quality quality;
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &pair, 1, &plan, &error));
    TRY_OK(ckn_estimate_plan_run(plan, &pair, 1, ckn_output_f64(&tap, 1, 1), NULL, NULL, &error));
    ckn_error refusal;
    assert_int_equal(ckn_estimate_plan_residual(plan, &quality, &refusal), CKN_ERROR_DATA);
    assert_non_null(strstr(refusal.message, "masked"));
    ckn_estimate_plan_destroy(plan);
    free(x);
    free(weights);
}

/* Planes too small for lags and differences, and a residual of nothing. */
static void test_small(void **state) {
    (void)state;
    for (size_t size = 3; size < 7; size++) {
        known_pair pair = known_pair_noise(4, (ckn_shape){size, size}, (ckn_shape){3, 3}, false);
        ckn_estimate_options options = known_pair_options(&pair);
        ckn_pair views = known_pair_views(&pair);
        double kernel[9];
        ckn_residual_quality quality;
        ckn_estimate_plan *plan = NULL;
        TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &error));
        TRY_OK(ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 3, 3), NULL, NULL,
                                     &error));
        TRY_OK(ckn_estimate_plan_residual(plan, &quality, &error));
        assert_true(isfinite(quality.correlation) && isfinite(quality.noise_reference));
        ckn_estimate_plan_destroy(plan);
        known_pair_release(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise),    cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_outliers), cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_masked),   cmocka_unit_test(test_masked_middle),
        cmocka_unit_test(test_small),
    };
    return cmocka_run_group_tests_name("residual quality", tests, NULL, ckn_test_close_context);
}
