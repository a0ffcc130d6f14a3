/* Which named kernel the estimate looks like. */
#ifndef CKN_CLI_ESTIMATE_FAMILIES_H
#define CKN_CLI_ESTIMATE_FAMILIES_H

#include "cli/estimate_job.h"

/* Fits named kernels to the pairs of the last run where anybody is to see them and the kernel is
 * not too large; where the pictures do not allow that,
 * job->has_families stays false and job->no_families says why, which is no failure. */
ckn_code ckn_cli_estimate_families(ckn_cli_estimate_job *job, ckn_estimate_plan *plan,
                                   ckn_error *error);

/* "Gaussian, sigma 3.020 +/- 0.010 (chi^2 1.02)", or that none fits and which is nearest. Returns
 * `text`. */
const char *ckn_cli_family_text(const ckn_cli_estimate_job *job, char *text, size_t size);

/* Name and parameters alone; NULL where none fits, or none was tried. */
const char *ckn_cli_family_name_text(const ckn_cli_estimate_job *job, char *text, size_t size);

/* The same for a figure, which has other signs and less room. */
const char *ckn_cli_family_fact(const ckn_cli_estimate_job *job, char *text, size_t size);

/* Adds "family": an object, or null. */
void ckn_cli_family_json(ckn_json object, const ckn_cli_estimate_job *job);

#endif
