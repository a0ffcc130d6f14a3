/* Where there is nothing to choose from: no noise, images that do not determine the kernel, few
 * samples, large kernels, little memory; refusals, and what cancels a choice. */
#include "estimate/choice.h"
#include "estimate/chosen.h"
#include "estimate/selection.h"
#include "estimate/sparse_prior.h"

#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void test_without_noise(void **state) {
    (void)state;
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        known_pair pair =
            known_pair_noise(60, (ckn_shape){44, 40}, (ckn_shape){5, 4}, is_signed != 0);
        const ckn_estimate_options options = chosen_options(&pair);
        chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
        ckn_test_close(run.kernel, pair.h, 20, ckn_test_on_cpu() ? 1e-10 : 1e-6, "no noise");
        assert_int_equal(run.result.constraint,
                         is_signed ? CKN_CONSTRAINT_NONE : CKN_CONSTRAINT_NONNEG);
        if (ckn_test_on_cpu()) { /* rounding to float32 is noise */
            assert_int_equal(run.result.prior, CKN_PRIOR_NONE);
            assert_int_equal(run.trial_count, 1);
            assert_true(run.result.lambda == 0 && chosen_trial(&run)->lambda == 0);
        }
        chosen_run_release(&run);
        known_pair_release(&pair);
    }
}

/* ---- warnings */

typedef struct heard {
    const char *part; /* of the line that is waited for */
    size_t count;
} heard;

static void listen(void *user, ckn_log_level level, const char *message) {
    heard *own = user;
    own->count += level <= CKN_LOG_INFO && strstr(message, own->part) != NULL;
}

static ckn_context *open_context(heard *lines) {
    ckn_context_options options;
    ckn_context *context = NULL;
    ckn_context_options_init(&options);
    options.device = getenv("CKN_TEST_DEVICE");
    options.log = listen;
    options.log_user = lines;
    TRY_OK(ckn_context_create(&options, &context, &error));
    return context;
}

/* Upright stripes: only the sums of the kernel's columns show. */
static known_pair stripes(double sigma) {
    known_pair pair = known_pair_noise(61, (ckn_shape){40, 40}, (ckn_shape){5, 5}, false);
    double *line = ckn_test_random_array(62, 40, 0, 1);
    for (size_t i = 0; i < 1600; i++)
        pair.x[i] = line[i % 40];
    free(line);
    chosen_disturb(&pair, 63, sigma);
    return pair;
}

static void test_stripes(void **state) {
    (void)state;
    known_pair pair = stripes(0.02);
    heard lines = {.part = "determines 5 of the 25 taps: a prior makes up"};
    ckn_context *context = open_context(&lines);
    for (int constraint = CKN_CONSTRAINT_NONE; constraint <= CKN_CONSTRAINT_AUTO; constraint++) {
        lines.count = 0;
        ckn_estimate_options options = chosen_options(&pair);
        options.constraint = (ckn_constraint)constraint;
        options.prior = CKN_PRIOR_SMOOTH2;
        chosen_run run = chosen_run_of(context, &pair, &options);
        double sums[5] = {0}, expected[5] = {0};
        for (size_t tap = 0; tap < 25; tap++) {
            sums[tap % 5] += run.kernel[tap];
            expected[tap % 5] += pair.h[tap];
        }
        ckn_test_close(sums, expected, 5, 0.05, "sums of columns, constraint %d", constraint);
        assert_int_equal(run.result.rank, 5);
        assert_true(isinf(run.result.condition));
        assert_true(run.result.lambda > 0 && run.result.kkt_residual < 1e-8);
        assert_int_equal(lines.count, 1);
        chosen_run_release(&run);
    }
    ckn_context_destroy(context);
    known_pair_release(&pair);
}

/* Nothing is made up where no prior is allowed. */
static void test_stripes_without_prior(void **state) {
    (void)state;
    known_pair pair = stripes(0.02);
    heard lines = {.part = "kernel of smallest norm"};
    ckn_context *context = open_context(&lines);
    ckn_estimate_options options = chosen_options(&pair);
    options.prior = CKN_PRIOR_NONE;
    chosen_run run = chosen_run_of(context, &pair, &options);
    assert_int_equal(run.result.prior, CKN_PRIOR_NONE);
    assert_int_equal(run.result.rank, 5);
    assert_true(run.result.lambda == 0 && run.trial_count == 1);
    const bool plain = run.result.constraint == CKN_CONSTRAINT_NONE;
    assert_int_equal(lines.count, plain ? 1 : 0);
    chosen_run_release(&run);
    ckn_context_destroy(context);
    known_pair_release(&pair);
}

