/* The colour bar of plot.h. */
#include "cli/report/plot.h"

#define FACTOR 20.0 /* room for the power of ten that the labels share */

static void draw_colors(const ckn_canvas *canvas, ckn_rect bar, const ckn_colormap *map) {
    bool upright = bar.height > bar.width;
    int steps = (int)(upright ? bar.height : bar.width);
    for (int i = 0; i < steps; i++) {
        uint32_t color = ckn_colormap_at(map, 0, steps - 1, i);
        ckn_rect part = upright ? (ckn_rect){bar.x, bar.y + steps - 1 - i, bar.width, 1}
                                : (ckn_rect){bar.x + i, bar.y, 1, bar.height};
        ckn_canvas_fill(canvas, part, color);
    }
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
        ckn_canvas_label(canvas, right + 9, y + 5.5, &axis->ticks[i].label, style);
    }
    if (axis->factor.base[0])
        ckn_canvas_label(canvas, bar.x, bar.y - 10, &axis->factor, style);
}

/* Lying: labels below, the shared power of ten at the right end. */
static void label_below(const ckn_canvas *canvas, ckn_rect bar, const ckn_axis *axis) {
    ckn_text_style style = {.size = CKN_SIZE_TICK, .color = CKN_GREY, .align = CKN_CENTER};
    double bottom = bar.y + bar.height;
    for (size_t i = 0; i < axis->count; i++) {
        double x = bar.x + (bar.width - 1) * ckn_axis_position(axis, axis->ticks[i].value);
        x = (double)(long)x + 0.5;
        ckn_canvas_line(canvas, x, bottom + 1, x, bottom + 5, 1, CKN_GREY);
        ckn_canvas_label(canvas, x, bottom + 21, &axis->ticks[i].label, style);
    }
    style.align = CKN_LEFT;
    if (axis->factor.base[0])
        ckn_canvas_label(canvas, bar.x + bar.width + 8, bottom - 2, &axis->factor, style);
}

void ckn_color_bar(const ckn_canvas *canvas, ckn_rect bar, const ckn_colormap *map, double low,
                   double high) {
    ckn_axis axis;
    ckn_axis_linear(&axis, low, high, 5);
    bool upright = bar.height > bar.width;
    if (axis.factor.base[0] && upright) {
        bar.y += FACTOR;
        bar.height -= FACTOR;
    } else if (axis.factor.base[0]) {
        bar.width -= 3 * FACTOR;
    }
    draw_colors(canvas, bar, map);
    if (upright)
        label_right(canvas, bar, &axis);
    else
        label_below(canvas, bar, &axis);
}
