#include "cli/kernel_difference.h"

#include <math.h>
#include <stdbool.h>

/* The taps of a kernel by displacement. */
typedef struct frame {
    const ckn_cli_kernel *kernel;
    ptrdiff_t top, left; /* displacement of its first tap */
} frame;

static frame frame_of(const ckn_cli_kernel *kernel, ckn_kernel_offset shift) {
    return (frame){kernel, kernel->offset.row + shift.row - (ptrdiff_t)((kernel->rows - 1) / 2),
                   kernel->offset.col + shift.col - (ptrdiff_t)((kernel->cols - 1) / 2)};
}

static bool holds(const frame *of, ptrdiff_t row, ptrdiff_t col) {
    return row >= of->top && col >= of->left && row - of->top < (ptrdiff_t)of->kernel->rows &&
           col - of->left < (ptrdiff_t)of->kernel->cols;
}

static double tap_at(const frame *of, ptrdiff_t row, ptrdiff_t col) {
    const ckn_cli_kernel *kernel = of->kernel;
    if (!holds(of, row, col))
        return 0.0;
    return kernel->taps[(size_t)(row - of->top) * kernel->cols + (size_t)(col - of->left)];
}

static double norm_of(const ckn_cli_kernel *kernel) {
    double norm = 0.0;
    for (size_t i = 0; i < kernel->rows * kernel->cols; i++)
        norm = hypot(norm, kernel->taps[i]);
    return norm;
}

static void add_tap(ckn_cli_difference *sum, double difference, ptrdiff_t row, ptrdiff_t col) {
    sum->l2 = hypot(sum->l2, difference);
    if (fabs(difference) > fabs(sum->largest)) {
        sum->largest = difference;
        sum->row = row;
        sum->col = col;
    }
}

ckn_cli_difference ckn_cli_kernel_compare(const ckn_cli_kernel *a, const ckn_cli_kernel *b,
                                          ckn_kernel_offset shift) {
    const frame first = frame_of(a, (ckn_kernel_offset){0, 0}), second = frame_of(b, shift);
    const double norm = norm_of(a);
    ckn_cli_difference sum = {0.0, 0.0, 0, 0};
    for (size_t i = 0; i < a->rows * a->cols; i++) {
        const ptrdiff_t row = first.top + (ptrdiff_t)(i / a->cols);
        const ptrdiff_t col = first.left + (ptrdiff_t)(i % a->cols);
        add_tap(&sum, tap_at(&second, row, col) - a->taps[i], row, col);
    }
    for (size_t i = 0; i < b->rows * b->cols; i++) {
        const ptrdiff_t row = second.top + (ptrdiff_t)(i / b->cols);
        const ptrdiff_t col = second.left + (ptrdiff_t)(i % b->cols);
        if (!holds(&first, row, col))
            add_tap(&sum, b->taps[i], row, col);
    }
    if (sum.l2 > 0.0)
        sum.l2 = norm > 0.0 ? sum.l2 / norm : (double)INFINITY;
    return sum;
}

/* sum of a(t) b(t - shift): the least difference is where it is largest, as both norms are fixed.
 */
static double correlation(const frame *a, const frame *b) {
    const ckn_cli_kernel *kernel = a->kernel;
    double sum = 0.0;
    for (size_t i = 0; i < kernel->rows * kernel->cols; i++) {
        const ptrdiff_t row = a->top + (ptrdiff_t)(i / kernel->cols);
        const ptrdiff_t col = a->left + (ptrdiff_t)(i % kernel->cols);
        sum += kernel->taps[i] * tap_at(b, row, col);
    }
    return sum;
}

ckn_kernel_offset ckn_cli_kernel_match(const ckn_cli_kernel *a, const ckn_cli_kernel *b) {
    const ckn_kernel_offset none = {0, 0};
    const frame first = frame_of(a, none), second = frame_of(b, none);
    ckn_kernel_offset best = none;
    double largest = correlation(&first, &second);
    const ptrdiff_t top = first.top - second.top, left = first.left - second.left;
    for (ptrdiff_t row = top - (ptrdiff_t)b->rows + 1; row < top + (ptrdiff_t)a->rows; row++) {
        for (ptrdiff_t col = left - (ptrdiff_t)b->cols + 1; col < left + (ptrdiff_t)a->cols;
             col++) {
            const frame moved = frame_of(b, (ckn_kernel_offset){row, col});
            const double value = correlation(&first, &moved);
            if (value > largest) {
                largest = value;
                best = (ckn_kernel_offset){row, col};
            }
        }
    }
    return best;
}
