#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void format_message(ckn_error *error, const char *format, va_list arguments) {
    vsnprintf(error->message, sizeof error->message, format, arguments);
    /* One line by contract: texts from drivers and parsers bring their own line breaks. */
    for (char *c = error->message; *c; c++) {
        if (*c == '\n' || *c == '\r' || *c == '\t')
            *c = ' ';
    }
    size_t length = strlen(error->message);
    while (length > 0 && error->message[length - 1] == ' ')
        error->message[--length] = '\0';
}

/* In parentheses, because the static analyser sees a macro of that name. */
ckn_code(ckn_fail)(ckn_error *error, ckn_code code, const char *format, ...) {
    if (error) {
        error->code = code;
        va_list arguments;
        va_start(arguments, format);
        format_message(error, format, arguments);
        va_end(arguments);
    }
    return code;
}

ckn_code ckn_fail_prefix(ckn_error *error, const char *format, ...) {
    if (!error)
        return CKN_ERROR_INTERNAL;
    ckn_error prefix;
    va_list arguments;
    va_start(arguments, format);
    format_message(&prefix, format, arguments);
    va_end(arguments);
    const char *rest = error->message;
    char joined[sizeof prefix.message + sizeof error->message + 3];
    snprintf(joined, sizeof joined, "%s: %s", prefix.message, rest);
    snprintf(error->message, sizeof error->message, "%.*s", (int)sizeof error->message - 1, joined);
    return error->code;
}

const char *ckn_code_name(ckn_code code) {
    switch (code) {
    case CKN_OK:
        return "ok";
    case CKN_ERROR_ARGUMENT:
        return "argument";
    case CKN_ERROR_DATA:
        return "data";
    case CKN_ERROR_MEMORY:
        return "memory";
    case CKN_ERROR_DEVICE:
        return "device";
    case CKN_ERROR_OPENCL:
        return "opencl";
    case CKN_ERROR_UNSUPPORTED:
        return "unsupported";
    case CKN_ERROR_FILE:
        return "file";
    case CKN_ERROR_CANCELLED:
        return "cancelled";
    case CKN_ERROR_INTERNAL:
        return "internal";
    }
    return "unknown";
}
