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
static char *quoted(const char *word) {
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
        text = append(text, quoted(argv[i]));
    return text;
}

static char *list_sources(const ckn_cli_words *sources) {
    char *text = ckn_format("%s", "");
    for (size_t i = 0; sources && i < sources->count; i++) {
        if (sources->word[i])
            text = append(text, quoted(sources->word[i]));
    }
    return text;
}

ckn_code ckn_cli_kernel_write(const ckn_cli_session *session, const char *path,
                              const ckn_view *kernel, const ckn_cli_words *sources, char *note,
                              size_t note_size, ckn_error *error) {
    return ckn_cli_kernel_write_at(session, path, kernel, (ckn_kernel_offset){0, 0}, sources, note,
                                   note_size, error);
}

ckn_code ckn_cli_kernel_write_at(const ckn_cli_session *session, const char *path,
                                 const ckn_view *kernel, ckn_kernel_offset offset,
                                 const ckn_cli_words *sources, char *note, size_t note_size,
                                 ckn_error *error) {
    char software[64], size[64];
    char *files = list_sources(sources);
    if (!files)
        return ckn_fail(error, CKN_ERROR_MEMORY, "%s: not enough memory to write it", path);
    snprintf(software, sizeof software, "clkernest %s", ckn_version());
    snprintf(size, sizeof size, "%zux%zu", kernel->cols, kernel->rows);
    ckn_metadata_item items[4] = {{"Software", software}, {"Kernel size", size}};
    ckn_metadata metadata = {items, 2};
    if (*files)
        items[metadata.count++] = (ckn_metadata_item){"Source", files};
    if (session->command_line)
        items[metadata.count++] = (ckn_metadata_item){"Command", session->command_line};
    ckn_code code = ckn_kernel_write_at(path, kernel, offset, &metadata, note, note_size, error);
    free(files);
    return code;
}
