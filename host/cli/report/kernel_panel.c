/* The kernel as a map of its taps over their displacements. */
#include "cli/report/field.h"
#include "cli/report/panels.h"
#include "cli/report/shown_kernel.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define TIMES "\xC3\x97"
#define FEWEST 5       /* taps along the map's side, so that a single tap is not all of it */
#define LEAST_MARK 9.0 /* units: side of the square round the largest tap */
#define DIGIT 9.0      /* units: the width of one, about */

/* The map is a square of whole taps: the frame, and zeros round it. */
typedef struct kernel_map {
    ckn_shown_kernel kernel;
    size_t side;      /* taps */
    size_t top, left; /* where the frame begins in it */
    ckn_colormap colors;
    ckn_axis axis; /* of the colours */
} kernel_map;

/* Where a tap stands on the axis of the colours; outside of the frame taps are 0. */
static double color_sample(const void *source, size_t row, size_t col) {
    const kernel_map *map = source;
    const ckn_view *taps = &map->kernel.taps;
    double value = 0;
    if (row >= map->top && row - map->top < taps->rows && col >= map->left &&
        col - map->left < taps->cols)
        value = ckn_view_at(taps, row - map->top, col - map->left);
    return ckn_axis_position(&map->axis, value);
}

/* Signed kernels about a white zero, by the square root of the magnitude, which shows the bowl of
 * an unsharp mask beside its peak; others from zero up. */
static void choose_colors(kernel_map *map) {
    const ckn_shown_kernel *kernel = &map->kernel;
    double high = kernel->high > 0 ? kernel->high : 1;
    if (kernel->is_signed) {
        high = fmax(kernel->high, -kernel->low);
        ckn_colormap_diverging(&map->colors);
        ckn_axis_root(&map->axis, -high, high, 0.085);
        return;
    }
    ckn_colormap_sequential(&map->colors);
    if (ckn_shown_kernel_has_wings(kernel))
        ckn_axis_root(&map->axis, 0, high, 0.085);
    else
        ckn_axis_linear(&map->axis, 0, high, 5);
}

static kernel_map map_of(const ckn_estimate_report *report) {
    kernel_map map = {.kernel = ckn_shown_kernel_of(report)};
    size_t rows = map.kernel.taps.rows, cols = map.kernel.taps.cols;
    map.side = rows > cols ? rows : cols;
    map.side = map.side > FEWEST ? map.side : FEWEST;
    map.top = (map.side - rows) / 2;
    map.left = (map.side - cols) / 2;
    choose_colors(&map);
    return map;
}

static ckn_plot axes_of(const ckn_canvas *canvas, const ckn_panel *panel, const kernel_map *map) {
    ckn_plot plot = ckn_panel_plot(canvas, panel);
    double x = map->kernel.first_col - (double)map->left;
    double y = map->kernel.first_row - (double)map->top, side = (double)map->side;
    double farthest = fmax(10, fmax(fabs(x), fabs(x + side)));
    int wanted = (int)(panel->data.width / (DIGIT * (ceil(log10(farthest)) + 2)));
    ckn_axis_counts(&plot.x, x - 0.5, x + side - 0.5, wanted);
    ckn_axis_counts(&plot.y, y - 0.5, y + side - 0.5, wanted);
    double low = plot.y.low; /* rows run downwards */
    plot.y.low = plot.y.high;
    plot.y.high = low;
    return plot;
}

/* The frame that was estimated, where it does not fill the map. */
static void draw_frame(const ckn_plot *plot, const kernel_map *map) {
    const ckn_view *taps = &map->kernel.taps;
    if (taps->rows == map->side && taps->cols == map->side)
        return;
    double unit = plot->area.width / (double)map->side;
    ckn_rect frame = {plot->area.x + unit * (double)map->left,
                      plot->area.y + unit * (double)map->top, unit * (double)taps->cols,
                      unit * (double)taps->rows};
    const double dashes[1] = {4};
    cairo_set_dash(plot->canvas->cairo, dashes, 1, 0);
    ckn_canvas_frame(plot->canvas, frame, CKN_GREY);
    cairo_set_dash(plot->canvas->cairo, NULL, 0, 0);
}

static void outline(const ckn_canvas *canvas, double x, double y, double side) {
    cairo_t *cairo = canvas->cairo;
    cairo_rectangle(cairo, x - side / 2, y - side / 2, side, side);
    ckn_canvas_color(canvas, 0xFFFFFFU);
    cairo_set_line_width(cairo, 3.4);
    cairo_stroke_preserve(cairo);
    ckn_canvas_color(canvas, CKN_INK);
    cairo_set_line_width(cairo, 1.4);
    cairo_stroke(cairo);
}

