/* Boxes of which local memory does not hold one pass: a launch a pass over scratch buffers. */
#include "backend/opencl/cl_launch.h"
#include "backend/opencl/cl_lines.h"

#include <math.h>

/* The largest share of the device's memory that one of the four scratch buffers takes. */
#define SCRATCH_SHARE 16

/* One call. "Line" and "position" are those of the chosen axis. */
typedef struct box_job {
    ckn_buffer *out;
    const ckn_buffer *in;
    const ckn_lines *lines_of;
    size_t length, lines;  /* samples of a line; how many lines */
    size_t passes, l, pad; /* pad: what passes and correction use up at each end */
    /* alpha unit and 1 / (lambda unit); see kernels/box.cl */
    double unit, alpha, scale;
    size_t apart; /* of the three taps that correct it; 0: none */
    double weight;
    ckn_buffer *negative; /* a flag for each line */
    size_t chunk, stride; /* lines done at a time; the same rounded up to whole lanes */
    ckn_buffer *now, *next, *head, *tail;
} box_job;

/* Lines at a time, such that each scratch buffer stays within its share of the memory. */
static size_t choose_chunk(const ckn_cl *cl, const box_job *job) {
    const size_t padded = job->length + 2 * job->pad;
    size_t bytes = cl->device.info.global_memory / SCRATCH_SHARE;
    if (bytes > cl->device.info.max_allocation)
        bytes = cl->device.info.max_allocation;
    size_t elements = bytes / sizeof(cl_float);
    if (elements > CKN_CL_MOST_ELEMENTS)
        elements = CKN_CL_MOST_ELEMENTS;
    const size_t lanes = (size_t)cl->lanes;
    size_t chunk = elements / padded / lanes * lanes;
    if (chunk < lanes)
        chunk = lanes;
    return chunk < job->lines ? chunk : job->lines;
}

static ckn_code start_job(ckn_cl *cl, const ckn_extended_box *box, box_job *job, ckn_error *error) {
    job->length = ckn_cl_line_length(job->lines_of);
    job->lines = ckn_cl_line_count(job->lines_of);
    job->passes = box->passes;
    job->l = box->l;
    job->apart = box->stride;
    job->weight = box->correction;
    job->pad = box->passes * (box->l + 1) + box->stride;
    /* lambda of the rounded alpha, so that the taps add up to one all the same. */
    const double alpha = (double)(float)box->alpha;
    const double lambda = 2.0 * (double)box->l + 1.0 + 2.0 * alpha;
    job->unit = exp2(-ceil(log2(lambda)));
    job->alpha = alpha * job->unit;
    job->scale = 1.0 / (lambda * job->unit);
    job->chunk = choose_chunk(cl, job);
    job->stride = (job->chunk + (size_t)cl->lanes - 1) / (size_t)cl->lanes * (size_t)cl->lanes;
    const size_t count = job->stride * (job->length + 2 * job->pad);
    CKN_TRY(ckn_cl_flags(cl, job->lines, &job->negative, error));
    CKN_TRY(ckn_cl_scratch(cl, CKN_CL_SCRATCH_LINES, count, &job->now, error));
    CKN_TRY(ckn_cl_scratch(cl, CKN_CL_SCRATCH_PASSED, count, &job->next, error));
    CKN_TRY(ckn_cl_scratch(cl, CKN_CL_SCRATCH_HEAD, count, &job->head, error));
    return ckn_cl_scratch(cl, CKN_CL_SCRATCH_TAIL, count, &job->tail, error);
}

/* Squares that turn rows into columns; CKN_CL_BOX_EXTEND_ROWS and _STORE_ROWS want them. */
static ckn_code square_range(ckn_cl *cl, ckn_cl_kernel_id id, size_t lines, size_t positions,
                             ckn_cl_range *range, size_t *tile_bytes, ckn_error *error) {
    size_t limit;
    CKN_TRY(ckn_cl_kernel_limit(cl, id, &limit, error));
    size_t side = 16;
    while (side * side > limit || side > cl->device.max_item_sizes[0] ||
           side > cl->device.max_item_sizes[1])
        side /= 2;
    *range = (ckn_cl_range){.items = {lines, positions}, .group = {side, side}};
    *tile_bytes = side * (side + 1) * sizeof(cl_float);
    return CKN_OK;
}

