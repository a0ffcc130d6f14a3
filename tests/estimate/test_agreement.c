/* Whole estimates on the CPU backend and on the device under test agree. */
#include "estimate/fixture.h"

#include <stdlib.h>

static ckn_context *reference_context(void) {
    ckn_context_options options;
    ckn_context_options_init(&options);
    options.device = "cpu";
    ckn_context *context = NULL;
    TRY_OK(ckn_context_create(&options, &context, &error));
    return context;
}

static void expect_agreement(ckn_context *reference, const known_pair *pair,
                             const ckn_estimate_options *options) {
    size_t taps = ckn_shape_count(pair->h_shape);
    double *expected = ckn_test_array(taps);
    double *got = ckn_test_array(taps);
    ckn_pair views = known_pair_views(pair);
    TRY_OK(ckn_estimate(reference, options, &views, 1,
                        ckn_output_f64(expected, pair->h_shape.rows, pair->h_shape.cols), NULL,
                        &error));
    TRY_OK(ckn_estimate(ckn_test_context(), options, &views, 1,
                        ckn_output_f64(got, pair->h_shape.rows, pair->h_shape.cols), NULL, &error));
    print_message("%s, %s, %s: %.2e\n", ckn_solver_name(options->solver),
                  ckn_engine_name(options->engine), ckn_constraint_name(options->constraint),
                  ckn_test_difference(got, expected, taps));
    ckn_test_close(got, expected, taps, 1e-4, "whole estimate");
    free(expected);
    free(got);
}

static void test_estimates_agree(void **state) {
    (void)state;
    ckn_context *reference = reference_context();
    known_pair pairs[] = {
        known_pair_noise(1, (ckn_shape){126, 61}, (ckn_shape){9, 12}, true),
        known_pair_scene((ckn_shape){127, 126}, (ckn_shape){13, 13}, 2),
    };
    for (size_t i = 0; i < 2; i++) {
        ckn_estimate_options options = known_pair_options(&pairs[i]);
        options.iterations = 300;
        for (int engine = CKN_ENGINE_GRAM; engine <= CKN_ENGINE_FFT; engine++) {
            for (int constraint = CKN_CONSTRAINT_NONE; constraint <= CKN_CONSTRAINT_SIMPLEX;
                 constraint++) {
                options.engine = (ckn_engine)engine;
                options.constraint = (ckn_constraint)constraint;
                expect_agreement(reference, &pairs[i], &options);
            }
        }
        options.constraint = CKN_CONSTRAINT_NONE;
        options.solver = CKN_SOLVER_GD;
        expect_agreement(reference, &pairs[i], &options);
        known_pair_release(&pairs[i]);
    }
    ckn_context_destroy(reference);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_estimates_agree)};
    return cmocka_run_group_tests_name("agreement", tests, NULL, ckn_test_close_context);
}
