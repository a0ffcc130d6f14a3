/* Lags between columns in the frequency domain, and the way back; see spectra.cl.
 *
 * `sums` holds (tile, correlation, part) planes of half x stride numbers, for the correlations with
 * V (left), V moved by l-1 columns (right) and Y (blurred). */
#ifdef CKN_FP64

#define CKN_CORRELATIONS 3

/* Two lags at a time: each number of a spectrum serves several products from a register. */
#define EACH_SUM(F) F(left, 0) F(left, 1) F(right, 0) F(right, 1) F(blurred, 0) F(blurred, 1)
#define START(a, n) wide a##_sum_re_##n = (wide)(0.0), a##_sum_im_##n = (wide)(0.0);
/* conj(a) u */
#define ADD(a, n)                                                                                  \
    a##_sum_re_##n = fma(a##_im, u_im_##n, fma(a##_re, u_re_##n, a##_sum_re_##n));                 \
    a##_sum_im_##n = fma(a##_re, u_im_##n, fma(-a##_im, u_re_##n, a##_sum_im_##n));
#define READ_ALL(q)                                                                                \
    wide left_re = READ_WIDE(v_re + (q)), left_im = READ_WIDE(v_im + (q));                         \
    const wide right_re = READ_WIDE(v_re + (q) + l - 1);                                           \
    const wide right_im = READ_WIDE(v_im + (q) + l - 1);                                           \
    const wide blurred_re = READ_WIDE(y_re + (q)), blurred_im = READ_WIDE(y_im + (q));             \
    const wide u_re_0 = READ_WIDE(u_re + (q)), u_im_0 = READ_WIDE(u_im + (q));                     \
    const wide u_re_1 = READ_WIDE(u_re + (q) + 1), u_im_1 = READ_WIDE(u_im + (q) + 1);

/* 1 for the first `count` lanes, 0 for the others. */
wide first_lanes(int count) {
    wide lanes_kept;
    for (int j = 0; j < CKN_WIDE; j++)
        ((double *)&lanes_kept)[j] = j < count ? 1.0 : 0.0;
    return lanes_kept;
}

double sum_wide(wide value) {
    double sum = 0.0;
    for (int j = 0; j < CKN_WIDE; j++)
        sum += ((const double *)&value)[j];
    return sum;
}

void put(__global double *to, double value, int add) {
    *to = add ? *to + value : value;
}

/* Lags j and j+1 at one frequency, over `count` columns. `u` and `sums` stand at lag j; `plane` and
 * `sums_plane` lead from real to imaginary parts and on to the next signal. */
void sum_two_lags(__global const double *u, size_t plane, int lag, int count, int l,
                  __global double *sums, size_t sums_plane, int add) {
    __global const double *u_re = u + lag, *u_im = u_re + plane;
    __global const double *v_re = u + 2 * plane, *v_im = v_re + plane;
    __global const double *y_re = v_im + plane, *y_im = y_re + plane;
    EACH_SUM(START)
    int q = 0;
    for (; q + CKN_WIDE <= count; q += CKN_WIDE) {
        READ_ALL(q)
        EACH_SUM(ADD)
    }
    if (q < count) {
        /* Y, and V moved, end with zeros; V itself goes on. */
        const wide keep = first_lanes(count - q);
        READ_ALL(q)
        left_re *= keep;
        left_im *= keep;
        EACH_SUM(ADD)
    }
#define PUT(a, n)                                                                                  \
    put(sums + lag + n, sum_wide(a##_sum_re_##n), add);                                            \
    put(sums + lag + n + sums_plane, sum_wide(a##_sum_im_##n), add);
    PUT(left, 0)
    PUT(left, 1)
    sums += 2 * sums_plane;
    PUT(right, 0)
    PUT(right, 1)
    sums += 2 * sums_plane;
    PUT(blurred, 0)
    PUT(blurred, 1)
}

/* Dimension 0 counts shares of `lags_each` (an even number of) lags, dimension 1 frequencies,
 * dimension 2 tiles. */
__kernel void lags_sum(__global const double *spectra, int half_length, int width, int first_tile,
                       int across, int chunk, int cols, int l, int stride, int lags_each,
                       __global double *sums, int add) {
    const int share = (int)get_global_id(0) * lags_each;
    const int f = (int)get_global_id(1);
    const size_t slot = get_global_id(2);
    const int tile = first_tile + (int)slot;
    const int count = min(chunk, cols - tile % across * chunk);
    const size_t plane = (size_t)half_length * (size_t)width;
    const size_t sums_plane = (size_t)half_length * (size_t)stride;
    if (f >= half_length)
        return;
    spectra += 6 * slot * plane + (size_t)f * (size_t)width;
    sums += 6 * slot * sums_plane + (size_t)f * (size_t)stride;
    for (int lag = share; lag < min(l, share + lags_each); lag += 2)
        sum_two_lags(spectra, plane, lag, count, l, sums, sums_plane, add);
}

/* Adds the sums of all tiles that were worked on side by side to those of the first. */
__kernel void lags_gather(__global double *sums, int count, int slots) {
    const int i = (int)get_global_id(0);
    if (i >= count)
        return;
    double sum = sums[i];
    for (int s = 1; s < slots; s++)
        sum += sums[(size_t)s * (size_t)count + (size_t)i];
    sums[i] = sum;
}

/* The inverse transform of the lags between rows that are wanted. Dimension 0 counts groups of
 * CKN_WIDE lags j, the others i and correlations. */
__kernel void lags_inverse(__global const double *sums, int half_length,
                           __global const double2 *roots, int length, int k, int l, int stride,
                           __global double *out) {
    const int j = (int)get_global_id(0) * CKN_WIDE, i = (int)get_global_id(1);
    const int a = (int)get_global_id(2);
    if (j >= l || i >= k)
        return;
    const size_t plane = (size_t)half_length * (size_t)stride;
    __global const double *re = sums + 2 * (size_t)a * plane + j, *im = re + plane;
    wide sum = (wide)(0.0);
    for (int f = 0; f < half_length; f++) {
        /* exp(2 pi i f i / length) is the conjugate of the root; all but two frequencies stand for
         * their conjugates as well. */
        const double2 root =
            roots[(f * i) & (length - 1)] * (f == 0 || 2 * f == length ? 1.0 : 2.0);
        sum += READ_WIDE(re + f * stride) * root.x + READ_WIDE(im + f * stride) * root.y;
    }
    sum /= (double)length;
    out += ((size_t)a * (size_t)k + (size_t)i) * (size_t)l;
    for (int n = 0; n < min(CKN_WIDE, l - j); n++)
        out[j + n] = ((const double *)&sum)[n];
}

#endif
