/* The figures: one picture that shows an estimate, one that shows an extended box.
 *
 * Both are drawn with Cairo and written as RGB PNG files that appear whole or not at all. Numbers
 * in labels have a decimal point in every locale. Nothing is printed; every failure of Cairo or of
 * the file becomes a code and a message. The caller keeps all data, and nothing is kept of it. */
#ifndef CKN_CLI_REPORT_REPORT_H
#define CKN_CLI_REPORT_REPORT_H

#include "clkernest.h"

#include <stdbool.h>
#include <stddef.h>

/* Width of both figures, in pixels. The estimate's height grows with its facts, from
 * CKN_REPORT_HEIGHT without any, and by CKN_REPORT_CURVES with a third row of panels. */
#define CKN_REPORT_WIDTH 1800
#define CKN_REPORT_HEIGHT 1112
#define CKN_REPORT_CURVES 382
#define CKN_BOX_REPORT_HEIGHT 1080

/* What the solver went through; each array has `count` elements. */
typedef struct ckn_report_history {
    size_t count;
    const double *iteration;        /* NULL: 0, 1, 2, ... */
    const double *objective;        /* drawn only where residual_norm is NULL */
    const double *residual_norm;    /* may be NULL where objective is not */
    const unsigned char *restarted; /* non-zero: the momentum was restarted there; may be NULL */
} ckn_report_history;

/* The fits among which prior and weight were chosen. */
typedef struct ckn_report_selection {
    size_t count; /* 0: there was no choice */
    const ckn_trial *trials;
} ckn_report_selection;

/* How much detail the kernel leaves. */
typedef struct ckn_report_curves {
    size_t count;              /* points of each curve; 0: no such panels */
    const double *frequencies; /* cycles a pixel, from 0 to 1/2 */
    const ckn_mtf *mtf;
    const double *radii; /* pixels, rising from 0 */
    const double *energy;
    ckn_kernel_sharpness sharpness; /* marked on the curves; NaN: not marked */
} ckn_report_curves;

typedef struct ckn_estimate_report {
    const char *title;    /* UTF-8, e.g. "sharp.png and blurred.png"; NULL: none */
    const char *subtitle; /* device, engine, solver, iterations; NULL: none */
    /* Short lines, ended by NULL, in a strip below the panels; NULL: none. A tab sets a name apart
     * from its value: "kernel sum\t1.0003". */
    const char *const *facts;
    /* 1 (grey) or 3 (red, green, blue) planes each. `blurred` and `reconvolved` have one size, the
     * valid one; where it is that of `sharp` and `kernel`, its place is outlined in the sharp
     * image. Shown from 0 to 1, or from the smallest to the largest value where samples leave
     * [0, 1] or stay below a quarter of it; the panel then names the range. */
    ckn_view sharp[3], blurred[3], reconvolved[3];
    size_t channels;
    bool linear_light;          /* the planes hold linear light: encode as sRGB to show them */
    ckn_view kernel;            /* k x l */
    ckn_view errors;            /* standard error of each tap, k x l; data NULL: not known */
    ckn_report_history history; /* count 0: cross-sections of the kernel take the curve's place */
    ckn_report_selection selection; /* a panel in a third row, where there are weights to compare */
    ckn_report_curves curves;       /* a third row; count 0: none */
} ckn_estimate_report;

/* Draws sharp, blurred and re-convolved image, kernel, residual, and convergence curve or
 * cross-sections with error bars into the PNG file `path`. CKN_ERROR_ARGUMENT for contradictory
 * sizes, CKN_ERROR_FILE where the file cannot be written. */
ckn_code ckn_report_estimate(const char *path, const ckn_estimate_report *report, ckn_error *error);

typedef struct ckn_box_report {
    const ckn_extended_box *box;
    const double *taps; /* the composed kernel, of sum 1 */
    size_t taps_count;  /* 2 d (l+1) + 1, and 4 stride more with a correction, so odd */
    ckn_gaussian_errors errors;
    const double *measured; /* a kernel's marginal to show beside it, of sum 1; NULL: none */
    size_t measured_count;
    double measured_first; /* where its first tap stands, in pixels from the box's middle */
} ckn_box_report;

/* Draws the composed kernel over the Gaussian, their difference, one pass and the figures of `box`
 * into the PNG file `path`. Errors as above. */
ckn_code ckn_report_box(const char *path, const ckn_box_report *report, ckn_error *error);

#endif
