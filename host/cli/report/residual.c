#include "cli/report/residual.h"

#include "base/view.h"

#include <math.h>

bool ckn_residual_is_masked(const ckn_estimate_report *report, size_t channel, size_t row,
                            size_t col) {
    const ckn_view *weights = &report->weights[channel];
    return weights->data && !(ckn_view_at(weights, row, col) > 0);
}

static double residual(const ckn_estimate_report *report, size_t channel, size_t row, size_t col) {
    return ckn_view_at(&report->blurred[channel], row, col) -
           ckn_view_at(&report->model[channel], row, col);
}

double ckn_residual_sample(const void *source, size_t row, size_t col) {
    const ckn_estimate_report *report = source;
    double sum = 0, square = 0;
    size_t used = 0;
    for (size_t c = 0; c < report->channels; c++) {
        if (ckn_residual_is_masked(report, c, row, col))
            continue;
        double r = residual(report, c, row, col);
        sum += r;
        square += r * r;
        used++;
    }
    return used > 0 ? copysign(sqrt(square / (double)used), sum) : (double)NAN;
}

double ckn_residual_mask_sample(const void *source, size_t row, size_t col) {
    const ckn_estimate_report *report = source;
    for (size_t c = 0; c < report->channels; c++)
        if (ckn_residual_is_masked(report, c, row, col))
            return 1;
    return 0;
}

/* What is summed over the samples. */
typedef struct totals {
    double square;
    size_t used, masked;
} totals;

static totals sum_up(const ckn_estimate_report *report, size_t stride, double *samples) {
    totals all = {0};
    size_t index = 0;
    for (size_t c = 0; c < report->channels; c++)
        for (size_t row = 0; row < report->blurred[c].rows; row++)
            for (size_t col = 0; col < report->blurred[c].cols; col++) {
                if (index++ % stride != 0)
                    continue;
                bool masked = ckn_residual_is_masked(report, c, row, col);
                double value = masked ? (double)NAN : residual(report, c, row, col);
                all.masked += masked;
                if (!isfinite(value))
                    continue;
                if (samples)
                    samples[all.used] = value;
                all.used++;
                all.square += value * value;
            }
    return all;
}

double ckn_report_residual_rms(const ckn_estimate_report *report) {
    totals all = sum_up(report, 1, NULL);
    return all.used > 0 ? sqrt(all.square / (double)all.used) : (double)NAN;
}

double ckn_residual_masked_part(const ckn_estimate_report *report) {
    totals all = sum_up(report, 1, NULL);
    double count = (double)report->channels * (double)report->blurred[0].rows *
                   (double)report->blurred[0].cols;
    return (double)all.masked / count;
}

size_t ckn_residual_collect(const ckn_estimate_report *report, size_t stride, double *samples) {
    return sum_up(report, stride, samples).used;
}
