/* What the figure of an extended box plots: the composed kernel and the Gaussian beside it. */
#ifndef CKN_CLI_REPORT_BOX_CURVES_H
#define CKN_CLI_REPORT_BOX_CURVES_H

#include "cli/report/plot.h"
#include "cli/report/report.h"

typedef struct ckn_box_curves {
    const double *taps;
    size_t count;
    double sigma;
    double half;            /* the taps stand at -half ... half */
    double norm;            /* sum of exp(-n^2 / 2 sigma^2) over all integers n */
    double reach;           /* how far to either side is worth drawing */
    double top;             /* largest value to show */
    double lowest, highest; /* range of taps minus Gaussian, or of measured minus taps */
    const double *measured; /* a marginal to compare with, NULL: none */
    size_t measured_count;
    double measured_first; /* position of its first tap */
} ckn_box_curves;

void ckn_box_curves_init(ckn_box_curves *curves, const ckn_box_report *report);

/* The Gaussian sampled at the integers and normalised to sum 1. */
double ckn_box_sampled(const ckn_box_curves *curves, double x);
/* The Gaussian density. */
double ckn_box_density(const ckn_box_curves *curves, double x);

/* Panels: kernel and Gaussian, their difference, one pass. `area` is that of the data. */
void ckn_box_draw_kernel(const ckn_canvas *canvas, ckn_rect area, const ckn_box_curves *curves);
void ckn_box_draw_error(const ckn_canvas *canvas, ckn_rect area, const ckn_box_curves *curves);
void ckn_box_draw_pass(const ckn_canvas *canvas, ckn_rect area, const ckn_extended_box *box);

#endif
