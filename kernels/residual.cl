/* r = h * x - y over the valid support.
 *
 * With the taps counted by their unflipped offset (u, v), c[u,v] = h[k-1-u, l-1-v], this is
 * r[p,q] = sum c[u,v] x[p+u, q+v] - y[p,q]. A work-group owns a tile of r. It walks over blocks of
 * taps; for each it brings the block and the part of x under it to local memory, so that local
 * memory is bounded whatever the kernel's size. A work-item owns CKN_STEP rows of CKN_LANES
 * samples, and slides down one column of taps at a time: each sample read serves CKN_STEP sums.
 *
 * Each block is summed for itself and added to the total with its rounding error, which keeps the
 * error that of a few hundred terms. */

/* Row `row` of the work-item's column of samples. */
#define SAMPLES(row) LOAD_LANES(column + (row)*stride)

/* Adds `count` taps of one column, the first of which stands over `column`, to the sums. These are
 * copied to registers, since a compiler must store each of them again after every step where other
 * pointers could reach them. */
void slide_down(__local const float *column, int stride, __local const float *taps, int count,
                lanes *sums) {
    lanes window[2 * CKN_STEP];
#define TAKE(i) lanes sum_##i = sums[i];
    STEPS(TAKE)
#define FIRST(i) window[i] = SAMPLES(i);
    STEPS(FIRST)
    int u = 0;
    for (; u + CKN_STEP <= count; u += CKN_STEP) {
#define NEXT(i) window[CKN_STEP + i] = SAMPLES(u + CKN_STEP + i);
#define SUM(s, i) sum_##i = multiply_add(tap_##s, window[s + i], sum_##i);
#define TAP(s)                                                                                     \
    const lanes tap_##s = (lanes)(taps[u + s]);                                                    \
    SUM(s, 0) SUM(s, 1) SUM(s, 2) SUM(s, 3) SUM(s, 4) SUM(s, 5) SUM(s, 6) SUM(s, 7)
#define MOVE(i) window[i] = window[CKN_STEP + i];
        STEPS(NEXT)
        STEPS(TAP)
        STEPS(MOVE)
    }
    for (; u < count; u++) {
#define MOVE_ONE(i) window[i] = window[i + 1];
        window[CKN_STEP] = SAMPLES(u + CKN_STEP);
        TAP(0)
        STEPS(MOVE_ONE)
    }
#define GIVE(i) sums[i] = sum_##i;
    STEPS(GIVE)
}

/* The block of c at (u, v), column by column, since slide_down() reads down the columns. */
void load_taps(__local float *taps, __global const float *h, int k, int l, int u, int v, int rows,
               int cols) {
    for (int n = local_index(); n < rows * CKN_BLOCK; n += local_count()) {
        const int i = n / CKN_BLOCK;
        const int j = n % CKN_BLOCK;
        if (j < cols)
            taps[j * CKN_BLOCK + i] = h[(k - 1 - u - i) * l + (l - 1 - v - j)];
    }
}

/* The part of a tile that lies inside a plane (rows x cols), to its place at (row, col). */
void store_tile(__local const float *tile, int tile_rows, int tile_cols, __global float *plane,
                int rows, int cols, int row, int col) {
    const int width = copy_width();
    const int inside = min(cols - col, tile_cols);
    const int below = min(rows - row, tile_rows);
    for (int i = copy_first_row(below); i < below; i += copy_height())
        for (int j = local_index() % width; j < inside; j += width)
            plane[(row + i) * cols + col + j] = tile[i * tile_cols + j];
}

/* `tile` holds (rows of the group's outputs + CKN_BLOCK) x (columns + CKN_BLOCK - 1) samples, or
 * less where the kernel has fewer taps; `taps` holds a block of taps. */
__kernel void residual(__global const float *x, int x_rows, int x_cols, __global const float *h,
                       int k, int l, __global const float *y, int subtract, __global float *r,
                       __local float *tile, __local float *taps) {
    const int rows = x_rows - k + 1;
    const int cols = x_cols - l + 1;
    const int width = (int)get_local_size(0) * CKN_LANES;
    const int height = (int)get_local_size(1) * CKN_STEP;
    const int p = group_start(1) * CKN_STEP;
    const int q = group_start(0) * CKN_LANES;
    const int row = (int)get_local_id(1) * CKN_STEP;
    const int col = (int)get_local_id(0) * CKN_LANES;

    /* The sum starts at -y, so that a small residual keeps the digits that its parts cancel. */
    lanes high[CKN_STEP], low[CKN_STEP];
    if (subtract)
        load_tile(tile, height, width, y, rows, cols, p, q);
    barrier(CLK_LOCAL_MEM_FENCE);
#define START(i)                                                                                   \
    high[i] = subtract ? -LOAD_LANES(tile + (row + i) * width + col) : (lanes)(0.0f);              \
    low[i] = (lanes)(0.0f);
    STEPS(START)
    for (int u = 0; u < k; u += CKN_BLOCK) {
        for (int v = 0; v < l; v += CKN_BLOCK) {
            const int tap_rows = min(CKN_BLOCK, k - u);
            const int tap_cols = min(CKN_BLOCK, l - v);
            const int stride = width + tap_cols - 1;
            barrier(CLK_LOCAL_MEM_FENCE);
            load_taps(taps, h, k, l, u, v, tap_rows, tap_cols);
            load_tile(tile, height + tap_rows, stride, x, x_rows, x_cols, p + u, q + v);
            barrier(CLK_LOCAL_MEM_FENCE);
            lanes sums[CKN_STEP];
            STEPS(CLEAR_SUM)
            for (int j = 0; j < tap_cols; j++)
                slide_down(tile + row * stride + col + j, stride, taps + j * CKN_BLOCK, tap_rows,
                           sums);
            STEPS(ADD_SUM)
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#define STORE(i) STORE_LANES(high[i] + low[i], tile + (row + i) * width + col);
    STEPS(STORE)
    barrier(CLK_LOCAL_MEM_FENCE);
    store_tile(tile, height, width, r, rows, cols, p, q);
}
