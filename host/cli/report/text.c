#include "cli/report/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Length of the UTF-8 character at `p`, 0 where there is none. Refuses overlong forms, surrogates
 * and control characters. Reads no further than a terminating zero. */
static size_t character_length(const unsigned char *p) {
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80       ? 1
                    : p[0] >> 5 == 6  ? 2
                    : p[0] >> 4 == 14 ? 3
                    : p[0] >> 3 == 30 ? 4
                                      : 0;
    if (length == 0)
        return 0;
    uint32_t code = length == 1 ? p[0] : p[0] & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xC0U) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3FU);
    }
    bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    bool surrogate = code >= 0xD800 && code < 0xE000;
    return code < smallest[length] || code > 0x10FFFF || control || surrogate ? 0 : length;
}

void ckn_text_clean(char *out, size_t size, const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    size_t used = 0;
    while (*p) {
        size_t length = character_length(p);
        if (used + (length ? length : 1) >= size)
            break;
        if (length == 0) {
            out[used++] = '?';
            p++;
            continue;
        }
        memcpy(out + used, p, length);
        used += length;
        p += length;
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
