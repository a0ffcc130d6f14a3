/* The panel of the cross-sections: the row and the column of the kernel's largest tap, with a
 * standard error each way. */
#include "cli/report/panels.h"
#include "cli/report/plot.h"

#include <math.h>

#define LEFT 60.0  /* room for the labels of the y axis */
#define BELOW 50.0 /* and of the x axis */
#define SPARSE 9.0 /* pixels between taps from which on each gets a dot and a bar */
#define PLUS_MINUS "\xC2\xB1"

/* One line of taps. */
typedef struct section {
    ckn_view taps, errors; /* of one row; errors without data: none */
    double start;          /* where the first tap stands on the x axis */
    double shift;          /* keeps the bars of two sections apart */
    uint32_t color;
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
    *x = s->start + (double)index + s->shift;
    *y = tap_at(s, index);
}

/* A row of `view`, or a column as if it were a row. */
static ckn_view line_of(const ckn_view *view, size_t row, size_t col, bool column) {
    if (!view->data)
        return *view;
    ckn_shape shape = column ? (ckn_shape){view->rows, 1} : (ckn_shape){1, view->cols};
    ckn_view line = ckn_view_part(view, column ? 0 : row, column ? col : 0, shape);
    if (column) {
        line.rows = 1;
        line.cols = view->rows;
        line.col_stride = view->row_stride;
    }
    return line;
}

static void find_largest(const ckn_view *kernel, size_t *row, size_t *col) {
    *row = *col = 0;
    for (size_t r = 0; r < kernel->rows; r++)
        for (size_t c = 0; c < kernel->cols; c++)
            if (ckn_view_at(kernel, r, c) > ckn_view_at(kernel, *row, *col)) {
                *row = r;
                *col = c;
            }
}

/* Positions count from the tap that leaves an image where it is, as in the kernel's panel. */
static double first_position(size_t taps) {
    size_t before = (taps - 1) / 2;
    return -(double)before;
}

static void cut(const ckn_view *kernel, const ckn_view *errors, section sections[2]) {
    size_t row, col;
    find_largest(kernel, &row, &col);
    sections[0] = (section){.taps = line_of(kernel, row, col, false),
                            .errors = line_of(errors, row, col, false),
                            .start = first_position(kernel->cols),
                            .color = CKN_BLUE};
    sections[1] = (section){.taps = line_of(kernel, row, col, true),
                            .errors = line_of(errors, row, col, true),
                            .start = first_position(kernel->rows),
                            .color = CKN_RED};
}

static double largest_error(const section sections[2]) {
    double largest = 0;
    for (int i = 0; i < 2; i++)
        for (size_t j = 0; j < sections[i].taps.cols; j++)
            largest = fmax(largest, error_at(&sections[i], j));
    return largest;
}

static void set_axes(ckn_plot *plot, const section sections[2]) {
    double left = 0, right = 0, low = 0, high = 0;
    for (int i = 0; i < 2; i++) {
        const section *s = &sections[i];
        left = fmin(left, s->start);
        right = fmax(right, s->start + (double)s->taps.cols - 1);
        for (size_t j = 0; j < s->taps.cols; j++) {
            low = fmin(low, tap_at(s, j) - error_at(s, j));
            high = fmax(high, tap_at(s, j) + error_at(s, j));
        }
    }
    double margin = 0.05 * (high - low);
    ckn_axis_counts(&plot->x, left - 0.5, right + 0.5, 8);
    ckn_axis_linear(&plot->y, low < 0 ? low - margin : 0, high + margin, 6);
}

static double spacing(const ckn_plot *plot) {
    return plot->area.width / (plot->x.high - plot->x.low);
}

/* A pale strip of one standard error to each side, for taps too close for bars. */
static void draw_band(const ckn_plot *plot, const section *s) {
    cairo_t *cairo = plot->canvas->cairo;
    size_t count = s->taps.cols;
    cairo_new_path(cairo);
    for (size_t i = 0; i < 2 * count; i++) {
        size_t tap = i < count ? i : 2 * count - 1 - i;
        double error = i < count ? error_at(s, tap) : -error_at(s, tap);
        cairo_line_to(cairo, ckn_plot_x(plot, s->start + (double)tap),
                      ckn_plot_y(plot, tap_at(s, tap) + error));
    }
    cairo_close_path(cairo);
    cairo_set_source_rgba(cairo, (s->color >> 16 & 255U) / 255.0, (s->color >> 8 & 255U) / 255.0,
                          (s->color & 255U) / 255.0, 0.25);
    cairo_fill(cairo);
}

