/* Buffers of the device under test with a guard behind their elements. What a primitive must write
 * is poisoned with NaN first; a NaN that is left, or a guard that changed, fails the test. */
#ifndef CKN_TEST_GUARD_H
#define CKN_TEST_GUARD_H

#include "support/harness.h"

typedef struct ckn_guarded {
    ckn_buffer *buffer;
    size_t count;
} ckn_guarded;

/* `count` poisoned elements and the guard. */
ckn_guarded ckn_guarded_create(size_t count);
/* The same with `data` uploaded. */
ckn_guarded ckn_guarded_from(const double *data, size_t count);
/* The same two with a buffer of samples_create(). */
ckn_guarded ckn_guarded_samples(size_t count, ckn_type type);
ckn_guarded ckn_guarded_samples_from(const double *data, size_t count, ckn_type type);
void ckn_guarded_destroy(ckn_guarded *guarded);

void ckn_guarded_poison(const ckn_guarded *guarded);
void ckn_guarded_upload(const ckn_guarded *guarded, const double *data);
/* Checks the guard and gives a new array (freed with free()) of the elements, NaN allowed. */
double *ckn_guarded_peek(const ckn_guarded *guarded, const char *what);
/* The same, and fails where an element is NaN. */
double *ckn_guarded_read(const ckn_guarded *guarded, const char *what);
/* Reads and compares: see ckn_test_close(). */
void ckn_guarded_close(const ckn_guarded *guarded, const double *reference, double tolerance,
                       const char *what);

#endif
