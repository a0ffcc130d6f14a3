/* Extended boxes and FIR filters as lists of passes. */
#include "backend/cpu/cpu_lines.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Passes of boxes leave their results lambda times too large each, which saves a product; what is
 * read is divided by all of it. Where that would leave the range of a double, a FIR of one tap
 * stands between. */
#define MOST_GROWTH 1e100

#define ZEROS (CKN_CPU_FIR_BLOCK - 1)

/* A filter under construction. */
typedef struct builder {
    ckn_cpu_pass *passes;
    size_t count;
    size_t period;
    double growth;             /* since the last division */
    double tap[2 * ZEROS + 1]; /* 1 / the growth of what one division undoes */
} builder;

/* Where the continued line repeats itself, a window longer than its period is some whole periods,
 * whose sum is the same everywhere and which no pass changes, and a rest: the cost no longer grows
 * with sigma. */
static void add_box(builder *filter, const ckn_extended_box *box) {
    const size_t period = filter->period, l = period > 0 ? box->l % period : box->l;
    const size_t turns = period > 0 ? 2 * (box->l - l) / period : 0;
    filter->passes[filter->count++] = (ckn_cpu_pass){
        .kind = CKN_CPU_PASS_BOX,
        .half = l + 1,
        .alpha = box->alpha,
        .turns = (double)turns * filter->growth,
    };
    filter->growth *= box->lambda;
}

static void add_division(builder *filter) {
    filter->tap[ZEROS] = 1.0 / filter->growth;
    filter->passes[filter->count++] =
        (ckn_cpu_pass){.kind = CKN_CPU_PASS_FIR, .taps = filter->tap + ZEROS};
    filter->growth = 1.0;
}

/* A stride of whole periods makes no difference. */
static void add_three_taps(builder *filter, const ckn_extended_box *box) {
    const size_t stride = filter->period > 0 ? box->stride % filter->period : box->stride;
    filter->passes[filter->count++] = (ckn_cpu_pass){.kind = CKN_CPU_PASS_THREE_TAPS,
                                                     .half = stride,
                                                     .stride = stride,
                                                     .weight = box->correction};
}

static void add_all(builder *filter, const ckn_extended_box *box, size_t passes_per_division) {
    for (size_t i = 1; i <= box->passes; i++) {
        add_box(filter, box);
        if (i % passes_per_division == 0)
            add_division(filter);
    }
    if (box->stride > 0)
        add_three_taps(filter, box);
}

ckn_code ckn_cpu_box_axis(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                          const ckn_lines *lines, const ckn_extended_box *box, ckn_error *error) {
    builder made = {.period = ckn_cpu_period(lines), .growth = 1.0};
    /* lambda is at least 1; where it hardly grows, all passes go together. */
    const double most = log(MOST_GROWTH) / log(fmax(box->lambda, 1.0 + 1e-9));
    const size_t passes_per_division =
        most < (double)box->passes + 1.0 ? (size_t)fmax(most, 1.0) : box->passes + 1;
    CKN_TRY(
        ckn_allocate(&made.passes, 2 * box->passes + 1, sizeof *made.passes, "the passes", error));
    add_all(&made, box, passes_per_division);
    const ckn_cpu_filter filter = {
        .passes = made.passes,
        .count = made.count,
        .scale = 1.0 / made.growth,
        .reach = ckn_box_reach(box),
    };
    ckn_code code = ckn_cpu_filter_lines(backend, out, in, lines, &filter, error);
    free(made.passes);
    return code;
}

ckn_code ckn_cpu_fir_axis(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                          const ckn_lines *lines, const double *taps, size_t radius,
                          ckn_error *error) {
    double *all;
    CKN_TRY(ckn_allocate(&all, 2 * radius + 1 + 2 * ZEROS, sizeof *all, "the taps", error));
    double *window = all + ZEROS;
    for (size_t k = 0; k <= radius; k++)
        window[radius + k] = window[radius - k] = taps[k];
    const ckn_cpu_pass pass = {.kind = CKN_CPU_PASS_FIR, .half = radius, .taps = window};
    const ckn_cpu_filter filter = {.passes = &pass, .count = 1, .scale = 1.0, .reach = radius};
    ckn_code code = ckn_cpu_filter_lines(backend, out, in, lines, &filter, error);
    free(all);
    return code;
}
