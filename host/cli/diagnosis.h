/* What the pairs look like before any kernel is sought: warnings for people, figures for JSON. */
#ifndef CKN_CLI_DIAGNOSIS_H
#define CKN_CLI_DIAGNOSIS_H

#include "cli/json.h"
#include "cli/pairs.h"

/* One ckn_pair_diagnosis for each plane of the pairs; NULL where nobody is to see them. */
typedef struct ckn_cli_diagnosis {
    ckn_pair_diagnosis *planes;
} ckn_cli_diagnosis;

/* Looks at all pairs, and notes what is wrong with each, once a pair, but for the warnings (a set
 * of ckn_pair_warning) that are `known`. */
ckn_code ckn_cli_diagnose(ckn_cli_session *session, const ckn_cli_pairs *pairs, ckn_shape kernel,
                          unsigned known, ckn_cli_diagnosis *diagnosis, ckn_error *error);
void ckn_cli_diagnosis_release(ckn_cli_diagnosis *diagnosis);

/* Adds "diagnosis", a list with an object for each plane. */
void ckn_cli_diagnosis_json(ckn_json object, const ckn_cli_diagnosis *diagnosis,
                            const ckn_cli_pairs *pairs);

#endif
