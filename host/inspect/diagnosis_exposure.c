/* Gain and offset between the two images of a pair.
 *
 * Averages over blocks larger than the kernel see the kernel by its low moments alone: with x and y
 * averaged alike, y = offset + gain (x + a . grad x + A : grad grad x + ...), where a is the
 * kernel's centroid and A half its second moments. These are columns of a small robust fit, so that
 * neither blur nor a shift is taken for a gain. */
#include "inspect/pair_diagnosis.h"

#include "base/memory.h"
#include "dense/cholesky.h"

#include <math.h>
#include <stdlib.h>

/* 1, x, x_x, x_y, x_xx, x_yy, x_xy */
enum { COLUMNS = 7 };

/* A block is a square of seven cells a side, weighted by a pyramid, which lets little of the finer
 * structure through. Blocks two cells apart, and differences over two cells, are all made of the
 * same cells. */
enum { BLOCK = 7, STEP = 2 };
static const double pyramid[BLOCK] = {1, 2, 3, 4, 3, 2, 1};
#define PYRAMID_SUM 16.0

#define FEWEST_POINTS 30
#define ROUNDS 10
/* Of Huber's weights, in standard deviations. */
#define HUBER 1.345
/* Blocks overlap by half along both axes: of four points one is new. */
#define OVERLAP 2.0
/* Part of the variance of the means of y that a fit worth its name explains. */
#define LEAST_EXPLAINED 0.95
/* A gain less sure than this is none: the columns cannot tell blur from gain, as on a regular grid.
 */
#define LARGEST_ERROR 0.05

/* Means over cells. */
typedef struct cell_grid {
    size_t rows, cols;
    double *mean;
} cell_grid;

typedef struct fit {
    size_t points;
    double *columns; /* points x COLUMNS */
    double *values;  /* of y */
    double *weights, *residuals, *sorted;
    double origin;           /* taken off x, so that the columns are apart */
    double scale[COLUMNS];   /* the columns' own norms */
    double answer[COLUMNS];  /* of the columns divided by these */
    double inverse[COLUMNS]; /* row 1 of the inverse of the normal matrix */
    double first;            /* and its entry (0, 0) */
} fit;

static ckn_code make_cells(const ckn_view *view, size_t side, cell_grid *grid, ckn_error *error) {
    grid->rows = view->rows / side;
    grid->cols = view->cols / side;
    CKN_TRY(ckn_allocate(&grid->mean, grid->rows * grid->cols, sizeof *grid->mean, "a diagnosis",
                         error));
    const double part = 1.0 / (double)(side * side);
    for (size_t r = 0; r < grid->rows * side; r++) {
        double *line = grid->mean + r / side * grid->cols;
        for (size_t c = 0; c < grid->cols * side; c++)
            line[c / side] += part * ckn_view_at(view, r, c);
    }
    return CKN_OK;
}

static double block(const cell_grid *grid, size_t row, size_t col) {
    double sum = 0.0;
    for (size_t i = 0; i < BLOCK; i++) {
        for (size_t j = 0; j < BLOCK; j++)
            sum += pyramid[i] * pyramid[j] * grid->mean[(row + i) * grid->cols + col + j];
    }
    return sum / (PYRAMID_SUM * PYRAMID_SUM);
}

/* Blocks along one axis whose neighbours at STEP on both sides are there too. */
static size_t blocks_along(size_t cells) {
    return cells < BLOCK + 2 * STEP ? 0 : (cells - BLOCK - 2 * STEP) / STEP + 1;
}

static void fill_point(const cell_grid *x, size_t row, size_t col, double *column) {
    const double here = block(x, row, col);
    const double left = block(x, row, col - STEP), right = block(x, row, col + STEP);
    const double up = block(x, row - STEP, col), down = block(x, row + STEP, col);
    column[0] = 1.0;
    column[1] = here;
    column[2] = 0.5 * (right - left);
    column[3] = 0.5 * (down - up);
    column[4] = right - 2.0 * here + left;
    column[5] = down - 2.0 * here + up;
    column[6] = 0.25 * (block(x, row + STEP, col + STEP) - block(x, row + STEP, col - STEP) -
                        block(x, row - STEP, col + STEP) + block(x, row - STEP, col - STEP));
}

