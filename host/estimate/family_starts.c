/* Where the fits of blurs start: at a Gaussian found by a list of sizes, and at others from it. */
#include "estimate/family_search.h"

#include <math.h>

enum { MOST_PASSES = 10, MOST_STARTS = 64 };

#define RADIAN 57.295779513082323
#define HALF_GAUSSIAN_MEAN 0.798      /* of sigma: from the end of a one-sided Gaussian */
#define HALF_GAUSSIAN_DEVIATION 0.603 /* of sigma */
#define FWHM 2.3548                   /* of a Gaussian, in sigma */
#define NEAR 0.3 /* of the signal: a Gaussian that misses more says nothing of a cut one */

#define COUNT_OF(list) (sizeof(list) / sizeof(list)[0])

static const double sigmas[] = {0.5, 0.8, 1.3, 2, 3.2, 5, 8, 13, 21, 34};

/* Starts that are screened together. */
typedef struct starts {
    ckn_family_model models[MOST_STARTS];
    size_t count;
} starts;

static ckn_family_model *add(starts *list, const ckn_family_model *model) {
    ckn_family_model *own = &list->models[list->count];
    *own = *model;
    list->count += list->count + 1 < MOST_STARTS;
    return own;
}

static ckn_code try_all(ckn_family_search *search, starts *list, size_t choices, ckn_error *error) {
    return ckn_family_search_try(search, list->models, list->count, choices, error);
}

static const double *gaussian_of(const ckn_family_search *search) {
    return search->found[CKN_FAMILY_GAUSSIAN].model.theta;
}

/* ---- round ones */

static ckn_code fit_gaussian(ckn_family_search *search, ckn_error *error) {
    starts list = {.count = 0};
    const double middle_x = 0.5 * (double)(search->shape.cols - 1);
    const double middle_y = 0.5 * (double)(search->shape.rows - 1);
    for (size_t i = 0; i < 2 * COUNT_OF(sigmas); i++) {
        ckn_family_model model = ckn_family_search_model(search, CKN_FAMILY_GAUSSIAN, 0);
        model.theta[CKN_MODEL_X] = i % 2 ? search->x : middle_x;
        model.theta[CKN_MODEL_Y] = i % 2 ? search->y : middle_y;
        model.theta[CKN_MODEL_SIZE] = sigmas[i / 2];
        add(&list, &model);
    }
    return try_all(search, &list, 0, error);
}

/* The number of passes by screening at the Gaussian's sigma, the best three by a fit. */
static ckn_code fit_boxes(ckn_family_search *search, ckn_error *error) {
    double excess[MOST_PASSES];
    ckn_family_model models[MOST_PASSES];
    for (size_t i = 0; i < MOST_PASSES; i++) {
        models[i] = ckn_family_search_from(search, CKN_FAMILY_EXTENDED_BOX, i + 1,
                                           &search->found[CKN_FAMILY_GAUSSIAN].model);
        models[i].theta[CKN_MODEL_SIZE] = gaussian_of(search)[CKN_MODEL_SIZE];
    }
    CKN_TRY(ckn_family_screen(&search->data, models, MOST_PASSES, excess, error));
    for (size_t i = 0; i < MOST_PASSES; i++) {
        size_t better = 0;
        for (size_t j = 0; j < MOST_PASSES; j++)
            better += excess[j] < excess[i];
        if (i < 2 || better < 2) /* the first two differ too much from a Gaussian */
            CKN_TRY(ckn_family_search_minimise(search, &models[i], i > 0, error));
    }
    return CKN_OK;
}

/* A disc's deviation along each axis is half its radius. */
static ckn_code fit_disc(ckn_family_search *search, ckn_error *error) {
    static const double factors[] = {1, 0.8, 0.9, 1.15, 1.3};
    starts list = {.count = 0};
    for (size_t i = 0; i < COUNT_OF(factors); i++) {
        ckn_family_model model = ckn_family_search_from(
            search, CKN_FAMILY_DISC, 0, &search->found[CKN_FAMILY_GAUSSIAN].model);
        model.theta[CKN_MODEL_SIZE] = 2 * factors[i] * gaussian_of(search)[CKN_MODEL_SIZE];
        add(&list, &model);
    }
    return try_all(search, &list, 0, error);
}

