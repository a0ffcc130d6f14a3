/* Backgrounds: terms that are fitted with the kernel, and the test that decides on them. */
#include "estimate/fixture.h"
#include "estimate/reference.h"
#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PAIRS = 3 };

typedef struct image_set {
    ckn_shape h_shape;
    size_t count;
    known_pair pairs[MOST_PAIRS];
} image_set;

static double tolerance(void) {
    return ckn_test_on_cpu() ? 1e-10 : 2e-5;
}

static void add_plane(known_pair *pair, double constant, double slope_y, double slope_x,
                      double noise, uint64_t seed) {
    uint64_t state = seed;
    for (size_t p = 0; p < pair->y_shape.rows; p++) {
        for (size_t q = 0; q < pair->y_shape.cols; q++)
            pair->y[p * pair->y_shape.cols + q] +=
                constant + slope_y * ((double)p - 0.5 * (double)(pair->y_shape.rows - 1)) +
                slope_x * ((double)q - 0.5 * (double)(pair->y_shape.cols - 1)) +
                ckn_test_uniform(&state, -noise, noise);
    }
}

static image_set make_scene(size_t count, ckn_shape x_shape, ckn_shape h_shape, double noise) {
    image_set made = {.h_shape = h_shape, .count = count};
    for (size_t n = 0; n < count; n++) {
        const ckn_shape shape = {x_shape.rows + 3 * n, x_shape.cols + n};
        made.pairs[n] = known_pair_noise(40 + n, shape, h_shape, true);
        add_plane(&made.pairs[n], 0.3 - 0.25 * (double)n, 0.004, -0.002 * (double)(n + 1), noise,
                  70 + n);
    }
    return made;
}

static void release(image_set *scene) {
    for (size_t n = 0; n < scene->count; n++)
        known_pair_release(&scene->pairs[n]);
}

static ckn_estimate_options options_for(const image_set *scene, ckn_background background) {
    ckn_estimate_options options = known_pair_options(&scene->pairs[0]);
    options.solver = CKN_SOLVER_EXACT;
    options.engine = CKN_ENGINE_AUTO;
    options.background = background;
    return options;
}

typedef struct answer {
    double kernel[64];
    ckn_pair_fit fits[MOST_PAIRS];
    double *reconvolved[MOST_PAIRS];
    ckn_estimate_result result;
    ckn_uncertainty uncertainty;
} answer;

static answer solve(const image_set *scene, const ckn_estimate_options *options) {
    answer found = {.kernel = {0}};
    ckn_pair views[MOST_PAIRS];
    ckn_output planes[MOST_PAIRS];
    ckn_estimate_plan *plan = NULL;
    for (size_t n = 0; n < scene->count; n++) {
        const ckn_shape valid = scene->pairs[n].y_shape;
        views[n] = known_pair_views(&scene->pairs[n]);
        found.reconvolved[n] = ckn_test_array(ckn_shape_count(valid));
        planes[n] = ckn_output_f64(found.reconvolved[n], valid.rows, valid.cols);
    }
    TRY_OK(
        ckn_estimate_plan_create(ckn_test_context(), options, views, scene->count, &plan, &error));
    TRY_OK(ckn_estimate_plan_run(
        plan, views, scene->count,
        ckn_output_f64(found.kernel, scene->h_shape.rows, scene->h_shape.cols), planes,
        &found.result, &error));
    TRY_OK(ckn_estimate_plan_uncertainty(plan, (ckn_output){.data = NULL}, &found.uncertainty,
                                         &error));
    for (size_t n = 0; n < scene->count; n++)
        TRY_OK(ckn_estimate_plan_pair(plan, n, &found.fits[n], &error));
    ckn_estimate_plan_destroy(plan);
    return found;
}

static void forget(answer *found, size_t count) {
    for (size_t n = 0; n < count; n++)
        free(found->reconvolved[n]);
}

/* The sum of squares of what the answer leaves of y, by the planes it gave. */
static double remaining(const image_set *scene, const answer *found) {
    double sum = 0;
    for (size_t n = 0; n < scene->count; n++)
        for (size_t i = 0; i < ckn_shape_count(scene->pairs[n].y_shape); i++)
            sum += pow(found->reconvolved[n][i] - scene->pairs[n].y[i], 2);
    return sum;
}