/* So little noise that weights near the suggested one leave the equations singular. */
static void test_stripes_with_little_noise(void **state) {
    (void)state;
    known_pair pair = stripes(3e-8);
    for (int prior = CKN_PRIOR_RIDGE; prior <= CKN_PRIOR_AUTO; prior++) {
        ckn_estimate_options options = chosen_options(&pair);
        options.constraint = CKN_CONSTRAINT_NONE;
        options.prior = (ckn_prior)prior;
        chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
        const ckn_trial *chosen = chosen_trial(&run);
        assert_true(isfinite(chosen->score));
        for (size_t i = 0; i < run.trial_count; i++)
            assert_true(isfinite(run.trials[i].score));
        assert_true(run.result.residual_rms < 1e-6);
        chosen_run_release(&run);
    }
    known_pair_release(&pair);
}

/* ---- sizes */

static void test_fewer_samples_than_taps(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(64, (ckn_shape){8, 8}, (ckn_shape){6, 6}, false);
    chosen_disturb(&pair, 64, 0.01);
    ckn_estimate_options options = chosen_options(&pair);
    chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
    assert_int_equal(run.result.solver, CKN_SOLVER_EXACT);
    assert_int_equal(run.result.constraint, CKN_CONSTRAINT_NONE);
    assert_int_equal(run.result.prior, CKN_PRIOR_NONE);
    assert_int_equal(run.result.rank, 9);
    assert_int_equal(run.trial_count, 0);
    chosen_run_release(&run);
    /* Nine samples cannot tell noise from a kernel. */
    options.prior = CKN_PRIOR_SMOOTH2;
    run = chosen_run_of(ckn_test_context(), &pair, &options);
    assert_int_equal(run.result.rank, 9);
    assert_true(run.result.solver == CKN_SOLVER_EXACT || run.result.solver == CKN_SOLVER_NNLS);
    assert_true(run.result.residual_rms < 1e-2);
    chosen_run_release(&run);
    options.lambda = 1e-3;
    options.constraint = CKN_CONSTRAINT_NONNEG;
    run = chosen_run_of(ckn_test_context(), &pair, &options);
    assert_int_equal(run.result.prior, CKN_PRIOR_SMOOTH2);
    assert_true(run.result.kkt_residual < 1e-10);
    chosen_run_release(&run);
    known_pair_release(&pair);
}

/* As many samples as taps, or one more: degrees of freedom leave nothing, or next to nothing. */
static void test_as_many_samples_as_taps(void **state) {
    (void)state;
    static const ckn_shape shapes[] = {{9, 9}, {9, 10}};
    for (size_t n = 0; n < 2; n++) {
        known_pair pair = known_pair_noise(65, shapes[n], (ckn_shape){5, 5}, false);
        chosen_disturb(&pair, 65, 0.02);
        for (int prior = CKN_PRIOR_NONE; prior <= CKN_PRIOR_AUTO; prior++) {
            ckn_estimate_options options = chosen_options(&pair);
            options.prior = (ckn_prior)prior;
            chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
            for (size_t i = 0; i < 25; i++)
                assert_true(isfinite(run.kernel[i]));
            ckn_uncertainty u;
            const ckn_output none = {0};
            (void)ckn_estimate_plan_uncertainty(run.plan, none, &u, NULL);
            assert_false(isinf(u.noise_sigma));
            chosen_run_release(&run);
        }
        known_pair_release(&pair);
    }
}

static void test_affordable(void **state) {
    (void)state;
    ckn_problem problem = {.kernel = {9, 9}};
    assert_true(ckn_selection_is_affordable(&problem));
    problem.kernel = (ckn_shape){35, 35};
    assert_true(ckn_selection_is_affordable(&problem));
    problem.kernel = (ckn_shape){101, 101};
    assert_false(ckn_selection_is_affordable(&problem));
}

/* Weights on every sample make the statistics slow; still nothing else can fit a background, so
 * that a solver without it is not chosen to save time. */
static void test_weights_keep_the_background(void **state) {
    double weight = 1;
    const ckn_shape x = {4024, 4024}, y = {4000, 4000};
    ckn_problem_pair pair = {.x_shape = x, .y_shape = y, .weights = &weight};
    pair.used = pair.uneven = ckn_shape_count(y);
    const ckn_problem problem = {
        .backend = ckn_test_backend(), .kernel = {25, 25}, .pair_count = 1, .pairs = &pair};
    for (int background = CKN_BACKGROUND_AUTO; background <= CKN_BACKGROUND_PLANE; background++) {
        ckn_estimate_options options;
        ckn_estimate_options_init(&options);
        options.kernel_rows = options.kernel_cols = 25;
        options.background = (ckn_background)background;
        TRY_OK(ckn_estimate_choose(&problem, &options, &error));
        assert_int_equal(options.background, background);
        if (background == CKN_BACKGROUND_NONE)
            assert_int_equal(options.solver, CKN_SOLVER_CG); /* as before: that is quicker */
        else
            assert_true(options.solver == CKN_SOLVER_AUTO && options.engine == CKN_ENGINE_GRAM);
    }
    ckn_test_close_backend(state);
}

