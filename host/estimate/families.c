#include "estimate/families.h"

#include "base/memory.h"
#include "dense/cholesky.h"
#include "estimate/family_search.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST_TAPS = 5 };

#define DEVIATIONS 5.0 /* of chi square above 1 that still fit */
#define NO_MISFIT 1e-5 /* what rounding of drawn pictures leaves in patterns, not as noise */
#define MOST_MISFIT                                                                                \
    3e-3 /* what programs leave that cut and round their kernels: measured, they                   \
          * leave 0.02 to 0.2 % */
#define MOST_STEP_MISFIT 3e-2   /* beyond, coarse values hide the kernel, and do not show it */
#define AS_GOOD 2.0             /* times the least misfit */
#define MOST_OUTSIDE 0.01       /* a Gaussian beyond 2.8 sigma of a square window */
#define MOST_OUTSIDE_MOFFAT 0.1 /* its wings do not end */
#define LEAST_NEGATIVE 5e-3
#define LEAST_NOISE 1e-9 /* of the images' root mean square: what rounding leaves of them */

typedef struct ckn_names {
    ckn_family_search search;
    double *best;    /* g, the least-squares kernel without ridge */
    double *product; /* G g */
    double contrast; /* |h * x|^2 without what is known of the mean brightness */
    double step;     /* of the blurred image, in the problem's units */
    double unit;     /* turns the problem's gain into the caller's */
} ckn_names;

/* ---- the least-squares kernel */

/* v' G v. */
static double square_of(const ckn_equations *statistics, const double *v, double *scratch) {
    double sum = 0;
    ckn_symmetric_multiply(&statistics->gram, v, scratch);
    for (size_t tap = 0; tap < statistics->taps; tap++)
        sum += v[tap] * scratch[tap];
    return fmax(0, sum);
}

