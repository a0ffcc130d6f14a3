/* A FIR along both axes in one trip through memory, in float32. A tile of the image is filtered row
 * by row; its rows wait in a ring, as many as the taps across them need, from which the result
 * comes. Products and sums of positive taps carry NaN and infinity as far as they reach, and leave
 * nothing below zero that was not. */
#include "backend/cpu/cpu_lines.h"
#include "base/memory.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* A tile is so wide that a ring of short filters fits in the first-level cache, and so high that
 * the rows that are filtered twice do not count much. */
#define TILE_SAMPLES ((size_t)1024)
#define TILE_ROWS ((size_t)128)

typedef struct plane_job {
    const ckn_cpu_strip_loops *loops;
    const float *in;
    float *out;
    ckn_lines lines;
    size_t period_x, period_y;
    const float *taps_x, *taps_y; /* 2 radius + 1 each */
    size_t radius_x, radius_y;
    size_t row;                 /* samples of a row */
    size_t tile;                /* samples of a tile's row: whole pixels */
    size_t tiles_across, tiles; /* of the image */
    bool far;
    ckn_watch *watch; /* NULL: nobody watches */
} plane_job;

/* The work space of one thread: a row with what stands beside it, and the ring. */
typedef struct plane_space {
    float *wide, *ring;
    const float **rows; /* those of one result, in order */
    size_t pitch;       /* samples from one row of the ring to the next */
} plane_space;

/* Samples [first, first + count) of a row and the radius beside them, pixel by pixel where they lie
 * outside the image. */
static void widen_row(const plane_job *job, const float *row, size_t first, size_t count,
                      float *wide) {
    const size_t channels = job->lines.channels, margin = job->radius_x * channels;
    const size_t begin = first > margin ? first - margin : 0;
    const size_t end = ckn_cpu_min(first + count + margin, job->row);
    memcpy(wide + (begin + margin - first), row + begin, (end - begin) * sizeof *wide);
    const ptrdiff_t start = (ptrdiff_t)(first / channels) - (ptrdiff_t)job->radius_x;
    const size_t pixels = count / channels + 2 * job->radius_x;
    for (size_t i = 0; i < pixels; i++) {
        const ptrdiff_t at = start + (ptrdiff_t)i;
        if (at >= 0 && (size_t)at < job->lines.shape.cols) {
            i += job->lines.shape.cols - (size_t)at - 1; /* to the last pixel inside */
            continue;
        }
        const size_t from =
            ckn_cpu_sample_at(job->lines.boundary, job->lines.shape.cols, job->period_x, at);
        for (size_t k = 0; k < channels; k++)
            wide[i * channels + k] = from == CKN_CPU_OUTSIDE ? 0.0F : row[from * channels + k];
    }
}

/* One row of the tile, filtered along itself. */
static void filter_row(const plane_job *job, const plane_space *space, ptrdiff_t position,
                       size_t first, size_t count, float *to) {
    const size_t row =
        ckn_cpu_sample_at(job->lines.boundary, job->lines.shape.rows, job->period_y, position);
    if (row == CKN_CPU_OUTSIDE) {
        memset(to, 0, space->pitch * sizeof *to);
        return;
    }
    widen_row(job, job->in + row * job->row, first, count, space->wide);
    job->loops->fir_along(to, space->wide, count, job->lines.channels, job->taps_x,
                          2 * job->radius_x + 1);
}

/* Rows of the ring: those under the windows of what is computed at once. */
static size_t ring_rows(const plane_job *job) {
    return 2 * job->radius_y + CKN_CPU_FIR_ROWS;
}

