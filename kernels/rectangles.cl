/* dst = 0 but for src, whose (0, 0) goes to (row, col). */
__kernel void embed(__global float *dst, int dst_rows, int dst_cols, __global const float *src,
                    int src_rows, int src_cols, int row, int col) {
    const int j = (int)get_global_id(0);
    const int i = (int)get_global_id(1);
    if (i >= dst_rows || j >= dst_cols)
        return;
    const int p = i - row;
    const int q = j - col;
    const int inside = p >= 0 && p < src_rows && q >= 0 && q < src_cols;
    dst[i * dst_cols + j] = inside ? src[p * src_cols + q] : 0.0f;
}

/* dst = the part of src that starts at (row, col), minus `subtrahend` where `subtract` is set. */
__kernel void extract(__global float *dst, int dst_rows, int dst_cols, __global const float *src,
                      int src_cols, int row, int col, __global const float *subtrahend,
                      int subtract) {
    const int j = (int)get_global_id(0);
    const int i = (int)get_global_id(1);
    if (i >= dst_rows || j >= dst_cols)
        return;
    const float value = src[(i + row) * src_cols + (j + col)];
    const int index = i * dst_cols + j;
    dst[index] = subtract ? value - subtrahend[index] : value;
}
