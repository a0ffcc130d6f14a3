/* How samples become grey levels: linearly, or compressed where few samples are far above all
 * others, as in pictures of the sky. */
#ifndef CKN_CLI_REPORT_TONE_H
#define CKN_CLI_REPORT_TONE_H

#include "base/status.h"
#include "base/view.h"
#include "cli/report/label.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct ckn_tone {
    double low, high;   /* shown black and white */
    bool is_compressed; /* by asinh */
    bool linear_light;  /* encode as sRGB */
} ckn_tone;

/* For these planes together: [0, 1] where that suits them, else their range, or percentiles. */
ckn_code ckn_tone_choose(const ckn_view *planes, size_t count, bool linear_light, ckn_tone *tone,
                         ckn_error *error);

/* From 0 (black) to 1. */
double ckn_tone_at(const ckn_tone *tone, double value);

/* "0 to 4095", "asinh, 981 to 12400"; empty for the plain [0, 1]. */
ckn_label ckn_tone_text(const ckn_tone *tone);

#endif
