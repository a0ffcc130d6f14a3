#include "estimate/robust.h"

#include "base/memory.h"
#include "dense/cholesky.h"
#include "statistics/terms.h"
#include "statistics/weights.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of standard deviations: where Huber's estimate turns, at 95 % efficiency, and where outliers
 * begin. */
static const double huber = 1.345, clip = 4;
static const double median_of_normal = 0.674490;
/* Keeps the equations definite; what it does to the residual is nothing beside noise. */
static const double ridge = 1e-7;
enum { MOST_ITERATIONS = 60, FEWEST_ITERATIONS = 3, MOST_ROUNDS = 8 };

typedef struct robust {
    ckn_operator *op;
    ckn_problem *problem;
    const ckn_estimate_options *options;
    const ckn_equations *statistics;
    double **r, **start; /* of every pair: residual, and weights before any rejection */
    double *h, *g;       /* K numbers */
    double *magnitudes;  /* scratch for the median: one for each sample */
    double sigma, floor;
} robust;

static void release(robust *self) {
    for (size_t i = 0; i < self->problem->pair_count; i++) {
        if (self->r)
            free(self->r[i]);
        if (self->start)
            free(self->start[i]);
    }
    free(self->r);
    free(self->start);
    free(self->h);
    free(self->g);
    free(self->magnitudes);
}

static ckn_code allocate(robust *self, ckn_error *error) {
    static const char what[] = "the robust fit";
    const ckn_problem *problem = self->problem;
    const size_t taps = ckn_problem_taps(problem);
    CKN_TRY(ckn_allocate(&self->r, problem->pair_count, sizeof *self->r, what, error));
    CKN_TRY(ckn_allocate(&self->start, problem->pair_count, sizeof *self->start, what, error));
    CKN_TRY(ckn_allocate(&self->h, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&self->g, taps, sizeof(double), what, error));
    CKN_TRY(
        ckn_allocate(&self->magnitudes, ckn_problem_count(problem), sizeof(double), what, error));
    for (size_t i = 0; i < problem->pair_count; i++) {
        const size_t count = ckn_shape_count(problem->pairs[i].y_shape);
        CKN_TRY(ckn_allocate(&self->r[i], count, sizeof(double), what, error));
        CKN_TRY(ckn_allocate(&self->start[i], count, sizeof(double), what, error));
        memcpy(self->start[i], problem->pairs[i].weights, count * sizeof(double));
    }
    return CKN_OK;
}

/* --- residual and its scale ----------------------------------------------------------------- */

/* r = h * x + background - y, on the host too. */
static ckn_code compute_residual(robust *self, ckn_error *error) {
    ckn_operator *op = self->op;
    CKN_TRY(ckn_operator_upload(op, self->h, op->h, error));
    CKN_TRY(op->ops->residual(op, op->h, true, error));
    CKN_TRY(ckn_terms_add_to_residual(self->problem, error));
    for (size_t i = 0; i < self->problem->pair_count; i++) {
        const ckn_problem_pair *pair = &self->problem->pairs[i];
        CKN_TRY(ckn_problem_download(self->problem, pair->r, pair->y_shape, (ckn_shape){0, 0},
                                     pair->y_shape, self->r[i], error));
    }
    return CKN_OK;
}

/* The k-th smallest (Hoare's quickselect). */
static double select_smallest(double *v, size_t count, size_t k) {
    size_t low = 0, high = count - 1;
    while (low < high) {
        const double pivot = v[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i >= j)
                break;
            const double swap = v[i];
            v[i++] = v[j];
            v[j--] = swap;
        }
        /* Everything up to j is at most the pivot, everything from i on at least. */
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return v[k];
}

/* The standard deviation of the noise at weight 1, from the samples that count now. */
static void measure_scale(robust *self) {
    size_t count = 0;
    for (size_t i = 0; i < self->problem->pair_count; i++) {
        const ckn_problem_pair *pair = &self->problem->pairs[i];
        for (size_t n = 0; n < ckn_shape_count(pair->y_shape); n++) {
            if (pair->weights[n] > 0)
                self->magnitudes[count++] = sqrt(pair->weights[n]) * fabs(self->r[i][n]);
        }
    }
    const double median = select_smallest(self->magnitudes, count, count / 2);
    self->sigma = fmax(median / median_of_normal, self->floor);
}

/* --- least squares -------------------------------------------------------------------------- */

