#include "base/memory.h"
#include "dense/cholesky.h"
#include "judge/evidence.h"

#include <math.h>
#include <stdlib.h>

/* Polynomials of two variables of degree 4: vignetting is one of even powers of the radius. */
#define TERMS ((size_t)15)
#define DEGREE 4
#define COLUMNS (2 * TERMS)
#define MOST_SAMPLES ((size_t)150000) /* that are looked at */
#define BATCH ((size_t)256)
#define RIDGE 1e-9 /* of the mean diagonal: columns may depend on each other */

static void fill_row(double u, double v, double m, double *row) {
    size_t at = 0;
    double power_v = 1;
    for (int b = 0; b <= DEGREE; b++) {
        double power = power_v;
        for (int a = 0; a + b <= DEGREE; a++) {
            row[at] = power;
            row[at++ + TERMS] = power * m;
            power *= u;
        }
        power_v *= v;
    }
}

typedef struct equations {
    ckn_symmetric matrix;
    double right[COLUMNS], all;
    double *rows;
    size_t count;
} equations;

static ckn_code flush(equations *e, ckn_error *error) {
    const size_t count = e->count;
    e->count = 0;
    return count > 0 ? ckn_symmetric_update(&e->matrix, 1, e->rows, count, error) : CKN_OK;
}

static ckn_code add_sample(const ckn_judge_samples *samples, const ckn_judge_plane *plane,
                           size_t index, equations *e, ckn_error *error) {
    const ckn_shape shape = samples->shape;
    const double u = 2 * (double)(index % shape.cols) / (double)shape.cols - 1;
    const double v = 2 * (double)(index / shape.cols) / (double)shape.rows - 1; /* NOLINT: whole */
    double *row = e->rows + e->count * COLUMNS;
    fill_row(u, v, plane->m[index], row);
    for (size_t j = 0; j < COLUMNS; j++)
        e->right[j] += row[j] * plane->r[index];
    e->all += plane->r[index] * plane->r[index];
    e->count++;
    return e->count == BATCH ? flush(e, error) : CKN_OK;
}

static ckn_code solve(equations *e, double *gain, ckn_error *error) {
    double copy[COLUMNS], taken = 0;
    bool definite;
    for (size_t j = 0; j < COLUMNS; j++)
        copy[j] = e->right[j];
    ckn_symmetric_shift(&e->matrix, RIDGE * ckn_symmetric_mean_diagonal(&e->matrix));
    CKN_TRY(ckn_cholesky_factor(&e->matrix, &definite, error));
    *gain = 0;
    if (!definite || !(e->all > 0))
        return CKN_OK;
    CKN_TRY(ckn_cholesky_solve(&e->matrix, e->right, error));
    for (size_t j = 0; j < COLUMNS; j++)
        taken += copy[j] * e->right[j];
    *gain = fmin(fmax(taken / e->all, 0), 1);
    return CKN_OK;
}

ckn_code ckn_judge_illumination(const ckn_judge_samples *samples, double *gain, ckn_error *error) {
    static const char what[] = "a verdict";
    equations e = {.count = 0};
    const size_t size = ckn_judge_size(samples);
    /* An odd step walks through all columns. */
    const size_t step = (size * samples->count / MOST_SAMPLES) | 1;
    CKN_TRY(ckn_symmetric_create(&e.matrix, COLUMNS, what, error));
    ckn_code code = ckn_allocate(&e.rows, BATCH * COLUMNS, sizeof *e.rows, what, error);
    for (size_t n = 0; n < samples->count && code == CKN_OK; n++)
        for (size_t i = 0; i < size && code == CKN_OK; i += step)
            if (samples->planes[n].w[i] > 0)
                code = add_sample(samples, &samples->planes[n], i, &e, error);
    if (code == CKN_OK)
        code = flush(&e, error);
    if (code == CKN_OK)
        code = solve(&e, gain, error);
    free(e.rows);
    ckn_symmetric_release(&e.matrix);
    return code;
}
