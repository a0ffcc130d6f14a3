/* fir_plane(), both axes in one trip, against two FIRs by the reference: shapes round its tiles,
 * channels, boundaries, radii; NaN and infinity reach what its taps reach. */
#include "support/line_filter.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

typedef struct plane_filter {
    ckn_line_filter x, y;
} plane_filter;

/* Rows, then columns, by the reference. */
static double *expect(const plane_filter *filter, const ckn_lines *lines, const double *x) {
    ckn_lines along = *lines;
    along.axis = CKN_AXIS_ROWS;
    double *between = ckn_line_filter_expect(&filter->x, &along, x);
    along.axis = CKN_AXIS_COLS;
    double *out = ckn_line_filter_expect(&filter->y, &along, between);
    free(between);
    return out;
}

static void check(const plane_filter *filter, const ckn_lines *lines, const double *x) {
    ckn_backend *backend = ckn_test_backend();
    const size_t count = ckn_line_samples(lines);
    ckn_guarded in = ckn_guarded_samples_from(x, count, CKN_FLOAT32);
    ckn_guarded out = ckn_guarded_samples(count, CKN_FLOAT32);
    TRY_OK(backend->ops->fir_plane(backend, out.buffer, in.buffer, lines, filter->x.half,
                                   filter->x.radius, filter->y.half, filter->y.radius, &error));
    double *got = ckn_guarded_peek(&out, "fir_plane"), *expected = expect(filter, lines, x);
    const double error = ckn_test_largest_error(got, expected, count);
    if (!(error <= 1e-6))
        ckn_test_fail("radii %zu and %zu, %zu x %zu x %zu, %s: off by %.3e", filter->x.radius,
                      filter->y.radius, lines->shape.rows, lines->shape.cols, lines->channels,
                      ckn_boundary_name(lines->boundary), error);
    ckn_guarded_destroy(&in);
    ckn_guarded_destroy(&out);
    free(got);
    free(expected);
}

static void check_boundaries(const plane_filter *filter, ckn_shape shape, size_t channels) {
    ckn_lines lines = {.shape = shape, .channels = channels};
    double *x = ckn_test_random_array(73, ckn_line_samples(&lines), 0.0, 1.0);
    for (int b = 0; b < CKN_TEST_BOUNDARIES; b++) {
        lines.boundary = (ckn_boundary)b;
        check(filter, &lines, x);
    }
    free(x);
}

static void test_small(void **state) {
    (void)state;
    static const ckn_shape shapes[] = {{1, 1},  {1, 2},   {2, 1},  {1, 70}, {70, 1},
                                       {3, 2},  {7, 17},  {5, 64}, {6, 65}, {33, 31},
                                       {4, 16}, {130, 3}, {9, 128}};
    static const size_t radii[][2] = {{0, 0}, {0, 3}, {3, 0}, {1, 2}, {2, 1}, {8, 7}, {40, 64}};
    double x[65], y[65];
    for (size_t r = 0; r < LENGTH(radii); r++) {
        const plane_filter filter = {ckn_test_fir(x, radii[r][0]), ckn_test_fir(y, radii[r][1])};
        for (size_t i = 0; i < LENGTH(shapes); i++) {
            for (size_t channels = 1; channels <= 4; channels++)
                check_boundaries(&filter, shapes[i], channels);
        }
    }
}

/* More than one tile across and down, and images that are written past the caches, with rows that
 * start at multiples of 64 bytes and with others. */
static void test_large(void **state) {
    (void)state;
    double x[9], y[9];
    const plane_filter filter = {ckn_test_fir(x, 4), ckn_test_fir(y, 8)};
    check_boundaries(&filter, (ckn_shape){257, 1100}, 1);
    check_boundaries(&filter, (ckn_shape){131, 700}, 3);
    const ckn_shape far[] = {{2050, 1600}, {2000, 1601}};
    for (size_t i = 0; i < LENGTH(far); i++) {
        const ckn_lines lines = {.shape = far[i], .channels = 1, .boundary = CKN_BOUNDARY_MIRROR};
        double *image = ckn_test_random_array(74, ckn_line_samples(&lines), 0.0, 1.0);
        check(&filter, &lines, image);
        free(image);
    }
}

/* Taps of both signs are used as they are. */
static void test_signed(void **state) {
    (void)state;
    const double sharpen[] = {2.0, -0.5}, smooth[] = {0.5, 0.25};
    const plane_filter filter = {{.half = sharpen, .radius = 1}, {.half = smooth, .radius = 1}};
    check_boundaries(&filter, (ckn_shape){40, 37}, 2);
}

static void test_bad_samples(void **state) {
    (void)state;
    static const struct {
        size_t row, col;
        double value;
    } bad[] = {{0, 0, NAN}, {20, 30, INFINITY}, {22, 31, -INFINITY}, {39, 69, INFINITY}};
    double x[4], y[6];
    const plane_filter filter = {ckn_test_fir(x, 3), ckn_test_fir(y, 5)};
    for (size_t channels = 1; channels <= 4; channels += 3) {
        ckn_lines lines = {.shape = {40, 70}, .channels = channels};
        double *image = ckn_test_random_array(75, ckn_line_samples(&lines), 0.0, 1.0);
        for (size_t i = 0; i < LENGTH(bad); i++)
            image[(bad[i].row * 70 + bad[i].col) * channels + channels - 1] = bad[i].value;
        for (int b = 0; b < CKN_TEST_BOUNDARIES; b++) {
            lines.boundary = (ckn_boundary)b;
            check(&filter, &lines, image);
        }
        free(image);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_signed),
        cmocka_unit_test(test_bad_samples),
    };
    return cmocka_run_group_tests_name("fir_plane", tests, NULL, ckn_test_close_backend);
}
