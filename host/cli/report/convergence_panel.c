/* The panel of the convergence curve. */
#include "cli/report/panels.h"
#include "cli/report/plot.h"

#include <math.h>

static double iteration_at(const ckn_report_history *history, size_t index) {
    return history->iteration ? history->iteration[index] : (double)index;
}

static double value_at(const ckn_report_history *history, size_t index) {
    return history->residual_norm ? history->residual_norm[index] : history->objective[index];
}

/* Range of the values that have a logarithm; false where there is none. */
static bool positive_range(const ckn_report_history *history, double *low, double *high) {
    *low = INFINITY;
    *high = 0;
    for (size_t i = 0; i < history->count; i++) {
        double value = value_at(history, i);
        if (!(value > 0) || !isfinite(value))
            continue;
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
    return *high > 0;
}

typedef struct curve {
    const ckn_report_history *history;
    double floor; /* stands for values without a logarithm */
} curve;

static void curve_point(const void *source, size_t index, double *x, double *y) {
    const curve *c = source;
    double value = value_at(c->history, index);
    *x = iteration_at(c->history, index);
    *y = value > c->floor && isfinite(value) ? value : c->floor;
}

/* A panel without a curve says why. */
static void message(const ckn_canvas *canvas, const ckn_panel *panel, const char *text) {
    const ckn_rect *data = &panel->data;
    ckn_text_style style = {.size = CKN_SIZE_TEXT, .color = CKN_GREY, .align = CKN_CENTER};
    style.max_width = data->width;
    ckn_canvas_frame(canvas, *data, CKN_RULE);
    ckn_canvas_text(canvas, data->x + data->width / 2, data->y + data->height / 2 + 5, text, style);
}

/* Short strokes that stand on the x axis. Returns whether there are any. */
static bool draw_restarts(const ckn_plot *plot, const ckn_report_history *history) {
    bool any = false;
    double bottom = plot->area.y + plot->area.height, last = -1;
    for (size_t i = 0; history->restarted && i < history->count; i++) {
        if (!history->restarted[i])
            continue;
        double x = floor(ckn_plot_x(plot, iteration_at(history, i))) + 0.5;
        if (x != last)
            ckn_canvas_line(plot->canvas, x, bottom, x, bottom - 11, 1.5, CKN_RED);
        last = x;
        any = true;
    }
    return any;
}

static void draw_curve(const ckn_plot *plot, const curve *c) {
    ckn_plot_clip(plot);
    ckn_plot_path(plot, curve_point, c, c->history->count);
    ckn_plot_stroke(plot, 2.2, CKN_BLUE);
    ckn_plot_unclip(plot);
    double x, y;
    curve_point(c, c->history->count - 1, &x, &y);
    ckn_plot_dot(plot, x, y, 4, CKN_BLUE);
}

static void set_axes(ckn_plot *plot, const ckn_report_history *history, double low, double high) {
    double first = iteration_at(history, 0), last = iteration_at(history, history->count - 1);
    if (!(last > first)) {
        first -= 0.5;
        last += 0.5;
    }
    ckn_axis_counts(&plot->x, first, last, 6);
    double margin = fmax(1.05, exp(0.04 * (log(high) - log(low))));
    ckn_axis_logarithmic(&plot->y, low / margin, high * margin, 6);
}

static void draw_names(const ckn_canvas *canvas, const ckn_panel *panel,
                       const ckn_report_history *history) {
    ckn_label final = ckn_label_number(value_at(history, history->count - 1), 3);
    final = ckn_label_prefix(history->residual_norm ? "residual norm, final " : "objective, final ",
                             final);
    ckn_panel_heading(canvas, panel->heading, panel->letter, "Convergence");
    ckn_panel_line(canvas, panel->caption, &final);
}

ckn_code ckn_convergence_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                               const ckn_report_history *history, ckn_error *error) {
    double low, high;
    if (!history->residual_norm && !history->objective)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the report's history has neither residual norms nor objectives");
    draw_names(canvas, panel, history);
    if (!positive_range(history, &low, &high)) {
        message(canvas, panel, "the residual is zero throughout");
        return CKN_OK;
    }
    ckn_plot plot = ckn_panel_plot(canvas, panel);
    set_axes(&plot, history, low, high);
    curve c = {history, plot.y.low};
    ckn_plot_grid(&plot);
    ckn_plot_axes(&plot,
                  draw_restarts(&plot, history) ? "iteration (restarts in red)" : "iteration");
    draw_curve(&plot, &c);
    return CKN_OK;
}