static ckn_code allocate_fit(fit *made, ckn_error *error) {
    const size_t points = made->points;
    const char *what = "a diagnosis";
    CKN_TRY(ckn_allocate(&made->columns, points * COLUMNS, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&made->values, points, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&made->weights, points, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&made->residuals, points, sizeof(double), what, error));
    return ckn_allocate(&made->sorted, points, sizeof(double), what, error);
}

static void release_fit(fit *made) {
    free(made->columns);
    free(made->values);
    free(made->weights);
    free(made->residuals);
    free(made->sorted);
}

/* Whether nothing that a point is made of was masked. */
static bool is_whole(const double *column, double value) {
    for (size_t j = 0; j < COLUMNS; j++)
        value += column[j];
    return !isnan(value);
}

static void fill_fit(const cell_grid *x, const cell_grid *y, fit *made) {
    const size_t across = blocks_along(x->cols), count = made->points;
    made->points = 0;
    for (size_t i = 0; i < count; i++) {
        size_t row = (i / across + 1) * STEP, col = (i % across + 1) * STEP;
        double *column = made->columns + made->points * COLUMNS;
        fill_point(x, row, col, column);
        made->values[made->points] = block(y, row, col);
        made->weights[made->points] = 1.0;
        made->points += is_whole(column, made->values[made->points]);
    }
    for (size_t i = 0; i < made->points; i++)
        made->origin += made->columns[i * COLUMNS + 1] / (double)made->points;
    for (size_t i = 0; i < made->points; i++)
        made->columns[i * COLUMNS + 1] -= made->origin;
    for (size_t j = 0; j < COLUMNS; j++) {
        for (size_t i = 0; i < made->points; i++)
            made->scale[j] = hypot(made->scale[j], made->columns[i * COLUMNS + j]);
        for (size_t i = 0; i < made->points && made->scale[j] > 0.0; i++)
            made->columns[i * COLUMNS + j] /= made->scale[j];
    }
}

static void fill_normal(const fit *made, ckn_symmetric *matrix, double *right) {
    ckn_symmetric_clear(matrix);
    for (size_t j = 0; j < COLUMNS; j++) {
        right[j] = 0.0;
        for (size_t i = 0; i < made->points; i++) {
            const double *column = made->columns + i * COLUMNS;
            right[j] += made->weights[i] * column[j] * made->values[i];
            for (size_t k = 0; k <= j; k++)
                *ckn_symmetric_at(matrix, j, k) += made->weights[i] * column[j] * column[k];
        }
    }
}

