/* ckn_identify() on pairs whose kernel and displacement are known. */
#include "identify/scene.h"

#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 64, MOST_KERNEL = 15 };

static size_t pairs_to_try = 24; /* the long tests try 400 */

static const ckn_shape picture = {SIDE, SIDE}, sought = {0, 0};

static ckn_shape random_shape(uint64_t *random) {
    return (ckn_shape){1 + ckn_test_random(random) % MOST_KERNEL,
                       1 + ckn_test_random(random) % MOST_KERNEL};
}

/* --- a size that is given ------------------------------------------------------------------ */

static double residual_of(const scene *made, const ckn_identify_options *options) {
    ckn_answer *answer = scene_identify(&made->pair, 1, options);
    const double rms = ckn_answer_get(answer)->result.residual_rms;
    ckn_answer_destroy(answer);
    return rms;
}

/* Looking for a displacement costs nothing where there is none. Half of the sizes are those of the
 * kernels; half of the pairs have noise. */
static void test_none_is_worse(void **state) {
    (void)state;
    for (size_t seed = 0; seed < pairs_to_try; seed++) {
        uint64_t random = seed;
        const ckn_shape shape = random_shape(&random), other = random_shape(&random);
        const kernel_kind kind = (kernel_kind)(seed % KERNEL_KINDS);
        double *h = scene_kernel(kind, shape, &random);
        scene made =
            scene_make(seed, picture, seed / 2 % 2, shape, h, 0, 0, seed / 4 % 2 ? 1e-3 : 0);
        ckn_identify_options options = scene_options(seed / 8 % 2 ? shape : other);
        options.estimate.solver = CKN_SOLVER_EXACT;
        options.estimate.constraint = CKN_CONSTRAINT_NONE;
        options.estimate.prior = CKN_PRIOR_NONE;
        const double found = residual_of(&made, &options);
        options.shift = CKN_SHIFT_NONE;
        const double plain = residual_of(&made, &options);
        const double rounding = ckn_test_on_cpu() ? 1e-9 : 1e-6;
        if (!(found <= plain * (1 + 1e-6) + rounding))
            ckn_test_fail("seed %zu: %zu x %zu given for %zu x %zu of kind %d: RMS %g, without a "
                          "displacement %g",
                          seed, options.estimate.kernel_rows, options.estimate.kernel_cols,
                          shape.rows, shape.cols, (int)kind, found, plain);
        scene_release(&made);
    }
}

static void test_displaced(void **state) {
    (void)state;
    const size_t cases = ckn_test_on_cpu() ? 20 : 10;
    for (size_t seed = 0; seed < cases; seed++) {
        uint64_t random = seed;
        const kernel_kind kind = (kernel_kind)(seed % KERNEL_DELTA);
        const ckn_shape shape = {2 + ckn_test_random(&random) % 8,
                                 2 + ckn_test_random(&random) % 8};
        const ptrdiff_t row = (ptrdiff_t)(ckn_test_random(&random) % 11) - 5;
        const ptrdiff_t col = (ptrdiff_t)(ckn_test_random(&random) % 11) - 5;
        scene made = scene_make(seed, picture, seed % 2, shape, scene_kernel(kind, shape, &random),
                                row, col, 0);
        ckn_identify_options options = scene_options(shape);
        options.estimate.solver = CKN_SOLVER_EXACT;
        options.estimate.constraint = CKN_CONSTRAINT_NONE;
        options.estimate.prior = CKN_PRIOR_NONE;
        ckn_answer *answer = scene_identify(&made.pair, 1, &options);
        const ckn_identified *found = ckn_answer_get(answer);
        if (!(found->result.residual_rms < (ckn_test_on_cpu() ? 1e-9 : 1e-5)))
            ckn_test_fail("seed %zu: kind %d, %zu x %zu, moved by (%td, %td), found at (%td, %td) "
                          "with RMS %g",
                          seed, (int)kind, shape.rows, shape.cols, row, col,
                          found->frame.row_offset, found->frame.col_offset,
                          found->result.residual_rms);
        assert_int_equal(found->kernel_rows, shape.rows);
        assert_int_equal(found->kernel_cols, shape.cols);
        ckn_answer_destroy(answer);
        scene_release(&made);
    }
}

