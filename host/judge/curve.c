#include "judge/evidence.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The curve is a line within each of so many equal parts of the range. */
#define PARTS ((size_t)128)
#define LEAST_SAMPLES 8 /* of a part with a line of its own */

typedef struct part {
    double n, m1, m2, y1, y2, my;
} part;

static double left_of_part(const part *p) {
    if (p->n < 1)
        return 0;
    const double mm = p->m2 - p->m1 * p->m1 / p->n, yy = p->y2 - p->y1 * p->y1 / p->n;
    const double cross = p->my - p->m1 * p->y1 / p->n;
    const bool line = p->n >= LEAST_SAMPLES && mm > 1e-9 * p->m2;
    return fmax(line ? yy - cross * cross / mm : yy, 0);
}

/* Sum of (y - curve(m))^2 over one plane. Sums are taken from the middle of each part, so that a
 * pedestal does not cost digits. */
static double left_of_plane(const ckn_judge_samples *samples, const ckn_judge_plane *plane,
                            const double *m, part *parts) {
    const size_t size = ckn_judge_size(samples);
    double low = INFINITY, high = -INFINITY, left = 0;
    for (size_t i = 0; i < size; i++) {
        if (plane->w[i] == 0)
            continue;
        low = fmin(low, m[i]);
        high = fmax(high, m[i]);
    }
    memset(parts, 0, PARTS * sizeof *parts);
    const double scale = high > low ? (double)PARTS / (high - low) : 0;
    for (size_t i = 0; i < size; i++) {
        if (plane->w[i] == 0)
            continue;
        const double place = (m[i] - low) * scale;
        const size_t index = place < (double)PARTS ? (size_t)place : PARTS - 1;
        const double x = place - (double)index - 0.5, y = plane->y[i] - low;
        part *p = &parts[index];
        p->n++;
        p->m1 += x;
        p->m2 += x * x;
        p->y1 += y;
        p->y2 += y * y;
        p->my += x * y;
    }
    for (size_t i = 0; i < PARTS; i++)
        left += left_of_part(&parts[i]);
    return left;
}

ckn_code ckn_judge_curve_left(const ckn_judge_samples *samples, double *const *m, double *left,
                              ckn_error *error) {
    part *parts;
    CKN_TRY(ckn_allocate(&parts, PARTS, sizeof *parts, "a verdict", error));
    *left = 0;
    for (size_t n = 0; n < samples->count; n++)
        *left += left_of_plane(samples, &samples->planes[n], m[n], parts);
    free(parts);
    return CKN_OK;
}

ckn_code ckn_judge_curve(const ckn_judge_samples *samples, double *gain, ckn_error *error) {
    double *model[CKN_JUDGE_PLANES], *sharp[CKN_JUDGE_PLANES];
    double of_model, of_sharp, all = 0;
    for (size_t n = 0; n < samples->count; n++) {
        model[n] = samples->planes[n].m;
        sharp[n] = samples->planes[n].s;
        for (size_t i = 0; i < ckn_judge_size(samples); i++)
            all += samples->planes[n].r[i] * samples->planes[n].r[i];
    }
    CKN_TRY(ckn_judge_curve_left(samples, model, &of_model, error));
    CKN_TRY(ckn_judge_curve_left(samples, sharp, &of_sharp, error));
    *gain = all > 0 ? 1 - fmin(of_model, of_sharp) / all : 0;
    return CKN_OK;
}
