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
/* From 0 to count - 1, and once in 256 cases `count` itself, which is no choice. */
size_t fuzz_choice(fuzz_input *input, size_t count);
/* Mostly a positive number from 1e-12 to 100, else as fuzz_real(). */
double fuzz_positive(fuzz_input *input);
/* 1, 0 and numbers of all magnitudes and signs, infinities and NaN among them. */
double fuzz_real(fuzz_input *input);

#endif
