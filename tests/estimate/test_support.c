/* The rectangle of taps that pairs give reason for, and cutting pairs to it. */
#include "estimate/fixture.h"
#include "identify/rectangle_search.h"
#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- cutting ------------------------------------------------------------------------------ */

/* y[p] = sum over d of h[d] x[p - d], from the definition; `low` are the displacements of h[0,0],
 * and what lies outside x counts as 0. */
static double convolved(const double *x, ckn_shape x_shape, const double *h, ckn_shape h_shape,
                        ptrdiff_t row, ptrdiff_t col, const ptrdiff_t low[2]) {
    double sum = 0;
    for (ptrdiff_t i = 0; i < (ptrdiff_t)h_shape.rows; i++) {
        for (ptrdiff_t j = 0; j < (ptrdiff_t)h_shape.cols; j++) {
            const ptrdiff_t r = row - low[0] - i, c = col - low[1] - j;
            if (r >= 0 && c >= 0 && r < (ptrdiff_t)x_shape.rows && c < (ptrdiff_t)x_shape.cols)
                sum += h[i * (ptrdiff_t)h_shape.cols + j] * x[r * (ptrdiff_t)x_shape.cols + c];
        }
    }
    return sum;
}

static void check_cut(const ckn_pair *pair, const double *h, const ckn_frame *frame,
                      ckn_shape expected) {
    ckn_pair cut;
    TRY_OK(ckn_pair_cut(pair, frame, &cut, &error));
    assert_int_equal(cut.blurred.rows, expected.rows);
    assert_int_equal(cut.blurred.cols, expected.cols);
    assert_int_equal(cut.sharp.rows, expected.rows + frame->rows - 1);
    assert_int_equal(cut.sharp.cols, expected.cols + frame->cols - 1);
    const size_t samples = cut.sharp.rows * cut.sharp.cols;
    double *x = ckn_test_array(samples), *y = ckn_test_array(ckn_shape_count(expected));
    for (size_t i = 0; i < samples; i++)
        x[i] = ckn_view_at(&cut.sharp, i / cut.sharp.cols, i % cut.sharp.cols);
    ckn_naive_valid(x, ckn_view_shape(&cut.sharp), h, (ckn_shape){frame->rows, frame->cols}, y);
    for (size_t i = 0; i < ckn_shape_count(expected); i++) {
        const double got = ckn_view_at(&cut.blurred, i / expected.cols, i % expected.cols);
        assert_true(fabs(got - y[i]) < 1e-12);
    }
    free(x);
    free(y);
}

static void test_cut(void **state) {
    (void)state;
    enum { ROWS = 20, COLS = 17 };
    const ckn_shape shape = {ROWS, COLS};
    static const struct {
        ckn_frame frame;
        ckn_shape same; /* samples that are left of a y of x's size */
    } cases[] = {
        {{1, 1, 0, 0}, {20, 17}},  {{3, 5, 0, 0}, {18, 13}},  {{4, 2, 0, 0}, {17, 16}},
        {{1, 1, 3, -5}, {17, 12}}, {{3, 3, 1, 0}, {18, 15}},  {{3, 3, 6, -4}, {13, 12}},
        {{2, 3, -7, 2}, {13, 14}}, {{5, 5, -2, 2}, {16, 13}}, {{20, 1, 0, 0}, {1, 17}},
        {{1, 1, 19, 16}, {1, 1}},  {{3, 1, -10, 0}, {9, 17}},
    };
    double *x = ckn_test_random_array(3, ckn_shape_count(shape), -1, 1);
    double *y = ckn_test_array(ckn_shape_count(shape));
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        const ckn_frame *frame = &cases[n].frame;
        const ckn_shape h_shape = {frame->rows, frame->cols};
        const ptrdiff_t low[2] = {frame->row_offset - (ptrdiff_t)((frame->rows - 1) / 2),
                                  frame->col_offset - (ptrdiff_t)((frame->cols - 1) / 2)};
        double *h = ckn_test_random_array(n, ckn_shape_count(h_shape), -1, 1);
        for (size_t i = 0; i < ckn_shape_count(shape); i++)
            y[i] =
                convolved(x, shape, h, h_shape, (ptrdiff_t)(i / COLS), (ptrdiff_t)(i % COLS), low);
        const ckn_pair pair = {.sharp = ckn_view_f64(x, ROWS, COLS),
                               .blurred = ckn_view_f64(y, ROWS, COLS)};
        check_cut(&pair, h, frame, cases[n].same);
        free(h);
    }
    free(x);
    free(y);
}

