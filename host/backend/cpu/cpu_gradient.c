/* Inner products of a window and an image under all displacements: the adjoint of the valid
 * convolution, and the direct method of the correlations.
 *
 * The window is cut into pieces, the pieces into `segments` of equal length, the displacements into
 * blocks. A task adds the pieces of one segment for one block of displacements, from copies that
 * lie in the cache and end in zeros; segments keep sums of their own, which are added in order. */
#include "backend/cpu/cpu_internal.h"
#include "base/memory.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Displacements of one block. */
#define BLOCK_ROWS 32
#define BLOCK_COLS 64
/* Pieces of the window have at most so many rows, and columns so that both copies fit. */
#define PIECE_ROWS 48
#define LEAST_PIECE_COLS 64
#define MOST_PIECE_COLS 512
#define WINDOW_REALS 6144
#define X_REALS 12288
/* Enough tasks to keep many threads busy ... */
#define TASKS 256
/* ... but no more sums of their own than this, in elements. */
#define MOST_PARTIAL_SUMS ((size_t)1 << 22)

#define ZERO_ROWS (CKN_CPU_MOST_ROWS - 1)

typedef struct job {
    const ckn_cpu_simd *simd;
    const double *window, *x;
    size_t window_cols; /* from one row to the next */
    ckn_shape x_shape, h_shape, valid;
    ckn_shape piece; /* the largest */
    size_t pieces_a_row, pieces, segments;
    size_t blocks_a_row, blocks;
    double *partial; /* segments x displacements */
} job;

/* Copies of one piece; what was not copied is zero, or finite and multiplied by zero. */
typedef struct copies {
    double window[WINDOW_REALS];
    double x[X_REALS];
} copies;

typedef struct rectangle {
    size_t row, col, rows, cols;
} rectangle;

/* Number `index` of the rectangles of at most rows x cols that `shape` is cut into. */
static rectangle part(ckn_shape shape, size_t rows, size_t cols, size_t index, size_t a_row) {
    size_t row = index / a_row * rows, col = index % a_row * cols;
    return (rectangle){row, col, ckn_cpu_min(rows, shape.rows - row),
                       ckn_cpu_min(cols, shape.cols - col)};
}

static size_t whole_vectors(size_t count) {
    return ckn_cpu_divide_up(count, CKN_CPU_OVERREAD) * CKN_CPU_OVERREAD;
}

/* Columns up to `padded` are filled with zeros. */
static void copy(double *to, size_t to_cols, const double *from, size_t from_cols, size_t rows,
                 size_t cols, size_t padded) {
    for (size_t row = 0; row < rows; row++) {
        memcpy(to + row * to_cols, from + row * from_cols, cols * sizeof *to);
        memset(to + row * to_cols + cols, 0, (padded - cols) * sizeof *to);
    }
}

/* An odd number of cache lines, so that rows do not fall on one another in the cache. */
static size_t x_stride(size_t piece_cols, size_t block_cols) {
    return (ckn_cpu_divide_up(piece_cols + block_cols + CKN_CPU_MOST_COLS, 8) | 1) * 8;
}

static void add_piece(const job *work, const rectangle *piece, const rectangle *block,
                      copies *scratch, double *sums) {
    size_t cols = whole_vectors(piece->cols), stride = x_stride(cols, block->cols);
    size_t x_rows = piece->rows + block->rows - 1, x_cols = piece->cols + block->cols - 1;
    double *window = scratch->window + ZERO_ROWS * cols;
    memset(scratch->window, 0, ZERO_ROWS * cols * sizeof *window);
    copy(window, cols, work->window + piece->row * work->window_cols + piece->col,
         work->window_cols, piece->rows, piece->cols, cols);
    memset(window + piece->rows * cols, 0, ZERO_ROWS * cols * sizeof *window);
    copy(scratch->x, stride,
         work->x + (piece->row + block->row) * work->x_shape.cols + piece->col + block->col,
         work->x_shape.cols, x_rows, x_cols, stride);
    work->simd->add_window(&(ckn_cpu_window){.window = window,
                                             .x = scratch->x,
                                             .rows = piece->rows,
                                             .cols = cols,
                                             .window_stride = cols,
                                             .x_stride = stride,
                                             .k = block->rows,
                                             .l = block->cols,
                                             .sums = sums,
                                             .sums_stride = work->h_shape.cols});
}

static void run_task(const job *work, size_t task, copies *scratch) {
    size_t segment = task / work->blocks;
    rectangle block =
        part(work->h_shape, BLOCK_ROWS, BLOCK_COLS, task % work->blocks, work->blocks_a_row);
    double *sums = work->partial + segment * ckn_shape_count(work->h_shape) +
                   block.row * work->h_shape.cols + block.col;
    size_t each = ckn_cpu_divide_up(work->pieces, work->segments);
    size_t end = ckn_cpu_min((segment + 1) * each, work->pieces);
    for (size_t i = segment * each; i < end; i++) {
        rectangle piece =
            part(work->valid, work->piece.rows, work->piece.cols, i, work->pieces_a_row);
        add_piece(work, &piece, &block, scratch, sums);
    }
}

