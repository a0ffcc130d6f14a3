/* Pictures of one line, or of one column: curves tell more than stripes. */
#include "cli/report/field.h"
#include "cli/report/panels.h"
#include "cli/report/residual.h"

#include <math.h>

#define MINUS "\xE2\x88\x92"

typedef struct signal {
    const ckn_estimate_report *report;
    ckn_view line;
    double start; /* position of the first sample on SHARP */
    ckn_key key;
} signal;

static bool is_column(const ckn_estimate_report *report) {
    return report->sharp[0].cols == 1;
}

/* Where BLURRED begins on SHARP: as many samples in as the farthest tap reaches. */
static double blurred_start(const ckn_estimate_report *report) {
    const bool column = is_column(report);
    const ckn_view *sharp = &report->sharp[0], *blurred = &report->blurred[0];
    const size_t taps = 1 + (column ? sharp->rows - blurred->rows : sharp->cols - blurred->cols);
    const ptrdiff_t offset = column ? report->fitted_row_offset : report->fitted_col_offset;
    const size_t half = taps / 2;
    return (double)half + (double)offset;
}

static void signal_point(const void *source, size_t index, double *x, double *y) {
    const signal *s = source;
    double value = ckn_view_at(&s->line, 0, index);
    *x = s->start + (double)index;
    *y = isfinite(value) ? value : 0;
}

static void residual_point(const void *source, size_t index, double *x, double *y) {
    const signal *s = source;
    double value = is_column(s->report) ? ckn_residual_sample(s->report, index, 0)
                                        : ckn_residual_sample(s->report, 0, index);
    *x = s->start + (double)index;
    *y = isfinite(value) ? value : 0;
}

/* Of several channels the second one, green, has most of the light. */
static signal signal_of(const ckn_estimate_report *report, const ckn_view *planes, double start,
                        ckn_key key) {
    const ckn_view *plane = &planes[report->channels == 3 ? 1 : 0];
    return (signal){report, ckn_field_line(plane, 0, 0, is_column(report)), start, key};
}

static void include(const signal *s, ckn_point_fn point, size_t count, double *low, double *high) {
    for (size_t i = 0; i < count; i++) {
        double x, y;
        point(s, i, &x, &y);
        *low = fmin(*low, y);
        *high = fmax(*high, y);
    }
}

/* Where a sample is left out, a grey stripe. */
static void draw_masked(const ckn_plot *plot, const signal *s) {
    for (size_t i = 0; i < s->line.cols; i++) {
        size_t row = is_column(s->report) ? i : 0, col = is_column(s->report) ? 0 : i;
        if (!(ckn_residual_mask_sample(s->report, row, col) > 0))
            continue;
        double left = ckn_plot_x(plot, s->start + (double)i - 0.5);
        double right = ckn_plot_x(plot, s->start + (double)i + 0.5);
        ckn_canvas_fill(plot->canvas,
                        (ckn_rect){left, plot->area.y, fmax(1, right - left), plot->area.height},
                        CKN_GRID);
    }
}

static void draw_curve(const ckn_plot *plot, const signal *s, ckn_point_fn point, double width) {
    const double dashes[1] = {5};
    cairo_new_path(plot->canvas->cairo);
    ckn_plot_path(plot, point, s, s->line.cols);
    if (s->key.dashed)
        cairo_set_dash(plot->canvas->cairo, dashes, 1, 0);
    ckn_plot_stroke(plot, width, s->key.color);
    cairo_set_dash(plot->canvas->cairo, NULL, 0, 0);
}

static void set_x(ckn_plot *plot, const ckn_estimate_report *report) {
    double count = (double)(is_column(report) ? report->sharp[0].rows : report->sharp[0].cols);
    double start = blurred_start(report);
    double length = (double)(is_column(report) ? report->blurred[0].rows : report->blurred[0].cols);
    ckn_axis_counts(&plot->x, fmin(0, start) - 0.5, fmax(count, start + length) - 0.5, 12);
}

static void set_y(ckn_plot *plot, double low, double high, int wanted) {
    double margin = 0.05 * (high - low);
    ckn_axis_linear(&plot->y, low - margin, high + margin, wanted);
}

void ckn_signal_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                      const ckn_estimate_report *report) {
    static const ckn_key keys[3] = {
        {.name = "SHARP", .color = 0x9AA3AEU},
        {.name = "BLURRED", .color = CKN_BLUE},
        {.name = "model: kernel \xE2\x88\x97 SHARP", .color = CKN_RED, .dashed = true}};
    double start = blurred_start(report), low = INFINITY, high = -INFINITY;
    const signal signals[3] = {signal_of(report, report->sharp, 0, keys[0]),
                               signal_of(report, report->blurred, start, keys[1]),
                               signal_of(report, report->model, start, keys[2])};
    ckn_plot plot = ckn_panel_plot(canvas, panel);
    for (int i = 0; i < 3; i++)
        include(&signals[i], signal_point, signals[i].line.cols, &low, &high);
    set_x(&plot, report);
    set_y(&plot, low, high, 6);
    ckn_plot_clip(&plot);
    draw_masked(&plot, &signals[1]);
    ckn_plot_grid(&plot);
    for (int i = 0; i < 3; i++)
        draw_curve(&plot, &signals[i], signal_point, 1.6);
    ckn_plot_unclip(&plot);
    ckn_plot_axes(&plot, is_column(report) ? "row (samples)" : "column (samples)");
    const ckn_label masked = ckn_label_text("grey stripes: masked");
    ckn_panel_heading(canvas, panel->heading, panel->letter, "Signals");
    ckn_panel_keys(canvas, panel->caption, keys, 3, report->weights[0].data ? &masked : NULL);
}

void ckn_residual_curve_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                              const ckn_estimate_report *report) {
    double low = 0, high = 0, rms = ckn_report_residual_rms(report);
    ckn_key key = {.color = CKN_BLUE};
    const signal s = signal_of(report, report->blurred, blurred_start(report), key);
    ckn_plot plot = ckn_panel_plot(canvas, panel);
    include(&s, residual_point, s.line.cols, &low, &high);
    set_x(&plot, report);
    set_y(&plot, low, high, 4);
    ckn_plot_clip(&plot);
    draw_masked(&plot, &s);
    ckn_plot_grid(&plot);
    draw_curve(&plot, &s, residual_point, 1.2);
    ckn_plot_unclip(&plot);
    ckn_plot_axes(&plot, is_column(report) ? "row (samples)" : "column (samples)");
    ckn_label text = ckn_label_format("BLURRED " MINUS " model%s%s; RMS ", report->unit ? ", " : "",
                                      report->unit ? report->unit : "");
    text = ckn_label_prefix(text.base, ckn_label_number(rms, 3));
    ckn_panel_heading(canvas, panel->heading, panel->letter, "Residual");
    ckn_panel_line(canvas, panel->caption, &text);
}
