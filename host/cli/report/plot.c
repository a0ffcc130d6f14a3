#include "cli/report/plot.h"

#include <math.h>

#define TICK 5.0

static const ckn_text_style tick_style = {.size = CKN_SIZE_TICK, .color = CKN_GREY};

double ckn_plot_x(const ckn_plot *plot, double value) {
    return plot->area.x + plot->area.width * ckn_axis_position(&plot->x, value);
}

double ckn_plot_y(const ckn_plot *plot, double value) {
    return plot->area.y + plot->area.height * (1 - ckn_axis_position(&plot->y, value));
}

/* The middle of the pixel, so that a line of one pixel's width is sharp. */
static double crisp(double coordinate) {
    return floor(coordinate) + 0.5;
}

void ckn_plot_grid(const ckn_plot *plot) {
    const ckn_rect *area = &plot->area;
    for (size_t i = 0; i < plot->x.count; i++) {
        double x = crisp(ckn_plot_x(plot, plot->x.ticks[i].value));
        if (plot->x.ticks[i].major)
            ckn_canvas_line(plot->canvas, x, area->y, x, area->y + area->height, 1, CKN_GRID);
    }
    for (size_t i = 0; i < plot->y.count; i++) {
        double y = crisp(ckn_plot_y(plot, plot->y.ticks[i].value));
        if (plot->y.ticks[i].major)
            ckn_canvas_line(plot->canvas, area->x, y, area->x + area->width, y, 1, CKN_GRID);
    }
}

void ckn_plot_ticks_below(const ckn_plot *plot) {
    ckn_text_style style = tick_style;
    style.align = CKN_CENTER;
    double bottom = plot->area.y + plot->area.height;
    for (size_t i = 0; i < plot->x.count; i++) {
        const ckn_tick *tick = &plot->x.ticks[i];
        double x = crisp(ckn_plot_x(plot, tick->value));
        ckn_canvas_line(plot->canvas, x, bottom, x, bottom + (tick->major ? TICK : TICK / 2), 1,
                        CKN_GREY);
        if (tick->major)
            ckn_canvas_label(plot->canvas, x, bottom + TICK + 14, &tick->label, style);
    }
}

void ckn_plot_ticks_left(const ckn_plot *plot) {
    ckn_text_style style = tick_style;
    style.align = CKN_RIGHT;
    double left = plot->area.x;
    for (size_t i = 0; i < plot->y.count; i++) {
        const ckn_tick *tick = &plot->y.ticks[i];
        double y = crisp(ckn_plot_y(plot, tick->value));
        ckn_canvas_line(plot->canvas, left - (tick->major ? TICK : TICK / 2), y, left, y, 1,
                        CKN_GREY);
        if (tick->major)
            ckn_canvas_label(plot->canvas, left - TICK - 4, y + 5.5, &tick->label, style);
    }
}

void ckn_plot_axes(const ckn_plot *plot, const char *x_name) {
    const ckn_rect *area = &plot->area;
    double left = crisp(area->x - 1), bottom = crisp(area->y + area->height);
    ckn_canvas_line(plot->canvas, left, area->y, left, bottom + 0.5, 1, CKN_GREY);
    ckn_canvas_line(plot->canvas, left - 0.5, bottom, area->x + area->width, bottom, 1, CKN_GREY);
    ckn_plot_ticks_below(plot);
    ckn_plot_ticks_left(plot);
    ckn_text_style style = tick_style;
    if (plot->y.factor.base[0])
        ckn_canvas_label(plot->canvas, area->x - 50, bottom + TICK + 33, &plot->y.factor, style);
    style.align = CKN_CENTER;
    if (x_name)
        ckn_canvas_text(plot->canvas, area->x + area->width / 2, bottom + TICK + 33, x_name, style);
}

void ckn_plot_clip(const ckn_plot *plot) {
    cairo_t *cairo = plot->canvas->cairo;
    cairo_save(cairo);
    cairo_rectangle(cairo, plot->area.x, plot->area.y - 3, plot->area.width + 3,
                    plot->area.height + 3);
    cairo_clip(cairo);
}

void ckn_plot_unclip(const ckn_plot *plot) {
    cairo_restore(plot->canvas->cairo);
}

/* Cairo's coordinates are 24 bits wide; a point far outside must not wrap round. */
static double near_area(double coordinate) {
    return fmin(1e5, fmax(-1e5, coordinate));
}

/* What one pixel column holds of a curve. */
typedef struct column {
    double first, low, high;
    double x, y; /* of the last point */
    size_t count;
} column;

/* Ends a column: its extremes where they stand out, then its last point. */
static void flush_column(cairo_t *cairo, const column *c) {
    if (c->count < 2)
        return;
    if (c->low < fmin(c->first, c->y))
        cairo_line_to(cairo, c->x, c->low);
    if (c->high > fmax(c->first, c->y))
        cairo_line_to(cairo, c->x, c->high);
    cairo_line_to(cairo, c->x, c->y);
}

void ckn_plot_path(const ckn_plot *plot, ckn_point_fn point, const void *source, size_t count) {
    cairo_t *cairo = plot->canvas->cairo;
    column c = {0};
    for (size_t i = 0; i < count; i++) {
        double x, y;
        point(source, i, &x, &y);
        x = near_area(ckn_plot_x(plot, x));
        y = near_area(ckn_plot_y(plot, y));
        if (c.count > 0 && floor(x) == floor(c.x)) {
            c = (column){c.first, fmin(c.low, y), fmax(c.high, y), x, y, c.count + 1};
            continue;
        }
        flush_column(cairo, &c);
        c = (column){y, y, y, x, y, 1};
        cairo_line_to(cairo, x, y);
    }
    flush_column(cairo, &c);
}

void ckn_plot_stroke(const ckn_plot *plot, double width, uint32_t color) {
    ckn_canvas_color(plot->canvas, color);
    cairo_set_line_join(plot->canvas->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(plot->canvas->cairo, width);
    cairo_stroke(plot->canvas->cairo);
}

void ckn_plot_dot(const ckn_plot *plot, double x, double y, double radius, uint32_t color) {
    cairo_t *cairo = plot->canvas->cairo;
    ckn_canvas_color(plot->canvas, color);
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, near_area(ckn_plot_x(plot, x)), near_area(ckn_plot_y(plot, y)), radius, 0,
              6.283185307179586);
    cairo_fill(cairo);
}
