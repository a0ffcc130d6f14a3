/* Masks and weights against weighted normal equations, summed by their definition. */
#include "estimate/fixture.h"
#include "estimate/reference.h"
#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PAIRS = 3 };

/* How samples are weighted. */
typedef struct recipe {
    double masked_blurred, masked_sharp; /* parts of the samples that are masked */
    bool graded;                         /* inverse variances, not masks alone */
    bool same;                           /* BLURRED has SHARP's size */
} recipe;

typedef struct weighted_pair {
    known_pair pair;
    double *sharp_weights, *blurred_weights; /* NULL: none */
    double *blurred;                         /* y, or in the middle of a plane of x's size */
    ckn_shape blurred_shape;
    double *windows; /* weights of the windows */
} weighted_pair;

static double *make_weights(uint64_t seed, size_t count, double masked, bool graded) {
    double *weights = ckn_test_array(count);
    uint64_t state = seed;
    for (size_t i = 0; i < count; i++) {
        weights[i] = graded ? ckn_test_uniform(&state, 0.5, 300) : 1;
        if (ckn_test_uniform(&state, 0, 1) < masked)
            weights[i] = 0;
    }
    return weights;
}

static void place_blurred(weighted_pair *made, bool same) {
    const ckn_shape valid = made->pair.y_shape, h = made->pair.h_shape;
    const size_t top = same ? h.rows / 2 : 0, left = same ? h.cols / 2 : 0;
    made->blurred_shape = same ? made->pair.x_shape : valid;
    made->blurred = ckn_test_array(ckn_shape_count(made->blurred_shape));
    for (size_t p = 0; p < valid.rows; p++)
        for (size_t q = 0; q < valid.cols; q++)
            made->blurred[(p + top) * made->blurred_shape.cols + q + left] =
                made->pair.y[p * valid.cols + q];
}

/* By the definition: a loop over every window. */
static void weigh_windows(weighted_pair *made, bool same) {
    const ckn_shape valid = made->pair.y_shape, h = made->pair.h_shape, x = made->pair.x_shape;
    const size_t top = same ? h.rows / 2 : 0, left = same ? h.cols / 2 : 0;
    made->windows = ckn_test_array(ckn_shape_count(valid));
    for (size_t p = 0; p < valid.rows; p++)
        for (size_t q = 0; q < valid.cols; q++) {
            double weight =
                made->blurred_weights
                    ? made->blurred_weights[(p + top) * made->blurred_shape.cols + q + left]
                    : 1;
            for (size_t i = 0; made->sharp_weights && i < h.rows; i++)
                for (size_t j = 0; j < h.cols; j++)
                    if (made->sharp_weights[(p + i) * x.cols + q + j] == 0)
                        weight = 0;
            made->windows[p * valid.cols + q] = weight;
        }
}

