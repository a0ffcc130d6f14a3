#include "cli/random.h"

#include <math.h>

/* The finaliser of SplitMix64 (Steele, Lea & Flood 2014): a bijection that flips half of the bits
 * of its result for each flipped bit of its argument. */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

double ckn_random_uniform(uint64_t seed, ckn_random_stream stream, uint64_t index) {
    const uint64_t golden = 0x9e3779b97f4a7c15ULL;
    uint64_t key = mix(mix(seed + golden) + (uint64_t)stream * golden);
    uint64_t bits = mix(key + (index + 1) * golden);
    return ((double)(bits >> 11) + 0.5) * 0x1p-53;
}

/* Box-Muller; one of its two numbers is dropped, so that numbers do not depend on each other. */
double ckn_random_normal(uint64_t seed, ckn_random_stream stream, uint64_t index) {
    const double two_pi = 6.283185307179586476925;
    double radius = ckn_random_uniform(seed, stream, 2 * index);
    double angle = ckn_random_uniform(seed, stream, 2 * index + 1);
    return sqrt(-2.0 * log(radius)) * cos(two_pi * angle);
}
