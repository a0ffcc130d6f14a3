/* The panels that show numbers as colours: the kernel and the residual. */
#include "cli/report/field.h"
#include "cli/report/panels.h"
#include "cli/report/plot.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define BAR 15.0       /* width of a colour bar */
#define BAR_GAP 12.0   /* between it and the map */
#define AXIS_LEFT 60.0 /* room for the kernel's labels */
#define AXIS_BELOW 50.0
#define TIMES "\xC3\x97"

/* A plane of values on its way to the figure. */
typedef struct value_map {
    ckn_sample_fn sample;
    const void *source;
    ckn_shape shape, display;
    double *values; /* on the grid of `display` */
    uint32_t *pixels;
    ckn_colormap colors;
    double low, high;
} value_map;

static void release(value_map *map) {
    free(map->values);
    free(map->pixels);
}

static ckn_code resample(value_map *map, ckn_error *error) {
    size_t count = ckn_shape_count(map->display);
    CKN_TRY(ckn_allocate(&map->values, count, sizeof *map->values, "the figure", error));
    CKN_TRY(ckn_allocate(&map->pixels, count, sizeof *map->pixels, "the figure", error));
    ckn_field_resample(map->sample, map->source, map->shape, map->display, map->values);
    return CKN_OK;
}

static void draw(const value_map *map, const ckn_canvas *canvas, ckn_rect place) {
    for (size_t i = 0; i < ckn_shape_count(map->display); i++)
        map->pixels[i] = ckn_colormap_at(&map->colors, map->low, map->high, map->values[i]);
    ckn_canvas_pixels(canvas, place.x, place.y, (int)place.width, (int)place.height, map->pixels);
    ckn_canvas_frame(canvas, place, CKN_RULE);
}

/* An upright bar right of `place`. */
static ckn_rect bar_beside(ckn_rect place) {
    return (ckn_rect){place.x + place.width + BAR_GAP, place.y, BAR, fmax(place.height, 110)};
}

/* A kernel with negative taps that matter is shown about a neutral zero. */
static void choose_kernel_colors(value_map *map, const ckn_view *kernel) {
    double low, high;
    ckn_field_range(kernel, 1, &low, &high);
    if (low < -0.05 * fmax(high, 0)) {
        ckn_colormap_diverging(&map->colors);
        map->high = fmax(-low, high);
        map->low = -map->high;
    } else {
        ckn_colormap_sequential(&map->colors);
        map->low = 0;
        map->high = high > 0 ? high : 1;
    }
}

/* Pixels of the kernel, counted from the tap that leaves an image where it is. */
static void kernel_axes(const ckn_canvas *canvas, ckn_rect place, const ckn_view *kernel) {
    ckn_plot plot = {.canvas = canvas, .area = place};
    size_t row = (kernel->rows - 1) / 2, col = (kernel->cols - 1) / 2;
    double x0 = (double)col, y0 = (double)row;
    int across = (int)fmax(2, place.width / 60), down = (int)fmax(2, place.height / 60);
    ckn_axis_counts(&plot.x, -0.5 - x0, (double)kernel->cols - 0.5 - x0, across);
    ckn_axis_counts(&plot.y, -0.5 - y0, (double)kernel->rows - 0.5 - y0, down);
    /* Rows run downwards. */
    double low = plot.y.low;
    plot.y.low = plot.y.high;
    plot.y.high = low;
    ckn_plot_ticks_below(&plot);
    ckn_plot_ticks_left(&plot);
    ckn_text_style style = {.size = CKN_SIZE_TICK, .color = CKN_GREY, .align = CKN_CENTER};
    ckn_canvas_text(canvas, place.x + place.width / 2, place.y + place.height + 43, "pixels",
                    style);
}

