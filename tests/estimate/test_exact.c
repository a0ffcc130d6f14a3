/* Solvers on the statistics: exact, nnls and cg, what `auto` takes, certificates, error bars. */
#include "estimate/fixture.h"
#include "support/naive.h"
#include "support/random.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *solve(const known_pair *pair, const ckn_estimate_options *options,
                     ckn_estimate_result *result) {
    double *kernel = ckn_test_array(ckn_shape_count(pair->h_shape));
    ckn_pair views = known_pair_views(pair);
    TRY_OK(ckn_estimate(ckn_test_context(), options, &views, 1,
                        ckn_output_f64(kernel, pair->h_shape.rows, pair->h_shape.cols), result,
                        &error));
    return kernel;
}

static ckn_estimate_options options_for(const known_pair *pair, ckn_solver solver) {
    ckn_estimate_options options = known_pair_options(pair);
    options.solver = solver;
    options.engine = CKN_ENGINE_AUTO;
    return options;
}

/* Rounding the pair to float32 is what limits a device that stores it. */
static double exact_tolerance(void) {
    return ckn_test_on_cpu() ? 1e-11 : 1e-6;
}

static void test_exact(void **state) {
    (void)state;
    static const ckn_shape shapes[][2] = {
        {{61, 61}, {5, 5}},  {{63, 62}, {4, 6}}, {{64, 31}, {1, 9}},  {{1, 251}, {1, 8}},
        {{251, 1}, {11, 1}}, {{31, 32}, {1, 1}}, {{62, 64}, {12, 9}}, {{30, 32}, {10, 11}},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        known_pair pair = known_pair_noise(10 + i, shapes[i][0], shapes[i][1], true);
        ckn_estimate_options options = options_for(&pair, CKN_SOLVER_AUTO);
        options.constraint = CKN_CONSTRAINT_NONE;
        options.prior = CKN_PRIOR_NONE;
        ckn_estimate_result result;
        double *kernel = solve(&pair, &options, &result);
        ckn_test_close(kernel, pair.h, ckn_shape_count(pair.h_shape), exact_tolerance(),
                       "exact answer, shape %zu", i);
        assert_int_equal(result.solver, CKN_SOLVER_EXACT);
        assert_int_equal(result.engine, CKN_ENGINE_GRAM);
        assert_int_equal(result.stop_reason, CKN_STOP_CLOSED_FORM);
        assert_int_equal(result.rank, ckn_shape_count(pair.h_shape));
        assert_true(result.condition >= 1 && result.condition < 1e8);
        assert_true(result.kkt_residual < 1e-12 && result.duality_gap < 1e-20);
        assert_true(result.residual_rms < (ckn_test_on_cpu() ? 1e-13 : 1e-6));
        free(kernel);
        known_pair_release(&pair);
    }
}

/* Adds noise to y, so that no kernel fits exactly. */
static void disturb(known_pair *pair, uint64_t seed, double amplitude) {
    uint64_t state = seed;
    for (size_t i = 0; i < ckn_shape_count(pair->y_shape); i++)
        pair->y[i] += ckn_test_uniform(&state, -amplitude, amplitude);
}

static double objective_at(const known_pair *pair, const double *kernel) {
    double *r = ckn_test_array(ckn_shape_count(pair->y_shape)), sum = 0;
    ckn_naive_valid(pair->x, pair->x_shape, kernel, pair->h_shape, r);
    for (size_t i = 0; i < ckn_shape_count(pair->y_shape); i++)
        sum += (r[i] - pair->y[i]) * (r[i] - pair->y[i]);
    free(r);
    return 0.5 * sum;
}

