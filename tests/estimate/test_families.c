/* Named kernels: their taps, and which of them a pair was blurred by. */
#include "estimate/fixture.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEGREE 0.017453292519943295

static ckn_family_parameters centred(ckn_shape shape) {
    return (ckn_family_parameters){.gain = 1,
                                   .center_x = 0.5 * (double)(shape.cols - 1),
                                   .center_y = 0.5 * (double)(shape.rows - 1)};
}

static double *sample(ckn_family family, size_t passes, const ckn_family_parameters *value,
                      ckn_shape shape) {
    double *taps = ckn_test_array(ckn_shape_count(shape));
    TRY_OK(ckn_family_sample(family, passes, value, ckn_output_f64(taps, shape.rows, shape.cols),
                             &error));
    return taps;
}

/* ---- taps */

static bool covers(ckn_family family, const ckn_family_parameters *value, double x, double y) {
    const double cosine = cos(value->angle * DEGREE), sine = sin(value->angle * DEGREE);
    if (family == CKN_FAMILY_DISC)
        return x * x + y * y <= value->radius * value->radius;
    return fabs(x * cosine + y * sine) <= value->length / 2 && fabs(y * cosine - x * sine) <= 0.5;
}

/* Taps by counting points of a fine grid. */
static double *by_points(ckn_family family, const ckn_family_parameters *value, ckn_shape shape) {
    enum { FINE = 200 };
    double *taps = ckn_test_array(ckn_shape_count(shape)), sum = 0;
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++) {
        const size_t row = tap / shape.cols, col = tap % shape.cols;
        for (size_t i = 0; i < (size_t)FINE * FINE; i++) {
            const size_t down = i / FINE, right = i % FINE;
            const double x = (double)col + ((double)right + 0.5) / FINE - 0.5;
            const double y = (double)row + ((double)down + 0.5) / FINE - 0.5;
            taps[tap] += covers(family, value, x - value->center_x, y - value->center_y);
        }
        sum += taps[tap];
    }
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++)
        taps[tap] *= value->gain / sum;
    return taps;
}

static void test_areas(void **state) {
    (void)state;
    static const double sizes[] = {0.3, 0.7, 1, 1.5, 2.9, 4.2};
    static const double angles[] = {0, 90, 45, -45, 17, -80};
    const ckn_shape shape = {9, 11};
    for (size_t i = 0; i < 6; i++) {
        for (int family = CKN_FAMILY_DISC; family <= CKN_FAMILY_LINE; family++) {
            ckn_family_parameters value = {.gain = 0.7,
                                           .center_x = 5 + 0.31 * (double)i,
                                           .center_y = 4 - 0.17 * (double)i,
                                           .angle = angles[i],
                                           .radius = sizes[i],
                                           .length = 2 * sizes[i]};
            double *taps = sample((ckn_family)family, 0, &value, shape);
            double *expected = by_points((ckn_family)family, &value, shape);
            ckn_test_close(taps, expected, 99, 4e-3, "family %d, size %g", family, sizes[i]);
            free(taps);
            free(expected);
        }
    }
}

/* A disc's area, and a line's, where the window holds all of it. */
static void test_areas_are_exact(void **state) {
    (void)state;
    const ckn_shape shape = {21, 21};
    const double pi = acos(-1.0);
    for (int i = 0; i < 40; i++) {
        ckn_family_parameters value = centred(shape);
        value.radius = 0.4 + 0.21 * i;
        value.center_x += 0.013 * i;
        double *taps = sample(CKN_FAMILY_DISC, 0, &value, shape);
        double most = 0;
        for (size_t tap = 0; tap < 441; tap++)
            most = fmax(most, taps[tap]);
        if (value.radius > 1.5) /* some pixel is covered altogether */
            assert_true(fabs(most * pi * value.radius * value.radius - 1) < 1e-12);
        free(taps);
    }
}

