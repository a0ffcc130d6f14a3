/* Bytes of libFuzzer as choices. An input that has ended is all zeros, and 0 is the plain choice
 * everywhere, so that short inputs are simple cases. */
#ifndef CKN_FUZZ_INPUT_H
#define CKN_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fuzz_input {
    const uint8_t *bytes;
    size_t left;
} fuzz_input;

unsigned fuzz_byte(fuzz_input *input);
/* From 0 to limit - 1; two bytes where one does not reach. */
size_t fuzz_below(fuzz_input *input, size_t limit);
/* True in one of `of` cases; false at the end of the input. */
bool fuzz_rarely(fuzz_input *input, unsigned of);
/* 1, 0 and numbers of all magnitudes and signs, infinities and NaN among them. */
double fuzz_real(fuzz_input *input);

#endif
