#include "support/guard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More than any work-group or vector overshoots. */
#define GUARD 1024
#define SENTINEL (-123456.0)

static void upload(const ckn_guarded *guarded, const double *data, size_t count) {
    ckn_backend *backend = ckn_test_backend();
    ckn_view view = ckn_view_f64(data, 1, count);
    TRY_OK(backend->ops->upload(backend, guarded->buffer, &view, &error));
}

void ckn_guarded_poison(const ckn_guarded *guarded) {
    double *data = ckn_test_array(guarded->count + GUARD);
    for (size_t i = 0; i < guarded->count + GUARD; i++)
        data[i] = i < guarded->count ? (double)NAN : SENTINEL;
    upload(guarded, data, guarded->count + GUARD);
    free(data);
}

ckn_guarded ckn_guarded_create(size_t count) {
    ckn_backend *backend = ckn_test_backend();
    ckn_guarded guarded = {NULL, count};
    TRY_OK(backend->ops->buffer_create(backend, count + GUARD, &guarded.buffer, &error));
    ckn_guarded_poison(&guarded);
    return guarded;
}

ckn_guarded ckn_guarded_from(const double *data, size_t count) {
    ckn_guarded guarded = ckn_guarded_create(count);
    ckn_guarded_upload(&guarded, data);
    return guarded;
}

ckn_guarded ckn_guarded_samples(size_t count, ckn_type type) {
    ckn_backend *backend = ckn_test_backend();
    ckn_guarded guarded = {NULL, count};
    TRY_OK(backend->ops->samples_create(backend, count + GUARD, type, &guarded.buffer, &error));
    ckn_guarded_poison(&guarded);
    return guarded;
}

ckn_guarded ckn_guarded_samples_from(const double *data, size_t count, ckn_type type) {
    ckn_guarded guarded = ckn_guarded_samples(count, type);
    ckn_guarded_upload(&guarded, data);
    return guarded;
}

void ckn_guarded_destroy(ckn_guarded *guarded) {
    ckn_backend *backend = ckn_test_backend();
    backend->ops->buffer_destroy(backend, guarded->buffer);
    guarded->buffer = NULL;
}

void ckn_guarded_upload(const ckn_guarded *guarded, const double *data) {
    upload(guarded, data, guarded->count);
}

double *ckn_guarded_peek(const ckn_guarded *guarded, const char *what) {
    ckn_backend *backend = ckn_test_backend();
    double *data = ckn_test_array(guarded->count + GUARD);
    ckn_output output = ckn_output_f64(data, 1, guarded->count + GUARD);
    TRY_OK(backend->ops->download(backend, guarded->buffer, &output, &error));
    for (size_t i = guarded->count; i < guarded->count + GUARD; i++) {
        if (data[i] != SENTINEL)
            ckn_test_fail("%s: wrote %g behind the end, %zu elements too far", what, data[i],
                          i - guarded->count + 1);
    }
    return data;
}

double *ckn_guarded_read(const ckn_guarded *guarded, const char *what) {
    double *data = ckn_guarded_peek(guarded, what);
    for (size_t i = 0; i < guarded->count; i++) {
        if (isnan(data[i]))
            ckn_test_fail("%s: element %zu of %zu is NaN (never written?)", what, i,
                          guarded->count);
    }
    return data;
}

void ckn_guarded_close(const ckn_guarded *guarded, const double *reference, double tolerance,
                       const char *what) {
    double *data = ckn_guarded_read(guarded, what);
    ckn_test_close(data, reference, guarded->count, tolerance, "%s", what);
    free(data);
}
