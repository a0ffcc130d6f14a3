#include "estimate/selection.h"

#include "base/memory.h"
#include "estimate/losses.h"
#include "estimate/weight_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Beyond this the negative taps are no noise: one kernel without any in a million gets there. */
static const double sign_limit = 5;
/* A choice of the prior is worth this wait in seconds; that among all priors, this. */
static const double patience = 10, short_wait = 6;
enum { FITS_A_PRIOR = 9 };

typedef struct selector {
    ckn_trials trials;
    const ckn_estimate_options *options;
    const ckn_selection *smaller; /* of a smaller kernel or fewer samples; NULL: none is known */
    double near_miss;             /* and what a prior may have lost there */
    ckn_selection *selection;
    double *least;        /* the least-squares kernel: K numbers */
    double *plain;        /* the kernel without a prior: K numbers */
    double least_square;  /* ||r||^2 there, never less than rounding makes of it */
    double least_degrees; /* taps that it determines */
    double plain_square;  /* ||r||^2 of the kernel without a prior, */
    double plain_degrees; /* and its degrees of freedom */
    bool plain_known;     /* these three are filled */
    double count;         /* n */
    double variance;      /* sigma^2 by the least-squares kernel */
    double inflation;     /* of sigma^2, where a prior and its weight are chosen, */
    double of_sign;       /* and a sign */
    double mean_diagonal; /* of G */
    bool noise_seen;      /* there is more than rounding */
    bool open;            /* any prior may be chosen */
    bool cut;             /* there was no time for all of them */
    double best_score;
} selector;

static double gcv_score(const selector *self, double square, double degrees) {
    const double spare = self->count - self->inflation * degrees;
    return spare > 0 ? self->count * square / (spare * spare) : INFINITY;
}

/* --- records ------------------------------------------------------------------------------ */

/* The weight in the units of ckn_estimate_options.lambda. */
static double relative(const selector *self, const ckn_model *model) {
    const double unit = ckn_trial_weight_unit(self->trials.statistics, model->prior);
    return unit > 0 ? model->weight / unit : 0; /* b = 0 where the blurred images are black */
}

/* The score of a fit, which is added to the list. */
static double record(selector *self, const ckn_model *model, double square, double degrees) {
    ckn_selection *selection = self->selection;
    const double y_scale = self->trials.problem->units.y_scale;
    const double score = gcv_score(self, square, degrees);
    if (selection->trial_count < CKN_MOST_TRIALS)
        selection->trials[selection->trial_count++] = (ckn_trial){
            .constraint = model->constraint,
            .prior = model->prior,
            .lambda = relative(self, model),
            .residual_norm = sqrt(square) / y_scale,
            .degrees_of_freedom = degrees,
            .score = score / y_scale / y_scale,
        };
    return score;
}

/* Fits a model and records it. */
static ckn_code attempt(selector *self, const ckn_model *model, ckn_fit *fit, ckn_error *error) {
    CKN_TRY(ckn_trial_fit(&self->trials, model, fit, error));
    if (!fit->exists)
        return CKN_OK;
    fit->square = self->least_square + ckn_trial_excess(&self->trials, self->least);
    record(self, model, fit->square, fit->degrees_of_freedom);
    return CKN_OK;
}

/* Whether one more fit takes the search beyond its time. */
static bool is_spent(const selector *self, const ckn_model *model) {
    const size_t taps = self->trials.statistics->taps;
    const bool constrained = model->constraint != CKN_CONSTRAINT_NONE;
    return ckn_trials_seconds(&self->trials) + ckn_trial_seconds(taps, model->prior, constrained) >
           short_wait;
}

/* What a sparse prior must gain in n log(score), which is like twice a log likelihood: it chooses
 * which taps or steps to keep, and that choice is one that its degrees of freedom do not count. */
static const double sparse_margin = 12;

/* In n log(score). */
static double margin_of(const selector *self, ckn_prior prior) {
    return ckn_prior_is_sparse(prior) ? sparse_margin * self->inflation : 0;
}

static void keep_if_better(selector *self, const ckn_model *model, double score) {
    const double own = score * exp(margin_of(self, model->prior) / self->count);
    if (!(own < self->best_score))
        return;
    self->best_score = own;
    self->selection->model = *model;
}

/* --- the fit that nothing constrains ------------------------------------------------------- */

