/* The panels of what the kernel leaves of detail: transfer function and encircled energy. */
#include "cli/report/panels.h"
#include "cli/report/plot.h"

#include <math.h>

#define LEFT 60.0  /* room for the labels of the y axis */
#define BELOW 50.0 /* and of the x axis */
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

static ckn_plot plot_in(const ckn_panel *panel) {
    const ckn_rect *box = &panel->box;
    return (ckn_plot){.canvas = panel->canvas,
                      .area = {box->x + LEFT, box->y, box->width - LEFT, box->height - BELOW}};
}

/* Curves mostly lie in [0, 1]; that of a signed kernel may leave it. */
static void set_y(ckn_plot *plot, const double *values, size_t count) {
    double low = 0, high = 1;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    ckn_axis_linear(&plot->y, low < 0 ? low - 0.05 * (high - low) : 0, high + 0.03 * (high - low),
                    6);
}

static void draw_legend(const ckn_plot *plot, const char *const names[3],
                        const uint32_t colors[3]) {
    const ckn_rect *area = &plot->area;
    ckn_rect box = {area->x + area->width - 104, area->y + 2, 104, 70};
    ckn_text_style style = {.size = CKN_SIZE_TICK, .color = CKN_INK};
    ckn_canvas_fill(plot->canvas, box, 0xFFFFFFU);
    for (int i = 0; i < 3; i++) {
        double x = box.x + 8, y = box.y + 16 + 22 * i;
        ckn_canvas_line(plot->canvas, x, y - 5, x + 20, y - 5, 2.2, colors[i]);
        ckn_canvas_text(plot->canvas, x + 28, y, names[i], style);
    }
}

void ckn_mtf_panel(const ckn_panel *panel, const ckn_report_curves *curves) {
    static const char *const names[3] = {"along x", "along y", "radial"};
    static const uint32_t colors[3] = {CKN_BLUE, CKN_RED, CKN_INK};
    const double *values = &curves->mtf[0].x; /* three numbers a frequency */
    ckn_plot plot = plot_in(panel);
    ckn_axis_linear(&plot.x, 0, 0.5, 6);
    set_y(&plot, values, 3 * curves->count);
    ckn_plot_grid(&plot);
    ckn_plot_clip(&plot);
    for (size_t i = 0; i < 3; i++) {
        const curve c = {curves->frequencies, values + i, 3};
        draw_curve(&plot, &c, curves->count, colors[i]);
    }
    draw_mark(&plot, curves->sharpness.mtf50.radial, 0.5);
    draw_legend(&plot, names, colors);
    ckn_plot_unclip(&plot);
    ckn_plot_axes(&plot, "cycles/pixel");
    ckn_label caption = ckn_label_text("modulus of the kernel's transform");
    if (isfinite(curves->sharpness.mtf50.radial))
        caption =
            ckn_label_prefix("radial 1/2 at ", ckn_label_number(curves->sharpness.mtf50.radial, 3));
    ckn_panel_heading(panel, "Transfer function (MTF)", &caption);
}

void ckn_encircled_panel(const ckn_panel *panel, const ckn_report_curves *curves) {
    const ckn_kernel_sharpness *sharpness = &curves->sharpness;
    const curve c = {curves->radii, curves->energy, 1};
    ckn_plot plot = plot_in(panel);
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
    ckn_label caption = ckn_label_text("marked: 50, 80 and 90 %");
    ckn_panel_heading(panel, "Encircled energy", &caption);
}
