#include "cli/common_options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Columns. Where nothing says how wide the terminal is, and on wider ones, a help text has the
 * most; narrower than the least, its second column would be a single word wide. */
enum { HELP_COLUMN = 30, MOST_WIDTH = 98, LEAST_WIDTH = 50 };

static int limited(long width) {
    if (width <= 0 || width > MOST_WIDTH)
        return MOST_WIDTH;
    return width < LEAST_WIDTH ? LEAST_WIDTH : (int)width;
}

/* COLUMNS, else the terminal's width. */
static int help_width(FILE *stream) {
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    if (columns && *columns && columns[strspn(columns, "0123456789")] == '\0')
        return limited(strtol(columns, NULL, 10));
    return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 ? limited(size.ws_col) : MOST_WIDTH;
}

void ckn_cli_print_wrapped(FILE *stream, const char *text, size_t text_length, int indent) {
    const int width = help_width(stream);
    const char *end = text + text_length;
    int column = indent;
    while (text < end) {
        const char *blank = memchr(text, ' ', (size_t)(end - text));
        int length = (int)((blank ? blank : end) - text);
        if (column > indent && column + 1 + length > width) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', stream);
            column++;
        }
        fprintf(stream, "%.*s", length, text);
        column += length;
        text += length;
        while (text < end && *text == ' ')
            text++;
    }
    fputc('\n', stream);
}

static void print_wrapped(FILE *stream, const char *text, int indent) {
    ckn_cli_print_wrapped(stream, text, strlen(text), indent);
}

static void print_option(FILE *stream, const ckn_cli_option *option) {
    char left[80];
    char letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    int length = fprintf(stream, "%s", left);
    if (length >= HELP_COLUMN)
        fprintf(stream, "\n%*s", HELP_COLUMN, "");
    else
        fprintf(stream, "%*s", HELP_COLUMN - length, "");
    print_wrapped(stream, option->help, HELP_COLUMN);
}

void ckn_cli_print_help(const ckn_cli_syntax *syntax, FILE *stream) {
    fprintf(stream, "usage: clkernest %s", syntax->command);
    for (size_t i = 0; syntax->positionals[i]; i++)
        fprintf(stream, " %s", syntax->positionals[i]);
    for (size_t i = 0; syntax->positionals_repeat && syntax->positionals[i]; i++)
        fprintf(stream, "%s%s%s", i ? " " : " [", syntax->positionals[i],
                syntax->positionals[i + 1] ? "" : "]...");
    fprintf(stream, " [OPTION...]\n");
    print_wrapped(stream, syntax->summary, 0);
    fprintf(stream, "\n");
    for (size_t i = 0; i < syntax->option_count; i++)
        print_option(stream, &syntax->options[i]);
    for (size_t i = 0; i < ckn_cli_common_option_count; i++)
        print_option(stream, &ckn_cli_common_options[i]);
    if (syntax->notes)
        fprintf(stream, "\n%s", syntax->notes);
}