static void check_scene(const image_set *scene, ckn_background background) {
    const size_t taps = ckn_shape_count(scene->h_shape);
    const size_t terms = background == CKN_BACKGROUND_PLANE ? 3 : 1;
    double expected[64 + 3 * MOST_PAIRS];
    reference_pair pairs[MOST_PAIRS];
    size_t samples = 0;
    for (size_t n = 0; n < scene->count; n++) {
        const known_pair *pair = &scene->pairs[n];
        pairs[n] = (reference_pair){pair->x_shape, pair->x, pair->y, NULL};
        samples += ckn_shape_count(pair->y_shape);
    }
    double square = reference_solve(pairs, scene->count, scene->h_shape, terms, expected);
    ckn_estimate_options options = options_for(scene, background);
    answer found = solve(scene, &options);
    ckn_test_close(found.kernel, expected, taps, tolerance(), "kernel");
    for (size_t n = 0; n < scene->count; n++) {
        const double *a = expected + taps + n * terms;
        const ckn_pair_fit *fit = &found.fits[n];
        assert_true(fabs(fit->constant - a[0]) <= 10 * tolerance());
        assert_true(fabs(fit->slope_y - (terms == 3 ? a[1] : 0)) <= tolerance());
        assert_true(fabs(fit->slope_x - (terms == 3 ? a[2] : 0)) <= tolerance());
    }
    assert_int_equal(found.result.background, background);
    assert_true(fabs(2 * found.result.objective / square - 1) < (ckn_test_on_cpu() ? 1e-9 : 1e-4));
    assert_true(fabs(remaining(scene, &found) / square - 1) < (ckn_test_on_cpu() ? 1e-9 : 1e-3));
    const double degrees = (double)(taps + scene->count * terms);
    assert_true(found.uncertainty.degrees_of_freedom == degrees);
    const double sigma = sqrt(square / ((double)samples - degrees));
    assert_true(fabs(found.uncertainty.noise_sigma / sigma - 1) < 1e-4);
    forget(&found, scene->count);
}

static void test_naive(void **state) {
    (void)state;
    static const ckn_shape shapes[][2] = {
        {{30, 33}, {5, 4}}, {{31, 30}, {1, 7}}, {{40, 5}, {6, 1}},
        {{12, 14}, {1, 1}}, {{9, 8}, {3, 2}},   {{33, 41}, {8, 8}},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (size_t count = 1; count <= MOST_PAIRS; count += 2) {
            image_set scene = make_scene(count, shapes[i][0], shapes[i][1], 0.02);
            check_scene(&scene, CKN_BACKGROUND_CONSTANT);
            check_scene(&scene, CKN_BACKGROUND_PLANE);
            release(&scene);
        }
    }
}

/* Images taller than one strip, and pedestals that would cost a device its digits. */
static void test_pedestals(void **state) {
    (void)state;
    image_set scene = make_scene(1, (ckn_shape){60, 50}, (ckn_shape){5, 5}, 0.001);
    known_pair *pair = &scene.pairs[0];
    for (size_t i = 0; i < ckn_shape_count(pair->x_shape); i++)
        pair->x[i] += 4000;
    for (size_t i = 0; i < ckn_shape_count(pair->y_shape); i++)
        pair->y[i] -= 25000;
    double expected[28];
    const reference_pair reference = {pair->x_shape, pair->x, pair->y, NULL};
    reference_solve(&reference, 1, scene.h_shape, 3, expected);
    ckn_estimate_options options = options_for(&scene, CKN_BACKGROUND_PLANE);
    answer found = solve(&scene, &options);
    ckn_test_close(found.kernel, expected, 25, ckn_test_on_cpu() ? 1e-8 : 1e-4, "kernel");
    assert_true(fabs(found.fits[0].constant - expected[25]) < (ckn_test_on_cpu() ? 1e-3 : 1));
    assert_true(fabs(found.fits[0].slope_y - expected[26]) < 1e-6);
    assert_true(fabs(found.fits[0].slope_x - expected[27]) < 1e-6);
    forget(&found, 1);
    release(&scene);
}

