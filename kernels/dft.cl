/* The discrete Fourier transform by its definition, for lengths that the FFT library cannot do.
 * One axis at a time; a real plane of rows x cols has a spectrum of rows x (cols/2 + 1) pairs.
 * roots[m] = exp(-2 pi i m / n) for the axis's length n: a table, since angles of m j would lose
 * their digits for large m j. Sums are taken in runs of CKN_RUN terms, which keeps the rounding
 * error that of a short sum. */
#define CKN_RUN 64

/* Steps through m j mod n without a division. */
int advance(int index, int step, int n) {
    index += step;
    return index >= n ? index - n : index;
}

/* a b, or a conj(b). */
float2 rotate_by(float2 a, float2 root, int conjugate) {
    const float im = conjugate ? -root.y : root.y;
    return (float2)(a.x * root.x - a.y * im, a.x * im + a.y * root.x);
}

/* spectrum[row, k] = sum_c plane[row, c] roots[c k] */
__kernel void dft_rows_forward(__global const float *plane, int rows, int cols,
                               __global const float2 *roots, __global float2 *spectrum) {
    const int k = (int)get_global_id(0), row = (int)get_global_id(1);
    if (row >= rows || k > cols / 2)
        return;
    __global const float *samples = plane + row * cols;
    float2 sum = (float2)(0.0f, 0.0f);
    int index = 0;
    for (int start = 0; start < cols; start += CKN_RUN) {
        float2 run = (float2)(0.0f, 0.0f);
        for (int c = start; c < min(start + CKN_RUN, cols); c++) {
            run += samples[c] * roots[index];
            index = advance(index, k, cols);
        }
        sum += run;
    }
    spectrum[row * (cols / 2 + 1) + k] = sum;
}

/* out[p, k] = sum_row in[row, k] roots[row p], with conjugate roots for the inverse. */
__kernel void dft_cols(__global const float2 *in, int rows, int half_cols,
                       __global const float2 *roots, int inverse, __global float2 *out) {
    const int k = (int)get_global_id(0), p = (int)get_global_id(1);
    if (p >= rows || k >= half_cols)
        return;
    float2 sum = (float2)(0.0f, 0.0f);
    int index = 0;
    for (int start = 0; start < rows; start += CKN_RUN) {
        float2 run = (float2)(0.0f, 0.0f);
        for (int row = start; row < min(start + CKN_RUN, rows); row++) {
            run += rotate_by(in[row * half_cols + k], roots[index], inverse);
            index = advance(index, p, rows);
        }
        sum += run;
    }
    out[p * half_cols + k] = sum;
}

/* plane[row, c] = scale sum_k spectrum[row, k] conj(roots[k c]) over all cols frequencies, the
 * upper half of which are the conjugates of the lower. */
__kernel void dft_rows_inverse(__global const float2 *spectrum, int rows, int cols,
                               __global const float2 *roots, float scale, __global float *plane) {
    const int c = (int)get_global_id(0), row = (int)get_global_id(1);
    if (row >= rows || c >= cols)
        return;
    const int half_cols = cols / 2 + 1;
    __global const float2 *bins = spectrum + row * half_cols;
    float sum = 0.0f;
    int index = 0;
    for (int start = 0; start < half_cols; start += CKN_RUN) {
        float run = 0.0f;
        for (int k = start; k < min(start + CKN_RUN, half_cols); k++) {
            const int alone = k == 0 || 2 * k == cols;
            run += (alone ? 1.0f : 2.0f) * rotate_by(bins[k], roots[index], 1).x;
            index = advance(index, c, cols);
        }
        sum += run;
    }
    plane[row * cols + c] = scale * sum;
}
