#include "estimate/families.h"

#include "base/memory.h"
#include "dense/cholesky.h"
#include "estimate/family_fit.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PASSES = 10, FEWEST_TAPS = 5 };

#define DEVIATIONS 5.0   /* of chi square above 1 that still fit */
#define NO_MISFIT 1e-5   /* what rounding of drawn pictures leaves in patterns, not as noise */
#define LEAST_NOISE 1e-9 /* of the images' root mean square: what rounding leaves of them */
#define RADIAN 57.295779513082323

typedef struct family_search {
    ckn_family_data data;
    ckn_shape shape;
    double *best;     /* g, the least-squares kernel without ridge */
    const double *h;  /* of the run */
    bool gain_is_one; /* of an image on a pedestal */
    double count;     /* n */
    double signal;    /* g'G g */
    double unit;      /* turns the problem's gain into the caller's */
} family_search;

/* ---- the least-squares kernel */

/* v' G v. */
static double square_of(const ckn_statistics *statistics, const double *v, double *scratch) {
    double sum = 0;
    ckn_symmetric_multiply(&statistics->gram, v, scratch);
    for (size_t tap = 0; tap < statistics->taps; tap++)
        sum += v[tap] * scratch[tap];
    return fmax(0, sum);
}

/* g = G^-1 b by a factor of G or of nearly G, refined once. */
static ckn_code solve(const ckn_statistics *statistics, const ckn_symmetric *factor, double *g,
                      double *scratch, ckn_error *error) {
    memcpy(g, statistics->b, statistics->taps * sizeof *g);
    CKN_TRY(ckn_cholesky_solve(factor, g, error));
    ckn_symmetric_multiply(&statistics->gram, g, scratch);
    for (size_t tap = 0; tap < statistics->taps; tap++)
        scratch[tap] -= statistics->b[tap];
    CKN_TRY(ckn_cholesky_solve(factor, scratch, error));
    for (size_t tap = 0; tap < statistics->taps; tap++)
        g[tap] -= scratch[tap];
    return CKN_OK;
}

/* The factor of G + shift I. */
static ckn_code factor_shifted(const ckn_statistics *statistics, double shift,
                               ckn_symmetric *factor, bool *trusted, ckn_error *error) {
    ckn_symmetric_copy(factor, &statistics->gram);
    ckn_symmetric_shift(factor, shift);
    const double norm = ckn_symmetric_norm(factor);
    CKN_TRY(ckn_cholesky_factor(factor, trusted, error));
    return *trusted ? ckn_statistics_trust(factor, norm, NULL, trusted, error) : CKN_OK;
}

/* Where G is singular, with a ridge as small as its rounding: that changes the sum of squares by
 * nothing that matters, and g only where nothing depends on it. A ridge as large as G itself always
 * has a factor; 0 has none, whatever the ridge is multiplied by. */
static ckn_code solve_otherwise(const ckn_statistics *statistics, double *g, double *scratch,
                                ckn_error *error) {
    ckn_symmetric factor = {0};
    bool trusted = false;
    CKN_TRY(ckn_symmetric_create(&factor, statistics->taps, "the named kernels", error));
    const double norm = ckn_symmetric_norm(&statistics->gram);
    double shift = 8 * (double)statistics->taps * DBL_EPSILON * norm;
    ckn_code code = CKN_OK;
    while (code == CKN_OK && !trusted && shift > 0 && shift < 100 * norm) {
        code = factor_shifted(statistics, shift, &factor, &trusted, error);
        shift *= 10;
    }
    if (code == CKN_OK && !trusted)
        code = ckn_fail(error, CKN_ERROR_DATA,
                        "named kernels need images with detail: the statistics are zero or not "
                        "finite");
    if (code == CKN_OK)
        code = solve(statistics, &factor, g, scratch, error);
    ckn_symmetric_release(&factor);
    return code;
}

static ckn_code find_best(ckn_problem *problem, const ckn_statistics *statistics, double *g,
                          double *scratch, ckn_error *error) {
    const ckn_symmetric *factor = NULL;
    CKN_TRY(ckn_statistics_factor(problem, &factor, error));
    return factor ? solve(statistics, factor, g, scratch, error)
                  : solve_otherwise(statistics, g, scratch, error);
}

/* The noise that the least-squares kernel leaves: that of the run, less what the run's kernel is
 * above it. */