/* Under a constraint that is given there is then nothing to fit beforehand. */
static void test_no_prior_for_a_large_kernel(void **state) {
    (void)state;
    if (!ckn_test_on_cpu())
        return; /* a matter of the host alone */
    known_pair pair = known_pair_noise(66, (ckn_shape){106, 108}, (ckn_shape){47, 46}, true);
    heard lines = {.part = "no prior was looked for"};
    ckn_context *context = open_context(&lines);
    ckn_estimate_options options = chosen_options(&pair);
    options.constraint = CKN_CONSTRAINT_NONE;
    chosen_run run = chosen_run_of(context, &pair, &options);
    assert_int_equal(lines.count, 1);
    assert_int_equal(run.trial_count, 0);
    assert_int_equal(run.result.prior, CKN_PRIOR_NONE);
    assert_int_equal(run.result.rank, 47 * 46);
    assert_true(isfinite(run.result.condition) && run.result.kkt_residual < 1e-10);
    ckn_test_close(run.kernel, pair.h, ckn_shape_count(pair.h_shape), 1e-7, "a large kernel");
    chosen_run_release(&run);
    ckn_context_destroy(context);
    known_pair_release(&pair);
}

/* ---- memory, refusals, cancelling */

static ckn_code attempt(const known_pair *pair, const ckn_estimate_options *options,
                        ckn_error *error) {
    double kernel[36];
    ckn_pair views = known_pair_views(pair);
    return ckn_estimate(ckn_test_context(), options, &views, 1,
                        ckn_output_f64(kernel, pair->h_shape.rows, pair->h_shape.cols), NULL,
                        error);
}

static void expect_refusal(const known_pair *pair, const ckn_estimate_options *options,
                           ckn_code expected, const char *part) {
    ckn_error refusal = {CKN_OK, ""};
    const ckn_code code = attempt(pair, options, &refusal);
    if (code != expected || !strstr(refusal.message, part))
        ckn_test_fail("expected \"%s\", got %s: %s", part, ckn_code_name(code), refusal.message);
}

static void test_memory(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(67, (ckn_shape){40, 40}, (ckn_shape){6, 6}, false);
    chosen_disturb(&pair, 67, 0.01);
    ckn_estimate_options options = chosen_options(&pair);
    /* Room for the statistics, but not for the non-negative answer beside them. */
    options.memory_limit = 20000;
    chosen_run run = chosen_run_of(ckn_test_context(), &pair, &options);
    assert_int_equal(run.result.constraint, CKN_CONSTRAINT_NONE);
    assert_int_equal(run.result.solver, CKN_SOLVER_EXACT);
    assert_true(run.trial_count > 1 && isnan(run.result.sign_excess));
    chosen_run_release(&run);
    options.prior = CKN_PRIOR_SMOOTH1;
    options.constraint = CKN_CONSTRAINT_NONNEG;
    expect_refusal(&pair, &options, CKN_ERROR_MEMORY,
                   "the prior 'smooth1' works on the statistics");
    options.memory_limit = 5000;
    options.constraint = CKN_CONSTRAINT_AUTO;
    expect_refusal(&pair, &options, CKN_ERROR_MEMORY, "more than the 5000 bytes allowed");
    options.prior = CKN_PRIOR_TV;
    options.lambda = 0.1;
    expect_refusal(&pair, &options, CKN_ERROR_MEMORY, "the prior 'tv' works on the statistics");
    options.prior = CKN_PRIOR_AUTO;
    options.lambda = 0;
    run = chosen_run_of(ckn_test_context(), &pair, &options);
    assert_int_equal(run.result.solver, CKN_SOLVER_CG);
    assert_int_equal(run.result.constraint, CKN_CONSTRAINT_NONE);
    assert_int_equal(run.result.prior, CKN_PRIOR_NONE);
    chosen_run_release(&run);
    known_pair_release(&pair);
}

