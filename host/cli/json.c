#include "cli/json.h"

#include "io/atomic_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void ckn_json_real(json_t *object, const char *key, double value) {
    json_object_set_new(object, key, isfinite(value) ? json_real(value) : json_null());
}

void ckn_json_count(json_t *object, const char *key, size_t value) {
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

void ckn_json_flag(json_t *object, const char *key, bool value) {
    json_object_set_new(object, key, json_boolean(value));
}

static json_t *text_value(const char *value) {
    json_t *text = json_string(value);
    if (text)
        return text;
    char *copy = strdup(value);
    if (!copy)
        return NULL;
    for (char *c = copy; *c; c++) {
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    }
    text = json_string(copy);
    free(copy);
    return text;
}

void ckn_json_text(json_t *object, const char *key, const char *value) {
    json_object_set_new(object, key, value ? text_value(value) : json_null());
}

json_t *ckn_json_begin(const ckn_cli_session *session) {
    json_t *object = json_object();
    const char *command = strchr(session->command, ' ');
    ckn_json_text(object, "command", command ? command + 1 : session->command);
    ckn_json_text(object, "version", ckn_version());
    if (session->device_label[0]) {
        ckn_json_text(object, "device", session->device_label);
        ckn_json_text(object, "device_name", session->device.name);
    }
    return object;
}

static int dump(const json_t *object, FILE *stream) {
    return json_dumpf(object, stream, JSON_INDENT(2)) == 0 && fputc('\n', stream) != EOF ? 0 : -1;
}

static ckn_code write_file(const char *path, const json_t *object, ckn_error *error) {
    ckn_atomic_file *file;
    CKN_TRY(ckn_atomic_open(path, &file, error));
    /* A failed write stays on the stream and is reported by the commit. */
    dump(object, ckn_atomic_stream(file));
    return ckn_atomic_commit(file, error);
}

ckn_code ckn_json_end(ckn_cli_session *session, json_t *object, ckn_error *error) {
    const char *path = session->common->json;
    ckn_code code = CKN_OK;
    ckn_json_real(object, "seconds_total", ckn_cli_session_seconds(session));
    if (!object)
        code = ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the JSON figures");
    else if (path && strcmp(path, "-") == 0)
        dump(object, stdout); /* a failure is found by ckn_cli_finish_stdout() */
    else if (path)
        code = write_file(path, object, error);
    json_decref(object);
    return code;
}
