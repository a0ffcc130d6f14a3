/* The residual of a report, and which samples are left out of it. */
#ifndef CKN_CLI_REPORT_RESIDUAL_H
#define CKN_CLI_REPORT_RESIDUAL_H

#include "base/status.h"
#include "cli/report/report.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether the sample of this channel has the weight 0. */
bool ckn_residual_is_masked(const ckn_estimate_report *report, size_t channel, size_t row,
                            size_t col);

/* Blurred minus model: the size over the channels that are not masked, with the sign of their mean;
 * NaN where all are masked. A ckn_sample_fn of a ckn_estimate_report. */
double ckn_residual_sample(const void *source, size_t row, size_t col);

/* 1 where any channel is masked, else 0; likewise a ckn_sample_fn. */
double ckn_residual_mask_sample(const void *source, size_t row, size_t col);

/* Part of the samples, of all channels, that are masked. */
double ckn_residual_masked_part(const ckn_estimate_report *report);

/* Every `stride`-th sample that is neither masked nor NaN, into `samples` (NULL: only counted). */
size_t ckn_residual_collect(const ckn_estimate_report *report, size_t stride, double *samples);

#endif
