/* Frames with axes, curves in them, and colour bars. */
#ifndef CKN_CLI_REPORT_PLOT_H
#define CKN_CLI_REPORT_PLOT_H

#include "cli/report/axis.h"
#include "cli/report/canvas.h"
#include "cli/report/colormap.h"

#include <stddef.h>

typedef struct ckn_plot {
    const ckn_canvas *canvas;
    ckn_rect area; /* of the data; labels stand left of it and below it */
    ckn_axis x, y;
} ckn_plot;

double ckn_plot_x(const ckn_plot *plot, double value);
double ckn_plot_y(const ckn_plot *plot, double value);

/* Grid lines at the labelled ticks, fainter than everything that is drawn later. */
void ckn_plot_grid(const ckn_plot *plot);
/* Axis lines, ticks and labels; `x_name`, which may be NULL, stands below the labels, and left of
 * it the power of ten that the labels of the y axis share. */
void ckn_plot_axes(const ckn_plot *plot, const char *x_name);
void ckn_plot_ticks_below(const ckn_plot *plot);
void ckn_plot_ticks_left(const ckn_plot *plot);

/* Restricts drawing to the area, until ckn_plot_unclip(). */
void ckn_plot_clip(const ckn_plot *plot);
void ckn_plot_unclip(const ckn_plot *plot);

/* Element `index` of a curve, in data coordinates. */
typedef void (*ckn_point_fn)(const void *source, size_t index, double *x, double *y);

/* Adds a curve of `count` points, of rising x, to Cairo's path. Where several points fall on one
 * pixel column, the first, lowest, highest and last of them stand for all. */
void ckn_plot_path(const ckn_plot *plot, ckn_point_fn point, const void *source, size_t count);
/* Strokes the path. */
void ckn_plot_stroke(const ckn_plot *plot, double width, uint32_t color);
void ckn_plot_dot(const ckn_plot *plot, double x, double y, double radius, uint32_t color);

/* A colour bar, from axis->low to axis->high: upright with labels at its right, or lying with
 * labels below it. A power of ten that the labels share stands beyond its upper or right end. */
void ckn_color_bar(const ckn_canvas *canvas, ckn_rect bar, const ckn_colormap *map,
                   const ckn_axis *axis);

#endif
