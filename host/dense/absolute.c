/* The interior point method.
 *
 * With t = p - q, p and q >= 0, the cost of a term is weight (p + q). u is the multiplier of
 * t = p - q, nu that of h >= 0 and mu that of the sum; optimal are
 *   A h - b + D'u - nu - mu 1 = 0,   p (weight - u) = 0,   q (weight + u) = 0,   nu h = 0.
 * Newton's equations for the products, set to a common small value, leave after elimination
 *   (A + D'W D + diag(nu / h)) dh - dmu 1 = right,   W = 1 / (p / (weight - u) + q / (weight + u)).
 */
#include "dense/absolute.h"

#include "base/memory.h"
#include "dense/cholesky.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ITERATIONS = 100 };
static const double tolerance = 1e-22, good = 1e-12, fair = 1e-9;
static const double to_the_wall = 0.995; /* how much of the way to a bound a step may go */

typedef struct interior {
    const ckn_absolute_problem *problem;
    size_t n, terms;
    double *h, *nu;    /* n each */
    double *p, *q, *u; /* terms each */
    double mu;
    double *dh, *dnu, *dp, *dq, *du; /* the step */
    double dmu;
    double *right, *flat_direction; /* n: scratch, and M^-1 1 */
    double *weights;                /* W */
    double *targets_p, *targets_q;  /* what the products are to become, less what they are */
    double *targets_nu;
    double *memory;
    ckn_symmetric factor;
} interior;

bool ckn_absolute_bytes(size_t order, size_t term_count, size_t *bytes) {
    size_t entries, vectors, lists, numbers;
    if (!ckn_symmetric_count(order, &entries) || !ckn_multiply(order, 7, &vectors) ||
        !ckn_multiply(term_count, 9, &lists) || vectors > SIZE_MAX - lists ||
        entries > SIZE_MAX - vectors - lists)
        return false;
    numbers = entries + vectors + lists;
    return ckn_multiply(numbers, sizeof(double), bytes);
}

static void destroy(interior *self) {
    free(self->memory);
    ckn_symmetric_release(&self->factor);
}

static ckn_code create(interior *self, const ckn_absolute_problem *problem,
                       ckn_absolute_answer *answer, ckn_error *error) {
    static const char what[] = "the interior point method";
    const size_t n = problem->matrix->order, terms = problem->term_count;
    *self = (interior){.problem = problem, .n = n, .terms = terms, .h = answer->h};
    CKN_TRY(ckn_allocate(&self->memory, 6 * n + 9 * terms, sizeof(double), what, error));
    double *next = self->memory;
    double **const long_ones[] = {&self->p,       &self->q,         &self->u,
                                  &self->dp,      &self->dq,        &self->du,
                                  &self->weights, &self->targets_p, &self->targets_q};
    double **const short_ones[] = {
        &self->nu, &self->dh, &self->dnu, &self->right, &self->flat_direction, &self->targets_nu};
    for (size_t i = 0; i < sizeof long_ones / sizeof long_ones[0]; i++, next += terms)
        *long_ones[i] = next;
    for (size_t i = 0; i < sizeof short_ones / sizeof short_ones[0]; i++, next += n)
        *short_ones[i] = next;
    ckn_code code = ckn_symmetric_create(&self->factor, n, what, error);
    if (code != CKN_OK)
        destroy(self);
    return code;
}

static double term_value(const ckn_absolute_term *term, const double *v) {
    return v[term->plus] - (term->minus == SIZE_MAX ? 0 : v[term->minus]);
}

/* v += sum_j values_j grad t_j. */
static void add_adjoint(const interior *self, const double *values, double *v) {
    for (size_t j = 0; j < self->terms; j++) {
        const ckn_absolute_term *term = &self->problem->terms[j];
        v[term->plus] += values[j];
        if (term->minus != SIZE_MAX)
            v[term->minus] -= values[j];
    }
}

static double largest_magnitude(const double *v, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(v[i]));
    return largest;
}

/* Of a gradient: b, and A h where the sum makes h large. */
static double natural_force(const interior *self) {
    const double force = largest_magnitude(self->problem->b, self->n);
    return self->problem->sum_is_one
               ? fmax(force, ckn_symmetric_mean_diagonal(self->problem->matrix))
               : force;
}

