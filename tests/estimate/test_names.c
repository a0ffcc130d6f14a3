/* Random members of every family of named kernels, drawn naively, get their names through images;
 * and kernels that are no members get none. */
#include "estimate/fixture.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 21, TAPS = SIDE * SIDE, MIDDLE = SIDE / 2, IMAGE = 96, DRAWS = 2 };

#define DEGREE 0.017453292519943295

/* ---- kernels by their definitions, taps at (x, y) from the middle */

typedef struct member {
    ckn_family family;
    size_t variant;
    bool any_variant; /* that noise does not tell */
    ckn_family_parameters value;
    double taps[TAPS];
} member;

static double x_of(int tap) {
    return tap % SIDE - MIDDLE;
}

static double y_of(int tap) {
    return tap / SIDE - MIDDLE; /* NOLINT: whole */
}

static void scale_to_one(double *taps) {
    double sum = 0;
    for (int tap = 0; tap < TAPS; tap++)
        sum += taps[tap];
    for (int tap = 0; tap < TAPS; tap++)
        taps[tap] /= sum;
}

static void gaussian(double sigma, double *taps) {
    for (int tap = 0; tap < TAPS; tap++)
        taps[tap] = exp(-(x_of(tap) * x_of(tap) + y_of(tap) * y_of(tap)) / (2 * sigma * sigma));
    scale_to_one(taps);
}

static double *tap_at(double *taps, int x, int y) {
    return &taps[(y + MIDDLE) * SIDE + x + MIDDLE];
}

static double uniform(uint64_t *seed, double low, double high) {
    return ckn_test_uniform(seed, low, high);
}

static void draw_displacement(uint64_t *seed, member *m) {
    const int x = (int)uniform(seed, -7, 7), y = (int)uniform(seed, -7, 7);
    *tap_at(m->taps, x, y) = 1;
    m->value = (ckn_family_parameters){.gain = 1, .center_x = MIDDLE + x, .center_y = MIDDLE + y};
}

static void draw_shared_displacement(uint64_t *seed, member *m) {
    const double right = uniform(seed, 0.2, 0.8), down = uniform(seed, 0.2, 0.8);
    *tap_at(m->taps, 3, -2) = (1 - right) * (1 - down);
    *tap_at(m->taps, 4, -2) = right * (1 - down);
    *tap_at(m->taps, 3, -1) = (1 - right) * down;
    *tap_at(m->taps, 4, -1) = right * down;
    m->value = (ckn_family_parameters){
        .gain = 1, .center_x = MIDDLE + 3 + right, .center_y = MIDDLE - 2 + down};
}

static void draw_rectangle(uint64_t *seed, member *m) {
    const int width = (int)uniform(seed, 2, 10), height = (int)uniform(seed, 2, 10);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            *tap_at(m->taps, x - width / 2, y - height / 2) = 1.0 / (width * height);
    m->value = (ckn_family_parameters){.gain = 1, .width = width, .height = height};
}

static void draw_moffat(uint64_t *seed, member *m) {
    const double alpha = uniform(seed, 1.5, 2.2), beta = uniform(seed, 2.5, 4);
    for (int tap = 0; tap < TAPS; tap++)
        m->taps[tap] =
            1 / pow(1 + (x_of(tap) * x_of(tap) + y_of(tap) * y_of(tap)) / alpha / alpha, beta);
    scale_to_one(m->taps);
    m->value = (ckn_family_parameters){
        .gain = 1, .fwhm = 2 * alpha * sqrt(pow(2, 1 / beta) - 1), .beta = beta};
}

/* Along an axis, where steps fall on taps. */
static void draw_fading_line(uint64_t *seed, member *m) {
    static const int dx[] = {1, 0, -1, 0}, dy[] = {0, 1, 0, -1};
    static const double angles[] = {0, 90, 180, -90};
    const int side = (int)uniform(seed, 0, 3.999);
    const double sigma = uniform(seed, 1.5, 3);
    for (int step = 0; step <= MIDDLE; step++)
        *tap_at(m->taps, step * dx[side], step * dy[side]) =
            exp(-step * step / (2 * sigma * sigma));
    scale_to_one(m->taps);
    m->value = (ckn_family_parameters){.gain = 1, .sigma = sigma, .angle = angles[side]};
}

