/* NaN and infinity in line filters reach what the composed kernel reaches, and nothing else: every
 * other sample is as exact as without them. */
#include "support/line_filter.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>

static const ckn_type types[] = {CKN_FLOAT32, CKN_FLOAT64};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* A bad sample: `at` counts along the line, in one of the lines and channels. */
typedef struct bad_sample {
    size_t at, line, channel;
    double value;
} bad_sample;

static size_t index_of(const ckn_lines *lines, const bad_sample *bad) {
    const bool rows = lines->axis == CKN_AXIS_ROWS;
    const size_t row = rows ? bad->line : bad->at, col = rows ? bad->at : bad->line;
    return (row * lines->shape.cols + col) * lines->channels + bad->channel;
}

/* `length` samples in each of `count` lines. */
static ckn_lines layout(ckn_axis axis, size_t length, size_t count, size_t channels) {
    const ckn_shape shape =
        axis == CKN_AXIS_ROWS ? (ckn_shape){count, length} : (ckn_shape){length, count};
    return (ckn_lines){.shape = shape, .channels = channels, .axis = axis};
}

/* In all boundaries and types, along one axis. */
static void check(const ckn_line_filter *filter, ckn_lines lines, const bad_sample *bad,
                  size_t count) {
    double *x = ckn_test_random_array(72, ckn_line_samples(&lines), 0.0, 1.0);
    for (size_t i = 0; i < count; i++)
        x[index_of(&lines, &bad[i])] = bad[i].value;
    for (int b = 0; b < CKN_TEST_BOUNDARIES; b++) {
        lines.boundary = (ckn_boundary)b;
        for (size_t t = 0; t < LENGTH(types); t++)
            ckn_line_filter_check(filter, &lines, types[t], x, ckn_line_tolerance(types[t]));
    }
    free(x);
}

typedef void (*check_fn)(const ckn_line_filter *filter, ckn_axis axis);

static void for_all_filters(check_fn run) {
    double half[9];
    const ckn_extended_box with_ends = ckn_naive_box(6.0, 4);
    const ckn_extended_box without_ends = ckn_naive_plain_box(3, 0.0, 3);
    const ckn_extended_box single = ckn_naive_plain_box(0, 0.25, 1);
    ckn_extended_box corrected = ckn_naive_box(5.0, 5), both = ckn_naive_plain_box(4, 0.0, 5);
    ckn_naive_correct(&corrected, 3, 0.07);
    ckn_naive_correct(&both, 4, 0.07);
    const ckn_line_filter filters[] = {
        {.box = &with_ends}, {.box = &without_ends}, {.box = &single},
        {.box = &corrected}, {.box = &both},         ckn_test_fir(half, 8),
    };
    for (size_t i = 0; i < LENGTH(filters); i++) {
        run(&filters[i], CKN_AXIS_ROWS);
        run(&filters[i], CKN_AXIS_COLS);
    }
}

static const double values[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};

/* One in the middle, at either end, and next to it: seen through the boundary too. */
static void check_alone(const ckn_line_filter *filter, ckn_axis axis) {
    static const size_t places[] = {230, 0, 1, 499, 498};
    for (size_t i = 0; i < LENGTH(places); i++) {
        for (size_t v = 0; v < LENGTH(values); v++)
            check(filter, layout(axis, 500, 3, 1),
                  &(bad_sample){.at = places[i], .line = 1, .value = values[v]}, 1);
    }
}

static void test_alone(void **state) {
    (void)state;
    for_all_filters(check_alone);
}

/* Infinities of both signs and NaN, farther apart than a reach, closer, and side by side. */
static void check_together(const ckn_line_filter *filter, ckn_axis axis) {
    const bad_sample bad[] = {
        {20, 0, 0, (double)INFINITY},   {21, 0, 0, (double)INFINITY},
        {50, 0, 0, -(double)INFINITY},  {120, 0, 0, (double)NAN},
        {130, 0, 0, (double)INFINITY},  {250, 0, 0, -(double)INFINITY},
        {5, 2, 0, -(double)INFINITY},   {299, 2, 0, (double)INFINITY},
        {150, 18, 0, (double)INFINITY}, {150, 19, 0, -(double)INFINITY},
    };
    check(filter, layout(axis, 300, 20, 1), bad, LENGTH(bad));
}

