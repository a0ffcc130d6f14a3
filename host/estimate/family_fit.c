#include "estimate/family_fit.h"

#include <math.h>
#include <string.h>

enum { MOST = CKN_MODEL_MOST, COLUMNS = 16, MOST_ITERATIONS = 60 };

#define FIRST_DAMPING 1e-3
#define LARGEST_DAMPING 1e8

/* The fit at theta: taps less g, slopes of the taps, and G times them. */
typedef struct workspace {
    double *difference;      /* K */
    double *slopes;          /* K a parameter, or a column of a batch */
    double *product;         /* G difference */
    double *slopes_products; /* G slopes */
    double *trial;           /* K */
} workspace;

size_t ckn_family_work(size_t taps) {
    return (2 * COLUMNS + 3) * taps;
}

static workspace divide(const ckn_family_data *data) {
    double *at = data->work;
    const size_t taps = data->taps;
    return (workspace){at, at + taps, at + (COLUMNS + 1) * taps, at + (COLUMNS + 2) * taps,
                       at + (2 * COLUMNS + 2) * taps};
}

static double dot(const double *a, const double *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
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

/* The taps of which theta's linear element is the factor: it is 1, and others of them are 0. */
static ckn_code part(const ckn_family_model *model, size_t element, double *out, ckn_error *error) {
    ckn_family_model own = *model;
    for (size_t i = 0; i < model->count; i++) {
        if (model->linear[i])
            own.theta[i] = i == element;
    }
    return ckn_family_model_taps(&own, out, error);
}

/* The slope of the taps by one element of theta: a central difference, one-sided where theta would
 * leave its bounds. */
static ckn_code slope(const ckn_family_model *model, size_t element, double *scratch, size_t taps,
                      double *out, ckn_error *error) {
    ckn_family_model above = *model, below = *model;
    if (model->linear[element])
        return part(model, element, out, error);
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

/* ---- screening */

/* Columns of the models that are looked at together: taps, and G times them. */
typedef struct batch {
    size_t count, columns;
    size_t model[COLUMNS], first[COLUMNS + 1]; /* which, and its columns */
} batch;

/* Whether some of the taps belong to a gain that is not free. */
static bool has_fixed_part(const ckn_family_model *model) {
    return !model->free[CKN_MODEL_GAIN] && model->theta[CKN_MODEL_GAIN] != 0;
}

static ckn_code fixed_part(const ckn_family_model *model, double *out, ckn_error *error) {
    ckn_family_model own = *model;
    for (size_t i = 0; i < model->count; i++) {
        if (model->linear[i] && model->free[i])
            own.theta[i] = 0;
    }
    return ckn_family_model_taps(&own, out, error);
}

/* Fixed part first; *count columns. */
static ckn_code list_parts(const ckn_family_data *data, const ckn_family_model *model, double *out,
                           size_t *count, ckn_error *error) {
    *count = 0;
    if (has_fixed_part(model))
        CKN_TRY(fixed_part(model, out + (*count)++ * data->taps, error));
    for (size_t i = 0; i < model->count; i++) {
        if (model->linear[i] && model->free[i])
            CKN_TRY(part(model, i, out + (*count)++ * data->taps, error));
    }
    return CKN_OK;
}

/* The normal equations of the columns after the first `fixed` ones, whose coefficient is 1. */
typedef struct linear_fit {
    double matrix[MOST][MOST], rhs[MOST];
    size_t count;
    double excess; /* without these columns */
} linear_fit;

static void set_up_linear(const ckn_family_data *data, const double *columns,
                          const double *products, size_t count, size_t fixed, linear_fit *fit) {
    const size_t taps = data->taps;
    *fit = (linear_fit){.count = count - fixed, .excess = data->signal};
    if (fixed)
        fit->excess += dot(columns, products, taps) - 2 * dot(columns, data->product, taps);
    for (size_t i = 0; i < fit->count; i++) {
        const double *own = columns + (i + fixed) * taps;
        fit->rhs[i] = dot(own, data->product, taps) - (fixed ? dot(own, products, taps) : 0);
        for (size_t j = 0; j <= i; j++)
            fit->matrix[i][j] = dot(own, products + (j + fixed) * taps, taps);
    }
}

static double fit_linear(const ckn_family_data *data, const double *columns, const double *products,
                         size_t count, ckn_family_model *model) {
    linear_fit fit;
    double step[MOST];
    set_up_linear(data, columns, products, count, has_fixed_part(model), &fit);
    memcpy(step, fit.rhs, sizeof step);
    if (!factor(fit.matrix, fit.count))
        return INFINITY;
    solve(fit.matrix, fit.count, step);
    for (size_t i = 0, at = 0; i < model->count; i++) {
        if (model->linear[i] && model->free[i]) {
            model->theta[i] = step[at];
            fit.excess -= fit.rhs[at] * step[at];
            at++;
        }
    }
    return fmax(0, fit.excess);
}

static void finish_batch(const ckn_family_data *data, const batch *b, ckn_family_model *models,
                         double *excess) {
    workspace w = divide(data);
    ckn_symmetric_multiply_many(data->gram, w.slopes, b->columns, w.slopes_products);
    for (size_t i = 0; i < b->count; i++) {
        const size_t at = b->first[i] * data->taps;
        excess[b->model[i]] = fit_linear(data, w.slopes + at, w.slopes_products + at,
                                         b->first[i + 1] - b->first[i], &models[b->model[i]]);
    }
}

ckn_code ckn_family_screen(const ckn_family_data *data, ckn_family_model *models, size_t count,
                           double *excess, ckn_error *error) {
    workspace w = divide(data);
    batch b = {0};
    for (size_t i = 0; i < count; i++) {
        size_t columns = 0;
        excess[i] = INFINITY;
        if (!ckn_family_model_valid(&models[i]))
            continue;
        if (b.columns + 1 + CKN_MODEL_MOST_LINEAR > COLUMNS) {
            finish_batch(data, &b, models, excess);
            b = (batch){0};
        }
        CKN_TRY(list_parts(data, &models[i], w.slopes + b.columns * data->taps, &columns, error));
        b.model[b.count++] = i;
        b.columns += columns;
        b.first[b.count] = b.columns;
    }
    finish_batch(data, &b, models, excess);
    return CKN_OK;
}

/* ---- the whole of it */

/* Whether more steps would not change what is made of the answer. */
static bool is_done(const ckn_family_data *data, double before, double excess) {
    /* Less than a hundredth of a standard error of one parameter. */
    if (before - excess < 1e-4 * data->variance + 1e-12 * before)
        return true;
    return excess > data->hopeless && before - excess < 0.05 * before;
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
        if (is_done(data, before, *excess))
            break;
    }
    CKN_TRY(evaluate(data, model, excess, error));
    CKN_TRY(set_up(data, model, &e, error));
    invert(data, &e, covariance);
    return CKN_OK;
}