/* What is masked becomes garbage of the worst kind. */
static void spoil(double *samples, const double *weights, size_t count) {
    for (size_t i = 0; weights && i < count; i++)
        if (weights[i] == 0)
            samples[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : 1e30;
}

/* A sample of BLURRED that is not masked itself, but sees what is masked in SHARP, becomes large
 * and stays finite: it must not be NaN, and counts for nothing. */
static void spoil_blind(weighted_pair *made, bool same) {
    const ckn_shape valid = made->pair.y_shape, h = made->pair.h_shape, y = made->blurred_shape;
    const size_t top = same ? h.rows / 2 : 0, left = same ? h.cols / 2 : 0;
    for (size_t i = 0; i < ckn_shape_count(valid); i++) {
        const size_t at = (i / valid.cols + top) * y.cols + i % valid.cols + left;
        if (made->windows[i] == 0 && isfinite(made->blurred[at]))
            made->blurred[at] = i % 2 ? 3e35 : -1e30;
    }
}

static weighted_pair make_pair(uint64_t seed, ckn_shape x_shape, ckn_shape h_shape,
                               const recipe *how) {
    weighted_pair made = {.pair = known_pair_noise(seed, x_shape, h_shape, true)};
    uint64_t state = seed + 5;
    for (size_t i = 0; i < ckn_shape_count(made.pair.y_shape); i++)
        made.pair.y[i] += 0.2 + ckn_test_uniform(&state, -0.05, 0.05);
    place_blurred(&made, how->same);
    if (how->masked_sharp > 0)
        made.sharp_weights =
            make_weights(seed + 6, ckn_shape_count(x_shape), how->masked_sharp, how->graded);
    if (how->masked_blurred > 0 || how->graded)
        made.blurred_weights = make_weights(seed + 7, ckn_shape_count(made.blurred_shape),
                                            how->masked_blurred, how->graded);
    weigh_windows(&made, how->same);
    spoil(made.pair.x, made.sharp_weights, ckn_shape_count(x_shape));
    spoil(made.blurred, made.blurred_weights, ckn_shape_count(made.blurred_shape));
    spoil_blind(&made, how->same);
    return made;
}

static void release(weighted_pair *made) {
    known_pair_release(&made->pair);
    free(made->sharp_weights);
    free(made->blurred_weights);
    free(made->blurred);
    free(made->windows);
}

static ckn_pair views_of(const weighted_pair *made) {
    const ckn_shape x = made->pair.x_shape, y = made->blurred_shape;
    ckn_pair views = {.sharp = ckn_view_f64(made->pair.x, x.rows, x.cols),
                      .blurred = ckn_view_f64(made->blurred, y.rows, y.cols)};
    if (made->sharp_weights)
        views.sharp_weights = ckn_view_f64(made->sharp_weights, x.rows, x.cols);
    if (made->blurred_weights)
        views.blurred_weights = ckn_view_f64(made->blurred_weights, y.rows, y.cols);
    return views;
}

typedef struct expectation {
    double solution[64 + 3 * MOST_PAIRS];
    double square; /* sum w r^2, weights of mean 1 */
    size_t used;
} expectation;

static expectation expect(const weighted_pair *made, size_t count, size_t terms) {
    expectation expected = {.used = 0};
    reference_pair pairs[MOST_PAIRS];
    double sum = 0;
    for (size_t n = 0; n < count; n++) {
        pairs[n] =
            (reference_pair){made[n].pair.x_shape, made[n].pair.x, made[n].pair.y, made[n].windows};
        for (size_t i = 0; i < ckn_shape_count(made[n].pair.y_shape); i++) {
            sum += made[n].windows[i];
            expected.used += made[n].windows[i] > 0;
        }
    }
    expected.square =
        reference_solve(pairs, count, made[0].pair.h_shape, terms, expected.solution) /
        (sum / (double)expected.used);
    return expected;
}

static ckn_estimate_options options_for(const weighted_pair *made, ckn_solver solver,
                                        ckn_engine engine, size_t terms) {
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = made->pair.h_shape.rows;
    options.kernel_cols = made->pair.h_shape.cols;
    options.solver = solver;
    options.engine = engine;
    options.background = terms == 3   ? CKN_BACKGROUND_PLANE
                         : terms == 1 ? CKN_BACKGROUND_CONSTANT
                                      : CKN_BACKGROUND_NONE;
    options.tolerance = 1e-12;
    return options;
}

/* What is re-convolved is the model, weights or not. */
static void check_reconvolved(const weighted_pair *made, const double *reconvolved,
                              const double *kernel, const ckn_pair_fit *fit) {
    const ckn_shape valid = made->pair.y_shape;
    double *expected = ckn_test_array(ckn_shape_count(valid));
    ckn_naive_valid(made->pair.x, made->pair.x_shape, kernel, made->pair.h_shape, expected);
    for (size_t p = 0; p < valid.rows; p++)
        for (size_t q = 0; q < valid.cols; q++) {
            const size_t i = p * valid.cols + q;
            if (!isfinite(expected[i]) || fabs(expected[i]) > 1e6) /* touches a masked sample */
                continue;
            const double model = expected[i] + fit->constant +
                                 fit->slope_y * ((double)p - 0.5 * (double)(valid.rows - 1)) +
                                 fit->slope_x * ((double)q - 0.5 * (double)(valid.cols - 1));
            assert_true(fabs(reconvolved[i] - model) < (ckn_test_on_cpu() ? 1e-9 : 1e-4));
        }
    free(expected);
}

static void check_result(const weighted_pair *made, size_t count, size_t terms,
                         const expectation *expected, const ckn_estimate_options *options) {
    const bool cpu = ckn_test_on_cpu();
    const size_t taps = ckn_shape_count(made->pair.h_shape);
    double kernel[64], *planes[MOST_PAIRS];
    ckn_pair views[MOST_PAIRS];
    ckn_output outputs[MOST_PAIRS];
    ckn_estimate_plan *plan = NULL;
    ckn_estimate_result result;
    ckn_uncertainty errors;
    for (size_t n = 0; n < count; n++) {
        const ckn_shape valid = made[n].pair.y_shape;
        views[n] = views_of(&made[n]);
        planes[n] = ckn_test_array(ckn_shape_count(valid));
        outputs[n] = ckn_output_f64(planes[n], valid.rows, valid.cols);
    }
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), options, views, count, &plan, &error));
    TRY_OK(ckn_estimate_plan_run(plan, views, count,
                                 ckn_output_f64(kernel, options->kernel_rows, options->kernel_cols),
                                 outputs, &result, &error));
    const double tolerance = options->solver == CKN_SOLVER_FISTA ? 1e-7 : 1e-9;
    ckn_test_close(kernel, expected->solution, taps, cpu ? tolerance : 1e-4, "kernel by %s on %s",
                   ckn_solver_name(result.solver), ckn_engine_name(result.engine));
    assert_int_equal(result.count, expected->used);
    assert_true(fabs(2 * result.objective / expected->square - 1) < (cpu ? 1e-8 : 1e-4));
    const double rms = sqrt(expected->square / (double)expected->used);
    assert_true(fabs(result.residual_rms / rms - 1) < 1e-4);
    TRY_OK(ckn_estimate_plan_uncertainty(plan, (ckn_output){.data = NULL}, &errors, &error));
    const double spare = (double)expected->used - (double)(taps + terms * count);
    assert_true(fabs(errors.noise_sigma / sqrt(expected->square / spare) - 1) < 1e-4);
    for (size_t n = 0; n < count; n++) {
        ckn_pair_fit fit;
        TRY_OK(ckn_estimate_plan_pair(plan, n, &fit, &error));
        assert_true(terms == 0 || fabs(fit.constant - expected->solution[taps + n * terms]) <
                                      (cpu ? 1e-8 : 1e-4));
        check_reconvolved(&made[n], planes[n], kernel, &fit);
        free(planes[n]);
    }
    ckn_estimate_plan_destroy(plan);
}

