/* Line filters: boxes and FIR in one trip through memory, or as few as local memory allows. */
#include "backend/opencl/cl_lines.h"

#include "backend/opencl/cl_line_cut.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* With double precision results are lambda^passes times too large within a launch (see box_pass in
 * kernels/lines.cl); not more than this. */
#define MOST_GROWTH_DIGITS 100.0
/* Positions must fit in int. */
#define MOST_REACH ((size_t)1 << 24)
/* Zeros before and behind the taps of a FIR. */
#define ZEROS ((size_t)3)

/* One launch: what it does, on lines of which lengths. Position 0 of the result is position
 * `offset` of the input. */
typedef struct line_launch {
    ckn_cl_line_step step;
    ckn_cl_line_cut cut;
    const ckn_buffer *in, *taps;
    ckn_buffer *out, *flags;
    size_t in_length, out_length;
    ptrdiff_t offset;
} line_launch;

/* What boxes are made of, as kernels take it. */
typedef struct box_numbers {
    double alpha, unit, scale, weight;
} box_numbers;

ckn_code ckn_cl_samples_create(ckn_backend *backend, size_t count, ckn_type type,
                               ckn_buffer **buffer, ckn_error *error) {
    (void)type; /* devices store float32 */
    return ckn_cl_buffer_create(backend, count, buffer, error);
}

/* In float32 alpha is rounded, and lambda made from what is left of it, so that the taps add up to
 * one all the same. */
static box_numbers numbers_of(const ckn_cl *cl, const ckn_extended_box *box) {
    const double alpha = ckn_cl_lines_double(cl) ? box->alpha : (double)(float)box->alpha;
    const double lambda = 2.0 * (double)box->l + 1.0 + 2.0 * alpha;
    const double unit = ckn_cl_lines_double(cl) ? 1.0 : exp2(-ceil(log2(lambda)));
    return (box_numbers){alpha * unit, unit, 1.0 / (lambda * unit), box->correction};
}

static double rest(double value) {
    return value - (double)(float)value;
}

/* Each segment of a line reads the reach of the step at both ends once more. */
static void count_traffic(ckn_cl *cl, const ckn_lines *lines, const line_launch *job) {
    const double count = (double)ckn_cl_line_count(lines) * sizeof(cl_float);
    const size_t segments = ckn_cl_ceil_divide(job->out_length, job->cut.segment);
    cl->line_reads +=
        count * (double)(job->out_length + 2 * ckn_cl_line_pad(&job->step) * segments);
    cl->line_writes += count * (double)job->out_length;
}

static ckn_code launch(ckn_cl *cl, const ckn_lines *lines, const line_launch *job,
                       const box_numbers *box, ckn_error *error) {
    const bool rows = lines->axis == CKN_AXIS_ROWS;
    const size_t count = ckn_cl_line_count(lines), across = rows ? lines->channels : count;
    const size_t in_pitch = rows ? job->in_length * across : across;
    const size_t out_pitch = rows ? job->out_length * across : across;
    const ckn_cl_line_cut *cut = &job->cut;
    const size_t groups = ckn_cl_ceil_divide(count, ckn_cl_line_cut_lines(cl, cut));
    count_traffic(cl, lines, job);
    const ckn_cl_range range = {
        .items = {groups * cut->items, ckn_cl_ceil_divide(job->out_length, cut->segment)},
        .group = {cut->items, 1},
        .work = 16.0 * (double)(cut->segment * cut->items * cut->strips) *
                (double)(job->step.passes + job->step.radius + 1),
    };
    return CKN_CL_LAUNCH(
        cl, CKN_CL_FILTER_LINES, &range, error, ckn_cl_arg_buffer(job->in),
        ckn_cl_arg_buffer(job->out), ckn_cl_arg_buffer(job->taps), ckn_cl_arg_buffer(job->flags),
        ckn_cl_arg_int(rows), ckn_cl_arg_int(lines->channels), ckn_cl_arg_int(count),
        ckn_cl_arg_int(in_pitch), ckn_cl_arg_int(job->in_length), ckn_cl_arg_int(out_pitch),
        ckn_cl_arg_int(job->out_length), ckn_cl_arg_int((size_t)job->offset),
        ckn_cl_arg_int(lines->boundary), ckn_cl_arg_int(cut->segment), ckn_cl_arg_int(cut->strips),
        ckn_cl_arg_int(cut->block), ckn_cl_arg_int(cut->chunk), ckn_cl_arg_int(cut->capacity),
        ckn_cl_arg_int(job->step.passes), ckn_cl_arg_int(job->step.margin),
        ckn_cl_arg_int(job->step.radius), ckn_cl_arg_int(job->step.stride),
        ckn_cl_arg_float(box->alpha), ckn_cl_arg_float(rest(box->alpha)),
        ckn_cl_arg_float(box->unit), ckn_cl_arg_float(box->scale),
        ckn_cl_arg_float(rest(box->scale)), ckn_cl_arg_float(box->weight),
        ckn_cl_arg_int(ckn_cl_is_far(count * job->out_length)), ckn_cl_arg_local(cut->ring_bytes),
        ckn_cl_arg_local(cut->sums_bytes), ckn_cl_arg_local(cut->stage_bytes));
}