/* Of minimum norm, where the images do not determine the kernel. */
static ckn_code fit_singular(selector *self, ckn_fit *fit, ckn_error *error) {
    const ckn_equations *statistics = self->trials.statistics;
    ckn_minimum_norm figures = {0, 0};
    double objective = 0;
    CKN_TRY(ckn_equations_minimum_norm(self->trials.problem, self->trials.h, &figures, error));
    CKN_TRY(ckn_equations_evaluate(statistics, self->trials.h, &objective, error));
    *fit = (ckn_fit){true, 2 * objective, (double)figures.rank, statistics->taps};
    self->selection->rank = figures.rank;
    self->selection->condition = figures.condition;
    return CKN_OK;
}

/* As the options say, or as losses of compression ask for beside the noise that was found. */
static void inflate_noise(selector *self) {
    const ckn_estimate_options *options = self->options;
    self->inflation = self->of_sign = fmax(1, options->inflation);
    if (options->inflation > 0)
        return;
    const double noise = sqrt(self->variance) / self->trials.problem->units.y_scale;
    self->inflation = ckn_losses_inflation(options->loss_sigma, noise, CKN_LOSSES_OF_PRIOR);
    self->of_sign = ckn_losses_inflation(options->loss_sigma, noise, CKN_LOSSES_OF_SIGN);
}

static ckn_code fit_least_squares(selector *self, ckn_error *error) {
    ckn_selection *selection = self->selection;
    const ckn_equations *statistics = self->trials.statistics;
    static const ckn_model plain = {CKN_CONSTRAINT_NONE, CKN_PRIOR_NONE, 0};
    ckn_fit fit;
    CKN_TRY(ckn_trial_fit(&self->trials, &plain, &fit, error));
    if (fit.exists) {
        CKN_TRY(ckn_equations_condition(self->trials.problem, &selection->condition, error));
        selection->rank = statistics->taps;
    } else
        CKN_TRY(fit_singular(self, &fit, error));
    memcpy(self->least, self->trials.h, statistics->taps * sizeof(double));
    /* Differences below this are rounding's. */
    static const double digits = 10;
    const double floor = digits * ckn_equations_rounding(statistics, self->least);
    const double spare = fmax(1, self->count - fit.degrees_of_freedom);
    self->least_square = fmax(fit.square, floor);
    self->least_degrees = fit.degrees_of_freedom;
    self->noise_seen = fit.square > floor;
    self->variance = self->least_square / spare;
    inflate_noise(self);
    self->trials.accuracy = 5e-3 * self->variance; /* of 1/2 ||r||^2: enough to rank by score */
    return CKN_OK;
}

/* --- sign --------------------------------------------------------------------------------- */

/* Fits without negative taps too, and says whether the data ask for them. */
static ckn_code find_sign(selector *self, ckn_error *error) {
    ckn_selection *selection = self->selection;
    static const ckn_model model = {CKN_CONSTRAINT_NONNEG, CKN_PRIOR_NONE, 0};
    ckn_fit fit;
    CKN_TRY(ckn_trial_fit(&self->trials, &model, &fit, error));
    const double held = (double)(self->trials.statistics->taps - fit.free_count);
    const double growth = ckn_trial_excess(&self->trials, self->least);
    /* 0: black images */
    const double ratio = self->variance > 0 ? growth / (self->of_sign * self->variance) : 0;
    selection->sign_excess = held > 0 ? (ratio - held) / sqrt(2 * held) : 0;
    /* Without noise, rounding is all that the limit could be compared with. */
    const bool small = growth <= 1e-9 * self->least_square;
    if (!small && selection->sign_excess > sign_limit)
        return CKN_OK;
    selection->model.constraint = CKN_CONSTRAINT_NONNEG;
    memcpy(self->plain, self->trials.h, self->trials.statistics->taps * sizeof(double));
    self->plain_square = self->least_square + growth;
    self->plain_degrees = fit.degrees_of_freedom;
    self->plain_known = true;
    return CKN_OK;
}

/* --- prior and weight --------------------------------------------------------------------- */

typedef struct search {
    selector *selector;
    ckn_model model;
    double unit;   /* a weight that noise and kernel suggest */
    double target; /* of the discrepancy; 0: cross-validation */
} search;

/* n log(score), which is like twice a log likelihood. */
static double value_of_fit(const void *user, double square, double degrees) {
    const selector *self = ((const search *)user)->selector;
    return self->count * log(gcv_score(self, square, degrees));
}

/* Lower is better: the score, or how far the residual is from the target. */
static ckn_code fit_point(void *user, ckn_weight_point *point, bool *cut, ckn_error *error) {
    search *own = user;
    selector *self = own->selector;
    ckn_fit fit;
    *cut = self->open && is_spent(self, &own->model);
    if (*cut)
        return CKN_OK;
    own->model.weight = own->unit * pow(10, point->decade);
    CKN_TRY(attempt(self, &own->model, &fit, error));
    if (!fit.exists)
        return CKN_OK;
    point->square = fit.square;
    point->degrees = fit.degrees_of_freedom;
    point->value = own->target > 0 ? self->count * fabs(log(fit.square / own->target))
                                   : value_of_fit(own, point->square, point->degrees);
    return CKN_OK;
}

