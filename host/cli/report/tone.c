#include "cli/report/tone.h"

#include "base/memory.h"
#include "cli/report/field.h"

#include <math.h>
#include <stdlib.h>

/* Samples are compressed where the largest is this many times as far from the median as the middle
 * 80 % of them are wide. Photographs have less than 3; a sky of stars has hundreds. */
#define WIDE_RANGE 12.0
#define LOW_PART 0.005 /* of the samples are shown black, and */
#define HIGH_PART 0.998
#define KNEE 0.02 /* part of the range below which asinh is nearly linear */

enum { MOST_SAMPLES = 1 << 18 }; /* that percentiles are taken of */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Finite samples of all planes, sorted; every so many where there are too many. */
static size_t collect(const ckn_view *planes, size_t count, size_t stride, double *samples) {
    size_t used = 0, index = 0;
    for (size_t plane = 0; plane < count; plane++)
        for (size_t r = 0; r < planes[plane].rows; r++)
            for (size_t c = 0; c < planes[plane].cols; c++) {
                if (index++ % stride != 0)
                    continue;
                double value = ckn_view_at(&planes[plane], r, c);
                if (isfinite(value))
                    samples[used++] = value;
            }
    qsort(samples, used, sizeof *samples, ascending);
    return used;
}

static double part(const double *samples, size_t count, double fraction) {
    return samples[(size_t)(fraction * (double)(count - 1))];
}

static void compress(const double *samples, size_t count, double highest, ckn_tone *tone) {
    if (count < 16)
        return;
    double width = part(samples, count, 0.9) - part(samples, count, 0.1);
    double low = part(samples, count, LOW_PART), high = part(samples, count, HIGH_PART);
    if (!(width > 0) || !(high > low) ||
        !(highest - part(samples, count, 0.5) > WIDE_RANGE * width))
        return;
    *tone = (ckn_tone){low, high, true, tone->linear_light};
}

static void choose_linear(double low, double high, ckn_tone *tone) {
    tone->low = 0;
    tone->high = 1;
    if (low >= -1e-3 && high <= 1 + 1e-3 && (high >= 0.25 || high <= 0))
        return;
    tone->low = low >= -1e-3 * high && low < 0.5 * high ? 0 : low;
    tone->high = high > tone->low ? high : tone->low + 1;
}

ckn_code ckn_tone_choose(const ckn_view *planes, size_t count, bool linear_light, ckn_tone *tone,
                         ckn_error *error) {
    double low, high, *samples = NULL;
    size_t total = count * planes[0].rows * planes[0].cols, stride = total / MOST_SAMPLES + 1;
    *tone = (ckn_tone){.linear_light = linear_light};
    ckn_field_range(planes, count, &low, &high);
    choose_linear(low, high, tone);
    CKN_TRY(ckn_allocate(&samples, total / stride + 1, sizeof *samples, "the figure", error));
    compress(samples, collect(planes, count, stride, samples), high, tone);
    free(samples);
    return CKN_OK;
}

double ckn_tone_at(const ckn_tone *tone, double value) {
    double t = (value - tone->low) / (tone->high - tone->low);
    t = t > 0 ? fmin(t, 1) : 0;
    if (tone->is_compressed)
        return asinh(t / KNEE) / asinh(1 / KNEE);
    if (tone->linear_light)
        t = t <= 0.0031308 ? 12.92 * t : 1.055 * pow(t, 1 / 2.4) - 0.055;
    return t;
}

ckn_label ckn_tone_text(const ckn_tone *tone) {
    if (!tone->is_compressed && tone->low == 0 && tone->high == 1)
        return ckn_label_text("");
    ckn_label low = ckn_label_number(tone->low, 3), high = ckn_label_number(tone->high, 3);
    if (low.power[0])
        return ckn_label_text(tone->is_compressed ? "asinh" : "");
    ckn_label text = ckn_label_format("%s%s to ", tone->is_compressed ? "asinh, " : "", low.base);
    return ckn_label_prefix(text.base, high);
}
