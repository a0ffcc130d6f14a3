/* fill(), combine(), multiply(), dot(), momentum() and step_sums(). */
#include "support/guard.h"
#include "support/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const size_t counts[] = {1,    2,    7,    31,   32,    33,    63,    64,     65,
                                255,  256,  257,  511,  513,   1000,  4095,  4096,   4097,
                                8191, 8192, 8193, 9999, 65535, 65536, 65537, 100003, 1048577};

#define COUNTS (sizeof counts / sizeof *counts)

static void test_fill(void **state) {
    (void)state;
    ckn_backend *backend = ckn_test_backend();
    for (size_t i = 0; i < COUNTS; i++) {
        double *expected = ckn_test_array(counts[i]);
        ckn_guarded u = ckn_guarded_create(counts[i]);
        TRY_OK(backend->ops->fill(backend, u.buffer, counts[i], 0.0, &error));
        ckn_guarded_close(&u, expected, 0.0, "fill with 0");
        for (size_t j = 0; j < counts[i]; j++)
            expected[j] = -2.5;
        TRY_OK(backend->ops->fill(backend, u.buffer, counts[i], -2.5, &error));
        ckn_guarded_close(&u, expected, 0.0, "fill with -2.5");
        ckn_guarded_destroy(&u);
        free(expected);
    }
}

static void combine(const ckn_guarded *out, double a, const ckn_guarded *u, double b,
                    const ckn_guarded *v) {
    ckn_backend *backend = ckn_test_backend();
    TRY_OK(backend->ops->combine(backend, out->buffer, out->count, a, u->buffer, b, v->buffer,
                                 &error));
}

static void check_combine(size_t count, double a, double b) {
    double *u = ckn_test_random_array(11, count, -1.0, 1.0);
    double *v = ckn_test_random_array(12, count, -1.0, 1.0), *expected = ckn_test_array(count);
    for (size_t i = 0; i < count; i++)
        expected[i] = a * u[i] + b * v[i];
    ckn_guarded du = ckn_guarded_from(u, count), dv = ckn_guarded_from(v, count);
    ckn_guarded out = ckn_guarded_create(count);
    combine(&out, a, &du, b, &dv);
    ckn_guarded_close(&out, expected, ckn_test_tolerance(), "combine");
    ckn_guarded_close(&du, u, 0.0, "combine's u");
    ckn_guarded_close(&dv, v, 0.0, "combine's v");
    combine(&dv, a, &du, b, &dv);
    ckn_guarded_close(&dv, expected, ckn_test_tolerance(), "combine into v");
    ckn_guarded_upload(&dv, v);
    combine(&du, a, &du, b, &dv);
    ckn_guarded_close(&du, expected, ckn_test_tolerance(), "combine into u");
    for (size_t i = 0; i < count; i++)
        expected[i] = (a + b) * v[i];
    combine(&dv, a, &dv, b, &dv);
    ckn_guarded_close(&dv, expected, ckn_test_tolerance(), "combine of v alone");
    ckn_guarded_destroy(&du);
    ckn_guarded_destroy(&dv);
    ckn_guarded_destroy(&out);
    free(u);
    free(v);
    free(expected);
}

static void test_combine(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTS; i++)
        check_combine(counts[i], 0.75, -1.5);
    check_combine(1000, 1.0, 0.0);
    check_combine(1000, 0.0, 1.0);
    check_combine(1000, 1e-3, 1e3);
}

static void check_multiply(size_t count) {
    ckn_backend *backend = ckn_test_backend();
    double *u = ckn_test_random_array(13, count, -1.0, 1.0);
    double *v = ckn_test_random_array(14, count, -1.0, 1.0), *expected = ckn_test_array(count);
    for (size_t i = 0; i < count; i++)
        expected[i] = u[i] * v[i];
    ckn_guarded du = ckn_guarded_from(u, count), dv = ckn_guarded_from(v, count);
    ckn_guarded out = ckn_guarded_create(count);
    TRY_OK(backend->ops->multiply(backend, out.buffer, count, du.buffer, dv.buffer, &error));
    ckn_guarded_close(&out, expected, ckn_test_tolerance(), "multiply");
    ckn_guarded_close(&du, u, 0.0, "multiply's u");
    ckn_guarded_close(&dv, v, 0.0, "multiply's v");
    TRY_OK(backend->ops->multiply(backend, dv.buffer, count, du.buffer, dv.buffer, &error));
    ckn_guarded_close(&dv, expected, ckn_test_tolerance(), "multiply into v");
    TRY_OK(backend->ops->multiply(backend, du.buffer, count, du.buffer, du.buffer, &error));
    for (size_t i = 0; i < count; i++)
        expected[i] = u[i] * u[i];
    ckn_guarded_close(&du, expected, ckn_test_tolerance(), "multiply of u alone");
    ckn_guarded_destroy(&du);
    ckn_guarded_destroy(&dv);
    ckn_guarded_destroy(&out);
    free(u);
    free(v);
    free(expected);
}

static void test_multiply(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTS; i++)
        check_multiply(counts[i]);
}

static long double inner(const double *u, const double *v, size_t count) {
    long double sum = 0.0L;
    for (size_t i = 0; i < count; i++)
        sum += (long double)u[i] * v[i];
    return sum;
}

/* Relative to ||u|| ||v||: with `low` >= 0 nothing cancels, and this is close to the relative
 * error. */
