#include "cli/report/axis.h"

#include <math.h>

#define TIMES "\xC3\x97"

/* The nice number (1, 2, 5 times a power of ten) that is nearest above `raw`. */
static double nice_step(double raw) {
    double power = pow(10, floor(log10(raw)));
    double ratio = raw / power;
    return power * (ratio <= 1.0001 ? 1 : ratio <= 2.0001 ? 2 : ratio <= 5.0001 ? 5 : 10);
}

static void add_tick(ckn_axis *axis, double value, bool major, ckn_label label) {
    if (axis->count < CKN_TICKS_MAX)
        axis->ticks[axis->count++] = (ckn_tick){value, major, label};
}

/* Gives the range a width that double precision can resolve. */
static void set_range(ckn_axis *axis, double low, double high) {
    *axis = (ckn_axis){0};
    if (!isfinite(low) || !isfinite(high) || !isfinite(high - low)) {
        low = 0;
        high = 1;
    }
    double size = fmax(fabs(low), fabs(high));
    if (!(high - low > 1e-9 * size) || high - low < 1e-300) {
        double middle = low / 2 + high / 2, half = size > 1e-290 ? 0.5 * size : 0.5;
        low = middle - half;
        high = middle + half;
    }
    axis->low = low;
    axis->high = high;
}

/* The exponent that all labels share, or 0. */
static int shared_exponent(const ckn_axis *axis) {
    int exponent = (int)floor(log10(fmax(fabs(axis->low), fabs(axis->high))) + 1e-9);
    return exponent >= 4 || exponent <= -3 ? exponent : 0;
}

static void linear_ticks(ckn_axis *axis, double step, int exponent) {
    double scale = pow(10, exponent);
    int decimals = exponent - (int)floor(log10(step) + 1e-9);
    double first = ceil(axis->low / step - 1e-6), last = floor(axis->high / step + 1e-6);
    for (int i = 0; i <= last - first && i < CKN_TICKS_MAX; i++) {
        double exact = (first + i) * step, value = fmin(axis->high, fmax(axis->low, exact));
        add_tick(axis, value, true, ckn_label_decimal(exact / scale, decimals > 0 ? decimals : 0));
    }
}

void ckn_axis_linear(ckn_axis *axis, double low, double high, int wanted) {
    set_range(axis, low, high);
    int exponent = shared_exponent(axis);
    if (exponent != 0)
        axis->factor = ckn_label_power(TIMES, exponent);
    linear_ticks(axis, nice_step((axis->high - axis->low) / wanted), exponent);
}

void ckn_axis_counts(ckn_axis *axis, double low, double high, int wanted) {
    set_range(axis, low, high);
    linear_ticks(axis, fmax(1, nice_step((axis->high - axis->low) / wanted)), 0);
}

static bool inside(const ckn_axis *axis, double value) {
    return value >= axis->low * (1 - 1e-9) && value <= axis->high * (1 + 1e-9);
}

/* Labels every `stride`-th power of ten; between them the other powers, or 2 to 9 times one. */
static void decade_ticks(ckn_axis *axis, int first, int last, int stride) {
    for (int e = first - 1; e <= last; e++) {
        int phase = ((e % stride) + stride) % stride;
        double power = pow(10, e);
        if (inside(axis, power) && (phase == 0 || stride <= 10))
            add_tick(axis, power, phase == 0, ckn_label_power("", e));
        for (int m = 2; stride == 1 && m <= 9; m++)
            if (inside(axis, m * power))
                add_tick(axis, m * power, false, ckn_label_text(""));
    }
}

/* Ticks of a range of about a decade: labelled at 1, 2 and 5. Returns how many have a label. */
static int one_two_five(ckn_axis *axis) {
    int labelled = 0;
    int first = (int)floor(log10(axis->low)), last = (int)floor(log10(axis->high) + 1e-9);
    for (int e = first; e <= last; e++)
        for (int m = 1; m <= 9; m++) {
            double value = m * pow(10, e);
            bool major = m == 1 || m == 2 || m == 5;
            if (!inside(axis, value))
                continue;
            add_tick(axis, value, major, ckn_label_number(value, 1));
            labelled += major;
        }
    return labelled;
}

void ckn_axis_logarithmic(ckn_axis *axis, double low, double high, int wanted) {
    if (!(low > 0) || !(high >= low) || !isfinite(high)) {
        low = 0.1;
        high = 1;
    }
    low = fmin(1e300, fmax(1e-300, low)); /* room for the widening, and for the next power */
    high = fmin(1e300, fmax(1e-300, high));
    if (high / low < 1.02) {
        low /= 2;
        high *= 2;
    }
    *axis = (ckn_axis){.low = low, .high = high, .logarithmic = true};
    int first = (int)ceil(log10(axis->low) - 1e-9), last = (int)floor(log10(axis->high) + 1e-9);
    if (last > first && axis->high / axis->low >= 100) {
        decade_ticks(axis, first, last, (last - first) / wanted + 1);
    } else if (one_two_five(axis) < 2) {
        axis->count = 0;
        double step = nice_step((axis->high - axis->low) / 4);
        double start = ceil(axis->low / step);
        for (int i = 0; (start + i) * step <= axis->high && i < CKN_TICKS_MAX; i++)
            add_tick(axis, (start + i) * step, true, ckn_label_number((start + i) * step, 4));
    }
}

double ckn_axis_position(const ckn_axis *axis, double value) {
    if (axis->logarithmic)
        return (log(value) - log(axis->low)) / (log(axis->high) - log(axis->low));
    return (value - axis->low) / (axis->high - axis->low);
}
