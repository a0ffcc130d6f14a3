/* box_axis() and fir_axis() against the composed kernel on lines that are continued without end:
 * shapes, channels, boundaries, boxes, types. What they promise of odd samples stands in
 * test_lines_bad.c and test_lines_range.c. */
#include "support/line_filter.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const ckn_type types[] = {CKN_FLOAT32, CKN_FLOAT64};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* One layout along one axis, with both types. */
static void check_lines(const ckn_line_filter *filter, ckn_lines lines) {
    double *x = ckn_test_random_array(71, ckn_line_samples(&lines), 0.0, 1.0);
    for (size_t t = 0; t < LENGTH(types); t++)
        ckn_line_filter_check(filter, &lines, types[t], x, ckn_line_tolerance(types[t]));
    free(x);
}

static void check_boundaries(const ckn_line_filter *filter, ckn_shape shape, size_t channels) {
    for (int b = 0; b < CKN_TEST_BOUNDARIES; b++) {
        for (int axis = 0; axis < 2; axis++)
            check_lines(filter, (ckn_lines){shape, channels, (ckn_axis)axis, (ckn_boundary)b});
    }
}

static void check_box(const ckn_extended_box *box, ckn_shape shape, size_t channels) {
    check_boundaries(&(ckn_line_filter){.box = box}, shape, channels);
}

static ckn_extended_box corrected_box(double sigma, size_t passes, size_t stride) {
    ckn_extended_box box = ckn_naive_box(sigma, passes);
    ckn_naive_correct(&box, stride, 0.07);
    return box;
}

/* Around the 16 lanes and the 4 samples that the CPU's loops take at a time. */
static const ckn_shape small_shapes[] = {{1, 1},  {1, 2},   {2, 1},   {1, 50}, {50, 1},
                                         {3, 2},  {7, 17},  {16, 16}, {33, 9}, {4, 64},
                                         {65, 5}, {19, 35}, {6, 48}};

static void test_boxes(void **state) {
    (void)state;
    const ckn_extended_box boxes[] = {
        ckn_naive_box(0.3, 1),          ckn_naive_box(0.7, 4),    ckn_naive_plain_box(0, 0.0, 3),
        ckn_naive_plain_box(2, 0.0, 2), corrected_box(2.5, 4, 2), ckn_naive_box(9.6, 6),
    };
    for (size_t i = 0; i < LENGTH(small_shapes); i++) {
        for (size_t j = 0; j < LENGTH(boxes); j++) {
            for (size_t channels = 1; channels <= 4; channels++)
                check_box(&boxes[j], small_shapes[i], channels);
        }
    }
}

static void test_firs(void **state) {
    (void)state;
    static const size_t radii[] = {0, 1, 2, 3, 7, 40};
    double half[41];
    for (size_t i = 0; i < LENGTH(small_shapes); i++) {
        for (size_t j = 0; j < LENGTH(radii); j++) {
            const ckn_line_filter fir = ckn_test_fir(half, radii[j]);
            for (size_t channels = 1; channels <= 4; channels++)
                check_boundaries(&fir, small_shapes[i], channels);
        }
    }
}

/* Kernels that have all there is in their middle, or taps of both signs. */
static void test_other_firs(void **state) {
    (void)state;
    static const double sharp[] = {1.5, -0.375, 0.125}, spike[] = {1.0, 0.0, 0.0, 1e-12};
    check_boundaries(&(ckn_line_filter){.half = sharp, .radius = 2}, (ckn_shape){9, 40}, 3);
    check_boundaries(&(ckn_line_filter){.half = spike, .radius = 3}, (ckn_shape){40, 9}, 1);
}

/* More lanes than one group of strips on the CPU, and a few rows beside it. */
static void test_larger_images(void **state) {
    (void)state;
    double half[13];
    const ckn_extended_box box = corrected_box(3.0, 5, 2);
    const ckn_line_filter fir = ckn_test_fir(half, 12);
    static const ckn_shape shapes[] = {{67, 129}, {130, 75}, {200, 150}};
    for (size_t i = 0; i < LENGTH(shapes); i++) {
        check_box(&box, shapes[i], 1 + i);
        check_boundaries(&fir, shapes[i], 1 + i);
    }
}

/* Lines much shorter than the kernel: many reflections. */
static void test_wide(void **state) {
    (void)state;
    static const struct {
        ckn_shape shape;
        double sigma;
        size_t passes, channels;
    } cases[] = {
        {{1, 1}, 300.0, 3, 1}, {{3, 2}, 100.0, 5, 4},   {{5, 12}, 77.7, 4, 3},
        {{2, 3}, 40.0, 1, 2},  {{20, 31}, 150.0, 6, 1}, {{33, 17}, 60.0, 10, 2},
    };
    double half[201];
    const ckn_line_filter fir = ckn_test_fir(half, 200);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        ckn_extended_box box = ckn_naive_box(cases[i].sigma, cases[i].passes);
        check_box(&box, cases[i].shape, cases[i].channels);
        check_boundaries(&fir, cases[i].shape, cases[i].channels);
        if (box.passes < 4)
            continue;
        ckn_naive_correct(&box, (size_t)(0.6 * box.sigma), 0.07);
        check_box(&box, cases[i].shape, cases[i].channels);
    }
}

