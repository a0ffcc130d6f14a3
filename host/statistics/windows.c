#include "statistics/windows.h"

#include "base/memory.h"

#include <stdlib.h>

/* zeros[col] counts those of a column in the rows that a window spans. */
static void count_row(const ckn_view *plane, size_t row, int step, ptrdiff_t *zeros) {
    for (size_t col = 0; col < plane->cols; col++)
        zeros[col] += ckn_view_at(plane, row, col) == 0 ? step : 0;
}

/* The windows whose rows are counted in `zeros`; `first` is the position of the leftmost. */
static bool visit_row(const ptrdiff_t *zeros, size_t width, size_t windows, size_t first,
                      ckn_window_fn visit, void *user) {
    ptrdiff_t inside = 0;
    for (size_t col = 0; col + 1 < width; col++)
        inside += zeros[col];
    for (size_t q = 0; q < windows; q++) {
        inside += zeros[q + width - 1];
        if (!visit(user, first + q, (size_t)inside))
            return false;
        inside -= zeros[q];
    }
    return true;
}

ckn_code ckn_windows_visit(const ckn_view *plane, ckn_shape kernel, ckn_window_fn visit, void *user,
                           ckn_error *error) {
    const ckn_shape valid = ckn_shape_valid(ckn_view_shape(plane), kernel);
    ptrdiff_t *zeros = NULL;
    CKN_TRY(ckn_allocate(&zeros, plane->cols, sizeof *zeros, "the masks", error));
    for (size_t row = 0; row + 1 < kernel.rows; row++)
        count_row(plane, row, 1, zeros);
    bool more = true;
    for (size_t p = 0; p < valid.rows && more; p++) {
        count_row(plane, p + kernel.rows - 1, 1, zeros);
        more = visit_row(zeros, kernel.cols, valid.cols, p * valid.cols, visit, user);
        count_row(plane, p, -1, zeros);
    }
    free(zeros);
    return CKN_OK;
}
