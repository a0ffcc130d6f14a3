/* Texts of others (file names, drivers, files) that are to be shown: they may hold bytes that steer
 * a terminal. */
#ifndef CKN_BASE_TEXT_H
#define CKN_BASE_TEXT_H

#include <stddef.h>

/* Length of the UTF-8 character at `text`; 0 where there is none that can be shown: control
 * characters (C0, DEL, C1), overlong forms, surrogates and bytes that are no UTF-8. Reads no
 * further than a terminating zero. */
size_t ckn_text_character(const char *text);

/* Room for what ckn_text_piece() makes of one character, with its final zero. */
enum { CKN_TEXT_PIECE = 5 };

/* Writes what is shown for the character at `text`, which is not empty: the character itself, a
 * space for line breaks and tabs, and \xNN for any other byte. Returns how many bytes of `text`
 * that takes. */
size_t ckn_text_piece(const char *text, char piece[CKN_TEXT_PIECE]);

/* Copies `text` as one line that is safe on a terminal; what does not fit is cut after a whole
 * character. `out` is no part of `text`. */
void ckn_text_printable(char *out, size_t size, const char *text);

/* Removes a character that was cut short at the end of `text`. */
void ckn_text_trim_character(char *text);

#endif