/* A valid pair is cut to itself by its own frame, and by smaller ones to less. */
static void test_cut_valid(void **state) {
    (void)state;
    static const ckn_shape sizes[] = {{1, 1}, {3, 5}, {4, 4}, {7, 2}};
    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        known_pair known = known_pair_noise(n, (ckn_shape){20, 17}, sizes[n], true);
        const ckn_pair pair = known_pair_views(&known);
        const ckn_frame frame = {sizes[n].rows, sizes[n].cols, 0, 0};
        check_cut(&pair, known.h, &frame, known.y_shape);
        ckn_pair cut;
        const ckn_frame point = {1, 1, 0, 0};
        TRY_OK(ckn_pair_cut(&pair, &point, &cut, &error));
        assert_true(ckn_shape_equal(ckn_view_shape(&cut.sharp), known.y_shape));
        assert_true(cut.blurred.data == pair.blurred.data);
        known_pair_release(&known);
    }
}

static void refuses_cut(const ckn_pair *pair, ckn_frame frame, const char *message) {
    ckn_pair cut;
    ckn_error error = {CKN_OK, ""};
    assert_int_equal(ckn_pair_cut(pair, &frame, &cut, &error), CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, message));
}

static void test_cut_errors(void **state) {
    (void)state;
    static const double samples[12] = {0};
    const ckn_pair pair = {.sharp = ckn_view_f64(samples, 3, 4),
                           .blurred = ckn_view_f64(samples, 3, 4)};
    const ckn_pair larger = {.sharp = ckn_view_f64(samples, 2, 4),
                             .blurred = ckn_view_f64(samples, 3, 4)};
    const ckn_pair none = {.sharp = ckn_view_f64(NULL, 3, 4),
                           .blurred = ckn_view_f64(samples, 3, 4)};
    const ckn_pair half = {.sharp = ckn_view_f64(samples, 3, 4),
                           .blurred = ckn_view_f64(NULL, 3, 4)};
    refuses_cut(&pair, (ckn_frame){0, 1, 0, 0}, "a row and a column");
    refuses_cut(&pair, (ckn_frame){1, 0, 0, 0}, "a row and a column");
    refuses_cut(&pair, (ckn_frame){4, 1, 0, 0}, "leaves nothing");
    refuses_cut(&pair, (ckn_frame){1, 1, 0, 4}, "leaves nothing");
    refuses_cut(&pair, (ckn_frame){1, 1, -3, 0}, "leaves nothing");
    refuses_cut(&larger, (ckn_frame){1, 1, 0, 0}, "larger than the sharp");
    refuses_cut(&none, (ckn_frame){1, 1, 0, 0}, "the sharp image");
    refuses_cut(&half, (ckn_frame){1, 1, 0, 0}, "the blurred image");
}

/* --- the criterion ------------------------------------------------------------------------ */

/* sum z^2 = b' A^-1 b by elimination, for a few taps of a frame. */
static double explained(const double *gram, const double *b, size_t frame_taps, const size_t *taps,
                        size_t count) {
    double a[64][65], sum = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++)
            a[i][j] = gram[taps[i] * frame_taps + taps[j]];
        a[i][count] = b[taps[i]];
    }
    for (size_t k = 0; k < count; k++) {
        for (size_t i = k + 1; i < count; i++) {
            const double factor = a[i][k] / a[k][k];
            for (size_t j = k; j <= count; j++)
                a[i][j] -= factor * a[k][j];
        }
        sum += a[k][count] * a[k][count] / a[k][k];
    }
    return sum;
}

