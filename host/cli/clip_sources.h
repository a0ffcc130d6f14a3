/* What the planes of pairs were made of, for the detector of clipping: channels, and the limits of
 * their types, of FITS keys, or of --saturation. */
#ifndef CKN_CLI_CLIP_SOURCES_H
#define CKN_CLI_CLIP_SOURCES_H

#include "cli/estimate_job.h"

/* Sources of all planes of one kind, and the views that they are made of. */
typedef struct ckn_cli_clip_sources {
    ckn_clip_source *sources;
    ckn_view (*views)[3];
} ckn_cli_clip_sources;

/* Both are to be released, after a failure, too. */
ckn_code ckn_cli_clip_sources_list(const ckn_cli_estimate_job *job, ckn_cli_clip_sources *sharp,
                                   ckn_cli_clip_sources *blurred, ckn_error *error);
void ckn_cli_clip_sources_release(ckn_cli_clip_sources *list);
ckn_clip_mode ckn_cli_clip_mode(const ckn_cli_estimate *arguments);

#endif