static ckn_code fit_moffat(ckn_family_search *search, ckn_error *error) {
    static const double betas[] = {1.3, 1.8, 2.5, 4, 8}, factors[] = {0.6, 0.75, 0.9};
    starts list = {.count = 0};
    for (size_t i = 0; i < COUNT_OF(betas) * COUNT_OF(factors); i++) {
        ckn_family_model model = ckn_family_search_from(
            search, CKN_FAMILY_MOFFAT, 0, &search->found[CKN_FAMILY_GAUSSIAN].model);
        model.theta[CKN_MODEL_SIZE] = factors[i % COUNT_OF(factors)] * FWHM *
                                      gaussian_of(search)[CKN_MODEL_SIZE];
        model.theta[CKN_MODEL_SIZE + 1] = 1 / betas[i / COUNT_OF(factors)];
        add(&list, &model);
    }
    return try_all(search, &list, 0, error);
}

/* A Gaussian of a square window, as programs take it that are given a size: only where a whole one
 * is near and yet not it. Its place and its size are two choices and one. */
static ckn_code fit_cut_gaussian(ckn_family_search *search, ckn_error *error) {
    static const double factors[] = {1, 1.1, 1.25, 1.6};
    const ckn_family_minimum whole = search->found[CKN_FAMILY_GAUSSIAN];
    const double sigma = whole.model.theta[CKN_MODEL_SIZE];
    starts list = {.count = 0};
    if (!(whole.excess < NEAR * search->data.signal) ||
        whole.excess < search->data.variance * (double)search->data.taps)
        return CKN_OK;
    const size_t most = (size_t)fmin(15, ceil(4 * sigma));
    for (size_t reach = 1; reach <= most; reach++) {
        for (size_t i = 0; i < COUNT_OF(factors); i++) {
            ckn_family_model model =
                ckn_family_search_from(search, CKN_FAMILY_GAUSSIAN, reach, &whole.model);
            model.theta[CKN_MODEL_SIZE] = factors[i] * sigma;
            add(&list, &model);
        }
    }
    return try_all(search, &list, 3, error);
}

/* ---- long ones */

static ckn_code fit_elliptic(ckn_family_search *search, ckn_error *error) {
    ckn_family_model model =
        ckn_family_search_from(search, CKN_FAMILY_ELLIPTIC_GAUSSIAN, 0,
                               &search->found[CKN_FAMILY_GAUSSIAN].model);
    const double sigma = gaussian_of(search)[CKN_MODEL_SIZE];
    model.theta[CKN_MODEL_SIZE] = sigma * sigma;
    model.theta[CKN_MODEL_SIZE + 1] = model.theta[CKN_MODEL_SIZE + 2] = 0;
    return ckn_family_search_minimise(search, &model, 0, error);
}

/* The elliptic Gaussian, or the round one where there is none. */
static const ckn_family_model *ellipse(const ckn_family_search *search) {
    const ckn_family_minimum *elliptic = &search->found[CKN_FAMILY_ELLIPTIC_GAUSSIAN];
    return isfinite(elliptic->excess) ? &elliptic->model
                                      : &search->found[CKN_FAMILY_GAUSSIAN].model;
}

static ckn_family_parameters axes_of(const ckn_family_model *model) {
    ckn_family_parameters axes = ckn_family_model_parameters(model);
    if (model->family == CKN_FAMILY_GAUSSIAN) {
        axes.sigma_minor = axes.sigma;
        axes.angle = 0;
    }
    return axes;
}

/* A line's variance is length^2 / 12 more along than across. Where the direction is hidden by
 * noise, angles all round are tried. */