static void draw_unsharp(uint64_t *seed, member *m) {
    const double sigma = uniform(seed, 0.9, 2.5), amount = uniform(seed, 0.5, 2);
    gaussian(sigma, m->taps);
    for (int tap = 0; tap < TAPS; tap++)
        m->taps[tap] *= -amount;
    *tap_at(m->taps, 0, 0) += 1 + amount;
    m->value = (ckn_family_parameters){.gain = 1, .sigma = sigma, .amount = amount};
}

static void fill_nine(const double nine[9], double factor, member *m) {
    for (int i = 0; i < 9; i++)
        *tap_at(m->taps, i % 3 - 1, i / 3 - 1) += factor * nine[i];
}

static void draw_sharpening(uint64_t *seed, member *m) {
    static const double cross[9] = {0, -1, 0, -1, 5, -1, 0, -1, 0};
    static const double square[9] = {-2, -2, -2, -2, 32, -2, -2, -2, -2};
    const bool all = uniform(seed, 0, 1) < 0.5;
    fill_nine(all ? square : cross, all ? 1.0 / 16 : 1, m);
    m->variant = all ? CKN_STENCIL_SQUARE : CKN_STENCIL_CROSS;
    m->value = (ckn_family_parameters){.gain = 1, .amount = all ? 1 : 4};
}

static void draw_laplacian(uint64_t *seed, member *m) {
    static const double cross[9] = {0, 1, 0, 1, -4, 1, 0, 1, 0};
    const double factor = uniform(seed, 0.5, 2);
    fill_nine(cross, factor, m);
    m->variant = CKN_STENCIL_CROSS;
    m->value = (ckn_family_parameters){.gain = 0, .amount = -4 * factor};
}

static void draw_difference(uint64_t *seed, member *m) {
    const double narrow = uniform(seed, 0.8, 1.3), wide = narrow * uniform(seed, 1.7, 2.2);
    double other[TAPS];
    gaussian(narrow, m->taps);
    gaussian(wide, other);
    for (int tap = 0; tap < TAPS; tap++)
        m->taps[tap] -= other[tap];
    m->value = (ckn_family_parameters){.gain = 0, .sigma = narrow, .sigma_minor = wide};
}

static void draw_laplacian_of_gaussian(uint64_t *seed, member *m) {
    const double sigma = uniform(seed, 1, 2);
    gaussian(sigma, m->taps);
    for (int tap = 0; tap < TAPS; tap++)
        m->taps[tap] *=
            (x_of(tap) * x_of(tap) + y_of(tap) * y_of(tap) - 2 * sigma * sigma) / pow(sigma, 4);
    m->any_variant = true;
    m->value = (ckn_family_parameters){.gain = 0};
}

static void draw_sobel(uint64_t *seed, member *m) {
    static const double along_x[9] = {1, 0, -1, 2, 0, -2, 1, 0, -1};
    static const double along_y[9] = {1, 2, 1, 0, 0, 0, -1, -2, -1};
    const bool down = uniform(seed, 0, 1) < 0.5;
    fill_nine(down ? along_y : along_x, 1, m);
    m->variant = CKN_STENCIL_SOBEL;
    m->value = (ckn_family_parameters){.gain = 0, .angle = down ? 90 : 0, .amount = 8};
}

static void draw_scharr(uint64_t *seed, member *m) {
    static const double along_x[9] = {3, 0, -3, 10, 0, -10, 3, 0, -3};
    fill_nine(along_x, uniform(seed, 0.9999, 1) / 32, m);
    m->variant = CKN_STENCIL_SCHARR;
    m->value = (ckn_family_parameters){.gain = 0, .amount = 1};
}

/* As embossing is often written down: 1 + Prewitt's derivative towards the upper left. */
static void draw_emboss(uint64_t *seed, member *m) { /* NOLINT(readability-non-const-parameter) */
    static const double nine[9] = {-2, -1, 0, -1, 1, 1, 0, 1, 2};
    (void)seed;
    fill_nine(nine, 1, m);
    m->variant = CKN_STENCIL_PREWITT;
    m->value = (ckn_family_parameters){.gain = 1, .angle = -135, .amount = 6 * sqrt(2)};
}