/* g = G^-1 b by a factor of G or of nearly G, refined once. */
static ckn_code solve(const ckn_equations *statistics, const ckn_symmetric *factor, double *g,
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
static ckn_code factor_shifted(const ckn_equations *statistics, double shift, ckn_symmetric *factor,
                               bool *trusted, ckn_error *error) {
    ckn_symmetric_copy(factor, &statistics->gram);
    ckn_symmetric_shift(factor, shift);
    const double norm = ckn_symmetric_norm(factor);
    CKN_TRY(ckn_cholesky_factor(factor, trusted, error));
    return *trusted ? ckn_equations_trust(factor, norm, NULL, trusted, error) : CKN_OK;
}

/* Where G is singular, with a ridge as small as its rounding: that changes the sum of squares by
 * nothing that matters, and g only where nothing depends on it. A ridge as large as G itself always
 * has a factor; 0 has none, whatever the ridge is multiplied by. */
static ckn_code solve_otherwise(const ckn_equations *statistics, double *g, double *scratch,
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

static ckn_code find_best(ckn_problem *problem, const ckn_equations *statistics, double *g,
                          double *scratch, ckn_error *error) {
    const ckn_symmetric *factor = NULL;
    CKN_TRY(ckn_equations_factor(problem, &factor, error));
    return factor ? solve(statistics, factor, g, scratch, error)
                  : solve_otherwise(statistics, g, scratch, error);
}

/* The noise that the least-squares kernel leaves: that of the run, less what the run's kernel is
 * above it. */
static double noise_variance(const ckn_problem *problem, const ckn_equations *statistics,
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

/* The taps farthest apart share little of the picture but its mean: that part of all pairs of taps
 * is taken for it. */
static double contrast_of(const ckn_equations *statistics, const double *g, double signal) {
    double least = INFINITY, sum = 0;
    for (size_t tap = 0; tap < statistics->taps; tap++) {
        least = fmin(least, *ckn_symmetric_at(&statistics->gram, tap, statistics->taps - 1));
        sum += g[tap];
    }
    return signal - fmax(0, least) * sum * sum;
}

/* Excesses that names may have. By noise it is that of the most parameters, roughly. */
static void set_limits(ckn_names *names) {
    ckn_family_search *search = &names->search;
    const double taps = (double)search->data.taps;
    const double by_step = fmin(MOST_STEP_MISFIT * MOST_STEP_MISFIT * names->contrast,
                                names->step * names->step * search->count);
    search->by_noise = search->data.variance * (taps + DEVIATIONS * sqrt(2 * taps));
    search->by_misfit = MOST_MISFIT * MOST_MISFIT * names->contrast;
    search->data.hopeless = 4 * fmax(search->by_noise, fmax(search->by_misfit, by_step));
}

/* Where the squares of the run's taps have their centre: noise hardly moves it. */
static void find_center(ckn_family_search *search) {
    double sum = 0;
    for (size_t tap = 0; tap < search->data.taps; tap++) {
        const double part = search->h[tap] * search->h[tap];
        sum += part;
        const size_t row = tap / search->shape.cols, col = tap % search->shape.cols;
        search->x += part * (double)col;
        search->y += part * (double)row;
    }
    search->x = sum > 0 ? search->x / sum : 0.5 * (double)(search->shape.cols - 1);
    search->y = sum > 0 ? search->y / sum : 0.5 * (double)(search->shape.rows - 1);
}

static ckn_code allocate(ckn_names *names, size_t taps, ckn_error *error) {
    static const char what[] = "the named kernels";
    CKN_TRY(ckn_allocate(&names->best, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&names->product, taps, sizeof(double), what, error));
    return ckn_allocate(&names->search.data.work, ckn_family_work(taps), sizeof(double), what,
                        error);
}

static ckn_code prepare(ckn_names *names, ckn_problem *problem, const ckn_fitted *fitted,
                        double step, ckn_error *error) {
    const ckn_equations *statistics = NULL;
    ckn_family_search *search = &names->search;
    const size_t taps = ckn_problem_taps(problem);
    if (taps < FEWEST_TAPS || ckn_problem_used(problem) <= taps)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "named kernels need a kernel of at least %d taps and more samples than "
                        "taps, not %zu taps and %zu samples",
                        FEWEST_TAPS, taps, ckn_problem_used(problem));
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    CKN_TRY(allocate(names, taps, error));
    double *work = search->data.work;
    CKN_TRY(find_best(problem, statistics, names->best, work, error));
    const double signal = square_of(statistics, names->best, names->product);
    names->unit = problem->units.x_scale / problem->units.y_scale;
    names->step = step * problem->units.y_scale;
    names->contrast = statistics->terms > 0 ? signal : contrast_of(statistics, names->best, signal);
    search->h = fitted->h;
    search->shape = problem->kernel;
    search->count = (double)ckn_problem_used(problem);
    search->gain_is_one = statistics->terms == 0 && problem->units.x_shift != 0;
    search->data = (ckn_family_data){
        .taps = taps,
        .gram = &statistics->gram,
        .best = names->best,
        .product = names->product,
        .signal = signal,
        .variance = noise_variance(problem, statistics, fitted, names->best, work),
        .work = work,
    };
    set_limits(names);
    find_center(search);
    return CKN_OK;
}

/* ---- the search */

/* Part of the magnitudes of the run's taps that are negative. */
static double negative_part(const ckn_family_search *search) {
    double negative = 0, all = 0;
    for (size_t tap = 0; tap < search->data.taps; tap++) {
        negative += fmax(0, -search->h[tap]);
        all += fabs(search->h[tap]);
    }
    return all > 0 ? negative / all : 0;
}

/* Whether a name holds on one of the better grounds. */
static bool any_holds(const ckn_family_fit *fits) {
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++) {
        if (fits[i].ground == CKN_GROUND_NOISE || fits[i].ground == CKN_GROUND_MISFIT)
            return true;
    }
    return false;
}

/* ---- judgement */

/* The excess relative to |h * x|^2, with what is known of the mean brightness left out. */
static double misfit_of(const ckn_names *names, double excess) {
    return names->contrast > 0 ? sqrt(excess / names->contrast) : INFINITY;
}

static ckn_family_ground ground_of(const ckn_names *names, const ckn_family_fit *fit,
                                   double excess) {
    const ckn_family_search *search = &names->search;
    const double spare = (double)(search->data.taps - fit->parameters);
    const double others = search->count - (double)search->data.taps;
    if (fit->refused)
        return CKN_GROUND_NONE;
    if (fit->chi_square <= 1 + DEVIATIONS * sqrt(2 / spare + 2 / others) ||
        fit->misfit <= NO_MISFIT)
        return CKN_GROUND_NOISE;
    if (fit->misfit <= MOST_MISFIT)
        return CKN_GROUND_MISFIT;
    if (fit->misfit <= MOST_STEP_MISFIT && sqrt(excess / search->count) <= names->step)
        return CKN_GROUND_STEP;
    return CKN_GROUND_NONE;
}

/* A kernel may reach out of the window by this part of its magnitudes. */
static double most_outside(ckn_family family) {
    return family == CKN_FAMILY_MOFFAT ? MOST_OUTSIDE_MOFFAT : MOST_OUTSIDE;
}

/* Whether a size is smaller than its error, as that of a blur within one tap is. */
static bool is_undetermined(const ckn_family_fit *fit) {
    const ckn_family_parameters *value = &fit->value, *error = &fit->error;
    return error->sigma > value->sigma || error->radius > value->radius ||
           error->length > value->length || error->width > value->width ||
           error->height > value->height || error->fwhm > value->fwhm ||
           error->beta > value->beta; /* never of NaN */
}

static ckn_code judge(const ckn_names *names, ckn_family family, ckn_family_fit *fit,
                      ckn_error *error) {
    const ckn_family_search *search = &names->search;
    const ckn_family_minimum *found = &search->found[family];
    const ckn_family_parameters none = {NAN, NAN, NAN, NAN, NAN, NAN, NAN,
                                        NAN, NAN, NAN, NAN, NAN, NAN};
    *fit = (ckn_family_fit){.family = family, .chi_square = NAN, .misfit = NAN, .score = NAN};
    fit->parameters = ckn_family_search_parameters(found);
    fit->value = fit->error = none;
    if (!isfinite(found->excess) || search->data.taps <= fit->parameters)
        return CKN_OK;
    double outside = 0;
    CKN_TRY(ckn_family_model_outside(&found->model, &outside, error));
    fit->found = 1;
    fit->variant = found->model.variant;
    fit->value = ckn_family_model_parameters(&found->model);
    fit->error = ckn_family_model_errors(&found->model, found->covariance);
    fit->value.gain *= names->unit;
    fit->error.gain *= names->unit;
    fit->value.amount *= names->unit;
    fit->error.amount *= names->unit;
    fit->chi_square =
        found->excess / search->data.variance / (double)(search->data.taps - fit->parameters);
    fit->misfit = misfit_of(names, found->excess);
    fit->score = ckn_family_search_score(search, found);
    fit->refused = ckn_family_model_at_limit(&found->model) || is_undetermined(fit) ||
                   outside > most_outside(family);
    fit->ground = ground_of(names, fit, found->excess);
    fit->fits = fit->ground != CKN_GROUND_NONE;
    return CKN_OK;
}

/* ---- the order */

/* 0: by noise; 1: by misfit or step; 2: no name; 3: refused; 4: not tried. */
static int rank_of(const ckn_family_fit *fit) {
    if (!fit->found)
        return 4;
    if (fit->refused)
        return 3;
    return fit->ground == CKN_GROUND_NONE ? 2 : fit->ground == CKN_GROUND_NOISE ? 0 : 1;
}

static int compare(const void *left, const void *right) {
    const ckn_family_fit *a = left, *b = right;
    const int difference = rank_of(a) - rank_of(b);
    if (difference != 0)
        return difference;
    if (a->found && a->score != b->score)
        return a->score < b->score ? -1 : 1;
    return (int)a->family - (int)b->family;
}

/* Where no name holds by noise, the score would tell one rounded kernel from another by how it was
 * rounded: the simplest one of those that come near the best goes first. */
static void put_simplest_first(ckn_family_fit *fits) {
    double least = INFINITY;
    size_t best = 0;
    if (rank_of(&fits[0]) != 1)
        return;
    for (size_t i = 0; i < CKN_FAMILY_COUNT && rank_of(&fits[i]) == 1; i++)
        least = fmin(least, fits[i].misfit);
    for (size_t i = 0; i < CKN_FAMILY_COUNT && rank_of(&fits[i]) == 1; i++) {
        const bool near = fits[i].misfit <= AS_GOOD * least;
        const bool simpler = fits[i].parameters < fits[best].parameters;
        if (near && (simpler || fits[best].misfit > AS_GOOD * least))
            best = i;
    }
    const ckn_family_fit first = fits[best];
    memmove(fits + 1, fits, best * sizeof *fits);
    fits[0] = first;
}

static ckn_code judge_all(const ckn_names *names, ckn_family_fit *fits, ckn_error *error) {
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++)
        CKN_TRY(judge(names, (ckn_family)i, &fits[i], error));
    return CKN_OK;
}

