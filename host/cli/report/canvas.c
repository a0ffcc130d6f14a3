#include "cli/report/canvas.h"

#include "cli/report/text.h"
#include "io/atomic_file.h"
#include "io/output_path.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ELLIPSIS "\xE2\x80\xA6"

static ckn_code cairo_failure(cairo_status_t status, const char *doing, ckn_error *error) {
    ckn_code code = status == CAIRO_STATUS_NO_MEMORY ? CKN_ERROR_MEMORY : CKN_ERROR_INTERNAL;
    return ckn_fail(error, code, "%s failed: Cairo says '%s'", doing,
                    cairo_status_to_string(status));
}

bool ckn_canvas_kind_of(const char *path, ckn_canvas_kind *kind) {
    static const char *const endings[3] = {".png", ".pdf", ".svg"};
    for (int i = 0; i < 3; i++) {
        if (!ckn_path_has_extension(path, endings[i]))
            continue;
        if (kind)
            *kind = (ckn_canvas_kind)i;
        return true;
    }
    return false;
}

/* Vector surfaces write while they are drawn on; the file is made when all is known to be well. */
static cairo_status_t keep_bytes(void *closure, const unsigned char *data, unsigned int length) {
    ckn_canvas_bytes *bytes = closure;
    if (length > bytes->room - bytes->count) {
        size_t room = 2 * (bytes->room + length);
        unsigned char *larger = realloc(bytes->data, room);
        if (!larger)
            return CAIRO_STATUS_NO_MEMORY;
        bytes->data = larger;
        bytes->room = room;
    }
    memcpy(bytes->data + bytes->count, data, length);
    bytes->count += length;
    return CAIRO_STATUS_SUCCESS;
}

/* Two pixels to the unit, a third of a point: 300 to the inch and more. */
#define VECTOR_PIXELS 2.0

static void set_metadata(cairo_surface_t *surface, const char *title) {
    char clean[512];
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "clkernest");
    ckn_text_clean(clean, sizeof clean, title ? title : "");
    if (clean[0])
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, clean);
}

static void make_surface(ckn_canvas *canvas, ckn_page page) {
    double width = page.width * page.points, height = page.height * page.points;
    canvas->pixels = VECTOR_PIXELS;
    if (canvas->kind == CKN_CANVAS_PNG) {
        canvas->pixels = page.pixels;
        canvas->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                                     (int)ceil(page.width * page.pixels - 1e-6),
                                                     (int)ceil(page.height * page.pixels - 1e-6));
    } else if (canvas->kind == CKN_CANVAS_PDF) {
        canvas->surface =
            cairo_pdf_surface_create_for_stream(keep_bytes, canvas->bytes, width, height);
        set_metadata(canvas->surface, page.title);
    } else {
        canvas->surface =
            cairo_svg_surface_create_for_stream(keep_bytes, canvas->bytes, width, height);
    }
}

static void set_font_options(cairo_t *cairo) {
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cairo, options);
    cairo_font_options_destroy(options);
}

ckn_code ckn_canvas_open(ckn_canvas *canvas, const char *path, ckn_page page, ckn_error *error) {
    *canvas = (ckn_canvas){.kind = CKN_CANVAS_PNG};
    (void)ckn_canvas_kind_of(path, &canvas->kind);
    canvas->bytes = calloc(1, sizeof *canvas->bytes);
    if (!canvas->bytes)
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the figure");
    make_surface(canvas, page);
    canvas->cairo = cairo_create(canvas->surface);
    set_font_options(canvas->cairo);
    double scale = canvas->kind == CKN_CANVAS_PNG ? page.pixels : page.points;
    cairo_scale(canvas->cairo, scale, scale);
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
    if (canvas->bytes)
        free(canvas->bytes->data);
    free(canvas->bytes);
    *canvas = (ckn_canvas){0};
}

/* Where the bytes go, and why that failed. */
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

