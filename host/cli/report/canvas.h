/* A white sheet to draw on: text, lines, pixels, and saving it as a PNG, PDF or SVG file.
 * Coordinates are units from the top left corner; the page says how many pixels or points a unit
 * is. Failures while drawing are kept and reported on saving. */
#ifndef CKN_CLI_REPORT_CANVAS_H
#define CKN_CLI_REPORT_CANVAS_H

#include "base/status.h"
#include "base/view.h"
#include "cli/report/label.h"
#include "cli/report/rect.h"

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

/* Sizes of text, in units. */
#define CKN_SIZE_TITLE 27
#define CKN_SIZE_PANEL 18
#define CKN_SIZE_TEXT 15
#define CKN_SIZE_TICK 14

typedef enum ckn_align { CKN_LEFT = 0, CKN_CENTER, CKN_RIGHT } ckn_align;

typedef struct ckn_text_style {
    double size;
    uint32_t color;
    ckn_align align;
    bool bold;
    double max_width; /* longer text is set smaller, to CKN_SMALLEST of its size, and then loses
                       * its end to an ellipsis; 0: no limit */
} ckn_text_style;

#define CKN_SMALLEST 0.72

typedef enum ckn_canvas_kind { CKN_CANVAS_PNG = 0, CKN_CANVAS_PDF, CKN_CANVAS_SVG } ckn_canvas_kind;

typedef struct ckn_page {
    double width, height; /* units */
    double pixels;        /* of a PNG file to the unit */
    double points;        /* of a PDF or SVG file to the unit: 1/72 inch */
    const char *title;    /* of a PDF file, UTF-8; NULL: none */
} ckn_page;

/* What a vector surface has written so far. */
typedef struct ckn_canvas_bytes {
    unsigned char *data;
    size_t count, room;
} ckn_canvas_bytes;

typedef struct ckn_canvas {
    cairo_surface_t *surface;
    cairo_t *cairo;
    ckn_canvas_kind kind;
    double pixels; /* of a picture to the unit: what ckn_canvas_pixels() should be given */
    ckn_canvas_bytes *bytes;
} ckn_canvas;

/* Whether the name ends in .png, .pdf or .svg; *kind, which may be NULL, receives which. */
bool ckn_canvas_kind_of(const char *path, ckn_canvas_kind *kind);

/* For the kind of file that `path` names, PNG where it names none. Close also a canvas that could
 * not be opened. */
ckn_code ckn_canvas_open(ckn_canvas *canvas, const char *path, ckn_page page, ckn_error *error);
void ckn_canvas_close(ckn_canvas *canvas);
/* Writes the file, which appears whole or not at all, or says what went wrong while drawing or
 * writing. Nothing can be drawn after it. */
ckn_code ckn_canvas_save(ckn_canvas *canvas, const char *path, ckn_error *error);

/* How wide the text would be. */
double ckn_canvas_measure(const ckn_canvas *canvas, const char *text, ckn_text_style style);

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

/* How many pixels suit a picture in `place`. */
ckn_shape ckn_canvas_display(const ckn_canvas *canvas, ckn_rect place);

/* Fills `place` with cols x rows pixels, 0x00RRGGBB each. */
void ckn_canvas_pixels(const ckn_canvas *canvas, ckn_rect place, int cols, int rows,
                       uint32_t *pixels);

#endif
