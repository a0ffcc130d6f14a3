#include "estimate/uncertainty.h"

#include "base/memory.h"
#include "dense/cholesky.h"
#include "estimate/free_taps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Standard errors by which the largest tap must stand out for its widths to have errors. */
#define SURE_PEAK 3

typedef struct covariance {
    ckn_free_taps free_taps;
    ckn_symmetric factor; /* of A on the free taps */
    bool sum_is_fixed;
    ckn_shape shape;
    ckn_prior prior; /* in A, and its weight there */
    double weight;
    double terms;       /* of the background, in all pairs */
    double *flat;       /* A^-1 1 on the free taps, where the sum is fixed */
    double flat_weight; /* 1' A^-1 1 */
    double *u;          /* scratch: a vector on the free taps, */
    double *spread;     /* and one on all taps, zero where they are not free */
} covariance;

static void release(covariance *c) {
    ckn_symmetric_release(&c->factor);
    ckn_free_taps_release(&c->free_taps);
    free(c->flat);
    free(c->u);
    free(c->spread);
}

/* v'P v of a vector on the free taps. */
static double prior_value(covariance *c, const double *v) {
    for (size_t i = 0; i < c->free_taps.count; i++)
        c->spread[c->free_taps.tap[i]] = v[i];
    return ckn_prior_value(c->prior, c->shape, c->spread);
}

static ckn_code undetermined(ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_DATA,
                    "the pair does not determine the kernel, so its taps have no errors; use a "
                    "smaller kernel, or a prior");
}

static ckn_code factor_free(covariance *c, ckn_problem *problem, ckn_error *error) {
    bool trusted = false;
    CKN_TRY(ckn_free_taps_factor(&c->free_taps, problem, &c->factor, &trusted, error));
    return trusted ? CKN_OK : undetermined(error);
}

static ckn_code prepare_sum(covariance *c, ckn_error *error) {
    for (size_t i = 0; i < c->free_taps.count; i++)
        c->flat[i] = 1;
    CKN_TRY(ckn_cholesky_solve(&c->factor, c->flat, error));
    for (size_t i = 0; i < c->free_taps.count; i++)
        c->flat_weight += c->flat[i];
    return CKN_OK;
}

static ckn_code prepare(covariance *c, ckn_problem *problem, const ckn_fitted *fitted,
                        ckn_error *error) {
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    static const char what[] = "the covariance";
    const size_t taps = statistics->taps;
    c->shape = problem->kernel;
    c->prior = statistics->prior;
    c->weight = statistics->weight;
    c->terms = (double)(statistics->terms + problem->gains);
    c->sum_is_fixed = fitted->constraint == CKN_CONSTRAINT_SIMPLEX;
    CKN_TRY(ckn_free_taps_create(&c->free_taps, taps, error));
    CKN_TRY(ckn_allocate(&c->flat, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&c->u, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&c->spread, taps, sizeof(double), what, error));
    const bool held = fitted->constraint != CKN_CONSTRAINT_NONE || fitted->prior == CKN_PRIOR_L1;
    ckn_free_taps_find(&c->free_taps, held, fitted->h);
    if (c->free_taps.count == 0)
        return CKN_OK; /* h = 0: nothing was fitted, nothing is uncertain */
    CKN_TRY(factor_free(c, problem, error));
    return c->sum_is_fixed ? prepare_sum(c, error) : CKN_OK;
}

/* *variance = a' (C - weight C P C) a, for sigma = 1; `a` has K entries. */
static ckn_code quadratic_form(covariance *c, const double *a, double *variance, ckn_error *error) {
    double product = 0, along = 0;
    *variance = 0;
    if (c->free_taps.count == 0)
        return CKN_OK;
    for (size_t i = 0; i < c->free_taps.count; i++)
        c->u[i] = a[c->free_taps.tap[i]];
    CKN_TRY(ckn_cholesky_solve(&c->factor, c->u, error));
    for (size_t i = 0; i < c->free_taps.count && c->sum_is_fixed; i++)
        along += c->u[i];
    for (size_t i = 0; i < c->free_taps.count; i++) {
        if (c->sum_is_fixed)
            c->u[i] -= c->flat[i] * along / c->flat_weight;
        product += a[c->free_taps.tap[i]] * c->u[i];
    }
    const double value = product - c->weight * prior_value(c, c->u);
    *variance = value < 0 ? 0 : value; /* NaN stays NaN */
    return CKN_OK;
}

/* Replaces the factor by A^-1 and returns entry (i, j) of C. */
static double inverse_entry(const covariance *c, size_t i, size_t j) {
    double entry = *ckn_symmetric_at(&c->factor, i, j);
    return c->sum_is_fixed ? entry - c->flat[i] * c->flat[j] / c->flat_weight : entry;
}

/* Of a free tap, once the factor has been inverted. */
static double tap_variance(covariance *c, size_t i) {
    double variance = inverse_entry(c, i, i);
    for (size_t j = 0; j < c->free_taps.count && c->weight > 0; j++)
        c->u[j] = inverse_entry(c, i, j);
    if (c->weight > 0)
        variance -= c->weight * prior_value(c, c->u);
    return fmax(variance, 0);
}