/* sigma^2 over the mean square of what P measures, of the kernel without a prior: the weight that
 * Gaussian noise and a Gaussian kernel would have. */
static double suggest_weight(const selector *self, ckn_prior prior) {
    const ckn_shape kernel = self->trials.problem->kernel;
    const double taps = (double)ckn_shape_count(kernel);
    const double least = 1e-15 * self->mean_diagonal;
    /* The noise in an entry of b, and what part of it was best in the quality benchmark. */
    if (ckn_prior_is_sparse(prior))
        return 0.1 * sqrt(self->variance * self->mean_diagonal);
    const double value = ckn_prior_value(prior, kernel, self->plain) / taps;
    return value > 0 ? fmax(self->variance / value, least) : least;
}

/* In n log(score): less is not worth another fit. */
static const double least_gain = 0.1;

/* The best trial of a prior; NULL where there is none. */
static const ckn_trial *best_trial(const ckn_selection *selection, ckn_prior prior) {
    const ckn_trial *best = NULL;
    for (size_t n = 0; n < selection->trial_count; n++) {
        const ckn_trial *trial = &selection->trials[n];
        if (trial->prior == prior && trial->constraint == selection->model.constraint &&
            (!best || trial->score < best->score))
            best = trial;
    }
    return best;
}

static double first_weight(const selector *self, ckn_prior prior) {
    const ckn_trial *known = self->smaller ? best_trial(self->smaller, prior) : NULL;
    return known && known->lambda > 0
               ? known->lambda * ckn_trial_weight_unit(self->trials.statistics, prior)
               : suggest_weight(self, prior);
}

/* In n log(score): what a prior may lose on a smaller kernel, or on fewer samples, and still be
 * tried. With fewer samples the priors of cases of the quality benchmark change their order. */
static const double near_miss = 6, near_miss_of_fewer = 20;

static bool has_prospects(const selector *self, ckn_prior prior) {
    if (!self->smaller)
        return true;
    const ckn_trial *known = best_trial(self->smaller, prior);
    return known && self->count * log(known->score / ckn_selection_score(self->smaller)) +
                            margin_of(self, prior) <
                        self->near_miss + margin_of(self, self->smaller->model.prior);
}

static ckn_code try_prior(selector *self, ckn_prior prior, ckn_error *error) {
    search own = {.selector = self, .model = {self->selection->model.constraint, prior, 0}};
    own.unit = first_weight(self, prior);
    if (self->options->lambda_rule == CKN_LAMBDA_DISCREPANCY)
        own.target = self->count * self->variance;
    ckn_weight_search weights = {.fit = fit_point,
                                 .value_of = own.target > 0 ? NULL : value_of_fit,
                                 .user = &own,
                                 .least_square = self->plain_square,
                                 .to_beat = INFINITY,
                                 .least_gain = least_gain,
                                 .stepped = ckn_prior_is_sparse(prior) || own.target > 0};
    if (self->open && own.target == 0)
        weights.to_beat = self->count * log(self->best_score) - margin_of(self, prior);
    CKN_TRY(ckn_weight_search_run(&weights, error));
    self->cut = self->cut || weights.cut;
    if (weights.count == 0 || !isfinite(weights.points[weights.best].value))
        return CKN_OK;
    const ckn_weight_point *best = &weights.points[weights.best];
    own.model.weight = own.unit * pow(10, best->decade);
    keep_if_better(self, &own.model, gcv_score(self, best->square, best->degrees));
    return CKN_OK;
}

/* In the order in which they help most kernels. On taps that are not negative l1 is only a bias;
 * kernels with negative ones, as filters have them, tend to have few taps or steps. */
enum { CANDIDATES = 5 };
static const ckn_prior of_nonnegative[CANDIDATES] = {CKN_PRIOR_SMOOTH2, CKN_PRIOR_SMOOTH1,
                                                     CKN_PRIOR_TV, CKN_PRIOR_RIDGE};
static const ckn_prior of_signed[CANDIDATES] = {CKN_PRIOR_SMOOTH2, CKN_PRIOR_TV, CKN_PRIOR_L1,
                                                CKN_PRIOR_SMOOTH1, CKN_PRIOR_RIDGE};

/* Where a sparse prior is so far ahead of smooth2, in n log(score), the other quadratic ones are
 * not tried: in the quality benchmark they were never ahead of smooth2 by more than 13. */