/* Of an unknown: that of the sum, or what it would be alone. */
static double natural_size(const interior *self) {
    const double mean = ckn_symmetric_mean_diagonal(self->problem->matrix);
    return self->problem->sum_is_one || !(mean > 0) ? 1 : natural_force(self) / mean;
}

/* Strictly inside all bounds, with t = p - q exact. */
static void start(interior *self) {
    const ckn_absolute_problem *problem = self->problem;
    const double force = natural_force(self), size = natural_size(self);
    for (size_t i = 0; i < self->n; i++) {
        self->h[i] = problem->sum_is_one ? 1 / (double)self->n : problem->nonnegative ? size : 0;
        self->nu[i] = problem->nonnegative ? force : 0;
    }
    for (size_t j = 0; j < self->terms; j++) {
        const double value = term_value(&problem->terms[j], self->h);
        self->p[j] = fmax(value, 0) + size;
        self->q[j] = fmax(-value, 0) + size;
        self->u[j] = 0;
    }
}

void ckn_absolute_waypoint_release(ckn_absolute_waypoint *waypoint) {
    free(waypoint->numbers);
    *waypoint = (ckn_absolute_waypoint){0};
}

enum { ARRAYS = 5 };

typedef struct array {
    double *numbers;
    size_t count;
} array;

static void list_arrays(const interior *self, array arrays[ARRAYS]) {
    arrays[0] = (array){self->h, self->n};
    arrays[1] = (array){self->nu, self->n};
    arrays[2] = (array){self->p, self->terms};
    arrays[3] = (array){self->q, self->terms};
    arrays[4] = (array){self->u, self->terms};
}

static ckn_code leave_waypoint(const interior *self, ckn_error *error) {
    ckn_absolute_waypoint *waypoint = self->problem->waypoint;
    if (!waypoint->numbers)
        CKN_TRY(ckn_allocate(&waypoint->numbers, 2 * self->n + 3 * self->terms, sizeof(double),
                             "the interior point method", error));
    array arrays[ARRAYS];
    list_arrays(self, arrays);
    double *next = waypoint->numbers;
    for (size_t i = 0; i < ARRAYS; next += arrays[i++].count)
        memcpy(next, arrays[i].numbers, arrays[i].count * sizeof *next);
    waypoint->weight = self->problem->weight;
    waypoint->mu = self->mu;
    return CKN_OK;
}

/* With the multipliers of the terms scaled by the ratio of the weights, every product that is to
 * vanish keeps its share of the others. */
static void start_from_waypoint(interior *self) {
    const ckn_absolute_waypoint *waypoint = self->problem->waypoint;
    const double ratio = self->problem->weight / waypoint->weight;
    array arrays[ARRAYS];
    list_arrays(self, arrays);
    const double *next = waypoint->numbers;
    for (size_t i = 0; i < ARRAYS; next += arrays[i++].count)
        memcpy(arrays[i].numbers, next, arrays[i].count * sizeof *next);
    for (size_t j = 0; j < self->terms; j++)
        self->u[j] *= ratio;
    self->mu = waypoint->mu;
}

/* Sum of the products that vanish at the optimum, after a step of this length. */
static double complementarity(const interior *self, double step) {
    const double weight = self->problem->weight;
    double sum = 0;
    for (size_t j = 0; j < self->terms; j++) {
        const double u = self->u[j] + step * self->du[j];
        sum += (self->p[j] + step * self->dp[j]) * (weight - u);
        sum += (self->q[j] + step * self->dq[j]) * (weight + u);
    }
    for (size_t i = 0; i < self->n && self->problem->nonnegative; i++)
        sum += (self->h[i] + step * self->dh[i]) * (self->nu[i] + step * self->dnu[i]);
    return sum;
}

static double product_count(const interior *self) {
    return (double)(2 * self->terms + (self->problem->nonnegative ? self->n : 0));
}

