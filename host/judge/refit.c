#include "base/memory.h"
#include "judge/evidence.h"

#include <math.h>
#include <stdlib.h>

#define MOST_TAPS ((size_t)1700) /* 41 x 41: a factorisation takes 0.1 s */
#define LEAST_SAMPLES 4.0        /* a tap */
#define TILES ((size_t)3) /* along each axis, of a kernel that varies; 2 where they get small */
#define CURVE_PARTS ((size_t)256)

static const char what[] = "a verdict";

/* A least-squares fit of planes of one shape. */
typedef struct job {
    ckn_context *context;
    ckn_shape kernel;
    ckn_pair pairs[CKN_JUDGE_PLANES];
    size_t count;
    ckn_output models[CKN_JUDGE_PLANES]; /* data NULL: not wanted */
} job;

/* *square: what is left of sum y^2, as if samples that the fit has not seen; NAN: no fit. */
static ckn_code fit(const job *j, double used, double *square, ckn_error *error) {
    const size_t taps = ckn_shape_count(j->kernel);
    ckn_estimate_options options;
    ckn_estimate_result result;
    ckn_estimate_plan *plan;
    double *kernel;
    *square = NAN;
    if (taps > MOST_TAPS || used < LEAST_SAMPLES * (double)taps)
        return CKN_OK;
    ckn_estimate_options_init(&options);
    options.kernel_rows = j->kernel.rows;
    options.kernel_cols = j->kernel.cols;
    options.solver = CKN_SOLVER_EXACT;
    options.constraint = CKN_CONSTRAINT_NONE;
    options.prior = CKN_PRIOR_NONE;
    options.background = CKN_BACKGROUND_CONSTANT;
    CKN_TRY(ckn_allocate(&kernel, taps, sizeof *kernel, what, error));
    ckn_error reason = {CKN_OK, ""};
    ckn_code code =
        ckn_estimate_plan_create(j->context, &options, j->pairs, j->count, &plan, &reason);
    if (code == CKN_OK) {
        code = ckn_estimate_plan_run(plan, j->pairs, j->count,
                                     ckn_output_f64(kernel, j->kernel.rows, j->kernel.cols),
                                     j->models, &result, &reason);
        ckn_estimate_plan_destroy(plan);
    }
    free(kernel);
    if (code == CKN_OK)
        *square = result.residual_norm * result.residual_norm * used / fmax(used - (double)taps, 1);
    /* Pairs that do not allow a fit are no failure of the verdict. */
    if (code == CKN_OK || code == CKN_ERROR_DATA || code == CKN_ERROR_ARGUMENT)
        return CKN_OK;
    return ckn_fail(error, code, "%s", reason.message);
}

static double count_weights(const ckn_view *w) {
    double sum = 0;
    for (size_t row = 0; row < w->rows; row++)
        for (size_t col = 0; col < w->cols; col++)
            sum += ckn_view_at(w, row, col);
    return sum;
}

/* The planes' parts of `shape` samples of BLURRED that start at `at`, for a kernel that reaches
 * `more` further to each side than the judged one: `at` is at least that. Sums r^2 there, and the
 * samples that count. */
static void cut(const ckn_judge_samples *samples, ckn_shape at, ckn_shape shape, size_t more,
                job *j, double *square, double *used) {
    const ckn_shape all = samples->shape;
    const ckn_shape whole = {shape.rows + j->kernel.rows - 1, shape.cols + j->kernel.cols - 1};
    *square = *used = 0;
    j->count = samples->count;
    for (size_t n = 0; n < samples->count; n++) {
        const ckn_judge_plane *p = &samples->planes[n];
        const ckn_view x =
            ckn_view_f64(p->x, all.rows + samples->kernel.rows - 1, ckn_judge_stride(samples));
        const ckn_view y = ckn_view_f64(p->y, all.rows, all.cols);
        const ckn_view r = ckn_view_f64(p->r, all.rows, all.cols);
        const ckn_view w = ckn_view_f64(p->w, all.rows, all.cols);
        const ckn_view weights = ckn_view_part(&w, at.rows, at.cols, shape);
        const double count = count_weights(&weights);
        j->pairs[n] = (ckn_pair){.sharp = ckn_view_part(&x, at.rows - more, at.cols - more, whole),
                                 .blurred = ckn_view_part(&y, at.rows, at.cols, shape)};
        if (count < (double)ckn_shape_count(shape))
            j->pairs[n].blurred_weights = weights;
        *used += count;
        for (size_t row = 0; row < shape.rows; row++) {
            for (size_t col = 0; col < shape.cols; col++) {
                const double value = ckn_view_at(&r, at.rows + row, at.cols + col);
                *square += value * value;
            }
        }
    }
}

static double gain_of(double before, double after) {
    return before > 0 && isfinite(after) ? 1 - after / before : NAN;
}

