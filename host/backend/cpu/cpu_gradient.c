/* The adjoint of the valid convolution: one inner product of residual and shifted image a tap.
 *
 * The valid plane is cut into pieces of a row that fit the first-level cache, the pieces into
 * `segments` of equal length. One task adds the pieces of one segment for all taps of one kernel
 * row; tasks keep sums of their own, which are added in order at the end. */
#include "backend/cpu/cpu_internal.h"
#include "base/memory.h"

#include <stdlib.h>

#define PIECE 1024
/* Enough tasks to keep many threads busy ... */
#define TASKS 256
/* ... but no more sums of their own than this, in elements. */
#define MOST_PARTIAL_SUMS ((size_t)1 << 22)

typedef struct job {
    const double *x, *r;
    ckn_shape x_shape, h_shape, valid;
    size_t pieces_a_row, pieces, segments;
    double *partial; /* segments x kernel rows x kernel columns */
} job;

/* sums[-j] += sum_q r[q] x[q+j] for j < taps; backwards because the convolution flips the kernel.
 * Four at a time save loads of r. */
static void add_products(double *sums, const double *r, const double *x, size_t count,
                         size_t taps) {
    size_t j = 0;
    for (; j + 4 <= taps; j += 4) {
        const double *from = x + j;
        double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
        for (size_t q = 0; q < count; q++) {
            s0 += r[q] * from[q];
            s1 += r[q] * from[q + 1];
            s2 += r[q] * from[q + 2];
            s3 += r[q] * from[q + 3];
        }
        *(sums - j) += s0;
        *(sums - j - 1) += s1;
        *(sums - j - 2) += s2;
        *(sums - j - 3) += s3;
    }
    for (; j < taps; j++) {
        const double *from = x + j;
        double s0 = 0.0;
#pragma omp simd reduction(+ : s0)
        for (size_t q = 0; q < count; q++)
            s0 += r[q] * from[q];
        *(sums - j) += s0;
    }
}

static void run_task(const job *work, size_t segment, size_t kernel_row) {
    size_t k = work->h_shape.rows, l = work->h_shape.cols;
    double *last = work->partial + (segment * k + kernel_row + 1) * l - 1;
    size_t each = ckn_cpu_divide_up(work->pieces, work->segments);
    size_t end = ckn_cpu_min((segment + 1) * each, work->pieces);
    for (size_t piece = segment * each; piece < end; piece++) {
        size_t row = piece / work->pieces_a_row, col = piece % work->pieces_a_row * PIECE;
        size_t count = ckn_cpu_min(PIECE, work->valid.cols - col);
        const double *r = work->r + row * work->valid.cols + col;
        const double *x = work->x + (row + k - 1 - kernel_row) * work->x_shape.cols + col;
        add_products(last, r, x, count, l);
    }
}

static size_t choose_segments(const job *work) {
    size_t segments = ckn_cpu_divide_up(TASKS, work->h_shape.rows);
    segments = ckn_cpu_min(segments, MOST_PARTIAL_SUMS / ckn_shape_count(work->h_shape));
    segments = ckn_cpu_min(segments, work->pieces);
    return segments > 0 ? segments : 1;
}

static void add_partial_sums(const job *work, bool accumulate, double *g) {
    size_t taps = ckn_shape_count(work->h_shape);
    for (size_t tap = 0; tap < taps; tap++) {
        double sum = accumulate ? g[tap] : 0.0;
        for (size_t segment = 0; segment < work->segments; segment++)
            sum += work->partial[segment * taps + tap];
        g[tap] = sum;
    }
}

ckn_code ckn_cpu_gradient(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                          const ckn_buffer *r, ckn_shape h_shape, bool accumulate, ckn_buffer *g,
                          ckn_error *error) {
    job work = {.x = ckn_cpu_const_data(x),
                .r = ckn_cpu_const_data(r),
                .x_shape = x_shape,
                .h_shape = h_shape,
                .valid = ckn_shape_valid(x_shape, h_shape)};
    work.pieces_a_row = ckn_cpu_divide_up(work.valid.cols, PIECE);
    work.pieces = work.valid.rows * work.pieces_a_row;
    work.segments = choose_segments(&work);
    CKN_TRY(ckn_allocate(&work.partial, work.segments * ckn_shape_count(h_shape), sizeof(double),
                         "the partial sums of the gradient", error));
    size_t tasks = work.segments * h_shape.rows;
#pragma omp parallel for schedule(dynamic)                                                         \
    num_threads(ckn_cpu_convolution_team(backend, work.valid, h_shape))
    for (size_t task = 0; task < tasks; task++)
        run_task(&work, task / h_shape.rows, task % h_shape.rows);
    add_partial_sums(&work, accumulate, ckn_cpu_data(g));
    free(work.partial);
    return CKN_OK;
}
