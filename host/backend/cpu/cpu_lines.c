/* Filters along all lines of an image, exact for every boundary, in one trip through memory.
 *
 * Windows of boxes are running sums in double precision. They start anew with every segment of a
 * line, and samples that are not finite never enter them: those are counted as 0, and what they
 * reach is written afterwards (cpu_bad_samples.c). So nothing drifts beyond the last digits of a
 * double, and what these leave below zero where no sample was negative is written as zero. */
#include "backend/cpu/cpu_line_job.h"
#include "base/memory.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Segments of a line are filtered by themselves, each with the reach of the filter round it; so
 * long that this costs little. Fixed, since results must not depend on the number of threads. */
#define LEAST_SEGMENT ((size_t)8192)
#define REACHES_PER_SEGMENT ((size_t)16)
/* Columns are read and written in pieces of GROUP strips, 256 bytes: memory is slow with less. */
#define GROUP ((size_t)4)
/* Positions that wait on the stage before they are written together. */
#define BLOCK ((size_t)512)

/* The work space of one thread. */
typedef struct work_space {
    ckn_cpu_stream streams[GROUP];
    ckn_cpu_aligned stage; /* GROUP * BLOCK positions of float32 */
} work_space;

/* What all passes reach ends where fits_memory() refuses it and a segment still has a length. */
static void lay_out_passes(ckn_cpu_line_job *job) {
    for (size_t i = 0; i < job->filter->count; i++) {
        const ckn_cpu_pass *pass = &job->filter->passes[i];
        job->pad += ckn_cpu_min(pass->half, SIZE_MAX / REACHES_PER_SEGMENT - job->pad);
        job->needs_totals = job->needs_totals || pass->turns > 0.0;
        /* Sums of products of taps that are not negative need no help. */
        job->clamp = job->clamp || pass->kind != CKN_CPU_PASS_FIR;
    }
    job->segment = LEAST_SEGMENT;
    if (job->pad > LEAST_SEGMENT / REACHES_PER_SEGMENT)
        job->segment = REACHES_PER_SEGMENT * job->pad;
    job->segments = ckn_cpu_divide_up(job->samples, job->segment);
}

static void lay_out(ckn_cpu_line_job *job, const ckn_lines *lines) {
    const bool rows = lines->axis == CKN_AXIS_ROWS;
    const size_t row = lines->shape.cols * lines->channels, lanes = rows ? lines->channels : 1;
    job->axis = lines->axis;
    job->boundary = lines->boundary;
    job->channels = lines->channels;
    job->samples = ckn_cpu_line_length(lines);
    job->period = ckn_cpu_period(lines);
    job->sample_step = rows ? lines->channels : row;
    job->line_step = rows ? row : 1;
    job->lines = rows ? lines->shape.rows : row;
    job->lines_per_strip = CKN_CPU_STRIP / lanes;
    job->strips = ckn_cpu_divide_up(job->lines, job->lines_per_strip);
    job->group = rows || job->type == CKN_FLOAT64 ? 1 : GROUP;
    job->far = ckn_cpu_is_far(job->lines * job->samples * lanes);
    for (size_t lane = 0; lane < CKN_CPU_STRIP; lane++)
        job->lane_offset[lane] = lane / lanes * job->line_step + lane % lanes;
    lay_out_passes(job);
}

static ckn_cpu_task task_at(const ckn_cpu_line_job *job, size_t strip, size_t segment) {
    const size_t line = strip * job->lines_per_strip, begin = segment * job->segment;
    const size_t lines = ckn_cpu_min(job->lines_per_strip, job->lines - line);
    return (ckn_cpu_task){.offset = line * job->line_step,
                          .lanes = job->axis == CKN_AXIS_ROWS ? lines * job->channels : lines,
                          .begin = begin,
                          .end = ckn_cpu_min(begin + job->segment, job->samples)};
}

/* --- from the stage to the image -------------------------------------------------------------- */

static void put(const ckn_cpu_line_job *job, const ckn_cpu_pieces *of, float *to,
                const float *from) {
    if (job->far) {
        job->loops->stream(of, to, from);
        return;
    }
    for (size_t row = 0; row < of->rows; row++) {
        for (size_t i = 0; i < of->pieces; i++)
            memcpy(to + row * of->to_row + i * of->count,
                   from + row * of->from_row + i * of->from_piece, of->count * sizeof *to);
    }
}

/* Rows of the stage stand BLOCK positions apart. */
static void write_rows(const ckn_cpu_line_job *job, const ckn_cpu_task *task, size_t first,
                       size_t count, const float *stage) {
    const ckn_cpu_pieces rows = {.rows = task->lanes / job->channels,
                                 .to_row = job->line_step,
                                 .from_row = BLOCK * job->channels,
                                 .pieces = 1,
                                 .count = count * job->channels};
    put(job, &rows, (float *)job->out + task->offset + first * job->sample_step, stage);
}

/* Position by position, the whole strips of the group side by side; then one that is narrower. */
static void write_cols(const ckn_cpu_line_job *job, const work_space *work, size_t strips,
                       size_t first, size_t count, const float *stage) {
    const ckn_cpu_task *last = &work->streams[strips - 1].task;
    const size_t whole = last->lanes == CKN_CPU_STRIP ? strips : strips - 1;
    float *to = (float *)job->out + first * job->sample_step;
    ckn_cpu_pieces cols = {.rows = count,
                           .to_row = job->sample_step,
                           .from_row = CKN_CPU_STRIP,
                           .pieces = whole,
                           .from_piece = BLOCK * CKN_CPU_STRIP,
                           .count = CKN_CPU_STRIP};
    put(job, &cols, to + work->streams[0].task.offset, stage);
    if (whole == strips)
        return;
    cols.pieces = 1;
    cols.count = last->lanes;
    put(job, &cols, to + last->offset, stage + whole * BLOCK * CKN_CPU_STRIP);
}

