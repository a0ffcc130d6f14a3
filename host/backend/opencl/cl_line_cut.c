#include "backend/opencl/cl_line_cut.h"

/* Columns that a work-item of a CPU writes together: memory is slow with less than 256 bytes. */
#define CPU_COLUMNS ((size_t)64)
/* Positions that wait on its stage, and that it reads at a time: with more the ring leaves the
 * first-level cache, with less the work on ends of pieces counts. */
#define CPU_BLOCK ((size_t)512)
#define CPU_CHUNK ((size_t)64)
#define CPU_CACHED ((size_t)192)
/* Segments cost the reach of the filter at both ends once more. */
#define CPU_SEGMENT ((size_t)8192)
#define REACHES_PER_SEGMENT ((size_t)16)
#define GPU_CHUNK ((size_t)32)
#define GPU_SEGMENT ((size_t)256)
/* Rather than with fewer work-items in a group, several passes are done in more launches. */
#define GPU_ITEMS ((size_t)8)
/* Work-groups per compute unit that a GPU should have. */
#define GPU_GROUPS ((size_t)16)

/* False where local memory does not hold it. */
static bool measure(const ckn_cl *cl, const ckn_cl_line_step *step, ckn_cl_line_cut *cut) {
    const size_t lanes = (size_t)cl->lanes,
                 real = ckn_cl_lines_double(cl) ? sizeof(double) : sizeof(float);
    const size_t apart = cl->lanes == 1 ? cut->items + 1 : cut->items * lanes;
    const size_t pad = ckn_cl_line_pad(step), local = cl->device.info.local_memory;
    if (pad > local)
        return false;
    cut->capacity = 2 * pad + cut->chunk + 1;
    cut->ring_bytes = cut->strips * (cut->capacity + 2 * step->radius) * apart * real;
    /* One at least, since no argument may have size 0. */
    cut->sums_bytes = cut->strips * (step->passes ? step->passes : 1) * 2 * apart * real;
    cut->stage_bytes = cl->lanes == 1 ? cut->items * sizeof(cl_int)
                                      : cut->strips * cut->block * lanes * sizeof(cl_float);
    return cut->ring_bytes <= local && cut->sums_bytes <= local &&
           cut->ring_bytes + cut->sums_bytes + cut->stage_bytes <= local;
}

static bool cut_for_cpu(const ckn_cl *cl, const ckn_cl_line_step *step, ckn_axis axis,
                        size_t length, ckn_cl_line_cut *cut) {
    const size_t pad = ckn_cl_line_pad(step), most = CPU_COLUMNS / (size_t)cl->lanes;
    const size_t kept = 2 * pad + CPU_CHUNK;
    *cut = (ckn_cl_line_cut){.items = 1, .strips = axis == CKN_AXIS_ROWS ? 1 : most};
    cut->block = ckn_cl_smaller(CPU_BLOCK, (length + 15) / 16 * 16);
    cut->chunk = kept < CPU_CACHED ? CPU_CACHED - 2 * pad : CPU_CHUNK;
    cut->segment = ckn_cl_larger(CPU_SEGMENT, REACHES_PER_SEGMENT * pad / CPU_BLOCK * CPU_BLOCK);
    while (!measure(cl, step, cut)) {
        if (cut->strips > 1)
            cut->strips /= 2;
        else if (cut->block > CPU_CHUNK)
            cut->block /= 2;
        else
            return false;
    }
    return true;
}

static bool cut_for_gpu(const ckn_cl *cl, size_t limit, const ckn_cl_line_step *step, size_t lines,
                        size_t length, ckn_cl_line_cut *cut) {
    const size_t pad = ckn_cl_line_pad(step);
    *cut = (ckn_cl_line_cut){.items = 32, .strips = 1, .chunk = GPU_CHUNK};
    while (cut->items > limit || cut->items > cl->device.max_item_sizes[0] ||
           !measure(cl, step, cut)) {
        if (cut->items <= (step->passes > 1 ? GPU_ITEMS : 1))
            return false;
        cut->items /= 2;
    }
    const size_t groups = ckn_cl_ceil_divide(lines, cut->items);
    const size_t wanted = GPU_GROUPS * ckn_cl_larger(cl->device.info.compute_units, 1);
    const size_t pieces = ckn_cl_ceil_divide(wanted, groups);
    cut->segment =
        ckn_cl_larger(ckn_cl_ceil_divide(length, pieces), ckn_cl_larger(GPU_SEGMENT, 4 * pad));
    cut->block = cut->segment;
    return true;
}

bool ckn_cl_line_cut_choose(const ckn_cl *cl, size_t limit, const ckn_cl_line_step *step,
                            ckn_axis axis, size_t lines, size_t length, ckn_cl_line_cut *cut) {
    return cl->lanes == 1 ? cut_for_gpu(cl, limit, step, lines, length, cut)
                          : cut_for_cpu(cl, step, axis, length, cut);
}
