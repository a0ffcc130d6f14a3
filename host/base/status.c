#include "base/status.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One line by contract, and safe on a terminal: texts from drivers, parsers and file names bring
 * their own line breaks and control characters. */
static void format_message(ckn_error *error, const char *format, va_list arguments) {
    char text[sizeof error->message];
    if (vsnprintf(text, sizeof text, format, arguments) >= (int)sizeof text)
        ckn_text_trim_character(text);
    ckn_text_printable(error->message, sizeof error->message, text);
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
    ckn_text_printable(error->message, sizeof error->message, joined);
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