typedef struct brute {
    const double *gram, *b;
    ckn_shape frame;
    double variance, penalty;
} brute;

static double criterion(const brute *problem, size_t row, size_t col, size_t rows, size_t cols) {
    size_t taps[64], count = 0;
    for (size_t r = row; r < row + rows; r++) {
        for (size_t c = col; c < col + cols; c++)
            taps[count++] = r * problem->frame.cols + c;
    }
    return problem->penalty * (double)count -
           explained(problem->gram, problem->b, ckn_shape_count(problem->frame), taps, count) /
               problem->variance;
}

static ckn_rectangle best_of_all(const brute *problem) {
    ckn_rectangle best = {0, 0, {0, 0}};
    double least = INFINITY;
    for (size_t rows = 1; rows <= problem->frame.rows; rows++) {
        for (size_t cols = 1; cols <= problem->frame.cols; cols++) {
            for (size_t row = 0; row + rows <= problem->frame.rows; row++) {
                for (size_t col = 0; col + cols <= problem->frame.cols; col++) {
                    const double value = criterion(problem, row, col, rows, cols);
                    if (value < least) {
                        least = value;
                        best = (ckn_rectangle){row, col, {rows, cols}};
                    }
                }
            }
        }
    }
    return best;
}

/* An interval of even length made odd at one of its ends, in four ways; those that leave the
 * frame are not `possible`. */
static bool odd_way(size_t way, size_t whole, size_t *start, size_t *length) {
    const bool at_start = way % 2 == 0, longer = way / 2 == 0;
    const bool possible = !longer || (at_start ? *start > 0 : *start + *length < whole);
    if (!possible)
        return false;
    *start = at_start ? (longer ? *start - 1 : *start + 1) : *start;
    *length = longer ? *length + 1 : *length - 1;
    return true;
}

static ckn_rectangle best_odd(const brute *problem, ckn_rectangle rectangle) {
    for (int axis = 0; axis < 2; axis++) {
        const ckn_rectangle even = rectangle;
        double least = INFINITY;
        if ((axis == 0 ? even.shape.rows : even.shape.cols) % 2 == 1)
            continue;
        for (size_t way = 0; way < 4; way++) {
            ckn_rectangle r = even;
            const bool possible = axis == 0
                                      ? odd_way(way, problem->frame.rows, &r.row, &r.shape.rows)
                                      : odd_way(way, problem->frame.cols, &r.col, &r.shape.cols);
            const double value =
                possible ? criterion(problem, r.row, r.col, r.shape.rows, r.shape.cols) : INFINITY;
            if (value < least) {
                least = value;
                rectangle = r;
            }
        }
    }
    return rectangle;
}