static const recipe recipes[] = {
    {.masked_blurred = 0.05}, {.masked_blurred = 0.7, .same = true},
    {.masked_sharp = 0.003},  {.masked_sharp = 0.01, .masked_blurred = 0.1, .same = true},
    {.graded = true},         {.graded = true, .masked_blurred = 0.2, .masked_sharp = 0.004},
};

static void test_statistics(void **state) {
    (void)state;
    static const ckn_shape shapes[][2] = {
        {{40, 43}, {5, 4}}, {{51, 30}, {1, 7}}, {{61, 9}, {6, 1}}, {{23, 34}, {1, 1}}};
    static const size_t terms[] = {0, 1, 3};
    for (size_t r = 0; r < sizeof recipes / sizeof recipes[0]; r++)
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
            weighted_pair made[MOST_PAIRS];
            for (size_t n = 0; n < MOST_PAIRS; n++)
                made[n] = make_pair(100 * r + 10 * i + n,
                                    (ckn_shape){shapes[i][0].rows + n, shapes[i][0].cols},
                                    shapes[i][1], &recipes[r]);
            for (size_t t = 0; t < 3; t++)
                for (size_t count = 1; count <= MOST_PAIRS; count += 2) {
                    expectation expected = expect(made, count, terms[t]);
                    ckn_estimate_options options =
                        options_for(made, CKN_SOLVER_EXACT, CKN_ENGINE_AUTO, terms[t]);
                    check_result(made, count, terms[t], &expected, &options);
                }
            for (size_t n = 0; n < MOST_PAIRS; n++)
                release(&made[n]);
        }
}

static void test_image_engines(void **state) {
    (void)state;
    static const ckn_engine engines[] = {CKN_ENGINE_DIRECT, CKN_ENGINE_FFT, CKN_ENGINE_GRAM};
    static const ckn_solver solvers[] = {CKN_SOLVER_CG, CKN_SOLVER_FISTA};
    for (size_t r = 0; r < sizeof recipes / sizeof recipes[0]; r++) {
        weighted_pair made[2];
        for (size_t n = 0; n < 2; n++)
            made[n] =
                make_pair(70 + 10 * r + n, (ckn_shape){33 + n, 40}, (ckn_shape){4, 5}, &recipes[r]);
        expectation expected = expect(made, 2, 0);
        for (size_t i = 0; i < 6; i++) {
            ckn_estimate_options options = options_for(made, solvers[i / 3], engines[i % 3], 0);
            options.tolerance = ckn_test_on_cpu() ? 1e-12 : 1e-7;
            options.iterations = 5000;
            check_result(made, 2, 0, &expected, &options);
        }
        release(&made[0]);
        release(&made[1]);
    }
}