/* NaN and infinity, where groups of `lines_of_group` lines have a flag. */
static ckn_code restore_bad(ckn_cl *cl, ckn_buffer *out, const ckn_buffer *in,
                            const ckn_buffer *flags, size_t lines_of_group, const ckn_lines *lines,
                            size_t reach, ckn_error *error) {
    const bool rows = lines->axis == CKN_AXIS_ROWS;
    const size_t count = ckn_cl_line_count(lines), length = ckn_cl_line_length(lines);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_line(cl, CKN_CL_RESTORE_BAD, count, &range, error));
    /* Two lengths to each side hold all that a line repeats. */
    return CKN_CL_LAUNCH(
        cl, CKN_CL_RESTORE_BAD, &range, error, ckn_cl_arg_buffer(in), ckn_cl_arg_buffer(out),
        ckn_cl_arg_buffer(flags), ckn_cl_arg_int(lines_of_group), ckn_cl_arg_int(rows),
        ckn_cl_arg_int(lines->channels), ckn_cl_arg_int(count),
        ckn_cl_arg_int(lines->shape.cols * lines->channels), ckn_cl_arg_int(length),
        ckn_cl_arg_int(lines->boundary), ckn_cl_arg_int(ckn_cl_smaller(reach, 2 * length)));
}

/* --- boxes ------------------------------------------------------------------------------------ */

/* The steps of a box, as long as each is: as many passes as local memory holds. */
typedef struct box_steps {
    ckn_cl_line_step *step; /* passes + 1 at most */
    size_t count;
} box_steps;

static bool step_fits(const ckn_cl *cl, size_t limit, const ckn_cl_line_step *step,
                      const ckn_lines *lines, double lambda) {
    ckn_cl_line_cut cut;
    return (!ckn_cl_lines_double(cl) ||
            (double)step->passes * log10(lambda) <= MOST_GROWTH_DIGITS) &&
           ckn_cl_line_cut_choose(cl, limit, step, lines->axis, ckn_cl_line_count(lines),
                                  ckn_cl_line_length(lines), &cut);
}

/* False where one pass alone does not fit. */
static bool plan_steps(const ckn_cl *cl, size_t limit, const ckn_lines *lines,
                       const ckn_extended_box *box, box_steps *steps) {
    size_t left = box->passes, stride = box->stride;
    steps->count = 0;
    while (left > 0 || stride > 0) {
        ckn_cl_line_step step = {.passes = left, .margin = box->l + 1, .stride = stride};
        while (!step_fits(cl, limit, &step, lines, box->lambda)) {
            if (step.stride > 0 && step.passes > 0)
                step.stride = 0;
            else if (step.passes > 1)
                step.passes--;
            else
                return false;
        }
        left -= step.passes;
        stride -= step.stride;
        steps->step[steps->count++] = step;
    }
    return true;
}

/* Where the results of all steps but the last go: lines that are longer by what is still to be
 * used up. False where that would be too large. */
static bool between_fits(const ckn_cl *cl, const ckn_lines *lines, size_t longest) {
    const size_t count = ckn_cl_line_count(lines);
    size_t most = cl->device.info.max_allocation / sizeof(cl_float);
    if (most > CKN_CL_MOST_ELEMENTS)
        most = CKN_CL_MOST_ELEMENTS;
    return longest <= most / count;
}

static ckn_code run_steps(ckn_cl *cl, size_t limit, ckn_buffer *out, const ckn_buffer *in,
                          const ckn_lines *lines, const ckn_extended_box *box,
                          const box_steps *steps, size_t pad, ckn_error *error) {
    static const ckn_cl_scratch_id between[] = {CKN_CL_SCRATCH_LINES, CKN_CL_SCRATCH_PASSED};
    const box_numbers numbers = numbers_of(cl, box);
    const size_t count = ckn_cl_line_count(lines), length = ckn_cl_line_length(lines);
    line_launch job = {.in = in, .taps = in, .in_length = length};
    size_t lines_of_group = 1, left = pad;
    CKN_TRY(ckn_cl_flags(cl, count, &job.flags, error));
    for (size_t i = 0; i < steps->count; i++) {
        const size_t used = ckn_cl_line_pad(&steps->step[i]);
        left -= used;
        job.step = steps->step[i];
        job.out_length = length + 2 * left;
        job.offset = i == 0 ? -(ptrdiff_t)left : (ptrdiff_t)used;
        job.out = out;
        if (left > 0)
            CKN_TRY(ckn_cl_scratch(cl, between[i % 2], count * job.out_length, &job.out, error));
        ckn_cl_line_cut_choose(cl, limit, &job.step, lines->axis, count, job.out_length, &job.cut);
        if (i == 0)
            lines_of_group = ckn_cl_line_cut_lines(cl, &job.cut);
        CKN_TRY(launch(cl, lines, &job, &numbers, error));
        job.in = job.out;
        job.in_length = job.out_length;
    }
    return restore_bad(cl, out, in, job.flags, lines_of_group, lines, ckn_box_reach(box), error);
}

