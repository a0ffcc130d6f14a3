/* What goes along with numbers in a file that has room for it. */
#ifndef CKN_IO_METADATA_H
#define CKN_IO_METADATA_H

#include <stddef.h>

/* "Software" and "clkernest 0.1.0". Each text is one line, in UTF-8; keys are ASCII letters and
 * blanks, at most 79. "Software" goes where a format has a place for it. */
typedef struct ckn_metadata_item {
    const char *key, *value;
} ckn_metadata_item;

typedef struct ckn_metadata {
    const ckn_metadata_item *items;
    size_t count;
} ckn_metadata;

/* The value of `key`; NULL where there is none, or `metadata` is NULL. */
const char *ckn_metadata_find(const ckn_metadata *metadata, const char *key);

/* All items as "key: value" lines: a new string (freed with free()), NULL where memory is
 * exhausted. `metadata` may be NULL. */
char *ckn_metadata_text(const ckn_metadata *metadata);

/* Copies `value` with every byte that is no printable ASCII character as '?', cut to `size`. */
void ckn_metadata_plain(const char *value, char *text, size_t size);

#endif
