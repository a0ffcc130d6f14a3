/* Verdicts on pairs that are convolutions, and on pairs that are none, drawn at random. */
#include "estimate/fixture.h"

#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 170, COLS = 190, TAPS = 7, RIM = TAPS / 2, MEMBERS = 3 };
enum { OUT_ROWS = ROWS - TAPS + 1, OUT_COLS = COLS - TAPS + 1, OUT = OUT_ROWS * OUT_COLS };
static const ckn_shape x_shape = {ROWS, COLS}, h_shape = {TAPS, TAPS};

/* Nearly normal: twelve uniform numbers. */
static double normal(uint64_t *state) {
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += ckn_test_uniform(state, 0, 1);
    return sum;
}

/* The row of sample n, as a number. */
static double row_of(size_t n, size_t cols) {
    const size_t row = n / cols;
    return (double)row;
}

/* Discs of many sizes over slow waves, with a little texture; within [0.1, 0.9]. */
static double *draw(uint64_t seed) {
    double *x = ckn_test_array(ROWS * COLS);
    const double row_wave = ckn_test_uniform(&seed, 20, 40), phase = ckn_test_uniform(&seed, 0, 6);
    for (size_t i = 0; i < ROWS * COLS; i++) {
        const double row = row_of(i, COLS), col = (double)(i % COLS);
        x[i] = 0.45 + 0.15 * sin(row / row_wave + phase) * cos(col / 23 + 2 * phase);
    }
    for (int disc = 0; disc < 90; disc++) {
        const double row = ckn_test_uniform(&seed, 0, ROWS), col = ckn_test_uniform(&seed, 0, COLS);
        const double radius = ckn_test_uniform(&seed, 1, 14);
        const double value = ckn_test_uniform(&seed, 0.12, 0.88);
        for (size_t i = 0; i < ROWS * COLS; i++) {
            const double down = row_of(i, COLS) - row, right = (double)(i % COLS) - col;
            if (down * down + right * right < radius * radius)
                x[i] = value;
        }
    }
    for (size_t i = 0; i < ROWS * COLS; i++)
        x[i] += ckn_test_uniform(&seed, -0.02, 0.02);
    return x;
}

/* A pair of planes; y has the valid size for TAPS x TAPS. */
typedef struct scene {
    size_t count;
    double *x[3], *y[3], *weights; /* weights: NULL, or of all planes */
} scene;

static void release(scene *made) {
    for (size_t i = 0; i < made->count; i++) {
        free(made->x[i]);
        free(made->y[i]);
    }
    free(made->weights);
}

static scene begin(uint64_t seed) {
    return (scene){.count = 1, .x = {draw(seed)}, .y = {ckn_test_array(OUT)}};
}

/* SHARP's sample under BLURRED's (row, col), within the picture. */
static double at(const double *x, ptrdiff_t row, ptrdiff_t col) {
    const ptrdiff_t r = row + RIM, c = col + RIM;
    const ptrdiff_t last_row = ROWS - 1, last_col = COLS - 1;
    return x[(r < 0          ? 0
              : r > last_row ? last_row
                             : r) *
                 COLS +
             (c < 0          ? 0
              : c > last_col ? last_col
                             : c)];
}

static void blur(scene *made, double sigma) {
    double h[TAPS * TAPS];
    fill_gaussian(h, h_shape, sigma);
    for (size_t i = 0; i < made->count; i++)
        ckn_naive_valid(made->x[i], x_shape, h, h_shape, made->y[i]);
}

/* Least squares with a constant, in a frame of `taps` x `taps`, and the verdict on it. */
typedef struct question {
    size_t taps;
    double ridge; /* 0: least squares */
    bool give_model, encoded;
    double step;
    const char *name;
} question;

static void cut(const scene *made, size_t taps, size_t plane, ckn_pair *pair) {
    const size_t more = (TAPS - taps) / 2;
    const ckn_view x = ckn_view_f64(made->x[plane], ROWS, COLS);
    *pair = (ckn_pair){
        .sharp = ckn_view_part(&x, more, more, (ckn_shape){ROWS - 2 * more, COLS - 2 * more}),
        .blurred = ckn_view_f64(made->y[plane], OUT_ROWS, OUT_COLS)};
    if (made->weights)
        pair->blurred_weights = ckn_view_f64(made->weights, OUT_ROWS, OUT_COLS);
}