/* A frame of 7 x 6 with statistics of its own: a kernel within it, and noise in b. */
static void check_search(uint64_t seed, size_t row, size_t col, ckn_shape kernel) {
    enum { ROWS = 7, COLS = 6, TAPS = ROWS * COLS, SAMPLES = 400 };
    double *x = ckn_test_random_array(seed, SAMPLES * TAPS, -1, 1);
    double *noise = ckn_test_random_array(seed + 1, SAMPLES, -0.5, 0.5);
    double gram[TAPS * TAPS] = {0}, b[TAPS] = {0};
    ckn_symmetric matrix;
    TRY_OK(ckn_symmetric_create(&matrix, TAPS, "a test", &error));
    for (size_t n = 0; n < SAMPLES; n++) {
        double y = noise[n];
        for (size_t r = row; r < row + kernel.rows; r++) {
            for (size_t c = col; c < col + kernel.cols; c++)
                y += 0.4 * x[n * TAPS + r * COLS + c];
        }
        for (size_t i = 0; i < TAPS; i++) {
            b[i] += x[n * TAPS + i] * y;
            for (size_t j = 0; j < TAPS; j++)
                gram[i * TAPS + j] += x[n * TAPS + i] * x[n * TAPS + j];
        }
    }
    for (size_t i = 0; i < TAPS; i++) {
        for (size_t j = 0; j <= i; j++)
            *ckn_symmetric_at(&matrix, i, j) = gram[i * TAPS + j];
    }
    const brute problem = {gram, b, {ROWS, COLS}, 1.0 / 12, 3};
    ckn_rectangle_search search = {.gram = &matrix,
                                   .b = b,
                                   .frame = problem.frame,
                                   .ridge = 1e-12,
                                   .variance = problem.variance,
                                   .penalty = problem.penalty};
    ckn_rectangle found = {0, 0, problem.frame};
    const ckn_rectangle expected = best_of_all(&problem);
    TRY_OK(ckn_rectangle_search_run(&search, &found, &error));
    assert_memory_equal(&found, &expected, sizeof found);
    assert_true(search.factorisations >= 8);
    const ckn_rectangle odd = best_odd(&problem, found);
    TRY_OK(ckn_rectangle_search_odd(&search, &found, &error));
    assert_memory_equal(&found, &odd, sizeof found);
    double h[TAPS], lowered = 0;
    size_t all[TAPS];
    for (size_t i = 0; i < TAPS; i++)
        all[i] = i;
    TRY_OK(ckn_rectangle_search_fit(&search, h, &lowered, &error));
    assert_true(fabs(lowered - explained(gram, b, TAPS, all, TAPS)) < 1e-8 * lowered);
    ckn_symmetric_release(&matrix);
    free(x);
    free(noise);
}

static void test_search(void **state) {
    (void)state;
    check_search(1, 2, 1, (ckn_shape){3, 3});
    check_search(2, 0, 0, (ckn_shape){2, 5});
    check_search(3, 4, 3, (ckn_shape){3, 3});
    check_search(4, 3, 2, (ckn_shape){1, 1});
    check_search(5, 1, 1, (ckn_shape){4, 2});
    check_search(6, 0, 0, (ckn_shape){7, 6});
}

/* No frame of zeros, and no NaN, ends in a loop without end. */
static void test_search_without_answer(void **state) {
    (void)state;
    ckn_symmetric matrix;
    const double b[9] = {0};
    TRY_OK(ckn_symmetric_create(&matrix, 9, "a test", &error));
    ckn_error error = {CKN_OK, ""};
    ckn_rectangle_search search = {
        .gram = &matrix, .b = b, .frame = {3, 3}, .variance = 1, .penalty = 3};
    ckn_rectangle rectangle = {0, 0, {3, 3}};
    assert_int_equal(ckn_rectangle_search_run(&search, &rectangle, &error), CKN_ERROR_DATA);
    search.ridge = 1;
    *ckn_symmetric_at(&matrix, 4, 4) = NAN;
    rectangle = (ckn_rectangle){0, 0, {3, 3}};
    assert_int_equal(ckn_rectangle_search_run(&search, &rectangle, &error), CKN_ERROR_DATA);
    ckn_symmetric_release(&matrix);
}

/* --- pairs -------------------------------------------------------------------------------- */

static ckn_support_options options_from(size_t first) {
    ckn_support_options options;
    ckn_support_options_init(&options);
    options.first_rows = options.first_cols = first;
    return options;
}

static void add_noise(known_pair *pair, double sigma, double background) {
    uint64_t state = 5;
    for (size_t i = 0; i < ckn_shape_count(pair->y_shape); i++) {
        double sum = -6; /* of twelve uniform numbers: nearly Gaussian, of variance 1 */
        for (int n = 0; n < 12; n++)
            sum += ckn_test_uniform(&state, 0, 1);
        pair->y[i] += background + sigma * sum;
    }
}

