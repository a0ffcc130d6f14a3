/* The panels of what the kernel leaves of detail: transfer function and encircled energy. */
#include "cli/report/panels.h"
#include "cli/report/plot.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define DASH 5.0

typedef struct curve {
    const double *x;
    const double *y; /* with a stride, in doubles */
    size_t stride;
} curve;

static void curve_point(const void *source, size_t index, double *x, double *y) {
    const curve *c = source;
    *x = c->x[index];
    *y = c->y[index * c->stride];
}

static void draw_curve(const ckn_plot *plot, const curve *c, size_t count, uint32_t color) {
    cairo_new_path(plot->canvas->cairo);
    ckn_plot_path(plot, curve_point, c, count);
    ckn_plot_stroke(plot, 2, color);
}

/* A dashed line from the y axis to (x, y), and from there down to the x axis. */
static void draw_mark(const ckn_plot *plot, double x, double y) {
    const double dashes[1] = {DASH};
    if (!isfinite(x))
        return;
    const double at_x = floor(ckn_plot_x(plot, x)) + 0.5, at_y = floor(ckn_plot_y(plot, y)) + 0.5;
    cairo_set_dash(plot->canvas->cairo, dashes, 1, 0);
    ckn_canvas_line(plot->canvas, plot->area.x, at_y, at_x, at_y, 1, CKN_GREY);
    ckn_canvas_line(plot->canvas, at_x, at_y, at_x, plot->area.y + plot->area.height, 1, CKN_GREY);
    cairo_set_dash(plot->canvas->cairo, NULL, 0, 0);
    ckn_plot_dot(plot, x, y, 4, CKN_INK);
}

/* Curves mostly lie in [0, 1]; that of a signed kernel may leave it, or be much smaller. */
static void set_y(ckn_plot *plot, const double *values, size_t count) {
    double low = 0, high = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    high = high > 0.5 ? fmax(high, 1) : high > 0 ? high : 1;
    ckn_axis_linear(&plot->y, low < 0 ? low - 0.05 * (high - low) : 0, high + 0.03 * (high - low),
                    6);
}

/* A kernel whose taps cancel one another to less than this part of sum |h| has no MTF worth the
 * name: divided by a sum near 0 it would say nothing. */
#define CANCELLED 0.05

/* What the curves are multiplied by: 1, or |sum h| to undo the division by it. */
static double amplitude(const ckn_view *kernel) {
    double sum = 0, magnitude = 0;
    for (size_t r = 0; r < kernel->rows; r++)
        for (size_t c = 0; c < kernel->cols; c++) {
            sum += ckn_view_at(kernel, r, c);
            magnitude += fabs(ckn_view_at(kernel, r, c));
        }
    return fabs(sum) < CANCELLED * magnitude ? fabs(sum) : 1;
}

static const ckn_key mtf_keys[3] = {{.name = "along x", .color = CKN_BLUE},
                                    {.name = "along y", .color = CKN_RED},
                                    {.name = "radial", .color = CKN_INK}};

/* Curves of a signal go along it only. */
static void which_curves(const ckn_estimate_report *report, size_t *first, size_t *end) {
    *first = report->sharp[0].cols == 1 && report->sharp[0].rows > 1 ? 1 : 0;
    *end = report->sharp[0].cols == 1 || report->sharp[0].rows == 1 ? *first + 1 : 3;
}

/* The curve whose fall to one half is marked. */
static double half_of(const ckn_mtf *half, size_t first, size_t end) {
    return end - first == 3 ? half->radial : first == 0 ? half->x : half->y;
}

static void draw_mtf(const ckn_canvas *canvas, const ckn_panel *panel,
                     const ckn_report_curves *curves, double *values, double half, size_t first,
                     size_t end) {
    ckn_plot plot = ckn_panel_plot(canvas, panel);
    ckn_axis_linear(&plot.x, 0, 0.5, 6);
    set_y(&plot, values, 3 * curves->count);
    ckn_plot_grid(&plot);
    ckn_plot_clip(&plot);
    for (size_t i = first; i < end; i++) {
        const curve c = {curves->frequencies, values + i, 3};
        draw_curve(&plot, &c, curves->count, mtf_keys[i].color);
    }
    draw_mark(&plot, half, 0.5);
    ckn_plot_unclip(&plot);
    ckn_plot_axes(&plot, "cycles/pixel");
}

ckn_code ckn_mtf_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                       const ckn_estimate_report *report, ckn_error *error) {
    const ckn_report_curves *curves = &report->curves;
    const double scale = amplitude(&report->kernel);
    double *values = NULL;
    size_t first, end;
    which_curves(report, &first, &end);
    const double half = scale == 1 ? half_of(&curves->sharpness.mtf50, first, end) : (double)NAN;
    CKN_TRY(ckn_allocate(&values, 3 * curves->count, sizeof *values, "the figure", error));
    for (size_t i = 0; i < curves->count; i++) {
        const double own[3] = {curves->mtf[i].x, curves->mtf[i].y, curves->mtf[i].radial};
        for (size_t k = 0; k < 3; k++)
            values[3 * i + k] = k >= first && k < end ? scale * own[k] : (double)NAN;
    }
    draw_mtf(canvas, panel, curves, values, half, first, end);
    free(values);
    ckn_label caption = ckn_label_prefix("1/2 at ", ckn_label_number(half, 3));
    ckn_panel_heading(canvas, panel->heading, panel->letter,
                      scale == 1 ? "Transfer function (MTF)" : "Transfer function |H|");
    ckn_panel_keys(canvas, panel->caption, mtf_keys + first, end - first,
                   isfinite(half) ? &caption : NULL);
    return CKN_OK;
}

void ckn_encircled_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                         const ckn_report_curves *curves) {
    const ckn_kernel_sharpness *sharpness = &curves->sharpness;
    const curve c = {curves->radii, curves->energy, 1};
    ckn_plot plot = ckn_panel_plot(canvas, panel);
    ckn_axis_linear(&plot.x, 0, curves->radii[curves->count - 1], 8);
    set_y(&plot, curves->energy, curves->count);
    ckn_plot_grid(&plot);
    ckn_plot_clip(&plot);
    draw_mark(&plot, sharpness->radius_50, 0.5);
    draw_mark(&plot, sharpness->radius_80, 0.8);
    draw_mark(&plot, sharpness->radius_90, 0.9);
    draw_curve(&plot, &c, curves->count, CKN_BLUE);
    ckn_plot_unclip(&plot);
    ckn_plot_axes(&plot, "pixels from the centroid");
    ckn_label radii[3] = {ckn_label_number(sharpness->radius_50, 3),
                          ckn_label_number(sharpness->radius_80, 3),
                          ckn_label_number(sharpness->radius_90, 3)};
    ckn_label caption = ckn_label_format("50, 80, 90 %% within %s, %s, %s pixels", radii[0].base,
                                         radii[1].base, radii[2].base);
    ckn_panel_heading(canvas, panel->heading, panel->letter, "Encircled energy");
    ckn_panel_line(canvas, panel->caption, &caption);
}
