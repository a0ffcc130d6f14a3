/* Single decisions of the detector of clipping. */
#include "inspect/clip_case.h"

#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static clip_case made; /* large */
static const ckn_frame frame = {CASE_TAPS, CASE_TAPS, 0, 0};

/* White noise within [0, 1) and a Gaussian. */
static void make_noise(uint64_t seed) {
    memset(&made, 0, sizeof made);
    for (size_t n = 0; n < CASE_SAMPLES; n++)
        made.x[n] = ckn_test_uniform(&seed, 0, 1);
    fill_gaussian(made.h, (ckn_shape){CASE_TAPS, CASE_TAPS}, 1);
    made.low = -(double)INFINITY;
    made.high = (double)INFINITY;
    clip_case_blur(&made);
}

/* Three samples at exactly the largest of real numbers are clipped; two are chance. */
static void test_few_samples(void **state) {
    (void)state;
    for (size_t count = 1; count < 6; count++) {
        make_noise(count);
        double sorted[6] = {0};
        for (size_t n = 0; n < CASE_OUT_SAMPLES; n++)
            for (size_t i = 0; i < 6; i++)
                if (made.clean[n] > sorted[i]) {
                    memmove(&sorted[i + 1], &sorted[i], (5 - i) * sizeof *sorted);
                    sorted[i] = made.clean[n];
                    break;
                }
        made.high = sorted[count - 1];
        clip_case_record(&made, 1);
        const clip_answer answer = clip_case_solve(&made);
        assert_int_equal(answer.counts.clipped, count < 3 ? 0 : count);
    }
}

/* What SHARP was clipped of is in BLURRED, or is not. */
static void test_sharp_alone(void **state) {
    (void)state;
    make_noise(7);
    for (size_t n = 0; n < CASE_SAMPLES; n++)
        made.x[n] = n % 211 == 3 ? 2 + made.x[n] : made.x[n]; /* few lights */
    clip_case_blur(&made);
    for (size_t n = 0; n < CASE_SAMPLES; n++)
        made.x[n] = fmin(made.x[n], 0.97);
    clip_answer answer = clip_case_solve(&made);
    assert_true(answer.counts.sees_clipped > 1000);
    assert_true(answer.counts.clipped == 0 && answer.error < 1e-9);
    assert_true(answer.counts.sharp_high > 40);
    clip_case_blur(&made);
    answer = clip_case_solve(&made);
    assert_int_equal(answer.counts.excluded, 0);
}

static void test_gives_up(void **state) {
    (void)state;
    make_noise(8);
    made.high = 0.42;
    clip_case_record(&made, 1);
    clip_answer answer = clip_case_solve(&made);
    assert_true(answer.gave_up && answer.counts.excluded == 0);
    assert_true(answer.counts.blurred_high > CASE_OUT_SAMPLES * 4 / 5);
    /* Constants and two levels are no clipping, and nothing to give up. */
    made.low = made.high = 0.5;
    clip_case_record(&made, 1);
    answer = clip_case_solve(&made);
    assert_true(!answer.gave_up && answer.counts.excluded == 0);
    for (size_t n = 0; n < CASE_OUT_SAMPLES; n++)
        made.y[n] = made.clean[n] > 0.5;
    answer = clip_case_solve(&made);
    assert_int_equal(answer.counts.excluded, 0);
}

static size_t count_marked(const ckn_pair *pair, const ckn_clip_source *sharp,
                           const ckn_clip_source *blurred, ckn_clip_mode mode) {
    ckn_clipping *clipping = NULL;
    ckn_clip_counts counts;
    TRY_OK(ckn_clipping_create(pair, 1, sharp, blurred, mode, &clipping, &error));
    TRY_OK(ckn_clipping_count(clipping, 0, &frame, &counts, &error));
    ckn_clipping_destroy(clipping);
    return counts.clipped;
}

/* A limit that the file names; limits that are given; a luma of which one channel is clipped. */
static void test_sources(void **state) {
    (void)state;
    make_noise(9);
    const ckn_pair pair = clip_case_pair(&made);
    const double none = (double)NAN, limit = 0.62;
    size_t above = 0;
    for (size_t n = 0; n < CASE_OUT_SAMPLES; n++)
        above += made.y[n] >= limit;
    const ckn_clip_source plain = {NULL, 1, none, none, 0}, named = {NULL, 1, none, limit, 0};
    assert_int_equal(count_marked(&pair, &plain, &named, CKN_CLIP_AUTO), above);
    assert_int_equal(count_marked(&pair, &plain, &named, CKN_CLIP_GIVEN), above);
    assert_int_equal(count_marked(&pair, &plain, &named, CKN_CLIP_NONE), 0);
    assert_int_equal(count_marked(&pair, NULL, NULL, CKN_CLIP_AUTO), 0);
    static double channels[3][CASE_OUT_SAMPLES];
    ckn_view views[3];
    for (size_t i = 0; i < 3; i++) {
        for (size_t n = 0; n < CASE_OUT_SAMPLES; n++)
            channels[i][n] = i == 1 ? fmin(made.y[n], limit) : 0.5 * made.y[n];
        views[i] = ckn_view_f64(channels[i], CASE_OUT_ROWS, CASE_OUT_COLS);
    }
    const ckn_clip_source luma = {views, 3, none, none, 0};
    assert_int_equal(count_marked(&pair, &plain, &luma, CKN_CLIP_AUTO), above);
}

/* Weights of the pair stay where nothing is clipped, and what they leave out has no say. */
static void test_own_weights(void **state) {
    (void)state;
    static double weights[CASE_OUT_SAMPLES];
    make_noise(10);
    made.high = 0.6;
    clip_case_record(&made, 1);
    made.y[5] = 9;
    for (size_t n = 0; n < CASE_OUT_SAMPLES; n++)
        weights[n] = n == 5 ? 0 : 3;
    ckn_pair pair = clip_case_pair(&made), weighed, cut;
    pair.blurred_weights = ckn_view_f64(weights, CASE_OUT_ROWS, CASE_OUT_COLS);
    ckn_clipping *clipping = NULL;
    TRY_OK(ckn_clipping_create(&pair, 1, NULL, NULL, CKN_CLIP_AUTO, &clipping, &error));
    TRY_OK(ckn_clipping_weigh(clipping, 0, &weighed, &error));
    TRY_OK(ckn_clipping_weigh_windows(clipping, 0, &frame, &cut, &error));
    for (size_t n = 0; n < CASE_OUT_SAMPLES; n++) {
        const size_t row = n / CASE_OUT_COLS, col = n % CASE_OUT_COLS;
        const double expected = n == 5 || made.y[n] >= 0.6 ? 0 : 3;
        assert_true(ckn_view_at(&weighed.blurred_weights, row, col) == expected);
        assert_true(ckn_view_at(&cut.blurred_weights, row, col) == expected);
    }
    ckn_clipping_destroy(clipping);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_samples), cmocka_unit_test(test_sharp_alone),
        cmocka_unit_test(test_gives_up),    cmocka_unit_test(test_sources),
        cmocka_unit_test(test_own_weights),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
