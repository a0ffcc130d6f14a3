/* Which named kernel the estimate looks like. */
#ifndef CKN_CLI_ESTIMATE_FAMILIES_H
#define CKN_CLI_ESTIMATE_FAMILIES_H

#include "cli/estimate_job.h"

/* "Gaussian, sigma 3.020 +/- 0.010 (chi^2 1.02)", or that none fits and which is nearest. Returns
 * `text`. */
const char *ckn_cli_family_text(const ckn_cli_estimate_job *job, char *text, size_t size);

/* The same for a figure, which has other signs and less room. */
const char *ckn_cli_family_fact(const ckn_cli_estimate_job *job, char *text, size_t size);

/* Adds "family": an object, or null. */
void ckn_cli_family_json(ckn_json object, const ckn_cli_estimate_job *job);

#endif
