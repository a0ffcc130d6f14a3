/* Line filters under test, boxes or FIR: run on guarded buffers, and what the reference says. */
#ifndef CKN_TEST_LINE_FILTER_H
#define CKN_TEST_LINE_FILTER_H

#include "support/guard.h"
#include "support/naive_lines.h"

typedef struct ckn_line_filter {
    const ckn_extended_box *box; /* NULL: a FIR */
    const double *half;          /* its taps 0 .. radius */
    size_t radius;
} ckn_line_filter;

/* A FIR of positive taps of sum 1, no two alike: `half` receives radius + 1 of them. */
ckn_line_filter ckn_test_fir(double *half, size_t radius);

/* Samples to each side that have weight: those that the composed kernel has, not its windows. */
size_t ckn_line_filter_reach(const ckn_line_filter *filter);
/* "box l 3 alpha 0.2 x 4 stride 5, 7 x 17 x 3 along rows, reflect, float32": static storage. */
const char *ckn_line_filter_name(const ckn_line_filter *filter, const ckn_lines *lines,
                                 ckn_type type);
size_t ckn_line_samples(const ckn_lines *lines);

void ckn_line_filter_run(const ckn_line_filter *filter, const ckn_lines *lines,
                         const ckn_guarded *out, const ckn_guarded *in);
/* Filters `x` with buffers of `type`: a new array. The output was poisoned before; guards, and that
 * the input is left alone, are checked. */
double *ckn_line_filter_apply(const ckn_line_filter *filter, const ckn_lines *lines, ckn_type type,
                              const double *x);
/* The same by the reference. */
double *ckn_line_filter_expect(const ckn_line_filter *filter, const ckn_lines *lines,
                               const double *x);

/* The largest error allowed for samples within [0, 1], which `type` holds exactly: 1e-12 where the
 * device keeps float64, else 1e-6. */
double ckn_line_tolerance(ckn_type type);
/* The largest |a - b|; infinity where one is not finite and the other is not the same. */
double ckn_test_largest_error(const double *a, const double *b, size_t count);
/* Filters `x` and fails where a result is farther than `tolerance` from the reference. */
void ckn_line_filter_check(const ckn_line_filter *filter, const ckn_lines *lines, ckn_type type,
                           const double *x, double tolerance);

#endif
