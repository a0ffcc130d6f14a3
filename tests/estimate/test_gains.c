/* Gains: exposures of several pairs, fitted with their kernel. */
#include "estimate/fixture.h"
#include "estimate/reference.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 3, TAPS = 20 };

static const ckn_shape h_shape = {5, 4};

/* y = gain (h * x) + background and a little noise. */
static known_pair exposed(uint64_t seed, double gain, double background, double noise,
                          bool signed_) {
    known_pair pair = known_pair_noise(900 + seed, (ckn_shape){40 + seed, 44}, h_shape, signed_);
    known_pair same = known_pair_noise(900, (ckn_shape){40, 44}, h_shape, signed_);
    uint64_t state = seed + 5;
    memcpy(pair.h, same.h, TAPS * sizeof *pair.h);
    for (size_t p = 0; p < pair.y_shape.rows; p++)
        for (size_t q = 0; q < pair.y_shape.cols; q++) {
            double sum = 0;
            for (size_t i = 0; i < h_shape.rows; i++)
                for (size_t j = 0; j < h_shape.cols; j++)
                    sum += pair.h[i * h_shape.cols + j] *
                           pair.x[(p + h_shape.rows - 1 - i) * pair.x_shape.cols + q +
                                  h_shape.cols - 1 - j];
            pair.y[p * pair.y_shape.cols + q] =
                gain * sum + background + ckn_test_uniform(&state, -noise, noise);
        }
    known_pair_release(&same);
    return pair;
}

typedef struct answer {
    double kernel[TAPS];
    ckn_pair_fit fits[PAIRS];
    ckn_estimate_result result;
    ckn_uncertainty errors;
    double remaining; /* sum of squares of what was re-convolved less y */
} answer;

static answer solve(const known_pair *pairs, size_t count, const ckn_estimate_options *options) {
    answer found = {.remaining = 0};
    ckn_pair views[PAIRS];
    ckn_output outputs[PAIRS];
    double *planes[PAIRS];
    ckn_estimate_plan *plan = NULL;
    for (size_t n = 0; n < count; n++) {
        views[n] = known_pair_views(&pairs[n]);
        planes[n] = ckn_test_array(ckn_shape_count(pairs[n].y_shape));
        outputs[n] = ckn_output_f64(planes[n], pairs[n].y_shape.rows, pairs[n].y_shape.cols);
    }
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), options, views, count, &plan, &error));
    TRY_OK(ckn_estimate_plan_run(plan, views, count,
                                 ckn_output_f64(found.kernel, h_shape.rows, h_shape.cols), outputs,
                                 &found.result, &error));
    TRY_OK(ckn_estimate_plan_uncertainty(plan, (ckn_output){.data = NULL}, &found.errors, &error));
    for (size_t n = 0; n < count; n++) {
        TRY_OK(ckn_estimate_plan_pair(plan, n, &found.fits[n], &error));
        for (size_t i = 0; i < ckn_shape_count(pairs[n].y_shape); i++)
            found.remaining += pow(planes[n][i] - pairs[n].y[i], 2);
        free(planes[n]);
    }
    ckn_estimate_plan_destroy(plan);
    return found;
}

static ckn_estimate_options options_for(ckn_solver solver, ckn_constraint constraint,
                                        ckn_background background) {
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = h_shape.rows;
    options.kernel_cols = h_shape.cols;
    options.solver = solver;
    options.constraint = constraint;
    options.background = background;
    options.gain = CKN_GAIN_FIT;
    return options;
}

static void release(known_pair *pairs, size_t count) {
    for (size_t n = 0; n < count; n++)
        known_pair_release(&pairs[n]);
}

static const double gains[PAIRS] = {1, 1.7, 0.4};

