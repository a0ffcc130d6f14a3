#include "io/metadata.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

const char *ckn_metadata_find(const ckn_metadata *metadata, const char *key) {
    for (size_t i = 0; metadata && i < metadata->count; i++) {
        if (strcmp(metadata->items[i].key, key) == 0)
            return metadata->items[i].value;
    }
    return NULL;
}

char *ckn_metadata_text(const ckn_metadata *metadata) {
    char *text = ckn_format("%s", "");
    for (size_t i = 0; text && metadata && i < metadata->count; i++) {
        const ckn_metadata_item *item = &metadata->items[i];
        char *longer = ckn_format("%s%s: %s\n", text, item->key, item->value);
        free(text);
        text = longer;
    }
    return text;
}

void ckn_metadata_plain(const char *value, char *text, size_t size) {
    size_t i = 0;
    for (; value[i] && i + 1 < size; i++)
        text[i] = (char)(value[i] >= ' ' && value[i] <= '~' ? value[i] : '?');
    text[i] = '\0';
}
