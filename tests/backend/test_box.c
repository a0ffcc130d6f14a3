/* box_axis() against the composed kernel on a virtually extended plane, and its promises: no drift,
 * NaN and infinity stay where they belong, non-negative stays non-negative. */
#include "support/guard.h"
#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const ckn_boundary boundaries[] = {CKN_BOUNDARY_REFLECT, CKN_BOUNDARY_MIRROR,
                                          CKN_BOUNDARY_REPLICATE, CKN_BOUNDARY_PERIODIC,
                                          CKN_BOUNDARY_ZERO};
static const char *const boundary_names[] = {"reflect", "mirror", "replicate", "periodic", "zero"};

#define BOUNDARIES (sizeof boundaries / sizeof *boundaries)

static void box_axis(const ckn_guarded *out, const ckn_guarded *in, ckn_shape shape, ckn_axis axis,
                     const ckn_extended_box *box, ckn_boundary boundary) {
    ckn_backend *backend = ckn_test_backend();
    TRY_OK(backend->ops->box_axis(backend, out->buffer, in->buffer, shape, axis, box, boundary,
                                  &error));
}

/* Into another buffer, then in place. */
static void check_box(ckn_shape shape, ckn_axis axis, const ckn_extended_box *box, size_t b) {
    char what[160];
    snprintf(what, sizeof what, "box, %zu x %zu along %s, sigma %g, %zu passes, %s", shape.rows,
             shape.cols, axis == CKN_AXIS_ROWS ? "rows" : "columns", box->sigma, box->passes,
             boundary_names[b]);
    size_t count = ckn_shape_count(shape);
    double *x = ckn_test_random_array(71, count, -0.5, 1.0), *expected = ckn_test_array(count);
    ckn_naive_box_axis(x, shape, axis, box, boundaries[b], expected);
    ckn_guarded in = ckn_guarded_from(x, count), out = ckn_guarded_create(count);
    box_axis(&out, &in, shape, axis, box, boundaries[b]);
    ckn_guarded_close(&out, expected, ckn_test_tolerance(), what);
    ckn_guarded_close(&in, x, 0.0, "box_axis' input");
    box_axis(&in, &in, shape, axis, box, boundaries[b]);
    ckn_guarded_close(&in, expected, ckn_test_tolerance(), what);
    ckn_guarded_destroy(&in);
    ckn_guarded_destroy(&out);
    free(x);
    free(expected);
}

static void check_all_boundaries(ckn_shape shape, double sigma, size_t passes) {
    ckn_extended_box box = ckn_naive_box(sigma, passes);
    for (size_t b = 0; b < BOUNDARIES; b++) {
        check_box(shape, CKN_AXIS_ROWS, &box, b);
        check_box(shape, CKN_AXIS_COLS, &box, b);
    }
}

static void test_composed(void **state) {
    (void)state;
    static const ckn_shape shapes[] = {{1, 1},   {1, 2},   {1, 50},   {50, 1},  {2, 2},
                                       {3, 2},   {7, 17},  {16, 16},  {33, 31}, {64, 65},
                                       {9, 300}, {300, 9}, {200, 150}};
    static const struct {
        double sigma;
        size_t passes;
    } blurs[] = {{0.3, 2}, {0.8, 3}, {1.0, 1}, {2.0, 3}, {4.0, 5}, {9.6, 6}, {15.4, 8}, {40.0, 4}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (size_t j = 0; j < sizeof blurs / sizeof *blurs; j++)
            check_all_boundaries(shapes[i], blurs[j].sigma, blurs[j].passes);
    }
}

/* Lines much shorter than the kernel: many reflections. */
static void test_wide(void **state) {
    (void)state;
    check_all_boundaries((ckn_shape){1, 1}, 300.0, 3);
    check_all_boundaries((ckn_shape){3, 2}, 100.0, 5);
    check_all_boundaries((ckn_shape){5, 12}, 77.7, 4);
    check_all_boundaries((ckn_shape){20, 31}, 150.0, 6);
}

/* Windows whose length is a multiple of the period, and boxes without end taps (alpha = 0). */
static void test_exact_windows(void **state) {
    (void)state;
    for (size_t l = 0; l < 12; l++) {
        for (int with_ends = 0; with_ends < 2; with_ends++) {
            ckn_extended_box box = {.sigma = 1.0, .passes = 3, .l = l, .alpha = 0.5 * with_ends};
            box.lambda = 2.0 * (double)l + 1.0 + 2.0 * box.alpha;
            for (size_t b = 0; b < BOUNDARIES; b++) {
                check_box((ckn_shape){2, 3}, CKN_AXIS_ROWS, &box, b);
                check_box((ckn_shape){5, 4}, CKN_AXIS_COLS, &box, b);
                check_box((ckn_shape){1, 25}, CKN_AXIS_ROWS, &box, b);
            }
        }
    }
}

