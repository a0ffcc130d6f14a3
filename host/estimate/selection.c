#include "estimate/selection.h"

#include "base/memory.h"

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
    double inflation;     /* of sigma^2, in what is chosen by it */
    double mean_diagonal; /* of G */
    bool noise_seen;      /* there is more than rounding */
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

/* Fits a model and records it; *square and *score tell how it did, infinite where it does not
 * exist. */
static ckn_code attempt(selector *self, const ckn_model *model, double *square, double *score,
                        ckn_error *error) {
    ckn_fit fit;
    *square = *score = INFINITY;
    CKN_TRY(ckn_trial_fit(&self->trials, model, &fit, error));
    if (!fit.exists)
        return CKN_OK;
    *square = self->least_square + ckn_trial_excess(&self->trials, self->least);
    *score = record(self, model, *square, fit.degrees_of_freedom);
    return CKN_OK;
}

/* What a sparse prior must gain in n log(score), which is like twice a log likelihood: it chooses
 * which taps or steps to keep, and that choice is one that its degrees of freedom do not count. */
static const double sparse_margin = 12;

static void keep_if_better(selector *self, const ckn_model *model, double score) {
    const double margin =
        ckn_prior_is_sparse(model->prior) ? sparse_margin * self->inflation / self->count : 0;
    const double own = score * exp(margin);
    if (!(own < self->best_score))
        return;
    self->best_score = own;
    self->selection->model = *model;
}

/* --- the fit that nothing constrains ------------------------------------------------------- */

/* Of minimum norm, where the images do not determine the kernel. */
static ckn_code fit_singular(selector *self, ckn_fit *fit, ckn_error *error) {
    const ckn_statistics *statistics = self->trials.statistics;
    ckn_minimum_norm figures = {0, 0};
    double objective = 0;
    CKN_TRY(ckn_statistics_minimum_norm(self->trials.problem, self->trials.h, &figures, error));
    CKN_TRY(ckn_statistics_evaluate(statistics, self->trials.h, &objective, error));
    *fit = (ckn_fit){true, 2 * objective, (double)figures.rank, statistics->taps};
    self->selection->rank = figures.rank;
    self->selection->condition = figures.condition;
    return CKN_OK;
}

static ckn_code fit_least_squares(selector *self, ckn_error *error) {
    ckn_selection *selection = self->selection;
    const ckn_statistics *statistics = self->trials.statistics;
    static const ckn_model plain = {CKN_CONSTRAINT_NONE, CKN_PRIOR_NONE, 0};
    ckn_fit fit;
    CKN_TRY(ckn_trial_fit(&self->trials, &plain, &fit, error));
    if (fit.exists) {
        CKN_TRY(ckn_statistics_condition(self->trials.problem, &selection->condition, error));
        selection->rank = statistics->taps;
    } else
        CKN_TRY(fit_singular(self, &fit, error));
    memcpy(self->least, self->trials.h, statistics->taps * sizeof(double));
    /* Differences below this are rounding's. */
    static const double digits = 10;
    const double floor = digits * ckn_statistics_rounding(statistics, self->least);
    const double spare = fmax(1, self->count - fit.degrees_of_freedom);
    self->least_square = fmax(fit.square, floor);
    self->least_degrees = fit.degrees_of_freedom;
    self->noise_seen = fit.square > floor;
    self->variance = self->least_square / spare;
    self->trials.accuracy = 0.005 * self->variance; /* of 1/2 ||r||^2: enough to rank by score */
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
    const double ratio = self->variance > 0 ? growth / (self->inflation * self->variance) : 0;
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
    ckn_model model;
    double unit;   /* a weight that noise and kernel suggest */
    double target; /* of the discrepancy; 0: cross-validation */
    double best, best_score;
    double gcv; /* of the best */
} search;

/* Lower is better: the score, or how far the residual is from the target. */
static ckn_code try_decade(selector *self, search *own, double decade, double *value,
                           ckn_error *error) {
    double square = 0, score = 0;
    own->model.weight = own->unit * pow(10, decade);
    CKN_TRY(attempt(self, &own->model, &square, &score, error));
    *value = own->target > 0 ? fabs(log(square / own->target)) : score;
    if (*value < own->best_score) {
        own->best_score = *value;
        own->gcv = score;
        own->best = decade;
    }
    return CKN_OK;
}

/* In n log(score), which is like twice a log likelihood: less is not worth another fit. */
static const double least_gain = 0.1;

/* Steps of one decade in one direction for as long as they help, or until there is a fit at all. */
static ckn_code walk(selector *self, search *own, int direction, ckn_error *error) {
    enum { FARTHEST = 9 };
    for (int n = 1; n <= FARTHEST; n++) {
        double value = 0;
        const double before = own->best_score;
        CKN_TRY(try_decade(self, own, direction * n, &value, error));
        if (!(value < before * (1 - least_gain / self->count)) && isfinite(before))
            break;
    }
    return CKN_OK;
}

/* The best weight of a prior, to an eighth of a decade: no score is sharper than that. Its score
 * stays infinite where no weight has a fit. */
static ckn_code find_weight(selector *self, search *own, ckn_error *error) {
    double value = 0;
    own->best_score = own->gcv = INFINITY;
    CKN_TRY(try_decade(self, own, 0, &value, error));
    CKN_TRY(walk(self, own, 1, error));
    if (!isfinite(own->best_score))
        return CKN_OK;
    if (own->best == 0)
        CKN_TRY(walk(self, own, -1, error));
    static const double steps[] = {0.5, 0.25};
    for (size_t n = 0; n < sizeof steps / sizeof steps[0]; n++) {
        const double middle = own->best;
        CKN_TRY(try_decade(self, own, middle - steps[n], &value, error));
        CKN_TRY(try_decade(self, own, middle + steps[n], &value, error));
    }
    own->model.weight = own->unit * pow(10, own->best);
    return CKN_OK;
}

