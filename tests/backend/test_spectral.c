/* Products, power and quotients of spectra. */
#include "support/guard.h"
#include "support/random.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

static const size_t counts[] = {1, 2, 31, 33, 64, 255, 257, 1000, 4097, 8193, 66000};

#define COUNTS (sizeof counts / sizeof *counts)

static void multiply(const ckn_guarded *out, const ckn_guarded *a, const ckn_guarded *b,
                     bool conjugate) {
    ckn_backend *backend = ckn_test_backend();
    TRY_OK(backend->ops->spectral_multiply(backend, out->buffer, a->buffer, b->buffer,
                                           out->count / 2, conjugate, &error));
}

static void check_multiply(size_t pairs, bool conjugate) {
    double *a = ckn_test_random_array(61, 2 * pairs, -1.0, 1.0);
    double *b = ckn_test_random_array(62, 2 * pairs, -1.0, 1.0), *e = ckn_test_array(2 * pairs);
    for (size_t i = 0; i < pairs; i++) {
        double complex u = a[2 * i] + a[2 * i + 1] * I, v = b[2 * i] + b[2 * i + 1] * I;
        double complex w = u * (conjugate ? conj(v) : v);
        e[2 * i] = creal(w);
        e[2 * i + 1] = cimag(w);
    }
    ckn_guarded da = ckn_guarded_from(a, 2 * pairs), db = ckn_guarded_from(b, 2 * pairs);
    ckn_guarded out = ckn_guarded_create(2 * pairs);
    multiply(&out, &da, &db, conjugate);
    ckn_guarded_close(&out, e, ckn_test_tolerance(), "product");
    ckn_guarded_close(&da, a, 0.0, "product's a");
    ckn_guarded_close(&db, b, 0.0, "product's b");
    multiply(&da, &da, &db, conjugate);
    ckn_guarded_close(&da, e, ckn_test_tolerance(), "product into a");
    ckn_guarded_upload(&da, a);
    multiply(&db, &da, &db, conjugate);
    ckn_guarded_close(&db, e, ckn_test_tolerance(), "product into b");
    ckn_guarded_destroy(&da);
    ckn_guarded_destroy(&db);
    ckn_guarded_destroy(&out);
    free(a);
    free(b);
    free(e);
}

static void test_multiply(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTS; i++) {
        check_multiply(counts[i], false);
        check_multiply(counts[i], true);
    }
}

static void accumulate(const ckn_guarded *numerator, const ckn_guarded *power, const ckn_guarded *y,
                       const ckn_guarded *x, bool add) {
    ckn_backend *backend = ckn_test_backend();
    TRY_OK(backend->ops->spectral_accumulate(backend, numerator->buffer, power->buffer, y->buffer,
                                             x->buffer, power->count, add, &error));
}

/* First into poisoned memory, then once more on top. */
static void check_accumulate(size_t pairs) {
    double *y = ckn_test_random_array(63, 2 * pairs, -1.0, 1.0);
    double *x = ckn_test_random_array(64, 2 * pairs, -1.0, 1.0);
    double *expected = ckn_test_array(2 * pairs), *power = ckn_test_array(pairs);
    for (size_t i = 0; i < pairs; i++) {
        double complex u = y[2 * i] + y[2 * i + 1] * I, v = x[2 * i] + x[2 * i + 1] * I;
        expected[2 * i] = creal(u * conj(v));
        expected[2 * i + 1] = cimag(u * conj(v));
        power[i] = creal(v * conj(v));
    }
    ckn_guarded dy = ckn_guarded_from(y, 2 * pairs), dx = ckn_guarded_from(x, 2 * pairs);
    ckn_guarded dn = ckn_guarded_create(2 * pairs), dp = ckn_guarded_create(pairs);
    accumulate(&dn, &dp, &dy, &dx, false);
    ckn_guarded_close(&dn, expected, ckn_test_tolerance(), "y conj(x)");
    ckn_guarded_close(&dp, power, ckn_test_tolerance(), "|x|^2");
    for (size_t i = 0; i < pairs; i++) {
        expected[2 * i] *= 2.0;
        expected[2 * i + 1] *= 2.0;
        power[i] *= 2.0;
    }
    accumulate(&dn, &dp, &dy, &dx, true);
    ckn_guarded_close(&dn, expected, ckn_test_tolerance(), "the sum of y conj(x)");
    ckn_guarded_close(&dp, power, ckn_test_tolerance(), "the sum of |x|^2");
    ckn_guarded_close(&dy, y, 0.0, "accumulate's y");
    ckn_guarded_close(&dx, x, 0.0, "accumulate's x");
    ckn_guarded_destroy(&dy);
    ckn_guarded_destroy(&dx);
    ckn_guarded_destroy(&dn);
    ckn_guarded_destroy(&dp);
    free(y);
    free(x);
    free(expected);
    free(power);
}

static void test_accumulate(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTS; i++)
        check_accumulate(counts[i]);
}

/* Every seventh bin is empty. */
static void check_divide(size_t pairs, double epsilon, double scale) {
    ckn_backend *backend = ckn_test_backend();
    double *numerator = ckn_test_random_array(65, 2 * pairs, -1.0, 1.0);
    double *power = ckn_test_random_array(66, pairs, 0.125, 4.0);
    for (size_t i = 0; i < pairs; i++)
        power[i] = i % 7 == 3 ? 0.0 : power[i] * scale;
    ckn_guarded dn = ckn_guarded_from(numerator, 2 * pairs), dp = ckn_guarded_from(power, pairs);
    TRY_OK(backend->ops->spectral_divide(backend, dn.buffer, dp.buffer, pairs, epsilon, &error));
    for (size_t i = 0; i < 2 * pairs; i++) {
        double denominator = power[i / 2] + epsilon;
        numerator[i] = denominator > 0.0 ? numerator[i] / denominator : 0.0;
    }
    ckn_guarded_close(&dn, numerator, ckn_test_tolerance(), "quotient");
    ckn_guarded_close(&dp, power, 0.0, "quotient's power");
    ckn_guarded_destroy(&dn);
    ckn_guarded_destroy(&dp);
    free(numerator);
    free(power);
}

static void test_divide(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTS; i++) {
        check_divide(counts[i], 0.0, 1.0);
        check_divide(counts[i], 1e-3, 1.0);
        check_divide(counts[i], 1e-6, 1048576.0);
        check_divide(counts[i], 0.5, 0.0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multiply),
        cmocka_unit_test(test_accumulate),
        cmocka_unit_test(test_divide),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