static void write_taps(covariance *c, double scale, const ckn_output *taps) {
    for (size_t tap = 0; tap < c->free_taps.taps; tap++)
        ckn_output_set(taps, tap / taps->cols, tap % taps->cols, 0);
    for (size_t i = 0; i < c->free_taps.count; i++) {
        size_t tap = c->free_taps.tap[i];
        ckn_output_set(taps, tap / taps->cols, tap % taps->cols, scale * sqrt(tap_variance(c, i)));
    }
}

/* The trace of the hat matrix: taps, less what the prior and the fixed sum take away. Needs A^-1
 * only where there is a prior. */
static double degrees_of_freedom(covariance *c) {
    double degrees = (double)c->free_taps.count;
    if (c->weight > 0 && c->free_taps.count > 0) {
        double trace = ckn_prior_trace(c->prior, c->shape, c->free_taps.order, &c->factor);
        if (c->sum_is_fixed)
            trace -= prior_value(c, c->flat) / c->flat_weight;
        degrees -= c->weight * trace;
    }
    return c->sum_is_fixed && c->free_taps.count > 0 ? degrees - 1 : degrees;
}

/* Derivatives of the figures by the taps. */
typedef struct slopes {
    double *sum, *centroid_x, *centroid_y, *fwhm_x, *fwhm_y; /* K numbers each */
} slopes;

enum { FIGURES = 5 };

/* The widths depend on the taps of the row and the column of the largest tap alone, and between two
 * kinks they are smooth: a difference quotient gives their slope. */
static ckn_code width_slopes(const double *h, ckn_shape shape, double *copy, slopes *s,
                             ckn_error *error) {
    size_t taps = ckn_shape_count(shape), peak = 0;
    for (size_t tap = 0; tap < taps; tap++)
        peak = h[tap] > h[peak] ? tap : peak;
    const double step = 1e-6 * fabs(h[peak]);
    ckn_view view = ckn_view_f64(copy, shape.rows, shape.cols);
    for (size_t tap = 0; tap < taps; tap++) {
        const bool in_row = tap / shape.cols == peak / shape.cols;
        const bool in_col = tap % shape.cols == peak % shape.cols;
        if ((!in_row && !in_col) || step == 0)
            continue;
        ckn_kernel_figures above, below;
        copy[tap] = h[tap] + step;
        CKN_TRY(ckn_kernel_figures_compute(view, &above, error));
        copy[tap] = h[tap] - step;
        CKN_TRY(ckn_kernel_figures_compute(view, &below, error));
        copy[tap] = h[tap];
        s->fwhm_x[tap] = in_row ? (above.fwhm_x - below.fwhm_x) / (2 * step) : 0;
        s->fwhm_y[tap] = in_col ? (above.fwhm_y - below.fwhm_y) / (2 * step) : 0;
    }
    return CKN_OK;
}

static ckn_code figure_slopes(const double *h, ckn_shape shape, double *copy, slopes *s,
                              ckn_error *error) {
    ckn_kernel_figures figures;
    memcpy(copy, h, ckn_shape_count(shape) * sizeof *copy);
    CKN_TRY(
        ckn_kernel_figures_compute(ckn_view_f64(copy, shape.rows, shape.cols), &figures, error));
    for (size_t tap = 0; tap < ckn_shape_count(shape); tap++) {
        const size_t row = tap / shape.cols, col = tap % shape.cols;
        const double x = (double)col, y = (double)row;
        s->sum[tap] = 1;
        s->centroid_x[tap] = (x - figures.centroid_x) / figures.sum;
        s->centroid_y[tap] = (y - figures.centroid_y) / figures.sum;
    }
    return width_slopes(h, shape, copy, s, error);
}

/* *error_of = scale sqrt(a' cov a); NaN where the slopes are. */
static ckn_code figure_error(covariance *c, const double *a, double scale, double *error_of,
                             ckn_error *error) {
    double variance = 0;
    CKN_TRY(quadratic_form(c, a, &variance, error));
    *error_of = scale * sqrt(variance);
    return CKN_OK;
}

/* The tap that follows in the order of falling size; the number of taps where there is none. */
static size_t next_largest(const double *h, size_t taps, size_t after) {
    size_t next = taps;
    for (size_t tap = 0; tap < taps; tap++) {
        const bool later = h[tap] < h[after] || (h[tap] == h[after] && tap > after);
        if (later && (next == taps || h[tap] > h[next]))
            next = tap;
    }
    return next;
}

/* By how many standard errors, for sigma = 1, the largest tap stands out from those next to it in
 * size: widths are smooth in the taps only while it stays the largest one. `a` has K zeros. */
