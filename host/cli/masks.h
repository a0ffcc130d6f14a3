/* Which samples of a pair count: weights of its planes, from files and NaN. Clipping comes beside
 * them; see clipping.h. */
#ifndef CKN_CLI_MASKS_H
#define CKN_CLI_MASKS_H

#include "cli/pair.h"

/* Why a sample is left out. */
enum {
    CKN_CLI_MASKED_FILE = 1,  /* by --mask, --weights or --mask-sharp, or it sees such a one */
    CKN_CLI_MASKED_NAN = 2,   /* it is no number, or it sees one that is none */
    CKN_CLI_CLIPPED = 4,      /* it is clipped */
    CKN_CLI_SEES_CLIPPED = 8, /* a sample of SHARP that it sees is clipped */
    CKN_CLI_NEAR_LIMIT = 16   /* without noise it would be so close to the limit that noise may
                               * have clipped it */
};

/* Reads the files of `options` for pair `index`, and finds out which samples of the open planes,
 * whose regions in the pictures are given, they and NaN leave out. The open planes get weights
 * without them. */
ckn_code ckn_cli_masks_build(const ckn_cli_pair_options *options, size_t index,
                             const ckn_cli_region *sharp, const ckn_cli_region *blurred,
                             ckn_cli_pair *pair, ckn_error *error);
void ckn_cli_masks_release(ckn_cli_pair *pair);

/* After the planes were cut to a kernel of this size: marks the samples of the valid part, but for
 * clipping. */
ckn_code ckn_cli_masks_place(ckn_cli_pair *pair, ckn_shape kernel, ckn_error *error);
/* Samples of the valid part that have one of these reasons; all that are left out with ~0. */
size_t ckn_cli_masks_count(const ckn_cli_pair *pair, size_t plane, unsigned reasons);

#endif
