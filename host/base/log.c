#include "base/log.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void ckn_log_line(const ckn_log *log, ckn_log_level level, const char *format, ...) {
    if (!log || !log->function)
        return;
    char text[2048], line[sizeof text];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof text, format, arguments) >= (int)sizeof text)
        ckn_text_trim_character(text);
    va_end(arguments);
    ckn_text_printable(line, sizeof line, text);
    log->function(log->user, level, line);
}
