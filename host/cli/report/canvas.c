#include "cli/report/canvas.h"

#include "cli/report/text.h"
#include "io/atomic_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ELLIPSIS "\xE2\x80\xA6"

static ckn_code cairo_failure(cairo_status_t status, const char *doing, ckn_error *error) {
    ckn_code code = status == CAIRO_STATUS_NO_MEMORY ? CKN_ERROR_MEMORY : CKN_ERROR_INTERNAL;
    return ckn_fail(error, code, "%s failed: Cairo says '%s'", doing,
                    cairo_status_to_string(status));
}

ckn_code ckn_canvas_open(ckn_canvas *canvas, int width, int height, ckn_error *error) {
    canvas->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    canvas->cairo = cairo_create(canvas->surface);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(canvas->cairo, options);
    cairo_font_options_destroy(options);
    cairo_set_source_rgb(canvas->cairo, 1, 1, 1);
    cairo_paint(canvas->cairo);
    cairo_status_t status = cairo_status(canvas->cairo);
    return status == CAIRO_STATUS_SUCCESS ? CKN_OK
                                          : cairo_failure(status, "making the figure", error);
}

void ckn_canvas_close(ckn_canvas *canvas) {
    if (canvas->cairo)
        cairo_destroy(canvas->cairo);
    if (canvas->surface)
        cairo_surface_destroy(canvas->surface);
    *canvas = (ckn_canvas){NULL, NULL};
}

/* Where the PNG bytes go, and why that failed. */
typedef struct sink {
    FILE *stream;
    int reason;
} sink;

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned int length) {
    sink *to = closure;
    errno = 0;
    if (fwrite(data, 1, length, to->stream) == length)
        return CAIRO_STATUS_SUCCESS;
    to->reason = errno;
    return CAIRO_STATUS_WRITE_ERROR;
}

ckn_code ckn_canvas_save(ckn_canvas *canvas, const char *path, ckn_error *error) {
    cairo_status_t status = cairo_status(canvas->cairo);
    if (status != CAIRO_STATUS_SUCCESS)
        return cairo_failure(status, "drawing the figure", error);
    ckn_atomic_file *file = NULL;
    CKN_TRY(ckn_atomic_open(path, &file, error));
    sink to = {ckn_atomic_stream(file), 0};
    cairo_surface_flush(canvas->surface);
    status = cairo_surface_write_to_png_stream(canvas->surface, write_bytes, &to);
    if (status == CAIRO_STATUS_SUCCESS)
        return ckn_atomic_commit(file, error);
    ckn_atomic_abandon(file);
    if (status != CAIRO_STATUS_WRITE_ERROR)
        return cairo_failure(status, "encoding the figure", error);
    return ckn_fail(error, CKN_ERROR_FILE, "%s: writing the figure failed: %s", path,
                    to.reason ? strerror(to.reason) : "write error");
}

static double advance(const ckn_canvas *canvas, const char *text) {
    cairo_text_extents_t extents;
    cairo_text_extents(canvas->cairo, text, &extents);
    return extents.x_advance;
}

/* Shortens `text`, which has room for the ellipsis, until it fits. */
static void fit_text(const ckn_canvas *canvas, char *text, double max_width) {
    if (advance(canvas, text) <= max_width)
        return;
    char kept[1024];
    memcpy(kept, text, strlen(text) + 1);
    do {
        ckn_text_chop(kept);
        snprintf(text, sizeof kept + sizeof ELLIPSIS, "%s" ELLIPSIS, kept);
    } while (kept[0] && advance(canvas, text) > max_width);
}

static void set_font(const ckn_canvas *canvas, double size, bool bold) {
    cairo_select_font_face(canvas->cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(canvas->cairo, size);
}

double ckn_canvas_text(const ckn_canvas *canvas, double x, double y, const char *text,
                       ckn_text_style style) {
    char clean[1024 + sizeof ELLIPSIS];
    ckn_text_clean(clean, 1024, text);
    set_font(canvas, style.size, style.bold);
    if (style.max_width > 0)
        fit_text(canvas, clean, style.max_width);
    double width = advance(canvas, clean);
    double shift = style.align == CKN_LEFT ? 0 : style.align == CKN_CENTER ? width / 2 : width;
    ckn_canvas_color(canvas, style.color);
    cairo_move_to(canvas->cairo, x - shift, y);
    cairo_show_text(canvas->cairo, clean);
    return width;
}

double ckn_canvas_label(const ckn_canvas *canvas, double x, double y, const ckn_label *label,
                        ckn_text_style style) {
    if (!label->power[0])
        return ckn_canvas_text(canvas, x, y, label->base, style);
    ckn_text_style raised = style;
    raised.size = 0.75 * style.size;
    set_font(canvas, raised.size, style.bold);
    double power = advance(canvas, label->power) + 1;
    set_font(canvas, style.size, style.bold);
    double base = advance(canvas, label->base), width = base + power;
    x -= style.align == CKN_LEFT ? 0 : style.align == CKN_CENTER ? width / 2 : width;
    style.align = raised.align = CKN_LEFT;
    style.max_width = raised.max_width = 0;
    ckn_canvas_text(canvas, x, y, label->base, style);
    ckn_canvas_text(canvas, x + base + 1, y - 0.4 * style.size, label->power, raised);
    return width;
}

void ckn_canvas_color(const ckn_canvas *canvas, uint32_t color) {
    cairo_set_source_rgb(canvas->cairo, (color >> 16 & 255U) / 255.0, (color >> 8 & 255U) / 255.0,
                         (color & 255U) / 255.0);
}

void ckn_canvas_line(const ckn_canvas *canvas, double x0, double y0, double x1, double y1,
                     double width, uint32_t color) {
    ckn_canvas_color(canvas, color);
    cairo_set_line_width(canvas->cairo, width);
    cairo_move_to(canvas->cairo, x0, y0);
    cairo_line_to(canvas->cairo, x1, y1);
    cairo_stroke(canvas->cairo);
}

void ckn_canvas_fill(const ckn_canvas *canvas, ckn_rect rect, uint32_t color) {
    ckn_canvas_color(canvas, color);
    cairo_rectangle(canvas->cairo, rect.x, rect.y, rect.width, rect.height);
    cairo_fill(canvas->cairo);
}

void ckn_canvas_frame(const ckn_canvas *canvas, ckn_rect rect, uint32_t color) {
    ckn_canvas_color(canvas, color);
    cairo_set_line_width(canvas->cairo, 1);
    cairo_rectangle(canvas->cairo, rect.x - 0.5, rect.y - 0.5, rect.width + 1, rect.height + 1);
    cairo_stroke(canvas->cairo);
}

void ckn_canvas_pixels(const ckn_canvas *canvas, double x, double y, int width, int height,
                       uint32_t *pixels) {
    /* A surface that failed makes the canvas fail too, which is reported on saving. */
    cairo_surface_t *source = cairo_image_surface_create_for_data(
        (unsigned char *)pixels, CAIRO_FORMAT_RGB24, width, height, 4 * width);
    cairo_set_source_surface(canvas->cairo, source, x, y);
    cairo_paint(canvas->cairo);
    cairo_set_source_rgb(canvas->cairo, 0, 0, 0); /* the pixels are the caller's again */
    cairo_surface_finish(source);
    cairo_surface_destroy(source);
}
