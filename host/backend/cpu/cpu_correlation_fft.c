/* The three correlations in the frequency domain.
 *
 * The image is cut into overlapping bands of columns, the bands into strips of rows. For one strip
 * of a band, with W its upper rows (those that windows start in), X all its rows, Y its part of the
 * blurred image, all padded with zeros, conj(F(W)) F(X) and conj(F(Y)) F(X) are added up over all
 * strips; one inverse transform gives the sums for all displacements.
 *
 * The bands' autocorrelations count pairs of samples in the columns that two bands share twice, and
 * hold pairs that left and right must not have: both samples within the last (left) or the first
 * (right) l - 1 columns. Either is the autocorrelation of a band of l - 1 columns, and subtracted.
 * So every row of the image is transformed once, not once for W and once for X; and as rows of X
 * are kept, none is transformed twice for strips that overlap.
 *
 * All threads share a strip: first its rows, then its columns. Each sum belongs to one column and
 * grows strip by strip, so that no number of threads changes a result. */
#include "backend/cpu/cpu_correlation.h"
#include "backend/cpu/cpu_internal.h"
#include "backend/cpu/cpu_tile_fft.h"
#include "base/memory.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_REALS_A_ROW ((size_t)2 * CKN_CPU_TILE_GROUP)

/* Tiles of one width. */
typedef struct width {
    ckn_cpu_tile *tile;
    size_t cols, groups;
    size_t stride; /* reals from one row's spectrum to the next */
} width;

struct ckn_cpu_tiled {
    ckn_shape x_shape, h_shape, valid;
    int threads;
    const ckn_cpu_simd *simd;
    size_t rows;      /* of a tile */
    size_t core_rows; /* in which the windows of one strip start */
    size_t core_cols; /* in which the windows of one band start */
    width wide, narrow;
    /* Spectra of rows. Those of x are kept for the next strip, and their places used in turn. */
    double *x_rows, *y_rows, *start_rows, *end_rows;
    /* Sums of products of spectra, group after group. */
    double *self, *blurred, *left, *right;
    double *scratch; /* scratch_reals for each thread: a row and its spectrum; three groups */
    size_t scratch_reals;
    ckn_cpu_aligned memory;
};

/* One strip of one band. */
typedef struct strip {
    const double *x, *y;
    size_t col;              /* where the band starts */
    size_t x_cols, y_cols;   /* its columns of x and of y */
    size_t row, slot;        /* where the strip starts, and where the spectrum of that row is */
    size_t x_count, y_count; /* its rows of x and of y */
    bool first, last;        /* is the band */
} strip;

/* --- planning --------------------------------------------------------------------------------- */

static ckn_code make_width(ckn_shape tile, width *made, ckn_error *error) {
    made->cols = tile.cols;
    made->groups = ckn_cpu_tile_groups(tile.cols);
    /* An odd number of cache lines spreads the rows of a group over the cache. */
    made->stride = (made->groups | 1) * GROUP_REALS_A_ROW;
    return ckn_cpu_tile_create(tile, &made->tile, error);
}

static size_t padded(size_t reals) {
    return ckn_cpu_divide_up(reals, 8) * 8;
}

/* Lays out all arrays in one block; with NULL for `base` only counts. */
static size_t lay_out(ckn_cpu_tiled *tiled, double *base) {
    size_t rows = tiled->rows, group = ckn_cpu_tile_group_reals(rows);
    size_t wide_sum = tiled->wide.groups * group, narrow_sum = tiled->narrow.groups * group;
    size_t row_and_spectrum = padded(tiled->wide.cols) + tiled->wide.stride;
    tiled->scratch_reals = padded(row_and_spectrum > 3 * group ? row_and_spectrum : 3 * group);
    struct {
        double **array;
        size_t reals;
    } parts[] = {
        {&tiled->x_rows, rows * tiled->wide.stride},
        {&tiled->y_rows, tiled->core_rows * tiled->wide.stride},
        {&tiled->start_rows, rows * tiled->narrow.stride},
        {&tiled->end_rows, rows * tiled->narrow.stride},
        {&tiled->self, wide_sum},
        {&tiled->blurred, wide_sum},
        {&tiled->left, narrow_sum},
        {&tiled->right, narrow_sum},
        {&tiled->scratch, (size_t)tiled->threads * tiled->scratch_reals},
    };
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (base)
            *parts[i].array = base + used;
        used += parts[i].reals;
    }
    return used;
}

