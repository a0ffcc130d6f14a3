#include "statistics/terms.h"

#include "base/memory.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t ckn_term_count(ckn_background background) {
    switch (background) {
    case CKN_BACKGROUND_NONE:
        return 0;
    case CKN_BACKGROUND_PLANE:
        return CKN_MOST_TERMS;
    default:
        return 1;
    }
}

ckn_code ckn_terms_create(ckn_pair_terms **terms, size_t pair_count, size_t taps, size_t count,
                          ckn_error *error) {
    static const char what[] = "the background's sums";
    CKN_TRY(ckn_allocate(terms, pair_count, sizeof **terms, what, error));
    for (size_t i = 0; i < pair_count; i++) {
        (*terms)[i].count = count;
        CKN_TRY(ckn_allocate(&(*terms)[i].cross, taps, count * sizeof(double), what, error));
    }
    return CKN_OK;
}

void ckn_terms_destroy(ckn_pair_terms *terms, size_t pair_count) {
    for (size_t i = 0; terms && i < pair_count; i++)
        free(terms[i].cross);
    free(terms);
}

void ckn_terms_clear(ckn_pair_terms *terms, size_t taps) {
    double *cross = terms->cross;
    const size_t count = terms->count;
    memset(cross, 0, taps * count * sizeof *cross);
    *terms = (ckn_pair_terms){.count = count, .cross = cross};
}

/* --- sums over all windows ------------------------------------------------------------------ */

/* Rows of an image come to the host in strips of about this many samples. */
enum { STRIP = 1 << 20 };

/* What is done with each row of an image on the host. */
typedef struct row_sums {
    ckn_shape kernel, valid;
    ckn_pair_terms *terms;
    double *flat, *slope; /* of one row of x: sum_q x[q+j] and sum_q column(q) x[q+j], j < l */
} row_sums;

typedef void (*row_fn)(const row_sums *sums, size_t row, const double *samples);

static ckn_code each_row(const ckn_problem *problem, const ckn_buffer *buffer, ckn_shape shape,
                         row_fn visit, const row_sums *sums, ckn_error *error) {
    const size_t fit = STRIP / shape.cols + 1, most = fit < shape.rows ? fit : shape.rows;
    double *strip = NULL;
    CKN_TRY(ckn_allocate(&strip, most * shape.cols, sizeof *strip, "a strip of the image", error));
    ckn_code code = CKN_OK;
    for (size_t start = 0; start < shape.rows && code == CKN_OK; start += most) {
        const size_t rows = most < shape.rows - start ? most : shape.rows - start;
        code = ckn_problem_download(problem, buffer, shape, (ckn_shape){start, 0},
                                    (ckn_shape){rows, shape.cols}, strip, error);
        for (size_t row = 0; row < rows && code == CKN_OK; row++)
            visit(sums, start + row, strip + row * shape.cols);
    }
    free(strip);
    return code;
}

/* One step to the right lets one sample go and takes one in; columns then count one less. */
static void sum_along_row(const row_sums *sums, const double *x) {
    const size_t width = sums->valid.cols;
    const double step = ckn_term_slope(width);
    const double first = ckn_term_at(0, width), last = ckn_term_at(width - 1, width);
    double flat = 0, slope = 0;
    for (size_t q = 0; q < width; q++) {
        flat += x[q];
        slope += ckn_term_at(q, width) * x[q];
    }
    for (size_t j = 0; j < sums->kernel.cols; j++) {
        sums->flat[j] = flat;
        sums->slope[j] = slope;
        if (j + 1 == sums->kernel.cols)
            break;
        flat += x[j + width] - x[j];
        slope += (last + step) * x[j + width] - first * x[j] - step * flat;
    }
}

