/* Access to the samples of views, whatever their type and strides. */
#ifndef CKN_BASE_VIEW_H
#define CKN_BASE_VIEW_H

#include "base/status.h"

#include <stdbool.h>

/* Sizes of a plane or a kernel. */
typedef struct ckn_shape {
    size_t rows, cols;
} ckn_shape;

static inline size_t ckn_shape_count(ckn_shape shape) {
    return shape.rows * shape.cols;
}

static inline bool ckn_shape_equal(ckn_shape a, ckn_shape b) {
    return a.rows == b.rows && a.cols == b.cols;
}

/* Shape of the valid convolution; 0 x 0 where the kernel is larger than the image. */
ckn_shape ckn_shape_valid(ckn_shape image, ckn_shape kernel);

static inline double ckn_view_at(const ckn_view *view, size_t row, size_t col) {
    ptrdiff_t offset = (ptrdiff_t)row * view->row_stride + (ptrdiff_t)col * view->col_stride;
    return view->type == CKN_FLOAT32 ? (double)((const float *)view->data)[offset]
                                     : ((const double *)view->data)[offset];
}

static inline void ckn_output_set(const ckn_output *output, size_t row, size_t col, double value) {
    ptrdiff_t offset = (ptrdiff_t)row * output->row_stride + (ptrdiff_t)col * output->col_stride;
    if (output->type == CKN_FLOAT32)
        ((float *)output->data)[offset] = (float)value;
    else
        ((double *)output->data)[offset] = value;
}

static inline ckn_shape ckn_view_shape(const ckn_view *view) {
    return (ckn_shape){view->rows, view->cols};
}

/* The part of `view` that starts at (row, col); the caller has checked that it lies inside. */
ckn_view ckn_view_part(const ckn_view *view, size_t row, size_t col, ckn_shape shape);

/* Reading what was written. */
ckn_view ckn_output_as_view(const ckn_output *output);

/* Refuses a view without data or with an unknown type, or an empty or overflowing size. */
ckn_code ckn_view_check(const ckn_view *view, const char *what, ckn_error *error);
ckn_code ckn_output_check(const ckn_output *output, const char *what, ckn_error *error);

/* Smallest and largest sample, and whether all of them are finite (if not, the two mean nothing).
 */
typedef struct ckn_extent {
    double low, high;
    bool finite;
} ckn_extent;

ckn_extent ckn_view_extent(const ckn_view *view);

/* Refuses NaN and infinity; the message says where the first one stands. */
ckn_code ckn_view_check_finite(const ckn_view *view, const char *what, ckn_error *error);

#endif
