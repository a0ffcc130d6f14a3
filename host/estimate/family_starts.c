/* Where the fits of blurs start: at a Gaussian found by a list of sizes, and at others from it. */
#include "estimate/family_search.h"

#include <math.h>

enum { MOST_PASSES = 10 };

#define COUNT_OF(list) (sizeof(list) / sizeof(list)[0])

#define RADIAN 57.295779513082323
#define HALF_GAUSSIAN_MEAN 0.798      /* of sigma: from the end of a one-sided Gaussian */
#define HALF_GAUSSIAN_DEVIATION 0.603 /* of sigma */
#define FWHM 2.3548                   /* of a Gaussian, in sigma */
#define NEAR                                                                                       \
    2000.0 /* times the excess that a name may have by its misfit, so 13 % are missed: from        \
            * farther away, no variant of the same family is */

/* The deviation of a box as wide as the window: what looks wider is cut by it, and other names
 * start from what lies inside. */
static double widest_sigma(const ckn_family_search *search) {
    return fmax((double)search->shape.rows, (double)search->shape.cols) / sqrt(12);
}

static double sigma_of_gaussian(const ckn_family_search *search) {
    return fmin(widest_sigma(search),
                search->found[CKN_FAMILY_GAUSSIAN].model.theta[CKN_MODEL_SIZE]);
}

/* ---- round ones */

static ckn_code fit_gaussian(ckn_family_search *search, ckn_error *error) {
    ckn_family_starts list = {.count = 0};
    const double middle_x = 0.5 * (double)(search->shape.cols - 1);
    const double middle_y = 0.5 * (double)(search->shape.rows - 1);
    for (size_t i = 0; i < 2 * (size_t)CKN_FAMILY_SIGMAS; i++) {
        ckn_family_model model = ckn_family_search_model(search, CKN_FAMILY_GAUSSIAN, 0);
        model.theta[CKN_MODEL_X] = i % 2 ? search->x : middle_x;
        model.theta[CKN_MODEL_Y] = i % 2 ? search->y : middle_y;
        model.theta[CKN_MODEL_SIZE] = ckn_family_sigmas[i / 2];
        ckn_family_starts_add(&list, &model);
    }
    return ckn_family_search_try(search, list.models, list.count, 0, error);
}

#define STEP 0.03 /* of sigma */

/* Where the parabola through the excess at sigma (1 - STEP), sigma and sigma (1 + STEP) is least:
 * the factor of sigma, at most 2 STEP from 1, and the excess. */
static double vertex_of(const double excess[3], double *least) {
    const double slope = 0.5 * (excess[2] - excess[0]);
    const double bend = excess[2] - 2 * excess[1] + excess[0];
    const double at = bend > 0 ? fmax(-2, fmin(2, -slope / bend)) : slope > 0 ? -2 : 2;
    *least = excess[1] + at * (slope + 0.5 * at * bend);
    return 1 + STEP * at;
}

/* Screens all numbers of passes; on return models[i] is of i + 1. */
static ckn_code screen_boxes(ckn_family_search *search, ckn_family_model models[MOST_PASSES],
                             double least[MOST_PASSES], ckn_error *error) {
    for (size_t i = 0; i < MOST_PASSES; i++) {
        ckn_family_model three[3];
        double excess[3];
        for (size_t j = 0; j < 3; j++) {
            three[j] = ckn_family_search_from(search, CKN_FAMILY_EXTENDED_BOX, i + 1,
                                              &search->found[CKN_FAMILY_GAUSSIAN].model);
            three[j].theta[CKN_MODEL_SIZE] =
                (1 + STEP * ((double)j - 1)) * sigma_of_gaussian(search);
        }
        models[i] = three[1];
        CKN_TRY(ckn_family_screen(&search->data, three, 3, excess, error));
        models[i].theta[CKN_MODEL_SIZE] *= vertex_of(excess, &least[i]);
    }
    return CKN_OK;
}