static ckn_code fit_line(ckn_family_search *search, ckn_error *error) {
    static const double turns[] = {0, 8, -8, 20, -20, 40, -40, 65, -65, 90};
    static const double factors[] = {1, 0.75, 1.3};
    const ckn_family_parameters axes = axes_of(ellipse(search));
    const double length =
        sqrt(12 * fmax(0.1, axes.sigma * axes.sigma - axes.sigma_minor * axes.sigma_minor));
    for (size_t i = 0; i < COUNT_OF(factors); i++) {
        starts list = {.count = 0};
        for (size_t j = 0; j < COUNT_OF(turns); j++) {
            ckn_family_model model =
                ckn_family_search_from(search, CKN_FAMILY_LINE, 0, ellipse(search));
            const double angle = (axes.angle + turns[j]) / RADIAN;
            model.theta[CKN_MODEL_SIZE] = factors[i] * length * cos(angle);
            model.theta[CKN_MODEL_SIZE + 1] = factors[i] * length * sin(angle);
            add(&list, &model);
        }
        CKN_TRY(try_all(search, &list, 0, error));
    }
    return CKN_OK;
}

/* A side of w has the variance w^2 / 12; an ellipse knows that of both axes. */
static ckn_code fit_free_rectangle(ckn_family_search *search, ckn_error *error) {
    static const double factors[] = {1, 0.85, 1.15};
    const ckn_family_model *start = ellipse(search);
    const double *size = start->theta + CKN_MODEL_SIZE;
    const bool round = start->family == CKN_FAMILY_GAUSSIAN;
    const double along_x = round ? size[0] * size[0] : size[0] + size[1];
    const double along_y = round ? size[0] * size[0] : size[0] - size[1];
    starts list = {.count = 0};
    for (size_t i = 0; i < COUNT_OF(factors) * COUNT_OF(factors); i++) {
        ckn_family_model model = ckn_family_search_from(search, CKN_FAMILY_RECTANGLE, 0, start);
        model.theta[CKN_MODEL_SIZE] =
            factors[i % COUNT_OF(factors)] * sqrt(12 * fmax(0.1, along_x));
        model.theta[CKN_MODEL_SIZE + 1] =
            factors[i / COUNT_OF(factors)] * sqrt(12 * fmax(0.1, along_y));
        add(&list, &model);
    }
    return try_all(search, &list, 0, error);
}

#define THIN 0.02 /* pixels above 1, and 4 errors: a line */

/* Whether a side is that of a line: the other name is better. */
static bool is_thin(const ckn_family_minimum *found) {
    for (size_t i = CKN_MODEL_SIZE; i < CKN_MODEL_SIZE + 2; i++) {
        const double error = sqrt(found->covariance[i * CKN_MODEL_MOST + i]);
        if (found->model.theta[i] <= 1 + THIN + (isnan(error) ? 0 : 4 * error))
            return true;
    }
    return false;
}

/* Sides that may be whole numbers are taken as such: two parameters less. Errors stay those of free
 * sides. */
static ckn_code fit_rectangle(ckn_family_search *search, ckn_error *error) {
    ckn_family_minimum *found = &search->found[CKN_FAMILY_RECTANGLE];
    CKN_TRY(fit_free_rectangle(search, error));
    if (!isfinite(found->excess))
        return CKN_OK;
    const ckn_family_minimum free_sides = *found;
    ckn_family_model whole = found->model;
    for (size_t i = CKN_MODEL_SIZE; i < CKN_MODEL_SIZE + 2; i++) {
        whole.theta[i] = fmax(1, round(whole.theta[i]));
        whole.free[i] = false;
    }
    CKN_TRY(ckn_family_search_minimise(search, &whole, 0, error));
    if (!found->model.free[CKN_MODEL_SIZE])
        for (size_t i = 0; i < COUNT_OF(found->covariance); i++)
            found->covariance[i] = free_sides.covariance[i];
    if (is_thin(found))
        found->excess = INFINITY;
    return CKN_OK;
}

