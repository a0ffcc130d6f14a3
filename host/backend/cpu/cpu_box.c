/* Iterated extended boxes along one axis, exact for every boundary.
 *
 * A line is copied into scratch memory together with what the boundary rule puts round it, and all
 * passes run there. Where the rule makes the line periodic (reflect, mirror, periodic) and one
 * period is shorter than the line with its extensions, a single period is filtered round and round
 * instead: the cost then no longer grows with sigma.
 *
 * Window sums use block prefix and suffix sums (M. van Herk, "A fast algorithm for local minimum
 * and maximum filters on rectangular and octagonal kernels", Pattern Recognition Letters 13 (1992)
 * 517-521, with + for max). Nothing is ever subtracted, so rounding errors do not travel along the
 * line, non-negative data stay non-negative, and NaN and infinity stay within the window.
 *
 * LANES lines are filtered side by side: the sums of one line wait for each other, those of
 * different lines do not, and columns are read in whole cache lines. */
#include "backend/cpu/cpu_internal.h"
#include "base/memory.h"

#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LANES 8
#define OUTSIDE SIZE_MAX /* in the index table: a sample that is zero */

typedef struct line_job {
    const ckn_extended_box *box;
    const double *in;
    double *out;
    size_t samples, sample_stride; /* of one line */
    size_t lines, line_stride;
    size_t *index; /* of the sample that stands at each place of the extended line or period */
    size_t places; /* in the table */
    size_t length; /* of one scratch line, in places */
    bool circular;
} line_job;

/* Three scratch lines of LANES interleaved lines each. */
typedef struct scratch {
    double *line, *sums, *suffix;
} scratch;

static size_t period_of(ckn_boundary boundary, size_t samples) {
    switch (boundary) {
    case CKN_BOUNDARY_REFLECT:
        return 2 * samples;
    case CKN_BOUNDARY_MIRROR:
        return samples > 1 ? 2 * samples - 2 : 1;
    case CKN_BOUNDARY_PERIODIC:
        return samples;
    case CKN_BOUNDARY_REPLICATE:
    case CKN_BOUNDARY_ZERO:
        break;
    }
    return 0;
}

/* The sample at place `place` of the line extended by `before` places on its left. */
static size_t sample_at(ckn_boundary boundary, size_t samples, size_t place, size_t before) {
    bool left = place < before, right = place >= before && place - before >= samples;
    size_t period = period_of(boundary, samples);
    if (!left && !right)
        return place - before;
    if (period == 0 && boundary == CKN_BOUNDARY_ZERO)
        return OUTSIDE;
    if (period == 0)
        return left ? 0 : samples - 1;
    size_t phase = left ? (period - (before - place) % period) % period : (place - before) % period;
    if (phase < samples)
        return phase;
    return boundary == CKN_BOUNDARY_REFLECT ? period - 1 - phase : period - phase;
}

/* sums[s] = line[s] + ... + line[s + width - 1] for s < starts. Reads, but does not use, one place
 * more. */
static void window_sums(double *sums, const double *line, size_t starts, size_t width,
                        double *suffix) {
    for (size_t block = 0; block < starts; block += width) {
        const double *from = line + block * LANES;
        memcpy(suffix + (width - 1) * LANES, from + (width - 1) * LANES, LANES * sizeof *suffix);
        for (size_t t = (width - 1) * LANES; t-- > 0;)
            suffix[t] = from[t] + suffix[t + LANES];
        double prefix[LANES] = {0.0};
        size_t count = ckn_cpu_min(width, starts - block);
        for (size_t t = 0; t < count; t++) {
            for (size_t lane = 0; lane < LANES; lane++) {
                sums[(block + t) * LANES + lane] = suffix[t * LANES + lane] + prefix[lane];
                prefix[lane] += from[(t + width) * LANES + lane];
            }
        }
    }
}

static void swap(double **a, double **b) {
    double *kept = *a;
    *a = *b;
    *b = kept;
}

/* All passes over the extended line; each makes it shorter by l + 1 places on both sides. */
static void filter_extended(const line_job *job, scratch *work) {
    size_t width = 2 * job->box->l + 1, length = job->length;
    double alpha = job->box->alpha, scale = 1.0 / job->box->lambda;
    for (size_t pass = 0; pass < job->box->passes; pass++) {
        length -= width + 1;
        window_sums(work->sums, work->line + LANES, length, width, work->suffix);
        const double *left = work->line, *right = work->line + (width + 1) * LANES;
        double *sums = work->sums;
        /* 0 * infinity would be NaN: without end taps they are left out. */
        for (size_t t = 0; alpha > 0.0 && t < length * LANES; t++)
            sums[t] += alpha * (left[t] + right[t]);
        for (size_t t = 0; t < length * LANES; t++)
            sums[t] *= scale;
        swap(&work->line, &work->sums);
    }
}

/* One pass round a line of `period` places. A window longer than the period is that many times the
 * sum of the whole period, and a rest. The result goes to work->suffix. */
