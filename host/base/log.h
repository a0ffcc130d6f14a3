/* Messages to the caller's log callback. */
#ifndef CKN_BASE_LOG_H
#define CKN_BASE_LOG_H

#include "clkernest.h"

typedef struct ckn_log {
    ckn_log_fn function; /* NULL: messages are dropped */
    void *user;
} ckn_log;

/* One line, cleaned as the messages of ckn_fail(). */
__attribute__((format(printf, 3, 4))) void ckn_log_line(const ckn_log *log, ckn_log_level level,
                                                        const char *format, ...);

#endif