static void test_gaussian_taps(void **state) {
    (void)state;
    const ckn_shape shape = {17, 17};
    ckn_family_parameters value = centred(shape);
    value.sigma = 2.3;
    double *round = sample(CKN_FAMILY_GAUSSIAN, 0, &value, shape), expected[289];
    fill_gaussian(expected, shape, 2.3);
    ckn_test_close(round, expected, 289, 1e-14, "a Gaussian");
    value.sigma_minor = 2.3;
    value.angle = 33;
    double *same = sample(CKN_FAMILY_ELLIPTIC_GAUSSIAN, 0, &value, shape);
    ckn_test_close(same, expected, 289, 1e-14, "an elliptic one that is round");
    free(same);
    value.sigma_minor = 0.9;
    double *elliptic = sample(CKN_FAMILY_ELLIPTIC_GAUSSIAN, 0, &value, shape);
    ckn_kernel_figures figures;
    TRY_OK(ckn_kernel_figures_compute(ckn_view_f64(elliptic, 17, 17), &figures, &error));
    assert_true(fabs(figures.std_major - 2.3) < 0.01 && fabs(figures.std_minor - 0.9) < 0.01);
    assert_true(fabs(figures.orientation - 33) < 0.1);
    assert_true(fabs(figures.ellipticity - (1 - 0.9 / 2.3)) < 0.01);
    /* A narrow one between taps does not vanish. */
    value.sigma = 0.001;
    value.center_x += 0.5;
    double *narrow = sample(CKN_FAMILY_GAUSSIAN, 0, &value, shape);
    assert_true(fabs(narrow[8 * 17 + 8] - 0.5) < 1e-12 && fabs(narrow[8 * 17 + 9] - 0.5) < 1e-12);
    free(narrow);
    free(elliptic);
    free(round);
}

/* Centred, they are those that `blur` composes; elsewhere their centre is where it was asked for.
 */
static void test_box_taps(void **state) {
    (void)state;
    static const double sigmas[] = {0.3, 0.8164965809277260, 1.7, 4.1};
    for (size_t i = 0; i < 4; i++) {
        for (size_t passes = 1; passes < 6; passes++) {
            ckn_extended_box box;
            TRY_OK(ckn_extended_box_init(&box, sigmas[i], passes, &error));
            const size_t length = ckn_extended_box_length(&box);
            double *composed = ckn_test_array(length), *square = ckn_test_array(length * length);
            TRY_OK(ckn_extended_box_compose(&box, composed, &error));
            for (size_t tap = 0; tap < length * length; tap++)
                square[tap] = composed[tap / length] * composed[tap % length];
            const ckn_shape shape = {length, length};
            ckn_family_parameters value = centred(shape);
            value.sigma = sigmas[i];
            double *taps = sample(CKN_FAMILY_EXTENDED_BOX, passes, &value, shape);
            ckn_test_close(taps, square, length * length, 1e-13, "%zu passes", passes);
            free(taps);
            const ckn_shape wider = {length + 4, length + 4};
            value = centred(wider);
            value.sigma = sigmas[i];
            value.center_x += 0.3;
            taps = sample(CKN_FAMILY_EXTENDED_BOX, passes, &value, wider);
            ckn_kernel_figures figures;
            TRY_OK(ckn_kernel_figures_compute(ckn_view_f64(taps, wider.rows, wider.cols), &figures,
                                              &error));
            assert_true(fabs(figures.centroid_y - value.center_y) < 1e-9);
            assert_true(fabs(figures.centroid_x - value.center_x) < 0.2);
            free(taps);
            free(square);
            free(composed);
        }
    }
}

static void refuse_sample(ckn_family family, size_t variant, ckn_family_parameters value,
                          const char *part) {
    double taps[9];
    ckn_error refusal = {CKN_OK, ""};
    if (ckn_family_sample(family, variant, &value, ckn_output_f64(taps, 3, 3), &refusal) !=
            CKN_ERROR_ARGUMENT ||
        !strstr(refusal.message, part))
        ckn_test_fail("expected \"%s\", got \"%s\"", part, refusal.message);
}

