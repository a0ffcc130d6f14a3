/* Where lines of text end. */
#ifndef CKN_CLI_REPORT_WORDS_H
#define CKN_CLI_REPORT_WORDS_H

#include "cli/report/canvas.h"

#include <stddef.h>

/* Length of the longest beginning of `text` that fits and ends before a blank, after a comma rather
 * than elsewhere; all of it where it fits or has no blank. A number keeps its error. */
size_t ckn_words_fitting(const ckn_canvas *canvas, const char *text, double width,
                         ckn_text_style style);

#endif
