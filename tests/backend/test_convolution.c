/* residual() and gradient() against the naive reference, and against each other. */
#include "support/guard.h"
#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct size_case {
    ckn_shape image, kernel;
} size_case;

static const size_case cases[] = {
    /* one sample, one row, one column */
    {{1, 1}, {1, 1}},
    {{1, 2}, {1, 2}},
    {{1, 17}, {1, 1}},
    {{1, 64}, {1, 5}},
    {{1, 1000}, {1, 33}},
    {{1, 33}, {1, 33}},
    {{2, 1}, {2, 1}},
    {{17, 1}, {1, 1}},
    {{64, 1}, {5, 1}},
    {{1000, 1}, {33, 1}},
    {{33, 1}, {33, 1}},
    {{1, 5000}, {1, 7}},
    {{5000, 1}, {7, 1}},
    /* 1 x 1 kernels */
    {{2, 2}, {1, 1}},
    {{31, 33}, {1, 1}},
    {{64, 64}, {1, 1}},
    /* kernels as large as the image, or nearly */
    {{2, 2}, {2, 2}},
    {{3, 5}, {3, 5}},
    {{16, 16}, {16, 16}},
    {{31, 17}, {31, 17}},
    {{40, 70}, {40, 70}},
    {{20, 20}, {19, 19}},
    {{20, 20}, {20, 1}},
    {{20, 20}, {1, 20}},
    {{65, 33}, {64, 33}},
    /* round the multiples of usual tiles */
    {{15, 15}, {3, 3}},
    {{16, 16}, {3, 3}},
    {{17, 17}, {3, 3}},
    {{18, 18}, {3, 3}},
    {{31, 32}, {2, 2}},
    {{32, 31}, {4, 4}},
    {{33, 34}, {2, 3}},
    {{34, 33}, {3, 2}},
    {{63, 64}, {7, 8}},
    {{64, 65}, {8, 7}},
    {{65, 63}, {16, 15}},
    {{64, 64}, {17, 17}},
    {{66, 67}, {3, 5}},
    {{129, 127}, {32, 31}},
    {{128, 128}, {33, 33}},
    {{130, 258}, {65, 63}},
    /* long kernels in one direction */
    {{100, 200}, {1, 64}},
    {{200, 100}, {64, 1}},
    {{90, 40}, {75, 2}},
    {{40, 90}, {2, 75}},
    {{33, 2100}, {5, 5}},
    {{1200, 20}, {3, 9}},
    /* images */
    {{200, 200}, {51, 51}},
    {{517, 389}, {31, 31}},
    {{1000, 1000}, {3, 3}},
    {{300, 300}, {101, 101}},
};

#define CASES (sizeof cases / sizeof *cases)

/* Data and device buffers of one case. */
typedef struct fixture {
    ckn_shape image, kernel, valid;
    double *x, *h, *y;
    ckn_guarded dx, dh, dy;
    char what[128];
} fixture;

static fixture make_fixture(const size_case *sizes, const char *primitive) {
    fixture made = {.image = sizes->image, .kernel = sizes->kernel};
    made.valid =
        (ckn_shape){made.image.rows - made.kernel.rows + 1, made.image.cols - made.kernel.cols + 1};
    made.x = ckn_test_random_array(1, ckn_shape_count(made.image), 0.0, 1.0);
    made.h = ckn_test_random_array(2, ckn_shape_count(made.kernel), -0.5, 1.0);
    made.y = ckn_test_random_array(3, ckn_shape_count(made.valid), -1.0, 1.0);
    made.dx = ckn_guarded_from(made.x, ckn_shape_count(made.image));
    made.dh = ckn_guarded_from(made.h, ckn_shape_count(made.kernel));
    made.dy = ckn_guarded_from(made.y, ckn_shape_count(made.valid));
    snprintf(made.what, sizeof made.what, "%s of %zu x %zu, kernel %zu x %zu", primitive,
             made.image.rows, made.image.cols, made.kernel.rows, made.kernel.cols);
    return made;
}

/* Frees after checking that no input was written to. */
static void free_fixture(fixture *made) {
    ckn_guarded_close(&made->dx, made->x, 0.0, "x as input");
    ckn_guarded_close(&made->dh, made->h, 0.0, "h as input");
    ckn_guarded_close(&made->dy, made->y, 0.0, "y or r as input");
    ckn_guarded_destroy(&made->dx);
    ckn_guarded_destroy(&made->dh);
    ckn_guarded_destroy(&made->dy);
    free(made->x);
    free(made->h);
    free(made->y);
}

