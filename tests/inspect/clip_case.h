/* Pairs that are clipped, and what a fit makes of them: by the detector, and by a hand that knows
 * what was cut off. */
#ifndef CKN_TEST_CLIP_CASE_H
#define CKN_TEST_CLIP_CASE_H

#include "estimate/fixture.h"
#include "inspect/clipping.h"

enum {
    CASE_ROWS = 90,
    CASE_COLS = 101,
    CASE_TAPS = 5,
    CASE_OUT_ROWS = CASE_ROWS - CASE_TAPS + 1,
    CASE_OUT_COLS = CASE_COLS - CASE_TAPS + 1,
    CASE_SAMPLES = CASE_ROWS * CASE_COLS,
    CASE_OUT_SAMPLES = CASE_OUT_ROWS * CASE_OUT_COLS
};

typedef struct clip_case {
    double x[CASE_SAMPLES], y[CASE_OUT_SAMPLES]; /* as in the files */
    double h[CASE_TAPS * CASE_TAPS];
    double clean[CASE_OUT_SAMPLES]; /* h * x without noise, rounding and clipping */
    double low, high, sigma;        /* limits of y, and its noise */
    double step;                    /* between its levels; 0: real numbers */
    bool typed;                     /* 0 and 1 are the limits of its type, which it tells */
} clip_case;

double clip_normal(uint64_t *state);
/* clean = y = h * x. */
void clip_case_blur(clip_case *of);
/* y = clean with noise, cut off at the limits and rounded to the step. */
void clip_case_record(clip_case *of, uint64_t seed);
ckn_pair clip_case_pair(const clip_case *of);

/* What the detector leaves of the pair after a first fit, and the error of the kernel then. */
typedef struct clip_answer {
    double error;
    ckn_clip_counts counts;
    ckn_clip_limits limits;
    bool gave_up;
} clip_answer;

clip_answer clip_case_solve(const clip_case *of);
/* The error where all that noise could have taken to a limit is masked by hand. */
double clip_case_by_hand(const clip_case *of);
/* The error with everything in the fit. */
double clip_case_plain(const clip_case *of);

#endif