static ckn_code plan(ckn_cpu_tiled *tiled, ckn_error *error) {
    ckn_cpu_tiling tiling = ckn_cpu_tiling_choose(tiled->x_shape, tiled->h_shape);
    tiled->rows = tiling.tile.rows;
    tiled->core_rows = tiling.tile.rows - (tiled->h_shape.rows - 1);
    tiled->core_cols = tiling.tile.cols - 2 * (tiled->h_shape.cols - 1);
    CKN_TRY(make_width(tiling.tile, &tiled->wide, error));
    if (tiling.border_cols > 0)
        CKN_TRY(
            make_width((ckn_shape){tiling.tile.rows, tiling.border_cols}, &tiled->narrow, error));
    CKN_TRY(
        ckn_cpu_aligned_create(lay_out(tiled, NULL), "the correlations", &tiled->memory, error));
    lay_out(tiled, tiled->memory.data);
    return CKN_OK;
}

ckn_code ckn_cpu_tiled_create(ckn_shape x_shape, ckn_shape h_shape, int threads,
                              const ckn_cpu_simd *simd, ckn_cpu_tiled **tiled, ckn_error *error) {
    *tiled = NULL;
    ckn_cpu_tiled *created;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "the correlations", error));
    created->x_shape = x_shape;
    created->h_shape = h_shape;
    created->valid = ckn_shape_valid(x_shape, h_shape);
    created->threads = threads;
    created->simd = simd;
    ckn_code code = plan(created, error);
    if (code != CKN_OK) {
        ckn_cpu_tiled_destroy(created);
        return code;
    }
    *tiled = created;
    return CKN_OK;
}

void ckn_cpu_tiled_destroy(ckn_cpu_tiled *tiled) {
    if (!tiled)
        return;
    ckn_cpu_tile_destroy(tiled->wide.tile);
    ckn_cpu_tile_destroy(tiled->narrow.tile);
    free(tiled->memory.block);
    free(tiled);
}

/* --- rows ------------------------------------------------------------------------------------- */

static void transform_row(const width *of, const double *from, size_t count, double *row,
                          double *spectrum) {
    memcpy(row, from, count * sizeof *row);
    memset(row + count, 0, (of->cols - count) * sizeof *row);
    ckn_cpu_tile_forward_row(of->tile, row, spectrum);
}

static size_t slot_of(const ckn_cpu_tiled *tiled, const strip *at, size_t row) {
    size_t slot = at->slot + row;
    return slot < tiled->rows ? slot : slot - tiled->rows;
}

/* `row` counts from the strip's first. */
static void transform_x_row(const ckn_cpu_tiled *tiled, const strip *at, size_t row,
                            double *scratch) {
    const double *line = at->x + (at->row + row) * tiled->x_shape.cols;
    size_t slot = slot_of(tiled, at, row), halo = tiled->h_shape.cols - 1;
    transform_row(&tiled->wide, line + at->col, at->x_cols, scratch,
                  tiled->x_rows + slot * tiled->wide.stride);
    if (halo == 0)
        return;
    transform_row(&tiled->narrow, line + at->col, halo, scratch,
                  tiled->start_rows + slot * tiled->narrow.stride);
    if (at->last)
        transform_row(&tiled->narrow, line + tiled->valid.cols, halo, scratch,
                      tiled->end_rows + slot * tiled->narrow.stride);
}