ckn_code ckn_judge_refit_same(ckn_context *context, const ckn_judge_samples *samples, double *gain,
                              ckn_error *error) {
    job same = {.context = context, .kernel = samples->kernel};
    double square, used, after;
    cut(samples, (ckn_shape){0, 0}, samples->shape, 0, &same, &square, &used);
    CKN_TRY(fit(&same, used, &after, error));
    *gain = gain_of(square, after);
    return CKN_OK;
}

ckn_code ckn_judge_refit_larger(ckn_context *context, const ckn_judge_samples *samples,
                                double *gain, ckn_error *error) {
    const ckn_shape k = samples->kernel, all = samples->shape;
    const size_t longer = k.rows > k.cols ? k.rows : k.cols;
    const size_t more = longer / 4 < 2 ? 2 : longer / 4;
    job same = {.context = context, .kernel = k};
    job wide = {.context = context, .kernel = {k.rows + 2 * more, k.cols + 2 * more}};
    double square, used, before, after;
    *gain = NAN;
    if (all.rows <= 4 * more || all.cols <= 4 * more)
        return CKN_OK;
    const ckn_shape at = {more, more}, part = {all.rows - 2 * more, all.cols - 2 * more};
    cut(samples, at, part, more, &wide, &square, &used);
    CKN_TRY(fit(&wide, used, &after, error));
    if (!isfinite(after))
        return CKN_OK;
    cut(samples, at, part, 0, &same, &square, &used);
    CKN_TRY(fit(&same, used, &before, error));
    *gain = gain_of(fmin(before, square), after);
    return CKN_OK;
}

/* One tile, added to both sums where it can be fitted. */
static ckn_code fit_tile(ckn_context *context, const ckn_judge_samples *samples, ckn_shape at,
                         ckn_shape shape, double *before, double *after, ckn_error *error) {
    job j = {.context = context, .kernel = samples->kernel};
    double square, used, left;
    cut(samples, at, shape, 0, &j, &square, &used);
    CKN_TRY(fit(&j, used, &left, error));
    if (!isfinite(left))
        return CKN_OK;
    *before += square;
    *after += left;
    return CKN_OK;
}

ckn_code ckn_judge_refit_tiles(ckn_context *context, const ckn_judge_samples *samples, double *gain,
                               ckn_error *error) {
    const double taps = (double)ckn_shape_count(samples->kernel);
    const bool small = samples->used < 2 * LEAST_SAMPLES * taps * (double)(TILES * TILES);
    const size_t tiles = small ? 2 : TILES;
    const ckn_shape shape = {samples->shape.rows / tiles, samples->shape.cols / tiles};
    double before = 0, after = 0;
    *gain = NAN;
    if (shape.rows == 0 || shape.cols == 0)
        return CKN_OK;
    for (size_t i = 0; i < tiles * tiles; i++) {
        const ckn_shape at = {i / tiles * shape.rows, i % tiles * shape.cols};
        CKN_TRY(fit_tile(context, samples, at, shape, &before, &after, error));
    }
    *gain = gain_of(before, after);
    return CKN_OK;
}

/* --- other scales of brightness -----------------------------------------------------------------
 */

static double decode(double v) {
    v = fmin(fmax(v, 0), 1);
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double encode(double v) {
    v = fmin(fmax(v, 0), 1);
    return v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1 / 2.4) - 0.055;
}

/* Copies of SHARP and BLURRED on another scale, and the model that a fit to them gives. */
typedef struct scaled {
    double *x[CKN_JUDGE_PLANES], *y[CKN_JUDGE_PLANES], *m[CKN_JUDGE_PLANES];
} scaled;

static void release(scaled *made) {
    for (size_t n = 0; n < CKN_JUDGE_PLANES; n++) {
        free(made->x[n]);
        free(made->y[n]);
        free(made->m[n]);
    }
}

static ckn_code allocate(const ckn_judge_samples *samples, bool with_x, scaled *made,
                         ckn_error *error) {
    const size_t size = ckn_judge_size(samples);
    const size_t all = (samples->shape.rows + samples->kernel.rows - 1) * ckn_judge_stride(samples);
    for (size_t n = 0; n < samples->count; n++) {
        if (with_x)
            CKN_TRY(ckn_allocate(&made->x[n], all, sizeof(double), what, error));
        CKN_TRY(ckn_allocate(&made->y[n], size, sizeof(double), what, error));
        CKN_TRY(ckn_allocate(&made->m[n], size, sizeof(double), what, error));
    }
    return CKN_OK;
}