/* A program's other emboss: a sample less its neighbour at the upper left. */
static void draw_neighbour(uint64_t *seed, /* NOLINT(readability-non-const-parameter) */
                           member *m) {
    (void)seed;
    *tap_at(m->taps, 0, 0) = 1;
    *tap_at(m->taps, 1, 1) = -1;
    m->variant = CKN_STENCIL_DIFFERENCE;
    m->value = (ckn_family_parameters){.gain = 0, .angle = 45, .amount = sqrt(2)};
}

static void draw_cut_gaussian(uint64_t *seed, member *m) {
    const double sigma = uniform(seed, 1.5, 2);
    gaussian(sigma, m->taps);
    for (int tap = 0; tap < TAPS; tap++)
        if (fabs(x_of(tap)) > 2 || fabs(y_of(tap)) > 2)
            m->taps[tap] = 0;
    scale_to_one(m->taps);
    m->variant = 2;
    m->value = (ckn_family_parameters){.gain = 1, .sigma = sigma};
}

static const struct drawn {
    ckn_family family;
    void (*draw)(uint64_t *seed, member *m);
    const char *text; /* part of its words */
} all[] = {
    {CKN_FAMILY_DISPLACEMENT, draw_displacement, "displacement by x "},
    {CKN_FAMILY_DISPLACEMENT, draw_shared_displacement, "displacement by x 3."},
    {CKN_FAMILY_RECTANGLE, draw_rectangle, "rectangle "},
    {CKN_FAMILY_MOFFAT, draw_moffat, "Moffat, FWHM "},
    {CKN_FAMILY_HALF_GAUSSIAN_LINE, draw_fading_line, "motion that fades, sigma "},
    {CKN_FAMILY_UNSHARP, draw_unsharp, "unsharp mask, radius "},
    {CKN_FAMILY_LAPLACIAN, draw_sharpening, "sharpening 3 x 3, "},
    {CKN_FAMILY_LAPLACIAN, draw_laplacian, "Laplacian 3 x 3, 4 neighbours, factor -"},
    {CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS, draw_difference, "difference of Gaussians, sigma "},
    {CKN_FAMILY_LAPLACIAN_OF_GAUSSIAN, draw_laplacian_of_gaussian, "Laplacian of Gaussian, sigma "},
    {CKN_FAMILY_DERIVATIVE, draw_sobel, "derivative (Sobel) at "},
    {CKN_FAMILY_DERIVATIVE, draw_scharr, "derivative (Scharr) at "},
    {CKN_FAMILY_DERIVATIVE, draw_emboss, "emboss (Prewitt, sum "},
    {CKN_FAMILY_DERIVATIVE, draw_neighbour, "derivative (neighbour's difference) at "},
    {CKN_FAMILY_GAUSSIAN, draw_cut_gaussian, ", cut to 5 x 5"},
};
enum { ALL = sizeof all / sizeof all[0] };

/* ---- through images */

/* step 0: no rounding. `names` receives the fits of the pair blurred by `taps` (shape, row-major).
 */
