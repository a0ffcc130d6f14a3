/* A white sheet to draw on: text, lines, pixels, and saving it as a PNG file. Coordinates are
 * pixels from the top left corner. Failures while drawing are kept and reported on saving. */
#ifndef CKN_CLI_REPORT_CANVAS_H
#define CKN_CLI_REPORT_CANVAS_H

#include "base/status.h"
#include "cli/report/label.h"

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

/* 0xRRGGBB: what the figures are made of. */
#define CKN_INK 0x1B1F24U
#define CKN_GREY 0x69717CU
#define CKN_RULE 0xC9CED6U
#define CKN_GRID 0xE9ECF0U
#define CKN_BLUE 0x1F5FA6U
#define CKN_PALE_BLUE 0xC5D8EEU
#define CKN_RED 0xD1482FU

/* Sizes of text, in pixels. */
#define CKN_SIZE_TITLE 30
#define CKN_SIZE_PANEL 19
#define CKN_SIZE_TEXT 16
#define CKN_SIZE_TICK 15

typedef struct ckn_rect {
    double x, y, width, height;
} ckn_rect;

typedef enum ckn_align { CKN_LEFT = 0, CKN_CENTER, CKN_RIGHT } ckn_align;

typedef struct ckn_text_style {
    double size;
    uint32_t color;
    ckn_align align;
    bool bold;
    double max_width; /* longer text loses its end to an ellipsis; 0: no limit */
} ckn_text_style;

typedef struct ckn_canvas {
    cairo_surface_t *surface;
    cairo_t *cairo;
} ckn_canvas;

/* Close also a canvas that could not be opened. */
ckn_code ckn_canvas_open(ckn_canvas *canvas, int width, int height, ckn_error *error);
void ckn_canvas_close(ckn_canvas *canvas);
/* Writes the PNG file, or says what went wrong while drawing or writing. */
ckn_code ckn_canvas_save(ckn_canvas *canvas, const char *path, ckn_error *error);

/* Text whose base line is at y; returns its width. Bytes that are not UTF-8, and control
 * characters, are shown as '?'. */
double ckn_canvas_text(const ckn_canvas *canvas, double x, double y, const char *text,
                       ckn_text_style style);
double ckn_canvas_label(const ckn_canvas *canvas, double x, double y, const ckn_label *label,
                        ckn_text_style style);

void ckn_canvas_color(const ckn_canvas *canvas, uint32_t color);
void ckn_canvas_line(const ckn_canvas *canvas, double x0, double y0, double x1, double y1,
                     double width, uint32_t color);
void ckn_canvas_fill(const ckn_canvas *canvas, ckn_rect rect, uint32_t color);
/* A hairline just round `rect`. */
void ckn_canvas_frame(const ckn_canvas *canvas, ckn_rect rect, uint32_t color);

/* Copies width x height pixels, 0x00RRGGBB each, to (x, y), which should be whole numbers. */
void ckn_canvas_pixels(const ckn_canvas *canvas, double x, double y, int width, int height,
                       uint32_t *pixels);

#endif