static void test_sample_refusals(void **state) {
    (void)state;
    const ckn_family_parameters none = {.gain = 1};
    for (int family = 0; family < CKN_FAMILY_COUNT; family++) {
        if (family == CKN_FAMILY_DISPLACEMENT) /* has no size */
            continue;
        refuse_sample((ckn_family)family, family == CKN_FAMILY_LAPLACIAN ? 99 : 1, none,
                      ckn_family_name((ckn_family)family));
    }
    ckn_family_parameters value = {
        .gain = 1, .sigma = 1, .sigma_minor = NAN, .length = 1, .angle = NAN};
    refuse_sample(CKN_FAMILY_ELLIPTIC_GAUSSIAN, 0, value, "elliptic-gaussian");
    refuse_sample(CKN_FAMILY_LINE, 0, value, "line");
    refuse_sample(CKN_FAMILY_EXTENDED_BOX, 0, value, "1 to 1000 passes");
    refuse_sample(CKN_FAMILY_EXTENDED_BOX, 1001, value, "1 to 1000 passes");
    refuse_sample((ckn_family)99, 1, value, "unknown");
    value.gain = NAN;
    refuse_sample(CKN_FAMILY_GAUSSIAN, 0, value, "finite");
    value = (ckn_family_parameters){.gain = 1, .radius = 2, .center_x = 40};
    refuse_sample(CKN_FAMILY_DISC, 0, value, "no tap has weight");
    double taps[9];
    assert_int_equal(
        ckn_family_sample(CKN_FAMILY_DISC, 0, &value, ckn_output_f64(NULL, 3, 3), NULL),
        CKN_ERROR_ARGUMENT);
    value.center_x = 1;
    assert_int_equal(
        ckn_family_sample(CKN_FAMILY_DISC, 0, &value, ckn_output_f64(taps, 3, 3), NULL), CKN_OK);
}

/* ---- fits */

typedef struct job {
    ckn_shape image, kernel;
    double scale, offset, pedestal, noise; /* the pedestal is the blurred image's own */
    ckn_estimate_options options;
} job;

static job ordinary_job(ckn_shape kernel) {
    job made = {{70, 76}, kernel, 1, 0, 0, 0.004, {0}};
    ckn_estimate_options_init(&made.options);
    made.options.kernel_rows = kernel.rows;
    made.options.kernel_cols = kernel.cols;
    return made;
}

/* A scene blurred by these taps, with noise. */
static known_pair noisy_pair(const job *j, const double *taps, uint64_t seed) {
    known_pair pair = known_pair_scene(j->image, j->kernel, 1);
    memcpy(pair.h, taps, ckn_shape_count(j->kernel) * sizeof *taps);
    uint64_t random = seed;
    for (size_t i = 0; i < ckn_shape_count(pair.x_shape); i++)
        pair.x[i] = j->scale * pair.x[i] + j->offset;
    for (size_t row = 0; row < pair.y_shape.rows; row++) {
        for (size_t col = 0; col < pair.y_shape.cols; col++) {
            double sum = 0, noise = 0;
            for (size_t i = 0; i < j->kernel.rows; i++) {
                for (size_t k = 0; k < j->kernel.cols; k++)
                    sum += taps[i * j->kernel.cols + k] *
                           pair.x[(row + j->kernel.rows - 1 - i) * j->image.cols + col +
                                  j->kernel.cols - 1 - k];
            }
            for (size_t i = 0; i < 12; i++)
                noise += ckn_test_uniform(&random, -0.5, 0.5);
            pair.y[row * pair.y_shape.cols + col] = sum + j->pedestal + j->scale * j->noise * noise;
        }
    }
    return pair;
}