/* The rows of x that the strip above has not had, and the rows of y. */
static void transform_rows(const ckn_cpu_tiled *tiled, const strip *at, double *scratch) {
    size_t kept = at->row == 0 ? 0 : ckn_cpu_min(tiled->h_shape.rows - 1, at->x_count);
    size_t fresh = at->x_count - kept;
#pragma omp for schedule(dynamic, 4)
    for (size_t i = 0; i < fresh + at->y_count; i++) {
        if (i < fresh) {
            transform_x_row(tiled, at, kept + i, scratch);
            continue;
        }
        size_t row = i - fresh;
        transform_row(&tiled->wide, at->y + (at->row + row) * tiled->valid.cols + at->col,
                      at->y_cols, scratch, tiled->y_rows + row * tiled->wide.stride);
    }
}

/* --- columns ---------------------------------------------------------------------------------- */

static void copy_row(double *group, size_t to, const double *spectra, size_t stride, size_t from) {
    memcpy(group + to * GROUP_REALS_A_ROW, spectra + from * stride,
           GROUP_REALS_A_ROW * sizeof *group);
}

static void clear_rows(const ckn_cpu_tiled *tiled, double *group, size_t from) {
    memset(group + from * GROUP_REALS_A_ROW, 0,
           (tiled->rows - from) * GROUP_REALS_A_ROW * sizeof *group);
}

/* Puts F(X) and F(W) of one group behind each other in `scratch`. */
static void transform_window(const ckn_cpu_tiled *tiled, const strip *at, const width *of,
                             const double *spectra, size_t group, double *scratch) {
    double *all = scratch, *window = scratch + ckn_cpu_tile_group_reals(tiled->rows);
    const double *column = spectra + group * GROUP_REALS_A_ROW;
    for (size_t row = 0; row < at->x_count; row++)
        copy_row(all, row, column, of->stride, slot_of(tiled, at, row));
    clear_rows(tiled, all, at->x_count);
    memcpy(window, all, at->y_count * GROUP_REALS_A_ROW * sizeof *window);
    clear_rows(tiled, window, at->y_count);
    ckn_cpu_tile_forward_columns(of->tile, all);
    ckn_cpu_tile_forward_columns(of->tile, window);
}

static void add_wide(const ckn_cpu_tiled *tiled, const strip *at, size_t group, double *scratch) {
    size_t reals = ckn_cpu_tile_group_reals(tiled->rows);
    double *all = scratch, *window = scratch + reals, *measured = window + reals;
    transform_window(tiled, at, &tiled->wide, tiled->x_rows, group, scratch);
    for (size_t row = 0; row < at->y_count; row++)
        copy_row(measured, row, tiled->y_rows + group * GROUP_REALS_A_ROW, tiled->wide.stride, row);
    clear_rows(tiled, measured, at->y_count);
    ckn_cpu_tile_forward_columns(tiled->wide.tile, measured);
    tiled->simd->add_products(tiled->self + group * reals, window, all, reals);
    tiled->simd->add_products(tiled->blurred + group * reals, measured, all, reals);
}

/* The narrow band that a wide one starts with, which is shared with the one before (but for the
 * first), and the one that the image ends with. */
static void add_narrow(const ckn_cpu_tiled *tiled, const strip *at, size_t group, double *scratch) {
    size_t reals = ckn_cpu_tile_group_reals(tiled->rows);
    double *all = scratch, *window = scratch + reals;
    double *left = tiled->left + group * reals, *right = tiled->right + group * reals;
    transform_window(tiled, at, &tiled->narrow, tiled->start_rows, group, scratch);
    tiled->simd->add_products(right, window, all, reals);
    if (!at->first)
        tiled->simd->add_products(left, window, all, reals);
    if (!at->last)
        return;
    transform_window(tiled, at, &tiled->narrow, tiled->end_rows, group, scratch);
    tiled->simd->add_products(left, window, all, reals);
}

