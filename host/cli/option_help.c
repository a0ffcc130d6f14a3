#include "cli/common_options.h"

#include <string.h>

#define HELP_COLUMN 30
#define HELP_WIDTH 98

/* Prints `text` from the current column on, broken at spaces, further lines indented. */
static void print_wrapped(FILE *stream, const char *text, int indent) {
    int column = indent;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > indent && column + 1 + length > HELP_WIDTH) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', stream);
            column++;
        }
        fprintf(stream, "%.*s", length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', stream);
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