/* Low images and low kernels get longer pieces. */
static ckn_shape choose_piece(const job *work) {
    size_t rows = ckn_cpu_min(PIECE_ROWS, work->valid.rows);
    size_t x_rows = rows + ckn_cpu_min(BLOCK_ROWS, work->h_shape.rows) + CKN_CPU_MOST_ROWS;
    size_t cols = MOST_PIECE_COLS;
    while (cols > LEAST_PIECE_COLS && ((rows + 2 * ZERO_ROWS) * cols > WINDOW_REALS ||
                                       x_rows * x_stride(cols, BLOCK_COLS) > X_REALS))
        cols -= CKN_CPU_OVERREAD;
    return (ckn_shape){rows, cols};
}

static void cut(job *work) {
    work->valid = ckn_shape_valid(work->x_shape, work->h_shape);
    work->piece = choose_piece(work);
    work->pieces_a_row = ckn_cpu_divide_up(work->valid.cols, work->piece.cols);
    work->pieces = ckn_cpu_divide_up(work->valid.rows, work->piece.rows) * work->pieces_a_row;
    work->blocks_a_row = ckn_cpu_divide_up(work->h_shape.cols, BLOCK_COLS);
    work->blocks = ckn_cpu_divide_up(work->h_shape.rows, BLOCK_ROWS) * work->blocks_a_row;
    size_t segments = ckn_cpu_divide_up(TASKS, work->blocks);
    segments = ckn_cpu_min(segments, MOST_PARTIAL_SUMS / ckn_shape_count(work->h_shape));
    segments = ckn_cpu_min(segments, work->pieces);
    work->segments = segments > 0 ? segments : 1;
}

static void run_tasks(const job *work, int threads, copies *scratch) {
    size_t tasks = work->segments * work->blocks;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t task = 0; task < tasks; task++)
        run_task(work, task, scratch + omp_get_thread_num());
}

static void add_partial_sums(const job *work, double *sums) {
    size_t taps = ckn_shape_count(work->h_shape);
    memcpy(sums, work->partial, taps * sizeof *sums);
    for (size_t segment = 1; segment < work->segments; segment++) {
        for (size_t tap = 0; tap < taps; tap++)
            sums[tap] += work->partial[segment * taps + tap];
    }
}

ckn_code ckn_cpu_window_sums(const ckn_backend *backend, const double *x, ckn_shape x_shape,
                             const double *window, size_t window_cols, ckn_shape h_shape,
                             double *sums, ckn_error *error) {
    job work = {.simd = ckn_cpu_simd_of(backend),
                .window = window,
                .x = x,
                .window_cols = window_cols,
                .x_shape = x_shape,
                .h_shape = h_shape};
    ckn_cpu_lay_flat(&work.x_shape, &work.h_shape);
    cut(&work);
    int threads = ckn_cpu_convolution_team(backend, work.valid, h_shape);
    ckn_cpu_aligned scratch;
    CKN_TRY(ckn_allocate(&work.partial, work.segments * ckn_shape_count(h_shape), sizeof(double),
                         "partial sums over the image", error));
    ckn_code code = ckn_cpu_aligned_create((size_t)threads * sizeof(copies) / sizeof(double),
                                           "copies of the image's parts", &scratch, error);
    if (code == CKN_OK) {
        run_tasks(&work, threads, (copies *)(void *)scratch.data);
        add_partial_sums(&work, sums);
        free(scratch.block);
    }
    free(work.partial);
    return code;
}

ckn_code ckn_cpu_gradient(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                          const ckn_buffer *r, ckn_shape h_shape, bool accumulate, ckn_buffer *g,
                          ckn_error *error) {
    double *gradient = ckn_cpu_data(g), *sums;
    size_t taps = ckn_shape_count(h_shape);
    CKN_TRY(ckn_allocate(&sums, taps, sizeof *sums, "the gradient", error));
    ckn_code code =
        ckn_cpu_window_sums(backend, ckn_cpu_const_data(x), x_shape, ckn_cpu_const_data(r),
                            ckn_shape_valid(x_shape, h_shape).cols, h_shape, sums, error);
    /* Backwards, because the convolution flips the kernel. */
    for (size_t tap = 0; tap < taps && code == CKN_OK; tap++)
        gradient[tap] = sums[taps - 1 - tap] + (accumulate ? gradient[tap] : 0.0);
    free(sums);
    return code;
}
