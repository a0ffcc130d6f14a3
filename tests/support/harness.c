#include "support/harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ckn_backend *backend_under_test;

void ckn_test_fail(const char *format, ...) {
    char message[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    fail_msg("%s", message);
    abort(); /* never reached: fail_msg() leaves the test */
}

double *ckn_test_array(size_t count) {
    double *array = calloc(count ? count : 1, sizeof *array);
    if (!array)
        ckn_test_fail("no memory for %zu numbers", count);
    return array;
}

ckn_backend *ckn_test_backend(void) {
    if (backend_under_test)
        return backend_under_test;
    const char *device = getenv("CKN_TEST_DEVICE");
    if (!device)
        ckn_test_fail("set CKN_TEST_DEVICE to cpu or opencl");
    ckn_context_options options;
    memset(&options, 0, sizeof options);
    options.device = device;
    TRY_OK(ckn_backend_create(&options, &backend_under_test, &error));
    return backend_under_test;
}

int ckn_test_close_backend(void **state) {
    (void)state;
    ckn_backend_destroy(backend_under_test);
    backend_under_test = NULL;
    return 0;
}

/* The environment names one device for the whole run; to describe one takes a while. */
bool ckn_test_on_cpu(void) {
    static bool known, answer;
    if (!known) {
        ckn_device_info info;
        ckn_backend *backend = ckn_test_backend();
        backend->ops->describe(backend, &info);
        answer = info.kind == CKN_DEVICE_CPU_BACKEND;
        known = true;
    }
    return answer;
}

double ckn_test_tolerance(void) {
    return ckn_test_on_cpu() ? 1e-12 : 1e-5;
}

double ckn_test_difference(const double *a, const double *b, size_t count) {
    long double difference = 0.0L, norm = 0.0L;
    for (size_t i = 0; i < count; i++) {
        long double d = (long double)a[i] - b[i];
        if (!isfinite(a[i]))
            return (double)INFINITY;
        difference += d * d;
        norm += (long double)b[i] * b[i];
    }
    return (double)sqrtl(norm > 0.0L ? difference / norm : difference);
}

void ckn_test_close(const double *a, const double *b, size_t count, double tolerance,
                    const char *what, ...) {
    double difference = ckn_test_difference(a, b, count);
    if (difference <= tolerance)
        return;
    char text[512];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    ckn_test_fail("%s: relative difference %.3e, allowed %.1e", text, difference, tolerance);
}

void ckn_test_succeeds(ckn_code code, const ckn_error *error, const char *what) {
    if (code != CKN_OK)
        ckn_test_fail("%s: error '%s': %s", what, ckn_code_name(code), error->message);
}
