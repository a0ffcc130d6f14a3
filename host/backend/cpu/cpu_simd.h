/* The loops that most time goes into, once for each instruction set: the library is built for any
 * processor of its architecture, and takes the widest that the one it runs on has.
 *
 * Vectors may read up to CKN_CPU_OVERREAD elements behind the last one of an image; buffers are
 * that much longer. What is read there does not enter a result. */
#ifndef CKN_BACKEND_CPU_SIMD_H
#define CKN_BACKEND_CPU_SIMD_H

#include "backend/cpu/cpu_strip.h"
#include "base/status.h"

#include <stddef.h>

#define CKN_CPU_OVERREAD ((size_t)8)
/* Rows and columns of what add_window() adds at once; a vector has no more than CKN_CPU_OVERREAD
 * elements. */
#define CKN_CPU_MOST_ROWS ((size_t)4)
#define CKN_CPU_MOST_COLS ((size_t)4)

/* A rectangle of a valid convolution: out[p,q] = sum_ij h[k-1-i,l-1-j] x[p+i,q+j] - y[p,q]. */
typedef struct ckn_cpu_convolution {
    const double *x; /* the sample under the rectangle's first window */
    const double *h; /* k x l */
    const double *y; /* may be NULL */
    double *out;
    size_t x_cols, out_cols; /* from one row to the next, of x; of y and out */
    size_t rows, cols;       /* of the rectangle */
    size_t k, l;
} ckn_cpu_convolution;

/* Inner products of a window with the parts of an image that it covers when it is displaced:
 * sums[i,j] += sum_pq window[p,q] x[p+i,q+j] for i < k, j < l. */
typedef struct ckn_cpu_window {
    /* rows x cols, cols a multiple of CKN_CPU_OVERREAD. CKN_CPU_MOST_ROWS - 1 rows of zeros stand
     * before and behind it. */
    const double *window;
    /* Finite numbers must stand up to row rows + k + CKN_CPU_MOST_ROWS - 2 and column
     * cols + l + CKN_CPU_MOST_COLS - 2. */
    const double *x;
    size_t rows, cols;
    size_t window_stride, x_stride; /* from one row to the next */
    size_t k, l;
    double *sums;
    size_t sums_stride;
} ckn_cpu_window;

typedef struct ckn_cpu_simd {
    const char *name;
    double seconds_per_tap; /* one multiply-add of a convolution on one core, see the tables */
    void (*convolve)(const ckn_cpu_convolution *of);
    void (*add_window)(const ckn_cpu_window *of);
    /* sum += conj(a) b, for interleaved complex numbers; `reals` is a multiple of 8. */
    void (*add_products)(double *sum, const double *a, const double *b, size_t reals);
    double (*dot)(const double *a, const double *b, size_t count);
    ckn_cpu_strip_loops strip;
} ckn_cpu_simd;

extern const ckn_cpu_simd ckn_cpu_simd_plain, ckn_cpu_simd_avx2, ckn_cpu_simd_avx512;

/* The widest that this processor and this build have, or the one that CLKERNEST_CPU_SIMD names
 * ("plain", "avx2", "avx512"): results of different machines can only be compared to the last bit
 * where both run the same instructions. A name that cannot be had is refused. */
ckn_code ckn_cpu_simd_choose(const ckn_cpu_simd **simd, ckn_error *error);

#endif
