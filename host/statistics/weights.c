#include "statistics/weights.h"

#include "base/memory.h"
#include "statistics/windows.h"

#include <math.h>
#include <stdlib.h>

bool ckn_weights_given(const ckn_pair *pair) {
    return pair->sharp_weights.data || pair->blurred_weights.data;
}

static ckn_code check_one(const ckn_view *weights, const ckn_view *image, const char *what,
                          const char *of, ckn_error *error) {
    if (!weights->data)
        return CKN_OK;
    CKN_TRY(ckn_view_check(weights, what, error));
    if (weights->rows != image->rows || weights->cols != image->cols)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s is %zu x %zu, but %s is %zu x %zu; it must have its size", what,
                        weights->cols, weights->rows, of, image->cols, image->rows);
    return CKN_OK;
}

ckn_code ckn_weights_check(const ckn_pair *pair, ckn_error *error) {
    CKN_TRY(check_one(&pair->sharp_weights, &pair->sharp, "the weight plane of the sharp image",
                      "the sharp image", error));
    return check_one(&pair->blurred_weights, &pair->blurred,
                     "the weight plane of the blurred image", "the blurred image", error);
}

/* --- weights of windows --------------------------------------------------------------------- */

static bool is_weight(double value) {
    return isfinite(value) && value >= 0;
}

static ckn_code check_values(const ckn_view *weights, const char *what, ckn_error *error) {
    for (size_t row = 0; row < weights->rows; row++) {
        for (size_t col = 0; col < weights->cols; col++) {
            const double value = ckn_view_at(weights, row, col);
            if (!is_weight(value))
                return ckn_fail(
                    error, CKN_ERROR_DATA,
                    "%s holds %g at row %zu, column %zu; weights are finite and not negative", what,
                    value, row, col);
        }
    }
    return CKN_OK;
}

static ckn_code fill_from_blurred(const ckn_problem *problem, size_t index, const ckn_pair *pair,
                                  ckn_error *error) {
    const ckn_problem_pair *own = &problem->pairs[index];
    double *weights = own->weights;
    if (!pair->blurred_weights.data) {
        for (size_t n = 0; n < ckn_shape_count(own->y_shape); n++)
            weights[n] = 1;
        return CKN_OK;
    }
    CKN_TRY(check_values(&pair->blurred_weights, "the weight plane of the blurred image", error));
    const ckn_view valid = ckn_problem_valid_part(problem, index, &pair->blurred_weights);
    for (size_t row = 0; row < valid.rows; row++)
        for (size_t col = 0; col < valid.cols; col++)
            weights[row * valid.cols + col] = ckn_view_at(&valid, row, col);
    return CKN_OK;
}

/* A window with a masked sample counts for nothing. */
static bool mask_window(void *user, size_t window, size_t masked) {
    double *weights = user;
    if (masked > 0)
        weights[window] = 0;
    return true;
}

static ckn_code mask_from_sharp(const ckn_problem *problem, size_t index, const ckn_pair *pair,
                                ckn_error *error) {
    const ckn_view *sharp = &pair->sharp_weights;
    if (!sharp->data)
        return CKN_OK;
    CKN_TRY(check_values(sharp, "the weight plane of the sharp image", error));
    return ckn_windows_visit(sharp, problem->kernel, mask_window, problem->pairs[index].weights,
                             error);
}

static ckn_code fill_pair(ckn_problem *problem, size_t index, const ckn_pair *pair,
                          ckn_error *error) {
    ckn_problem_pair *own = &problem->pairs[index];
    if (!own->weights && !ckn_weights_given(pair))
        return CKN_OK;
    if (!own->weights)
        CKN_TRY(ckn_allocate(&own->weights, ckn_shape_count(own->y_shape), sizeof(double),
                             "the weights", error));
    CKN_TRY(fill_from_blurred(problem, index, pair, error));
    return mask_from_sharp(problem, index, pair, error);
}

/* --- figures -------------------------------------------------------------------------------- */

