/* Random numbers of our own, so that tests see the same ones everywhere. */
#ifndef CKN_TEST_RANDOM_H
#define CKN_TEST_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* SplitMix64 (Steele, Lea & Flood 2014); the state may start with any number. */
uint64_t ckn_test_random(uint64_t *state);
/* Uniform in [low, high), with 24 random bits, so that float32 holds the numbers of [-1, 1). */
double ckn_test_uniform(uint64_t *state, double low, double high);
/* A new array (freed with free()) of `count` such numbers from a generator started with `seed`;
 * every element is a float32 value, so that both backends start from the same data. */
double *ckn_test_random_array(uint64_t seed, size_t count, double low, double high);

#endif
