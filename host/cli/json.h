/* The figures of a run as a JSON object. */
#ifndef CKN_CLI_JSON_H
#define CKN_CLI_JSON_H

#include "base/status.h"
#include "cli/session.h"

#include <jansson.h>
#include <stdint.h>

/* An object or a list that grows. Whatever cannot be made or added is remembered in the session,
 * and ckn_json_end() then refuses to write: no file lacks a key without a word. Passed by value. */
typedef struct ckn_json {
    json_t *value; /* NULL where memory ran out */
    bool *failed;
} ckn_json;

/* Adds one value to an object. A number that is not finite becomes null, as JSON has no word for
 * it. */
void ckn_json_real(ckn_json object, const char *key, double value);
void ckn_json_count(ckn_json object, const char *key, size_t value);
void ckn_json_integer(ckn_json object, const char *key, int64_t value);
void ckn_json_flag(ckn_json object, const char *key, bool value);
void ckn_json_null(ckn_json object, const char *key);
/* `value` may be NULL: null. Bytes that are not UTF-8, and C1 controls, become '?'. */
void ckn_json_text(ckn_json object, const char *key, const char *value);

/* Adds an empty object or list, which belongs to `object`, and returns it to be filled. */
ckn_json ckn_json_object(ckn_json object, const char *key);
ckn_json ckn_json_list(ckn_json object, const char *key);
/* The same at the end of a list. */
ckn_json ckn_json_append_object(ckn_json list);
void ckn_json_append_text(ckn_json list, const char *value);

/* A list of its own, for ckn_json_adopt() or ckn_json_abandon(). */
ckn_json ckn_json_begin_list(ckn_cli_session *session);
/* Adds a list that ckn_json_begin_list() began; it is still to be abandoned. */
void ckn_json_adopt(ckn_json object, const char *key, ckn_json list);
void ckn_json_abandon(ckn_json *list);

/* An object that starts with the command, the version and the session's device (if it is open). */
ckn_json ckn_json_begin(ckn_cli_session *session);

/* Adds seconds_total, writes the object where --json says, if anywhere, and releases it. */
ckn_code ckn_json_end(ckn_cli_session *session, ckn_json object, ckn_error *error);

#endif
