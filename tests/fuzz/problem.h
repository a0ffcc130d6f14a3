/* Small problems for the estimate: options and pairs of images as the input has them. */
#ifndef CKN_FUZZ_PROBLEM_H
#define CKN_FUZZ_PROBLEM_H

#include "plane.h"

enum { FUZZ_MOST_PAIRS = 3, FUZZ_PLANES_OF_PAIR = 4 };

typedef struct fuzz_problem {
    ckn_estimate_options options;
    size_t calls, cancel_at; /* of the progress callback; 0: it never cancels */
    ckn_pair pairs[FUZZ_MOST_PAIRS];
    size_t pair_count;
    fuzz_plane planes[FUZZ_MOST_PAIRS * FUZZ_PLANES_OF_PAIR];
    size_t plane_count;
    bool graded; /* weights that are not 0 or 1 */
} fuzz_problem;

/* `problem` stays where it is: the options point to it. */
void fuzz_problem_create(fuzz_problem *problem, fuzz_input *input);
void fuzz_problem_destroy(fuzz_problem *problem);

/* One plane more, with content; it lives as long as the problem. */
ckn_view fuzz_problem_plane(fuzz_problem *problem, fuzz_input *input, size_t rows, size_t cols,
                            fuzz_content *content);

/* To standard error: options, and of each plane size, type and samples. */
void fuzz_problem_print(const fuzz_problem *problem);

/* 1/2 sum y^2 over what the fit sees, which no minimum exceeds; for weights of 0 and 1. */
double fuzz_problem_zero_objective(const fuzz_problem *problem);

#endif
