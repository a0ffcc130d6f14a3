/* The distribution of the residual beside the normal one: what is noise follows it, what was
 * clipped, processed or moved does not. */
#include "cli/report/panels.h"
#include "cli/report/residual.h"

#include "base/memory.h"
#include "cli/report/field.h"

#include <math.h>
#include <stdlib.h>

#define REACH 6.0     /* to how many deviations it is drawn */
#define ROBUST 1.4826 /* times the median magnitude is the deviation of normal noise */

enum { BINS = 49, FINE = 200, MOST_SAMPLES = 1 << 19 };

typedef struct histogram {
    double deviation;
    size_t count; /* of samples */
    double bins[BINS];
} histogram;

/* The outermost bins hold what is beyond them, too. */
static void fill_bins(histogram *h, const double *samples, size_t count) {
    double width = 2 * REACH * h->deviation / BINS;
    for (size_t i = 0; i < count; i++) {
        double bin = floor((samples[i] + REACH * h->deviation) / width);
        h->bins[(size_t)fmin(BINS - 1, fmax(0, bin))] += 1;
    }
    h->count = count;
}

/* That of the middle half, which outliers do not widen, or of all where that is less. */
static double deviation_of(const double *samples, size_t count, double *scratch) {
    double robust = ROBUST * ckn_field_percentile(samples, count, 0.5, scratch);
    double square = 0;
    for (size_t i = 0; i < count; i++)
        square += samples[i] * samples[i] / (double)count;
    double deviation = robust > 0 ? fmin(robust, sqrt(square)) : sqrt(square);
    return isfinite(deviation) ? deviation : 0;
}

static ckn_code make_histogram(const ckn_estimate_report *report, histogram *h, ckn_error *error) {
    double *samples = NULL, *scratch = NULL;
    size_t total = report->channels * report->blurred[0].rows * report->blurred[0].cols;
    size_t stride = total / MOST_SAMPLES + 1, room = total / stride + 1;
    ckn_code code = ckn_allocate(&samples, room, sizeof *samples, "the figure", error);
    if (code == CKN_OK)
        code = ckn_allocate(&scratch, room, sizeof *scratch, "the figure", error);
    if (code == CKN_OK) {
        size_t count = ckn_residual_collect(report, stride, samples);
        h->deviation = count > 0 ? deviation_of(samples, count, scratch) : 0;
        if (h->deviation > 1e-290)
            fill_bins(h, samples, count);
    }
    free(samples);
    free(scratch);
    return code;
}

static void draw_bins(const ckn_plot *plot, const histogram *h) {
    double width = 2 * REACH / BINS, floor_y = plot->area.y + plot->area.height;
    for (int i = 0; i < BINS; i++) {
        if (!(h->bins[i] > 0))
            continue;
        double left = ckn_plot_x(plot, -REACH + i * width);
        double right = ckn_plot_x(plot, -REACH + (i + 1) * width);
        double top = fmin(floor_y, ckn_plot_y(plot, h->bins[i] / (double)h->count));
        ckn_canvas_fill(plot->canvas, (ckn_rect){left + 0.5, top, right - left - 1, floor_y - top},
                        0x8FB4DCU);
    }
}

static void normal_point(const void *source, size_t index, double *x, double *y) {
    (void)source;
    *x = REACH * (2.0 * (double)index / (FINE - 1) - 1);
    *y = exp(-0.5 * *x * *x) * 0.3989422804014327 * 2 * REACH / BINS;
}

static void draw_plot(const ckn_canvas *canvas, const ckn_panel *panel, const histogram *h) {
    ckn_plot plot = ckn_panel_plot(canvas, panel);
    double high = 0.3989422804014327 * 2 * REACH / BINS;
    for (int i = 0; i < BINS; i++)
        high = fmax(high, h->bins[i] / (double)h->count);
    ckn_axis_linear(&plot.x, -REACH, REACH, 6);
    ckn_axis_logarithmic(&plot.y, fmin(1e-4, 0.5 / (double)h->count), 1.6 * high, 6);
    ckn_plot_grid(&plot);
    ckn_plot_clip(&plot);
    draw_bins(&plot, h);
    cairo_new_path(canvas->cairo);
    ckn_plot_path(&plot, normal_point, NULL, FINE);
    ckn_plot_stroke(&plot, 1.8, CKN_RED);
    ckn_plot_unclip(&plot);
    ckn_label unit = ckn_label_number(h->deviation, 3);
    if (unit.power[0]) {
        ckn_plot_axes(&plot, "residual / its robust deviation");
        return;
    }
    unit = ckn_label_format("residual / %s", unit.base);
    ckn_plot_axes(&plot, unit.base);
}

ckn_code ckn_histogram_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                             const ckn_estimate_report *report, ckn_error *error) {
    static const ckn_key normal = {.name = "normal distribution", .color = CKN_RED};
    histogram h = {0};
    CKN_TRY(make_histogram(report, &h, error));
    ckn_panel_heading(canvas, panel->heading, panel->letter, "Distribution of the residual");
    if (h.count == 0) {
        const ckn_label text = ckn_label_text("no residual");
        ckn_canvas_frame(canvas, panel->data, CKN_RULE);
        ckn_panel_line(canvas, panel->caption, &text);
        return CKN_OK;
    }
    const ckn_label text = ckn_label_text("part of the samples");
    ckn_panel_keys(canvas, panel->caption, &normal, 1, &text);
    draw_plot(canvas, panel, &h);
    return CKN_OK;
}
