#include "cli/json.h"

#include "base/text.h"
#include "io/atomic_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Takes `value`; where it is NULL, or there is nothing to add it to, something has failed. */
static bool set(ckn_json object, const char *key, json_t *value) {
    bool done = json_object_set_new(object.value, key, value) == 0;
    *object.failed = *object.failed || !done;
    return done;
}

static bool append(ckn_json list, json_t *value) {
    bool done = json_array_append_new(list.value, value) == 0;
    *list.failed = *list.failed || !done;
    return done;
}

void ckn_json_real(ckn_json object, const char *key, double value) {
    set(object, key, isfinite(value) ? json_real(value) : json_null());
}

void ckn_json_count(ckn_json object, const char *key, size_t value) {
    set(object, key, json_integer((json_int_t)value));
}

void ckn_json_integer(ckn_json object, const char *key, int64_t value) {
    set(object, key, json_integer((json_int_t)value));
}

void ckn_json_flag(ckn_json object, const char *key, bool value) {
    set(object, key, json_boolean(value));
}

void ckn_json_null(ckn_json object, const char *key) {
    set(object, key, json_null());
}

/* JSON has escapes of its own for what is below 0x80. NULL where memory runs out. */
static json_t *text_value(const char *value) {
    char *copy = strdup(value);
    for (char *c = copy; c && *c;) {
        size_t length = ckn_text_character(c);
        if (length == 0 && (unsigned char)*c >= 0x80)
            *c = '?';
        c += length ? length : 1;
    }
    json_t *text = copy ? json_string(copy) : NULL;
    free(copy);
    return text;
}

void ckn_json_text(ckn_json object, const char *key, const char *value) {
    set(object, key, value ? text_value(value) : json_null());
}

void ckn_json_append_text(ckn_json list, const char *value) {
    append(list, text_value(value));
}

ckn_json ckn_json_object(ckn_json object, const char *key) {
    json_t *part = json_object();
    return (ckn_json){set(object, key, part) ? part : NULL, object.failed};
}

ckn_json ckn_json_list(ckn_json object, const char *key) {
    json_t *part = json_array();
    return (ckn_json){set(object, key, part) ? part : NULL, object.failed};
}

ckn_json ckn_json_append_object(ckn_json list) {
    json_t *part = json_object();
    return (ckn_json){append(list, part) ? part : NULL, list.failed};
}

ckn_json ckn_json_begin_list(ckn_cli_session *session) {
    ckn_json list = {json_array(), &session->json_failed};
    *list.failed = *list.failed || !list.value;
    return list;
}

void ckn_json_adopt(ckn_json object, const char *key, ckn_json list) {
    set(object, key, json_incref(list.value));
}

void ckn_json_abandon(ckn_json *list) {
    json_decref(list->value);
    list->value = NULL;
}

ckn_json ckn_json_begin(ckn_cli_session *session) {
    ckn_json object = {json_object(), &session->json_failed};
    const char *command = strchr(session->command, ' ');
    ckn_json_text(object, "command", command ? command + 1 : session->command);
    ckn_json_text(object, "version", ckn_version());
    if (session->device_label[0]) {
        ckn_json_text(object, "device", session->device_label);
        ckn_json_text(object, "device_name", session->device.name);
    }
    return object;
}

static ckn_code write_file(const char *path, const char *text, ckn_error *error) {
    ckn_atomic_file *file;
    CKN_TRY(ckn_atomic_open(path, &file, error));
    ckn_atomic_print(file, "%s\n", text);
    return ckn_atomic_commit(file, error);
}

/* Not json_dumps(), which leaves out a key where memory runs out as its text grows. NULL without
 * memory. */
static char *dump(const json_t *object) {
    const size_t flags = JSON_INDENT(2), size = json_dumpb(object, NULL, 0, flags);
    char *text = size > 0 ? malloc(size + 1) : NULL;
    if (!text || json_dumpb(object, text, size, flags) != size) {
        free(text);
        return NULL;
    }
    text[size] = '\0';
    return text;
}

/* A text first, so that nothing is written where memory runs out. */
static ckn_code write_object(const char *path, const json_t *object, ckn_error *error) {
    char *text = dump(object);
    ckn_code code = CKN_OK;
    if (!text)
        code = ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the JSON figures");
    else if (strcmp(path, "-") != 0)
        code = write_file(path, text, error);
    else if (fputs(text, stdout) == EOF || fputc('\n', stdout) == EOF)
        code = ckn_fail(error, CKN_ERROR_FILE, "standard output: %s", strerror(errno));
    free(text);
    return code;
}

ckn_code ckn_json_end(ckn_cli_session *session, ckn_json object, ckn_error *error) {
    const char *path = session->common->json;
    ckn_code code = CKN_OK;
    ckn_json_real(object, "seconds_total", ckn_cli_session_seconds(session));
    if (*object.failed)
        code = ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the JSON figures");
    else if (path)
        code = write_object(path, object.value, error);
    json_decref(object.value);
    return code;
}
