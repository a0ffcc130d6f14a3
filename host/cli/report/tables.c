#include "cli/report/tables.h"

#include "cli/report/layout.h"
#include "cli/report/text.h"
#include "cli/report/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_PART 0.36 /* of the width: the column of the names */
#define FIRST 48.0     /* from the table's top to the base line of its first line */
#define BASE 20.0

enum { LONGEST = 512 };

static const ckn_text_style text_style = {.size = CKN_SIZE_TICK, .color = CKN_INK};

/* The name of a fact, and where its value begins; no name without a tab. */
static const char *split_fact(const char *fact, char name[LONGEST]) {
    const char *tab = strchr(fact, '\t');
    name[0] = '\0';
    if (!tab)
        return fact;
    snprintf(name, LONGEST, "%.*s", (int)fmin(LONGEST - 1, (double)(tab - fact)), fact);
    return tab + 1;
}

/* Draws the value in lines from `y` on, or only counts them (canvas for measuring). */
static size_t value_lines(const ckn_canvas *canvas, const char *value, ckn_rect place, bool draws) {
    size_t lines = 0;
    char part[LONGEST];
    do {
        size_t length = ckn_words_fitting(canvas, value, place.width, text_style);
        snprintf(part, sizeof part, "%.*s", (int)length, value);
        ckn_text_style style = text_style;
        style.max_width = place.width;
        if (draws)
            ckn_canvas_text(canvas, place.x, place.y + CKN_LAYOUT_LINE * (double)lines, part,
                            style);
        lines++;
        value += length;
        while (*value == ' ')
            value++;
    } while (*value);
    return lines;
}

static ckn_rect value_place(ckn_rect place, bool has_name) {
    double left = has_name ? floor(NAME_PART * place.width) : 0;
    return (ckn_rect){place.x + left, place.y, place.width - left, place.height};
}

static size_t fact_lines(const ckn_canvas *canvas, const char *fact, ckn_rect place, bool draws) {
    char name[LONGEST], text[LONGEST];
    ckn_text_numbers(text, sizeof text, split_fact(fact, name));
    ckn_rect where = value_place(place, name[0] != '\0');
    ckn_text_style style = {
        .size = CKN_SIZE_TICK, .color = CKN_GREY, .max_width = where.x - place.x - 8};
    if (draws && name[0])
        ckn_canvas_text(canvas, place.x, place.y, name, style);
    return value_lines(canvas, text, where, draws);
}

size_t ckn_table_lines(const ckn_canvas *canvas, const ckn_report_table *table, double width) {
    size_t lines = 0;
    for (size_t i = 0; table->facts && table->facts[i]; i++)
        lines += fact_lines(canvas, table->facts[i], (ckn_rect){0, 0, width, 0}, false);
    return lines;
}

void ckn_table_draw(const ckn_canvas *canvas, ckn_rect place, const ckn_report_table *table) {
    if (!(place.height > 0) || !table->facts)
        return;
    const ckn_text_style heading = {
        .size = CKN_SIZE_PANEL, .color = CKN_INK, .bold = true, .max_width = place.width};
    if (table->heading)
        ckn_canvas_text(canvas, place.x, place.y + BASE, table->heading, heading);
    ckn_canvas_line(canvas, place.x, place.y + 28, place.x + place.width, place.y + 28, 1,
                    CKN_RULE);
    double y = place.y + FIRST;
    for (size_t i = 0; table->facts[i]; i++) {
        ckn_rect line = {place.x, y, place.width, 0};
        y += CKN_LAYOUT_LINE * (double)fact_lines(canvas, table->facts[i], line, true);
    }
}