/* Every line may hold something bad. */
static ckn_code run_far(ckn_cl *cl, ckn_buffer *out, const ckn_buffer *in, const ckn_lines *lines,
                        const ckn_extended_box *box, ckn_error *error) {
    ckn_buffer *flags;
    CKN_TRY(ckn_cl_box_far(cl, out, in, lines, box, error));
    CKN_TRY(ckn_cl_flags(cl, 1, &flags, error));
    CKN_TRY(ckn_cl_fill(&cl->base, flags, 1, 1, error));
    return restore_bad(cl, out, in, flags, ckn_cl_line_count(lines), lines, ckn_box_reach(box),
                       error);
}

ckn_code ckn_cl_box_axis(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                         const ckn_lines *lines, const ckn_extended_box *box, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    if (box->l >= MOST_REACH || box->passes > MOST_REACH / (box->l + 1) ||
        box->stride > MOST_REACH / 4)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "sigma %g with %zu passes reaches farther than %zu pixels, which is the "
                        "limit; blur a smaller image by a smaller sigma",
                        box->sigma, box->passes, MOST_REACH);
    const size_t pad = box->passes * (box->l + 1) + box->stride;
    size_t limit;
    box_steps steps;
    CKN_TRY(ckn_cl_kernel_limit(cl, CKN_CL_FILTER_LINES, &limit, error));
    CKN_TRY(ckn_allocate(&steps.step, box->passes + 1, sizeof *steps.step, "the passes", error));
    const bool near =
        plan_steps(cl, limit, lines, box, &steps) &&
        (steps.count == 1 || between_fits(cl, lines, ckn_cl_line_length(lines) + 2 * pad));
    ckn_code code = near ? run_steps(cl, limit, out, in, lines, box, &steps, pad, error)
                         : run_far(cl, out, in, lines, box, error);
    free(steps.step);
    return code;
}

/* --- FIR -------------------------------------------------------------------------------------- */

/* All taps with zeros round them, on the device. */
static ckn_code upload_taps(ckn_cl *cl, const double *taps, size_t radius, ckn_buffer **buffer,
                            ckn_error *error) {
    const size_t width = 2 * radius + 1, count = width + 2 * ZEROS;
    float *all;
    CKN_TRY(ckn_allocate(&all, count, sizeof *all, "the taps", error));
    ckn_taps_spread(taps, radius, all + ZEROS);
    const ckn_view view = ckn_view_f32(all, 1, count);
    ckn_code code = ckn_cl_scratch(cl, CKN_CL_SCRATCH_TAPS, count, buffer, error);
    if (code == CKN_OK)
        code = ckn_cl_upload(&cl->base, *buffer, &view, error);
    free(all);
    return code;
}

static ckn_code fir_direct(ckn_cl *cl, ckn_buffer *out, const ckn_buffer *in,
                           const ckn_buffer *taps, const ckn_lines *lines, size_t radius,
                           ckn_error *error) {
    const size_t pitch = lines->shape.cols * lines->channels;
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_plane(cl, CKN_CL_FIR_DIRECT, lines->shape.rows, pitch, &range, error));
    range.work = 4.0 * (double)(range.group[0] * range.group[1]) * (double)(2 * radius + 1);
    return CKN_CL_LAUNCH(cl, CKN_CL_FIR_DIRECT, &range, error, ckn_cl_arg_buffer(in),
                         ckn_cl_arg_buffer(out), ckn_cl_arg_buffer(taps),
                         ckn_cl_arg_int(lines->axis == CKN_AXIS_ROWS),
                         ckn_cl_arg_int(lines->channels), ckn_cl_arg_int(ckn_cl_line_count(lines)),
                         ckn_cl_arg_int(pitch), ckn_cl_arg_int(ckn_cl_line_length(lines)),
                         ckn_cl_arg_int(lines->boundary), ckn_cl_arg_int(radius));
}

ckn_code ckn_cl_fir_axis(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                         const ckn_lines *lines, const double *taps, size_t radius,
                         ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    const box_numbers none = {0, 1, 1, 0};
    const size_t count = ckn_cl_line_count(lines), length = ckn_cl_line_length(lines);
    line_launch job = {.step = {.radius = radius}, .in = in, .out = out};
    ckn_buffer *all;
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, CKN_CL_FILTER_LINES, &limit, error));
    CKN_TRY(upload_taps(cl, taps, radius, &all, error));
    if (!ckn_cl_line_cut_choose(cl, limit, &job.step, lines->axis, count, length, &job.cut))
        return fir_direct(cl, out, in, all, lines, radius, error);
    job.taps = all;
    job.in_length = job.out_length = length;
    CKN_TRY(ckn_cl_flags(cl, count, &job.flags, error));
    CKN_TRY(launch(cl, lines, &job, &none, error));
    return restore_bad(cl, out, in, job.flags, ckn_cl_line_cut_lines(cl, &job.cut), lines, radius,
                       error);
}
