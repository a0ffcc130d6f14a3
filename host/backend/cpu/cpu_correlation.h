/* Correlations in the frequency domain, by tiles: nothing of the image's size is allocated, and
 * the transforms stay in the cache. See cpu_correlation_fft.c for the mathematics. */
#ifndef CKN_BACKEND_CPU_CORRELATION_H
#define CKN_BACKEND_CPU_CORRELATION_H

#include "backend/backend.h"
#include "backend/cpu/cpu_simd.h"

/* Sizes of the transforms, chosen for one pair of shapes. */
typedef struct ckn_cpu_tiling {
    ckn_shape tile;     /* a tile of the image */
    size_t border_cols; /* columns of the narrow tiles where wide ones meet and end; 0: none */
    double seconds;     /* predicted for one thread */
} ckn_cpu_tiling;

/* cpu_tiling.c */
ckn_cpu_tiling ckn_cpu_tiling_choose(ckn_shape x_shape, ckn_shape h_shape);

/* cpu_correlation_fft.c */
typedef struct ckn_cpu_tiled ckn_cpu_tiled;

/* `threads` is the most that will run it. */
ckn_code ckn_cpu_tiled_create(ckn_shape x_shape, ckn_shape h_shape, int threads,
                              const ckn_cpu_simd *simd, ckn_cpu_tiled **tiled, ckn_error *error);
void ckn_cpu_tiled_destroy(ckn_cpu_tiled *tiled); /* NULL allowed */
/* All of *out but the square. */
void ckn_cpu_tiled_correlate(ckn_cpu_tiled *tiled, const double *x, const double *y,
                             ckn_correlations *out);

#endif
