/* The extended box; its public functions are declared in clkernest.h. */
#ifndef CKN_BLUR_EXTENDED_BOX_H
#define CKN_BLUR_EXTENDED_BOX_H

#include "base/status.h"

/* Limits that keep sizes far from overflow and a mistyped sigma from taking hours. */
enum { CKN_BOX_MOST_PASSES = 1000, CKN_BOX_LARGEST_REACH = 1 << 24 };
/* Passes times taps of a kernel that is composed: some seconds. */
#define CKN_BOX_MOST_COMPOSED ((size_t)1 << 29)

/* The numbers are those of a kernel, whose sizes keep the limits: a caller may have made the struct
 * by hand. */
ckn_code ckn_extended_box_check(const ckn_extended_box *box, ckn_error *error);

/* Of all passes together, without the correction. */
double ckn_extended_box_variance(const ckn_extended_box *box);

/* Sets l, alpha, lambda and variance_pass for passes of this variance each. */
void ckn_extended_box_shape(ckn_extended_box *box, double variance);

/* Samples that the passes reach to each side, without the correction: d (l + 1). */
size_t ckn_extended_box_reach(const ckn_extended_box *box);

/* The composed kernel without correction between two margins of zeros. *line (freed with free())
 * has 2 (reach + margin) + 1 elements. */
ckn_code ckn_extended_box_line(const ckn_extended_box *box, size_t margin, double **line,
                               ckn_error *error);

/* Samples of the Gaussian that count: beyond, all of them together weigh less than 1e-22. */
size_t ckn_gaussian_reach(double sigma);

/* The right half of the Gaussian sampled at the integers, whose whole has sum 1: *half (freed with
 * free()) holds samples 0 .. reach, which must be at least ckn_gaussian_reach(). */
ckn_code ckn_gaussian_half(double sigma, size_t reach, double **half, ckn_error *error);

#endif