static void check_dot(size_t count, double low, double tolerance) {
    ckn_backend *backend = ckn_test_backend();
    double *u = ckn_test_random_array(21, count, low, 1.0);
    double *v = ckn_test_random_array(22, count, low, 1.0);
    ckn_guarded du = ckn_guarded_from(u, count), dv = ckn_guarded_from(v, count);
    double uv = NAN, uu = NAN;
    TRY_OK(backend->ops->dot(backend, du.buffer, dv.buffer, count, &uv, &error));
    TRY_OK(backend->ops->dot(backend, du.buffer, du.buffer, count, &uu, &error));
    long double norm_u = inner(u, u, count), norm_v = inner(v, v, count);
    long double wrong = fabsl(uv - inner(u, v, count)) / sqrtl(norm_u * norm_v);
    if (!(wrong <= tolerance))
        ckn_test_fail("dot of %zu elements: relative error %.3Lg", count, wrong);
    if (!(fabsl(uu - norm_u) / norm_u <= tolerance))
        ckn_test_fail("dot of %zu elements with themselves: %.17g against %.17Lg", count, uu,
                      norm_u);
    ckn_guarded_close(&du, u, 0.0, "dot's u");
    ckn_guarded_close(&dv, v, 0.0, "dot's v");
    ckn_guarded_destroy(&du);
    ckn_guarded_destroy(&dv);
    free(u);
    free(v);
}

/* Sums must not lose digits with the image's size: compensated on devices. */
static void test_dot(void **state) {
    (void)state;
    double tolerance = ckn_test_on_cpu() ? 1e-13 : 1e-6;
    for (size_t i = 0; i < COUNTS; i++) {
        check_dot(counts[i], 0.0, tolerance);
        check_dot(counts[i], -1.0, tolerance);
    }
    check_dot((size_t)1 << 23, 0.0, tolerance);
}

typedef struct step_fixture {
    size_t count;
    double *data[5]; /* h, h_prev, g, g_prev, z */
    ckn_guarded device[5];
    ckn_step_buffers buffers;
} step_fixture;

static step_fixture make_step(size_t count) {
    step_fixture made = {.count = count};
    for (size_t i = 0; i < 5; i++) {
        made.data[i] = ckn_test_random_array(31 + i, count, -1.0, 1.0);
        made.device[i] = ckn_guarded_from(made.data[i], count);
    }
    made.buffers = (ckn_step_buffers){.h = made.device[0].buffer,
                                      .h_prev = made.device[1].buffer,
                                      .g = made.device[2].buffer,
                                      .g_prev = made.device[3].buffer,
                                      .z = made.device[4].buffer};
    return made;
}

static void free_step(step_fixture *made) {
    for (size_t i = 0; i < 5; i++) {
        free(made->data[i]);
        ckn_guarded_destroy(&made->device[i]);
    }
}

static void check_momentum(size_t count, double beta, double step) {
    ckn_backend *backend = ckn_test_backend();
    step_fixture made = make_step(count);
    double *h = made.data[0], *h_prev = made.data[1], *g = made.data[2], *g_prev = made.data[3];
    double *z = ckn_test_array(count), *next = ckn_test_array(count);
    for (size_t i = 0; i < count; i++) {
        z[i] = h[i] + beta * (h[i] - h_prev[i]);
        next[i] = z[i] - step * (g[i] + beta * (g[i] - g_prev[i]));
    }
    ckn_guarded_poison(&made.device[4]);
    TRY_OK(backend->ops->momentum(backend, &made.buffers, count, beta, step, &error));
    ckn_guarded_close(&made.device[4], z, ckn_test_tolerance(), "momentum's z");
    ckn_guarded_close(&made.device[0], next, ckn_test_tolerance(), "momentum's h");
    ckn_guarded_close(&made.device[1], h, 0.0, "momentum's h_prev");
    ckn_guarded_close(&made.device[2], g, 0.0, "momentum's g");
    ckn_guarded_close(&made.device[3], g, 0.0, "momentum's g_prev");
    free(z);
    free(next);
    free_step(&made);
}

static void test_momentum(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTS; i++)
        check_momentum(counts[i], 0.6, 0.01);
    check_momentum(100, 0.0, 0.5);
    check_momentum(100, 0.99, 1e-7);
}

static void check_step_sums(size_t count) {
    ckn_backend *backend = ckn_test_backend();
    step_fixture made = make_step(count);
    const double *h = made.data[0], *h_prev = made.data[1], *z = made.data[4];
    long double restart = 0.0L, change = 0.0L, norm = 0.0L, scale = 0.0L;
    for (size_t i = 0; i < count; i++) {
        long double moved = (long double)h[i] - h_prev[i], pull = (long double)z[i] - h[i];
        restart += pull * moved;
        scale += fabsl(pull * moved);
        change += moved * moved;
        norm += (long double)h[i] * h[i];
    }
    ckn_step_sums sums = {NAN, NAN, NAN};
    TRY_OK(backend->ops->step_sums(backend, &made.buffers, count, &sums, &error));
    long double tolerance = ckn_test_on_cpu() ? 1e-13L : 1e-6L;
    if (!(fabsl(sums.restart - restart) <= tolerance * scale &&
          fabsl(sums.change_squared - change) <= tolerance * change &&
          fabsl(sums.norm_squared - norm) <= tolerance * norm))
        ckn_test_fail("step sums of %zu: %.9g %.9g %.9g against %.9Lg %.9Lg %.9Lg", count,
                      sums.restart, sums.change_squared, sums.norm_squared, restart, change, norm);
    for (size_t i = 0; i < 5; i++)
        ckn_guarded_close(&made.device[i], made.data[i], 0.0, "step_sums' inputs");
    free_step(&made);
}

static void test_step_sums(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTS; i++)
        check_step_sums(counts[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill),     cmocka_unit_test(test_combine),
        cmocka_unit_test(test_multiply), cmocka_unit_test(test_dot),
        cmocka_unit_test(test_momentum), cmocka_unit_test(test_step_sums),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
