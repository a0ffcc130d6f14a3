#include "statistics/pair_cut.h"

#include "statistics/weights.h"

#include <stdbool.h>

static ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) {
    return a < b ? a : b;
}

static ptrdiff_t larger(ptrdiff_t a, ptrdiff_t b) {
    return a > b ? a : b;
}

ckn_interval ckn_interval_of_taps(size_t taps, ptrdiff_t offset) {
    const ptrdiff_t first = offset - (ptrdiff_t)((taps - 1) / 2);
    return (ckn_interval){first, first + (ptrdiff_t)taps - 1};
}

ptrdiff_t ckn_interval_offset(ckn_interval displacements) {
    return displacements.low + (displacements.high - displacements.low) / 2;
}

/* Where the first sample of a blurred line lies on the sharp one: with k = x - y + 1 taps, the
 * valid convolution starts at k/2. */
static ptrdiff_t origin(size_t x_length, size_t y_length) {
    return (ptrdiff_t)((x_length - y_length + 1) / 2);
}

/* Those samples p of y, in x's coordinates, whose x[p - d] exists for all displacements d. */
static ckn_interval usable(size_t x_length, size_t y_length, ckn_interval taps) {
    const ptrdiff_t end = (ptrdiff_t)x_length - 1, start = origin(x_length, y_length);
    return (ckn_interval){larger(start, taps.high),
                          smaller(start + (ptrdiff_t)y_length - 1, end + taps.low)};
}

/* Whether so many taps, displaced by so much, can leave anything of a line; sums of such numbers do
 * not overflow. */
static bool may_leave_some(size_t length, size_t taps, ptrdiff_t offset) {
    return taps <= length && offset < (ptrdiff_t)length && offset > -(ptrdiff_t)length;
}

static ckn_code fail_empty(const ckn_view *x, const ckn_frame *frame, ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_ARGUMENT,
                    "a kernel of %zu x %zu, displaced by (%td, %td), leaves nothing of an image of "
                    "%zu x %zu",
                    frame->cols, frame->rows, frame->col_offset, frame->row_offset, x->cols,
                    x->rows);
}

static ckn_code check(const ckn_pair *pair, const ckn_frame *frame, ckn_error *error) {
    const ckn_view *x = &pair->sharp, *y = &pair->blurred;
    CKN_TRY(ckn_view_check(x, "the sharp image", error));
    CKN_TRY(ckn_view_check(y, "the blurred image", error));
    CKN_TRY(ckn_weights_check(pair, error));
    if (frame->rows < 1 || frame->cols < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "a kernel needs a row and a column at least");
    if (y->rows > x->rows || y->cols > x->cols)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the blurred image (%zu x %zu) is larger than the sharp one (%zu x %zu)",
                        y->cols, y->rows, x->cols, x->rows);
    if (!may_leave_some(x->rows, frame->rows, frame->row_offset) ||
        !may_leave_some(x->cols, frame->cols, frame->col_offset))
        return fail_empty(x, frame, error);
    return CKN_OK;
}

static ckn_view part_of_weights(const ckn_view *weights, const size_t at[2], ckn_shape shape) {
    return weights->data ? ckn_view_part(weights, at[0], at[1], shape) : *weights;
}

ckn_code ckn_pair_cut(const ckn_pair *pair, const ckn_frame *frame, ckn_pair *cut,
                      ckn_error *error) {
    CKN_TRY(check(pair, frame, error));
    const ckn_pair weighted = *pair; /* may be what `cut` points at */
    const ckn_view x = pair->sharp, y = pair->blurred;
    const ckn_interval down = ckn_interval_of_taps(frame->rows, frame->row_offset);
    const ckn_interval right = ckn_interval_of_taps(frame->cols, frame->col_offset);
    const ckn_interval rows = usable(x.rows, y.rows, down), cols = usable(x.cols, y.cols, right);
    const ckn_shape shape = {ckn_interval_length(rows), ckn_interval_length(cols)};
    if (shape.rows == 0 || shape.cols == 0)
        return fail_empty(&x, frame, error);
    const ckn_shape seen = {shape.rows + frame->rows - 1, shape.cols + frame->cols - 1};
    const size_t x_at[2] = {(size_t)(rows.low - down.high), (size_t)(cols.low - right.high)};
    const size_t y_at[2] = {(size_t)(rows.low - origin(x.rows, y.rows)),
                            (size_t)(cols.low - origin(x.cols, y.cols))};
    *cut = (ckn_pair){.sharp = ckn_view_part(&x, x_at[0], x_at[1], seen),
                      .blurred = ckn_view_part(&y, y_at[0], y_at[1], shape),
                      .sharp_weights = part_of_weights(&weighted.sharp_weights, x_at, seen),
                      .blurred_weights = part_of_weights(&weighted.blurred_weights, y_at, shape)};
    return CKN_OK;
}