static ckn_verdict judge(const scene *made, const question *asked) {
    ckn_pair pairs[3];
    ckn_output models[3];
    ckn_verdict_plane planes[3];
    ckn_estimate_options options;
    ckn_estimate_plan *plan;
    ckn_verdict verdict;
    double h[TAPS * TAPS], *memory = ckn_test_array(3 * (size_t)OUT);
    ckn_estimate_options_init(&options);
    options.kernel_rows = options.kernel_cols = asked->taps;
    options.solver = CKN_SOLVER_EXACT;
    options.background = CKN_BACKGROUND_CONSTANT;
    if (asked->ridge > 0) {
        options.prior = CKN_PRIOR_RIDGE;
        options.lambda = asked->ridge;
    }
    for (size_t i = 0; i < made->count; i++) {
        cut(made, asked->taps, i, &pairs[i]);
        models[i] = ckn_output_f64(memory + i * OUT, OUT_ROWS, OUT_COLS);
    }
    TRY_OK(
        ckn_estimate_plan_create(ckn_test_context(), &options, pairs, made->count, &plan, &error));
    TRY_OK(ckn_estimate_plan_run(plan, pairs, made->count,
                                 ckn_output_f64(h, asked->taps, asked->taps), models, NULL,
                                 &error));
    for (size_t i = 0; i < made->count; i++) {
        planes[i] = (ckn_verdict_plane){.sharp = pairs[i].sharp,
                                        .blurred = pairs[i].blurred,
                                        .weights = pairs[i].blurred_weights};
        TRY_OK(ckn_estimate_plan_pair(plan, i, &planes[i].fit, &error));
        if (asked->give_model)
            planes[i].model = ckn_view_f64(memory + i * OUT, OUT_ROWS, OUT_COLS);
    }
    ckn_estimate_plan_destroy(plan);
    const ckn_verdict_job job = {.planes = planes,
                                 .plane_count = made->count,
                                 .kernel = ckn_view_f64(h, asked->taps, asked->taps),
                                 .frame = {asked->taps, asked->taps, 0, 0},
                                 .name = asked->name,
                                 .step = asked->step,
                                 .rgb = made->count == 3,
                                 .encoded = asked->encoded};
    TRY_OK(ckn_judge(ckn_test_context(), &job, &verdict, &error));
    free(memory);
    return verdict;
}

static const question plain = {.taps = TAPS, .encoded = true};

static void expect(const scene *made, const question *asked, ckn_verdict_kind kind, ckn_cause cause,
                   const char *what) {
    const ckn_verdict verdict = judge(made, asked);
    if (verdict.kind != kind || verdict.cause != cause)
        ckn_test_fail("%s: %s, %s: %s (%s)", what, ckn_verdict_kind_name(verdict.kind),
                      ckn_cause_name(verdict.cause), verdict.text, verdict.reason);
    assert_true(verdict.explained >= 0 && verdict.explained <= 1);
    assert_true(fabs(verdict.explained + verdict.remaining - 1) < 1e-12);
    assert_true(verdict.text[0] && verdict.reason[0]);
}

/* --- convolutions ------------------------------------------------------------------------------
 */

static void add_noise(scene *made, double sigma, uint64_t seed) {
    for (size_t i = 0; i < OUT; i++)
        made->y[0][i] += sigma * normal(&seed);
}

static void round_to(scene *made, double step) {
    for (size_t i = 0; i < OUT; i++)
        made->y[0][i] = rint(made->y[0][i] / step) * step;
}

static void random_kernel(scene *made, bool signed_, uint64_t seed) {
    double h[TAPS * TAPS];
    for (size_t i = 0; i < TAPS * TAPS; i++)
        h[i] = ckn_test_uniform(&seed, signed_ ? -0.1 : 0, 0.1);
    ckn_naive_valid(made->x[0], x_shape, h, h_shape, made->y[0]);
}

static void test_convolutions(void **state) {
    static const double noises[] = {0, 0.002, 0.05};
    (void)state;
    for (uint64_t seed = 1; seed <= MEMBERS; seed++) {
        for (size_t i = 0; i < sizeof noises / sizeof noises[0]; i++) {
            scene made = begin(seed);
            random_kernel(&made, seed % 2, seed + 50);
            add_noise(&made, noises[i], seed + 100 * i);
            const question asked = {.taps = TAPS, .give_model = i % 2, .encoded = true};
            expect(&made, &asked, CKN_VERDICT_UNNAMED, CKN_CAUSE_NOTHING, "a convolution");
            release(&made);
        }
    }
}

