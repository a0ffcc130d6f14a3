/* Axes: where the ticks stand and what they say. */
#ifndef CKN_CLI_REPORT_AXIS_H
#define CKN_CLI_REPORT_AXIS_H

#include "cli/report/label.h"

#include <stdbool.h>
#include <stddef.h>

#define CKN_TICKS_MAX 128

typedef struct ckn_tick {
    double value;
    bool major; /* has a label */
    ckn_label label;
} ckn_tick;

typedef struct ckn_axis {
    double low, high; /* low < high always */
    bool logarithmic;
    bool root;        /* lengths are square roots, to both sides of 0 */
    ckn_label factor; /* the power of ten that all labels share; empty for none */
    size_t count;
    ckn_tick ticks[CKN_TICKS_MAX]; /* all within [low, high] */
} ckn_axis;

/* Ticks at multiples of 1, 2 or 5 times a power of ten, about `wanted` of them. A range that is
 * empty, or too narrow for double precision, is widened; one that is not finite becomes [0, 1]. */
void ckn_axis_linear(ckn_axis *axis, double low, double high, int wanted);

/* As above for whole numbers: no tick between them, and no shared power of ten. */
void ckn_axis_counts(ckn_axis *axis, double low, double high, int wanted);

/* Ticks at powers of ten with unlabelled ones between them; at 1, 2 and 5 times a power of ten, or
 * at any nice number, where the range has less than two powers. Both ends must be positive, and
 * become [0.1, 1] where they are not. A narrow range is widened. */
void ckn_axis_logarithmic(ckn_axis *axis, double low, double high, int wanted);

/* From `low` <= 0 to `high` >= 0 by the square root of the magnitude. Ticks at 0 and at 1, 2 and 5
 * times a power of ten, at least the part `gap` of the axis apart; each has its own power of ten.
 */
void ckn_axis_root(ckn_axis *axis, double low, double high, double gap);

/* Where `value` stands: 0 at low, 1 at high. */
double ckn_axis_position(const ckn_axis *axis, double value);

#endif
