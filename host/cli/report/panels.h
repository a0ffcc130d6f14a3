/* The panels of the figure of an estimate. Each has a letter and a name on a line above its box. */
#ifndef CKN_CLI_REPORT_PANELS_H
#define CKN_CLI_REPORT_PANELS_H

#include "base/view.h"
#include "cli/report/canvas.h"
#include "cli/report/report.h"

typedef struct ckn_panel {
    const ckn_canvas *canvas;
    ckn_rect box; /* what may be drawn in, below the line of the name */
    char letter;
} ckn_panel;

/* How much of its box an image may fill: the same for all, so that images of one size look alike
 * and the residual's colour bar has room beside or below it. */
typedef struct ckn_image_room {
    double width, height;
    bool bar_below;
} ckn_image_room;

ckn_image_room ckn_image_room_for(ckn_shape shape, double width, double height);

/* Width of a panel that holds an upright colour bar beside an image of `width`. */
double ckn_panel_width_with_bar(double width);

/* Letter, name and, in grey, `caption`. */
void ckn_panel_heading(const ckn_panel *panel, const char *name, const ckn_label *caption);

typedef struct ckn_shown_image {
    const ckn_view *planes;
    size_t channels;
    double low, high; /* the values shown black and white */
    bool linear_light;
} ckn_shown_image;

/* The range that is shown: [0, 1], or that of the planes where [0, 1] does not suit them. */
void ckn_image_choose_range(ckn_shown_image *image);

/* *placed, which may be NULL, receives where the image stands. */
ckn_code ckn_image_panel(const ckn_panel *panel, const char *name, const ckn_shown_image *image,
                         ckn_image_room room, ckn_rect *placed, ckn_error *error);
ckn_code ckn_kernel_panel(const ckn_panel *panel, const ckn_view *kernel, ckn_error *error);
/* Reconvolved minus blurred. */
ckn_code ckn_residual_panel(const ckn_panel *panel, const ckn_estimate_report *report,
                            ckn_image_room room, ckn_error *error);
/* Of a history that is not empty. */
ckn_code ckn_convergence_panel(const ckn_panel *panel, const ckn_report_history *history,
                               ckn_error *error);
/* Whether there is a curve to show, and the panel of it. */
bool ckn_selection_is_shown(const ckn_report_selection *selection);
void ckn_selection_panel(const ckn_panel *panel, const ckn_report_selection *selection);

/* The transfer function, and the encircled energy; curves->count is not 0. */
void ckn_mtf_panel(const ckn_panel *panel, const ckn_report_curves *curves);
void ckn_encircled_panel(const ckn_panel *panel, const ckn_report_curves *curves);

/* Row and column of the largest tap; `errors` may be a view without data. */
void ckn_cross_section_panel(const ckn_panel *panel, const ckn_view *kernel,
                             const ckn_view *errors);

#endif
