/* Line filters: one strip streams through a ring that stays in the cache. A few positions are read,
 * with what the boundary rule puts round the line; every pass goes on as far as it can with what
 * the pass before it has left; what comes out of the last one is written. Each pass makes the line
 * shorter by its window, so that no pass has a border of its own. */
#include "backend/cpu/cpu_line_job.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Positions read at a time: so many that the ring still fits in the first-level cache with them,
 * but not so few that the calls cost more than their work. */
#define LEAST_CHUNK ((size_t)64)
#define CACHED_POSITIONS ((size_t)192)
/* The same for FIR, which copies the end of its ring for windows that lie across it. */
#define FIR_CHUNK ((size_t)512)

static size_t chunk_of(const ckn_cpu_line_job *job) {
    if (job->filter->passes[0].kind == CKN_CPU_PASS_FIR)
        return FIR_CHUNK;
    const size_t kept = 2 * job->pad + LEAST_CHUNK;
    return kept < CACHED_POSITIONS ? CACHED_POSITIONS - 2 * job->pad : LEAST_CHUNK;
}

/* What the passes keep, what is read, and that a pass looks one position ahead. */
static size_t capacity_of(const ckn_cpu_line_job *job) {
    return 2 * job->pad + chunk_of(job) + 1;
}

/* Of a ring, with the copy of its start that a FIR makes behind it. */
size_t ckn_cpu_stream_positions(const ckn_cpu_line_job *job) {
    const bool fir = job->filter->passes[0].kind == CKN_CPU_PASS_FIR;
    return capacity_of(job) + (fir ? 2 * job->pad : 0);
}

ckn_code ckn_cpu_stream_create(const ckn_cpu_line_job *job, ckn_cpu_stream *stream,
                               ckn_error *error) {
    ckn_cpu_aligned memory;
    stream->capacity = capacity_of(job);
    CKN_TRY(ckn_cpu_aligned_create(ckn_cpu_stream_positions(job) * CKN_CPU_STRIP,
                                   "the lines of the blur", &memory, error));
    stream->ring = memory.data;
    stream->block = memory.block;
    return ckn_allocate(&stream->pass, job->filter->count + 1, sizeof *stream->pass, "the passes",
                        error);
}

void ckn_cpu_stream_release(ckn_cpu_stream *stream) {
    free(stream->block);
    free(stream->pass);
}

void ckn_cpu_stream_start(const ckn_cpu_line_job *job, ckn_cpu_stream *stream,
                          const ckn_cpu_task *task) {
    stream->task = *task;
    stream->written = (ckn_cpu_pass_state){.done = 0};
    for (size_t i = 0; i <= job->filter->count; i++)
        stream->pass[i] = (ckn_cpu_pass_state){.done = 0};
    memset(stream->totals, 0, sizeof stream->totals);
    for (size_t i = 0; job->needs_totals && i < job->period; i++) {
        ckn_cpu_load_positions(job, &stream->task, (ptrdiff_t)i, 1, 0, stream->ring);
        for (size_t lane = 0; lane < CKN_CPU_STRIP; lane++)
            stream->totals[lane] += stream->ring[lane];
    }
}

/* Where the position stands that is `offset` (at most the capacity) behind place `at` of the ring;
 * *run is cut to what stands behind it without a break. */
static double *place(const ckn_cpu_stream *stream, size_t at, size_t offset, size_t *run) {
    size_t place = at + offset;
    if (place >= stream->capacity)
        place -= stream->capacity;
    *run = ckn_cpu_min(*run, stream->capacity - place);
    return stream->ring + place * CKN_CPU_STRIP;
}

static void step(const ckn_cpu_stream *stream, ckn_cpu_pass_state *state, size_t count) {
    state->done += count;
    state->at += count;
    if (state->at >= stream->capacity)
        state->at -= stream->capacity;
}

/* --- passes ----------------------------------------------------------------------------------- */

/* The sum of the first plain window, without its end taps. */
static void start_box(const ckn_cpu_pass *pass, const ckn_cpu_stream *stream, double *sums) {
    for (size_t lane = 0; lane < CKN_CPU_STRIP; lane++)
        sums[lane] = pass->turns * stream->totals[lane];
    for (size_t t = 1; t < 2 * pass->half; t++) {
        for (size_t lane = 0; lane < CKN_CPU_STRIP; lane++)
            sums[lane] += stream->ring[t * CKN_CPU_STRIP + lane];
    }
}

/* These do at most `count` positions, and tell how many. */