/* The number of passes by screening near the Gaussian's sigma, the best three by a fit. */
static ckn_code fit_boxes(ckn_family_search *search, ckn_error *error) {
    ckn_family_model models[MOST_PASSES];
    double least[MOST_PASSES];
    CKN_TRY(screen_boxes(search, models, least, error));
    for (size_t i = 0; i < MOST_PASSES; i++) {
        size_t better = 0;
        for (size_t j = 0; j < MOST_PASSES; j++)
            better += least[j] < least[i];
        if (i < 2 || better < 3) /* the first two differ too much from a Gaussian */
            CKN_TRY(ckn_family_search_minimise(search, &models[i], i > 0, error));
    }
    return CKN_OK;
}

/* A disc's deviation along each axis is half its radius. */
static ckn_code fit_disc(ckn_family_search *search, ckn_error *error) {
    static const double factors[] = {1, 0.8, 0.9, 1.15, 1.3};
    ckn_family_starts list = {.count = 0};
    for (size_t i = 0; i < COUNT_OF(factors); i++) {
        ckn_family_model model = ckn_family_search_from(search, CKN_FAMILY_DISC, 0,
                                                        &search->found[CKN_FAMILY_GAUSSIAN].model);
        model.theta[CKN_MODEL_SIZE] = 2 * factors[i] * sigma_of_gaussian(search);
        ckn_family_starts_add(&list, &model);
    }
    return ckn_family_search_try(search, list.models, list.count, 0, error);
}

static ckn_code fit_moffat(ckn_family_search *search, ckn_error *error) {
    static const double betas[] = {1.3, 1.8, 2.5, 4, 8}, factors[] = {0.6, 0.75, 0.9};
    ckn_family_starts list = {.count = 0};
    for (size_t i = 0; i < COUNT_OF(betas) * COUNT_OF(factors); i++) {
        ckn_family_model model = ckn_family_search_from(search, CKN_FAMILY_MOFFAT, 0,
                                                        &search->found[CKN_FAMILY_GAUSSIAN].model);
        model.theta[CKN_MODEL_SIZE] =
            factors[i % COUNT_OF(factors)] * FWHM * sigma_of_gaussian(search);
        model.theta[CKN_MODEL_SIZE + 1] = 1 / betas[i / COUNT_OF(factors)];
        ckn_family_starts_add(&list, &model);
    }
    return ckn_family_search_try(search, list.models, list.count, 0, error);
}

/* The best start with this reach: a cut one is wider than it looks. */
static ckn_code start_cut_gaussian(const ckn_family_search *search, const ckn_family_model *whole,
                                   size_t reach, ckn_family_model *best, double *least,
                                   ckn_error *error) {
    static const double factors[] = {1, 1.04, 1.1, 1.25, 1.6};
    ckn_family_starts list = {.count = 0};
    for (size_t i = 0; i < COUNT_OF(factors); i++) {
        ckn_family_model model = ckn_family_search_from(search, CKN_FAMILY_GAUSSIAN, reach, whole);
        model.theta[CKN_MODEL_SIZE] = factors[i] * whole->theta[CKN_MODEL_SIZE];
        ckn_family_starts_add(&list, &model);
    }
    return ckn_family_search_best(search, list.models, list.count, best, least, error);
}

/* Reaches whose starts are far behind the best one have no chance. */
static ckn_code fit_all_reaches(ckn_family_search *search, const ckn_family_model *whole,
                                ckn_error *error) {
    enum { MOST_REACH = 15 };
    ckn_family_model best[MOST_REACH];
    double least[MOST_REACH], least_of_all = INFINITY;
    const size_t most = (size_t)fmin(MOST_REACH, ceil(4 * whole->theta[CKN_MODEL_SIZE]));
    for (size_t i = 0; i < most; i++) {
        CKN_TRY(start_cut_gaussian(search, whole, i + 1, &best[i], &least[i], error));
        least_of_all = fmin(least_of_all, least[i]);
    }
    for (size_t i = 0; i < most; i++) {
        if (isfinite(least[i]) && least[i] <= 30 * least_of_all)
            CKN_TRY(ckn_family_search_minimise(search, &best[i], 3, error));
    }
    return CKN_OK;
}

/* A Gaussian of a square window, as programs take it that are given a size: only where a whole one
 * is near and yet not it, and where the cut one is clearly better: where it holds by noise, or
 * halves the misfit, or the whole one does not hold. Its place and its size are two choices and
 * one.
 */