/* Fits the copies; SHARP as it is where there is none of it. Sums r^2. */
static ckn_code fit_scaled(ckn_context *context, const ckn_judge_samples *samples,
                           const scaled *made, double *before, double *left, ckn_error *error) {
    job j = {.context = context, .kernel = samples->kernel};
    const ckn_shape shape = samples->shape;
    double used;
    cut(samples, (ckn_shape){0, 0}, shape, 0, &j, before, &used);
    for (size_t n = 0; n < samples->count; n++) {
        if (made->x[n])
            j.pairs[n].sharp.data = made->x[n];
        j.pairs[n].blurred.data = made->y[n];
        j.models[n] = ckn_output_f64(made->m[n], shape.rows, shape.cols);
    }
    return fit(&j, used, left, error);
}

static double linear_left(const ckn_judge_samples *samples, const scaled *made) {
    double sum = 0;
    for (size_t n = 0; n < samples->count; n++) {
        const ckn_judge_plane *p = &samples->planes[n];
        for (size_t i = 0; i < ckn_judge_size(samples); i++) {
            const double off = p->w[i] * (p->y[i] - encode(made->m[n][i]));
            sum += off * off;
        }
    }
    return sum;
}

static ckn_code try_linear(ckn_context *context, const ckn_judge_samples *samples, scaled *made,
                           double *gain, ckn_error *error) {
    const size_t size = ckn_judge_size(samples);
    const size_t all = (samples->shape.rows + samples->kernel.rows - 1) * ckn_judge_stride(samples);
    double before, left;
    CKN_TRY(allocate(samples, true, made, error));
    for (size_t n = 0; n < samples->count; n++) {
        for (size_t i = 0; i < all; i++)
            made->x[n][i] = decode(samples->planes[n].x[i]);
        for (size_t i = 0; i < size; i++)
            made->y[n][i] = decode(samples->planes[n].y[i]);
    }
    CKN_TRY(fit_scaled(context, samples, made, &before, &left, error));
    *gain = isfinite(left) ? gain_of(before, linear_left(samples, made)) : NAN;
    return CKN_OK;
}

ckn_code ckn_judge_refit_linear(ckn_context *context, const ckn_judge_samples *samples,
                                double *gain, ckn_error *error) {
    scaled made = {0};
    ckn_code code = try_linear(context, samples, &made, gain, error);
    release(&made);
    return code;
}

/* y' = the mean of m where BLURRED is about y: the curve turned round. */
static void turn_curve(const ckn_judge_samples *samples, size_t plane, double *sums, double *counts,
                       double *out) {
    const ckn_judge_plane *p = &samples->planes[plane];
    const size_t size = ckn_judge_size(samples);
    double low = INFINITY, high = -INFINITY, last = 0;
    for (size_t i = 0; i < size; i++) {
        low = p->w[i] > 0 ? fmin(low, p->y[i]) : low;
        high = p->w[i] > 0 ? fmax(high, p->y[i]) : high;
    }
    for (size_t i = 0; i < CURVE_PARTS; i++)
        sums[i] = counts[i] = 0;
    const double scale = high > low ? (double)(CURVE_PARTS - 1) / (high - low) : 0;
    for (size_t i = 0; i < size; i++) {
        const double place = fmin(fmax((p->y[i] - low) * scale, 0), (double)(CURVE_PARTS - 1));
        const size_t index = (size_t)(place + 0.5);
        sums[index] += p->w[i] * p->m[i];
        counts[index] += p->w[i];
        out[i] = place;
    }
    for (size_t i = 0; i < CURVE_PARTS; i++)
        last = sums[i] = counts[i] > 0 ? sums[i] / counts[i] : last;
    for (size_t i = 0; i < size; i++) {
        const size_t index = out[i] < (double)(CURVE_PARTS - 1) ? (size_t)out[i] : CURVE_PARTS - 2;
        const double part = out[i] - (double)index;
        out[i] = (1 - part) * sums[index] + part * sums[index + 1];
    }
}

static ckn_code try_curve(ckn_context *context, const ckn_judge_samples *samples, scaled *made,
                          double *gain, ckn_error *error) {
    double sums[CURVE_PARTS], counts[CURVE_PARTS], before, left;
    CKN_TRY(allocate(samples, false, made, error));
    for (size_t n = 0; n < samples->count; n++)
        turn_curve(samples, n, sums, counts, made->y[n]);
    CKN_TRY(fit_scaled(context, samples, made, &before, &left, error));
    *gain = NAN;
    if (!isfinite(left))
        return CKN_OK;
    CKN_TRY(ckn_judge_curve_left(samples, made->m, &left, error));
    *gain = gain_of(before, left);
    return CKN_OK;
}

ckn_code ckn_judge_refit_curve(ckn_context *context, const ckn_judge_samples *samples, double *gain,
                               ckn_error *error) {
    scaled made = {0};
    ckn_code code = try_curve(context, samples, &made, gain, error);
    release(&made);
    return code;
}