static void test_rounded(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= MEMBERS; seed++) {
        scene made = begin(seed);
        blur(&made, ckn_test_uniform(&(uint64_t){seed}, 0.3, 1.2));
        round_to(&made, 1.0 / 255);
        const question asked = {
            .taps = TAPS, .step = 1.0 / 255, .encoded = true, .name = "a name of its own"};
        expect(&made, &asked, CKN_VERDICT_NAMED, CKN_CAUSE_NOTHING, "8 bits");
        assert_string_equal(judge(&made, &asked).text, asked.name);
        release(&made);
    }
}

/* Noise whose strength follows the light, contrast, and a pedestal. */
static void test_exposures(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= MEMBERS; seed++) {
        uint64_t random = seed + 7;
        scene made = begin(seed);
        blur(&made, 1);
        for (size_t i = 0; i < OUT; i++)
            made.y[0][i] = 0.2 + 0.6 * made.y[0][i] + 0.03 * sqrt(made.y[0][i]) * normal(&random);
        expect(&made, &plain, CKN_VERDICT_UNNAMED, CKN_CAUSE_NOTHING, "another exposure");
        release(&made);
    }
}

static void copy_moved(scene *made, ptrdiff_t down, ptrdiff_t right) {
    for (ptrdiff_t i = 0; i < OUT; i++)
        made->y[0][i] = at(made->x[0], i / OUT_COLS - down, i % OUT_COLS - right);
}

static void test_copies(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= MEMBERS; seed++) {
        scene made = begin(seed);
        copy_moved(&made, 0, 0);
        expect(&made, &plain, CKN_VERDICT_IDENTICAL, CKN_CAUSE_NOTHING, "a copy");
        add_noise(&made, 0.02, seed);
        expect(&made, &plain, CKN_VERDICT_UNNAMED, CKN_CAUSE_NOTHING, "a noisy copy");
        copy_moved(&made, 2, -1);
        expect(&made, &plain, CKN_VERDICT_UNNAMED, CKN_CAUSE_NOTHING, "a displaced copy");
        release(&made);
    }
}

static void test_kernel_is_cut(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= MEMBERS; seed++) {
        scene made = begin(seed);
        random_kernel(&made, false, seed + 20);
        const question asked = {.taps = 3, .encoded = true};
        expect(&made, &asked, CKN_VERDICT_UNNAMED, CKN_CAUSE_LARGER_FRAME, "a cut kernel");
        release(&made);
    }
}

/* A prior that is far too strong is no fault of the pair. */
static void test_bad_fit(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= MEMBERS; seed++) {
        scene made = begin(seed);
        random_kernel(&made, seed % 2, seed + 30);
        const question asked = {.taps = TAPS, .ridge = 30, .encoded = true};
        expect(&made, &asked, CKN_VERDICT_UNNAMED, CKN_CAUSE_FIT, "a strong prior");
        release(&made);
    }
}

/* What is left out may hold anything. */
static void test_masks(void **state) {
    (void)state;
    scene made = begin(4);
    made.weights = ckn_test_array(OUT);
    blur(&made, 1.1);
    for (size_t i = 0; i < OUT; i++) {
        made.weights[i] = (i / OUT_COLS / 10 + i % OUT_COLS / 10) % 4 > 0;
        if (made.weights[i] == 0)
            made.y[0][i] = i % 3 ? 1 : (double)NAN;
    }
    expect(&made, &plain, CKN_VERDICT_UNNAMED, CKN_CAUSE_NOTHING, "masked samples");
    release(&made);
}

/* --- no convolutions ---------------------------------------------------------------------------
 */

