/* fft_good_length(), fft_create(), forward and inverse. */
#include "support/guard.h"
#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A build without FFTW has no FFT on the CPU backend; its error is tested instead. */
static bool has_fft(void) {
    ckn_device_info info;
    ckn_backend *backend = ckn_test_backend();
    backend->ops->describe(backend, &info);
    return strcmp(info.version, "no FFT") != 0;
}

static void test_missing(void **state) {
    (void)state;
    if (has_fft())
        return;
    ckn_backend *backend = ckn_test_backend();
    ckn_fft *fft = NULL;
    ckn_error error = {CKN_OK, ""};
    ckn_code code = backend->ops->fft_create(backend, (ckn_shape){8, 8}, &fft, &error);
    assert_int_equal(code, CKN_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "--engine direct"));
    assert_non_null(strstr(error.message, "CKN_FFTW=ON"));
    assert_null(fft);
    assert_int_equal(backend->ops->fft_forward(backend, NULL, NULL, NULL, &error),
                     CKN_ERROR_UNSUPPORTED);
    assert_int_equal(backend->ops->fft_inverse(backend, NULL, NULL, NULL, &error),
                     CKN_ERROR_UNSUPPORTED);
}

static ckn_fft *create(ckn_shape shape) {
    ckn_backend *backend = ckn_test_backend();
    ckn_fft *fft = NULL;
    TRY_OK(backend->ops->fft_create(backend, shape, &fft, &error));
    return fft;
}

/* Forward transform, then back; `reference` may be NULL. The plane must survive the forward
 * transform. */
static void check_shape(ckn_shape shape, const double *x, const double *reference) {
    char what[96];
    snprintf(what, sizeof what, "FFT of %zu x %zu", shape.rows, shape.cols);
    ckn_backend *backend = ckn_test_backend();
    ckn_fft *fft = create(shape);
    ckn_guarded plane = ckn_guarded_from(x, ckn_shape_count(shape));
    ckn_guarded spectrum = ckn_guarded_create(ckn_spectrum_count(shape));
    ckn_guarded back = ckn_guarded_create(ckn_shape_count(shape));
    TRY_OK(backend->ops->fft_forward(backend, fft, plane.buffer, spectrum.buffer, &error));
    if (reference)
        ckn_guarded_close(&spectrum, reference, ckn_test_tolerance(), what);
    ckn_guarded_close(&plane, x, 0.0, "the plane after its forward transform");
    TRY_OK(backend->ops->fft_inverse(backend, fft, spectrum.buffer, back.buffer, &error));
    ckn_guarded_close(&back, x, ckn_test_tolerance(), what);
    free(ckn_guarded_peek(&spectrum, what));
    ckn_guarded_destroy(&plane);
    ckn_guarded_destroy(&spectrum);
    ckn_guarded_destroy(&back);
    backend->ops->fft_destroy(backend, fft);
}

/* clFFT compiles every shape for seconds, so OpenCL gets a choice of those that it can do. */
static const ckn_shape small_anywhere[] = {{1, 1}, {1, 16},  {16, 1}, {3, 4},
                                           {6, 5}, {13, 11}, {16, 16}};
static const ckn_shape small_on_cpu[] = {{2, 2}, {9, 20}, {1, 2},  {2, 1},   {3, 3},
                                         {5, 7}, {8, 9},  {9, 8},  {1, 15},  {15, 1},
                                         {4, 1}, {1, 17}, {17, 1}, {12, 13}, {20, 14}};
static const ckn_shape large_anywhere[] = {{64, 64}, {45, 60}, {256, 512}};
static const ckn_shape large_on_cpu[] = {{81, 250}, {300, 512}, {63, 65},  {1, 4096},
                                         {4096, 1}, {243, 125}, {560, 420}};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void check_against_dft(const ckn_shape *shapes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double *x = ckn_test_random_array(51, ckn_shape_count(shapes[i]), -1.0, 1.0);
        double *reference = ckn_test_array(ckn_spectrum_count(shapes[i]));
        ckn_naive_dft(x, shapes[i], reference);
        check_shape(shapes[i], x, reference);
        free(x);
        free(reference);
    }
}