static size_t run_box(const ckn_cpu_line_job *job, const ckn_cpu_stream *stream,
                      const ckn_cpu_pass *pass, ckn_cpu_pass_state *state, size_t count) {
    double *const at[] = {place(stream, state->at, 0, &count), place(stream, state->at, 1, &count),
                          place(stream, state->at, 2 * pass->half, &count)};
    job->loops->box(at, count, pass->alpha, state->sums);
    return count;
}

static size_t run_three_taps(const ckn_cpu_line_job *job, const ckn_cpu_stream *stream,
                             const ckn_cpu_pass *pass, const ckn_cpu_pass_state *state,
                             size_t count) {
    double *at[3];
    for (size_t i = 0; i < 3; i++)
        at[i] = place(stream, state->at, i * pass->stride, &count);
    job->loops->three_taps(at, count, pass->weight);
    return count;
}

/* Windows that lie across the end of the ring see a copy of its start behind it. */
static size_t run_fir(const ckn_cpu_line_job *job, const ckn_cpu_stream *stream,
                      const ckn_cpu_pass *pass, const ckn_cpu_pass_state *state, size_t count) {
    double *at = place(stream, state->at, 0, &count);
    const size_t end = state->at + count + 2 * pass->half;
    if (end > stream->capacity)
        memcpy(stream->ring + stream->capacity * CKN_CPU_STRIP, stream->ring,
               (end - stream->capacity) * CKN_CPU_STRIP * sizeof *at);
    job->loops->fir(at, count, pass->taps, 2 * pass->half + 1);
    return count;
}

/* Goes on with a pass as far as the one before it has come. */
static void advance(const ckn_cpu_line_job *job, const ckn_cpu_pass *pass,
                    const ckn_cpu_stream *stream, size_t available, ckn_cpu_pass_state *state) {
    if (available <= state->done + 2 * pass->half)
        return;
    const size_t end = available - 2 * pass->half;
    if (state->done == 0 && pass->kind == CKN_CPU_PASS_BOX)
        start_box(pass, stream, state->sums);
    while (state->done < end) {
        const size_t left = end - state->done;
        step(stream, state,
             pass->kind == CKN_CPU_PASS_BOX   ? run_box(job, stream, pass, state, left)
             : pass->kind == CKN_CPU_PASS_FIR ? run_fir(job, stream, pass, state, left)
                                              : run_three_taps(job, stream, pass, state, left));
    }
}

/* --- reading and writing ---------------------------------------------------------------------- */

static void read_positions(const ckn_cpu_line_job *job, ckn_cpu_stream *stream, size_t end,
                           size_t ahead) {
    ckn_cpu_pass_state *state = &stream->pass[0];
    while (state->done < end) {
        size_t count = end - state->done;
        double *to = place(stream, state->at, 0, &count);
        const ptrdiff_t first = (ptrdiff_t)(stream->task.begin + state->done) - (ptrdiff_t)job->pad;
        ckn_cpu_load_positions(job, &stream->task, first, count, ahead, to);
        step(stream, state, count);
    }
}

/* What the last pass has left. */
static void write_positions(const ckn_cpu_line_job *job, ckn_cpu_stream *stream, float *stage,
                            size_t stage_step) {
    const bool rows = job->axis == CKN_AXIS_ROWS;
    ckn_cpu_pass_state *state = &stream->written;
    const size_t end = stream->pass[job->filter->count].done;
    while (state->done < end) {
        size_t count = end - state->done;
        const double *from = place(stream, state->at, 0, &count);
        ckn_cpu_store_positions(job, &stream->task, stream->task.begin + state->done, count, from,
                                stage, stage_step);
        stage += count * (rows ? job->channels : stage_step);
        step(stream, state, count);
    }
}

void ckn_cpu_stream_run(const ckn_cpu_line_job *job, ckn_cpu_stream *stream, size_t count,
                        size_t ahead, float *stage, size_t stage_step) {
    const size_t start = stream->written.done, target = start + count;
    const size_t position_step = job->axis == CKN_AXIS_ROWS ? job->channels : stage_step;
    while (stream->written.done < target) {
        const size_t read = stream->pass[0].done;
        read_positions(job, stream, ckn_cpu_min(read + chunk_of(job), target + 2 * job->pad),
                       ahead);
        for (size_t i = 0; i < job->filter->count; i++)
            advance(job, &job->filter->passes[i], stream, stream->pass[i].done,
                    &stream->pass[i + 1]);
        write_positions(job, stream, stage + (stream->written.done - start) * position_step,
                        stage_step);
    }
}