/* --- a size that is sought ----------------------------------------------------------------- */

/* Exact data have no noise to stop at. */
static void test_small_kernels(void **state) {
    (void)state;
    static const double kernels[][9] = {{0, 1, 0, 1, -4, 1, 0, 1, 0},
                                        {-1, 0, 1, -1, 0, 1, -1, 0, 1},
                                        {0, -1, 0, -1, 5, -1, 0, -1, 0},
                                        {0, 0, 0, 0, 1, 0, 0, 0, 0}};
    enum { NAMED = sizeof kernels / sizeof kernels[0] };
    for (size_t n = 0; n <= NAMED; n++) {
        const ckn_shape shape = {n < NAMED ? 3 : 7, n < NAMED ? 3 : 7};
        double *h = ckn_test_array(ckn_shape_count(shape));
        if (n < NAMED)
            memcpy(h, kernels[n], sizeof kernels[n]);
        else
            fill_gaussian(h, shape, 0.5);
        scene made = scene_make(n, (ckn_shape){96, 96}, false, shape, h, 0, 0, 0);
        ckn_identify_options options = scene_options(sought);
        ckn_answer *answer = scene_identify(&made.pair, 1, &options);
        const ckn_identified *found = ckn_answer_get(answer);
        if (found->kernel_rows > 9 || found->kernel_cols > 9)
            ckn_test_fail("kernel %zu was found %zu x %zu", n, found->kernel_rows,
                          found->kernel_cols);
        assert_true(found->result.residual_rms < 1e-5);
        ckn_answer_destroy(answer);
        scene_release(&made);
    }
}

/* A valid convolution of so few samples still has its kernel's size. */
static void test_valid_pairs(void **state) {
    (void)state;
    static const ckn_shape shapes[][2] = {{{12, 12}, {3, 3}}, {{6, 8}, {1, 2}}, {{40, 44}, {4, 5}}};
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        known_pair pair = known_pair_noise(n, shapes[n][0], shapes[n][1], false);
        const ckn_pair views = known_pair_views(&pair);
        ckn_identify_options options = scene_options(sought);
        ckn_answer *answer = scene_identify(&views, 1, &options);
        const ckn_identified *found = ckn_answer_get(answer);
        assert_true(found->kernel_rows <= shapes[n][1].rows + 1);
        assert_true(found->kernel_cols <= shapes[n][1].cols + 1);
        assert_true(found->result.residual_rms < (ckn_test_on_cpu() ? 1e-12 : 1e-5));
        options = scene_options(shapes[n][1]);
        ckn_answer *given = scene_identify(&views, 1, &options);
        ckn_test_close(ckn_answer_get(given)->kernel, pair.h, ckn_shape_count(pair.h_shape),
                       ckn_test_on_cpu() ? 1e-8 : 1e-3, "valid pair %zu", n);
        ckn_answer_destroy(given);
        ckn_answer_destroy(answer);
        known_pair_release(&pair);
    }
}

/* --- refused ------------------------------------------------------------------------------- */

static void expect_code(ckn_code wanted, const ckn_identify_options *options, const ckn_pair *pairs,
                        size_t count) {
    ckn_error error = {CKN_OK, ""};
    static char not_an_answer;
    ckn_answer *answer = (ckn_answer *)(void *)&not_an_answer;
    assert_int_equal(ckn_identify(ckn_test_context(), options, pairs, count, &answer, &error),
                     wanted);
    assert_null(answer);
    assert_true(error.message[0] != 0 && error.code == wanted);
}