/* One bad sample in the middle of a line of zeros and ones. */
static void check_containment(double bad, size_t b, ckn_axis axis) {
    enum { LENGTH = 500, AT = 230, LINES = 3 };
    ckn_extended_box box = ckn_naive_box(6.0, 4);
    size_t reach = box.passes * (box.l + 1);
    ckn_shape shape =
        axis == CKN_AXIS_ROWS ? (ckn_shape){LINES, LENGTH} : (ckn_shape){LENGTH, LINES};
    size_t stride = axis == CKN_AXIS_ROWS ? 1 : LINES;
    size_t line_stride = axis == CKN_AXIS_ROWS ? LENGTH : 1;
    size_t count = ckn_shape_count(shape);
    double *x = ckn_test_random_array(72, count, 0.0, 1.0), *expected = ckn_test_array(count);
    ckn_naive_box_axis(x, shape, axis, &box, boundaries[b], expected);
    x[line_stride + AT * stride] = bad;
    ckn_guarded in = ckn_guarded_from(x, count);
    box_axis(&in, &in, shape, axis, &box, boundaries[b]);
    double *got = ckn_guarded_peek(&in, "containment");
    for (size_t line = 0; line < LINES; line++) {
        for (size_t i = 0; i < LENGTH; i++) {
            size_t at = line * line_stride + i * stride;
            size_t distance = i > AT ? i - AT : AT - i;
            if (line == 1 && distance < reach && isfinite(got[at]))
                ckn_test_fail("%s: a sample %zu from %g is finite", boundary_names[b], distance,
                              bad);
            if ((line != 1 || distance > reach) && !(fabs(got[at] - expected[at]) < 1e-5))
                ckn_test_fail("%s: %g spread to line %zu, %zu samples away: %g", boundary_names[b],
                              bad, line, distance, got[at]);
        }
    }
    free(x);
    free(got);
    free(expected);
    ckn_guarded_destroy(&in);
}

static void test_containment(void **state) {
    (void)state;
    for (size_t b = 0; b < BOUNDARIES; b++) {
        for (int axis = 0; axis < 2; axis++) {
            check_containment(NAN, b, (ckn_axis)axis);
            check_containment(INFINITY, b, (ckn_axis)axis);
            check_containment(-INFINITY, b, (ckn_axis)axis);
        }
    }
}

/* The CPU backend keeps one infinity an infinity wherever the composed kernel has a tap for it, and
 * nowhere else: also without end taps, and where one period is filtered round and round. */
static void check_infinity(size_t length, const ckn_extended_box *box, size_t b) {
    const ckn_shape shape = {1, length};
    size_t at = length / 3;
    double *x = ckn_test_array(length), *weight = ckn_test_array(length);
    x[at] = 1.0;
    ckn_naive_box_axis(x, shape, CKN_AXIS_ROWS, box, boundaries[b], weight);
    x[at] = INFINITY;
    ckn_guarded in = ckn_guarded_from(x, length);
    box_axis(&in, &in, shape, CKN_AXIS_ROWS, box, boundaries[b]);
    double *got = ckn_guarded_read(&in, "infinity");
    for (size_t i = 0; i < length; i++) {
        if (weight[i] > 0.0 ? got[i] != (double)INFINITY : got[i] != 0.0)
            ckn_test_fail("%s, l %zu, alpha %g: sample %zu of %zu is %g with weight %g",
                          boundary_names[b], box->l, box->alpha, i, length, got[i], weight[i]);
    }
    free(x);
    free(got);
    free(weight);
    ckn_guarded_destroy(&in);
}

static void test_infinity(void **state) {
    (void)state;
    if (!ckn_test_on_cpu())
        return;
    for (size_t l = 0; l < 9; l++) {
        for (int with_ends = 0; with_ends < 2; with_ends++) {
            ckn_extended_box box = {.sigma = 1.0, .passes = 2, .l = l, .alpha = 0.5 * with_ends};
            box.lambda = 2.0 * (double)l + 1.0 + 2.0 * box.alpha;
            for (size_t b = 0; b < BOUNDARIES; b++) {
                check_infinity(100, &box, b);
                check_infinity(4, &box, b);
            }
        }
    }
}

