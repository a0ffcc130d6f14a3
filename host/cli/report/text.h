/* Cleaning of text that comes from outside, such as file names. */
#ifndef CKN_CLI_REPORT_TEXT_H
#define CKN_CLI_REPORT_TEXT_H

#include <stddef.h>

/* Copies at most size - 1 bytes of whole characters to `out`; bytes that are not UTF-8 and control
 * characters become '?'. */
void ckn_text_clean(char *out, size_t size, const char *text);

/* Copies `text`, shortened where it must be, with numbers as people write them: a real minus sign,
 * and "1.2e-05" as 1.2 times a power of ten. */
void ckn_text_numbers(char *out, size_t size, const char *text);

/* Removes the last character of valid UTF-8, where there is one. */
void ckn_text_chop(char *text);

#endif
