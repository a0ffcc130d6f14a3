/* How functions report failure: a code as the return value, a message in a caller's ckn_error. */
#ifndef CKN_BASE_STATUS_H
#define CKN_BASE_STATUS_H

#include "clkernest.h"

/* Writes code and formatted message to `error` (where it is not NULL) and returns `code`, so that
 * a failure is one statement: return ckn_fail(error, CKN_ERROR_ARGUMENT, "...", ...); Control
 * characters and bytes that are no UTF-8 come out as \xNN, line breaks and tabs as spaces. */
__attribute__((format(printf, 3, 4))) ckn_code ckn_fail(ckn_error *error, ckn_code code,
                                                        const char *format, ...);

#ifdef __clang_analyzer__
/* Lets the static analyser see that the code that goes in comes back. */
#define ckn_fail(error, code, ...) (ckn_fail(error, code, __VA_ARGS__), (code))
#endif

/* Puts "prefix: " before the message that `error` holds already, and returns its code. */
__attribute__((format(printf, 2, 3))) ckn_code ckn_fail_prefix(ckn_error *error, const char *format,
                                                               ...);

/* Leaves the calling function where `expression` failed. Only for functions that own nothing yet;
 * others go to their clean-up. */
#define CKN_TRY(expression)                                                                        \
    do {                                                                                           \
        ckn_code ckn_try_code_ = (expression);                                                     \
        if (ckn_try_code_ != CKN_OK)                                                               \
            return ckn_try_code_;                                                                  \
    } while (0)

#endif