static void transform_columns(const ckn_cpu_tiled *tiled, const strip *at, double *scratch) {
    size_t wide = tiled->wide.groups, groups = wide + tiled->narrow.groups;
#pragma omp for schedule(dynamic, 4)
    for (size_t group = 0; group < groups; group++) {
        if (group < wide)
            add_wide(tiled, at, group, scratch);
        else
            add_narrow(tiled, at, group - wide, scratch);
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

static void clear(const ckn_cpu_tiled *tiled) {
    size_t group = ckn_cpu_tile_group_reals(tiled->rows);
    size_t wide = tiled->wide.groups * group, narrow = tiled->narrow.groups * group;
    memset(tiled->self, 0, wide * sizeof(double));
    memset(tiled->blurred, 0, wide * sizeof(double));
    memset(tiled->left, 0, narrow * sizeof(double));
    memset(tiled->right, 0, narrow * sizeof(double));
}

/* Called by a whole team of threads. */
static void add_strips(const ckn_cpu_tiled *tiled, const double *x, const double *y) {
    size_t halo = tiled->h_shape.cols - 1;
    ckn_shape valid = tiled->valid;
    double *scratch = tiled->scratch + (size_t)omp_get_thread_num() * tiled->scratch_reals;
    strip at = {.x = x, .y = y, .first = true};
    for (at.col = 0; at.col < valid.cols; at.col += tiled->core_cols) {
        at.y_cols = ckn_cpu_min(tiled->core_cols, valid.cols - at.col);
        at.x_cols = at.y_cols + halo;
        at.last = at.col + at.y_cols == valid.cols;
        at.slot = 0;
        for (at.row = 0; at.row < valid.rows; at.row += tiled->core_rows) {
            at.x_count = ckn_cpu_min(tiled->rows, tiled->x_shape.rows - at.row);
            at.y_count = ckn_cpu_min(tiled->core_rows, valid.rows - at.row);
            transform_rows(tiled, &at, scratch);
            transform_columns(tiled, &at, scratch);
            at.slot = slot_of(tiled, &at, tiled->core_rows);
        }
        at.first = false;
    }
}

/* Adds `sign` times the sums for displacements (i, j) to forward[i,j], and for (i, -e) to
 * backward[i,l-1-e]; each may be NULL. */
static void add_lags(const ckn_cpu_tiled *tiled, const width *of, double *sums, double sign,
                     double *forward, double *backward) {
    size_t k = tiled->h_shape.rows, l = tiled->h_shape.cols;
    size_t reals = ckn_cpu_tile_group_reals(tiled->rows);
    double *row = tiled->scratch, *spectrum = row + padded(tiled->wide.cols);
    double scale = sign / ((double)tiled->rows * (double)of->cols);
#pragma omp parallel for num_threads(tiled->threads)
    for (size_t group = 0; group < of->groups; group++)
        ckn_cpu_tile_inverse_columns(of->tile, sums + group * reals);
    for (size_t i = 0; i < k; i++) {
        for (size_t group = 0; group < of->groups; group++)
            memcpy(spectrum + group * GROUP_REALS_A_ROW,
                   sums + group * reals + i * GROUP_REALS_A_ROW, GROUP_REALS_A_ROW * sizeof *sums);
        ckn_cpu_tile_inverse_row(of->tile, spectrum, row);
        for (size_t j = 0; j < l; j++) {
            if (forward)
                forward[i * l + j] += scale * row[j];
            if (backward)
                backward[i * l + l - 1 - j] += scale * row[j > 0 ? of->cols - j : 0];
        }
    }
}

void ckn_cpu_tiled_correlate(ckn_cpu_tiled *tiled, const double *x, const double *y,
                             ckn_correlations *out) {
    size_t bytes = ckn_shape_count(tiled->h_shape) * sizeof(double);
    clear(tiled);
#pragma omp parallel num_threads(tiled->threads)
    add_strips(tiled, x, y);
    memset(out->left, 0, bytes);
    memset(out->right, 0, bytes);
    memset(out->blurred, 0, bytes);
    add_lags(tiled, &tiled->wide, tiled->self, 1.0, out->left, out->right);
    add_lags(tiled, &tiled->wide, tiled->blurred, 1.0, out->blurred, NULL);
    if (tiled->narrow.groups > 0) {
        add_lags(tiled, &tiled->narrow, tiled->left, -1.0, out->left, NULL);
        add_lags(tiled, &tiled->narrow, tiled->right, -1.0, NULL, out->right);
    }
}