static int ascending(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void make_median(scene *made, uint64_t seed) {
    const ptrdiff_t reach = seed % 2 ? 1 : 2;
    double values[25];
    for (ptrdiff_t i = 0; i < OUT; i++) {
        size_t count = 0;
        for (ptrdiff_t row = -reach; row <= reach; row++)
            for (ptrdiff_t col = -reach; col <= reach; col++)
                values[count++] = at(made->x[0], i / OUT_COLS + row, i % OUT_COLS + col);
        qsort(values, count, sizeof *values, ascending);
        made->y[0][i] = values[count / 2];
    }
}

static void make_curve(scene *made, uint64_t seed) {
    const double gamma = seed % 2 ? 0.5 : 1.9;
    blur(made, seed % 3 ? 1 : 0.2);
    for (size_t i = 0; i < OUT; i++)
        made->y[0][i] = pow(made->y[0][i], gamma);
}

static double decode(double v) {
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double encode(double v) {
    return v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1 / 2.4) - 0.055;
}

static void make_linear(scene *made, uint64_t seed) {
    double *own = made->x[0], *linear = ckn_test_array(ROWS * COLS);
    for (size_t i = 0; i < ROWS * COLS; i++)
        linear[i] = decode(own[i]);
    made->x[0] = linear;
    blur(made, 1 + 0.2 * (double)seed);
    made->x[0] = own;
    free(linear);
    for (size_t i = 0; i < OUT; i++)
        made->y[0][i] = encode(made->y[0][i]);
}

static void make_vignette(scene *made, uint64_t seed) {
    blur(made, 1);
    for (size_t i = 0; i < OUT; i++) {
        const double row = row_of(i, OUT_COLS) / OUT_ROWS - 0.5;
        const double col = (double)(i % OUT_COLS) / OUT_COLS - 0.5;
        made->y[0][i] *= 1 - (0.3 + 0.2 * (double)seed) * (row * row + col * col);
    }
}

/* SHARP between samples, linearly, rotated and scaled about the middle. */
static void make_moved(scene *made, uint64_t seed) {
    const double angle = seed % 2 ? 0.035 : 0, scale = seed % 2 ? 1 : 1.03;
    for (size_t i = 0; i < OUT; i++) {
        const double v = row_of(i, OUT_COLS) - OUT_ROWS / 2.0;
        const double u = (double)(i % OUT_COLS) - OUT_COLS / 2.0;
        const double row = scale * (v * cos(angle) - u * sin(angle)) + OUT_ROWS / 2.0;
        const double col = scale * (u * cos(angle) + v * sin(angle)) + OUT_COLS / 2.0;
        const ptrdiff_t r = (ptrdiff_t)floor(row), c = (ptrdiff_t)floor(col);
        const double down = row - (double)r, right = col - (double)c;
        made->y[0][i] =
            (1 - down) * ((1 - right) * at(made->x[0], r, c) + right * at(made->x[0], r, c + 1)) +
            down * ((1 - right) * at(made->x[0], r + 1, c) + right * at(made->x[0], r + 1, c + 1));
    }
}

static void make_mirrored(scene *made, uint64_t seed) {
    for (ptrdiff_t i = 0; i < OUT; i++) {
        const ptrdiff_t row = i / OUT_COLS, col = i % OUT_COLS;
        made->y[0][i] = at(made->x[0], seed % 2 ? OUT_ROWS - 1 - row : row,
                           seed % 3 ? OUT_COLS - 1 - col : col);
    }
}

static void make_unrelated(scene *made, uint64_t seed) {
    double *other = draw(seed + 900);
    for (ptrdiff_t i = 0; i < OUT; i++)
        made->y[0][i] = at(other, i / OUT_COLS, i % OUT_COLS);
    free(other);
}

/* White noise leaves a white residual, whatever the kernel. */
static void make_noise(scene *made, uint64_t seed) {
    uint64_t state = seed;
    for (size_t i = 0; i < OUT; i++)
        made->y[0][i] = ckn_test_uniform(&state, 0, 1);
}

static void make_constant(scene *made, uint64_t seed) {
    for (size_t i = 0; i < OUT; i++)
        made->y[0][i] = 0.1 * (double)seed;
}

static void make_overlay(scene *made, uint64_t seed) {
    const size_t top = 20 + 30 * (size_t)seed, left = 40;
    blur(made, 1.2);
    for (size_t row = top; row < top + 9; row++)
        for (size_t col = left; col < left + 60; col++)
            if ((row * col / 3) % 3 > 0)
                made->y[0][row * OUT_COLS + col] = 1;
}

static void make_posterised(scene *made, uint64_t seed) {
    copy_moved(made, 0, 0);
    round_to(made, 1 / (4.0 + (double)seed));
}

/* A blend of two Gaussians across the field. */
static void make_varying(scene *made, uint64_t seed) {
    double *soft = ckn_test_array(OUT), h[TAPS * TAPS];
    fill_gaussian(h, h_shape, 1.6);
    ckn_naive_valid(made->x[0], x_shape, h, h_shape, soft);
    blur(made, 0.3 + 0.1 * (double)seed);
    for (size_t i = 0; i < OUT; i++) {
        const double part = (double)(i % OUT_COLS) / OUT_COLS;
        made->y[0][i] = part * soft[i] + (1 - part) * made->y[0][i];
    }
    free(soft);
}

static void test_causes(void **state) {
    static const struct {
        void (*make)(scene *made, uint64_t seed);
        ckn_cause cause;
    } kinds[] = {{make_median, CKN_CAUSE_EDGES},
                 {make_curve, CKN_CAUSE_TONE_CURVE},
                 {make_linear, CKN_CAUSE_LINEAR_LIGHT},
                 {make_vignette, CKN_CAUSE_ILLUMINATION},
                 {make_moved, CKN_CAUSE_MOVED},
                 {make_mirrored, CKN_CAUSE_MIRRORED},
                 {make_unrelated, CKN_CAUSE_UNRELATED},
                 {make_noise, CKN_CAUSE_UNRELATED},
                 {make_constant, CKN_CAUSE_UNRELATED},
                 {make_overlay, CKN_CAUSE_OVERLAY},
                 {make_posterised, CKN_CAUSE_QUANTISATION},
                 {make_varying, CKN_CAUSE_VARYING}};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (uint64_t seed = 1; seed <= MEMBERS; seed++) {
            scene made = begin(seed + 10 * i);
            kinds[i].make(&made, seed);
            expect(&made, &plain, CKN_VERDICT_NONE, kinds[i].cause, ckn_cause_name(kinds[i].cause));
            release(&made);
        }
    }
}