static double noise_variance(const ckn_problem *problem, const ckn_statistics *statistics,
                             const ckn_fitted *fitted, const double *g, double *scratch) {
    const double count = (double)ckn_problem_used(problem);
    const double fitted_beside = (double)(statistics->terms + problem->gains);
    const double spare = fmax(1, count - (double)statistics->taps - fitted_beside);
    const double norm = fitted->residual_norm * problem->units.y_scale;
    double *difference = scratch, *product = scratch + statistics->taps;
    for (size_t tap = 0; tap < statistics->taps; tap++)
        difference[tap] = fitted->h[tap] - g[tap];
    const double square = norm * norm - square_of(statistics, difference, product);
    return fmax(square / spare, LEAST_NOISE * LEAST_NOISE * statistics->square / count);
}

static ckn_code prepare(family_search *search, ckn_problem *problem, const ckn_fitted *fitted,
                        ckn_error *error) {
    const ckn_statistics *statistics = NULL;
    const size_t taps = ckn_problem_taps(problem);
    if (taps < FEWEST_TAPS || ckn_problem_used(problem) <= taps)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "named kernels need a kernel of at least %d taps and more samples than "
                        "taps, not %zu taps and %zu samples",
                        FEWEST_TAPS, taps, ckn_problem_used(problem));
    CKN_TRY(ckn_statistics_get(problem, &statistics, error));
    CKN_TRY(ckn_allocate(&search->best, taps, sizeof(double), "the named kernels", error));
    CKN_TRY(ckn_allocate(&search->data.work, ckn_family_work(taps), sizeof(double),
                         "the named kernels", error));
    double *work = search->data.work;
    CKN_TRY(find_best(problem, statistics, search->best, work, error));
    search->h = fitted->h;
    search->shape = problem->kernel;
    search->count = (double)ckn_problem_used(problem);
    search->gain_is_one = statistics->terms == 0 && problem->units.x_shift != 0;
    search->unit = problem->units.x_scale / problem->units.y_scale;
    search->signal = square_of(statistics, search->best, work);
    search->data = (ckn_family_data){
        .taps = taps,
        .gram = &statistics->gram,
        .best = search->best,
        .variance = noise_variance(problem, statistics, fitted, search->best, work),
        .work = work,
    };
    return CKN_OK;
}

/* ---- one family */

/* A model that was moved to its minimum. */
typedef struct minimum {
    ckn_family_model model;
    double excess;
    double covariance[CKN_MODEL_MOST * CKN_MODEL_MOST];
} minimum;

static ckn_family_model model_of(const family_search *search, ckn_family family, size_t passes) {
    ckn_family_model model = ckn_family_model_of(family, passes, search->shape);
    model.theta[CKN_MODEL_GAIN] = 1;
    if (search->gain_is_one)
        model.free[CKN_MODEL_GAIN] = false;
    return model;
}

/* A start of `family` with the gain and the centre of another one. */
static ckn_family_model start_from(const family_search *search, ckn_family family, size_t passes,
                                   const ckn_family_model *other) {
    ckn_family_model model = model_of(search, family, passes);
    memcpy(model.theta, other->theta, CKN_MODEL_SIZE * sizeof(double));
    return model;
}

/* Keeps the better one of two. */
static ckn_code minimise(const family_search *search, const ckn_family_model *start, minimum *best,
                         ckn_error *error) {
    minimum own = {.model = *start};
    if (!ckn_family_model_valid(start))
        return CKN_OK;
    CKN_TRY(ckn_family_minimise(&search->data, &own.model, &own.excess, own.covariance, error));
    if (own.excess < best->excess)
        *best = own;
    return CKN_OK;
}

/* Replaces *best where `model` has the smaller excess. */
static ckn_code try_start(const family_search *search, ckn_family_model *model,
                          ckn_family_model *best, double *least, ckn_error *error) {
    double excess = INFINITY;
    if (!ckn_family_model_valid(model))
        return CKN_OK;
    CKN_TRY(ckn_family_excess(&search->data, model, model->free[CKN_MODEL_GAIN], &excess, error));
    if (excess < *least) {
        *least = excess;
        *best = *model;
    }
    return CKN_OK;
}