static void filter_tile(const plane_job *job, const plane_space *space, size_t tile) {
    const size_t first = tile % job->tiles_across * job->tile;
    const size_t count = ckn_cpu_min(job->tile, job->row - first);
    const size_t begin = tile / job->tiles_across * TILE_ROWS;
    const size_t end = ckn_cpu_min(begin + TILE_ROWS, job->lines.shape.rows);
    const size_t width = 2 * job->radius_y + 1, places = ring_rows(job);
    size_t filtered = 0; /* rows, from begin - radius on; row i stands at place i % places */
    for (size_t row = begin, outputs = 1; row < end; row += outputs) {
        outputs = width >= CKN_CPU_FIR_ROWS && row + CKN_CPU_FIR_ROWS <= end ? CKN_CPU_FIR_ROWS : 1;
        for (; filtered < row - begin + width + outputs - 1; filtered++)
            filter_row(job, space, (ptrdiff_t)(begin + filtered) - (ptrdiff_t)job->radius_y, first,
                       count, space->ring + filtered % places * space->pitch);
        for (size_t k = 0; k < width + outputs - 1; k++)
            space->rows[k] = space->ring + (row - begin + k) % places * space->pitch;
        job->loops->fir_across(job->out + row * job->row + first, job->row, outputs, space->rows,
                               count, job->taps_y, width, job->far);
    }
    job->loops->drain();
}

static ckn_code create_space(const plane_job *job, plane_space *space, ckn_error *error) {
    const size_t places = ring_rows(job);
    const size_t wide = job->tile + 2 * job->radius_x * job->lines.channels;
    space->pitch = job->tile + CKN_CPU_ROW_OVERREAD;
    CKN_TRY(ckn_allocate(&space->wide, wide + CKN_CPU_ROW_OVERREAD, sizeof *space->wide,
                         "a row of the blur", error));
    CKN_TRY(ckn_allocate(&space->ring, places * space->pitch, sizeof *space->ring,
                         "rows of the blur", error));
    return ckn_allocate(&space->rows, places, sizeof *space->rows, "rows of the blur", error);
}

static void release_space(plane_space *space) {
    free(space->wide);
    free(space->ring);
    free(space->rows);
}

static ckn_code run_tiles(const plane_job *job, int threads, ckn_error *error) {
    plane_space *spaces;
    CKN_TRY(ckn_allocate(&spaces, (size_t)threads, sizeof *spaces, "the threads", error));
    ckn_code code = CKN_OK;
    for (int i = 0; i < threads && code == CKN_OK; i++)
        code = create_space(job, &spaces[i], error);
    if (code == CKN_OK) {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
        for (size_t tile = 0; tile < job->tiles; tile++) {
            if (ckn_watch_stopped(job->watch))
                continue;
            if (omp_get_thread_num() == 0) /* the caller's own */
                ckn_watch_step(job->watch, tile, job->tiles);
            filter_tile(job, &spaces[omp_get_thread_num()], tile);
        }
    }
    for (int i = 0; i < threads; i++)
        release_space(&spaces[i]);
    free(spaces);
    return code;
}

ckn_code ckn_cpu_fir_plane(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                           const ckn_lines *lines, const double *taps_x, size_t radius_x,
                           const double *taps_y, size_t radius_y, ckn_error *error) {
    float x[2 * CKN_FIR_PLANE_RADIUS + 1], y[2 * CKN_FIR_PLANE_RADIUS + 1];
    ckn_lines along = *lines;
    plane_job job = {.loops = &ckn_cpu_simd_of(backend)->strip,
                     .in = ckn_cpu_const_samples(in),
                     .out = ckn_cpu_samples(out),
                     .lines = *lines,
                     .taps_x = x,
                     .taps_y = y,
                     .radius_x = radius_x,
                     .radius_y = radius_y,
                     .watch = backend->watch};
    ckn_taps_spread(taps_x, radius_x, x);
    ckn_taps_spread(taps_y, radius_y, y);
    along.axis = CKN_AXIS_ROWS;
    job.period_x = ckn_cpu_period(&along);
    along.axis = CKN_AXIS_COLS;
    job.period_y = ckn_cpu_period(&along);
    job.row = lines->shape.cols * lines->channels;
    /* Whole pixels: three channels take a little less. */
    const size_t unit = lines->channels == 3 ? 48 : 64;
    job.tile = ckn_cpu_min(TILE_SAMPLES / unit * unit, job.row);
    job.tiles_across = ckn_cpu_divide_up(job.row, job.tile);
    job.tiles = job.tiles_across * ckn_cpu_divide_up(lines->shape.rows, TILE_ROWS);
    job.far = ckn_cpu_is_far(job.row * lines->shape.rows);
    int threads = ckn_cpu_team(backend, job.row * lines->shape.rows);
    if ((size_t)threads > job.tiles)
        threads = (int)job.tiles;
    return run_tiles(&job, threads, error);
}