static void name_shape(const double *taps, ckn_shape shape, double noise, double step,
                       uint64_t seed, ckn_family_fit *fits) {
    known_pair pair = known_pair_scene((ckn_shape){IMAGE, IMAGE}, shape, 1);
    uint64_t random = seed;
    for (size_t i = 0; i < ckn_shape_count(pair.y_shape); i++) {
        const size_t row = i / pair.y_shape.cols, col = i % pair.y_shape.cols;
        double sum = 0;
        for (size_t tap = 0; tap < ckn_shape_count(shape); tap++)
            sum += taps[tap] * pair.x[(row + shape.rows - 1 - tap / shape.cols) * IMAGE + col +
                                      shape.cols - 1 - tap % shape.cols];
        for (int part = 0; part < 12; part++)
            sum += noise * ckn_test_uniform(&random, -0.5, 0.5);
        pair.y[i] = step > 0 ? step * round(sum / step) : sum;
    }
    ckn_pair views = known_pair_views(&pair);
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = shape.rows;
    options.kernel_cols = shape.cols;
    options.solver = CKN_SOLVER_EXACT;
    double *kernel = ckn_test_array(ckn_shape_count(shape));
    ckn_estimate_plan *plan = NULL;
    TRY_OK(ckn_estimate_plan_create(ckn_test_context(), &options, &views, 1, &plan, &error));
    TRY_OK(ckn_estimate_plan_run(plan, &views, 1, ckn_output_f64(kernel, shape.rows, shape.cols),
                                 NULL, NULL, &error));
    TRY_OK(ckn_estimate_plan_families(plan, fits, &error));
    ckn_estimate_plan_destroy(plan);
    free(kernel);
    known_pair_release(&pair);
}

static void name(const double *taps, double noise, double step, uint64_t seed,
                 ckn_family_fit *fits) {
    name_shape(taps, (ckn_shape){SIDE, SIDE}, noise, step, seed, fits);
}

static void expect_near(const char *what, double value, double truth, double error) {
    if (truth == 0 || isnan(truth))
        return;
    if (!(fabs(value - truth) <= 4.5 * error + 1e-9 * fabs(truth)))
        ckn_test_fail("%s: %g +/- %g, expected %g", what, value, error, truth);
}

static void expect_member(const ckn_family_fit *fit, const member *m, const char *text) {
    const ckn_family_parameters *value = &fit->value, *error = &fit->error, *own = &m->value;
    char words[200];
    ckn_family_describe(fit, MIDDLE, MIDDLE, 0, words, sizeof words);
    if (fit->family != m->family || !fit->fits || !strstr(words, text))
        ckn_test_fail("%s of variant %zu, chi^2 %g, misfit %g: %s; expected %s",
                      ckn_family_name(fit->family), fit->variant, fit->chi_square, fit->misfit,
                      words, text);
    if (!m->any_variant)
        assert_int_equal(fit->variant, m->variant);
    assert_true(fit->found && !fit->refused && fit->ground == CKN_GROUND_NOISE);
    expect_near("gain", value->gain, own->gain, error->gain);
    expect_near("x", value->center_x, own->center_x, error->center_x);
    expect_near("y", value->center_y, own->center_y, error->center_y);
    expect_near("sigma", value->sigma, own->sigma, error->sigma);
    expect_near("sigma minor", value->sigma_minor, own->sigma_minor, error->sigma_minor);
    expect_near("angle", own->angle + remainder(value->angle - own->angle, 360), own->angle,
                error->angle + 1e-6);
    expect_near("width", value->width, own->width, error->width);
    expect_near("height", value->height, own->height, error->height);
    expect_near("fwhm", value->fwhm, own->fwhm, error->fwhm);
    expect_near("beta", value->beta, own->beta, error->beta);
    expect_near("amount", value->amount, own->amount, error->amount + 1e-4);
}

static void test_members(void **state) {
    (void)state;
    for (size_t i = 0; i < ALL * DRAWS; i++) {
        uint64_t seed = 40 + i;
        member m = {.family = all[i % ALL].family};
        ckn_family_fit fits[CKN_FAMILY_COUNT];
        all[i % ALL].draw(&seed, &m);
        name(m.taps, 0.002, 0, seed, fits);
        expect_member(&fits[0], &m, all[i % ALL].text);
    }
}

/* The taps of ckn_family_sample() are those of the definitions. */
static void test_taps(void **state) {
    (void)state;
    for (size_t i = 0; i < ALL; i++) {
        uint64_t seed = 9 + i;
        member m = {.family = all[i].family};
        all[i].draw(&seed, &m);
        ckn_family_parameters value = m.value;
        if (m.family == CKN_FAMILY_RECTANGLE || m.family == CKN_FAMILY_LAPLACIAN_OF_GAUSSIAN ||
            all[i].draw == draw_scharr)
            continue; /* an even side has its centre between taps; sums are not quite 0 or 1 */
        if (m.family != CKN_FAMILY_DISPLACEMENT)
            value.center_x = value.center_y = MIDDLE;
        if (m.family == CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS)
            value.amount = 1;
        double taps[TAPS];
        TRY_OK(ckn_family_sample(m.family, m.variant, &value, ckn_output_f64(taps, SIDE, SIDE),
                                 &error));
        ckn_test_close(taps, m.taps, TAPS, 1e-6, "%s", all[i].text);
    }
}

