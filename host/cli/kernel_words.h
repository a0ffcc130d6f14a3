/* What a summary and a figure say about an estimated kernel beyond its numbers. */
#ifndef CKN_CLI_KERNEL_WORDS_H
#define CKN_CLI_KERNEL_WORDS_H

#include "base/view.h"

#include <stdbool.h>

/* A figure with `digits` decimals, or "undefined". Returns `text`. */
const char *ckn_cli_figure_text(double value, int digits, char *text, size_t size);

/* More of the kernel on its outermost ring than this: it was probably cut. */
#define CKN_CLI_MOST_ON_BORDER 0.02

/* The part of sum |h| on the outermost ring, in [0, 1]. A side of one or two taps is all border and
 * is left out; 0 for a kernel of zeros. */
double ckn_cli_border_part(const ckn_view *kernel);

/* The mean of (h / error)^2 on the outermost ring: about 1 for taps that are noise. NaN where there
 * is no ring, or an error is 0. */
double ckn_cli_border_excess(const ckn_view *kernel, const ckn_view *errors);

/* Whether the negative taps hold more than 5 % of sum |h|, so that moments, which take taps for
 * weights, mean little. */
bool ckn_cli_is_signed_kernel(const ckn_view *kernel);

#endif