static void test_refusals(void **state) {
    (void)state;
    known_pair pair = known_pair_noise(68, (ckn_shape){20, 20}, (ckn_shape){5, 5}, false);
    const ckn_estimate_options good = chosen_options(&pair);
    ckn_estimate_options bad = good;
    bad.prior = (ckn_prior)99;
    expect_refusal(&pair, &bad, CKN_ERROR_ARGUMENT, "unknown prior 99");
    bad = good;
    bad.constraint = (ckn_constraint)99;
    expect_refusal(&pair, &bad, CKN_ERROR_ARGUMENT, "unknown constraint 99");
    bad = good;
    bad.lambda_rule = (ckn_lambda_rule)99;
    expect_refusal(&pair, &bad, CKN_ERROR_ARGUMENT, "unknown rule 99");
    bad = good;
    bad.lambda = -1;
    expect_refusal(&pair, &bad, CKN_ERROR_ARGUMENT, "lambda, the weight of the prior");
    bad.lambda = NAN;
    expect_refusal(&pair, &bad, CKN_ERROR_ARGUMENT, "lambda, the weight of the prior");
    bad = good;
    bad.prior = CKN_PRIOR_TV;
    bad.solver = CKN_SOLVER_DIVISION;
    expect_refusal(&pair, &bad, CKN_ERROR_ARGUMENT, "the division knows no prior");
    for (int engine = CKN_ENGINE_DIRECT; engine <= CKN_ENGINE_TOEPLITZ; engine++) {
        bad = good;
        bad.prior = CKN_PRIOR_L1;
        bad.engine = (ckn_engine)engine;
        expect_refusal(&pair, &bad, CKN_ERROR_ARGUMENT, "a prior is added to the statistics");
    }
    for (int solver = CKN_SOLVER_FISTA; solver <= CKN_SOLVER_CG; solver++) {
        bad = good;
        bad.solver = (ckn_solver)solver;
        bad.prior = CKN_PRIOR_RIDGE;
        expect_refusal(&pair, &bad, CKN_ERROR_ARGUMENT, "cannot find the weight of a prior");
        bad.lambda_rule = CKN_LAMBDA_GIVEN;
        bad.lambda = 0.1;
        bad.prior = CKN_PRIOR_TV;
        expect_refusal(&pair, &bad, CKN_ERROR_ARGUMENT, "knows no prior 'tv'");
    }
    bad = good; /* a gap is for solvers that iterate */
    bad.gap = 1e-6;
    bad.prior = CKN_PRIOR_SMOOTH2;
    expect_refusal(&pair, &bad, CKN_ERROR_ARGUMENT, "fista cannot find the weight of a prior");
    known_pair_release(&pair);
}

/* The factorisation that is to be the last. */
static int cancel_after(void *user, const ckn_progress *progress) {
    size_t *left = user;
    return progress->phase == CKN_PHASE_FACTOR && (*left)-- == 0;
}

static void test_cancel(void **state) {
    (void)state;
    known_pair pair = chosen_scene((ckn_shape){5, 5}, 69, 0.02);
    for (int constraint = CKN_CONSTRAINT_NONE; constraint <= CKN_CONSTRAINT_NONNEG; constraint++) {
        size_t left = SIZE_MAX, calls = 0;
        ckn_estimate_options options = chosen_options(&pair);
        options.constraint = (ckn_constraint)constraint;
        options.progress = cancel_after;
        options.progress_user = &left;
        ckn_pair views = known_pair_views(&pair);
        chosen_run whole = chosen_run_of(ckn_test_context(), &pair, &options);
        const size_t all = SIZE_MAX - left;
        double kernel[25];
        const ckn_trial *trials = NULL;
        for (; calls < all; calls += calls < 4 ? 1 : 7) {
            ckn_error refusal;
            left = calls;
            assert_int_equal(ckn_estimate_plan_run(whole.plan, &views, 1,
                                                   ckn_output_f64(kernel, 5, 5), NULL, NULL,
                                                   &refusal),
                             CKN_ERROR_CANCELLED);
            assert_non_null(strstr(refusal.message, "cancelled"));
            ckn_estimate_plan_trials(whole.plan, &trials, &whole.trial_count);
            assert_true(!trials && whole.trial_count == 0);
        }
        left = SIZE_MAX; /* and the plan still serves */
        TRY_OK(ckn_estimate_plan_run(whole.plan, &views, 1, ckn_output_f64(kernel, 5, 5), NULL,
                                     NULL, &error));
        assert_memory_equal(kernel, whole.kernel, sizeof kernel);
        chosen_run_release(&whole);
    }
    known_pair_release(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_noise),
        cmocka_unit_test(test_stripes),
        cmocka_unit_test(test_stripes_without_prior),
        cmocka_unit_test(test_stripes_with_little_noise),
        cmocka_unit_test(test_fewer_samples_than_taps),
        cmocka_unit_test(test_as_many_samples_as_taps),
        cmocka_unit_test(test_affordable),
        cmocka_unit_test(test_weights_keep_the_background),
        cmocka_unit_test(test_no_prior_for_a_large_kernel),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests_name("selection limits", tests, NULL, ckn_test_close_context);
}