/* ---- grounds */

static void words_of(const ckn_family_fit *fit, char words[200]) {
    ckn_family_describe(fit, MIDDLE, MIDDLE, 0, words, 200);
}

/* A Gaussian whose tails a program has cut off: its name holds by its misfit, and says so; without
 * noise, and where 8 bits are all the noise there is. */
static void test_rounded_gaussian(void **state) {
    (void)state;
    static const double steps[] = {0, 1.0 / 255};
    double taps[TAPS];
    char words[200];
    ckn_family_fit fits[CKN_FAMILY_COUNT];
    gaussian(1.5, taps);
    for (int i = 0; i < 2; i++) {
        for (int tap = 0; tap < TAPS; tap++)
            taps[tap] = taps[tap] < 1e-4 ? 0 : taps[tap]; /* no square */
        name(taps, 0, steps[i], 1, fits);
        words_of(&fits[0], words);
        assert_int_equal(fits[0].family, CKN_FAMILY_GAUSSIAN);
        assert_true(fits[0].fits && fabs(fits[0].value.sigma - 1.5) < 0.01);
        assert_true(i > 0 || fits[0].ground == CKN_GROUND_MISFIT);
        if (fits[0].ground == CKN_GROUND_MISFIT)
            assert_non_null(strstr(words, "% rounded or truncated)"));
    }
}

/* What coarse values hide holds by their step. */
static void test_step(void **state) {
    (void)state;
    double taps[TAPS];
    ckn_family_fit fine[CKN_FAMILY_COUNT], coarse[CKN_FAMILY_COUNT];
    gaussian(1.5, taps);
    *tap_at(taps, 1, 1) += 0.004;
    *tap_at(taps, -1, 0) -= 0.004;
    name(taps, 0, 0, 1, fine);
    name(taps, 0, 1.0 / 64, 1, coarse);
    assert_true(!fine[0].fits || fine[0].ground != CKN_GROUND_STEP);
    assert_true(coarse[0].fits);
}

/* ---- refusals */

/* A box in its very window, and a Gaussian that leaves it: what does not lie inside is refused. */
static void test_tight_windows(void **state) {
    (void)state;
    double box[25], wide[25];
    ckn_family_fit fits[CKN_FAMILY_COUNT];
    char words[200];
    for (int tap = 0; tap < 25; tap++)
        box[tap] = 0.04;
    for (int noise = 0; noise < 2; noise++) {
        name_shape(box, (ckn_shape){5, 5}, 0.004 * noise, 0, 3, fits);
        ckn_family_describe(&fits[0], 2, 2, 0, words, sizeof words);
        assert_true(fits[0].fits);
        assert_string_equal(words, "rectangle 5 x 5");
        for (size_t i = 0; i < CKN_FAMILY_COUNT; i++) {
            if (fits[i].found && fits[i].value.sigma > 2)
                assert_true(fits[i].refused && !fits[i].fits && fits[i].ground == CKN_GROUND_NONE);
        }
    }
    fill_gaussian(wide, (ckn_shape){5, 5}, 3);
    name_shape(wide, (ckn_shape){5, 5}, 0, 0, 3, fits);
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++) {
        if (fits[i].found && fits[i].family == CKN_FAMILY_GAUSSIAN && fits[i].variant == 0)
            assert_true(fits[i].refused);
    }
}

