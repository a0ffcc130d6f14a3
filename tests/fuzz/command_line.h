/* Command lines that mostly are right: a start that does something, and options out of the
 * program's own tables with values of their types. */
#ifndef CKN_FUZZ_COMMAND_LINE_H
#define CKN_FUZZ_COMMAND_LINE_H

#include "input.h"

enum { FUZZ_MOST_WORDS = 48, FUZZ_TEXT_SIZE = 8192 };

typedef struct fuzz_command_line {
    int count;
    char *words[FUZZ_MOST_WORDS + 1]; /* the program's name first; ended by NULL */
    char text[FUZZ_TEXT_SIZE];        /* which the words stand in */
    size_t used;
} fuzz_command_line;

/* `line` stays where it is: it points into itself. "@" at the start of a name is `folder`, which
 * holds in/ and out/. */
void fuzz_command_line_create(fuzz_command_line *line, fuzz_input *input, const char *folder);
bool fuzz_command_line_has(const fuzz_command_line *line, const char *start);

#endif