/* No feasible kernel near the answer is better, and the figures are those of its residual. */
static void test_nnls(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(31, (ckn_shape){40, 44}, (ckn_shape){6, 5}, true);
    disturb(&pair, 7, 0.05);
    for (int constraint = CKN_CONSTRAINT_NONE; constraint <= CKN_CONSTRAINT_SIMPLEX; constraint++) {
        ckn_estimate_options options = options_for(&pair, CKN_SOLVER_NNLS);
        options.constraint = (ckn_constraint)constraint;
        ckn_estimate_result result;
        double *kernel = solve(&pair, &options, &result);
        double best = objective_at(&pair, kernel), sum = 0;
        size_t zeros = 0;
        for (size_t i = 0; i < 30; i++) {
            assert_true(kernel[i] >= 0);
            zeros += kernel[i] == 0;
            sum += kernel[i];
        }
        assert_true(zeros > 3 && zeros < 27);
        if (constraint == CKN_CONSTRAINT_SIMPLEX)
            assert_true(fabs(sum - 1) < 1e-12);
        else
            assert_int_equal(result.constraint, CKN_CONSTRAINT_NONNEG);
        assert_int_equal(result.stop_reason, CKN_STOP_OPTIMAL);
        assert_true(result.kkt_residual < 1e-12);
        assert_true(result.duality_gap >= 0 && result.duality_gap < 1e-20);
        assert_true(fabs(result.objective / best - 1) < (ckn_test_on_cpu() ? 1e-10 : 1e-5));
        for (size_t i = 0; i < 30; i++) {
            for (size_t j = 0; j < 30; j++) {
                const double step = 1e-4, kept_i = kernel[i], kept_j = kernel[j];
                if (kernel[j] < step || i == j)
                    continue; /* from tap j to tap i: the sum stays */
                kernel[i] += step;
                kernel[j] -= step;
                assert_true(objective_at(&pair, kernel) > best);
                kernel[i] = kept_i;
                kernel[j] = kept_j;
            }
        }
        free(kernel);
    }
    known_pair_release(&pair);
}

static void test_conjugate_gradients(void **state) {
    (void)state;
    static const ckn_engine engines[] = {CKN_ENGINE_GRAM, CKN_ENGINE_DIRECT, CKN_ENGINE_TOEPLITZ};
    known_pair pair = known_pair_scene((ckn_shape){90, 80}, (ckn_shape){11, 9}, 1.5);
    for (size_t i = 0; i < (ckn_test_on_cpu() ? 3 : 2); i++) {
        const ckn_engine engine = engines[i];
        ckn_estimate_options options = options_for(&pair, CKN_SOLVER_CG);
        options.engine = engine;
        options.tolerance = 1e-8;
        options.iterations = 400;
        ckn_estimate_result result;
        double *kernel = solve(&pair, &options, &result);
        /* Products in float32 leave that much of the weak directions of a smooth scene. */
        const bool exact = ckn_test_on_cpu() || engine == CKN_ENGINE_GRAM;
        ckn_test_close(kernel, pair.h, 99, exact ? 1e-3 : 1e-1, "cg, engine %d", engine);
        assert_int_equal(result.engine, engine);
        assert_true(result.iterations > 3 && result.iterations <= 400);
        assert_true(result.kkt_residual < (exact ? 1e-5 : 1e-3));
        free(kernel);
    }
    known_pair_release(&pair);
}

/* A ridge shrinks the answer to that of the shifted equations. */
static void test_ridge(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(50, (ckn_shape){30, 30}, (ckn_shape){1, 2}, true);
    ckn_estimate_options options = options_for(&pair, CKN_SOLVER_AUTO);
    options.prior = CKN_PRIOR_RIDGE;
    options.lambda = 0.1;
    ckn_estimate_result result;
    double *kernel = solve(&pair, &options, &result);
    double g[2][2] = {{0}}, b[2] = {0};
    for (size_t p = 0; p < 30; p++) {
        for (size_t q = 0; q < 29; q++) {
            const double taps[2] = {pair.x[p * 30 + q + 1], pair.x[p * 30 + q]};
            for (size_t i = 0; i < 2; i++) {
                b[i] += taps[i] * pair.y[p * 29 + q];
                for (size_t j = 0; j < 2; j++)
                    g[i][j] += taps[i] * taps[j];
            }
        }
    }
    const double ridge = 0.1 * (g[0][0] + g[1][1]) / 2;
    const double a = g[0][0] + ridge, c = g[0][1], d = g[1][1] + ridge, det = a * d - c * c;
    const double expected[2] = {(d * b[0] - c * b[1]) / det, (a * b[1] - c * b[0]) / det};
    ckn_test_close(kernel, expected, 2, ckn_test_on_cpu() ? 1e-12 : 1e-6, "ridge");
    assert_true(fabs(result.objective / objective_at(&pair, kernel) - 1) < 1e-5);
    options.solver = CKN_SOLVER_FISTA;
    double *iterated = solve(&pair, &options, &result);
    assert_int_equal(result.engine, CKN_ENGINE_GRAM);
    ckn_test_close(iterated, expected, 2, 1e-5, "ridge by fista");
    free(iterated);
    free(kernel);
    known_pair_release(&pair);
}