static void filter_round(const line_job *job, const scratch *work, size_t period) {
    size_t l = job->box->l % period, turns = (2 * job->box->l + 1) / period;
    size_t rest = (2 * job->box->l + 1) % period;
    double alpha = job->box->alpha, scale = 1.0 / job->box->lambda;
    double total[LANES] = {0.0};
    for (size_t t = 0; turns > 0 && t < period * LANES; t++)
        total[t % LANES] += work->line[t];
    memcpy(work->line + period * LANES, work->line, period * LANES * sizeof *work->line);
    if (rest > 0)
        window_sums(work->sums, work->line, period, rest, work->suffix);
    else
        memset(work->sums, 0, period * LANES * sizeof *work->sums);
    for (size_t i = 0; i < period; i++) {
        const double *sums = work->sums + (i + period - l) % period * LANES;
        const double *left = work->line + (i + 2 * period - l - 1) % period * LANES;
        const double *right = work->line + (i + l + 1) % period * LANES;
        for (size_t lane = 0; lane < LANES; lane++) {
            double sum = sums[lane] + (double)turns * total[lane];
            if (alpha > 0.0)
                sum += alpha * (left[lane] + right[lane]);
            work->suffix[i * LANES + lane] = sum * scale;
        }
    }
}

static void filter_circular(const line_job *job, scratch *work) {
    for (size_t pass = 0; pass < job->box->passes; pass++) {
        filter_round(job, work, job->places);
        swap(&work->line, &work->suffix);
    }
}

/* Lanes beyond the last line repeat it. */
static void gather(const line_job *job, size_t first, double *line) {
    for (size_t lane = 0; lane < LANES; lane++) {
        const double *from = job->in + ckn_cpu_min(first + lane, job->lines - 1) * job->line_stride;
        for (size_t i = 0; i < job->places; i++) {
            size_t sample = job->index[i];
            line[i * LANES + lane] = sample == OUTSIDE ? 0.0 : from[sample * job->sample_stride];
        }
    }
}

static void scatter(const line_job *job, size_t first, const double *line) {
    for (size_t lane = 0; lane < LANES && first + lane < job->lines; lane++) {
        double *to = job->out + (first + lane) * job->line_stride;
        for (size_t i = 0; i < job->samples; i++)
            to[i * job->sample_stride] = line[i * LANES + lane];
    }
}

static void filter_group(const line_job *job, size_t first, scratch work) {
    gather(job, first, work.line);
    if (job->circular)
        filter_circular(job, &work);
    else
        filter_extended(job, &work);
    scatter(job, first, work.line);
}

static ckn_code fail_too_wide(const ckn_extended_box *box, ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_MEMORY,
                    "not enough memory to extend the image by the reach of sigma = %g; use a "
                    "smaller sigma, or the boundary reflect, mirror or periodic",
                    box->sigma);
}

/* Decides between the extended line and one period. */
static void choose_length(line_job *job, ckn_boundary boundary, size_t *reach) {
    size_t period = period_of(boundary, job->samples);
    if (!ckn_multiply(job->box->passes, job->box->l + 1, reach) || *reach > SIZE_MAX / 8)
        *reach = SIZE_MAX / 8; /* fits nowhere, which the caller finds out without overflow */
    job->places = job->samples + 2 * *reach;
    job->length = job->places;
    job->circular = period > 0 && 2 * period < job->places;
    if (job->circular) {
        job->places = period;
        job->length = 2 * period;
        *reach = 0;
    }
}

static ckn_code make_table(line_job *job, ckn_boundary boundary, size_t reach, ckn_error *error) {
    CKN_TRY(ckn_allocate(&job->index, job->places, sizeof *job->index, "the boundary", error));
    for (size_t i = 0; i < job->places; i++)
        job->index[i] = sample_at(boundary, job->samples, i, reach);
    return CKN_OK;
}

static ckn_code filter_lines(const line_job *job, int threads, ckn_error *error) {
    size_t groups = ckn_cpu_divide_up(job->lines, LANES), size = job->length * LANES;
    double *memory;
    CKN_TRY(ckn_allocate(&memory, (size_t)threads * 3 * size, sizeof *memory,
                         "the scratch lines of the blur", error));
#pragma omp parallel for num_threads(threads)
    for (size_t group = 0; group < groups; group++) {
        double *own = memory + (size_t)omp_get_thread_num() * 3 * size;
        filter_group(job, group * LANES, (scratch){own, own + size, own + 2 * size});
    }
    free(memory);
    return CKN_OK;
}

/* False where table and scratch would fill most of the machine: systems that promise more memory
 * than they have would end the program later. */
static bool fits_memory(size_t length, int threads) {
    size_t memory = ckn_physical_memory(), bytes;
    return ckn_multiply(length, (size_t)threads * (3 * LANES + 1) * sizeof(double), &bytes) &&
           (memory == 0 || bytes / 4 * 3 < memory);
}

ckn_code ckn_cpu_box_axis(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                          ckn_shape shape, ckn_axis axis, const ckn_extended_box *box,
                          ckn_boundary boundary, ckn_error *error) {
    bool along_rows = axis == CKN_AXIS_ROWS;
    line_job job = {.box = box,
                    .in = ckn_cpu_const_data(in),
                    .out = ckn_cpu_data(out),
                    .samples = along_rows ? shape.cols : shape.rows,
                    .sample_stride = along_rows ? 1 : shape.cols,
                    .lines = along_rows ? shape.rows : shape.cols,
                    .line_stride = along_rows ? shape.cols : 1};
    int threads = ckn_cpu_threads(backend);
    if ((size_t)threads > ckn_cpu_divide_up(job.lines, LANES))
        threads = (int)ckn_cpu_divide_up(job.lines, LANES);
    size_t reach;
    choose_length(&job, boundary, &reach);
    if (!fits_memory(job.length, threads))
        return fail_too_wide(box, error);
    CKN_TRY(make_table(&job, boundary, reach, error));
    ckn_code code = filter_lines(&job, threads, error);
    free(job.index);
    return code;
}
