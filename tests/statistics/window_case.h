/* Random pairs, frames and rectangles of taps, and their sums over windows by the definition. */
#ifndef CKN_TEST_STATISTICS_WINDOW_CASE_H
#define CKN_TEST_STATISTICS_WINDOW_CASE_H

#include "statistics/pair_sums.h"
#include "support/harness.h"

enum { MOST_PAIRS = 3 };

typedef enum masking { NONE, FEW, MANY, GRADED, MASKINGS } masking;

typedef struct window_case {
    size_t pairs;
    double *x[MOST_PAIRS], *y[MOST_PAIRS], *of_x[MOST_PAIRS], *of_y[MOST_PAIRS];
    ckn_pair views[MOST_PAIRS];
    ckn_frame frame;
    ckn_rectangle part;
    masking kind;
    bool background;
} window_case;

/* Pairs of `least` to `most` rows and columns. */
window_case window_case_make(uint64_t seed, size_t least, size_t most);
void window_case_release(window_case *c);

/* Sums of the taps of `part` over the windows of the whole frame. */
typedef struct naive_sums {
    size_t taps;
    long double *gram, *b, square;
    size_t count; /* of windows that have weight */
} naive_sums;

naive_sums naive_sums_of(const window_case *c);
void naive_sums_release(naive_sums *sums);

#endif