/* The optimality that is reported is that of the weighted problem. */
static void test_certificate(void **state) {
    (void)state;
    weighted_pair made = make_pair(9, (ckn_shape){40, 41}, (ckn_shape){4, 5}, &recipes[5]);
    for (int i = 0; i < 2; i++) {
        ckn_estimate_options options = options_for(&made, CKN_SOLVER_FISTA, CKN_ENGINE_DIRECT, 0);
        options.constraint = CKN_CONSTRAINT_SIMPLEX;
        options.tolerance = 0;
        options.iterations = 400;
        options.memory_limit = i == 0 ? 0 : 1; /* by the statistics, or by the images */
        ckn_estimate_result result;
        double kernel[20];
        ckn_pair views = views_of(&made);
        TRY_OK(ckn_estimate(ckn_test_context(), &options, &views, 1, ckn_output_f64(kernel, 4, 5),
                            &result, &error));
        assert_true(result.kkt_residual < (ckn_test_on_cpu() ? 1e-9 : 1e-5));
        assert_true(result.duality_gap < (ckn_test_on_cpu() ? 1e-9 : 1e-5));
    }
    release(&made);
}

/* A plan serves frames whose masks differ, or have none. */
static void test_plan(void **state) {
    (void)state;
    weighted_pair made[3];
    ckn_estimate_plan *plan = NULL;
    double kernel[20];
    for (size_t n = 0; n < 3; n++)
        made[n] = make_pair(30 + n, (ckn_shape){33, 40}, (ckn_shape){4, 5}, &recipes[n]);
    free(made[2].sharp_weights);
    release(&made[1]);
    made[1] = make_pair(77, (ckn_shape){33, 40}, (ckn_shape){4, 5}, &recipes[5]);
    made[2].sharp_weights = NULL;
    for (size_t i = 0; i < ckn_shape_count(made[2].pair.x_shape); i++)
        made[2].pair.x[i] =
            isfinite(made[2].pair.x[i]) && made[2].pair.x[i] < 2 ? made[2].pair.x[i] : 0.5;
    memcpy(made[2].blurred, made[2].pair.y,
           ckn_shape_count(made[2].blurred_shape) * sizeof *made[2].blurred);
    free(made[2].windows);
    weigh_windows(&made[2], false);
    ckn_estimate_options options = options_for(made, CKN_SOLVER_EXACT, CKN_ENGINE_AUTO, 1);
    ckn_pair first = views_of(&made[0]);
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &first, 1, &plan, &error));
    for (size_t n = 0; n < 3; n++) {
        expectation expected = expect(&made[n], 1, 1);
        ckn_pair views = views_of(&made[n]);
        TRY_OK(ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 4, 5), NULL, NULL,
                                     &error));
        ckn_test_close(kernel, expected.solution, 20, ckn_test_on_cpu() ? 1e-9 : 1e-4, "frame %zu",
                       n);
    }
    ckn_estimate_plan_destroy(plan);
    for (size_t n = 0; n < 3; n++)
        release(&made[n]);
}

/* --- refusals ------------------------------------------------------------------------------- */

static void refuse(const ckn_estimate_options *options, const ckn_pair *views, ckn_code code,
                   const char *part) {
    ckn_error refusal = {CKN_OK, ""};
    double kernel[64];
    ckn_output output = ckn_output_f64(kernel, options->kernel_rows, options->kernel_cols);
    assert_int_equal(ckn_estimate(ckn_test_context(), options, views, 1, output, NULL, &refusal),
                     code);
    if (!strstr(refusal.message, part))
        ckn_test_fail("'%s' does not say '%s'", refusal.message, part);
}