static void test_together(void **state) {
    (void)state;
    for_all_filters(check_together);
}

/* Channels keep their own. */
static void check_channels(const ckn_line_filter *filter, ckn_axis axis) {
    const bad_sample bad[] = {
        {10, 0, 0, (double)NAN}, {60, 0, 1, (double)INFINITY}, {61, 4, 1, -(double)INFINITY}};
    for (size_t channels = 2; channels <= 4; channels++)
        check(filter, layout(axis, 90, 7, channels), bad, LENGTH(bad));
}

static void test_channels(void **state) {
    (void)state;
    for_all_filters(check_channels);
}

/* Lines shorter than the reach: through the boundary all of it is near, or nothing is. */
static void check_short(const ckn_line_filter *filter, ckn_axis axis) {
    static const size_t lengths[] = {1, 2, 5, 12};
    for (size_t i = 0; i < LENGTH(lengths); i++) {
        for (size_t v = 0; v < LENGTH(values); v++)
            check(filter, layout(axis, lengths[i], 2, 1),
                  &(bad_sample){.at = lengths[i] / 3, .line = 1, .value = values[v]}, 1);
    }
}

static void test_short(void **state) {
    (void)state;
    for_all_filters(check_short);
}

/* Where a window is some whole periods and a rest. */
static void test_periods(void **state) {
    (void)state;
    for (size_t l = 0; l < 9; l++) {
        for (int with_ends = 0; with_ends < 2; with_ends++) {
            const ckn_extended_box box = ckn_naive_plain_box(l, 0.5 * with_ends, 2);
            const ckn_line_filter filter = {.box = &box};
            const bad_sample bad = {1, 0, 0, (double)INFINITY};
            check(&filter, layout(CKN_AXIS_ROWS, 4, 1, 1), &bad, 1);
            check(&filter, layout(CKN_AXIS_COLS, 33, 1, 1), &bad, 1);
        }
    }
}

/* On both sides of the CPU's blocks and segments. */
static void test_long(void **state) {
    (void)state;
    double half[33];
    const ckn_extended_box box = ckn_naive_box(8.0, 4);
    const ckn_line_filter filters[] = {{.box = &box}, ckn_test_fir(half, 32)};
    const bad_sample bad[] = {
        {512, 0, 0, (double)NAN},       {1023, 0, 0, (double)INFINITY},
        {8191, 0, 0, (double)INFINITY}, {8190, 1, 0, -(double)INFINITY},
        {8192, 2, 0, (double)INFINITY}, {8200, 2, 0, (double)NAN},
    };
    for (size_t i = 0; i < LENGTH(filters); i++) {
        check(&filters[i], layout(CKN_AXIS_ROWS, 9000, 3, 1), bad, LENGTH(bad));
        check(&filters[i], layout(CKN_AXIS_COLS, 9000, 3, 1), bad, LENGTH(bad));
    }
}

/* Nothing but bad samples. */
static void test_everywhere(void **state) {
    (void)state;
    const ckn_extended_box box = ckn_naive_box(3.0, 4);
    const ckn_line_filter filter = {.box = &box};
    bad_sample bad[40];
    for (size_t v = 0; v < LENGTH(values); v++) {
        for (size_t i = 0; i < LENGTH(bad); i++)
            bad[i] = (bad_sample){.at = i, .line = 0, .value = values[v]};
        check(&filter, layout(CKN_AXIS_ROWS, 40, 1, 1), bad, LENGTH(bad));
        check(&filter, layout(CKN_AXIS_COLS, 40, 2, 1), bad, LENGTH(bad));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone),      cmocka_unit_test(test_together),
        cmocka_unit_test(test_channels),   cmocka_unit_test(test_short),
        cmocka_unit_test(test_periods),    cmocka_unit_test(test_long),
        cmocka_unit_test(test_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
