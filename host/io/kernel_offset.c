#include "io/kernel_offset.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Pixels; no picture that is read is larger along an axis. */
static const ptrdiff_t most_offset = INT32_MAX;

bool ckn_kernel_offset_is_zero(ckn_kernel_offset offset) {
    return offset.row == 0 && offset.col == 0;
}

void ckn_kernel_offset_text(ckn_kernel_offset offset, char text[CKN_KERNEL_OFFSET_SIZE]) {
    snprintf(text, CKN_KERNEL_OFFSET_SIZE, "%td,%td", offset.col, offset.row);
}

static const char *skip_blanks(const char *text) {
    return text + strspn(text, " \t");
}

static bool take_whole(const char **at, ptrdiff_t *value) {
    const char *text = skip_blanks(*at);
    const bool negative = *text == '-';
    ptrdiff_t found = 0;
    text += *text == '-' || *text == '+';
    const char *start = text;
    for (; *text >= '0' && *text <= '9'; text++) {
        found = 10 * found + (*text - '0');
        if (found > most_offset)
            return false;
    }
    *value = negative ? -found : found;
    *at = text;
    return text > start;
}

/* Not strncasecmp(): in a Turkish locale I is no capital i. */
static bool take_key(const char **at) {
    static const char key[] = "shift";
    const char *text = *at;
    for (size_t i = 0; key[i]; i++, text++) {
        const char c = (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
        if (c != key[i])
            return false;
    }
    if (!*text || !strchr(": \t", *text))
        return false;
    *at = skip_blanks(text + (*text == ':'));
    return true;
}

bool ckn_kernel_offset_of_line(const char *line, ckn_kernel_offset *offset) {
    ckn_kernel_offset found;
    const char *at = line + strspn(line, "# \t");
    if (!take_key(&at) || !take_whole(&at, &found.col))
        return false;
    at = skip_blanks(at);
    if (*at++ != ',' || !take_whole(&at, &found.row) || at[strspn(at, " \t\r")] > '\n')
        return false;
    *offset = found;
    return true;
}

bool ckn_kernel_offset_of_text(const char *text, ckn_kernel_offset *offset) {
    while (text && *text) {
        if (ckn_kernel_offset_of_line(text, offset))
            return true;
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return false;
}

ckn_kernel_offset ckn_kernel_offset_of_metadata(const ckn_metadata *metadata) {
    ckn_kernel_offset offset = {0, 0};
    char line[CKN_KERNEL_OFFSET_SIZE + sizeof CKN_KERNEL_OFFSET_KEY + 2];
    const char *value = ckn_metadata_find(metadata, CKN_KERNEL_OFFSET_KEY);
    snprintf(line, sizeof line, "%s: %s", CKN_KERNEL_OFFSET_KEY, value ? value : "");
    ckn_kernel_offset_of_line(line, &offset);
    return offset;
}
