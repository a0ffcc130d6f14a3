/* What the residual says about the fit, and advice where it says that something is wrong. */
#ifndef CKN_CLI_ESTIMATE_QUALITY_H
#define CKN_CLI_ESTIMATE_QUALITY_H

#include "cli/estimate_job.h"

/* "white, largest correlation 0.004, chi^2 1.02 against the noise of BLURRED". Returns `text`. */
const char *ckn_cli_quality_text(const ckn_cli_estimate_job *job, char *text, size_t size);

/* The summary's line, and a note for each thing that is wrong. */
void ckn_cli_quality_lines(const ckn_cli_estimate_job *job);

/* Adds "residual_quality": an object, or null. */
void ckn_cli_quality_json(ckn_json object, const ckn_cli_estimate_job *job);

#endif