/* Signed names have more freedom: they are tried where no blur holds, those of more than 3x3 only
 * where the kernel has negative taps to speak of. */
static ckn_code fit_all(ckn_names *names, ckn_family_fit *fits, ckn_error *error) {
    ckn_family_search *search = &names->search;
    const bool plane = search->shape.rows > 1 && search->shape.cols > 1;
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++)
        search->found[i] = (ckn_family_minimum){
            .model = ckn_family_search_model(search, (ckn_family)i, 1), .excess = INFINITY};
    CKN_TRY(ckn_family_search_displacement(search, error));
    CKN_TRY(ckn_family_search_blurs(search, error));
    CKN_TRY(judge_all(names, fits, error));
    if (plane && !any_holds(fits)) {
        CKN_TRY(ckn_family_search_stencils(search, error));
        if (negative_part(search) > LEAST_NEGATIVE)
            CKN_TRY(ckn_family_search_masks(search, error));
        CKN_TRY(judge_all(names, fits, error));
    }
    qsort(fits, CKN_FAMILY_COUNT, sizeof *fits, compare);
    put_simplest_first(fits);
    return CKN_OK;
}

static ckn_code fit_without_prior(ckn_problem *problem, const ckn_fitted *fitted, double step,
                                  ckn_family_fit *fits, ckn_error *error) {
    ckn_names *names = NULL;
    CKN_TRY(ckn_allocate(&names, 1, sizeof *names, "the named kernels", error));
    ckn_code code = prepare(names, problem, fitted, step, error);
    if (code == CKN_OK)
        code = fit_all(names, fits, error);
    free(names->best);
    free(names->product);
    free(names->search.data.work);
    free(names);
    return code;
}

ckn_code ckn_families_fit(ckn_problem *problem, const ckn_fitted *fitted, double step,
                          ckn_family_fit *fits, ckn_error *error) {
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    const ckn_prior prior = statistics->prior;
    const double weight = statistics->weight;
    if (weight == 0)
        return fit_without_prior(problem, fitted, step, fits, error);
    CKN_TRY(ckn_equations_penalise(problem, prior, 0, error));
    ckn_code code = fit_without_prior(problem, fitted, step, fits, error);
    ckn_code restored =
        ckn_equations_penalise(problem, prior, weight, code == CKN_OK ? error : NULL);
    return code == CKN_OK ? restored : code;
}
