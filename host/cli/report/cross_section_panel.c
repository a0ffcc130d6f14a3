/* The panel of the cross-sections: a row and a column of the kernel, with a standard error each
 * way. Points stand at their displacements; those of the column are hollow, so that both show where
 * they meet. */
#include "cli/report/field.h"
#include "cli/report/panels.h"
#include "cli/report/shown_kernel.h"

#include <math.h>

#define SPARSE 7.0    /* units between taps from which on each gets a marker and a bar */
#define ROOT_GAP 0.09 /* of the height, between the labels of a root scale */
#define PLUS_MINUS "\xC2\xB1"

/* One line of taps. */
typedef struct section {
    ckn_view taps, errors; /* of one row; errors without data: none */
    double start;          /* displacement of the first tap */
    ckn_key key;
    ckn_label name;
} section;

static double tap_at(const section *s, size_t index) {
    return ckn_view_at(&s->taps, 0, index);
}

/* 0 where it is not known. */
static double error_at(const section *s, size_t index) {
    double error = s->errors.data ? ckn_view_at(&s->errors, 0, index) : 0;
    return isfinite(error) ? error : 0;
}

static void tap_point(const void *source, size_t index, double *x, double *y) {
    const section *s = source;
    *x = s->start + (double)index;
    *y = tap_at(s, index);
}

static section cut(const ckn_shown_kernel *kernel, bool is_column) {
    size_t row = kernel->cut_row, col = kernel->cut_col;
    section s = {.taps = ckn_field_line(&kernel->taps, row, col, is_column),
                 .errors = ckn_field_line(&kernel->errors, row, col, is_column),
                 .start = is_column ? kernel->first_row : kernel->first_col,
                 .key = {.color = is_column ? CKN_RED : CKN_BLUE, .marker = is_column ? 's' : 'o'}};
    double at = is_column ? kernel->first_col + (double)col : kernel->first_row + (double)row;
    ckn_label where = ckn_label_number(at, 6);
    s.name = ckn_label_format("along %c, %c = %s", is_column ? 'y' : 'x', is_column ? 'x' : 'y',
                              where.base);
    return s;
}

/* A kernel of one line has one section. */
static size_t cut_all(const ckn_shown_kernel *kernel, section sections[2]) {
    size_t count = 0;
    if (kernel->taps.cols > 1 || kernel->taps.rows == 1)
        sections[count++] = cut(kernel, false);
    if (kernel->taps.rows > 1)
        sections[count++] = cut(kernel, true);
    return count;
}

static void set_axes(ckn_plot *plot, const section *sections, size_t count, bool root) {
    double left = INFINITY, right = -INFINITY, low = 0, high = 0;
    for (size_t i = 0; i < count; i++) {
        const section *s = &sections[i];
        left = fmin(left, s->start);
        right = fmax(right, s->start + (double)s->taps.cols - 1);
        for (size_t j = 0; j < s->taps.cols; j++) {
            low = fmin(low, tap_at(s, j) - error_at(s, j));
            high = fmax(high, tap_at(s, j) + error_at(s, j));
        }
    }
    double margin = (root ? 0.12 : 0.05) * (high - low);
    ckn_axis_counts(&plot->x, left - 0.5, right + 0.5, 8);
    low = low < 0 ? low - margin : 0;
    if (root)
        ckn_axis_root(&plot->y, low, high + margin, ROOT_GAP);
    else
        ckn_axis_linear(&plot->y, low, high + margin, 6);
}

static double spacing(const ckn_plot *plot) {
    return plot->area.width / (plot->x.high - plot->x.low);
}

/* A pale strip of one standard error to each side, for taps too close for bars. */
static void draw_band(const ckn_plot *plot, const section *s) {
    cairo_t *cairo = plot->canvas->cairo;
    size_t count = s->taps.cols;
    uint32_t color = s->key.color;
    cairo_new_path(cairo);
    for (size_t i = 0; i < 2 * count; i++) {
        size_t tap = i < count ? i : 2 * count - 1 - i;
        double error = i < count ? error_at(s, tap) : -error_at(s, tap);
        cairo_line_to(cairo, ckn_plot_x(plot, s->start + (double)tap),
                      ckn_plot_y(plot, tap_at(s, tap) + error));
    }
    cairo_close_path(cairo);
    cairo_set_source_rgba(cairo, (color >> 16 & 255U) / 255.0, (color >> 8 & 255U) / 255.0,
                          (color & 255U) / 255.0, 0.25);
    cairo_fill(cairo);
}

static void draw_bar(const ckn_plot *plot, const section *s, size_t index) {
    double x, y, error = error_at(s, index), cap = fmin(4, 0.25 * spacing(plot));
    tap_point(s, index, &x, &y);
    double low = ckn_plot_y(plot, y - error), high = ckn_plot_y(plot, y + error);
    double at = ckn_plot_x(plot, x);
    if (low - high > 7) { /* y runs downwards; else the marker hides the bar */
        ckn_canvas_line(plot->canvas, at, low, at, high, 1.5, s->key.color);
        ckn_canvas_line(plot->canvas, at - cap, low, at + cap, low, 1.5, s->key.color);
        ckn_canvas_line(plot->canvas, at - cap, high, at + cap, high, 1.5, s->key.color);
    }
    ckn_panel_marker(plot->canvas, at, ckn_plot_y(plot, y), &s->key);
}

static void draw_section(const ckn_plot *plot, const section *s) {
    bool sparse = spacing(plot) >= SPARSE;
    if (!sparse)
        draw_band(plot, s);
    cairo_new_path(plot->canvas->cairo);
    ckn_plot_path(plot, tap_point, s, s->taps.cols);
    ckn_plot_stroke(plot, sparse ? 1 : 1.8, s->key.color);
    for (size_t i = 0; i < s->taps.cols && sparse; i++)
        draw_bar(plot, s, i);
}

static void draw_names(const ckn_canvas *canvas, const ckn_panel *panel, section *sections,
                       size_t count, bool root, bool has_errors) {
    ckn_key keys[2];
    const ckn_label bars = ckn_label_text(PLUS_MINUS "1 s.e.");
    ckn_label name = ckn_label_format("%s%s", count == 1 ? "Taps" : "Cross-sections",
                                      root ? ", square-root scale" : "");
    for (size_t i = 0; i < count; i++) {
        keys[i] = sections[i].key;
        keys[i].name = sections[i].name.base;
    }
    ckn_panel_heading(canvas, panel->heading, panel->letter, name.base);
    ckn_panel_keys(canvas, panel->caption, keys, count, has_errors ? &bars : NULL);
}

void ckn_cross_section_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                             const ckn_estimate_report *report) {
    ckn_plot plot = ckn_panel_plot(canvas, panel);
    ckn_shown_kernel kernel = ckn_shown_kernel_of(report);
    section sections[2];
    size_t count = cut_all(&kernel, sections);
    bool root = kernel.is_signed && ckn_shown_kernel_has_wings(&kernel);
    set_axes(&plot, sections, count, root);
    ckn_plot_grid(&plot);
    double zero = floor(ckn_plot_y(&plot, 0)) + 0.5;
    ckn_canvas_line(canvas, plot.area.x, zero, plot.area.x + plot.area.width, zero, 1, CKN_RULE);
    ckn_plot_clip(&plot);
    for (size_t i = count; i-- > 0;)
        draw_section(&plot, &sections[i]);
    ckn_plot_unclip(&plot);
    ckn_plot_axes(&plot, "displacement (pixels)");
    draw_names(canvas, panel, sections, count, root, kernel.errors.data != NULL);
}
