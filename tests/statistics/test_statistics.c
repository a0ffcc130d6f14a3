/* Statistics as public objects: made, added, subtracted, restricted, and solved, against sums by
 * the definition and against ckn_estimate() on the same windows. */
#include "estimate/fixture.h"
#include "statistics/frame_sums.h"
#include "statistics/statistics.h"
#include "statistics/window_case.h"

#include "support/random.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = 40, LEAST_SIDE = 16, MOST_SIDE = 26, MOST_TAPS = 64 };

static double sum_tolerance(void) {
    return ckn_test_on_cpu() ? 1e-11 : 2e-6;
}

static ckn_statistics *create(const ckn_pair *pairs, size_t count, const ckn_frame *frame,
                              ckn_background background) {
    ckn_statistics *statistics = NULL;
    TRY_OK(ckn_statistics_create(ckn_test_context(), pairs, count, frame, background, &statistics,
                                 &error));
    return statistics;
}

/* --- comparison --------------------------------------------------------------------------- */

/* Sums of one kind: those of a plane without a mean have no scale of their own. */
static void close_sums(const double *got, const double *wanted, size_t count, double scale,
                       const char *what, size_t seed) {
    double worst = 0;
    for (size_t i = 0; i < count; i++)
        worst = fmax(worst, fabs(got[i] - wanted[i]));
    if (!(worst <= sum_tolerance() * scale))
        ckn_test_fail("%s, seed %zu: off by %g of %g", what, seed, worst, scale);
}

static void compare_naive(const ckn_statistics *got, const naive_sums *expected, size_t seed) {
    const size_t taps = expected->taps;
    double *gram = ckn_test_array(taps * taps), *wanted = ckn_test_array(taps * taps);
    double *b = ckn_test_array(taps);
    const double square = (double)expected->square, scale = (double)expected->gram[0] + square;
    assert_int_equal(got->frame.rows * got->frame.cols, taps);
    assert_int_equal(ckn_statistics_count(got), expected->count);
    for (size_t n = 0; n < taps * taps; n++) {
        gram[n] = *ckn_symmetric_at(&got->gram, n / taps, n % taps);
        wanted[n] = (double)expected->gram[n];
    }
    for (size_t n = 0; n < taps; n++)
        b[n] = (double)expected->b[n];
    close_sums(gram, wanted, taps * taps, scale, "G", seed);
    close_sums(got->b, b, taps, scale, "b", seed);
    close_sums(&got->square, &square, 1, scale, "y'y", seed);
    free(gram);
    free(wanted);
    free(b);
}

static void compare_terms(const ckn_statistics *got, const ckn_statistics *wanted, size_t seed) {
    const size_t taps = wanted->frame.rows * wanted->frame.cols;
    assert_int_equal(got->part_count, wanted->part_count);
    for (size_t n = 0; n < wanted->part_count; n++) {
        const ckn_pair_terms *a = &got->terms[n], *b = &wanted->terms[n];
        const double scale =
            (double)wanted->parts[n].valid.rows * (double)wanted->parts[n].valid.cols;
        assert_int_equal(got->parts[n].used, wanted->parts[n].used);
        assert_int_equal(got->parts[n].valid.rows, wanted->parts[n].valid.rows);
        assert_int_equal(got->parts[n].valid.cols, wanted->parts[n].valid.cols);
        close_sums(a->cross, b->cross, a->count * taps, scale, "X'T", seed);
        for (size_t t = 0; t < a->count; t++)
            close_sums(a->own + t * CKN_MOST_TERMS, b->own + t * CKN_MOST_TERMS, t + 1, scale,
                       "T'T", seed);
        close_sums(a->rhs, b->rhs, a->count, scale, "T'y", seed);
    }
}

