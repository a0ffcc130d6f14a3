/* Passes of an extended box along one axis whose windows are too long for local memory (see
 * lines.cl for all others): one launch a pass, over scratch buffers. Lines stand side by side in
 * the scratch buffers
 * ([position][line], `stride` samples a position, a multiple of CKN_LANES), extended virtually on
 * both sides, so that each pass only loses l + 1 positions at each end and no pass has a border.
 *
 * One pass is (alpha, 1 x (2l+1), alpha) / lambda. The plain box is the sum over a window of
 * m = 2l + 1, taken as van Herk does for minima: sums from the start and to the end of blocks of m;
 * every window is the tail of one block and the head of the next. Nothing is ever subtracted:
 * nothing drifts, non-negative stays non-negative, and NaN reaches its own windows only. */

/* Samples that are not finite count as 0 (restore_bad() writes what they reach); negative[line]
 * becomes 1 where a sample of the line is below zero. */
float watched(float value, __global int *negative) {
    if (value < 0.0f)
        *negative = 1;
    return isfinite(value) ? value : 0.0f;
}

/* scratch[i][line] = the endless line first_line + line at i - pad. Dimension 0 counts lines, which
 * are columns of samples. */
__kernel void box_extend_cols(__global const float *in, int rows, int cols, int first_line,
                              int lines, int pad, int boundary, __global float *scratch, int stride,
                              __global int *negative) {
    const int line = (int)get_global_id(0);
    const int i = (int)get_global_id(1);
    if (line >= stride || i >= rows + 2 * pad)
        return;
    const int from = source_index(i - pad, rows, boundary);
    const int inside = from >= 0 && line < lines;
    scratch[i * stride + line] =
        inside ? watched(in[from * cols + first_line + line], negative + first_line + line) : 0.0f;
}

/* Line l of the rows of interleaved channels begins here. */
int row_line(int l, int channels, int cols) {
    return l / channels * (cols * channels) + l % channels;
}

/* The same for rows of `cols` pixels, turned through local memory so that both sides are read and
 * written side by side. Groups are squares; `tile` has a column to spare against bank conflicts. */
__kernel void box_extend_rows(__global const float *in, int cols, int channels, int first_line,
                              int lines, int pad, int boundary, __global float *scratch, int stride,
                              __global int *negative, __local float *tile) {
    const int side = (int)get_local_size(0);
    const int a = (int)get_local_id(0);
    const int b = (int)get_local_id(1);
    const int line_base = group_start(0);
    const int position_base = group_start(1);
    const int from = source_index(position_base + a - pad, cols, boundary);
    const int inside = from >= 0 && position_base + a < cols + 2 * pad && line_base + b < lines;
    const int line = first_line + line_base + b;
    tile[b * (side + 1) + a] =
        inside ? watched(in[row_line(line, channels, cols) + from * channels], negative + line)
               : 0.0f;
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

/* Three taps (c, 1 - 2c, c), `apart` positions apart, from [begin, end) to what is so much shorter
 * at each end. */
__kernel void box_three_taps(__global const float *in, __global float *out, int stride, int begin,
                             int end, int apart, float c) {
    const int line = (int)get_global_id(0) * CKN_LANES;
    const int i = begin + apart + (int)get_global_id(1);
    if (line >= stride || i >= end - apart)
        return;
    __global const float *at = in + i * stride + line;
    const int step = apart * stride;
    const lanes outer = LOAD_LANES(at - step) + LOAD_LANES(at + step);
    STORE_LANES((1.0f - 2.0f * c) * LOAD_LANES(at) + c * outer, out + i * stride + line);
}

/* The middle of the lines back to the image; below zero only where a sample of the line was. */
float result(float value, int negative) {
    return negative || value > 0.0f ? value : 0.0f;
}

__kernel void box_store_cols(__global float *out, int rows, int cols, int first_line, int lines,
                             int pad, __global const float *scratch, int stride,
                             __global const int *negative) {
    const int line = (int)get_global_id(0);
    const int i = (int)get_global_id(1);
    if (line < lines && i < rows)
        out[i * cols + first_line + line] =
            result(scratch[(i + pad) * stride + line], negative[first_line + line]);
}

__kernel void box_store_rows(__global float *out, int cols, int channels, int first_line, int lines,
                             int pad, __global const float *scratch, int stride,
                             __global const int *negative, __local float *tile) {
    const int side = (int)get_local_size(0);
    const int a = (int)get_local_id(0);
    const int b = (int)get_local_id(1);
    const int line_base = group_start(0);
    const int position_base = group_start(1);
    if (line_base + a < lines && position_base + b < cols)
        tile[b * (side + 1) + a] = scratch[(position_base + b + pad) * stride + line_base + a];
    barrier(CLK_LOCAL_MEM_FENCE);
    const int line = first_line + line_base + b;
    if (line_base + b < lines && position_base + a < cols)
        out[row_line(line, channels, cols) + (position_base + a) * channels] =
            result(tile[a * (side + 1) + b], negative[line]);
}