static void test_refusals(void **state) {
    (void)state;
    weighted_pair made =
        make_pair(3, (ckn_shape){20, 21}, (ckn_shape){4, 5},
                  &(recipe){.graded = true, .masked_blurred = 0.1, .masked_sharp = 0.01});
    const ckn_pair good = views_of(&made);
    const size_t count = ckn_shape_count(made.pair.y_shape);
    ckn_estimate_options options = options_for(&made, CKN_SOLVER_AUTO, CKN_ENGINE_AUTO, 0);
    ckn_pair views = good;
    views.sharp_weights.rows--;
    refuse(&options, &views, CKN_ERROR_ARGUMENT, "the weight plane of the sharp image is 21 x 19");
    views = good;
    views.blurred_weights.cols = 3;
    refuse(&options, &views, CKN_ERROR_ARGUMENT, "it must have its size");
    views.blurred_weights.type = CKN_UINT8;
    refuse(&options, &views, CKN_ERROR_ARGUMENT, "the weight plane of the blurred image");
    static const double bad[] = {-1, NAN, INFINITY};
    for (size_t i = 0; i < 3; i++) {
        const double kept = made.blurred_weights[30], other = made.sharp_weights[40];
        made.blurred_weights[30] = bad[i];
        refuse(&options, &good, CKN_ERROR_DATA, "row 1, column 13");
        made.blurred_weights[30] = kept;
        made.sharp_weights[40] = bad[i];
        refuse(&options, &good, CKN_ERROR_DATA, "row 1, column 19");
        made.sharp_weights[40] = other;
    }
    options.solver = CKN_SOLVER_DIVISION;
    refuse(&options, &good, CKN_ERROR_ARGUMENT, "the division knows no weights");
    options.solver = CKN_SOLVER_CG;
    options.engine = CKN_ENGINE_TOEPLITZ;
    refuse(&options, &good, CKN_ERROR_ARGUMENT, "toeplitz knows no weights");
    options = options_for(&made, CKN_SOLVER_AUTO, CKN_ENGINE_AUTO, 0);
    /* NaN that is not masked: of BLURRED under weight, of SHARP without weights. */
    views = good;
    views.sharp_weights.data = NULL;
    refuse(&options, &views, CKN_ERROR_DATA, "the sharp image");
    const double blurred = made.blurred[7], weight = made.blurred_weights[7];
    made.blurred[7] = NAN;
    made.blurred_weights[7] = 1;
    refuse(&options, &good, CKN_ERROR_DATA, "is NaN, and not masked");
    made.blurred[7] = blurred;
    made.blurred_weights[7] = weight;
    for (size_t i = 0; i < count; i++)
        made.blurred_weights[i] = i < 9 ? 1 : 0;
    refuse(&options, &good, CKN_ERROR_DATA, "samples for 20 taps");
    for (size_t i = 0; i < count; i++)
        made.blurred_weights[i] = 0;
    refuse(&options, &good, CKN_ERROR_DATA, "the masks leave nothing to fit");
    release(&made);
}

static void test_plan_without_weights(void **state) {
    (void)state;
    weighted_pair made = make_pair(3, (ckn_shape){20, 21}, (ckn_shape){4, 5}, &recipes[0]);
    const ckn_pair views = views_of(&made);
    ckn_pair bare = views;
    bare.blurred_weights.data = NULL;
    ckn_estimate_options options = options_for(&made, CKN_SOLVER_AUTO, CKN_ENGINE_AUTO, 0);
    ckn_estimate_plan *plan = NULL;
    ckn_error refusal = {CKN_OK, ""};
    double kernel[20];
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &bare, 1, &plan, &error));
    assert_int_equal(
        ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 4, 5), NULL, NULL, &refusal),
        CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(refusal.message, "make a new plan"));
    ckn_estimate_plan_destroy(plan);
    release(&made);
}

/* Weights beyond the range of float32, and so far apart that their sum leaves double. */
static void test_extreme_weights(void **state) {
    (void)state;
    weighted_pair made = make_pair(13, (ckn_shape){30, 31}, (ckn_shape){3, 4},
                                   &(recipe){.graded = true, .masked_blurred = 0.1});
    expectation expected = expect(&made, 1, 0);
    static const double factors[] = {1e-300, 1e300};
    for (size_t f = 0; f < 2; f++) {
        for (size_t i = 0; i < ckn_shape_count(made.blurred_shape); i++)
            made.blurred_weights[i] *= factors[f];
        ckn_estimate_options options = options_for(&made, CKN_SOLVER_EXACT, CKN_ENGINE_AUTO, 0);
        check_result(&made, 1, 0, &expected, &options);
        options = options_for(&made, CKN_SOLVER_CG, CKN_ENGINE_DIRECT, 0);
        options.tolerance = ckn_test_on_cpu() ? 1e-12 : 1e-7;
        check_result(&made, 1, 0, &expected, &options);
        for (size_t i = 0; i < ckn_shape_count(made.blurred_shape); i++)
            made.blurred_weights[i] /= factors[f];
    }
    release(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics),      cmocka_unit_test(test_image_engines),
        cmocka_unit_test(test_certificate),     cmocka_unit_test(test_plan),
        cmocka_unit_test(test_refusals),        cmocka_unit_test(test_plan_without_weights),
        cmocka_unit_test(test_extreme_weights),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
