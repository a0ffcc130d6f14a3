#include "input.h"

#include <math.h>

unsigned fuzz_byte(fuzz_input *input) {
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->bytes++;
}

size_t fuzz_below(fuzz_input *input, size_t limit) {
    size_t value = fuzz_byte(input);
    if (limit > 256)
        value = value << 8 | fuzz_byte(input);
    return limit ? value % limit : 0;
}

bool fuzz_rarely(fuzz_input *input, unsigned of) {
    return fuzz_below(input, of) == of - 1;
}

size_t fuzz_choice(fuzz_input *input, size_t count) {
    const unsigned byte = fuzz_byte(input);
    return byte == 255 ? count : byte % count;
}

double fuzz_positive(fuzz_input *input) {
    static const double numbers[] = {1, 0.5, 2, 10, 100, 3.7, 0.1, 1e-2, 1e-3, 1e-5, 1e-7, 1e-12};
    if (fuzz_rarely(input, 16))
        return fuzz_real(input);
    return numbers[fuzz_below(input, sizeof numbers / sizeof numbers[0])];
}

double fuzz_real(fuzz_input *input) {
    static const double numbers[] = {1,    0,    0.5,   2,     10,     100,      -1,        3.7,
                                     0.1,  1e-3, 1e-7,  1e-12, 1e-30,  1e-300,   -0.0,      1e6,
                                     1e15, 1e30, 1e300, -1e6,  5e-324, 1e-45,    1.5,       255,
                                     -0.5, 1e-2, 1e4,   1e38,  3e38,   INFINITY, -INFINITY, NAN};
    return numbers[fuzz_below(input, sizeof numbers / sizeof numbers[0])];
}