static ckn_code factor(robust *self, const ckn_symmetric **out, ckn_error *error) {
    CKN_TRY(ckn_equations_get(self->problem, &self->statistics, error));
    CKN_TRY(ckn_equations_penalise(self->problem, CKN_PRIOR_RIDGE,
                                   ridge * self->statistics->mean_diagonal, error));
    CKN_TRY(ckn_equations_factor(self->problem, out, error));
    if (!*out)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the pair does not determine a kernel, so that outliers cannot be told; "
                        "use a smaller kernel, or a sharp image with more detail");
    return CKN_OK;
}

static ckn_code least_squares(robust *self, ckn_error *error) {
    const ckn_symmetric *a = NULL;
    CKN_TRY(factor(self, &a, error));
    memcpy(self->h, self->statistics->b, self->statistics->taps * sizeof(double));
    CKN_TRY(ckn_cholesky_solve(a, self->h, error));
    return ckn_equations_recover_background(self->problem, self->h, error);
}

/* --- Huber's estimate ----------------------------------------------------------------------- */

/* r = psi(r); *sums = T'W psi. */
static void cut_off(const robust *self, size_t index, double sums[CKN_MOST_TERMS]) {
    const ckn_problem_pair *pair = &self->problem->pairs[index];
    const ckn_shape shape = pair->y_shape;
    const double most = huber * self->sigma;
    memset(sums, 0, CKN_MOST_TERMS * sizeof *sums);
    for (size_t p = 0; p < shape.rows; p++) {
        double flat = 0, slope = 0;
        for (size_t q = 0; q < shape.cols; q++) {
            double *r = &self->r[index][p * shape.cols + q];
            const double weight = pair->weights[p * shape.cols + q];
            const double size = sqrt(weight) * fabs(*r);
            if (size > most)
                *r *= most / size;
            flat += weight * *r;
            slope += weight * *r * ckn_term_at(q, shape.cols);
        }
        sums[0] += flat;
        sums[1] += flat * ckn_term_at(p, shape.rows);
        sums[2] += slope;
    }
}

static ckn_code upload_residual(robust *self, size_t index, ckn_error *error) {
    const ckn_problem_pair *pair = &self->problem->pairs[index];
    const ckn_view view = ckn_view_f64(self->r[index], pair->y_shape.rows, pair->y_shape.cols);
    ckn_backend *backend = self->problem->backend;
    return backend->ops->upload(backend, pair->r, &view, error);
}

/* g = X'W psi, less what the terms take of it. */
static ckn_code modified_gradient(robust *self, double (*sums)[CKN_MOST_TERMS], ckn_error *error) {
    ckn_problem *problem = self->problem;
    ckn_operator *op = self->op;
    const size_t taps = self->statistics->taps;
    for (size_t i = 0; i < problem->pair_count; i++) {
        cut_off(self, i, sums[i]);
        CKN_TRY(upload_residual(self, i, error));
    }
    CKN_TRY(ckn_weights_apply(problem, error));
    CKN_TRY(ckn_weights_apply(problem, error));
    CKN_TRY(op->ops->adjoint(op, op->h, error));
    CKN_TRY(ckn_operator_download(op, op->h, self->g, error));
    for (size_t i = 0; i < problem->pair_count; i++) {
        const ckn_pair_terms *terms = ckn_equations_terms(problem, i);
        double a[CKN_MOST_TERMS];
        if (!terms)
            continue;
        ckn_terms_solve(terms, taps, sums[i], NULL, a);
        for (size_t n = 0; n < terms->count; n++)
            cblas_daxpy((int)taps, -a[n], terms->cross + n * taps, 1, self->g, 1);
    }
    return CKN_OK;
}

static ckn_code step(robust *self, const ckn_symmetric *a, ckn_error *error) {
    ckn_problem *problem = self->problem;
    const size_t taps = self->statistics->taps;
    double(*sums)[CKN_MOST_TERMS] = NULL, change[CKN_MOST_TERMS];
    CKN_TRY(ckn_allocate(&sums, problem->pair_count, sizeof *sums, "the robust fit", error));
    ckn_code code = modified_gradient(self, sums, error);
    cblas_daxpy((int)taps, self->statistics->weight, self->h, 1, self->g, 1);
    if (code == CKN_OK)
        code = ckn_cholesky_solve(a, self->g, error);
    for (size_t i = 0; i < problem->pair_count && code == CKN_OK; i++) {
        const ckn_pair_terms *terms = ckn_equations_terms(problem, i);
        if (!terms)
            continue;
        ckn_terms_solve(terms, taps, sums[i], self->g, change);
        for (size_t n = 0; n < CKN_MOST_TERMS; n++)
            problem->pairs[i].background[n] -= change[n];
    }
    cblas_daxpy((int)taps, -1, self->g, 1, self->h, 1);
    free(sums);
    return code;
}