static void expect_frame(const ckn_support_result *result, ckn_frame expected) {
    const ckn_frame *frame = &result->frame;
    if (memcmp(frame, &expected, sizeof expected) != 0)
        ckn_test_fail("found %zu x %zu at %td, %td; expected %zu x %zu at %td, %td", frame->rows,
                      frame->cols, frame->row_offset, frame->col_offset, expected.rows,
                      expected.cols, expected.row_offset, expected.col_offset);
    assert_false(result->truncated);
    assert_in_range(result->step_count, 1, CKN_SUPPORT_STEPS);
}

/* The same rectangle from any first guess. */
static void test_any_first_guess(void **state) {
    (void)state;
    known_pair known = known_pair_noise(11, (ckn_shape){130, 120}, (ckn_shape){9, 5}, false);
    add_noise(&known, 0.01, 0);
    const ckn_pair pair = known_pair_views(&known);
    static const size_t guesses[] = {1, 3, 4, 9, 15, 25, 41, 1000};
    for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; i++) {
        const ckn_support_options options = options_from(guesses[i]);
        ckn_support_result result;
        TRY_OK(ckn_find_support(ckn_test_context(), &options, &pair, 1, &result, &error));
        expect_frame(&result, (ckn_frame){9, 5, 0, 0});
        assert_true(fabs(result.noise_sigma - 0.01) < 0.0003);
    }
    known_pair_release(&known);
}

/* The pair's first rows of y against x without its first ones: the kernel moves down and right. */
static void test_displaced(void **state) {
    (void)state;
    known_pair known = known_pair_noise(12, (ckn_shape){110, 120}, (ckn_shape){5, 7}, true);
    add_noise(&known, 0.01, 0.7);
    ckn_pair pair = known_pair_views(&known);
    pair.sharp = ckn_view_part(&pair.sharp, 8, 11, (ckn_shape){102, 109});
    pair.blurred = ckn_view_part(&pair.blurred, 0, 0, (ckn_shape){98, 103});
    static const size_t guesses[] = {9, 25};
    for (size_t i = 0; i < 2; i++) {
        const ckn_support_options options = options_from(guesses[i]);
        ckn_support_result result;
        TRY_OK(ckn_find_support(ckn_test_context(), &options, &pair, 1, &result, &error));
        expect_frame(&result, (ckn_frame){5, 7, 8, 11});
    }
    known_pair_release(&known);
}

/* Without noise but that of rounding, of images in other units, and with a large background. */
static void test_without_noise(void **state) {
    (void)state;
    static const double units[] = {1, 1e6, 1e-9};
    for (size_t n = 0; n < 3; n++) {
        known_pair known = known_pair_noise(13, (ckn_shape){100, 90}, (ckn_shape){7, 3}, false);
        add_noise(&known, 0, n == 0 ? 0 : 5);
        for (size_t i = 0; i < ckn_shape_count(known.y_shape); i++)
            known.y[i] = (float)(units[n] * known.y[i]);
        const ckn_pair pair = known_pair_views(&known);
        const ckn_support_options options = options_from(15);
        ckn_support_result result;
        TRY_OK(ckn_find_support(ckn_test_context(), &options, &pair, 1, &result, &error));
        expect_frame(&result, (ckn_frame){7, 3, 0, 0});
        assert_true(result.noise_sigma < 1e-4 * units[n]); /* what rounding of y'y hides */
        known_pair_release(&known);
    }
}

