/* The figures of a run as a JSON object. */
#ifndef CKN_CLI_JSON_H
#define CKN_CLI_JSON_H

#include "base/status.h"
#include "cli/session.h"

#include <jansson.h>

/* Adds one value. A number that is not finite becomes null, as JSON has no word for it. Memory
 * that runs out is noticed when the object is written. */
void ckn_json_real(json_t *object, const char *key, double value);
void ckn_json_count(json_t *object, const char *key, size_t value);
void ckn_json_flag(json_t *object, const char *key, bool value);
/* `value` may be NULL: null. Bytes that are not UTF-8 are replaced by '?'. */
void ckn_json_text(json_t *object, const char *key, const char *value);

/* An object that starts with the command, the version and the session's device (if it is open). */
json_t *ckn_json_begin(const ckn_cli_session *session);

/* Adds seconds_total, writes the object where --json says, if anywhere, and releases it. */
ckn_code ckn_json_end(ckn_cli_session *session, json_t *object, ckn_error *error);

#endif
