#include "base/view.h"

#include "base/memory.h"

#include <math.h>
#include <stdint.h>

ckn_view ckn_view_f32(const float *data, size_t rows, size_t cols) {
    return (ckn_view){data, CKN_FLOAT32, rows, cols, (ptrdiff_t)cols, 1};
}

ckn_view ckn_view_f64(const double *data, size_t rows, size_t cols) {
    return (ckn_view){data, CKN_FLOAT64, rows, cols, (ptrdiff_t)cols, 1};
}

ckn_output ckn_output_f32(float *data, size_t rows, size_t cols) {
    return (ckn_output){data, CKN_FLOAT32, rows, cols, (ptrdiff_t)cols, 1};
}

ckn_output ckn_output_f64(double *data, size_t rows, size_t cols) {
    return (ckn_output){data, CKN_FLOAT64, rows, cols, (ptrdiff_t)cols, 1};
}

ckn_shape ckn_shape_valid(ckn_shape image, ckn_shape kernel) {
    if (kernel.rows < 1 || kernel.cols < 1 || kernel.rows > image.rows || kernel.cols > image.cols)
        return (ckn_shape){0, 0};
    return (ckn_shape){image.rows - kernel.rows + 1, image.cols - kernel.cols + 1};
}

ckn_view ckn_view_part(const ckn_view *view, size_t row, size_t col, ckn_shape shape) {
    ckn_view part = *view;
    ptrdiff_t offset = (ptrdiff_t)row * view->row_stride + (ptrdiff_t)col * view->col_stride;
    part.data = view->type == CKN_FLOAT32 ? (const void *)((const float *)view->data + offset)
                                          : (const void *)((const double *)view->data + offset);
    part.rows = shape.rows;
    part.cols = shape.cols;
    return part;
}

ckn_view ckn_output_as_view(const ckn_output *output) {
    return (ckn_view){output->data, output->type,       output->rows,
                      output->cols, output->row_stride, output->col_stride};
}

ckn_code ckn_view_check(const ckn_view *view, const char *what, ckn_error *error) {
    if (!view || !view->data)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s has no data", what);
    if (view->type != CKN_FLOAT32 && view->type != CKN_FLOAT64)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s has the unknown sample type %d; use CKN_FLOAT32 or CKN_FLOAT64", what,
                        (int)view->type);
    size_t count;
    if (view->rows < 1 || view->cols < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s is empty (%zu x %zu)", what, view->cols,
                        view->rows);
    if (!ckn_multiply(view->rows, view->cols, &count) || count > SIZE_MAX / 64)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s is too large (%zu x %zu)", what, view->cols,
                        view->rows);
    return CKN_OK;
}

ckn_code ckn_output_check(const ckn_output *output, const char *what, ckn_error *error) {
    if (!output)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s has no data", what);
    ckn_view view = ckn_output_as_view(output);
    return ckn_view_check(&view, what, error);
}

ckn_code ckn_view_check_finite(const ckn_view *view, const char *what, ckn_error *error) {
    for (size_t row = 0; row < view->rows; row++) {
        for (size_t col = 0; col < view->cols; col++) {
            double value = ckn_view_at(view, row, col);
            if (!isfinite(value))
                return ckn_fail(error, CKN_ERROR_DATA,
                                "%s holds %s, first at row %zu, column %zu (counted from 0); "
                                "repair or crop the image first",
                                what, isnan(value) ? "NaN" : "an infinity", row, col);
        }
    }
    return CKN_OK;
}

/* Sixteen strands each, which compilers turn into vectors. */
enum { LANES = 16 };

typedef struct lanes {
    double low[LANES], high[LANES];
    double excess[LANES]; /* sums of v - v: NaN where a sample is not finite */
} lanes;

static void extend_lane(lanes *all, size_t lane, double value) {
    all->low[lane] = value < all->low[lane] ? value : all->low[lane];
    all->high[lane] = value > all->high[lane] ? value : all->high[lane];
    all->excess[lane] += value - value;
}

static void extend_f32(lanes *all, const float *row, size_t count) {
    float low[LANES], high[LANES], excess[LANES] = {0};
    size_t done = 0;
    for (size_t lane = 0; lane < LANES; lane++)
        low[lane] = high[lane] = row[0];
    for (; done + LANES <= count; done += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) {
            const float value = row[done + lane];
            low[lane] = value < low[lane] ? value : low[lane];
            high[lane] = value > high[lane] ? value : high[lane];
            excess[lane] += value - value;
        }
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        extend_lane(all, lane, low[lane]);
        extend_lane(all, lane, high[lane]);
        all->excess[lane] += excess[lane];
    }
    for (; done < count; done++)
        extend_lane(all, 0, row[done]);
}

static void extend_f64(lanes *all, const double *row, size_t count) {
    size_t done = 0;
    for (; done + LANES <= count; done += LANES) {
        for (size_t lane = 0; lane < LANES; lane++)
            extend_lane(all, lane, row[done + lane]);
    }
    for (; done < count; done++)
        extend_lane(all, 0, row[done]);
}

static void extend_row(lanes *all, const ckn_view *view, size_t row) {
    const ckn_view line = ckn_view_part(view, row, 0, (ckn_shape){1, view->cols});
    if (view->col_stride != 1) {
        for (size_t col = 0; col < view->cols; col++)
            extend_lane(all, 0, ckn_view_at(&line, 0, col));
    } else if (view->type == CKN_FLOAT32)
        extend_f32(all, line.data, view->cols);
    else
        extend_f64(all, line.data, view->cols);
}

ckn_extent ckn_view_extent(const ckn_view *view) {
    lanes all;
    for (size_t lane = 0; lane < LANES; lane++) {
        all.low[lane] = INFINITY;
        all.high[lane] = -INFINITY;
        all.excess[lane] = 0;
    }
    for (size_t row = 0; row < view->rows; row++)
        extend_row(&all, view, row);
    ckn_extent extent = {INFINITY, -INFINITY, true};
    for (size_t lane = 0; lane < LANES; lane++) {
        extent.low = fmin(extent.low, all.low[lane]);
        extent.high = fmax(extent.high, all.high[lane]);
        extent.finite = extent.finite && all.excess[lane] == 0;
    }
    return extent;
}