typedef struct weight_figures {
    double sum, least;
    size_t used;
} weight_figures;

static double largest_weight(const ckn_problem *problem) {
    double largest = 0;
    for (size_t i = 0; i < problem->pair_count; i++) {
        const ckn_problem_pair *pair = &problem->pairs[i];
        for (size_t n = 0; pair->weights && n < ckn_shape_count(pair->y_shape); n++)
            largest = fmax(largest, pair->weights[n]);
        largest = pair->weights ? largest : fmax(largest, 1);
    }
    return largest;
}

/* Relative to `unit`, so that the sum cannot overflow. */
static void add_figures(const ckn_problem_pair *pair, double unit, weight_figures *figures) {
    const size_t count = ckn_shape_count(pair->y_shape);
    for (size_t n = 0; n < count; n++) {
        const double weight = (pair->weights ? pair->weights[n] : 1) / unit;
        if (weight == 0)
            continue;
        figures->sum += weight;
        figures->least = fmin(figures->least, weight);
        figures->used++;
    }
}

static void settle_pair(ckn_problem_pair *pair, double mean) {
    const size_t count = ckn_shape_count(pair->y_shape);
    pair->used = count;
    pair->uneven = 0;
    if (!pair->weights)
        return;
    pair->used = 0;
    for (size_t n = 0; n < count; n++) {
        pair->weights[n] /= mean;
        pair->used += pair->weights[n] > 0;
        pair->uneven += pair->weights[n] != 1;
    }
}

/* A pair without weights counts in full beside pairs with: its weights become a plane as soon as
 * the mean is not 1. */
static ckn_code give_plane(ckn_problem_pair *pair, ckn_error *error) {
    const size_t count = ckn_shape_count(pair->y_shape);
    if (pair->weights)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&pair->weights, count, sizeof(double), "the weights", error));
    for (size_t n = 0; n < count; n++)
        pair->weights[n] = 1;
    return CKN_OK;
}

static ckn_code check_count(const ckn_problem *problem, size_t used, ckn_error *error) {
    const size_t count = ckn_problem_count(problem), taps = ckn_problem_taps(problem);
    if (used == count || used >= taps)
        return CKN_OK;
    if (used == 0)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the masks leave nothing to fit: each of the %zu windows of the kernel's "
                        "size holds a masked sample; mask less, or use a smaller kernel",
                        count);
    return ckn_fail(error, CKN_ERROR_DATA,
                    "the masks leave %zu of %zu samples for %zu taps; mask less, or use a smaller "
                    "kernel",
                    used, count, taps);
}

/* Scales all weights to the mean 1, and counts. */
static ckn_code settle(ckn_problem *problem, ckn_error *error) {
    const double unit = largest_weight(problem);
    weight_figures figures = {.least = INFINITY};
    for (size_t i = 0; i < problem->pair_count && unit > 0; i++)
        add_figures(&problem->pairs[i], unit, &figures);
    CKN_TRY(check_count(problem, figures.used, error));
    const bool even = figures.least == 1; /* the sum has rounding */
    const double mean = unit * (even ? 1 : figures.sum / (double)figures.used);
    for (size_t i = 0; i < problem->pair_count; i++) {
        if (mean != 1)
            CKN_TRY(give_plane(&problem->pairs[i], error));
        settle_pair(&problem->pairs[i], mean);
    }
    problem->largest_weight = unit / mean;
    problem->weighings++;
    return CKN_OK;
}

ckn_code ckn_weights_fill(ckn_problem *problem, const ckn_pair *pairs, ckn_error *error) {
    for (size_t i = 0; i < problem->pair_count; i++)
        CKN_TRY(fill_pair(problem, i, &pairs[i], error));
    return settle(problem, error);
}

ckn_code ckn_weights_give(ckn_problem *problem, ckn_error *error) {
    for (size_t i = 0; i < problem->pair_count; i++)
        CKN_TRY(give_plane(&problem->pairs[i], error));
    return CKN_OK;
}

