#include "cli/report/words.h"

#include <stdbool.h>
#include <string.h>

enum { LONGEST = 512 };

/* Whether a line may end before the blank at `index`: a number keeps its error. */
static bool may_break(const char *text, size_t index) {
    static const char plus_minus[] = "\xC2\xB1";
    return !(index >= 2 && strncmp(text + index - 2, plus_minus, 2) == 0) &&
           strncmp(text + index + 1, plus_minus, 2) != 0;
}

size_t ckn_words_fitting(const ckn_canvas *canvas, const char *text, double width,
                         ckn_text_style style) {
    char part[LONGEST];
    size_t blank = 0, comma = 0, length = strlen(text);
    for (size_t i = 1; i <= length && i < LONGEST; i++) {
        if (text[i] != '\0' && (text[i] != ' ' || !may_break(text, i)))
            continue;
        memcpy(part, text, i);
        part[i] = '\0';
        if (blank > 0 && ckn_canvas_measure(canvas, part, style) > width)
            return comma > 0 ? comma : blank;
        blank = i;
        comma = text[i - 1] == ',' || text[i - 1] == ';' ? i : comma;
    }
    return blank == length ? length : blank > 0 ? blank : length;
}
