/* What the tests share: the device under test, arrays, comparison. */
#ifndef CKN_TEST_HARNESS_H
#define CKN_TEST_HARNESS_H

/* cmocka.h needs these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/backend.h"

/* Fails the running test with a printf-like message. */
__attribute__((format(printf, 1, 2))) void ckn_test_fail(const char *format, ...);

/* A zeroed array (freed with free()); fails the test where memory is exhausted. */
double *ckn_test_array(size_t count);

/* The device that CKN_TEST_DEVICE names ("cpu", "opencl", "opencl:INDEX", ...), opened at the first
 * call and closed by ckn_test_close_backend(). Fails the test where it cannot be opened: a missing
 * device never skips a test. */
ckn_backend *ckn_test_backend(void);
int ckn_test_close_backend(void **state); /* a cmocka group teardown */
bool ckn_test_on_cpu(void);
/* The largest relative difference allowed: 1e-12 on the CPU backend, 1e-5 on OpenCL. */
double ckn_test_tolerance(void);

/* ||a - b|| / ||b||; ||a|| where b is zero; infinity where `a` holds NaN or infinity. */
double ckn_test_difference(const double *a, const double *b, size_t count);
/* Fails, naming `what`, where ckn_test_difference() exceeds `tolerance`. */
__attribute__((format(printf, 5, 6))) void ckn_test_close(const double *a, const double *b,
                                                          size_t count, double tolerance,
                                                          const char *what, ...);
/* Fails with the message in `error` where `code` is not CKN_OK. */
void ckn_test_succeeds(ckn_code code, const ckn_error *error, const char *what);

/* TRY_OK(call): the call, which ends with &error, must succeed. */
#define TRY_OK(call)                                                                               \
    do {                                                                                           \
        ckn_error error = {CKN_OK, ""};                                                            \
        ckn_code code_ = (call);                                                                   \
        ckn_test_succeeds(code_, &error, #call);                                                   \
    } while (0)

#endif
