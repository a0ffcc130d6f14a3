/* Planes of samples brought to the grid of the figure's pixels. */
#ifndef CKN_CLI_REPORT_FIELD_H
#define CKN_CLI_REPORT_FIELD_H

#include "base/status.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

/* One sample of whatever `source` is. */
typedef double (*ckn_sample_fn)(const void *source, size_t row, size_t col);

/* The samples of a ckn_view. */
double ckn_field_view_sample(const void *view, size_t row, size_t col);

/* A row of `view`, or a column as if it were a row; a view without data stays as it is. */
ckn_view ckn_field_line(const ckn_view *view, size_t row, size_t col, bool is_column);

/* Each pixel of `display` (row-major, display.rows x display.cols) becomes the average of the
 * samples that it covers, by area: a filter when an image is made smaller, squares with smooth
 * edges when it is made larger. Samples that are not finite are left out; NaN where none is. */
void ckn_field_resample(ckn_sample_fn sample, const void *source, ckn_shape shape,
                        ckn_shape display, double *pixels);

/* Smallest and largest finite value; 0 and 0 where there is none. */
void ckn_field_range(const ckn_view *planes, size_t count, double *low, double *high);

/* The value that `fraction` of the absolute values of `pixels` do not exceed; the largest one
 * where that is 0. NaN is left out. `scratch` holds `count` elements. */
double ckn_field_percentile(const double *pixels, size_t count, double fraction, double *scratch);

#endif