/* One step of a search by screening: the best of `turns` degrees and factors of sigma. */
static ckn_code turn_half_line(ckn_family_search *search, ckn_family_model *model, double degrees,
                               double spread, double *least, ckn_error *error) {
    const ckn_family_model start = *model;
    const double *size = start.theta + CKN_MODEL_SIZE;
    const double sigma = hypot(size[0], size[1]), angle = atan2(size[1], size[0]);
    starts list = {.count = 0};
    for (int i = 0; i < 9 * 5; i++) {
        ckn_family_model own = start;
        const double turned = angle + (i % 9 - 4) * degrees / RADIAN;
        const double scaled = sigma * (1 + spread * (i / 9 - 2)); /* NOLINT: whole */
        own.theta[CKN_MODEL_SIZE] = scaled * cos(turned);
        own.theta[CKN_MODEL_SIZE + 1] = scaled * sin(turned);
        add(&list, &own);
    }
    return ckn_family_search_best(search, list.models, list.count, model, least, error);
}

/* Rounded steps jump with the angle: no slopes. Errors are those of the shared-out ones. */
static ckn_code fit_rounded_half_line(ckn_family_search *search, ckn_error *error) {
    ckn_family_minimum *found = &search->found[CKN_FAMILY_HALF_GAUSSIAN_LINE];
    const ckn_family_minimum shared = *found;
    ckn_family_model model =
        ckn_family_search_from(search, CKN_FAMILY_HALF_GAUSSIAN_LINE, 1, &shared.model);
    double least = INFINITY;
    for (size_t i = CKN_MODEL_SIZE; i < CKN_MODEL_SIZE + 2; i++) {
        model.theta[i] = shared.model.theta[i];
        model.free[i] = false;
    }
    for (double degrees = 1.5, spread = 0.04; degrees > 0.1; degrees *= 0.4, spread *= 0.25)
        CKN_TRY(turn_half_line(search, &model, degrees, spread, &least, error));
    CKN_TRY(ckn_family_search_minimise(search, &model, 4, error));
    if (found->model.variant == 1)
        for (size_t i = 0; i < COUNT_OF(found->covariance); i++)
            found->covariance[i] = shared.covariance[i];
    return CKN_OK;
}

static ckn_code fit_half_line(ckn_family_search *search, ckn_error *error) {
    static const double turns[] = {0, 10, -10}, factors[] = {0.8, 1, 1.3};
    const ckn_family_minimum *found = &search->found[CKN_FAMILY_HALF_GAUSSIAN_LINE];
    const ckn_family_model *start = ellipse(search);
    const ckn_family_parameters axes = axes_of(start);
    for (int side = 0; side < 2; side++) {
        starts list = {.count = 0};
        for (size_t i = 0; i < COUNT_OF(turns) * COUNT_OF(factors); i++) {
            ckn_family_model model =
                ckn_family_search_from(search, CKN_FAMILY_HALF_GAUSSIAN_LINE, 0, start);
            const double angle = (axes.angle + turns[i % COUNT_OF(turns)] + 180 * side) / RADIAN;
            const double sigma =
                factors[i / COUNT_OF(turns)] * axes.sigma / HALF_GAUSSIAN_DEVIATION;
            model.theta[CKN_MODEL_X] -= HALF_GAUSSIAN_MEAN * sigma * cos(angle);
            model.theta[CKN_MODEL_Y] -= HALF_GAUSSIAN_MEAN * sigma * sin(angle);
            model.theta[CKN_MODEL_SIZE] = sigma * cos(angle);
            model.theta[CKN_MODEL_SIZE + 1] = sigma * sin(angle);
            add(&list, &model);
        }
        CKN_TRY(try_all(search, &list, 0, error));
    }
    if (found->excess < NEAR * search->data.signal &&
        found->excess > search->data.variance * (double)search->data.taps)
        return fit_rounded_half_line(search, error);
    return CKN_OK;
}

