/* What must hold of every answer, on random members of the kinds that used to break it: fewer
 * samples than taps, pairs of which masks or a robust fit leave only black, steps that diverge, and
 * pedestals far larger than the detail. */
#include "dense/systems.h"
#include "estimate/fixture.h"
#include "support/naive.h"
#include "support/random.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t warnings;

static void count_warnings(void *user, ckn_log_level level, const char *message) {
    (void)user;
    (void)message;
    warnings += level == CKN_LOG_WARNING;
}

static ckn_context *listening_context(void) {
    static ckn_context *context;
    if (!context) {
        ckn_context_options options;
        ckn_context_options_init(&options);
        options.device = getenv("CKN_TEST_DEVICE");
        options.log = count_warnings;
        TRY_OK(ckn_context_create(&options, &context, &error));
    }
    return context;
}

/* low <= number <= high */
static size_t pick(uint64_t *state, size_t low, size_t high) {
    return low + (size_t)ckn_test_uniform(state, 0, (double)(high - low) + 1);
}

static ckn_estimate_options options_of(const known_pair *pair) {
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = pair->h_shape.rows;
    options.kernel_cols = pair->h_shape.cols;
    return options;
}

static ckn_code estimate(const ckn_pair *views, const ckn_estimate_options *options, double *kernel,
                         ckn_estimate_result *result, ckn_error *error) {
    warnings = 0;
    *error = (ckn_error){CKN_OK, ""};
    return ckn_estimate(listening_context(), options, views, 1,
                        ckn_output_f64(kernel, options->kernel_rows, options->kernel_cols), result,
                        error);
}

/* y as both backends store it. */
static void round_blurred(known_pair *pair) {
    for (size_t i = 0; i < ckn_shape_count(pair->y_shape); i++)
        pair->y[i] = (float)pair->y[i];
}

static double norm(const double *v, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

/* ||h * x - y|| by the definition, in samples that `weights` (NULL: all) do not mask. */
static double residual_of(const known_pair *pair, const double *h) {
    double *made = ckn_test_array(ckn_shape_count(pair->y_shape));
    ckn_naive_valid(pair->x, pair->x_shape, h, pair->h_shape, made);
    for (size_t i = 0; i < ckn_shape_count(pair->y_shape); i++)
        made[i] -= pair->y[i];
    const double found = norm(made, ckn_shape_count(pair->y_shape));
    free(made);
    return found;
}

/* ---- fewer samples than taps */

static double x_of_window(const known_pair *pair, size_t window, size_t tap) {
    const size_t p = window / pair->y_shape.cols, q = window % pair->y_shape.cols;
    const size_t i = tap / pair->h_shape.cols, j = tap % pair->h_shape.cols;
    return pair
        ->x[(p + pair->h_shape.rows - 1 - i) * pair->x_shape.cols + q + pair->h_shape.cols - 1 - j];
}

/* h = X' (X X')^-1 y, the kernel of smallest norm; false where X X' is singular. */
static bool naive_minimum_norm(const known_pair *pair, double *h) {
    const size_t n = ckn_shape_count(pair->y_shape), taps = ckn_shape_count(pair->h_shape);
    long double *a = calloc(n * n, sizeof *a), *y = calloc(n, sizeof *y), *u = calloc(n, sizeof *u);
    assert_true(a && y && u);
    for (size_t r = 0; r < n; r++) {
        y[r] = pair->y[r];
        for (size_t c = 0; c < n; c++) {
            for (size_t tap = 0; tap < taps; tap++)
                a[r * n + c] += (long double)x_of_window(pair, r, tap) * x_of_window(pair, c, tap);
        }
    }
    const bool solved = dense_naive_solve(a, y, n, u);
    for (size_t tap = 0; tap < taps; tap++) {
        long double sum = 0;
        for (size_t r = 0; r < n; r++)
            sum += u[r] * x_of_window(pair, r, tap);
        h[tap] = (double)sum;
    }
    free(a);
    free(y);
    free(u);
    return solved;
}

static known_pair undetermined_pair(uint64_t seed) {
    uint64_t state = seed;
    for (;;) {
        const ckn_shape x = {pick(&state, 1, 12), pick(&state, 2, 12)};
        const ckn_shape h = {pick(&state, 1, x.rows), pick(&state, 1, x.cols)};
        if (ckn_shape_count(ckn_shape_valid(x, h)) < ckn_shape_count(h))
            return known_pair_noise(seed, x, h, seed % 2);
    }
}

/* Of few shapes: each is a transform that clFFT plans for seconds. */
static known_pair undetermined_pair_of_few(uint64_t seed) {
    static const ckn_shape x[] = {{5, 8}, {8, 8}, {4, 11}}, h[] = {{5, 6}, {6, 6}, {3, 8}};
    return known_pair_noise(seed, x[seed % 3], h[seed % 3], seed % 2);
}

static void check_undetermined(uint64_t seed, ckn_solver solver) {
    known_pair pair =
        solver == CKN_SOLVER_CG ? undetermined_pair_of_few(seed) : undetermined_pair(seed);
    round_blurred(&pair);
    const size_t taps = ckn_shape_count(pair.h_shape);
    const ckn_pair views = known_pair_views(&pair);
    ckn_estimate_options options = options_of(&pair);
    ckn_estimate_result result;
    ckn_error error;
    double *h = ckn_test_array(taps), *wanted = ckn_test_array(taps);
    options.solver = solver;
    options.background = CKN_BACKGROUND_NONE;
    const ckn_code code = estimate(&views, &options, h, &result, &error);
    if (code != CKN_OK)
        ckn_test_fail("seed %llu: %s", (unsigned long long)seed, error.message);
    assert_true(warnings > 0);
    const double none = norm(pair.y, ckn_shape_count(pair.y_shape));
    if (!(residual_of(&pair, h) <= 1.001 * none))
        ckn_test_fail("seed %llu: the residual is %g times that of no kernel",
                      (unsigned long long)seed, residual_of(&pair, h) / none);
    if (solver == CKN_SOLVER_AUTO && naive_minimum_norm(&pair, wanted)) {
        assert_int_equal(result.solver, CKN_SOLVER_EXACT);
        ckn_test_close(h, wanted, taps, 1e-4, "seed %llu, %zu x %zu of %zu x %zu",
                       (unsigned long long)seed, pair.h_shape.cols, pair.h_shape.rows,
                       pair.x_shape.cols, pair.x_shape.rows);
    }
    free(h);
    free(wanted);
    known_pair_release(&pair);
}

static void test_minimum_norm(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++)
        check_undetermined(seed, CKN_SOLVER_AUTO);
}