/* Where the squares of the run's positive taps have their centre: noise hardly moves it. */
static void find_center(const family_search *search, double *x, double *y) {
    double sum = 0;
    *x = *y = 0;
    for (size_t tap = 0; tap < search->data.taps; tap++) {
        const size_t row = tap / search->shape.cols, col = tap % search->shape.cols;
        const double part = fmax(0, search->h[tap]) * fmax(0, search->h[tap]);
        sum += part;
        *x += part * (double)col;
        *y += part * (double)row;
    }
    *x = sum > 0 ? *x / sum : 0.5 * (double)(search->shape.cols - 1);
    *y = sum > 0 ? *y / sum : 0.5 * (double)(search->shape.rows - 1);
}

static ckn_code fit_gaussian(const family_search *search, minimum *out, ckn_error *error) {
    static const double sigmas[] = {0.5, 0.8, 1.3, 2, 3.2, 5, 8, 13, 21, 34};
    ckn_family_model best = model_of(search, CKN_FAMILY_GAUSSIAN, 0);
    double x, y, least = INFINITY;
    find_center(search, &x, &y);
    const double middle_x = 0.5 * (double)(search->shape.cols - 1);
    const double middle_y = 0.5 * (double)(search->shape.rows - 1);
    for (size_t i = 0; i < 2 * sizeof sigmas / sizeof sigmas[0]; i++) {
        ckn_family_model model = model_of(search, CKN_FAMILY_GAUSSIAN, 0);
        model.theta[CKN_MODEL_X] = i % 2 ? x : middle_x;
        model.theta[CKN_MODEL_Y] = i % 2 ? y : middle_y;
        model.theta[CKN_MODEL_SIZE] = sigmas[i / 2];
        CKN_TRY(try_start(search, &model, &best, &least, error));
    }
    return minimise(search, &best, out, error);
}

static ckn_code fit_elliptic(const family_search *search, const minimum *gaussian, minimum *out,
                             ckn_error *error) {
    ckn_family_model model = start_from(search, CKN_FAMILY_ELLIPTIC_GAUSSIAN, 0, &gaussian->model);
    const double sigma = gaussian->model.theta[CKN_MODEL_SIZE];
    model.theta[CKN_MODEL_SIZE] = sigma * sigma;
    return minimise(search, &model, out, error);
}

static ckn_code fit_boxes(const family_search *search, const minimum *gaussian, minimum *out,
                          ckn_error *error) {
    for (size_t passes = 1; passes <= MOST_PASSES; passes++) {
        ckn_family_model model =
            start_from(search, CKN_FAMILY_EXTENDED_BOX, passes, &gaussian->model);
        model.theta[CKN_MODEL_SIZE] = gaussian->model.theta[CKN_MODEL_SIZE];
        CKN_TRY(minimise(search, &model, out, error));
    }
    return CKN_OK;
}

/* A disc's deviation along each axis is half its radius. */
static ckn_code fit_disc(const family_search *search, const minimum *gaussian, minimum *out,
                         ckn_error *error) {
    static const double factors[] = {1, 0.8, 1.3};
    ckn_family_model best = {0};
    double least = INFINITY;
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        ckn_family_model model = start_from(search, CKN_FAMILY_DISC, 0, &gaussian->model);
        model.theta[CKN_MODEL_SIZE] = 2 * factors[i] * gaussian->model.theta[CKN_MODEL_SIZE];
        CKN_TRY(try_start(search, &model, &best, &least, error));
    }
    return isfinite(least) ? minimise(search, &best, out, error) : CKN_OK;
}

/* A line's variance is length^2 / 12 more along than across. Where the direction is hidden by
 * noise, angles all round are tried. */
static ckn_code fit_line(const family_search *search, const minimum *elliptic, minimum *out,
                         ckn_error *error) {
    static const double turns[] = {0, 8, -8, 20, -20, 40, -40, 65, -65, 90};
    static const double factors[] = {1, 0.75, 1.3};
    const ckn_family_parameters axes = ckn_family_model_parameters(&elliptic->model);
    const double length =
        sqrt(12 * fmax(0.1, axes.sigma * axes.sigma - axes.sigma_minor * axes.sigma_minor));
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        ckn_family_model best = {0};
        double least = INFINITY;
        for (size_t j = 0; j < sizeof turns / sizeof turns[0]; j++) {
            ckn_family_model model = start_from(search, CKN_FAMILY_LINE, 0, &elliptic->model);
            const double angle = (axes.angle + turns[j]) / RADIAN;
            model.theta[CKN_MODEL_SIZE] = factors[i] * length * cos(angle);
            model.theta[CKN_MODEL_SIZE + 1] = factors[i] * length * sin(angle);
            CKN_TRY(try_start(search, &model, &best, &least, error));
        }
        if (isfinite(least))
            CKN_TRY(minimise(search, &best, out, error));
    }
    return CKN_OK;
}