/* Ends when the scale stands still, which is all that the clipping needs. */
static ckn_code iterate(robust *self, ckn_robust_report *report, ckn_error *error) {
    static const double still = 1e-3;
    const ckn_symmetric *a = NULL;
    CKN_TRY(least_squares(self, error));
    CKN_TRY(factor(self, &a, error));
    for (size_t n = 1;; n++) {
        const double before = self->sigma;
        CKN_TRY(ckn_solver_report_phase(self->options, CKN_PHASE_FACTOR, n, 0, error));
        CKN_TRY(compute_residual(self, error));
        measure_scale(self);
        if (n == MOST_ITERATIONS ||
            (n > FEWEST_ITERATIONS && fabs(self->sigma - before) <= still * self->sigma))
            return CKN_OK;
        report->iterations++;
        CKN_TRY(step(self, a, error));
    }
}

/* --- clipping ------------------------------------------------------------------------------- */

/* Rejects and takes back; returns how many samples that concerns. */
static size_t reject(robust *self, size_t *rejected) {
    size_t changes = 0;
    *rejected = 0;
    for (size_t i = 0; i < self->problem->pair_count; i++) {
        const ckn_problem_pair *pair = &self->problem->pairs[i];
        for (size_t n = 0; n < ckn_shape_count(pair->y_shape); n++) {
            const double start = self->start[i][n];
            const bool out = sqrt(start) * fabs(self->r[i][n]) > clip * self->sigma;
            const double weight = out ? 0 : start;
            changes += weight != pair->weights[n];
            *rejected += out && start > 0;
            pair->weights[n] = weight;
        }
    }
    return changes;
}

static ckn_code clip_outliers(robust *self, ckn_robust_report *report, ckn_error *error) {
    for (size_t round = 0; round < MOST_ROUNDS; round++) {
        const size_t changes = reject(self, &report->rejected);
        if (changes == 0)
            return CKN_OK;
        report->iterations++;
        CKN_TRY(ckn_weights_count(self->problem, error));
        CKN_TRY(
            ckn_solver_report_phase(self->options, CKN_PHASE_FACTOR, report->iterations, 0, error));
        /* Once nothing but the edge moves, another round would tell the same kernel. */
        if (round > 0 && (double)changes < 1e-4 * (double)ckn_problem_count(self->problem))
            return CKN_OK;
        CKN_TRY(least_squares(self, error));
        CKN_TRY(compute_residual(self, error));
        measure_scale(self);
    }
    return CKN_OK;
}

/* The taps can follow any sample that has no other one to contradict it: which are outliers would
 * then be a matter of rounding. */
static ckn_code check_samples(const ckn_problem *problem, ckn_error *error) {
    enum { SAMPLES_A_TAP = 2 };
    const size_t used = ckn_problem_used(problem), taps = ckn_problem_taps(problem);
    if (used / SAMPLES_A_TAP >= taps)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_DATA,
                    "a robust fit needs at least %d samples for each tap to tell outliers, not %zu "
                    "samples for %zu taps; use a smaller kernel, or leave --robust out",
                    SAMPLES_A_TAP, used, taps);
}

ckn_code ckn_robust_reweigh(ckn_operator *images, const ckn_estimate_options *options,
                            ckn_robust_report *report, ckn_error *error) {
    ckn_problem *problem = images->problem;
    /* What float32 leaves of samples of this size is no noise. */
    robust self = {.op = images,
                   .problem = problem,
                   .options = options,
                   .floor = ldexp(problem->largest_y * problem->units.y_scale, -22)};
    *report = (ckn_robust_report){0, 0};
    CKN_TRY(check_samples(problem, error));
    ckn_code code = allocate(&self, error);
    if (code == CKN_OK)
        code = iterate(&self, report, error);
    if (code == CKN_OK)
        code = clip_outliers(&self, report, error);
    if (code == CKN_OK) /* the ridge was for here alone */
        code = ckn_equations_get(problem, &self.statistics, error);
    if (code == CKN_OK)
        code = ckn_equations_penalise(problem, problem->prior,
                                      problem->lambda * self.statistics->mean_diagonal, error);
    release(&self);
    if (code == CKN_OK)
        ckn_log_line(&problem->backend->log, CKN_LOG_VERBOSE,
                     "robust: %zu of %zu samples rejected, noise %.3g, after %zu iterations",
                     report->rejected, ckn_problem_count(problem),
                     self.sigma / problem->units.y_scale, report->iterations);
    return code;
}
