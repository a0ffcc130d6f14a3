/* How much detail a kernel leaves: its transfer function and its encircled energy, as files and in
 * a figure. */
#ifndef CKN_CLI_KERNEL_CURVES_H
#define CKN_CLI_KERNEL_CURVES_H

#include "clkernest.h"

/* Points of each curve. */
enum { CKN_CURVE_POINTS = 101 };

/* Frequencies from 0 to 1/2 cycle a pixel, and the transfer function there. */
ckn_code ckn_cli_mtf_curve(ckn_view kernel, double frequencies[CKN_CURVE_POINTS],
                           ckn_mtf mtf[CKN_CURVE_POINTS], ckn_error *error);
/* Radii from 0 to half the diagonal of the window, and the energy within. */
ckn_code ckn_cli_encircled_curve(ckn_view kernel, double radii[CKN_CURVE_POINTS],
                                 double energy[CKN_CURVE_POINTS], ckn_error *error);

/* CSV files with a heading; the file appears whole or not at all. */
ckn_code ckn_cli_mtf_write(const char *path, ckn_view kernel, ckn_error *error);
ckn_code ckn_cli_encircled_write(const char *path, ckn_view kernel, ckn_error *error);

#endif
