/* Where the panels of an estimate's figure stand. Pure arithmetic: nothing is drawn, no text is
 * measured. Lengths are in units of the page. */
#ifndef CKN_CLI_REPORT_LAYOUT_H
#define CKN_CLI_REPORT_LAYOUT_H

#include "base/view.h"
#include "cli/report/rect.h"

#include <stdbool.h>
#include <stddef.h>

#define CKN_LAYOUT_WIDTH 1200.0
#define CKN_LAYOUT_TITLE 40.0 /* height of a line of the title */
#define CKN_LAYOUT_LINE 22.0  /* of a table */

enum { CKN_LAYOUT_PANELS = 12, CKN_LAYOUT_TABLES = 3 };

typedef enum ckn_panel_kind {
    CKN_PANEL_SHARP = 0,
    CKN_PANEL_BLURRED,
    CKN_PANEL_MODEL,
    CKN_PANEL_RESIDUAL,
    CKN_PANEL_SIGNALS,        /* pictures of one line: sharp, blurred and model as curves */
    CKN_PANEL_RESIDUAL_CURVE, /* and their residual */
    CKN_PANEL_KERNEL,
    CKN_PANEL_SECTIONS,
    CKN_PANEL_MTF,
    CKN_PANEL_ENCIRCLED,
    CKN_PANEL_CONVERGENCE,
    CKN_PANEL_HISTOGRAM
} ckn_panel_kind;

/* Rectangles without width or height are not there. None of them meets another one. */
typedef struct ckn_panel {
    ckn_panel_kind kind;
    char letter;
    ckn_rect heading;           /* letter and name */
    ckn_rect caption;           /* a line below it: legend, or the figures that matter */
    ckn_rect left, data, below; /* the labels of the y axis, what is drawn, those of the x axis */
    ckn_rect bar, bar_labels;   /* colour bar; its labels and its name */
    ckn_rect foot;              /* a line below the data: what the colours mean */
} ckn_panel;

typedef struct ckn_layout_input {
    ckn_shape sharp, blurred;
    bool has_curves;    /* transfer function, and where it is positive encircled energy */
    bool is_signed;     /* the kernel */
    bool has_history;   /* convergence */
    size_t title_lines; /* 0: no title */
    bool has_subtitle, has_footer;
    size_t table_lines[CKN_LAYOUT_TABLES]; /* of text, without the heading; 0: no such table */
} ckn_layout_input;

typedef struct ckn_layout {
    double width, height;
    ckn_rect title, subtitle, footer;
    size_t count;
    ckn_panel panels[CKN_LAYOUT_PANELS];
    ckn_rect tables[CKN_LAYOUT_TABLES];
} ckn_layout;

/* One grid of twelve columns for everything: a picture takes 2, 3, 4 or 6 of them by its
 * proportions, so that rows of pictures are about as high as rows of plots, a plot and a table take
 * 4. Panels follow one another from left to right, and rows are as high as what is in them. */
void ckn_layout_arrange(const ckn_layout_input *input, ckn_layout *layout);

/* Widths of the title and of one table: what their lines must be wrapped to. */
double ckn_layout_title_width(void);
double ckn_layout_table_width(void);

#endif
