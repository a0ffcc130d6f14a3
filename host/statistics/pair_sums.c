#include "statistics/pair_sums.h"

#include "base/memory.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

static const char what[] = "the statistics of a frame";

/* --- from the images ---------------------------------------------------------------------- */

static ckn_code download_strip(const ckn_problem *problem, const ckn_problem_pair *pair,
                               ckn_shape shape, ckn_shape at, double **strip, ckn_error *error) {
    if (ckn_shape_count(shape) == 0)
        return CKN_OK;
    CKN_TRY(ckn_allocate(strip, shape.rows, shape.cols * sizeof **strip, what, error));
    return ckn_problem_download(problem, pair->x, pair->x_shape, at, shape, *strip, error);
}

static ckn_code download_borders(const ckn_problem *problem, const ckn_problem_pair *pair,
                                 ckn_borders *borders, ckn_error *error) {
    const ckn_shape rows = {problem->kernel.rows - 1, pair->x_shape.cols};
    const ckn_shape cols = {pair->x_shape.rows, problem->kernel.cols - 1};
    const ckn_shape origin = {0, 0}, low = {pair->y_shape.rows, 0}, right = {0, pair->y_shape.cols};
    CKN_TRY(download_strip(problem, pair, rows, origin, &borders->top, error));
    CKN_TRY(download_strip(problem, pair, rows, low, &borders->bottom, error));
    CKN_TRY(download_strip(problem, pair, cols, origin, &borders->left, error));
    return download_strip(problem, pair, cols, right, &borders->right, error);
}

ckn_code ckn_pair_sums_create(ckn_pair_sums *sums, const ckn_problem *problem, size_t index,
                              ckn_correlator *correlator, ckn_error *error) {
    const ckn_problem_pair *pair = &problem->pairs[index];
    const size_t taps = ckn_problem_taps(problem);
    *sums =
        (ckn_pair_sums){.frame = problem->kernel, .x_shape = pair->x_shape, .valid = pair->y_shape};
    CKN_TRY(ckn_allocate(&sums->correlations.left, taps, 3 * sizeof(double), what, error));
    sums->correlations.right = sums->correlations.left + taps;
    sums->correlations.blurred = sums->correlations.right + taps;
    ckn_backend *backend = problem->backend;
    CKN_TRY(
        backend->ops->correlate(backend, correlator, pair->x, pair->y, &sums->correlations, error));
    return download_borders(problem, pair, &sums->borders, error);
}

void ckn_pair_sums_release(ckn_pair_sums *sums) {
    free(sums->correlations.left);
    free(sums->borders.top);
    free(sums->borders.bottom);
    free(sums->borders.left);
    free(sums->borders.right);
    memset(sums, 0, sizeof *sums);
}

/* --- to a rectangle ----------------------------------------------------------------------- */

/* Offsets run against taps: the rectangle's offsets start at (row, col), and its windows look at
 * the part of x that starts there. */
typedef struct part_of_frame {
    const ckn_pair_sums *sums;
    size_t row, col;
    ckn_shape shape; /* k x l */
    ckn_correlations correlations;
    ckn_borders borders;
    double *change; /* of the step sums of one difference of offsets */
} part_of_frame;

/* change[a][b] = sum over the rows of two strips of columns (M x width, rows `first` and `second`
 * on): strip[., a] strip[., b], of the right strip less the left one. */
static void column_change(const part_of_frame *part, size_t difference, size_t from, size_t count,
                          double *change) {
    const ckn_pair_sums *sums = part->sums;
    const int width = (int)sums->frame.cols - 1, rows = (int)sums->valid.rows;
    const double *strips[] = {sums->borders.right, sums->borders.left};
    const size_t first = part->row * (size_t)width, second = first + difference * (size_t)width;
    for (size_t n = 0; n < 2; n++)
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)count, width, rows,
                    n == 0 ? 1.0 : -1.0, strips[n] + first + from, width, strips[n] + second, width,
                    n == 0 ? 0.0 : 1.0, change, width);
}

/* change[a] = sum over q of rows a and a + d of two strips of rows, from columns `left` and `right`
 * on: what steps down from offset (a, left), (a + d, right) add. Summed over a. */
static double row_change(const part_of_frame *part, size_t d, size_t left, size_t right) {
    const ckn_pair_sums *sums = part->sums;
    const size_t stride = sums->x_shape.cols;
    double change = 0;
    for (size_t a = 0; a < part->row; a++) {
        const double *top = sums->borders.top + a * stride;
        const double *low = sums->borders.bottom + a * stride;
        const int width = (int)sums->valid.cols;
        change += cblas_ddot(width, low + left, 1, low + d * stride + right, 1) -
                  cblas_ddot(width, top + left, 1, top + d * stride + right, 1);
    }
    return change;
}

/* left[d][j] = G of offsets (row, col) and (row + d, col + j): down from (0, 0), (d, j), then to
 * the right. */
