/* Transforms of one tile of an image, made from rows and from groups of neighbouring columns, so
 * that the caller can spread both over threads, leave out rows that are zero, and use a group of
 * columns while it is in the cache. All calls but create and destroy may run concurrently.
 *
 * A tile has rows x cols samples (cols even). The transform of one row is `bins` complex numbers,
 * padded with zeros to `groups` groups of CKN_CPU_TILE_GROUP. Numbers stand as interleaved pairs.
 */
#ifndef CKN_BACKEND_CPU_TILE_FFT_H
#define CKN_BACKEND_CPU_TILE_FFT_H

#include "backend/backend.h"

/* Columns transformed together: one cache line a row. */
#define CKN_CPU_TILE_GROUP 4

typedef struct ckn_cpu_tile ckn_cpu_tile;

/* False where this build has no FFT. */
bool ckn_cpu_tile_available(void);

/* Complex numbers in the transform of one row. */
static inline size_t ckn_cpu_tile_bins(size_t cols) {
    return cols / 2 + 1;
}

static inline size_t ckn_cpu_tile_groups(size_t cols) {
    return (ckn_cpu_tile_bins(cols) + CKN_CPU_TILE_GROUP - 1) / CKN_CPU_TILE_GROUP;
}

/* Reals in one group of columns. */
static inline size_t ckn_cpu_tile_group_reals(size_t rows) {
    return 2 * CKN_CPU_TILE_GROUP * rows;
}

ckn_code ckn_cpu_tile_create(ckn_shape shape, ckn_cpu_tile **tile, ckn_error *error);
void ckn_cpu_tile_destroy(ckn_cpu_tile *tile); /* NULL allowed */

/* `row` (cols reals) to `spectrum` (2 bins reals), unnormalised. Both on addresses that are
 * multiples of 64 bytes; `row` survives. */
void ckn_cpu_tile_forward_row(const ckn_cpu_tile *tile, double *row, double *spectrum);
/* The inverse, unnormalised; `spectrum` is lost. */
void ckn_cpu_tile_inverse_row(const ckn_cpu_tile *tile, double *spectrum, double *row);
/* One group of columns (rows x CKN_CPU_TILE_GROUP complex numbers) in place. */
void ckn_cpu_tile_forward_columns(const ckn_cpu_tile *tile, double *group);
void ckn_cpu_tile_inverse_columns(const ckn_cpu_tile *tile, double *group);

#endif