static const double out_of_reach = 60;

/* The first of them, and the others for as long as that is quick. */
static ckn_code try_priors(selector *self, ckn_error *error) {
    const bool constrained = self->selection->model.constraint != CKN_CONSTRAINT_NONE;
    const ckn_prior *candidates = constrained ? of_nonnegative : of_signed;
    if (!self->open)
        return try_prior(self, self->options->prior, error);
    double quadratic = self->best_score; /* the best one of those, and of none */
    for (size_t n = 0; n < CANDIDATES && candidates[n] != CKN_PRIOR_NONE && !self->cut; n++) {
        const bool sparse = ckn_prior_is_sparse(candidates[n]);
        if (!sparse && n > 0 && self->best_score < quadratic * exp(-out_of_reach / self->count))
            continue;
        if (n > 0 && !has_prospects(self, candidates[n]))
            continue; /* the first one has: it knows best how tails go on that a smaller frame cut
                       */
        CKN_TRY(try_prior(self, candidates[n], error));
        quadratic = sparse ? quadratic : fmin(quadratic, self->best_score);
    }
    if (self->cut)
        ckn_log_line(&self->trials.problem->backend->log, CKN_LOG_INFO,
                     "the search for a prior was cut after %zu fits, as more would take too long "
                     "for %zu taps: the best so far is taken; name a prior to have its weight "
                     "found",
                     self->trials.fits, self->trials.statistics->taps);
    return CKN_OK;
}

/* The fit without a prior, into self->plain. */
static ckn_code fit_plain(selector *self, const ckn_model *none, ckn_error *error) {
    const double *found = self->least;
    ckn_fit fit = {true, self->least_square, self->least_degrees, 0};
    if (none->constraint != CKN_CONSTRAINT_NONE) {
        CKN_TRY(ckn_trial_fit(&self->trials, none, &fit, error));
        fit.square = self->least_square + ckn_trial_excess(&self->trials, self->least);
        found = self->trials.h;
    }
    memcpy(self->plain, found, self->trials.statistics->taps * sizeof(double));
    self->plain_square = fit.square;
    self->plain_degrees = fit.degrees_of_freedom;
    self->plain_known = true;
    return CKN_OK;
}

static ckn_code try_none(selector *self, ckn_error *error) {
    const ckn_model none = {self->selection->model.constraint, CKN_PRIOR_NONE, 0};
    if (!self->plain_known)
        CKN_TRY(fit_plain(self, &none, error));
    const double score = record(self, &none, self->plain_square, self->plain_degrees);
    if (self->options->prior == CKN_PRIOR_AUTO || self->options->prior == CKN_PRIOR_NONE ||
        !self->noise_seen)
        keep_if_better(self, &none, score);
    return CKN_OK;
}

static void say_none_was_looked_for(const selector *self) {
    ckn_log_line(&self->trials.problem->backend->log, CKN_LOG_INFO,
                 "no prior was looked for, as that would take too long for %zu taps; name one to "
                 "have its weight found",
                 self->trials.statistics->taps);
}

static ckn_code find_prior(selector *self, ckn_error *error) {
    CKN_TRY(try_none(self, error));
    if (self->options->prior == CKN_PRIOR_NONE || !self->noise_seen)
        return CKN_OK;
    if (!self->open || ckn_selection_is_affordable(self->trials.problem))
        return try_priors(self, error);
    say_none_was_looked_for(self);
    return CKN_OK;
}

/* --- all of it ---------------------------------------------------------------------------- */

/* The model that was asked for, without a choice of its weight. */
static ckn_code take_given(selector *self, ckn_error *error) {
    ckn_model *model = &self->selection->model;
    ckn_fit fit;
    model->prior = self->options->prior;
    model->weight =
        self->options->lambda * ckn_trial_weight_unit(self->trials.statistics, model->prior);
    return attempt(self, model, &fit, error);
}

static ckn_code choose(selector *self, ckn_error *error) {
    ckn_selection *selection = self->selection;
    const ckn_estimate_options *options = self->options;
    selection->model.constraint = options->constraint;
    if (options->constraint != CKN_CONSTRAINT_AUTO && options->prior == CKN_PRIOR_AUTO &&
        !ckn_selection_is_affordable(self->trials.problem)) {
        say_none_was_looked_for(self); /* which leaves nothing to find out by fits */
        return CKN_OK;
    }
    CKN_TRY(fit_least_squares(self, error));
    if (options->constraint == CKN_CONSTRAINT_AUTO) {
        selection->model.constraint = CKN_CONSTRAINT_NONE;
        CKN_TRY(find_sign(self, error));
    }
    const bool named = options->prior != CKN_PRIOR_AUTO && options->prior != CKN_PRIOR_NONE;
    return named && options->lambda_rule == CKN_LAMBDA_GIVEN ? take_given(self, error)
                                                             : find_prior(self, error);
}

