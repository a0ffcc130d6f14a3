/* The figures: one that shows an estimate, one that shows an extended box.
 *
 * Both are drawn with Cairo and written as PNG, PDF or SVG files, by the ending of the name, that
 * appear whole or not at all. Numbers in labels have a decimal point in every locale. Nothing is
 * printed; every failure of Cairo or of the file becomes a code and a message. The caller keeps all
 * data, and nothing is kept of it. */
#ifndef CKN_CLI_REPORT_REPORT_H
#define CKN_CLI_REPORT_REPORT_H

#include "clkernest.h"

#include <stdbool.h>
#include <stddef.h>

/* Width of both figures as PNG files, in pixels. The estimate's height follows from what it
 * shows. */
#define CKN_REPORT_WIDTH 1800
#define CKN_BOX_REPORT_HEIGHT 1080

/* What the solver went through; each array has `count` elements. */
typedef struct ckn_report_history {
    size_t count;
    const double *iteration;        /* NULL: 0, 1, 2, ... */
    const double *objective;        /* drawn only where residual_norm is NULL */
    const double *residual_norm;    /* may be NULL where objective is not */
    const unsigned char *restarted; /* non-zero: the momentum was restarted there; may be NULL */
} ckn_report_history;

/* How much detail the kernel leaves. */
typedef struct ckn_report_curves {
    size_t count;              /* points of each curve; 0: no such panels */
    const double *frequencies; /* cycles a pixel, from 0 to 1/2 */
    const ckn_mtf *mtf;
    const double *radii; /* pixels, rising from 0 */
    const double *energy;
    ckn_kernel_sharpness sharpness; /* marked on the curves; NaN: not marked */
} ckn_report_curves;

/* A heading and short lines, ended by NULL. A tab sets a name apart from its value: "kernel
 * sum\t1.0003". */
typedef struct ckn_report_table {
    const char *heading;
    const char *const *facts; /* NULL: no such table */
} ckn_report_table;

typedef struct ckn_estimate_report {
    const char *title;    /* the verdict, one line of UTF-8; NULL: none */
    const char *subtitle; /* the pictures; NULL: none */
    const char *footer;   /* how it was computed, in small print; NULL: none */
    ckn_report_table tables[3];
    /* 1 (grey) or 3 (red, green, blue) planes each. `blurred`, `model` and `weights` have one size,
     * the valid one; where it is that of `sharp` and `kernel`, its place is outlined in the sharp
     * picture. Shown from 0 to 1, from the smallest to the largest value where samples leave [0, 1]
     * or stay below a quarter of it, or compressed where few samples are far above the others; the
     * panel then says so. Pictures of one line, or one column, are drawn as curves. */
    ckn_view sharp[3], blurred[3], model[3];
    ckn_view weights[3]; /* of the samples of `blurred`: 0 is left out; data NULL: none is */
    size_t channels;
    bool linear_light; /* the planes hold linear light: encode as sRGB to show them */
    const char *unit;  /* of the samples, e.g. "1 = white"; NULL: not said */
    ckn_view kernel;   /* k x l */
    ckn_view errors;   /* standard error of each tap, k x l; data NULL: not known */
    /* The displacement of the middle tap ((k-1)/2, (l-1)/2), in pixels down and right. All
     * positions in the figure are displacements. */
    ptrdiff_t row_offset, col_offset;
    /* The same of the taps that were fitted, of which `kernel` may lie in a frame of zeros: their
     * number tells how much larger `sharp` is than `blurred`. */
    ptrdiff_t fitted_row_offset, fitted_col_offset;
    ckn_report_history history; /* count 0: no such panel */
    ckn_report_curves curves;   /* count 0: no such panels */
} ckn_estimate_report;

/* The residual's RMS in the figure, over all channels, without masked samples; NaN where all are.
 */
double ckn_report_residual_rms(const ckn_estimate_report *report);

/* Draws pictures, model, residual, kernel, cross-sections with error bars, transfer function,
 * encircled energy and distribution of the residual, and the tables, into the file `path`.
 * CKN_ERROR_ARGUMENT for contradictory sizes, CKN_ERROR_FILE where the file cannot be written. */
ckn_code ckn_report_estimate(const char *path, const ckn_estimate_report *report, ckn_error *error);

typedef struct ckn_box_report {
    const ckn_extended_box *box;
    const double *taps; /* the composed kernel, of sum 1 */
    size_t taps_count;  /* 2 d (l+1) + 1, and 4 stride more with a correction, so odd */
    ckn_gaussian_errors errors;
    const double *measured; /* a kernel's marginal to show beside it, of sum 1; NULL: none */
    size_t measured_count;
    double measured_first; /* where its first tap stands, in pixels from the box's middle */
    /* Of a match, which then is what the figure is about: */
    char axis;   /* 'x' or 'y', along which the marginal lies */
    bool is_far; /* the kernel has another shape than any box */
    double match_l1, match_l2;
    const char *match_note; /* the line below the title */
} ckn_box_report;

/* Draws the composed kernel over the Gaussian, their difference, one pass and the figures of `box`
 * into the file `path`. Errors as above. */
ckn_code ckn_report_box(const char *path, const ckn_box_report *report, ckn_error *error);

#endif