/* M = A + D'W D + diag(nu / h), factored. */
static ckn_code factor(interior *self, bool *definite, ckn_error *error) {
    const ckn_absolute_problem *problem = self->problem;
    ckn_symmetric_copy(&self->factor, problem->matrix);
    for (size_t j = 0; j < self->terms; j++) {
        const ckn_absolute_term *term = &problem->terms[j];
        const double w = 1 / (self->p[j] / (problem->weight - self->u[j]) +
                              self->q[j] / (problem->weight + self->u[j]));
        self->weights[j] = w;
        *ckn_symmetric_at(&self->factor, term->plus, term->plus) += w;
        if (term->minus == SIZE_MAX)
            continue;
        *ckn_symmetric_at(&self->factor, term->minus, term->minus) += w;
        *ckn_symmetric_at(&self->factor, term->plus, term->minus) -= w;
    }
    for (size_t i = 0; i < self->n && problem->nonnegative; i++)
        *ckn_symmetric_at(&self->factor, i, i) += self->nu[i] / self->h[i];
    CKN_TRY(ckn_cholesky_factor(&self->factor, definite, error));
    if (!*definite || !problem->sum_is_one)
        return CKN_OK;
    for (size_t i = 0; i < self->n; i++)
        self->flat_direction[i] = 1;
    return ckn_cholesky_solve(&self->factor, self->flat_direction, error);
}

/* The residual of the first condition, negated, into `right`. */
static void stationarity(interior *self) {
    ckn_symmetric_multiply(self->problem->matrix, self->h, self->right);
    add_adjoint(self, self->u, self->right);
    for (size_t i = 0; i < self->n; i++)
        self->right[i] = self->problem->b[i] + self->nu[i] + self->mu - self->right[i];
}

/* dmu that keeps, or makes, the sum 1; dh is corrected for it. */
static void meet_sum(interior *self) {
    double missing = 1, slope = 0;
    for (size_t i = 0; i < self->n; i++) {
        missing -= self->h[i] + self->dh[i];
        slope += self->flat_direction[i];
    }
    self->dmu = missing / slope;
    for (size_t i = 0; i < self->n; i++)
        self->dh[i] += self->dmu * self->flat_direction[i];
}

/* The step that brings the products to the targets. */
static ckn_code solve_step(interior *self, ckn_error *error) {
    const ckn_absolute_problem *problem = self->problem;
    const double weight = problem->weight;
    stationarity(self);
    for (size_t j = 0; j < self->terms; j++)
        self->du[j] = self->weights[j] * (self->targets_p[j] / (weight - self->u[j]) -
                                          self->targets_q[j] / (weight + self->u[j]));
    memcpy(self->dh, self->right, self->n * sizeof(double));
    add_adjoint(self, self->du, self->dh);
    for (size_t i = 0; i < self->n && problem->nonnegative; i++)
        self->dh[i] += self->targets_nu[i] / self->h[i];
    CKN_TRY(ckn_cholesky_solve(&self->factor, self->dh, error));
    if (problem->sum_is_one)
        meet_sum(self);
    for (size_t j = 0; j < self->terms; j++) {
        const double t = term_value(&problem->terms[j], self->dh);
        self->du[j] = self->weights[j] * t - self->du[j];
        self->dp[j] = (self->targets_p[j] + self->p[j] * self->du[j]) / (weight - self->u[j]);
        self->dq[j] = (self->targets_q[j] - self->q[j] * self->du[j]) / (weight + self->u[j]);
    }
    for (size_t i = 0; i < self->n && problem->nonnegative; i++)
        self->dnu[i] = (self->targets_nu[i] - self->nu[i] * self->dh[i]) / self->h[i];
    return CKN_OK;
}

/* Products to `goal`; with the second order of the last step where `corrected`. */
static void aim(interior *self, double goal, bool corrected) {
    const double weight = self->problem->weight, c = corrected ? 1 : 0;
    for (size_t j = 0; j < self->terms; j++) {
        self->targets_p[j] =
            goal - self->p[j] * (weight - self->u[j]) + c * self->dp[j] * self->du[j];
        self->targets_q[j] =
            goal - self->q[j] * (weight + self->u[j]) - c * self->dq[j] * self->du[j];
    }
    for (size_t i = 0; i < self->n && self->problem->nonnegative; i++)
        self->targets_nu[i] = goal - self->nu[i] * self->h[i] - c * self->dh[i] * self->dnu[i];
}

static double limit(double value, double change, double step) {
    return change < 0 ? fmin(step, -value / change) : step;
}

