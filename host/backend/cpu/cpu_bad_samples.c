/* NaN and infinity in line filters: what they reach, and no more.
 *
 * All taps within the reach of a filter are positive as a whole, so that one bad sample makes every
 * result bad whose reach it is in: infinite where all bad samples there are infinities of one sign,
 * else NaN. */
#include "backend/cpu/cpu_line_job.h"

/* The last position of each kind; "long ago" where there was none. */
typedef struct last_bad {
    ptrdiff_t nan, plus, minus;
} last_bad;

static void look(last_bad *last, double value, ptrdiff_t position) {
    if (!ckn_cpu_is_bad(value))
        return;
    if (isnan(value))
        last->nan = position;
    else if (value > 0.0)
        last->plus = position;
    else
        last->minus = position;
}

static bool result_of(const last_bad *last, ptrdiff_t oldest, double *value) {
    const bool plus = last->plus >= oldest, minus = last->minus >= oldest;
    if (last->nan < oldest && !plus && !minus)
        return false;
    *value = last->nan >= oldest || (plus && minus) ? (double)NAN
             : plus                                 ? (double)INFINITY
                                                    : (double)-INFINITY;
    return true;
}

static void restore_lane(const ckn_cpu_line_job *job, const ckn_cpu_task *task, size_t lane,
                         ptrdiff_t reach) {
    const ptrdiff_t never = PTRDIFF_MIN / 2;
    last_bad last = {never, never, never};
    const ptrdiff_t begin = (ptrdiff_t)task->begin, end = (ptrdiff_t)task->end;
    for (ptrdiff_t front = begin - reach; front < end + reach; front++) {
        const size_t sample = ckn_cpu_job_sample_at(job, front);
        if (sample != CKN_CPU_OUTSIDE)
            look(&last, ckn_cpu_read_sample(job, task, lane, sample), front);
        const ptrdiff_t middle = front - reach;
        double value;
        if (middle >= begin && result_of(&last, middle - reach, &value))
            ckn_cpu_write_sample(job, task, lane, (size_t)middle, value);
    }
}

void ckn_cpu_restore_bad_samples(const ckn_cpu_line_job *job, const ckn_cpu_task *task) {
    /* Two lengths to each side hold all that a line repeats. */
    const size_t reach = ckn_cpu_min(job->filter->reach, 2 * job->samples);
    for (size_t lane = 0; lane < task->lanes; lane++)
        restore_lane(job, task, lane, (ptrdiff_t)reach);
}
