#include "cli/kernel_output.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Frees both. */
static char *append(char *text, char *more) {
    char *longer = text && more ? ckn_format("%s%s%s", text, *text ? " " : "", more) : NULL;
    free(text);
    free(more);
    return longer;
}

/* In quotes where a shell would take it apart; what is no character becomes '?'. */
char *ckn_cli_quoted(const char *word) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%";
    bool quotes = word[strspn(word, plain)] != '\0' || !*word;
    char *text = calloc(4 * strlen(word) + 3, 1), *at = text;
    if (!text)
        return NULL;
    if (quotes)
        *at++ = '\'';
    while (*word) {
        size_t length = ckn_text_character(word);
        if (*word == '\'') {
            memcpy(at, "'\\''", 4);
            at += 4;
        } else if (length > 0) {
            memcpy(at, word, length);
            at += length;
        } else {
            *at++ = '?';
        }
        word += length ? length : 1;
    }
    if (quotes)
        *at++ = '\'';
    return text;
}

char *ckn_cli_command_line(int argc, char *const *argv) {
    char *text = ckn_format("%s", "clkernest");
    for (int i = 1; i < argc; i++)
        text = append(text, ckn_cli_quoted(argv[i]));
    return text;
}

static char *list_sources(const ckn_cli_words *sources) {
    char *text = ckn_format("%s", "");
    for (size_t i = 0; sources && i < sources->count; i++) {
        if (sources->word[i])
            text = append(text, ckn_cli_quoted(sources->word[i]));
    }
    return text;
}

ckn_code ckn_cli_kernel_write(const ckn_cli_session *session, const char *path,
                              const ckn_view *kernel, const ckn_cli_words *sources, char *note,
                              size_t note_size, ckn_error *error) {
    return ckn_cli_kernel_write_at(session, path, kernel, (ckn_kernel_offset){0, 0}, sources, note,
                                   note_size, error);
}

/* Where a file comes from, as long as `files` and the session are there. */
typedef struct origin {
    char software[64];
    char *files;
    ckn_metadata_item items[4];
    size_t count;
} origin;

static void add_item(origin *from, const char *key, const char *value) {
    if (value && *value)
        from->items[from->count++] = (ckn_metadata_item){key, value};
}

/* `size` is a kernel's, or NULL. origin->files is to be freed. */
static ckn_code tell_origin(const ckn_cli_session *session, const char *path, const char *size,
                            const ckn_cli_words *sources, origin *from, ckn_error *error) {
    *from = (origin){.files = list_sources(sources)};
    if (!from->files)
        return ckn_fail(error, CKN_ERROR_MEMORY, "%s: not enough memory to write it", path);
    snprintf(from->software, sizeof from->software, "clkernest %s", ckn_version());
    add_item(from, "Software", from->software);
    add_item(from, "Kernel size", size);
    add_item(from, "Source", from->files);
    add_item(from, "Command", session->command_line);
    return CKN_OK;
}

ckn_code ckn_cli_kernel_write_at(const ckn_cli_session *session, const char *path,
                                 const ckn_view *kernel, ckn_kernel_offset offset,
                                 const ckn_cli_words *sources, char *note, size_t note_size,
                                 ckn_error *error) {
    char size[64];
    origin from;
    snprintf(size, sizeof size, "%zux%zu", kernel->cols, kernel->rows);
    CKN_TRY(tell_origin(session, path, size, sources, &from, error));
    const ckn_metadata metadata = {from.items, from.count};
    ckn_code code = ckn_kernel_write_at(path, kernel, offset, &metadata, note, note_size, error);
    free(from.files);
    return code;
}

ckn_code ckn_cli_picture_write_from(const ckn_cli_session *session, const char *path,
                                    const ckn_picture *picture, const ckn_cli_words *sources,
                                    ckn_error *error) {
    origin from;
    CKN_TRY(tell_origin(session, path, NULL, sources, &from, error));
    const ckn_metadata metadata = {from.items, from.count};
    ckn_code code = ckn_picture_write_with(path, picture, &metadata, error);
    free(from.files);
    return code;
}