ckn_code ckn_kernel_panel(const ckn_panel *panel, const ckn_view *kernel, ckn_error *error) {
    const ckn_rect *box = &panel->box;
    double width = box->width - AXIS_LEFT - 92, height = box->height - AXIS_BELOW;
    value_map map = {.sample = ckn_field_view_sample, .source = kernel};
    map.shape = ckn_view_shape(kernel);
    map.display = ckn_field_fit(map.shape, width, height);
    ckn_code code = resample(&map, error);
    if (code == CKN_OK) {
        ckn_rect place = {box->x + AXIS_LEFT, box->y, (double)map.display.cols,
                          (double)map.display.rows};
        ckn_label caption = ckn_label_format("%zu " TIMES " %zu taps", kernel->cols, kernel->rows);
        choose_kernel_colors(&map, kernel);
        ckn_panel_heading(panel, "Estimated kernel", &caption);
        draw(&map, panel->canvas, place);
        kernel_axes(panel->canvas, place, kernel);
        ckn_color_bar(panel->canvas, bar_beside(place), &map.colors, map.low, map.high);
    }
    release(&map);
    return code;
}

/* Size of the residual over the channels, with the sign of their mean. */
static double residual_sample(const void *source, size_t row, size_t col) {
    const ckn_estimate_report *report = source;
    double sum = 0, square = 0;
    for (size_t c = 0; c < report->channels; c++) {
        double r = ckn_view_at(&report->reconvolved[c], row, col) -
                   ckn_view_at(&report->blurred[c], row, col);
        sum += r;
        square += r * r;
    }
    return copysign(sqrt(square / (double)report->channels), sum);
}

static double residual_rms(const ckn_estimate_report *report) {
    double sum = 0;
    size_t rows = report->blurred[0].rows, cols = report->blurred[0].cols;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++) {
            double value = residual_sample(report, r, c);
            sum += isfinite(value) ? value * value : 0;
        }
    return sqrt(sum / ((double)rows * (double)cols));
}

/* The range leaves out the largest half percent, so that single pixels do not hide the rest. */
static ckn_code choose_residual_range(value_map *map, ckn_error *error) {
    size_t count = ckn_shape_count(map->display);
    double *scratch = NULL;
    CKN_TRY(ckn_allocate(&scratch, count, sizeof *scratch, "the figure", error));
    double range = ckn_field_percentile(map->values, count, 0.995, scratch);
    map->high = range > 0 ? range : 1;
    map->low = -map->high;
    free(scratch);
    return CKN_OK;
}

static void residual_bar(const ckn_panel *panel, const value_map *map, ckn_rect place,
                         ckn_image_room room) {
    ckn_rect bar = bar_beside(place);
    if (room.bar_below)
        bar = (ckn_rect){place.x, place.y + place.height + BAR_GAP, fmax(place.width, 180), BAR};
    ckn_color_bar(panel->canvas, bar, &map->colors, map->low, map->high);
}

ckn_code ckn_residual_panel(const ckn_panel *panel, const ckn_estimate_report *report,
                            ckn_image_room room, ckn_error *error) {
    value_map map = {.sample = residual_sample, .source = report};
    map.shape = ckn_view_shape(&report->blurred[0]);
    map.display = ckn_field_fit(map.shape, room.width, room.height);
    ckn_colormap_diverging(&map.colors);
    ckn_code code = resample(&map, error);
    if (code == CKN_OK)
        code = choose_residual_range(&map, error);
    if (code == CKN_OK) {
        ckn_rect place = {panel->box.x, panel->box.y, (double)map.display.cols,
                          (double)map.display.rows};
        double rms = residual_rms(report);
        ckn_label caption = rms > 0 ? ckn_label_prefix("re-convolved \xE2\x88\x92 blurred, RMS ",
                                                       ckn_label_number(rms, 3))
                                    : ckn_label_text("re-convolved \xE2\x88\x92 blurred, all zero");
        ckn_panel_heading(panel, "Residual", &caption);
        draw(&map, panel->canvas, place);
        residual_bar(panel, &map, place, room);
    }
    release(&map);
    return code;
}