/* sigma^2 over the mean square of what P measures, of the kernel without a prior: the weight that
 * Gaussian noise and a Gaussian kernel would have. */
static double suggest_weight(const selector *self, ckn_prior prior) {
    const ckn_shape kernel = self->trials.problem->kernel;
    const double taps = (double)ckn_shape_count(kernel);
    const double least = 1e-15 * self->mean_diagonal;
    if (ckn_prior_is_sparse(prior)) /* the noise in an entry of b */
        return sqrt(self->variance * self->mean_diagonal);
    const double value = ckn_prior_value(prior, kernel, self->plain) / taps;
    return value > 0 ? fmax(self->variance / value, least) : least;
}

static ckn_code try_prior(selector *self, ckn_prior prior, ckn_error *error) {
    search own = {.model = {self->selection->model.constraint, prior, 0}};
    own.unit = suggest_weight(self, prior);
    if (self->options->lambda_rule == CKN_LAMBDA_DISCREPANCY)
        own.target = self->count * self->variance;
    CKN_TRY(find_weight(self, &own, error));
    keep_if_better(self, &own.model, own.gcv);
    return CKN_OK;
}

/* In the order in which they help most kernels. On taps that are not negative l1 is only a bias;
 * kernels with negative ones, as filters have them, tend to have few taps or steps. */
enum { CANDIDATES = 5 };
static const ckn_prior of_nonnegative[CANDIDATES] = {CKN_PRIOR_SMOOTH2, CKN_PRIOR_SMOOTH1,
                                                     CKN_PRIOR_TV, CKN_PRIOR_RIDGE};
static const ckn_prior of_signed[CANDIDATES] = {CKN_PRIOR_SMOOTH2, CKN_PRIOR_TV, CKN_PRIOR_L1,
                                                CKN_PRIOR_SMOOTH1, CKN_PRIOR_RIDGE};

/* The first of them, and the others for as long as that is quick. */
static ckn_code try_priors(selector *self, ckn_error *error) {
    const bool constrained = self->selection->model.constraint != CKN_CONSTRAINT_NONE;
    const ckn_prior *candidates = constrained ? of_nonnegative : of_signed;
    const size_t taps = self->trials.statistics->taps;
    double seconds = 0;
    if (self->options->prior != CKN_PRIOR_AUTO)
        return try_prior(self, self->options->prior, error);
    for (size_t n = 0; n < CANDIDATES && candidates[n] != CKN_PRIOR_NONE; n++) {
        seconds += FITS_A_PRIOR * ckn_trial_seconds(taps, candidates[n], constrained);
        if (n == 0 || seconds <= short_wait)
            CKN_TRY(try_prior(self, candidates[n], error));
    }
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
    const bool open = self->options->prior == CKN_PRIOR_AUTO;
    CKN_TRY(try_none(self, error));
    if (self->options->prior == CKN_PRIOR_NONE || !self->noise_seen)
        return CKN_OK;
    if (!open || ckn_selection_is_affordable(self->trials.problem))
        return try_priors(self, error);
    say_none_was_looked_for(self);
    return CKN_OK;
}

/* --- all of it ---------------------------------------------------------------------------- */

/* The model that was asked for, without a choice of its weight. */
static ckn_code take_given(selector *self, ckn_error *error) {
    ckn_model *model = &self->selection->model;
    double square = 0, score = 0;
    model->prior = self->options->prior;
    model->weight =
        self->options->lambda * ckn_trial_weight_unit(self->trials.statistics, model->prior);
    return attempt(self, model, &square, &score, error);
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
    for (size_t n = 0; n < selection->trial_count; n++) {
        ckn_trial *trial = &selection->trials[n];
        trial->chosen = trial->prior == model->prior && trial->constraint == model->constraint &&
                        trial->lambda == selection->lambda;
        if (trial->chosen)
            selection->degrees_of_freedom = trial->degrees_of_freedom;
    }
    return ckn_statistics_penalise(self->trials.problem, model->prior, model->weight, error);
}

bool ckn_selection_is_affordable(const ckn_problem *problem) {
    return FITS_A_PRIOR * ckn_trial_seconds(ckn_problem_taps(problem), CKN_PRIOR_SMOOTH2, true) <=
           patience;
}

ckn_code ckn_select(ckn_problem *problem, const ckn_estimate_options *options,
                    ckn_selection *selection, ckn_error *error) {
    selector self = {.inflation = options->inflation > 0 ? options->inflation : 1,
                     .options = options,
                     .selection = selection,
                     .best_score = INFINITY};
    *selection = (ckn_selection){.sign_excess = NAN};
    CKN_TRY(ckn_trials_create(&self.trials, problem, options, error));
    self.count = (double)ckn_problem_used(problem) -
                 (double)(self.trials.statistics->terms + problem->gains);
    self.mean_diagonal = self.trials.statistics->mean_diagonal;
    const size_t taps = self.trials.statistics->taps;
    ckn_code code = ckn_allocate(&self.least, taps, 2 * sizeof(double), "a trial", error);
    if (code == CKN_OK)
        self.plain = self.least + taps;
    if (code == CKN_OK)
        code = choose(&self, error);
    if (code == CKN_OK)
        code = settle(&self, error);
    free(self.least);
    ckn_trials_release(&self.trials);
    return code;
}