/* A ramp: every kernel of the same sum and centroid fits equally well. */
static void test_minimum_norm(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(60, (ckn_shape){24, 24}, (ckn_shape){3, 3}, false);
    for (size_t i = 0; i < 576; i++) {
        const size_t row = i / 24, col = i % 24;
        pair.x[i] = (double)col + 2 * (double)row;
    }
    ckn_naive_valid(pair.x, pair.x_shape, pair.h, pair.h_shape, pair.y);
    ckn_estimate_options options = options_for(&pair, CKN_SOLVER_EXACT);
    ckn_estimate_result result;
    double *kernel = solve(&pair, &options, &result), square = 0, true_square = 0;
    assert_int_equal(result.rank, 2);
    assert_true(isinf(result.condition));
    assert_true(result.residual_rms < 1e-4);
    for (size_t i = 0; i < 9; i++) {
        square += kernel[i] * kernel[i];
        true_square += pair.h[i] * pair.h[i];
    }
    assert_true(square <= true_square);
    free(kernel);
    known_pair_release(&pair);
}

/* The certificate bounds the distance to the optimum that nnls and exact find. */
static void test_gap_is_a_bound(void **state) {
    (void)state;
    known_pair pair = known_pair_scene((ckn_shape){60, 66}, (ckn_shape){7, 8}, 1.2);
    disturb(&pair, 3, 0.02);
    double square = 0;
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++)
        square += pair.y[i] * pair.y[i];
    for (int constraint = CKN_CONSTRAINT_NONE; constraint <= CKN_CONSTRAINT_SIMPLEX; constraint++) {
        ckn_estimate_options options = options_for(&pair, CKN_SOLVER_AUTO);
        options.constraint = (ckn_constraint)constraint;
        ckn_estimate_result result;
        double *best = solve(&pair, &options, &result);
        const double least = objective_at(&pair, best);
        free(best);
        for (int engine = CKN_ENGINE_GRAM; engine <= CKN_ENGINE_DIRECT; engine++) {
            options.solver = CKN_SOLVER_FISTA;
            options.engine = (ckn_engine)engine;
            options.gap = 1e-6;
            options.iterations = 20000;
            options.tolerance = 0;
            double *kernel = solve(&pair, &options, &result);
            const double distance = (objective_at(&pair, kernel) - least) / (0.5 * square);
            assert_int_equal(result.stop_reason, CKN_STOP_GAP);
            assert_true(result.duality_gap <= 1.01e-6);
            assert_true(distance <= result.duality_gap * 1.001 + 1e-9);
            free(kernel);
        }
    }
    known_pair_release(&pair);
}

static size_t verbose_lines;

static void count_line(void *user, ckn_log_level level, const char *message) {
    if (level == CKN_LOG_VERBOSE && strstr(message, (const char *)user))
        verbose_lines++;
}

/* Without memory for the statistics, exact is refused and auto takes another way, which it names.
 */
