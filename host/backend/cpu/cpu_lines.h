/* Filters along all lines of an image: a list of passes, all of them done in one trip through
 * memory. */
#ifndef CKN_BACKEND_CPU_LINES_H
#define CKN_BACKEND_CPU_LINES_H

#include "backend/cpu/cpu_internal.h"

#include <stdint.h>

typedef enum ckn_cpu_pass_kind {
    CKN_CPU_PASS_BOX = 0,
    CKN_CPU_PASS_THREE_TAPS,
    CKN_CPU_PASS_FIR
} ckn_cpu_pass_kind;

typedef struct ckn_cpu_pass {
    ckn_cpu_pass_kind kind;
    size_t half;        /* samples that its window reaches to each side; of BOX l + 1 */
    double alpha;       /* BOX; its result is lambda times too large */
    double turns;       /* BOX: the sum of a whole period times this is added to each window */
    size_t stride;      /* THREE_TAPS: so far apart */
    double weight;      /* of the outer ones */
    const double *taps; /* FIR: 2 half + 1 of them, zeros round them as cpu_strip.h says */
} ckn_cpu_pass;

/* A filter: `count` passes, and how far all of them together reach where samples that are not
 * finite are concerned. */
typedef struct ckn_cpu_filter {
    const ckn_cpu_pass *passes;
    size_t count;
    double scale; /* what is read is multiplied by this */
    size_t reach; /* to each side; a pass may reach less far than its window, with end taps of 0 */
} ckn_cpu_filter;

/* Whether an image of so many samples of float32 is too large to stay in the caches from one axis
 * to the next: it is then written past them. */
static inline bool ckn_cpu_is_far(size_t samples) {
    return samples > ((size_t)3 << 20);
}

/* Samples after which the line, continued by the boundary rule, repeats itself; 0: it does not. */
size_t ckn_cpu_period(const ckn_lines *lines);
#define CKN_CPU_OUTSIDE SIZE_MAX /* a sample that is zero */
/* The sample of a line of `samples` that stands at a position of the line as the rule continues it,
 * with its period; CKN_CPU_OUTSIDE: none. */
size_t ckn_cpu_sample_at(ckn_boundary boundary, size_t samples, size_t period, ptrdiff_t position);
/* Samples of a line. */
size_t ckn_cpu_line_length(const ckn_lines *lines);

/* Filters `in` to `out`, which are buffers of one type. */
ckn_code ckn_cpu_filter_lines(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                              const ckn_lines *lines, const ckn_cpu_filter *filter,
                              ckn_error *error);

#endif
