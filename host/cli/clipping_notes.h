/* What the detector of clipping found, for people and for the diagnosis. */
#ifndef CKN_CLI_CLIPPING_NOTES_H
#define CKN_CLI_CLIPPING_NOTES_H

#include "cli/estimate_job.h"

/* Puts the detector's figures into the job's diagnosis (where there is one), and notes, once a
 * picture, clipping that stays in the fit. After the solve. */
void ckn_cli_clipping_tell(ckn_cli_estimate_job *job);

#endif
