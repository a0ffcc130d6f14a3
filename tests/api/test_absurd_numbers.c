/* Numbers that no caller means, random ones, in every public call that takes numbers: each is
 * refused with a message, or used, within seconds. Sanitizers see the rest. */
#include "api/absurd.h"

#include "estimate/fixture.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 24, COLS = 26, LARGEST_LENGTH = 1 << 16 };

/* --- boxes ------------------------------------------------------------------------------------ */

static void use_box(ckn_extended_box *box) {
    ckn_gaussian_errors errors;
    watch first = begin("ckn_extended_box_errors");
    const bool good = end(&first, ckn_extended_box_errors(box, &errors, &first.error));
    const size_t length = ckn_extended_box_length(box);
    if (good)
        assert_true(isfinite(errors.l1) && length > 0);
    if (length > 0 && length <= LARGEST_LENGTH) {
        double *taps = ckn_test_array(length);
        CALL("ckn_extended_box_compose", ckn_extended_box_compose(box, taps, &call.error));
        free(taps);
    }
    CALL("ckn_extended_box_correct", ckn_extended_box_correct(box, NULL, &call.error));
}

static void test_boxes(void **state) {
    (void)state;
    for (size_t i = 0; i < 3000; i++) {
        ckn_extended_box box;
        seed = i;
        const double sigma = any_real();
        const size_t passes = MOSTLY(1 + pick(1000), any_count());
        watch first = begin("ckn_extended_box_init");
        if (end(&first, ckn_extended_box_init(&box, sigma, passes, &first.error)))
            use_box(&box);
    }
}

/* The struct is public: a caller may fill it himself. */
static void test_boxes_by_hand(void **state) {
    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        seed = i;
        ckn_extended_box box = {.sigma = 3, .passes = 5};
        TRY_OK(ckn_extended_box_init(&box, MOSTLY(3.0, 2000.0), 1 + pick(9), &error));
        box.sigma = MOSTLY(box.sigma, any_real());
        box.passes = MOSTLY(box.passes, any_count());
        box.l = MOSTLY(box.l, any_count());
        box.alpha = MOSTLY(box.alpha, any_real());
        box.lambda = MOSTLY(2 * (double)box.l + 1 + 2 * box.alpha, any_real());
        box.variance_pass = MOSTLY(box.variance_pass, any_real());
        box.stride = MOSTLY((size_t)0, any_count());
        box.correction = MOSTLY(0.05, any_real());
        use_box(&box);
    }
}

/* --- kernels ---------------------------------------------------------------------------------- */

typedef struct small_kernel {
    double taps[15];
    ckn_view view;
} small_kernel;

/* Symmetric, and of a sum that is next to nothing: the centroid is in the middle, and the deviation
 * far outside. */
static void balance(double *taps, size_t count) {
    double others = 0;
    for (size_t i = 0; i < count / 2; i++) {
        taps[count - 1 - i] = taps[i];
        others += 2 * taps[i];
    }
    taps[count / 2] = -others * (1 - pow(0.1, (double)(2 + pick(14))));
}

static void fill_kernel(small_kernel *kernel) {
    static const ckn_shape shapes[] = {{3, 5}, {5, 3}, {1, 15}, {15, 1}, {1, 1}, {3, 3}};
    const ckn_shape shape = shapes[pick(LENGTH(shapes))];
    const size_t odd = pick(16);
    for (size_t i = 0; i < LENGTH(kernel->taps); i++)
        kernel->taps[i] = odd == 0 || i == odd ? any_real() : ckn_test_uniform(&seed, -0.2, 1.0);
    if (pick(3) == 0)
        balance(kernel->taps, ckn_shape_count(shape));
    kernel->view = ckn_view_f64(kernel->taps, shape.rows, shape.cols);
}

static void test_figures(void **state) {
    (void)state;
    for (size_t i = 0; i < 4000; i++) {
        small_kernel kernel;
        ckn_kernel_figures figures;
        ckn_kernel_sharpness sharpness;
        ckn_mtf mtf[2];
        seed = i;
        fill_kernel(&kernel);
        const double numbers[2] = {any_real(), any_real()};
        double energy[2];
        CALL("ckn_kernel_figures_compute",
             ckn_kernel_figures_compute(kernel.view, &figures, &call.error));
        CALL("ckn_kernel_sharpness_compute",
             ckn_kernel_sharpness_compute(kernel.view, &sharpness, &call.error));
        CALL("ckn_kernel_encircled_energy",
             ckn_kernel_encircled_energy(kernel.view, numbers, pick(3), energy, &call.error));
        CALL("ckn_kernel_mtf", ckn_kernel_mtf(kernel.view, numbers, pick(3), mtf, &call.error));
    }
}