static void compare_sums(const ckn_statistics *got, const ckn_statistics *wanted, size_t seed) {
    const size_t taps = wanted->frame.rows * wanted->frame.cols;
    const double scale = *ckn_symmetric_at(&wanted->gram, 0, 0) + wanted->square;
    assert_int_equal(ckn_statistics_count(got), ckn_statistics_count(wanted));
    close_sums(got->gram.entries, wanted->gram.entries, taps * (taps + 1) / 2, scale, "G", seed);
    close_sums(got->b, wanted->b, taps, scale, "b", seed);
    close_sums(&got->square, &wanted->square, 1, scale, "y'y", seed);
}

/* --- made --------------------------------------------------------------------------------- */

static ckn_background background_of(size_t seed) {
    static const ckn_background kinds[] = {CKN_BACKGROUND_NONE, CKN_BACKGROUND_CONSTANT,
                                           CKN_BACKGROUND_PLANE};
    return kinds[seed % 3];
}

/* The whole frame, and a part of it by ckn_statistics_restrict(). */
static void test_sums(void **state) {
    (void)state;
    for (size_t seed = 0; seed < CASES; seed++) {
        window_case c = window_case_make(seed, LEAST_SIDE, MOST_SIDE);
        const ckn_frame inner = ckn_frame_of_part(&c.frame, &c.part);
        ckn_statistics *whole = create(c.views, c.pairs, &c.frame, background_of(seed)),
                       *part = NULL;
        const ckn_frame back = ckn_statistics_frame(whole);
        naive_sums expected = naive_sums_of(&c);
        assert_memory_equal(&back, &c.frame, sizeof back);
        TRY_OK(ckn_statistics_restrict(whole, &inner, &part, &error));
        compare_naive(part, &expected, seed);
        naive_sums_release(&expected);
        c.part = (ckn_rectangle){0, 0, {c.frame.rows, c.frame.cols}};
        expected = naive_sums_of(&c);
        compare_naive(whole, &expected, seed);
        naive_sums_release(&expected);
        ckn_statistics_destroy(part);
        ckn_statistics_destroy(whole);
        window_case_release(&c);
    }
    ckn_statistics_destroy(NULL);
}

static ckn_view rows_of(const ckn_view *view, size_t row, size_t rows) {
    return view->data ? ckn_view_part(view, row, 0, (ckn_shape){rows, view->cols}) : *view;
}

/* Two strips that share samples of SHARP, but no window. */
static void test_halves(void **state) {
    (void)state;
    for (size_t seed = 0; seed < CASES; seed++) {
        window_case c = window_case_make(seed, LEAST_SIDE, MOST_SIDE);
        const ckn_frame frame = {c.frame.rows, c.frame.cols, 0, 0};
        ckn_pair cut, upper, lower;
        ckn_statistics *sum = NULL;
        TRY_OK(ckn_pair_cut(&c.views[0], &c.frame, &cut, &error));
        cut.sharp_weights.data = cut.blurred_weights.data =
            NULL; /* their mean is each strip's own */
        const size_t rows = cut.blurred.rows, half = rows / 3, more = frame.rows - 1;
        upper = (ckn_pair){.sharp = rows_of(&cut.sharp, 0, half + more),
                           .blurred = rows_of(&cut.blurred, 0, half)};
        lower = (ckn_pair){.sharp = rows_of(&cut.sharp, half, rows - half + more),
                           .blurred = rows_of(&cut.blurred, half, rows - half)};
        ckn_statistics *whole = create(&cut, 1, &frame, background_of(seed));
        ckn_statistics *a = create(&upper, 1, &frame, background_of(seed));
        ckn_statistics *b = create(&lower, 1, &frame, background_of(seed));
        TRY_OK(ckn_statistics_add(a, b, &sum, &error));
        compare_sums(sum, whole, seed);
        assert_int_equal(sum->part_count, 2);
        ckn_statistics_destroy(sum);
        ckn_statistics_destroy(a);
        ckn_statistics_destroy(b);
        ckn_statistics_destroy(whole);
        window_case_release(&c);
    }
}

