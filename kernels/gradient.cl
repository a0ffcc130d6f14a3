/* The adjoint of the valid convolution: g[i,j] = sum_pq r[p,q] x[p+k-1-i, q+l-1-j].
 *
 * Few taps, many samples: a work-group takes a tile of taps and a share of the image's tiles.
 * Local dimension 2 counts blocks of CKN_STEP tap rows, dimension 1 tap columns, dimension 0
 * splits the samples of a tile, so that small kernels fill a group as well. Each work-item keeps
 * CKN_STEP taps in registers, sums one tile plainly and adds tiles with their rounding error.
 *
 * `partial` receives pairs (sum, error), one row of k l of them per group and sample share. A
 * launch does the tiles [first_tile, last_tile), counted along rows first; all but the first one
 * add to what `partial` holds. */

/* Adds r[p] x[p+i] over the rows of a tile to sum i. */
void slide_tile(__local const float *x, int x_stride, __local const float *r, int r_stride,
                lanes *sums) {
    lanes window[2 * CKN_STEP];
#define TAKE(i) lanes sum_##i = sums[i];
    STEPS(TAKE)
#define FIRST(i) window[i] = LOAD_LANES(x + (i)*x_stride);
    STEPS(FIRST)
    for (int p = 0; p < CKN_TILE_ROWS; p += CKN_STEP) {
#define NEXT(i) window[CKN_STEP + i] = LOAD_LANES(x + (p + CKN_STEP + i) * x_stride);
#define WEIGHT(s) const lanes weight_##s = LOAD_LANES(r + (p + s) * r_stride);
#define SUM(s, i) sum_##i = multiply_add(weight_##s, window[s + i], sum_##i);
#define ROW(s) SUM(s, 0) SUM(s, 1) SUM(s, 2) SUM(s, 3) SUM(s, 4) SUM(s, 5) SUM(s, 6) SUM(s, 7)
#define MOVE(i) window[i] = window[CKN_STEP + i];
        STEPS(NEXT)
        STEPS(WEIGHT)
        STEPS(ROW)
        STEPS(MOVE)
    }
#define GIVE(i) sums[i] = sum_##i;
    STEPS(GIVE)
}

void store_sum(__global float2 *to, float2 sum, int add) {
    *to = add ? add_pairs(*to, sum) : sum;
}

__kernel void gradient(__global const float *x, int x_rows, int x_cols, __global const float *r,
                       int k, int l, int tile_cols, int first_tile, int last_tile,
                       __global float2 *partial, __local float *x_tile, __local float *r_tile) {
    const int rows = x_rows - k + 1;
    const int cols = x_cols - l + 1;
    const int across = (cols + tile_cols - 1) / tile_cols;
    const int top = group_start(2) * CKN_STEP;
    const int left = group_start(1);
    const int row = (int)get_local_id(2) * CKN_STEP;
    const int col = (int)get_local_id(1);
    const int x_stride = tile_cols + (int)get_local_size(1) - 1;
    const int x_height = CKN_TILE_ROWS + (int)get_local_size(2) * CKN_STEP;
    const int busy = top + row < k && left + col < l;

    lanes high[CKN_STEP], low[CKN_STEP];
#define START(i) high[i] = low[i] = (lanes)(0.0f);
    STEPS(START)
    for (int t = first_tile + (int)get_group_id(0); t < last_tile; t += (int)get_num_groups(0)) {
        const int p = t / across * CKN_TILE_ROWS;
        const int q = t % across * tile_cols;
        barrier(CLK_LOCAL_MEM_FENCE);
        load_tile(r_tile, CKN_TILE_ROWS, tile_cols, r, rows, cols, p, q);
        load_tile(x_tile, x_height, x_stride, x, x_rows, x_cols, p + top, q + left);
        barrier(CLK_LOCAL_MEM_FENCE);
        if (busy) {
            lanes sums[CKN_STEP];
            STEPS(CLEAR_SUM)
            for (int j = (int)get_local_id(0) * CKN_LANES; j < tile_cols;
                 j += (int)get_local_size(0) * CKN_LANES)
                slide_tile(x_tile + row * x_stride + col + j, x_stride, r_tile + j, tile_cols,
                           sums);
            STEPS(ADD_SUM)
        }
    }
    if (left + col < l) {
        partial += get_global_id(0) * (size_t)(k * l);
#define STORE(i)                                                                                   \
    if (top + row + i < k)                                                                         \
        store_sum(partial + (k - 1 - top - row - i) * l + (l - 1 - left - col),                    \
                  sum_lanes(&high[i], &low[i]), first_tile > 0);
        STEPS(STORE)
    }
}

/* g (+)= the sum of the partial sums. Local dimension 0 counts taps, dimension 1 shares. */
__kernel void gradient_reduce(__global const float2 *partial, int shares, int taps, int accumulate,
                              __global float *g, __local float2 *scratch) {
    const int tap = (int)get_global_id(0);
    const int width = (int)get_local_size(0);
    float2 sum = (float2)(0.0f, 0.0f);
    if (tap < taps)
        for (int s = (int)get_local_id(1); s < shares; s += (int)get_local_size(1))
            sum = add_pairs(sum, partial[(size_t)s * (size_t)taps + (size_t)tap]);
    scratch[local_index()] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (get_local_id(1) == 0 && tap < taps) {
        for (int s = 1; s < (int)get_local_size(1); s++)
            sum = add_pairs(sum, scratch[s * width + (int)get_local_id(0)]);
        if (accumulate)
            sum = add_pairs(sum, (float2)(g[tap], 0.0f));
        g[tap] = sum.x + sum.y;
    }
}