static void test_match(void **state) {
    (void)state;
    for (size_t i = 0; i < 400; i++) {
        small_kernel kernel;
        ckn_box_match x, y;
        seed = i;
        fill_kernel(&kernel);
        CALL("ckn_extended_box_match",
             ckn_extended_box_match(kernel.view, MOSTLY(1 + pick(12), any_count()), &x, &y,
                                    &call.error));
    }
}

/* Long ones: refused before the first of millions of taps is looked at twice. */
static void test_match_of_long_kernels(void **state) {
    (void)state;
    enum { TAPS = 200000 };
    ckn_box_match x, y;
    double *taps = ckn_test_random_array(3, TAPS, 0.0, 1.0);
    CALL("long row", ckn_extended_box_match(ckn_view_f64(taps, 1, TAPS), 10, &x, &y, &call.error));
    ckn_error error;
    assert_int_equal(ckn_extended_box_match(ckn_view_f64(taps, TAPS, 1), 1000, &x, &y, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "131"));
    free(taps);
}

static void test_families(void **state) {
    (void)state;
    double taps[81];
    for (size_t i = 0; i < 1000; i++) {
        seed = i;
        const ckn_family_parameters value = {
            .gain = MOSTLY(1.0, any_real()),
            .center_x = MOSTLY(4.0, any_real()),
            .center_y = MOSTLY(4.0, any_real()),
            .sigma = MOSTLY(ckn_test_uniform(&seed, 0.0, 300.0), any_real()),
            .sigma_minor = any_real(),
            .angle = any_real(),
            .radius = any_real(),
            .length = any_real(),
            .width = any_real(),
            .height = any_real(),
            .fwhm = any_real(),
            .beta = any_real(),
            .amount = any_real(),
        };
        CALL("ckn_family_sample", ckn_family_sample((ckn_family)any_choice(CKN_FAMILY_COUNT),
                                                    MOSTLY(1 + pick(1000), any_count()), &value,
                                                    ckn_output_f64(taps, 9, 9), &call.error));
    }
}

/* Within all other limits, and yet minutes. */
static void test_family_of_much_work(void **state) {
    (void)state;
    double taps[81];
    ckn_error error;
    const ckn_family_parameters value = {
        .gain = 1.0, .center_x = 4.0, .center_y = 4.0, .sigma = 1e5};
    const ckn_output kernel = ckn_output_f64(taps, 9, 9);
    assert_int_equal(ckn_family_sample(CKN_FAMILY_EXTENDED_BOX, 1000, &value, kernel, &error),
                     CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "the limit is 33554432"));
    CALL("wide box", ckn_family_sample(CKN_FAMILY_EXTENDED_BOX, 10, &value, kernel, &call.error));
}

/* --- pairs ------------------------------------------------------------------------------------ */

static known_pair noise;

static int make_noise(void **state) {
    (void)state;
    noise = known_pair_noise(5, (ckn_shape){ROWS, COLS}, (ckn_shape){3, 5}, false);
    return 0;
}

static int drop_noise(void **state) {
    known_pair_release(&noise);
    return ckn_test_close_context(state);
}

static void test_sizes(void **state) {
    (void)state;
    size_t rows, cols;
    for (size_t i = 0; i < 3000; i++) {
        seed = i;
        CALL("ckn_apply_size",
             ckn_apply_size(any_count(), any_count(), any_count(), any_count(),
                            (ckn_support)any_choice(3), &rows, &cols, &call.error));
    }
}

static bool is_part(const ckn_view *part, const ckn_view *whole) {
    const double *start = whole->data, *first = part->data;
    const ptrdiff_t at = first - start;
    return part->rows >= 1 && part->cols >= 1 && at >= 0 &&
           (size_t)at / whole->cols + part->rows <= whole->rows &&
           (size_t)at % whole->cols + part->cols <= whole->cols;
}

static void test_cuts(void **state) {
    (void)state;
    const ckn_pair pair = known_pair_views(&noise);
    for (size_t i = 0; i < 20000; i++) {
        seed = i;
        const ckn_frame frame = {any_count(), any_count(), any_offset(), any_offset()};
        ckn_pair cut;
        watch first = begin("ckn_pair_cut");
        if (!end(&first, ckn_pair_cut(&pair, &frame, &cut, &first.error)))
            continue;
        assert_true(is_part(&cut.sharp, &pair.sharp) && is_part(&cut.blurred, &pair.blurred));
        assert_int_equal(cut.sharp.rows, cut.blurred.rows + frame.rows - 1);
        assert_int_equal(cut.sharp.cols, cut.blurred.cols + frame.cols - 1);
    }
}