/* Weights are cut with their images, and what they mask may be anything. */
static void test_weights(void **state) {
    (void)state;
    known_pair known = known_pair_noise(21, (ckn_shape){110, 120}, (ckn_shape){5, 7}, false);
    add_noise(&known, 0.01, 0);
    double *weights = ckn_test_array(ckn_shape_count(known.y_shape));
    double *mask = ckn_test_array(ckn_shape_count(known.x_shape));
    for (size_t i = 0; i < ckn_shape_count(known.x_shape); i++)
        mask[i] = 1;
    for (size_t i = 0; i < ckn_shape_count(known.y_shape); i++) {
        weights[i] = i % 17 == 0 ? 0 : 2;
        if (weights[i] == 0)
            known.y[i] = i % 2 == 0 ? 1000 : NAN;
    }
    mask[60 * known.x_shape.cols + 50] = 0;
    known.x[60 * known.x_shape.cols + 50] = INFINITY;
    ckn_pair pair = known_pair_views(&known), cut;
    pair.sharp_weights = ckn_view_f64(mask, known.x_shape.rows, known.x_shape.cols);
    pair.blurred_weights = ckn_view_f64(weights, known.y_shape.rows, known.y_shape.cols);
    const ckn_support_options options = options_from(15);
    ckn_support_result result;
    TRY_OK(ckn_find_support(ckn_test_context(), &options, &pair, 1, &result, &error));
    expect_frame(&result, (ckn_frame){5, 7, 0, 0});
    assert_true(fabs(result.noise_sigma - 0.01) < 0.0005);
    const ckn_frame frame = {9, 9, 3, -2};
    TRY_OK(ckn_pair_cut(&pair, &frame, &cut, &error));
    assert_int_equal(cut.sharp_weights.rows, cut.sharp.rows);
    assert_int_equal(cut.blurred_weights.cols, cut.blurred.cols);
    for (size_t row = 0; row < cut.blurred.rows; row++) {
        for (size_t col = 0; col < cut.blurred.cols; col++) {
            const double sample = ckn_view_at(&cut.blurred, row, col);
            const bool masked = ckn_view_at(&cut.blurred_weights, row, col) == 0;
            assert_true(masked == (isnan(sample) || sample > 900));
        }
    }
    pair.blurred_weights.rows--;
    ckn_error error = {CKN_OK, ""};
    assert_int_equal(ckn_pair_cut(&pair, &frame, &cut, &error), CKN_ERROR_ARGUMENT);
    free(weights);
    free(mask);
    known_pair_release(&known);
}

/* An even kernel gets a line more; images of one row a kernel of one row. */
static void test_sizes(void **state) {
    (void)state;
    known_pair even = known_pair_noise(14, (ckn_shape){90, 90}, (ckn_shape){4, 6}, false);
    ckn_pair pair = known_pair_views(&even);
    const ckn_support_options options = options_from(0);
    ckn_support_result result;
    TRY_OK(ckn_find_support(ckn_test_context(), &options, &pair, 1, &result, &error));
    assert_int_equal(result.steps[result.step_count - 1].found.rows, 4);
    assert_int_equal(result.steps[result.step_count - 1].found.cols, 6);
    assert_int_equal(result.frame.rows, 5);
    assert_int_equal(result.frame.cols, 7);
    known_pair_release(&even);
    known_pair row = known_pair_noise(15, (ckn_shape){1, 500}, (ckn_shape){1, 7}, false);
    pair = known_pair_views(&row);
    TRY_OK(ckn_find_support(ckn_test_context(), &options, &pair, 1, &result, &error));
    expect_frame(&result, (ckn_frame){1, 7, 0, 0});
    known_pair_release(&row);
}

/* Two pairs of other sizes, each too small by itself to see the weak taps. */
static void test_pairs(void **state) {
    (void)state;
    known_pair a = known_pair_noise(16, (ckn_shape){90, 60}, (ckn_shape){5, 5}, false);
    known_pair b = known_pair_noise(16, (ckn_shape){70, 99}, (ckn_shape){5, 5}, false);
    memcpy(b.h, a.h, ckn_shape_count(a.h_shape) * sizeof *a.h);
    ckn_naive_valid(b.x, b.x_shape, b.h, b.h_shape, b.y);
    add_noise(&a, 0.01, 0.5);
    add_noise(&b, 0.01, -0.5);
    const ckn_pair pairs[2] = {known_pair_views(&a), known_pair_views(&b)};
    const ckn_support_options options = options_from(9);
    ckn_support_result result;
    TRY_OK(ckn_find_support(ckn_test_context(), &options, pairs, 2, &result, &error));
    expect_frame(&result, (ckn_frame){5, 5, 0, 0});
    assert_true(fabs(result.noise_sigma - 0.01) < 0.0005);
    known_pair_release(&a);
    known_pair_release(&b);
}

