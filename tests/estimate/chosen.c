#include "estimate/chosen.h"

#include "support/naive.h"
#include "support/random.h"

#include <stdlib.h>
#include <string.h>

ckn_estimate_options chosen_options(const known_pair *pair) {
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = pair->h_shape.rows;
    options.kernel_cols = pair->h_shape.cols;
    return options;
}

chosen_run chosen_run_of(ckn_context *context, const known_pair *pair,
                         const ckn_estimate_options *options) {
    chosen_run run = {.kernel = ckn_test_array(ckn_shape_count(pair->h_shape))};
    ckn_pair views = known_pair_views(pair);
    TRY_OK(ckn_estimate_plan_create(context, options, &views, 1, &run.plan, &error));
    TRY_OK(ckn_estimate_plan_run(run.plan, &views, 1,
                                 ckn_output_f64(run.kernel, pair->h_shape.rows, pair->h_shape.cols),
                                 NULL, &run.result, &error));
    ckn_estimate_plan_trials(run.plan, &run.trials, &run.trial_count);
    return run;
}

void chosen_run_release(chosen_run *run) {
    ckn_estimate_plan_destroy(run->plan);
    free(run->kernel);
    *run = (chosen_run){0};
}

const ckn_trial *chosen_trial(const chosen_run *run) {
    const ckn_trial *found = NULL;
    for (size_t i = 0; i < run->trial_count; i++) {
        if (!run->trials[i].chosen)
            continue;
        assert_null(found);
        found = &run->trials[i];
    }
    assert_non_null(found);
    return found;
}

/* Gaussian enough: the sum of twelve uniform numbers, of variance 1. */
static double gaussian(uint64_t *state) {
    double sum = 0;
    for (size_t i = 0; i < 12; i++)
        sum += ckn_test_uniform(state, -0.5, 0.5);
    return sum;
}

void chosen_disturb(known_pair *pair, uint64_t seed, double sigma) {
    for (size_t i = 0; i < ckn_shape_count(pair->x_shape); i++)
        pair->x[i] = (float)pair->x[i];
    ckn_naive_valid(pair->x, pair->x_shape, pair->h, pair->h_shape, pair->y);
    for (size_t i = 0; i < ckn_shape_count(pair->y_shape); i++)
        pair->y[i] = (float)(pair->y[i] + sigma * gaussian(&seed));
}

void chosen_convolve(known_pair *pair, const double *taps) {
    memcpy(pair->h, taps, ckn_shape_count(pair->h_shape) * sizeof *taps);
    ckn_naive_valid(pair->x, pair->x_shape, pair->h, pair->h_shape, pair->y);
}

known_pair chosen_scene(ckn_shape kernel, uint64_t seed, double sigma) {
    known_pair pair = known_pair_scene((ckn_shape){41, 46}, kernel, 1.1);
    chosen_disturb(&pair, seed, sigma);
    return pair;
}