static void test_support(void **state) {
    (void)state;
    const ckn_pair pair = known_pair_views(&noise);
    for (size_t i = 0; i < 200; i++) {
        seed = i;
        ckn_support_options options;
        ckn_support_result result;
        ckn_support_options_init(&options);
        options.first_rows = any_count();
        options.first_cols = any_count();
        options.largest = any_count();
        options.penalty = any_real();
        options.memory_limit = MOSTLY((size_t)0, any_count());
        watch first = begin("ckn_find_support");
        if (end(&first, ckn_find_support(ckn_test_context(), &options, &pair, pick(20) ? 1 : 0,
                                         &result, &first.error)))
            assert_true(result.frame.rows <= ROWS / 4 && result.frame.cols <= COLS / 4);
    }
}

static void test_diagnosis(void **state) {
    (void)state;
    double x[ROWS * COLS], y[ROWS * COLS];
    for (size_t i = 0; i < 500; i++) {
        seed = i;
        const size_t odd = pick(3) ? ROWS * COLS : 1 + pick(300);
        for (size_t at = 0; at < LENGTH(x); at++) {
            x[at] = at % odd == 7 ? any_real() : ckn_test_uniform(&seed, 0.0, 1.0);
            y[at] = at % odd == 9 ? any_real() : x[at];
        }
        const ckn_pair pair = {.sharp = ckn_view_f64(x, ROWS, COLS),
                               .blurred = ckn_view_f64(y, ROWS, COLS)};
        ckn_pair_diagnosis diagnosis;
        ckn_shift shift;
        CALL("ckn_diagnose_pair",
             ckn_diagnose_pair(&pair, MOSTLY((size_t)3, any_count()),
                               MOSTLY((size_t)3, any_count()), &diagnosis, &call.error));
        CALL("ckn_find_shift", ckn_find_shift(ckn_test_context(), &pair, &shift, &call.error));
    }
}

static int stop_soon(void *user, const ckn_progress *progress) {
    size_t *calls = user;
    return (*calls)++ > 100 || progress->iteration > 100;
}

static ckn_estimate_options any_estimate(size_t *calls) {
    ckn_estimate_options options = known_pair_options(&noise);
    options.kernel_rows = MOSTLY(options.kernel_rows, any_count());
    options.kernel_cols = MOSTLY(options.kernel_cols, any_count());
    options.solver = (ckn_solver)any_choice(7);
    options.engine = (ckn_engine)MOSTLY(CKN_ENGINE_AUTO, any_choice(5));
    options.constraint = (ckn_constraint)any_choice(4);
    options.iterations = MOSTLY((size_t)20, any_count());
    options.tolerance = MOSTLY(1e-6, any_real());
    options.step = MOSTLY(0.0, any_real());
    options.epsilon = MOSTLY(1e-9, any_real());
    options.prior = (ckn_prior)MOSTLY(CKN_PRIOR_NONE, any_choice(7));
    options.lambda_rule = (ckn_lambda_rule)any_choice(4);
    options.lambda = MOSTLY(0.01, any_real());
    options.inflation = MOSTLY(1.0, any_real());
    options.gap = MOSTLY(0.0, any_real());
    options.memory_limit = MOSTLY((size_t)0, any_count());
    options.background = (ckn_background)MOSTLY(CKN_BACKGROUND_AUTO, any_choice(4));
    options.gain = (ckn_gain)MOSTLY(CKN_GAIN_NONE, any_choice(2));
    options.robust = pick(4) == 0;
    options.progress = stop_soon;
    options.progress_user = calls;
    return options;
}

static void ask_plan(ckn_estimate_plan *plan) {
    ckn_uncertainty uncertainty;
    ckn_residual_quality quality;
    ckn_pair_fit fit;
    ckn_family_fit fits[CKN_FAMILY_COUNT];
    const ckn_output none = {0};
    CALL("uncertainty", ckn_estimate_plan_uncertainty(plan, none, &uncertainty, &call.error));
    CALL("residual", ckn_estimate_plan_residual(plan, &quality, &call.error));
    CALL("pair", ckn_estimate_plan_pair(plan, any_count(), &fit, &call.error));
    if (pick(10) == 0)
        CALL("families", ckn_estimate_plan_families(plan, fits, &call.error));
}

