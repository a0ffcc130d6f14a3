#include "estimate/gains.h"

#include "base/memory.h"
#include "dense/cholesky.h"
#include "dense/nnls.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Keeps the equations definite; gains do not feel it. */
static const double ridge = 1e-9;
enum { MOST_TURNS = 200 };

typedef struct pair_sums {
    ckn_symmetric gram;
    double *b;
} pair_sums;

typedef struct gains {
    ckn_problem *problem;
    ckn_constraint constraint;
    pair_sums *pairs;
    ckn_symmetric matrix;
    double *b, *h, *product; /* K numbers each */
} gains;

static void release(gains *self) {
    for (size_t i = 0; self->pairs && i < self->problem->pair_count; i++) {
        ckn_symmetric_release(&self->pairs[i].gram);
        free(self->pairs[i].b);
    }
    ckn_symmetric_release(&self->matrix);
    free(self->pairs);
    free(self->b);
    free(self->h);
    free(self->product);
}

static ckn_code check_memory(const ckn_problem *problem, ckn_error *error) {
    const size_t bytes = ckn_equations_bytes(problem->kernel) / 2;
    const size_t limit = ckn_equations_limit(problem->memory_limit);
    if (problem->pair_count + 1 <= limit / (bytes + 1))
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_MEMORY,
                    "gains take the statistics of all %zu pairs, %zu bytes each, more than the %zu "
                    "allowed; use a smaller kernel or a larger --memory-limit",
                    problem->pair_count, bytes, limit);
}

static ckn_code allocate(gains *self, ckn_error *error) {
    static const char what[] = "the gains";
    const size_t taps = ckn_problem_taps(self->problem);
    CKN_TRY(check_memory(self->problem, error));
    CKN_TRY(ckn_symmetric_create(&self->matrix, taps, what, error));
    CKN_TRY(ckn_allocate(&self->b, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&self->h, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&self->product, taps, sizeof(double), what, error));
    CKN_TRY(
        ckn_allocate(&self->pairs, self->problem->pair_count, sizeof *self->pairs, what, error));
    for (size_t i = 0; i < self->problem->pair_count; i++) {
        CKN_TRY(ckn_symmetric_create(&self->pairs[i].gram, taps, what, error));
        CKN_TRY(ckn_allocate(&self->pairs[i].b, taps, sizeof(double), what, error));
    }
    return CKN_OK;
}

/* (sum g^2 G_p) h = sum g b_p, with or without h >= 0. */
static ckn_code solve_kernel(gains *self, ckn_error *error) {
    const size_t taps = self->matrix.order;
    bool definite = true;
    ckn_symmetric_clear(&self->matrix);
    memset(self->b, 0, taps * sizeof *self->b);
    for (size_t i = 0; i < self->problem->pair_count; i++) {
        const double gain = self->problem->pairs[i].gain;
        ckn_symmetric_add(&self->matrix, gain * gain, &self->pairs[i].gram);
        for (size_t tap = 0; tap < taps; tap++)
            self->b[tap] += gain * self->pairs[i].b[tap];
    }
    ckn_symmetric_shift(&self->matrix, ridge * ckn_symmetric_mean_diagonal(&self->matrix));
    if (self->constraint == CKN_CONSTRAINT_NONNEG || self->constraint == CKN_CONSTRAINT_SIMPLEX) {
        ckn_nnls_report report;
        return ckn_nnls_solve(&self->matrix, self->b, false, self->h, NULL, NULL, &report, error);
    }
    memcpy(self->h, self->b, taps * sizeof *self->h);
    CKN_TRY(ckn_cholesky_factor(&self->matrix, &definite, error));
    if (!definite)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the pairs do not determine a kernel, and so no gains; use a smaller "
                        "kernel, or sharp images with more detail");
    return ckn_cholesky_solve(&self->matrix, self->h, error);
}

static double dot(const double *a, const double *b, size_t count) {
    double sum = 0;
    for (size_t n = 0; n < count; n++)
        sum += a[n] * b[n];
    return sum;
}

/* g_p = h'b_p / h'G_p h. */
static ckn_code solve_gains(gains *self, ckn_error *error) {
    const size_t taps = self->matrix.order;
    for (size_t i = 0; i < self->problem->pair_count; i++) {
        ckn_symmetric_multiply(&self->pairs[i].gram, self->h, self->product);
        const double gain =
            dot(self->h, self->pairs[i].b, taps) / dot(self->h, self->product, taps);
        if (!(gain > 0 && isfinite(gain)))
            return ckn_fail(error, CKN_ERROR_DATA,
                            "pair %zu has no positive gain beside the others: is its blurred image "
                            "that of its sharp one?",
                            i + 1);
        self->problem->pairs[i].gain = gain;
    }
    return CKN_OK;
}

/* The factor that h and g share; returns the largest relative change of a gain since `before`. */
static double normalise(gains *self, double *before) {
    ckn_problem_pair *pairs = self->problem->pairs;
    double factor = 1 / pairs[0].gain, sum = 0, change = 0;
    for (size_t tap = 0; tap < self->matrix.order; tap++)
        sum += self->h[tap];
    if (self->constraint == CKN_CONSTRAINT_SIMPLEX)
        factor = sum;
    for (size_t i = 0; i < self->problem->pair_count; i++) {
        pairs[i].gain *= factor;
        change = fmax(change, fabs(pairs[i].gain / before[i] - 1));
        before[i] = pairs[i].gain;
    }
    return change;
}

static ckn_code alternate(gains *self, ckn_error *error) {
    static const double still = 1e-10;
    double *before = NULL;
    CKN_TRY(ckn_allocate(&before, self->problem->pair_count, sizeof *before, "the gains", error));
    for (size_t i = 0; i < self->problem->pair_count; i++)
        before[i] = 1;
    ckn_code code = CKN_OK;
    double change = INFINITY;
    for (size_t turn = 0; turn < MOST_TURNS && code == CKN_OK && change > still; turn++) {
        code = solve_kernel(self, error);
        if (code == CKN_OK)
            code = solve_gains(self, error);
        if (code == CKN_OK)
            change = normalise(self, before);
    }
    free(before);
    return code;
}

ckn_code ckn_gains_fit(ckn_problem *problem, ckn_constraint constraint, ckn_error *error) {
    gains self = {.problem = problem, .constraint = constraint};
    ckn_code code = allocate(&self, error);
    for (size_t i = 0; i < problem->pair_count && code == CKN_OK; i++)
        code = ckn_equations_of_pair(problem, i, &self.pairs[i].gram, self.pairs[i].b, error);
    if (code == CKN_OK)
        code = alternate(&self, error);
    release(&self);
    return code;
}

size_t ckn_gains_count(const ckn_problem *problem, ckn_constraint constraint) {
    return problem->pair_count - (constraint == CKN_CONSTRAINT_SIMPLEX ? 0 : 1);
}
