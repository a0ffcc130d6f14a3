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

void ckn_text_minus(char *out, size_t size, const char *text) {
    static const char minus[] = "\xE2\x88\x92";
    size_t used = 0;
    for (const char *p = text; *p && used + sizeof minus < size; p++) {
        bool starts = p == text || p[-1] == ' ' || p[-1] == '\t' || p[-1] == '(';
        if (*p == '-' && starts && p[1] >= '0' && p[1] <= '9') {
            memcpy(out + used, minus, sizeof minus - 1);
            used += sizeof minus - 1;
        } else {
            out[used++] = *p;
        }
    }
    out[used] = '\0';
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