/* Row m is row m - i of the windows' offset i. Taps run against offsets. */
static void add_x_row(const row_sums *sums, size_t m, const double *x) {
    const size_t k = sums->kernel.rows, l = sums->kernel.cols, taps = k * l;
    double *cross = sums->terms->cross;
    sum_along_row(sums, x);
    for (size_t i = 0; i < k && i <= m; i++) {
        if (m - i >= sums->valid.rows)
            continue;
        const double row = ckn_term_at(m - i, sums->valid.rows);
        double *tap = cross + taps - i * l; /* one behind the tap of offset (i,0) */
        for (size_t j = 0; j < l; j++)
            *(--tap) += sums->flat[j];
        if (sums->terms->count == 1)
            continue;
        for (size_t j = 0; j < l; j++, tap++) {
            tap[taps] += row * sums->flat[l - 1 - j];
            tap[2 * taps] += sums->slope[l - 1 - j];
        }
    }
}

static void add_y_row(const row_sums *sums, size_t p, const double *y) {
    const double row = ckn_term_at(p, sums->valid.rows);
    double flat = 0, slope = 0;
    for (size_t q = 0; q < sums->valid.cols; q++) {
        flat += y[q];
        slope += ckn_term_at(q, sums->valid.cols) * y[q];
    }
    const double terms[CKN_MOST_TERMS] = {flat, row * flat, slope};
    for (size_t n = 0; n < CKN_MOST_TERMS; n++)
        sums->terms->rhs[n] += terms[n];
}

static double sum_of_squares(size_t length) {
    double sum = 0;
    for (size_t n = 0; n < length; n++)
        sum += ckn_term_at(n, length) * ckn_term_at(n, length);
    return sum;
}

/* Over all samples the terms are orthogonal. */
static void add_own(ckn_pair_terms *terms, ckn_shape valid) {
    const double rows = (double)valid.rows, cols = (double)valid.cols;
    const double diagonal[CKN_MOST_TERMS] = {rows * cols, sum_of_squares(valid.rows) * cols,
                                             sum_of_squares(valid.cols) * rows};
    for (size_t n = 0; n < CKN_MOST_TERMS; n++)
        terms->own[n * CKN_MOST_TERMS + n] += diagonal[n];
}

ckn_code ckn_terms_add_images(const ckn_problem *problem, size_t index, ckn_pair_terms *terms,
                              ckn_error *error) {
    const ckn_problem_pair *pair = &problem->pairs[index];
    row_sums sums = {.kernel = problem->kernel, .valid = pair->y_shape, .terms = terms};
    CKN_TRY(ckn_allocate(&sums.flat, problem->kernel.cols, 2 * sizeof(double),
                         "the background's sums", error));
    sums.slope = sums.flat + problem->kernel.cols;
    add_own(terms, pair->y_shape);
    ckn_code code = each_row(problem, pair->x, pair->x_shape, add_x_row, &sums, error);
    if (code == CKN_OK)
        code = each_row(problem, pair->y, pair->y_shape, add_y_row, &sums, error);
    free(sums.flat);
    return code;
}

/* --- elimination ---------------------------------------------------------------------------- */

/* T'T = L L'. What is left of a diagonal entry by rounding alone is no term of its own. */
static size_t factor_own(ckn_pair_terms *terms) {
    static const double rounding = 1e-10;
    size_t found = 0;
    for (size_t j = 0; j < terms->count; j++) {
        double *l = terms->factor;
        double pivot = terms->own[j * CKN_MOST_TERMS + j];
        const double whole = pivot;
        for (size_t n = 0; n < j; n++)
            pivot -= l[j * CKN_MOST_TERMS + n] * l[j * CKN_MOST_TERMS + n];
        const bool kept = pivot > rounding * whole;
        l[j * CKN_MOST_TERMS + j] = kept ? sqrt(pivot) : 0;
        found += kept;
        for (size_t i = j + 1; i < terms->count; i++) {
            double entry = terms->own[i * CKN_MOST_TERMS + j];
            for (size_t n = 0; n < j; n++)
                entry -= l[i * CKN_MOST_TERMS + n] * l[j * CKN_MOST_TERMS + n];
            l[i * CKN_MOST_TERMS + j] = kept ? entry / l[j * CKN_MOST_TERMS + j] : 0;
        }
    }
    return found;
}