/* In float32 on the images: as near as rounding lets it, but no kernel that ran away. */
static void test_conjugate_gradients_stay(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++)
        check_undetermined(seed, CKN_SOLVER_CG);
}

/* ---- black */

/* A mask that keeps a block of black, and perhaps less. */
static void check_black(uint64_t seed, bool black_sharp) {
    uint64_t state = seed;
    const ckn_shape x_shape = {pick(&state, 14, 30), pick(&state, 14, 30)};
    known_pair pair =
        known_pair_noise(seed, x_shape, (ckn_shape){pick(&state, 1, 3), pick(&state, 2, 3)}, false);
    const size_t x_count = ckn_shape_count(x_shape), y_count = ckn_shape_count(pair.y_shape);
    const size_t from = pick(&state, 0, 2), rows = pick(&state, 8, 10);
    double *mask = ckn_test_array(black_sharp ? x_count : y_count);
    const size_t cols = black_sharp ? x_shape.cols : pair.y_shape.cols;
    for (size_t i = from * cols; i < (from + rows) * cols; i++) {
        (black_sharp ? pair.x : pair.y)[i] = 0;
        mask[i] = ckn_test_uniform(&state, 0, 1) < 0.02 ? 0 : 1;
    }
    ckn_pair views = known_pair_views(&pair);
    const ckn_view weights =
        ckn_view_f64(mask, black_sharp ? x_shape.rows : pair.y_shape.rows, cols);
    *(black_sharp ? &views.sharp_weights : &views.blurred_weights) = weights;
    ckn_estimate_options options = options_of(&pair);
    options.robust = seed % 3 == 0;
    double h[9];
    ckn_error error;
    ckn_estimate_result result;
    const ckn_code code = estimate(&views, &options, h, &result, &error);
    if (code != CKN_ERROR_DATA)
        ckn_test_fail("seed %llu: %s image black, yet '%s'", (unsigned long long)seed,
                      black_sharp ? "sharp" : "blurred", ckn_code_name(code));
    free(mask);
    known_pair_release(&pair);
}

static void test_masks_leave_black(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++)
        check_black(seed, seed % 2);
}

/* Most of the blurred image is black, so that its light is what the robust fit rejects. An error,
 * or an answer whose figures are numbers. */
static void test_robust_without_light(void **state) {
    (void)state;
    size_t refused = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t own = seed;
        known_pair pair = known_pair_noise(seed, (ckn_shape){pick(&own, 8, 20), pick(&own, 8, 20)},
                                           (ckn_shape){2, 2}, false);
        const size_t count = ckn_shape_count(pair.y_shape);
        for (size_t i = pick(&own, 0, count / 3); i < count; i++)
            pair.y[i] = 0;
        const ckn_pair views = known_pair_views(&pair);
        ckn_estimate_options options = options_of(&pair);
        options.robust = 1;
        double h[4];
        ckn_error error;
        ckn_estimate_result result;
        const ckn_code code = estimate(&views, &options, h, &result, &error);
        assert_true(code == CKN_OK || code == CKN_ERROR_DATA);
        refused += code != CKN_OK;
        if (code == CKN_OK)
            assert_true(isfinite(result.residual_rms) && isfinite(norm(h, 4)));
        known_pair_release(&pair);
    }
    assert_true(refused > 0);
}

