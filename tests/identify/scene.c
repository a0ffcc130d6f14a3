#include "identify/scene.h"

#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>

/* --- kernels ------------------------------------------------------------------------------- */

static void fill_motion(double *h, ckn_shape shape, uint64_t *random) {
    const double slope = ckn_test_uniform(random, 0, 1);
    for (size_t col = 0; col < shape.cols; col++)
        h[(size_t)(slope * (double)(shape.rows - 1) * (double)col / (double)shape.cols) *
              shape.cols +
          col] = 1.0 / (double)shape.cols;
}

/* The identity and its distance from a box. */
static void fill_sharpening(double *h, ckn_shape shape) {
    const size_t taps = ckn_shape_count(shape);
    for (size_t tap = 0; tap < taps; tap++)
        h[tap] = -0.7 / (double)taps;
    h[(shape.rows - 1) / 2 * shape.cols + (shape.cols - 1) / 2] += 1.7;
}

double *scene_kernel(kernel_kind kind, ckn_shape shape, uint64_t *random) {
    const size_t taps = ckn_shape_count(shape);
    double *h = ckn_test_array(taps);
    switch (kind) {
    case KERNEL_GAUSSIAN:
        fill_gaussian(h, shape, ckn_test_uniform(random, 0.4, 2.5));
        break;
    case KERNEL_MOTION:
        fill_motion(h, shape, random);
        break;
    case KERNEL_SHARPENING:
        fill_sharpening(h, shape);
        break;
    case KERNEL_DELTA:
        h[ckn_test_random(random) % taps] = 1;
        break;
    default:
        for (size_t tap = 0; tap < taps; tap++)
            h[tap] = ckn_test_uniform(random, kind == KERNEL_SIGNED ? -1 : 0, 1) / (double)taps;
    }
    return h;
}

/* --- pictures ------------------------------------------------------------------------------ */

/* The row of sample n, as a number. */
static double row_of(size_t n, size_t cols) {
    const size_t row = n / cols;
    return (double)row;
}

/* Discs of all sizes that hide each other, as things in photographs do (dead leaves: Lee, Mumford &
 * Huang, IJCV 2001), and fine detail. */
static void draw_leaves(double *x, ckn_shape shape, uint64_t *random) {
    enum { LEAVES = 250 };
    for (size_t n = 0; n < LEAVES; n++) {
        const double row = ckn_test_uniform(random, 0, (double)shape.rows);
        const double col = ckn_test_uniform(random, 0, (double)shape.cols);
        const double radius = 3 / sqrt(ckn_test_uniform(random, 0.01, 1));
        const double light = ckn_test_uniform(random, 0, 1);
        for (size_t i = 0; i < ckn_shape_count(shape); i++)
            if (hypot(row_of(i, shape.cols) - row, (double)(i % shape.cols) - col) < radius)
                x[i] = light;
    }
}

static double *draw(uint64_t seed, ckn_shape shape, bool white) {
    double *x = ckn_test_array(ckn_shape_count(shape));
    uint64_t random = seed;
    if (!white)
        draw_leaves(x, shape, &random);
    for (size_t i = 0; i < ckn_shape_count(shape); i++)
        x[i] += ckn_test_uniform(&random, -1, 1) * (white ? 1 : 0.01);
    return x;
}

enum { MARGIN = 40 }; /* of the scene beyond SHARP: displacement and kernel */

/* The scene owns h. */
scene scene_make(uint64_t seed, ckn_shape shape, bool white, ckn_shape h_shape,
                 double *h, /* NOLINT(readability-non-const-parameter) */
                 ptrdiff_t row, ptrdiff_t col, double noise) {
    const ckn_shape large = {shape.rows + 2 * MARGIN, shape.cols + 2 * MARGIN};
    const size_t up = MARGIN - (size_t)row - (h_shape.rows - 1 - (h_shape.rows - 1) / 2);
    const size_t left = MARGIN - (size_t)col - (h_shape.cols - 1 - (h_shape.cols - 1) / 2);
    double *all = draw(seed, large, white);
    scene made = {.shape = shape, .h_shape = h_shape, .h = h};
    made.x = ckn_test_array(ckn_shape_count(shape));
    made.y = ckn_test_array(ckn_shape_count(shape));
    uint64_t random = seed + 1;
    for (size_t i = 0; i < ckn_shape_count(shape); i++) {
        const size_t r = i / shape.cols, c = i % shape.cols;
        double sum = noise * 1.7320508075688772 * ckn_test_uniform(&random, -1, 1);
        for (size_t tap = 0; tap < ckn_shape_count(h_shape); tap++)
            sum += h[tap] * all[(r + up + h_shape.rows - 1 - tap / h_shape.cols) * large.cols + c +
                                left + h_shape.cols - 1 - tap % h_shape.cols];
        made.x[i] = all[(r + MARGIN) * large.cols + c + MARGIN];
        made.y[i] = sum;
    }
    free(all);
    made.pair = (ckn_pair){.sharp = ckn_view_f64(made.x, shape.rows, shape.cols),
                           .blurred = ckn_view_f64(made.y, shape.rows, shape.cols)};
    return made;
}

void scene_release(scene *made) {
    free(made->x);
    free(made->y);
    free(made->h);
}

/* --- the job ------------------------------------------------------------------------------- */

ckn_identify_options scene_options(ckn_shape given) {
    ckn_identify_options options;
    ckn_identify_options_init(&options);
    options.estimate.kernel_rows = given.rows;
    options.estimate.kernel_cols = given.cols;
    options.errors = options.families = options.verdict = 0;
    return options;
}

ckn_answer *scene_identify(const ckn_pair *pairs, size_t count,
                           const ckn_identify_options *options) {
    ckn_answer *answer = NULL;
    TRY_OK(ckn_identify(ckn_test_context(), options, pairs, count, &answer, &error));
    assert_non_null(answer);
    return answer;
}
