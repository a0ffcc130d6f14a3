#include "cli/report/shown_kernel.h"

#include <math.h>

/* Negative taps matter where they hold more than this part of sum |h|, or where one of them is more
 * than that part of the largest tap: below it they are what noise makes of zeros. */
#define SIGNED_PART 0.05
#define SIGNED_TAP 0.03
/* Taps below a tenth of the largest are nearly black on a linear map. Where they hold more than
 * this part of sum |h|, the map is to show them. */
#define WING 0.1
#define WING_PART 0.02

typedef struct sums {
    double all, negative, x, y; /* of |h|, of |h| where h < 0, and first moments of h */
    double signed_all;
} sums;

static double tap(const ckn_view *taps, size_t row, size_t col) {
    double value = ckn_view_at(taps, row, col);
    return isfinite(value) ? value : 0;
}

static void look_at(ckn_shown_kernel *kernel, sums *total) {
    double largest = -1;
    for (size_t r = 0; r < kernel->taps.rows; r++)
        for (size_t c = 0; c < kernel->taps.cols; c++) {
            double value = tap(&kernel->taps, r, c);
            kernel->low = fmin(kernel->low, value);
            kernel->high = fmax(kernel->high, value);
            total->all += fabs(value);
            total->negative += fmax(0, -value);
            total->signed_all += value;
            total->x += value * (double)c;
            total->y += value * (double)r;
            if (fabs(value) > largest) {
                largest = fabs(value);
                kernel->peak_row = r;
                kernel->peak_col = c;
            }
        }
}

/* The nearest tap, within the frame. */
static size_t nearest(double position, size_t count) {
    double last = (double)count - 1;
    return isfinite(position) ? (size_t)lround(fmin(last, fmax(0, position))) : 0;
}

ckn_shown_kernel ckn_shown_kernel_of(const ckn_estimate_report *report) {
    ckn_shown_kernel kernel = {.taps = report->kernel, .errors = report->errors};
    sums total = {0};
    const size_t row = (report->kernel.rows - 1) / 2, col = (report->kernel.cols - 1) / 2;
    kernel.first_row = (double)report->row_offset - (double)row;
    kernel.first_col = (double)report->col_offset - (double)col;
    look_at(&kernel, &total);
    kernel.is_signed =
        kernel.low < -SIGNED_TAP * kernel.high || total.negative > SIGNED_PART * total.all;
    kernel.cut_row = kernel.peak_row;
    kernel.cut_col = kernel.peak_col;
    if (!kernel.is_signed && total.signed_all > 0) {
        kernel.cut_row = nearest(total.y / total.signed_all, kernel.taps.rows);
        kernel.cut_col = nearest(total.x / total.signed_all, kernel.taps.cols);
    }
    return kernel;
}

bool ckn_shown_kernel_has_wings(const ckn_shown_kernel *kernel) {
    double limit = WING * fmax(kernel->high, -kernel->low), all = 0, wings = 0;
    for (size_t r = 0; r < kernel->taps.rows; r++)
        for (size_t c = 0; c < kernel->taps.cols; c++) {
            double size = fabs(tap(&kernel->taps, r, c));
            all += size;
            wings += size < limit ? size : 0;
        }
    return wings > WING_PART * all;
}
