#include "cli/report/box_curves.h"

#include <math.h>

#define FINE 1200  /* points of the continuous curve */
#define SPARSE 5.0 /* pixels between taps from which on they are drawn one by one */
#define WIDE 20.0  /* pixels between taps from which on no line joins them */
#define SQRT_2PI 2.5066282746310002

/* From sigma = 2 on the sum equals sigma sqrt(2 pi) to the last bit (Poisson summation). */
static double gaussian_sum(double sigma) {
    if (sigma >= 2)
        return sigma * SQRT_2PI;
    double sum = 1;
    for (int n = 1; n <= 40; n++)
        sum += 2 * exp(-0.5 * (n / sigma) * (n / sigma));
    return sum;
}

double ckn_box_sampled(const ckn_box_curves *curves, double x) {
    return exp(-0.5 * (x / curves->sigma) * (x / curves->sigma)) / curves->norm;
}

double ckn_box_density(const ckn_box_curves *curves, double x) {
    return exp(-0.5 * (x / curves->sigma) * (x / curves->sigma)) / (curves->sigma * SQRT_2PI);
}

/* The composed kernel between its taps, as a match compares it: linearly. */
static double box_at(const ckn_box_curves *curves, double x) {
    double position = x + curves->half, below = floor(position), part = position - below;
    double first = below >= 0 && below < (double)curves->count ? curves->taps[(size_t)below] : 0;
    double second =
        below >= -1 && below + 1 < (double)curves->count ? curves->taps[(size_t)(below + 1)] : 0;
    return first + part * (second - first);
}

static void tap_point(const void *source, size_t index, double *x, double *y) {
    const ckn_box_curves *curves = source;
    *x = (double)index - curves->half;
    *y = curves->taps[index];
}

static void measured_point(const void *source, size_t index, double *x, double *y) {
    const ckn_box_curves *curves = source;
    *x = curves->measured_first + (double)index;
    *y = curves->measured[index];
}

/* Of the kernel against the Gaussian or, in a match, of the measured one against the kernel. */
static void error_point(const void *source, size_t index, double *x, double *y) {
    const ckn_box_curves *curves = source;
    if (curves->measured_count > 0) {
        measured_point(source, index, x, y);
        *y -= box_at(curves, *x);
        return;
    }
    tap_point(source, index, x, y);
    *y -= ckn_box_sampled(source, *x);
}

static size_t error_count(const ckn_box_curves *curves) {
    return curves->measured_count > 0 ? curves->measured_count : curves->count;
}

static void density_point(const void *source, size_t index, double *x, double *y) {
    const ckn_box_curves *curves = source;
    *x = (curves->reach + 0.5) * (2.0 * (double)index / (FINE - 1) - 1);
    *y = ckn_box_density(curves, *x);
}

/* How far the measured kernel reaches, where it is more than noise. */
static double measured_reach(const ckn_box_curves *curves) {
    double largest = 0, reach = 0;
    for (size_t i = 0; i < curves->measured_count; i++)
        largest = fmax(largest, fabs(curves->measured[i]));
    for (size_t i = 0; i < curves->measured_count; i++)
        if (fabs(curves->measured[i]) > 1e-3 * largest)
            reach = fmax(reach, fabs(curves->measured_first + (double)i));
    return ceil(reach);
}

void ckn_box_curves_init(ckn_box_curves *curves, const ckn_box_report *report) {
    *curves = (ckn_box_curves){.taps = report->taps, .count = report->taps_count};
    curves->sigma = report->box->sigma;
    curves->half = ((double)report->taps_count - 1) / 2;
    curves->norm = gaussian_sum(curves->sigma);
    curves->reach = fmin(curves->half, fmax(3, ceil(5.5 * curves->sigma)));
    curves->measured = report->measured;
    curves->measured_count = report->measured ? report->measured_count : 0;
    curves->measured_first = report->measured_first;
    curves->reach = fmax(curves->reach, measured_reach(curves));
    double top = ckn_box_sampled(curves, 0);
    for (size_t i = 0; i < curves->count; i++)
        top = fmax(top, curves->taps[i]);
    for (size_t i = 0; i < curves->measured_count; i++)
        top = fmax(top, curves->measured[i]);
    for (size_t i = 0; i < error_count(curves); i++) {
        double x, error;
        error_point(curves, i, &x, &error);
        curves->lowest = fmin(curves->lowest, error);
        curves->highest = fmax(curves->highest, error);
    }
    /* The density of a very narrow Gaussian may leave the picture; the taps may not. */
    curves->top = fmax(top, fmin(ckn_box_density(curves, 0), 1.6 * top));
}

static double spacing(const ckn_plot *plot) {
    return plot->area.width / (plot->x.high - plot->x.low);
}

