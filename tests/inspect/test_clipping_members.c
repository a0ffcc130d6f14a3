/* Random members of every kind of pair, clipped and not: the detector does as well as masks drawn
 * by hand, and leaves alone what only looks clipped. */
#include "inspect/clip_case.h"

#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static clip_case made; /* large */
static uint64_t state;

static double uniform(double low, double high) {
    return ckn_test_uniform(&state, low, high);
}

static size_t choose(size_t count) {
    return (size_t)(ckn_test_random(&state) % count);
}

/* --- scenes, within [0, 1] ------------------------------------------------------------------ */

/* The row of sample n, as a number. */
static double row_of(size_t n, size_t cols) {
    const size_t row = n / cols;
    return (double)row;
}

/* Waves with edges and texture. */
static void draw_picture(void) {
    const double row_step = uniform(5, 20), col_step = uniform(5, 20), level = uniform(0.3, 0.7);
    for (size_t n = 0; n < CASE_SAMPLES; n++) {
        const double row = row_of(n, CASE_COLS), col = (double)(n % CASE_COLS);
        const double wave = 0.5 + 0.3 * sin(row / row_step) * cos(col / col_step);
        made.x[n] = fmod(0.3 * row + col, 23) < 8 ? 0.6 * wave + 0.3 * level : wave;
        made.x[n] = fmin(fmax(made.x[n] + uniform(-0.1, 0.1), 0.02), 0.98);
    }
}

static void draw_normal(void) {
    for (size_t n = 0; n < CASE_SAMPLES; n++)
        made.x[n] = 0.5 + 0.1 * clip_normal(&state);
}

static void add_light(size_t row, size_t col, double flux, double width) {
    for (size_t n = 0; n < CASE_SAMPLES; n++) {
        const double r = row_of(n, CASE_COLS) - (double)row;
        const double c = (double)(n % CASE_COLS) - (double)col;
        made.x[n] += flux * exp(-(r * r + c * c) / (2 * width * width));
    }
}

/* Few are bright; on ground that is not quite dark. */
static void draw_stars(void) {
    for (size_t n = 0; n < CASE_SAMPLES; n++)
        made.x[n] = uniform(0.01, 0.02);
    for (int star = 0; star < 60; star++)
        add_light(choose(CASE_ROWS), choose(CASE_COLS), 0.03 / uniform(0.04, 1), 0.8);
}

static void draw_kernel(double sum, double width) {
    fill_gaussian(made.h, (ckn_shape){CASE_TAPS, CASE_TAPS}, width);
    for (size_t n = 0; n < CASE_TAPS * CASE_TAPS; n++)
        made.h[n] *= sum;
}

/* Detail against its surroundings: both signs. */
static void draw_edge_kernel(void) {
    draw_kernel(-uniform(0.9, 1), uniform(1, 2));
    made.h[CASE_TAPS * CASE_TAPS / 2] += uniform(1, 1.5);
}

/* --- clipped ------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b) {
    const double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

static double quantile(const double *values, double part) {
    static double sorted[CASE_OUT_SAMPLES];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, CASE_OUT_SAMPLES, sizeof *sorted, compare);
    return sorted[(size_t)(part * (CASE_OUT_SAMPLES - 1))];
}

/* Scales kernel and images so that the values lie on the levels of a type. */
static void use_levels(double largest, double full_range, bool signed_) {
    const double gain = 1 / made.high;
    for (size_t n = 0; n < CASE_TAPS * CASE_TAPS; n++)
        made.h[n] *= gain * largest / full_range;
    for (size_t n = 0; n < CASE_SAMPLES; n++)
        made.x[n] = rint(made.x[n] * full_range) / full_range;
    clip_case_blur(&made);
    made.sigma *= gain * largest / full_range;
    made.high = largest / full_range;
    made.low = signed_ ? 0 : -(double)INFINITY;
    made.step = 1 / full_range;
    made.typed = true;
}

static void make_clipped(uint64_t seed) {
    static void (*const scenes[])(void) = {draw_picture, draw_normal, draw_stars};
    state = seed;
    memset(&made, 0, sizeof made);
    const size_t scene = choose(3), kind = choose(5);
    const bool low = scene != 2 && choose(2), high = !low || choose(2);
    const double share = scene == 2 ? uniform(0.002, 0.01) : uniform(0.03, 0.2);
    scenes[scene]();
    if (low)
        draw_edge_kernel();
    else
        draw_kernel(1, uniform(0.7, 1.3));
    clip_case_blur(&made);
    made.low = low ? quantile(made.clean, share) : -(double)INFINITY;
    made.high = quantile(made.clean, high ? 1 - share : 1);
    made.sigma = choose(3) * 0.005 * (quantile(made.clean, 0.99) - quantile(made.clean, 0.01));
    if (kind == 0)
        use_levels(255, 255, low);
    else if (kind == 1)
        use_levels(4095, 65535, low);
    else if (kind == 2)
        use_levels(65535, 65535, low);
    else if (!high)
        made.high = (double)INFINITY;
    clip_case_record(&made, seed + 1);
    for (size_t n = 0; n < CASE_OUT_SAMPLES && kind == 3; n++) {
        volatile float single = (float)made.y[n]; /* GCC 12 leaves the conversion out, else */
        made.y[n] = (double)single;
    }
}