static void test_several_exposures(void **state) {
    (void)state;
    for (int background = CKN_BACKGROUND_NONE; background <= CKN_BACKGROUND_CONSTANT;
         background++) {
        const double offset = background == CKN_BACKGROUND_NONE ? 0 : 0.3;
        known_pair pairs[PAIRS];
        for (size_t n = 0; n < PAIRS; n++)
            pairs[n] = exposed(n, gains[n], offset * (double)n, 0.01, true);
        ckn_estimate_options options =
            options_for(CKN_SOLVER_EXACT, CKN_CONSTRAINT_NONE, (ckn_background)background);
        answer found = solve(pairs, PAIRS, &options);
        ckn_test_close(found.kernel, pairs[0].h, TAPS, 0.01, "kernel");
        for (size_t n = 0; n < PAIRS; n++) {
            assert_true(fabs(found.fits[n].gain - gains[n]) < 0.01);
            assert_true(fabs(found.fits[n].constant - offset * (double)n) < 0.02);
        }
        assert_true(found.fits[0].gain == 1);
        const double degrees = TAPS + 2 + (background == CKN_BACKGROUND_NONE ? 0 : PAIRS);
        assert_true(found.errors.degrees_of_freedom == degrees);
        assert_true(fabs(2 * found.result.objective / found.remaining - 1) < 1e-3);
        options.gain = CKN_GAIN_NONE;
        answer plain = solve(pairs, PAIRS, &options);
        assert_true(plain.result.objective > 10 * found.result.objective);
        assert_true(plain.fits[1].gain == 1);
        release(pairs, PAIRS);
    }
}

/* Least squares of pairs whose x is multiplied by other gains leaves more. */
static void test_is_optimal(void **state) {
    (void)state;
    known_pair pairs[2] = {exposed(0, 1, 0.1, 0.2, true), exposed(1, 1.5, 0.2, 0.2, true)};
    ckn_estimate_options options =
        options_for(CKN_SOLVER_EXACT, CKN_CONSTRAINT_NONE, CKN_BACKGROUND_CONSTANT);
    answer found = solve(pairs, 2, &options);
    static const double factors[] = {1, 1.01, 0.99};
    double squares[3], solution[TAPS + 2];
    for (size_t f = 0; f < 3; f++) {
        known_pair scaled = exposed(1, 1.5, 0.2, 0.2, true);
        for (size_t i = 0; i < ckn_shape_count(scaled.x_shape); i++)
            scaled.x[i] *= found.fits[1].gain * factors[f];
        const reference_pair references[2] = {{pairs[0].x_shape, pairs[0].x, pairs[0].y, NULL},
                                              {scaled.x_shape, scaled.x, scaled.y, NULL}};
        squares[f] = reference_solve(references, 2, h_shape, 1, solution);
        known_pair_release(&scaled);
        if (f == 0)
            ckn_test_close(found.kernel, solution, TAPS, ckn_test_on_cpu() ? 1e-7 : 1e-4,
                           "kernel at the gain");
    }
    assert_true(squares[0] < squares[1] && squares[0] < squares[2]);
    assert_true(fabs(2 * found.result.objective / squares[0] - 1) < 1e-4);
    release(pairs, 2);
}

/* A single pair has a gain on the simplex: the sum of the kernel. */
static void test_simplex(void **state) {
    (void)state;
    known_pair pairs[2] = {exposed(0, 2.5, 0.4, 0.01, false), exposed(1, 0.5, 0, 0.01, false)};
    ckn_estimate_options options =
        options_for(CKN_SOLVER_NNLS, CKN_CONSTRAINT_SIMPLEX, CKN_BACKGROUND_CONSTANT);
    for (size_t count = 1; count <= 2; count++) {
        answer found = solve(pairs, count, &options);
        ckn_test_close(found.kernel, pairs[0].h, TAPS, 0.01, "kernel of %zu pairs", count);
        double sum = 0;
        for (size_t tap = 0; tap < TAPS; tap++)
            sum += found.kernel[tap];
        assert_true(fabs(sum - 1) < 1e-9);
        assert_true(fabs(found.fits[0].gain - 2.5) < 0.01);
        assert_true(count == 1 || fabs(found.fits[1].gain - 0.5) < 0.01);
        assert_true(fabs(found.fits[0].constant - 0.4) < 0.01);
        assert_true(found.result.kkt_residual < 1e-6);
    }
    options.constraint = CKN_CONSTRAINT_NONNEG; /* the kernel's sum is free */
    answer found = solve(pairs, 1, &options);
    assert_true(found.fits[0].gain == 1);
    release(pairs, 2);
}