static void test_grey_copy(void **state) {
    (void)state;
    scene made = begin(1);
    made.count = 3;
    for (size_t i = 1; i < 3; i++) {
        made.x[i] = draw(i + 1);
        made.y[i] = ckn_test_array(OUT);
    }
    for (ptrdiff_t i = 0; i < OUT; i++) {
        const ptrdiff_t row = i / OUT_COLS, col = i % OUT_COLS;
        made.y[0][i] = 0.2 * at(made.x[0], row, col) + 0.7 * at(made.x[1], row, col) +
                       0.1 * at(made.x[2], row, col);
        made.y[1][i] = made.y[2][i] = made.y[0][i];
    }
    expect(&made, &plain, CKN_VERDICT_NONE, CKN_CAUSE_GREY_COPY, "a grey copy");
    release(&made);
}

/* --- refused -----------------------------------------------------------------------------------
 */

static void test_refused(void **state) {
    (void)state;
    scene made = begin(1);
    double h[9] = {0}, none[OUT] = {0};
    const ckn_verdict_plane plane = {.sharp = ckn_view_f64(made.x[0], ROWS, COLS),
                                     .blurred = ckn_view_f64(made.y[0], OUT_ROWS, OUT_COLS)};
    ckn_verdict_job job = {
        .planes = &plane, .kernel = ckn_view_f64(h, 3, 3), .frame = {3, 3, 0, 0}};
    ckn_verdict verdict;
    assert_int_equal(ckn_judge(ckn_test_context(), &job, &verdict, NULL), CKN_ERROR_ARGUMENT);
    job.plane_count = 1; /* a kernel of another size */
    assert_int_equal(ckn_judge(ckn_test_context(), &job, &verdict, NULL), CKN_ERROR_ARGUMENT);
    double own[TAPS * TAPS] = {1};
    ckn_verdict_plane masked = plane;
    masked.weights = ckn_view_f64(none, OUT_ROWS, OUT_COLS);
    job = (ckn_verdict_job){.planes = &masked,
                            .plane_count = 1,
                            .kernel = ckn_view_f64(own, TAPS, TAPS),
                            .frame = {TAPS, TAPS, 0, 0}};
    assert_int_equal(ckn_judge(ckn_test_context(), &job, &verdict, NULL), CKN_ERROR_DATA);
    release(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolutions),  cmocka_unit_test(test_rounded),
        cmocka_unit_test(test_exposures),     cmocka_unit_test(test_copies),
        cmocka_unit_test(test_kernel_is_cut), cmocka_unit_test(test_masks),
        cmocka_unit_test(test_bad_fit),       cmocka_unit_test(test_causes),
        cmocka_unit_test(test_grey_copy),     cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