static int compare(const void *a, const void *b) {
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

/* Residuals, and their deviation by the median of their magnitudes. */
static double measure_residuals(fit *made) {
    for (size_t i = 0; i < made->points; i++) {
        double modelled = 0.0;
        for (size_t j = 0; j < COLUMNS; j++)
            modelled += made->answer[j] * made->columns[i * COLUMNS + j];
        made->residuals[i] = made->values[i] - modelled;
        made->sorted[i] = fabs(made->residuals[i]);
    }
    qsort(made->sorted, made->points, sizeof *made->sorted, compare);
    return 1.482602 * made->sorted[made->points / 2];
}

/* One weighted fit. *solved is false where the columns do not determine it. */
static ckn_code solve_once(fit *made, ckn_symmetric *matrix, bool *solved, ckn_error *error) {
    fill_normal(made, matrix, made->answer);
    const double norm = ckn_symmetric_norm(matrix);
    double condition;
    CKN_TRY(ckn_cholesky_factor(matrix, solved, error));
    if (!*solved)
        return CKN_OK;
    CKN_TRY(ckn_cholesky_condition(matrix, norm, &condition, error));
    *solved = condition < 1e10;
    CKN_TRY(ckn_cholesky_solve(matrix, made->answer, error));
    CKN_TRY(ckn_cholesky_invert(matrix, error));
    for (size_t j = 0; j < COLUMNS; j++)
        made->inverse[j] = *ckn_symmetric_at(matrix, 1, j);
    made->first = *ckn_symmetric_at(matrix, 0, 0);
    return CKN_OK;
}

static void fill_answer(const fit *made, double sigma, ckn_pair_diagnosis *diagnosis) {
    const double constant = made->scale[0], slope = made->scale[1], origin = made->origin;
    const double gain = made->answer[1] / slope;
    const double gain_variance = made->inverse[1] / (slope * slope);
    const double covariance = made->inverse[0] / (slope * constant);
    const double constant_variance = made->first / (constant * constant);
    diagnosis->gain_error = OVERLAP * sigma * sqrt(gain_variance);
    if (!(diagnosis->gain_error < LARGEST_ERROR)) {
        diagnosis->gain_error = NAN;
        return;
    }
    diagnosis->gain = gain;
    diagnosis->offset = made->answer[0] / constant - gain * origin;
    diagnosis->offset_error =
        OVERLAP * sigma *
        sqrt(fmax(constant_variance + origin * origin * gain_variance - 2.0 * origin * covariance,
                  0.0));
}

static bool is_explained(const fit *made) {
    double mean = 0.0, around = 0.0, left = 0.0;
    for (size_t i = 0; i < made->points; i++)
        mean += made->values[i] / (double)made->points;
    for (size_t i = 0; i < made->points; i++) {
        around += made->weights[i] * (made->values[i] - mean) * (made->values[i] - mean);
        left += made->weights[i] * made->residuals[i] * made->residuals[i];
    }
    return left < (1.0 - LEAST_EXPLAINED) * around;
}

static ckn_code solve(fit *made, ckn_pair_diagnosis *diagnosis, ckn_error *error) {
    ckn_symmetric matrix;
    CKN_TRY(ckn_symmetric_create(&matrix, COLUMNS, "a diagnosis", error));
    bool solved = true;
    double sigma = 0.0;
    ckn_code code = CKN_OK;
    for (int round = 0; round < ROUNDS && solved && code == CKN_OK; round++) {
        code = solve_once(made, &matrix, &solved, error);
        if (code != CKN_OK || !solved)
            break;
        sigma = measure_residuals(made);
        for (size_t i = 0; i < made->points; i++) {
            double size = fabs(made->residuals[i]), most = HUBER * sigma;
            made->weights[i] = size > most ? most / size : 1.0;
        }
    }
    ckn_symmetric_release(&matrix);
    if (code == CKN_OK && solved && is_explained(made))
        fill_answer(made, sigma, diagnosis);
    return code;
}

static ckn_code fit_cells(const cell_grid *x, const cell_grid *y, ckn_pair_diagnosis *diagnosis,
                          ckn_error *error) {
    fit made = {.points = blocks_along(x->rows) * blocks_along(x->cols)};
    if (made.points < FEWEST_POINTS)
        return CKN_OK;
    ckn_code code = allocate_fit(&made, error);
    if (code == CKN_OK) {
        fill_fit(x, y, &made);
        if (made.points >= FEWEST_POINTS && made.scale[1] > 0.0)
            code = solve(&made, diagnosis, error);
    }
    release_fit(&made);
    return code;
}

/* Blocks of twice the kernel at half their height, or of its size where the images have no room for
 * enough of these. */
static size_t choose_cell(const ckn_diagnosis_pair *pair) {
    const size_t kernel =
        pair->kernel.rows > pair->kernel.cols ? pair->kernel.rows : pair->kernel.cols;
    size_t side = (kernel + 1) / 2;
    if (blocks_along(pair->y.rows / side) * blocks_along(pair->y.cols / side) < FEWEST_POINTS)
        side = (kernel + 3) / 4;
    return side;
}

ckn_code ckn_diagnose_exposure(const ckn_diagnosis_pair *pair, ckn_pair_diagnosis *diagnosis,
                               ckn_error *error) {
    const size_t side = choose_cell(pair);
    cell_grid x = {0}, y = {0};
    diagnosis->gain = diagnosis->gain_error = diagnosis->offset = diagnosis->offset_error = NAN;
    ckn_code code = make_cells(&pair->inner, side, &x, error);
    if (code == CKN_OK)
        code = make_cells(&pair->y, side, &y, error);
    if (code == CKN_OK)
        code = fit_cells(&x, &y, diagnosis, error);
    free(x.mean);
    free(y.mean);
    return code;
}