/* The whole less some windows, against a mask that leaves them out. */
static void test_windows_taken_away(void **state) {
    (void)state;
    for (size_t seed = 0; seed < CASES; seed++) {
        window_case c = window_case_make(MASKINGS * seed, LEAST_SIDE, MOST_SIDE); /* no weights */
        ckn_pair taken[MOST_PAIRS], left[MOST_PAIRS];
        double *masks[2 * MOST_PAIRS];
        uint64_t random = seed;
        ckn_statistics *rest = NULL;
        for (size_t i = 0; i < c.pairs; i++) {
            const ckn_view *y = &c.views[i].blurred;
            masks[2 * i] = ckn_test_array(y->rows * y->cols);
            masks[2 * i + 1] = ckn_test_array(y->rows * y->cols);
            for (size_t n = 0; n < y->rows * y->cols; n++) {
                masks[2 * i][n] = ckn_test_random(&random) % 3 == 0;
                masks[2 * i + 1][n] = 1 - masks[2 * i][n];
            }
            taken[i] = left[i] = c.views[i];
            taken[i].blurred_weights = ckn_view_f64(masks[2 * i], y->rows, y->cols);
            left[i].blurred_weights = ckn_view_f64(masks[2 * i + 1], y->rows, y->cols);
        }
        const ckn_background background = background_of(seed);
        ckn_statistics *whole = create(c.views, c.pairs, &c.frame, background);
        ckn_statistics *windows = create(taken, c.pairs, &c.frame, background);
        ckn_statistics *wanted = create(left, c.pairs, &c.frame, background);
        TRY_OK(ckn_statistics_subtract(whole, windows, &rest, &error));
        compare_sums(rest, wanted, seed);
        if (background != CKN_BACKGROUND_NONE)
            compare_terms(rest, wanted, seed);
        ckn_statistics_destroy(rest);
        ckn_statistics_destroy(wanted);
        ckn_statistics_destroy(windows);
        ckn_statistics_destroy(whole);
        for (size_t i = 0; i < 2 * c.pairs; i++)
            free(masks[i]);
        window_case_release(&c);
    }
}

/* --- solved ------------------------------------------------------------------------------- */

typedef struct solve_case {
    ckn_solver solver;
    ckn_constraint constraint;
    ckn_prior prior;
    ckn_lambda_rule rule;
    double lambda;
    double tolerance; /* of the kernel, on the CPU */
} solve_case;

static const solve_case solves[] = {
    {CKN_SOLVER_EXACT, CKN_CONSTRAINT_NONE, CKN_PRIOR_NONE, CKN_LAMBDA_AUTO, 0, 1e-9},
    {CKN_SOLVER_NNLS, CKN_CONSTRAINT_NONNEG, CKN_PRIOR_NONE, CKN_LAMBDA_AUTO, 0, 1e-9},
    {CKN_SOLVER_NNLS, CKN_CONSTRAINT_SIMPLEX, CKN_PRIOR_NONE, CKN_LAMBDA_AUTO, 0, 1e-9},
    {CKN_SOLVER_EXACT, CKN_CONSTRAINT_NONE, CKN_PRIOR_RIDGE, CKN_LAMBDA_GIVEN, 0.1, 1e-9},
    {CKN_SOLVER_EXACT, CKN_CONSTRAINT_NONE, CKN_PRIOR_SMOOTH2, CKN_LAMBDA_AUTO, 0.1, 1e-9},
    {CKN_SOLVER_NNLS, CKN_CONSTRAINT_NONNEG, CKN_PRIOR_SMOOTH1, CKN_LAMBDA_GIVEN, 0.02, 1e-9},
    {CKN_SOLVER_AUTO, CKN_CONSTRAINT_NONE, CKN_PRIOR_L1, CKN_LAMBDA_GIVEN, 0.01, 1e-6},
    {CKN_SOLVER_AUTO, CKN_CONSTRAINT_NONE, CKN_PRIOR_TV, CKN_LAMBDA_GIVEN, 0.01, 1e-6},
    {CKN_SOLVER_AUTO, CKN_CONSTRAINT_NONE, CKN_PRIOR_SMOOTH2, CKN_LAMBDA_GCV, 0, 1e-6},
    {CKN_SOLVER_AUTO, CKN_CONSTRAINT_AUTO, CKN_PRIOR_AUTO, CKN_LAMBDA_AUTO, 0, 1e-6},
};

