#include "estimate/fixture.h"

#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>

static ckn_context *context_under_test;

ckn_context *ckn_test_context(void) {
    if (!context_under_test) {
        ckn_context_options options;
        ckn_context_options_init(&options);
        options.device = getenv("CKN_TEST_DEVICE");
        TRY_OK(ckn_context_create(&options, &context_under_test, &error));
    }
    return context_under_test;
}

int ckn_test_close_context(void **state) {
    (void)state;
    ckn_context_destroy(context_under_test);
    context_under_test = NULL;
    return 0;
}

static known_pair convolve(ckn_shape x_shape, ckn_shape h_shape, double *x, double *h) {
    known_pair pair = {x_shape, h_shape, ckn_shape_valid(x_shape, h_shape), x, h, NULL};
    pair.y = ckn_test_array(ckn_shape_count(pair.y_shape));
    ckn_naive_valid(x, x_shape, h, h_shape, pair.y);
    return pair;
}

known_pair known_pair_noise(uint64_t seed, ckn_shape x_shape, ckn_shape h_shape, bool signed_) {
    double *x = ckn_test_random_array(seed, ckn_shape_count(x_shape), 0, 1);
    size_t taps = ckn_shape_count(h_shape);
    double *h = ckn_test_random_array(seed + 1, taps, signed_ ? -0.7 : 0, 1);
    double sum = 0;
    for (size_t i = 0; i < taps; i++)
        sum += h[i];
    for (size_t i = 0; i < taps; i++)
        h[i] /= sum;
    return convolve(x_shape, h_shape, x, h);
}

known_pair known_pair_scene(ckn_shape x_shape, ckn_shape h_shape, double sigma) {
    double *x = ckn_test_array(ckn_shape_count(x_shape));
    uint64_t state = 99;
    for (size_t row = 0; row < x_shape.rows; row++) {
        for (size_t col = 0; col < x_shape.cols; col++) {
            double u = (double)row / 17;
            double v = (double)col / 23;
            double stripes = sin(u + v * v) > 0 ? 0.3 : 0;
            x[row * x_shape.cols + col] = 0.3 + 0.1 * sin(3 * u) + 0.1 * cos(v) + stripes +
                                          0.15 * ckn_test_uniform(&state, 0, 1);
        }
    }
    double *h = ckn_test_array(ckn_shape_count(h_shape));
    fill_gaussian(h, h_shape, sigma);
    return convolve(x_shape, h_shape, x, h);
}

void known_pair_release(known_pair *pair) {
    free(pair->x);
    free(pair->h);
    free(pair->y);
    *pair = (known_pair){0};
}

ckn_pair known_pair_views(const known_pair *pair) {
    return (ckn_pair){.sharp = ckn_view_f64(pair->x, pair->x_shape.rows, pair->x_shape.cols),
                      .blurred = ckn_view_f64(pair->y, pair->y_shape.rows, pair->y_shape.cols)};
}

ckn_estimate_options known_pair_options(const known_pair *pair) {
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = pair->h_shape.rows;
    options.kernel_cols = pair->h_shape.cols;
    options.solver = CKN_SOLVER_FISTA;
    options.engine = CKN_ENGINE_DIRECT;
    return options;
}

void fill_gaussian(double *h, ckn_shape shape, double sigma) {
    double sum = 0;
    for (size_t row = 0; row < shape.rows; row++) {
        for (size_t col = 0; col < shape.cols; col++) {
            double dy = (double)row - 0.5 * (double)(shape.rows - 1);
            double dx = (double)col - 0.5 * (double)(shape.cols - 1);
            double value = exp(-0.5 * (dx * dx + dy * dy) / (sigma * sigma));
            h[row * shape.cols + col] = value;
            sum += value;
        }
    }
    for (size_t i = 0; i < ckn_shape_count(shape); i++)
        h[i] /= sum;
}
