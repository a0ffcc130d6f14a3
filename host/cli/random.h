/* Random numbers that are a function of (seed, stream, index): any order of evaluation and any
 * number of threads give the same picture. */
#ifndef CKN_CLI_RANDOM_H
#define CKN_CLI_RANDOM_H

#include <stdint.h>

/* Independent sequences of one seed. */
typedef enum ckn_random_stream {
    CKN_RANDOM_NOISE = 1, /* added to the blurred image */
    CKN_RANDOM_TEXTURE,
    CKN_RANDOM_SHAPES,
    CKN_RANDOM_TARGET
} ckn_random_stream;

/* Uniform in the open interval (0, 1). */
double ckn_random_uniform(uint64_t seed, ckn_random_stream stream, uint64_t index);

/* Normal with mean 0 and standard deviation 1. */
double ckn_random_normal(uint64_t seed, ckn_random_stream stream, uint64_t index);

#endif
