/* All passes of an extended box along one axis. Lines stand side by side in the scratch buffers
 * ([position][line], `stride` samples a position, a multiple of CKN_LANES), extended virtually on
 * both sides, so that each pass only loses l + 1 positions at each end and no pass has a border.
 *
 * One pass is (alpha, 1 x (2l+1), alpha) / lambda. The plain box is the sum over a window of
 * m = 2l + 1, taken as van Herk does for minima: sums from the start and to the end of blocks of m;
 * every window is the tail of one block and the head of the next. Nothing is ever subtracted:
 * nothing drifts, non-negative stays non-negative, and NaN reaches its own windows only. */

/* Values of ckn_boundary. */
enum { REFLECT = 0, MIRROR, REPLICATE, PERIODIC, ZERO };

/* Where position i of the endless line stands in a line of n samples; -1: outside it is zero. */
int source_index(int i, int n, int boundary) {
    if (i >= 0 && i < n)
        return i;
    if (boundary == ZERO)
        return -1;
    if (boundary == REPLICATE)
        return i < 0 ? 0 : n - 1;
    if (boundary == MIRROR && n == 1)
        return 0;
    const int period = boundary == REFLECT ? 2 * n : boundary == MIRROR ? 2 * n - 2 : n;
    int k = i % period;
    if (k < 0)
        k += period;
    if (k < n)
        return k;
    return boundary == REFLECT ? period - 1 - k : period - k;
}

/* scratch[i][line] = the endless line first_line + line at i - pad. Dimension 0 counts lines. */
__kernel void box_extend_cols(__global const float *in, int rows, int cols, int first_line,
                              int lines, int pad, int boundary, __global float *scratch,
                              int stride) {
    const int line = (int)get_global_id(0);
    const int i = (int)get_global_id(1);
    if (line >= stride || i >= rows + 2 * pad)
        return;
    const int from = source_index(i - pad, rows, boundary);
    const int inside = from >= 0 && line < lines;
    scratch[i * stride + line] = inside ? in[from * cols + first_line + line] : 0.0f;
}

/* The same for rows, turned through local memory so that both sides are read and written side by
 * side. Groups are squares; `tile` has a column to spare against bank conflicts. */
__kernel void box_extend_rows(__global const float *in, int cols, int first_line, int lines,
                              int pad, int boundary, __global float *scratch, int stride,
                              __local float *tile) {
    const int side = (int)get_local_size(0);
    const int a = (int)get_local_id(0);
    const int b = (int)get_local_id(1);
    const int line_base = group_start(0);
    const int position_base = group_start(1);
    const int from = source_index(position_base + a - pad, cols, boundary);
    const int inside = from >= 0 && position_base + a < cols + 2 * pad && line_base + b < lines;
    tile[b * (side + 1) + a] = inside ? in[(first_line + line_base + b) * cols + from] : 0.0f;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (line_base + a < stride && position_base + b < cols + 2 * pad)
        scratch[(position_base + b) * stride + line_base + a] = tile[a * (side + 1) + b];
}

/* A compensated sum as one float. Where it is not finite the error term means nothing. */
lanes closed(lanes high, lanes low) {
    const lanes sum = high + low;
    return isfinite(sum) ? sum : high;
}

/* Sums within blocks of `m` positions of [begin, end): head from the block's start, tail to its
 * end, times `unit`, a power of two below 1 / lambda: sums stay in the range of the samples, and
 * scaling loses no digit. Dimension 0 counts lines by CKN_LANES, dimension 1 blocks. */
__kernel void box_blocks(__global const float *in, __global float *head, __global float *tail,
                         int stride, int begin, int end, int m, float unit) {
    const int line = (int)get_global_id(0) * CKN_LANES;
    const int first = begin + (int)get_global_id(1) * m;
    if (line >= stride || first >= end)
        return;
    const int last = min(first + m, end) - 1;
    lanes high = (lanes)(0.0f), low = (lanes)(0.0f);
    for (int i = first; i <= last; i++) {
        add_compensated(&high, &low, unit * LOAD_LANES(in + i * stride + line));
        STORE_LANES(closed(high, low), head + i * stride + line);
    }
    high = (lanes)(0.0f);
    low = (lanes)(0.0f);
    for (int i = last; i >= first; i--) {
        add_compensated(&high, &low, unit * LOAD_LANES(in + i * stride + line));
        STORE_LANES(closed(high, low), tail + i * stride + line);
    }
}

/* One pass from [begin, end) to [begin + l + 1, end - l - 1). `alpha` comes times `unit`, and
 * 1 / (lambda unit) in two floats, so that many passes do not add up its rounding error. */
__kernel void box_pass(__global const float *in, __global const float *head,
                       __global const float *tail, __global float *out, int stride, int begin,
                       int end, int l, float alpha, float scale, float scale_low) {
    const int line = (int)get_global_id(0) * CKN_LANES;
    const int i = begin + l + 1 + (int)get_global_id(1);
    if (line >= stride || i >= end - l - 1)
        return;
    lanes sum = LOAD_LANES(tail + (i - l) * stride + line);
    if ((i - l - begin) % (2 * l + 1) != 0)
        sum += LOAD_LANES(head + (i + l) * stride + line);
    if (alpha > 0.0f)
        sum += alpha * (LOAD_LANES(in + (i - l - 1) * stride + line) +
                        LOAD_LANES(in + (i + l + 1) * stride + line));
    const lanes value = sum * scale;
    const lanes corrected = fma(sum, (lanes)(scale), sum * scale_low);
    STORE_LANES(isfinite(corrected) ? corrected : value, out + i * stride + line);
}

/* The middle of the lines back to the image. */
__kernel void box_store_cols(__global float *out, int rows, int cols, int first_line, int lines,
                             int pad, __global const float *scratch, int stride) {
    const int line = (int)get_global_id(0);
    const int i = (int)get_global_id(1);
    if (line < lines && i < rows)
        out[i * cols + first_line + line] = scratch[(i + pad) * stride + line];
}

__kernel void box_store_rows(__global float *out, int cols, int first_line, int lines, int pad,
                             __global const float *scratch, int stride, __local float *tile) {
    const int side = (int)get_local_size(0);
    const int a = (int)get_local_id(0);
    const int b = (int)get_local_id(1);
    const int line_base = group_start(0);
    const int position_base = group_start(1);
    if (line_base + a < lines && position_base + b < cols)
        tile[b * (side + 1) + a] = scratch[(position_base + b + pad) * stride + line_base + a];
    barrier(CLK_LOCAL_MEM_FENCE);
    if (line_base + b < lines && position_base + a < cols)
        out[(first_line + line_base + b) * cols + position_base + a] = tile[a * (side + 1) + b];
}
