/* The colour bar of plot.h. */
#include "cli/report/plot.h"

#include <math.h>

static void draw_colors(const ckn_canvas *canvas, ckn_rect bar, const ckn_colormap *map) {
    bool upright = bar.height > bar.width;
    enum { STEPS = 256 };
    uint32_t pixels[STEPS];
    for (int i = 0; i < STEPS; i++)
        pixels[i] = ckn_colormap_at(map, 0, STEPS - 1, upright ? STEPS - 1 - i : i);
    ckn_canvas_pixels(canvas, bar, upright ? 1 : STEPS, upright ? STEPS : 1, pixels);
    ckn_canvas_frame(canvas, bar, CKN_RULE);
}

/* Upright: labels at the right, the shared power of ten above. */
static void label_right(const ckn_canvas *canvas, ckn_rect bar, const ckn_axis *axis) {
    ckn_text_style style = {.size = CKN_SIZE_TICK, .color = CKN_GREY};
    double right = bar.x + bar.width;
    for (size_t i = 0; i < axis->count; i++) {
        double position = ckn_axis_position(axis, axis->ticks[i].value);
        double y = bar.y + (bar.height - 1) * (1 - position);
        y = (double)(long)y + 0.5;
        ckn_canvas_line(canvas, right + 1, y, right + 5, y, 1, CKN_GREY);
        ckn_canvas_label(canvas, right + 8, y + 5, &axis->ticks[i].label, style);
    }
    if (axis->factor.base[0])
        ckn_canvas_label(canvas, bar.x, bar.y - 10, &axis->factor, style);
}

/* The middle of a label that would leave the bar's ends, moved inwards. */
static double inside(const ckn_canvas *canvas, ckn_rect bar, double x, const ckn_label *label,
                     ckn_text_style style) {
    double half = ckn_canvas_measure(canvas, label->base, style) / 2;
    return fmax(bar.x + half, fmin(bar.x + bar.width - half, x));
}

/* Lying: labels below, the shared power of ten at the right end. */
static void label_below(const ckn_canvas *canvas, ckn_rect bar, const ckn_axis *axis) {
    ckn_text_style style = {.size = CKN_SIZE_TICK, .color = CKN_GREY, .align = CKN_CENTER};
    double bottom = bar.y + bar.height;
    for (size_t i = 0; i < axis->count; i++) {
        double x = bar.x + (bar.width - 1) * ckn_axis_position(axis, axis->ticks[i].value);
        x = (double)(long)x + 0.5;
        ckn_canvas_line(canvas, x, bottom + 1, x, bottom + 5, 1, CKN_GREY);
        const ckn_label *label = &axis->ticks[i].label;
        ckn_canvas_label(canvas, inside(canvas, bar, x, label, style), bottom + 19, label, style);
    }
    style.align = CKN_LEFT;
    if (axis->factor.base[0])
        ckn_canvas_label(canvas, bar.x + bar.width + 8, bottom - 2, &axis->factor, style);
}

void ckn_color_bar(const ckn_canvas *canvas, ckn_rect bar, const ckn_colormap *map,
                   const ckn_axis *axis) {
    draw_colors(canvas, bar, map);
    if (bar.height > bar.width)
        label_right(canvas, bar, axis);
    else
        label_below(canvas, bar, axis);
}