/* Writes what the surface holds, which for a vector surface was collected in memory. */
static cairo_status_t write_surface(ckn_canvas *canvas, sink *to) {
    if (canvas->kind == CKN_CANVAS_PNG)
        return cairo_surface_write_to_png_stream(canvas->surface, write_bytes, to);
    errno = 0;
    if (fwrite(canvas->bytes->data, 1, canvas->bytes->count, to->stream) == canvas->bytes->count)
        return CAIRO_STATUS_SUCCESS;
    to->reason = errno;
    return CAIRO_STATUS_WRITE_ERROR;
}

ckn_code ckn_canvas_save(ckn_canvas *canvas, const char *path, ckn_error *error) {
    cairo_status_t status = cairo_status(canvas->cairo);
    cairo_surface_flush(canvas->surface);
    if (status == CAIRO_STATUS_SUCCESS && canvas->kind != CKN_CANVAS_PNG) {
        cairo_surface_finish(canvas->surface);
        status = cairo_surface_status(canvas->surface);
    }
    if (status != CAIRO_STATUS_SUCCESS)
        return cairo_failure(status, "drawing the figure", error);
    ckn_atomic_file *file = NULL;
    CKN_TRY(ckn_atomic_open(path, &file, error));
    sink to = {ckn_atomic_stream(file), 0};
    status = write_surface(canvas, &to);
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

/* Sets the font as small as the width asks for. */
static void set_fitting_font(const ckn_canvas *canvas, const char *text, ckn_text_style style) {
    set_font(canvas, style.size, style.bold);
    double width = advance(canvas, text);
    if (style.max_width > 0 && width > style.max_width)
        set_font(canvas, style.size * fmax(CKN_SMALLEST, style.max_width / width), style.bold);
}

double ckn_canvas_measure(const ckn_canvas *canvas, const char *text, ckn_text_style style) {
    char clean[1024];
    ckn_text_clean(clean, sizeof clean, text);
    set_font(canvas, style.size, style.bold);
    return advance(canvas, clean);
}

double ckn_canvas_text(const ckn_canvas *canvas, double x, double y, const char *text,
                       ckn_text_style style) {
    char clean[1024 + sizeof ELLIPSIS];
    ckn_text_clean(clean, 1024, text);
    set_fitting_font(canvas, clean, style);
    if (style.max_width > 0)
        fit_text(canvas, clean, style.max_width * (1 + 1e-9));
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
    double base = ckn_canvas_measure(canvas, label->base, style);
    double power = ckn_canvas_measure(canvas, label->power, raised) + 1;
    double width = base + power;
    if (style.max_width > 0 && width > style.max_width) {
        double shrink = fmax(CKN_SMALLEST, style.max_width / width);
        style.size *= shrink;
        raised.size *= shrink;
        base *= shrink;
        width *= shrink;
    }
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

ckn_shape ckn_canvas_display(const ckn_canvas *canvas, ckn_rect place) {
    return (ckn_shape){(size_t)fmax(1, round(place.height * canvas->pixels)),
                       (size_t)fmax(1, round(place.width * canvas->pixels))};
}

void ckn_canvas_pixels(const ckn_canvas *canvas, ckn_rect place, int cols, int rows,
                       uint32_t *pixels) {
    /* A surface that failed makes the canvas fail too, which is reported on saving. */
    cairo_t *cairo = canvas->cairo;
    cairo_surface_t *source = cairo_image_surface_create_for_data(
        (unsigned char *)pixels, CAIRO_FORMAT_RGB24, cols, rows, 4 * cols);
    cairo_save(cairo);
    cairo_rectangle(cairo, place.x, place.y, place.width, place.height);
    cairo_clip(cairo);
    cairo_translate(cairo, place.x, place.y);
    cairo_scale(cairo, place.width / cols, place.height / rows);
    cairo_set_source_surface(cairo, source, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST);
    cairo_paint(cairo);
    cairo_restore(cairo);
    cairo_set_source_rgb(cairo, 0, 0, 0); /* the pixels are the caller's again */
    cairo_surface_finish(source);
    cairo_surface_destroy(source);
}
