/* Transforms of tiles through FFTW. */
#include "backend/cpu/cpu_tile_fft.h"

#include "backend/cpu/cpu_internal.h"
#include "base/memory.h"

#include <stdlib.h>

#ifdef CKN_HAVE_FFTW

#include "backend/cpu/cpu_fftw.h"

#include <limits.h>

struct ckn_cpu_tile {
    fftw_plan row_forward, row_inverse, columns_forward, columns_inverse;
};

bool ckn_cpu_tile_available(void) {
    return true;
}

static fftw_complex *pairs(double *interleaved) {
    return (fftw_complex *)(void *)interleaved;
}

static fftw_plan plan_columns(int rows, double *group, int sign) {
    const int step = CKN_CPU_TILE_GROUP;
    return fftw_plan_many_dft(1, &rows, step, pairs(group), NULL, step, 1, pairs(group), NULL, step,
                              1, sign, FFTW_ESTIMATE);
}

/* FFTW_MEASURE would halve the time of some lengths, but takes 0.1 to 0.6 s a length to plan,
 * where the correlations of a 2048 x 2048 image take 0.05 s; and it would choose, and so round,
 * differently in every run. */
static bool plan(ckn_cpu_tile *tile, ckn_shape shape, double *row, double *group) {
    int rows = (int)shape.rows, cols = (int)shape.cols;
    tile->row_forward =
        fftw_plan_dft_r2c_1d(cols, row, pairs(group), FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
    tile->row_inverse =
        fftw_plan_dft_c2r_1d(cols, pairs(group), row, FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
    tile->columns_forward = plan_columns(rows, group, FFTW_FORWARD);
    tile->columns_inverse = plan_columns(rows, group, FFTW_BACKWARD);
    return tile->row_forward && tile->row_inverse && tile->columns_forward && tile->columns_inverse;
}

/* Plans on scratch memory; estimating does not touch it. */
static ckn_code make_plans(ckn_cpu_tile *tile, ckn_shape shape, ckn_error *error) {
    size_t row_reals = shape.cols, group_reals = ckn_cpu_tile_group_reals(shape.rows);
    size_t spectrum_reals = 2 * ckn_cpu_tile_bins(shape.cols);
    size_t larger = group_reals > spectrum_reals ? group_reals : spectrum_reals;
    ckn_cpu_aligned scratch;
    CKN_TRY(ckn_cpu_aligned_create(row_reals + larger + 8, "planning an FFT", &scratch, error));
    double *group = scratch.data + ckn_cpu_divide_up(row_reals, 8) * 8;
    ckn_cpu_fftw_lock();
    bool planned = plan(tile, shape, scratch.data, group);
    ckn_cpu_fftw_unlock();
    free(scratch.block);
    if (!planned)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "FFTW has no plan for tiles of %zu x %zu; use --engine direct", shape.cols,
                        shape.rows);
    return CKN_OK;
}

ckn_code ckn_cpu_tile_create(ckn_shape shape, ckn_cpu_tile **tile, ckn_error *error) {
    *tile = NULL;
    if (shape.rows > INT_MAX / 2 || shape.cols > INT_MAX / 2)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "tiles of %zu x %zu are too large for FFTW; use --engine direct",
                        shape.cols, shape.rows);
    ckn_cpu_tile *created;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "an FFT plan", error));
    ckn_code code = make_plans(created, shape, error);
    if (code != CKN_OK) {
        ckn_cpu_tile_destroy(created);
        return code;
    }
    *tile = created;
    return CKN_OK;
}

void ckn_cpu_tile_destroy(ckn_cpu_tile *tile) {
    if (!tile)
        return;
    fftw_plan plans[] = {tile->row_forward, tile->row_inverse, tile->columns_forward,
                         tile->columns_inverse};
    ckn_cpu_fftw_lock();
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        if (plans[i])
            fftw_destroy_plan(plans[i]);
    }
    ckn_cpu_fftw_unlock();
    free(tile);
}

void ckn_cpu_tile_forward_row(const ckn_cpu_tile *tile, double *row, double *spectrum) {
    fftw_execute_dft_r2c(tile->row_forward, row, pairs(spectrum));
}

void ckn_cpu_tile_inverse_row(const ckn_cpu_tile *tile, double *spectrum, double *row) {
    fftw_execute_dft_c2r(tile->row_inverse, pairs(spectrum), row);
}

void ckn_cpu_tile_forward_columns(const ckn_cpu_tile *tile, double *group) {
    fftw_execute_dft(tile->columns_forward, pairs(group), pairs(group));
}

void ckn_cpu_tile_inverse_columns(const ckn_cpu_tile *tile, double *group) {
    fftw_execute_dft(tile->columns_inverse, pairs(group), pairs(group));
}

#else

bool ckn_cpu_tile_available(void) {
    return false;
}

ckn_code ckn_cpu_tile_create(ckn_shape shape, ckn_cpu_tile **tile, ckn_error *error) {
    (void)shape;
    *tile = NULL;
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                    "this build has no FFT for the CPU backend; use --engine direct, or rebuild "
                    "with FFTW (cmake -DCKN_FFTW=ON)");
}

/* Nothing can be created, so nothing can be destroyed or run. */
void ckn_cpu_tile_destroy(ckn_cpu_tile *tile) {
    (void)tile;
}

void ckn_cpu_tile_forward_row(const ckn_cpu_tile *tile, double *row, double *spectrum) {
    (void)tile;
    (void)row;
    (void)spectrum;
}

void ckn_cpu_tile_inverse_row(const ckn_cpu_tile *tile, double *spectrum, double *row) {
    (void)tile;
    (void)row;
    (void)spectrum;
}

void ckn_cpu_tile_forward_columns(const ckn_cpu_tile *tile, double *group) {
    (void)tile;
    (void)group;
}

void ckn_cpu_tile_inverse_columns(const ckn_cpu_tile *tile, double *group) {
    (void)tile;
    (void)group;
}

#endif