/* y becomes h * x of a random kernel in the frame, a background and noise. */
static void convolve(window_case *c, uint64_t seed) {
    double *h = ckn_test_random_array(seed, c->frame.rows * c->frame.cols, -0.2, 1);
    uint64_t random = seed;
    for (size_t n = 0; n < c->pairs; n++) {
        const ckn_view *x = &c->views[n].sharp;
        ckn_pair cut;
        TRY_OK(ckn_pair_cut(&c->views[n], &c->frame, &cut, &error));
        double *y = c->y[n] + ((const double *)cut.blurred.data - c->y[n]);
        for (size_t i = 0; i < cut.blurred.rows * cut.blurred.cols; i++) {
            const size_t row = i / cut.blurred.cols, col = i % cut.blurred.cols;
            double sum = 0.7 + 0.05 * (double)row + 0.01 * ckn_test_uniform(&random, -1, 1);
            for (size_t t = 0; t < c->frame.rows * c->frame.cols; t++)
                sum += h[t] * ckn_view_at(&cut.sharp, row + c->frame.rows - 1 - t / c->frame.cols,
                                          col + c->frame.cols - 1 - t % c->frame.cols);
            y[row * x->cols + col] = (float)sum;
        }
    }
    free(h);
}

static void compare_solves(const window_case *c, const ckn_statistics *statistics,
                           const solve_case *own, ckn_background background, size_t seed) {
    const size_t rows = c->frame.rows, cols = c->frame.cols;
    double got[MOST_TAPS], wanted[MOST_TAPS];
    ckn_pair cut[MOST_PAIRS];
    ckn_estimate_result result, expected;
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.solver = own->solver;
    options.constraint = own->constraint;
    options.prior = own->prior;
    options.lambda_rule = own->rule;
    options.lambda = own->lambda;
    options.background = background;
    options.kernel_rows = rows;
    options.kernel_cols = cols;
    for (size_t i = 0; i < c->pairs; i++)
        TRY_OK(ckn_pair_cut(&c->views[i], &c->frame, &cut[i], &error));
    TRY_OK(ckn_statistics_estimate(ckn_test_context(), statistics, &options,
                                   ckn_output_f64(got, rows, cols), &result, &error));
    TRY_OK(ckn_estimate(ckn_test_context(), &options, cut, c->pairs,
                        ckn_output_f64(wanted, rows, cols), &expected, &error));
    const double factor = ckn_test_on_cpu() ? 1 : 1e5,
                 tolerance = fmin(factor * own->tolerance, 1e-3);
    ckn_test_close(got, wanted, rows * cols, tolerance,
                   "kernel, seed %zu, solver %s, prior %s, "
                   "background %s",
                   seed, ckn_solver_name(own->solver), ckn_prior_name(own->prior),
                   ckn_background_name(background));
    assert_int_equal(result.count, expected.count);
    assert_int_equal(result.solver, expected.solver);
    assert_int_equal(result.constraint, expected.constraint);
    assert_int_equal(result.prior, expected.prior);
    assert_int_equal(result.background, expected.background);
    ckn_test_close(&result.residual_rms, &expected.residual_rms, 1, fmax(tolerance, 1e-6),
                   "RMS, seed %zu", seed);
    ckn_test_close(&result.psnr, &expected.psnr, 1, fmax(tolerance, 1e-6), "PSNR, seed %zu", seed);
}