static void draw_bar(const ckn_plot *plot, const section *s, size_t index) {
    double x, y, error = error_at(s, index);
    double cap = fmin(5, 0.2 * spacing(plot)), radius = fmin(4, 0.25 * spacing(plot));
    tap_point(s, index, &x, &y);
    double low = ckn_plot_y(plot, y - error), high = ckn_plot_y(plot, y + error);
    double at = ckn_plot_x(plot, x);
    ckn_plot_dot(plot, x, y, radius, s->color);
    if (low - high <= 2 * radius) /* y runs downwards; the dot hides the bar */
        return;
    ckn_canvas_line(plot->canvas, at, low, at, high, 1.5, s->color);
    ckn_canvas_line(plot->canvas, at - cap, low, at + cap, low, 1.5, s->color);
    ckn_canvas_line(plot->canvas, at - cap, high, at + cap, high, 1.5, s->color);
}

static void draw_section(const ckn_plot *plot, const section *s) {
    bool sparse = spacing(plot) >= SPARSE;
    if (!sparse)
        draw_band(plot, s);
    cairo_new_path(plot->canvas->cairo);
    ckn_plot_path(plot, tap_point, s, s->taps.cols);
    ckn_plot_stroke(plot, sparse ? 1 : 1.8, s->color);
    for (size_t i = 0; i < s->taps.cols && sparse; i++)
        draw_bar(plot, s, i);
}

static void draw_legend(const ckn_plot *plot, const section sections[2]) {
    static const char *const names[2] = {"along x", "along y"};
    const ckn_rect *area = &plot->area;
    ckn_rect box = {area->x + area->width - 100, area->y + 2, 100, 48};
    ckn_text_style style = {.size = CKN_SIZE_TICK, .color = CKN_INK};
    ckn_canvas_fill(plot->canvas, box, 0xFFFFFFU);
    for (int i = 0; i < 2; i++) {
        double x = box.x + 8, y = box.y + 16 + 22 * i;
        ckn_canvas_line(plot->canvas, x, y - 5, x + 20, y - 5, 2.2, sections[i].color);
        ckn_canvas_text(plot->canvas, x + 28, y, names[i], style);
    }
}

static void heading(const ckn_panel *panel, bool known, double largest) {
    ckn_label caption = ckn_label_text("through the largest tap");
    if (known)
        caption =
            ckn_label_prefix(PLUS_MINUS "1 standard error, at most ", ckn_label_number(largest, 2));
    ckn_panel_heading(panel, "Cross-sections", &caption);
}

void ckn_cross_section_panel(const ckn_panel *panel, const ckn_view *kernel,
                             const ckn_view *errors) {
    const ckn_rect *box = &panel->box;
    ckn_plot plot = {.canvas = panel->canvas,
                     .area = {box->x + LEFT, box->y, box->width - LEFT, box->height - BELOW}};
    section sections[2];
    cut(kernel, errors, sections);
    set_axes(&plot, sections);
    sections[0].shift = -fmin(4, 0.12 * spacing(&plot)) / spacing(&plot);
    sections[1].shift = -sections[0].shift;
    ckn_plot_grid(&plot);
    double zero = floor(ckn_plot_y(&plot, 0)) + 0.5;
    ckn_canvas_line(panel->canvas, plot.area.x, zero, plot.area.x + plot.area.width, zero, 1,
                    CKN_RULE);
    ckn_plot_clip(&plot);
    draw_section(&plot, &sections[1]);
    draw_section(&plot, &sections[0]);
    draw_legend(&plot, sections);
    ckn_plot_unclip(&plot);
    ckn_plot_axes(&plot, "pixels");
    heading(panel, errors->data != NULL, largest_error(sections));
}
