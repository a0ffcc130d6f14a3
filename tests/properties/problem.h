/* Random problems: images, a kernel, noise, masks, a way to lie in memory, and what is asked. */
#ifndef CKN_TEST_PROPERTIES_PROBLEM_H
#define CKN_TEST_PROPERTIES_PROBLEM_H

#include "support/harness.h"

typedef enum problem_kind {
    KIND_PLAIN,
    KIND_PEDESTAL_1E3, /* detail of 1 on a thousand */
    KIND_PEDESTAL_1E6, /* on a million: more than float32 resolves */
    KIND_TINY,         /* times 1e-30 */
    KIND_HUGE,         /* times 1e30 */
    KIND_DENORMAL,     /* times 1e-40: float32 has no normal number there */
    KIND_POINT,        /* one sample is not zero */
    KIND_MIXED,        /* samples of magnitudes from 1e-6 to 1e6 */
    KIND_SPARSE,       /* nine samples of ten are zero */
    KIND_INTEGER,      /* 0 to 255 */
    KINDS
} problem_kind;

typedef enum problem_mode {
    MODE_EXACT,   /* least squares */
    MODE_NNLS,    /* h >= 0 */
    MODE_SIMPLEX, /* h >= 0, sum h = 1 */
    MODE_AUTO,    /* the defaults */
    MODE_ROBUST,  /* the defaults and robust */
    MODES
} problem_mode;

typedef enum problem_mask {
    MASK_NONE,
    MASK_BLURRED, /* some samples of the blurred image are left out */
    MASK_SHARP,   /* some of the sharp one, and all windows that see them */
    MASK_WEIGHTS, /* unequal weights of the blurred image's samples */
    MASKS
} problem_mask;

typedef struct problem {
    uint64_t seed;
    problem_kind kind;
    problem_mode mode;
    problem_mask mask;
    ckn_type type;
    ckn_shape x_shape, h_shape, y_shape; /* y of the valid size */
    double noise;                        /* relative to the deviation of y */
    double *x, *y;                       /* dense: what the views below show */
    double *weights;                     /* of y, dense; what a mask of x leaves out, too */
    ckn_pair pair;
    void *memory[4]; /* of the views */
    char text[160];  /* all of it in words */
} problem;

problem problem_make(uint64_t seed);
void problem_release(problem *made);

ckn_estimate_options problem_options(const problem *made);

#endif
