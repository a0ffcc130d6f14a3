#include "io/npy_header.h"

#include <stdint.h>
#include <string.h>

typedef struct cursor {
    const char *next, *end;
} cursor;

enum { KEY_SIZE = 32 };

enum seen { SEEN_DESCR = 1, SEEN_ORDER = 2, SEEN_SHAPE = 4, SEEN_ALL = 7 };

static ckn_code malformed(ckn_error *error, const char *what) {
    return ckn_fail(error, CKN_ERROR_FILE, "its NPY header is damaged: %s", what);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(cursor *at) {
    while (at->next < at->end && is_blank(*at->next))
        at->next++;
}

/* Takes `c`, after blanks, where it comes next. */
static bool take(cursor *at, char c) {
    skip_blanks(at);
    if (at->next == at->end || *at->next != c)
        return false;
    at->next++;
    return true;
}

static bool take_word(cursor *at, const char *word) {
    size_t length = strlen(word);
    skip_blanks(at);
    if ((size_t)(at->end - at->next) < length || memcmp(at->next, word, length) != 0)
        return false;
    at->next += length;
    return true;
}

/* A string in either kind of quotes. What is not printable becomes '?', and what exceeds `size` is
 * cut: neither can be a key or a type that is known, and the rest may stand in a message. */
static bool take_string(cursor *at, char *text, size_t size) {
    bool single = take(at, '\'');
    if (!single && !take(at, '"'))
        return false;
    const char *close = memchr(at->next, single ? '\'' : '"', (size_t)(at->end - at->next));
    if (!close)
        return false;
    size_t length = (size_t)(close - at->next);
    if (length > size - 1)
        length = size - 1;
    for (size_t i = 0; i < length; i++) {
        char c = at->next[i];
        text[i] = (char)(c >= ' ' && c <= '~' ? c : '?');
    }
    text[length] = '\0';
    at->next = close + 1;
    return true;
}

static ckn_code take_size(cursor *at, size_t *size, ckn_error *error) {
    skip_blanks(at);
    const char *start = at->next;
    size_t value = 0;
    for (; at->next < at->end && *at->next >= '0' && *at->next <= '9'; at->next++) {
        size_t digit = (size_t)(*at->next - '0');
        if (value > (SIZE_MAX - digit) / 10)
            return malformed(error, "a number of its shape is too large");
        value = 10 * value + digit;
    }
    if (at->next == start)
        return malformed(error, "its shape holds something that is no number");
    take(at, 'L'); /* Python 2 marked its long integers */
    *size = value;
    return CKN_OK;
}

static ckn_code take_shape(cursor *at, ckn_npy_header *header, ckn_error *error) {
    if (!take(at, '('))
        return malformed(error, "its shape is no tuple");
    header->dimensions = 0;
    while (!take(at, ')')) {
        if (header->dimensions == CKN_NPY_MOST_DIMENSIONS)
            return malformed(error, "its shape has too many dimensions");
        CKN_TRY(take_size(at, &header->shape[header->dimensions++], error));
        if (take(at, ','))
            continue;
        if (!take(at, ')'))
            return malformed(error, "its shape does not end");
        break;
    }
    return CKN_OK;
}

static ckn_code take_descr(cursor *at, ckn_npy_header *header, ckn_error *error) {
    skip_blanks(at);
    if (at->next < at->end && *at->next == '[')
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "it holds a structured type; save one of its fields as float32 or float64");
    if (!take_string(at, header->descr, sizeof header->descr))
        return malformed(error, "its type is no text");
    return CKN_OK;
}

static ckn_code take_order(cursor *at, ckn_npy_header *header, ckn_error *error) {
    header->fortran_order = take_word(at, "True");
    if (!header->fortran_order && !take_word(at, "False"))
        return malformed(error, "fortran_order is neither True nor False");
    return CKN_OK;
}

static ckn_code take_entry(cursor *at, ckn_npy_header *header, unsigned *seen, ckn_error *error) {
    char key[KEY_SIZE];
    if (!take_string(at, key, sizeof key) || !take(at, ':'))
        return malformed(error, "a key is missing");
    unsigned flag;
    ckn_code (*take_value)(cursor *, ckn_npy_header *, ckn_error *);
    if (strcmp(key, "descr") == 0) {
        flag = SEEN_DESCR;
        take_value = take_descr;
    } else if (strcmp(key, "fortran_order") == 0) {
        flag = SEEN_ORDER;
        take_value = take_order;
    } else if (strcmp(key, "shape") == 0) {
        flag = SEEN_SHAPE;
        take_value = take_shape;
    } else {
        return ckn_fail(error, CKN_ERROR_FILE, "its NPY header is damaged: the key '%s' is unknown",
                        key);
    }
    if (*seen & flag)
        return ckn_fail(error, CKN_ERROR_FILE, "its NPY header is damaged: '%s' stands there twice",
                        key);
    *seen |= flag;
    return take_value(at, header, error);
}

/* Up to the end of the line. */
static void take_comment(cursor *at, ckn_npy_header *header) {
    size_t length = 0;
    if (!take(at, '#'))
        return;
    for (; at->next < at->end && *at->next != '\n'; at->next++) {
        const char c = *at->next;
        if (length + 1 < sizeof header->comment)
            header->comment[length++] = (char)(c >= ' ' && c <= '~' ? c : '?');
    }
    header->comment[length] = '\0';
}

ckn_code ckn_npy_header_parse(const char *text, size_t length, ckn_npy_header *header,
                              ckn_error *error) {
    cursor at = {text, text + length};
    unsigned seen = 0;
    memset(header, 0, sizeof *header);
    if (!take(&at, '{'))
        return malformed(error, "it does not begin with {");
    while (!take(&at, '}')) {
        CKN_TRY(take_entry(&at, header, &seen, error));
        if (take(&at, ','))
            continue;
        if (!take(&at, '}'))
            return malformed(error, "it does not end with }");
        break;
    }
    take_comment(&at, header);
    skip_blanks(&at);
    if (at.next != at.end)
        return malformed(error, "something follows its }");
    if (seen != SEEN_ALL)
        return malformed(error, "descr, fortran_order or shape is missing");
    return CKN_OK;
}