/* The longest step, at most 1, that stays within the bounds. */
static double longest_step(const interior *self) {
    const double weight = self->problem->weight;
    double step = 1 / to_the_wall;
    for (size_t j = 0; j < self->terms; j++) {
        step = limit(self->p[j], self->dp[j], step);
        step = limit(self->q[j], self->dq[j], step);
        step = limit(weight - self->u[j], -self->du[j], step);
        step = limit(weight + self->u[j], self->du[j], step);
    }
    for (size_t i = 0; i < self->n && self->problem->nonnegative; i++) {
        step = limit(self->h[i], self->dh[i], step);
        step = limit(self->nu[i], self->dnu[i], step);
    }
    return step;
}

static void advance(interior *self, double step) {
    for (size_t i = 0; i < self->n; i++) {
        self->h[i] += step * self->dh[i];
        self->nu[i] += self->problem->nonnegative ? step * self->dnu[i] : 0;
    }
    for (size_t j = 0; j < self->terms; j++) {
        self->p[j] += step * self->dp[j];
        self->q[j] += step * self->dq[j];
        self->u[j] += step * self->du[j];
    }
    self->mu += step * self->dmu;
}

/* Predictor, then corrector, on one factor. *ended where rounding leaves no step to take. */
static ckn_code iterate(interior *self, double sum, bool *ended, ckn_error *error) {
    const double mean = sum / product_count(self);
    aim(self, 0, false);
    CKN_TRY(solve_step(self, error));
    const double reached = complementarity(self, fmin(1, longest_step(self))) / sum;
    aim(self, mean * reached * reached * reached, true);
    CKN_TRY(solve_step(self, error));
    const double step = fmin(1, to_the_wall * longest_step(self));
    *ended = !isfinite(complementarity(self, step));
    if (!*ended)
        advance(self, step);
    return CKN_OK;
}

/* What the complementarity is measured by: terms of the objective that cancel, and where the answer
 * is zero a part of what one tap alone could gain. */
static double objective_size(const interior *self) {
    const double mean =
        self->problem->sum_is_one ? ckn_symmetric_mean_diagonal(self->problem->matrix) : 0;
    double size = 0;
    for (size_t i = 0; i < self->n; i++)
        size += fabs(self->problem->b[i] * self->h[i]) + mean * self->h[i] * self->h[i];
    for (size_t j = 0; j < self->terms; j++)
        size += self->problem->weight * fabs(term_value(&self->problem->terms[j], self->h));
    return fmax(size, 1e-6 * natural_force(self) * natural_size(self));
}

/* What was set to zero is missing in the sum. */
static void restore_sum(interior *self) {
    double sum = 0;
    for (size_t i = 0; i < self->n; i++)
        sum += self->h[i];
    for (size_t i = 0; i < self->n && sum > 0; i++)
        self->h[i] /= sum;
}

/* Which terms and taps are zero: those whose multiplier is farther from its bound, in its own
 * measure, than they are from zero. At the optimum one of the two is next to nothing; a weight that
 * drowns in rounding has no multipliers to go by. */
static void settle(interior *self, ckn_absolute_answer *answer) {
    static const double zero = 1e-9; /* below this whatever the multiplier says */
    const double most = self->problem->accuracy > 0 ? 1 : 1e-6;
    const double weight = self->problem->weight;
    const double size = fmax(largest_magnitude(self->h, self->n), 1e-6 * natural_size(self));
    const double force = fmax(natural_force(self), weight);
    memset(answer->slope, 0, self->n * sizeof(double));
    add_adjoint(self, self->u, answer->slope);
    for (size_t j = 0; j < self->terms; j++) {
        const double slack = fmin((weight - fabs(self->u[j])) / weight, most);
        answer->flat[j] = (self->p[j] + self->q[j]) / size < fmax(slack, zero);
    }
    for (size_t i = 0; i < self->n && self->problem->nonnegative; i++)
        if (self->h[i] * force < self->nu[i] * size && self->h[i] < most * size)
            self->h[i] = 0;
    for (size_t j = 0; j < self->terms; j++)
        if (answer->flat[j] && self->problem->terms[j].minus == SIZE_MAX)
            self->h[self->problem->terms[j].plus] = 0;
    if (self->problem->sum_is_one)
        restore_sum(self);
}

/* How far from the optimum. */
typedef struct distance {
    double sum;      /* the complementarity, */
    double share;    /* and relative to terms that cancel */
    double residual; /* of the stationarity: its largest entry */
} distance;

