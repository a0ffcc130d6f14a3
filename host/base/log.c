#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void ckn_log_line(const ckn_log *log, ckn_log_level level, const char *format, ...) {
    if (!log || !log->function)
        return;
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    log->function(log->user, level, line);
}
