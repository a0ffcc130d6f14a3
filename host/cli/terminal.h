/* What the program says to people: lines that cannot steer a terminal, whatever file names and
 * drivers put into them. */
#ifndef CKN_CLI_TERMINAL_H
#define CKN_CLI_TERMINAL_H

#include <stdarg.h>
#include <stdio.h>

/* Prints one line and its line break; control characters and bytes that are no UTF-8 come out as
 * \xNN, line breaks and tabs as spaces. */
__attribute__((format(printf, 2, 3))) void ckn_cli_say(FILE *stream, const char *format, ...);

/* The same without the line break, for a line that comes in pieces. */
__attribute__((format(printf, 2, 3))) void ckn_cli_put(FILE *stream, const char *format, ...);
__attribute__((format(printf, 2, 0))) void ckn_cli_put_list(FILE *stream, const char *format,
                                                            va_list arguments);

#endif