static void test_memory_limit(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(71, (ckn_shape){40, 40}, (ckn_shape){6, 6}, false);
    ckn_estimate_options options = options_for(&pair, CKN_SOLVER_EXACT);
    options.memory_limit = 5000;
    double kernel[36];
    ckn_pair views = known_pair_views(&pair);
    ckn_error refusal;
    assert_int_equal(ckn_estimate(ckn_test_context(), &options, &views, 1,
                                  ckn_output_f64(kernel, 6, 6), NULL, &refusal),
                     CKN_ERROR_MEMORY);
    assert_non_null(strstr(refusal.message, "18144 bytes"));
    options.engine = CKN_ENGINE_GRAM;
    options.solver = CKN_SOLVER_GD;
    assert_int_equal(ckn_estimate(ckn_test_context(), &options, &views, 1,
                                  ckn_output_f64(kernel, 6, 6), NULL, &refusal),
                     CKN_ERROR_MEMORY);
    ckn_context_options open;
    ckn_context_options_init(&open);
    open.device = getenv("CKN_TEST_DEVICE");
    open.log = count_line;
    open.log_user = (void *)"solver cg: the statistics would take 18144 bytes";
    ckn_context *context = NULL;
    TRY_OK(ckn_context_create(&open, &context, &error));
    options.solver = CKN_SOLVER_AUTO;
    options.engine = CKN_ENGINE_AUTO;
    ckn_estimate_result result;
    TRY_OK(
        ckn_estimate(context, &options, &views, 1, ckn_output_f64(kernel, 6, 6), &result, &error));
    assert_int_equal(verbose_lines, 1);
    assert_int_equal(result.solver, CKN_SOLVER_CG);
    assert_true(result.engine == CKN_ENGINE_DIRECT || result.engine == CKN_ENGINE_FFT);
    assert_true(result.kkt_residual < 1e-5 && isnan(result.duality_gap));
    ckn_test_close(kernel, pair.h, 36, 1e-4, "auto without memory");
    options.constraint = CKN_CONSTRAINT_SIMPLEX;
    options.gap = 1e-7;
    TRY_OK(
        ckn_estimate(context, &options, &views, 1, ckn_output_f64(kernel, 6, 6), &result, &error));
    assert_int_equal(result.solver, CKN_SOLVER_FISTA);
    assert_int_equal(result.stop_reason, CKN_STOP_GAP);
    assert_true(result.duality_gap >= 0 && result.duality_gap < 2e-7);
    options.constraint = CKN_CONSTRAINT_NONNEG;
    assert_int_equal(
        ckn_estimate(context, &options, &views, 1, ckn_output_f64(kernel, 6, 6), NULL, &refusal),
        CKN_ERROR_MEMORY);
    ckn_context_destroy(context);
    known_pair_release(&pair);
}

static void expect_refusal(const known_pair *pair, const ckn_estimate_options *options,
                           const char *part) {
    double kernel[36];
    ckn_pair views = known_pair_views(pair);
    ckn_error refusal = {CKN_OK, ""};
    ckn_code code = ckn_estimate(ckn_test_context(), options, &views, 1,
                                 ckn_output_f64(kernel, 5, 5), NULL, &refusal);
    if (code != CKN_ERROR_ARGUMENT || !strstr(refusal.message, part))
        ckn_test_fail("expected \"%s\", got %s: %s", part, ckn_code_name(code), refusal.message);
}

static void test_refusals(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(72, (ckn_shape){20, 20}, (ckn_shape){5, 5}, false);
    ckn_estimate_options options = options_for(&pair, CKN_SOLVER_EXACT);
    options.constraint = CKN_CONSTRAINT_NONNEG;
    expect_refusal(&pair, &options, "use nnls");
    options.solver = CKN_SOLVER_CG;
    expect_refusal(&pair, &options, "use nnls or fista");
    options = options_for(&pair, CKN_SOLVER_EXACT);
    options.engine = CKN_ENGINE_FFT;
    expect_refusal(&pair, &options, "leave the engine fft out");
    options.solver = CKN_SOLVER_NNLS;
    options.engine = CKN_ENGINE_DIRECT;
    expect_refusal(&pair, &options, "leave the engine direct out");
    options.solver = CKN_SOLVER_FISTA;
    options.prior = CKN_PRIOR_RIDGE;
    options.lambda = 0.1;
    expect_refusal(&pair, &options, "leave the engine direct out");
    options.prior = CKN_PRIOR_RIDGE;
    options.lambda = -1;
    expect_refusal(&pair, &options, "lambda, the weight of the prior");
    options = options_for(&pair, CKN_SOLVER_DIVISION);
    options.prior = CKN_PRIOR_RIDGE;
    options.lambda = 1;
    expect_refusal(&pair, &options, "epsilon");
    options = options_for(&pair, CKN_SOLVER_DIVISION);
    options.engine = CKN_ENGINE_GRAM;
    expect_refusal(&pair, &options, "leave the engine gram out");
    options = options_for(&pair, CKN_SOLVER_EXACT);
    options.gap = 1e-6;
    expect_refusal(&pair, &options, "only fista and gd");
    options.gap = NAN;
    expect_refusal(&pair, &options, "duality gap must be");
    options = options_for(&pair, CKN_SOLVER_FISTA);
    options.engine = CKN_ENGINE_TOEPLITZ;
    if (!ckn_test_on_cpu()) {
        double kernel[25];
        ckn_pair views = known_pair_views(&pair);
        assert_int_equal(ckn_estimate(ckn_test_context(), &options, &views, 1,
                                      ckn_output_f64(kernel, 5, 5), NULL, NULL),
                         CKN_ERROR_UNSUPPORTED);
    }
    options.prior = CKN_PRIOR_RIDGE;
    options.lambda = 1;
    expect_refusal(&pair, &options, "leave the engine toeplitz out");
    known_pair_release(&pair);
}