static ckn_code fit_cut_gaussian(ckn_family_search *search, ckn_error *error) {
    ckn_family_minimum *found = &search->found[CKN_FAMILY_GAUSSIAN];
    const ckn_family_minimum whole = *found;
    if (!(whole.excess < NEAR * search->by_misfit) || whole.excess < search->by_noise)
        return CKN_OK;
    CKN_TRY(fit_all_reaches(search, &whole.model, error));
    if (found->excess > search->by_noise && whole.excess < search->by_misfit &&
        4 * found->excess > whole.excess)
        *found = whole;
    return CKN_OK;
}

/* ---- long ones */

static ckn_code fit_elliptic(ckn_family_search *search, ckn_error *error) {
    ckn_family_model model = ckn_family_search_from(search, CKN_FAMILY_ELLIPTIC_GAUSSIAN, 0,
                                                    &search->found[CKN_FAMILY_GAUSSIAN].model);
    const double sigma = sigma_of_gaussian(search);
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

static ckn_family_parameters axes_of(const ckn_family_search *search) {
    const ckn_family_model *model = ellipse(search);
    ckn_family_parameters axes = ckn_family_model_parameters(model);
    if (model->family == CKN_FAMILY_GAUSSIAN) {
        axes.sigma_minor = axes.sigma;
        axes.angle = 0;
    }
    axes.sigma = fmin(axes.sigma, widest_sigma(search));
    axes.sigma_minor = fmin(axes.sigma_minor, axes.sigma);
    return axes;
}

/* A line's variance is length^2 / 12 more along than across. Where the direction is hidden by
 * noise, angles all round are tried. */
static ckn_code fit_line(ckn_family_search *search, ckn_error *error) {
    static const double turns[] = {0, 8, -8, 20, -20, 40, -40, 65, -65, 90};
    static const double factors[] = {1, 0.75, 1.3};
    const ckn_family_parameters axes = axes_of(search);
    const double length =
        sqrt(12 * fmax(0.1, axes.sigma * axes.sigma - axes.sigma_minor * axes.sigma_minor));
    for (size_t i = 0; i < COUNT_OF(factors); i++) {
        ckn_family_starts list = {.count = 0};
        for (size_t j = 0; j < COUNT_OF(turns); j++) {
            ckn_family_model model =
                ckn_family_search_from(search, CKN_FAMILY_LINE, 0, ellipse(search));
            const double angle = (axes.angle + turns[j]) / RADIAN;
            model.theta[CKN_MODEL_SIZE] = factors[i] * length * cos(angle);
            model.theta[CKN_MODEL_SIZE + 1] = factors[i] * length * sin(angle);
            ckn_family_starts_add(&list, &model);
        }
        CKN_TRY(ckn_family_search_try(search, list.models, list.count, 0, error));
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
    ckn_family_starts list = {.count = 0};
    for (size_t i = 0; i < COUNT_OF(factors) * COUNT_OF(factors); i++) {
        ckn_family_model model = ckn_family_search_from(search, CKN_FAMILY_RECTANGLE, 0, start);
        model.theta[CKN_MODEL_SIZE] =
            fmin((double)search->shape.cols,
                 factors[i % COUNT_OF(factors)] * sqrt(12 * fmax(0.1, along_x)));
        model.theta[CKN_MODEL_SIZE + 1] =
            fmin((double)search->shape.rows,
                 factors[i / COUNT_OF(factors)] * sqrt(12 * fmax(0.1, along_y)));
        ckn_family_starts_add(&list, &model);
    }
    return ckn_family_search_try(search, list.models, list.count, 0, error);
}

#define THIN 0.02 /* pixels above 1, and 4 errors: a line */

/* Whether a side is that of a line: the other name is better. */
static bool is_thin(const ckn_family_minimum *found) {
    for (size_t i = CKN_MODEL_SIZE; i < CKN_MODEL_SIZE + 2; i++) {
        const double error =
            found->model.free[i] ? sqrt(found->covariance[i * CKN_MODEL_MOST + i]) : 0;
        if (found->model.theta[i] <= 1 + THIN + (isnan(error) ? 0 : 4 * error))
            return true;
    }
    return false;
}

/* Of whole sides: a side that ends between taps, as a box filter does, and within the window: there
 * a larger one is the same. */
static void set_side(ckn_family_model *model, size_t axis, double wanted) {
    const double window = (double)(axis == 0 ? model->shape.cols : model->shape.rows);
    const double side = fmin(window, fmax(2, wanted));
    const double half = 0.5 * (side - 1);
    model->theta[CKN_MODEL_X + axis] = round(model->theta[CKN_MODEL_X + axis] + half) - half;
    model->theta[CKN_MODEL_SIZE + axis] = side;
    model->free[CKN_MODEL_SIZE + axis] = false;
}

/* Sides that may be whole numbers are taken as such: two parameters less. A side of 2 between taps
 * is the same as any smaller one, so that larger ones than those found are tried, too. */
static ckn_code fit_whole_rectangle(ckn_family_search *search, ckn_error *error) {
    const ckn_family_model start = search->found[CKN_FAMILY_RECTANGLE].model;
    ckn_family_starts list = {.count = 0};
    for (int i = 0; i < 9; i++) {
        ckn_family_model *own = ckn_family_starts_add(&list, &start);
        set_side(own, 0, floor(start.theta[CKN_MODEL_SIZE]) + i % 3);
        set_side(own, 1, floor(start.theta[CKN_MODEL_SIZE + 1]) + i / 3); /* NOLINT: whole */
    }
    return ckn_family_search_try(search, list.models, list.count, 0, error);
}

/* Errors stay those of free sides. */
static ckn_code fit_rectangle(ckn_family_search *search, ckn_error *error) {
    ckn_family_minimum *found = &search->found[CKN_FAMILY_RECTANGLE];
    CKN_TRY(fit_free_rectangle(search, error));
    if (!isfinite(found->excess))
        return CKN_OK;
    const ckn_family_minimum free_sides = *found;
    CKN_TRY(fit_whole_rectangle(search, error));
    if (is_thin(found))
        found->excess = INFINITY;
    if (!found->model.free[CKN_MODEL_SIZE])
        for (size_t i = 0; i < COUNT_OF(found->covariance); i++)
            found->covariance[i] = free_sides.covariance[i];
    return CKN_OK;
}

/* One step of a search by screening: the best of `turns` degrees and factors of sigma. */
static ckn_code turn_half_line(ckn_family_search *search, ckn_family_model *model, double degrees,
                               double spread, double *least, ckn_error *error) {
    const ckn_family_model start = *model;
    const double *size = start.theta + CKN_MODEL_SIZE;
    const double sigma = hypot(size[0], size[1]), angle = atan2(size[1], size[0]);
    ckn_family_starts list = {.count = 0};
    for (int i = 0; i < 5 * 5; i++) {
        ckn_family_model own = start;
        const double turned = angle + (i % 5 - 2) * degrees / RADIAN;
        const double scaled = sigma * (1 + spread * (i / 5 - 2)); /* NOLINT: whole */
        own.theta[CKN_MODEL_SIZE] = scaled * cos(turned);
        own.theta[CKN_MODEL_SIZE + 1] = scaled * sin(turned);
        ckn_family_starts_add(&list, &own);
    }
    return ckn_family_search_best(search, list.models, list.count, model, least, error);
}

/* Angles within which the rounded taps stay the same, to a standard error: the middle of these is
 * the angle, and half of them its error. */
static ckn_code find_plateau(ckn_family_search *search, ckn_family_minimum *found,
                             ckn_error *error) {
    enum { EACH_SIDE = 30 };
    const double *size = found->model.theta + CKN_MODEL_SIZE;
    const double sigma = hypot(size[0], size[1]), angle = atan2(size[1], size[0]);
    const double step = 0.15 / RADIAN;
    double reach[2] = {0, 0};
    for (int side = 0; side < 2; side++) {
        ckn_family_model models[EACH_SIDE];
        double excess[EACH_SIDE];
        for (int i = 0; i < EACH_SIDE; i++) {
            const double turned = angle + (side ? 1 : -1) * (i + 1) * step;
            models[i] = found->model;
            models[i].theta[CKN_MODEL_SIZE] = sigma * cos(turned);
            models[i].theta[CKN_MODEL_SIZE + 1] = sigma * sin(turned);
        }
        CKN_TRY(ckn_family_screen(&search->data, models, EACH_SIDE, excess, error));
        for (int i = 0; i < EACH_SIDE && excess[i] < found->excess + search->data.variance +
                                                         1e-9 * search->data.signal;
             i++)
            reach[side] = (i + 1) * step;
    }
    const double middle = angle + 0.5 * (reach[1] - reach[0]);
    const double across = sigma * 0.5 * (reach[0] + reach[1] + step);
    found->model.theta[CKN_MODEL_SIZE] = sigma * cos(middle);
    found->model.theta[CKN_MODEL_SIZE + 1] = sigma * sin(middle);
    double *covariance = found->covariance + CKN_MODEL_SIZE * (CKN_MODEL_MOST + 1);
    covariance[0] += across * across * sin(middle) * sin(middle);
    covariance[1] -= across * across * sin(middle) * cos(middle);
    covariance[CKN_MODEL_MOST] = covariance[1];
    covariance[CKN_MODEL_MOST + 1] += across * across * cos(middle) * cos(middle);
    return CKN_OK;
}

/* Rounded steps jump with the angle: no slopes. The error of sigma is that of shared-out ones. */
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
    enum { HALVINGS = 10 }; /* from 2 degrees and 8 % of the length */
    double degrees = 2, spread = 0.08;
    for (int n = 0; n < HALVINGS; n++) {
        CKN_TRY(turn_half_line(search, &model, degrees, spread, &least, error));
        degrees *= 0.5;
        spread *= 0.5;
    }
    CKN_TRY(ckn_family_search_minimise(search, &model, 4, error));
    if (found->model.variant == 0)
        return CKN_OK;
    for (size_t i = 0; i < COUNT_OF(found->covariance); i++)
        found->covariance[i] = shared.covariance[i];
    return find_plateau(search, found, error);
}

static ckn_code fit_half_line(ckn_family_search *search, ckn_error *error) {
    static const double turns[] = {0, 10, -10}, factors[] = {0.8, 1, 1.3};
    const ckn_family_minimum *found = &search->found[CKN_FAMILY_HALF_GAUSSIAN_LINE];
    const ckn_family_model *start = ellipse(search);
    const ckn_family_parameters axes = axes_of(search);
    for (int side = 0; side < 2; side++) {
        ckn_family_starts list = {.count = 0};
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
            ckn_family_starts_add(&list, &model);
        }
        CKN_TRY(ckn_family_search_try(search, list.models, list.count, 0, error));
    }
    if (found->excess < NEAR * search->by_misfit && found->excess > search->by_noise)
        return fit_rounded_half_line(search, error);
    return CKN_OK;
}