static void cross(const ckn_canvas *canvas, double x, double y) {
    for (int i = 0; i < 2; i++) {
        uint32_t color = i == 0 ? 0xFFFFFFU : CKN_INK;
        double width = i == 0 ? 3.4 : 1.4, arm = i == 0 ? 6 : 5;
        ckn_canvas_line(canvas, x - arm, y, x + arm, y, width, color);
        ckn_canvas_line(canvas, x, y - arm, x, y + arm, width, color);
    }
}

/* A square round the largest tap and a cross where nothing is displaced. */
static void draw_marks(const ckn_plot *plot, const kernel_map *map) {
    const ckn_shown_kernel *kernel = &map->kernel;
    double unit = plot->area.width / (double)map->side;
    double x = kernel->first_col + (double)kernel->peak_col;
    double y = kernel->first_row + (double)kernel->peak_row;
    cairo_t *cairo = plot->canvas->cairo;
    cairo_save(cairo);
    cairo_rectangle(cairo, plot->area.x, plot->area.y, plot->area.width, plot->area.height);
    cairo_clip(cairo);
    outline(plot->canvas, ckn_plot_x(plot, x), ckn_plot_y(plot, y), fmax(LEAST_MARK, unit + 2));
    cross(plot->canvas, ckn_plot_x(plot, 0), ckn_plot_y(plot, 0));
    cairo_restore(cairo);
}

/* Size and, with its mark, the largest tap. */
static void draw_caption(const ckn_canvas *canvas, const ckn_panel *panel, const kernel_map *map) {
    const ckn_shown_kernel *kernel = &map->kernel;
    double value = ckn_view_at(&kernel->taps, kernel->peak_row, kernel->peak_col);
    double y = panel->caption.y + panel->caption.height - 7;
    ckn_text_style style = {.size = CKN_SIZE_TICK, .color = CKN_GREY};
    outline(canvas, panel->caption.x + 6, y - 5, LEAST_MARK);
    ckn_label text = ckn_label_prefix("largest tap: ", ckn_label_number(value, 3));
    double x = panel->caption.x + 17;
    x += ckn_canvas_label(canvas, x, y, &text, style);
    ckn_label place = ckn_label_number(kernel->first_col + (double)kernel->peak_col, 6);
    ckn_label row = ckn_label_number(kernel->first_row + (double)kernel->peak_row, 6);
    place = ckn_label_format(" at (%s, %s)", place.base, row.base);
    style.max_width = panel->caption.x + panel->caption.width - x;
    ckn_canvas_label(canvas, x, y, &place, style);
}

static void draw_names(const ckn_canvas *canvas, const ckn_panel *panel, const kernel_map *map) {
    const ckn_view *taps = &map->kernel.taps;
    ckn_label name = ckn_label_format("Kernel, %zu " TIMES " %zu%s", taps->cols, taps->rows,
                                      map->axis.root ? ", square-root colours" : "");
    ckn_panel_heading(canvas, panel->heading, panel->letter, name.base);
    ckn_text_style style = {.size = CKN_SIZE_TICK, .color = CKN_GREY, .align = CKN_CENTER};
    ckn_canvas_text(canvas, panel->data.x + panel->data.width / 2,
                    panel->below.y + panel->below.height - 6, "displacement (pixels)", style);
}

ckn_code ckn_kernel_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                          const ckn_estimate_report *report, ckn_error *error) {
    kernel_map map = map_of(report);
    ckn_shape display = ckn_canvas_display(canvas, panel->data);
    size_t count = ckn_shape_count(display);
    double *values = NULL;
    uint32_t *pixels = NULL;
    ckn_code code = ckn_allocate(&values, count, sizeof *values, "the figure", error);
    if (code == CKN_OK)
        code = ckn_allocate(&pixels, count, sizeof *pixels, "the figure", error);
    if (code == CKN_OK) {
        ckn_plot plot = axes_of(canvas, panel, &map);
        ckn_field_resample(color_sample, &map, (ckn_shape){map.side, map.side}, display, values);
        for (size_t i = 0; i < count; i++)
            pixels[i] = ckn_colormap_at(&map.colors, 0, 1, values[i]);
        ckn_canvas_pixels(canvas, panel->data, (int)display.cols, (int)display.rows, pixels);
        ckn_canvas_frame(canvas, panel->data, CKN_RULE);
        draw_frame(&plot, &map);
        draw_marks(&plot, &map);
        ckn_plot_ticks_below(&plot);
        ckn_plot_ticks_left(&plot);
        draw_names(canvas, panel, &map);
        draw_caption(canvas, panel, &map);
        ckn_color_bar(canvas, panel->bar, &map.colors, &map.axis);
    }
    free(values);
    free(pixels);
    return code;
}