/* A diagonal row of taps is no line of 53 pixels, and random taps are nothing. */
static void test_no_names(void **state) {
    (void)state;
    double taps[TAPS] = {0};
    ckn_family_fit fits[CKN_FAMILY_COUNT];
    uint64_t seed = 5;
    for (int i = -7; i <= 7; i++)
        *tap_at(taps, i, i) = 1.0 / 15;
    name(taps, 0.002, 0, 3, fits);
    assert_true(!fits[0].fits || fits[0].value.length < 25);
    memset(taps, 0, sizeof taps);
    for (int i = 0; i < 49; i++)
        *tap_at(taps, i % 7 - 3, i / 7 - 3) = ckn_test_uniform(&seed, 0, 1);
    scale_to_one(taps);
    name(taps, 0.001, 0, 3, fits);
    assert_false(fits[0].fits);
}

/* ---- words */

static void expect_words(ckn_family_fit fit, int utf8, const char *expected) {
    char words[200], few[12];
    fit.found = fit.fits = 1;
    ckn_family_describe(&fit, 5, 5, utf8, words, sizeof words);
    assert_string_equal(words, expected);
    ckn_family_describe(&fit, 5, 5, utf8, few, sizeof few);
    assert_true(strncmp(few, expected, sizeof few - 1) == 0 && strlen(few) < sizeof few);
    ckn_family_describe(&fit, 5, 5, utf8, NULL, 0);
}

static void test_words(void **state) {
    (void)state;
    ckn_family_fit fit = {.family = CKN_FAMILY_GAUSSIAN,
                          .value = {.sigma = 1.99712},
                          .error = {.sigma = 0.000213},
                          .ground = CKN_GROUND_MISFIT,
                          .misfit = 0.0003};
    expect_words(fit, 0, "Gaussian blur, sigma 1.99712 +/- 0.00021 (0.03 % rounded or truncated)");
    fit.ground = CKN_GROUND_NOISE;
    fit.variant = 3;
    expect_words(fit, 1, "Gaussian blur, sigma 1.99712 \xC2\xB1 0.00021, cut to 7 \xC3\x97 7");
    fit = (ckn_family_fit){.family = CKN_FAMILY_LINE,
                           .value = {.length = 9, .angle = 30},
                           .error = {.length = 0.02, .angle = 0.1}};
    expect_words(fit, 0, "motion, 9.000 +/- 0.020 pixels at 30.00 +/- 0.10 degrees");
    fit = (ckn_family_fit){.family = CKN_FAMILY_DISPLACEMENT,
                           .value = {.gain = 1, .center_x = 8, .center_y = 3}};
    expect_words(fit, 0, "displacement by x 3, y -2");
    fit.value.center_x = fit.value.center_y = 5;
    expect_words(fit, 0, "identity");
    fit.value.gain = 1.5;
    expect_words(fit, 0, "identity times 1.5000");
    fit = (ckn_family_fit){.family = CKN_FAMILY_UNSHARP,
                           .value = {.gain = 0.5, .sigma = 2, .amount = 0.75},
                           .error = {.gain = 0.001, .sigma = 0.02, .amount = 0.005}};
    expect_words(fit, 0, "unsharp mask, radius 2.000 +/- 0.020, amount 150.0 +/- 1.0 %");
    fit.value.gain = 0;
    fit.variant = 1;
    expect_words(fit, 0, "high pass, radius 2.000 +/- 0.020, factor 0.7500 +/- 0.0050 (by 1 box)");
    fit = (ckn_family_fit){.found = 0, .family = CKN_FAMILY_DISC};
    char words[200];
    ckn_family_describe(&fit, 0, 0, 0, words, sizeof words);
    assert_string_equal(words, "no named kernel");
}

static void test_stencil_names(void **state) {
    (void)state;
    assert_string_equal(ckn_stencil_name(CKN_STENCIL_SCHARR), "scharr");
    assert_string_equal(ckn_stencil_name(CKN_STENCIL_NONE), "none");
    assert_string_equal(ckn_stencil_name(CKN_STENCIL_COUNT), "unknown");
    assert_string_equal(ckn_family_name(CKN_FAMILY_DERIVATIVE), "derivative");
    assert_string_equal(ckn_family_name((ckn_family)CKN_FAMILY_COUNT), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_taps),
        cmocka_unit_test(test_rounded_gaussian),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_tight_windows),
        cmocka_unit_test(test_no_names),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_stencil_names),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, ckn_test_close_context);
}
