/* What the pair is, in one line: the first of the summary, and the figure's title. */
#ifndef CKN_CLI_ESTIMATE_VERDICT_H
#define CKN_CLI_ESTIMATE_VERDICT_H

#include "cli/estimate_job.h"

/* Asks for a verdict where anybody is to see it, with what is known of the first pair's files. */
void ckn_cli_ask_verdict(const ckn_cli_estimate_job *job, ckn_identify_options *options);
/* Takes it over. Where no convolution explains the pair, errors and names of the kernel mean
 * nothing and are taken out, and with --strict the command's exit status is
 * CKN_CLI_EXIT_UNEXPLAINED. */
void ckn_cli_take_verdict(ckn_cli_estimate_job *job, const ckn_identified *found);

/* The summary's first lines. */
void ckn_cli_verdict_lines(const ckn_cli_estimate_job *job);

/* Adds "verdict", "verdict_text", "verdict_reason", "verdict_cause", "explained": null where there
 * is none. */
void ckn_cli_verdict_json(ckn_json object, const ckn_cli_estimate_job *job);

#endif
