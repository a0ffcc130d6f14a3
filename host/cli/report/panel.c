/* What all panels share: headings, lines of text, keys. */
#include "cli/report/panels.h"

#include <math.h>

#define BASE 7.0    /* from the base line of a line of text to its lower end */
#define SAMPLE 22.0 /* length of a key's line */

void ckn_panel_heading(const ckn_canvas *canvas, ckn_rect place, char letter, const char *name) {
    const double y = place.y + place.height - BASE - 1;
    ckn_text_style style = {.size = CKN_SIZE_PANEL, .color = CKN_BLUE, .bold = true};
    const char text[2] = {letter, '\0'};
    double x = place.x + ckn_canvas_text(canvas, place.x, y, text, style) + 8;
    style.color = CKN_INK;
    style.max_width = place.x + place.width - x;
    ckn_canvas_text(canvas, x, y, name, style);
}

void ckn_panel_line(const ckn_canvas *canvas, ckn_rect place, const ckn_label *text) {
    const ckn_text_style style = {
        .size = CKN_SIZE_TICK, .color = CKN_GREY, .max_width = place.width};
    ckn_canvas_label(canvas, place.x, place.y + place.height - BASE, text, style);
}

void ckn_panel_marker(const ckn_canvas *canvas, double x, double y, const ckn_key *key) {
    cairo_t *cairo = canvas->cairo;
    cairo_new_path(cairo);
    if (key->marker == 's') {
        cairo_rectangle(cairo, x - 3.6, y - 3.6, 7.2, 7.2);
        cairo_set_source_rgb(cairo, 1, 1, 1);
        cairo_fill_preserve(cairo);
        ckn_canvas_color(canvas, key->color);
        cairo_set_line_width(cairo, 1.6);
        cairo_stroke(cairo);
    } else if (key->marker == 'o') {
        ckn_canvas_color(canvas, key->color);
        cairo_arc(cairo, x, y, 3.2, 0, 6.283185307179586);
        cairo_fill(cairo);
    }
}

static double draw_key(const ckn_canvas *canvas, double x, double y, const ckn_key *key,
                       double size) {
    const double dashes[1] = {5};
    if (key->dashed)
        cairo_set_dash(canvas->cairo, dashes, 1, 0);
    ckn_canvas_line(canvas, x, y - 5, x + SAMPLE, y - 5, 2, key->color);
    cairo_set_dash(canvas->cairo, NULL, 0, 0);
    ckn_panel_marker(canvas, x + SAMPLE / 2, y - 5, key);
    const ckn_text_style style = {.size = size, .color = CKN_INK};
    return x + SAMPLE + 6 + ckn_canvas_text(canvas, x + SAMPLE + 6, y, key->name, style) + 14;
}

/* Width of the keys with names of this size. */
static double keys_width(const ckn_canvas *canvas, const ckn_key *keys, size_t count, double size) {
    double width = 0;
    for (size_t i = 0; i < count; i++)
        width +=
            SAMPLE + 20 + ckn_canvas_measure(canvas, keys[i].name, (ckn_text_style){.size = size});
    return width - 14;
}

void ckn_panel_keys(const ckn_canvas *canvas, ckn_rect place, const ckn_key *keys, size_t count,
                    const ckn_label *text) {
    double x = place.x, y = place.y + place.height - BASE, size = CKN_SIZE_TICK;
    const double wanted = keys_width(canvas, keys, count, size);
    if (wanted > place.width)
        size *= fmax(CKN_SMALLEST, place.width / wanted);
    for (size_t i = 0; i < count; i++)
        x = draw_key(canvas, x, y, &keys[i], size);
    const ckn_rect rest = {x, place.y, place.x + place.width - x, place.height};
    if (text && rest.width > 60)
        ckn_panel_line(canvas, rest, text);
}

ckn_plot ckn_panel_plot(const ckn_canvas *canvas, const ckn_panel *panel) {
    return (ckn_plot){.canvas = canvas, .area = panel->data};
}