static void fit(const job *j, const double *taps, uint64_t seed, ckn_family_fit *fits) {
    known_pair pair = noisy_pair(j, taps, seed);
    ckn_pair views = known_pair_views(&pair);
    double *kernel = ckn_test_array(ckn_shape_count(j->kernel));
    ckn_estimate_plan *plan = NULL;
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &j->options, &views, 1, &plan, &error));
    TRY_OK(ckn_estimate_plan_run(plan, &views, 1,
                                 ckn_output_f64(kernel, j->kernel.rows, j->kernel.cols), NULL, NULL,
                                 &error));
    TRY_OK(ckn_estimate_plan_families(plan, fits, &error));
    ckn_estimate_plan_destroy(plan);
    free(kernel);
    known_pair_release(&pair);
}

static void expect_near(const char *what, double value, double truth, double error) {
    if (truth == 0) {
        assert_true(isnan(value));
        return;
    }
    if (!(fabs(value - truth) <= 4 * error) || !(error > 0))
        ckn_test_fail("%s: %g +/- %g, expected %g", what, value, error, truth);
}

static const struct known {
    ckn_family family;
    size_t variant;
    ckn_family_parameters value; /* 0: not of this family */
} known[] = {
    {CKN_FAMILY_GAUSSIAN, 0, {.gain = 1, .center_x = 6.3, .center_y = 5.8, .sigma = 1.4}},
    {CKN_FAMILY_ELLIPTIC_GAUSSIAN,
     0,
     {.gain = 0.8,
      .center_x = 5.7,
      .center_y = 6.1,
      .sigma = 1.7,
      .sigma_minor = 0.8,
      .angle = -35}},
    {CKN_FAMILY_EXTENDED_BOX, 1, {.gain = 1, .center_x = 6, .center_y = 6, .sigma = 1.9}},
    {CKN_FAMILY_EXTENDED_BOX, 2, {.gain = 1, .center_x = 6, .center_y = 6, .sigma = 1.6}},
    {CKN_FAMILY_DISC, 0, {.gain = 1.2, .center_x = 6.2, .center_y = 6.4, .radius = 3.3}},
    {CKN_FAMILY_LINE, 0, {.gain = 1, .center_x = 6.1, .center_y = 5.9, .angle = 64, .length = 7.5}},
    {CKN_FAMILY_LINE, 0, {.gain = 1, .center_x = 6.1, .center_y = 5.9, .angle = 90, .length = 5}},
};
enum { KNOWN = sizeof known / sizeof known[0] };

static void expect_fit(const ckn_family_fit *fit, const struct known *truth) {
    const ckn_family_parameters *value = &fit->value, *error = &fit->error, *own = &truth->value;
    if (fit->family != truth->family || fit->variant != truth->variant)
        ckn_test_fail("family %s of %zu passes, expected %s of %zu", ckn_family_name(fit->family),
                      fit->variant, ckn_family_name(truth->family), truth->variant);
    assert_true(fit->found && fit->fits && fit->chi_square > 0.6 && fit->chi_square < 1.5);
    expect_near("gain", value->gain, own->gain, error->gain);
    expect_near("centre x", value->center_x, own->center_x, error->center_x);
    expect_near("centre y", value->center_y, own->center_y, error->center_y);
    expect_near("sigma", value->sigma, own->sigma, error->sigma);
    expect_near("sigma minor", value->sigma_minor, own->sigma_minor, error->sigma_minor);
    if (fabs(value->angle - own->angle) < 150) /* 90 is -90 */
        expect_near("angle", value->angle, own->angle, error->angle);
    expect_near("radius", value->radius, own->radius, error->radius);
    expect_near("length", value->length, own->length, error->length);
}

static void test_fits(void **state) {
    (void)state;
    const job j = ordinary_job((ckn_shape){13, 13});
    for (size_t i = 0; i < KNOWN; i++) {
        ckn_family_fit fits[CKN_FAMILY_COUNT];
        double *taps = sample(known[i].family, known[i].variant, &known[i].value, j.kernel);
        fit(&j, taps, 100 + i, fits);
        expect_fit(&fits[0], &known[i]);
        for (size_t other = 1; other < CKN_FAMILY_COUNT; other++)
            assert_true(!fits[other].fits || fits[other].score > fits[other - 1].score);
        free(taps);
    }
}

