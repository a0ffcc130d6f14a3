/* Cleaning of text that comes from outside, such as file names. */
#ifndef CKN_CLI_REPORT_TEXT_H
#define CKN_CLI_REPORT_TEXT_H

#include <stddef.h>

/* Copies at most size - 1 bytes of whole characters to `out`; bytes that are not UTF-8 and control
 * characters become '?'. */
void ckn_text_clean(char *out, size_t size, const char *text);

/* Copies `text`, shortened where it must be, with a real minus sign before numbers. */
void ckn_text_minus(char *out, size_t size, const char *text);

/* Removes the last character of valid UTF-8, where there is one. */
void ckn_text_chop(char *text);

#endif