static void residual(const fixture *made, bool subtract, const ckn_guarded *r) {
    ckn_backend *backend = ckn_test_backend();
    TRY_OK(backend->ops->residual(backend, made->dx.buffer, made->image, made->dh.buffer,
                                  made->kernel, subtract ? made->dy.buffer : NULL, r->buffer,
                                  &error));
}

/* With the fixture's y in the role of r. */
static void gradient(const fixture *made, bool accumulate, const ckn_guarded *g) {
    ckn_backend *backend = ckn_test_backend();
    TRY_OK(backend->ops->gradient(backend, made->dx.buffer, made->image, made->dy.buffer,
                                  made->kernel, accumulate, g->buffer, &error));
}

static void test_residual(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        fixture made = make_fixture(&cases[i], "residual");
        size_t count = ckn_shape_count(made.valid);
        double *reference = ckn_test_array(count);
        ckn_guarded r = ckn_guarded_create(count);
        ckn_naive_valid(made.x, made.image, made.h, made.kernel, reference);
        residual(&made, false, &r);
        ckn_guarded_close(&r, reference, ckn_test_tolerance(), made.what);
        for (size_t j = 0; j < count; j++)
            reference[j] -= made.y[j];
        ckn_guarded_poison(&r);
        residual(&made, true, &r);
        ckn_guarded_close(&r, reference, ckn_test_tolerance(), made.what);
        ckn_guarded_destroy(&r);
        free(reference);
        free_fixture(&made);
    }
}

static void test_gradient(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        fixture made = make_fixture(&cases[i], "gradient");
        size_t count = ckn_shape_count(made.kernel);
        double *reference = ckn_test_array(count);
        ckn_guarded g = ckn_guarded_create(count);
        ckn_naive_gradient(made.x, made.image, made.y, made.kernel, reference);
        gradient(&made, false, &g);
        ckn_guarded_close(&g, reference, ckn_test_tolerance(), made.what);
        ckn_guarded_upload(&g, made.h);
        for (size_t j = 0; j < count; j++)
            reference[j] += made.h[j];
        gradient(&made, true, &g);
        ckn_guarded_close(&g, reference, ckn_test_tolerance(), made.what);
        ckn_guarded_destroy(&g);
        free(reference);
        free_fixture(&made);
    }
}

static long double inner(const double *u, const double *v, size_t count) {
    long double sum = 0.0L;
    for (size_t i = 0; i < count; i++)
        sum += (long double)u[i] * v[i];
    return sum;
}

/* <h * x, r> = <h, gradient(r)>, without any reference. */
static void test_adjointness(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        fixture made = make_fixture(&cases[i], "adjointness");
        size_t pixels = ckn_shape_count(made.valid), taps = ckn_shape_count(made.kernel);
        ckn_guarded convolved = ckn_guarded_create(pixels), g = ckn_guarded_create(taps);
        residual(&made, false, &convolved);
        gradient(&made, false, &g);
        double *hx = ckn_guarded_read(&convolved, made.what);
        double *adjoint = ckn_guarded_read(&g, made.what);
        long double left = inner(hx, made.y, pixels), right = inner(made.h, adjoint, taps);
        long double scale = sqrtl(inner(hx, hx, pixels) * inner(made.y, made.y, pixels));
        if (fabsl(left - right) > (long double)ckn_test_tolerance() * scale)
            ckn_test_fail("%s: %.9Lg against %.9Lg (scale %.3Lg)", made.what, left, right, scale);
        free(hx);
        free(adjoint);
        ckn_guarded_destroy(&convolved);
        ckn_guarded_destroy(&g);
        free_fixture(&made);
    }
}

/* A delta image copies the kernel, unflipped: the convention itself, by hand. */
static void test_delta(void **state) {
    (void)state;
    ckn_backend *backend = ckn_test_backend();
    const double x[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const double h[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    ckn_guarded dx = ckn_guarded_from(x, 25), dh = ckn_guarded_from(h, 9);
    ckn_guarded r = ckn_guarded_create(9);
    TRY_OK(backend->ops->residual(backend, dx.buffer, (ckn_shape){5, 5}, dh.buffer,
                                  (ckn_shape){3, 3}, NULL, r.buffer, &error));
    ckn_guarded_close(&r, h, 0.0, "delta image");
    ckn_guarded_destroy(&dx);
    ckn_guarded_destroy(&dh);
    ckn_guarded_destroy(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delta),
        cmocka_unit_test(test_residual),
        cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_adjointness),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