static void test_limits(void **state) {
    (void)state;
    known_pair known = known_pair_noise(17, (ckn_shape){100, 100}, (ckn_shape){13, 13}, false);
    const ckn_pair pair = known_pair_views(&known);
    ckn_support_options options = options_from(5);
    ckn_support_result result;
    options.largest = 9;
    TRY_OK(ckn_find_support(ckn_test_context(), &options, &pair, 1, &result, &error));
    assert_true(result.truncated);
    assert_true(result.frame.rows <= 9 && result.frame.cols <= 9);
    options.largest = 0;
    options.memory_limit = 100000; /* statistics of about 7 x 7 */
    TRY_OK(ckn_find_support(ckn_test_context(), &options, &pair, 1, &result, &error));
    assert_true(result.truncated);
    assert_true(result.frame.rows < 9);
    known_pair_release(&known);
}

/* A penalty without end leaves one tap. */
static void test_penalty(void **state) {
    (void)state;
    known_pair known = known_pair_noise(18, (ckn_shape){60, 60}, (ckn_shape){3, 3}, false);
    add_noise(&known, 0.1, 0);
    const ckn_pair pair = known_pair_views(&known);
    ckn_support_options options = options_from(9);
    ckn_support_result result;
    options.penalty = 1e9;
    TRY_OK(ckn_find_support(ckn_test_context(), &options, &pair, 1, &result, &error));
    assert_int_equal(result.frame.rows * result.frame.cols, 1);
    known_pair_release(&known);
}

static int cancel(void *user, const ckn_progress *progress) {
    size_t *calls = user;
    assert_int_equal(progress->phase, CKN_PHASE_SUPPORT);
    return ++*calls > 3;
}

static void test_errors(void **state) {
    (void)state;
    known_pair known = known_pair_noise(19, (ckn_shape){60, 60}, (ckn_shape){3, 3}, false);
    ckn_pair pair = known_pair_views(&known);
    ckn_support_options options = options_from(9);
    ckn_support_result result;
    ckn_error error = {CKN_OK, ""};
    size_t calls = 0;
    ckn_context *context = ckn_test_context();
    assert_int_equal(ckn_find_support(context, &options, NULL, 1, &result, &error),
                     CKN_ERROR_ARGUMENT);
    assert_int_equal(ckn_find_support(context, &options, &pair, 0, &result, &error),
                     CKN_ERROR_ARGUMENT);
    options.progress = cancel;
    options.progress_user = &calls;
    assert_int_equal(ckn_find_support(context, &options, &pair, 1, &result, &error),
                     CKN_ERROR_CANCELLED);
    assert_int_equal(calls, 4);
    options.progress = NULL;
    known.y[40 * known.y_shape.cols + 30] = NAN;
    assert_int_equal(ckn_find_support(context, &options, &pair, 1, &result, &error),
                     CKN_ERROR_DATA);
    pair.blurred = ckn_view_f64(known.y, 61, 20);
    assert_int_equal(ckn_find_support(context, &options, &pair, 1, &result, &error),
                     CKN_ERROR_ARGUMENT);
    memset(known.x, 0, ckn_shape_count(known.x_shape) * sizeof *known.x);
    pair = (ckn_pair){.sharp = ckn_view_f64(known.x, 60, 60),
                      .blurred = ckn_view_f64(known.x, 60, 60)};
    assert_int_equal(ckn_find_support(context, &options, &pair, 1, &result, &error),
                     CKN_ERROR_DATA);
    known_pair_release(&known);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_cut_valid),
        cmocka_unit_test(test_cut_errors),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_search_without_answer),
        cmocka_unit_test(test_any_first_guess),
        cmocka_unit_test(test_displaced),
        cmocka_unit_test(test_without_noise),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_penalty),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_context);
}
