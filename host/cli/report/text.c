#include "cli/report/text.h"

#include "base/text.h"

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

void ckn_text_chop(char *text) {
    size_t length = strlen(text);
    if (length == 0)
        return;
    do
        length--;
    while (length > 0 && ((unsigned char)text[length] & 0xC0U) == 0x80);
    text[length] = '\0';
}
