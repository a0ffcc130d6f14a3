#include "estimate/family_fit.h"

#include <math.h>
#include <string.h>

enum { MOST = CKN_MODEL_MOST, MOST_ITERATIONS = 60 };

#define FIRST_DAMPING 1e-3
#define LARGEST_DAMPING 1e8

/* The fit at theta: taps less g, slopes of the taps, and G times them. */
typedef struct workspace {
    double *difference;      /* K */
    double *slopes;          /* K a parameter */
    double *product;         /* G difference */
    double *slopes_products; /* G slopes */
    double *trial;           /* K */
} workspace;

size_t ckn_family_work(size_t taps) {
    return (2 * MOST + 3) * taps;
}

static workspace divide(const ckn_family_data *data) {
    double *at = data->work;
    const size_t taps = data->taps;
    return (workspace){at, at + taps, at + (MOST + 1) * taps, at + (MOST + 2) * taps,
                       at + (2 * MOST + 2) * taps};
}

static double dot(const double *a, const double *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The gain that fits best: g'G s / s'G s for taps s of gain 1. */
static ckn_code fit_gain(const ckn_family_data *data, ckn_family_model *model, ckn_error *error) {
    workspace w = divide(data);
    model->theta[CKN_MODEL_GAIN] = 1;
    CKN_TRY(ckn_family_model_taps(model, w.trial, error));
    ckn_symmetric_multiply(data->gram, w.trial, w.product);
    const double square = dot(w.trial, w.product, data->taps);
    if (square > 0)
        model->theta[CKN_MODEL_GAIN] = dot(data->best, w.product, data->taps) / square;
    return CKN_OK;
}

/* w.difference and w.product at theta. */
static ckn_code evaluate(const ckn_family_data *data, const ckn_family_model *model, double *excess,
                         ckn_error *error) {
    workspace w = divide(data);
    CKN_TRY(ckn_family_model_taps(model, w.difference, error));
    for (size_t tap = 0; tap < data->taps; tap++)
        w.difference[tap] -= data->best[tap];
    ckn_symmetric_multiply(data->gram, w.difference, w.product);
    *excess = fmax(0, dot(w.difference, w.product, data->taps));
    return CKN_OK;
}

ckn_code ckn_family_excess(const ckn_family_data *data, ckn_family_model *model, bool gain_fits,
                           double *excess, ckn_error *error) {
    if (gain_fits)
        CKN_TRY(fit_gain(data, model, error));
    return evaluate(data, model, excess, error);
}

/* The slope of the taps by one element of theta: a central difference, one-sided where theta would
 * leave its bounds. */
static ckn_code slope(const ckn_family_model *model, size_t element, double *scratch, size_t taps,
                      double *out, ckn_error *error) {
    ckn_family_model above = *model, below = *model;
    const double step = 1e-4 * fmax(1, fabs(model->theta[element]));
    above.theta[element] += step;
    below.theta[element] -= step;
    if (!ckn_family_model_valid(&above))
        above = *model;
    if (!ckn_family_model_valid(&below))
        below = *model;
    const double width = above.theta[element] - below.theta[element];
    CKN_TRY(ckn_family_model_taps(&above, out, error));
    CKN_TRY(ckn_family_model_taps(&below, scratch, error));
    for (size_t tap = 0; tap < taps; tap++)
        out[tap] = width > 0 ? (out[tap] - scratch[tap]) / width : 0;
    return CKN_OK;
}

/* The equations of a step: matrix = J'G J and rhs = -J'G (h - g), for the free elements alone. */
typedef struct equations {
    size_t count;
    size_t element[MOST]; /* of theta */
    double matrix[MOST][MOST], rhs[MOST];
} equations;

static ckn_code set_up(const ckn_family_data *data, const ckn_family_model *model, equations *e,
                       ckn_error *error) {
    workspace w = divide(data);
    e->count = 0;
    for (size_t i = 0; i < model->count; i++) {
        if (!model->free[i])
            continue;
        CKN_TRY(slope(model, i, w.trial, data->taps, w.slopes + e->count * data->taps, error));
        e->element[e->count++] = i;
    }
    ckn_symmetric_multiply_many(data->gram, w.slopes, e->count, w.slopes_products);
    for (size_t i = 0; i < e->count; i++) {
        const double *own = w.slopes + i * data->taps;
        e->rhs[i] = -dot(own, w.product, data->taps);
        for (size_t j = 0; j < e->count; j++)
            e->matrix[i][j] = dot(own, w.slopes_products + j * data->taps, data->taps);
    }
    return CKN_OK;
}

/* Replaces the lower half of a matrix by its Cholesky factor; false where it is not definite to
 * working precision. */
static bool factor(double matrix[MOST][MOST], size_t count) {
    for (size_t j = 0; j < count; j++) {
        const double diagonal = matrix[j][j];
        for (size_t i = j; i < count; i++) {
            for (size_t k = 0; k < j; k++)
                matrix[i][j] -= matrix[i][k] * matrix[j][k];
            if (i == j && !(matrix[j][j] > 1e-13 * diagonal))
                return false;
            matrix[i][j] /= i == j ? sqrt(matrix[j][j]) : matrix[j][j];
        }
    }
    return true;
}

static void solve(double matrix[MOST][MOST], size_t count, double *v) {
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            v[i] -= matrix[i][k] * v[k];
        v[i] /= matrix[i][i];
    }
    for (size_t i = count; i-- > 0;) {
        for (size_t k = i + 1; k < count; k++)
            v[i] -= matrix[k][i] * v[k];
        v[i] /= matrix[i][i];
    }
}