/* Every constraint and every solver that works on the statistics. */
static void test_constraints(void **state) {
    (void)state;
    image_set scene = make_scene(1, (ckn_shape){50, 52}, (ckn_shape){5, 5}, 0.0);
    known_pair_release(&scene.pairs[0]);
    scene.pairs[0] = known_pair_noise(7, (ckn_shape){50, 52}, (ckn_shape){5, 5}, false);
    add_plane(&scene.pairs[0], 0.7, 0, 0, 1e-3, 8);
    static const struct {
        ckn_solver solver;
        ckn_constraint constraint;
    } cases[] = {{CKN_SOLVER_NNLS, CKN_CONSTRAINT_NONNEG},
                 {CKN_SOLVER_NNLS, CKN_CONSTRAINT_SIMPLEX},
                 {CKN_SOLVER_FISTA, CKN_CONSTRAINT_SIMPLEX},
                 {CKN_SOLVER_CG, CKN_CONSTRAINT_NONE},
                 {CKN_SOLVER_GD, CKN_CONSTRAINT_NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ckn_estimate_options options = options_for(&scene, CKN_BACKGROUND_CONSTANT);
        options.solver = cases[i].solver;
        options.constraint = cases[i].constraint;
        answer found = solve(&scene, &options);
        assert_int_equal(found.result.engine, CKN_ENGINE_GRAM);
        ckn_test_close(found.kernel, scene.pairs[0].h, 25, 5e-3, "kernel of case %zu", i);
        assert_true(fabs(found.fits[0].constant - 0.7) < 2e-3);
        forget(&found, 1);
    }
    release(&scene);
}

static ckn_background decision(double constant, double noise, uint64_t seed, double *value) {
    image_set scene = {.h_shape = {5, 5}, .count = 1};
    scene.pairs[0] = known_pair_noise(seed, (ckn_shape){48, 49}, (ckn_shape){5, 5}, true);
    add_plane(&scene.pairs[0], constant, 0, 0, noise, seed + 100);
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = options.kernel_cols = 5;
    answer found = solve(&scene, &options);
    *value = found.fits[0].constant;
    forget(&found, 1);
    release(&scene);
    return found.result.background;
}

static void test_automatic(void **state) {
    (void)state;
    double value = 0;
    assert_int_equal(decision(0.05, 0.01, 1, &value), CKN_BACKGROUND_CONSTANT);
    assert_true(fabs(value - 0.05) < 0.01);
    assert_int_equal(decision(0.3, 0, 2, &value), CKN_BACKGROUND_CONSTANT);
    assert_true(fabs(value - 0.3) < 1e-4);
    assert_int_equal(decision(0, 0, 3, &value), CKN_BACKGROUND_NONE);
    assert_true(value == 0);
    size_t alarms = 0;
    for (uint64_t seed = 10; seed < 60; seed++)
        alarms += decision(0, 0.01, seed, &value) != CKN_BACKGROUND_NONE;
    assert_int_equal(alarms, 0);
}

/* One of several pairs with a background is enough, and too few samples tell nothing. */
static void test_automatic_pairs(void **state) {
    (void)state;
    image_set scene = {.h_shape = {4, 5}, .count = 2};
    scene.pairs[0] = known_pair_noise(3, (ckn_shape){40, 41}, scene.h_shape, true);
    scene.pairs[1] = known_pair_noise(3, (ckn_shape){42, 30}, scene.h_shape, true);
    add_plane(&scene.pairs[0], 0, 0, 0, 0.01, 5);
    add_plane(&scene.pairs[1], 0.1, 0, 0, 0.01, 6);
    ckn_estimate_options options = options_for(&scene, CKN_BACKGROUND_AUTO);
    answer found = solve(&scene, &options);
    assert_int_equal(found.result.background, CKN_BACKGROUND_CONSTANT);
    assert_true(fabs(found.fits[0].constant) < 0.01);
    assert_true(fabs(found.fits[1].constant - 0.1) < 0.01);
    assert_true(found.uncertainty.degrees_of_freedom == 22);
    forget(&found, 2);
    release(&scene);
    scene.count = 1;
    scene.pairs[0] = known_pair_noise(3, (ckn_shape){8, 9}, scene.h_shape, true);
    add_plane(&scene.pairs[0], 5, 0, 0, 0.01, 5);
    found = solve(&scene, &options);
    assert_int_equal(found.result.background, CKN_BACKGROUND_NONE);
    forget(&found, 1);
    release(&scene);
}

/* Engines over the images know no background. */
static void test_image_engines(void **state) {
    (void)state;
    image_set scene = make_scene(1, (ckn_shape){30, 33}, (ckn_shape){5, 4}, 0.01);
    ckn_estimate_options options = options_for(&scene, CKN_BACKGROUND_AUTO);
    options.solver = CKN_SOLVER_FISTA;
    options.engine = CKN_ENGINE_DIRECT;
    options.iterations = 20;
    answer found = solve(&scene, &options);
    assert_int_equal(found.result.background, CKN_BACKGROUND_NONE);
    assert_true(found.fits[0].constant == 0);
    forget(&found, 1);
    release(&scene);
}

static void refuse(ckn_estimate_options options, const image_set *scene, const char *part) {
    ckn_error refusal = {CKN_OK, ""};
    double kernel[64];
    ckn_pair views = known_pair_views(&scene->pairs[0]);
    ckn_output output = ckn_output_f64(kernel, options.kernel_rows, options.kernel_cols);
    assert_int_not_equal(
        ckn_estimate(ckn_test_context(), &options, &views, 1, output, NULL, &refusal), CKN_OK);
    if (!strstr(refusal.message, part))
        ckn_test_fail("'%s' does not say '%s'", refusal.message, part);
}

static void test_refusals(void **state) {
    (void)state;
    image_set scene = make_scene(1, (ckn_shape){30, 33}, (ckn_shape){5, 4}, 0.01);
    ckn_estimate_options options = options_for(&scene, CKN_BACKGROUND_PLANE);
    options.solver = CKN_SOLVER_FISTA;
    options.engine = CKN_ENGINE_FFT;
    refuse(options, &scene, "leave the engine fft out");
    options.engine = CKN_ENGINE_AUTO;
    options.solver = CKN_SOLVER_DIVISION;
    refuse(options, &scene, "the division knows no background");
    options.solver = CKN_SOLVER_EXACT;
    options.background = (ckn_background)7;
    refuse(options, &scene, "unknown background 7");
    assert_string_equal(ckn_background_name((ckn_background)7), "unknown");
    options.background = CKN_BACKGROUND_CONSTANT;
    options.kernel_rows = options.kernel_cols = 1;
    for (size_t i = 0; i < ckn_shape_count(scene.pairs[0].x_shape); i++)
        scene.pairs[0].x[i] = 2;
    scene.pairs[0].y_shape = scene.pairs[0].x_shape;
    free(scene.pairs[0].y);
    scene.pairs[0].y = ckn_test_random_array(1, ckn_shape_count(scene.pairs[0].x_shape), 0, 1);
    refuse(options, &scene, "constant");
    release(&scene);
}

static void test_accessor(void **state) {
    (void)state;
    image_set scene = make_scene(1, (ckn_shape){30, 33}, (ckn_shape){5, 4}, 0.01);
    ckn_estimate_options options = options_for(&scene, CKN_BACKGROUND_PLANE);
    ckn_pair views = known_pair_views(&scene.pairs[0]);
    ckn_estimate_plan *plan = NULL;
    ckn_pair_fit fit;
    double kernel[20];
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &error));
    assert_int_equal(ckn_estimate_plan_pair(plan, 0, &fit, NULL), CKN_ERROR_ARGUMENT);
    TRY_OK(
        ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 5, 4), NULL, NULL, &error));
    assert_int_equal(ckn_estimate_plan_pair(plan, 1, &fit, NULL), CKN_ERROR_ARGUMENT);
    TRY_OK(ckn_estimate_plan_pair(plan, 0, &fit, &error));
    ckn_estimate_plan_destroy(plan);
    for (int background = 0; background <= CKN_BACKGROUND_PLANE; background++)
        assert_string_not_equal(ckn_background_name((ckn_background)background), "unknown");
    release(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_naive),           cmocka_unit_test(test_pedestals),
        cmocka_unit_test(test_constraints),     cmocka_unit_test(test_automatic),
        cmocka_unit_test(test_automatic_pairs), cmocka_unit_test(test_image_engines),
        cmocka_unit_test(test_refusals),        cmocka_unit_test(test_accessor),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