/* v = L^-1 v, for `width` vectors that are interleaved by `stride`. */
static void forward(const ckn_pair_terms *terms, double *v, size_t width, size_t stride) {
    for (size_t j = 0; j < terms->count; j++) {
        const double *l = terms->factor + j * CKN_MOST_TERMS;
        double *row = v + j * stride;
        for (size_t n = 0; n < j; n++)
            cblas_daxpy((int)width, -l[n], v + n * stride, 1, row, 1);
        cblas_dscal((int)width, l[j] > 0 ? 1 / l[j] : 0, row, 1);
    }
}

ckn_code ckn_terms_eliminate(ckn_pair_terms *terms, ckn_equations *statistics, ckn_error *error) {
    const size_t taps = statistics->taps;
    double *cross = NULL, rhs[CKN_MOST_TERMS];
    CKN_TRY(ckn_allocate(&cross, taps, terms->count * sizeof *cross, "the background", error));
    memcpy(cross, terms->cross, taps * terms->count * sizeof *cross);
    memcpy(rhs, terms->rhs, sizeof rhs);
    statistics->terms += factor_own(terms);
    forward(terms, cross, taps, taps);
    forward(terms, rhs, 1, 1);
    ckn_code code = ckn_symmetric_update(&statistics->gram, -1, cross, terms->count, error);
    for (size_t n = 0; n < terms->count; n++) {
        cblas_daxpy((int)taps, -rhs[n], cross + n * taps, 1, statistics->b, 1);
        statistics->square -= rhs[n] * rhs[n];
    }
    statistics->square = fmax(statistics->square, 0);
    free(cross);
    return code;
}

void ckn_terms_solve(const ckn_pair_terms *terms, size_t taps, const double *rhs, const double *h,
                     double *a) {
    for (size_t n = 0; n < CKN_MOST_TERMS; n++) {
        a[n] = n < terms->count ? rhs[n] : 0;
        if (n < terms->count && h)
            a[n] -= cblas_ddot((int)taps, terms->cross + n * taps, 1, h, 1);
    }
    forward(terms, a, 1, 1);
    for (size_t j = terms->count; j-- > 0;) { /* a = L'^-1 a */
        const double pivot = terms->factor[j * CKN_MOST_TERMS + j];
        for (size_t i = j + 1; i < terms->count; i++)
            a[j] -= terms->factor[i * CKN_MOST_TERMS + j] * a[i];
        a[j] = pivot > 0 ? a[j] / pivot : 0;
    }
}

/* --- residual ------------------------------------------------------------------------------- */

static void fill_plane(const double *a, ckn_shape shape, double *plane) {
    for (size_t row = 0; row < shape.rows; row++) {
        const double start = a[0] + a[1] * ckn_term_at(row, shape.rows);
        for (size_t col = 0; col < shape.cols; col++)
            plane[row * shape.cols + col] = start + a[2] * ckn_term_at(col, shape.cols);
    }
}

static ckn_code add_plane(ckn_backend *backend, const ckn_problem_pair *pair, ckn_error *error) {
    const size_t count = ckn_shape_count(pair->y_shape);
    double *plane = NULL;
    ckn_buffer *buffer = NULL;
    CKN_TRY(ckn_allocate(&plane, count, sizeof *plane, "the background", error));
    fill_plane(pair->background, pair->y_shape, plane);
    const ckn_view view = ckn_view_f64(plane, pair->y_shape.rows, pair->y_shape.cols);
    ckn_code code = backend->ops->buffer_create(backend, count, &buffer, error);
    if (code == CKN_OK)
        code = backend->ops->upload(backend, buffer, &view, error);
    if (code == CKN_OK)
        code = backend->ops->combine(backend, pair->r, count, 1, pair->r, 1, buffer, error);
    backend->ops->buffer_destroy(backend, buffer);
    free(plane);
    return code;
}

ckn_code ckn_terms_add_to_residual(ckn_problem *problem, ckn_error *error) {
    for (size_t i = 0; i < problem->pair_count; i++) {
        const ckn_problem_pair *pair = &problem->pairs[i];
        const double *a = pair->background;
        if (a[0] != 0 || a[1] != 0 || a[2] != 0)
            CKN_TRY(add_plane(problem->backend, pair, error));
    }
    return CKN_OK;
}