/* Windows whose length is a multiple of the period, boxes without end taps (alpha = 0), and
 * strides that are whole periods. */
static void test_exact_windows(void **state) {
    (void)state;
    for (size_t l = 0; l < 12; l++) {
        for (int with_ends = 0; with_ends < 2; with_ends++) {
            ckn_extended_box box = ckn_naive_plain_box(l, 0.5 * with_ends, 6);
            check_box(&box, (ckn_shape){2, 3}, 1);
            check_box(&box, (ckn_shape){1, 25}, 2);
            if (l < 4)
                continue;
            ckn_naive_correct(&box, l, 0.07);
            check_box(&box, (ckn_shape){5, 4}, 1);
        }
    }
}

/* Sums of passes are not normalised on the way; the growth must not leave the numbers' range. */
static void test_many_passes(void **state) {
    (void)state;
    static const double sigmas[] = {0.3, 1.0, 3.0, 12.0};
    static const size_t passes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 50};
    for (size_t i = 0; i < LENGTH(sigmas); i++) {
        for (size_t j = 0; j < LENGTH(passes); j++) {
            const ckn_extended_box box = ckn_naive_box(sigmas[i], passes[j]);
            check_box(&box, (ckn_shape){3, 70}, 1);
        }
        /* Rings of float32 round 200 times, where narrow boxes average little. */
        const ckn_extended_box box = ckn_naive_box(sigmas[i], 200);
        const ckn_line_filter filter = {.box = &box};
        const ckn_lines lines = {{3, 70}, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_REFLECT};
        double *x = ckn_test_random_array(71, ckn_line_samples(&lines), 0.0, 1.0);
        ckn_line_filter_check(&filter, &lines, CKN_FLOAT32, x, ckn_test_on_cpu() ? 1e-6 : 3e-6);
        free(x);
    }
    const ckn_extended_box growing = corrected_box(45.0, 200, 20);
    check_box(&growing, (ckn_shape){90, 4}, 3);
    check_box(&growing, (ckn_shape){1, 3}, 1);
}

static void test_constants(void **state) {
    (void)state;
    static const size_t passes[] = {1, 7, 60, 300};
    static const double values[] = {1.0, 0.1, 255.0 / 256.0};
    const ckn_lines lines = {{40, 200}, 2, CKN_AXIS_ROWS, CKN_BOUNDARY_REFLECT};
    const size_t count = ckn_line_samples(&lines);
    double *x = ckn_test_array(count);
    for (size_t i = 0; i < LENGTH(values) * LENGTH(passes) * LENGTH(types); i++) {
        const ckn_extended_box box = ckn_naive_box(9.0, passes[i / 2 % 4]);
        for (size_t k = 0; k < count; k++)
            x[k] = (double)(float)values[i / 8];
        const ckn_line_filter filter = {.box = &box};
        double *got = ckn_line_filter_apply(&filter, &lines, types[i % 2], x);
        const double error = ckn_test_largest_error(got, x, count);
        if (!(error <= 1e-7))
            ckn_test_fail("%zu passes: a constant %g changed by %g", box.passes, x[0], error);
        free(got);
    }
    free(x);
}

/* Around the blocks (512) and segments (8192) of the CPU's lines, few of them side by side. */
static void test_long_lines(void **state) {
    (void)state;
    static const size_t lengths[] = {511, 512, 513, 1030, 8191, 8192, 8193, 20011};
    const ckn_extended_box small = ckn_naive_box(3.0, 4), corrected = corrected_box(12.0, 5, 7);
    double half[31];
    const ckn_line_filter filters[] = {
        {.box = &small}, {.box = &corrected}, ckn_test_fir(half, 30)};
    for (size_t i = 0; i < LENGTH(lengths); i++) {
        const size_t channels = 1 + i % 3;
        const ckn_boundary boundary = (ckn_boundary)(i % CKN_TEST_BOUNDARIES);
        for (size_t j = 0; j < LENGTH(filters); j++) {
            check_lines(&filters[j],
                        (ckn_lines){{2, lengths[i]}, channels, CKN_AXIS_ROWS, boundary});
            check_lines(&filters[j],
                        (ckn_lines){{lengths[i], 2}, channels, CKN_AXIS_COLS, boundary});
        }
    }
}

/* A reach that makes the segments longer, or does not fit in the caches. */
static void test_long_reach(void **state) {
    (void)state;
    const ckn_extended_box box = ckn_naive_box(400.0, 4);
    double *half = ckn_test_array(1501);
    const ckn_line_filter filters[] = {{.box = &box}, ckn_test_fir(half, 1500)};
    for (size_t i = 0; i < 2; i++) {
        check_lines(&filters[i], (ckn_lines){{1, 25111}, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_MIRROR});
        check_lines(&filters[i], (ckn_lines){{5013, 1}, 3, CKN_AXIS_COLS, CKN_BOUNDARY_ZERO});
    }
    free(half);
}

