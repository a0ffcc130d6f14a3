/* What clipping leaves of a fit. The samples that reach a limit are known, but leaving out just
 * those would keep, of all samples that would lie near it without noise, the ones whose noise
 * points away from it: a bias. So a first fit tells where BLURRED would come within the noise of a
 * limit, and all of that is left out; and whether what is clipped in SHARP is missing in BLURRED at
 * all. */
#ifndef CKN_CLI_CLIPPING_H
#define CKN_CLI_CLIPPING_H

#include "cli/estimate_job.h"

/* Makes the first fit where anything is clipped, and settles the weights. Masks by themselves keep
 * at least a fifth of the samples, and ten a tap; where that is not so they are given up, with a
 * note. The session is open. */
ckn_code ckn_cli_clipping_settle(ckn_cli_estimate_job *job, ckn_error *error);

#endif