/* Neither solver, constraint, prior, background nor scale of the images change the answer. */
static void test_fits_are_of_the_pairs(void **state) {
    (void)state;
    for (int variant = 0; variant < 6; variant++) {
        job j = ordinary_job((ckn_shape){13, 13});
        struct known truth = known[5];
        if (variant == 0) {
            j.options.prior = CKN_PRIOR_RIDGE;
            j.options.lambda = 0.05;
        }
        if (variant == 1)
            j.options.constraint = CKN_CONSTRAINT_NONNEG;
        if (variant == 2) {
            j.options.solver = CKN_SOLVER_FISTA;
            j.options.iterations = 5;
        }
        if (variant == 3)
            j.scale = 1e12;
        if (variant == 4) { /* a pedestal: the problem is shifted, and the gain is 1 */
            j.options.constraint = CKN_CONSTRAINT_SIMPLEX;
            j.options.background = CKN_BACKGROUND_NONE;
            j.offset = 1e5;
        }
        if (variant == 5) {
            j.options.background = CKN_BACKGROUND_PLANE;
            j.pedestal = 0.3;
        }
        ckn_family_fit fits[CKN_FAMILY_COUNT];
        double *taps = sample(truth.family, 0, &truth.value, j.kernel);
        fit(&j, taps, 7, fits);
        if (variant == 4) {
            assert_true(fits[0].value.gain == 1 && fits[0].error.gain == 0);
            fits[0].error.gain = 1;
        }
        expect_fit(&fits[0], &truth);
        free(taps);
    }
}

/* Two points, and a signed kernel, have none of the names. */
static void test_nothing_fits(void **state) {
    (void)state;
    const job j = ordinary_job((ckn_shape){9, 9});
    double taps[81] = {0};
    ckn_family_fit fits[CKN_FAMILY_COUNT];
    taps[2 * 9 + 2] = taps[6 * 9 + 5] = 0.5;
    fit(&j, taps, 3, fits);
    assert_true(fits[0].found && !fits[0].fits && fits[0].chi_square > 10 && fits[0].misfit > 0.01);
    taps[2 * 9 + 2] = -0.5;
    fit(&j, taps, 4, fits);
    assert_true(!fits[0].fits);
}

/* A row of taps has no directions; an even window has its middle between taps. */
static void test_shapes_of_windows(void **state) {
    (void)state;
    static const ckn_shape shapes[] = {{1, 13}, {13, 1}, {12, 10}, {3, 3}, {1, 5}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const bool line = shapes[i].rows == 1 || shapes[i].cols == 1;
        job j = ordinary_job(shapes[i]);
        ckn_family_parameters value = centred(j.kernel);
        value.sigma = ckn_shape_count(j.kernel) < 10 ? 0.6 : 1.2;
        double *taps = sample(CKN_FAMILY_GAUSSIAN, 0, &value, j.kernel);
        ckn_family_fit fits[CKN_FAMILY_COUNT];
        fit(&j, taps, 20 + i, fits);
        size_t found = 0;
        for (size_t f = 0; f < CKN_FAMILY_COUNT; f++) {
            found += fits[f].found != 0;
            if (!fits[f].found)
                assert_true(isnan(fits[f].value.gain) && isnan(fits[f].score));
            if (fits[f].family == CKN_FAMILY_GAUSSIAN)
                expect_near("sigma", fits[f].value.sigma, value.sigma, fits[f].error.sigma);
        }
        assert_true(line ? found <= 3 : found >= 5);
        free(taps);
    }
}

