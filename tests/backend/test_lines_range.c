/* Samples of very different sizes in line filters, where running sums drift: bursts leave next to
 * nothing behind, and what is nowhere negative stays so. */
#include "support/line_filter.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>

static const ckn_type types[] = {CKN_FLOAT32, CKN_FLOAT64};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* --- bursts ----------------------------------------------------------------------------------- */

enum { BURST_AT = 300000, BURST = 64, BURST_LINE = 1 << 20 };

/* Whether the sample is farther than `reach` from the burst, on both sides of it and through the
 * boundary, where that is periodic. */
static bool far_away(size_t i, size_t reach) {
    return i + reach < BURST_AT || i >= BURST_AT + BURST + reach;
}

/* 64 samples of 1e6 in a million of [0, 1]. */
static void check_burst(const ckn_line_filter *filter, ckn_axis axis, ckn_type type) {
    const ckn_lines lines = {axis == CKN_AXIS_ROWS ? (ckn_shape){1, BURST_LINE}
                                                   : (ckn_shape){BURST_LINE, 1},
                             1, axis, CKN_BOUNDARY_REFLECT};
    double *x = ckn_test_random_array(73, BURST_LINE, 0.0, 1.0);
    for (size_t i = BURST_AT; i < BURST_AT + BURST; i++)
        x[i] = 1e6 + 0.0625 * (double)(i % 16);
    double *got = ckn_line_filter_apply(filter, &lines, type, x);
    double *expected = ckn_line_filter_expect(filter, &lines, x);
    const size_t reach = ckn_line_filter_reach(filter);
    double worst_far = 0.0, worst_near = 0.0;
    for (size_t i = 0; i < BURST_LINE; i++) {
        const double error = fabs(got[i] - expected[i]);
        if (far_away(i, reach))
            worst_far = fmax(worst_far, error);
        else
            worst_near = fmax(worst_near, error / 1e6);
    }
    if (!(worst_far <= 1e-5 && worst_near <= 1e-6))
        ckn_test_fail("%s: a burst left %g far away, %g of its height near it",
                      ckn_line_filter_name(filter, &lines, type), worst_far, worst_near);
    free(x);
    free(got);
    free(expected);
}

static void test_burst(void **state) {
    (void)state;
    double half[31];
    ckn_extended_box box = ckn_naive_box(12.0, 5);
    ckn_naive_correct(&box, 7, 0.07);
    const ckn_line_filter filters[] = {{.box = &box}, ckn_test_fir(half, 30)};
    for (size_t i = 0; i < LENGTH(filters); i++) {
        check_burst(&filters[i], CKN_AXIS_ROWS, CKN_FLOAT32);
        check_burst(&filters[i], CKN_AXIS_COLS, CKN_FLOAT32);
        check_burst(&filters[i], CKN_AXIS_ROWS, CKN_FLOAT64);
    }
}

/* --- scales ----------------------------------------------------------------------------------- */

/* Numbers of any size are as exact as those within [0, 1]; sums of them do not overflow. */
static void check_scale(const ckn_line_filter *filter, double scale, ckn_type type) {
    const ckn_lines lines = {{6, 70}, 3, CKN_AXIS_ROWS, CKN_BOUNDARY_REFLECT};
    const size_t count = ckn_line_samples(&lines);
    double *x = ckn_test_random_array(77, count, -1.0, 1.0);
    for (size_t i = 0; i < count; i++)
        x[i] *= scale;
    double *got = ckn_line_filter_apply(filter, &lines, type, x);
    double *expected = ckn_line_filter_expect(filter, &lines, x);
    for (size_t i = 0; i < count; i++) {
        got[i] /= scale;
        expected[i] /= scale;
    }
    const double error = ckn_test_largest_error(got, expected, count);
    if (!(error <= ckn_line_tolerance(type)))
        ckn_test_fail("%s: off by %g of the scale %g", ckn_line_filter_name(filter, &lines, type),
                      error, scale);
    free(x);
    free(got);
    free(expected);
}

static void test_scales(void **state) {
    (void)state;
    double half[9];
    const ckn_extended_box box = ckn_naive_box(9.0, 4), many = ckn_naive_box(30.0, 200);
    const ckn_line_filter filters[] = {{.box = &box}, {.box = &many}, ckn_test_fir(half, 8)};
    for (size_t i = 0; i < LENGTH(filters); i++) {
        /* Powers of two: what float32 holds exactly stays so. */
        check_scale(&filters[i], ldexp(1.0, 126), CKN_FLOAT32);
        check_scale(&filters[i], ldexp(1.0, -100), CKN_FLOAT32);
        check_scale(&filters[i], ldexp(1.0, 126), CKN_FLOAT64);
        if (!ckn_test_on_cpu())
            continue;
        check_scale(&filters[i], 1e150, CKN_FLOAT64);
        check_scale(&filters[i], 1e-150, CKN_FLOAT64);
    }
}

/* --- from zero on ----------------------------------------------------------------------------- */

/* Fills lines of 900 samples with much that is zero: spikes of very different heights. */
typedef void (*fill_fn)(double *x, size_t count);

static void fill_spikes(double *x, size_t count) {
    uint64_t seed = 74;
    for (size_t i = 0; i < count; i += 1 + ckn_test_random(&seed) % 97)
        x[i] = (double)(float)pow(10.0, ckn_test_uniform(&seed, -8.0, 6.0));
}

