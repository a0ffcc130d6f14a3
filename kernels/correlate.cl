/* sum_pq a[p,q] x[p+i, q+j] for all taps (i,j), with products and sums as good as double.
 *
 * Cut into tiles like the gradient (see gradient.cl). With CKN_FP64 the samples are multiplied as
 * doubles; without, each product and each sum is kept with its rounding error, in two floats. */
#ifdef CKN_FP64
#define CKN_SUM_LANES CKN_WIDE
typedef double number; /* a sum */
typedef wide total;    /* sums of a work-item */

number add(number a, number b) {
    return a + b;
}

#define LOAD(pointer) LOAD_WIDE(pointer)
#define TAKE(i) wide sum_##i = totals[i];
#define SUM(s, i) sum_##i = fma(weight_##s, window[s + i], sum_##i);
#define GIVE(i) totals[i] = sum_##i;

number sum_total(const total *from) {
    double sum = 0.0;
    for (int j = 0; j < CKN_WIDE; j++)
        sum += ((const double *)from)[j];
    return sum;
}

#define CLEAR_TOTAL(i) totals[i] = (wide)(0.0);
typedef wide samples;

#else

#define CKN_SUM_LANES CKN_LANES
typedef float2 number;
typedef struct total {
    lanes high, low;
} total;

number add(number a, number b) {
    return add_pairs(a, b);
}

/* Products and their errors go to a sum of their own, which a tile's few terms keep accurate. */
#define LOAD(pointer) LOAD_LANES(pointer)
#define TAKE(i) lanes sum_##i = (lanes)(0.0f), error_##i = (lanes)(0.0f);
#define SUM(s, i)                                                                                  \
    {                                                                                              \
        const lanes product = weight_##s * window[s + i];                                          \
        error_##i += product_errors(weight_##s, window[s + i], product);                           \
        add_compensated(&sum_##i, &error_##i, product);                                            \
    }
#define GIVE(i)                                                                                    \
    add_compensated(&totals[i].high, &totals[i].low, sum_##i);                                     \
    totals[i].low += error_##i;                                                                    \
    sum_##i = totals[i].high;                                                                      \
    totals[i].high = sum_##i + totals[i].low;                                                      \
    totals[i].low -= totals[i].high - sum_##i;

number sum_total(const total *from) {
    return sum_lanes(&from->high, &from->low);
}

#define CLEAR_TOTAL(i) totals[i].high = totals[i].low = (lanes)(0.0f);
typedef lanes samples;
#endif

/* Adds a[p,q] x[p+i,q] over a tile to total i, taking every `step`th sample of a row. */
void sum_tile(__local const float *x, int x_stride, __local const float *a, int cols, int first,
              int step, total *totals) {
    STEPS(TAKE)
    for (int q = first; q < cols; q += step) {
        samples window[2 * CKN_STEP];
#define FIRST(i) window[i] = LOAD(x + q + (i)*x_stride);
        STEPS(FIRST)
        for (int p = 0; p < CKN_TILE_ROWS; p += CKN_STEP) {
#define NEXT(i) window[CKN_STEP + i] = LOAD(x + q + (p + CKN_STEP + i) * x_stride);
#define ROW(s)                                                                                     \
    const samples weight_##s = LOAD(a + q + (p + s) * cols);                                       \
    SUM(s, 0) SUM(s, 1) SUM(s, 2) SUM(s, 3) SUM(s, 4) SUM(s, 5) SUM(s, 6) SUM(s, 7)
#define MOVE(i) window[i] = window[CKN_STEP + i];
            STEPS(NEXT)
            STEPS(ROW)
            STEPS(MOVE)
        }
    }
    STEPS(GIVE)
}

/* `a` has `rows` x `cols` samples, its rows `stride` apart. */
__kernel void correlate(__global const float *x, int x_rows, int x_cols, __global const float *a,
                        int offset, int stride, int rows, int cols, int tile_cols, int first_tile,
                        int last_tile, __global number *partial, __local float *x_tile,
                        __local float *a_tile) {
    const int k = x_rows - rows + 1;
    const int l = x_cols - cols + 1;
    const int across = (cols + tile_cols - 1) / tile_cols;
    const int top = group_start(2) * CKN_STEP;
    const int left = group_start(1);
    const int row = (int)get_local_id(2) * CKN_STEP;
    const int col = (int)get_local_id(1);
    const int x_stride = tile_cols + (int)get_local_size(1) - 1;
    const int x_height = CKN_TILE_ROWS + (int)get_local_size(2) * CKN_STEP;
    const int busy = top + row < k && left + col < l;

    total totals[CKN_STEP];
    STEPS(CLEAR_TOTAL)
    for (int t = first_tile + (int)get_group_id(0); t < last_tile; t += (int)get_num_groups(0)) {
        const int p = t / across * CKN_TILE_ROWS;
        const int q = t % across * tile_cols;
        barrier(CLK_LOCAL_MEM_FENCE);
        load_part(a_tile, CKN_TILE_ROWS, tile_cols, a + offset, stride, rows, cols, p, q);
        load_tile(x_tile, x_height, x_stride, x, x_rows, x_cols, p + top, q + left);
        barrier(CLK_LOCAL_MEM_FENCE);
        if (busy)
            sum_tile(x_tile + row * x_stride + col, x_stride, a_tile, tile_cols,
                     (int)get_local_id(0) * CKN_SUM_LANES, (int)get_local_size(0) * CKN_SUM_LANES,
                     totals);
    }
    if (left + col < l) {
        partial += get_global_id(0) * (size_t)(k * l);
#define STORE(i)                                                                                   \
    if (top + row + i < k) {                                                                       \
        __global number *to = partial + (top + row + i) * l + left + col;                          \
        const number sum = sum_total(&totals[i]);                                                  \
        *to = first_tile > 0 ? add(*to, sum) : sum;                                                \
    }
        STEPS(STORE)
    }
}

/* out = the sum of the partial sums. Local dimension 0 counts taps, dimension 1 shares. */
__kernel void correlate_reduce(__global const number *partial, int shares, int taps,
                               __global number *out, int first_out, __local number *scratch) {
    const int tap = (int)get_global_id(0);
    const int width = (int)get_local_size(0);
    number sum = (number)(0);
    if (tap < taps)
        for (int s = (int)get_local_id(1); s < shares; s += (int)get_local_size(1))
            sum = add(sum, partial[(size_t)s * (size_t)taps + (size_t)tap]);
    scratch[local_index()] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (get_local_id(1) == 0 && tap < taps) {
        for (int s = 1; s < (int)get_local_size(1); s++)
            sum = add(sum, scratch[s * width + (int)get_local_id(0)]);
        out[first_out + tap] = sum;
    }
}