/* ---- all of them */

static void describe(const family_search *search, const minimum *found, ckn_family family,
                     ckn_family_fit *fit) {
    *fit = (ckn_family_fit){.family = family, .chi_square = NAN, .misfit = NAN, .score = NAN};
    fit->parameters =
        ckn_family_model_free(&found->model) + (family == CKN_FAMILY_EXTENDED_BOX ? 1 : 0);
    if (!isfinite(found->excess) || search->data.taps <= fit->parameters) {
        const ckn_family_parameters none = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
        fit->value = fit->error = none;
        return;
    }
    const double spare = (double)(search->data.taps - fit->parameters);
    const double excess = found->excess / search->data.variance;
    fit->found = 1;
    fit->passes = family == CKN_FAMILY_EXTENDED_BOX ? found->model.passes : 0;
    fit->value = ckn_family_model_parameters(&found->model);
    fit->error = ckn_family_model_errors(&found->model, found->covariance);
    fit->value.gain *= search->unit;
    fit->error.gain *= search->unit;
    fit->chi_square = excess / spare;
    const double others = search->count - (double)search->data.taps;
    fit->misfit = sqrt(found->excess / search->signal);
    fit->fits = fit->chi_square <= 1 + DEVIATIONS * sqrt(2 / spare + 2 / others) ||
                fit->misfit <= NO_MISFIT;
    fit->score = excess + (double)fit->parameters * log(search->count);
}

static int compare(const void *left, const void *right) {
    const ckn_family_fit *a = left, *b = right;
    if (a->found != b->found)
        return a->found ? -1 : 1;
    if (a->found && a->score != b->score)
        return a->score < b->score ? -1 : 1;
    return (int)a->family - (int)b->family;
}

static ckn_code fit_all(const family_search *search, ckn_family_fit *fits, ckn_error *error) {
    minimum found[CKN_FAMILY_COUNT];
    minimum *gaussian = &found[CKN_FAMILY_GAUSSIAN];
    minimum *elliptic = &found[CKN_FAMILY_ELLIPTIC_GAUSSIAN];
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++)
        found[i] = (minimum){.model = model_of(search, (ckn_family)i, 1), .excess = INFINITY};
    CKN_TRY(fit_gaussian(search, gaussian, error));
    if (isfinite(gaussian->excess))
        CKN_TRY(fit_boxes(search, gaussian, &found[CKN_FAMILY_EXTENDED_BOX], error));
    if (isfinite(gaussian->excess) && search->shape.rows > 1 && search->shape.cols > 1) {
        CKN_TRY(fit_elliptic(search, gaussian, elliptic, error));
        CKN_TRY(fit_disc(search, gaussian, &found[CKN_FAMILY_DISC], error));
        CKN_TRY(fit_line(search, isfinite(elliptic->excess) ? elliptic : gaussian,
                         &found[CKN_FAMILY_LINE], error));
    }
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++)
        describe(search, &found[i], (ckn_family)i, &fits[i]);
    qsort(fits, CKN_FAMILY_COUNT, sizeof *fits, compare);
    return CKN_OK;
}

static ckn_code fit_without_prior(ckn_problem *problem, const ckn_fitted *fitted,
                                  ckn_family_fit *fits, ckn_error *error) {
    family_search search = {0};
    ckn_code code = prepare(&search, problem, fitted, error);
    if (code == CKN_OK)
        code = fit_all(&search, fits, error);
    free(search.best);
    free(search.data.work);
    return code;
}

ckn_code ckn_families_fit(ckn_problem *problem, const ckn_fitted *fitted, ckn_family_fit *fits,
                          ckn_error *error) {
    const ckn_statistics *statistics = NULL;
    CKN_TRY(ckn_statistics_get(problem, &statistics, error));
    const ckn_prior prior = statistics->prior;
    const double weight = statistics->weight;
    if (weight == 0)
        return fit_without_prior(problem, fitted, fits, error);
    CKN_TRY(ckn_statistics_penalise(problem, prior, 0, error));
    ckn_code code = fit_without_prior(problem, fitted, fits, error);
    ckn_code restored =
        ckn_statistics_penalise(problem, prior, weight, code == CKN_OK ? error : NULL);
    return code == CKN_OK ? restored : code;
}
