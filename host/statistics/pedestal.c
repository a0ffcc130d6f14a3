#include "statistics/pedestal.h"

#include <math.h>
#include <stdlib.h>

/* Of the grid, and one in so many is left out at each end. 2 SIDE - 1 samples a side at most. */
enum { SIDE = 10, MOST = (2 * SIDE - 1) * (2 * SIDE - 1), TRIMMED = 50 };

/* Odd, so that the grid does not follow the columns of a detector. */
static size_t step_of(size_t length) {
    return length / SIDE | 1;
}

static size_t collect(const ckn_view *view, const ckn_view *weight, double values[MOST]) {
    size_t count = 0;
    for (size_t row = 0; row < view->rows; row += step_of(view->rows)) {
        for (size_t col = 0; col < view->cols; col += step_of(view->cols)) {
            const double value = ckn_view_at(view, row, col);
            if (isfinite(value) && (!weight->data || ckn_view_at(weight, row, col) != 0))
                values[count++] = value;
        }
    }
    return count;
}

static int compare(const void *a, const void *b) {
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

ckn_pedestal ckn_pedestal_measure(const ckn_view *view, const ckn_view *weight,
                                  const ckn_extent *extent) {
    double values[MOST];
    ckn_pedestal pedestal = {0, 0};
    const size_t count = collect(view, weight, values), trimmed = count / TRIMMED;
    if (count > 0)
        qsort(values, count, sizeof *values, compare);
    const double each = 1 / (double)(count - 2 * trimmed); /* first: large sums overflow */
    for (size_t i = trimmed; i + trimmed < count; i++)
        pedestal.level += each * values[i];
    for (size_t i = trimmed; i + trimmed < count; i++)
        pedestal.detail += each * fabs(values[i] - pedestal.level);
    if (!(extent->high > extent->low)) /* what is left is rounding */
        pedestal.detail = 0;
    else if (pedestal.detail == 0)
        pedestal.detail = extent->high - extent->low;
    return pedestal;
}

double ckn_pedestal_ratio(const ckn_pedestal *pedestal, double shift) {
    return pedestal->detail > 0 ? fabs(pedestal->level - shift) / pedestal->detail : 0;
}
