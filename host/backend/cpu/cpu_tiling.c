/* Sizes of the tiles for correlations in the frequency domain, by a search for the lowest cost. */
#include "backend/cpu/cpu_correlation.h"
#include "backend/cpu/cpu_internal.h"
#include "backend/cpu/cpu_tile_fft.h"

#include <math.h>

/* Larger tiles are tried only where the kernel needs them. */
#define MOST_TILE_ROWS ((size_t)512)
#define MOST_TILE_COLS ((size_t)2304)

/* Seconds, fitted to CPU time on one core at 2.1 GHz with FFTW 3.3.10 (estimated plans) for images
 * of 64 x 64 to 4096 x 4096 and kernels of 3 x 3 to 101 x 101. */
#define SECONDS_ROW 0.08e-6        /* each row that is transformed, */
#define SECONDS_ROW_UNIT 0.29e-9   /* its n log2(n), */
#define SECONDS_EVEN_UNIT 0.21e-9  /* or less where 64 divides n */
#define SECONDS_COLUMN_UNIT 0.3e-9 /* n log2(n) of a column, or, where its group does not fit */
#define SECONDS_LONG_UNIT 0.5e-9   /* the first-level cache with all that belongs to it, */
#define LONG_COLUMN 256
#define SECONDS_COLUMN 0.5e-9  /* each of its numbers, which are copied before, */
#define SECONDS_PRODUCT 0.8e-9 /* each product of two of them, which is added to a sum */

static double row_seconds(size_t cols) {
    double n = (double)cols;
    return SECONDS_ROW + n * log2(n) * (cols % 64 == 0 ? SECONDS_EVEN_UNIT : SECONDS_ROW_UNIT);
}

/* `transforms` of each column of one tile, and `products` of what comes of them. */
static double column_seconds(ckn_shape tile, double transforms, double products) {
    double columns = (double)(ckn_cpu_tile_groups(tile.cols) * CKN_CPU_TILE_GROUP);
    double m = (double)tile.rows;
    double unit = tile.rows < LONG_COLUMN ? SECONDS_COLUMN_UNIT : SECONDS_LONG_UNIT;
    return columns * m *
           (transforms * (log2(m) * unit + SECONDS_COLUMN) + products * SECONDS_PRODUCT);
}

static double predict(ckn_shape x_shape, ckn_shape h_shape, const ckn_cpu_tiling *tiling) {
    ckn_shape valid = ckn_shape_valid(x_shape, h_shape), wide = tiling->tile;
    double strips = (double)ckn_cpu_divide_up(valid.rows, wide.rows - (h_shape.rows - 1));
    double bands = (double)ckn_cpu_divide_up(valid.cols, wide.cols - 2 * (h_shape.cols - 1));
    double rows = (double)x_shape.rows, k = (double)h_shape.rows;
    /* Both have two sums to be transformed back. */
    double seconds = bands * (rows + (double)valid.rows) * row_seconds(wide.cols) +
                     bands * strips * column_seconds(wide, 3.0, 2.0) +
                     2.0 * k * row_seconds(wide.cols) + column_seconds(wide, 2.0, 0.0);
    if (tiling->border_cols == 0)
        return seconds;
    ckn_shape narrow = {wide.rows, tiling->border_cols};
    return seconds + (bands + 1.0) * rows * row_seconds(narrow.cols) +
           (bands + 1.0) * strips * column_seconds(narrow, 2.0, 1.5) +
           2.0 * k * row_seconds(narrow.cols) + column_seconds(narrow, 2.0, 0.0);
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

/* The length after `length` in a search that ends at `most`; 0 at the end. A length that reaches
 * the whole image is the last one. */
static size_t next_cols(size_t length, size_t enough, size_t most) {
    if (length >= enough || length >= most)
        return 0;
    return ckn_cpu_fft_good_length(NULL, length + 1);
}

/* Columns are transformed by powers of two only: others take FFTW two to four times as long. */
ckn_cpu_tiling ckn_cpu_tiling_choose(ckn_shape x_shape, ckn_shape h_shape) {
    size_t halo = h_shape.cols - 1, rows = 1;
    size_t most_rows = larger(MOST_TILE_ROWS, 4 * h_shape.rows);
    size_t most_cols = larger(MOST_TILE_COLS, 8 * h_shape.cols);
    ckn_cpu_tiling best = {.seconds = INFINITY};
    while (rows < h_shape.rows)
        rows *= 2;
    for (bool enough = false; !enough; rows *= 2) {
        size_t cols = larger(ckn_cpu_fft_good_length(NULL, 2 * halo + 1), 2);
        for (; cols > 0; cols = next_cols(cols, x_shape.cols + halo, most_cols)) {
            ckn_cpu_tiling candidate = {.tile = {rows, cols}};
            candidate.border_cols = halo > 0 ? ckn_cpu_fft_good_length(NULL, 2 * halo) : 0;
            candidate.seconds = predict(x_shape, h_shape, &candidate);
            if (candidate.seconds < best.seconds)
                best = candidate;
        }
        enough = rows >= x_shape.rows || rows >= most_rows;
    }
    return best;
}