static void test_against_dft(void **state) {
    (void)state;
    if (!has_fft())
        return;
    check_against_dft(small_anywhere, LENGTH(small_anywhere));
    if (ckn_test_on_cpu())
        check_against_dft(small_on_cpu, LENGTH(small_on_cpu));
}

static void check_round_trip(const ckn_shape *shapes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double *x = ckn_test_random_array(52, ckn_shape_count(shapes[i]), -1.0, 1.0);
        check_shape(shapes[i], x, NULL);
        free(x);
    }
}

static void test_round_trip(void **state) {
    (void)state;
    if (!has_fft())
        return;
    check_round_trip(large_anywhere, LENGTH(large_anywhere));
    if (ckn_test_on_cpu())
        check_round_trip(large_on_cpu, LENGTH(large_on_cpu));
}

static void test_good_length(void **state) {
    (void)state;
    ckn_backend *backend = ckn_test_backend();
    static const size_t lengths[] = {1, 2, 3, 17, 31, 97, 127, 331, 509};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t good = backend->ops->fft_good_length(backend, lengths[i]);
        assert_true(good >= lengths[i] && good <= 2 * lengths[i] + 1);
        assert_true(backend->ops->fft_good_length(backend, good) == good);
    }
    for (size_t length = 1; length < 5000; length++) {
        size_t good = backend->ops->fft_good_length(backend, length), rest = good;
        for (size_t factor = 2; factor <= 13; factor++) {
            while (rest % factor == 0)
                rest /= factor;
        }
        if (good < length || rest != 1)
            ckn_test_fail("%zu is no good length for %zu", good, length);
    }
    ckn_shape shape = {backend->ops->fft_good_length(backend, 251),
                       backend->ops->fft_good_length(backend, 127)};
    double *x = ckn_test_random_array(53, ckn_shape_count(shape), -1.0, 1.0);
    if (has_fft())
        check_shape(shape, x, NULL);
    free(x);
}

/* Prime factors above 13: clFFT cannot do them, the backend has to. */
static void test_hard_length(void **state) {
    (void)state;
    static const ckn_shape shapes[] = {{3, 1021}, {1021, 3}, {1, 1021}, {17, 17},   {34, 9},
                                       {2, 38},   {23, 1},   {64, 67},  {431, 280}, {101, 103}};
    if (!has_fft())
        return;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        double *x = ckn_test_random_array(54 + i, ckn_shape_count(shapes[i]), -1.0, 1.0);
        double *reference = NULL;
        if (ckn_shape_count(shapes[i]) < 5000) {
            reference = ckn_test_array(ckn_spectrum_count(shapes[i]));
            ckn_naive_dft(x, shapes[i], reference);
        }
        check_shape(shapes[i], x, reference);
        free(reference);
        free(x);
    }
}

static void test_too_large(void **state) {
    (void)state;
    if (!has_fft() || !ckn_test_on_cpu())
        return;
    ckn_backend *backend = ckn_test_backend();
    static const ckn_shape shapes[] = {{1, (size_t)1 << 31}, {(size_t)1 << 31, 1}};
    for (size_t i = 0; i < 2; i++) {
        ckn_fft *fft = NULL;
        ckn_error error = {CKN_OK, ""};
        assert_int_equal(backend->ops->fft_create(backend, shapes[i], &fft, &error),
                         CKN_ERROR_UNSUPPORTED);
        assert_non_null(strstr(error.message, "--engine direct"));
    }
}

/* Two plans of different shapes live at the same time. */
static void test_two_plans(void **state) {
    (void)state;
    if (!has_fft())
        return;
    ckn_backend *backend = ckn_test_backend();
    ckn_fft *outer = create((ckn_shape){3, 4});
    double *x = ckn_test_random_array(55, 256, -1.0, 1.0);
    check_shape((ckn_shape){16, 16}, x, NULL);
    ckn_fft *same = create((ckn_shape){3, 4});
    backend->ops->fft_destroy(backend, outer);
    check_shape((ckn_shape){6, 5}, x, NULL);
    backend->ops->fft_destroy(backend, same);
    free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing),     cmocka_unit_test(test_against_dft),
        cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_good_length),
        cmocka_unit_test(test_hard_length), cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_two_plans),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
