#include "support/random.h"

#include "support/harness.h"

uint64_t ckn_test_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double ckn_test_uniform(uint64_t *state, double low, double high) {
    double unit = (double)(ckn_test_random(state) >> 40) / 16777216.0;
    return low + unit * (high - low);
}

double *ckn_test_random_array(uint64_t seed, size_t count, double low, double high) {
    double *array = ckn_test_array(count);
    for (size_t i = 0; i < count; i++)
        array[i] = (double)(float)ckn_test_uniform(&seed, low, high);
    return array;
}
