/* Correlations of one image with others along both axes, lags (i,j), by transforms of columns.
 *
 * A tile is `core` rows of the valid support and the k-1 rows below; its columns are transformed
 * over `length` = core + k - 1 rows at least, so that lags up to k-1 do not wrap round:
 *   U: all rows of x,  V: the core of x,  Y: the core of y,  zero elsewhere.
 * In the frequency domain lags between rows are products, and lags between columns are summed:
 *   sum_q conj(A[f,q]) U[f,q+j],  A = V, V moved by l-1 columns, Y.
 * These add up over all tiles; one inverse transform at the end gives the correlations.
 *
 * Needs double precision. roots[m] = exp(-2 pi i m / length); spectra keep real and imaginary parts
 * in planes of their own: (tile, signal, part) of half x width numbers, half = length/2 + 1. */
#ifdef CKN_FP64

#define CKN_SIGNALS 3 /* U, V, Y */

/* `count` samples of a row that may have fewer: zero behind them. */
wide load_some(__global const float *row, int count) {
    if (count >= CKN_WIDE)
        return LOAD_WIDE(row);
    wide value = (wide)(0.0);
    for (int j = 0; j < count; j++)
        ((double *)&value)[j] = row[j];
    return value;
}

/* Two columns of samples as real and imaginary part, rows [row, row + rows). */
void load_columns(__local wide *re, __local wide *im, int step, __global const float *image,
                  int stride, int row, int rows, int col, int cols, int length) {
    for (int i = (int)get_local_id(1); i < length; i += (int)get_local_size(1)) {
        __global const float *samples = image + (i < rows ? (row + i) * stride + col : 0);
        re[i * step] = i < rows ? load_some(samples, cols - col) : (wide)(0.0);
        im[i * step] =
            i < rows ? load_some(samples + CKN_WIDE, cols - col - CKN_WIDE) : (wide)(0.0);
    }
}

/* One pass of a Stockham transform: from (re, im) to the same `distance` further on. Butterflies of
 * four, `stride` sums of earlier passes side by side. */
void pass_of_four(__local const wide *re, __local const wide *im, __local wide *to_re,
                  __local wide *to_im, int step, __global const double2 *roots, int length,
                  int log_stride) {
    const int quarter = length / 4;
    const int stride = 1 << log_stride;
    for (int b = (int)get_local_id(1); b < quarter; b += (int)get_local_size(1)) {
        const int q = b & (stride - 1);
        const int angle = b - q;
        const double2 w1 = roots[angle], w2 = roots[2 * angle], w3 = roots[3 * angle];
        const int from = b * step, apart = quarter * step;
        const wide sum_re = re[from] + re[from + 2 * apart];
        const wide sum_im = im[from] + im[from + 2 * apart];
        const wide difference_re = re[from] - re[from + 2 * apart];
        const wide difference_im = im[from] - im[from + 2 * apart];
        const wide other_re = re[from + apart] + re[from + 3 * apart];
        const wide other_im = im[from + apart] + im[from + 3 * apart];
        /* i times the difference of the other two */
        const wide turned_re = im[from + 3 * apart] - im[from + apart];
        const wide turned_im = re[from + apart] - re[from + 3 * apart];
        const int to = (q + 4 * angle) * step, next = stride * step;
        to_re[to] = sum_re + other_re;
        to_im[to] = sum_im + other_im;
#define PUT(place, root, u_re, u_im)                                                               \
    {                                                                                              \
        const wide a = u_re, b_ = u_im;                                                            \
        to_re[to + (place)*next] = a * (root).x - b_ * (root).y;                                   \
        to_im[to + (place)*next] = a * (root).y + b_ * (root).x;                                   \
    }
        PUT(1, w1, difference_re - turned_re, difference_im - turned_im)
        PUT(2, w2, sum_re - other_re, sum_im - other_im)
        PUT(3, w3, difference_re + turned_re, difference_im + turned_im)
    }
}

/* The last pass where the length is no power of four. */
void pass_of_two(__local const wide *re, __local const wide *im, __local wide *to_re,
                 __local wide *to_im, int step, int length) {
    const int half_length = length / 2;
    for (int b = (int)get_local_id(1); b < half_length; b += (int)get_local_size(1)) {
        const int from = b * step, other = (b + half_length) * step;
        to_re[from] = re[from] + re[other];
        to_im[from] = im[from] + im[other];
        to_re[other] = re[from] - re[other];
        to_im[other] = im[from] - im[other];
    }
}

/* Spectra of the two columns that were transformed as one: z = a + i b gives
 * a = (z[f] + conj(z[-f])) / 2, b = (z[f] - conj(z[-f])) / 2i. */
void store_spectra(__local const wide *re, __local const wide *im, int step,
                   __global double *out_re, __global double *out_im, int width, int length) {
    for (int f = (int)get_local_id(1); f <= length / 2; f += (int)get_local_size(1)) {
        const int here = f * step, there = (f ? length - f : 0) * step;
        const size_t to = (size_t)f * (size_t)width;
        WRITE_WIDE(0.5 * (re[here] + re[there]), out_re + to);
        WRITE_WIDE(0.5 * (im[here] - im[there]), out_im + to);
        WRITE_WIDE(0.5 * (im[here] + im[there]), out_re + to + CKN_WIDE);
        WRITE_WIDE(0.5 * (re[there] - re[here]), out_im + to + CKN_WIDE);
    }
}

/* Dimension 0 counts pairs of columns, dimension 1 work-items that share their transform (one
 * group), dimension 2 signals of tiles. `work` holds four planes of length x local columns. */
__kernel void spectra(__global const float *x, int x_rows, int x_cols, __global const float *y,
                      int rows, int cols, __global const double2 *roots, int length, int core,
                      int chunk, int first_tile, int across, int width,
                      __global double *spectra_out, __local wide *work) {
    const int step = (int)get_local_size(0);
    const int signal = (int)get_global_id(2) % CKN_SIGNALS;
    const int slot = (int)get_global_id(2) / CKN_SIGNALS;
    const int tile = first_tile + slot;
    const int row = tile / across * core;
    const int start = (int)get_global_id(0) * 2 * CKN_WIDE;
    const int col = tile % across * chunk + start;
    const int inside = signal == 0 ? min(length, x_rows - row) : min(core, rows - row);
    __local wide *re = work + get_local_id(0), *im = re + length * step;
    __local wide *to_re = im + length * step, *to_im = to_re + length * step;
    __global const float *image = signal == 2 ? y : x;
    const int image_cols = signal == 2 ? cols : x_cols;

    load_columns(re, im, step, image, image_cols, row, inside, col, start < width ? image_cols : 0,
                 length);
    barrier(CLK_LOCAL_MEM_FENCE);
    int log_stride = 0;
    for (; (length >> log_stride) >= 4; log_stride += 2) {
        pass_of_four(re, im, to_re, to_im, step, roots, length, log_stride);
        barrier(CLK_LOCAL_MEM_FENCE);
        __local wide *swap_re = re, *swap_im = im;
        re = to_re;
        im = to_im;
        to_re = swap_re;
        to_im = swap_im;
    }
    if ((length >> log_stride) == 2) {
        pass_of_two(re, im, to_re, to_im, step, length);
        barrier(CLK_LOCAL_MEM_FENCE);
        re = to_re;
        im = to_im;
    }
    const size_t plane = (size_t)(length / 2 + 1) * (size_t)width;
    __global double *out =
        spectra_out + (size_t)(2 * (slot * CKN_SIGNALS + signal)) * plane + start;
    if (start < width)
        store_spectra(re, im, step, out, out + plane, width, length);
}

#endif
