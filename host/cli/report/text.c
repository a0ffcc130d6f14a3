#include "cli/report/text.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

void ckn_text_clean(char *out, size_t size, const char *text) {
    size_t used = 0;
    while (*text) {
        size_t length = ckn_text_character(text);
        if (used + (length ? length : 1) >= size)
            break;
        if (length == 0) {
            out[used++] = '?';
            text++;
            continue;
        }
        memcpy(out + used, text, length);
        used += length;
        text += length;
    }
    out[used] = '\0';
}

/* A text that grows. */
typedef struct written {
    char *out;
    size_t size, used;
} written;

/* Whole or not at all. */
static void append(written *to, const char *more) {
    size_t length = strlen(more);
    if (to->used + length >= to->size)
        return;
    memcpy(to->out + to->used, more, length);
    to->used += length;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Where "e-05" or "e+12" at `p` ends; NULL where there is none. */
static const char *exponent_end(const char *p) {
    if (p[0] != 'e' || (p[1] != '-' && p[1] != '+') || !is_digit(p[2]))
        return NULL;
    p += 2;
    while (is_digit(*p))
        p++;
    return p;
}

static void append_exponent(written *to, const char *p, const char *end) {
    static const char *const digits[10] = {
        "\xE2\x81\xB0", "\xC2\xB9",     "\xC2\xB2",     "\xC2\xB3",     "\xE2\x81\xB4",
        "\xE2\x81\xB5", "\xE2\x81\xB6", "\xE2\x81\xB7", "\xE2\x81\xB8", "\xE2\x81\xB9"};
    append(to, "\xC3\x97"
               "10");
    if (p[1] == '-')
        append(to, "\xE2\x81\xBB");
    p += 2;
    while (*p == '0' && p + 1 < end)
        p++;
    for (; p < end; p++)
        append(to, digits[*p - '0']);
}

void ckn_text_numbers(char *out, size_t size, const char *text) {
    written to = {out, size, 0};
    for (const char *p = text; *p; p++) {
        bool starts = p == text || p[-1] == ' ' || p[-1] == '\t' || p[-1] == '(';
        const char *end = p > text && is_digit(p[-1]) ? exponent_end(p) : NULL;
        if (end) {
            append_exponent(&to, p, end);
            p = end - 1;
        } else if (*p == '-' && starts && is_digit(p[1])) {
            append(&to, "\xE2\x88\x92");
        } else {
            append(&to, (const char[2]){*p, '\0'});
        }
    }
    out[to.used] = '\0';
}

void ckn_text_chop(char *text) {
    size_t length = strlen(text);
    if (length == 0)
        return;
    do
        length--;
    while (length > 0 && ((unsigned char)text[length] & 0xC0U) == 0x80);
    text[length] = '\0';
}
