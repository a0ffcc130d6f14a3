#include "support/line_filter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

ckn_line_filter ckn_test_fir(double *half, size_t radius) {
    double sum = 0.0;
    for (size_t k = 0; k <= radius; k++) {
        half[k] = 1.0 + 1.0 / (double)(k + 1) + (double)(k * k % 7);
        sum += k == 0 ? half[k] : 2.0 * half[k];
    }
    for (size_t k = 0; k <= radius; k++)
        half[k] /= sum;
    return (ckn_line_filter){.half = half, .radius = radius};
}

size_t ckn_line_filter_reach(const ckn_line_filter *filter) {
    const ckn_extended_box *box = filter->box;
    if (!box)
        return filter->radius;
    return box->passes * (box->l + (box->alpha > 0.0 ? 1 : 0)) + box->stride;
}

const char *ckn_line_filter_name(const ckn_line_filter *filter, const ckn_lines *lines,
                                 ckn_type type) {
    static char name[256];
    const ckn_extended_box *box = filter->box;
    int used;
    if (box)
        used = snprintf(name, sizeof name, "box l %zu alpha %.3g x %zu stride %zu", box->l,
                        box->alpha, box->passes, box->stride);
    else
        used = snprintf(name, sizeof name, "fir of radius %zu", filter->radius);
    snprintf(name + used, sizeof name - (size_t)used, ", %zu x %zu x %zu along %s, %s, %s",
             lines->shape.rows, lines->shape.cols, lines->channels,
             lines->axis == CKN_AXIS_ROWS ? "rows" : "columns", ckn_boundary_name(lines->boundary),
             type == CKN_FLOAT32 ? "float32" : "float64");
    return name;
}

size_t ckn_line_samples(const ckn_lines *lines) {
    return ckn_shape_count(lines->shape) * lines->channels;
}

void ckn_line_filter_run(const ckn_line_filter *filter, const ckn_lines *lines,
                         const ckn_guarded *out, const ckn_guarded *in) {
    ckn_backend *backend = ckn_test_backend();
    if (filter->box)
        TRY_OK(
            backend->ops->box_axis(backend, out->buffer, in->buffer, lines, filter->box, &error));
    else
        TRY_OK(backend->ops->fir_axis(backend, out->buffer, in->buffer, lines, filter->half,
                                      filter->radius, &error));
}

double *ckn_line_filter_apply(const ckn_line_filter *filter, const ckn_lines *lines, ckn_type type,
                              const double *x) {
    const char *name = ckn_line_filter_name(filter, lines, type);
    const size_t count = ckn_line_samples(lines);
    ckn_guarded in = ckn_guarded_samples_from(x, count, type);
    ckn_guarded out = ckn_guarded_samples(count, type);
    ckn_line_filter_run(filter, lines, &out, &in);
    double *got = ckn_guarded_peek(&out, name), *left = ckn_guarded_peek(&in, name);
    const bool narrow = type == CKN_FLOAT32 || !ckn_test_on_cpu();
    for (size_t i = 0; i < count; i++) {
        const double before = narrow ? (double)(float)x[i] : x[i];
        if (left[i] != before && !(isnan(left[i]) && isnan(before)))
            ckn_test_fail("%s: sample %zu of the input is changed", name, i);
    }
    free(left);
    ckn_guarded_destroy(&in);
    ckn_guarded_destroy(&out);
    return got;
}

/* All taps within the reach of a FIR, whose two halves are alike. */
static double *both_halves(const double *half, size_t radius) {
    double *taps = ckn_test_array(2 * radius + 1);
    for (size_t k = 0; k <= radius; k++)
        taps[radius + k] = taps[radius - k] = half[k];
    return taps;
}

double *ckn_line_filter_expect(const ckn_line_filter *filter, const ckn_lines *lines,
                               const double *x) {
    const size_t reach = ckn_line_filter_reach(filter);
    size_t count = 2 * filter->radius + 1;
    double *taps = filter->box ? ckn_naive_box_taps(filter->box, &count)
                               : both_halves(filter->half, filter->radius);
    double *out = ckn_test_array(ckn_line_samples(lines));
    ckn_naive_lines(x, lines, taps + count / 2 - reach, reach, out);
    free(taps);
    return out;
}

double ckn_line_tolerance(ckn_type type) {
    return type == CKN_FLOAT64 && ckn_test_on_cpu() ? 1e-12 : 1e-6;
}

double ckn_test_largest_error(const double *a, const double *b, size_t count) {
    double largest = 0.0;
    for (size_t i = 0; i < count; i++) {
        const bool finite = isfinite(a[i]) && isfinite(b[i]);
        if (!finite && a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
            return (double)INFINITY;
        largest = finite ? fmax(largest, fabs(a[i] - b[i])) : largest;
    }
    return largest;
}

void ckn_line_filter_check(const ckn_line_filter *filter, const ckn_lines *lines, ckn_type type,
                           const double *x, double tolerance) {
    double *got = ckn_line_filter_apply(filter, lines, type, x);
    double *expected = ckn_line_filter_expect(filter, lines, x);
    const double error = ckn_test_largest_error(got, expected, ckn_line_samples(lines));
    if (!(error <= tolerance))
        ckn_test_fail("%s: off by %.3e, allowed %.1e", ckn_line_filter_name(filter, lines, type),
                      error, tolerance);
    free(got);
    free(expected);
}
