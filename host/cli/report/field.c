#include "cli/report/field.h"

#include <math.h>
#include <stdlib.h>

double ckn_field_view_sample(const void *view, size_t row, size_t col) {
    return ckn_view_at(view, row, col);
}

/* The samples that one pixel covers along one axis. */
typedef struct span {
    double from, to;
} span;

static span covered(size_t pixel, size_t pixels, size_t samples) {
    double scale = (double)samples / (double)pixels;
    return (span){(double)pixel * scale, fmin((double)(pixel + 1) * scale, (double)samples)};
}

/* How much of the sample `index` lies in the span. */
static double overlap(span s, size_t index) {
    return fmin(s.to, (double)index + 1) - fmax(s.from, (double)index);
}

static double average(ckn_sample_fn sample, const void *source, span rows, span cols) {
    double sum = 0, weight = 0;
    for (size_t r = (size_t)rows.from; (double)r < rows.to - 1e-9; r++)
        for (size_t c = (size_t)cols.from; (double)c < cols.to - 1e-9; c++) {
            double area = overlap(rows, r) * overlap(cols, c), value = sample(source, r, c);
            if (!isfinite(value) || area <= 0)
                continue;
            sum += area * value;
            weight += area;
        }
    return weight > 0 ? sum / weight : (double)NAN;
}

void ckn_field_resample(ckn_sample_fn sample, const void *source, ckn_shape shape,
                        ckn_shape display, double *pixels) {
    for (size_t r = 0; r < display.rows; r++) {
        span rows = covered(r, display.rows, shape.rows);
        for (size_t c = 0; c < display.cols; c++)
            pixels[r * display.cols + c] =
                average(sample, source, rows, covered(c, display.cols, shape.cols));
    }
}

void ckn_field_range(const ckn_view *planes, size_t count, double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t plane = 0; plane < count; plane++)
        for (size_t r = 0; r < planes[plane].rows; r++)
            for (size_t c = 0; c < planes[plane].cols; c++) {
                double value = ckn_view_at(&planes[plane], r, c);
                if (!isfinite(value))
                    continue;
                *low = fmin(*low, value);
                *high = fmax(*high, value);
            }
    if (*low > *high)
        *low = *high = 0;
}

ckn_view ckn_field_line(const ckn_view *view, size_t row, size_t col, bool is_column) {
    if (!view->data)
        return *view;
    ckn_shape shape = is_column ? (ckn_shape){view->rows, 1} : (ckn_shape){1, view->cols};
    ckn_view line = ckn_view_part(view, is_column ? 0 : row, is_column ? col : 0, shape);
    if (is_column) {
        line.rows = 1;
        line.cols = view->rows;
        line.col_stride = view->row_stride;
    }
    return line;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double ckn_field_percentile(const double *pixels, size_t count, double fraction, double *scratch) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(pixels[i]))
            scratch[used++] = fabs(pixels[i]);
    if (used == 0)
        return 0;
    qsort(scratch, used, sizeof *scratch, ascending);
    double value = scratch[(size_t)(fraction * (double)(used - 1))];
    return value > 0 ? value : scratch[used - 1];
}