static void move_left(const part_of_frame *part, size_t d) {
    const ckn_pair_sums *sums = part->sums;
    const size_t l = part->shape.cols, width = sums->frame.cols - 1;
    if (part->col > 0)
        column_change(part, d, 0, part->col, part->change);
    for (size_t j = 0; j < l; j++) {
        double value = sums->correlations.left[d * sums->frame.cols + j];
        value += row_change(part, d, 0, j);
        for (size_t step = 0; step < part->col; step++)
            value += part->change[step * width + step + j];
        part->correlations.left[d * l + j] = value;
    }
}

/* right[d][j] = G of offsets (row, col + l - 1) and (row + d, col + j): down from (0, L - 1),
 * (d, L - l + j), then to the left. */
static void move_right(const part_of_frame *part, size_t d) {
    const ckn_pair_sums *sums = part->sums;
    const size_t l = part->shape.cols, frame = sums->frame.cols, width = frame - 1;
    const size_t target = part->col + l - 1, steps = frame - 1 - target;
    if (steps > 0)
        column_change(part, d, target, steps, part->change);
    for (size_t j = 0; j < l; j++) {
        const size_t start = frame - l + j;
        double value = sums->correlations.right[d * frame + start];
        value += row_change(part, d, frame - 1, start);
        for (size_t step = 0; step < steps; step++)
            value -= part->change[step * width + part->col + j + step];
        part->correlations.right[d * l + j] = value;
    }
}

static ckn_code copy_strip(const double *from, size_t stride, ckn_shape shape, double **strip,
                           ckn_error *error) {
    if (ckn_shape_count(shape) == 0)
        return CKN_OK;
    CKN_TRY(ckn_allocate(strip, shape.rows, shape.cols * sizeof **strip, what, error));
    for (size_t row = 0; row < shape.rows; row++)
        memcpy(*strip + row * shape.cols, from + row * stride, shape.cols * sizeof **strip);
    return CKN_OK;
}

static ckn_code cut_borders(part_of_frame *part, ckn_error *error) {
    const ckn_pair_sums *sums = part->sums;
    const size_t stride = sums->x_shape.cols, width = sums->frame.cols - 1;
    const size_t k = part->shape.rows, l = part->shape.cols;
    const ckn_shape rows = {k - 1, sums->valid.cols + l - 1};
    const ckn_shape cols = {sums->valid.rows + k - 1, l - 1};
    const size_t of_rows = part->row * stride + part->col;
    const size_t of_cols = part->row * width + part->col;
    if (k > 1) {
        CKN_TRY(copy_strip(sums->borders.top + of_rows, stride, rows, &part->borders.top, error));
        CKN_TRY(
            copy_strip(sums->borders.bottom + of_rows, stride, rows, &part->borders.bottom, error));
    }
    if (l > 1) {
        CKN_TRY(copy_strip(sums->borders.left + of_cols, width, cols, &part->borders.left, error));
        CKN_TRY(
            copy_strip(sums->borders.right + of_cols, width, cols, &part->borders.right, error));
    }
    return CKN_OK;
}

static ckn_code fill_part(part_of_frame *part, ckn_error *error) {
    const size_t taps = ckn_shape_count(part->shape), side = part->sums->frame.cols;
    CKN_TRY(ckn_allocate(&part->correlations.left, taps, 2 * sizeof(double), what, error));
    part->correlations.right = part->correlations.left + taps;
    CKN_TRY(ckn_allocate(&part->change, side, side * sizeof(double), what, error));
    for (size_t d = 0; d < part->shape.rows; d++) {
        move_left(part, d);
        move_right(part, d);
    }
    return cut_borders(part, error);
}

static void release_part(part_of_frame *part) {
    free(part->correlations.left);
    free(part->change);
    free(part->borders.top);
    free(part->borders.bottom);
    free(part->borders.left);
    free(part->borders.right);
}

static void add_right_side(const ckn_pair_sums *sums, const ckn_rectangle *rectangle, double *b) {
    const size_t last = ckn_shape_count(sums->frame) - 1;
    for (size_t row = 0; row < rectangle->shape.rows; row++)
        for (size_t col = 0; col < rectangle->shape.cols; col++) {
            const size_t tap = (rectangle->row + row) * sums->frame.cols + rectangle->col + col;
            b[row * rectangle->shape.cols + col] += sums->correlations.blurred[last - tap];
        }
}

ckn_code ckn_pair_sums_add(const ckn_pair_sums *sums, const ckn_rectangle *rectangle,
                           ckn_symmetric *gram, double *b, ckn_error *error) {
    const ckn_shape shape = rectangle->shape;
    const ckn_shape x = {sums->valid.rows + shape.rows - 1, sums->valid.cols + shape.cols - 1};
    part_of_frame part = {.sums = sums,
                          .row = sums->frame.rows - rectangle->row - shape.rows,
                          .col = sums->frame.cols - rectangle->col - shape.cols,
                          .shape = shape};
    add_right_side(sums, rectangle, b);
    if (ckn_shape_equal(shape, sums->frame))
        return ckn_gram_add(gram, x, shape, &sums->correlations, &sums->borders, error);
    ckn_code code = fill_part(&part, error);
    if (code == CKN_OK)
        code = ckn_gram_add(gram, x, shape, &part.correlations, &part.borders, error);
    release_part(&part);
    return code;
}