static int cancel_factor(void *user, const ckn_progress *progress) {
    (void)user;
    return progress->phase == CKN_PHASE_FACTOR;
}

static void test_cancel(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(73, (ckn_shape){30, 30}, (ckn_shape){5, 5}, true);
    for (int solver = CKN_SOLVER_EXACT; solver <= CKN_SOLVER_NNLS; solver++) {
        ckn_estimate_options options = options_for(&pair, (ckn_solver)solver);
        options.progress = cancel_factor;
        double kernel[25];
        ckn_pair views = known_pair_views(&pair);
        assert_int_equal(ckn_estimate(ckn_test_context(), &options, &views, 1,
                                      ckn_output_f64(kernel, 5, 5), NULL, NULL),
                         CKN_ERROR_CANCELLED);
    }
    known_pair_release(&pair);
}

/* ---- error bars */

/* Gaussian enough: the sum of twelve uniform numbers, of variance 1. */
static double gaussian(uint64_t *state) {
    double sum = 0;
    for (size_t i = 0; i < 12; i++)
        sum += ckn_test_uniform(state, -0.5, 0.5);
    return sum;
}

typedef struct coverage {
    size_t taps, sum, centroid, width; /* draws within one standard error */
} coverage;

static void cover(coverage *inside, const known_pair *pair, const double *kernel,
                  const double *errors, const ckn_uncertainty *u, const ckn_kernel_figures *truth) {
    const ckn_shape shape = pair->h_shape;
    ckn_kernel_figures found;
    TRY_OK(
        ckn_kernel_figures_compute(ckn_view_f64(kernel, shape.rows, shape.cols), &found, &error));
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++)
        inside->taps += fabs(kernel[tap] - pair->h[tap]) <= errors[tap];
    inside->sum += fabs(found.sum - truth->sum) <= u->sum;
    inside->centroid += fabs(found.centroid_x - truth->centroid_x) <= u->centroid_x;
    inside->width += fabs(found.fwhm_y - truth->fwhm_y) <= u->fwhm_y;
}

static void expect_coverage(size_t inside, size_t count, double slack, const char *what) {
    const double part = (double)inside / (double)count;
    print_message("%s: %.1f %% within one standard error\n", what, 100 * part);
    if (fabs(part - 0.6827) > slack)
        ckn_test_fail("%s: %.3f within one standard error, 0.683 expected", what, part);
}

/* Intervals of one standard error cover the truth in 68 % of noise draws. */
static void test_error_bars_cover(void **state) {
    (void)state;
    enum { DRAWS = 400, TAPS = 35 };
    const double sigma = 0.01;
    known_pair pair = known_pair_scene((ckn_shape){40, 44}, (ckn_shape){7, 5}, 1.1);
    ckn_estimate_options options = options_for(&pair, CKN_SOLVER_EXACT);
    ckn_pair views = known_pair_views(&pair);
    double *clean = ckn_test_array(ckn_shape_count(pair.y_shape)), kernel[TAPS], errors[TAPS];
    memcpy(clean, pair.y, ckn_shape_count(pair.y_shape) * sizeof *clean);
    ckn_kernel_figures truth;
    TRY_OK(ckn_kernel_figures_compute(ckn_view_f64(pair.h, 7, 5), &truth, &error));
    ckn_estimate_plan *plan = NULL;
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &error));
    coverage inside = {0};
    uint64_t random = 2024;
    double noise = 0;
    for (size_t draw = 0; draw < DRAWS; draw++) {
        for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++)
            pair.y[i] = clean[i] + sigma * gaussian(&random);
        ckn_uncertainty u;
        TRY_OK(ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 7, 5), NULL, NULL,
                                     &error));
        TRY_OK(ckn_estimate_plan_uncertainty(plan, ckn_output_f64(errors, 7, 5), &u, &error));
        cover(&inside, &pair, kernel, errors, &u, &truth);
        noise += u.noise_sigma / DRAWS;
        assert_true(fabs(u.degrees_of_freedom - TAPS) < 1e-9);
    }
    assert_true(fabs(noise / sigma - 1) < 0.01);
    expect_coverage(inside.taps, DRAWS * TAPS, 0.02, "taps");
    expect_coverage(inside.sum, DRAWS, 0.08, "sum");
    expect_coverage(inside.centroid, DRAWS, 0.08, "centroid");
    expect_coverage(inside.width, DRAWS, 0.08, "FWHM");
    ckn_estimate_plan_destroy(plan);
    free(clean);
    known_pair_release(&pair);
}

