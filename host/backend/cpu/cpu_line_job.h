/* What the files of the line filters share: the job, one strip's segment of it, and its stream. */
#ifndef CKN_BACKEND_CPU_LINE_JOB_H
#define CKN_BACKEND_CPU_LINE_JOB_H

#include "backend/cpu/cpu_lines.h"

#include <math.h>

typedef struct ckn_cpu_line_job {
    const ckn_cpu_strip_loops *loops;
    const ckn_cpu_filter *filter;
    ckn_type type;
    const void *in;
    void *out;
    ckn_axis axis;
    ckn_boundary boundary;
    size_t channels, samples, period;
    size_t sample_step, line_step; /* from one sample of a line, and from one line, to the next */
    size_t lines, lines_per_strip, strips;
    size_t lane_offset[CKN_CPU_STRIP]; /* from the first sample of a strip to that of its lanes */
    size_t pad;                        /* samples that all windows together reach to each side */
    size_t segment, segments;          /* of a line: length and number */
    size_t group;                      /* strips that are filtered together */
    bool needs_totals;                 /* a pass adds whole periods */
    bool clamp;                        /* no negative numbers where no sample is negative */
    ckn_watch *watch;                  /* NULL: nobody watches */
    bool far; /* the image is too large for the caches: results are written past them */
} ckn_cpu_line_job;

/* One segment of the lines of one strip. */
typedef struct ckn_cpu_task {
    size_t offset; /* of the strip's first sample */
    size_t lanes;
    size_t begin, end;  /* of the segment */
    bool bad, negative; /* what was seen of its samples */
} ckn_cpu_task;

/* How far a pass has come. */
typedef struct ckn_cpu_pass_state {
    double sums[CKN_CPU_STRIP];
    size_t done; /* positions of its result */
    size_t at;   /* where the next one stands in the ring */
} ckn_cpu_pass_state;

/* A strip on its way through the passes. Position t of what is read, and of what each pass leaves,
 * stands at place t of the ring, counted round. */
typedef struct ckn_cpu_stream {
    ckn_cpu_task task;
    double *ring; /* `capacity` positions, and room for a FIR's copy of its start */
    void *block;  /* what is freed */
    size_t capacity;
    ckn_cpu_pass_state *pass; /* one for what is read, and one for each pass */
    ckn_cpu_pass_state written;
    double totals[CKN_CPU_STRIP]; /* sums of one period */
} ckn_cpu_stream;

/* Numbers so large that their sums are not finite count as infinite. */
static inline bool ckn_cpu_is_bad(double value) {
    return !(fabs(value) < 1e200);
}

static inline size_t ckn_cpu_job_sample_at(const ckn_cpu_line_job *job, ptrdiff_t position) {
    return ckn_cpu_sample_at(job->boundary, job->samples, job->period, position);
}

/* cpu_line_samples.c */
/* One sample of the input, and of the output. */
double ckn_cpu_read_sample(const ckn_cpu_line_job *job, const ckn_cpu_task *task, size_t lane,
                           size_t sample);
void ckn_cpu_write_sample(const ckn_cpu_line_job *job, const ckn_cpu_task *task, size_t lane,
                          size_t sample, double value);
/* Reads `count` positions of the continued line, from `first` on; bad samples become 0, and the
 * task remembers what was seen. `ahead` as in cpu_strip.h. */
void ckn_cpu_load_positions(const ckn_cpu_line_job *job, ckn_cpu_task *task, ptrdiff_t first,
                            size_t count, size_t ahead, double *strip);
/* Writes `count` positions from `first` on, to float32 at `stage`: [position][lane] where lines are
 * columns, [line][position] where they are rows, these `stage_step` apart. Float64 goes to the
 * output itself. */
void ckn_cpu_store_positions(const ckn_cpu_line_job *job, const ckn_cpu_task *task, size_t first,
                             size_t count, const double *strip, float *stage, size_t stage_step);

/* cpu_line_stream.c */
/* Positions that one stream takes memory for. */
size_t ckn_cpu_stream_positions(const ckn_cpu_line_job *job);
ckn_code ckn_cpu_stream_create(const ckn_cpu_line_job *job, ckn_cpu_stream *stream,
                               ckn_error *error);
void ckn_cpu_stream_release(ckn_cpu_stream *stream);
void ckn_cpu_stream_start(const ckn_cpu_line_job *job, ckn_cpu_stream *stream,
                          const ckn_cpu_task *task);
/* The next `count` positions of the result, to the stage. */
void ckn_cpu_stream_run(const ckn_cpu_line_job *job, ckn_cpu_stream *stream, size_t count,
                        size_t ahead, float *stage, size_t stage_step);

/* cpu_bad_samples.c */
/* Writes NaN and infinity wherever the filter carries those of the input. */
void ckn_cpu_restore_bad_samples(const ckn_cpu_line_job *job, const ckn_cpu_task *task);

#endif