#define ALIKE 0.01 /* relative: two sizes that rounded taps cannot tell from one */

/* A family with one size more is no news where both sizes are the same, and the other name holds.
 */
static void drop_twins(ckn_family_search *search) {
    ckn_family_minimum *elliptic = &search->found[CKN_FAMILY_ELLIPTIC_GAUSSIAN];
    ckn_family_minimum *rectangle = &search->found[CKN_FAMILY_RECTANGLE];
    const ckn_family_parameters axes = ckn_family_model_parameters(&elliptic->model);
    const ckn_family_parameters sides = ckn_family_model_parameters(&rectangle->model);
    if (axes.sigma < (1 + ALIKE) * axes.sigma_minor &&
        ckn_family_search_holds(search, CKN_FAMILY_GAUSSIAN))
        elliptic->excess = INFINITY;
    if (fabs(log(sides.width / sides.height)) < ALIKE && rectangle->model.free[CKN_MODEL_SIZE] &&
        search->found[CKN_FAMILY_EXTENDED_BOX].model.variant == 1 &&
        ckn_family_search_holds(search, CKN_FAMILY_EXTENDED_BOX))
        rectangle->excess = INFINITY;
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
    CKN_TRY(fit_cut_gaussian(search, error));
    drop_twins(search);
    return CKN_OK;
}