/* Bars from zero to each tap, or a filled curve where bars would merge. */
static void draw_bars(const ckn_plot *plot, ckn_point_fn point, const ckn_box_curves *curves,
                      size_t count) {
    double zero = ckn_plot_y(plot, 0), width = spacing(plot);
    if (width < SPARSE) {
        cairo_t *cairo = plot->canvas->cairo;
        cairo_move_to(cairo, ckn_plot_x(plot, fmax(-curves->half, -2 * curves->reach)), zero);
        ckn_plot_path(plot, point, curves, count);
        cairo_line_to(cairo, ckn_plot_x(plot, fmin(curves->half, 2 * curves->reach)), zero);
        ckn_canvas_color(plot->canvas, CKN_PALE_BLUE);
        cairo_fill(cairo);
        return;
    }
    double gap = width > 12 ? 2 : 1;
    for (size_t i = 0; i < count; i++) {
        double x, y;
        point(curves, i, &x, &y);
        if (fabs(x) > curves->reach)
            continue;
        double left = ckn_plot_x(plot, x - 0.5) + gap / 2, end = ckn_plot_y(plot, y);
        ckn_canvas_fill(plot->canvas,
                        (ckn_rect){left, fmin(zero, end), width - gap, fabs(zero - end)},
                        CKN_PALE_BLUE);
    }
}

static void zero_line(const ckn_plot *plot) {
    double y = floor(ckn_plot_y(plot, 0)) + 0.5;
    ckn_canvas_line(plot->canvas, plot->area.x, y, plot->area.x + plot->area.width, y, 1, CKN_GREY);
}

/* Dots at the taps or at the sampled Gaussian, where there is room for dots. */
static void draw_samples(const ckn_plot *plot, const ckn_box_curves *curves) {
    double radius = fmin(4.5, fmax(2.7, 0.22 * spacing(plot)));
    if (spacing(plot) < SPARSE)
        return;
    for (long i = -(long)curves->reach; i <= (long)curves->reach; i++)
        ckn_plot_dot(plot, (double)i, ckn_box_sampled(curves, (double)i), radius, CKN_RED);
}

/* One line of the legend: a sample of the drawing, then what it is. */
static void legend_line(const ckn_plot *plot, double y, const char *text, uint32_t color,
                        int kind) {
    double x = plot->area.x + plot->area.width - 285;
    ckn_text_style style = {.size = CKN_SIZE_TEXT, .color = CKN_INK};
    if (kind == 0)
        ckn_canvas_fill(plot->canvas, (ckn_rect){x, y - 11, 26, 12}, color);
    else if (kind == 1)
        ckn_canvas_line(plot->canvas, x, y - 5, x + 26, y - 5, 2.2, color);
    else {
        ckn_canvas_color(plot->canvas, color);
        cairo_arc(plot->canvas->cairo, x + 13, y - 5, 4.5, 0, 6.283185307179586);
        cairo_fill(plot->canvas->cairo);
    }
    ckn_canvas_text(plot->canvas, x + 38, y, text, style);
}

/* The measured marginal as a line, with a dot on each tap where there is room. */
static void draw_measured(const ckn_plot *plot, const ckn_box_curves *curves) {
    if (curves->measured_count == 0)
        return;
    cairo_new_path(plot->canvas->cairo);
    ckn_plot_path(plot, measured_point, curves, curves->measured_count);
    ckn_plot_stroke(plot, 1.6, CKN_INK);
    for (size_t i = 0; i < curves->measured_count && spacing(plot) >= SPARSE; i++) {
        double x, y;
        measured_point(curves, i, &x, &y);
        ckn_plot_dot(plot, x, y, 2.5, CKN_INK);
    }
}

static void legend(const ckn_plot *plot, const ckn_box_curves *curves) {
    bool samples = spacing(plot) >= SPARSE && curves->measured_count == 0;
    int lines = 2 + samples + (curves->measured_count > 0);
    double y = plot->area.y + 24;
    ckn_canvas_fill(
        plot->canvas,
        (ckn_rect){plot->area.x + plot->area.width - 297, y - 22, 297, 6 + 26.0 * lines},
        0xFFFFFFU);
    legend_line(plot, y, "composed box kernel", CKN_PALE_BLUE, 0);
    legend_line(plot, y += 26, "Gaussian density", CKN_BLUE, 1);
    if (samples)
        legend_line(plot, y += 26, "Gaussian, sampled, sum 1", CKN_RED, 2);
    if (curves->measured_count > 0)
        legend_line(plot, y + 26, "the kernel to match, sum 1", CKN_INK, 1);
}