/* --- the whole image -------------------------------------------------------------------------- */

/* What to fetch while strip `s` of a group of columns is read: the piece of the next strip, which
 * comes next; while rows are read, what comes a little later. */
static size_t fetch_ahead(const ckn_cpu_line_job *job, size_t strips, size_t s) {
    if (job->axis == CKN_AXIS_ROWS)
        return 128;
    return s + 1 < strips ? CKN_CPU_STRIP : BLOCK * job->sample_step - s * CKN_CPU_STRIP;
}

static void filter_block(const ckn_cpu_line_job *job, work_space *work, size_t strips, size_t first,
                         size_t count) {
    const bool rows = job->axis == CKN_AXIS_ROWS;
    float *stage = (float *)(void *)work->stage.data;
    for (size_t s = 0; s < strips; s++)
        ckn_cpu_stream_run(job, &work->streams[s], count, fetch_ahead(job, strips, s),
                           stage + s * BLOCK * CKN_CPU_STRIP,
                           rows ? BLOCK * job->channels : CKN_CPU_STRIP);
    if (job->type != CKN_FLOAT32)
        return;
    if (rows)
        write_rows(job, &work->streams[0].task, first, count, stage);
    else
        write_cols(job, work, strips, first, count, stage);
}

/* One segment of the strips of one group. */
static void filter_group(const ckn_cpu_line_job *job, work_space *work, size_t first_strip,
                         size_t segment) {
    const size_t strips = ckn_cpu_min(job->group, job->strips - first_strip);
    for (size_t s = 0; s < strips; s++) {
        const ckn_cpu_task task = task_at(job, first_strip + s, segment);
        ckn_cpu_stream_start(job, &work->streams[s], &task);
    }
    const size_t end = work->streams[0].task.end;
    for (size_t first = work->streams[0].task.begin; first < end; first += BLOCK)
        filter_block(job, work, strips, first, ckn_cpu_min(BLOCK, end - first));
    job->loops->drain();
    for (size_t s = 0; s < strips; s++) {
        if (work->streams[s].task.bad)
            ckn_cpu_restore_bad_samples(job, &work->streams[s].task);
    }
}

static ckn_code create_work_space(const ckn_cpu_line_job *job, work_space *work, ckn_error *error) {
    for (size_t s = 0; s < job->group; s++)
        CKN_TRY(ckn_cpu_stream_create(job, &work->streams[s], error));
    return ckn_cpu_aligned_create(job->group * BLOCK * CKN_CPU_STRIP * sizeof(float) /
                                      sizeof(double),
                                  "the lines of the blur", &work->stage, error);
}

static void release_work_space(work_space *work) {
    for (size_t s = 0; s < GROUP; s++)
        ckn_cpu_stream_release(&work->streams[s]);
    free(work->stage.block);
}

static void run_groups(const ckn_cpu_line_job *job, work_space *spaces, int threads) {
    const size_t groups = ckn_cpu_divide_up(job->strips, job->group);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (size_t i = 0; i < groups * job->segments; i++) {
        if (ckn_watch_stopped(job->watch))
            continue;
        if (omp_get_thread_num() == 0) /* the caller's own */
            ckn_watch_step(job->watch, i, groups * job->segments);
        filter_group(job, &spaces[omp_get_thread_num()], i / job->segments * job->group,
                     i % job->segments);
    }
}

static ckn_code run_job(const ckn_cpu_line_job *job, int threads, ckn_error *error) {
    work_space *spaces;
    CKN_TRY(ckn_allocate(&spaces, (size_t)threads, sizeof *spaces, "the threads", error));
    ckn_code code = CKN_OK;
    for (int i = 0; i < threads && code == CKN_OK; i++)
        code = create_work_space(job, &spaces[i], error);
    if (code == CKN_OK)
        run_groups(job, spaces, threads);
    for (int i = 0; i < threads; i++)
        release_work_space(&spaces[i]);
    free(spaces);
    return code;
}

/* False where the rings would fill most of the machine: systems that promise more memory than they
 * have would end the program later. */
static bool fits_memory(const ckn_cpu_line_job *job, int threads) {
    const size_t memory = ckn_physical_memory();
    const size_t position = CKN_CPU_STRIP * sizeof(double) * job->group * (size_t)threads;
    size_t bytes;
    return job->pad < SIZE_MAX / 16 &&
           ckn_multiply(ckn_cpu_stream_positions(job), position, &bytes) &&
           (memory == 0 || bytes / 4 * 3 < memory);
}

ckn_code ckn_cpu_filter_lines(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                              const ckn_lines *lines, const ckn_cpu_filter *filter,
                              ckn_error *error) {
    ckn_cpu_line_job job = {.loops = &ckn_cpu_simd_of(backend)->strip,
                            .filter = filter,
                            .type = ckn_cpu_type(in),
                            .in = ckn_cpu_const_samples(in),
                            .out = ckn_cpu_samples(out)};
    job.watch = backend->watch;
    lay_out(&job, lines);
    const size_t tasks = ckn_cpu_divide_up(job.strips, job.group) * job.segments;
    int threads = ckn_cpu_team(backend, job.lines * job.samples);
    if ((size_t)threads > tasks)
        threads = (int)tasks;
    if (!fits_memory(&job, threads))
        return ckn_fail(error, CKN_ERROR_MEMORY,
                        "not enough memory for lines with %zu samples of reach to each side; use a "
                        "smaller sigma, or the boundary reflect, mirror or periodic",
                        job.pad);
    return run_job(&job, threads, error);
}
