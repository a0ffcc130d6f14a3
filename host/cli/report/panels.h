/* The panels of the figure of an estimate, each in the rectangles that the layout gives it. */
#ifndef CKN_CLI_REPORT_PANELS_H
#define CKN_CLI_REPORT_PANELS_H

#include "base/view.h"
#include "cli/report/canvas.h"
#include "cli/report/layout.h"
#include "cli/report/plot.h"
#include "cli/report/report.h"

/* Letter and name. */
void ckn_panel_heading(const ckn_canvas *canvas, ckn_rect place, char letter, const char *name);
/* Grey text on the base line of `place`, from its left end. */
void ckn_panel_line(const ckn_canvas *canvas, ckn_rect place, const ckn_label *text);

/* How a curve is drawn, and its name in the line above the panel. */
typedef struct ckn_key {
    const char *name;
    uint32_t color;
    bool dashed;
    char marker; /* 'o': dots, 's': hollow squares, 0: a line alone */
} ckn_key;

/* The keys one after another; `text`, which may be NULL, behind them. */
void ckn_panel_keys(const ckn_canvas *canvas, ckn_rect place, const ckn_key *keys, size_t count,
                    const ckn_label *text);
/* A marker, its middle at (x, y). */
void ckn_panel_marker(const ckn_canvas *canvas, double x, double y, const ckn_key *key);

/* A plot in the data rectangle of a panel. */
ckn_plot ckn_panel_plot(const ckn_canvas *canvas, const ckn_panel *panel);

/* Sharp and blurred picture, and the model. */
ckn_code ckn_picture_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                           const ckn_estimate_report *report, ckn_error *error);
ckn_code ckn_residual_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                            const ckn_estimate_report *report, ckn_error *error);
ckn_code ckn_histogram_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                             const ckn_estimate_report *report, ckn_error *error);
ckn_code ckn_kernel_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                          const ckn_estimate_report *report, ckn_error *error);
ckn_code ckn_convergence_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                               const ckn_report_history *history, ckn_error *error);
/* Row and column through the centroid, or through the largest tap of a signed kernel. */
void ckn_cross_section_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                             const ckn_estimate_report *report);
/* The transfer function, and the encircled energy; report->curves.count is not 0. */
ckn_code ckn_mtf_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                       const ckn_estimate_report *report, ckn_error *error);
void ckn_encircled_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                         const ckn_report_curves *curves);
/* Of pictures of one line. */
void ckn_signal_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                      const ckn_estimate_report *report);
void ckn_residual_curve_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                              const ckn_estimate_report *report);

#endif