static distance measure(interior *self) {
    const double sum = complementarity(self, 0);
    stationarity(self);
    return (distance){sum, sum / objective_size(self), largest_magnitude(self->right, self->n)};
}

/* Near enough for the caller, and for telling which terms are zero. What is left of the
 * stationarity is like a change of b: d of one entry changes the minimum by about d^2 / A_ii. */
static double wanted_sum(const interior *self) {
    const ckn_absolute_problem *problem = self->problem;
    double cost = 0;
    for (size_t j = 0; j < self->terms; j++)
        cost += problem->weight * fabs(term_value(&problem->terms[j], self->h));
    return fmin(problem->accuracy, 1e-5 * cost);
}

static bool is_accurate(const interior *self, const distance *now) {
    const ckn_absolute_problem *problem = self->problem;
    const double mean = ckn_symmetric_mean_diagonal(problem->matrix);
    return now->sum <= wanted_sum(self) &&
           now->residual * now->residual <= problem->accuracy * mean;
}

/* As near as rounding lets it: neither measure gets better any more. */
static bool is_at_rest(const interior *self, const distance *now, const distance *before) {
    static const double rounding = 1e-14;
    return now->share <= good && (now->share <= tolerance || now->sum > 0.5 * before->sum) &&
           (now->residual <= rounding * natural_force(self) ||
            now->residual > 0.5 * before->residual);
}

/* Waypoints are left where the products sum up to so many times what is wanted: nearer to the
 * answer they would be too near the bounds to leave them soon. */
static const double early = 1e7;

static ckn_code run(interior *self, ckn_absolute_answer *answer, ckn_error *error) {
    bool ended = false, definite = true;
    ckn_absolute_waypoint *waypoint = self->problem->waypoint;
    bool left = !waypoint;
    if (waypoint && waypoint->numbers)
        start_from_waypoint(self);
    else
        start(self);
    distance now = measure(self);
    while (answer->iterations < MOST_ITERATIONS) {
        CKN_TRY(factor(self, &definite, error));
        if (!definite) /* rounding has the better of it: this is as near as it gets */
            break;
        CKN_TRY(iterate(self, now.sum, &ended, error));
        answer->iterations++;
        if (ended)
            break;
        const distance before = now;
        now = measure(self);
        if (!left && now.sum <= early * wanted_sum(self)) {
            CKN_TRY(leave_waypoint(self, error));
            left = true;
        }
        if (is_accurate(self, &now) || is_at_rest(self, &now, &before))
            break;
    }
    answer->optimal = now.share <= fair && now.residual <= fair * natural_force(self);
    settle(self, answer);
    return CKN_OK;
}

static ckn_code check(const ckn_absolute_problem *problem, ckn_error *error) {
    bool finite = isfinite(ckn_symmetric_norm(problem->matrix));
    for (size_t i = 0; i < problem->matrix->order; i++)
        finite = finite && isfinite(problem->b[i]);
    if (!finite)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the normal equations hold NaN, infinity or numbers that overflow");
    if (!(problem->weight > 0) || (problem->sum_is_one && !problem->nonnegative))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the interior point method needs a positive weight, and h >= 0 for a sum");
    return CKN_OK;
}

/* Without b nothing speaks for an h other than 0. */
static void answer_zero(const ckn_absolute_problem *problem, ckn_absolute_answer *answer) {
    for (size_t i = 0; i < problem->matrix->order; i++)
        answer->h[i] = answer->slope[i] = 0;
    for (size_t j = 0; j < problem->term_count; j++)
        answer->flat[j] = true;
    answer->optimal = true;
}

ckn_code ckn_absolute_solve(const ckn_absolute_problem *problem, ckn_absolute_answer *answer,
                            ckn_error *error) {
    interior self;
    answer->iterations = 0;
    answer->optimal = false;
    CKN_TRY(check(problem, error));
    if (!problem->sum_is_one && largest_magnitude(problem->b, problem->matrix->order) == 0) {
        answer_zero(problem, answer);
        return CKN_OK;
    }
    CKN_TRY(create(&self, problem, answer, error));
    ckn_code code = run(&self, answer, error);
    destroy(&self);
    return code;
}
