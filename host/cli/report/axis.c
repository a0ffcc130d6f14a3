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

static double signed_root(double value) {
    return copysign(sqrt(fabs(value)), value);
}

/* The largest of 1, 2 and 5 times a power of ten that is at most `value`. */
static double nice_below(double value) {
    double power = pow(10, floor(log10(value) + 1e-9)), ratio = value / power;
    return power * (ratio >= 4.9999 ? 5 : ratio >= 1.9999 ? 2 : 1);
}

/* Marks on the side of the sign, from the outermost inwards. */
static size_t root_marks(const ckn_axis *axis, double end, double gap, double *marks, size_t room) {
    size_t count = 0;
    double zero = ckn_axis_position(axis, 0), last = INFINITY;
    double value = end > 0 ? nice_below(end) : 0;
    while (value > 0 && count < room) {
        double distance = fabs(ckn_axis_position(axis, value) - zero);
        if (distance < gap)
            break;
        if (last - distance >= gap) {
            marks[count++] = value;
            last = distance;
        }
        value = nice_below(0.999 * value);
    }
    return count;
}

void ckn_axis_root(ckn_axis *axis, double low, double high, double gap) {
    enum { MARKS = 24 };
    double marks[MARKS];
    bool valid = isfinite(low) && isfinite(high) && low <= 0 && high >= 0 && high - low > 1e-290 &&
                 isfinite(high - low);
    *axis = (ckn_axis){.low = valid ? low : 0, .high = valid ? high : 1, .root = true};
    /* A side mirrors the other one where both are there. */
    size_t count = root_marks(axis, fmin(-axis->low, axis->high), gap, marks, MARKS);
    for (size_t i = 0; i < count; i++)
        add_tick(axis, -marks[i], true, ckn_label_number(-marks[i], 1));
    add_tick(axis, 0, true, ckn_label_text("0"));
    count = root_marks(axis, axis->high, gap, marks, MARKS);
    while (count-- > 0)
        add_tick(axis, marks[count], true, ckn_label_number(marks[count], 1));
}

double ckn_axis_position(const ckn_axis *axis, double value) {
    if (axis->root)
        return (signed_root(value) - signed_root(axis->low)) /
               (signed_root(axis->high) - signed_root(axis->low));
    if (axis->logarithmic)
        return (log(value) - log(axis->low)) / (log(axis->high) - log(axis->low));
    return (value - axis->low) / (axis->high - axis->low);
}
