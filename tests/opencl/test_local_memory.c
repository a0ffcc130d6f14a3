/* Line filters where local memory is short: fewer passes a launch, a launch a pass over scratch
 * buffers, FIRs without a ring and axis by axis. All of them give what the reference gives, also of
 * samples that are not finite. */
#include "support/line_filter.h"
#include "support/random.h"

#include "backend/opencl/cl_internal.h"

#include <math.h>
#include <stdlib.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

typedef struct launches {
    size_t filter, pass, spread, direct, plane;
} launches;

static launches launches_of(const ckn_cl *cl) {
    return (launches){
        cl->kernels[CKN_CL_FILTER_LINES].launches, cl->kernels[CKN_CL_BOX_PASS].launches,
        cl->kernels[CKN_CL_BOX_THREE_TAPS].launches, cl->kernels[CKN_CL_FIR_DIRECT].launches,
        cl->kernels[CKN_CL_FIR_PLANE].launches};
}

/* Runs `filter` with `bytes` of local memory and compares; returns what was launched. */
static launches check(const ckn_line_filter *filter, const ckn_lines *lines, size_t bytes,
                      double tolerance) {
    ckn_cl *cl = ckn_cl_of(ckn_test_backend());
    const size_t all = cl->device.info.local_memory, count = ckn_line_samples(lines);
    double *x = ckn_test_random_array(91, count, 0.0, 1.0);
    x[count / 3] = (double)NAN;
    x[count - 1] = (double)INFINITY;
    const launches before = launches_of(cl);
    cl->device.info.local_memory = bytes;
    ckn_line_filter_check(filter, lines, CKN_FLOAT32, x, tolerance);
    cl->device.info.local_memory = all;
    const launches after = launches_of(cl);
    free(x);
    return (launches){after.filter - before.filter, after.pass - before.pass,
                      after.spread - before.spread, after.direct - before.direct,
                      after.plane - before.plane};
}

static ckn_lines layout(int axis, int boundary, size_t channels) {
    const ckn_shape shape = axis == CKN_AXIS_ROWS ? (ckn_shape){9, 700} : (ckn_shape){700, 9};
    return (ckn_lines){shape, channels, (ckn_axis)axis, (ckn_boundary)boundary};
}

/* A ring of one lane for all passes takes 14 kB at least; for one of them 3 kB. The more memory,
 * the fewer launches. */
static void test_boxes(void **state) {
    (void)state;
    const size_t shares[] = {1000, 12000, 20000, 40000, 200000, 1000000};
    const ckn_extended_box box = ckn_naive_corrected_box(60.0, 5, 70, 0.07);
    const ckn_line_filter filter = {.box = &box};
    for (int axis = 0; axis < 2; axis++) {
        size_t fused = 0, apart = 0;
        for (int boundary = 0; boundary < CKN_TEST_BOUNDARIES; boundary++) {
            size_t last = SIZE_MAX;
            for (size_t i = 0; i < LENGTH(shares); i++) {
                const ckn_lines lines = layout(axis, boundary, 1 + i % 4);
                const launches seen = check(&filter, &lines, shares[i], 1e-6);
                const size_t passes = seen.filter + seen.pass + seen.spread;
                assert_true(passes >= 1 && passes <= last);
                assert_true((seen.filter == 0) == (seen.pass == 5 && seen.spread == 1));
                fused += seen.filter > 1;
                apart += seen.pass > 0;
                last = passes;
            }
            assert_int_equal(last, 1);
        }
        assert_true(fused > 0 && apart > 0);
    }
}

static void test_firs(void **state) {
    (void)state;
    double half[201];
    const ckn_line_filter filter = ckn_test_fir(half, 200);
    for (int axis = 0; axis < 2; axis++) {
        for (int boundary = 0; boundary < CKN_TEST_BOUNDARIES; boundary++) {
            const ckn_lines lines = layout(axis, boundary, 3);
            const launches ring = check(&filter, &lines, 1000000, 1e-6);
            const launches direct = check(&filter, &lines, 1000, 1e-6);
            assert_true(ring.filter == 1 && ring.direct == 0);
            assert_true(direct.filter == 0 && direct.direct == 1);
        }
    }
}

/* Both axes at once, in narrower tiles and then one after the other. */
static void test_planes(void **state) {
    (void)state;
    enum { ROWS = 50, COLS = 300, COUNT = ROWS * COLS };
    ckn_backend *backend = ckn_test_backend();
    ckn_cl *cl = ckn_cl_of(backend);
    const size_t all = cl->device.info.local_memory;
    double x_half[8], y_half[6], *x = ckn_test_random_array(92, COUNT, 0.0, 1.0);
    const ckn_line_filter x_filter = ckn_test_fir(x_half, 7), y_filter = ckn_test_fir(y_half, 5);
    ckn_lines lines = {{ROWS, COLS}, 1, CKN_AXIS_ROWS, CKN_BOUNDARY_MIRROR};
    double *between = ckn_line_filter_expect(&x_filter, &lines, x);
    lines.axis = CKN_AXIS_COLS;
    double *expected = ckn_line_filter_expect(&y_filter, &lines, between);
    const size_t shares[] = {1000000, 20000, 6000, 200};
    for (size_t i = 0; i < LENGTH(shares); i++) {
        const launches before = launches_of(cl);
        ckn_guarded in = ckn_guarded_samples_from(x, COUNT, CKN_FLOAT32);
        ckn_guarded out = ckn_guarded_samples(COUNT, CKN_FLOAT32);
        cl->device.info.local_memory = shares[i];
        TRY_OK(backend->ops->fir_plane(backend, out.buffer, in.buffer, &lines, x_half, 7, y_half, 5,
                                       &error));
        cl->device.info.local_memory = all;
        double *got = ckn_guarded_peek(&out, "fir_plane");
        assert_true(ckn_test_largest_error(got, expected, COUNT) <= 1e-6);
        const bool apart = i + 1 == LENGTH(shares);
        assert_int_equal(launches_of(cl).plane - before.plane, apart ? 0 : 1);
        ckn_guarded_destroy(&in);
        ckn_guarded_destroy(&out);
        free(got);
    }
    free(x);
    free(between);
    free(expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_firs),
        cmocka_unit_test(test_planes),
    };
    return cmocka_run_group_tests_name("local memory", tests, NULL, ckn_test_close_backend);
}