/* Without a mask the zero kernel is the answer, and said. */
static void test_black_blurred(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(5, (ckn_shape){12, 15}, (ckn_shape){3, 3}, false);
    memset(pair.y, 0, ckn_shape_count(pair.y_shape) * sizeof *pair.y);
    const ckn_pair views = known_pair_views(&pair);
    const ckn_estimate_options options = options_of(&pair);
    double h[9];
    ckn_error error;
    ckn_estimate_result result;
    assert_int_equal(estimate(&views, &options, h, &result, &error), CKN_OK);
    assert_true(norm(h, 9) == 0 && result.residual_rms == 0 && warnings > 0);
    known_pair_release(&pair);
}

/* ---- divergence */

/* Steps beyond 2/L that have not reached infinity yet. */
static void test_divergence(void **state) {
    (void)state;
    size_t refused = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        uint64_t own = seed;
        known_pair pair = known_pair_noise(seed, (ckn_shape){20, 24}, (ckn_shape){3, 4}, seed % 2);
        const ckn_pair views = known_pair_views(&pair);
        ckn_estimate_options options = options_of(&pair);
        ckn_estimate_result result;
        ckn_error error;
        double h[12];
        options.solver = seed % 2 ? CKN_SOLVER_GD : CKN_SOLVER_FISTA;
        options.engine = seed % 3 ? CKN_ENGINE_GRAM : CKN_ENGINE_DIRECT;
        options.constraint = CKN_CONSTRAINT_NONE;
        options.iterations = 1;
        assert_int_equal(estimate(&views, &options, h, &result, &error), CKN_OK);
        options.step = ckn_test_uniform(&own, 3, 30) * result.step;
        options.iterations = pick(&own, 1, 12);
        const ckn_code code = estimate(&views, &options, h, &result, &error);
        const double none = norm(pair.y, ckn_shape_count(pair.y_shape));
        if (code == CKN_OK)
            assert_true(residual_of(&pair, h) <= 1.001 * none);
        else if (!strstr(error.message, "the solver failed"))
            ckn_test_fail("seed %llu: '%s'", (unsigned long long)seed, error.message);
        refused += code != CKN_OK;
        known_pair_release(&pair);
    }
    assert_true(refused > 20);
}

/* ---- pedestals */

static void check_pedestal(uint64_t seed, ckn_background background) {
    uint64_t state = seed;
    const double pedestal = pow(10, ckn_test_uniform(&state, 4.5, 6.5));
    const ckn_shape x_shape = {pick(&state, 30, 50), pick(&state, 30, 50)};
    known_pair pair = known_pair_noise(seed, x_shape, (ckn_shape){3, 5}, false);
    for (size_t i = 0; i < ckn_shape_count(x_shape); i++)
        pair.x[i] += pedestal;
    pair.x[pick(&state, 0, ckn_shape_count(x_shape) - 1)] = 0; /* a dead sample hides nothing */
    ckn_naive_valid(pair.x, x_shape, pair.h, pair.h_shape, pair.y);
    const ckn_pair views = known_pair_views(&pair);
    ckn_estimate_options options = options_of(&pair);
    ckn_estimate_result result;
    ckn_error error;
    double h[15];
    options.background = background;
    options.constraint = CKN_CONSTRAINT_NONE;
    options.prior = CKN_PRIOR_NONE;
    const ckn_code code = estimate(&views, &options, h, &result, &error);
    if (code != CKN_OK)
        ckn_test_fail("seed %llu: %s", (unsigned long long)seed, error.message);
    const double wrong = ckn_test_difference(h, pair.h, 15);
    if (background == CKN_BACKGROUND_NONE)
        assert_true(warnings > 0);
    else if (!(wrong < (ckn_test_on_cpu() ? 1e-5 : 1e-3)))
        ckn_test_fail("seed %llu, pedestal %.3g: error %.3g", (unsigned long long)seed, pedestal,
                      wrong);
    known_pair_release(&pair);
}

static void test_pedestals(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++)
        check_pedestal(seed, (ckn_background)(seed % 3));
}

/* Images of every day are not warned of. */
static void test_no_pedestal(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        known_pair pair = known_pair_noise(seed, (ckn_shape){20, 20}, (ckn_shape){3, 3}, false);
        for (size_t i = 0; i < 400; i++)
            pair.x[i] += 10 * (double)seed;
        ckn_naive_valid(pair.x, pair.x_shape, pair.h, pair.h_shape, pair.y);
        const ckn_pair views = known_pair_views(&pair);
        const ckn_estimate_options options = options_of(&pair);
        ckn_estimate_result result;
        ckn_error error;
        double h[9];
        assert_int_equal(estimate(&views, &options, h, &result, &error), CKN_OK);
        assert_int_equal(warnings, 0);
        known_pair_release(&pair);
    }
}

static int close_contexts(void **state) {
    ckn_context_destroy(listening_context());
    return ckn_test_close_context(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minimum_norm),      cmocka_unit_test(test_conjugate_gradients_stay),
        cmocka_unit_test(test_masks_leave_black), cmocka_unit_test(test_robust_without_light),
        cmocka_unit_test(test_black_blurred),     cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_pedestals),         cmocka_unit_test(test_no_pedestal),
    };
    return cmocka_run_group_tests_name("answers", tests, NULL, close_contexts);
}
