#include "check/check.h"

#include <math.h>
#include <stdint.h>

void ckn_checker_line(ckn_checker *checker, const char *name, const char *detail, double difference,
                      double tolerance, double seconds_reference, double seconds) {
    const ckn_check check = {
        .name = name,
        .detail = detail,
        .difference = difference,
        .tolerance = tolerance,
        .seconds_reference = seconds_reference,
        .seconds = seconds,
        .passed = difference <= tolerance,
    };
    if (!check.passed)
        checker->failures++;
    if (checker->report)
        checker->report(checker->user, &check);
}

double ckn_relative_difference(const double *a, const double *b, size_t count) {
    double difference = 0;
    double norm = 0;
    for (size_t i = 0; i < count; i++) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return norm > 0 ? sqrt(difference / norm) : sqrt(difference);
}

void ckn_fill_pattern(double *values, size_t count, unsigned seed) {
    for (size_t i = 0; i < count; i++) {
        uint64_t z = (uint64_t)i + ((uint64_t)seed << 32);
        z = (z + 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 31)) * 0x94d049bb133111ebu;
        values[i] = (double)(z >> 11) / 9007199254740992.0;
    }
}