/* On the simplex the sum is certain, taps at zero are held there, and scales do not matter. */
static void test_error_bars_of_constraints(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(80, (ckn_shape){40, 40}, (ckn_shape){5, 5}, true);
    disturb(&pair, 9, 0.05);
    double kernel[25], errors[25], scaled[25];
    ckn_pair views = known_pair_views(&pair);
    ckn_estimate_options options = options_for(&pair, CKN_SOLVER_AUTO);
    options.constraint = CKN_CONSTRAINT_SIMPLEX;
    options.prior = CKN_PRIOR_RIDGE;
    options.lambda = 1e-3;
    ckn_estimate_plan *plan = NULL;
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &error));
    ckn_uncertainty u, same;
    TRY_OK(
        ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 5, 5), NULL, NULL, &error));
    TRY_OK(ckn_estimate_plan_uncertainty(plan, ckn_output_f64(errors, 5, 5), &u, &error));
    size_t zeros = 0;
    for (size_t i = 0; i < 25; i++) {
        zeros += kernel[i] == 0;
        assert_true((kernel[i] == 0) == (errors[i] == 0));
    }
    assert_true(zeros > 0);
    assert_true(u.sum < 1e-8 && u.noise_sigma > 0.02);
    assert_true(u.degrees_of_freedom < 24.0 - (double)zeros);
    for (size_t i = 0; i < 1600; i++)
        pair.x[i] *= 0x1p40;
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++)
        pair.y[i] *= 0x1p40;
    TRY_OK(
        ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 5, 5), NULL, NULL, &error));
    TRY_OK(ckn_estimate_plan_uncertainty(plan, ckn_output_f64(scaled, 5, 5), &same, &error));
    ckn_test_close(scaled, errors, 25, 1e-4, "errors of scaled images");
    assert_true(fabs(same.noise_sigma / 0x1p40 / u.noise_sigma - 1) < 1e-4);
    ckn_estimate_plan_destroy(plan);
    known_pair_release(&pair);
}

static void test_error_bars_refused(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(81, (ckn_shape){20, 20}, (ckn_shape){3, 3}, true);
    ckn_pair views = known_pair_views(&pair);
    double kernel[9], wrong[4];
    ckn_estimate_options options = options_for(&pair, CKN_SOLVER_EXACT);
    ckn_estimate_plan *plan = NULL;
    ckn_uncertainty u;
    ckn_error refusal;
    const ckn_output none = {0};
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &error));
    assert_int_equal(ckn_estimate_plan_uncertainty(plan, none, &u, &refusal), CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(refusal.message, "run the plan first"));
    TRY_OK(
        ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 3, 3), NULL, NULL, &error));
    TRY_OK(ckn_estimate_plan_uncertainty(plan, none, &u, &error));
    assert_int_equal(ckn_estimate_plan_uncertainty(plan, ckn_output_f64(wrong, 2, 2), &u, &refusal),
                     CKN_ERROR_ARGUMENT);
    for (size_t i = 0; i < 400; i++) /* a ramp determines 2 of 9 taps */
        pair.x[i] = (double)(i % 20);
    TRY_OK(
        ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 3, 3), NULL, NULL, &error));
    assert_int_equal(ckn_estimate_plan_uncertainty(plan, none, &u, &refusal), CKN_ERROR_DATA);
    assert_true(isnan(u.sum));
    ckn_estimate_plan_destroy(plan);
    known_pair_release(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_nnls),
        cmocka_unit_test(test_conjugate_gradients),
        cmocka_unit_test(test_ridge),
        cmocka_unit_test(test_minimum_norm),
        cmocka_unit_test(test_gap_is_a_bound),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_error_bars_cover),
        cmocka_unit_test(test_error_bars_of_constraints),
        cmocka_unit_test(test_error_bars_refused),
    };
    return cmocka_run_group_tests_name("exact", tests, NULL, ckn_test_close_context);
}
