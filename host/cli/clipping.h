/* Clipped samples of the pairs on the command line: what the library's detector finds
 * (inspect/clipping.h), put into the planes' weights, and told. */
#ifndef CKN_CLI_CLIPPING_H
#define CKN_CLI_CLIPPING_H

#include "cli/estimate_job.h"

/* Looks at the pairs before a frame of taps is known; their open planes get weights without what is
 * clipped for certain. */
ckn_code ckn_cli_clipping_find(ckn_cli_estimate_job *job, ckn_error *error);
/* When the pairs were placed: makes a plain first fit where something may be clipped, takes its
 * word for what is, and places the pairs anew. What the detector gives up is left in, with a
 * note. The session is open, and the diagnosis made, whose figures of clipping become the
 * detector's. */
ckn_code ckn_cli_clipping_settle(ckn_cli_estimate_job *job, ckn_error *error);
void ckn_cli_clipping_release(ckn_cli_estimate_job *job);

#endif