/* Stripes determine no kernel, but they determine a Gaussian's width across them. */
static void test_singular(void **state) {
    (void)state;
    job j = ordinary_job((ckn_shape){9, 9});
    double taps[81], kernel[81];
    fill_gaussian(taps, j.kernel, 1.3);
    known_pair pair = noisy_pair(&j, taps, 5);
    for (size_t i = 0; i < ckn_shape_count(pair.x_shape); i++)
        pair.x[i] = sin(0.9 * (double)(i % 76)) + cos(0.4 * (double)(i % 76));
    uint64_t random = 9;
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++) {
        pair.y[i] = ckn_test_uniform(&random, -0.001, 0.001);
        for (size_t tap = 0; tap < 81; tap++)
            pair.y[i] += taps[tap] * pair.x[i % 68 + 8 - tap % 9];
    }
    ckn_pair views = known_pair_views(&pair);
    ckn_estimate_plan *plan = NULL;
    ckn_family_fit fits[CKN_FAMILY_COUNT];
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &j.options, &views, 1, &plan, &error));
    TRY_OK(
        ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, 9, 9), NULL, NULL, &error));
    TRY_OK(ckn_estimate_plan_families(plan, fits, &error));
    for (size_t f = 0; f < CKN_FAMILY_COUNT; f++) {
        if (fits[f].family == CKN_FAMILY_GAUSSIAN)
            assert_true(fits[f].found && fabs(fits[f].value.sigma - 1.3) < 0.05);
    }
    ckn_estimate_plan_destroy(plan);
    known_pair_release(&pair);
}

static void expect_refused(ckn_estimate_plan *plan, ckn_code code, const char *part) {
    ckn_family_fit fits[CKN_FAMILY_COUNT];
    ckn_error refusal = {CKN_OK, ""};
    if (ckn_estimate_plan_families(plan, fits, &refusal) != code || !strstr(refusal.message, part))
        ckn_test_fail("expected \"%s\", got \"%s\"", part, refusal.message);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        ckn_shape image, kernel;
        ckn_solver solver;
        ckn_code code;
        const char *part;
    } cases[] = {
        {{20, 20}, {2, 2}, CKN_SOLVER_EXACT, CKN_ERROR_DATA, "at least 5 taps"},
        {{6, 6}, {4, 4}, CKN_SOLVER_EXACT, CKN_ERROR_DATA, "more samples than"},
        {{20, 20}, {5, 5}, CKN_SOLVER_DIVISION, CKN_ERROR_ARGUMENT, "division"},
        {{20, 20}, {5, 5}, CKN_SOLVER_FISTA, CKN_ERROR_MEMORY, "--memory-limit"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        known_pair pair = known_pair_noise(3, cases[i].image, cases[i].kernel, false);
        ckn_estimate_options options = known_pair_options(&pair);
        options.solver = cases[i].solver;
        options.engine = cases[i].solver == CKN_SOLVER_FISTA ? CKN_ENGINE_DIRECT : CKN_ENGINE_AUTO;
        options.memory_limit = cases[i].code == CKN_ERROR_MEMORY ? 1000 : 0;
        ckn_pair views = known_pair_views(&pair);
        double kernel[25];
        ckn_estimate_plan *plan = NULL;
        TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &error));
        expect_refused(plan, CKN_ERROR_ARGUMENT, "run the plan first");
        TRY_OK(ckn_estimate_plan_run(
            plan, &views, 1, ckn_output_f64(kernel, cases[i].kernel.rows, cases[i].kernel.cols),
            NULL, NULL, &error));
        expect_refused(plan, cases[i].code, cases[i].part);
        ckn_estimate_plan_destroy(plan);
        known_pair_release(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_areas),
        cmocka_unit_test(test_areas_are_exact),
        cmocka_unit_test(test_gaussian_taps),
        cmocka_unit_test(test_box_taps),
        cmocka_unit_test(test_sample_refusals),
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_fits_are_of_the_pairs),
        cmocka_unit_test(test_nothing_fits),
        cmocka_unit_test(test_shapes_of_windows),
        cmocka_unit_test(test_singular),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("families", tests, NULL, ckn_test_close_context);
}
