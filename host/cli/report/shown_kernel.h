/* What the figure asks of a kernel: where its taps stand, which is the largest, whether it has a
 * sign. */
#ifndef CKN_CLI_REPORT_SHOWN_KERNEL_H
#define CKN_CLI_REPORT_SHOWN_KERNEL_H

#include "base/view.h"
#include "cli/report/report.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct ckn_shown_kernel {
    ckn_view taps, errors;       /* errors without data: not known */
    double first_row, first_col; /* displacement of tap (0, 0), in pixels down and right */
    double low, high;            /* of the taps and 0 */
    bool is_signed;              /* negative taps matter */
    size_t peak_row, peak_col;   /* the tap of the largest magnitude */
    size_t cut_row, cut_col; /* through which cross-sections go: the tap nearest to the centroid,
                              * or the peak of a signed kernel */
} ckn_shown_kernel;

ckn_shown_kernel ckn_shown_kernel_of(const ckn_estimate_report *report);

/* Whether a colour map that is linear in the taps would hide what they hold. */
bool ckn_shown_kernel_has_wings(const ckn_shown_kernel *kernel);

#endif
