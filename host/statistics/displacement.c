#include "statistics/displacement.h"

#include "base/memory.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

/* The matrix is made of k x k blocks of l x l, one for each pair of row offsets (i, i'). All blocks
 * of one difference d = i' - i follow from block (0, d). */
typedef struct assembly {
    ckn_shape x, kernel, valid;
    const ckn_correlations *correlations;
    const ckn_borders *borders;
    ckn_symmetric *gram;
    double *columns_left, *columns_right; /* [d][j][j'] = sum_{p<P} x[p,j] x[p+d,j'] of a strip */
    double *rows_top, *rows_bottom;       /* [e][a][b] = sum_{q<Q} x[a,q] x[b,q+e] of a strip */
    double *block;                        /* l x l */
    double *change;                       /* l x l: what the next step takes away */
} assembly;

static void release(assembly *work) {
    free(work->columns_left);
    free(work->columns_right);
    free(work->rows_top);
    free(work->rows_bottom);
    free(work->block);
    free(work->change);
}

static ckn_code allocate(assembly *work, ckn_error *error) {
    static const char what[] = "the border sums";
    const size_t k = work->kernel.rows, l = work->kernel.cols;
    const size_t columns = k * (l - 1) * (l - 1), rows = l * (k - 1) * (k - 1);
    CKN_TRY(ckn_allocate(&work->columns_left, columns, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&work->columns_right, columns, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&work->rows_top, rows, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&work->rows_bottom, rows, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&work->block, l * l, sizeof(double), what, error));
    return ckn_allocate(&work->change, l * l, sizeof(double), what, error);
}

/* sums[d] = strip[0 .. P)' strip[d .. d+P) for a strip of M x (l-1). */
static void sum_columns(const assembly *work, const double *strip, double *sums) {
    const size_t width = work->kernel.cols - 1;
    for (size_t d = 0; d < work->kernel.rows; d++)
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)width, (int)width,
                    (int)work->valid.rows, 1, strip, (int)width, strip + d * width, (int)width, 0,
                    sums + d * width * width, (int)width);
}

/* sums[e] = strip[:, 0 .. Q) strip[:, e .. e+Q)' for a strip of (k-1) x N. */
static void sum_rows(const assembly *work, const double *strip, double *sums) {
    const size_t height = work->kernel.rows - 1, stride = work->x.cols;
    for (size_t e = 0; e < work->kernel.cols; e++)
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)height, (int)height,
                    (int)work->valid.cols, 1, strip, (int)stride, strip + e, (int)stride, 0,
                    sums + e * height * height, (int)height);
}

/* Block (0, d): its first row and its last row are correlations, diagonals between them follow from
 * the strips of columns. */
static void first_block(const assembly *work, size_t d) {
    const size_t l = work->kernel.cols, width = l - 1;
    const double *left = work->columns_left + d * width * width;
    const double *right = work->columns_right + d * width * width;
    double *block = work->block;
    for (size_t j = 0; j < l; j++) {
        block[j] = work->correlations->left[d * l + j];
        if (j + 1 < l)
            block[width * l + j] = work->correlations->right[d * l + j];
    }
    for (size_t j = 0; j + 1 < l; j++)
        for (size_t i = j; i + 1 < l; i++) /* on and above the diagonal, downwards */
            block[(j + 1) * l + i + 1] =
                block[j * l + i] - left[j * width + i] + right[j * width + i];
    for (size_t j = l - 1; j-- > 1;)
        for (size_t i = 0; i < j; i++) /* below it, upwards */
            block[j * l + i] =
                block[(j + 1) * l + i + 1] + left[j * width + i] - right[j * width + i];
}

/* change[j][j'] = S(a,b) of the top strip minus that of the bottom one, rows a and b of each. */
static void row_change(const assembly *work, size_t a, size_t b) {
    const size_t l = work->kernel.cols, height = work->kernel.rows - 1, n = work->x.cols;
    const size_t q = work->valid.cols, plane = height * height;
    const double *top_a = work->borders->top + a * n, *top_b = work->borders->top + b * n;
    const double *low_a = work->borders->bottom + a * n, *low_b = work->borders->bottom + b * n;
    double *change = work->change;
    for (size_t e = 0; e < l; e++) {
        const size_t ab = e * plane + a * height + b, ba = e * plane + b * height + a;
        change[e] = work->rows_top[ab] - work->rows_bottom[ab];
        change[e * l] = work->rows_top[ba] - work->rows_bottom[ba];
    }
    for (size_t j = 0; j + 1 < l; j++) {
        const double out_top = top_a[j], in_top = top_a[q + j];
        const double out_low = low_a[j], in_low = low_a[q + j];
        const double *from = change + j * l;
        double *to = change + (j + 1) * l + 1;
        for (size_t i = 0; i + 1 < l; i++)
            to[i] = from[i] - out_top * top_b[i] + in_top * top_b[q + i] + out_low * low_b[i] -
                    in_low * low_b[q + i];
    }
}

/* Adds block (i, i+d). Taps run against offsets: convolution flips the kernel. */
static void place_block(const assembly *work, size_t i, size_t d) {
    const size_t l = work->kernel.cols;
    const size_t last = ckn_shape_count(work->kernel) - 1;
    for (size_t col = 0; col < l; col++) {
        const size_t tap_col = last - ((i + d) * l + col);
        /* Block (i, i) holds each entry twice. */
        const size_t rows = d == 0 ? col + 1 : l;
        for (size_t row = 0; row < rows; row++)
            *ckn_symmetric_at(work->gram, last - (i * l + row), tap_col) +=
                work->block[row * l + col];
    }
}

static void place_diagonal(const assembly *work, size_t d) {
    const size_t l = work->kernel.cols, k = work->kernel.rows;
    first_block(work, d);
    place_block(work, 0, d);
    for (size_t i = 0; i + d + 1 < k; i++) {
        row_change(work, i, i + d);
        for (size_t n = 0; n < l * l; n++)
            work->block[n] -= work->change[n];
        place_block(work, i + 1, d);
    }
}

ckn_code ckn_gram_add(ckn_symmetric *gram, ckn_shape x_shape, ckn_shape kernel,
                      const ckn_correlations *correlations, const ckn_borders *borders,
                      ckn_error *error) {
    assembly work = {.x = x_shape,
                     .kernel = kernel,
                     .valid = ckn_shape_valid(x_shape, kernel),
                     .correlations = correlations,
                     .borders = borders,
                     .gram = gram};
    ckn_code code = allocate(&work, error);
    if (code == CKN_OK) {
        if (kernel.cols > 1) {
            sum_columns(&work, borders->left, work.columns_left);
            sum_columns(&work, borders->right, work.columns_right);
        }
        if (kernel.rows > 1) {
            sum_rows(&work, borders->top, work.rows_top);
            sum_rows(&work, borders->bottom, work.rows_bottom);
        }
        for (size_t d = 0; d < kernel.rows; d++)
            place_diagonal(&work, d);
    }
    release(&work);
    return code;
}