void ckn_box_draw_kernel(const ckn_canvas *canvas, ckn_rect area, const ckn_box_curves *curves) {
    ckn_plot plot = {.canvas = canvas, .area = area};
    ckn_axis_counts(&plot.x, -curves->reach - 0.5, curves->reach + 0.5, 12);
    ckn_axis_linear(&plot.y, 0, 1.06 * curves->top, 6);
    ckn_plot_grid(&plot);
    ckn_plot_clip(&plot);
    draw_bars(&plot, tap_point, curves, curves->count);
    cairo_new_path(canvas->cairo);
    ckn_plot_path(&plot, density_point, curves, FINE);
    ckn_plot_stroke(&plot, 2.2, CKN_BLUE);
    if (curves->measured_count == 0)
        draw_samples(&plot, curves);
    draw_measured(&plot, curves);
    ckn_plot_unclip(&plot);
    ckn_plot_axes(&plot, NULL);
    legend(&plot, curves);
}

/* A line along the errors, or a dot on each where a line would suggest values between taps. */
static void draw_error_line(const ckn_plot *plot, const ckn_box_curves *curves) {
    if (spacing(plot) < WIDE) {
        cairo_new_path(plot->canvas->cairo);
        ckn_plot_path(plot, error_point, curves, error_count(curves));
        ckn_plot_stroke(plot, 1.8, CKN_BLUE);
        return;
    }
    for (size_t i = 0; i < error_count(curves); i++) {
        double x, y;
        error_point(curves, i, &x, &y);
        ckn_plot_dot(plot, x, y, 4.5, CKN_BLUE);
    }
}

void ckn_box_draw_error(const ckn_canvas *canvas, ckn_rect area, const ckn_box_curves *curves) {
    ckn_plot plot = {.canvas = canvas, .area = area};
    double margin = 0.08 * (curves->highest - curves->lowest);
    ckn_axis_counts(&plot.x, -curves->reach - 0.5, curves->reach + 0.5, 12);
    if (margin > 0)
        ckn_axis_linear(&plot.y, curves->lowest - margin, curves->highest + margin, 5);
    else
        ckn_axis_linear(&plot.y, -1, 1, 5);
    ckn_plot_grid(&plot);
    ckn_plot_clip(&plot);
    draw_bars(&plot, error_point, curves, error_count(curves));
    draw_error_line(&plot, curves);
    ckn_plot_unclip(&plot);
    zero_line(&plot);
    ckn_plot_axes(&plot, "pixels from the centre");
}

/* The whole pass as one outline: two end taps of weight alpha, 2l+1 of weight 1 between them. */
static void pass_outline(const ckn_plot *plot, const ckn_extended_box *box) {
    cairo_t *cairo = plot->canvas->cairo;
    double l = (double)box->l, end = box->alpha / box->lambda, one = 1 / box->lambda;
    const double points[8][2] = {{-l - 1.5, 0},  {-l - 1.5, end}, {-l - 0.5, end}, {-l - 0.5, one},
                                 {l + 0.5, one}, {l + 0.5, end},  {l + 1.5, end},  {l + 1.5, 0}};
    cairo_new_path(cairo);
    for (int i = 0; i < 8; i++)
        cairo_line_to(cairo, ckn_plot_x(plot, points[i][0]), ckn_plot_y(plot, points[i][1]));
    ckn_canvas_color(plot->canvas, CKN_PALE_BLUE);
    cairo_fill_preserve(cairo);
    ckn_plot_stroke(plot, 2, CKN_BLUE);
}

/* White lines between the taps. */
static void pass_borders(const ckn_plot *plot, const ckn_extended_box *box) {
    size_t borders = 2 * box->l + 2;
    for (size_t i = 0; i < borders; i++) {
        bool outer = i == 0 || i == borders - 1;
        double x = ckn_plot_x(plot, (double)i - (double)box->l - 0.5);
        double top = ckn_plot_y(plot, (outer ? box->alpha : 1) / box->lambda);
        ckn_canvas_line(plot->canvas, x, top, x, plot->area.y + plot->area.height, 1, 0xFFFFFFU);
    }
}

void ckn_box_draw_pass(const ckn_canvas *canvas, ckn_rect area, const ckn_extended_box *box) {
    ckn_plot plot = {.canvas = canvas, .area = area};
    double reach = (double)box->l + 2;
    ckn_axis_counts(&plot.x, -reach, reach, 7);
    ckn_axis_linear(&plot.y, 0, 1.12 / box->lambda, 5);
    ckn_plot_grid(&plot);
    pass_outline(&plot, box);
    if (spacing(&plot) >= SPARSE)
        pass_borders(&plot, box);
    ckn_plot_axes(&plot, "pixels from the centre");
}