ckn_code ckn_family_search_blurs(ckn_family_search *search, ckn_error *error) {
    CKN_TRY(fit_gaussian(search, error));
    if (!isfinite(search->found[CKN_FAMILY_GAUSSIAN].excess))
        return CKN_OK;
    CKN_TRY(fit_boxes(search, error));
    if (search->shape.rows == 1 || search->shape.cols == 1)
        return CKN_OK;
    CKN_TRY(fit_elliptic(search, error));
    CKN_TRY(fit_disc(search, error));
    CKN_TRY(fit_line(search, error));
    CKN_TRY(fit_rectangle(search, error));
    CKN_TRY(fit_moffat(search, error));
    CKN_TRY(fit_half_line(search, error));
    return fit_cut_gaussian(search, error);
}

/* ---- signed ones */

/* The tap of the largest magnitude: of a mask it is the one that is sharpened. */
static void find_peak(const ckn_family_search *search, double *x, double *y) {
    size_t peak = 0;
    for (size_t tap = 0; tap < search->data.taps; tap++) {
        if (fabs(search->h[tap]) > fabs(search->h[peak]))
            peak = tap;
    }
    *x = (double)(peak % search->shape.cols);
    *y = (double)(peak / search->shape.cols);
}

static ckn_code fit_unsharp(ckn_family_search *search, size_t passes, ckn_error *error) {
    starts list = {.count = 0};
    for (size_t i = 0; i < COUNT_OF(sigmas); i++) {
        ckn_family_model model = ckn_family_search_model(search, CKN_FAMILY_UNSHARP, passes);
        find_peak(search, &model.theta[CKN_MODEL_X], &model.theta[CKN_MODEL_Y]);
        model.theta[CKN_MODEL_AMOUNT + 1] = sigmas[i];
        add(&list, &model);
    }
    return try_all(search, &list, 2 + (passes > 0), error);
}

static ckn_code fit_difference(ckn_family_search *search, ckn_error *error) {
    static const double narrow[] = {0.5, 0.8, 1.3, 2, 3.2, 5}, wider[] = {1.3, 1.6, 2.5, 4};
    starts list = {.count = 0};
    for (size_t i = 0; i < COUNT_OF(narrow) * COUNT_OF(wider); i++) {
        ckn_family_model model =
            ckn_family_search_model(search, CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS, 0);
        model.theta[CKN_MODEL_X] = search->x;
        model.theta[CKN_MODEL_Y] = search->y;
        model.theta[CKN_MODEL_AMOUNT + 1] = narrow[i / COUNT_OF(wider)];
        model.theta[CKN_MODEL_AMOUNT + 2] =
            narrow[i / COUNT_OF(wider)] * wider[i % COUNT_OF(wider)];
        add(&list, &model);
    }
    return try_all(search, &list, 0, error);
}

static ckn_code fit_laplacian_of_gaussian(ckn_family_search *search, size_t variant,
                                          ckn_error *error) {
    starts list = {.count = 0};
    for (size_t i = 0; i < COUNT_OF(sigmas); i++) {
        ckn_family_model model =
            ckn_family_search_model(search, CKN_FAMILY_LAPLACIAN_OF_GAUSSIAN, variant);
        model.theta[CKN_MODEL_GAIN] = 0;
        model.theta[CKN_MODEL_X] = search->x;
        model.theta[CKN_MODEL_Y] = search->y;
        model.theta[CKN_MODEL_AMOUNT + 1] = sigmas[i];
        add(&list, &model);
    }
    return try_all(search, &list, 0, error);
}

ckn_code ckn_family_search_masks(ckn_family_search *search, ckn_error *error) {
    static const size_t passes[] = {0, 3, 1};
    if (search->shape.rows == 1 || search->shape.cols == 1)
        return CKN_OK;
    for (size_t i = 0; i < COUNT_OF(passes); i++)
        CKN_TRY(fit_unsharp(search, passes[i], error));
    CKN_TRY(fit_difference(search, error));
    for (size_t variant = 0; variant < 2 && !search->gain_is_one; variant++)
        CKN_TRY(fit_laplacian_of_gaussian(search, variant, error));
    return CKN_OK;
}
