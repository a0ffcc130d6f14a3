#include "inspect/clip_case.h"

#include "support/naive.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>

static const ckn_shape x_shape = {CASE_ROWS, CASE_COLS}, h_shape = {CASE_TAPS, CASE_TAPS};
static const ckn_frame frame = {CASE_TAPS, CASE_TAPS, 0, 0};

/* Nearly: twelve uniform numbers. */
double clip_normal(uint64_t *state) {
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += ckn_test_uniform(state, 0, 1);
    return sum;
}

void clip_case_blur(clip_case *of) {
    ckn_naive_valid(of->x, x_shape, of->h, h_shape, of->clean);
    for (size_t n = 0; n < CASE_OUT_SAMPLES; n++)
        of->y[n] = of->clean[n];
}

void clip_case_record(clip_case *of, uint64_t seed) {
    for (size_t n = 0; n < CASE_OUT_SAMPLES; n++) {
        double value = of->clean[n] + of->sigma * clip_normal(&seed);
        value = fmin(fmax(value, of->low), of->high);
        of->y[n] = of->step > 0 ? rint(value / of->step) * of->step : value;
    }
}

ckn_pair clip_case_pair(const clip_case *of) {
    return (ckn_pair){.sharp = ckn_view_f64(of->x, CASE_ROWS, CASE_COLS),
                      .blurred = ckn_view_f64(of->y, CASE_OUT_ROWS, CASE_OUT_COLS)};
}

/* Plain least squares: the error, and the residual's deviation. */
static double fit(const clip_case *of, const ckn_pair *pair, double *kernel, double *sigma) {
    ckn_estimate_options options;
    ckn_estimate_result result;
    ckn_estimate_options_init(&options);
    options.kernel_rows = options.kernel_cols = CASE_TAPS;
    options.solver = CKN_SOLVER_EXACT;
    options.prior = CKN_PRIOR_NONE;
    options.constraint = CKN_CONSTRAINT_NONE;
    options.background = CKN_BACKGROUND_NONE;
    TRY_OK(ckn_estimate(ckn_test_context(), &options, pair, 1,
                        ckn_output_f64(kernel, CASE_TAPS, CASE_TAPS), &result, &error));
    if (sigma)
        *sigma = result.residual_rms;
    return ckn_test_difference(kernel, of->h, CASE_TAPS * CASE_TAPS);
}

static ckn_clip_source source_of(const clip_case *of, double step) {
    const double none = (double)NAN;
    return (ckn_clip_source){NULL, 1, of->typed ? 0 : none, of->typed ? 1 : none, step};
}

static void refine(const clip_case *of, ckn_clipping *clipping) {
    static double model[CASE_OUT_SAMPLES];
    double kernel[CASE_TAPS * CASE_TAPS], sigma;
    bool changed;
    ckn_pair cut;
    const ckn_view plane = ckn_view_f64(model, CASE_OUT_ROWS, CASE_OUT_COLS);
    TRY_OK(ckn_clipping_keep_enough(clipping, &frame, CASE_TAPS * CASE_TAPS, &changed, &error));
    TRY_OK(ckn_clipping_weigh_windows(clipping, 0, &frame, &cut, &error));
    fit(of, &cut, kernel, &sigma);
    ckn_naive_valid(of->x, x_shape, kernel, h_shape, model);
    const ckn_clip_model made = {&frame, &plane, sigma, CASE_TAPS * CASE_TAPS};
    TRY_OK(ckn_clipping_refine(clipping, &made, &changed, &error));
}

clip_answer clip_case_solve(const clip_case *of) {
    const ckn_pair pair = clip_case_pair(of);
    const ckn_clip_source source = source_of(of, of->step);
    double kernel[CASE_TAPS * CASE_TAPS];
    ckn_clipping *clipping = NULL;
    ckn_pair cut;
    clip_answer answer;
    TRY_OK(ckn_clipping_create(&pair, 1, &source, &source, CKN_CLIP_AUTO, &clipping, &error));
    if (ckn_clipping_wants_model(clipping))
        refine(of, clipping);
    TRY_OK(ckn_clipping_weigh_windows(clipping, 0, &frame, &cut, &error));
    answer.error = fit(of, &cut, kernel, NULL);
    TRY_OK(ckn_clipping_count(clipping, 0, &frame, &answer.counts, &error));
    answer.limits = ckn_clipping_limits_of_blurred(clipping, 0);
    answer.gave_up = ckn_clipping_gave_up(clipping);
    ckn_clipping_destroy(clipping);
    return answer;
}

double clip_case_by_hand(const clip_case *of) {
    static double weights[CASE_OUT_SAMPLES];
    double kernel[CASE_TAPS * CASE_TAPS];
    const double near = 2.5 * of->sigma;
    ckn_pair pair = clip_case_pair(of);
    for (size_t n = 0; n < CASE_OUT_SAMPLES; n++)
        weights[n] = of->clean[n] > of->low + near && of->clean[n] < of->high - near;
    pair.blurred_weights = ckn_view_f64(weights, CASE_OUT_ROWS, CASE_OUT_COLS);
    return fit(of, &pair, kernel, NULL);
}

double clip_case_plain(const clip_case *of) {
    double kernel[CASE_TAPS * CASE_TAPS];
    const ckn_pair pair = clip_case_pair(of);
    return fit(of, &pair, kernel, NULL);
}