/* Columns of samples: those of all channels stand side by side. */
static size_t sample_cols(const box_job *job) {
    return job->lines_of->shape.cols * job->lines_of->channels;
}

static ckn_code extend(ckn_cl *cl, const box_job *job, size_t first, size_t lines,
                       ckn_error *error) {
    const size_t padded = job->length + 2 * job->pad;
    const ckn_lines *of = job->lines_of;
    ckn_cl_range range;
    if (of->axis == CKN_AXIS_COLS) {
        CKN_TRY(ckn_cl_range_plane(cl, CKN_CL_BOX_EXTEND_COLS, padded, job->stride, &range, error));
        return CKN_CL_LAUNCH(cl, CKN_CL_BOX_EXTEND_COLS, &range, error, ckn_cl_arg_buffer(job->in),
                             ckn_cl_arg_int(of->shape.rows), ckn_cl_arg_int(sample_cols(job)),
                             ckn_cl_arg_int(first), ckn_cl_arg_int(lines), ckn_cl_arg_int(job->pad),
                             ckn_cl_arg_int(of->boundary), ckn_cl_arg_buffer(job->now),
                             ckn_cl_arg_int(job->stride), ckn_cl_arg_buffer(job->negative));
    }
    size_t tile;
    CKN_TRY(square_range(cl, CKN_CL_BOX_EXTEND_ROWS, job->stride, padded, &range, &tile, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_BOX_EXTEND_ROWS, &range, error, ckn_cl_arg_buffer(job->in),
                         ckn_cl_arg_int(of->shape.cols), ckn_cl_arg_int(of->channels),
                         ckn_cl_arg_int(first), ckn_cl_arg_int(lines), ckn_cl_arg_int(job->pad),
                         ckn_cl_arg_int(of->boundary), ckn_cl_arg_buffer(job->now),
                         ckn_cl_arg_int(job->stride), ckn_cl_arg_buffer(job->negative),
                         ckn_cl_arg_local(tile));
}

static ckn_code store(ckn_cl *cl, const box_job *job, size_t first, size_t lines,
                      ckn_error *error) {
    const ckn_lines *of = job->lines_of;
    ckn_cl_range range;
    if (of->axis == CKN_AXIS_COLS) {
        CKN_TRY(ckn_cl_range_plane(cl, CKN_CL_BOX_STORE_COLS, job->length, lines, &range, error));
        return CKN_CL_LAUNCH(cl, CKN_CL_BOX_STORE_COLS, &range, error, ckn_cl_arg_buffer(job->out),
                             ckn_cl_arg_int(of->shape.rows), ckn_cl_arg_int(sample_cols(job)),
                             ckn_cl_arg_int(first), ckn_cl_arg_int(lines), ckn_cl_arg_int(job->pad),
                             ckn_cl_arg_buffer(job->now), ckn_cl_arg_int(job->stride),
                             ckn_cl_arg_buffer(job->negative));
    }
    size_t tile;
    CKN_TRY(square_range(cl, CKN_CL_BOX_STORE_ROWS, lines, job->length, &range, &tile, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_BOX_STORE_ROWS, &range, error, ckn_cl_arg_buffer(job->out),
                         ckn_cl_arg_int(of->shape.cols), ckn_cl_arg_int(of->channels),
                         ckn_cl_arg_int(first), ckn_cl_arg_int(lines), ckn_cl_arg_int(job->pad),
                         ckn_cl_arg_buffer(job->now), ckn_cl_arg_int(job->stride),
                         ckn_cl_arg_buffer(job->negative), ckn_cl_arg_local(tile));
}

/* Work-items over lines (by lanes) and `down` in the other dimension. */
static ckn_code line_range(ckn_cl *cl, ckn_cl_kernel_id id, const box_job *job, size_t down,
                           ckn_cl_range *range, ckn_error *error) {
    CKN_TRY(ckn_cl_range_plane(cl, id, down, job->stride / (size_t)cl->lanes, range, error));
    if (cl->lanes > 1) /* The lanes are the width. */
        range->group[0] = 1;
    return CKN_OK;
}

static void swap(box_job *job) {
    ckn_buffer *passed = job->next;
    job->next = job->now;
    job->now = passed;
}

/* One pass; [*begin, *end) are the positions that hold values, before and after. */
static ckn_code run_pass(ckn_cl *cl, box_job *job, size_t *begin, size_t *end, ckn_error *error) {
    const size_t m = 2 * job->l + 1;
    ckn_cl_range range;
    CKN_TRY(line_range(cl, CKN_CL_BOX_BLOCKS, job, (*end - *begin + m - 1) / m, &range, error));
    CKN_TRY(CKN_CL_LAUNCH(cl, CKN_CL_BOX_BLOCKS, &range, error, ckn_cl_arg_buffer(job->now),
                          ckn_cl_arg_buffer(job->head), ckn_cl_arg_buffer(job->tail),
                          ckn_cl_arg_int(job->stride), ckn_cl_arg_int(*begin), ckn_cl_arg_int(*end),
                          ckn_cl_arg_int(m), ckn_cl_arg_float(job->unit)));
    const size_t rest = *end - *begin - 2 * (job->l + 1);
    CKN_TRY(line_range(cl, CKN_CL_BOX_PASS, job, rest, &range, error));
    CKN_TRY(CKN_CL_LAUNCH(cl, CKN_CL_BOX_PASS, &range, error, ckn_cl_arg_buffer(job->now),
                          ckn_cl_arg_buffer(job->head), ckn_cl_arg_buffer(job->tail),
                          ckn_cl_arg_buffer(job->next), ckn_cl_arg_int(job->stride),
                          ckn_cl_arg_int(*begin), ckn_cl_arg_int(*end), ckn_cl_arg_int(job->l),
                          ckn_cl_arg_float(job->alpha), ckn_cl_arg_float(job->scale),
                          ckn_cl_arg_float(job->scale - (double)(float)job->scale)));
    swap(job);
    *begin += job->l + 1;
    *end -= job->l + 1;
    return CKN_OK;
}

static ckn_code run_three_taps(ckn_cl *cl, box_job *job, size_t begin, size_t end,
                               ckn_error *error) {
    ckn_cl_range range;
    CKN_TRY(
        line_range(cl, CKN_CL_BOX_THREE_TAPS, job, end - begin - 2 * job->apart, &range, error));
    CKN_TRY(CKN_CL_LAUNCH(cl, CKN_CL_BOX_THREE_TAPS, &range, error, ckn_cl_arg_buffer(job->now),
                          ckn_cl_arg_buffer(job->next), ckn_cl_arg_int(job->stride),
                          ckn_cl_arg_int(begin), ckn_cl_arg_int(end), ckn_cl_arg_int(job->apart),
                          ckn_cl_arg_float(job->weight)));
    swap(job);
    return CKN_OK;
}

static ckn_code run_chunk(ckn_cl *cl, box_job *job, size_t first, size_t lines, ckn_error *error) {
    size_t begin = 0, end = job->length + 2 * job->pad;
    CKN_TRY(extend(cl, job, first, lines, error));
    for (size_t i = 0; i < job->passes; i++)
        CKN_TRY(run_pass(cl, job, &begin, &end, error));
    if (job->apart > 0)
        CKN_TRY(run_three_taps(cl, job, begin, end, error));
    return store(cl, job, first, lines, error);
}

ckn_code ckn_cl_box_far(ckn_cl *cl, ckn_buffer *out, const ckn_buffer *in, const ckn_lines *lines,
                        const ckn_extended_box *box, ckn_error *error) {
    box_job job = {.out = out, .in = in, .lines_of = lines};
    CKN_TRY(start_job(cl, box, &job, error));
    for (size_t first = 0; first < job.lines; first += job.chunk) {
        const size_t left = job.lines - first;
        CKN_TRY(run_chunk(cl, &job, first, left < job.chunk ? left : job.chunk, error));
    }
    return CKN_OK;
}