static void test_solves(void **state) {
    (void)state;
    static const ckn_background asked[] = {CKN_BACKGROUND_NONE, CKN_BACKGROUND_CONSTANT,
                                           CKN_BACKGROUND_PLANE, CKN_BACKGROUND_AUTO};
    for (size_t seed = 0; seed < sizeof solves / sizeof solves[0]; seed++)
        for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
            window_case c = window_case_make(seed, MOST_SIDE, MOST_SIDE + 4);
            c.frame = (ckn_frame){3 + seed % 2, 4, c.frame.row_offset, c.frame.col_offset};
            convolve(&c, seed);
            /* AUTO comes to no plane. */
            ckn_statistics *statistics = create(
                c.views, c.pairs, &c.frame,
                asked[i] == CKN_BACKGROUND_AUTO ? CKN_BACKGROUND_CONSTANT : CKN_BACKGROUND_PLANE);
            compare_solves(&c, statistics, &solves[seed], asked[i], seed);
            ckn_statistics_destroy(statistics);
            window_case_release(&c);
        }
}

/* --- refused ------------------------------------------------------------------------------ */

#define REFUSED(wanted, call)                                                                      \
    do {                                                                                           \
        ckn_error error = {CKN_OK, ""};                                                            \
        assert_int_equal((call), wanted);                                                          \
        assert_true(error.message[0] != 0 && error.code == (wanted));                              \
    } while (0)

static void test_refused_options(void **state) {
    (void)state;
    window_case c = window_case_make(0, MOST_SIDE, MOST_SIDE);
    c.frame = (ckn_frame){3, 3, 0, 0};
    ckn_statistics *plain = create(c.views, c.pairs, &c.frame, CKN_BACKGROUND_NONE);
    double kernel[16];
    ckn_output output = ckn_output_f64(kernel, 3, 3);
    ckn_estimate_options options;
    const struct {
        size_t offset;
        int value;
    } wrong[] = {{offsetof(ckn_estimate_options, solver), CKN_SOLVER_FISTA},
                 {offsetof(ckn_estimate_options, solver), CKN_SOLVER_DIVISION},
                 {offsetof(ckn_estimate_options, solver), 99},
                 {offsetof(ckn_estimate_options, engine), CKN_ENGINE_FFT},
                 {offsetof(ckn_estimate_options, gain), CKN_GAIN_FIT},
                 {offsetof(ckn_estimate_options, robust), 1},
                 {offsetof(ckn_estimate_options, background), CKN_BACKGROUND_CONSTANT},
                 {offsetof(ckn_estimate_options, background), 99},
                 {offsetof(ckn_estimate_options, prior), 99},
                 {offsetof(ckn_estimate_options, constraint), 99}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ckn_estimate_options_init(&options);
        options.solver = CKN_SOLVER_AUTO;
        memcpy((char *)&options + wrong[i].offset, &wrong[i].value, sizeof(int));
        REFUSED(CKN_ERROR_ARGUMENT,
                ckn_statistics_estimate(ckn_test_context(), plain, &options, output, NULL, &error));
    }
    ckn_estimate_options_init(&options);
    options.solver = CKN_SOLVER_EXACT;
    REFUSED(CKN_ERROR_ARGUMENT,
            ckn_statistics_estimate(ckn_test_context(), plain, &options,
                                    ckn_output_f64(kernel, 4, 4), NULL, &error));
    output.data = NULL;
    REFUSED(CKN_ERROR_ARGUMENT,
            ckn_statistics_estimate(ckn_test_context(), plain, &options, output, NULL, &error));
    ckn_statistics_destroy(plain);
    window_case_release(&c);
}

