/* The loops of cpu_simd.h for one instruction set. The file that includes this one defines
 *   CKN_SIMD_NAME    the table's name behind ckn_cpu_simd_, CKN_SIMD_TEXT the same as text,
 *   SECONDS_PER_TAP  measured for kernels of 31 x 31 on one core at 2.1 GHz (Xeon with AVX-512),
 *   LANES            elements of a vector,
 *   CONVOLVE_ROWS    and CONVOLVE_VECTORS: what convolve() computes at once,
 *   WINDOW_ROWS      and WINDOW_COLS: the sums that add_window() computes at once; their products
 *                    must leave some of the processor's vector registers free,
 *   IN_REGISTER(v)   keeps the compiler from loading v again for each use. */
#include "backend/cpu/cpu_simd.h"

#include <stdint.h>
#include <string.h>
#ifdef __SSE__
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

typedef double vec __attribute__((vector_size(LANES * sizeof(double))));

INLINE vec load(const double *from) {
    vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE void store(double *to, vec v) {
    memcpy(to, &v, sizeof v);
}

INLINE vec broadcast(double value) {
    return (vec){0} + value;
}

INLINE double add_lanes(vec v) {
    double sum = 0.0;
    for (int lane = 0; lane < LANES; lane++)
        sum += v[lane];
    return sum;
}

/* --- convolution ------------------------------------------------------------------------------ */

/* sums[r,c] += what rows m (first <= m < end) of the image add to `rows` x `vectors` results. */
INLINE void add_rows(int rows, int vectors, vec *sums, const ckn_cpu_convolution *of,
                     const double *x, size_t first, size_t end) {
    const double *taps = of->h + of->k * of->l - 1;
    for (size_t m = first; m < end; m++) {
        const double *line = x + m * of->x_cols, *tap = taps - m * of->l;
        for (size_t j = 0; j < of->l; j++, line++, tap--) {
            vec samples[CONVOLVE_VECTORS];
            for (int c = 0; c < vectors; c++) {
                samples[c] = load(line + c * LANES);
                IN_REGISTER(samples[c]);
            }
            for (int r = 0; r < rows; r++) {
                vec factor = broadcast(tap[(size_t)r * of->l]);
                for (int c = 0; c < vectors; c++)
                    sums[r * vectors + c] += factor * samples[c];
            }
        }
    }
}

INLINE void subtract_and_store(const ckn_cpu_convolution *of, size_t at, vec sum, size_t count) {
    if (count >= LANES) {
        store(of->out + at, of->y ? sum - load(of->y + at) : sum);
        return;
    }
    for (size_t lane = 0; lane < count; lane++)
        of->out[at + lane] = of->y ? sum[lane] - of->y[at + lane] : sum[lane];
}

/* Every row of the image for each result by itself. */
INLINE void add_rows_apart(int rows, int vectors, vec *sums, const ckn_cpu_convolution *of,
                           const double *x) {
    for (int r = 0; r < rows; r++)
        add_rows(1, vectors, sums + r * vectors, of, x + (size_t)r * of->x_cols, 0, of->k);
}

/* The rows that count for all results together; the first ones, which count for fewer, and the
 * last ones. */
INLINE void add_rows_together(int rows, int vectors, vec *sums, const ckn_cpu_convolution *of,
                              const double *x) {
    add_rows(rows, vectors, sums, of, x, (size_t)rows - 1, of->k);
    for (int r = 1; r < rows; r++) {
        add_rows(r, vectors, sums, of, x, (size_t)r - 1, (size_t)r);
        add_rows(rows - r, vectors, sums + r * vectors, of, x + (size_t)r * of->x_cols, of->k - 1,
                 of->k);
    }
}

/* rows x vectors results, the first at (row, col); `count` columns of them exist. */
INLINE void convolve_block(int rows, int vectors, const ckn_cpu_convolution *of, size_t row,
                           size_t col, size_t count) {
    vec sums[CONVOLVE_ROWS * CONVOLVE_VECTORS] = {{0}};
    const double *x = of->x + row * of->x_cols + col;
    if (of->k >= (size_t)rows)
        add_rows_together(rows, vectors, sums, of, x);
    else
        add_rows_apart(rows, vectors, sums, of, x);
    for (int r = 0; r < rows; r++) {
        size_t at = (row + (size_t)r) * of->out_cols + col;
        for (int c = 0; c < vectors; c++)
            subtract_and_store(of, at + (size_t)c * LANES, sums[r * vectors + c],
                               count - (size_t)c * LANES);
    }
}

INLINE void convolve_rows(int rows, const ckn_cpu_convolution *of, size_t row) {
    const size_t block = (size_t)CONVOLVE_VECTORS * LANES;
    size_t col = 0;
    for (; col + block <= of->cols; col += block)
        convolve_block(rows, CONVOLVE_VECTORS, of, row, col, block);
    for (; col < of->cols; col += LANES)
        convolve_block(rows, 1, of, row, col, of->cols - col);
}

static void convolve(const ckn_cpu_convolution *of) {
    size_t row = 0;
    for (; row + CONVOLVE_ROWS <= of->rows; row += CONVOLVE_ROWS)
        convolve_rows(CONVOLVE_ROWS, of, row);
    for (; row < of->rows; row++)
        convolve_rows(1, of, row);
}

/* --- inner products with a window ------------------------------------------------------------- */

/* rows x cols sums, the first for displacement (i, j). */
INLINE void add_block(int rows, int cols, const ckn_cpu_window *of, size_t i, size_t j) {
    vec sums[WINDOW_ROWS * WINDOW_COLS] = {{0}};
    for (size_t m = 0; m < of->rows + (size_t)rows - 1; m++) {
        const double *line = of->x + (i + m) * of->x_stride + j;
        const double *window = of->window + m * of->window_stride;
        for (size_t q = 0; q < of->cols; q += LANES) {
            vec factors[WINDOW_ROWS];
            for (int r = 0; r < rows; r++)
                factors[r] = load(window + q - (size_t)r * of->window_stride);
            for (int c = 0; c < cols; c++) {
                vec samples = load(line + q + c);
                IN_REGISTER(samples);
                for (int r = 0; r < rows; r++)
                    sums[r * cols + c] += factors[r] * samples;
            }
        }
    }
    for (int r = 0; r < rows && i + (size_t)r < of->k; r++) {
        double *to = of->sums + (i + (size_t)r) * of->sums_stride + j;
        for (int c = 0; c < cols && j + (size_t)c < of->l; c++)
            to[c] += add_lanes(sums[r * cols + c]);
    }
}

/* `rows` rows of sums. A single column that is left over is not worth a whole block. */
INLINE void add_block_row(int rows, const ckn_cpu_window *of, size_t i) {
    size_t j = 0;
    for (; j + 1 < of->l; j += WINDOW_COLS)
        add_block(rows, WINDOW_COLS, of, i, j);
    if (j < of->l)
        add_block(rows, 1, of, i, j);
}

static void add_window(const ckn_cpu_window *of) {
    size_t i = 0;
    for (; i + 1 < of->k; i += WINDOW_ROWS)
        add_block_row(WINDOW_ROWS, of, i);
    if (i < of->k)
        add_block_row(1, of, i);
}

/* --- vectors ---------------------------------------------------------------------------------- */

static void add_products(double *sum, const double *a, const double *b, size_t reals) {
#pragma omp simd
    for (size_t i = 0; i < reals; i += 2) {
        double re = a[i] * b[i] + a[i + 1] * b[i + 1];
        double im = a[i] * b[i + 1] - a[i + 1] * b[i];
        sum[i] += re;
        sum[i + 1] += im;
    }
}

static double dot(const double *a, const double *b, size_t count) {
    vec sums[4] = {{0}};
    size_t i = 0;
    for (; i + (size_t)4 * LANES <= count; i += (size_t)4 * LANES) {
        for (size_t s = 0; s < 4; s++)
            sums[s] += load(a + i + s * LANES) * load(b + i + s * LANES);
    }
    double rest = 0.0;
    for (; i < count; i++)
        rest += a[i] * b[i];
    return add_lanes((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest;
}

#include "backend/cpu/cpu_strip_body.h"

#define PASTE(a, b) a##b
#define TABLE(name) PASTE(ckn_cpu_simd_, name)

const ckn_cpu_simd TABLE(CKN_SIMD_NAME) = {
    .name = CKN_SIMD_TEXT,
    .seconds_per_tap = SECONDS_PER_TAP,
    .convolve = convolve,
    .add_window = add_window,
    .add_products = add_products,
    .dot = dot,
    .strip = {strip_box, strip_three_taps, strip_fir, strip_load_cols, strip_load_rows,
              strip_store_cols, strip_store_rows, strip_fir_along, strip_fir_across, strip_stream,
              strip_drain},
};