static void test_refused(void **state) {
    (void)state;
    double *x = ckn_test_random_array(1, (size_t)200 * 200, 0, 1);
    ckn_identify_options options = scene_options(sought);
    ckn_pair pair = {.sharp = ckn_view_f64(x, 200, 200), .blurred = ckn_view_f64(x, 100, 100)};
    expect_code(CKN_ERROR_DATA, &options, &pair, 1);
    pair.blurred = ckn_view_f64(x, 200, 199);
    pair.sharp = ckn_view_f64(x, 199, 200);
    expect_code(CKN_ERROR_ARGUMENT, &options, &pair, 1);
    pair.sharp = pair.blurred = ckn_view_f64(x, 30, 30);
    expect_code(CKN_ERROR_ARGUMENT, &options, &pair, 0);
    expect_code(CKN_ERROR_ARGUMENT, &options, NULL, 1);
    options.estimate.kernel_rows = 3;
    expect_code(CKN_ERROR_ARGUMENT, &options, &pair, 1);
    options.estimate.kernel_cols = 31;
    expect_code(CKN_ERROR_ARGUMENT, &options, &pair, 1);
    options.estimate.kernel_cols = SIZE_MAX;
    expect_code(CKN_ERROR_ARGUMENT, &options, &pair, 1);
    options.estimate.kernel_rows = options.estimate.kernel_cols = 3;
    options.estimate.solver = (ckn_solver)99;
    expect_code(CKN_ERROR_ARGUMENT, &options, &pair, 1);
    options = scene_options(sought);
    options.shift = CKN_SHIFT_GIVEN;
    options.row_shift = PTRDIFF_MAX;
    expect_code(CKN_ERROR_ARGUMENT, &options, &pair, 1);
    options.row_shift = PTRDIFF_MIN;
    options.estimate.kernel_rows = options.estimate.kernel_cols = 3;
    expect_code(CKN_ERROR_ARGUMENT, &options, &pair, 1);
    options = scene_options(sought);
    x[77] = NAN;
    expect_code(CKN_ERROR_DATA, &options, &pair, 1);
    free(x);
}

/* --- memory -------------------------------------------------------------------------------- */

/* Samples between those of a view are nobody's: NaN there changes nothing. */
static void test_gaps(void **state) {
    (void)state;
    enum { STRIDE = 3 * SIDE + 5 };
    uint64_t random = 3;
    const ckn_shape shape = {4, 3};
    scene made = scene_make(3, picture, true, shape, scene_kernel(KERNEL_RANDOM, shape, &random), 2,
                            -1, 1e-3);
    ckn_identify_options options = scene_options(sought);
    double *gaps = ckn_test_array((size_t)2 * SIDE * STRIDE);
    for (size_t i = 0; i < (size_t)2 * SIDE * STRIDE; i++)
        gaps[i] = NAN;
    ckn_pair views = made.pair;
    ckn_view *planes[] = {&views.sharp, &views.blurred};
    for (size_t n = 0; n < 2; n++) {
        double *to = gaps + n * SIDE * STRIDE + 2;
        for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
            to[i / SIDE * STRIDE + 3 * (i % SIDE)] = n ? made.y[i] : made.x[i];
        planes[n]->data = to;
        planes[n]->row_stride = STRIDE;
        planes[n]->col_stride = 3;
    }
    options.models = 1;
    ckn_answer *dense = scene_identify(&made.pair, 1, &options);
    ckn_answer *strided = scene_identify(&views, 1, &options);
    const ckn_identified *a = ckn_answer_get(dense), *b = ckn_answer_get(strided);
    assert_memory_equal(&a->frame, &b->frame, sizeof a->frame);
    assert_int_equal(a->kernel_rows * a->kernel_cols, b->kernel_rows * b->kernel_cols);
    ckn_test_close(b->kernel, a->kernel, a->kernel_rows * a->kernel_cols, 1e-12, "strided views");
    assert_int_equal(a->models[0].rows, a->pairs[0].blurred.rows);
    ckn_answer_destroy(dense);
    ckn_answer_destroy(strided);
    ckn_answer_destroy(NULL);
    free(gaps);
    scene_release(&made);
}

/* Usage: test_identify [PAIRS] */
int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_is_worse), cmocka_unit_test(test_displaced),
        cmocka_unit_test(test_small_kernels), cmocka_unit_test(test_valid_pairs),
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_gaps),
    };
    if (argc > 1)
        pairs_to_try = strtoul(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
