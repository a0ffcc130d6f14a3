#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("fuzz: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

bool fuzz_shows(void) {
    return getenv("FUZZ_SHOW") != NULL;
}

bool fuzz_is_plain(const char *text) {
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c < ' ' || *c == 127)
            return false;
    }
    return true;
}

bool fuzz_succeeded(ckn_code code, const ckn_error *error) {
    if (code == CKN_OK)
        return true;
    FUZZ_CHECK(error->code == code, "code %d, but the message has %d", (int)code, (int)error->code);
    FUZZ_CHECK(memchr(error->message, '\0', sizeof error->message), "a message without end");
    FUZZ_CHECK(error->message[0], "code %d without a message", (int)code);
    FUZZ_CHECK(fuzz_is_plain(error->message), "not plain: %s", error->message);
    FUZZ_CHECK(code != CKN_ERROR_INTERNAL, "a defect: %s", error->message);
    if (fuzz_shows())
        fprintf(stderr, "refused: %s\n", error->message);
    return false;
}

static void check_log(void *user, ckn_log_level level, const char *message) {
    (void)user;
    (void)level;
    FUZZ_CHECK(fuzz_is_plain(message), "not plain: %s", message);
}

static ckn_context *context;

static void close_context(void) {
    ckn_context_destroy(context);
}

ckn_context *fuzz_context(void) {
    if (context)
        return context;
    ckn_context_options options;
    ckn_error error = {CKN_OK, ""};
    ckn_context_options_init(&options);
    options.device = "cpu";
    options.threads = 1;
    options.log = check_log;
    FUZZ_CHECK(ckn_context_create(&options, &context, &error) == CKN_OK, "%s", error.message);
    atexit(close_context);
    return context;
}

double *fuzz_array(size_t count) {
    double *array = calloc(count ? count : 1, sizeof *array);
    FUZZ_CHECK(array, "no memory for %zu numbers", count);
    return array;
}