static void test_refused_sums(void **state) {
    (void)state;
    window_case c = window_case_make(0, MOST_SIDE, MOST_SIDE), d = window_case_make(4, 20, 20);
    const ckn_frame frames[] = {
        {3, 3, 0, 0}, {3, 4, 0, 0}, {4, 3, 0, 0}, {3, 3, 1, 0}, {3, 3, 0, 1}};
    ckn_statistics *first = create(c.views, 1, &frames[0], CKN_BACKGROUND_NONE), *out = NULL;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        ckn_statistics *other =
            create(c.views, 1, &frames[i], i == 0 ? CKN_BACKGROUND_PLANE : CKN_BACKGROUND_NONE);
        REFUSED(CKN_ERROR_ARGUMENT, ckn_statistics_add(first, other, &out, &error));
        REFUSED(CKN_ERROR_ARGUMENT, ckn_statistics_subtract(first, other, &out, &error));
        if (i > 0)
            REFUSED(CKN_ERROR_ARGUMENT, ckn_statistics_restrict(first, &frames[i], &out, &error));
        ckn_statistics_destroy(other);
    }
    ckn_statistics *elsewhere = create(d.views, 1, &frames[0], CKN_BACKGROUND_NONE);
    REFUSED(CKN_ERROR_ARGUMENT, ckn_statistics_subtract(first, elsewhere, &out, &error));
    const ckn_frame absurd[] = {{0, 1, 0, 0},
                                {SIZE_MAX, 1, 0, 0},
                                {1, SIZE_MAX / 2, 0, 0},
                                {1, 1, PTRDIFF_MAX, 0},
                                {1, 1, 0, PTRDIFF_MIN}};
    for (size_t i = 0; i < sizeof absurd / sizeof absurd[0]; i++) {
        REFUSED(CKN_ERROR_ARGUMENT, ckn_statistics_restrict(first, &absurd[i], &out, &error));
        REFUSED(CKN_ERROR_ARGUMENT,
                ckn_statistics_create(ckn_test_context(), c.views, 1, &absurd[i],
                                      CKN_BACKGROUND_NONE, &out, &error));
        assert_null(out);
    }
    REFUSED(CKN_ERROR_ARGUMENT, ckn_statistics_create(ckn_test_context(), c.views, 0, &frames[0],
                                                      CKN_BACKGROUND_NONE, &out, &error));
    REFUSED(CKN_ERROR_ARGUMENT, ckn_statistics_create(ckn_test_context(), c.views, 1, &frames[0],
                                                      CKN_BACKGROUND_AUTO, &out, &error));
    c.x[0][5] = NAN;
    REFUSED(CKN_ERROR_DATA, ckn_statistics_create(ckn_test_context(), c.views, 1, &frames[0],
                                                  CKN_BACKGROUND_NONE, &out, &error));
    ckn_statistics_destroy(elsewhere);
    ckn_statistics_destroy(first);
    window_case_release(&c);
    window_case_release(&d);
}

/* --- threads ------------------------------------------------------------------------------ */

typedef struct reader {
    const ckn_statistics *statistics;
    ckn_code code;
    double kernel[9];
} reader;

/* A context of its own; the statistics are everyone's. */
static void *read_statistics(void *argument) {
    reader *own = argument;
    ckn_context *context = NULL;
    ckn_context_options device;
    ckn_estimate_options options;
    ckn_context_options_init(&device);
    device.device = ckn_test_on_cpu() ? "cpu" : "opencl";
    ckn_estimate_options_init(&options);
    options.solver = CKN_SOLVER_EXACT;
    own->code = ckn_context_create(&device, &context, NULL);
    for (size_t i = 0; i < 20 && own->code == CKN_OK; i++) {
        ckn_statistics *sum = NULL;
        own->code = ckn_statistics_add(own->statistics, own->statistics, &sum, NULL);
        if (own->code == CKN_OK)
            own->code = ckn_statistics_estimate(context, sum, &options,
                                                ckn_output_f64(own->kernel, 3, 3), NULL, NULL);
        ckn_statistics_destroy(sum);
    }
    ckn_context_destroy(context);
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    window_case c = window_case_make(1, MOST_SIDE, MOST_SIDE);
    c.frame = (ckn_frame){3, 3, 0, 0};
    ckn_statistics *statistics = create(c.views, c.pairs, &c.frame, CKN_BACKGROUND_CONSTANT);
    reader readers[2] = {{.statistics = statistics}, {.statistics = statistics}};
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_statistics, &readers[i]), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(readers[i].code, CKN_OK);
    ckn_test_close(readers[0].kernel, readers[1].kernel, 9, 1e-12, "two threads");
    ckn_statistics_destroy(statistics);
    window_case_release(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_halves),
        cmocka_unit_test(test_windows_taken_away),
        cmocka_unit_test(test_solves),
        cmocka_unit_test(test_refused_options),
        cmocka_unit_test(test_refused_sums),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