static ckn_code settle(selector *self, ckn_error *error) {
    ckn_selection *selection = self->selection;
    ckn_model *model = &selection->model;
    selection->lambda = relative(self, model);
    selection->inflation = self->inflation;
    selection->samples = ckn_problem_used(self->trials.problem);
    for (size_t n = 0; n < selection->trial_count; n++) {
        ckn_trial *trial = &selection->trials[n];
        trial->chosen = trial->prior == model->prior && trial->constraint == model->constraint &&
                        trial->lambda == selection->lambda;
        if (trial->chosen)
            selection->degrees_of_freedom = trial->degrees_of_freedom;
    }
    return ckn_equations_penalise(self->trials.problem, model->prior, model->weight, error);
}

double ckn_selection_score(const ckn_selection *selection) {
    for (size_t n = 0; n < selection->trial_count; n++) {
        if (selection->trials[n].chosen)
            return selection->trials[n].score;
    }
    return INFINITY;
}

bool ckn_selection_is_affordable(const ckn_problem *problem) {
    return FITS_A_PRIOR * ckn_trial_seconds(ckn_problem_taps(problem), CKN_PRIOR_SMOOTH2, true) <=
           patience;
}

static ckn_code run(selector *self, ckn_problem *problem, ckn_error *error) {
    CKN_TRY(ckn_trials_create(&self->trials, problem, self->options, error));
    self->count = (double)ckn_problem_used(problem) -
                  (double)(self->trials.statistics->terms + problem->gains);
    self->mean_diagonal = self->trials.statistics->mean_diagonal;
    const size_t taps = self->trials.statistics->taps;
    ckn_code code = ckn_allocate(&self->least, taps, 2 * sizeof(double), "a trial", error);
    if (code == CKN_OK)
        self->plain = self->least + taps;
    if (code == CKN_OK)
        code = choose(self, error);
    if (code == CKN_OK)
        code = settle(self, error);
    free(self->least);
    ckn_trials_release(&self->trials);
    return code;
}

static selector start(const ckn_estimate_options *options, ckn_selection *selection) {
    *selection = (ckn_selection){.sign_excess = NAN};
    return (selector){.inflation = 1,
                      .of_sign = 1,
                      .options = options,
                      .selection = selection,
                      .open = options->prior == CKN_PRIOR_AUTO,
                      .best_score = INFINITY};
}

ckn_code ckn_select(ckn_problem *problem, const ckn_estimate_options *options,
                    ckn_selection *selection, ckn_error *error) {
    selector self = start(options, selection);
    return run(&self, problem, error);
}

ckn_code ckn_select_larger(ckn_problem *problem, const ckn_estimate_options *options,
                           const ckn_selection *smaller, double to_gain, ckn_selection *selection,
                           ckn_error *error) {
    const double scale = problem->units.y_scale, count = (double)ckn_problem_used(problem);
    selector self = start(options, selection);
    self.smaller = smaller;
    self.near_miss = near_miss;
    self.best_score = ckn_selection_score(smaller) * scale * scale * exp(-to_gain / count);
    return run(&self, problem, error);
}

static ckn_code repeat(ckn_problem *problem, const ckn_selection *made, ckn_selection *selection,
                       ckn_error *error) {
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    *selection = *made;
    ckn_model *model = &selection->model;
    model->weight = made->lambda * ckn_trial_weight_unit(statistics, model->prior);
    return ckn_equations_penalise(problem, model->prior, model->weight, error);
}

/* Of the samples: a choice on so many is as good as one on all. And a choice among all priors that
 * is predicted to take less, in seconds, is made anew. */
static const double nearly_all = 0.95, quick = 1;

ckn_code ckn_select_again(ckn_problem *problem, const ckn_estimate_options *options,
                          const ckn_selection *made, ckn_selection *selection, ckn_error *error) {
    const double seconds =
        FITS_A_PRIOR * ckn_trial_seconds(ckn_problem_taps(problem), CKN_PRIOR_SMOOTH2, true);
    if ((double)made->samples >= nearly_all * (double)ckn_problem_used(problem))
        return repeat(problem, made, selection, error);
    selector self = start(options, selection);
    self.smaller = seconds > quick && isfinite(ckn_selection_score(made)) ? made : NULL;
    self.near_miss = near_miss_of_fewer;
    return run(&self, problem, error);
}