/* Images of more than 12 MB, whose results the CPU may write past its caches: rows that begin at
 * multiples of 64 bytes, and others. */
static void test_large_images(void **state) {
    (void)state;
    static const struct {
        ckn_shape shape;
        size_t channels;
    } cases[] = {{{1250, 2640}, 1}, {{1251, 2637}, 1}, {{650, 1700}, 3}, {{600, 1401}, 4}};
    const ckn_extended_box box = ckn_naive_box(1.5, 3);
    const ckn_line_filter filter = {.box = &box};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const size_t count = ckn_shape_count(cases[i].shape) * cases[i].channels;
        double *x = ckn_test_random_array(75, count, 0.0, 1.0);
        for (int axis = 0; axis < 2; axis++) {
            const ckn_lines lines = {cases[i].shape, cases[i].channels, (ckn_axis)axis,
                                     CKN_BOUNDARY_REFLECT};
            const ckn_type type = i == 1 && axis == 1 ? CKN_FLOAT64 : CKN_FLOAT32;
            ckn_line_filter_check(&filter, &lines, type, x, ckn_line_tolerance(type));
        }
        free(x);
    }
}

/* The same bits, whatever stood in the output before. */
static void check_output_before(const ckn_line_filter *filter, const ckn_lines *lines,
                                ckn_type type) {
    const size_t count = ckn_line_samples(lines);
    double *x = ckn_test_random_array(76, count, -1.0, 1.0), *before = ckn_test_array(count);
    double *expected = ckn_line_filter_apply(filter, lines, type, x);
    for (int i = 0; i < 2; i++) {
        for (size_t k = 0; k < count; k++)
            before[k] = i ? (double)INFINITY : 1e30;
        ckn_guarded in = ckn_guarded_samples_from(x, count, type);
        ckn_guarded out = ckn_guarded_samples_from(before, count, type);
        ckn_line_filter_run(filter, lines, &out, &in);
        double *got = ckn_guarded_read(&out, "output with contents");
        assert_memory_equal(got, expected, count * sizeof *got);
        free(got);
        ckn_guarded_destroy(&in);
        ckn_guarded_destroy(&out);
    }
    free(x);
    free(before);
    free(expected);
}

static void test_output_before(void **state) {
    (void)state;
    double half[6];
    const ckn_extended_box box = corrected_box(4.0, 4, 3);
    const ckn_line_filter filters[] = {{.box = &box}, ckn_test_fir(half, 5)};
    for (int i = 0; i < 8; i++) {
        const ckn_lines lines = {{37, 41}, 3, (ckn_axis)(i / 4), CKN_BOUNDARY_ZERO};
        check_output_before(&filters[i % 2], &lines, types[i / 2 % 2]);
    }
}

/* A reach that fits no memory is an error where the rule needs the whole extension, and none where
 * one period is enough. */
static void check_enormous(size_t l, size_t passes, ckn_boundary boundary) {
    ckn_backend *backend = ckn_test_backend();
    const bool periodic = boundary != CKN_BOUNDARY_REPLICATE && boundary != CKN_BOUNDARY_ZERO;
    const double x[] = {1, 2, 3, 4, 5, 6};
    const ckn_extended_box box = ckn_naive_plain_box(l, 0.5, passes);
    const ckn_lines lines = {{1, 6}, 1, CKN_AXIS_ROWS, boundary};
    ckn_guarded in = ckn_guarded_samples_from(x, 6, CKN_FLOAT64);
    ckn_guarded out = ckn_guarded_samples(6, CKN_FLOAT64);
    ckn_error error = {CKN_OK, ""};
    ckn_code code = backend->ops->box_axis(backend, out.buffer, in.buffer, &lines, &box, &error);
    assert_int_equal(code, periodic ? CKN_OK : CKN_ERROR_MEMORY);
    assert_true(periodic || strstr(error.message, "sigma"));
    double *got = ckn_guarded_peek(&out, "enormous sigma");
    for (size_t j = 0; periodic && j < 6; j++)
        assert_true(fabs(got[j] - 3.5) < 1e-9);
    free(got);
    ckn_guarded_destroy(&in);
    ckn_guarded_destroy(&out);
}

static void test_enormous(void **state) {
    (void)state;
    if (!ckn_test_on_cpu())
        return;
    for (int b = 0; b < CKN_TEST_BOUNDARIES; b++) {
        check_enormous((size_t)1 << 40, 5, (ckn_boundary)b);
        check_enormous(SIZE_MAX / 4, 5, (ckn_boundary)b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes),        cmocka_unit_test(test_firs),
        cmocka_unit_test(test_other_firs),   cmocka_unit_test(test_larger_images),
        cmocka_unit_test(test_wide),         cmocka_unit_test(test_exact_windows),
        cmocka_unit_test(test_many_passes),  cmocka_unit_test(test_constants),
        cmocka_unit_test(test_long_lines),   cmocka_unit_test(test_long_reach),
        cmocka_unit_test(test_large_images), cmocka_unit_test(test_output_before),
        cmocka_unit_test(test_enormous),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