/* A burst of 1e6 must leave nothing behind far away, where running sums drift. */
static void check_burst(size_t b, ckn_axis axis) {
    enum { LENGTH = 1 << 16, AT = 1000, WIDTH = 64 };
    ckn_extended_box box = ckn_naive_box(20.0, 5);
    ckn_shape shape = axis == CKN_AXIS_ROWS ? (ckn_shape){1, LENGTH} : (ckn_shape){LENGTH, 1};
    double *x = ckn_test_random_array(73, LENGTH, 0.0, 1.0), *expected = ckn_test_array(LENGTH);
    for (size_t i = AT; i < AT + WIDTH; i++)
        x[i] = 1e6 + 0.0625 * (double)(i % 16);
    ckn_naive_box_axis(x, shape, axis, &box, boundaries[b], expected);
    ckn_guarded in = ckn_guarded_from(x, LENGTH);
    box_axis(&in, &in, shape, axis, &box, boundaries[b]);
    double *got = ckn_guarded_read(&in, "burst");
    double worst = 0.0;
    size_t reach = box.passes * (box.l + 1);
    for (size_t i = AT + WIDTH + reach; i < LENGTH - AT - reach; i++)
        worst = fmax(worst, fabs(got[i] - expected[i]));
    if (!(worst <= 1e-5))
        ckn_test_fail("%s: a burst left %g far away", boundary_names[b], worst);
    free(x);
    free(got);
    free(expected);
    ckn_guarded_destroy(&in);
}

static void test_burst(void **state) {
    (void)state;
    for (size_t b = 0; b < BOUNDARIES; b++) {
        check_burst(b, CKN_AXIS_ROWS);
        check_burst(b, CKN_AXIS_COLS);
    }
}

/* Spikes of very different heights with exact zeros between. */
static void test_nonnegative(void **state) {
    (void)state;
    const ckn_shape shape = {70, 900};
    size_t count = ckn_shape_count(shape);
    uint64_t seed = 74;
    double *x = ckn_test_array(count);
    for (size_t i = 0; i < count; i += 1 + ckn_test_random(&seed) % 97)
        x[i] = (double)(float)pow(10.0, ckn_test_uniform(&seed, -8.0, 6.0));
    ckn_extended_box box = ckn_naive_box(3.0, 4);
    for (size_t b = 0; b < BOUNDARIES; b++) {
        ckn_guarded in = ckn_guarded_from(x, count);
        box_axis(&in, &in, shape, CKN_AXIS_ROWS, &box, boundaries[b]);
        box_axis(&in, &in, shape, CKN_AXIS_COLS, &box, boundaries[b]);
        double *got = ckn_guarded_read(&in, "non-negativity");
        for (size_t i = 0; i < count; i++) {
            if (got[i] < 0.0)
                ckn_test_fail("%s: element %zu became %g", boundary_names[b], i, got[i]);
        }
        free(got);
        ckn_guarded_destroy(&in);
    }
    free(x);
}

/* A reach that fits no memory is an error where the rule needs the whole extension, and none where
 * one period is enough. */
static void test_enormous(void **state) {
    (void)state;
    if (!ckn_test_on_cpu())
        return;
    ckn_backend *backend = ckn_test_backend();
    const double x[] = {1, 2, 3, 4, 5, 6};
    ckn_guarded in = ckn_guarded_from(x, 6), out = ckn_guarded_create(6);
    static const size_t reaches[] = {(size_t)1 << 40, SIZE_MAX / 4};
    for (size_t i = 0; i < 2; i++) {
        ckn_extended_box box = {.sigma = 1e12, .passes = 5, .l = reaches[i], .alpha = 0.5};
        box.lambda = 2.0 * (double)box.l + 2.0;
        for (size_t b = 0; b < BOUNDARIES; b++) {
            bool periodic = b == 0 || b == 1 || b == 3;
            ckn_error error = {CKN_OK, ""};
            ckn_code code =
                backend->ops->box_axis(backend, out.buffer, in.buffer, (ckn_shape){1, 6},
                                       CKN_AXIS_ROWS, &box, boundaries[b], &error);
            assert_int_equal(code, periodic ? CKN_OK : CKN_ERROR_MEMORY);
            assert_true(periodic || error.message[0] != '\0');
            double *got = ckn_guarded_peek(&out, "enormous sigma");
            for (size_t j = 0; periodic && j < 6; j++)
                assert_true(fabs(got[j] - 3.5) < 1e-9);
            free(got);
        }
    }
    ckn_guarded_destroy(&in);
    ckn_guarded_destroy(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_composed),      cmocka_unit_test(test_wide),
        cmocka_unit_test(test_exact_windows), cmocka_unit_test(test_containment),
        cmocka_unit_test(test_infinity),      cmocka_unit_test(test_burst),
        cmocka_unit_test(test_nonnegative),   cmocka_unit_test(test_enormous),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