/* 1e30 beside 1e-30, far apart enough that nothing is within reach of most samples. */
static void fill_extremes(double *x, size_t count) {
    uint64_t seed = 75;
    for (size_t i = 11; i < count; i += 150 + ckn_test_random(&seed) % 350) {
        x[i] = (double)1e30F;
        x[i - 1] = (double)1e-30F;
        x[i - 2 - ckn_test_random(&seed) % 9] = (double)1e-30F;
    }
}

static void fill_denormals(double *x, size_t count) {
    uint64_t seed = 76;
    for (size_t i = 0; i < count; i++)
        x[i] = i % 3 == 0 ? -0.0 : (double)(float)(1e-44 * (double)(ckn_test_random(&seed) % 9));
}

static void fill_negative_zeros(double *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        x[i] = i % 211 == 7 ? 0.7 : -0.0;
}

static const fill_fn fills[] = {fill_spikes, fill_extremes, fill_denormals, fill_negative_zeros};

typedef void (*examine_fn)(const ckn_line_filter *filter, const ckn_lines *lines, ckn_type type,
                           const double *x);

static void examine_fill(const ckn_line_filter *filter, size_t fill, ckn_boundary boundary,
                         examine_fn examine) {
    for (int axis = 0; axis < 2; axis++) {
        const ckn_shape shape = axis == 0 ? (ckn_shape){5, 900} : (ckn_shape){900, 5};
        const ckn_lines lines = {shape, 1 + fill % 4, (ckn_axis)axis, boundary};
        double *x = ckn_test_array(ckn_line_samples(&lines));
        fills[fill](x, ckn_line_samples(&lines));
        for (size_t t = 0; t < LENGTH(types); t++)
            examine(filter, &lines, types[t], x);
        free(x);
    }
}

static void examine_all(examine_fn examine) {
    double half[9];
    ckn_extended_box corrected = ckn_naive_box(5.0, 5);
    ckn_naive_correct(&corrected, 3, 0.07);
    const ckn_extended_box ends = ckn_naive_box(3.0, 4), plain = ckn_naive_plain_box(2, 0.0, 1);
    const ckn_extended_box many = ckn_naive_box(4.0, 60);
    const ckn_line_filter filters[] = {{.box = &ends},
                                       {.box = &plain},
                                       {.box = &corrected},
                                       {.box = &many},
                                       ckn_test_fir(half, 8)};
    for (size_t i = 0; i < LENGTH(filters); i++) {
        for (size_t fill = 0; fill < LENGTH(fills); fill++) {
            for (int b = 0; b < CKN_TEST_BOUNDARIES; b++)
                examine_fill(&filters[i], fill, (ckn_boundary)b, examine);
        }
    }
}

static void examine_sign(const ckn_line_filter *filter, const ckn_lines *lines, ckn_type type,
                         const double *x) {
    double *got = ckn_line_filter_apply(filter, lines, type, x);
    for (size_t i = 0; i < ckn_line_samples(lines); i++) {
        if (!(got[i] >= 0.0))
            ckn_test_fail("%s: sample %zu became %g", ckn_line_filter_name(filter, lines, type), i,
                          got[i]);
    }
    free(got);
}

static void test_nonnegative(void **state) {
    (void)state;
    examine_all(examine_sign);
}

/* Marks the results that have anything but zeros in reach: what is 1 where a sample is not zero,
 * filtered with taps of 1. A new array. */
static double *in_reach(const ckn_lines *lines, size_t reach, const double *x) {
    const size_t count = ckn_line_samples(lines);
    double *marks = ckn_test_array(count), *near = ckn_test_array(count);
    double *ones = ckn_test_array(2 * reach + 1);
    for (size_t k = 0; k < 2 * reach + 1; k++)
        ones[k] = 1.0;
    for (size_t i = 0; i < count; i++)
        marks[i] = x[i] != 0.0 ? 1.0 : 0.0;
    ckn_naive_lines(marks, lines, ones, reach, near);
    free(marks);
    free(ones);
    return near;
}

/* What running sums leave where there is nothing, in parts of the largest sample: the last digits
 * of a double, or of two floats. */
static double residue_allowed(void) {
    return ckn_test_on_cpu() ? 1e-15 : 1e-13;
}

static void examine_residue(const ckn_line_filter *filter, const ckn_lines *lines, ckn_type type,
                            const double *x) {
    double *got = ckn_line_filter_apply(filter, lines, type, x);
    double *near = in_reach(lines, ckn_line_filter_reach(filter), x), largest = 0.0;
    const size_t count = ckn_line_samples(lines);
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, x[i]);
    for (size_t i = 0; i < count; i++) {
        if (near[i] == 0.0 && got[i] > residue_allowed() * largest)
            ckn_test_fail("%s: sample %zu, in reach of nothing, became %g beside %g",
                          ckn_line_filter_name(filter, lines, type), i, got[i], largest);
        if (near[i] == 0.0 && got[i] != 0.0 && !filter->box)
            ckn_test_fail("a FIR made %g of nothing", got[i]);
    }
    free(got);
    free(near);
}

static void test_residue(void **state) {
    (void)state;
    examine_all(examine_residue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst),
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_nonnegative),
        cmocka_unit_test(test_residue),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
