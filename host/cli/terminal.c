#include "cli/terminal.h"

#include "base/text.h"

#include <stdlib.h>

/* Longer than any line but those of many or very long file names. */
enum { LINE_SIZE = 4096 };

static void put_text(FILE *stream, const char *text) {
    char piece[CKN_TEXT_PIECE];
    while (*text) {
        text += ckn_text_piece(text, piece);
        fputs(piece, stream);
    }
}

/* Where memory runs out, a long line ends early: it is for people only. */
void ckn_cli_put_list(FILE *stream, const char *format, va_list arguments) {
    char line[LINE_SIZE], *longer = NULL;
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(line, sizeof line, format, arguments);
    if (length >= LINE_SIZE)
        longer = malloc((size_t)length + 1);
    if (longer)
        vsnprintf(longer, (size_t)length + 1, format, again);
    else if (length >= LINE_SIZE)
        ckn_text_trim_character(line);
    va_end(again);
    put_text(stream, longer ? longer : line);
    free(longer);
}

void ckn_cli_put(FILE *stream, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    ckn_cli_put_list(stream, format, arguments);
    va_end(arguments);
}

void ckn_cli_say(FILE *stream, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    ckn_cli_put_list(stream, format, arguments);
    va_end(arguments);
    fputc('\n', stream);
}