/* On a large pedestal, which is shifted away beside a background. */
static void test_pedestal(void **state) {
    (void)state;
    known_pair pairs[2] = {exposed(0, 1, 0, 0.001, true), exposed(1, 3, 0, 0.001, true)};
    for (size_t n = 0; n < 2; n++) {
        double sum = 0;
        for (size_t tap = 0; tap < TAPS; tap++)
            sum += pairs[n].h[tap];
        for (size_t i = 0; i < ckn_shape_count(pairs[n].x_shape); i++)
            pairs[n].x[i] += 500;
        for (size_t i = 0; i < ckn_shape_count(pairs[n].y_shape); i++)
            pairs[n].y[i] += (n == 0 ? 1 : 3) * 500 * sum + 7;
    }
    ckn_estimate_options options =
        options_for(CKN_SOLVER_EXACT, CKN_CONSTRAINT_NONE, CKN_BACKGROUND_CONSTANT);
    answer found = solve(pairs, 2, &options);
    ckn_test_close(found.kernel, pairs[0].h, TAPS, 0.01, "kernel");
    assert_true(fabs(found.fits[1].gain - 3) < 0.01);
    assert_true(fabs(found.fits[0].constant - 7) < 3);
    assert_true(fabs(found.fits[1].constant - 7) < 10);
    assert_true(fabs(2 * found.result.objective / found.remaining - 1) < 1e-2);
    release(pairs, 2);
}

static void refuse(const known_pair *pairs, const ckn_estimate_options *options, const char *part) {
    ckn_error refusal = {CKN_OK, ""};
    double kernel[TAPS];
    const ckn_pair views[2] = {known_pair_views(&pairs[0]), known_pair_views(&pairs[1])};
    assert_int_not_equal(ckn_estimate(ckn_test_context(), options, views, 2,
                                      ckn_output_f64(kernel, h_shape.rows, h_shape.cols), NULL,
                                      &refusal),
                         CKN_OK);
    if (!strstr(refusal.message, part))
        ckn_test_fail("'%s' does not say '%s'", refusal.message, part);
}

static void test_refusals(void **state) {
    (void)state;
    known_pair pairs[2] = {exposed(0, 1, 0, 0.01, true), exposed(1, 1.5, 0, 0.01, true)};
    ckn_estimate_options options =
        options_for(CKN_SOLVER_EXACT, CKN_CONSTRAINT_NONE, CKN_BACKGROUND_NONE);
    options.gain = (ckn_gain)4;
    refuse(pairs, &options, "unknown gain 4");
    options.gain = CKN_GAIN_FIT;
    options.solver = CKN_SOLVER_DIVISION;
    refuse(pairs, &options, "the division knows no gains");
    options.solver = CKN_SOLVER_FISTA;
    options.engine = CKN_ENGINE_FFT;
    refuse(pairs, &options, "leave the engine fft out");
    options = options_for(CKN_SOLVER_EXACT, CKN_CONSTRAINT_NONE, CKN_BACKGROUND_NONE);
    options.memory_limit = 9000; /* the statistics take 8320 bytes */
    refuse(pairs, &options, "gains take the statistics of all 2 pairs");
    options.memory_limit = 0;
    for (size_t i = 0; i < ckn_shape_count(pairs[1].y_shape); i++)
        pairs[1].y[i] = -pairs[1].y[i];
    refuse(pairs, &options, "has no positive gain beside the others");
    release(pairs, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several_exposures), cmocka_unit_test(test_is_optimal),
        cmocka_unit_test(test_simplex),           cmocka_unit_test(test_pedestal),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
