#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

size_t ckn_text_character(const char *text) {
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)text;
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

size_t ckn_text_piece(const char *text, char piece[CKN_TEXT_PIECE]) {
    size_t length = ckn_text_character(text);
    if (length > 0) {
        memcpy(piece, text, length);
        piece[length] = '\0';
        return length;
    }
    if (*text == '\n' || *text == '\r' || *text == '\t')
        snprintf(piece, CKN_TEXT_PIECE, " ");
    else
        snprintf(piece, CKN_TEXT_PIECE, "\\x%02x", (unsigned)(unsigned char)*text);
    return 1;
}

void ckn_text_printable(char *out, size_t size, const char *text) {
    char piece[CKN_TEXT_PIECE];
    size_t used = 0;
    while (*text) {
        text += ckn_text_piece(text, piece);
        size_t length = strlen(piece);
        if (used + length >= size)
            break;
        memcpy(out + used, piece, length);
        used += length;
    }
    out[used] = '\0';
}

void ckn_text_trim_character(char *text) {
    size_t length = strlen(text), start = length;
    while (start > 0 && length - start < 3 && ((unsigned char)text[start - 1] & 0xC0U) == 0x80)
        start--;
    if (start > 0 && (unsigned char)text[start - 1] >= 0xC0 &&
        ckn_text_character(text + start - 1) == 0)
        text[start - 1] = '\0';
}
