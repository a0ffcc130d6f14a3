/* The command line of one command, declared as a table: the parser, the help text, and through
 * the help text the completion and the test of the man page, all live on the same lines. */
#ifndef CKN_CLI_OPTIONS_H
#define CKN_CLI_OPTIONS_H

#include "base/status.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What an option stores at its target. */
typedef enum ckn_cli_type {
    CKN_CLI_FLAG = 0,   /* bool: true */
    CKN_CLI_CLEAR,      /* bool: false */
    CKN_CLI_TEXT,       /* const char * */
    CKN_CLI_REAL,       /* double, finite, in the option's range */
    CKN_CLI_COUNT,      /* size_t, in the option's range */
    CKN_CLI_AUTO_COUNT, /* the same, or 0 for the word auto */
    CKN_CLI_BYTES,      /* size_t, at least 1; K, M and G after the number are powers of 1024 */
    CKN_CLI_SEED,       /* uint64_t */
    CKN_CLI_SHAPE,      /* ckn_shape from N or WIDTHxHEIGHT */
    CKN_CLI_REGION,     /* ckn_cli_region from X,Y,WIDTHxHEIGHT */
    CKN_CLI_CHOICE,     /* int: the position in `argument`, which lists the words: one|two|three */
    CKN_CLI_AUTO_SHAPE, /* ckn_cli_auto_shape from N, WIDTHxHEIGHT, auto, auto:N or auto:WxH */
    CKN_CLI_SHIFT,      /* ckn_cli_shift from auto, none or X,Y */
    CKN_CLI_CHOICE_OR_REAL /* ckn_cli_choice_or_real; the last word of the list stands for the
                            * number, which must be in the option's range */
} ckn_cli_type;

/* A rectangle of an image; none where shape.rows is 0. */
typedef struct ckn_cli_region {
    size_t row, col;
    ckn_shape shape;
} ckn_cli_region;

/* A size, or how to look for it. */
typedef struct ckn_cli_auto_shape {
    ckn_shape shape; /* 0 x 0: to be found */
    ckn_shape first; /* the first guess then; 0 x 0: none */
} ckn_cli_auto_shape;

/* A translation in whole pixels, or how to look for it. */
typedef struct ckn_cli_shift {
    enum { CKN_CLI_SHIFT_AUTO = 0, CKN_CLI_SHIFT_NONE, CKN_CLI_SHIFT_GIVEN } mode;
    ptrdiff_t x, y; /* where it is given */
} ckn_cli_shift;

/* One of the words, or a number. */
typedef struct ckn_cli_choice_or_real {
    int choice;   /* position of the word; negative: a number */
    double value; /* of the number */
} ckn_cli_choice_or_real;

/* Values must be >= low, or > low where `above` is set, and <= high where high is not 0. */
typedef struct ckn_cli_range {
    double low, high;
    bool above;
} ckn_cli_range;

typedef struct ckn_cli_option {
    const char *name;     /* without the dashes */
    char letter;          /* 0: none */
    const char *argument; /* as the help shows it; NULL for flags */
    ckn_cli_type type;
    size_t target; /* offset in the command's arguments */
    const char *help;
    ckn_cli_range range;
} ckn_cli_option;

/* The words of a command line that are no options, in their order. */
typedef struct ckn_cli_words {
    const char *const *word; /* within argv */
    size_t count;
} ckn_cli_words;

/* The most positionals that a command has names for. */
#define CKN_CLI_POSITIONALS 2

/* What a command line consists of. `options` does not contain the common ones. */
typedef struct ckn_cli_syntax {
    const char *command;
    const char *summary;
    const char *positionals[CKN_CLI_POSITIONALS + 1]; /* names, ended by NULL; all required */
    bool positionals_repeat;                          /* all of them may come any number of times */
    size_t positional_target;                         /* offset of a ckn_cli_words */
    const ckn_cli_option *options;
    size_t option_count;
    const char *notes; /* further lines of the help; may be NULL */
} ckn_cli_syntax;

/* Fills `arguments` (a struct that starts with ckn_cli_common) from argv[0 .. argc-1], whose words
 * must outlive it; positionals are moved to its front. Stops early, with common.help set, at
 * --help. CKN_ERROR_ARGUMENT: a usage error. */
ckn_code ckn_cli_parse(const ckn_cli_syntax *syntax, int argc, char **argv, void *arguments,
                       ckn_error *error);

/* Prints `length` characters from the current column, `indent`, on: broken at blanks, further lines
 * indented, within COLUMNS or the terminal's width. */
void ckn_cli_print_wrapped(FILE *stream, const char *text, size_t length, int indent);

/* The help text that the table gives. */
void ckn_cli_print_help(const ckn_cli_syntax *syntax, FILE *stream);

#endif