/* theta after a damped step; false where there is none that keeps its bounds. */
static bool take_step(const equations *e, double damping, ckn_family_model *model) {
    double matrix[MOST][MOST], step[MOST];
    memcpy(matrix, e->matrix, sizeof matrix);
    memcpy(step, e->rhs, sizeof step);
    for (size_t i = 0; i < e->count; i++)
        matrix[i][i] += damping * e->matrix[i][i];
    if (!factor(matrix, e->count))
        return false;
    solve(matrix, e->count, step);
    for (size_t i = 0; i < e->count; i++)
        model->theta[e->element[i]] += step[i];
    return ckn_family_model_valid(model);
}

/* Raises the damping until a step lowers the excess; *moved is false where none does. */
static ckn_code improve(const ckn_family_data *data, ckn_family_model *model, const equations *e,
                        double *damping, double *excess, bool *moved, ckn_error *error) {
    *moved = false;
    while (*damping < LARGEST_DAMPING) {
        ckn_family_model trial = *model;
        double reached = INFINITY;
        if (take_step(e, *damping, &trial))
            CKN_TRY(evaluate(data, &trial, &reached, error));
        if (!(reached < *excess)) {
            *damping *= 8;
            continue;
        }
        *model = trial;
        *excess = reached;
        *damping *= 0.1;
        *moved = true;
        return CKN_OK;
    }
    return CKN_OK;
}

static void invert(const ckn_family_data *data, const equations *e, double *covariance) {
    double matrix[MOST][MOST];
    memset(covariance, 0, sizeof(double) * MOST * MOST);
    memcpy(matrix, e->matrix, sizeof matrix);
    const bool definite = factor(matrix, e->count);
    for (size_t j = 0; j < e->count; j++) {
        double column[MOST] = {0};
        column[j] = data->variance;
        if (definite)
            solve(matrix, e->count, column);
        for (size_t i = 0; i < e->count; i++)
            covariance[e->element[i] * MOST + e->element[j]] = definite ? column[i] : NAN;
    }
}

ckn_code ckn_family_minimise(const ckn_family_data *data, ckn_family_model *model, double *excess,
                             double *covariance, ckn_error *error) {
    double damping = FIRST_DAMPING;
    bool moved = true;
    equations e;
    CKN_TRY(evaluate(data, model, excess, error));
    for (int iteration = 0; iteration < MOST_ITERATIONS && moved; iteration++) {
        const double before = *excess;
        CKN_TRY(set_up(data, model, &e, error));
        CKN_TRY(improve(data, model, &e, &damping, excess, &moved, error));
        /* Less than a hundredth of a standard error of one parameter. */
        if (before - *excess < 1e-4 * data->variance + 1e-12 * before)
            break;
    }
    CKN_TRY(evaluate(data, model, excess, error));
    CKN_TRY(set_up(data, model, &e, error));
    invert(data, &e, covariance);
    return CKN_OK;
}
