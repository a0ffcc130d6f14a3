/* Line filters: from the image to strips and back. */
#include "backend/cpu/cpu_line_job.h"

#include <string.h>

size_t ckn_cpu_line_length(const ckn_lines *lines) {
    return lines->axis == CKN_AXIS_ROWS ? lines->shape.cols : lines->shape.rows;
}

size_t ckn_cpu_period(const ckn_lines *lines) {
    return ckn_boundary_period(lines->boundary, ckn_cpu_line_length(lines));
}

size_t ckn_cpu_sample_at(ckn_boundary boundary, size_t samples, size_t period, ptrdiff_t position) {
    if (position >= 0 && (size_t)position < samples)
        return (size_t)position;
    if (boundary == CKN_BOUNDARY_ZERO)
        return CKN_CPU_OUTSIDE;
    if (period == 0)
        return position < 0 ? 0 : samples - 1;
    const size_t phase =
        position < 0 ? period - 1 - (size_t)(-(position + 1)) % period : (size_t)position % period;
    if (phase < samples)
        return phase;
    return boundary == CKN_BOUNDARY_REFLECT ? period - 1 - phase : period - phase;
}

double ckn_cpu_read_sample(const ckn_cpu_line_job *job, const ckn_cpu_task *task, size_t lane,
                           size_t sample) {
    const size_t at = task->offset + job->lane_offset[lane] + sample * job->sample_step;
    return job->type == CKN_FLOAT32 ? (double)((const float *)job->in)[at]
                                    : ((const double *)job->in)[at];
}

void ckn_cpu_write_sample(const ckn_cpu_line_job *job, const ckn_cpu_task *task, size_t lane,
                          size_t sample, double value) {
    const size_t at = task->offset + job->lane_offset[lane] + sample * job->sample_step;
    if (job->type == CKN_FLOAT32)
        ((float *)job->out)[at] = (float)value;
    else
        ((double *)job->out)[at] = value;
}

/* One position of float64. */
static void load_position(const ckn_cpu_line_job *job, const ckn_cpu_task *task, size_t sample,
                          double *to, ckn_cpu_seen *seen) {
    for (size_t lane = 0; lane < CKN_CPU_STRIP; lane++) {
        const double value =
            lane < task->lanes ? ckn_cpu_read_sample(job, task, lane, sample) : 0.0;
        const bool bad = ckn_cpu_is_bad(value);
        to[lane] = bad ? 0.0 : value * job->filter->scale;
        seen->bad = seen->bad || bad;
        seen->negative = seen->negative || value < 0.0;
    }
}

/* `count` positions from `first` on, inside the line. */
static void load_inside(const ckn_cpu_line_job *job, const ckn_cpu_task *task, size_t first,
                        size_t count, size_t ahead, double *strip, ckn_cpu_seen *seen) {
    const bool rows = job->axis == CKN_AXIS_ROWS;
    if (job->type == CKN_FLOAT32) {
        const float *image = job->in;
        const ckn_cpu_plane plane = {.in = image + task->offset + first * job->sample_step,
                                     .step = rows ? job->line_step : job->sample_step,
                                     .lanes = task->lanes,
                                     .channels = job->channels,
                                     .scale = job->filter->scale,
                                     .ahead = ahead};
        (rows ? job->loops->load_rows : job->loops->load_cols)(strip, &plane, count, seen);
        return;
    }
    for (size_t i = 0; i < count; i++)
        load_position(job, task, first + i, strip + i * CKN_CPU_STRIP, seen);
}

static void reverse(double *strip, size_t count) {
    const size_t size = CKN_CPU_STRIP * sizeof *strip;
    double kept[CKN_CPU_STRIP];
    for (size_t i = 0; i < count / 2; i++) {
        double *a = strip + i * CKN_CPU_STRIP, *b = strip + (count - 1 - i) * CKN_CPU_STRIP;
        memcpy(kept, a, size);
        memcpy(a, b, size);
        memcpy(b, kept, size);
    }
}

/* Positions outside the line, at most `count` of them: as far as they repeat a stretch of it, in
 * its order or backwards. Returns how many. */
static size_t load_outside(const ckn_cpu_line_job *job, const ckn_cpu_task *task,
                           ptrdiff_t position, size_t count, double *strip, ckn_cpu_seen *seen) {
    if (position < 0)
        count = ckn_cpu_min(count, (size_t)-position);
    const size_t sample = ckn_cpu_job_sample_at(job, position);
    if (sample == CKN_CPU_OUTSIDE) {
        memset(strip, 0, count * CKN_CPU_STRIP * sizeof *strip);
        return count;
    }
    const size_t next = ckn_cpu_job_sample_at(job, position + 1);
    if (next == sample + 1) {
        count = ckn_cpu_min(count, job->samples - sample);
        load_inside(job, task, sample, count, 0, strip, seen);
    } else if (next + 1 == sample) {
        count = ckn_cpu_min(count, sample + 1);
        load_inside(job, task, sample + 1 - count, count, 0, strip, seen);
        reverse(strip, count);
    } else {
        load_inside(job, task, sample, 1, 0, strip, seen);
        if (job->period > 0)
            return 1; /* a corner of a reflection */
        for (size_t i = 1; i < count; i++)
            memcpy(strip + i * CKN_CPU_STRIP, strip, CKN_CPU_STRIP * sizeof *strip);
    }
    return count;
}

static bool any_below_zero(const double *strip, size_t count) {
    bool any = false;
    for (size_t i = 0; i < count * CKN_CPU_STRIP; i++)
        any = any || strip[i] < 0.0;
    return any;
}

void ckn_cpu_load_positions(const ckn_cpu_line_job *job, ckn_cpu_task *task, ptrdiff_t first,
                            size_t count, size_t ahead, double *strip) {
    ckn_cpu_seen seen = {false, false};
    for (size_t i = 0; i < count;) {
        const ptrdiff_t position = first + (ptrdiff_t)i;
        double *to = strip + i * CKN_CPU_STRIP;
        if (position >= 0 && (size_t)position < job->samples) {
            const size_t now = ckn_cpu_min(count - i, job->samples - (size_t)position);
            load_inside(job, task, (size_t)position, now, ahead, to, &seen);
            i += now;
        } else {
            i += load_outside(job, task, position, count - i, to, &seen);
        }
    }
    for (size_t i = 0; seen.bad && i < count * CKN_CPU_STRIP; i++)
        strip[i] = ckn_cpu_is_bad(strip[i]) ? 0.0 : strip[i];
    task->bad = task->bad || seen.bad;
    if (seen.negative && !task->negative)
        task->negative = any_below_zero(strip, count);
}

void ckn_cpu_store_positions(const ckn_cpu_line_job *job, const ckn_cpu_task *task, size_t first,
                             size_t count, const double *strip, float *stage, size_t stage_step) {
    const bool clamp = job->clamp && !task->negative;
    if (job->type == CKN_FLOAT32) {
        ckn_cpu_plane plane = {.step = stage_step, .lanes = task->lanes, .channels = job->channels};
        plane.out = stage;
        (job->axis == CKN_AXIS_ROWS ? job->loops->store_rows
                                    : job->loops->store_cols)(strip, &plane, count, clamp);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t lane = 0; lane < task->lanes; lane++) {
            const double value = strip[i * CKN_CPU_STRIP + lane];
            ckn_cpu_write_sample(job, task, lane, first + i, clamp && !(value > 0.0) ? 0.0 : value);
        }
    }
}
