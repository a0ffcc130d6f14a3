/* What all fuzz targets share. A target is LLVMFuzzerTestOneInput(), which libFuzzer calls with
 * bytes that it makes up, and replay.c with files. What must not be ends the process by abort(). */
#ifndef CKN_FUZZ_H
#define CKN_FUZZ_H

#include "clkernest.h"

#include <stdbool.h>
#include <stdint.h>

/* The names are libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* A mutator of the target's own, and libFuzzer's, which it may call. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

/* Prints a printf-like message and aborts. */
__attribute__((format(printf, 1, 2), noreturn)) void fuzz_fail(const char *format, ...);

/* FUZZ_CHECK(condition, format, ...): fails with that message unless the condition holds. */
#define FUZZ_CHECK(condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fuzz_fail(__VA_ARGS__);                                                                \
    } while (0)

/* A failure says so in one line, and is none of ours. Returns whether `code` is CKN_OK. */
bool fuzz_succeeded(ckn_code code, const ckn_error *error);
/* Whether FUZZ_SHOW is set: to tell what an input stands for. */
bool fuzz_shows(void);
/* No character of a text controls a terminal. */
bool fuzz_is_plain(const char *text);

/* One context on the CPU backend, of one thread, for the whole process. */
ckn_context *fuzz_context(void);

/* A zeroed array, freed with free(). */
double *fuzz_array(size_t count);

#endif
