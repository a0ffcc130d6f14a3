/* A run that chooses constraint, prior and weight by itself, and the pairs that it is tried on. */
#ifndef CKN_TEST_ESTIMATE_CHOSEN_H
#define CKN_TEST_ESTIMATE_CHOSEN_H

#include "estimate/fixture.h"

typedef struct chosen_run {
    ckn_estimate_plan *plan;
    ckn_estimate_result result;
    double *kernel;
    const ckn_trial *trials;
    size_t trial_count;
} chosen_run;

/* Nothing is named: solver, engine, constraint, prior and its weight are AUTO. */
ckn_estimate_options chosen_options(const known_pair *pair);
chosen_run chosen_run_of(ckn_context *context, const known_pair *pair,
                         const ckn_estimate_options *options);
void chosen_run_release(chosen_run *run);
/* The trial that was chosen; fails where there is none, or more than one. */
const ckn_trial *chosen_trial(const chosen_run *run);

/* Adds noise of this standard deviation to y. x, and y after that, become float32 values, so that
 * both backends start from the same pair. */
void chosen_disturb(known_pair *pair, uint64_t seed, double sigma);
/* y of these taps, which replace the pair's. */
void chosen_convolve(known_pair *pair, const double *taps);
/* A scene under a Gaussian of 1.1 pixels, and noise. */
known_pair chosen_scene(ckn_shape kernel, uint64_t seed, double sigma);

#endif