static void test_clipped(void **unused) {
    (void)unused;
    enum { MEMBERS = 60 };
    static const double rounding = 1e-6; /* errors below are alike: float32 */
    double ratios[MEMBERS], better = 0;
    for (size_t i = 0; i < MEMBERS; i++) {
        make_clipped(1000 + i);
        const clip_answer answer = clip_case_solve(&made);
        const double hand = clip_case_by_hand(&made), plain = clip_case_plain(&made);
        ratios[i] = (answer.error + rounding) / (hand + rounding);
        better += answer.error < plain;
        if (ratios[i] > 2)
            print_message("member %zu: %g by hand, %g found, %g plain, %zu clipped\n", i, hand,
                          answer.error, plain, answer.counts.clipped);
    }
    qsort(ratios, MEMBERS, sizeof *ratios, compare);
    assert_true(ratios[MEMBERS / 2] < 1.1);
    assert_true(ratios[MEMBERS * 95 / 100] < 1.3);
    assert_true(better >= 0.95 * MEMBERS);
}

/* --- not clipped -------------------------------------------------------------------------- */

static void draw_poster(void) {
    const double row_step = uniform(4, 9), col_step = uniform(4, 9);
    const double levels = 1 + (double)choose(3);
    for (size_t n = 0; n < CASE_SAMPLES; n++) {
        const double wave = sin(row_of(n, CASE_COLS) / row_step) *
                            cos((double)(n % CASE_COLS) / col_step + row_of(n, CASE_COLS) / 17);
        made.x[n] = rint((0.5 + 0.5 * wave) * levels) / levels;
    }
}

/* Smooth lights on black. */
static void draw_ground(void) {
    memset(made.x, 0, sizeof made.x);
    for (int light = 0; light < 7; light++)
        add_light(10 + choose(CASE_ROWS - 20), 10 + choose(CASE_COLS - 20), uniform(0.2, 0.9), 2.5);
    for (size_t n = 0; n < CASE_SAMPLES; n++)
        made.x[n] = fmin(made.x[n], 1);
}

static void draw_few_levels(void) {
    draw_picture();
    for (size_t n = 0; n < CASE_SAMPLES; n++)
        made.x[n] = rint(12 * made.x[n]) / 12;
}

/* Before it is blurred, so that nothing is missing. */
static void draw_saturated(void) {
    draw_picture();
    for (size_t n = 0; n < CASE_SAMPLES; n++)
        made.x[n] = fmin(fmax(1.6 * made.x[n] - 0.3, 0), 1);
}

static void fill_box(void) {
    const double side = choose(2) ? 3 : 5;
    memset(made.h, 0, sizeof made.h);
    for (size_t n = 0; n < CASE_TAPS * CASE_TAPS; n++) {
        const double row = fabs(row_of(n, CASE_TAPS) - 2), col = fabs((double)(n % CASE_TAPS) - 2);
        made.h[n] = row < side / 2 && col < side / 2 ? 1 / (side * side) : 0;
    }
}

static void make_unclipped(uint64_t seed) {
    static void (*const scenes[])(void) = {draw_picture,  draw_normal, draw_stars,
                                           draw_poster,   draw_ground, draw_few_levels,
                                           draw_saturated};
    state = seed;
    memset(&made, 0, sizeof made);
    const size_t scene = choose(sizeof scenes / sizeof scenes[0]), kind = choose(3);
    const bool noise = scene != 3 && scene != 4 && scene != 6 && choose(2);
    scenes[scene]();
    if (choose(2))
        fill_box();
    else
        draw_kernel(1, uniform(0.5, 1.5));
    made.sigma = noise ? 0.003 : 0;
    made.low = -(double)INFINITY;
    made.high = (double)INFINITY;
    made.typed = kind < 2 && scene != 2;
    made.step = !made.typed ? 0 : kind == 0 ? 1.0 / 255 : 1.0 / 65535;
    for (size_t n = 0; n < CASE_SAMPLES && made.step > 0; n++)
        made.x[n] = rint(made.x[n] / made.step) * made.step;
    clip_case_blur(&made);
    clip_case_record(&made, seed + 1);
}

static void test_unclipped(void **unused) {
    (void)unused;
    enum { MEMBERS = 120 };
    for (size_t i = 0; i < MEMBERS; i++) {
        make_unclipped(5000 + i);
        const clip_answer answer = clip_case_solve(&made);
        if (answer.counts.excluded > 0 || answer.gave_up)
            ckn_test_fail("member %zu loses %zu samples (%zu clipped, %zu near, %zu seeing)", i,
                          answer.counts.excluded, answer.counts.clipped, answer.counts.near_limit,
                          answer.counts.sees_clipped);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clipped),
        cmocka_unit_test(test_unclipped),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