static void test_estimates(void **state) {
    (void)state;
    const ckn_pair pair = known_pair_views(&noise);
    for (size_t i = 0; i < 600; i++) {
        seed = i;
        size_t calls = 0;
        double kernel[LENGTH(((small_kernel *)0)->taps) * 4];
        const ckn_estimate_options options = any_estimate(&calls);
        const size_t rows = options.kernel_rows, cols = options.kernel_cols;
        ckn_estimate_plan *plan = NULL;
        watch first = begin("ckn_estimate_plan_create");
        if (!end(&first, ckn_estimate_plan_create(ckn_test_context(), &options, &pair,
                                                  pick(20) ? 1 : 0, &plan, &first.error)))
            continue;
        /* More taps than there is room for are no business of this test. */
        if (rows * cols <= LENGTH(kernel)) {
            watch run = begin("ckn_estimate_plan_run");
            if (end(&run, ckn_estimate_plan_run(plan, &pair, 1, ckn_output_f64(kernel, rows, cols),
                                                NULL, NULL, &run.error)))
                ask_plan(plan);
        }
        ckn_estimate_plan_destroy(plan);
    }
}

static void test_convolution(void **state) {
    (void)state;
    double x[ROWS * COLS], out[(ROWS + 15) * (COLS + 15)];
    for (size_t i = 0; i < 400; i++) {
        small_kernel kernel;
        size_t rows, cols;
        seed = i;
        fill_kernel(&kernel);
        for (size_t at = 0; at < LENGTH(x); at++)
            x[at] = at % 101 == 7 && pick(3) ? any_real() : 1.0;
        const ckn_support support = (ckn_support)any_choice(3);
        if (ckn_apply_size(ROWS, COLS, kernel.view.rows, kernel.view.cols, support, &rows, &cols,
                           NULL) != CKN_OK)
            rows = cols = 1;
        CALL("ckn_apply",
             ckn_apply(ckn_test_context(), ckn_view_f64(x, ROWS, COLS), kernel.view, support,
                       (ckn_engine)any_choice(5), ckn_output_f64(out, rows, cols), &call.error));
    }
}

/* --- blurs and contexts ----------------------------------------------------------------------- */

static void test_blurs(void **state) {
    (void)state;
    for (size_t i = 0; i < 1500; i++) {
        ckn_blur_options options;
        ckn_blur_plan *plan = NULL;
        seed = i;
        ckn_blur_options_init(&options);
        options.sigma_x = any_real();
        options.sigma_y = MOSTLY(any_real(), options.sigma_x);
        options.method = (ckn_blur_method)any_choice(3);
        options.passes = MOSTLY(pick(1001), any_count());
        options.accuracy = MOSTLY(CKN_ACCURACY_8_BIT, any_real());
        options.boundary = (ckn_boundary)any_choice(5);
        options.alpha = (ckn_alpha)MOSTLY(CKN_ALPHA_NONE, any_choice(2));
        const size_t rows = any_size(), cols = any_size(),
                     channels = MOSTLY(1 + pick(4), any_size());
        watch first = begin("ckn_blur_plan_create");
        if (!end(&first, ckn_blur_plan_create(ckn_test_context(), &options, rows, cols, channels,
                                              CKN_FLOAT32, &plan, &first.error)))
            continue;
        assert_true(rows * cols * channels <= 11 * 11 * 4);
        float *pixels = calloc(rows * cols * channels, sizeof *pixels);
        assert_non_null(pixels);
        const ckn_image image = ckn_image_interleaved(pixels, CKN_FLOAT32, rows, cols, channels);
        const ckn_image_output output =
            ckn_image_output_interleaved(pixels, CKN_FLOAT32, rows, cols, channels);
        CALL("ckn_blur_plan_run", ckn_blur_plan_run(plan, &image, &output, NULL, &call.error));
        free(pixels);
        ckn_blur_plan_destroy(plan);
    }
}

static void test_contexts(void **state) {
    (void)state;
    static const int threads[] = {-1, INT_MIN, INT_MAX, 1 << 30, 100000, 0, 1};
    for (size_t i = 0; i < LENGTH(threads); i++) {
        ckn_context_options options;
        ckn_context *context = NULL;
        ckn_context_options_init(&options);
        options.device = "cpu";
        options.threads = threads[i];
        watch first = begin("ckn_context_create");
        if (end(&first, ckn_context_create(&options, &context, &first.error)))
            assert_true(threads[i] == 0 || threads[i] == 1);
        ckn_context_destroy(context);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_boxes_by_hand),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_match_of_long_kernels),
        cmocka_unit_test(test_family_of_much_work),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_support),
        cmocka_unit_test(test_diagnosis),
        cmocka_unit_test(test_estimates),
        cmocka_unit_test(test_convolution),
        cmocka_unit_test(test_blurs),
        cmocka_unit_test(test_contexts),
    };
    return cmocka_run_group_tests_name("absurd numbers", tests, make_noise, drop_noise);
}