ckn_code ckn_weights_count(ckn_problem *problem, ckn_error *error) {
    for (size_t i = 0; i < problem->pair_count; i++)
        settle_pair(&problem->pairs[i], 1);
    problem->weighings++;
    const size_t used = ckn_problem_used(problem), taps = ckn_problem_taps(problem);
    if (used >= taps)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_DATA,
                    "without what the robust fit takes for outliers %zu of %zu samples are left "
                    "for %zu taps; leave --robust out, or use a smaller kernel",
                    used, ckn_problem_count(problem), taps);
}

/* --- samples -------------------------------------------------------------------------------- */

ckn_code ckn_weights_extent(const ckn_view *view, const ckn_view *weight, const char *what,
                            ckn_extent *extent, ckn_error *error) {
    if (!weight->data) {
        *extent = ckn_view_extent(view);
        return extent->finite ? CKN_OK : ckn_view_check_finite(view, what, error);
    }
    *extent = (ckn_extent){INFINITY, -INFINITY, true};
    for (size_t row = 0; row < view->rows; row++) {
        for (size_t col = 0; col < view->cols; col++) {
            const double value = ckn_view_at(view, row, col);
            if (ckn_view_at(weight, row, col) == 0)
                continue;
            if (!isfinite(value))
                return ckn_fail(error, CKN_ERROR_DATA,
                                "%s: the sample at row %zu, column %zu is %s, and not masked", what,
                                row, col, isnan(value) ? "NaN" : "infinite");
            extent->low = fmin(extent->low, value);
            extent->high = fmax(extent->high, value);
        }
    }
    return CKN_OK;
}

ckn_code ckn_weights_upload(ckn_backend *backend, ckn_buffer *buffer, const ckn_view *view,
                            const ckn_view *weight, double scale, double shift, ckn_error *error) {
    double *copy = NULL;
    if (!weight->data)
        return ckn_problem_upload_view(backend, buffer, view, scale, shift, error);
    CKN_TRY(ckn_allocate(&copy, view->rows * view->cols, sizeof *copy, "a masked plane", error));
    for (size_t row = 0; row < view->rows; row++) {
        for (size_t col = 0; col < view->cols; col++) {
            if (ckn_view_at(weight, row, col) != 0)
                copy[row * view->cols + col] = scale * (ckn_view_at(view, row, col) - shift);
        }
    }
    const ckn_view masked = ckn_view_f64(copy, view->rows, view->cols);
    ckn_code code = backend->ops->upload(backend, buffer, &masked, error);
    free(copy);
    return code;
}

/* --- on the device -------------------------------------------------------------------------- */

static ckn_code upload_root(ckn_problem *problem, ckn_problem_pair *pair, ckn_error *error) {
    ckn_backend *backend = problem->backend;
    const size_t count = ckn_shape_count(pair->y_shape);
    double *root = NULL;
    if (!pair->root)
        CKN_TRY(backend->ops->buffer_create(backend, count, &pair->root, error));
    CKN_TRY(ckn_allocate(&root, count, sizeof *root, "the weights", error));
    for (size_t n = 0; n < count; n++)
        root[n] = sqrt(pair->weights[n]);
    const ckn_view view = ckn_view_f64(root, pair->y_shape.rows, pair->y_shape.cols);
    ckn_code code = backend->ops->upload(backend, pair->root, &view, error);
    free(root);
    if (code == CKN_OK)
        pair->root_weighing = problem->weighings;
    return code;
}

ckn_code ckn_weights_apply(ckn_problem *problem, ckn_error *error) {
    for (size_t i = 0; i < problem->pair_count; i++) {
        ckn_problem_pair *pair = &problem->pairs[i];
        if (!pair->weights || pair->uneven == 0)
            continue;
        if (!pair->root || pair->root_weighing != problem->weighings)
            CKN_TRY(upload_root(problem, pair, error));
        CKN_TRY(problem->backend->ops->multiply(
            problem->backend, pair->r, ckn_shape_count(pair->y_shape), pair->r, pair->root, error));
    }
    return CKN_OK;
}