static ckn_code peak_margin(covariance *c, const double *h, double *a, double *margin,
                            ckn_error *error) {
    enum { RIVALS = 8 };
    const size_t taps = c->free_taps.taps;
    size_t peak = 0;
    *margin = INFINITY;
    for (size_t tap = 0; tap < taps; tap++)
        peak = h[tap] > h[peak] ? tap : peak;
    size_t rival = next_largest(h, taps, peak);
    for (int i = 0; i < RIVALS && rival < taps; i++) {
        double variance = 0;
        a[peak] = 1;
        a[rival] = -1;
        CKN_TRY(quadratic_form(c, a, &variance, error));
        a[rival] = 0;
        if (variance > 0)
            *margin = fmin(*margin, (h[peak] - h[rival]) / sqrt(variance));
        rival = next_largest(h, taps, rival);
    }
    a[peak] = 0;
    return CKN_OK;
}

/* Errors of the figures; `unit` turns a tap of the problem's units into the caller's. */
static ckn_code figure_errors(covariance *c, const double *h, ckn_shape shape, double sigma,
                              double unit, double *margin, ckn_uncertainty *out, ckn_error *error) {
    double *memory = NULL;
    CKN_TRY(ckn_allocate(&memory, c->free_taps.taps, (FIGURES + 1) * sizeof *memory,
                         "the figures' errors", error));
    slopes s = {memory, memory + c->free_taps.taps, memory + 2 * c->free_taps.taps,
                memory + 3 * c->free_taps.taps, memory + 4 * c->free_taps.taps};
    ckn_code code = figure_slopes(h, shape, memory + FIGURES * c->free_taps.taps, &s, error);
    if (code == CKN_OK)
        code = figure_error(c, s.sum, sigma * unit, &out->sum, error);
    if (code == CKN_OK)
        code = figure_error(c, s.centroid_x, sigma, &out->centroid_x, error);
    if (code == CKN_OK)
        code = figure_error(c, s.centroid_y, sigma, &out->centroid_y, error);
    if (code == CKN_OK)
        code = figure_error(c, s.fwhm_x, sigma, &out->fwhm_x, error);
    if (code == CKN_OK)
        code = figure_error(c, s.fwhm_y, sigma, &out->fwhm_y, error);
    if (code == CKN_OK) {
        double *a = memory + FIGURES * c->free_taps.taps;
        memset(a, 0, c->free_taps.taps * sizeof *a);
        code = peak_margin(c, h, a, margin, error);
    }
    free(memory);
    return code;
}

/* sigma in the units of the problem's y; taps of its kernel times `unit` are the caller's. */
static ckn_code compute(covariance *c, ckn_problem *problem, const ckn_fitted *fitted,
                        const ckn_output *taps, ckn_uncertainty *out, ckn_error *error) {
    const ckn_problem_units *units = &problem->units;
    const double unit = units->x_scale / units->y_scale;
    const bool inverse = (taps->data || c->weight > 0) && c->free_taps.count > 0;
    /* What does not depend on sigma first: the factor serves the figures before it is inverted. */
    double margin = 0;
    CKN_TRY(figure_errors(c, fitted->h, problem->kernel, 1, unit, &margin, out, error));
    if (inverse)
        CKN_TRY(ckn_cholesky_invert(&c->factor, error));
    out->degrees_of_freedom = degrees_of_freedom(c) + c->terms;
    const double spare = (double)ckn_problem_used(problem) - out->degrees_of_freedom;
    out->noise_sigma = spare > 0 ? fitted->residual_norm / sqrt(spare) : NAN;
    const double sigma = out->noise_sigma * units->y_scale;
    double *const figures[FIGURES] = {&out->sum, &out->centroid_x, &out->centroid_y, &out->fwhm_x,
                                      &out->fwhm_y};
    for (size_t i = 0; i < FIGURES; i++)
        *figures[i] *= sigma;
    if (c->sum_is_fixed)
        out->sum = 0;
    if (margin < SURE_PEAK * sigma)
        out->fwhm_x = out->fwhm_y = NAN;
    if (c->free_taps.count == 0) /* h = 0 has neither centroid nor width */
        out->centroid_x = out->centroid_y = out->fwhm_x = out->fwhm_y = NAN;
    if (taps->data)
        write_taps(c, sigma * unit, taps);
    return CKN_OK;
}

/* Plateaus have no errors of their own here: only the noise is told. */
static ckn_code noise_alone(ckn_problem *problem, const ckn_fitted *fitted, const ckn_output *taps,
                            ckn_uncertainty *out, ckn_error *error) {
    if (taps->data)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "a kernel with total variation has no standard errors of its taps; take "
                        "another prior, or none");
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    out->degrees_of_freedom = fitted->degrees_of_freedom + (double)statistics->terms;
    const double spare = (double)ckn_problem_used(problem) - out->degrees_of_freedom;
    out->noise_sigma = spare > 0 ? fitted->residual_norm / sqrt(spare) : NAN;
    return CKN_OK;
}

ckn_code ckn_uncertainty_compute(ckn_problem *problem, const ckn_fitted *fitted,
                                 const ckn_output *taps, ckn_uncertainty *uncertainty,
                                 ckn_error *error) {
    if (fitted->prior == CKN_PRIOR_TV)
        return noise_alone(problem, fitted, taps, uncertainty, error);
    covariance c = {0};
    ckn_code code = prepare(&c, problem, fitted, error);
    if (code == CKN_OK)
        code = compute(&c, problem, fitted, taps, uncertainty, error);
    release(&c);
    return code;
}
